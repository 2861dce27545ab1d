import type { ReferencedGroup } from '../../../network/model.ts';
import type { SecurityGroupRuleRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { activePeering } from '../route-state.ts';

/**
 * A rule's reference to a group as AWS shows it now. A group of another VPC is reached through the active connection between the two; without
 * one, or without the group, the rule stays and is stale. The account of a group that is gone is not told (aws.md 3.4).
 */
export function shownReference(world: World, rule: SecurityGroupRuleRecord, reference: ReferencedGroup): ReferencedGroup {
  const vpcId = world.securityGroups.get(rule.groupId)?.vpcId;
  const exists = world.securityGroups.get(reference.groupId) !== undefined;
  const owner = exists && reference.userId ? { userId: reference.userId } : {};
  if (!vpcId || !reference.vpcId || reference.vpcId === vpcId) return { groupId: reference.groupId, ...owner };
  const active = activePeering(world, vpcId, reference.vpcId);
  const peeringId = active?.id ?? reference.vpcPeeringConnectionId;
  return {
    groupId: reference.groupId,
    ...owner,
    vpcId: reference.vpcId,
    ...(peeringId ? { vpcPeeringConnectionId: peeringId } : {}),
    peeringStatus: active?.state ?? world.peerings.get(peeringId ?? '')?.state ?? 'deleted',
  };
}

/** Whether a rule names a group of another VPC that cannot be reached any more: the group, or the connection to its VPC, is gone. */
export function isStale(world: World, rule: SecurityGroupRuleRecord): boolean {
  if (!('referencedGroup' in rule.peer)) return false;
  const { vpcId, peeringStatus } = shownReference(world, rule, rule.peer.referencedGroup);
  return vpcId !== undefined && (peeringStatus !== 'active' || !world.securityGroups.get(rule.peer.referencedGroup.groupId));
}
