import { describe, expect, test } from '@jest/globals';
import type { Plan } from '../../../src/kinds/kind.ts';
import { remember } from '../../../src/kinds/memory.ts';
import { vpcPeering } from '../../../src/kinds/vpc-peering/plan.ts';
import type { PeeringView } from '../../../src/kinds/vpc-peering/side.ts';
import {
  accountId,
  connection,
  group,
  input,
  local,
  now,
  ourTags,
  peering,
  remembered,
  routeTo,
  table,
  type ViewParts,
  view,
  vpc,
} from './views.ts';

const actions = (plan: Plan) => plan.steps.map((step) => step.change.action);
const reasons = (plan: Plan) => plan.waiting.map(({ problem }) => problem.reason);
const messages = (plan: Plan) => plan.waiting.map(({ problem }) => problem.message).join('\n');

const base: ViewParts = {
  vpcs: [vpc('vpc-a', ['10.0.0.0/16']), vpc('vpc-b', ['10.1.0.0/16'])],
  tables: [table('rtb-a', 'vpc-a', [local('10.0.0.0/16')]), table('rtb-b', 'vpc-b', [local('10.1.0.0/16')])],
  groups: [group('sg-a', 'vpc-a'), group('sg-b', 'vpc-b')],
};
/** One account and region: both sides share what is seen. */
const both = (parts: ViewParts): { requester: PeeringView; accepter: PeeringView } => {
  const shared = view({ ...base, ...parts });
  return { requester: shared, accepter: shared };
};
const active = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'active', tags: ourTags });
const mine = [remembered('requester/connection', 'pcx-1', { key: 'connection' }), remembered('accepter/connection', 'pcx-1')];
const ssh = {
  name: 'ssh',
  securityGroup: { name: 'default' },
  protocol: 'tcp' as const,
  portRanges: ['22'],
  from: { securityGroup: { name: 'default' } },
};

