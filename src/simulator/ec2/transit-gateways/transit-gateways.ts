import type {
  CreateTransitGatewayRequest,
  CreateTransitGatewayResult,
  DeleteTransitGatewayRequest,
  DeleteTransitGatewayResult,
  DescribeTransitGatewaysRequest,
  DescribeTransitGatewaysResult,
  ModifyTransitGatewayRequest,
  ModifyTransitGatewayResult,
  TransitGateway,
} from '@aws-sdk/client-ec2';
import type { Call, Operations } from '../../service.ts';
import { whileInState } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { notModelled, required } from '../errors.ts';
import { idKinds } from '../ids.ts';
import { list } from '../listing.ts';
import { ownership } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import type { TransitGatewayOptionsRecord, TransitGatewayRecord } from './transit-gateway-records.ts';
import { createTransitGatewayRouteTable } from './transit-gateway-route-tables.ts';
import {
  endedShownMs,
  findOwnTransitGateway,
  findTransitGatewayRouteTable,
  incorrectState,
  isLiveAttachment,
  seesTransitGateway,
  transitGatewayArn,
} from './transit-gateway-view.ts';

/** AWS says `enable` and `disable` where others say yes and no. */
export const switched = (on: boolean): 'enable' | 'disable' => (on ? 'enable' : 'disable');
export const isOn = (value: string | undefined, otherwise: boolean): boolean => (value === undefined ? otherwise : value === 'enable');

function shown(gateway: TransitGatewayRecord, tags: TransitGateway['Tags']): TransitGateway {
  const { options } = gateway;
  return {
    TransitGatewayId: gateway.id,
    TransitGatewayArn: transitGatewayArn(gateway),
    OwnerId: gateway.ownerId,
    State: gateway.state,
    Description: gateway.description,
    CreationTime: new Date(gateway.createdAt),
    Options: {
      AmazonSideAsn: options.amazonSideAsn,
      AutoAcceptSharedAttachments: switched(options.autoAcceptSharedAttachments),
      DefaultRouteTableAssociation: switched(options.defaultRouteTableAssociation),
      AssociationDefaultRouteTableId: options.associationDefaultRouteTableId,
      DefaultRouteTablePropagation: switched(options.defaultRouteTablePropagation),
      PropagationDefaultRouteTableId: options.propagationDefaultRouteTableId,
      DnsSupport: switched(options.dnsSupport),
      SecurityGroupReferencingSupport: switched(options.securityGroupReferencingSupport),
      VpnEcmpSupport: switched(options.vpnEcmpSupport),
      MulticastSupport: switched(options.multicastSupport),
    },
    Tags: tags,
  };
}

const optionsOf = ({ Options: asked = {} }: CreateTransitGatewayRequest): TransitGatewayOptionsRecord => ({
  amazonSideAsn: asked.AmazonSideAsn ?? 64_512,
  autoAcceptSharedAttachments: isOn(asked.AutoAcceptSharedAttachments, false),
  defaultRouteTableAssociation: isOn(asked.DefaultRouteTableAssociation, true),
  defaultRouteTablePropagation: isOn(asked.DefaultRouteTablePropagation, true),
  dnsSupport: isOn(asked.DnsSupport, true),
  securityGroupReferencingSupport: isOn(asked.SecurityGroupReferencingSupport, false),
  vpnEcmpSupport: isOn(asked.VpnEcmpSupport, true),
  multicastSupport: isOn(asked.MulticastSupport, false),
});

/** The gateway's options after a change, the default tables checked to be its own. */
function changedOptions(
  world: World,
  call: Call,
  { gateway, asked }: { gateway: TransitGatewayRecord; asked: NonNullable<ModifyTransitGatewayRequest['Options']> },
): TransitGatewayOptionsRecord {
  if (asked.AddTransitGatewayCidrBlocks?.length || asked.RemoveTransitGatewayCidrBlocks?.length) {
    throw notModelled('ModifyTransitGateway', 'TransitGatewayCidrBlocks');
  }
  const { options } = gateway;
  const table = (id: string | undefined, parameter: string): string => {
    const found = findTransitGatewayRouteTable(world, call, required(id, parameter));
    if (found.transitGatewayId !== gateway.id) throw incorrectState(`${found.id} is not a route table of ${gateway.id}`);
    return found.id;
  };
  const defaultRouteTableAssociation = isOn(asked.DefaultRouteTableAssociation, options.defaultRouteTableAssociation);
  const defaultRouteTablePropagation = isOn(asked.DefaultRouteTablePropagation, options.defaultRouteTablePropagation);
  return {
    ...options,
    amazonSideAsn: asked.AmazonSideAsn ?? options.amazonSideAsn,
    autoAcceptSharedAttachments: isOn(asked.AutoAcceptSharedAttachments, options.autoAcceptSharedAttachments),
    dnsSupport: isOn(asked.DnsSupport, options.dnsSupport),
    securityGroupReferencingSupport: isOn(asked.SecurityGroupReferencingSupport, options.securityGroupReferencingSupport),
    vpnEcmpSupport: isOn(asked.VpnEcmpSupport, options.vpnEcmpSupport),
    defaultRouteTableAssociation,
    associationDefaultRouteTableId: defaultRouteTableAssociation
      ? table(asked.AssociationDefaultRouteTableId ?? options.associationDefaultRouteTableId, 'AssociationDefaultRouteTableId')
      : undefined,
    defaultRouteTablePropagation,
    propagationDefaultRouteTableId: defaultRouteTablePropagation
      ? table(asked.PropagationDefaultRouteTableId ?? options.propagationDefaultRouteTableId, 'PropagationDefaultRouteTableId')
      : undefined,
  };
}

