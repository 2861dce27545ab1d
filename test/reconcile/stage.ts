import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { createAws } from '../../src/aws/index.ts';
import { admit } from '../../src/kinds/admission.ts';
import type { AwsAccount } from '../../src/kinds/aws-account/api.ts';
import { kindApis, kinds } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { group, version } from '../../src/kinds/kind-api.ts';
import type { Key } from '../../src/kube/cluster.ts';
import { connectTo, type MemoryCluster } from '../../src/kube/memory-cluster.ts';
import { type Manifest, MemoryServer } from '../../src/kube/memory-server.ts';
import { type Controller, createController } from '../../src/reconcile/controller.ts';
import type { AwsSimulator } from '../../src/simulator/aws-simulator.ts';
import type { FaultOrder } from '../../src/simulator/calls/faults.ts';
import { type InProcessHandler, inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import type { SettingsChange } from '../../src/simulator/world/settings.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import { controllerCredentials, GuardedWorld, type RolePolicies } from './guarded-world.ts';

/** The whole loop on the simulator, in one process and on one virtual clock: a cluster in memory, an AWS in memory, controllers that come and go. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly simulator: AwsSimulator;
  readonly server: MemoryServer;
  apply(yaml: string): void;
  get(name: string): Resource | undefined;
  /** Starts a controller process; an earlier one should have been stopped or killed. */
  start(options?: ProcessOptions): Promise<Process>;
  /** Kills every process there is. */
  killAll(): void;
  /** Lets time pass until it is so. @throws Error with the object's conditions when it is not within the time */
  until(what: () => boolean, withinMs: number): Promise<void>;
  /** Lets this much time pass. */
  pass(ms: number): Promise<void>;
  ready(name: string): boolean;
  reason(name: string): string | undefined;
}

export interface ProcessOptions {
  /** Kills the process around its so-manieth write to AWS: before the request leaves, after it took effect, or with its answer lost. */
  readonly dieAt?: { readonly write: number; readonly when: 'before' | 'after' };
}

export interface Process {
  readonly controller: Controller;
  readonly cluster: MemoryCluster;
  /** Nothing leaves the process any more, and nothing comes back to it. */
  kill(): void;
  readonly dead: boolean;
  /** Freezes the lease: as when the process did not run for longer than its deadline. */
  loseLease(): void;
  /** Passes that have ended. */
  readonly passes: { count: number };
}

export const exampleFile = (example: string, file: string): string =>
  readFileSync(new URL(`../../examples/${example}/${file}`, import.meta.url), 'utf8');

export interface StageOptions {
  /** Text of a world file. */
  readonly world: string;
  readonly seed?: number;
  readonly faults?: readonly FaultOrder[];
  readonly settings?: SettingsChange;
  /** The account that the controller's own role belongs to. */
  readonly account?: string;
  /** What roles may do; left out: exactly what `isthmus iam-policy` prints for each. */
  readonly policies?: RolePolicies;
}

const isWrite = (body: unknown): boolean => {
  const action = /(?:^|&)Action=([A-Za-z]+)/.exec(String(body))?.[1] ?? '';
  return !/^(Describe|Get|List|AssumeRole)/.test(action);
};

let warmedUp: Promise<unknown> | undefined;

/**
 * The SDK loads parts of itself when they are first used, in real time: on a busy machine the clock of a stage would run away meanwhile. One
 * refused and one answered call of each client, in a world of their own, and they are there.
 */
async function warmUp(): Promise<void> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const simulator = simulatorOf(new World({ clock, random }), {
    clock,
    random,
    faults: ['AssumeRole', 'DescribeVpcs'].map((operation) => ({ operation, nth: 1, effect: { deny: true as const } })),
  });
  const aws = createAws({
    clock,
    random,
    clusterName: 'stage',
    leaseTakenAt: () => Number.NEGATIVE_INFINITY,
    sdk: { credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' }, requestHandler: inProcess(simulator) },
  });
  const roleArn = 'arn:aws:iam::111122223333:role/isthmus';
  for (const account of ['refused', 'let in'].map((name) => ({
    name,
    accountId: '111122223333',
    stsRegion: 'us-west-2',
    assumeRole: { roleArn },
  }))) {
    const look = () => aws.view({ account, region: 'us-west-2', collections: ['vpcs'], ids: [] });
    await look().catch(() => {});
    await look().catch(() => {});
  }
}

