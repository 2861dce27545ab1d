import { describe, expect, test } from '@jest/globals';
import type { Condition } from '../../src/kinds/kind.ts';
import { finalizer } from '../../src/reconcile/pass.ts';
import {
  account,
  accounts,
  census,
  keyOf,
  lastSequence,
  minutes,
  more,
  namespace,
  peering,
  roleOf,
  vpcNamed,
  writesSince,
  yaml,
} from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** Who may act where: what an AwsAccount allows, before and while objects use it. */

const name = 'joined';
const vpc = (vpcName: string, cidr: string, tags: object = {}) => ({
  name: vpcName,
  cidr,
  tags,
  subnets: [{ name: 'a', cidr: cidr.replace('/16', '/24') }],
  routeTables: [{ name: 'a', subnets: ['a'] }],
});

const allowed = { isthmus: 'allowed' };
const world = yaml({
  accounts: {
    [accounts.own]: {
      'us-west-2': { vpcs: [vpc('left', '10.1.0.0/16', allowed), vpc('closed', '10.3.0.0/16'), vpc('closed-too', '10.4.0.0/16')] },
    },
    [accounts.other]: { 'us-west-2': { vpcs: [vpc('right', '10.2.0.0/16', allowed)] } },
  },
});

const role = (accountId: string) => ({ assumeRole: { roleArn: roleOf(accountId) } });
const own = (spec: object = {}) => account('own', accounts.own, { ...role(accounts.own), ...spec });
const other = (spec: object = {}) => account('other', accounts.other, { ...role(accounts.other), ...spec });
const ends = {
  requester: { accountRef: { name: 'own' }, ...vpcNamed('left') },
  accepter: {
    accountRef: { name: 'other' },
    ...vpcNamed('right'),
    ingress: [{ name: 'all', securityGroup: { name: 'default' }, protocol: 'all', from: { peer: true } }],
  },
};

async function begin(...documents: readonly object[]): Promise<Stage> {
  const stage = setStage({ world, account: '999988887777' });
  stage.apply(yaml(namespace(), ...documents));
  await stage.start();
  return stage;
}

async function joined(): Promise<Stage> {
  const stage = await begin(own(), other(), peering(name, ends));
  await stage.until(() => stage.ready(name), minutes(5));
  // Reads are certain to show what was made, and all is said.
  await stage.pass(minutes(2));
  return stage;
}

const accountKey = (accountName: string) => ({ kind: 'AwsAccount', name: accountName });
const ready = (stage: Stage, accountName: string): Condition | undefined =>
  stage.server.read(accountKey(accountName))?.status?.conditions?.find(({ type }) => type === 'Ready');
const messages = (stage: Stage): string => JSON.stringify([stage.get(name)?.status?.conditions, stage.server.events]);
const callsTo = (stage: Stage, sequence: number, accountId: string) =>
  stage.simulator.record
    .calls()
    .filter((call) => call.sequence > sequence && call.accountId === accountId && call.service === 'ec2')
    .map(({ operation }) => operation);

describe('an AwsAccount that is deleted', () => {
  test('goes at once when no object has anything in it', async () => {
    const stage = await begin(own(), other());
    await stage.until(() => ready(stage, 'own')?.reason === 'IdentityVerified', minutes(1));
    stage.server.delete(accountKey('own'));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
  });

  test('stays while objects have something in it, says how many, and goes after them', async () => {
    const stage = await joined();
    expect(stage.server.read(accountKey('own'))?.metadata.finalizers).toEqual([finalizer]);
    stage.server.delete(accountKey('own'));
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    expect(ready(stage, 'own')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^1 object has or uses something in the account: VpcPeering\/network\/joined; /),
    });
    await stage.until(() => stage.reason(name) === 'AccountNotAllowed', minutes(2));
    expect(messages(stage)).toContain('AwsAccount own is being deleted');
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
    expect(census(stage).connections).toEqual([]);
    expect(ready(stage, 'other')?.status).toBe('True');
  });

  test('is still kept after a restart', async () => {
    const stage = await joined();
    stage.killAll();
    stage.server.delete(accountKey('own'));
    await stage.start();
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    await stage.pass(minutes(10));
    expect(stage.server.read(accountKey('own'))).toBeDefined();
  });

  test('is not kept by an object that only names it', async () => {
    const stage = await begin(own({ allowedNamespaces: { from: 'None' } }), other(), peering(name, ends));
    await stage.until(() => stage.reason(name) === 'AccountNotAllowed', minutes(2));
    stage.server.delete(accountKey('own'));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
    await stage.until(() => stage.reason(name) === 'AccountNotFound', minutes(1));
  });
});

