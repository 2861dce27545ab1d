import { cidrFamily, cidrsOverlap, compareCidrs } from '../../../network/cidr.ts';
import { ApiError, type Call } from '../../service.ts';
import type { World } from '../../world/world.ts';
import { notPermitted, required } from '../errors.ts';
import { checkId, find, idKinds, isKnown, notFound } from '../ids.ts';
import { arnOf, ownedBy, placeOf } from '../owned.ts';
import { vpcCidrs } from '../route-state.ts';
import type { TransitGatewayAttachmentRecord, TransitGatewayRecord, TransitGatewayRouteTableRecord } from './transit-gateway-records.ts';

/** AWS shows what was deleted or rejected for a while; how long it does not say. */
export const endedShownMs = 3_600_000;

export const transitGatewayArn = (gateway: TransitGatewayRecord): string => arnOf(gateway, 'transit-gateway');

/** Whether an account may know of the gateway: its owner's, and those that it is shared with through RAM. */
export const seesTransitGateway = (world: World, gateway: TransitGatewayRecord, accountId: string): boolean =>
  gateway.ownerId === accountId || world.isShared(transitGatewayArn(gateway), accountId);

/** Whether traffic passes through the attachment. */
export const isUsable = ({ state }: TransitGatewayAttachmentRecord): boolean => state === 'available' || state === 'modifying';

/** Whether the attachment is, or may still come to be, of use. */
export const isLiveAttachment = ({ state }: TransitGatewayAttachmentRecord): boolean =>
  state !== 'deleted' && state !== 'rejected' && state !== 'rejecting';

export const incorrectState = (message: string): ApiError => new ApiError('IncorrectState', message);

/** A gateway that the caller owns or is let use. */
export function findTransitGateway(world: World, call: Call, id: string | undefined): TransitGatewayRecord {
  return find(world, {
    kind: idKinds.transitGateway,
    collection: world.transitGateways,
    id: required(id, 'transitGatewayId'),
    mine: (gateway) => gateway.region === call.region && gateway.state !== 'deleted' && seesTransitGateway(world, gateway, call.accountId),
  });
}

/** A gateway that the caller owns. */
export function findOwnTransitGateway(world: World, call: Call, id: string | undefined): TransitGatewayRecord {
  const gateway = findTransitGateway(world, call, id);
  if (gateway.ownerId !== call.accountId) throw notPermitted(`User (${call.accountId}) does not own ${gateway.id}`);
  return gateway;
}

/** An attachment of which the caller owns either end. */
export function findAttachment(world: World, call: Call, id: string | undefined): TransitGatewayAttachmentRecord {
  const attachmentId = required(id, 'transitGatewayAttachmentId');
  checkId(idKinds.transitGatewayAttachment, attachmentId);
  const attachment = world.transitGatewayAttachments.get(attachmentId);
  const mine = attachment && world.transitGatewayAttachments.isUnder(attachment, `place:${placeOf(call)}`);
  if (!mine || attachment.state === 'deleted' || !isKnown(world, world.transitGatewayAttachments, attachmentId)) {
    throw notFound(idKinds.transitGatewayAttachment, attachmentId);
  }
  return attachment;
}

/** @throws ApiError where the caller does not own the gateway of the attachment */
export function checkGatewayOwner(call: Call, { id, transitGatewayOwnerId }: TransitGatewayAttachmentRecord): void {
  if (transitGatewayOwnerId !== call.accountId) throw notPermitted(`User (${call.accountId}) does not own the transit gateway of ${id}`);
}

/** A table of a gateway that the caller owns. */
export function findTransitGatewayRouteTable(world: World, call: Call, id: string | undefined): TransitGatewayRouteTableRecord {
  const table = ownedBy(world, call, {
    kind: idKinds.transitGatewayRouteTable,
    collection: world.transitGatewayRouteTables,
    id: required(id, 'transitGatewayRouteTableId'),
  });
  if (table.state === 'deleted') throw notFound(idKinds.transitGatewayRouteTable, table.id);
  return table;
}

/** A route of a gateway's table. Without attachment it is a blackhole. */
export interface TransitGatewayRouteView {
  readonly destination: string;
  readonly type: 'static' | 'propagated';
  readonly state: 'active' | 'blackhole';
  readonly attachmentId?: string | undefined;
}

/**
 * The routes of a table, sorted. A static one takes the place of a propagated one of the same destination; the CIDR of a VPC that overlaps that of
 * one that was there before is not learnt (aws.md 6.1).
 */
export function transitGatewayRoutes(world: World, table: TransitGatewayRouteTableRecord): TransitGatewayRouteView[] {
  const fixed = table.routes.map(({ destination, attachmentId }): TransitGatewayRouteView => {
    const attachment = attachmentId === undefined ? undefined : world.transitGatewayAttachments.get(attachmentId);
    return { destination, type: 'static', state: attachment && isUsable(attachment) ? 'active' : 'blackhole', attachmentId };
  });
  const learnt: TransitGatewayRouteView[] = [];
  for (const attachment of world.transitGatewayAttachments.where(`propagates:${table.id}`)) {
    const enabled = attachment.propagations.some(({ routeTableId, state }) => routeTableId === table.id && state === 'enabled');
    if (!enabled || !isUsable(attachment)) continue;
    const earlier = learnt.map(({ destination }) => destination);
    for (const destination of vpcCidrs(world, attachment.vpcId)) {
      if (cidrFamily(destination) === 6 && !attachment.options.ipv6Support) continue;
      if (earlier.some((other) => cidrsOverlap(other, destination))) continue;
      learnt.push({ destination, type: 'propagated', state: 'active', attachmentId: attachment.id });
    }
  }
  const taken = new Set(fixed.map(({ destination }) => destination));
  return [...fixed, ...learnt.filter(({ destination }) => !taken.has(destination))].sort((a, b) =>
    compareCidrs(a.destination, b.destination),
  );
}

/** The attachment through which a VPC's traffic reaches a gateway. */
export function usableAttachment(world: World, vpcId: string, transitGatewayId: string): TransitGatewayAttachmentRecord | undefined {
  return world.transitGatewayAttachments
    .where(`vpc:${vpcId}`)
    .find((attachment) => attachment.transitGatewayId === transitGatewayId && isUsable(attachment));
}