describe('the connection', () => {
  test('is requested where there is none, with the ownership tags in the call and the intent in memory before it', () => {
    const plan = vpcPeering.plan(input(peering(), both({})));
    expect(plan.steps).toHaveLength(1);
    expect(plan.steps[0]).toMatchObject({
      change: {
        action: 'CreateVpcPeeringConnection',
        vpcId: 'vpc-a',
        peerVpcId: 'vpc-b',
        peerOwnerId: accountId,
        peerRegion: 'us-west-2',
        tags: ourTags,
      },
      remember: { role: 'requester/connection', id: '', created: true, attempt: 1, intentAt: '2026-01-01T12:00:00Z' },
    });
  });

  test('is accepted in the accepter’s region when it waits for that', () => {
    const views = {
      requester: view({
        ...base,
        connections: [
          connection('pcx-1', {
            from: 'vpc-a',
            to: 'vpc-b',
            state: 'pending-acceptance',
            regions: ['us-west-2', 'eu-west-2'],
            tags: ourTags,
          }),
        ],
      }),
      accepter: view({
        ...base,
        region: 'eu-west-2',
        connections: [
          connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'pending-acceptance', regions: ['us-west-2', 'eu-west-2'] }),
        ],
      }),
    };
    const plan = vpcPeering.plan(input(peering({ accepter: { region: 'eu-west-2' } }), views, { memory: mine }));
    expect(plan.steps.find((step) => step.change.action === 'AcceptVpcPeeringConnection')?.change.scope.region).toBe('eu-west-2');
    expect(plan.steps.find((step) => step.change.action === 'CreateTags')?.change.scope.region).toBe('eu-west-2');
  });

  test('is not accepted where a person is to do it', () => {
    const plan = vpcPeering.plan(
      input(
        peering({ acceptance: 'Manual' }),
        both({ connections: [connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'pending-acceptance', tags: ourTags })] }),
        { memory: mine },
      ),
    );
    expect(actions(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['PendingAcceptance']);
  });

  test.each([
    ['initiating-request', []],
    ['provisioning', []],
    ['deleting', []],
  ] as const)('that is %s is waited for', (state, expected) => {
    const plan = vpcPeering.plan(
      input(peering(), both({ connections: [connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state, tags: ourTags })] }), {
        memory: mine,
      }),
    );
    expect(actions(plan)).toEqual(expected);
    expect(reasons(plan)).toEqual(['Progressing']);
  });

  test('from B to A is used when A to B is wanted: no second request, and never tagged as ours', () => {
    const found = connection('pcx-9', { from: 'vpc-b', to: 'vpc-a', state: 'active' });
    const plan = vpcPeering.plan(input(peering(), both({ connections: [found] })));
    expect(actions(plan)).not.toContain('CreateVpcPeeringConnection');
    expect(actions(plan)).not.toContain('CreateTags');
    expect(plan.memory.filter((entry) => entry.id === 'pcx-9').map((entry) => entry.created)).toEqual([false, false]);
  });

  test('of another cluster is left alone', () => {
    const found = connection('pcx-9', {
      from: 'vpc-a',
      to: 'vpc-b',
      state: 'active',
      tags: { ...ourTags, 'isthmus.dev/cluster': 'other' },
    });
    const plan = vpcPeering.plan(input(peering(), both({ connections: [found] })));
    expect(actions(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['OwnedElsewhere']);
  });

  test('of an object of this name that is no more is taken over and tagged anew', () => {
    const found = connection('pcx-9', {
      from: 'vpc-a',
      to: 'vpc-b',
      state: 'active',
      tags: { ...ourTags, 'isthmus.dev/uid': 'somebody-gone' },
    });
    const plan = vpcPeering.plan(input(peering(), both({ connections: [found] })));
    expect(plan.steps.find((step) => step.change.action === 'CreateTags')?.change).toMatchObject({
      resourceId: 'pcx-9',
      tags: { 'isthmus.dev/uid': ourTags['isthmus.dev/uid'] },
    });
  });

  test('is not requested again while an intent without an answer may still come to light', () => {
    const intent = remembered('requester/connection', '', { key: 'connection', intentAt: '2026-01-01T11:59:58Z' });
    expect(actions(vpcPeering.plan(input(peering(), both({}), { memory: [intent] })))).toEqual([]);
  });

  test('is requested again once reads are certain to show what the intent would have made', () => {
    const intent = remembered('requester/connection', '', { key: 'connection', intentAt: '2026-01-01T11:59:30Z' });
    expect(actions(vpcPeering.plan(input(peering(), both({}), { memory: [intent] })))).toEqual(['CreateVpcPeeringConnection']);
  });

  test('that is not visible yet is waited for, and one that is proven gone is requested again', () => {
    expect(actions(vpcPeering.plan(input(peering(), both({}), { memory: mine })))).toEqual([]);
    expect(actions(vpcPeering.plan(input(peering(), both({ gone: ['pcx-1'] }), { memory: mine })))).toEqual(['CreateVpcPeeringConnection']);
  });

  test.each([
    ['deleted', true],
    ['expired', true],
    ['failed', true],
    ['rejected', false],
  ] as const)('that was %s behind our back is requested again: %s', (state, again) => {
    const ended = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state, tags: ourTags, message: 'as AWS says' });
    const plan = vpcPeering.plan(input(peering({}, { status: { requestedFor: '1' } }), both({ connections: [ended] }), { memory: mine }));
    expect(actions(plan)).toEqual(again ? ['CreateVpcPeeringConnection'] : []);
    if (!again) expect(messages(plan)).toContain('as AWS says');
  });

  test('that was rejected is requested again when reconcile-at asks', () => {
    const ended = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'rejected', tags: ourTags });
    const asked = peering({}, { status: { requestedFor: '1' }, metadata: { annotations: { 'isthmus.dev/reconcile-at': 'now' } } });
    expect(actions(vpcPeering.plan(input(asked, both({ connections: [ended] }), { memory: mine })))).toEqual([
      'CreateVpcPeeringConnection',
    ]);
  });

  test('that AWS answers with again, though it was believed gone, is not deleted as one that was overtaken', () => {
    const memory = [remembered('requester/former-connection', 'pcx-1'), ...mine];
    const plan = vpcPeering.plan(input(peering(), both({ connections: [active] }), { memory }));
    expect(actions(plan)).not.toContain('DeleteVpcPeeringConnection');
    expect(plan.memory.filter((entry) => entry.role.includes('former'))).toEqual([]);
  });

  test('that failed again and again is requested ever later', () => {
    const ended = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'failed', tags: ourTags });
    const tries = [remembered('requester/connection', 'pcx-1', { key: 'connection', attempt: 3, intentAt: '2026-01-01T11:59:50Z' })];
    const plan = vpcPeering.plan(input(peering({}, { status: { requestedFor: '1' } }), both({ connections: [ended] }), { memory: tries }));
    expect(actions(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['PeeringFailed']);
    expect(plan.waiting[0]?.recheckMs).toBe(50_000);
  });
});

