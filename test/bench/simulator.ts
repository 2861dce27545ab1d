// How fast the simulated AWS answers, in process and over HTTP, and what a large world costs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { stringify } from 'yaml';
import { realClock } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import type { AwsSimulator } from '../../src/simulator/aws-simulator.ts';
import { listen } from '../../src/simulator/http-server.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import type { WireRequest } from '../../src/simulator/wire/protocol.ts';
import { World } from '../../src/simulator/world/world.ts';
import { elapsed, show } from './show.ts';

const account = '111122223333';

/** A request as an SDK puts it on the wire. */
function form(action: string, parameters: Readonly<Record<string, string>>): WireRequest {
  const credential = `${account}/20260101/us-west-2/ec2/aws4_request`;
  return {
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    },
    body: new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters }).toString(),
  };
}

async function idIn(simulator: AwsSimulator, request: WireRequest, element: string): Promise<string> {
  const { body } = await simulator.handle(request);
  const id = new RegExp(`<${element}>(.*?)</${element}>`).exec(body)?.[1];
  if (!id) throw new Error(`no ${element} in ${body}`);
  return id;
}

/** Calls of some kind, each repeated with the next in its turn; those that change something come in pairs that undo each other. */
interface Load {
  readonly name: string;
  readonly requests: readonly WireRequest[];
}

/** A simulator with some VPCs, and what is to be asked of it. */
async function crowd(vpcs: number): Promise<{ readonly simulator: AwsSimulator; readonly loads: readonly Load[] }> {
  const world = new World({ clock: realClock, random: seededRandom(1) });
  const simulator = simulatorOf(world, { clock: realClock, random: seededRandom(2) });
  const reads: WireRequest[] = [];
  const routes: WireRequest[] = [];
  const rules: WireRequest[] = [];
  const tags: WireRequest[] = [];
  for (let index = 0; index < vpcs; index++) {
    const vpcId = await idIn(simulator, form('CreateVpc', { CidrBlock: '10.0.0.0/16' }), 'vpcId');
    const table = await idIn(simulator, form('CreateRouteTable', { VpcId: vpcId }), 'routeTableId');
    const group = await idIn(simulator, form('CreateSecurityGroup', { VpcId: vpcId, GroupName: 'a', GroupDescription: 'a' }), 'groupId');
    const gateway = await idIn(simulator, form('CreateInternetGateway', {}), 'internetGatewayId');
    await simulator.handle(form('AttachInternetGateway', { VpcId: vpcId, InternetGatewayId: gateway }));
    const inVpc = { 'Filter.1.Name': 'vpc-id', 'Filter.1.Value.1': vpcId };
    const DestinationCidrBlock = '192.168.0.0/24';
    const permission = {
      GroupId: group,
      'IpPermissions.1.IpProtocol': 'tcp',
      'IpPermissions.1.FromPort': '443',
      'IpPermissions.1.ToPort': '443',
      'IpPermissions.1.IpRanges.1.CidrIp': '192.168.0.0/24',
    };
    const tag = { 'ResourceId.1': vpcId, 'Tag.1.Key': 'a', 'Tag.1.Value': 'b' };
    reads.push(
      form('DescribeVpcs', { 'VpcId.1': vpcId }),
      form('DescribeRouteTables', inVpc),
      form('DescribeSecurityGroups', inVpc),
      form('DescribeSecurityGroupRules', { 'Filter.1.Name': 'group-id', 'Filter.1.Value.1': group }),
    );
    routes.push(
      form('CreateRoute', { RouteTableId: table, DestinationCidrBlock, GatewayId: gateway }),
      form('DeleteRoute', { RouteTableId: table, DestinationCidrBlock }),
    );
    rules.push(form('AuthorizeSecurityGroupIngress', permission), form('RevokeSecurityGroupIngress', permission));
    tags.push(form('CreateTags', tag), form('DeleteTags', tag));
  }
  return {
    simulator,
    loads: [
      { name: 'describe', requests: reads },
      { name: 'routes made and deleted', requests: routes },
      { name: 'rules made and revoked', requests: rules },
      { name: 'tags set and removed', requests: tags },
    ],
  };
}

