import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, one, peer, stateOf, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
});

const named = (name: string, cidr = '10.0.0.0/16'): string =>
  caller('CreateVpc', { CidrBlock: cidr, TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: name }] }] }).Vpc!.VpcId!;

const found = (name: string, ...values: string[]): string[] =>
  caller('DescribeVpcs', { Filters: [{ Name: name, Values: values }] }).Vpcs!.map(({ VpcId }) => VpcId!);

describe('filters (aws.md 7.4)', () => {
  test('compare whole values, with * and ? as wildcards and a backslash before what is meant literally', () => {
    const [web, webs, star] = [named('web-1'), named('web-22'), named('we*b')];
    expect(found('tag:Name', 'web-1')).toEqual([web]);
    expect(found('tag:Name', 'web')).toEqual([]);
    expect(found('tag:Name', 'WEB-1')).toEqual([]);
    expect(found('tag:Name', 'web-?')).toEqual([web]);
    expect(found('tag:Name', 'web-*')).toEqual([web, webs]);
    expect(found('tag:Name', 'we\\*b')).toEqual([star]);
    expect(found('tag:Name', 'web.1')).toEqual([]);
  });

  test('let a * take as much as the rest needs, and nothing too', () => {
    const [twice, once, line] = [named('a-b-a-b-c'), named('a-b'), named('a\nb')];
    expect(found('tag:Name', 'a*b-c')).toEqual([twice]);
    expect(found('tag:Name', '*a*b*')).toEqual([twice, once, line]);
    expect(found('tag:Name', 'a-b**')).toEqual([twice, once]);
    expect(found('tag:Name', 'a?b')).toEqual([once, line]);
    expect(found('tag:Name', '*b?')).toEqual([]);
  });

  test('by VPC find the same as those that no index helps, and nothing of others', () => {
    const [a, b] = [named('a'), named('b')];
    const tables = (from: Caller, ...values: string[]) =>
      from('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: values }] }).RouteTables!.map(({ VpcId }) => VpcId);
    expect(tables(caller, b)).toEqual([b]);
    expect(tables(caller, b, a, b)).toEqual([a, b]);
    expect(tables(caller, `${a.slice(0, -1)}?`)).toEqual([a]);
    expect(tables(caller, 'vpc-0123456789abcdef0')).toEqual([]);
    expect(tables(simulated.caller(two), a)).toEqual([]);
  });

  test('of one name match any of its values, of several names all must match', () => {
    const [a, b] = [named('a', '10.0.0.0/16'), named('b', '10.1.0.0/16')];
    expect(found('tag:Name', 'a', 'b')).toEqual([a, b]);
    expect(found('tag-key', 'Name')).toEqual([a, b]);
    const both = [
      { Name: 'tag:Name', Values: ['a', 'b'] },
      { Name: 'cidr', Values: ['10.1.0.0/16'] },
    ];
    expect(caller('DescribeVpcs', { Filters: both }).Vpcs!.map(({ VpcId }) => VpcId)).toEqual([b]);
  });

  test('that a call does not have are refused', () => {
    expect(caller.refused('DescribeVpcs', { Filters: [{ Name: 'colour', Values: ['red'] }] })).toEqual({
      code: 'InvalidParameterValue',
      message: "The filter 'colour' is invalid",
    });
  });

  test('are at most 50, with at most 200 values each', () => {
    const filter = (values: number) => ({ Name: 'vpc-id', Values: Array.from({ length: values }, (_, index) => `vpc-${index}`) });
    expect(caller.code('DescribeVpcs', { Filters: [filter(200)] })).toBeUndefined();
    expect(caller.code('DescribeVpcs', { Filters: [filter(201)] })).toBe('FilterLimitExceeded');
    expect(caller.code('DescribeVpcs', { Filters: Array.from({ length: 51 }, () => filter(1)) })).toBe('FilterLimitExceeded');
  });
});

describe('pages (aws.md 7.4)', () => {
  /** All pages, as the lists of ids that they hold. */
  function pages(maxResults?: number): string[][] {
    const all: string[][] = [];
    let token: string | undefined;
    do {
      const answer = caller('DescribeVpcs', { MaxResults: maxResults, NextToken: token });
      all.push(answer.Vpcs!.map(({ VpcId }) => VpcId!));
      token = answer.NextToken;
    } while (token);
    return all;
  }

  test('hold everything once, in order', () => {
    const ids = Array.from({ length: 12 }, (_, index) => vpc(caller, `10.${index}.0.0/16`));
    expect(pages(5)).toEqual([ids.slice(0, 5), ids.slice(5, 10), ids.slice(10)]);
    expect(pages()).toEqual([ids]);
  });

  test('lose nothing that stays when something before is deleted between two of them', () => {
    const ids = Array.from({ length: 12 }, (_, index) => vpc(caller, `10.${index}.0.0/16`));
    const { NextToken } = caller('DescribeVpcs', { MaxResults: 5 });
    caller('DeleteVpc', { VpcId: ids[0] });
    expect(caller('DescribeVpcs', { MaxResults: 5, NextToken }).Vpcs!.map(({ VpcId }) => VpcId)).toEqual(ids.slice(5, 10));
  });

  test('can be made small, and begin with an empty one, as AWS may do', () => {
    const ids = Array.from({ length: 3 }, (_, index) => vpc(caller, `10.${index}.0.0/16`));
    simulated.world.configure({ pageSize: 2, emptyFirstPage: true });
    expect(pages()).toEqual([[], ids.slice(0, 2), ids.slice(2)]);
  });

  test.each([
    ['DescribeVpcs', 4, 1001],
    ['DescribeRouteTables', 4, 101],
    ['DescribeVpcPeeringConnections', 4, 1001],
    ['DescribeSecurityGroupRules', 4, 1001],
  ] as const)('of %s refuse %i and %i items', (operation, few, many) => {
    for (const MaxResults of [few, many]) expect(caller.code(operation, { MaxResults })).toBe('InvalidMaxResults');
    expect(caller.code(operation, { NextToken: 'rubbish' })).toBe('InvalidNextToken');
  });

  test('do not go together with ids where AWS says so', () => {
    expect(caller.code('DescribeInstances', { InstanceIds: ['i-00000000000000000'], MaxResults: 5 })).toBe('InvalidParameterCombination');
    expect(caller.code('DescribeNetworkInterfaces', { NetworkInterfaceIds: ['eni-00000000000000000'], MaxResults: 5 })).toBe(
      'InvalidParameterCombination',
    );
  });
});

describe('ids that are not there', () => {
  const none = '00000000000000000';
  test.each([
    ['DescribeVpcs', { VpcIds: [`vpc-${none}`] }, 'InvalidVpcID.NotFound'],
    ['DescribeSubnets', { SubnetIds: [`subnet-${none}`] }, 'InvalidSubnetID.NotFound'],
    ['DescribeInternetGateways', { InternetGatewayIds: [`igw-${none}`] }, 'InvalidInternetGatewayID.NotFound'],
    ['DescribeRouteTables', { RouteTableIds: [`rtb-${none}`] }, 'InvalidRouteTableID.NotFound'],
    ['DescribeSecurityGroups', { GroupIds: [`sg-${none}`] }, 'InvalidGroup.NotFound'],
    ['DescribeSecurityGroupRules', { SecurityGroupRuleIds: [`sgr-${none}`] }, 'InvalidSecurityGroupRuleId.NotFound'],
    ['DescribeVpcPeeringConnections', { VpcPeeringConnectionIds: [`pcx-${none}`] }, 'InvalidVpcPeeringConnectionID.NotFound'],
    ['DescribeNetworkAcls', { NetworkAclIds: [`acl-${none}`] }, 'InvalidNetworkAclID.NotFound'],
    ['DescribeNetworkInterfaces', { NetworkInterfaceIds: [`eni-${none}`] }, 'InvalidNetworkInterfaceID.NotFound'],
    ['DescribeInstances', { InstanceIds: [`i-${none}`] }, 'InvalidInstanceID.NotFound'],
    ['CreateTags', { Resources: [`vpc-${none}`], Tags: [] }, 'InvalidVpcID.NotFound'],
    ['CreateTags', { Resources: ['thing-1'], Tags: [] }, 'InvalidID'],
  ] as const)('%s %j gives %s', (operation, input, code) => {
    expect(caller.code(operation, input as never)).toBe(code);
  });

  test('are also those of other accounts and regions', () => {
    const id = vpc(caller, '10.0.0.0/16');
    expect(simulated.caller(two).code('DescribeVpcs', { VpcIds: [id] })).toBe('InvalidVpcID.NotFound');
    expect(simulated.caller(one, 'eu-west-1').code('DeleteVpc', { VpcId: id })).toBe('InvalidVpcID.NotFound');
  });
});

describe('a dry run (aws.md 7.2)', () => {
  test('of any call is refused with DryRunOperation, and nothing happens', async () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    await peer(simulated, { requester: caller, vpcId, peerVpcId: vpc(caller, '10.1.0.0/16') });
    const before = JSON.stringify(simulated.world.dump());
    for (const operation of Object.keys(simulated.operations)) {
      expect([operation, caller.code(operation as 'DeleteVpc', { VpcId: vpcId, DryRun: true })]).toEqual([operation, 'DryRunOperation']);
    }
    expect(JSON.stringify(simulated.world.dump())).toBe(before);
  });
});

