// Prints figures of speed and memory; `npm run bench`, or `npm run bench -- simulator` for one area. They are for looking at and comparing, never asserted: machines are noisy.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vpcPeering } from '../../src/kinds/vpc-peering/plan.ts';
import { connection, group, input, local, ourTags, peering, remembered, routeTo, table, view, vpc } from '../kinds/vpc-peering/views.ts';
import { type Stage, setStage } from '../reconcile/stage.ts';
import { elapsed, heap, show } from './show.ts';
import { benchSimulator } from './simulator.ts';

function benchPlanner(): void {
  const shared = view({
    vpcs: [vpc('vpc-a', ['10.0.0.0/16']), vpc('vpc-b', ['10.1.0.0/16'])],
    tables: [
      ...['rtb-a1', 'rtb-a2'].map((id) => table(id, 'vpc-a', [local('10.0.0.0/16'), routeTo('10.1.0.0/16', 'pcx-1')])),
      ...['rtb-b1', 'rtb-b2'].map((id) => table(id, 'vpc-b', [local('10.1.0.0/16'), routeTo('10.0.0.0/16', 'pcx-1')])),
    ],
    groups: [group('sg-a', 'vpc-a'), group('sg-b', 'vpc-b')],
    connections: [connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'active', tags: ourTags })],
  });
  const memory = [remembered('requester/connection', 'pcx-1', { key: 'connection' }), remembered('accepter/connection', 'pcx-1')];
  const resource = peering();
  const run = (times: number) => {
    for (let time = 0; time < times; time++) vpcPeering.plan(input(resource, { requester: shared, accepter: shared }, { memory }));
  };
  run(2_000);
  const times = 20_000;
  const from = performance.now();
  run(times);
  show('planner passes (in sync, 4 tables)', times / (elapsed(from) / 1_000), 'per second');
}

/** Pairs of VPCs in one account and region, each with a VpcPeering of its own. */
function crowd(pairs: number): { readonly world: string; readonly manifests: string } {
  const vpcs: string[] = [];
  const objects: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const [side, octet] of [
      ['a', 0],
      ['b', 128],
    ] as const) {
      vpcs.push(`        - { name: ${side}-${pair}, cidr: 10.${Math.floor(pair / 128) + octet}.${(pair % 128) * 2}.0/24 }`);
    }
    objects.push(
      `{apiVersion: isthmus.dev/v1alpha1, kind: VpcPeering, metadata: {name: pair-${pair}, namespace: network}, spec: {requester: {vpcSelector: {tags: {Name: a-${pair}}}, ingress: [{name: all, securityGroup: {name: default}, protocol: all, from: {securityGroup: {name: default}}}]}, accepter: {vpcSelector: {tags: {Name: b-${pair}}}}}}`,
    );
  }
  return {
    world: `accounts:\n  "111122223333":\n    us-west-2:\n      vpcs:\n${vpcs.join('\n')}\n`,
    manifests: [
      '{apiVersion: v1, kind: Namespace, metadata: {name: network}}',
      '{apiVersion: isthmus.dev/v1alpha1, kind: AwsAccount, metadata: {name: default}, spec: {accountId: "111122223333", defaultRegion: us-west-2, allowedNamespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: network}}}}}',
      ...objects,
    ].join('\n---\n'),
  };
}

async function benchLoop(pairs: number): Promise<void> {
  const { world, manifests } = crowd(pairs);
  const loadedFrom = performance.now();
  const stage: Stage = setStage({ world, settings: { quotas: { vpcsPerRegion: 10_000, securityGroupsPerRegion: 10_000 } } });
  show(`simulator: ${pairs * 2} VPCs loaded`, elapsed(loadedFrom), 'ms');
  stage.apply(manifests);
  const before = heap();
  let process_ = await stage.start();
  const from = performance.now();
  const isReady = () => Array.from({ length: pairs }, (_, pair) => stage.ready(`pair-${pair}`)).every(Boolean);
  const began = stage.clock.monotonic();
  await stage.until(isReady, 24 * 3_600_000);
  show(`${pairs} peerings from nothing to Ready`, elapsed(from) / 1_000, 's of work', 1);
  show(`${pairs} peerings from nothing to Ready`, (stage.clock.monotonic() - began) / 1_000, "s at AWS's limits", 1);
  await stage.pass(120_000);
  const reads = () => stage.simulator.record.calls().filter((call) => call.operation.startsWith('Describe')).length;
  stage.simulator.record.clear();
  const resyncs = 5;
  await stage.pass(resyncs * 60_000);
  show(`AWS reads per resync at ${pairs} peerings`, reads() / resyncs, 'calls', 1);
  show(`AWS writes in ${resyncs} resyncs at ${pairs} peerings`, stage.simulator.record.writes().length, 'calls');
  process_.passes.count = 0;
  const passesFrom = performance.now();
  for (let round = 0; round < 5; round++) {
    process_.controller.resync();
    while (process_.passes.count < (round + 1) * pairs) await new Promise((resolve) => setImmediate(resolve));
  }
  show(`whole passes in sync at ${pairs} peerings`, process_.passes.count / (elapsed(passesFrom) / 1_000), 'per second');
  const withController = heap();
  process_.kill();
  process_ = undefined as never;
  show(`heap of the controller at ${pairs} objects (and the simulator's share)`, withController - before, 'MiB', 1);
}

function benchStartUp(): void {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  try {
    const bundle = join(folder, 'isthmus.mjs');
    execFileSync('npm', ['run', 'build', '--', `--outfile=${bundle}`], { stdio: 'ignore' });
    for (const [what, file] of [
      ['from sources', 'src/main.ts'],
      ['bundled', bundle],
    ] as const) {
      const runs = Array.from({ length: 5 }, () => {
        const from = performance.now();
        execFileSync(process.execPath, [file, 'run', '--help'], { stdio: 'ignore' });
        return elapsed(from);
      }).toSorted((one, other) => one - other);
      show(`start-up, ${what} (median of 5)`, runs[2] ?? Number.NaN, 'ms');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const areas: Readonly<Record<string, () => Promise<void> | void>> = {
  planner: benchPlanner,
  'start-up': benchStartUp,
  simulator: benchSimulator,
  loop: async () => {
    await benchLoop(100);
    await benchLoop(1_000);
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(areas, name));
if (unknown !== undefined) throw new Error(`there is nothing called ${unknown} to measure; there are ${Object.keys(areas).join(', ')}`);
for (const [name, bench] of Object.entries(areas)) if (asked.length === 0 || asked.includes(name)) await bench();
