import type { PeeringRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';

/** One of the two sides of a peering connection. */
export type PeeringRole = 'requester' | 'accepter';

const hour = 3_600_000;
const shortly = 2 * hour;
const twoDays = 48 * hour;

/** How long a connection that has ended is still shown to a side (aws.md 1.1). */
function retentionMs({ state, requester, accepter, ended }: PeeringRecord, role: PeeringRole): number {
  const oneAccount = requester.ownerId === accepter.ownerId;
  const side = role === 'requester' ? requester : accepter;
  switch (state) {
    case 'failed':
      return role === 'requester' ? shortly : 0;
    case 'rejected':
      return role === 'accepter' || oneAccount ? shortly : twoDays;
    case 'expired':
      return twoDays;
    case 'deleted':
      return oneAccount || ended?.by === side.ownerId ? shortly : twoDays;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** The sides of the connection that lie in a place, an account's part of a region (`111122223333/us-west-2`). */
export function rolesIn(peering: PeeringRecord, place: string): PeeringRole[] {
  return (['requester', 'accepter'] as const).filter((role) => `${peering[role].ownerId}/${peering[role].region}` === place);
}

/** Whether an account in a region is shown the connection at that time: only the requester before AWS has looked at the request, nobody for ever once it has ended. */
export function isVisibleTo(peering: PeeringRecord, place: string, now: number): boolean {
  return rolesIn(peering, place).some((role) => {
    if (peering.state === 'initiating-request') return role === 'requester';
    return !peering.ended || now < peering.ended.at + retentionMs(peering, role);
  });
}

/** When nobody is shown the connection any more. */
export function forgottenAt(peering: PeeringRecord): number {
  return peering.ended!.at + Math.max(retentionMs(peering, 'requester'), retentionMs(peering, 'accepter'));
}

/** The CIDRs of one side, the primary one first, as a connection tells them: only while it is active (aws.md 1.2). */
export function peeringCidrs(world: World, peering: PeeringRecord, role: PeeringRole): { cidrs: string[]; ipv6Cidrs: string[] } {
  const vpc = peering.state === 'active' ? world.vpcs.get(peering[role].vpcId) : undefined;
  const associated = (blocks: readonly { readonly cidr: string; readonly state: string }[]): string[] =>
    blocks.filter(({ state }) => state === 'associated').map(({ cidr }) => cidr);
  return { cidrs: associated(vpc?.cidrBlocks ?? []), ipv6Cidrs: associated(vpc?.ipv6CidrBlocks ?? []) };
}