describe('tags', () => {
  test.each([
    ['aws: as a prefix', [{ Key: 'aws:mine', Value: 'x' }]],
    ['a key twice', [{ Key: 'a' }, { Key: 'a' }]],
    ['no key', [{ Value: 'x' }]],
    ['a key of 129 characters', [{ Key: 'k'.repeat(129) }]],
    ['a value of 257 characters', [{ Key: 'k', Value: 'v'.repeat(257) }]],
  ])('are refused: %s', (_what, tags) => {
    const id = named('web');
    expect(caller.code('CreateTags', { Resources: [id], Tags: tags })).toBe('InvalidParameterValue');
    expect(caller.code('CreateVpc', { CidrBlock: '10.5.0.0/16', TagSpecifications: [{ ResourceType: 'vpc', Tags: tags }] })).toBe(
      'InvalidParameterValue',
    );
    expect(caller('DescribeVpcs', {}).Vpcs).toHaveLength(1);
  });

  test('of another resource type than the call makes are refused', () => {
    const specification = [{ ResourceType: 'subnet' as const, Tags: [{ Key: 'a', Value: 'b' }] }];
    expect(caller.refused('CreateVpc', { CidrBlock: '10.0.0.0/16', TagSpecifications: specification })).toEqual({
      code: 'InvalidParameterValue',
      message: "'subnet' is not a valid taggable resource type for this operation.",
    });
  });

  test('are at most 50', () => {
    const id = named('web');
    const tags = (count: number) => Array.from({ length: count }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    expect(caller.code('CreateTags', { Resources: [id], Tags: tags(50) })).toBe('TagLimitExceeded');
    expect(caller.code('CreateTags', { Resources: [id], Tags: tags(49) })).toBeUndefined();
  });

  test('are written over, deleted by key, and by value only where it is the same', () => {
    const id = named('web');
    const tags = () => Object.fromEntries(caller('DescribeVpcs', { VpcIds: [id] }).Vpcs![0]!.Tags!.map(({ Key, Value }) => [Key, Value]));
    caller('CreateTags', {
      Resources: [id],
      Tags: [
        { Key: 'Name', Value: 'db' },
        { Key: 'a', Value: '1' },
      ],
    });
    expect(tags()).toEqual({ Name: 'db', a: '1' });
    caller('DeleteTags', { Resources: [id], Tags: [{ Key: 'a', Value: '2' }] });
    expect(tags()).toEqual({ Name: 'db', a: '1' });
    caller('DeleteTags', { Resources: [id], Tags: [{ Key: 'a' }] });
    expect(tags()).toEqual({ Name: 'db' });
    caller('DeleteTags', { Resources: [id] });
    expect(tags()).toEqual({});
  });

  test('can be listed across resources', () => {
    const id = named('web');
    named('db', '10.1.0.0/16');
    const answer = caller('DescribeTags', {
      Filters: [
        { Name: 'resource-type', Values: ['vpc'] },
        { Name: 'value', Values: ['w*'] },
      ],
    });
    expect(answer.Tags).toEqual([{ Key: 'Name', Value: 'web', ResourceId: id, ResourceType: 'vpc' }]);
  });
});

describe('what Describe sees may lie behind the truth (aws.md 7.5, 9.2)', () => {
  test('creation, change and deletion all show late, while calls act on the truth', async () => {
    simulated.world.configure({ lagMs: 1_000 });
    const id = vpc(caller, '10.0.0.0/16');
    const states = () => caller('DescribeVpcs', {}).Vpcs!.map(({ State }) => State);
    expect(states()).toEqual([]);
    expect(caller.code('DescribeVpcs', { VpcIds: [id] })).toBe('InvalidVpcID.NotFound');
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24' })).toBeUndefined();
    await simulated.clock.advance(1_000);
    expect(states()).toEqual(['pending']);
    await simulated.clock.advance(500);
    expect(states()).toEqual(['available']);
    caller('DeleteSubnet', { SubnetId: caller('DescribeSubnets', {}).Subnets![0]!.SubnetId });
    caller('DeleteVpc', { VpcId: id });
    expect(states()).toEqual(['available']);
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24' })).toBe('InvalidVpcID.NotFound');
    await simulated.clock.advance(1_000);
    expect(states()).toEqual([]);
  });

  test('single collections may lag by themselves: tags that come later than what they are on', async () => {
    simulated.world.configure({ lagMsOf: { tags: 2_000 } });
    const id = named('web');
    expect(caller('DescribeVpcs', {}).Vpcs).toMatchObject([{ VpcId: id, Tags: [] }]);
    expect(found('tag:Name', 'web')).toEqual([]);
    await simulated.clock.advance(2_000);
    expect(found('tag:Name', 'web')).toEqual([id]);
  });

  test('a new id may be unknown to calls, too', async () => {
    simulated.world.configure({ newIdUnknownMs: 3_000 });
    const id = vpc(caller, '10.0.0.0/16');
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24' })).toBe('InvalidVpcID.NotFound');
    expect(caller.code('CreateTags', { Resources: [id], Tags: [] })).toBe('InvalidVpcID.NotFound');
    await simulated.clock.advance(3_000);
    expect(caller.code('CreateSubnet', { VpcId: id, CidrBlock: '10.0.0.0/24' })).toBeUndefined();
  });

  test('a peering’s states show late, and in order', async () => {
    const [vpcId, peerVpcId] = [vpc(caller, '10.0.0.0/16'), vpc(caller, '10.1.0.0/16')];
    simulated.world.configure({ lagMs: 700 });
    const id = caller('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: peerVpcId }).VpcPeeringConnection!.VpcPeeringConnectionId!;
    const seen: (string | undefined)[] = [];
    for (let step = 0; step < 20; step++) {
      const state = stateOf(caller, id);
      if (seen.at(-1) !== state) seen.push(state);
      if (step === 10) caller('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
      await simulated.clock.advance(200);
    }
    expect(seen).toEqual(['initiating-request', 'pending-acceptance', 'provisioning']);
    expect(simulated.world.network()[0]!.peeringConnections.get(id)?.state).toBe('active');
  });

  test('what was seen is not unseen when reads begin to lag', () => {
    const id = named('web');
    simulated.world.configure({ lagMs: 60_000 });
    caller('CreateTags', { Resources: [id], Tags: [{ Key: 'Name', Value: 'db' }] });
    expect(found('tag:Name', 'web')).toEqual([id]);
  });

  test('nothing of it is left in memory once it cannot be seen any more', async () => {
    simulated.world.configure({ lagMs: 1_000 });
    const id = vpc(caller, '10.0.0.0/16');
    caller('DeleteVpc', { VpcId: id });
    await simulated.clock.advance(1_000);
    expect(Object.values(simulated.world.dump()).flatMap((collection) => Object.keys(collection as object))).toEqual([]);
  });
});

test('a call that fails half-way leaves nothing behind', () => {
  const ids = [named('a'), named('b', '10.1.0.0/16')];
  const before = simulated.world.dump();
  expect(caller.code('CreateTags', { Resources: [...ids, 'vpc-00000000000000000'], Tags: [{ Key: 'x', Value: 'y' }] })).toBe(
    'InvalidVpcID.NotFound',
  );
  expect(caller.code('RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1 })).toBe('MissingParameter');
  expect(simulated.world.dump()).toEqual(before);
});

test('a region that AWS does not have takes no credentials', () => {
  expect(simulated.caller(one, 'eu-west-9').code('DescribeVpcs', {})).toBe('AuthFailure');
});
