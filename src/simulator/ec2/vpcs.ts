import type {
  CreateVpcRequest,
  CreateVpcResult,
  DeleteVpcRequest,
  DescribeVpcAttributeRequest,
  DescribeVpcAttributeResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
  ModifyVpcAttributeRequest,
  Vpc,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { VpcRecord } from '../world/records.ts';
import { whileInState } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { badParameter, dependencyViolation, exactlyOne, required } from './errors.ts';
import { idKinds } from './ids.ts';
import { list } from './listing.ts';
import { createNetworkAcl } from './network-acls.ts';
import { findVpc, ownership, placeOf } from './owned.ts';
import { endPeering } from './peering-connections.ts';
import { createRouteTable } from './route-tables.ts';
import { leaveSecurityGroups } from './security-groups/security-group-vpc-associations.ts';
import { createSecurityGroup, removeSecurityGroup } from './security-groups/security-groups.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';
import { isLiveAttachment } from './transit-gateways/transit-gateway-view.ts';
import { finishAssociation, newIpv6Block, readVpcCidr, shownIpv4Block, shownIpv6Block } from './vpc-cidr-blocks.ts';

function shown(vpc: VpcRecord, tags: Vpc['Tags']): Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: vpc.ownerId,
    State: vpc.state,
    IsDefault: vpc.isDefault,
    InstanceTenancy: vpc.instanceTenancy,
    DhcpOptionsId: vpc.dhcpOptionsId,
    CidrBlock: vpc.cidrBlocks[0]!.cidr,
    CidrBlockAssociationSet: vpc.cidrBlocks.map(shownIpv4Block),
    Ipv6CidrBlockAssociationSet: vpc.ipv6CidrBlocks.map((block) => shownIpv6Block(block, vpc.region)),
    Tags: tags,
  };
}

/** Only while it is asked about: which of the switches the call is about. */
function attributeOf(vpc: VpcRecord, attribute: string): DescribeVpcAttributeResult {
  switch (attribute) {
    case 'enableDnsSupport':
      return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.enableDnsSupport } };
    case 'enableDnsHostnames':
      return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.enableDnsHostnames } };
    case 'enableNetworkAddressUsageMetrics':
      return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: false } };
    default:
      throw badParameter(attribute, 'attribute', 'Unknown attribute.');
  }
}