/** Calls a second: the best of some rounds, since others use the machine too. */
async function rate(
  requests: readonly WireRequest[],
  call: (request: WireRequest) => Promise<{ readonly status: number }>,
): Promise<number> {
  let best = 0;
  for (let round = 0; round < 7; round++) {
    const from = performance.now();
    let calls = 0;
    while (elapsed(from) < 250) {
      for (const request of requests) {
        const { status } = await call(request);
        if (status !== 200) throw new Error(`${request.body} was answered with ${status}`);
      }
      calls += requests.length;
    }
    best = Math.max(best, calls / (elapsed(from) / 1_000));
  }
  return best;
}

async function benchCalls(vpcs: number): Promise<void> {
  const { simulator, loads } = await crowd(vpcs);
  for (const { name, requests } of loads) {
    show(`simulator, ${vpcs} VPCs, in process: ${name}`, await rate(requests, (request) => simulator.handle(request)), 'calls/s');
  }
}

async function benchSdk(vpcs: number): Promise<void> {
  const { simulator, loads } = await crowd(vpcs);
  const ids = loads[0]!.requests.map(({ body }) => new URLSearchParams(body).get('VpcId.1')).filter((id) => id !== null);
  const client = new EC2Client({
    region: 'us-west-2',
    credentials: { accessKeyId: account, secretAccessKey: 'x' },
    requestHandler: inProcess(simulator),
  });
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const from = performance.now();
    for (const id of ids) await client.send(new DescribeVpcsCommand({ VpcIds: [id] }));
    best = Math.max(best, ids.length / (elapsed(from) / 1_000));
  }
  show('the same with the SDK around it: describe', best, 'calls/s');
}

/** The caller is a thread of its own, with a handful of connections that it keeps; what is measured is both together on this machine. */
async function benchHttp(vpcs: number): Promise<void> {
  const { simulator, loads } = await crowd(vpcs);
  const listening = await listen(simulator, { port: 0, host: '127.0.0.1' });
  try {
    for (const { name, requests } of loads) {
      const worker = new Worker(new URL('./http-caller.ts', import.meta.url), { workerData: { url: listening.url, requests } });
      const best = await new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
      await worker.terminate();
      show(`simulator, ${vpcs} VPCs, over HTTP: ${name}`, best, 'calls/s');
    }
  } finally {
    await listening.close();
  }
}

/** 1,000 VPCs with 4 route tables and 20 rules each. */
function largeWorld(): object {
  const vpcs = Array.from({ length: 1_000 }, (_, index) => ({
    name: `vpc-${index}`,
    cidr: `10.${index % 250}.0.0/16`,
    internetGateway: true,
    routeTables: [
      { name: 'main', main: true },
      ...['a', 'b', 'c'].map((name) => ({ name, routes: [{ to: '0.0.0.0/0', via: 'internet-gateway' }] })),
    ],
    securityGroups: [
      {
        name: 'web',
        // A VPC's default group has two rules, and this one its way out.
        ingress: Array.from({ length: 17 }, (_, port) => ({ protocol: 'tcp', ports: 8_000 + port, from: '10.0.0.0/8' })),
      },
    ],
  }));
  return { accounts: { [account]: { 'us-west-2': { vpcs } } } };
}

/** Each in a process of its own, so that its memory is nobody else's. */
function benchLoading(): void {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'));
  try {
    const world = largeWorld();
    writeFileSync(join(folder, 'world.yaml'), stringify(world));
    writeFileSync(join(folder, 'world.json'), JSON.stringify(world));
    const runs: readonly [what: string, name: string][] = [
      ['a world file in YAML', 'world.yaml'],
      ['a world file in JSON', 'world.json'],
      ['a saved state', 'state.json'],
    ];
    for (const [what, name] of runs) {
      const figures = Array.from({ length: 3 }, () => {
        const program = new URL('./load-world.ts', import.meta.url).pathname;
        const printed = execFileSync(process.execPath, ['--expose-gc', program, join(folder, name)], { encoding: 'utf8' });
        return JSON.parse(printed) as { ms: number; heap: number; peak: number; rss: number };
      });
      const best = figures.toSorted((one, other) => one.ms - other.ms)[0]!;
      show(`large world from ${what} (best of 3)`, best.ms, 'ms');
      show(`large world from ${what}, heap after gc`, best.heap, 'MiB');
      show(`large world from ${what}, process without garbage`, best.rss, 'MiB');
      show(`large world from ${what}, process at its largest`, best.peak, 'MiB');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prints the figures of the simulator. */
export async function benchSimulator(): Promise<void> {
  await benchCalls(20);
  await benchCalls(1_000);
  await benchSdk(1_000);
  await benchHttp(20);
  benchLoading();
}