describe('what keeps VPCs apart', () => {
  test.each([
    ['the primary CIDRs', vpc('vpc-b', ['10.0.128.0/17'])],
    ['a secondary CIDR', vpc('vpc-b', ['10.1.0.0/16', '10.0.0.0/24'])],
  ])('%s overlap: no request is sent and both CIDRs are named', (_name, other) => {
    const plan = vpcPeering.plan(input(peering(), both({ vpcs: [vpc('vpc-a', ['10.0.0.0/16']), other] })));
    expect(actions(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['CidrOverlap']);
    expect(messages(plan)).toContain('10.0.0.0/16 of vpc-a');
  });

  test('a VPC that is not there is named, with where it was looked for', () => {
    const plan = vpcPeering.plan(input(peering({ requester: { vpcId: 'vpc-x' } }), both({})));
    expect(messages(plan)).toBe(
      'spec.requester.vpcId: account 111122223333, region us-west-2 owns no VPC vpc-x; give the id of a VPC of that account and region',
    );
  });

  test('a selector that fits two VPCs names both', () => {
    const twins = [
      vpc('vpc-a', ['10.0.0.0/16'], { tags: { tier: 'x' } }),
      vpc('vpc-c', ['10.2.0.0/16'], { tags: { tier: 'x' } }),
      vpc('vpc-b', ['10.1.0.0/16']),
    ];
    const resource = peering({ requester: { vpcId: undefined, vpcSelector: { tags: { tier: 'x' } } } as never });
    const plan = vpcPeering.plan(input(resource, both({ vpcs: twins })));
    expect(reasons(plan)).toEqual(['VpcAmbiguous']);
    expect(messages(plan)).toContain('vpc-a, vpc-c');
  });

  test('a selector whose answer changed writes nothing', () => {
    const status = { requester: { accountId, region: 'us-west-2', vpcId: 'vpc-old' } } as never;
    const plan = vpcPeering.plan(input(peering({}, { status }), both({})));
    expect(actions(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['IdentityChanged']);
  });

  test('a VPC cannot be peered with itself', () => {
    expect(reasons(vpcPeering.plan(input(peering({ accepter: { vpcId: 'vpc-a' } }), both({}))))).toEqual(['CidrOverlap']);
  });
});

describe('routes', () => {
  const routesOf = (plan: Plan) =>
    plan.steps.flatMap(({ change }) => ('destination' in change ? [`${change.action} ${change.routeTableId} ${change.destination}`] : []));

  test('go into every table of both sides, for every CIDR of the peer, and stand in memory before the call', () => {
    const vpcs = [vpc('vpc-a', ['10.0.0.0/16', '10.10.0.0/16']), vpc('vpc-b', ['10.1.0.0/16'])];
    const tables = [...(base.tables ?? []), table('rtb-a2', 'vpc-a', []), table('rtb-decoy', 'vpc-c', [])];
    const plan = vpcPeering.plan(input(peering(), both({ vpcs, tables, connections: [active] }), { memory: mine }));
    expect(routesOf(plan)).toEqual([
      'CreateRoute rtb-a 10.1.0.0/16',
      'CreateRoute rtb-a2 10.1.0.0/16',
      'CreateRoute rtb-b 10.0.0.0/16',
      'CreateRoute rtb-b 10.10.0.0/16',
    ]);
    expect(plan.steps.every((step) => step.remember?.created && step.remember.id !== '')).toBe(true);
  });

  test('carry IPv6 only where both VPCs have it', () => {
    const six = (a: readonly string[], b: readonly string[]) => [
      vpc('vpc-a', ['10.0.0.0/16'], { ipv6: a }),
      vpc('vpc-b', ['10.1.0.0/16'], { ipv6: b }),
    ];
    const one = vpcPeering.plan(input(peering(), both({ vpcs: six(['2001:db8:a::/56'], []), connections: [active] }), { memory: mine }));
    expect(routesOf(one).join()).not.toContain(':');
    const two = vpcPeering.plan(
      input(peering(), both({ vpcs: six(['2001:db8:a::/56'], ['2001:db8:b::/56']), connections: [active] }), { memory: mine }),
    );
    expect(routesOf(two)).toContain('CreateRoute rtb-b 2001:db8:a::/56');
  });

  test.each([
    ['alive', 'active'],
    ['blackhole', 'blackhole'],
  ] as const)('that lead elsewhere (%s) are never overwritten, and the other tables are still served', (_name, state) => {
    const tables = [
      table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'tgw-1', state)]),
      table('rtb-a2', 'vpc-a', []),
      table('rtb-b', 'vpc-b', []),
    ];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [active] }), { memory: mine }));
    expect(routesOf(plan)).toEqual(['CreateRoute rtb-a2 10.1.0.0/16', 'CreateRoute rtb-b 10.0.0.0/16']);
    expect(reasons(plan)).toEqual(['RouteConflict']);
    expect(messages(plan)).toContain('rtb-a already sends 10.1.0.0/16 to tgw-1');
  });

  test('left behind as blackholes by a connection that was deleted are turned to the new one', () => {
    const old = connection('pcx-0', { from: 'vpc-a', to: 'vpc-b', state: 'deleted', tags: ourTags });
    const tables = [
      table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-0', 'blackhole')]),
      table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-0', 'blackhole')]),
    ];
    const memory = [...mine, remembered('requester/former-connection', 'pcx-0')];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [active, old] }), { memory }));
    expect(routesOf(plan)).toEqual(['ReplaceRoute rtb-a 10.1.0.0/16', 'ReplaceRoute rtb-b 10.0.0.0/16']);
    expect(plan.memory.some((entry) => entry.id === 'pcx-0')).toBe(true);
  });

  test('to a connection that memory claims, but that joins other VPCs, are not touched', () => {
    const others = connection('pcx-0', { from: 'vpc-x', to: 'vpc-y', state: 'active' });
    const tables = [table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-0')]), table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-1')])];
    const memory = [...mine, remembered('requester/former-connection', 'pcx-0'), remembered('requester/route', 'rtb-a/10.1.0.0/16')];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [active, others] }), { memory }));
    expect(routesOf(plan)).toEqual([]);
    expect(reasons(plan)).toEqual(['RouteConflict']);
  });

  test('of an edge table are skipped and said to be', () => {
    const tables = [
      ...(base.tables ?? []),
      table('rtb-edge', 'vpc-a', [], { associations: [{ associationId: 'x', main: false, gatewayId: 'igw-1' }] }),
    ];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [active] }), { memory: mine }));
    expect(routesOf(plan).join()).not.toContain('rtb-edge');
    expect(plan.parts.find((part) => part.type === 'RoutesReady')?.message).toContain('rtb-edge');
  });

  test('for a CIDR that the peer has no more are deleted after the others are made', () => {
    const tables = [
      table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-1'), routeTo('10.9.0.0/16', 'pcx-1')]),
      table('rtb-b', 'vpc-b', []),
    ];
    const memory = [...mine, remembered('requester/route', 'rtb-a/10.1.0.0/16'), remembered('requester/route', 'rtb-a/10.9.0.0/16')];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [active] }), { memory }));
    expect(routesOf(plan)).toEqual(['CreateRoute rtb-b 10.0.0.0/16', 'DeleteRoute rtb-a 10.9.0.0/16']);
    expect(plan.steps.at(-1)?.stage).toBe(2);
  });

  test('found right on an adopted connection are used, and are not ours', () => {
    const found = connection('pcx-9', { from: 'vpc-b', to: 'vpc-a', state: 'active' });
    const tables = [table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-9')]), table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-9')])];
    const plan = vpcPeering.plan(input(peering(), both({ tables, connections: [found] })));
    expect(plan.steps).toEqual([]);
    expect(plan.memory.every((entry) => !entry.created)).toBe(true);
  });

  test.each([
    ['Main', ['CreateRoute rtb-main 10.1.0.0/16']],
    ['None', []],
  ] as const)('with the strategy %s go only where it says', (strategy, expected) => {
    const tables = [table('rtb-a', 'vpc-a', []), table('rtb-main', 'vpc-a', [], { associations: [{ associationId: 'm', main: true }] })];
    const plan = vpcPeering.plan(
      input(peering({ requester: { routeTables: { strategy } } }), both({ tables, connections: [active] }), { memory: mine }),
    );
    expect(routesOf(plan)).toEqual(expected);
  });

  test('to a destination outside the peer are refused', () => {
    const plan = vpcPeering.plan(
      input(peering({ requester: { destinations: ['10.1.2.0/24', '10.2.0.0/16'] } }), both({ connections: [active] }), { memory: mine }),
    );
    expect(routesOf(plan)).toEqual(['CreateRoute rtb-a 10.1.2.0/24', 'CreateRoute rtb-b 10.0.0.0/16']);
    expect(reasons(plan)).toEqual(['CidrOutsidePeer']);
  });
});