/** A VPC comes with a main route table, a default network ACL and a default security group. */
export function createVpc(world: World, call: Call, input: CreateVpcRequest & { readonly isDefault?: boolean }): VpcRecord {
  const tags = specifiedTags(input.TagSpecifications, ['vpc']);
  const cidr = readVpcCidr(required(input.CidrBlock, 'cidrBlock'));
  if (world.vpcs.count(`place:${placeOf(call)}`) >= world.settings.quotas.vpcsPerRegion) {
    throw new ApiError('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
  }
  const isDefault = input.isDefault ?? false;
  const ipv6 = newIpv6Block(world, call, input);
  const vpc: VpcRecord = {
    ...ownership(call),
    id: world.newId('vpc'),
    state: 'pending',
    isDefault,
    instanceTenancy: input.InstanceTenancy === 'dedicated' ? 'dedicated' : 'default',
    dhcpOptionsId: 'default',
    cidrBlocks: [{ associationId: world.newId('vpc-cidr-assoc'), cidr, state: 'associated' }],
    ipv6CidrBlocks: ipv6 ? [ipv6] : [],
    enableDnsSupport: true,
    enableDnsHostnames: isDefault,
  };
  world.vpcs.put(vpc);
  tagNew(world, call, { id: vpc.id, type: 'vpc', tags });
  world.later(world.settings.delaysMs.vpcPending, becomeAvailable, vpc.id, vpc.state);
  if (ipv6) finishAssociation(world, vpc.id, ipv6.associationId);
  createRouteTable(world, call, { vpcId: vpc.id, main: true });
  createNetworkAcl(world, call, { vpcId: vpc.id, isDefault: true });
  createSecurityGroup(world, call, { vpc, groupName: 'default', description: 'default VPC security group' });
  return vpc;
}

const becomeAvailable = whileInState(
  'vpc.becomeAvailable',
  (world) => world.vpcs,
  (world, { id }) => world.vpcs.change(id, { state: 'available' }),
);

/** What keeps a VPC from being deleted: everything in it that did not come with it. */
function hasDependencies(world: World, vpc: VpcRecord): boolean {
  const inVpc = `vpc:${vpc.id}`;
  return (
    world.subnets.count(inVpc) > 0 ||
    world.networkInterfaces.count(inVpc) > 0 ||
    world.internetGateways.count(inVpc) > 0 ||
    world.egressOnlyInternetGateways.count(inVpc) > 0 ||
    world.vpcEndpoints.count(inVpc) > 0 ||
    world.transitGatewayAttachments.where(inVpc).some(isLiveAttachment) ||
    world.securityGroups.where(inVpc).some(({ groupName }) => groupName !== 'default') ||
    world.networkAcls.where(inVpc).some(({ isDefault }) => !isDefault) ||
    world.routeTables.where(inVpc).some(({ associations }) => !associations.some(({ main }) => main)) ||
    // Somebody else's request must first be refused, or expire (aws.md 1.6).
    world.peerings
      .where(inVpc)
      .some(
        ({ state, requester, accepter }) =>
          state === 'pending-acceptance' && accepter.vpcId === vpc.id && requester.ownerId !== accepter.ownerId,
      )
  );
}

export function vpcOperations(world: World): Operations {
  return {
    CreateVpc(input: CreateVpcRequest, call: Call): CreateVpcResult {
      const vpc = createVpc(world, call, input);
      return { Vpc: shown(vpc, trueTags(world, call, vpc.id)) };
    },

    DeleteVpc(input: DeleteVpcRequest, call: Call): object {
      const vpc = findVpc(world, call, input.VpcId);
      if (hasDependencies(world, vpc)) throw dependencyViolation(`The vpc '${vpc.id}' has dependencies and cannot be deleted.`);
      const inVpc = `vpc:${vpc.id}`;
      for (const peering of world.peerings.where(inVpc)) {
        const { state } = peering;
        if (state === 'active' || state === 'provisioning' || state === 'pending-acceptance')
          endPeering(world, peering, { state: 'deleted', by: vpc.ownerId });
      }
      for (const { id } of world.routeTables.where(inVpc)) {
        world.routeTables.delete(id);
        world.setTags(placeOf(call), id, {});
      }
      for (const { id } of world.networkAcls.where(inVpc)) {
        world.networkAcls.delete(id);
        world.setTags(placeOf(call), id, {});
      }
      for (const group of world.securityGroups.where(inVpc)) removeSecurityGroup(world, group);
      leaveSecurityGroups(world, vpc);
      world.vpcs.delete(vpc.id);
      world.setTags(placeOf(call), vpc.id, {});
      return {};
    },

    DescribeVpcs(input: DescribeVpcsRequest, call: Call): DescribeVpcsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.vpcs,
        kind: idKinds.vpc,
        ids: input.VpcIds,
        input,
        limits: { min: 5, max: 1000 },
        fields: {
          cidr: (vpc) => vpc.cidrBlocks[0]!.cidr,
          'cidr-block': (vpc) => vpc.cidrBlocks[0]!.cidr,
          'cidr-block-association.association-id': (vpc) => vpc.cidrBlocks.map(({ associationId }) => associationId),
          'cidr-block-association.cidr-block': (vpc) => vpc.cidrBlocks.map(({ cidr }) => cidr),
          'cidr-block-association.state': (vpc) => vpc.cidrBlocks.map(({ state }) => state),
          'dhcp-options-id': (vpc) => vpc.dhcpOptionsId,
          'ipv6-cidr-block-association.association-id': (vpc) => vpc.ipv6CidrBlocks.map(({ associationId }) => associationId),
          'ipv6-cidr-block-association.ipv6-cidr-block': (vpc) => vpc.ipv6CidrBlocks.map(({ cidr }) => cidr),
          'ipv6-cidr-block-association.ipv6-pool': (vpc) => vpc.ipv6CidrBlocks.map(({ pool }) => pool),
          'ipv6-cidr-block-association.state': (vpc) => vpc.ipv6CidrBlocks.map(({ state }) => state),
          'is-default': (vpc) => vpc.isDefault,
          isDefault: (vpc) => vpc.isDefault,
          'owner-id': (vpc) => vpc.ownerId,
          state: (vpc) => vpc.state,
          'vpc-id': (vpc) => vpc.id,
        },
      });
      return { Vpcs: items.map((vpc) => shown(vpc, shownTags(world, call, vpc.id))), NextToken };
    },

    DescribeVpcAttribute(input: DescribeVpcAttributeRequest, call: Call): DescribeVpcAttributeResult {
      const attribute = required(input.Attribute, 'attribute');
      const vpc = findVpc(world, call, input.VpcId);
      return attributeOf(world.vpcs.seen(vpc.id) ?? vpc, attribute);
    },

    /** One attribute a call. */
    ModifyVpcAttribute(input: ModifyVpcAttributeRequest, call: Call): object {
      const vpc = findVpc(world, call, input.VpcId);
      const attribute = exactlyOne({ enableDnsSupport: input.EnableDnsSupport, enableDnsHostnames: input.EnableDnsHostnames });
      if (attribute === 'enableDnsSupport') {
        world.vpcs.change(vpc.id, { enableDnsSupport: required(input.EnableDnsSupport?.Value, 'enableDnsSupport.Value') });
        return {};
      }
      const enableDnsHostnames = required(input.EnableDnsHostnames?.Value, 'enableDnsHostnames.Value');
      if (enableDnsHostnames && !vpc.enableDnsSupport) {
        throw badParameter(true, 'enableDnsHostnames', 'DNS hostnames cannot be enabled while DNS support is disabled.');
      }
      world.vpcs.change(vpc.id, { enableDnsHostnames });
      return {};
    },
  };
}
