import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { Change } from '../../src/network/changes.ts';
import { peering, rule, smallAws, table } from './small-aws.ts';

const region = 'us-west-2';
const scope = { accountRef: 'project-a', accountId: '111122223333', region };
const all = ['peeringConnections', 'routeTables', 'securityGroupRules'] as const;
const allowed = () => {};

function opened(options: Parameters<typeof smallAws>[1] = {}) {
  const clock = new VirtualClock();
  const small = smallAws(clock, options);
  return {
    ...small,
    clock,
    view: (...ids: string[]) => small.aws.view({ account: small.account, region, collections: all, ids }),
    apply: (change: Change) => small.aws.apply(small.account, change, allowed),
    count: (operation: string) => small.calls().filter((other) => other === operation).length,
  };
}

const createRoute: Change = {
  scope,
  action: 'CreateRoute',
  routeTableId: 'rtb-1',
  destination: '10.2.0.0/16',
  vpcPeeringConnectionId: 'pcx-1',
};
const deleteRoute: Change = { scope, action: 'DeleteRoute', routeTableId: 'rtb-1', destination: '10.2.0.0/16' };

describe('Reads', () => {
  test('are as many for a hundred objects that ask together as for one', async () => {
    const one = opened();
    await one.view();
    const many = opened();
    await Promise.all(Array.from({ length: 100 }, () => many.view()));
    expect(many.calls()).toEqual(one.calls());
    expect(many.calls()).toHaveLength(3);
  });

  test('are shared until a list is older than a minute', async () => {
    const { view, calls, clock } = opened();
    await view();
    await clock.advance(59_000);
    await view();
    expect(calls()).toHaveLength(3);
    await clock.advance(2_000);
    await view();
    expect(calls()).toHaveLength(6);
  });

  test('take pages of 100 route tables and of 1000 others, to the end', async () => {
    const { view, state, pageSizes, count } = opened();
    for (let at = 0; at < 250; at++) state.tables.set(`rtb-${at}`, table(`rtb-${at}`));
    for (let at = 0; at < 1001; at++) state.rules.set(`sgr-${at}`, rule(`sgr-${at}`));
    const { routeTables, securityGroupRules } = await view();
    expect([routeTables.size, securityGroupRules.size]).toEqual([250, 1001]);
    expect([count('DescribeRouteTables'), count('DescribeSecurityGroupRules')]).toEqual([3, 2]);
    expect(new Set(pageSizes)).toEqual(new Set([100, 1000]));
  });

  test('of a list with more pages than the budget has tokens send callers away, go on, and come to their end', async () => {
    const { state, clock, count, aws, account } = opened({ aws: { share: 0.02 } });
    for (let at = 0; at < 1000; at++) state.tables.set(`rtb-${at}`, table(`rtb-${at}`));
    const refused = await aws.view({ account, region, collections: ['routeTables'], ids: [] }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'AwsError', meaning: 'throttled', retryAfterMs: expect.any(Number) });
    await clock.advance(30_000);
    const seen = count('DescribeRouteTables');
    expect(seen).toBe(10);
    expect((await aws.view({ account, region, collections: ['routeTables'], ids: [] })).routeTables.size).toBe(1000);
    expect(count('DescribeRouteTables')).toBe(seen);
  });

  test('that get no answer are tried twice more, and then fail as a whole', async () => {
    const healed = opened({ simulator: { faults: [{ operation: 'DescribeRouteTables', nth: 1, effect: { loseRequest: true } }] } });
    await healed.view();
    expect(healed.count('DescribeRouteTables')).toBe(2);
    const broken = opened({ simulator: { faults: [{ operation: 'DescribeRouteTables', effect: { loseRequest: true } }] } });
    await expect(broken.view()).rejects.toMatchObject({ meaning: 'transport', action: 'ec2:DescribeRouteTables' });
    expect(broken.count('DescribeRouteTables')).toBe(3);
  });
});

