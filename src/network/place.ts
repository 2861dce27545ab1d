import { canonicalAddress } from './cidr.ts';
import { grouped } from './grouped.ts';
import type {
  GatewayCollections,
  Instance,
  NetworkAcl,
  NetworkCollections,
  NetworkInterface,
  RegionNetwork,
  Subnet,
  Tags,
  Vpc,
} from './model.ts';

interface AnyCollections extends NetworkCollections, GatewayCollections {}

type CollectionName = keyof AnyCollections;

/** A network without its account and region: as a plain mapped type its collections can be picked by a name that is a type parameter. */
type Collections = { readonly [Name in CollectionName]?: ReadonlyMap<string, AnyCollections[Name]> };

/** What a packet passes, by the resource type that its ARN names. */
export type ComponentType =
  | 'instance'
  | 'network-interface'
  | 'security-group'
  | 'network-acl'
  | 'subnet'
  | 'route-table'
  | 'vpc-peering-connection'
  | 'internet-gateway'
  | 'egress-only-internet-gateway'
  | 'natgateway'
  | 'transit-gateway'
  | 'transit-gateway-attachment'
  | 'transit-gateway-route-table'
  | 'vpc'
  | 'vpc-endpoint'
  | 'vpc-endpoint-service'
  | 'loadbalancer'
  | 'resourceconfiguration'
  | 'resourcegateway';

export interface Component {
  readonly type: ComponentType;
  readonly id: string;
  /** The component's Name tag. */
  readonly name?: string;
}

/** A network interface with what surrounds it. */
export interface Place {
  readonly networkInterface: NetworkInterface;
  readonly instance: Instance | undefined;
  readonly subnet: Subnet;
  readonly vpc: Vpc;
}

/** Names a component for people: its id and, where it has one, its Name tag. */
export function componentOf(type: ComponentType, id: string, thing?: { readonly tags: Tags }): Component {
  const name = thing?.tags.Name;
  return name ? { type, id, name } : { type, id };
}

/** `i-0abc (web)`. */
export const called = ({ id, name }: Component): string => (name ? `${id} (${name})` : id);

/** A thing by its id, wherever it is: ids are unique in all of AWS. */
export function findById<Name extends CollectionName>(
  networks: readonly Collections[],
  name: Name,
  id: string,
): AnyCollections[Name] | undefined {
  for (const network of networks) {
    const thing = network[name]?.get(id);
    if (thing) return thing;
  }
  return undefined;
}

/** The CIDRs of a prefix list; none where it was not read, so that nothing of it applies. */
export const prefixListCidrs = (networks: readonly RegionNetwork[], prefixListId: string): readonly string[] =>
  findById(networks, 'prefixLists', prefixListId)?.cidrs ?? [];

/** The things of one kind in all networks. */
export function* allOf<Name extends CollectionName>(networks: readonly Collections[], name: Name): Iterable<AnyCollections[Name]> {
  for (const network of networks) yield* network[name]?.values() ?? [];
}

/** Undefined where the interface, its subnet or its VPC is not in the networks. */
export function placeOf(networks: readonly RegionNetwork[], networkInterfaceId: string): Place | undefined {
  const networkInterface = findById(networks, 'networkInterfaces', networkInterfaceId);
  const subnet = networkInterface && findById(networks, 'subnets', networkInterface.subnetId);
  const vpc = networkInterface && findById(networks, 'vpcs', networkInterface.vpcId);
  if (!networkInterface || !subnet || !vpc) return undefined;
  const instance = networkInterface.instanceId === undefined ? undefined : findById(networks, 'instances', networkInterface.instanceId);
  return { networkInterface, instance, subnet, vpc };
}

/** All addresses of an interface inside its VPC, as AWS writes them. */
export const addressesOf = ({ privateIpAddresses, ipv6Addresses }: NetworkInterface): readonly string[] => [
  ...privateIpAddresses,
  ...ipv6Addresses,
];

/** The place in this VPC with this address (canonical), if there is one. */
export function placeWithAddress(networks: readonly RegionNetwork[], vpcId: string, address: string): Place | undefined {
  for (const { networkInterfaces } of networks) {
    const withAddress = grouped(networkInterfaces, 'VPC and address', (one) =>
      addressesOf(one).map((own) => `${one.vpcId} ${canonicalAddress(own)}`),
    );
    const [found] = withAddress(`${vpcId} ${address}`);
    if (found) return placeOf(networks, found.networkInterfaceId);
  }
  return undefined;
}

/** The place's interface as a component. */
export const interfaceOf = ({ networkInterface }: Place): Component =>
  componentOf('network-interface', networkInterface.networkInterfaceId, networkInterface);

/** The other VPCs that active peering connections of this VPC lead to, and whether both are in one region. */
export function* peersOf(
  networks: readonly RegionNetwork[],
  vpcId: string,
): Iterable<{ readonly vpcId: string; readonly sameRegion: boolean }> {
  for (const { state, requester, accepter } of allOf(networks, 'peeringConnections')) {
    if (state !== 'active') continue;
    const sameRegion = requester.region === accepter.region;
    if (requester.vpcId === vpcId) yield { vpcId: accepter.vpcId, sameRegion };
    if (accepter.vpcId === vpcId) yield { vpcId: requester.vpcId, sameRegion };
  }
}

/** Whether rules at one place may name the groups of the other: within a VPC, and between peers of one region. */
export function seesGroups(networks: readonly RegionNetwork[], a: Place, b: Place): boolean {
  if (a.vpc.vpcId === b.vpc.vpcId) return true;
  return [...peersOf(networks, a.vpc.vpcId)].some((peer) => peer.vpcId === b.vpc.vpcId && peer.sameRegion);
}

/** The subnet's network ACL; undefined where none was read. */
export function aclOf(networks: readonly RegionNetwork[], { subnetId, vpcId }: Subnet): NetworkAcl | undefined {
  const acls = [...allOf(networks, 'networkAcls')].filter((acl) => acl.vpcId === vpcId);
  return acls.find((acl) => acl.subnetIds.includes(subnetId)) ?? acls.find((acl) => acl.isDefault);
}
