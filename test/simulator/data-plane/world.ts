import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { type ExecAnswer, execOn } from '../../../src/simulator/data-plane/exec.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { type LoadedIds, loadWorld } from '../../../src/simulator/world-file/load.ts';

/** A world from a file, with calls to change it and commands to run in it. */
export interface Stage {
  readonly world: World;
  readonly ids: LoadedIds;
  /** Runs a command, its words parted by spaces, on the named instance. */
  on(instance: string, command: string, env?: Readonly<Record<string, string>>): ExecAnswer;
  /** The same with the words as they are. */
  run(instance: string, command: readonly string[]): ExecAnswer;
  /** What the command prints, line by line; what it says of errors goes last. */
  lines(instance: string, command: string): readonly string[];
  /** Calls an operation of AWS's, and lets pass what takes time. */
  call<Answer = Record<string, unknown>>(
    operation: string,
    input: object,
    where?: { accountId?: string; region?: string },
  ): Promise<Answer>;
}

export function stage(file: string): Stage {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1) });
  const ids = loadWorld(file, 'world.yaml', world);
  const operations = { ...ec2Operations(world), ...ramOperations(world), ...route53Operations(world), ...vpcLatticeOperations(world) };
  const on: Stage['on'] = (instance, command, env = {}) => execOn(world, { instance, command: command.split(' '), env });
  return {
    world,
    ids,
    on,
    run: (instance, command) => execOn(world, { instance, command }),
    lines: (instance, command) => {
      const { stdout, stderr } = on(instance, command);
      return `${stdout}${stderr}`.trimEnd().split('\n');
    },
    async call(operation, input, { accountId = '111122223333', region = 'us-west-2' } = {}) {
      const answer = operations[operation]!(input as never, { accountId, region, callerArn: `arn:aws:iam::${accountId}:root` });
      await clock.advance(600_000);
      world.catchUp();
      return answer as never;
    },
  };
}
