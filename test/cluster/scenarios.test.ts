import * as ec2 from '@aws-sdk/client-ec2';
import { expect, jest, test } from '@jest/globals';
import { describeOwnCluster } from './cluster.ts';
import { type Census, onScene, type Peering, passTime, type Scene, type SceneOptions, until } from './scene.ts';

/** Situations that other systems get wrong, with the real programs; on the simulator alone there are more of them. */

// Longer than any wait within: a story that ends by itself tells how things stood.
jest.setTimeout(180_000);

const region = 'us-west-2';
const [us, them] = ['111122223333', '444455556666'] as const;

/** A VPC with a main and another route table, and an instance named as the VPC. */
const vpc = (called: string, cidr: string, more: object = {}) => ({
  name: called,
  cidr,
  subnets: [{ name: 'one', cidr: cidr.replace(/\/\d+$/, '/26') }],
  routeTables: [
    { name: 'main', main: true },
    { name: 'own', subnets: ['one'] },
  ],
  instances: [{ name: called, subnet: 'one', securityGroups: ['default'] }],
  ...more,
});

const inWorld = (
  vpcs: readonly object[],
  { peerings = [], ...more }: Partial<SceneOptions> & { peerings?: object[] } = {},
): SceneOptions => ({
  example: 'two-vpcs',
  world: JSON.stringify({ accounts: { [us]: { [region]: { vpcs } } }, peerings }),
  ...more,
});

const leftAndRight = [vpc('left', '10.1.0.0/24'), vpc('right', '10.2.0.0/24')];

const ssh = { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'] };
const fromPeer = [{ ...ssh, from: { peer: true } }];
const byReference = [{ ...ssh, from: { securityGroup: { name: 'default' } } }];

/** A VpcPeering named `requester-to-accepter`, of two VPCs of the scene's account. */
function peering(scene: Scene, [requester, accepter]: readonly [string, string], more: object = {}) {
  const side = (called: string) => ({
    accountRef: { name: scene.account },
    vpcSelector: { tags: { Name: called } },
    ingress: byReference,
  });
  return {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'VpcPeering',
    metadata: { name: `${requester}-to-${accepter}`, namespace: scene.namespace },
    spec: { requester: side(requester), accepter: side(accepter), ...more },
  };
}

const name = 'left-to-right';

/** Applies the account and a peering of `left` and `right`, with a controller there already. */
async function ask(scene: Scene): Promise<void> {
  await scene.startLeader();
  await scene.apply(scene.manifests().account, peering(scene, ['left', 'right']));
}

async function join(scene: Scene): Promise<void> {
  await ask(scene);
  await scene.waitReady(name);
}

const remove = (scene: Scene, ...names: readonly string[]) => scene.kubectl('delete', 'vpcp', ...names, '--timeout=60s');
const more = (list: readonly string[], than: readonly string[]) => list.filter((entry) => !than.includes(entry));
const messages = (object: Peering | undefined) => (object?.status?.conditions ?? []).map(({ message }) => message).join('\n');
const operations = (scene: Scene, sequence = 0) => scene.writesSince(sequence).map(({ operation }) => operation);
const requests = (scene: Scene) => operations(scene).filter((operation) => operation === 'CreateVpcPeeringConnection').length;

/** Asks for another look at what only a person can mend, which by itself comes late. */
async function lookAgain(scene: Scene, of: string, time: string): Promise<void> {
  // What was read less than a resync ago is not read again.
  await passTime(3_000);
  await scene.kubectl('annotate', 'vpcp', of, '--overwrite', `isthmus.dev/reconcile-at=${time}`);
}

/** Waits until the controllers have read AWS anew so many times. */
async function resyncs(scene: Scene, count: number): Promise<void> {
  const start = scene.sequence();
  const reads = () =>
    scene.simulator.record.calls().filter(({ sequence, operation }) => sequence > start && operation === 'DescribeRouteTables').length;
  await until(`AWS is read ${count} times`, () => reads() >= count);
}

async function vpcCalled(scene: Scene, called: string, accountId: string = us): Promise<ec2.Vpc> {
  const Filters = [{ Name: 'tag:Name', Values: [called] }];
  const { Vpcs } = await scene.ec2(region, accountId).send(new ec2.DescribeVpcsCommand({ Filters }));
  return Vpcs?.[0] ?? {};
}

async function tableCalled(scene: Scene, called: string, ofVpc: string): Promise<string> {
  const Filters = [
    { Name: 'tag:Name', Values: [called] },
    { Name: 'vpc-id', Values: [(await vpcCalled(scene, ofVpc)).VpcId ?? ''] },
  ];
  const { RouteTables } = await scene.ec2(region).send(new ec2.DescribeRouteTablesCommand({ Filters }));
  return RouteTables?.[0]?.RouteTableId ?? '';
}

async function withoutCidr(scene: Scene, called: string, cidr: string): Promise<void> {
  const association = (await vpcCalled(scene, called)).CidrBlockAssociationSet?.find(({ CidrBlock }) => CidrBlock === cidr);
  await scene.ec2(region).send(new ec2.DisassociateVpcCidrBlockCommand({ AssociationId: association?.AssociationId }));
}

async function withCidr(scene: Scene, called: string, cidr: string): Promise<void> {
  const { VpcId } = await vpcCalled(scene, called);
  await scene.ec2(region).send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: cidr }));
}

