import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import type { VpcPeeringStatus } from '../../src/kinds/vpc-peering/api.ts';
import { reachableSet, type Traffic } from '../../src/network/reachability.ts';
import {
  account,
  accounts,
  census,
  keyOf,
  lastSequence,
  minutes,
  more,
  namespace,
  operations,
  peering,
  person,
  roleOf,
  vpcNamed,
  writesSince,
  yaml,
} from './setting.ts';
import { type Stage, type StageOptions, setStage } from './stage.ts';

/** Situations that other systems get wrong, one test each, on the simulator. */

const seconds = (count: number): number => count * 1000;
const [tcp22, tcp5432]: readonly Traffic[] = [
  { protocol: 'tcp', port: 22 },
  { protocol: 'tcp', port: 5432 },
];

/** A VPC with one subnet, one instance named as the VPC, and a table of its own besides the main one. */
const smallVpc = (name: string, cidr: string, more: Record<string, unknown> = {}) => ({
  name,
  cidr,
  subnets: [{ name: 'one', cidr: cidr.replace(/\/\d+$/, '/26') }],
  routeTables: [
    { name: 'main', main: true },
    { name: 'own', subnets: ['one'] },
  ],
  instances: [{ name, subnet: 'one', securityGroups: ['default'] }],
  ...more,
});

const worldOf = (vpcs: readonly object[], more: object = {}): string =>
  yaml({ accounts: { [accounts.own]: { 'us-west-2': { vpcs } } }, ...more });

