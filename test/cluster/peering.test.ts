import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import * as ec2 from '@aws-sdk/client-ec2';
import { expect, jest, test } from '@jest/globals';
import { describeOwnCluster } from './cluster.ts';
import { startProxy } from './interruptible-proxy.ts';
import { onScene, type PeeringManifest, passTime, type Scene, until } from './scene.ts';

// Longer than any wait within: a story that ends by itself tells how things stood.
jest.setTimeout(180_000);

const oregon = 'us-west-2';
const name = 'test1-to-test2';
const pair = 'peering_test_1 -> peering_test_2 active';

const awsCliIsThere = spawnSync('aws', ['--version']).status === 0;

/** Applies the example and waits until the two VPCs are joined. */
async function join(scene: Scene): Promise<void> {
  const { account, peering } = scene.manifests();
  await scene.apply(account, peering);
  await scene.waitReady(name);
}

const leadsToPeer = (route: string) => route.includes(' peering ');
const patch = (scene: Scene, spec: object) => scene.kubectl('patch', 'vpcp', name, '--type=merge', `--patch=${JSON.stringify({ spec })}`);
const resourceVersion = async (scene: Scene) => (await scene.get(name))?.metadata.resourceVersion;

/** A route that the peering made, removed by a person. */
async function removeRoute(scene: Scene): Promise<void> {
  const person = scene.ec2(oregon);
  const tables = (await person.send(new ec2.DescribeRouteTablesCommand({}))).RouteTables ?? [];
  const [made] = tables.flatMap((table) =>
    (table.Routes ?? []).flatMap((route) =>
      route.VpcPeeringConnectionId ? [{ table: table.RouteTableId, to: route.DestinationCidrBlock }] : [],
    ),
  );
  await person.send(new ec2.DeleteRouteCommand({ RouteTableId: made?.table, DestinationCidrBlock: made?.to }));
}

