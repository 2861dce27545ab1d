import { canonicalAddress } from './cidr.ts';
import { grouped } from './grouped.ts';
import type {
  GatewayCollections,
  Instance,
  NetworkAcl,
  NetworkCollections,
  NetworkInterface,
  RegionNetwork,
  RouteTable,
  SecurityGroupRule,
  Subnet,
  Tags,
  Vpc,
} from './model.ts';
import { routeTableOfSubnet } from './routing.ts';

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

/** Which things of a collection are meant: those that have this key. */
export interface Having<Thing> {
  readonly key: string;
  readonly keysOf: (thing: Thing) => readonly string[];
  /** What the key is; it stands for `keysOf` and must not mean another one elsewhere. */
  readonly by: string;
}

/** The things of one kind that have a key, in all networks, without walking over all of them each time. */
export function allHaving<Thing>(
  networks: readonly RegionNetwork[],
  collectionOf: (network: RegionNetwork) => ReadonlyMap<string, Thing> | undefined,
  { key, keysOf, by }: Having<Thing>,
): readonly Thing[] {
  return networks.flatMap((network) => {
    const collection = collectionOf(network);
    return collection ? grouped(collection, by, keysOf)(key) : [];
  });
}

const byVpc = <Thing extends { readonly vpcId: string }>(vpcId: string): Having<Thing> => ({
  by: 'VPC',
  key: vpcId,
  keysOf: (one) => [one.vpcId],
});

/** The table that a subnet's traffic follows. */
export const routeTableOf = (networks: readonly RegionNetwork[], subnet: Subnet): RouteTable | undefined =>
  routeTableOfSubnet(
    subnet,
    allHaving(networks, ({ routeTables }) => routeTables, byVpc(subnet.vpcId)),
  );

/** The rules of one direction of some groups. */
export const rulesOf = (
  networks: readonly RegionNetwork[],
  groupIds: readonly string[],
  direction: SecurityGroupRule['direction'],
): readonly SecurityGroupRule[] =>
  [...new Set(groupIds)].flatMap((groupId) =>
    allHaving(networks, ({ securityGroupRules }) => securityGroupRules, {
      by: 'group and direction',
      key: `${groupId} ${direction}`,
      keysOf: (rule) => [`${rule.groupId} ${rule.direction}`],
    }),
  );

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
  const [found] = allHaving(networks, ({ networkInterfaces }) => networkInterfaces, {
    by: 'VPC and address',
    key: `${vpcId} ${address}`,
    keysOf: (one) => addressesOf(one).map((own) => `${one.vpcId} ${canonicalAddress(own)}`),
  });
  return found && placeOf(networks, found.networkInterfaceId);
}

/** The place's interface as a component. */
export const interfaceOf = ({ networkInterface }: Place): Component =>
  componentOf('network-interface', networkInterface.networkInterfaceId, networkInterface);

/** The other VPCs that active peering connections of this VPC lead to, and whether both are in one region. */
export function* peersOf(
  networks: readonly RegionNetwork[],
  vpcId: string,
): Iterable<{ readonly vpcId: string; readonly sameRegion: boolean }> {
  const connections = allHaving(networks, ({ peeringConnections }) => peeringConnections, {
    by: 'VPCs',
    key: vpcId,
    keysOf: (one) => [one.requester.vpcId, one.accepter.vpcId],
  });
  for (const { state, requester, accepter } of connections) {
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
  const acls = allHaving(networks, ({ networkAcls }) => networkAcls, byVpc(vpcId));
  return acls.find((acl) => acl.subnetIds.includes(subnetId)) ?? acls.find((acl) => acl.isDefault);
}
