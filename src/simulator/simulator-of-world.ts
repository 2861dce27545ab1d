import { AwsSimulator, type AwsSimulatorOptions } from './aws-simulator.ts';
import { execOn, readExecRequest } from './data-plane/exec.ts';
import { ec2Operations } from './ec2/index.ts';
import { authorizeBy } from './iam/authorize.ts';
import { ramOperations } from './ram/index.ts';
import { route53Operations } from './route53/index.ts';
import { vpcLatticeOperations } from './vpc-lattice/index.ts';
import type { World } from './world/world.ts';

/** A simulator in front of a world: all that the world models, with the roles that it lists. */
export function simulatorOf(
  world: World,
  options: Omit<AwsSimulatorOptions, 'ec2' | 'services' | 'authorize' | 'roleTrust' | 'dump' | 'exec' | 'world'>,
): AwsSimulator {
  return new AwsSimulator({
    ...options,
    ec2: ec2Operations(world),
    services: { route53: route53Operations(world), ram: ramOperations(world), 'vpc-lattice': vpcLatticeOperations(world) },
    authorize: authorizeBy(world),
    roleTrust: world,
    world,
    dump: () => world.dump(),
    exec: (request) => execOn(world, readExecRequest(request)),
  });
}
