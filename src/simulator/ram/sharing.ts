import type { Call } from '../service.ts';
import { transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { invalidState } from './errors.ts';
import { coversAccount, readPrincipal } from './principals.ts';
import type { ResourceShareAssociationRecord, ResourceShareInvitationRecord, ResourceShareRecord } from './records.ts';
import { inviteForLong } from './resources.ts';

/** Whether the account may use the thing: it and the account are both in a share that is active (aws.md 5.8). */
export function isSharedWith(world: World, arn: string, accountId: string): boolean {
  return world.resourceShareAssociations
    .where(`entity:${arn}`)
    .some(({ shareId, status }) => status === 'ASSOCIATED' && reaches(world, shareId, accountId));
}

/** Whether a share is active and the account is in it. */
export function reaches(world: World, shareId: string, accountId: string): boolean {
  const share = world.resourceShares.get(shareId);
  if (share?.status !== 'ACTIVE' || share.ownerId === accountId) return false;
  return associationsOf(world, shareId, 'PRINCIPAL').some(
    ({ status, associatedEntity }) => status === 'ASSOCIATED' && coversAccount(world, associatedEntity, accountId),
  );
}

export function associationsOf(
  world: World,
  shareId: string,
  associationType: ResourceShareAssociationRecord['associationType'],
): ResourceShareAssociationRecord[] {
  return world.resourceShareAssociations.where(`share:${shareId}`).filter((association) => association.associationType === associationType);
}

const idOf = (share: ResourceShareRecord, entity: string): string => `${share.id}/${entity}`;

/** An association's way into its share, or out of it. One that was made anew in the meantime waits for its own turn. */
const pass = transition(
  'resourceShareAssociation.pass',
  (world, id: string, createdAt: number, from: ResourceShareAssociationRecord['status'], to: ResourceShareAssociationRecord['status']) => {
    const association = world.resourceShareAssociations.get(id);
    if (association?.status !== from || association.createdAt !== createdAt) return;
    world.resourceShareAssociations.change(id, { status: to, lastUpdatedAt: world.now() });
    if (to === 'DISASSOCIATED') forgetLater(world, id);
  },
);

const forget = transition('resourceShareAssociation.forget', (world, id: string) => {
  if (world.resourceShareAssociations.get(id)?.status === 'DISASSOCIATED') world.resourceShareAssociations.delete(id);
});

/** What has left a share is shown for a while more. */
function forgetLater(world: World, id: string): void {
  world.later(world.settings.delaysMs.resourceShareDeletedShown, forget, id);
}

const expireInvitation = transition('resourceShareInvitation.expire', (world, id: string) =>
  endInvitation(world, { id, status: 'EXPIRED' }),
);

/** Puts resources and principals into a share; who is in it already stays as it is. */
export function associate(
  world: World,
  share: ResourceShareRecord,
  { resourceArns, principals }: { resourceArns: readonly string[]; principals: readonly string[] },
): ResourceShareAssociationRecord[] {
  const { resourceShareAssociating: delayMs } = world.settings.delaysMs;
  const made: ResourceShareAssociationRecord[] = [];
  const add = (associationType: 'RESOURCE' | 'PRINCIPAL', associatedEntity: string, external: boolean): void => {
    const id = idOf(share, associatedEntity);
    const before = world.resourceShareAssociations.get(id);
    if (before?.status === 'ASSOCIATED' || before?.status === 'ASSOCIATING') {
      made.push(before);
      return;
    }
    if (before?.status === 'DISASSOCIATING') throw invalidState(`${associatedEntity} is leaving ${share.arn}`);
    const now = world.now();
    const association: ResourceShareAssociationRecord = {
      id,
      ownerId: share.ownerId,
      region: share.region,
      shareId: share.id,
      associationType,
      associatedEntity,
      status: 'ASSOCIATING',
      external,
      createdAt: now,
      lastUpdatedAt: now,
    };
    world.resourceShareAssociations.put(association);
    made.push(association);
    if (external) invite(world, share, associatedEntity);
    else world.later(delayMs, pass, id, now, 'ASSOCIATING', 'ASSOCIATED');
  };
  for (const arn of new Set(resourceArns)) add('RESOURCE', arn, false);
  for (const entity of new Set(principals)) {
    const { principal, external } = readPrincipal(world, entity, share);
    add('PRINCIPAL', principal, external);
  }
  return made;
}

/** Takes resources and principals out of a share. */
export function disassociate(world: World, associations: readonly ResourceShareAssociationRecord[]): ResourceShareAssociationRecord[] {
  const { resourceShareDisassociating: delayMs } = world.settings.delaysMs;
  return associations.map((association) => {
    const { id, status, createdAt } = association;
    if (status === 'DISASSOCIATED' || status === 'DISASSOCIATING') return association;
    withdrawInvitations(world, association);
    world.later(delayMs, pass, id, createdAt, 'DISASSOCIATING', 'DISASSOCIATED');
    return world.resourceShareAssociations.change(id, { status: 'DISASSOCIATING', lastUpdatedAt: world.now() });
  });
}

/** Asks an account outside the organisation; where nobody answers in time, it is out of the share, and has to be asked again (aws.md 5.8). */
function invite(world: World, share: ResourceShareRecord, receiverAccountId: string): void {
  const id = world.newId('invitation');
  const invitation: ResourceShareInvitationRecord = {
    id,
    ownerId: share.ownerId,
    region: share.region,
    arn: `arn:aws:ram:${share.region}:${share.ownerId}:resource-share-invitation/${uuidOf(id)}`,
    shareId: share.id,
    receiverAccountId,
    status: 'PENDING',
    sentAt: world.now(),
  };
  world.resourceShareInvitations.put(invitation);
  const resources = associationsOf(world, share.id, 'RESOURCE').map(({ associatedEntity }) => associatedEntity);
  const { resourceShareInvitationExpiring, resourceShareInvitationExpiringLate } = world.settings.delaysMs;
  world.later(inviteForLong(resources) ? resourceShareInvitationExpiringLate : resourceShareInvitationExpiring, expireInvitation, id);
}

/** Ends an invitation that its receiver did not accept: the principal leaves the share. */
export function endInvitation(world: World, { id, status }: { id: string; status: 'EXPIRED' | 'REJECTED' }): void {
  const invitation = world.resourceShareInvitations.get(id);
  if (invitation?.status !== 'PENDING') return;
  world.resourceShareInvitations.change(id, { status });
  const association = world.resourceShareAssociations.get(`${invitation.shareId}/${invitation.receiverAccountId}`);
  if (association?.status !== 'ASSOCIATING') return;
  world.resourceShareAssociations.change(association.id, { status: 'DISASSOCIATED', lastUpdatedAt: world.now() });
  forgetLater(world, association.id);
}

/** Lets the receiver of an invitation into the share. */
export function acceptInvitation(world: World, { id, shareId, receiverAccountId }: ResourceShareInvitationRecord): void {
  world.resourceShareInvitations.change(id, { status: 'ACCEPTED' });
  const { resourceShareAssociating: delayMs } = world.settings.delaysMs;
  const association = world.resourceShareAssociations.get(`${shareId}/${receiverAccountId}`);
  if (association) world.later(delayMs, pass, association.id, association.createdAt, 'ASSOCIATING', 'ASSOCIATED');
}

function withdrawInvitations(world: World, { shareId, associatedEntity }: ResourceShareAssociationRecord): void {
  for (const invitation of world.resourceShareInvitations.where(`share:${shareId}`)) {
    if (invitation.receiverAccountId === associatedEntity && invitation.status === 'PENDING') {
      world.resourceShareInvitations.delete(invitation.id);
    }
  }
}

/** The invitations that the caller has got in the region. */
export const invitationsTo = (world: World, call: Call): ResourceShareInvitationRecord[] =>
  world.resourceShareInvitations.seenWhere(`receiver:${call.accountId}/${call.region}`);

/** RAM's ids are UUIDs; these have the digits of the simulator's ids in them, and the same for the same id. */
export function uuidOf(id: string): string {
  const digits = id.slice(id.lastIndexOf('-') + 1).padStart(32, '0');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}
