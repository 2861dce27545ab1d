import type { ChangeInfo } from '@aws-sdk/client-route-53';
import { ApiError } from '../service.ts';
import type { HostedZoneChangeRecord, HostedZoneRecord } from '../world/records.ts';
import { transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';

/** @throws ApiError PriorRequestNotComplete while Route 53 works on an earlier change of the zone */
export function checkNotBusy(world: World, zone: HostedZoneRecord): void {
  if (world.now() < zone.busyUntil) {
    throw new ApiError('PriorRequestNotComplete', 'The request was rejected because Route 53 was still processing a prior request.');
  }
}

/**
 * Writes down a change of a zone, to be asked after with GetChange: it takes effect at once, and is known everywhere after a delay.
 *
 * @param by the account that changes the zone, where it is not the owner
 */
export function change(
  world: World,
  zone: HostedZoneRecord,
  { by = zone.ownerId, comment }: { by?: string; comment?: string | undefined } = {},
): HostedZoneChangeRecord {
  const { hostedZoneChangePending, hostedZoneBusy } = world.settings.delaysMs;
  const made: HostedZoneChangeRecord = {
    id: `C${world.newId('change').slice('change-'.length).toUpperCase()}`,
    accountIds: [...new Set([zone.ownerId, by])],
    status: hostedZoneChangePending > 0 ? 'PENDING' : 'INSYNC',
    submittedAt: world.now(),
    comment,
  };
  world.hostedZoneChanges.put(made);
  if (made.status === 'PENDING') world.later(hostedZoneChangePending, becomeInSync, made.id);
  if (hostedZoneBusy > 0) world.hostedZones.change(zone.id, { busyUntil: world.now() + hostedZoneBusy });
  return made;
}

const becomeInSync = transition('hostedZoneChange.becomeInSync', (world, id: string) =>
  world.hostedZoneChanges.change(id, { status: 'INSYNC' }),
);

export function changeInfo({ id, status, submittedAt, comment }: HostedZoneChangeRecord): ChangeInfo {
  return {
    Id: `/change/${id}`,
    Status: status,
    SubmittedAt: new Date(submittedAt),
    ...(comment === undefined ? {} : { Comment: comment }),
  };
}
