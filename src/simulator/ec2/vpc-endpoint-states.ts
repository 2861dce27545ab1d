import type { World } from '../world.ts';
import { settleInterfaces } from './vpc-endpoint-interfaces.ts';

/** Lets pass what follows by itself after an endpoint was made or changed: its interfaces come to be, then it is available. */
export function settleLater(world: World, endpointId: string): void {
  const { vpcEndpointInterfaces, vpcEndpointPending } = world.settings.delaysMs;
  world.later(vpcEndpointInterfaces, () => settleInterfaces(world, endpointId));
  world.later(vpcEndpointPending, () => {
    if (world.vpcEndpoints.get(endpointId)?.state === 'pending') world.vpcEndpoints.change(endpointId, { state: 'available' });
  });
}