/** The VPCs `left` and `right` of one account and region. */
const onePlace = (options: Partial<StageOptions> = {}): Stage =>
  setStage({ world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24')]), ...options });

const byReference = [
  { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { securityGroup: { name: 'default' } } },
];
const fromPeer = [{ name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { peer: true } }];

const name = 'left-to-right';
const spec = (more: Record<string, unknown> = {}) => ({
  requester: { ...vpcNamed('left'), ingress: byReference },
  accepter: { ...vpcNamed('right'), ingress: byReference },
  ...more,
});
const basics = [namespace(), account('default', accounts.own)];
const manifests = yaml(...basics, peering(name, spec()));

/** `left` in the controller's own account and `right` in another, of which it has a role. */
function twoAccounts(options: Partial<StageOptions> = {}, region = 'us-west-2'): Stage {
  return setStage({
    world: yaml({
      accounts: {
        [accounts.own]: { 'us-west-2': { vpcs: [smallVpc('left', '10.1.0.0/24')] } },
        [accounts.other]: { [region]: { vpcs: [smallVpc('right', '10.2.0.0/24')] } },
      },
      roles: [accounts.own, accounts.other].map((accountId) => ({ arn: roleOf(accountId), trusts: [accounts.own] })),
    }),
    ...options,
  });
}

const withRole = (accountId: string, more: object = {}) => ({ assumeRole: { roleArn: roleOf(accountId) }, ...more });

const manifestsOfTwoAccounts = (region = 'us-west-2', more: Record<string, unknown> = {}): string =>
  yaml(
    namespace(),
    account('own', accounts.own, withRole(accounts.own)),
    account('other', accounts.other, withRole(accounts.other, { defaultRegion: region })),
    peering(name, {
      requester: { ...vpcNamed('left'), accountRef: { name: 'own' }, ingress: fromPeer },
      accepter: { ...vpcNamed('right'), accountRef: { name: 'other' }, ingress: fromPeer },
      ...more,
    }),
  );

function statusOf(stage: Stage, of = name): VpcPeeringStatus {
  const object = stage.get(of);
  if (!object?.status) throw new Error(`${of} has no status`);
  return object.status as VpcPeeringStatus;
}

const messages = (stage: Stage, of = name): string => (statusOf(stage, of).conditions ?? []).map(({ message }) => message).join('\n');

async function joined(stage: Stage, how = manifests) {
  const before = census(stage);
  const process = await stage.start();
  stage.apply(how);
  await stage.until(() => stage.ready(name), minutes(3));
  return { process, before, after: census(stage) };
}

async function deleted(stage: Stage, of = name): Promise<void> {
  stage.server.delete(keyOf(of));
  await stage.until(() => stage.get(of) === undefined, minutes(5));
}

/** The id that the simulator gave to what a world file names. */
function idOf(stage: Stage, collection: 'vpcs' | 'routeTables' | 'instances', called: string, inVpc?: string): string {
  const found = stage.world
    .network()
    .flatMap((network) => [...network[collection].entries()].map(([id, thing]) => ({ id, thing, network })))
    .filter(({ thing, network }) => {
      const vpc = network.vpcs.get((thing as { vpcId: string }).vpcId);
      return thing.tags.Name === called && (inVpc === undefined || vpc?.tags.Name === inVpc);
    });
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} ${collection} are called ${called}`);
  return found[0].id;
}

const reaches = (stage: Stage, traffic: Traffic | undefined, family: 4 | 6 = 4): ReadonlySet<string> =>
  reachableSet(stage.world.network(), traffic ? [traffic] : [], family);

const reach = (stage: Stage, from: string, to: string, traffic = tcp22): boolean =>
  [...reaches(stage, traffic)].some((sentence) =>
    sentence.startsWith(`${idOf(stage, 'instances', from)} reaches ${idOf(stage, 'instances', to)} `),
  );

describe('scenario 6', () => {
  const vpc = (called: string, [first, second]: readonly [string, string]) => ({
    ...smallVpc(called, `${first}.0/24`, { secondaryCidrs: [`${second}.0/24`], ipv6: true }),
    subnets: [
      { name: 'one', cidr: `${first}.0/26` },
      { name: 'two', cidr: `${second}.0/26` },
    ],
  });
  const world = worldOf([
    vpc('left', ['10.1.0', '10.1.1']),
    vpc('right', ['10.2.0', '10.2.1']),
    vpc('left-old', ['10.1.0', '10.1.1']),
    vpc('right-old', ['10.2.0', '10.2.1']),
  ]);

  test('every CIDR of the peer, secondary and IPv6 too, is routed in every table of both sides, and decoys are untouched', async () => {
    const stage = setStage({ world });
    const { before, after } = await joined(stage);
    const added = more(after.routes, before.routes);
    const ipv6 = (of: string) => [...stage.world.vpcs.all()].find(({ id }) => id === idOf(stage, 'vpcs', of))?.ipv6CidrBlocks[0]?.cidr;
    const wanted = (of: string, cidrs: readonly (string | undefined)[]) =>
      ['main', 'own'].flatMap((table) => cidrs.map((cidr) => `${idOf(stage, 'routeTables', table, of)} ${cidr}`));
    expect(added.map((route) => route.split(' ').slice(0, 2).join(' ')).toSorted()).toEqual(
      [
        ...wanted('left', ['10.2.0.0/24', '10.2.1.0/24', ipv6('right')]),
        ...wanted('right', ['10.1.0.0/24', '10.1.1.0/24', ipv6('left')]),
      ].toSorted(),
    );
    expect(added.every((route) => route.endsWith('active'))).toBe(true);
    expect(more(before.routes, after.routes)).toEqual([]);
    expect(more(after.rules, before.rules)).toHaveLength(2);
    await deleted(stage);
    expect(census(stage)).toEqual(before);
  });
});

describe('scenario 7', () => {
  test('a table that sends the destination elsewhere is left alone and named, the others are served, and it is served once it is free', async () => {
    const left = smallVpc('left', '10.1.0.0/24', {
      routeTables: [
        { name: 'main', main: true },
        { name: 'own', subnets: ['one'], routes: [{ to: '10.2.0.0/24', via: 'left' }] },
      ],
    });
    const stage = setStage({ world: worldOf([left, smallVpc('right', '10.2.0.0/24')]) });
    const before = census(stage);
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.reason(name) === 'RouteConflict', minutes(2));
    await stage.pass(minutes(1));
    const own = idOf(stage, 'routeTables', 'own', 'left');
    expect(messages(stage)).toContain(own);
    expect(more(before.routes, census(stage).routes)).toEqual([]);
    expect(more(census(stage).routes, before.routes)).toHaveLength(3);
    expect(statusOf(stage).requester?.routes).toContainEqual({ routeTableId: own, destination: '10.2.0.0/24', state: 'conflict' });

    await person(stage).send(new ec2.DeleteRouteCommand({ RouteTableId: own, DestinationCidrBlock: '10.2.0.0/24' }));
    await stage.until(() => stage.ready(name), minutes(7));
    expect(reach(stage, 'left', 'right')).toBe(true);
  });
});

describe('scenario 8', () => {
  test('a CIDR that the peer gets and one that it loses make one route appear and one disappear in each table, and nothing else', async () => {
    const stage = setStage({
      world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24', { secondaryCidrs: ['10.2.1.0/24'] })]),
    });
    const { after } = await joined(stage);
    const vpcId = idOf(stage, 'vpcs', 'right');
    const someone = person(stage);
    const sequence = lastSequence(stage);
    const old = [...stage.world.vpcs.all()].find(({ id }) => id === vpcId)?.cidrBlocks.find(({ cidr }) => cidr === '10.2.1.0/24');
    await someone.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId: vpcId, CidrBlock: '10.2.7.0/24' }));
    await someone.send(new ec2.DisassociateVpcCidrBlockCommand({ AssociationId: old?.associationId }));
    const beforeControllerLooks = lastSequence(stage);
    await stage.pass(minutes(3));
    expect(beforeControllerLooks).toBeGreaterThan(sequence);
    const tables = ['main', 'own'].map((table) => idOf(stage, 'routeTables', table, 'left'));
    const now = census(stage);
    const shown = (routes: readonly string[]) =>
      routes.filter((route) => tables.some((table) => route.startsWith(table))).map((route) => route.split(' ').slice(0, 2).join(' '));
    expect(shown(more(now.routes, after.routes))).toEqual(tables.map((table) => `${table} 10.2.7.0/24`).toSorted());
    expect(shown(more(after.routes, now.routes))).toEqual(tables.map((table) => `${table} 10.2.1.0/24`).toSorted());
    expect(now.rules).toEqual(after.rules);
    expect(now.connections).toEqual(after.connections);
    expect(operations(writesSince(stage, beforeControllerLooks))).toEqual(['CreateRoute', 'CreateRoute', 'DeleteRoute', 'DeleteRoute']);
    expect(stage.ready(name)).toBe(true);
  });
});

describe('scenario 9', () => {
  const manual = yaml(...basics, peering(name, spec({ acceptance: 'Manual' })));
  const requested = async (stage: Stage) => {
    await stage.start();
    stage.apply(manual);
    await stage.until(() => stage.reason(name) === 'PendingAcceptance', minutes(1));
    return statusOf(stage).peeringConnectionId ?? '';
  };
  const requests = (stage: Stage) => writesSince(stage).filter(({ operation }) => operation === 'CreateVpcPeeringConnection').length;

  test('a request that was rejected is reported with AWS’s words and made again only when that is asked for', async () => {
    const stage = onePlace();
    const id = await requested(stage);
    await person(stage).send(new ec2.RejectVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    await stage.until(() => stage.reason(name) === 'PeeringRejected', minutes(2));
    expect(statusOf(stage)).toMatchObject({ state: 'rejected', stateMessage: expect.stringContaining(accounts.own) });
    expect(messages(stage)).toContain(statusOf(stage).stateMessage);
    await stage.pass(minutes(60));
    expect(requests(stage)).toBe(1);
    stage.server.annotate(keyOf(name), { 'isthmus.dev/reconcile-at': 'now' });
    await stage.until(() => stage.reason(name) === 'PendingAcceptance', minutes(2));
    expect(requests(stage)).toBe(2);
    expect(statusOf(stage).peeringConnectionId).not.toBe(id);
  });

  test('a request that expired is told from a rejected one and made again, each time later', async () => {
    const stage = onePlace({ settings: { delaysMs: { peeringPendingAcceptance: seconds(20) } } });
    await requested(stage);
    const told = new Set<string | undefined>();
    await stage.until(() => {
      told.add(stage.reason(name));
      return requests(stage) === 5;
    }, minutes(60));
    expect([...told]).toContain('PeeringExpired');
    expect([...told]).not.toContain('PeeringRejected');
    const times = writesSince(stage)
      .filter(({ operation }) => operation === 'CreateVpcPeeringConnection')
      .map(({ time }) => Date.parse(time));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(minutes(2));
  });

  test('a connection that was deleted is requested again at once', async () => {
    const stage = onePlace();
    const { after } = await joined(stage);
    const id = statusOf(stage).peeringConnectionId;
    await person(stage).send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    await stage.until(() => stage.ready(name) && statusOf(stage).peeringConnectionId !== id, minutes(3));
    expect(census(stage)).toEqual(after);
    expect(requests(stage)).toBe(2);
  });

  test('a request that AWS let fail is reported with AWS’s words, and not as rejected or expired', async () => {
    const stage = onePlace({ settings: { lagMsOf: { vpcs: minutes(3) } } });
    const vpcId = idOf(stage, 'vpcs', 'right');
    await person(stage).send(new ec2.AssociateVpcCidrBlockCommand({ VpcId: vpcId, CidrBlock: '10.1.0.0/24' }));
    const told = new Map<string | undefined, string>();
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => {
      if (stage.get(name)?.status?.conditions) told.set(stage.reason(name), messages(stage));
      return told.has('PeeringFailed');
    }, minutes(3));
    expect(statusOf(stage)).toMatchObject({ state: 'failed' });
    expect(told.get('PeeringFailed')).toContain(statusOf(stage).stateMessage);
    expect([...told.keys()]).not.toContain('PeeringRejected');
    await stage.until(() => stage.reason(name) === 'CidrOverlap', minutes(5));
    expect(messages(stage)).toContain('10.1.0.0/24');
  });
});

describe('scenario 10', () => {
  test.each(['active', 'pending-acceptance'])(
    'a connection that runs the other way and is %s is found and used, and is still there after deletion',
    async (state) => {
      const stage = setStage({
        world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24')], {
          peerings: [{ name: 'by-hand', requester: 'right', accepter: 'left', state }],
        }),
      });
      const { before, after } = await joined(stage);
      expect(operations(writesSince(stage))).not.toContain('CreateVpcPeeringConnection');
      expect(after.connections).toHaveLength(1);
      expect(reach(stage, 'left', 'right') && reach(stage, 'right', 'left')).toBe(true);
      await deleted(stage);
      const left = census(stage);
      expect(left).toMatchObject({ routes: before.routes, rules: before.rules });
      expect(left.connections).toEqual(after.connections);
    },
  );
});

describe('scenario 11', () => {
  test('VPCs whose secondary CIDRs overlap cause no write, and both CIDRs are named', async () => {
    const stage = setStage({
      world: worldOf([
        smallVpc('left', '10.1.0.0/24', { secondaryCidrs: ['10.9.0.0/23'] }),
        smallVpc('right', '10.2.0.0/24', { secondaryCidrs: ['10.9.1.0/24'] }),
      ]),
    });
    await stage.start();
    stage.apply(manifests);
    await stage.pass(minutes(12));
    expect(stage.reason(name)).toBe('CidrOverlap');
    expect(messages(stage)).toContain('10.9.0.0/23');
    expect(messages(stage)).toContain('10.9.1.0/24');
    expect(writesSince(stage)).toEqual([]);
  });
});

describe('scenario 12', () => {
  test('three resyncs write nothing, whatever rules there are, and in whatever pages AWS gives its lists', async () => {
    const group = { securityGroup: { name: 'default' } };
    const all = [
      { ...group, name: 'everything', protocol: 'all', from: { peer: true } },
      {
        ...group,
        name: 'tcp',
        protocol: 'tcp',
        portRanges: ['22', '0-65535', '8000-8080'],
        from: { cidrs: ['10.2.0.0/25', '10.2.0.128/25'] },
      },
      { ...group, name: 'udp', protocol: 'udp', portRanges: ['53'], from: { securityGroup: { name: 'default' } } },
      { ...group, name: 'ping', protocol: 'icmp', icmp: { type: 8 }, from: { peer: true } },
      { ...group, name: 'icmp', protocol: 'icmp', from: { securityGroup: { name: 'default' } } },
      { ...group, name: 'icmpv6', protocol: 'icmpv6', from: { peer: true } },
      { ...group, name: 'icmpv6-echo', protocol: 'icmpv6', icmp: { type: 128, code: 0 }, from: { peer: true } },
    ];
    const out = all.map(({ from, ...rule }) => ({ ...rule, to: from }));
    const stage = setStage({
      world: worldOf([
        smallVpc('left', '10.1.0.0/24', { ipv6: '2001:db8:1::/56', dnsHostnames: true }),
        smallVpc('right', '10.2.0.0/24', { ipv6: '2001:db8:2::/56', dnsHostnames: true }),
      ]),
      settings: { pageSize: 5, emptyFirstPage: true },
    });
    await joined(
      stage,
      yaml(
        ...basics,
        peering(
          name,
          spec({
            requester: { ...vpcNamed('left'), ingress: all, egress: out, dns: { allowDnsResolutionFromRemoteVpc: true } },
            accepter: { ...vpcNamed('right'), routeTables: { strategy: 'Main' } },
          }),
        ),
      ),
    );
    await stage.pass(minutes(1));
    const [sequence, version] = [lastSequence(stage), stage.server.version];
    await stage.pass(minutes(4));
    expect(lastSequence(stage)).toBeGreaterThan(sequence);
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(stage.server.version).toBe(version);
    expect(stage.ready(name)).toBe(true);
  });
});

describe('scenario 13', () => {
  test('with one side’s role gone, the other is cleaned up and deletes the connection, and the object waits for what is left or is told to let it go', async () => {
    const stage = twoAccounts();
    const { before, process } = await joined(stage, manifestsOfTwoAccounts());
    process.kill();
    stage.world.setRoles([{ arn: roleOf(accounts.own), trusts: [accounts.own] }]);
    await stage.start();
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.reason(name) === 'DeletionBlocked' && census(stage).connections.length === 0, minutes(5));
    await stage.pass(minutes(1));
    const theirTables = ['main', 'own'].map((table) => idOf(stage, 'routeTables', table, 'right'));
    const left = more(census(stage).routes, before.routes);
    expect(left.map((route) => route.split(' ')[0]).toSorted()).toEqual(theirTables.toSorted());
    expect(left.every((route) => route.endsWith('blackhole'))).toBe(true);
    expect(messages(stage)).toContain('isthmus.dev/abandon: accepter');
    const remembered = (statusOf(stage).resources ?? []).filter(({ role }) => /\/(route|rule)$/.test(role));
    expect(remembered.map(({ accountId }) => accountId)).toEqual([accounts.other, accounts.other, accounts.other]);

    stage.server.annotate(keyOf(name), { 'isthmus.dev/abandon': 'accepter' });
    await stage.until(() => stage.get(name) === undefined, minutes(6));
    expect(stage.server.events.some(({ reason, message }) => reason === 'Abandoned' && message.includes(theirTables[0] ?? ''))).toBe(true);
  });

  test('what is left behind is named, thing by thing, and what is gone is not', async () => {
    const stage = twoAccounts();
    const { process } = await joined(stage, manifestsOfTwoAccounts());
    process.kill();
    stage.world.setRoles([{ arn: roleOf(accounts.own), trusts: [accounts.own] }]);
    await stage.start();
    const id = statusOf(stage).peeringConnectionId ?? '';
    const rule = statusOf(stage).accepter?.securityGroupRules?.[0]?.securityGroupRuleId ?? '';
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.reason(name) === 'DeletionBlocked' && census(stage).connections.length === 0, minutes(5));
    await stage.pass(minutes(6));
    for (const table of ['main', 'own']) expect(messages(stage)).toContain(`${idOf(stage, 'routeTables', table, 'right')}/10.1.0.0/24`);
    expect(messages(stage)).toContain(rule);
    expect(messages(stage)).not.toContain(id);
  });

  test('with the role back, what was left behind goes too', async () => {
    const stage = twoAccounts();
    const { before, process } = await joined(stage, manifestsOfTwoAccounts());
    process.kill();
    stage.world.setRoles([{ arn: roleOf(accounts.own), trusts: [accounts.own] }]);
    await stage.start();
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.reason(name) === 'DeletionBlocked', minutes(5));
    stage.world.setRoles([accounts.own, accounts.other].map((accountId) => ({ arn: roleOf(accountId), trusts: [accounts.own] })));
    await stage.until(() => stage.get(name) === undefined, minutes(12));
    expect(census(stage)).toEqual(before);
  });
});

describe('scenario 14', () => {
  test.each(['before', 'after'] as const)(
    'a crash %s any write, in two accounts and regions, ends with exactly one of everything',
    async (when) => {
      const region = 'eu-west-2';
      const { before, after } = await joined(twoAccounts({}, region), manifestsOfTwoAccounts(region));
      let crashes = 0;
      for (let write = 1, died = true; died; write++) {
        const stage = twoAccounts({}, region);
        const first = await stage.start({ dieAt: { write, when } });
        stage.apply(manifestsOfTwoAccounts(region));
        await stage.until(() => first.dead || stage.ready(name), minutes(3));
        died = first.dead;
        if (!died) break;
        crashes++;
        await stage.start();
        await stage.until(() => stage.ready(name), minutes(3));
        expect({ write, ...census(stage) }).toEqual({ write, ...after });
        await deleted(stage);
        expect({ write, ...census(stage) }).toEqual({ write, ...before });
      }
      expect(crashes).toBeGreaterThanOrEqual(8);
    },
  );
});

describe('scenario 15', () => {
  test.each([3, 9, 14])('Describe calls that lag by %i seconds make nothing twice, before a restart or after', async (lag) => {
    const reference = await joined(twoAccounts(), manifestsOfTwoAccounts());
    const stage = twoAccounts({ settings: { lagMs: seconds(lag) } });
    const first = await stage.start();
    stage.apply(manifestsOfTwoAccounts());
    await stage.until(() => writesSince(stage).length >= 3, minutes(5));
    first.kill();
    await stage.start();
    await stage.until(() => stage.ready(name), minutes(10));
    await stage.pass(minutes(2));
    expect(census(stage)).toEqual(reference.after);
    expect(writesSince(stage).filter(({ operation }) => operation === 'CreateVpcPeeringConnection')).toHaveLength(1);
    await deleted(stage);
    await stage.pass(seconds(lag));
    expect(census(stage)).toEqual(reference.before);
  });
});

describe('scenario 16', () => {
  test('a minute of throttling is answered by backing off, and ends in recovery without a duplicate', async () => {
    const { after } = await joined(onePlace());
    const stage = onePlace({ faults: [{ operation: 'ec2:*', effect: { throttle: true } }] });
    await stage.start();
    stage.apply(manifests);
    await stage.pass(minutes(1));
    expect(stage.reason(name)).toBe('Throttled');
    expect(stage.simulator.record.calls().length).toBeLessThan(60);
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(6));
    expect(census(stage)).toEqual(after);
  });

  test('an action that is denied is named in a condition and tried again seldom', async () => {
    const stage = onePlace({ faults: [{ operation: 'AuthorizeSecurityGroupIngress', effect: { deny: true } }] });
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.reason(name) === 'AccessDenied', minutes(2));
    expect(messages(stage)).toContain('ec2:AuthorizeSecurityGroupIngress');
    const sequence = lastSequence(stage);
    await stage.pass(minutes(20));
    const tries = writesSince(stage, sequence).length;
    expect(tries).toBeGreaterThanOrEqual(2 * 3);
    expect(tries).toBeLessThanOrEqual(2 * 6);
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(7));
  });
});

describe('scenario 18', () => {
  test('rules and routes of others in the same groups and tables are still there at the end, and after deletion', async () => {
    const stage = onePlace();
    const { before } = await joined(stage);
    const someone = person(stage);
    const [table, instance] = [idOf(stage, 'routeTables', 'own', 'left'), idOf(stage, 'instances', 'left')];
    const groupId = statusOf(stage).requester?.securityGroupRules?.[0]?.securityGroupId;
    await someone.send(new ec2.CreateRouteCommand({ RouteTableId: table, DestinationCidrBlock: '10.2.0.0/26', InstanceId: instance }));
    await someone.send(
      new ec2.CreateRouteCommand({
        RouteTableId: table,
        DestinationCidrBlock: '10.2.0.64/26',
        VpcPeeringConnectionId: statusOf(stage).peeringConnectionId,
      }),
    );
    await someone.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.2.0.0/24' }] }],
      }),
    );
    await stage.pass(minutes(3));
    expect(stage.ready(name)).toBe(true);
    await deleted(stage);
    const left = census(stage);
    expect(more(left.rules, before.rules).map((rule) => rule.trim())).toEqual([`${groupId} ingress tcp 22 22 10.2.0.0/24`]);
    expect(more(left.routes, before.routes).map((route) => route.split(' ').slice(0, 2).join(' '))).toEqual([
      `${table} 10.2.0.0/26`,
      `${table} 10.2.0.64/26`,
    ]);
    expect(more(before.routes, left.routes)).toEqual([]);
  });
});

describe('scenario 20', () => {
  test('a namespace that is not allowed an account causes no call, gets a reason, and heals without an edit', async () => {
    const stage = twoAccounts();
    await stage.start();
    const closed = manifestsOfTwoAccounts().replaceAll('"kubernetes.io/metadata.name":"network"', '"team":"network"');
    stage.apply(closed);
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(messages(stage)).not.toContain(accounts.own);
    expect(stage.simulator.record.calls().filter(({ service }) => service === 'ec2')).toEqual([]);
    const generation = stage.get(name)?.metadata.generation;
    stage.server.label({ kind: 'Namespace', name: 'network' }, { team: 'network' });
    await stage.until(() => stage.ready(name), minutes(2));
    expect(stage.get(name)?.metadata.generation).toBe(generation);
  });
});

describe('scenario 21', () => {
  test('VPCs of two accounts are joined, each side by its own role, whatever the accounts call their zones', async () => {
    const stage = twoAccounts();
    const zones = (accountId: string) =>
      stage.world.zones({ accountId, region: 'us-west-2' }).map(({ zoneId, zoneName }) => `${zoneName} ${zoneId}`);
    expect(zones(accounts.own)).not.toEqual(zones(accounts.other));
    const { before } = await joined(stage, manifestsOfTwoAccounts());
    expect(reach(stage, 'left', 'right') && reach(stage, 'right', 'left')).toBe(true);
    expect(reach(stage, 'left', 'right', tcp5432)).toBe(false);
    const calls = stage.simulator.record.calls().filter(({ service }) => service === 'ec2');
    for (const call of calls) expect(call.caller).toContain(`:${call.accountId}:assumed-role/isthmus/`);
    const where = (operation: string) => writesSince(stage).find((call) => call.operation === operation)?.accountId;
    expect([where('CreateVpcPeeringConnection'), where('AcceptVpcPeeringConnection')]).toEqual([accounts.own, accounts.other]);
    await deleted(stage);
    expect(census(stage)).toEqual(before);
  });
});

describe('scenario 23', () => {
  const second = 'second';
  const both = async (stage: Stage) => {
    const { before, after } = await joined(stage);
    await stage.pass(seconds(5));
    stage.apply(yaml(peering(second, spec())));
    await stage.pass(minutes(2));
    return { before, after };
  };

  test('of two objects that want the same pair the older one owns it, the other says so, and its deletion breaks nothing', async () => {
    const stage = onePlace();
    const { after } = await both(stage);
    expect(stage.ready(name)).toBe(true);
    expect(stage.reason(second)).toBe('SideOwnedByAnother');
    expect(messages(stage, second)).toContain(name);
    expect(census(stage)).toEqual(after);
    const sequence = lastSequence(stage);
    await deleted(stage, second);
    await stage.pass(minutes(2));
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(after);
    expect(stage.ready(name)).toBe(true);
  });

  test('when the older of two objects that want the same pair goes, traffic never stops, and the other one owns it', async () => {
    const stage = onePlace();
    const { before, after } = await both(stage);
    const stopped: string[] = [];
    stage.server.delete(keyOf(name));
    await stage.until(() => {
      if (!reach(stage, 'left', 'right')) stopped.push(new Date(stage.clock.now()).toISOString());
      return stage.get(name) === undefined && stage.ready(second);
    }, minutes(12));
    expect(stopped).toEqual([]);
    expect(census(stage).routes).toEqual(after.routes);
    expect(census(stage).rules).toHaveLength(after.rules.length);
    await deleted(stage, second);
    expect(census(stage)).toEqual(before);
  });

  test('of two objects that want the same route the older one owns it, the other says so, and is given it when the older one goes', async () => {
    const right = (called: string) => smallVpc(called, '10.2.0.0/24');
    const stage = setStage({ world: worldOf([smallVpc('left', '10.1.0.0/24'), right('right'), right('rival')]) });
    const { before, after } = await joined(stage);
    await stage.pass(seconds(5));
    stage.apply(yaml(peering(second, { requester: vpcNamed('left'), accepter: vpcNamed('rival') })));
    await stage.until(() => stage.reason(second) === 'RouteConflict', minutes(2));
    expect(more(after.routes, census(stage).routes)).toEqual([]);
    expect(stage.ready(name)).toBe(true);
    await deleted(stage);
    await stage.until(() => stage.ready(second), minutes(7));
    const toRival = more(census(stage).routes, before.routes).filter((route) => route.includes(`>${idOf(stage, 'vpcs', 'rival')}`));
    expect(toRival).toHaveLength(4);
    await deleted(stage, second);
    expect(census(stage)).toEqual(before);
  });

  test('of two objects that want the same rule the one that did not make it uses it, and its deletion leaves it', async () => {
    const [left, middle, right] = [smallVpc('left', '10.1.0.0/24'), smallVpc('middle', '10.2.0.0/24'), smallVpc('right', '10.2.0.0/24')];
    const stage = setStage({ world: worldOf([left, middle, right]) });
    const sameRule = [
      { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { cidrs: ['10.2.0.0/24'] } },
    ];
    const object = (called: string, accepter: string) =>
      peering(called, {
        requester: { ...vpcNamed('left'), routeTables: { strategy: 'None' }, ingress: sameRule },
        accepter: vpcNamed(accepter),
      });
    const { after } = await joined(stage, yaml(...basics, object(name, 'middle')));
    await stage.pass(seconds(5));
    stage.apply(yaml(object(second, 'right')));
    await stage.until(() => stage.ready(second), minutes(3));
    expect(census(stage).rules).toEqual(after.rules);
    await deleted(stage, second);
    expect(census(stage)).toEqual(after);
    expect(stage.ready(name)).toBe(true);
  });

  test('the rule that two objects want is handed over when the one that made it goes, and goes with the other', async () => {
    const stage = setStage({
      world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('middle', '10.2.0.0/24'), smallVpc('right', '10.2.0.0/24')]),
    });
    const sameRule = [
      { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { cidrs: ['10.2.0.0/24'] } },
    ];
    const object = (called: string, accepter: string) =>
      peering(called, {
        requester: { ...vpcNamed('left'), routeTables: { strategy: 'None' }, ingress: sameRule },
        accepter: vpcNamed(accepter),
      });
    const { before, after } = await joined(stage, yaml(...basics, object(name, 'middle')));
    await stage.pass(seconds(5));
    stage.apply(yaml(object(second, 'right')));
    await stage.until(() => stage.ready(second), minutes(3));
    stage.simulator.record.clear();
    await deleted(stage, name);
    await stage.pass(minutes(2));
    expect(stage.simulator.record.writes().map((call) => call.operation)).not.toContain('RevokeSecurityGroupIngress');
    expect(census(stage).rules).toEqual(after.rules.map((rule) => rule.replace(`network/${name}`, `network/${second}`)));
    await deleted(stage, second);
    expect(census(stage).rules).toEqual(before.rules);
  });
});

/** Everything of our kinds is gone from the cluster, as when it is lost; nobody was there to clean up. */
function loseObjects(stage: Stage): void {
  for (const kind of ['VpcPeering', 'AwsAccount']) {
    for (const object of stage.server.list(kind)) {
      const { finalizers: _, ...metadata } = object.metadata;
      stage.server.replace({ ...(object as unknown as Parameters<typeof stage.server.replace>[0]), metadata });
      stage.server.delete({ kind, ...(metadata.namespace !== undefined && { namespace: metadata.namespace }), name: metadata.name });
    }
  }
}

describe('scenario 24', () => {
  test('objects that were lost and come back with new uids take over what there is: nothing is made twice, nothing deleted', async () => {
    const stage = onePlace();
    const { process, before, after } = await joined(stage);
    const uid = stage.get(name)?.metadata.uid;
    process.kill();
    loseObjects(stage);
    expect(stage.get(name)).toBeUndefined();
    await stage.start();
    const sequence = lastSequence(stage);
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(3));
    await stage.pass(minutes(2));
    expect(stage.get(name)?.metadata.uid).not.toBe(uid);
    expect(census(stage)).toEqual(after);
    expect(new Set(operations(writesSince(stage, sequence)))).toEqual(new Set(['CreateTags']));
    await deleted(stage);
    expect(census(stage)).toEqual(before);
  });

  test('a connection that was only adopted before is still only adopted', async () => {
    const stage = setStage({
      world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24')], {
        peerings: [{ name: 'by-hand', requester: 'left', accepter: 'right' }],
      }),
    });
    const { process, before } = await joined(stage);
    process.kill();
    loseObjects(stage);
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(3));
    expect(
      statusOf(stage)
        .resources?.filter(({ role }) => role.endsWith('/connection'))
        .map(({ created }) => created),
    ).toEqual([false, false]);
    await deleted(stage);
    expect(census(stage)).toMatchObject({ connections: before.connections, rules: before.rules });
  });
});

describe('scenario 25', () => {
  test('an object of the same name that comes in the middle of a pass gets none of the old one’s ids', async () => {
    const stage = onePlace({ faults: [{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { delayMs: seconds(5) } }] });
    const before = census(stage);
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.get(name)?.status?.resources?.length === 1, minutes(1));
    const old = stage.get(name)?.metadata.uid;
    loseObjects(stage);
    stage.apply(manifests);
    const statuses: (VpcPeeringStatus | undefined)[] = [];
    await stage.until(() => {
      const object = stage.get(name);
      if (census(stage).connections.length === 0) statuses.push(object?.status as VpcPeeringStatus | undefined);
      return stage.ready(name);
    }, minutes(5));
    expect(statuses.length).toBeGreaterThan(0);
    for (const status of statuses) expect(status?.peeringConnectionId).toBeUndefined();
    const uid = stage.get(name)?.metadata.uid;
    expect(uid).not.toBe(old);
    await stage.pass(minutes(2));
    expect(census(stage).connections).toHaveLength(1);
    const id = statusOf(stage).peeringConnectionId ?? '';
    expect(stage.world.network()[0]?.peeringConnections.get(id)?.tags['isthmus.dev/uid']).toBe(uid);
    await deleted(stage);
    expect(census(stage)).toEqual(before);
  });
});

describe('scenario 27', () => {
  test('a selector that now finds another VPC causes no write, and IdentityChanged says what it was and would be', async () => {
    const stage = setStage({
      world: worldOf([smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24'), smallVpc('spare', '10.3.0.0/24')]),
    });
    const { after } = await joined(stage);
    const [right, spare] = [idOf(stage, 'vpcs', 'right'), idOf(stage, 'vpcs', 'spare')];
    const someone = person(stage);
    await someone.send(new ec2.CreateTagsCommand({ Resources: [right], Tags: [{ Key: 'Name', Value: 'retired' }] }));
    await someone.send(new ec2.CreateTagsCommand({ Resources: [spare], Tags: [{ Key: 'Name', Value: 'right' }] }));
    const sequence = lastSequence(stage);
    await stage.until(() => stage.reason(name) === 'IdentityChanged', minutes(3));
    await stage.pass(minutes(12));
    expect(messages(stage)).toContain(`vpcId was ${right} and would now be ${spare}`);
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(after);
    await deleted(stage);
    expect(census(stage).connections).toEqual([]);
  });

  test('a default account that now is another account causes no write, and IdentityChanged', async () => {
    const stage = setStage({
      world: yaml({
        accounts: Object.fromEntries(
          [accounts.own, accounts.other].map((accountId) => [
            accountId,
            { 'us-west-2': { vpcs: [smallVpc('left', '10.1.0.0/24'), smallVpc('right', '10.2.0.0/24')] } },
          ]),
        ),
      }),
    });
    const process = await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(3));
    process.kill();
    const after = census(stage);
    const key = { kind: 'AwsAccount', name: 'default' };
    stage.server.delete(key);
    // It is kept while it is in use, unless somebody takes its finalizer away by hand.
    const held = stage.server.read(key);
    if (held) stage.server.writeFinalizers('removeFinalizer', held, []);
    stage.apply(yaml(account('default', accounts.other, withRole(accounts.other))));
    const sequence = lastSequence(stage);
    await stage.start();
    await stage.until(() => stage.reason(name) === 'IdentityChanged', minutes(3));
    await stage.pass(minutes(12));
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(after);
  });
});

describe('scenario 28', () => {
  test('an edge route table is skipped and reported, and the object gets Ready', async () => {
    const left = smallVpc('left', '10.1.0.0/24', {
      internetGateway: true,
      routeTables: [
        { name: 'own', subnets: ['one'] },
        { name: 'edge', edge: true },
      ],
    });
    const stage = setStage({ world: worldOf([left, smallVpc('right', '10.2.0.0/24')]) });
    const { before, after } = await joined(stage);
    const edge = idOf(stage, 'routeTables', 'edge');
    expect(messages(stage)).toContain(edge);
    expect(more(after.routes, before.routes)).toHaveLength(4);
    expect(more(after.routes, before.routes).filter((route) => route.startsWith(edge))).toEqual([]);
  });
});

describe('scenario 29', () => {
  test('routes left behind as blackholes are turned to the new connection, also by a process that did not see it; another’s blackhole is not', async () => {
    const left = smallVpc('left', '10.1.0.0/24', {
      routeTables: [
        { name: 'main', main: true },
        { name: 'own', subnets: ['one'], routes: [{ to: '10.2.0.128/25', via: 'old' }] },
      ],
    });
    const stage = setStage({
      world: worldOf([left, smallVpc('right', '10.2.0.0/24'), smallVpc('third', '10.2.0.0/24')], {
        peerings: [{ name: 'old', requester: 'left', accepter: 'third' }],
      }),
    });
    const someone = person(stage);
    const old = [...stage.world.peerings.all()][0]?.id;
    await someone.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: old }));
    const { before, after, process } = await joined(stage);
    process.kill();
    const id = statusOf(stage).peeringConnectionId;
    await someone.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    const sequence = lastSequence(stage);
    await stage.start();
    await stage.until(() => stage.ready(name) && statusOf(stage).peeringConnectionId !== id, minutes(5));
    await stage.pass(minutes(2));
    expect(census(stage)).toEqual(after);
    expect(operations(writesSince(stage, sequence)).filter((operation) => operation.endsWith('Route'))).toEqual(
      Array.from({ length: 4 }, () => 'ReplaceRoute'),
    );
    await deleted(stage);
    expect(census(stage)).toEqual(before);
  });
});
