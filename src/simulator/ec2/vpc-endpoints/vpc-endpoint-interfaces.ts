import { ApiError, type Call } from '../../service.ts';
import type { EndpointSubnet, NetworkInterfaceRecord, VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { invalidParameter } from '../errors.ts';
import { createNetworkInterface, pickAddress, removeNetworkInterface } from '../network-interfaces.ts';

/**
 * What an endpoint's subnets must be like: of its VPC, each in a zone of its own, with a free address, and in zones that the other side has too.
 *
 * @param zones the zones by id that the other side is in; left out where it is in another region
 * @throws ApiError DuplicateSubnetsInSameZone, InvalidParameter, and those of addresses
 */
export function checkEndpointSubnets(
  world: World,
  {
    vpcId,
    ipAddressType,
    subnets,
    networkInterfaceIds,
  }: Pick<VpcEndpointRecord, 'vpcId' | 'ipAddressType' | 'subnets' | 'networkInterfaceIds'>,
  zones: { readonly of: string; readonly ids: readonly string[] } | undefined,
): void {
  const taken = new Set<string>();
  for (const { subnetId, ipv4, unserved } of subnets) {
    const subnet = world.subnets.get(subnetId)!;
    if (subnet.vpcId !== vpcId) throw invalidParameter(`The subnet ${subnetId} does not belong to the network ${vpcId}.`);
    if (taken.has(subnet.zoneId)) {
      throw new ApiError('DuplicateSubnetsInSameZone', `Found another VPC endpoint subnet in the availability zone of ${subnetId}`);
    }
    taken.add(subnet.zoneId);
    if (zones && !unserved && !zones.ids.includes(subnet.zoneId)) {
      throw invalidParameter(`The VPC endpoint service ${zones.of} does not support the availability zone of the subnet: ${subnetId}.`);
    }
    if (ipAddressType !== 'ipv4' && !subnet.ipv6CidrBlocks.some(({ state }) => state === 'associated')) {
      throw invalidParameter(`The subnet ${subnetId} has no IPv6 CIDR block, which the IP address type ${ipAddressType} needs.`);
    }
    if (!unserved && !interfaceFor(world, networkInterfaceIds, { subnetId, ipv4 })) pickAddress(world, subnet, ipv4);
  }
}

/** The one of these interfaces that is as the endpoint wishes it in a subnet. */
function interfaceFor(
  world: World,
  networkInterfaceIds: readonly string[],
  { subnetId, ipv4 }: EndpointSubnet,
): NetworkInterfaceRecord | undefined {
  return networkInterfaceIds
    .flatMap((id) => world.networkInterfaces.get(id) ?? [])
    .find((one) => one.subnetId === subnetId && (ipv4 === undefined || one.privateIpAddresses[0] === ipv4));
}

/**
 * Gives an endpoint one network interface in each of its subnets, with the address that is asked for, and takes away those that it should not
 * have. Where that cannot be, the endpoint has failed.
 */
export function settleInterfaces(world: World, endpointId: string): void {
  const endpoint = world.vpcEndpoints.get(endpointId);
  if (!endpoint || endpoint.state === 'deleting' || endpoint.state === 'failed') return;
  try {
    world.atomically(() => replaceInterfaces(world, endpoint));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    world.vpcEndpoints.change(endpointId, { state: 'failed', failure: { code: error.code, message: error.message } });
  }
}

function replaceInterfaces(world: World, endpoint: VpcEndpointRecord): void {
  const current = endpoint.networkInterfaceIds.flatMap((id) => world.networkInterfaces.get(id) ?? []);
  const fits = (wish: EndpointSubnet) => interfaceFor(world, endpoint.networkInterfaceIds, wish);
  const served = endpoint.subnets.filter(({ unserved }) => !unserved);
  const kept = new Set(served.map((wish) => fits(wish)?.id));
  for (const one of current) if (!kept.has(one.id)) removeNetworkInterface(world, one);
  const call: Call = { accountId: endpoint.ownerId, region: endpoint.region, callerArn: '' };
  const networkInterfaceIds = served.map((wish) => {
    const there = fits(wish);
    if (there) return there.id;
    return createNetworkInterface(world, call, {
      subnet: world.subnets.get(wish.subnetId)!,
      privateIp: wish.ipv4,
      groupIds: endpoint.securityGroupIds,
      description: `VPC Endpoint Interface ${endpoint.id}`,
      ipv6AddressCount: endpoint.ipAddressType === 'ipv4' ? 0 : 1,
      managedAs: 'vpc_endpoint',
    }).id;
  });
  world.vpcEndpoints.change(endpoint.id, { networkInterfaceIds });
}

/** Takes an endpoint's interfaces away. */
export function removeInterfaces(world: World, networkInterfaceIds: readonly string[]): void {
  for (const id of networkInterfaceIds) {
    const networkInterface = world.networkInterfaces.get(id);
    if (networkInterface) removeNetworkInterface(world, networkInterface);
  }
}

/**
 * The subnets of a Resource endpoint, marked where the resource gateway has no subnet in the zone: it gets no interface there (aws.md 4.1).
 *
 * @throws ApiError InvalidParameter where the two have no zone in common
 */
export function servedSubnets(world: World, subnets: readonly EndpointSubnet[], zoneIds: readonly string[]): EndpointSubnet[] {
  const marked = subnets.map((one) => (zoneIds.includes(world.subnets.get(one.subnetId)!.zoneId) ? one : { ...one, unserved: true }));
  if (marked.length > 0 && marked.every(({ unserved }) => unserved)) {
    throw invalidParameter('None of the subnets is in an availability zone that the resource gateway is in.');
  }
  return marked;
}
