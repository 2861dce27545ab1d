import type {
  AssociateSubnetCidrBlockRequest,
  AssociateSubnetCidrBlockResult,
  CreateSubnetRequest,
  CreateSubnetResult,
  DeleteSubnetRequest,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DisassociateSubnetCidrBlockRequest,
  DisassociateSubnetCidrBlockResult,
  ModifySubnetAttributeRequest,
  Subnet,
  SubnetIpv6CidrBlockAssociation,
} from '@aws-sdk/client-ec2';
import { cidrContains, cidrsOverlap, prefixLength } from '../../network/cidr.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { SubnetIpv6CidrBlock, SubnetRecord, VpcRecord } from '../world/records.ts';
import { transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { readCidr, sizeOf } from './addresses.ts';
import { badParameter, dependencyViolation, exactlyOne, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { list } from './listing.ts';
import { arnOf, findSubnet, findVpc, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';
import { isLiveAttachment } from './transit-gateways/transit-gateway-view.ts';

/** The first four addresses and the last one of a subnet are AWS's. */
export const reservedAddresses = 5;

const isGone = ({ state }: SubnetIpv6CidrBlock): boolean => state === 'disassociated';

const shownIpv6 = ({ associationId, cidr, state }: SubnetIpv6CidrBlock): SubnetIpv6CidrBlockAssociation => ({
  AssociationId: associationId,
  Ipv6CidrBlock: cidr,
  Ipv6CidrBlockState: { State: state },
  Ipv6AddressAttribute: 'public',
  IpSource: 'amazon',
});

function freeAddresses(world: World, subnet: SubnetRecord): number {
  const used = world.networkInterfaces
    .where(`subnet:${subnet.id}`)
    .reduce((sum, { privateIpAddresses }) => sum + privateIpAddresses.length, 0);
  return sizeOf(subnet.cidr) - reservedAddresses - used;
}

function zoneName(world: World, subnet: SubnetRecord): string {
  return world.zones({ accountId: subnet.ownerId, region: subnet.region }).find(({ zoneId }) => zoneId === subnet.zoneId)!.zoneName;
}

function shown(world: World, subnet: SubnetRecord, tags: Subnet['Tags']): Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: arnOf(subnet, 'subnet'),
    VpcId: subnet.vpcId,
    OwnerId: subnet.ownerId,
    State: 'available',
    CidrBlock: subnet.cidr,
    Ipv6CidrBlockAssociationSet: subnet.ipv6CidrBlocks.map(shownIpv6),
    AvailableIpAddressCount: freeAddresses(world, subnet),
    AvailabilityZone: zoneName(world, subnet),
    AvailabilityZoneId: subnet.zoneId,
    DefaultForAz: false,
    MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation: subnet.assignIpv6AddressOnCreation,
    Ipv6Native: false,
    EnableDns64: false,
    MapCustomerOwnedIpOnLaunch: false,
    PrivateDnsNameOptionsOnLaunch: { HostnameType: 'ip-name', EnableResourceNameDnsARecord: false, EnableResourceNameDnsAAAARecord: false },
    Tags: tags,
  };
}

/** @throws ApiError where no block of the VPC holds the CIDR, or another subnet has part of it */
function checkPlace(world: World, { vpc, cidr, blocks }: { vpc: VpcRecord; cidr: string; blocks: VpcRecord['cidrBlocks'] }): void {
  if (!blocks.some((block) => block.state === 'associated' && cidrContains(block.cidr, cidr))) {
    throw new ApiError('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
  }
  const taken = world.subnets
    .where(`vpc:${vpc.id}`)
    .flatMap((subnet) => [subnet.cidr, ...subnet.ipv6CidrBlocks.map((block) => block.cidr)]);
  if (taken.some((other) => cidrsOverlap(other, cidr))) {
    throw new ApiError('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`);
  }
}

function readIpv6(world: World, vpc: VpcRecord, text: string): string {
  const cidr = readCidr(text, 'ipv6CidrBlock', 6);
  if (prefixLength(cidr) < 44 || prefixLength(cidr) > 64 || prefixLength(cidr) % 4 !== 0) {
    throw new ApiError('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
  }
  checkPlace(world, { vpc, cidr, blocks: vpc.ipv6CidrBlocks });
  return cidr;
}

function pickZone(world: World, call: Call, input: CreateSubnetRequest): string {
  const zones = world.zones(call);
  if (input.AvailabilityZone !== undefined && input.AvailabilityZoneId !== undefined) {
    exactlyOne({ availabilityZone: input.AvailabilityZone, availabilityZoneId: input.AvailabilityZoneId });
  }
  const asked = input.AvailabilityZone ?? input.AvailabilityZoneId;
  const zone =
    asked === undefined
      ? zones[Math.floor(world.random() * zones.length)]
      : zones.find(({ zoneName: name, zoneId }) => (input.AvailabilityZone !== undefined ? name === asked : zoneId === asked));
  if (!zone) {
    const valid = zones.map(({ zoneName: name }) => name).join(', ');
    throw badParameter(asked, 'availabilityZone', `Subnets can currently only be created in the following availability zones: ${valid}.`);
  }
  return zone.zoneId;
}

function setIpv6State(world: World, subnetId: string, associationId: string, state: SubnetIpv6CidrBlock['state'] | 'removed'): void {
  const subnet = world.subnets.get(subnetId);
  if (!subnet) return;
  const ipv6CidrBlocks = subnet.ipv6CidrBlocks.flatMap((block) => {
    if (block.associationId !== associationId) return [block];
    return state === 'removed' ? [] : [{ ...block, state }];
  });
  world.subnets.change(subnetId, { ipv6CidrBlocks });
}

const becomeAssociated = transition('subnet.becomeAssociated', (world, id: string, associationId: string) => {
  const block = world.subnets.get(id)?.ipv6CidrBlocks.find((other) => other.associationId === associationId);
  // It may be on its way out already.
  if (block?.state === 'associating') setIpv6State(world, id, associationId, 'associated');
});
const becomeDisassociated = transition('subnet.becomeDisassociated', (world, id: string, associationId: string) =>
  setIpv6State(world, id, associationId, 'disassociated'),
);
const forgetBlock = transition('subnet.forgetBlock', (world, id: string, associationId: string) =>
  setIpv6State(world, id, associationId, 'removed'),
);

export function subnetOperations(world: World): Operations {
  return {
    CreateSubnet(input: CreateSubnetRequest, call: Call): CreateSubnetResult {
      const tags = specifiedTags(input.TagSpecifications, ['subnet']);
      const vpc = findVpc(world, call, input.VpcId);
      const cidr = readCidr(required(input.CidrBlock, 'cidrBlock'), 'cidrBlock', 4);
      if (prefixLength(cidr) < 16 || prefixLength(cidr) > 28) throw new ApiError('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
      checkPlace(world, { vpc, cidr, blocks: vpc.cidrBlocks });
      if (world.subnets.count(`vpc:${vpc.id}`) >= world.settings.quotas.subnetsPerVpc) {
        throw new ApiError('SubnetLimitExceeded', 'The maximum number of subnets has been reached.');
      }
      const ipv6 = input.Ipv6CidrBlock === undefined ? undefined : readIpv6(world, vpc, input.Ipv6CidrBlock);
      const subnet: SubnetRecord = {
        ...ownership(call),
        id: world.newId('subnet'),
        vpcId: vpc.id,
        cidr,
        ipv6CidrBlocks: ipv6 ? [{ associationId: world.newId('subnet-cidr-assoc'), cidr: ipv6, state: 'associated' }] : [],
        zoneId: pickZone(world, call, input),
        mapPublicIpOnLaunch: false,
        assignIpv6AddressOnCreation: false,
      };
      world.subnets.put(subnet);
      tagNew(world, call, { id: subnet.id, type: 'subnet', tags });
      const acl = world.networkAcls.where(`vpc:${vpc.id}`).find(({ isDefault }) => isDefault)!;
      const association = { associationId: world.newId('aclassoc'), subnetId: subnet.id };
      world.networkAcls.change(acl.id, { associations: [...acl.associations, association] });
      return { Subnet: shown(world, subnet, trueTags(world, call, subnet.id)) };
    },

    DeleteSubnet(input: DeleteSubnetRequest, call: Call): object {
      const subnet = findSubnet(world, call, input.SubnetId);
      // An attachment that still waits for its acceptance has no interfaces, and is to have one here.
      const attached = world.transitGatewayAttachments
        .where(`vpc:${subnet.vpcId}`)
        .some((attachment) => isLiveAttachment(attachment) && attachment.subnetIds.includes(subnet.id));
      if (attached || world.networkInterfaces.count(`subnet:${subnet.id}`) + world.vpcEndpoints.count(`subnet:${subnet.id}`) > 0) {
        throw dependencyViolation(`The subnet '${subnet.id}' has dependencies and cannot be deleted.`);
      }
      for (const table of world.routeTables.where(`subnet:${subnet.id}`)) {
        world.routeTables.change(table.id, { associations: table.associations.filter(({ subnetId }) => subnetId !== subnet.id) });
      }
      for (const acl of world.networkAcls.where(`subnet:${subnet.id}`)) {
        world.networkAcls.change(acl.id, { associations: acl.associations.filter(({ subnetId }) => subnetId !== subnet.id) });
      }
      world.subnets.delete(subnet.id);
      world.setTags(placeOf(call), subnet.id, {});
      return {};
    },

    DescribeSubnets(input: DescribeSubnetsRequest, call: Call): DescribeSubnetsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.subnets,
        kind: idKinds.subnet,
        ids: input.SubnetIds,
        input,
        limits: { min: 5, max: 1000 },
        keys: { 'vpc-id': 'vpc' },
        fields: {
          'availability-zone': (subnet) => zoneName(world, subnet),
          availabilityZone: (subnet) => zoneName(world, subnet),
          'availability-zone-id': (subnet) => subnet.zoneId,
          availabilityZoneId: (subnet) => subnet.zoneId,
          'available-ip-address-count': (subnet) => freeAddresses(world, subnet),
          cidr: (subnet) => subnet.cidr,
          cidrBlock: (subnet) => subnet.cidr,
          'cidr-block': (subnet) => subnet.cidr,
          'default-for-az': () => false,
          defaultForAz: () => false,
          'ipv6-cidr-block-association.association-id': (subnet) => subnet.ipv6CidrBlocks.map(({ associationId }) => associationId),
          'ipv6-cidr-block-association.ipv6-cidr-block': (subnet) => subnet.ipv6CidrBlocks.map((block) => block.cidr),
          'ipv6-cidr-block-association.state': (subnet) => subnet.ipv6CidrBlocks.map(({ state }) => state),
          'map-public-ip-on-launch': (subnet) => subnet.mapPublicIpOnLaunch,
          'owner-id': (subnet) => subnet.ownerId,
          state: () => 'available',
          'subnet-arn': (subnet) => arnOf(subnet, 'subnet'),
          'subnet-id': (subnet) => subnet.id,
          'vpc-id': (subnet) => subnet.vpcId,
        },
      });
      return { Subnets: items.map((subnet) => shown(world, subnet, shownTags(world, call, subnet.id))), NextToken };
    },

    /** One attribute a call. */
    ModifySubnetAttribute(input: ModifySubnetAttributeRequest, call: Call): object {
      const subnet = findSubnet(world, call, input.SubnetId);
      const attribute = exactlyOne({
        mapPublicIpOnLaunch: input.MapPublicIpOnLaunch,
        assignIpv6AddressOnCreation: input.AssignIpv6AddressOnCreation,
      });
      if (attribute === 'mapPublicIpOnLaunch') {
        world.subnets.change(subnet.id, { mapPublicIpOnLaunch: required(input.MapPublicIpOnLaunch?.Value, 'mapPublicIpOnLaunch.Value') });
        return {};
      }
      const assign = required(input.AssignIpv6AddressOnCreation?.Value, 'assignIpv6AddressOnCreation.Value');
      if (assign && !subnet.ipv6CidrBlocks.some(({ state }) => state === 'associated')) {
        throw badParameter(true, 'assignIpv6AddressOnCreation', `The subnet ${subnet.id} has no IPv6 CIDR block.`);
      }
      world.subnets.change(subnet.id, { assignIpv6AddressOnCreation: assign });
      return {};
    },

    AssociateSubnetCidrBlock(input: AssociateSubnetCidrBlockRequest, call: Call): AssociateSubnetCidrBlockResult {
      const subnet = findSubnet(world, call, input.SubnetId);
      const cidr = readIpv6(world, world.vpcs.get(subnet.vpcId)!, required(input.Ipv6CidrBlock, 'ipv6CidrBlock'));
      if (subnet.ipv6CidrBlocks.some((block) => !isGone(block))) {
        throw new ApiError('SubnetCidrBlockLimitExceeded', `The subnet ${subnet.id} already has an IPv6 CIDR block.`);
      }
      const block: SubnetIpv6CidrBlock = { associationId: world.newId('subnet-cidr-assoc'), cidr, state: 'associating' };
      world.subnets.change(subnet.id, { ipv6CidrBlocks: [...subnet.ipv6CidrBlocks, block] });
      world.later(world.settings.delaysMs.cidrBlockAssociating, becomeAssociated, subnet.id, block.associationId);
      return { SubnetId: subnet.id, Ipv6CidrBlockAssociation: shownIpv6(block) };
    },

    DisassociateSubnetCidrBlock(input: DisassociateSubnetCidrBlockRequest, call: Call): DisassociateSubnetCidrBlockResult {
      const associationId = required(input.AssociationId, 'associationId');
      checkId(idKinds.subnetCidrBlockAssociation, associationId);
      const isIt = (block: SubnetIpv6CidrBlock): boolean => block.associationId === associationId && !isGone(block);
      const subnet = world.subnets.where(`place:${placeOf(call)}`).find(({ ipv6CidrBlocks }) => ipv6CidrBlocks.some(isIt));
      if (!subnet) throw notFound(idKinds.subnetCidrBlockAssociation, associationId);
      const block = subnet.ipv6CidrBlocks.find(isIt)!;
      if (world.networkInterfaces.where(`subnet:${subnet.id}`).some(({ ipv6Addresses }) => ipv6Addresses.length > 0)) {
        throw dependencyViolation(`The subnet '${subnet.id}' has network interfaces with addresses of ${block.cidr}.`);
      }
      setIpv6State(world, subnet.id, associationId, 'disassociating');
      const { cidrBlockDisassociating } = world.settings.delaysMs;
      world.later(cidrBlockDisassociating, becomeDisassociated, subnet.id, associationId);
      world.later(cidrBlockDisassociating + 60_000, forgetBlock, subnet.id, associationId);
      return { SubnetId: subnet.id, Ipv6CidrBlockAssociation: shownIpv6({ ...block, state: 'disassociating' }) };
    },
  };
}