describe('the namespace must be allowed at both ends', () => {
  test.each([
    ['the requester’s', own({ allowedNamespaces: { from: 'None' } }), other()],
    ['the accepter’s', own(), other({ allowedNamespaces: { from: 'None' } })],
  ])('else nothing is written in either account: %s is closed', async (_which, one, another) => {
    const stage = await begin(one, another, peering(name, ends));
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(writesSince(stage)).toEqual([]);
    const closed = _which.startsWith('the requester') ? accounts.own : accounts.other;
    expect(callsTo(stage, 0, closed)).toEqual([]);
  });
});

describe('an allowance that is withdrawn while VPCs are connected', () => {
  const closings: readonly (readonly [string, (stage: Stage) => void, string])[] = [
    ['by the account', (stage) => stage.apply(yaml(own({ allowedNamespaces: { from: 'None' } }))), 'AccountNotAllowed'],
    [
      'by its list of regions',
      (stage) => stage.apply(yaml(own({ regions: ['eu-west-1'], defaultRegion: 'eu-west-1' }))),
      'IdentityChanged',
    ],
    ['by its list of VPCs', (stage) => stage.apply(yaml(own({ allowedVpcs: { tags: { tier: 'network' } } }))), 'VpcNotAllowed'],
  ];

  test.each(closings)('stops creating and changing, and lets the object clean up: %s', async (_how, close, reason) => {
    const stage = await joined();
    const before = census(stage);
    const routes = before.routes.filter((route) => !/ (local|igw)/.test(route));
    expect(routes.length).toBeGreaterThan(0);
    close(stage);
    // Drift that would be mended otherwise.
    const table = stage.world.routeTables.all().find(({ ownerId }) => ownerId === accounts.own);
    const sequence = lastSequence(stage);
    stage.apply(yaml(peering(name, { ...ends, requester: { ...ends.requester, dns: { allowDnsResolutionFromRemoteVpc: true } } })));
    await stage.pass(minutes(10));
    expect(table).toBeDefined();
    expect(stage.reason(name)).toBe(reason);
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(before);
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage).connections).toEqual([]);
    expect(census(stage).rules.filter((rule) => rule.includes('ours'))).toEqual([]);
    expect(more(census(stage).routes, before.routes)).toEqual([]);
  });

  test('between two writes of one pass keeps the rest of it back', async () => {
    const many = (vpcName: string, cidr: string) => ({
      ...vpc(vpcName, cidr),
      routeTables: Array.from({ length: 12 }, (_each, index) => ({ name: `table-${index}` })),
    });
    const stage = setStage({
      world: yaml({
        accounts: {
          [accounts.own]: { 'us-west-2': { vpcs: [many('left', '10.1.0.0/16')] } },
          [accounts.other]: { 'us-west-2': { vpcs: [many('right', '10.2.0.0/16')] } },
        },
      }),
      account: '999988887777',
      // Only so many calls are under way at once: while the first ones take their time the account is closed.
      faults: [{ operation: 'ec2:CreateRoute', effect: { delayMs: 3_000 } }],
    });
    stage.apply(yaml(namespace(), own(), other(), peering(name, ends)));
    await stage.start();
    const routesMade = () => more(census(stage).routes, []).filter((route) => !/ (local|igw)/.test(route)).length;
    await stage.until(() => stage.get(name)?.status?.resources?.some(({ role: of }) => of.endsWith('/route')) === true, minutes(5));
    expect(routesMade()).toBe(0);
    stage.apply(yaml(other({ allowedNamespaces: { from: 'None' } })));
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(routesMade()).toBeGreaterThan(0);
    expect(routesMade()).toBeLessThan(13);
    stage.apply(yaml(other()));
    await stage.until(() => stage.ready(name), minutes(5));
    expect(routesMade()).toBe(26);
  });
});

