import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-simulate-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  /** Resolves once the simulator listens. */
  readonly url: Promise<string>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

function simulate(...args: readonly string[]): Started {
  const child = spawn(process.execPath, ['src/main.ts', 'simulate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  const listening = Promise.withResolvers<string>();
  listening.promise.catch(() => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const url = /AWS_ENDPOINT_URL=(\S+)/.exec(stdout)?.[1];
    if (url) listening.resolve(url);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (status) => {
      running.delete(child);
      listening.reject(new Error(`it ended with ${status}: ${stderr}`));
      resolve({ status, stdout, stderr });
    });
  });
  return { url: listening.promise, ended, kill: (signal) => child.kill(signal) };
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

function ec2(endpoint: string): EC2Client {
  const credentials = { accessKeyId: '111122223333', secretAccessKey: 'x' };
  return new EC2Client({ endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
}

test('it serves an empty AWS, records what is called, and ends cleanly when asked to', async () => {
  const record = join(folder, 'record.jsonl');
  const started = simulate('--port', '0', '--record', record);
  const client = ec2(await started.url);
  const made = await client.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const read = await client.send(new DescribeVpcsCommand());
  client.destroy();
  expect(read.Vpcs?.map(({ VpcId }) => VpcId)).toEqual([made.Vpc?.VpcId]);
  started.kill('SIGTERM');
  const { status, stdout, stderr } = await started.ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/AWS_ACCESS_KEY_ID=111122223333[\s\S]*AWS_SECRET_ACCESS_KEY=x[\s\S]*AWS_REGION=eu-west-1/);
  const lines = (await readFile(record, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).operation)).toEqual(['CreateVpc', 'DescribeVpcs']);
});

test('SIGINT ends it too, though a caller still holds a connection', async () => {
  const started = simulate('--port', '0');
  await fetch(`${await started.url}/_isthmus/health`, { headers: { connection: 'keep-alive' } });
  started.kill('SIGINT');
  expect((await started.ended).status).toBe(0);
});

test('the same seed makes the same ids', async () => {
  const idOf = async () => {
    const started = simulate('--port', '0', '--seed', '7');
    const client = ec2(await started.url);
    const { Vpc } = await client.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    client.destroy();
    started.kill('SIGTERM');
    await started.ended;
    return Vpc?.VpcId;
  };
  expect(await idOf()).toBe(await idOf());
});

test('what a world file tells of is there, and its first account and region are the ones to start with', async () => {
  const world = await file(
    'good.yaml',
    'accounts:\n  "444455556666":\n    eu-central-1:\n      vpcs:\n        - name: a\n          cidr: 10.1.0.0/16\n',
  );
  const started = simulate('--port', '0', '--world', world);
  const url = await started.url;
  const credentials = { accessKeyId: '444455556666', secretAccessKey: 'x' };
  const client = new EC2Client({ endpoint: url, region: 'eu-central-1', credentials, maxAttempts: 1 });
  const { Vpcs } = await client.send(new DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['a'] }] }));
  client.destroy();
  expect(Vpcs).toMatchObject([{ CidrBlock: '10.1.0.0/16', OwnerId: '444455556666' }]);
  const state = (await (await fetch(`${url}/_isthmus/state`)).json()) as { vpcs: Record<string, unknown> };
  expect(Object.keys(state.vpcs)).toEqual([Vpcs?.[0]?.VpcId]);
  started.kill('SIGTERM');
  expect((await started.ended).stdout).toMatch(/AWS_ACCESS_KEY_ID=444455556666[\s\S]*AWS_REGION=eu-central-1/);
});

test('time passes as fast as told', async () => {
  const started = simulate('--port', '0', '--speed', '1000000');
  const url = await started.url;
  const client = ec2(url);
  for (let count = 0; count < 2; count++) await client.send(new DescribeVpcsCommand());
  client.destroy();
  const lines = (await (await fetch(`${url}/_isthmus/record`)).text()).trimEnd().split('\n');
  const [first, second] = lines.map((line) => Date.parse(JSON.parse(line).time));
  // Two calls one after the other are some tenths of a millisecond apart at the very least: minutes in this AWS.
  expect(second! - first!).toBeGreaterThan(60_000);
});

test('faults come from a file', async () => {
  const faults = await file('faults.yaml', '- operation: CreateVpc\n  effect: { error: { code: VpcLimitExceeded, message: full } }\n');
  const started = simulate('--port', '0', '--faults', faults);
  const client = ec2(await started.url);
  await expect(client.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).rejects.toMatchObject({ name: 'VpcLimitExceeded' });
  client.destroy();
});

