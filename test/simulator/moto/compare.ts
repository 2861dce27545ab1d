import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { EC2Client } from '@aws-sdk/client-ec2';
import { RAMClient } from '@aws-sdk/client-ram';
import { Route53Client } from '@aws-sdk/client-route-53';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { realClock, sleep } from '../../../src/ambient/clock.ts';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { World } from '../../../src/simulator/world/world.ts';

/** One of the two: the same clients for the same account and region. */
export interface Side {
  readonly ec2: EC2Client;
  readonly ram: RAMClient;
  readonly route53: Route53Client;
  readonly sts: STSClient;
  /** Lets pass what takes a while here, and is there at once in moto. */
  settle(): Promise<void>;
}

/** What a script of calls saw, by name: values, and codes of calls that were refused. Ids are left to the script to hide. */
export type Script = (side: Side) => Promise<Readonly<Record<string, unknown>>>;

/** A script, and why the two differ in what it sees under some of the names: where moto does other than AWS. */
export interface Comparison {
  readonly script: Script;
  readonly differences?: Readonly<Record<string, string>>;
}

/** The code with which a call is refused, or `succeeded`. */
export async function code(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'succeeded';
  } catch (error) {
    return (error as Error).name;
  }
}

const installed = spawnSync('moto_server', ['--help']).status === 0;
const maybe = installed ? test : test.skip;
const reason = installed ? '' : ' (skipped: there is no `moto_server` on the PATH)';

export const account = '111122223333';

function side(options: object, settle: () => Promise<void>): Side {
  const all = { region: 'us-west-2', credentials: { accessKeyId: account, secretAccessKey: 'x' }, maxAttempts: 1, ...options };
  return { ec2: new EC2Client(all), ram: new RAMClient(all), route53: new Route53Client(all), sts: new STSClient(all), settle };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(realClock, 200);
  }
  throw new Error('moto_server does not answer');
}

/** Runs each script against moto and this simulator, with one process of moto for all of them. Whatever is not named as different is the same; what is, differs. */
export function compareWithMoto(comparisons: Readonly<Record<string, Comparison>>): void {
  let moto: ChildProcess | undefined;
  let theirs: Side;
  let ours: Side;

  beforeAll(async () => {
    const clock = new VirtualClock();
    const world = new World({ clock, random: seededRandom(1) });
    const simulator = simulatorOf(world, { clock, random: seededRandom(2) });
    ours = side({ requestHandler: inProcess(simulator) }, () => clock.advance(60_000));
    if (!installed) return;
    const port = await freePort();
    const env = { ...process.env, MOTO_ACCOUNT_ID: account };
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', env });
    theirs = side({ endpoint: `http://127.0.0.1:${port}` }, async () => {});
    await answering(port);
  }, 60_000);

  afterAll(async () => {
    for (const one of [ours, theirs]) for (const client of Object.values(one ?? {})) if (typeof client === 'object') client.destroy();
    if (!moto) return;
    const ended = once(moto, 'exit');
    moto.kill();
    await ended;
  });

  describe(`moto and this simulator agree${reason}`, () => {
    maybe.each(Object.keys(comparisons))('%s', async (name) => {
      const { script, differences = {} } = comparisons[name]!;
      const [expected, seen] = [await script(theirs), await script(ours)];
      const same = (all: Readonly<Record<string, unknown>>) => Object.entries(all).filter(([key]) => !(key in differences));
      expect(same(seen)).toEqual(same(expected));
      for (const key of Object.keys(differences)) expect({ key, value: seen[key] }).not.toEqual({ key, value: expected[key] });
    });
  });
}
