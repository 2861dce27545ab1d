import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { type ListeningSimulator, listen } from '../../src/simulator/http-server.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import { smallAws } from '../simulator/small-aws.ts';

/** `private` reaches the other one, by name, and the internet only through it. */
const file = `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: one
          cidr: 10.0.0.0/16
          dnsHostnames: true
          internetGateway: true
          subnets: [{ name: public, cidr: 10.0.0.0/24, public: true }, { name: private, cidr: 10.0.1.0/24 }]
          routeTables: [{ name: public, subnets: [public], routes: [{ to: 0.0.0.0/0, via: internet-gateway }] }]
          instances:
            - { name: proxy, subnet: public, privateIp: 10.0.0.4, listens: [tcp/3128] }
            - { name: private, subnet: private, privateIp: 10.0.1.4 }
          securityGroups: [{ name: default, ingress: [{ from: 10.0.0.0/16 }] }]
hostedZones:
  - { name: proxy.internal, vpcs: [one], records: [{ name: proxy.internal, type: A, values: [10.0.0.4] }] }
`;

let served: ListeningSimulator;
beforeAll(async () => {
  const [clock, random] = [new VirtualClock(), seededRandom(1)];
  const world = new World({ clock, random });
  loadWorld(file, 'world.yaml', world);
  served = await listen(simulatorOf(world, { clock, random }), { port: 0, host: '127.0.0.1' });
});
afterAll(() => served.close());

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], endpoint = served.url): Promise<Ended> {
  const child = spawn(process.execPath, ['src/main.ts', 'simulate', 'exec', ...args], {
    env: { ...process.env, AWS_ENDPOINT_URL: endpoint },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr })));
}

test('it prints what the command prints, and ends as it ends', async () => {
  expect(await run(['private', '--', 'dig', '+short', 'proxy.internal'])).toEqual({ status: 0, stdout: '10.0.0.4\n', stderr: '' });
  const lost = await run(['private', '--', 'curl', '-sS', '-m', '3', 'https://example.com/']);
  expect(lost).toEqual({ status: 28, stdout: '', stderr: 'curl: (28) Connection timed out after 3001 milliseconds\n' });
});

test('the environment of the command is told with -e', async () => {
  const proxy = ['-e', 'https_proxy=http://proxy.internal:3128', '--env', 'no_proxy=.internal'];
  expect(await run([...proxy, 'private', '--', 'curl', '-sS', 'https://example.com/'])).toEqual({
    status: 0,
    stdout: 'example.com\n',
    stderr: '',
  });
});

test('--explain says why on standard error', async () => {
  const { status, stdout, stderr } = await run(['--explain', 'private', '--', 'ping', '-c', '1', '192.0.2.80']);
  expect(status).toBe(1);
  expect(stdout).toContain('100% packet loss');
  expect(stderr).toMatch(
    /\(private\) does not reach 192\.0\.2\.80 with icmp \(echo request\): route table rtb-\w+ of subnet-\w+ has no route/,
  );
});

test('what cannot be run ends with 125 and says why', async () => {
  expect(await run(['nobody', '--', 'ping', 'x'])).toEqual({
    status: 125,
    stdout: '',
    stderr: expect.stringMatching(/^isthmus simulate exec: there is no instance nobody; there are i-\w+ \(proxy\), i-\w+ \(private\)\n$/),
  });
  await served.close();
  const { status, stderr } = await run(['private', '--', 'ping', 'x']);
  expect({ status, stderr }).toEqual({
    status: 125,
    stderr: expect.stringMatching(
      /^isthmus simulate exec: no simulator answers at http:\/\/127\.0\.0\.1:\d+ \(.+\); "isthmus simulate" starts one\n$/,
    ),
  });
});

test('options of the command without -- before it are wrong usage', async () => {
  const { status, stderr } = await run(['private', 'ping', '-c', '1', 'x']);
  expect(status).toBe(2);
  expect(stderr).toContain('Usage: isthmus simulate exec [options] <instance> -- <command...>');
});

test('its file reads nothing of the simulator, so that scripts need not wait for it', () => {
  expect(readFileSync('src/cli/simulate-exec.ts', 'utf8')).not.toMatch(/from '\.\.?\//);
});

test('over HTTP a bad request is told what is wrong, and a simulator without a world that it has no instances', async () => {
  const bare = await listen(smallAws().simulator, { port: 0, host: '127.0.0.1' });
  const post = async (body: string) => {
    const answer = await fetch(`${bare.url}/_isthmus/exec`, { method: 'POST', body });
    return { status: answer.status, ...((await answer.json()) as { error: string }) };
  };
  expect(await post('{')).toEqual({ status: 400, error: expect.stringContaining('JSON') });
  expect(await post('{}')).toEqual({ status: 501, error: 'this simulator has no instances to run commands on' });
  await bare.close();
});

test('a fault of its own is a 500, and in the log', async () => {
  const bugs: string[] = [];
  const { simulator } = smallAws({
    exec: () => {
      throw new TypeError('a slip');
    },
    onBug: (description, error) => bugs.push(`${description}: ${(error as Error).message}`),
  });
  const broken = await listen(simulator, { port: 0, host: '127.0.0.1' });
  const answer = await fetch(`${broken.url}/_isthmus/exec`, { method: 'POST', body: '{"instance":"a"}' });
  expect({ status: answer.status, bugs }).toEqual({ status: 500, bugs: ['a command on an instance: {"instance":"a"}: a slip'] });
  await broken.close();
});
