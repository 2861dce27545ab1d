import type { Call, Operation, Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { hostedZoneOperations } from './hosted-zones.ts';
import { recordSetOperations } from './record-sets.ts';
import { tagOperations } from './tags.ts';
import { vpcAssociationOperations } from './vpc-associations.ts';

/**
 * Route 53 as far as it is modelled: zones, simple records of the usual types, and whose VPCs see which private zone. It has no regions;
 * requests are signed for us-east-1, or for the client's own region where it has an endpoint of its own choice. It has no dry run.
 */
export function route53Operations(world: World): Operations {
  const operations: Operations = {
    ...hostedZoneOperations(world),
    ...recordSetOperations(world),
    ...tagOperations(world),
    ...vpcAssociationOperations(world),
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, asCall(world, operation)]));
}

function asCall(world: World, operation: Operation): Operation {
  return (input: object, call: Call): object => {
    world.catchUp();
    return world.atomically(() => operation(input as never, call));
  };
}
