import type { PeeringState } from './model.ts';

/** How far along its life a connection is: it goes from a lower rank to a higher one and never back (VPC peering guide, "lifecycle"). */
const ranks: Readonly<Record<PeeringState, number>> = {
  'initiating-request': 0,
  'pending-acceptance': 1,
  provisioning: 2,
  active: 3,
  deleting: 4,
  deleted: 5,
  rejected: 5,
  failed: 5,
  expired: 5,
};

/** Positive where the one state comes later in life than the other, negative where it comes earlier, 0 where neither does. */
export const compareStates = (one: PeeringState, other: PeeringState): number => ranks[one] - ranks[other];

/** Whether a state is this one or a later one. */
export const hasReached = (state: PeeringState, wanted: PeeringState): boolean => compareStates(state, wanted) >= 0;

/** Whether a connection carries traffic or may come to: it is neither gone nor going. */
export const isLiveState = (state: PeeringState): boolean => !hasReached(state, 'deleting');

/** Whether a connection has come to one of its ends: deleted, rejected, failed, expired. */
export const isEndState = (state: PeeringState): boolean => hasReached(state, 'deleted');
