// Where a story of VpcPeering is played with the real programs: kubectl, a kube-apiserver, and controllers in processes of their own.
import { readFileSync } from 'node:fs';
import * as ec2 from '@aws-sdk/client-ec2';
import { parseAllDocuments } from 'yaml';
import { realClock } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import type { MemoryEntry, Resource } from '../../src/kinds/kind.ts';
import { rbacObjects } from '../../src/kube/rbac.ts';
import type { AwsSimulator } from '../../src/simulator/aws-simulator.ts';
import type { RecordedCall } from '../../src/simulator/calls/record.ts';
import { listen } from '../../src/simulator/http-server.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import type { SettingsChange } from '../../src/simulator/world/settings.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import type { TestCluster } from './cluster.ts';
import { type ControllerProcess, startController } from './controller-process.ts';

/** Metadata of a manifest. */
interface Named {
  name: string;
  namespace?: string;
}

/** The parts of an AwsAccount's manifest that tests change. */
export interface AccountManifest {
  apiVersion: string;
  kind: string;
  metadata: Named;
  spec: { accountId: string; assumeRole?: { roleArn: string }; allowedNamespaces: { from: string; selector: object } };
}

interface SideManifest {
  accountRef: { name: string };
  vpcSelector: { tags: { Name: string } };
  ingress: readonly object[];
}

/** The parts of a VpcPeering's manifest that tests change. */
export interface PeeringManifest {
  apiVersion: string;
  kind: string;
  metadata: Named;
  spec: { requester: SideManifest; accepter: SideManifest; observeOnly?: boolean };
}

export type Example = 'two-vpcs' | 'seoul-london';

export interface SceneOptions {
  readonly example: Example;
  /** A world file's text, in place of the example's. */
  readonly world?: string;
  readonly settings?: SettingsChange;
  /** The accounts that have the example's world, each for itself; by default the example's own one. */
  readonly accounts?: readonly string[];
}

export interface StartOptions {
  /** Processes of one lease stand in for each other. By default each has one of its own, as if the one before had run out. */
  readonly lease?: string;
  readonly flags?: readonly string[];
  /** The cluster goes by its uid, as it does by default; else each scene is a cluster of its own to AWS. */
  readonly namedByUid?: boolean;
  /** How it reaches the API server; by default directly. */
  readonly kubeconfigPath?: string;
}

/** One test's own namespace, AWS and controllers. */
export interface Scene {
  readonly namespace: string;
  /** Name of the AwsAccount. */
  readonly account: string;
  readonly simulator: AwsSimulator;
  /** Where the simulated AWS listens. */
  readonly awsUrl: string;
  /**
   * The example's AwsAccount and VpcPeering, moved to this scene's namespace. For another AWS account than the example's they are called
   * after it, and the controller assumes a role there.
   */
  manifests(accountId?: string): { account: AccountManifest; peering: PeeringManifest };
  apply(...manifests: readonly object[]): Promise<void>;
  /** Runs kubectl in the scene's namespace. @throws with what it said, when it fails */
  kubectl(...args: readonly string[]): Promise<string>;
  /** The VpcPeering of this name as the API server has it. */
  get(name: string): Promise<Peering | undefined>;
  /** `kubectl wait --for=condition=Ready`, for one object or all. */
  waitReady(name: string | 'all'): Promise<void>;
  /** Waits until the object's Ready has this reason. */
  waitReason(name: string, reason: string): Promise<Peering>;
  start(options?: StartOptions): ControllerProcess;
  /** As `start`, and waits until it watches. */
  startLeader(options?: StartOptions): Promise<ControllerProcess>;
  /** The real SDK, as a person of this account. */
  ec2(region: string, accountId?: string): ec2.EC2Client;
  /** What there is in AWS that a peering may change, by names and without ids. */
  census(region: string, accountId?: string): Promise<Census>;
  /** Number of the last call that ended. */
  sequence(): number;
  /** Writes to AWS that ended after the call of that number. */
  writesSince(sequence: number): readonly RecordedCall[];
}

export type Peering = Resource<
  object,
  Resource['status'] & { peeringConnectionId?: string; state?: string; plan?: string[]; resources?: MemoryEntry[] }
>;

export interface Census {
  /** `requester -> accepter`, and the state; none that has ended. */
  readonly connections: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
}

const exampleFile = (example: Example, file: string) => readFileSync(new URL(`../../examples/${example}/${file}`, import.meta.url), 'utf8');
const exampleAccount = '111122223333';
const ended: readonly string[] = ['deleted', 'deleting', 'rejected', 'failed', 'expired'];

