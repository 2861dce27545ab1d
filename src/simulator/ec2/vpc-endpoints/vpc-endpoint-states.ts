import { transition } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { settleInterfaces } from './vpc-endpoint-interfaces.ts';

const gainInterfaces = transition('vpcEndpoint.gainInterfaces', settleInterfaces);

const becomeAvailable = transition('vpcEndpoint.becomeAvailable', (world, id: string) => {
  if (world.vpcEndpoints.get(id)?.state === 'pending') world.vpcEndpoints.change(id, { state: 'available' });
});

/** Lets pass what follows by itself after an endpoint was made or changed: its interfaces come to be, then it is available. */
export function settleLater(world: World, endpointId: string): void {
  const { vpcEndpointInterfaces, vpcEndpointPending } = world.settings.delaysMs;
  world.later(vpcEndpointInterfaces, gainInterfaces, endpointId);
  world.later(vpcEndpointPending, becomeAvailable, endpointId);
}