describe('Own writes', () => {
  test('stand in the view at once, and while reads lag behind', async () => {
    const { view, apply, state, lag, catchUp, clock } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    const before = await view();
    lag();
    await apply(createRoute);
    expect(before.routeTables.get('rtb-1')?.routes).toEqual([]);
    expect((await view()).routeTables.get('rtb-1')?.routes).toMatchObject([{ destination: '10.2.0.0/16', target: { id: 'pcx-1' } }]);
    catchUp();
    await clock.advance(61_000);
    expect((await view()).routeTables.get('rtb-1')?.routes).toHaveLength(1);
  });

  test('cost no reads', async () => {
    const { view, apply, state, calls } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    await apply(createRoute);
    await view();
    await apply(deleteRoute);
    expect((await view()).routeTables.get('rtb-1')?.routes).toEqual([]);
    expect(calls().filter((operation) => operation.startsWith('Describe'))).toHaveLength(3);
  });

  test('that AWS does not show after its window are given up', async () => {
    const { view, apply, state, clock } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    await apply(createRoute);
    state.tables.set('rtb-1', table('rtb-1'));
    expect((await view()).routeTables.get('rtb-1')?.routes).toHaveLength(1);
    await clock.advance(61_000);
    expect((await view()).routeTables.get('rtb-1')?.routes).toEqual([]);
  });

  test('leave what others change in the same table as it is', async () => {
    const { view, apply, state, clock } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    await apply(createRoute);
    state.tables.set(
      'rtb-1',
      table('rtb-1', [{ DestinationCidrBlock: '10.3.0.0/16', NatGatewayId: 'nat-1', State: 'active', Origin: 'CreateRoute' }]),
    );
    await clock.advance(61_000);
    expect((await view()).routeTables.get('rtb-1')?.routes.map((route) => route.destination)).toEqual(['10.3.0.0/16']);
  });

  test('of rules and tags stand with the id and the tags that AWS gave', async () => {
    const { view, apply, aws, account } = opened();
    await view();
    const spec = { direction: 'ingress', protocol: 'tcp', fromPort: 22, toPort: 22, peer: { cidrIpv4: '10.2.0.0/16' } } as const;
    const made = await apply({
      scope,
      action: 'AuthorizeSecurityGroupIngress',
      groupId: 'sg-1',
      rule: spec,
      description: 'from there',
      tags: { 'isthmus.dev/uid': 'u1' },
    });
    expect(made).toEqual({ id: expect.stringMatching(/^sgr-/), tags: { 'isthmus.dev/uid': 'u1' } });
    await apply({ scope, action: 'CreateTags', resourceId: made.id!, tags: { Name: 'x' } });
    const { securityGroupRules } = await view();
    expect(securityGroupRules.get(made.id!)).toEqual({
      ...spec,
      securityGroupRuleId: made.id,
      groupId: 'sg-1',
      description: 'from there',
      tags: { 'isthmus.dev/uid': 'u1', Name: 'x' },
    });
    await aws.apply(account, { scope, action: 'RevokeSecurityGroupIngress', groupId: 'sg-1', securityGroupRuleId: made.id! }, allowed);
    expect((await view()).securityGroupRules.size).toBe(0);
  });

  test('move a connection on and never back, and give way to a later state', async () => {
    const { view, apply, state, lag, catchUp, clock } = opened();
    state.connections.set('pcx-1', peering('pcx-1', 'pending-acceptance'));
    const stateNow = async () => (await view('pcx-1')).peeringConnections.get('pcx-1')?.state;
    await view();
    lag();
    await apply({ scope, action: 'AcceptVpcPeeringConnection', vpcPeeringConnectionId: 'pcx-1' });
    expect(await stateNow()).toBe('provisioning');
    await clock.advance(2_000);
    expect(await stateNow()).toBe('provisioning');
    catchUp();
    state.connections.set('pcx-1', peering('pcx-1', 'active'));
    await clock.advance(2_000);
    expect(await stateNow()).toBe('active');
  });

  test('of a connection are seen from its other side', async () => {
    const { view, apply, aws, account, state, lag } = opened();
    state.connections.set('pcx-1', peering('pcx-1', 'active'));
    const otherSide = () => aws.view({ account, region: 'eu-west-2', collections: all, ids: [] });
    await view();
    await otherSide();
    lag();
    await apply({ scope, action: 'DeleteVpcPeeringConnection', vpcPeeringConnectionId: 'pcx-1' });
    expect((await otherSide()).peeringConnections.get('pcx-1')?.state).toBe('deleting');
  });

  test('are seen through the other AwsAccounts of the same account and region', async () => {
    const { view, apply, aws, account, state } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    const other = { ...account, name: 'project-a-too' };
    const otherView = () => aws.view({ account: other, region, collections: all, ids: [] });
    await view();
    await otherView();
    await apply(createRoute);
    expect((await otherView()).routeTables.get('rtb-1')?.routes).toHaveLength(1);
  });
});