test('a state that is kept at the end is where the next run goes on', async () => {
  const state = join(folder, 'state.json');
  const first = simulate('--port', '0', '--save', state);
  const made = await ec2(await first.url).send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  expect(await (await fetch(`${await first.url}/_isthmus/save`, { method: 'POST' })).json()).toEqual({ saved: state });
  const before = await readFile(state, 'utf8');
  await ec2(await first.url).send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
  first.kill('SIGTERM');
  expect(await first.ended).toMatchObject({ status: 0, stderr: '' });
  expect(await readFile(state, 'utf8')).not.toBe(before);
  expect(await readdir(folder)).not.toContainEqual(expect.stringMatching(/\.tmp$/));

  const second = simulate('--port', '0', '--load', state, '--lag-reads', '1');
  const { Vpcs } = await ec2(await second.url).send(new DescribeVpcsCommand());
  expect(Vpcs?.map(({ CidrBlock }) => CidrBlock)).toEqual(['10.0.0.0/16', '10.1.0.0/16']);
  expect(Vpcs?.[0]?.VpcId).toBe(made.Vpc?.VpcId);
  await ec2(await second.url).send(new CreateVpcCommand({ CidrBlock: '10.2.0.0/16' }));
  const seen = async () => (await ec2(await second.url).send(new DescribeVpcsCommand())).Vpcs?.length;
  expect([await seen(), await seen()]).toEqual([2, 3]);
});

test.each([
  ['as AWS does', [], true],
  ['not with --no-throttling', ['--no-throttling'], false],
])('callers are held back %s', async (_how, args, heldBack) => {
  const started = simulate('--port', '0', ...args);
  const client = ec2(await started.url);
  const calls = Array.from({ length: 130 }, () => client.send(new DescribeVpcsCommand()).catch((error: Error) => error.name));
  expect((await Promise.all(calls)).includes('RequestLimitExceeded')).toBe(heldBack);
  client.destroy();
});

describe('what is not right is said, and ends it', () => {
  test.each([
    { args: ['--port', 'http'] },
    { args: ['--port', '65536'] },
    { args: ['--seed', '-1'] },
    { args: ['--speed', '0'] },
    { args: ['--speed', 'fast'] },
    { args: ['--wrold', 'world.yaml'] },
    { args: ['surplus'] },
    { args: ['--load', 'state.json', '--world', 'world.yaml'] },
    { args: ['--load', 'state.json', '--seed', '1'] },
    { args: ['--lag', 'some'] },
  ])('$args prints the usage and exits 2', async ({ args }) => {
    const { status, stderr, stdout } = await simulate(...args).ended;
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: isthmus simulate');
    expect(stderr).toContain(args[0]);
  });

  test('a world file that is not there', async () => {
    const { status, stderr } = await simulate('--port', '0', '--world', join(folder, 'nowhere.yaml')).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^isthmus simulate: ENOENT: .*nowhere\.yaml'\n$/)]);
  });

  test('a world file with an error, by line and field', async () => {
    const world = await file('world.yaml', 'accounts:\n  "111122223333":\n    eu-west-1:\n      vpcz: []\n');
    const { status, stderr } = await simulate('--port', '0', '--world', world).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^isthmus simulate: .*world\.yaml, line 4, column \d+: .*vpcz/)]);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    ['no JSON', 'accounts: {}', /state\.json: is no JSON: /],
    ['another format', '{"accounts":{}}', /state\.json: format: found nothing; the file is no state of the simulator/],
    [
      'a version to come',
      '{"format":"isthmus-simulator-state","version":2}',
      /state\.json: version: found 2; the version that is known here is 1/,
    ],
  ])('a saved state that is %s', async (_what, text, message) => {
    const { status, stderr } = await simulate('--port', '0', '--load', await file('state.json', text)).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  test('a state that could not be kept at the end', async () => {
    const { status, stderr } = await simulate('--port', '0', '--save', join(folder, 'nowhere', 'state.json')).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^isthmus simulate: ENOENT: .*nowhere/)]);
  });

  test.each([
    [
      'an operation that there is not',
      '- { operation: CreatePeering, effect: { deny: true } }',
      /faults\[0\]\.operation: AWS has no operation CreatePeering/,
    ],
    ['YAML that is none', '- { operation: CreateVpc', /faults\.yaml: .* at line 1/],
  ])('a faults file with %s', async (_what, text, message) => {
    const { status, stderr } = await simulate('--port', '0', '--faults', await file('faults.yaml', text)).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  test('a port that is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const { status, stderr } = await simulate('--port', String(port)).ended;
    other.close();
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^isthmus simulate: .*EADDRINUSE/)]);
  });

  test('a record that cannot be written', async () => {
    const { status, stderr } = await simulate('--port', '0', '--record', join(folder, 'no', 'record.jsonl')).ended;
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^isthmus simulate: ENOENT/)]);
  });
});
