import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { AwsError } from '../../src/aws/aws.ts';
import { type ChangeRow, changes } from '../../src/aws/changes.ts';
import type { Change, ChangeAction } from '../../src/network/changes.ts';
import { peering, smallAws, table } from './small-aws.ts';

const scope = { accountRef: 'project-a', accountId: '111122223333', region: 'us-west-2' };
const route = { scope, routeTableId: 'rtb-1', destination: '10.2.0.0/16' };
const connection = { scope, vpcPeeringConnectionId: 'pcx-1' };
const spec = { direction: 'ingress', protocol: 'tcp', fromPort: 22, toPort: 23, peer: { cidrIpv4: '10.2.0.0/16' } } as const;
const authorize = { scope, groupId: 'sg-1', rule: spec, description: 'from there', tags: { k: 'v' } };
const revoke = { scope, groupId: 'sg-1', securityGroupRuleId: 'sgr-1' };

/** One of each action: a new one does not compile until it stands here too. */
const samples: { readonly [Action in ChangeAction]: Change & { readonly action: Action } } = {
  CreateVpcPeeringConnection: {
    scope,
    action: 'CreateVpcPeeringConnection',
    vpcId: 'vpc-1',
    peerVpcId: 'vpc-2',
    peerOwnerId: '444455556666',
    peerRegion: 'eu-west-2',
    tags: { k: 'v' },
  },
  AcceptVpcPeeringConnection: { ...connection, action: 'AcceptVpcPeeringConnection' },
  DeleteVpcPeeringConnection: { ...connection, action: 'DeleteVpcPeeringConnection' },
  ModifyVpcPeeringConnectionOptions: {
    ...connection,
    action: 'ModifyVpcPeeringConnectionOptions',
    side: 'requester',
    allowDnsResolutionFromRemoteVpc: true,
  },
  CreateRoute: { ...route, action: 'CreateRoute', vpcPeeringConnectionId: 'pcx-1' },
  ReplaceRoute: { ...route, action: 'ReplaceRoute', vpcPeeringConnectionId: 'pcx-1' },
  DeleteRoute: { ...route, action: 'DeleteRoute' },
  AuthorizeSecurityGroupIngress: { ...authorize, action: 'AuthorizeSecurityGroupIngress' },
  AuthorizeSecurityGroupEgress: { ...authorize, action: 'AuthorizeSecurityGroupEgress' },
  RevokeSecurityGroupIngress: { ...revoke, action: 'RevokeSecurityGroupIngress' },
  RevokeSecurityGroupEgress: { ...revoke, action: 'RevokeSecurityGroupEgress' },
  CreateTags: { scope, action: 'CreateTags', resourceId: 'pcx-1', tags: { k: 'v' } },
  DeleteTags: { scope, action: 'DeleteTags', resourceId: 'pcx-1', keys: ['k'] },
};

/** Sends through a client that keeps the command's name and input, and answers with nothing. */
async function sent(change: Change): Promise<{ name: string; input: unknown }> {
  let kept: { name: string; input: unknown } | undefined;
  const client = {
    send: (command: { input: unknown }) => {
      kept = { name: command.constructor.name, input: command.input };
      return Promise.resolve({});
    },
  };
  await (changes[change.action] as ChangeRow<ChangeAction>).send(client as never, change);
  return kept!;
}

describe('The table of changes', () => {
  test.each(Object.values(samples).map((change) => [change.action, change] as const))(
    '%s is sent as the call that it is named after, and asks for the right to it',
    async (action, change) => {
      expect((await sent(change)).name).toBe(`${action}Command`);
      const row = changes[action];
      expect(row.permissions[0].action).toBe(`ec2:${action}`);
      // AWS asks for the right to tag where a call carries tags.
      expect(row.permissions.map((permission) => permission.action).includes('ec2:CreateTags' as never)).toBe('tags' in change);
      expect(row.once).toMatch(/\.$/);
    },
  );

  test('only what does no more when it is sent twice is sent again', () => {
    const repeatable = (Object.keys(changes) as ChangeAction[]).filter((action) => changes[action].repeatable);
    expect(repeatable.sort()).toEqual([
      'CreateTags',
      'DeleteRoute',
      'DeleteTags',
      'DeleteVpcPeeringConnection',
      'ModifyVpcPeeringConnectionOptions',
      'ReplaceRoute',
      'RevokeSecurityGroupEgress',
      'RevokeSecurityGroupIngress',
    ]);
  });
});

