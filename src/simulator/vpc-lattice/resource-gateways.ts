import type {
  CreateResourceGatewayRequest,
  CreateResourceGatewayResponse,
  DeleteResourceGatewayRequest,
  DeleteResourceGatewayResponse,
  GetResourceGatewayRequest,
  GetResourceGatewayResponse,
  ListResourceGatewaysRequest,
  ListResourceGatewaysResponse,
  ResourceGatewaySummary,
  UpdateResourceGatewayRequest,
  UpdateResourceGatewayResponse,
} from '@aws-sdk/client-vpc-lattice';
import { addressAt, sizeOf } from '../ec2/addresses.ts';
import { createNetworkInterface, removeNetworkInterface } from '../ec2/network-interfaces.ts';
import { isUsableIn } from '../ec2/security-groups/security-group-vpc-associations.ts';
import type { Call, Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { SubnetRecord, VpcRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { conflict, invalidField, quotaExceeded, resourceNotFound } from './errors.ts';
import { addTags, arnOf, checkName, find, kinds, makeOnce, newRecord, page, whileIn } from './kinds.ts';
import type { ResourceGatewayRecord } from './records.ts';

const kind = kinds.resourceGateway;
const defaultIpv4AddressesPerEni = 16;

const finishCreation = whileIn(kind, 'CREATE_IN_PROGRESS', {
  name: 'finishCreation',
  // Too few free addresses come out only on the way.
  run: (world, { id, networkInterfaceIds }) =>
    world.resourceGateways.change(id, { status: networkInterfaceIds.length > 0 ? 'ACTIVE' : 'CREATE_FAILED' }),
});
const finishUpdate = whileIn(kind, 'UPDATE_IN_PROGRESS', {
  name: 'finishUpdate',
  run: (world, { id }) => world.resourceGateways.change(id, { status: 'ACTIVE' }),
});
const finishDeletion = whileIn(kind, 'DELETE_IN_PROGRESS', {
  name: 'finishDeletion',
  run: (world, { id, ownerId, region, networkInterfaceIds }) => {
    for (const interfaceId of networkInterfaceIds) {
      const networkInterface = world.networkInterfaces.get(interfaceId);
      if (networkInterface) removeNetworkInterface(world, networkInterface);
    }
    world.resourceGateways.delete(id);
    world.setTags(`${ownerId}/${region}`, id, {});
  },
});

/** What Create, Get, Update and List tell alike; the VPC is `vpcIdentifier` in some and `vpcId` in others (aws.md 5.1). */
function shown(gateway: ResourceGatewayRecord) {
  const { name, id, status, subnetIds, securityGroupIds, ipAddressType } = gateway;
  return { name, id, arn: arnOf(kind, gateway), status, subnetIds: [...subnetIds], securityGroupIds: [...securityGroupIds], ipAddressType };
}

function shownAddresses({ ipv4AddressesPerEni, resourceConfigDnsResolution }: ResourceGatewayRecord) {
  return { ipv4AddressesPerEni, resourceConfigDnsResolution };
}

const shownTimes = ({ createdAt, lastUpdatedAt }: ResourceGatewayRecord) => ({
  createdAt: new Date(createdAt),
  lastUpdatedAt: new Date(lastUpdatedAt),
});

function readVpc(world: World, call: Call, id: string | undefined): VpcRecord {
  if (!id) throw invalidField('vpcIdentifier', 'A resource gateway needs a VPC');
  const vpc = world.vpcs.get(id);
  if (!vpc || vpc.ownerId !== call.accountId || vpc.region !== call.region) throw resourceNotFound('VPC', id);
  return vpc;
}

function readSubnets(world: World, vpc: VpcRecord, ids: readonly string[] | undefined): SubnetRecord[] {
  if (!ids?.length) throw invalidField('subnetIds', 'A resource gateway needs at least one subnet');
  return [...new Set(ids)].map((id) => {
    const subnet = world.subnets.get(id);
    if (!subnet || subnet.ownerId !== vpc.ownerId || subnet.region !== vpc.region) throw resourceNotFound('SUBNET', id);
    if (subnet.vpcId !== vpc.id) throw invalidField('subnetIds', `The subnet ${id} is not in ${vpc.id}`);
    return subnet;
  });
}

/** The groups asked for; without any, the VPC's default one, since an interface always has one. */
function readSecurityGroups(world: World, { vpcId, ownerId }: { vpcId: string; ownerId: string }, ids: readonly string[]): string[] {
  if (ids.length > 5) throw invalidField('securityGroupIds', 'A resource gateway has at most 5 security groups');
  if (ids.length === 0) {
    return [world.securityGroups.where(`vpc:${vpcId}`).find(({ groupName }) => groupName === 'default')!.id];
  }
  return [...new Set(ids)].map((id) => {
    const group = world.securityGroups.get(id);
    if (group?.ownerId !== ownerId) throw resourceNotFound('SECURITY_GROUP', id);
    if (!isUsableIn(group, vpcId)) throw invalidField('securityGroupIds', `The security group ${id} is not in ${vpcId}`);
    return id;
  });
}

function readAddressing(
  { ipAddressType = 'IPV4', ipv4AddressesPerEni, resourceConfigDnsResolution = 'PUBLIC' }: CreateResourceGatewayRequest,
  subnets: readonly SubnetRecord[],
): Pick<ResourceGatewayRecord, 'ipAddressType' | 'ipv4AddressesPerEni' | 'resourceConfigDnsResolution'> {
  if (!['IPV4', 'IPV6', 'DUALSTACK'].includes(ipAddressType)) throw invalidField('ipAddressType', `There is no type ${ipAddressType}`);
  if (!['IN_VPC', 'PUBLIC'].includes(resourceConfigDnsResolution)) {
    throw invalidField('resourceConfigDnsResolution', `There is no resolution ${resourceConfigDnsResolution}`);
  }
  const without6 = subnets.find(({ ipv6CidrBlocks }) => !ipv6CidrBlocks.some(({ state }) => state === 'associated'));
  if (ipAddressType !== 'IPV4' && without6) throw invalidField('ipAddressType', `The subnet ${without6.id} has no IPv6 CIDR block`);
  if (ipAddressType === 'IPV6') {
    if (ipv4AddressesPerEni !== undefined) throw invalidField('ipv4AddressesPerEni', 'A gateway of type IPV6 has no IPv4 addresses');
    return { ipAddressType, resourceConfigDnsResolution };
  }
  const perEni = ipv4AddressesPerEni ?? defaultIpv4AddressesPerEni;
  if (!Number.isInteger(perEni) || perEni < 1 || perEni > 62) throw invalidField('ipv4AddressesPerEni', `${perEni} is not from 1 to 62`);
  return { ipAddressType, ipv4AddressesPerEni: perEni, resourceConfigDnsResolution };
}

/** So many free IPv4 addresses of a subnet; undefined where there are not so many. The first four and the last are AWS's. */
function freeAddresses(world: World, subnet: SubnetRecord, count: number): string[] | undefined {
  const used = new Set(world.networkInterfaces.where(`subnet:${subnet.id}`).flatMap(({ privateIpAddresses }) => privateIpAddresses));
  const free: string[] = [];
  for (let index = 4; index < sizeOf(subnet.cidr) - 1 && free.length < count; index++) {
    const address = addressAt(subnet.cidr, BigInt(index));
    if (!used.has(address)) free.push(address);
  }
  return free.length === count ? free : undefined;
}

/** Makes the gateway's interfaces, one in each subnet; none where a subnet has too few addresses. */
function createInterfaces(
  world: World,
  call: Call,
  { subnets, gateway }: { subnets: readonly SubnetRecord[]; gateway: Omit<ResourceGatewayRecord, 'networkInterfaceIds'> },
): string[] {
  const addresses = subnets.map((subnet) => freeAddresses(world, subnet, gateway.ipv4AddressesPerEni ?? 1));
  if (addresses.includes(undefined)) return [];
  return subnets.map((subnet, index) => {
    const privateIpAddresses = addresses[index]!;
    const { id } = createNetworkInterface(world, call, {
      subnet,
      privateIp: privateIpAddresses[0],
      groupIds: gateway.securityGroupIds,
      description: `VPC Lattice resource gateway ${gateway.id}`,
      ipv6AddressCount: gateway.ipAddressType === 'IPV4' ? 0 : 1,
      managedAs: 'interface',
    });
    world.networkInterfaces.change(id, { privateIpAddresses });
    return id;
  });
}

export function resourceGatewayOperations(world: World): Operations {
  return {
    CreateResourceGateway(input: CreateResourceGatewayRequest, call: Call): CreateResourceGatewayResponse {
      return makeOnce(world, call, { operation: 'CreateResourceGateway', resourceType: kind.resourceType, input, make });

      function make(): CreateResourceGatewayResponse {
        const name = input.name!;
        checkName(world, call, { kind, name, longest: 40 });
        const vpc = readVpc(world, call, input.vpcIdentifier);
        const subnets = readSubnets(world, vpc, input.subnetIds);
        const securityGroupIds = readSecurityGroups(world, { vpcId: vpc.id, ownerId: vpc.ownerId }, input.securityGroupIds ?? []);
        const addressing = readAddressing(input, subnets);
        const { quotas, delaysMs } = world.settings;
        if (world.resourceGateways.count(`vpc:${vpc.id}`) >= quotas.resourceGatewaysPerVpc) {
          throw quotaExceeded(kind.resourceType, quotas.resourceGatewaysPerVpc);
        }
        const gateway = {
          ...newRecord(world, call, kind.prefix),
          name,
          status: 'CREATE_IN_PROGRESS' as const,
          vpcId: vpc.id,
          subnetIds: subnets.map(({ id }) => id),
          securityGroupIds,
          ...addressing,
        };
        const networkInterfaceIds = createInterfaces(world, call, { subnets, gateway });
        const { id } = gateway;
        world.resourceGateways.put({ ...gateway, networkInterfaceIds });
        addTags(world, call, { id, tags: input.tags });
        world.later(delaysMs.resourceGatewayCreating, finishCreation, id);
        const made = world.resourceGateways.get(id)!;
        return { ...shown(made), ...shownAddresses(made), vpcIdentifier: made.vpcId };
      }
    },

    GetResourceGateway(input: GetResourceGatewayRequest, call: Call): GetResourceGatewayResponse {
      const gateway = findGateway(world, call, { identifier: input.resourceGatewayIdentifier!, seen: true });
      return { ...shown(gateway), ...shownAddresses(gateway), ...shownTimes(gateway), vpcId: gateway.vpcId };
    },

    ListResourceGateways(input: ListResourceGatewaysRequest, call: Call): ListResourceGatewaysResponse {
      const values = world.resourceGateways.seenWhere(`place:${placeKey(call)}`);
      const { items, ...token } = page(world, { kind, values, input });
      const summary = (gateway: ResourceGatewayRecord): ResourceGatewaySummary => ({
        ...shown(gateway),
        ...shownAddresses(gateway),
        ...shownTimes(gateway),
        vpcIdentifier: gateway.vpcId,
      });
      return { items: items.map(summary), ...token };
    },

    UpdateResourceGateway(input: UpdateResourceGatewayRequest, call: Call): UpdateResourceGatewayResponse {
      const gateway = findGateway(world, call, { identifier: input.resourceGatewayIdentifier! });
      const { id } = gateway;
      if (gateway.status !== 'ACTIVE' && gateway.status !== 'UPDATE_FAILED') {
        throw conflict(kind.resourceType, id, `The resource gateway is ${gateway.status}`);
      }
      if (!input.securityGroupIds) throw invalidField('securityGroupIds', 'There is nothing to update');
      const securityGroupIds = readSecurityGroups(world, gateway, input.securityGroupIds);
      for (const interfaceId of gateway.networkInterfaceIds) world.networkInterfaces.change(interfaceId, { securityGroupIds });
      const changed = world.resourceGateways.change(id, { securityGroupIds, status: 'UPDATE_IN_PROGRESS', lastUpdatedAt: world.now() });
      world.later(world.settings.delaysMs.resourceGatewayUpdating, finishUpdate, id);
      // The SDK's type of this answer has no DUALSTACK, which gateways can be.
      return { ...shown(changed), ipAddressType: changed.ipAddressType as 'IPV4' | 'IPV6', vpcId: changed.vpcId };
    },

    DeleteResourceGateway(input: DeleteResourceGatewayRequest, call: Call): DeleteResourceGatewayResponse {
      const gateway = findGateway(world, call, { identifier: input.resourceGatewayIdentifier! });
      const { id, name, status } = gateway;
      const answer = { id, arn: arnOf(kind, gateway), name, status: 'DELETE_IN_PROGRESS' as const };
      if (status === 'DELETE_IN_PROGRESS') return answer;
      if (status === 'CREATE_IN_PROGRESS' || status === 'UPDATE_IN_PROGRESS') {
        throw conflict(kind.resourceType, id, `The resource gateway is ${status}`);
      }
      const [configuration] = world.resourceConfigurations.where(`gateway:${id}`);
      if (configuration) throw conflict(kind.resourceType, id, `The resource configuration ${configuration.id} uses the resource gateway`);
      world.resourceGateways.change(id, { status: 'DELETE_IN_PROGRESS', lastUpdatedAt: world.now() });
      world.later(world.settings.delaysMs.resourceGatewayDeleting, finishDeletion, id);
      return answer;
    },
  };
}

const findGateway = (
  world: World,
  call: Call,
  { identifier, seen = false }: { identifier: string; seen?: boolean },
): ResourceGatewayRecord => find(world, call, { kind, identifier, field: 'resourceGatewayIdentifier', seen });
