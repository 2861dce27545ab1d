import { keepRole } from '../iam/service-linked-roles.ts';
import { ApiError, type Call, type Operation, type Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { domainVerificationOperations } from './domain-verifications.ts';
import { endpointAssociationOperations } from './endpoint-associations.ts';
import { resourceConfigurationOperations } from './resource-configurations.ts';
import { resourceGatewayOperations } from './resource-gateways.ts';
import { serviceNetworkOperations } from './service-networks.ts';
import { tagOperations } from './tags.ts';

/** VPC Lattice as far as resources need it: no services, listeners, rules and target groups. It knows no dry run (aws.md 7.6). */
export function vpcLatticeOperations(world: World): Operations {
  const operations = {
    ...domainVerificationOperations(world),
    ...endpointAssociationOperations(world),
    ...resourceConfigurationOperations(world),
    ...resourceGatewayOperations(world),
    ...serviceNetworkOperations(world),
    ...tagOperations(world),
  };
  return asCalls(
    world,
    Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, withRole(world, name, operation)])),
  );
}

function withRole(world: World, name: string, operation: Operation): Operation {
  return (input: object, call: Call): object => {
    const output = operation(input as never, call);
    keepRole(world, { service: 'vpc-lattice', operation: name, call });
    return output;
  };
}

/** Lets each call catch up with the world's clock first, and happen as a whole or not at all. */
export function asCalls(world: World, operations: Operations): Operations {
  const asCall =
    (operation: Operation): Operation =>
    (input: object, call: Call): object => {
      if (!world.hasRegion(call.region)) {
        throw new ApiError('UnrecognizedClientException', 'The security token included in the request is invalid.', { httpStatus: 403 });
      }
      world.catchUp();
      return world.atomically(() => operation(input as never, call));
    };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, asCall(operation)]));
}
