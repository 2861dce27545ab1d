import type {
  AcceptTransitGatewayVpcAttachmentRequest,
  AcceptTransitGatewayVpcAttachmentResult,
  CreateTransitGatewayVpcAttachmentRequest,
  CreateTransitGatewayVpcAttachmentRequestOptions,
  CreateTransitGatewayVpcAttachmentResult,
  DeleteTransitGatewayVpcAttachmentRequest,
  DeleteTransitGatewayVpcAttachmentResult,
  DescribeTransitGatewayAttachmentsRequest,
  DescribeTransitGatewayAttachmentsResult,
  DescribeTransitGatewayVpcAttachmentsRequest,
  DescribeTransitGatewayVpcAttachmentsResult,
  ModifyTransitGatewayVpcAttachmentRequest,
  ModifyTransitGatewayVpcAttachmentResult,
  RejectTransitGatewayVpcAttachmentRequest,
  RejectTransitGatewayVpcAttachmentResult,
  TransitGatewayAttachment,
  TransitGatewayVpcAttachment,
} from '@aws-sdk/client-ec2';
import { partitionOf } from '../../../network/partitions.ts';
import { ApiError, type Call, type Operations } from '../../service.ts';
import { whileInState } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { invalidValue, notPermitted } from '../errors.ts';
import { idKinds } from '../ids.ts';
import { list } from '../listing.ts';
import { createNetworkInterface, removeNetworkInterface } from '../network-interfaces.ts';
import { findSubnet, findVpc } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import type { TransitGatewayAttachmentOptions, TransitGatewayAttachmentRecord } from './transit-gateway-records.ts';
import { associate, propagate } from './transit-gateway-route-tables.ts';
import {
  checkGatewayOwner,
  endedShownMs,
  findAttachment,
  findTransitGateway,
  incorrectState,
  isLiveAttachment,
} from './transit-gateway-view.ts';
import { isOn, switched } from './transit-gateways.ts';

function shown(attachment: TransitGatewayAttachmentRecord, tags: TransitGatewayVpcAttachment['Tags']): TransitGatewayVpcAttachment {
  const { options } = attachment;
  return {
    TransitGatewayAttachmentId: attachment.id,
    TransitGatewayId: attachment.transitGatewayId,
    VpcId: attachment.vpcId,
    VpcOwnerId: attachment.vpcOwnerId,
    State: attachment.state,
    SubnetIds: [...attachment.subnetIds],
    CreationTime: new Date(attachment.createdAt),
    Options: {
      DnsSupport: switched(options.dnsSupport),
      SecurityGroupReferencingSupport: switched(options.securityGroupReferencingSupport),
      Ipv6Support: switched(options.ipv6Support),
      ApplianceModeSupport: switched(options.applianceModeSupport),
    },
    Tags: tags,
  };
}

/** The same as all kinds of attachment are shown; the association is the gateway owner's affair. */
function shownAmongAll(attachment: TransitGatewayAttachmentRecord, tags: TransitGatewayAttachment['Tags']): TransitGatewayAttachment {
  return {
    TransitGatewayAttachmentId: attachment.id,
    TransitGatewayId: attachment.transitGatewayId,
    TransitGatewayOwnerId: attachment.transitGatewayOwnerId,
    ResourceOwnerId: attachment.vpcOwnerId,
    ResourceType: 'vpc',
    ResourceId: attachment.vpcId,
    State: attachment.state,
    ...(attachment.association
      ? { Association: { TransitGatewayRouteTableId: attachment.association.routeTableId, State: attachment.association.state } }
      : {}),
    CreationTime: new Date(attachment.createdAt),
    Tags: tags,
  };
}

const defaults: TransitGatewayAttachmentOptions = {
  dnsSupport: true,
  securityGroupReferencingSupport: true,
  ipv6Support: false,
  applianceModeSupport: false,
};

