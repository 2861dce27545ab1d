import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import type { Ambient } from '../ambient/ambient.ts';
import { type Clock, fastClock, sleep } from '../ambient/clock.ts';
import { seededRandom } from '../ambient/random.ts';
import type { Resource } from '../kinds/kind.ts';
import { keyText } from '../kube/cluster.ts';
import type { Instance, RegionNetwork } from '../network/model.ts';
import { describeReachability, type Reachability, type ReachabilityQuery, reachability } from '../network/reachability.ts';
import { isRead } from '../simulator/calls/record.ts';
import { positiveNumber } from './arguments.ts';
import { createEmbedded, type Embedded } from './embedded.ts';
import { type Proof, readScenario, type Scenario, scenarioNames } from './scenario.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface DemoOptions {
  readonly list?: boolean;
  readonly keep?: boolean;
  readonly speed: number;
}

/** How long an object may take to be ready or gone, in simulated milliseconds. */
const patienceMs = 180_000;

/** `npm start`: the scenarios of `examples/` on the embedded simulator. Exits 0 only if every proof holds. */
export function demoCommand(ambient: Ambient): Command {
  return new Command('demo')
    .description(
      'Runs the scenarios of examples/ on a simulated AWS in this process, and proves who reaches whom before, with, and after them.',
    )
    .argument('[scenario...]', 'which of them; by default all')
    .option('--list', 'list the scenarios and stop')
    .option('--keep', 'leave the last scenario running, for the AWS CLI and kubectl to look at')
    .option('--speed <number>', 'how many times as fast time passes in AWS', positiveNumber(1_000), 10)
    .action(async (asked: readonly string[], options: DemoOptions, command: Command) => {
      const terminal = createTerminal(process.stdout);
      const all = await scenarioNames();
      const unknown = asked.filter((name) => !all.includes(name));
      if (unknown.length > 0) command.error(`error: there is no scenario ${unknown.join(', ')}; there are ${all.join(', ')}`);
      const scenarios = await Promise.all((asked.length > 0 ? asked : all).map(readScenario));
      if (options.list) {
        terminal.table([['scenario', 'title'], ...scenarios.map(({ name, title }) => [name, title])]);
        return;
      }
      process.exitCode = await demonstrate(scenarios, { ...ambient, options, terminal });
    });
}

interface Staging extends Ambient {
  readonly options: DemoOptions;
  readonly terminal: Terminal;
}

interface Verdict {
  readonly scenario: Scenario;
  readonly held: number;
  readonly asked: number;
  readonly readyAfterMs: number | undefined;
  readonly reads: number;
  readonly writes: number;
}