describe('What is asked for by id', () => {
  test('is asked again every two seconds while it is in a passing state, and the list is not', async () => {
    const { view, state, clock, count } = opened();
    state.connections.set('pcx-1', peering('pcx-1', 'provisioning'));
    expect((await view('pcx-1')).peeringConnections.get('pcx-1')?.state).toBe('provisioning');
    expect(count('DescribeVpcPeeringConnections')).toBe(1);
    state.connections.set('pcx-1', peering('pcx-1', 'active'));
    await clock.advance(1_000);
    expect((await view('pcx-1')).peeringConnections.get('pcx-1')?.state).toBe('provisioning');
    await clock.advance(1_000);
    expect((await view('pcx-1')).peeringConnections.get('pcx-1')?.state).toBe('active');
    await clock.advance(10_000);
    await view('pcx-1');
    expect(count('DescribeVpcPeeringConnections')).toBe(2);
  });

  test('goes together in one call, and one that is missing among many costs no more than halving finds', async () => {
    const { view, state, count, simulator } = opened();
    await view();
    for (let at = 0; at < 64; at++) state.rules.set(`sgr-${at}`, rule(`sgr-${at}`));
    const ids = Array.from({ length: 64 }, (_value, at) => `sgr-${at}`);
    const views = await Promise.all([...ids, 'sgr-none'].map((id) => view(id)));
    expect(views.at(-1)?.securityGroupRules.size).toBe(64);
    expect([...views.at(-1)!.gone]).toEqual(['sgr-none']);
    expect(count('DescribeSecurityGroupRules')).toBeLessThanOrEqual(1 + 2 * 7);
    const together = simulator.record.calls().map((call) => (call.parameters.SecurityGroupRuleIds as string[] | undefined)?.length ?? 0);
    expect(Math.max(...together)).toBe(65);
  });

  test('is gone once AWS says so, and is then not asked again', async () => {
    const { view, count, clock } = opened();
    expect([...(await view('pcx-0', 'rtb-0/10.0.0.0/8', 'acct-0')).gone]).toEqual(['pcx-0', 'rtb-0/10.0.0.0/8']);
    await clock.advance(30_000);
    await view('pcx-0', 'rtb-0/10.0.0.0/8');
    expect([count('DescribeVpcPeeringConnections'), count('DescribeRouteTables')]).toEqual([2, 2]);
  });

  test('is not gone within the window of a write of ours, whatever AWS says', async () => {
    const { view, apply, state, clock } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    await apply(createRoute);
    await apply(deleteRoute);
    const route = 'rtb-1/10.2.0.0/16';
    expect([...(await view(route)).gone]).toEqual([]);
    await clock.advance(14_999);
    expect([...(await view(route)).gone]).toEqual([]);
    await clock.advance(1);
    expect([...(await view(route)).gone]).toEqual([route]);
  });

  test('is not gone within the window after the lease was taken, nor is anything complete', async () => {
    const clock = new VirtualClock();
    const takenAt = clock.now();
    const small = smallAws(clock, { aws: { leaseTakenAt: () => takenAt } });
    const view = () => small.aws.view({ account: small.account, region, collections: all, ids: ['pcx-0'] });
    const early = await view();
    expect([[...early.gone], early.completeUpTo]).toEqual([[], Number.NEGATIVE_INFINITY]);
    await clock.advance(15_000);
    const later = await view();
    expect([[...later.gone], later.completeUpTo, later.asOf]).toEqual([['pcx-0'], takenAt, takenAt + 15_000]);
  });

  test('is still shown in a state that it does not leave', async () => {
    const { view, state } = opened();
    state.connections.set('pcx-1', peering('pcx-1', 'rejected'));
    const seen = await view('pcx-1');
    expect([seen.peeringConnections.get('pcx-1')?.state, seen.gone.size]).toEqual(['rejected', 0]);
  });

  test('is a route again worth a look when its connection has become active', async () => {
    const { view, state, clock } = opened();
    const leads = (State: 'active' | 'blackhole') =>
      table('rtb-1', [{ DestinationCidrBlock: '10.2.0.0/16', VpcPeeringConnectionId: 'pcx-1', State, Origin: 'CreateRoute' }]);
    state.connections.set('pcx-1', peering('pcx-1', 'provisioning'));
    state.tables.set('rtb-1', leads('blackhole'));
    await view('pcx-1', 'rtb-1/10.2.0.0/16');
    state.connections.set('pcx-1', peering('pcx-1', 'active'));
    state.tables.set('rtb-1', leads('active'));
    await clock.advance(2_000);
    expect((await view('pcx-1', 'rtb-1/10.2.0.0/16')).routeTables.get('rtb-1')?.routes[0]?.state).toBe('active');
  });
});

describe('After a write whose effect is unknown', () => {
  test('the list is read again at once, and once more when AWS must show it', async () => {
    const { view, apply, state, clock, count, simulator } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    simulator.orderFaults([{ operation: 'CreateRoute', nth: 1, effect: { loseAnswer: true } }]);
    await expect(apply(createRoute)).rejects.toMatchObject({ meaning: 'transport', code: 'ECONNRESET' });
    expect(count('CreateRoute')).toBe(1);
    expect((await view()).routeTables.get('rtb-1')?.routes).toHaveLength(1);
    expect(count('DescribeRouteTables')).toBe(2);
    await view();
    expect(count('DescribeRouteTables')).toBe(2);
    await clock.advance(15_000);
    const later = await view();
    expect(count('DescribeRouteTables')).toBe(3);
    expect(later.routeTables.get('rtb-1')?.routes).toHaveLength(1);
    expect(count('DescribeVpcPeeringConnections')).toBe(1);
  });

  test('that AWS contradicts, the view that led to it is read again', async () => {
    const { view, apply, state } = opened();
    state.tables.set('rtb-1', table('rtb-1'));
    await view();
    state.tables.set('rtb-1', table('rtb-1', [{ DestinationCidrBlock: '10.2.0.0/16', NatGatewayId: 'nat-1', State: 'active' }]));
    await expect(apply(createRoute)).rejects.toMatchObject({ meaning: 'exists', code: 'RouteAlreadyExists' });
    expect((await view()).routeTables.get('rtb-1')?.routes[0]?.target).toEqual({ type: 'nat-gateway', id: 'nat-1' });
  });
});