const changedOptions = (
  before: TransitGatewayAttachmentOptions,
  asked: CreateTransitGatewayVpcAttachmentRequestOptions = {},
): TransitGatewayAttachmentOptions => ({
  dnsSupport: isOn(asked.DnsSupport, before.dnsSupport),
  securityGroupReferencingSupport: isOn(asked.SecurityGroupReferencingSupport, before.securityGroupReferencingSupport),
  ipv6Support: isOn(asked.Ipv6Support, before.ipv6Support),
  applianceModeSupport: isOn(asked.ApplianceModeSupport, before.applianceModeSupport),
});

/** @throws ApiError where a subnet is not one of the VPC's, or two are in one zone (aws.md 6.1) */
function checkSubnets(world: World, call: Call, { vpcId, subnetIds }: { vpcId: string; subnetIds: readonly string[] }): void {
  if (subnetIds.length === 0) throw new ApiError('MissingParameter', 'The request must contain the parameter SubnetIds');
  const subnets = subnetIds.map((id) => findSubnet(world, call, id));
  const foreign = subnets.find((subnet) => subnet.vpcId !== vpcId);
  if (foreign) throw invalidValue(`The subnet ${foreign.id} does not belong to ${vpcId}.`);
  if (new Set(subnets.map(({ zoneId }) => zoneId)).size < subnets.length) {
    throw new ApiError('DuplicateSubnetsInSameZone', 'Duplicate Subnets for same AZ');
  }
}

const attachmentsOf = (world: World) => world.transitGatewayAttachments;

const joinDefaultTables = whileInState('transitGatewayAttachment.joinDefaultTables', attachmentsOf, (world, { id, transitGatewayId }) => {
  world.transitGatewayAttachments.change(id, { state: 'available' });
  const { options } = world.transitGateways.get(transitGatewayId)!;
  if (options.associationDefaultRouteTableId) associate(world, id, options.associationDefaultRouteTableId);
  if (options.propagationDefaultRouteTableId) propagate(world, id, options.propagationDefaultRouteTableId);
});

const finishModification = whileInState('transitGatewayAttachment.finishModification', attachmentsOf, (world, { id }) =>
  world.transitGatewayAttachments.change(id, { state: 'available' }),
);

const finishRejection = whileInState('transitGatewayAttachment.finishRejection', attachmentsOf, (world, attachment) =>
  end(world, attachment, 'rejected'),
);

const finishDeletion = whileInState('transitGatewayAttachment.finishDeletion', attachmentsOf, (world, attachment) =>
  end(world, attachment, 'deleted'),
);

const forget = whileInState(
  'transitGatewayAttachment.forget',
  attachmentsOf,
  (world, { id, region, vpcOwnerId, transitGatewayOwnerId }) => {
    world.transitGatewayAttachments.delete(id);
    for (const accountId of [vpcOwnerId, transitGatewayOwnerId]) world.setTags(`${accountId}/${region}`, id, {});
  },
);

/** Gives the attachment an interface in each of its subnets, which belong to the VPC's owner, and takes away those in others. */
function placeInterfaces(world: World, attachment: TransitGatewayAttachmentRecord): string[] {
  const { id, region, vpcOwnerId: accountId, subnetIds } = attachment;
  const call: Call = { accountId, region, callerArn: `arn:${partitionOf(region)}:iam::${accountId}:root` };
  const present = attachment.networkInterfaceIds.flatMap((interfaceId) => world.networkInterfaces.get(interfaceId) ?? []);
  for (const networkInterface of present) {
    if (!subnetIds.includes(networkInterface.subnetId)) removeNetworkInterface(world, networkInterface);
  }
  return subnetIds.map((subnetId) => {
    const there = present.find((networkInterface) => networkInterface.subnetId === subnetId);
    if (there) return there.id;
    const description = `Network Interface for Transit Gateway Attachment ${id}`;
    return createNetworkInterface(world, call, { subnet: world.subnets.get(subnetId)!, description, managedAs: 'transit_gateway' }).id;
  });
}

/** An attachment that nobody has to accept any more gets its interfaces, and in the end the gateway's default tables. */
function establish(world: World, attachment: TransitGatewayAttachmentRecord): TransitGatewayAttachmentRecord {
  const pending = world.transitGatewayAttachments.change(attachment.id, {
    state: 'pending',
    networkInterfaceIds: placeInterfaces(world, attachment),
  });
  world.later(world.settings.delaysMs.transitGatewayAttachmentPending, joinDefaultTables, pending.id, pending.state);
  return pending;
}

