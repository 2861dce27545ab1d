import type { Route, RouteTarget, VpcCidrBlock } from '../../network/model.ts';
import type { PeeringRecord, RouteRecord, RouteTableRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';

/** The target of a route to the VPC itself. */
export const local: RouteTarget = { type: 'local', id: 'local' };

const inUse = (block: VpcCidrBlock): boolean => block.state === 'associated';

/** The VPC's CIDR blocks that carry traffic, IPv4 first. */
export function vpcCidrs(world: World, vpcId: string): string[] {
  const vpc = world.vpcs.get(vpcId);
  return vpc ? [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].filter(inUse).map(({ cidr }) => cidr) : [];
}

/**
 * All routes of a table: one local route for each CIDR block of the VPC, which AWS adds and removes with the block (aws.md 1.6), unless it was
 * pointed elsewhere; then those that somebody made, and those that a virtual private gateway propagates.
 */
export function routesOf(world: World, table: RouteTableRecord): Route[] {
  const locals = vpcCidrs(world, table.vpcId);
  const replaced = new Map(table.routes.map((route) => [route.destination, route]));
  return [
    ...locals.map(
      (destination): Route => ({
        destination,
        target: replaced.get(destination)?.target ?? local,
        state: stateOf(world, table, replaced.get(destination)),
        origin: 'CreateRouteTable',
      }),
    ),
    ...table.routes
      .filter(({ destination }) => !locals.includes(destination))
      .map((route): Route => ({ ...route, state: stateOf(world, table, route), origin: 'CreateRoute' })),
    ...(table.propagated?.destinations ?? []).map(
      (destination): Route => ({
        destination,
        target: { type: 'virtual-private-gateway', id: table.propagated!.gatewayId },
        state: 'active',
        origin: 'EnableVgwRoutePropagation',
      }),
    ),
  ];
}

/** A route whose target is gone, or not ready, stays and is a blackhole; nobody takes it away but its owner (aws.md 2.3). */
function stateOf(world: World, table: RouteTableRecord, route: RouteRecord | undefined): Route['state'] {
  if (!route) return 'active';
  return leadsSomewhere(world, table, route.target) ? 'active' : 'blackhole';
}

function leadsSomewhere(world: World, table: RouteTableRecord, { type, id }: RouteTarget): boolean {
  switch (type) {
    case 'local':
      return true;
    case 'vpc-peering-connection':
      return world.peerings.get(id)?.state === 'active';
    case 'internet-gateway':
      return world.internetGateways.get(id)?.vpcId === table.vpcId;
    case 'egress-only-internet-gateway':
      return world.egressOnlyInternetGateways.get(id)?.vpcId === table.vpcId;
    case 'transit-gateway':
      return world.transitGatewayAttachments
        .where(`vpc:${table.vpcId}`)
        .some(({ transitGatewayId, state }) => transitGatewayId === id && (state === 'available' || state === 'modifying'));
    case 'nat-gateway':
      return world.natGateways.get(id)?.state === 'available';
    case 'instance':
      return world.instances.get(id)?.state === 'running';
    case 'network-interface': {
      const { attachment, managedAs } = world.networkInterfaces.get(id) ?? {};
      if (managedAs) return true;
      return attachment !== undefined && world.instances.get(attachment.instanceId)?.state === 'running';
    }
    case 'vpc-endpoint':
      return world.vpcEndpoints.get(id) !== undefined;
    default:
      return false;
  }
}

const ended: ReadonlySet<PeeringRecord['state']> = new Set(['deleted', 'rejected', 'failed', 'expired']);

/** Whether the connection is, or may still come to be, of use. */
export const isLive = ({ state }: PeeringRecord): boolean => !ended.has(state) && state !== 'deleting';

/** The active connection between two VPCs, of which there is at most one (aws.md 1.2). */
export function activePeering(world: World, vpcId: string, otherVpcId: string): PeeringRecord | undefined {
  return world.peerings
    .where(`vpc:${vpcId}`)
    .find(
      ({ state, requester, accepter }) =>
        state === 'active' && (requester.vpcId === vpcId ? accepter.vpcId === otherVpcId : requester.vpcId === otherVpcId),
    );
}