describe('security-group rules', () => {
  const rulesOf = (plan: Plan) => plan.steps.flatMap(({ change }) => ('rule' in change ? [{ group: change.groupId, ...change.rule }] : []));
  const tables = [table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-1')]), table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-1')])];

  test('name the peer’s group by reference within one region', () => {
    const plan = vpcPeering.plan(
      input(peering({ accepter: { ingress: [ssh] } as never }), both({ tables, connections: [active] }), { memory: mine }),
    );
    expect(rulesOf(plan)).toEqual([
      {
        group: 'sg-b',
        direction: 'ingress',
        protocol: 'tcp',
        fromPort: 22,
        toPort: 22,
        peer: { referencedGroup: { groupId: 'sg-a', userId: accountId } },
      },
    ]);
  });

  test('are made of the peer’s CIDRs across regions', () => {
    const regions = ['us-west-2', 'eu-west-2'] as const;
    const far = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'active', regions, tags: ourTags });
    const views = {
      requester: view({ ...base, connections: [far] }),
      accepter: view({ ...base, region: 'eu-west-2', connections: [far] }),
    };
    const plan = vpcPeering.plan(input(peering({ accepter: { region: 'eu-west-2', ingress: [ssh] } as never }), views, { memory: mine }));
    expect(rulesOf(plan).map((rule) => rule.peer)).toEqual([{ cidrIpv4: '10.0.0.0/16' }]);
  });

  test('are not made before the connection is active', () => {
    const pending = connection('pcx-1', { from: 'vpc-a', to: 'vpc-b', state: 'provisioning', tags: ourTags });
    expect(
      rulesOf(
        vpcPeering.plan(input(peering({ accepter: { ingress: [ssh] } as never }), both({ connections: [pending] }), { memory: mine })),
      ),
    ).toEqual([]);
  });

  test('found right are used and stay whose they are; ours that are not wanted any more are revoked by id', () => {
    const rule = (id: string, port: number, tags = {}) => ({
      securityGroupRuleId: id,
      groupId: 'sg-b',
      direction: 'ingress' as const,
      protocol: 'tcp',
      fromPort: port,
      toPort: port,
      peer: { referencedGroup: { groupId: 'sg-a', userId: accountId } },
      description: '',
      tags,
    });
    const rules = [rule('sgr-found', 22), rule('sgr-ours', 80, ourTags), rule('sgr-other', 443)];
    const memory = [
      ...mine,
      remembered('accepter/rule', 'sgr-ours', { key: 'sg-b|ingress|tcp|80|80|sg-a' }),
      // Forged, or retagged by somebody else: memory says ours, AWS does not.
      remembered('accepter/rule', 'sgr-other', { key: 'sg-b|ingress|tcp|443|443|sg-a' }),
    ];
    const plan = vpcPeering.plan(
      input(peering({ accepter: { ingress: [ssh] } as never }), both({ tables, rules, connections: [active] }), { memory }),
    );
    expect(plan.steps.map(({ change }) => change)).toEqual([
      expect.objectContaining({ action: 'RevokeSecurityGroupIngress', securityGroupRuleId: 'sgr-ours' }),
    ]);
    expect(plan.memory.find((entry) => entry.id === 'sgr-found')?.created).toBe(false);
    expect(plan.memory.some((entry) => entry.id === 'sgr-other')).toBe(false);
  });

  test('that AWS left stale, since the peer’s group is gone, are revoked; one whose own group cannot be told is left open', () => {
    const rule = (id: string, peerGroup: string) => ({
      securityGroupRuleId: id,
      groupId: 'sg-b',
      direction: 'ingress' as const,
      protocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      peer: { referencedGroup: { groupId: peerGroup, userId: accountId } },
      description: '',
      tags: ourTags,
    });
    const rules = [rule('sgr-stale', 'sg-gone'), rule('sgr-alive', 'sg-a')];
    const memory = [
      ...mine,
      remembered('accepter/rule', 'sgr-stale', { key: 'sg-b|ingress|tcp|22|22|sg-gone' }),
      remembered('accepter/rule', 'sgr-alive', { key: 'sg-b|ingress|tcp|22|22|sg-a' }),
    ];
    const missing = { ...ssh, from: { securityGroup: { name: 'nobody' } } };
    const plan = vpcPeering.plan(
      input(peering({ accepter: { ingress: [missing] } as never }), both({ tables, rules, connections: [active] }), { memory }),
    );
    expect(reasons(plan)).toEqual(['SecurityGroupNotFound']);
    expect(plan.steps.map(({ change }) => change)).toEqual([
      expect.objectContaining({ action: 'RevokeSecurityGroupIngress', securityGroupRuleId: 'sgr-stale' }),
    ]);
  });

  test('that name a group that is not there say where it was looked for', () => {
    const missing = { ...ssh, securityGroup: { name: 'web' } };
    const plan = vpcPeering.plan(
      input(peering({ accepter: { ingress: [missing] } as never }), both({ tables, connections: [active] }), { memory: mine }),
    );
    expect(messages(plan)).toContain('spec.accepter.ingress[ssh].securityGroup: vpc-b (us-west-2) has no security group named web');
  });
});