/** Brings an attachment to the last state that it will have; after a while it is forgotten. */
function end(world: World, attachment: TransitGatewayAttachmentRecord, state: 'deleted' | 'rejected'): void {
  for (const id of attachment.networkInterfaceIds) {
    const networkInterface = world.networkInterfaces.get(id);
    if (networkInterface) removeNetworkInterface(world, networkInterface);
  }
  world.transitGatewayAttachments.change(attachment.id, { state, networkInterfaceIds: [], association: undefined, propagations: [] });
  world.later(endedShownMs, forget, attachment.id, state);
}

const inState = (attachment: TransitGatewayAttachmentRecord, ...states: TransitGatewayAttachmentRecord['state'][]): void => {
  if (!states.includes(attachment.state)) throw incorrectState(`${attachment.id} is in invalid state`);
};

export function transitGatewayAttachmentOperations(world: World): Operations {
  return {
    /** Has no client token (aws.md 7.6). */
    CreateTransitGatewayVpcAttachment(
      input: CreateTransitGatewayVpcAttachmentRequest,
      call: Call,
    ): CreateTransitGatewayVpcAttachmentResult {
      const tags = specifiedTags(input.TagSpecifications, ['transit-gateway-attachment']);
      const gateway = findTransitGateway(world, call, input.TransitGatewayId);
      const vpc = findVpc(world, call, input.VpcId);
      const subnetIds = [...new Set(input.SubnetIds ?? [])];
      checkSubnets(world, call, { vpcId: vpc.id, subnetIds });
      const attached = world.transitGatewayAttachments.where(`vpc:${vpc.id}`).filter(isLiveAttachment);
      if (attached.some(({ transitGatewayId }) => transitGatewayId === gateway.id)) {
        throw new ApiError(
          'DuplicateTransitGatewayAttachment',
          `${gateway.id} has non-deleted Transit Gateway Attachments with same VPC ID.`,
        );
      }
      if (gateway.state !== 'available' && gateway.state !== 'modifying') throw incorrectState(`${gateway.id} is in invalid state`);
      const mustWait = gateway.ownerId !== call.accountId && !gateway.options.autoAcceptSharedAttachments;
      const attachment: TransitGatewayAttachmentRecord = {
        id: world.newId('tgw-attach'),
        region: call.region,
        transitGatewayId: gateway.id,
        transitGatewayOwnerId: gateway.ownerId,
        vpcId: vpc.id,
        vpcOwnerId: vpc.ownerId,
        subnetIds,
        networkInterfaceIds: [],
        state: 'pendingAcceptance',
        options: changedOptions(defaults, input.Options),
        createdAt: world.now(),
        propagations: [],
      };
      world.transitGatewayAttachments.put(attachment);
      tagNew(world, call, { id: attachment.id, type: 'transit-gateway-attachment', tags });
      const made = mustWait ? attachment : establish(world, attachment);
      return { TransitGatewayVpcAttachment: shown(made, trueTags(world, call, attachment.id)) };
    },

    AcceptTransitGatewayVpcAttachment(
      input: AcceptTransitGatewayVpcAttachmentRequest,
      call: Call,
    ): AcceptTransitGatewayVpcAttachmentResult {
      const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
      checkGatewayOwner(call, attachment);
      inState(attachment, 'pendingAcceptance');
      const pending = establish(world, attachment);
      return { TransitGatewayVpcAttachment: shown(pending, trueTags(world, call, attachment.id)) };
    },

    RejectTransitGatewayVpcAttachment(
      input: RejectTransitGatewayVpcAttachmentRequest,
      call: Call,
    ): RejectTransitGatewayVpcAttachmentResult {
      const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
      checkGatewayOwner(call, attachment);
      inState(attachment, 'pendingAcceptance');
      const rejecting = world.transitGatewayAttachments.change(attachment.id, { state: 'rejecting' });
      world.later(world.settings.delaysMs.transitGatewayAttachmentDeleting, finishRejection, attachment.id, rejecting.state);
      return { TransitGatewayVpcAttachment: shown(rejecting, trueTags(world, call, attachment.id)) };
    },

    ModifyTransitGatewayVpcAttachment(
      input: ModifyTransitGatewayVpcAttachmentRequest,
      call: Call,
    ): ModifyTransitGatewayVpcAttachmentResult {
      const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
      if (attachment.vpcOwnerId !== call.accountId) {
        throw notPermitted(`User (${call.accountId}) does not own the VPC of ${attachment.id}`);
      }
      inState(attachment, 'available');
      const kept = attachment.subnetIds.filter((id) => !input.RemoveSubnetIds?.includes(id));
      const subnetIds = [...new Set([...kept, ...(input.AddSubnetIds ?? [])])];
      checkSubnets(world, call, { vpcId: attachment.vpcId, subnetIds });
      const options = changedOptions(attachment.options, input.Options);
      const modifying = world.transitGatewayAttachments.change(attachment.id, {
        state: 'modifying',
        subnetIds,
        options,
        networkInterfaceIds: placeInterfaces(world, { ...attachment, subnetIds }),
      });
      world.later(world.settings.delaysMs.transitGatewayAttachmentPending, finishModification, attachment.id, modifying.state);
      return { TransitGatewayVpcAttachment: shown(modifying, trueTags(world, call, attachment.id)) };
    },

    /** Either owner may. Routes to the gateway, and the gateway's to the attachment, stay as blackholes (aws.md 2.3). */
    DeleteTransitGatewayVpcAttachment(
      input: DeleteTransitGatewayVpcAttachmentRequest,
      call: Call,
    ): DeleteTransitGatewayVpcAttachmentResult {
      const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
      inState(attachment, 'available', 'pendingAcceptance');
      const deleting = world.transitGatewayAttachments.change(attachment.id, { state: 'deleting' });
      world.later(world.settings.delaysMs.transitGatewayAttachmentDeleting, finishDeletion, attachment.id, deleting.state);
      return { TransitGatewayVpcAttachment: shown(deleting, trueTags(world, call, attachment.id)) };
    },

    DescribeTransitGatewayVpcAttachments(
      input: DescribeTransitGatewayVpcAttachmentsRequest,
      call: Call,
    ): DescribeTransitGatewayVpcAttachmentsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.transitGatewayAttachments,
        kind: idKinds.transitGatewayAttachment,
        ids: input.TransitGatewayAttachmentIds,
        input,
        limits: { min: 5, max: 1000 },
        tagFilters: false,
        fields: {
          state: ({ state }) => state,
          'transit-gateway-attachment-id': ({ id }) => id,
          'transit-gateway-id': ({ transitGatewayId }) => transitGatewayId,
          'vpc-id': ({ vpcId }) => vpcId,
        },
      });
      return {
        TransitGatewayVpcAttachments: items.map((attachment) => shown(attachment, shownTags(world, call, attachment.id))),
        NextToken,
      };
    },

    DescribeTransitGatewayAttachments(
      input: DescribeTransitGatewayAttachmentsRequest,
      call: Call,
    ): DescribeTransitGatewayAttachmentsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.transitGatewayAttachments,
        kind: idKinds.transitGatewayAttachment,
        ids: input.TransitGatewayAttachmentIds,
        input,
        limits: { min: 5, max: 1000 },
        tagFilters: false,
        fields: {
          'association.state': ({ association }) => association?.state,
          'association.transit-gateway-route-table-id': ({ association }) => association?.routeTableId,
          'resource-id': ({ vpcId }) => vpcId,
          'resource-owner-id': ({ vpcOwnerId }) => vpcOwnerId,
          'resource-type': () => 'vpc',
          state: ({ state }) => state,
          'transit-gateway-attachment-id': ({ id }) => id,
          'transit-gateway-id': ({ transitGatewayId }) => transitGatewayId,
          'transit-gateway-owner-id': ({ transitGatewayOwnerId }) => transitGatewayOwnerId,
        },
      });
      return {
        TransitGatewayAttachments: items.map((attachment) => shownAmongAll(attachment, shownTags(world, call, attachment.id))),
        NextToken,
      };
    },
  };
}