export function setStage(options: StageOptions): Stage {
  const clock = new VirtualClock();
  const random = seededRandom(options.seed ?? 1);
  const world = new GuardedWorld({ clock, random, ...(options.settings && { settings: options.settings }) });
  loadWorld(options.world, 'world.yaml', world);
  const simulator = simulatorOf(world, { clock, random, ...(options.faults && { faults: options.faults }) });
  const server = new MemoryServer({
    clock,
    random,
    kinds: kindApis.map((api) => ({ kind: api.kind, apiVersion: `${group}/${version}`, namespaced: api.scope === 'Namespaced' })),
    admit,
  });
  world.guardBy({
    clusterName: 'stage',
    accounts: () => server.list('AwsAccount') as AwsAccount[],
    policies: options.policies ?? ((printed) => printed),
  });
  const [{ region: home } = { region: 'us-west-2' }] = world.vpcs.all();
  const processes: Process[] = [];

  const keyOf = (name: string): Key => ({ kind: 'VpcPeering', namespace: 'network', name });
  const condition = (name: string) => server.read(keyOf(name))?.status?.conditions?.find(({ type }) => type === 'Ready');

  async function start({ dieAt }: ProcessOptions = {}): Promise<Process> {
    warmedUp ??= warmUp();
    await warmedUp;
    const life = { dead: false, leads: true, writes: 0 };
    const passes = { count: 0 };
    const never = new Promise<never>(() => {});
    const wire = inProcess(simulator);
    const requestHandler: InProcessHandler = {
      ...wire,
      async handle(request, handlerOptions) {
        if (life.dead) return never;
        const counts = isWrite(request.body);
        if (counts) life.writes++;
        const dies = counts && dieAt?.write === life.writes ? dieAt.when : undefined;
        if (dies === 'before') {
          kill();
          return never;
        }
        const answer = await wire.handle(request, handlerOptions);
        if (dies === 'after') kill();
        return life.dead ? never : answer;
      },
    };
    const connection = connectTo({ server, kinds: kindApis.map(({ kind }) => kind), log: silentLog });
    const alive =
      <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
      async (...args: Args): Promise<Answer> =>
        life.dead ? never : call(...args);
    const cluster: MemoryCluster = {
      ...connection,
      writeStatus: alive(connection.writeStatus),
      addFinalizer: alive(connection.addFinalizer),
      removeFinalizer: alive(connection.removeFinalizer),
      recordEvent: alive(connection.recordEvent),
    };
    const takenAt = clock.now();
    const controller = createController({
      cluster,
      aws: createAws({
        clock,
        random,
        clusterName: 'stage',
        leaseTakenAt: () => takenAt,
        share: 1,
        sdk: { credentials: controllerCredentials(options.account ?? '111122223333', home), requestHandler },
      }),
      kinds,
      leadership: { surelyHeld: () => life.leads && !life.dead, takenAt },
      clock,
      random,
      log: silentLog,
      clusterName: 'stage',
      onPass(_key, result) {
        passes.count++;
        if ('error' in result && !life.dead) failures.push(result.error);
      },
    });
    function kill(): void {
      life.dead = true;
      connection.holdWatch();
      void controller.stop();
    }
    const process: Process = {
      controller,
      cluster,
      kill,
      get dead() {
        return life.dead;
      },
      loseLease() {
        life.leads = false;
      },
      passes,
    };
    processes.push(process);
    await controller.start();
    return process;
  }

  /** Errors that no pass should end with. */
  const failures: unknown[] = [];
  const busy = () => processes.some((process) => !process.dead && process.controller.depth().running > 0);

  /** Lets passes come to their end; one that waits for the clock (an answer that takes its time) is left to it. */
  async function settle(): Promise<void> {
    for (let calm = 0, rounds = 0; calm < 5 && rounds < 500; rounds++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      calm = busy() ? 0 : calm + 1;
    }
    if (failures.length > 0) throw failures[0];
  }

  async function until(what: () => boolean, withinMs: number): Promise<void> {
    const end = clock.monotonic() + withinMs;
    await settle();
    while (!what()) {
      const next = clock.untilNext;
      if (next === undefined || clock.monotonic() + next > end) {
        const objects = server.list('VpcPeering').map((object) => (object as Resource).status);
        throw new Error(`not so within ${withinMs} ms: ${JSON.stringify(objects, undefined, 1)}`);
      }
      await clock.advance(next);
      await settle();
    }
  }

  return {
    clock,
    world,
    simulator,
    server,
    apply(yaml) {
      for (const document of parseAllDocuments(yaml)) {
        const manifest = document.toJS() as Manifest | null;
        if (manifest) server.apply(manifest);
      }
    },
    get: (name) => server.read(keyOf(name)),
    start,
    killAll() {
      for (const process of processes) if (!process.dead) process.kill();
    },
    until,
    async pass(ms) {
      const end = clock.monotonic() + ms;
      await settle();
      for (let next = clock.untilNext; next !== undefined && clock.monotonic() + next <= end; next = clock.untilNext) {
        await clock.advance(next);
        await settle();
      }
      await clock.advance(Math.max(0, end - clock.monotonic()));
      await settle();
    },
    ready: (name) => {
      const object = server.read(keyOf(name));
      return condition(name)?.status === 'True' && condition(name)?.observedGeneration === object?.metadata.generation;
    },
    reason: (name) => condition(name)?.reason,
  };
}
