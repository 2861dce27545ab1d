import type {
  EgressOnlyInternetGateway,
  Instance,
  InternetGateway,
  NatGateway,
  NetworkAcl,
  NetworkInterface,
  PeeringConnection,
  PeeringSide,
  PrefixList,
  RegionNetwork,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  TransitGateway,
  TransitGatewayRouteTable,
  TransitGatewayVpcAttachment,
  Vpc,
} from '../../network/model.ts';
import { awsPrefixLists } from '../ec2/aws-prefix-lists.ts';
import { isVisibleTo, peeringCidrs } from '../ec2/peering-view.ts';
import { ofAccount, ofAws } from '../ec2/prefix-list-view.ts';
import { routesOf } from '../ec2/route-state.ts';
import { shownReference } from '../ec2/security-groups/security-group-references.ts';
import { transitGatewayRoutes } from '../ec2/transit-gateways/transit-gateway-view.ts';
import { endpointView } from './endpoint-view.ts';
import { type Place, placeKey } from './place.ts';
import type { Owned, PeeringRecord } from './records.ts';
import type { World } from './world.ts';

/** The world's true state as a network, one entry for each account and region that holds something, sorted. */
export function networkOf(world: World): RegionNetwork[] {
  const places = new Map<string, Place>();
  for (const { ownerId: accountId, region } of everythingOwned(world)) {
    places.set(placeKey({ accountId, region }), { accountId, region });
  }
  for (const { requester, accepter } of world.peerings.all()) {
    for (const { ownerId: accountId, region } of [requester, accepter]) places.set(placeKey({ accountId, region }), { accountId, region });
  }
  return [...places.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, place]) => regionNetwork(world, place, key));
}

function* everythingOwned(world: World): Generator<Owned> {
  yield* world.vpcs.all();
  yield* world.internetGateways.all();
  yield* world.transitGateways.all();
  yield* world.serviceNetworkResourceAssociations.all();
}