test('an object that would make more than status can remember makes nothing, and says what to narrow', () => {
  const portRanges = Array.from({ length: 32 }, (_, index) => `${index + 1}`);
  const cidrs = Array.from({ length: 64 }, (_, index) => `10.0.${index}.0/24`);
  const ingress = [{ name: 'many', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges, from: { cidrs } }];
  const plan = vpcPeering.plan(input(peering({ accepter: { ingress } as never }), both({ connections: [active] }), { memory: mine }));
  expect(plan.steps).toEqual([]);
  expect(reasons(plan)).toEqual(['QuotaExceeded']);
});

describe('once everything is as wanted', () => {
  test('nothing is planned, in whatever order AWS lists things', () => {
    const tables = [table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-1')]), table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-1')])];
    const memory = [...mine, remembered('requester/route', 'rtb-a/10.1.0.0/16'), remembered('accepter/route', 'rtb-b/10.0.0.0/16')];
    const forward = vpcPeering.plan(input(peering(), both({ tables, connections: [active] }), { memory }));
    const backward = vpcPeering.plan(
      input(peering(), both({ tables: tables.toReversed(), connections: [active] }), { memory: forward.memory.toReversed() }),
    );
    expect(forward.steps).toEqual([]);
    expect(forward.waiting).toEqual([]);
    expect(backward).toEqual(forward);
  });
});