describe('allowedVpcs', () => {
  const only = { allowedVpcs: { tags: allowed } };

  test('lets objects name the VPCs with its tags', async () => {
    const stage = await begin(own(only), other(only), peering(name, ends));
    await stage.until(() => stage.ready(name), minutes(5));
  });

  test.each<[string, (stage: Stage) => object]>([
    ['by its tags', () => vpcNamed('closed')],
    [
      'by its id',
      (stage) => ({
        vpcId: stage.world.vpcs.all().find(({ id }) => stage.world.tagsOf(`${accounts.own}/us-west-2`, id).Name === 'closed')?.id,
      }),
    ],
  ])('keeps others from being named %s, and heals when the VPC is tagged', async (how, end) => {
    const stage = await begin(own(only), other(only));
    stage.apply(yaml(peering(name, { ...ends, requester: { accountRef: { name: 'own' }, ...end(stage) } })));
    await stage.until(() => stage.reason(name) === 'VpcNotAllowed', minutes(2));
    expect(writesSince(stage)).toEqual([]);
    const closed = stage.world.vpcs.all().filter(({ ownerId }) => ownerId === accounts.own);
    // A selector must not be a way to learn ids.
    if (how === 'by its tags') for (const { id } of closed) expect(messages(stage)).not.toContain(id);
    stage.apply(yaml(own({ allowedVpcs: { tags: { Name: 'closed' } } })));
    await stage.until(() => stage.ready(name), minutes(7));
  });

  test('tells of a VPC that a selector could mean only where it is allowed', async () => {
    const stage = await begin(
      own({ allowedVpcs: { tags: { Name: 'left' } } }),
      other(),
      peering(name, { ...ends, requester: { accountRef: { name: 'own' }, vpcSelector: { tags: allowed } } }),
    );
    await stage.until(() => stage.ready(name), minutes(5));
  });
});

describe('partitions', () => {
  const china = { partition: 'aws-cn', region: 'cn-north-1' };
  const government = { partition: 'aws-us-gov', region: 'us-gov-west-1' };

  test.each([china, government])('of their own are worked in as any other: $partition', async ({ partition, region }) => {
    const stage = setStage({
      world: yaml({ accounts: { [accounts.other]: { [region]: { vpcs: [vpc('left', '10.1.0.0/16'), vpc('right', '10.2.0.0/16')] } } } }),
    });
    const assumeRole = { roleArn: `arn:${partition}:iam::${accounts.other}:role/isthmus` };
    const both = {
      requester: { accountRef: { name: 'other' }, ...vpcNamed('left') },
      accepter: { accountRef: { name: 'other' }, ...vpcNamed('right') },
    };
    stage.apply(yaml(namespace(), other({ assumeRole, defaultRegion: region }), peering(name, both)));
    await stage.start();
    await stage.until(() => stage.ready(name), minutes(5));
    expect(stage.server.read(accountKey('other'))?.status).toMatchObject({
      identity: expect.stringMatching(new RegExp(`^arn:${partition}:sts::${accounts.other}:assumed-role/isthmus/`)),
    });
  });

  test('are not left: a region of another one is refused before any call there', async () => {
    const stage = await begin(own(), other(), peering(name, { ...ends, requester: { ...ends.requester, region: 'cn-north-1' } }));
    await stage.until(() => stage.reason(name) === 'RegionNotAllowed', minutes(2));
    expect(messages(stage)).toContain('AwsAccount own acts in the partition aws, and the region cn-north-1 is in aws-cn');
    expect(stage.simulator.record.calls().filter((call) => call.region === 'cn-north-1')).toEqual([]);
  });
});

