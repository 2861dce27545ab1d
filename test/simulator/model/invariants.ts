import type { World } from '../../../src/simulator/world/world.ts';

/** Says what is wrong with a world; undefined where nothing is. */
export interface Invariant {
  readonly name: string;
  broken(world: World): string | undefined;
}

const first = <Value>(values: Iterable<Value>, wrong: (value: Value) => string | undefined): string | undefined => {
  for (const value of values) {
    const found = wrong(value);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What things name must be there. */
function missingReference(world: World): string | undefined {
  const must = (id: string, names: readonly (readonly [there: unknown, what: string])[]): string | undefined => {
    const found = names.find(([there]) => there === undefined);
    return found && `${id} names ${found[1]}, which is not there`;
  };
  const { vpcs, subnets, securityGroups, networkInterfaces: interfaces, routeTables } = world;
  const vpc = (id: string) => [vpcs.get(id), id] as const;
  const subnet = (id: string) => [subnets.get(id), id] as const;
  const group = (id: string) => [securityGroups.get(id), id] as const;
  const networkInterface = (id: string) => [interfaces.get(id), id] as const;
  return (
    first(subnets.all(), ({ id, vpcId }) => must(id, [vpc(vpcId)])) ??
    first(securityGroups.all(), ({ id, vpcId }) => must(id, [vpc(vpcId)])) ??
    first(world.securityGroupRules.all(), ({ id, groupId }) => must(id, [group(groupId)])) ??
    first(routeTables.all(), ({ id, vpcId, associations }) =>
      must(id, [
        vpc(vpcId),
        ...associations.flatMap(({ subnetId, gatewayId }) => [
          ...(subnetId ? [subnet(subnetId)] : []),
          ...(gatewayId ? [[world.internetGateways.get(gatewayId), gatewayId] as const] : []),
        ]),
      ]),
    ) ??
    first(world.networkAcls.all(), ({ id, vpcId, associations }) =>
      must(id, [vpc(vpcId), ...associations.map(({ subnetId }) => subnet(subnetId))]),
    ) ??
    first(interfaces.all(), ({ id, vpcId, subnetId, securityGroupIds }) =>
      must(id, [vpc(vpcId), subnet(subnetId), ...securityGroupIds.map(group)]),
    ) ??
    first(world.internetGateways.all(), ({ id, vpcId }) => (vpcId ? must(id, [vpc(vpcId)]) : undefined)) ??
    first(world.egressOnlyInternetGateways.all(), ({ id, vpcId }) => must(id, [vpc(vpcId)])) ??
    first(world.instances.all(), ({ id, state, vpcId, subnetId, networkInterfaceIds }) =>
      state === 'terminated' ? undefined : must(id, [vpc(vpcId), subnet(subnetId), ...networkInterfaceIds.map(networkInterface)]),
    ) ??
    first(world.elasticIps.all(), ({ id, association }) =>
      association ? must(id, [networkInterface(association.networkInterfaceId)]) : undefined,
    ) ??
    first(world.natGateways.all(), ({ id, state, vpcId, subnetId, networkInterfaceId, allocationId }) =>
      // One that could get no interface is about to fail, and keeps nothing in its place.
      state === 'deleted' || state === 'failed' || networkInterfaceId === undefined
        ? undefined
        : must(id, [
            vpc(vpcId),
            subnet(subnetId),
            networkInterface(networkInterfaceId),
            // An address that is not there makes the gateway fail a while later.
            ...(allocationId && state === 'available' ? [[world.elasticIps.get(allocationId), allocationId] as const] : []),
          ]),
    ) ??
    first(world.peerings.all(), ({ id, state, requester, accepter }) =>
      state === 'active' || state === 'provisioning' ? must(id, [vpc(requester.vpcId), vpc(accepter.vpcId)]) : undefined,
    ) ??
    first(
      world.transitGatewayAttachments.all(),
      ({ id, state, vpcId, subnetIds, networkInterfaceIds, transitGatewayId, association, propagations }) =>
        state === 'deleted' || state === 'rejected'
          ? undefined
          : must(id, [
              vpc(vpcId),
              [world.transitGateways.get(transitGatewayId), transitGatewayId],
              ...subnetIds.map(subnet),
              ...networkInterfaceIds.map(networkInterface),
              ...[...(association ? [association] : []), ...propagations].map(
                ({ routeTableId }) => [world.transitGatewayRouteTables.get(routeTableId), routeTableId] as const,
              ),
            ]),
    ) ??
    first(world.transitGatewayRouteTables.all(), ({ id, transitGatewayId }) =>
      must(id, [[world.transitGateways.get(transitGatewayId), transitGatewayId]]),
    ) ??
    first(world.vpcEndpoints.all(), ({ id, state, vpcId, subnets: inSubnets, securityGroupIds, networkInterfaceIds, routeTableIds }) =>
      state === 'deleting'
        ? undefined
        : must(id, [
            vpc(vpcId),
            ...inSubnets.map(({ subnetId }) => subnet(subnetId)),
            ...securityGroupIds.map(group),
            ...networkInterfaceIds.map(networkInterface),
            ...routeTableIds.map((tableId) => [routeTables.get(tableId), tableId] as const),
          ]),
    ) ??
    first(world.networkLoadBalancers.all(), ({ id, vpcId, subnetIds, networkInterfaceIds }) =>
      must(id, [vpc(vpcId), ...subnetIds.map(subnet), ...networkInterfaceIds.map(networkInterface)]),
    ) ??
    first(world.endpointServices.all(), ({ id, networkLoadBalancerArns }) =>
      must(
        id,
        networkLoadBalancerArns.map((arn) => [world.networkLoadBalancers.get(arn), arn]),
      ),
    ) ??
    first(world.resourceGateways.all(), ({ id, vpcId, subnetIds, securityGroupIds, networkInterfaceIds }) =>
      must(id, [vpc(vpcId), ...subnetIds.map(subnet), ...securityGroupIds.map(group), ...networkInterfaceIds.map(networkInterface)]),
    ) ??
    first(world.resourceConfigurations.all(), ({ id, resourceGatewayId, resourceConfigurationGroupId: parent }) =>
      must(id, [
        [world.resourceGateways.get(resourceGatewayId), resourceGatewayId],
        ...(parent ? [[world.resourceConfigurations.get(parent), parent] as const] : []),
      ]),
    ) ??
    first(world.serviceNetworkResourceAssociations.all(), ({ id, serviceNetworkId, resourceConfigurationId }) =>
      must(id, [
        [world.serviceNetworks.get(serviceNetworkId), serviceNetworkId],
        [world.resourceConfigurations.get(resourceConfigurationId), resourceConfigurationId],
      ]),
    ) ??
    first(world.resourceEndpointAssociations.all(), ({ id, resourceConfigurationId, vpcEndpointId }) =>
      must(id, [
        [world.resourceConfigurations.get(resourceConfigurationId), resourceConfigurationId],
        [world.vpcEndpoints.get(vpcEndpointId), vpcEndpointId],
      ]),
    ) ??
    first([...world.resourceShareAssociations.all(), ...world.resourceShareInvitations.all()], ({ id, shareId }) =>
      must(id, [[world.resourceShares.get(shareId), shareId]]),
    )
  );
}

/** What may outlive what it names must at least name what once was: routes that lead nowhere, stale rules, zones of VPCs that are gone. */
function inexplicableReference(world: World): string | undefined {
  const was = (id: string, names: readonly (string | undefined)[]): string | undefined => {
    const found = names.find((name) => name !== undefined && !world.wasGiven(name));
    return found && `${id} names ${found}, which never was`;
  };
  return (
    first(world.routeTables.all(), ({ id, routes }) =>
      was(
        id,
        routes.flatMap(({ target }) =>
          Object.values(target).filter((value): value is string => /^[a-z]+-[0-9a-f]{17}$/.test(String(value))),
        ),
      ),
    ) ??
    first(world.securityGroupRules.all(), ({ id, peer }) =>
      'referencedGroup' in peer ? was(id, [peer.referencedGroup.groupId]) : undefined,
    ) ??
    first(world.transitGatewayRouteTables.all(), ({ id, routes }) =>
      was(
        id,
        routes.map(({ attachmentId }) => attachmentId),
      ),
    ) ??
    first(world.hostedZones.all(), ({ id, vpcs, authorizations }) =>
      was(
        id,
        [...vpcs, ...authorizations].map(({ vpcId }) => vpcId),
      ),
    )
  );
}

/** Ids of things, and of associations within them, occur once. */
function repeatedId(world: World): string | undefined {
  const ids = [
    ...[
      world.vpcs,
      world.subnets,
      world.routeTables,
      world.securityGroups,
      world.securityGroupRules,
      world.peerings,
      world.instances,
      world.networkInterfaces,
      world.networkAcls,
      world.internetGateways,
      world.natGateways,
      world.elasticIps,
      world.transitGateways,
      world.transitGatewayAttachments,
      world.transitGatewayRouteTables,
      world.vpcEndpoints,
      world.endpointServices,
      world.resourceGateways,
      world.resourceConfigurations,
      world.hostedZones,
    ].flatMap((collection) => [...collection.all()].map(({ id }) => id)),
    ...[...world.vpcs.all()].flatMap(({ cidrBlocks, ipv6CidrBlocks }) =>
      [...cidrBlocks, ...ipv6CidrBlocks].map(({ associationId }) => associationId),
    ),
    ...[...world.routeTables.all()].flatMap(({ associations }) => associations.map(({ associationId }) => associationId)),
    ...[...world.networkAcls.all()].flatMap(({ associations }) => associations.map(({ associationId }) => associationId)),
    ...[...world.elasticIps.all()].flatMap(({ association }) => (association ? [association.associationId] : [])),
  ];
  const seen = new Set<string>();
  return first(ids, (id) => {
    if (seen.has(id)) return `${id} is there twice`;
    seen.add(id);
    return undefined;
  });
}

const exactlyOne = (count: number, what: string): string | undefined => (count === 1 ? undefined : `${what}: ${count} and not one`);

/** What every VPC and subnet has once, and what the pairs of peered VPCs have once at most. */
function wrongCount(world: World): string | undefined {
  const inVpc = (id: string) => `vpc:${id}`;
  const joined = [...world.peerings.all()]
    .filter(({ state }) => state === 'active' || state === 'provisioning')
    .map(({ requester, accepter }) => [requester.vpcId, accepter.vpcId].toSorted().join(' '));
  return (
    first(
      world.vpcs.all(),
      ({ id }) =>
        exactlyOne(
          world.routeTables.where(inVpc(id)).filter(({ associations }) => associations.some(({ main }) => main)).length,
          `main tables of ${id}`,
        ) ??
        exactlyOne(
          world.securityGroups.where(inVpc(id)).filter(({ groupName }) => groupName === 'default').length,
          `default groups of ${id}`,
        ) ??
        exactlyOne(world.networkAcls.where(inVpc(id)).filter(({ isDefault }) => isDefault).length, `default network ACLs of ${id}`),
    ) ??
    first(
      world.subnets.all(),
      ({ id }) =>
        exactlyOne(world.networkAcls.where(`subnet:${id}`).length, `network ACLs of ${id}`) ??
        (world.routeTables.where(`subnet:${id}`).length > 1 ? `${id} has two route tables` : undefined),
    ) ??
    first(world.routeTables.all(), ({ id, routes }) =>
      new Set(routes.map(({ destination }) => destination)).size === routes.length ? undefined : `${id} has two routes for one destination`,
    ) ??
    (new Set(joined).size === joined.length ? undefined : `two VPCs are peered twice: ${joined}`)
  );
}

/** Addresses belong to one interface of a VPC, and lie in its subnet's VPC. */
function sharedAddress(world: World): string | undefined {
  const seen = new Map<string, string>();
  return first(world.networkInterfaces.all(), ({ id, vpcId, privateIpAddresses, subnetId }) => {
    if (world.subnets.get(subnetId)?.vpcId !== vpcId) return `${id} lies in a subnet of another VPC`;
    return first(privateIpAddresses, (address) => {
      const other = seen.get(`${vpcId} ${address}`);
      seen.set(`${vpcId} ${address}`, id);
      return other && `${id} and ${other} both have ${address}`;
    });
  });
}

/** An interface that AWS made for something goes with it. */
function orphanedInterface(world: World): string | undefined {
  const used = new Set(
    [
      ...world.resourceGateways.all(),
      ...world.vpcEndpoints.all(),
      ...world.transitGatewayAttachments.all(),
      ...world.networkLoadBalancers.all(),
    ].flatMap(({ networkInterfaceIds }) => networkInterfaceIds),
  );
  for (const { networkInterfaceId } of world.natGateways.all()) if (networkInterfaceId) used.add(networkInterfaceId);
  return first(world.networkInterfaces.all(), ({ id, managedAs }) =>
    // Those of endpoints outlive them for a moment.
    managedAs === undefined || managedAs === 'vpc_endpoint' || used.has(id) ? undefined : `${id} of a ${managedAs} is left over`,
  );
}

/** Names that may be there once. */
function repeatedName(world: World): string | undefined {
  const twice = (what: string, keys: readonly string[]): string | undefined =>
    new Set(keys).size === keys.length ? undefined : `two ${what} have one name: ${keys.toSorted()}`;
  return (
    twice(
      'security groups',
      [...world.securityGroups.all()].map(({ vpcId, groupName }) => `${vpcId} ${groupName}`),
    ) ??
    twice(
      'resource gateways',
      [...world.resourceGateways.all()].map(({ ownerId, region, name }) => `${ownerId} ${region} ${name}`),
    ) ??
    twice(
      'resource configurations',
      [...world.resourceConfigurations.all()].map(({ ownerId, region, name }) => `${ownerId} ${region} ${name}`),
    ) ??
    twice(
      'service networks',
      [...world.serviceNetworks.all()].map(({ ownerId, region, name }) => `${ownerId} ${region} ${name}`),
    ) ??
    twice(
      'public addresses',
      [...world.elasticIps.all()].map(({ publicIp }) => publicIp),
    )
  );
}

/** What has tags is there, or its end is still shown. */
function leftTags(world: World): string | undefined {
  return first(world.tags.all(), ({ resourceId }) => {
    const id = resourceId.slice(resourceId.lastIndexOf('/') + 1);
    const isThere = world.collectionNames.some(
      (name) => (world as unknown as Record<string, { get(id: string): unknown }>)[name]!.get(id) !== undefined,
    );
    return isThere ? undefined : `${resourceId} is gone, and its tags are not`;
  });
}

/** What holds in every world, whatever was called. */
export const invariants: readonly Invariant[] = [
  { name: 'what things name is there', broken: missingReference },
  { name: 'what may outlive what it names names what once was', broken: inexplicableReference },
  { name: 'ids are unique', broken: repeatedId },
  { name: 'there is one of what there must be one of', broken: wrongCount },
  { name: 'addresses belong to one interface', broken: sharedAddress },
  { name: 'interfaces of services go with what they are for', broken: orphanedInterface },
  { name: 'names are unique where they must be', broken: repeatedName },
  { name: 'tags go with what has them', broken: leftTags },
];