/** Plays on a scene of its own; a failure tells what the controllers logged and how the objects stood. */
export async function onScene(cluster: TestCluster, options: SceneOptions, play: (scene: Scene) => Promise<void>): Promise<void> {
  const namespace = await cluster.namespace();
  const world = new World({
    clock: realClock,
    random: seededRandom(1),
    // Long enough to be seen, and not longer.
    settings: {
      ...options.settings,
      delaysMs: { peeringInitiatingRequest: 100, peeringProvisioning: 200, peeringDeleting: 200, ...options.settings?.delaysMs },
    },
  });
  const text = options.world ?? exampleFile(options.example, 'world.yaml');
  for (const accountId of options.accounts ?? [exampleAccount]) {
    loadWorld(text.replaceAll(exampleAccount, accountId), 'world.yaml', world);
  }
  const simulator = simulatorOf(world, { clock: realClock, random: seededRandom(2) });
  const aws = await listen(simulator, { port: 0, host: '127.0.0.1' });
  const processes: ControllerProcess[] = [];
  const clients: ec2.EC2Client[] = [];
  const account = `account-of-${namespace}`;
  const region = options.example === 'two-vpcs' ? 'us-west-2' : 'ap-northeast-2';

  const kubectl = (...args: readonly string[]) => cluster.mustKubectl([`--namespace=${namespace}`, ...args]);
  const client = (place: string, accountId = exampleAccount) => {
    const credentials = { accessKeyId: accountId, secretAccessKey: 'x' };
    const made = new ec2.EC2Client({ region: place, endpoint: aws.url, credentials, maxAttempts: 1 });
    clients.push(made);
    return made;
  };
  const scene: Scene = {
    namespace,
    account,
    simulator,
    awsUrl: aws.url,
    manifests(accountId) {
      const documents = parseAllDocuments(exampleFile(options.example, 'manifests.yaml')).map((document) => document.toJS());
      const owner = documents.find(({ kind }) => kind === 'AwsAccount') as AccountManifest;
      const peering = documents.find(({ kind }) => kind === 'VpcPeering') as PeeringManifest;
      owner.metadata.name = account;
      owner.spec.allowedNamespaces = { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } };
      peering.metadata.namespace = namespace;
      if (accountId !== undefined) {
        owner.metadata.name = `account-${accountId}-of-${namespace}`;
        owner.spec.accountId = accountId;
        owner.spec.assumeRole = { roleArn: `arn:aws:iam::${accountId}:role/isthmus` };
        peering.metadata.name = `peering-${accountId}`;
      }
      for (const side of ['requester', 'accepter'] as const) peering.spec[side].accountRef = { name: owner.metadata.name };
      return { account: owner, peering };
    },
    async apply(...items) {
      await cluster.mustKubectl(['apply', '--filename=-'], { stdin: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
    },
    kubectl,
    async get(name) {
      const found = await kubectl('get', 'vpcpeering', name, '--ignore-not-found', '--output=json');
      return found === '' ? undefined : (JSON.parse(found) as Peering);
    },
    async waitReady(name) {
      await kubectl(
        'wait',
        ...(name === 'all' ? ['vpcpeering', '--all'] : [`vpcpeering/${name}`]),
        '--for=condition=Ready',
        '--timeout=60s',
      );
    },
    async waitReason(name, reason) {
      await kubectl(
        'wait',
        `vpcpeering/${name}`,
        `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`,
        '--timeout=60s',
      );
      return (await scene.get(name)) as Peering;
    },
    start({ lease, flags, namedByUid, kubeconfigPath = cluster.kubeconfigFor({ user: 'controller' }) } = {}) {
      const number = processes.length + 1;
      const started = startController({
        name: `replica-${number}`,
        kubeconfigPath,
        awsUrl: aws.url,
        region,
        accountId: exampleAccount,
        namespace,
        leaseName: lease ?? `lease-${number}`,
        ...(!namedByUid && { clusterName: namespace }),
        ...(flags && { flags }),
      });
      processes.push(started);
      return started;
    },
    async startLeader(startOptions) {
      const started = scene.start(startOptions);
      await until('it watches', () => leads(started));
      return started;
    },
    ec2: client,
    census: (place, accountId) => census(client(place, accountId)),
    sequence: () => simulator.record.calls().at(-1)?.sequence ?? 0,
    writesSince: (sequence) => simulator.record.writes().filter((call) => call.sequence > sequence),
  };

  await scene.apply(...leaseRights(namespace));
  try {
    await play(scene);
  } catch (error) {
    if (error instanceof Error) error.message += `\n\n${await report(scene, processes)}`;
    throw error;
  } finally {
    await Promise.all(processes.map((each) => each.kill()));
    for (const each of clients) each.destroy();
    await aws.close();
    await clear(cluster, namespace);
  }
}

/** The controller's rights to its lease, in a scene's own namespace: there each process may have a lease of its own. */
function leaseRights(namespace: string): readonly object[] {
  const leaseName = 'of each process';
  const objects = rbacObjects({ kinds: [], subject: { user: 'controller' }, namespace, leaseName });
  const withoutName = (_key: string, value: unknown) => (Array.isArray(value) && value.includes(leaseName) ? undefined : value);
  return objects
    .filter(({ metadata }) => metadata.namespace !== undefined)
    .map((object) => JSON.parse(JSON.stringify(object, withoutName)) as object);
}

/** Whether a process has the lease and sees every object. */
export const leads = (process: ControllerProcess): boolean => process.lines.some(({ msg }) => msg === 'watching');

/** Waits until something holds, in real time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Lets so many milliseconds of real time pass. */
export const passTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function census(client: ec2.EC2Client): Promise<Census> {
  const vpcs = (await client.send(new ec2.DescribeVpcsCommand({}))).Vpcs ?? [];
  const tables = (await client.send(new ec2.DescribeRouteTablesCommand({}))).RouteTables ?? [];
  const groups = (await client.send(new ec2.DescribeSecurityGroupsCommand({}))).SecurityGroups ?? [];
  const rules = (await client.send(new ec2.DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules ?? [];
  const connections = (await client.send(new ec2.DescribeVpcPeeringConnectionsCommand({}))).VpcPeeringConnections ?? [];
  client.destroy();
  const nameTag = (tags: readonly ec2.Tag[] | undefined) => tags?.find(({ Key }) => Key === 'Name')?.Value;
  const names = new Map<string | undefined, string>(vpcs.map((vpc) => [vpc.VpcId, nameTag(vpc.Tags) ?? '']));
  for (const table of tables) names.set(table.RouteTableId, `${names.get(table.VpcId)}/${nameTag(table.Tags) ?? 'main'}`);
  for (const group of groups) names.set(group.GroupId, `${names.get(group.VpcId)}/${group.GroupName}`);
  const named = (id: string | undefined) => names.get(id) ?? id ?? '';
  return {
    connections: connections
      .filter(({ Status }) => !ended.includes(Status?.Code ?? ''))
      .map(
        ({ RequesterVpcInfo, AccepterVpcInfo, Status }) =>
          `${named(RequesterVpcInfo?.VpcId)} -> ${named(AccepterVpcInfo?.VpcId)} ${Status?.Code}`,
      )
      .toSorted(),
    routes: tables
      .flatMap((table) =>
        (table.Routes ?? []).map((route) => {
          const target = route.VpcPeeringConnectionId ? 'peering' : route.GatewayId === 'local' ? 'local' : 'gateway';
          return `${named(table.RouteTableId)} ${route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock} ${target} ${route.State}`;
        }),
      )
      .toSorted(),
    rules: rules
      .map((rule) => {
        const way = rule.IsEgress ? 'to' : 'from';
        const end = rule.CidrIpv4 ?? rule.CidrIpv6 ?? named(rule.ReferencedGroupInfo?.GroupId);
        return `${named(rule.GroupId)} ${rule.IpProtocol} ${rule.FromPort}-${rule.ToPort} ${way} ${end}`;
      })
      .toSorted(),
  };
}

/** What a person would want to see of a test that failed. */
async function report(scene: Scene, processes: readonly ControllerProcess[]): Promise<string> {
  const objects = await scene
    .kubectl('get', 'vpcpeering', '--output=jsonpath={range .items[*]}{.metadata.name}: {.status}{"\\n"}{end}')
    .catch(String);
  const calls = scene.simulator.record
    .writes()
    .map((call) => `${call.time} ${call.accountId} ${call.operation} ${call.code}${call.answerLost ? ' (no answer)' : ''}`);
  const logs = processes.map((each) => `--- ${each.name}, ${each.exit ? `ended: ${JSON.stringify(each.exit)}` : 'running'}\n${each.log()}`);
  return [`--- objects\n${objects}`, `--- writes to AWS\n${calls.slice(-60).join('\n')}`, ...logs].join('\n');
}

/** The next scene's controllers must not meet what is left of this one. */
async function clear(cluster: TestCluster, namespace: string): Promise<void> {
  const inNamespace = `--namespace=${namespace}`;
  await cluster.kubectl(['delete', 'vpcpeering', '--all', inNamespace, '--wait=false']);
  const left = (await cluster.kubectl(['get', 'vpcpeering', inNamespace, '--output=name'])).stdout.split('\n').filter(Boolean);
  for (const name of left) {
    await cluster.kubectl(['patch', name, inNamespace, '--type=merge', '--patch={"metadata":{"finalizers":null}}']);
  }
  const accounts = (await cluster.kubectl(['get', 'awsaccount', '--output=name'])).stdout
    .split('\n')
    .filter((name) => name.endsWith(`-of-${namespace}`));
  if (accounts.length > 0) await cluster.kubectl(['delete', '--wait=false', ...accounts]);
  for (const name of accounts) await cluster.kubectl(['patch', name, '--type=merge', '--patch={"metadata":{"finalizers":null}}']);
}