async function demonstrate(scenarios: readonly Scenario[], staging: Staging): Promise<number> {
  const { terminal, options } = staging;
  terminal.line(
    `Isthmus on a simulated AWS, in this process: nothing leaves this machine. Time in AWS passes ${options.speed} times as fast.`,
  );
  const verdicts: Verdict[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    verdicts.push(await play(scenario, { ...staging, isKept: options.keep === true && index === scenarios.length - 1 }));
  }
  terminal.line();
  terminal.line(terminal.bold('Summary'));
  terminal.table([
    ['scenario', 'proofs', 'connected after', 'AWS reads', 'AWS writes', 'result'],
    ...verdicts.map(({ scenario, held, asked, readyAfterMs, reads, writes }) => [
      scenario.name,
      `${held} of ${asked}`,
      readyAfterMs === undefined ? 'never' : seconds(readyAfterMs),
      String(reads),
      String(writes),
      held === asked ? 'holds' : 'DOES NOT HOLD',
    ]),
  ]);
  return verdicts.every(({ held, asked }) => held === asked) ? 0 : 1;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`;

async function play(scenario: Scenario, staging: Staging & { readonly isKept: boolean }): Promise<Verdict> {
  const { terminal, options, isKept } = staging;
  const clock = fastClock(options.speed, staging.clock);
  const account = scenario.manifests.documents.find(({ kind }) => kind === 'AwsAccount')?.spec as { accountId?: string } | undefined;
  const startedAt = clock.monotonic();
  const told = (text: string) => terminal.line(`  ${terminal.dim(seconds(clock.monotonic() - startedAt).padStart(7))}  ${text}`);
  const calls = { reads: 0, writes: 0 };
  const embedded = createEmbedded({
    clock,
    random: seededRandom(20_260_101),
    worldText: scenario.world.text,
    worldFile: scenario.world.file,
    accountId: account?.accountId ?? '111122223333',
    onCall(call) {
      if (isRead(call)) {
        calls.reads++;
      } else {
        calls.writes++;
        told(
          `${call.operation} ${namesIn(call.parameters)} ${terminal.dim(call.region)}${call.code === 'OK' ? '' : terminal.bad(` ${call.code}`)}`,
        );
      }
    },
  });
  terminal.line();
  terminal.line(terminal.bold(`${scenario.name}: ${scenario.title}`));
  terminal.line(scenario.description);

  const untouched = imageOf(embedded);
  let held = 0;
  let asked = 0;
  const prove = (title: string, expected: (proof: Proof) => boolean) => {
    terminal.line();
    terminal.line(title);
    for (const proof of scenario.proofs) {
      asked++;
      if (showProof({ proof, expected: expected(proof), result: ask(embedded.world.network(), proof) }, terminal)) held++;
    }
  };

  prove('Before', () => false);
  terminal.line();
  terminal.line(`kubectl apply -f ${scenario.manifests.file}`);
  await embedded.controller.start();
  const appliedAt = clock.monotonic();
  for (const manifest of scenario.manifests.documents) embedded.apply(manifest);
  const last = new Map<string, string>();
  const ready = await follow(embedded, { clock, told, terminal, last, done: () => objectsOf(embedded).every(isReady) });
  const readyAfterMs = ready ? clock.monotonic() - appliedAt : undefined;
  prove('With the objects', (proof) => proof.connected);

  if (isKept) {
    const { keepRunning } = await import('./keep-running.ts');
    await keepRunning({ embedded, terminal, clock: staging.clock, manifestFile: scenario.manifests.file });
  } else {
    terminal.line();
    terminal.line(`kubectl delete -f ${scenario.manifests.file}`);
    for (const object of objectsOf(embedded)) embedded.server.delete(keyFor(object));
    await follow(embedded, { clock, told, terminal, last, done: () => objectsOf(embedded).length === 0 });
    prove('After deletion', () => false);
    asked++;
    if (isDeepStrictEqual(imageOf(embedded), untouched)) {
      held++;
      terminal.line(`  ${terminal.good('holds')}  routes, rules and connections are as they were before: nothing is left in AWS`);
    } else {
      terminal.line(`  ${terminal.bad('FAILS')}  something is left in AWS`);
    }
  }
  await embedded.controller.stop();
  return { scenario, held, asked, readyAfterMs, ...calls };
}

/** Objects that change AWS, as the cluster has them. */
const objectsOf = (embedded: Embedded): readonly Resource[] => embedded.server.list('VpcPeering') as unknown as readonly Resource[];
const keyFor = ({ kind, metadata }: Resource) => ({ kind, namespace: metadata.namespace, name: metadata.name });

function readyCondition(object: Resource) {
  return object.status?.conditions?.find(({ type }) => type === 'Ready');
}

function isReady(object: Resource): boolean {
  const condition = readyCondition(object);
  return condition?.status === 'True' && condition.observedGeneration === object.metadata.generation;
}

interface Following {
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly told: (text: string) => void;
  /** What was last told of each object. */
  readonly last: Map<string, string>;
  readonly done: () => boolean;
}

/** Tells what each object waits for until all are as wanted, or patience ends. */
async function follow(embedded: Embedded, { clock, terminal, told, last, done }: Following): Promise<boolean> {
  const deadline = clock.monotonic() + patienceMs;
  for (;;) {
    const objects = objectsOf(embedded);
    for (const object of objects) {
      const key = keyText(keyFor(object));
      const condition = readyCondition(object);
      const text = condition ? `${condition.reason}: ${condition.message}` : 'not looked at yet';
      if (last.get(key) !== text) told(`${terminal.dim(key)} ${condition?.status === 'True' ? terminal.good(text) : text}`);
      last.set(key, text);
    }
    for (const key of last.keys()) {
      if (!objects.some((object) => keyText(keyFor(object)) === key)) {
        told(`${terminal.dim(key)} ${terminal.good('is gone')}`);
        last.delete(key);
      }
    }
    if (done()) return true;
    if (clock.monotonic() > deadline) {
      told(terminal.bad(`not so within ${seconds(patienceMs)}`));
      return false;
    }
    await sleep(clock, 100);
  }
}

/** What a peering may change in a network; what has ended is not shown. */
function imageOf(embedded: Embedded): unknown {
  return embedded.world.network().map((network) => ({
    place: `${network.accountId} ${network.region}`,
    routes: [...network.routeTables.values()].map(({ routeTableId, routes }) => [routeTableId, routes]),
    rules: [...network.securityGroupRules.values()],
    connections: [...network.peeringConnections.values()].filter(({ state }) => state !== 'deleted'),
  }));
}

/** @throws Error where the world has no such instance */
function instanceCalled(networks: readonly RegionNetwork[], name: string): Instance {
  const found = networks.flatMap((network) => [...network.instances.values()]).find((instance) => instance.tags.Name === name);
  if (!found) throw new Error(`the world has no instance named ${name}`);
  return found;
}

function ask(networks: readonly RegionNetwork[], { from, to, protocol, port }: Proof): Reachability {
  const ends = {
    source: { instanceId: instanceCalled(networks, from).instanceId },
    destination: { instanceId: instanceCalled(networks, to).instanceId },
  };
  const query: ReachabilityQuery =
    protocol === 'tcp' || protocol === 'udp' ? { ...ends, protocol, port: port ?? 0 } : { ...ends, protocol };
  return reachability(networks, query);
}

function showProof({ proof, expected, result }: { proof: Proof; expected: boolean; result: Reachability }, terminal: Terminal): boolean {
  const holds = result.reachable === expected;
  const what = `${proof.from} -> ${proof.to} ${proof.protocol}${proof.port === undefined ? '' : `/${proof.port}`}`;
  terminal.line(
    `  ${holds ? terminal.good('holds') : terminal.bad('FAILS')}  ${what}: ${result.reachable ? 'reached, and answered' : 'not reached'}`,
  );
  // Where it gets through, the way there and back; where not, what stopped it.
  const [verdict = '', ...ways] = describeReachability(result);
  for (const line of result.reachable ? ways : [verdict]) terminal.line(`         ${terminal.dim(line.trim())}`);
  return holds;
}

/** The ids, CIDRs and names among a call's parameters. */
function namesIn(parameters: Readonly<Record<string, unknown>>): string {
  return Object.values(parameters)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === 'string')
    .join(' ');
}