describe('What is sent', () => {
  test('of a request has its tags in the call, and none where there are none', async () => {
    const { CreateVpcPeeringConnection: create } = samples;
    expect((await sent(create)).input).toEqual({
      VpcId: 'vpc-1',
      PeerVpcId: 'vpc-2',
      PeerOwnerId: '444455556666',
      PeerRegion: 'eu-west-2',
      TagSpecifications: [{ ResourceType: 'vpc-peering-connection', Tags: [{ Key: 'k', Value: 'v' }] }],
    });
    expect((await sent({ ...create, tags: {} })).input).not.toHaveProperty('TagSpecifications');
  });

  test.each([
    ['10.2.0.0/16', 'DestinationCidrBlock'],
    ['2001:db8::/32', 'DestinationIpv6CidrBlock'],
    ['pl-1', 'DestinationPrefixListId'],
  ])('of a route to %s has it as %s', async (destination, member) => {
    expect((await sent({ ...samples.CreateRoute, destination })).input).toEqual({
      RouteTableId: 'rtb-1',
      [member]: destination,
      VpcPeeringConnectionId: 'pcx-1',
    });
  });

  test('of options is the one side only', async () => {
    const options = samples.ModifyVpcPeeringConnectionOptions;
    expect(Object.keys((await sent(options)).input as object)).toEqual(['VpcPeeringConnectionId', 'RequesterPeeringConnectionOptions']);
    expect(Object.keys((await sent({ ...options, side: 'accepter' })).input as object)).toContain('AccepterPeeringConnectionOptions');
  });

  test.each([
    [{ cidrIpv4: '10.2.0.0/16' }, { IpRanges: [{ CidrIp: '10.2.0.0/16', Description: 'from there' }] }],
    [{ cidrIpv6: '2001:db8::/32' }, { Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32', Description: 'from there' }] }],
    [{ prefixListId: 'pl-1' }, { PrefixListIds: [{ PrefixListId: 'pl-1', Description: 'from there' }] }],
    [
      { referencedGroup: { groupId: 'sg-2', userId: '444455556666' } },
      { UserIdGroupPairs: [{ GroupId: 'sg-2', UserId: '444455556666', Description: 'from there' }] },
    ],
  ])('of a rule for %j is one permission with one peer', async (peer, ranges) => {
    expect((await sent({ ...samples.AuthorizeSecurityGroupIngress, rule: { ...spec, peer } })).input).toEqual({
      GroupId: 'sg-1',
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 23, ...ranges }],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'k', Value: 'v' }] }],
    });
  });

  test('of a rule for all protocols has no ports', async () => {
    const rule = { ...spec, protocol: '-1', fromPort: -1, toPort: -1 };
    const { input } = await sent({ ...samples.AuthorizeSecurityGroupEgress, rule });
    expect(input).toMatchObject({ IpPermissions: [{ IpProtocol: '-1' }] });
    expect(JSON.stringify(input)).not.toContain('Port"');
  });
});

function refusal(code: string, message = ''): AwsError {
  const meaning = /NotFound/.test(code) ? 'notFound' : 'state';
  return new AwsError({ meaning, code, action: 'ec2:X', message });
}

describe('A refusal', () => {
  const transition = (from: string) => refusal('InvalidStateTransition', `pcx-1 attempted to transition from ${from} to deleted`);
  test.each<[ChangeAction, AwsError, boolean]>([
    ['DeleteVpcPeeringConnection', refusal('InvalidVpcPeeringConnectionId.NotFound'), true],
    ['DeleteVpcPeeringConnection', transition('deleting'), true],
    ['DeleteVpcPeeringConnection', transition('failed'), true],
    ['DeleteVpcPeeringConnection', transition('expired'), true],
    // "to deleted" alone is not an end: this one will go on to live.
    ['DeleteVpcPeeringConnection', transition('provisioning'), false],
    ['DeleteVpcPeeringConnection', transition('initiating-request'), false],
    ['DeleteVpcPeeringConnection', refusal('OperationNotPermitted'), false],
    ['AcceptVpcPeeringConnection', transition('active'), true],
    ['AcceptVpcPeeringConnection', transition('provisioning'), true],
    ['AcceptVpcPeeringConnection', transition('expired'), false],
    ['DeleteRoute', refusal('InvalidRoute.NotFound'), true],
    ['DeleteRoute', refusal('InvalidRouteTableID.NotFound'), true],
    ['DeleteRoute', refusal('InvalidVpcID.NotFound'), false],
    ['RevokeSecurityGroupIngress', refusal('InvalidSecurityGroupRuleId.NotFound'), true],
    ['RevokeSecurityGroupEgress', refusal('InvalidPermission.NotFound'), true],
    ['RevokeSecurityGroupEgress', refusal('DependencyViolation'), false],
    ['DeleteTags', refusal('InvalidVpcPeeringConnectionID.NotFound'), true],
  ])('of %s with "%s" counts as done: %j', (action, error, done) => {
    const row = changes[action] as ChangeRow<ChangeAction>;
    expect(row.alreadySo?.(error, samples[action]) !== undefined).toBe(done);
  });

  test.each<ChangeAction>(['CreateVpcPeeringConnection', 'CreateRoute', 'ReplaceRoute', 'AuthorizeSecurityGroupIngress', 'CreateTags'])(
    'of %s never counts as done',
    (action) => {
      expect((changes[action] as ChangeRow<ChangeAction>).alreadySo).toBeUndefined();
    },
  );
});