const gatewaysOf = (world: World) => world.transitGateways;

const becomeAvailable = whileInState('transitGateway.becomeAvailable', gatewaysOf, (world, { id }) =>
  world.transitGateways.change(id, { state: 'available' }),
);

const forget = whileInState('transitGateway.forget', gatewaysOf, (world, { id, ownerId, region }) => {
  world.transitGateways.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
});

const finishDeletion = whileInState('transitGateway.finishDeletion', gatewaysOf, (world, { id, ownerId, region }) => {
  const place = `${ownerId}/${region}`;
  world.transitGateways.change(id, { state: 'deleted' });
  for (const table of world.transitGatewayRouteTables.where(`gateway:${id}`)) {
    world.transitGatewayRouteTables.delete(table.id);
    world.setTags(place, table.id, {});
  }
  world.later(endedShownMs, forget, id, 'deleted');
});

export function transitGatewayOperations(world: World): Operations {
  return {
    CreateTransitGateway(input: CreateTransitGatewayRequest, call: Call): CreateTransitGatewayResult {
      const tags = specifiedTags(input.TagSpecifications, ['transit-gateway']);
      if (input.Options?.TransitGatewayCidrBlocks?.length) throw notModelled('CreateTransitGateway', 'TransitGatewayCidrBlocks');
      const options = optionsOf(input);
      const id = world.newId('tgw');
      const hasTable = options.defaultRouteTableAssociation || options.defaultRouteTablePropagation;
      const tableId = hasTable ? createTransitGatewayRouteTable(world, call, id).id : undefined;
      const gateway: TransitGatewayRecord = {
        ...ownership(call),
        id,
        state: 'pending',
        description: input.Description ?? '',
        createdAt: world.now(),
        options: {
          ...options,
          ...(options.defaultRouteTableAssociation ? { associationDefaultRouteTableId: tableId } : {}),
          ...(options.defaultRouteTablePropagation ? { propagationDefaultRouteTableId: tableId } : {}),
        },
      };
      world.transitGateways.put(gateway);
      tagNew(world, call, { id, type: 'transit-gateway', tags });
      world.later(world.settings.delaysMs.transitGatewayPending, becomeAvailable, id, gateway.state);
      return { TransitGateway: shown(gateway, trueTags(world, call, id)) };
    },

    ModifyTransitGateway(input: ModifyTransitGatewayRequest, call: Call): ModifyTransitGatewayResult {
      const gateway = findOwnTransitGateway(world, call, input.TransitGatewayId);
      if (gateway.state !== 'available') throw incorrectState(`${gateway.id} is in invalid state`);
      const modified = world.transitGateways.change(gateway.id, {
        state: 'modifying',
        description: input.Description ?? gateway.description,
        options: changedOptions(world, call, { gateway, asked: input.Options ?? {} }),
      });
      world.later(world.settings.delaysMs.transitGatewayPending, becomeAvailable, gateway.id, modified.state);
      return { TransitGateway: shown(modified, trueTags(world, call, gateway.id)) };
    },

    /** Only a gateway to which nothing is attached can go; its route tables go with it. */
    DeleteTransitGateway(input: DeleteTransitGatewayRequest, call: Call): DeleteTransitGatewayResult {
      const gateway = findOwnTransitGateway(world, call, input.TransitGatewayId);
      if (gateway.state !== 'available') throw incorrectState(`${gateway.id} is in invalid state`);
      const attached = world.transitGatewayAttachments.where(`gateway:${gateway.id}`).filter(isLiveAttachment);
      if (attached.length > 0) {
        throw incorrectState(`${gateway.id} has non-deleted VPC Attachments: ${attached.map(({ id }) => id).join(', ')}`);
      }
      const deleting = world.transitGateways.change(gateway.id, { state: 'deleting' });
      world.later(world.settings.delaysMs.transitGatewayDeleting, finishDeletion, gateway.id, deleting.state);
      return { TransitGateway: shown(deleting, trueTags(world, call, gateway.id)) };
    },

    /** Shows those of others too that are shared with the caller. */
    DescribeTransitGateways(input: DescribeTransitGatewaysRequest, call: Call): DescribeTransitGatewaysResult {
      const { items, NextToken } = list(world, call, {
        collection: world.transitGateways,
        kind: idKinds.transitGateway,
        ids: input.TransitGatewayIds,
        input,
        limits: { min: 5, max: 1000 },
        under: `region:${call.region}`,
        visible: (gateway) => seesTransitGateway(world, gateway, call.accountId),
        fields: {
          'options.amazon-side-asn': ({ options }) => options.amazonSideAsn,
          'options.association-default-route-table-id': ({ options }) => options.associationDefaultRouteTableId,
          'options.auto-accept-shared-attachments': ({ options }) => switched(options.autoAcceptSharedAttachments),
          'options.default-route-table-association': ({ options }) => switched(options.defaultRouteTableAssociation),
          'options.default-route-table-propagation': ({ options }) => switched(options.defaultRouteTablePropagation),
          'options.dns-support': ({ options }) => switched(options.dnsSupport),
          'options.propagation-default-route-table-id': ({ options }) => options.propagationDefaultRouteTableId,
          'options.vpn-ecmp-support': ({ options }) => switched(options.vpnEcmpSupport),
          'owner-id': ({ ownerId }) => ownerId,
          state: ({ state }) => state,
          'transit-gateway-id': ({ id }) => id,
        },
      });
      return { TransitGateways: items.map((gateway) => shown(gateway, shownTags(world, call, gateway.id))), NextToken };
    },
  };
}