describeOwnCluster('a VpcPeering, by kubectl', (cluster) => {
  test('joins two VPCs, shows how it stands, follows every edit before it says Ready again, and leaves nothing behind', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const before = await scene.census(oregon);
      await scene.startLeader();
      await join(scene);
      const joined = await scene.census(oregon);
      expect(joined.connections).toEqual([pair]);
      expect(joined.routes.filter(leadsToPeer)).toEqual([
        'peering_test_1/main 10.255.1.0/24 peering active',
        'peering_test_1/public 10.255.1.0/24 peering active',
        'peering_test_2/main 10.255.0.0/24 peering active',
        'peering_test_2/public 10.255.0.0/24 peering active',
      ]);
      expect(joined.rules.filter((rule) => !before.rules.includes(rule))).toEqual([
        'peering_test_1/default -1 -1--1 from peering_test_2/default',
        'peering_test_2/default -1 -1--1 from peering_test_1/default',
      ]);

      const id = (await scene.get(name))?.status?.peeringConnectionId;
      const [header, row] = (await scene.kubectl('get', 'vpcp')).split('\n').map((line) => line.trim().split(/ {2,}/));
      expect(header).toEqual(['NAME', 'REQUESTER', 'ACCEPTER', 'PEERING', 'STATE', 'READY', 'REASON', 'AGE']);
      expect(row?.slice(0, -1)).toEqual([
        name,
        expect.stringMatching(/^vpc-/),
        expect.stringMatching(/^vpc-/),
        id,
        'active',
        'True',
        'Available',
      ]);
      const described = await scene.kubectl('describe', 'vpcp', name);
      expect(described).toMatch(/Events:\n[\s\S]*Normal +Available .* isthmus +everything is as wanted/);
      for (const type of ['Ready', 'Accepted', 'RoutesReady', 'SecurityGroupsReady']) {
        expect(described).toMatch(new RegExp(`Status: +True\\n +Type: +${type}\\n`));
      }

      const { requester } = scene.manifests().peering.spec;
      const ssh = { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { peer: true } };
      await patch(scene, { requester: { ingress: [...requester.ingress, ssh] } });
      await scene.waitReady(name);
      expect((await scene.census(oregon)).rules.filter((rule) => !joined.rules.includes(rule))).toEqual([
        'peering_test_1/default tcp 22-22 from 10.255.1.0/24',
      ]);
      await patch(scene, { requester: { destinations: ['10.255.1.0/25'] } });
      await scene.waitReady(name);
      expect((await scene.census(oregon)).routes.filter(leadsToPeer)).toEqual([
        'peering_test_1/main 10.255.1.0/25 peering active',
        'peering_test_1/public 10.255.1.0/25 peering active',
        'peering_test_2/main 10.255.0.0/24 peering active',
        'peering_test_2/public 10.255.0.0/24 peering active',
      ]);
      await patch(scene, { requester: { destinations: null, ingress: requester.ingress } });
      await scene.waitReady(name);
      expect(await scene.census(oregon)).toEqual(joined);
      expect((await scene.get(name))?.status).toMatchObject({ observedGeneration: 4, peeringConnectionId: id });

      await scene.kubectl('delete', 'vpcpeering', name, '--timeout=60s');
      expect(await scene.census(oregon)).toEqual(before);
    }));

  test('joins Seoul and London, each call made where it belongs, and leaves nothing behind in either', () =>
    onScene(cluster, { example: 'seoul-london' }, async (scene) => {
      const regions = ['ap-northeast-2', 'eu-west-2'] as const;
      const both = () => Promise.all(regions.map((region) => scene.census(region)));
      const before = await both();
      await scene.startLeader();
      const { account, peering } = scene.manifests();
      await scene.apply(account, peering);
      await scene.waitReady('seoul-to-london');
      const [seoul, london] = await both();
      expect(seoul?.routes.filter(leadsToPeer)).toEqual([
        'seoul/main 20.0.0.0/16 peering active',
        'seoul/public 20.0.0.0/16 peering active',
      ]);
      expect(london?.routes.filter(leadsToPeer)).toEqual([
        'london/main 10.0.0.0/16 peering active',
        'london/public 10.0.0.0/16 peering active',
      ]);
      expect(seoul?.rules).toContain('seoul/default icmp -1--1 from 20.0.0.0/16');
      expect(london?.rules).toContain('london/default icmp -1--1 from 10.0.0.0/16');
      expect([seoul?.connections.length, london?.connections.length]).toEqual([1, 1]);
      const made = scene.writesSince(0).map(({ operation, region }) => `${operation} ${region}`);
      expect(made).toContain('CreateVpcPeeringConnection ap-northeast-2');
      expect(made).toContain('AcceptVpcPeeringConnection eu-west-2');
      await scene.kubectl('delete', 'vpcpeering', 'seoul-to-london', '--timeout=60s');
      expect(await both()).toEqual(before);
    }));

  test('writes nothing while all is as wanted, neither to AWS nor to Kubernetes, over three resyncs and a restart', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const first = await scene.startLeader();
      await join(scene);
      const [sequence, version] = [scene.sequence(), await resourceVersion(scene)];
      const sweeps = () =>
        scene.simulator.record.calls().filter((call) => call.sequence > sequence && call.operation === 'DescribeRouteTables');
      await until('AWS is read three times', () => sweeps().length >= 3);
      await first.kill();
      const read = sweeps().length;
      await scene.startLeader();
      await until('AWS is read twice more', () => sweeps().length >= read + 2);
      expect(scene.writesSince(sequence)).toEqual([]);
      expect(await resourceVersion(scene)).toBe(version);
    }));

  test('follows edits again after the API server could not be reached for a while', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const line = await startProxy(cluster.serverUrl);
      try {
        const controller = await scene.startLeader({ kubeconfigPath: cluster.kubeconfigFor({ user: 'controller', serverUrl: line.url }) });
        await join(scene);
        line.refuse();
        // Shorter than the lease is surely held, long enough for the watches to fail several times.
        await passTime(4_000);
        await patch(scene, { requester: { destinations: ['10.255.1.0/25'] } });
        line.restore();
        await until('the edit is seen', async () => (await scene.get(name))?.status?.observedGeneration === 2);
        await scene.waitReady(name);
        expect((await scene.census(oregon)).routes.filter(leadsToPeer)).toContain('peering_test_1/main 10.255.1.0/25 peering active');
        expect(controller.exit).toBeUndefined();
      } finally {
        await line.close();
      }
    }));

  test('gets back a route that a person removed', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      await join(scene);
      const joined = await scene.census(oregon);
      await removeRoute(scene);
      const sequence = scene.sequence();
      expect(await scene.census(oregon)).not.toEqual(joined);
      await until('the route is back', () => scene.writesSince(sequence).length > 0);
      await scene.waitReady(name);
      expect(await scene.census(oregon)).toEqual(joined);
      expect(scene.writesSince(sequence).map(({ operation }) => operation)).toEqual(['CreateRoute']);
    }));

  test('is joined anew when a person deletes the connection, and the blackholes left behind are turned to the new one', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      await join(scene);
      const joined = await scene.census(oregon);
      const old = (await scene.get(name))?.status?.peeringConnectionId;
      const sequence = scene.sequence();
      await scene.ec2(oregon).send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: old }));
      await until('another connection is used', async () => {
        const status = (await scene.get(name))?.status;
        return status?.peeringConnectionId !== old && status?.state === 'active';
      });
      await scene.waitReady(name);
      expect(await scene.census(oregon)).toEqual(joined);
      const operations = scene.writesSince(sequence).map(({ operation }) => operation);
      expect(operations.filter((operation) => operation === 'ReplaceRoute')).toHaveLength(4);
      expect(operations).not.toContain('CreateRoute');
      expect(operations.filter((operation) => operation === 'CreateVpcPeeringConnection')).toHaveLength(1);
    }));

  test('is not touched while it is paused, and mended when that ends', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      await join(scene);
      const joined = await scene.census(oregon);
      await patch(scene, { paused: true });
      await scene.waitReason(name, 'Paused');
      await removeRoute(scene);
      const sequence = scene.sequence();
      await passTime(5_000);
      expect(scene.writesSince(sequence)).toEqual([]);
      await patch(scene, { paused: false });
      await scene.waitReady(name);
      expect(await scene.census(oregon)).toEqual(joined);
    }));

  test('that only observes says what it would do, and does it when it may', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      const { account, peering } = scene.manifests();
      peering.spec.observeOnly = true;
      await scene.apply(account, peering);
      const { status } = await scene.waitReason(name, 'ObserveOnly');
      expect(status?.plan).toEqual([expect.stringMatching(/^request a peering connection from vpc-\S+ \(us-west-2\) to vpc-/)]);
      expect(scene.writesSince(0)).toEqual([]);
      await patch(scene, { observeOnly: false });
      await scene.waitReady(name);
      expect((await scene.census(oregon)).connections).toEqual([pair]);
      expect((await scene.get(name))?.status).not.toHaveProperty('plan');
    }));

  test('of a namespace that the account does not allow causes no EC2 call, and heals without an edit once it is allowed', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      const { account, peering } = scene.manifests();
      account.spec.allowedNamespaces.selector = { matchLabels: { peering: 'allowed' } };
      await scene.apply(account, peering);
      await scene.waitReason(name, 'AccountNotAllowed');
      await passTime(3_000);
      expect(scene.simulator.record.calls().filter(({ service }) => service === 'ec2')).toEqual([]);
      await scene.kubectl('label', 'namespace', scene.namespace, 'peering=allowed');
      await scene.waitReady(name);
      expect((await scene.get(name))?.metadata.generation).toBe(1);
    }));

  test(`looks the same to the AWS CLI as to the SDK${awsCliIsThere ? '' : ' (skipped: there is no `aws` on the PATH)'}`, () =>
    awsCliIsThere
      ? onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
          await scene.startLeader();
          await join(scene);
          const person = scene.ec2(oregon);
          const { VpcPeeringConnections, $metadata: _ } = await person.send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
          expect(VpcPeeringConnections).toHaveLength(1);
          expect(await awsCli(scene, 'ec2', 'describe-vpc-peering-connections')).toEqual(
            JSON.parse(JSON.stringify({ VpcPeeringConnections })),
          );
          const { RouteTables } = await person.send(new ec2.DescribeRouteTablesCommand({}));
          expect(await awsCli(scene, 'ec2', 'describe-route-tables')).toEqual(JSON.parse(JSON.stringify({ RouteTables })));
        })
      : undefined);
});

