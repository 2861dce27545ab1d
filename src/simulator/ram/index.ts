import type { Operations } from '../service.ts';
import { asCalls } from '../vpc-lattice/index.ts';
import type { World } from '../world/world.ts';
import { invitationOperations } from './invitations.ts';
import { listingOperations } from './listing.ts';
import { resourceShareOperations } from './resource-shares.ts';
import { isSharedWith } from './sharing.ts';

/** RAM as far as it is modelled: shares, what is in them, invitations. From now on it says what the world's accounts share with each other. */
export function ramOperations(world: World): Operations {
  world.shareBy((arn, accountId) => isSharedWith(world, arn, accountId));
  return asCalls(world, { ...invitationOperations(world), ...listingOperations(world), ...resourceShareOperations(world) });
}