describe('an identity', () => {
  const calls = (stage: Stage, sequence: number, operation: string) =>
    stage.simulator.record.calls().filter((call) => call.sequence > sequence && call.operation === operation);

  test('that STS does not confirm when it is renewed is not used for anything more', async () => {
    const stage = await joined();
    const sequence = lastSequence(stage);
    stage.simulator.orderFaults([
      {
        operation: 'sts:GetCallerIdentity',
        accountId: accounts.own,
        effect: { error: { code: 'Impostor', httpStatus: 400 } },
      },
    ]);
    await stage.pass(minutes(70));
    expect(stage.reason(name)).not.toBe('Available');
    const renewedAt = calls(stage, sequence, 'AssumeRole').at(0)?.sequence ?? Number.POSITIVE_INFINITY;
    expect(writesSince(stage, sequence)).toEqual([]);
    const later = callsTo(stage, renewedAt, accounts.own);
    expect(later).toEqual([]);
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(10));
  });

  test('whose credentials expire in the middle of a pass is verified anew, and nothing is made twice', async () => {
    const stage = await begin(own(), other());
    await stage.until(() => ready(stage, 'other')?.status === 'True', minutes(1));
    const before = census(stage);
    for (const operation of ['CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'CreateRoute', 'AuthorizeSecurityGroupIngress']) {
      stage.simulator.orderFaults([
        ...stage.simulator.faults,
        { operation: `ec2:${operation}`, nth: 1, effect: { error: { code: 'RequestExpired', httpStatus: 400 } } },
      ] as never);
    }
    stage.apply(yaml(peering(name, ends)));
    await stage.until(() => stage.ready(name), minutes(10));
    const made = (operation: string) => writesSince(stage).filter((call) => call.operation === operation && call.code === 'OK').length;
    expect(made('CreateVpcPeeringConnection')).toBe(1);
    expect(made('AuthorizeSecurityGroupIngress')).toBe(1);
    expect(writesSince(stage).filter(({ code }) => code === 'RequestExpired').length).toBeGreaterThan(3);
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage)).toEqual(before);
  });

  test('that fails is told to its administrator, and to users only that it does', async () => {
    const stage = await begin(own(), other({ assumeRole: { roleArn: roleOf(accounts.other), externalId: 'secret-handshake' } }));
    stage.simulator.orderFaults([
      {
        operation: 'sts:AssumeRole',
        effect: { error: { code: 'AccessDenied', httpStatus: 403, message: 'not authorized: role of hidden-team' } },
      },
    ]);
    await stage.pass(minutes(70));
    stage.apply(yaml(peering(name, ends)));
    await stage.pass(minutes(5));
    expect(stage.reason(name)).toBe('RoleNotAssumable');
    const status = JSON.stringify([stage.get(name)?.status, stage.server.events.filter(({ key }) => key.name === name)]);
    for (const secret of ['hidden-team', 'secret-handshake', roleOf(accounts.other)]) expect(status).not.toContain(secret);
    expect(ready(stage, 'other')).toMatchObject({ reason: 'RoleNotAssumable', message: expect.stringContaining('hidden-team') });
  });
});

describe('two AwsAccounts of one AWS account', () => {
  const twin = (accountName: string, roleName: string) =>
    account(accountName, accounts.own, { assumeRole: { roleArn: `arn:aws:iam::${accounts.own}:role/${roleName}` } });
  const within = (accountRef: string) => ({
    requester: { accountRef: { name: accountRef }, ...vpcNamed('left') },
    accepter: { accountRef: { name: accountRef }, ...vpcNamed('closed') },
  });

  test('have identities of their own: one that may do nothing takes nothing from the other', async () => {
    const stage = await begin(twin('strong', 'strong'), twin('weak', 'weak'), peering(name, within('strong')));
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(5));
    const callers = new Set(
      stage.simulator.record
        .calls()
        .filter(({ service }) => service === 'ec2')
        .map(({ caller }) => caller.split('/')[1]),
    );
    expect([...callers]).toEqual(['strong']);
    stage.apply(
      yaml(
        peering('weakly', {
          requester: { accountRef: { name: 'weak' }, ...vpcNamed('closed') },
          accepter: { accountRef: { name: 'weak' }, ...vpcNamed('closed-too') },
        }),
      ),
    );
    await stage.until(() => stage.ready('weakly'), minutes(5));
    const writes = writesSince(stage).map(({ caller, operation }) => `${caller.split('/')[1]} ${operation}`);
    expect(writes.filter((write) => write.endsWith('CreateVpcPeeringConnection'))).toEqual([
      'strong CreateVpcPeeringConnection',
      'weak CreateVpcPeeringConnection',
    ]);
  });
});