describe('A change that is made', () => {
  const opened = (options: Parameters<typeof smallAws>[1] = {}) => {
    const small = smallAws(new VirtualClock(), options);
    small.state.tables.set('rtb-1', table('rtb-1'));
    return { ...small, apply: (change: Change, guard = () => {}) => small.aws.apply(small.account, change, guard) };
  };

  test('tells the tags that AWS says the connection carries, whoever asked for them', async () => {
    const { apply } = opened();
    expect(await apply(samples.CreateVpcPeeringConnection)).toEqual({ id: expect.stringMatching(/^pcx-/), tags: { k: 'v' } });
  });

  test('is not sent when the guard refuses, and the refusal comes out as it is', async () => {
    const { apply, calls } = opened();
    const lost = new Error('the lease is lost');
    const guard = () => {
      throw lost;
    };
    await expect(apply(samples.CreateRoute, guard)).rejects.toBe(lost);
    expect(calls()).toEqual([]);
  });

  test('asks the guard before every try, and ends between two of them', async () => {
    const { apply, calls } = opened({ simulator: { faults: [{ operation: 'ReplaceRoute', effect: { loseRequest: true } }] } });
    let asked = 0;
    const guard = () => {
      asked += 1;
      if (asked === 2) throw new Error('the lease is lost');
    };
    await expect(apply(samples.ReplaceRoute, guard)).rejects.toThrow('the lease is lost');
    expect([asked, calls()]).toEqual([2, ['ReplaceRoute']]);
  });

  test('is sent again when no answer came and twice is as good as once', async () => {
    const { apply, calls, state } = opened({ simulator: { faults: [{ operation: 'DeleteRoute', nth: 1, effect: { loseAnswer: true } }] } });
    state.tables.set('rtb-1', table('rtb-1', [{ DestinationCidrBlock: '10.2.0.0/16', VpcPeeringConnectionId: 'pcx-1' }]));
    await apply(samples.DeleteRoute);
    expect(calls()).toEqual(['DeleteRoute', 'DeleteRoute']);
  });

  test('is sent once when no answer came and it would be made twice', async () => {
    const { apply, calls } = opened({
      simulator: { faults: [{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { loseAnswer: true } }] },
    });
    await expect(apply(samples.CreateVpcPeeringConnection)).rejects.toMatchObject({ meaning: 'transport' });
    expect(calls()).toEqual(['CreateVpcPeeringConnection']);
  });

  test('is not sent again when AWS says "later", and says when', async () => {
    const { apply, calls, aws } = opened({ simulator: { faults: [{ operation: 'ReplaceRoute', effect: { throttle: true } }] } });
    await expect(apply(samples.ReplaceRoute)).rejects.toMatchObject({ meaning: 'throttled', retryAfterMs: expect.any(Number) });
    expect(calls()).toEqual(['ReplaceRoute']);
    await expect(apply(samples.ReplaceRoute)).rejects.toMatchObject({ meaning: 'throttled', code: 'RequestBudgetUsedUp' });
    expect(calls()).toEqual(['ReplaceRoute']);
    expect(aws.stats()).toMatchObject({ writes: { 'ec2:ReplaceRoute': 1 }, throttled: { 'ec2:ReplaceRoute': 2 } });
  });

  test('of a connection that has gone already is done', async () => {
    const { apply, state } = opened();
    expect(await apply(samples.DeleteVpcPeeringConnection)).toEqual({});
    state.connections.set('pcx-1', peering('pcx-1', 'provisioning'));
    await expect(apply(samples.DeleteVpcPeeringConnection)).rejects.toMatchObject({ meaning: 'state' });
  });

  test('goes to the account and region of its scope and is refused through any other AwsAccount', async () => {
    const { apply, aws, account, simulator } = opened();
    await apply({ ...samples.CreateRoute, scope: { ...scope, region: 'eu-west-2' } });
    expect(simulator.record.calls().at(-1)).toMatchObject({ accountId: '111122223333', region: 'eu-west-2' });
    const other = { ...account, name: 'other' };
    await expect(aws.apply(other, samples.CreateRoute, () => {})).rejects.toThrow('is for account 111122223333 (project-a)');
  });

  test('is told to whoever counts calls', async () => {
    const told: unknown[] = [];
    const { apply } = opened({ aws: { onCall: (record) => told.push(record) } });
    await apply(samples.CreateRoute);
    expect(told).toEqual([
      {
        service: 'sts',
        action: 'GetCallerIdentity',
        accountId: '111122223333',
        region: 'us-west-2',
        write: false,
        result: 'ok',
        durationMs: 0,
      },
      { service: 'ec2', action: 'CreateRoute', accountId: '111122223333', region: 'us-west-2', write: true, result: 'ok', durationMs: 0 },
    ]);
  });
});
