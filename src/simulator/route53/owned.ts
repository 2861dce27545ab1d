import { ApiError, type Call } from '../service.ts';
import type { HostedZoneRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';

/** Ids come with and without what Route 53 writes before them: `/hostedzone/Z…`, `/change/C…`. */
export const plainId = (id: string | undefined): string => id!.replace(/^\/?(?:hostedzone|change)\//, '');

/** Route 53 has no regions: the tags of an account's zones are in one place. */
export const tagPlace = ({ accountId }: { readonly accountId: string }): string => `${accountId}/aws-global`;

const noSuchZone = (id: string): ApiError => new ApiError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, { httpStatus: 404 });

/** Whoever owns it. @throws ApiError NoSuchHostedZone */
export function anyZone(world: World, given: string | undefined): HostedZoneRecord {
  const id = plainId(given);
  const zone = world.hostedZones.get(id);
  if (!zone) throw noSuchZone(id);
  return zone;
}

/** The caller's zone. @throws ApiError NoSuchHostedZone, AccessDenied */
export function ownZone(world: World, call: Call, given: string | undefined): HostedZoneRecord {
  return checkOwner(anyZone(world, given), call);
}

/** The caller's zone as reads see it. @throws ApiError NoSuchHostedZone, AccessDenied */
export function seenZone(world: World, call: Call, given: string | undefined): HostedZoneRecord {
  const id = plainId(given);
  const zone = world.hostedZones.seen(id);
  if (!zone) throw noSuchZone(id);
  return checkOwner(zone, call);
}

function checkOwner(zone: HostedZoneRecord, call: Call): HostedZoneRecord {
  if (zone.ownerId !== call.accountId) {
    throw new ApiError('AccessDenied', `User: ${call.callerArn} is not authorized to access this resource`, { httpStatus: 403 });
  }
  return zone;
}

/** How many items a page has: more than Route 53 gives at most is taken as that many. @throws ApiError InvalidInput */
export function pageSize(world: World, asked: number | undefined, most: number): number {
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1)) {
    throw new ApiError('InvalidInput', `The number of items of a page must be at least 1, and is ${asked}`);
  }
  return Math.min(asked ?? most, most, world.settings.pageSize ?? most);
}