/** Ids of all rules and of all connections, those that have ended too. */
async function idsOf(scene: Scene): Promise<readonly string[]> {
  const person = scene.ec2(region);
  const { SecurityGroupRules = [] } = await person.send(new ec2.DescribeSecurityGroupRulesCommand({}));
  const { VpcPeeringConnections = [] } = await person.send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
  return [
    ...SecurityGroupRules.map((rule) => rule.SecurityGroupRuleId ?? ''),
    ...VpcPeeringConnections.map((connection) => connection.VpcPeeringConnectionId ?? ''),
  ].toSorted();
}

describeOwnCluster('with a real API server', (cluster) => {
  test('scenario 6: every CIDR of the peer, secondary and IPv6 too, is routed in every table of both sides, and decoys are untouched', () => {
    const wide = (called: string, [first, second]: readonly [string, string], ipv6: string) => ({
      ...vpc(called, `${first}.0/24`, { secondaryCidrs: [`${second}.0/24`], ipv6 }),
      subnets: [
        { name: 'one', cidr: `${first}.0/26` },
        { name: 'two', cidr: `${second}.0/26` },
      ],
    });
    const vpcs = [
      wide('left', ['10.1.0', '10.1.1'], '2001:db8:1::/56'),
      wide('right', ['10.2.0', '10.2.1'], '2001:db8:2::/56'),
      wide('left-old', ['10.1.0', '10.1.1'], '2001:db8:3::/56'),
      wide('right-old', ['10.2.0', '10.2.1'], '2001:db8:4::/56'),
    ];
    return onScene(cluster, inWorld(vpcs), async (scene) => {
      const before = await scene.census(region);
      await join(scene);
      const joined = await scene.census(region);
      const wanted = (of: string, cidrs: readonly string[]) =>
        ['main', 'own'].flatMap((table) => cidrs.map((cidr) => `${of}/${table} ${cidr} peering active`));
      expect(more(joined.routes, before.routes)).toEqual(
        [
          ...wanted('left', ['10.2.0.0/24', '10.2.1.0/24', '2001:db8:2::/56']),
          ...wanted('right', ['10.1.0.0/24', '10.1.1.0/24', '2001:db8:1::/56']),
        ].toSorted(),
      );
      expect(more(before.routes, joined.routes)).toEqual([]);
      expect(more(joined.rules, before.rules)).toEqual([
        'left/default tcp 22-22 from right/default',
        'right/default tcp 22-22 from left/default',
      ]);
      await remove(scene, name);
      expect(await scene.census(region)).toEqual(before);
    });
  });

  test('scenario 7: a table that sends the destination elsewhere is left alone and named, the others are served, and it is served once it is free', () => {
    const taken = [
      { name: 'main', main: true },
      { name: 'own', subnets: ['one'], routes: [{ to: '10.2.0.0/24', via: 'left' }] },
    ];
    const vpcs = [vpc('left', '10.1.0.0/24', { routeTables: taken }), vpc('right', '10.2.0.0/24')];
    return onScene(cluster, inWorld(vpcs), async (scene) => {
      const before = await scene.census(region);
      const own = await tableCalled(scene, 'own', 'left');
      await ask(scene);
      const conflicting = await scene.waitReason(name, 'RouteConflict');
      expect(messages(conflicting)).toContain(own);
      expect(conflicting.status).toMatchObject({
        requester: { routes: expect.arrayContaining([{ routeTableId: own, destination: '10.2.0.0/24', state: 'conflict' }]) },
      });
      await Promise.all([resyncs(scene, 1), lookAgain(scene, name, 'conflicting')]);
      const beside = await scene.census(region);
      expect(more(before.routes, beside.routes)).toEqual([]);
      expect(more(beside.routes, before.routes)).toEqual([
        'left/main 10.2.0.0/24 peering active',
        'right/main 10.1.0.0/24 peering active',
        'right/own 10.1.0.0/24 peering active',
      ]);
      const free = new ec2.DeleteRouteCommand({ RouteTableId: own, DestinationCidrBlock: '10.2.0.0/24' });
      await scene.ec2(region).send(free);
      await lookAgain(scene, name, 'free');
      await scene.waitReady(name);
      expect((await scene.census(region)).routes).toContain('left/own 10.2.0.0/24 peering active');
    });
  });

  test('scenario 8: a CIDR that the peer gets and one that it loses make one route appear and one disappear in each table, and nothing else', () => {
    const vpcs = [vpc('left', '10.1.0.0/24'), vpc('right', '10.2.0.0/24', { secondaryCidrs: ['10.2.1.0/24'] })];
    return onScene(cluster, inWorld(vpcs), async (scene) => {
      await join(scene);
      const joined = await scene.census(region);
      const sequence = scene.sequence();
      await withCidr(scene, 'right', '10.2.7.0/24');
      await withoutCidr(scene, 'right', '10.2.1.0/24');
      const isPersons = (operation: string) => operation.endsWith('VpcCidrBlock');
      const done = () => operations(scene, sequence).filter((operation) => !isPersons(operation));
      await until('the routes follow', () => done().length >= 4);
      await resyncs(scene, 3);
      const followed = await scene.census(region);
      const ofPeers = (routes: readonly string[]) => routes.filter((route) => route.includes(' peering '));
      expect(ofPeers(more(followed.routes, joined.routes))).toEqual([
        'left/main 10.2.7.0/24 peering active',
        'left/own 10.2.7.0/24 peering active',
      ]);
      expect(ofPeers(more(joined.routes, followed.routes))).toEqual([
        'left/main 10.2.1.0/24 peering active',
        'left/own 10.2.1.0/24 peering active',
      ]);
      expect({ ...followed, routes: [] }).toEqual({ ...joined, routes: [] });
      expect(done().toSorted()).toEqual(['CreateRoute', 'CreateRoute', 'DeleteRoute', 'DeleteRoute']);
      await scene.waitReady(name);
    });
  });

  test('scenario 9: connections that were rejected, that expired, that failed and that were deleted are told apart, and requested again where that can help', () => {
    const called = ['rejected', 'expired', 'failed', 'deleted'] as const;
    const vpcs = called.flatMap((what, index) => [vpc(what, `10.${index}.1.0/24`), vpc(`${what}-peer`, `10.${index}.2.0/24`)]);
    const objects = Object.fromEntries(called.map((what) => [what, `${what}-to-${what}-peer`])) as Record<(typeof called)[number], string>;
    // Long enough for a person to reject one before it expires. What is read of VPCs comes late, so that AWS alone knows of an overlap.
    const settings = { delaysMs: { peeringPendingAcceptance: 8_000 }, lagMsOf: { vpcs: 15_000 } };
    return onScene(cluster, inWorld(vpcs, { settings }), async (scene) => {
      await scene.startLeader();
      await withCidr(scene, 'failed-peer', '10.2.1.0/24');
      const manifest = (what: string, spec: object = {}) => peering(scene, [what, `${what}-peer`], spec);
      const byHand = { acceptance: 'Manual' };
      await scene.apply(
        scene.manifests().account,
        manifest('rejected', byHand),
        manifest('expired', byHand),
        manifest('failed'),
        manifest('deleted'),
      );
      const person = scene.ec2(region);
      const connectionOf = async (what: (typeof called)[number]) => (await scene.get(objects[what]))?.status?.peeringConnectionId;
      const requestsOf = async (what: string) => {
        const { VpcId } = await vpcCalled(scene, what);
        return scene
          .writesSince(0)
          .filter(({ operation, parameters }) => operation === 'CreateVpcPeeringConnection' && parameters.VpcId === VpcId).length;
      };

      await scene.waitReason(objects.rejected, 'PendingAcceptance');
      const rejected = await connectionOf('rejected');
      await person.send(new ec2.RejectVpcPeeringConnectionCommand({ VpcPeeringConnectionId: rejected }));
      await scene.waitReady(objects.deleted);
      const joined = await scene.census(region);
      const deleted = await connectionOf('deleted');
      await person.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: deleted }));

      const failure = await scene.waitReason(objects.failed, 'PeeringFailed');
      expect(failure.status).toMatchObject({ state: 'failed', stateMessage: expect.stringMatching(/./) });
      expect(messages(failure)).toContain((failure.status as { stateMessage?: string }).stateMessage);

      const rejection = await scene.waitReason(objects.rejected, 'PeeringRejected');
      expect(rejection.status).toMatchObject({ state: 'rejected', stateMessage: expect.stringContaining(us) });
      expect(messages(rejection)).toContain(rejected);

      await until('another connection is used', async () => ![undefined, deleted].includes(await connectionOf('deleted')));
      await scene.waitReady(objects.deleted);
      const isDeletedOnes = (entry: string) => entry.startsWith('deleted');
      const again = await scene.census(region);
      for (const part of ['connections', 'routes', 'rules'] as const) {
        expect(again[part].filter(isDeletedOnes)).toEqual(joined[part].filter(isDeletedOnes));
      }

      const expiry = await scene.waitReason(objects.expired, 'PeeringExpired');
      expect(expiry.status).toMatchObject({ state: 'expired' });
      await lookAgain(scene, objects.failed, 'now');
      // What is read now shows why it failed: it is not tried any more.
      expect(messages(await scene.waitReason(objects.failed, 'CidrOverlap'))).toContain('10.2.1.0/24');
      // It was requested again at once, and the third time is half a minute away.
      expect(await requestsOf('expired')).toBe(2);
      expect(await requestsOf('deleted')).toBe(2);
      expect(await requestsOf('rejected')).toBe(1);
      await lookAgain(scene, objects.rejected, 'now');
      await until('the rejected one is requested again', async () => (await requestsOf('rejected')) === 2);
      await scene.waitReason(objects.rejected, 'PendingAcceptance');
      expect(await connectionOf('rejected')).not.toBe(rejected);
    });
  });

  test('scenario 10: connections that run the other way, active or pending, are found and used, and are still there after deletion', () => {
    const vpcs = [...leftAndRight, vpc('up', '10.3.0.0/24'), vpc('down', '10.4.0.0/24')];
    const peerings = [
      { name: 'by-hand', requester: 'right', accepter: 'left', state: 'active' },
      { name: 'half-done', requester: 'down', accepter: 'up', state: 'pending-acceptance' },
    ];
    return onScene(cluster, inWorld(vpcs, { peerings }), async (scene) => {
      const before = await scene.census(region);
      await ask(scene);
      await scene.apply(peering(scene, ['up', 'down']));
      await scene.waitReady('all');
      const joined = await scene.census(region);
      expect(joined.connections).toEqual(['down -> up active', 'right -> left active']);
      expect(joined.routes.filter((route) => route.endsWith(' peering active'))).toHaveLength(8);
      expect(requests(scene)).toBe(0);
      await remove(scene, '--all');
      expect(await scene.census(region)).toEqual({ ...before, connections: joined.connections });
    });
  });

  test('scenario 11: VPCs whose secondary CIDRs overlap cause no write, both CIDRs are named, and it heals without an edit of the spec', () => {
    const vpcs = [
      vpc('left', '10.1.0.0/24', { secondaryCidrs: ['10.9.0.0/23'] }),
      vpc('right', '10.2.0.0/24', { secondaryCidrs: ['10.9.1.0/24'] }),
    ];
    return onScene(cluster, inWorld(vpcs), async (scene) => {
      await ask(scene);
      const refused = await scene.waitReason(name, 'CidrOverlap');
      for (const cidr of ['10.9.0.0/23', '10.9.1.0/24']) expect(messages(refused)).toContain(cidr);
      await Promise.all([resyncs(scene, 1), lookAgain(scene, name, 'overlapping')]);
      await scene.waitReason(name, 'CidrOverlap');
      expect(operations(scene)).toEqual([]);
      await withoutCidr(scene, 'right', '10.9.1.0/24');
      await until('AWS has taken it away', async () => !JSON.stringify(await vpcCalled(scene, 'right')).includes('disassociating'));
      await lookAgain(scene, name, 'apart');
      await scene.waitReady(name);
      expect((await scene.get(name))?.metadata.generation).toBe(1);
    });
  });

  test('scenario 18: rules and routes of others in the same groups and tables are still there at the end, and after deletion', () =>
    onScene(cluster, inWorld(leftAndRight), async (scene) => {
      const before = await scene.census(region);
      await join(scene);
      const person = scene.ec2(region);
      const RouteTableId = await tableCalled(scene, 'own', 'left');
      const Filters = [{ Name: 'vpc-id', Values: [(await vpcCalled(scene, 'left')).VpcId ?? ''] }];
      const { NetworkInterfaces } = await person.send(new ec2.DescribeNetworkInterfacesCommand({ Filters }));
      const ofInstance = NetworkInterfaces?.[0];
      const others = [
        { DestinationCidrBlock: '10.2.0.0/26', NetworkInterfaceId: ofInstance?.NetworkInterfaceId },
        { DestinationCidrBlock: '10.2.0.64/26', VpcPeeringConnectionId: (await scene.get(name))?.status?.peeringConnectionId },
      ];
      for (const route of others) await person.send(new ec2.CreateRouteCommand({ RouteTableId, ...route }));
      await person.send(
        new ec2.AuthorizeSecurityGroupIngressCommand({
          GroupId: ofInstance?.Groups?.[0]?.GroupId,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.2.0.0/24' }] }],
        }),
      );
      const sequence = scene.sequence();
      await resyncs(scene, 3);
      expect(operations(scene, sequence)).toEqual([]);
      await scene.waitReady(name);
      await remove(scene, name);
      const left = await scene.census(region);
      expect(more(left.rules, before.rules)).toEqual(['left/default tcp 22-22 from 10.2.0.0/24']);
      expect(more(left.routes, before.routes)).toEqual([
        'left/own 10.2.0.0/26 gateway active',
        // By hand, through the connection that is gone now.
        'left/own 10.2.0.64/26 peering blackhole',
      ]);
      expect([more(before.rules, left.rules), more(before.routes, left.routes), left.connections]).toEqual([[], [], []]);
    }));

  test('scenario 22: two halves of two teams in two namespaces make one connection, whichever goes first, and each cleans up its own side', () => {
    const world = JSON.stringify({
      accounts: {
        [us]: { [region]: { vpcs: [vpc('ours-1', '10.1.0.0/24'), vpc('ours-2', '10.3.0.0/24')] } },
        [them]: { [region]: { vpcs: [vpc('theirs-1', '10.2.0.0/24'), vpc('theirs-2', '10.4.0.0/24')] } },
      },
    });
    return onScene(cluster, { example: 'two-vpcs', world }, async (scene) => {
      const both = (): Promise<readonly Census[]> => Promise.all([us, them].map((accountId) => scene.census(region, accountId)));
      const before = await both();
      const otherTeam = await cluster.namespace();
      const [ours, theirs] = [scene.manifests().account, scene.manifests(them).account];
      theirs.spec.allowedNamespaces.selector = { matchLabels: { 'kubernetes.io/metadata.name': otherTeam } };
      const half = async (team: 'ours' | 'theirs', pair: 1 | 2) => {
        const vpcIds = {
          ours: (await vpcCalled(scene, `ours-${pair}`)).VpcId,
          theirs: (await vpcCalled(scene, `theirs-${pair}`, them)).VpcId,
        };
        const account = team === 'ours' ? ours : theirs;
        const own = { accountRef: account.metadata, vpcSelector: { tags: { Name: `${team}-${pair}` } }, ingress: fromPeer };
        const spec =
          team === 'ours'
            ? { requester: own, accepter: { accountId: them, region, vpcId: vpcIds.theirs } }
            : { requester: { accountId: us, region, vpcId: vpcIds.ours }, accepter: own };
        const metadata = { name: `half-${pair}`, namespace: team === 'ours' ? scene.namespace : otherTeam };
        return { apiVersion: 'isthmus.dev/v1alpha1', kind: 'VpcPeering', metadata, spec };
      };
      const inOtherTeam = `--namespace=${otherTeam}`;
      const readyIs = (value: string) => `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${value}`;
      const theirsIs = (pair: 1 | 2, value: string) =>
        scene.kubectl(inOtherTeam, 'wait', 'vpcp', `half-${pair}`, readyIs(value), '--timeout=60s');

      await scene.startLeader();
      await scene.apply(ours, theirs, await half('ours', 1), await half('theirs', 2));
      await scene.waitReason('half-1', 'PendingAcceptance');
      await theirsIs(2, 'PendingAcceptance');
      await scene.apply(await half('theirs', 1), await half('ours', 2));
      await scene.waitReady('all');
      await theirsIs(1, 'Available');
      await theirsIs(2, 'Available');
      const joined = await both();
      expect(requests(scene)).toBe(2);
      const routesOf = ({ routes }: Census) => routes.filter((route) => route.includes(' peering '));
      const wanted = (of: string, to: string) => ['main', 'own'].map((table) => `${of}/${table} ${to} peering active`);
      expect(joined.map(routesOf)).toEqual([
        [...wanted('ours-1', '10.2.0.0/24'), ...wanted('ours-2', '10.4.0.0/24')],
        [...wanted('theirs-1', '10.1.0.0/24'), ...wanted('theirs-2', '10.3.0.0/24')],
      ]);
      expect(joined.map(({ connections }) => connections.length)).toEqual([2, 2]);

      // The accepter's half found its connection: it takes its own routes with it and leaves the connection to its maker.
      await scene.kubectl(inOtherTeam, 'delete', 'vpcp', 'half-1', '--timeout=60s');
      const [oursAlone, withoutTheirs] = await both();
      expect(oursAlone).toEqual(joined[0]);
      expect(withoutTheirs && routesOf(withoutTheirs)).toEqual(wanted('theirs-2', '10.3.0.0/24'));
      await remove(scene, '--all');
      // Deleted by an account that the other team does not control: it says so, until it is asked to look for a new request.
      await theirsIs(2, 'PeeringRejected');
      await scene.kubectl(inOtherTeam, 'delete', 'vpcp', 'half-2', '--timeout=60s');
      expect(await both()).toEqual(before);
    });
  });

  test('scenario 24: objects that were lost and come back with new uids take over what there is: nothing is made twice, nothing deleted, and what was adopted is still only adopted', () => {
    const vpcs = [...leftAndRight, vpc('third', '10.3.0.0/24')];
    const peerings = [{ name: 'by-hand', requester: 'left', accepter: 'third', state: 'active' }];
    return onScene(cluster, inWorld(vpcs, { peerings }), async (scene) => {
      const before = await scene.census(region);
      const first = await scene.startLeader();
      const { account } = scene.manifests();
      const objects = [peering(scene, ['left', 'right']), peering(scene, ['left', 'third'])];
      const names = objects.map(({ metadata }) => metadata.name);
      await scene.apply(account, ...objects);
      await scene.waitReady('all');
      await resyncs(scene, 1);
      const [joined, ids] = [await scene.census(region), await idsOf(scene)];
      const uids = () => Promise.all(names.map(async (each) => (await scene.get(each))?.metadata.uid));
      const old = await uids();

      await first.kill();
      const all = [...names.map((each) => `vpcpeering/${each}`), `awsaccount/${scene.account}`];
      await scene.kubectl('patch', ...all, '--type=merge', '--patch={"metadata":{"finalizers":null}}');
      await scene.kubectl('delete', ...all, '--timeout=60s');
      const sequence = scene.sequence();
      await scene.startLeader();
      await scene.apply(account, ...objects);
      await scene.waitReady('all');
      await resyncs(scene, 2);
      for (const uid of await uids()) expect(old).not.toContain(uid);
      expect(await scene.census(region)).toEqual(joined);
      expect(await idsOf(scene)).toEqual(ids);
      // Said once more whose they are; the connection that was made by hand is nobody's.
      expect(new Set(operations(scene, sequence))).toEqual(new Set(['CreateTags']));
      await remove(scene, '--all');
      // Routes cannot be tagged: those through a connection that is another's are taken for another's too.
      const { connections, rules } = await scene.census(region);
      expect({ connections, rules }).toEqual({ connections: before.connections, rules: before.rules });
    });
  });
});