describeOwnCluster('two VpcPeerings', (cluster) => {
  /** A second object for the same pair, from the other end. */
  const otherOf = ({ metadata, spec }: PeeringManifest): PeeringManifest => ({
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'VpcPeering',
    metadata: { ...metadata, name: 'test2-to-test1' },
    spec: { ...spec, requester: spec.accepter, accepter: spec.requester },
  });

  test('of one pair: the older owns it, the other says so, and each can be deleted without harm to the one that stays', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const before = await scene.census(oregon);
      await scene.startLeader();
      await join(scene);
      const joined = await scene.census(oregon);
      const other = otherOf(scene.manifests().peering);
      await scene.apply(other);
      const refused = await scene.waitReason(other.metadata.name, 'SideOwnedByAnother');
      expect(JSON.stringify(refused.status?.conditions)).toContain(`${scene.namespace}/${name} joins`);
      const sequence = scene.sequence();
      await scene.kubectl('delete', 'vpcp', other.metadata.name, '--timeout=60s');
      await passTime(3_000);
      expect(scene.writesSince(sequence)).toEqual([]);
      expect(await scene.census(oregon)).toEqual(joined);

      await scene.apply(other);
      await scene.waitReason(other.metadata.name, 'SideOwnedByAnother');
      await scene.kubectl('delete', 'vpcp', name, '--timeout=60s');
      await scene.waitReady(other.metadata.name);
      const inherited = await scene.census(oregon);
      expect(inherited.connections).toHaveLength(1);
      expect(inherited).toEqual({ ...joined, connections: inherited.connections });
      await scene.kubectl('delete', 'vpcp', other.metadata.name, '--timeout=60s');
      expect(await scene.census(oregon)).toEqual(before);
    }));

  test('of one pair that are made together end with one connection, one owner and one that says who', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const before = await scene.census(oregon);
      await scene.startLeader();
      const { account, peering } = scene.manifests();
      const other = otherOf(peering);
      await scene.apply(peering, other, account);
      const reasons = async () =>
        (await scene.kubectl('get', 'vpcp', '--output=jsonpath={range .items[*]}{.status.conditions[?(@.type=="Ready")].reason} {end}'))
          .trim()
          .split(' ')
          .toSorted();
      await until('one owns the pair', async () => (await reasons()).join() === 'Available,SideOwnedByAnother');
      const joined = await scene.census(oregon);
      expect(joined.connections).toHaveLength(1);
      expect(scene.writesSince(0).filter(({ operation }) => operation === 'CreateVpcPeeringConnection')).toHaveLength(1);
      const refused = (await scene.get(name))?.status?.conditions?.[0]?.reason === 'Available' ? other.metadata.name : name;
      await scene.kubectl('delete', 'vpcp', refused, '--timeout=60s');
      await passTime(3_000);
      expect(await scene.census(oregon)).toEqual(joined);
      await scene.kubectl('delete', 'vpcp', '--all', '--timeout=60s');
      expect(await scene.census(oregon)).toEqual(before);
    }));

  test('of one name, the second made after the first was deleted in the middle of a pass: one of everything', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      scene.simulator.orderFaults([{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { delayMs: 2_000 } }]);
      const { account, peering } = scene.manifests();
      await scene.apply(account, peering);
      await until('the request is on its way', async () => (await scene.get(name))?.status?.resources?.length === 1);
      const first = await scene.get(name);
      expect(scene.writesSince(0)).toEqual([]);
      await scene.kubectl('delete', 'vpcp', name, '--timeout=60s');
      expect((await scene.census(oregon)).connections).toEqual([]);
      await scene.apply(peering);
      await scene.waitReady(name);
      expect((await scene.get(name))?.metadata.uid).not.toBe(first?.metadata.uid);
      expect((await scene.census(oregon)).connections).toEqual([pair]);
    }));

  test('of one name, the first torn away in the middle of a pass: the second, for other VPCs, gets none of its ids', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      await scene.startLeader();
      scene.simulator.orderFaults([{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { delayMs: 3_000 } }]);
      const { account, peering } = scene.manifests();
      await scene.apply(account, peering);
      await until('the request is on its way', async () => (await scene.get(name))?.status?.resources?.length === 1);
      await scene.kubectl('delete', 'vpcp', name, '--wait=false');
      await scene.kubectl('patch', 'vpcp', name, '--type=merge', '--patch={"metadata":{"finalizers":null}}');
      peering.spec.accepter.vpcSelector.tags.Name = 'decoy';
      await scene.apply(peering);
      expect(scene.writesSince(0)).toEqual([]);
      await scene.waitReady(name);
      expect((await scene.census(oregon)).connections).toEqual([
        'peering_test_1 -> decoy active',
        // Nobody is left who could answer for it: its finalizer was taken away by force.
        'peering_test_1 -> peering_test_2 pending-acceptance',
      ]);
      const requested = scene.writesSince(0).filter(({ operation }) => operation === 'CreateVpcPeeringConnection');
      expect(requested).toHaveLength(2);
      const connections = (await scene.ec2(oregon).send(new ec2.DescribeVpcPeeringConnectionsCommand({}))).VpcPeeringConnections ?? [];
      const orphan = connections.find(({ Status }) => Status?.Code === 'pending-acceptance')?.VpcPeeringConnectionId ?? '';
      expect(orphan).toMatch(/^pcx-/);
      const second = await scene.get(name);
      expect(JSON.stringify(second)).not.toContain(orphan);
      await scene.kubectl('delete', 'vpcp', name, '--timeout=60s');
      expect((await scene.census(oregon)).connections).toEqual(['peering_test_1 -> peering_test_2 pending-acceptance']);
    }));
});

/** The real AWS CLI with nothing of this machine's settings, credentials or proxies. */
async function awsCli(scene: Scene, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
      NO_PROXY: '*',
      AWS_ENDPOINT_URL: scene.awsUrl,
      AWS_ACCESS_KEY_ID: '111122223333',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_DEFAULT_REGION: oregon,
    },
  });
  return JSON.parse(stdout);
}