describe('deletion', () => {
  const gone = { metadata: { deletionTimestamp: '2026-01-01T12:00:00Z' } };
  const tables = [
    table('rtb-a', 'vpc-a', [routeTo('10.1.0.0/16', 'pcx-1'), routeTo('10.7.0.0/16', 'tgw-1')]),
    table('rtb-b', 'vpc-b', [routeTo('10.0.0.0/16', 'pcx-1')]),
  ];
  const memory = [
    ...mine,
    remembered('requester/route', 'rtb-a/10.1.0.0/16'),
    remembered('requester/route', 'rtb-a/10.7.0.0/16'),
    remembered('accepter/route', 'rtb-b/10.0.0.0/16'),
  ];

  test('takes routes first and the connection after them, once, and leaves a route that leads elsewhere', () => {
    const plan = vpcPeering.plan(input(peering({}, gone), both({ tables, connections: [active] }), { memory }));
    expect(plan.steps.map((step) => [step.stage, step.change.action])).toEqual([
      [2, 'DeleteVpcPeeringConnection'],
      [1, 'DeleteRoute'],
      [1, 'DeleteRoute'],
    ]);
    expect(plan.memory.some((entry) => entry.id === 'rtb-a/10.7.0.0/16')).toBe(false);
  });

  test('never touches what was only adopted', () => {
    const adopted = memory.map((entry) => ({ ...entry, created: false }));
    const plan = vpcPeering.plan(input(peering({}, gone), both({ tables, connections: [{ ...active, tags: {} }] }), { memory: adopted }));
    expect(plan.steps).toEqual([]);
    expect(plan.memory).toEqual([]);
  });

  test('does not believe memory where AWS says that the connection is not ours', () => {
    const plan = vpcPeering.plan(input(peering({}, gone), both({ tables: [], connections: [{ ...active, tags: {} }] }), { memory: mine }));
    expect(plan.steps).toEqual([]);
  });

  test('is over when everything is confirmed gone', () => {
    const plan = vpcPeering.plan(
      input(
        peering({}, gone),
        both({ tables: [], connections: [{ ...active, state: 'deleted' }], gone: memory.map((entry) => entry.id) }),
        { memory },
      ),
    );
    expect(plan.memory).toEqual([]);
  });

  test('with Retain leaves everything, without our ownership tags', () => {
    const plan = vpcPeering.plan(input(peering({ deletionPolicy: 'Retain' }, gone), both({ tables, connections: [active] }), { memory }));
    expect(actions(plan)).toEqual(['DeleteTags']);
  });

  test('of one side that cannot be reached cleans up the other, deletes the connection from there, and names what is left', () => {
    const living = both({ tables, connections: [active] });
    const broken = {
      ...input(peering({}, gone), living, { memory }),
      sides: {
        requester: { view: living.requester, identity: 'arn' },
        accepter: { problem: { reason: 'RoleNotAssumable' as const, message: 'the role is gone', heals: 'person' as const } },
      },
    };
    const plan = vpcPeering.plan(broken);
    expect(actions(plan).toSorted()).toEqual(['DeleteRoute', 'DeleteVpcPeeringConnection']);
    expect(reasons(plan)).toContain('DeletionBlocked');
    expect(messages(plan)).toContain('rtb-b/10.0.0.0/16');
  });

  test('lets go of a side by name, and says what is left', () => {
    const resource = peering({}, { metadata: { ...gone.metadata, annotations: { 'isthmus.dev/abandon': 'all' } } });
    const plan = vpcPeering.plan(input(resource, both({ tables, connections: [active] }), { memory }));
    expect(plan.memory).toEqual([]);
    expect(plan.notes?.length).toBe(memory.length);
  });
});

test('an intent is the same thing as its answer, so that the id takes its place in memory', () => {
  const intent = remembered('requester/connection', '', { key: 'connection' });
  expect(remember([intent], { ...intent, id: 'pcx-1' })).toEqual([{ ...intent, id: 'pcx-1' }]);
  expect(now).toBeGreaterThan(0);
});