function regionNetwork(world: World, place: Place, key: string): RegionNetwork {
  const where = `place:${key}`;
  const zoneNames = new Map(world.zones(place).map(({ zoneId, zoneName }) => [zoneId, zoneName]));
  const tagsOf = (id: string) => world.tagsOf(key, id);
  const byId = <Value extends { readonly id: string }, Shown>(
    values: readonly Value[],
    show: (value: Value) => Shown,
  ): Map<string, Shown> => new Map(values.map((value) => [value.id, show(value)]));

  return {
    ...place,
    vpcs: byId(
      world.vpcs.where(where),
      ({ id, ownerId, isDefault, cidrBlocks, ipv6CidrBlocks, enableDnsSupport, enableDnsHostnames }): Vpc => ({
        vpcId: id,
        ownerId,
        isDefault,
        cidrBlocks,
        ipv6CidrBlocks: ipv6CidrBlocks.map(({ associationId, cidr, state }) => ({ associationId, cidr, state })),
        tags: tagsOf(id),
        enableDnsSupport,
        enableDnsHostnames,
      }),
    ),
    subnets: byId(
      world.subnets.where(where),
      ({ id, vpcId, ownerId, cidr, ipv6CidrBlocks, zoneId, mapPublicIpOnLaunch }): Subnet => ({
        subnetId: id,
        vpcId,
        ownerId,
        cidr,
        ipv6Cidrs: ipv6CidrBlocks.filter(({ state }) => state === 'associated').map((block) => block.cidr),
        availabilityZoneId: zoneId,
        availabilityZone: zoneNames.get(zoneId)!,
        mapPublicIpOnLaunch,
        tags: tagsOf(id),
      }),
    ),
    routeTables: byId(
      world.routeTables.where(where),
      (table): RouteTable => ({
        routeTableId: table.id,
        vpcId: table.vpcId,
        ownerId: table.ownerId,
        associations: table.associations,
        routes: routesOf(world, table),
        tags: tagsOf(table.id),
      }),
    ),
    securityGroups: byId(
      world.securityGroups.where(where),
      ({ id, groupName, description, vpcId, ownerId }): SecurityGroup => ({
        groupId: id,
        groupName,
        description,
        vpcId,
        ownerId,
        tags: tagsOf(id),
      }),
    ),
    securityGroupRules: byId(
      world.securityGroupRules.where(where),
      (rule): SecurityGroupRule => ({
        securityGroupRuleId: rule.id,
        groupId: rule.groupId,
        direction: rule.direction,
        protocol: rule.protocol,
        fromPort: rule.fromPort,
        toPort: rule.toPort,
        peer: 'referencedGroup' in rule.peer ? { referencedGroup: shownReference(world, rule, rule.peer.referencedGroup) } : rule.peer,
        description: rule.description ?? '',
        tags: tagsOf(rule.id),
      }),
    ),
    peeringConnections: byId(
      world.peerings.where(where).filter((peering) => isVisibleTo(peering, key, peering.ended?.at ?? world.now())),
      (peering): PeeringConnection => ({
        vpcPeeringConnectionId: peering.id,
        requester: peeringSide(world, peering, 'requester'),
        accepter: peeringSide(world, peering, 'accepter'),
        state: peering.state,
        stateMessage: peering.statusMessage,
        ...(peering.state === 'pending-acceptance' || peering.state === 'initiating-request'
          ? { expirationTime: peering.expirationTime }
          : {}),
        tags: tagsOf(peering.id),
      }),
    ),
    networkAcls: byId(
      world.networkAcls.where(where),
      ({ id, vpcId, isDefault, associations, entries }): NetworkAcl => ({
        networkAclId: id,
        vpcId,
        isDefault,
        subnetIds: associations.map(({ subnetId }) => subnetId),
        entries,
        tags: tagsOf(id),
      }),
    ),
    networkInterfaces: byId(
      world.networkInterfaces.where(where),
      (networkInterface): NetworkInterface => ({
        networkInterfaceId: networkInterface.id,
        subnetId: networkInterface.subnetId,
        vpcId: networkInterface.vpcId,
        ownerId: networkInterface.ownerId,
        privateIpAddresses: networkInterface.privateIpAddresses,
        ipv6Addresses: networkInterface.ipv6Addresses,
        ...(networkInterface.publicIp ? { publicIp: networkInterface.publicIp } : {}),
        securityGroupIds: networkInterface.securityGroupIds,
        ...(networkInterface.attachment ? { instanceId: networkInterface.attachment.instanceId } : {}),
        sourceDestCheck: networkInterface.sourceDestCheck,
        tags: tagsOf(networkInterface.id),
      }),
    ),
    instances: byId(
      world.instances.where(where),
      ({ id, vpcId, subnetId, state, networkInterfaceIds, listens }): Instance => ({
        instanceId: id,
        vpcId,
        subnetId,
        state,
        networkInterfaceIds,
        ...(listens ? { listens } : {}),
        tags: tagsOf(id),
      }),
    ),
    ...endpointView(world, key),
    prefixLists: byId(
      [...awsPrefixLists(place.region).map(ofAws), ...world.prefixLists.where(where).map(ofAccount)],
      ({ id, name, entries, record }): PrefixList => ({
        prefixListId: id,
        ownerId: record?.ownerId ?? 'AWS',
        prefixListName: name,
        cidrs: entries.map(({ cidr }) => cidr),
        tags: tagsOf(id),
      }),
    ),
    natGateways: byId(
      world.natGateways.where(where),
      ({ id, ownerId, vpcId, subnetId, state, networkInterfaceId }): NatGateway => ({
        natGatewayId: id,
        ownerId,
        vpcId,
        subnetId,
        state,
        ...(networkInterfaceId ? { networkInterfaceId } : {}),
        tags: tagsOf(id),
      }),
    ),
    egressOnlyInternetGateways: byId(
      world.egressOnlyInternetGateways.where(where),
      ({ id, ownerId, vpcId }): EgressOnlyInternetGateway => ({
        egressOnlyInternetGatewayId: id,
        ownerId,
        vpcIds: [vpcId],
        tags: tagsOf(id),
      }),
    ),
    transitGateways: byId(
      world.transitGateways.where(where),
      ({ id, ownerId, state }): TransitGateway => ({ transitGatewayId: id, ownerId, state, tags: tagsOf(id) }),
    ),
    transitGatewayAttachments: byId(
      world.transitGatewayAttachments.where(where),
      ({ id, association, ...attachment }): TransitGatewayVpcAttachment => ({
        transitGatewayAttachmentId: id,
        transitGatewayId: attachment.transitGatewayId,
        transitGatewayOwnerId: attachment.transitGatewayOwnerId,
        vpcId: attachment.vpcId,
        vpcOwnerId: attachment.vpcOwnerId,
        subnetIds: attachment.subnetIds,
        state: attachment.state,
        ...(association?.state === 'associated' ? { routeTableId: association.routeTableId } : {}),
        tags: tagsOf(id),
      }),
    ),
    transitGatewayRouteTables: byId(
      world.transitGatewayRouteTables.where(where),
      (table): TransitGatewayRouteTable => ({
        transitGatewayRouteTableId: table.id,
        transitGatewayId: table.transitGatewayId,
        ownerId: table.ownerId,
        routes: transitGatewayRoutes(world, table),
        tags: tagsOf(table.id),
      }),
    ),
    internetGateways: byId(
      world.internetGateways.where(where),
      ({ id, ownerId, vpcId }): InternetGateway => ({
        internetGatewayId: id,
        ownerId,
        vpcIds: vpcId ? [vpcId] : [],
        tags: tagsOf(id),
      }),
    ),
  };
}

function peeringSide(world: World, peering: PeeringRecord, role: 'requester' | 'accepter'): PeeringSide {
  const { vpcId, ownerId, region, allowDnsResolutionFromRemoteVpc } = peering[role];
  return { vpcId, ownerId, region, ...peeringCidrs(world, peering, role), allowDnsResolutionFromRemoteVpc };
}
