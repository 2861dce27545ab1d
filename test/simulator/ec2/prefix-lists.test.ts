import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, defaultGroup, mainTable, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
});

async function prefixList(MaxEntries: number, cidrs: readonly string[] = [], AddressFamily = 'IPv4'): Promise<string> {
  const Entries = cidrs.map((Cidr) => ({ Cidr }));
  const made = caller('CreateManagedPrefixList', { PrefixListName: 'peers', AddressFamily, MaxEntries, Entries });
  await simulated.clock.advance(1_000);
  return made.PrefixList!.PrefixListId!;
}

const shown = (id: string) => caller('DescribeManagedPrefixLists', { PrefixListIds: [id] }).PrefixLists![0]!;
const entries = (id: string, TargetVersion?: number) =>
  caller('GetManagedPrefixListEntries', { PrefixListId: id, TargetVersion }).Entries!.map(({ Cidr }) => Cidr);

function gateway(vpcId: string): string {
  const GatewayId = caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
  caller('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId: vpcId });
  return GatewayId;
}

describe('AWS’s own lists (aws.md 4.5)', () => {
  test('are those of S3 and DynamoDB, and differ from region to region', () => {
    const names = (who: Caller) => who('DescribePrefixLists', {}).PrefixLists!.map(({ PrefixListName }) => PrefixListName);
    expect(names(caller)).toEqual(['com.amazonaws.us-west-2.s3', 'com.amazonaws.us-west-2.dynamodb']);
    const elsewhere = simulated.caller(two, 'eu-west-1');
    expect(names(elsewhere)).toEqual(['com.amazonaws.eu-west-1.s3', 'com.amazonaws.eu-west-1.dynamodb']);
    const cidrs = (who: Caller) => who('DescribePrefixLists', {}).PrefixLists!.flatMap(({ Cidrs }) => Cidrs!);
    expect(cidrs(caller).filter((cidr) => cidrs(elsewhere).includes(cidr))).toEqual([]);
  });

  test('are the same for every account, belong to AWS and cannot be changed', () => {
    const Filters = [{ Name: 'prefix-list-name', Values: ['com.amazonaws.*.s3'] }];
    const [list] = caller('DescribeManagedPrefixLists', { Filters }).PrefixLists!;
    expect(simulated.caller(two)('DescribeManagedPrefixLists', { Filters }).PrefixLists).toEqual([list]);
    expect(list).toMatchObject({ OwnerId: 'AWS', PrefixListId: expect.stringMatching(/^pl-[0-9a-f]{8}$/), AddressFamily: 'IPv4' });
    expect(entries(list!.PrefixListId!).length).toBeGreaterThan(0);
    expect(caller.code('DeleteManagedPrefixList', { PrefixListId: list!.PrefixListId })).toBe('OperationNotPermitted');
  });
});

describe('an account’s own lists', () => {
  test('pass through their states and number their versions', async () => {
    const id = await prefixList(3, ['10.1.0.1/16']);
    expect(shown(id)).toMatchObject({ State: 'create-complete', Version: 1, MaxEntries: 3, OwnerId: caller.accountId });
    const changed = caller('ModifyManagedPrefixList', {
      PrefixListId: id,
      CurrentVersion: 1,
      AddEntries: [{ Cidr: '10.2.0.0/16', Description: 'two' }],
      RemoveEntries: [{ Cidr: '10.1.0.0/16' }],
    });
    expect(changed.PrefixList).toMatchObject({ State: 'modify-in-progress', Version: 2 });
    expect(caller.code('DeleteManagedPrefixList', { PrefixListId: id })).toBe('IncorrectState');
    await simulated.clock.advance(1_000);
    expect(shown(id).State).toBe('modify-complete');
    expect([entries(id, 1), entries(id)]).toEqual([['10.1.0.0/16'], ['10.2.0.0/16']]);
    caller('DeleteManagedPrefixList', { PrefixListId: id });
    expect(shown(id).State).toBe('delete-in-progress');
    await simulated.clock.advance(1_000);
    expect(caller.code('DescribeManagedPrefixLists', { PrefixListIds: [id] })).toBe('InvalidPrefixListID.NotFound');
  });

  test.each([
    ['a name of AWS’s', { PrefixListName: 'com.amazonaws.mine' }, 'InvalidParameterValue'],
    ['no family', { AddressFamily: 'ipv4' }, 'InvalidParameterValue'],
    ['no room', { MaxEntries: 0 }, 'InvalidParameterValue'],
    ['more entries than it may have', { Entries: [{ Cidr: '10.0.0.0/8' }, { Cidr: '11.0.0.0/8' }] }, 'PrefixListMaxEntriesExceeded'],
    ['an entry twice', { MaxEntries: 2, Entries: [{ Cidr: '10.0.0.0/8' }, { Cidr: '10.1.0.0/8' }] }, 'InvalidParameterValue'],
    ['an entry of the other family', { Entries: [{ Cidr: '2001:db8::/32' }] }, 'InvalidParameterValue'],
  ])('are refused with %s', (_what, input, code) => {
    expect(caller.code('CreateManagedPrefixList', { PrefixListName: 'x', AddressFamily: 'IPv4', MaxEntries: 1, ...input })).toBe(code);
  });

  test('can be changed only by who knows their version', async () => {
    const id = await prefixList(2, ['10.1.0.0/16']);
    const change = { PrefixListId: id, AddEntries: [{ Cidr: '10.2.0.0/16' }] };
    expect(caller.code('ModifyManagedPrefixList', { ...change, CurrentVersion: 2 })).toBe('PrefixListVersionMismatch');
    expect(caller.code('ModifyManagedPrefixList', { ...change, CurrentVersion: 1, MaxEntries: 5 })).toBe('InvalidParameterCombination');
    const removed = { PrefixListId: id, CurrentVersion: 1, RemoveEntries: [{ Cidr: '10.9.0.0/16' }] };
    expect(caller.code('ModifyManagedPrefixList', removed)).toBe('InvalidPrefixListModification');
    expect(entries(id)).toEqual(['10.1.0.0/16']);
  });

  test('are not another account’s to see', async () => {
    const id = await prefixList(1);
    expect(simulated.caller(two).code('GetManagedPrefixListEntries', { PrefixListId: id })).toBe('InvalidPrefixListID.NotFound');
  });

  test('are made once for a client token, and the dead one is told after a deletion (aws.md 7.6)', async () => {
    const input = { PrefixListName: 'x', AddressFamily: 'IPv4', MaxEntries: 1, ClientToken: 'once' };
    const id = caller('CreateManagedPrefixList', input).PrefixList!.PrefixListId!;
    expect(caller('CreateManagedPrefixList', input).PrefixList!.PrefixListId).toBe(id);
    expect(caller.code('CreateManagedPrefixList', { ...input, MaxEntries: 2 })).toBe('IdempotentParameterMismatch');
    await simulated.clock.advance(1_000);
    caller('DeleteManagedPrefixList', { PrefixListId: id });
    await simulated.clock.advance(1_000);
    expect(caller('CreateManagedPrefixList', input).PrefixList).toMatchObject({ PrefixListId: id, State: 'delete-complete' });
  });
});

describe('where a list is used', () => {
  test('a route leads to it, and cannot be in an edge table (aws.md 2.4)', async () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const igw = gateway(vpcId);
    const id = await prefixList(5, ['203.0.113.0/24']);
    const RouteTableId = mainTable(caller, vpcId).RouteTableId!;
    caller('CreateRoute', { RouteTableId, DestinationPrefixListId: id, GatewayId: igw });
    expect(mainTable(caller, vpcId).Routes).toContainEqual({
      DestinationPrefixListId: id,
      GatewayId: igw,
      State: 'active',
      Origin: 'CreateRoute',
    });
    expect(caller.code('DeleteManagedPrefixList', { PrefixListId: id })).toBe('DependencyViolation');
    caller('DeleteRoute', { RouteTableId, DestinationPrefixListId: id });
    expect(caller.refused('DeleteRoute', { RouteTableId, DestinationPrefixListId: id })).toEqual({
      code: 'InvalidRoute.NotFound',
      message: `no route with destination-prefix-list-id ${id} in route table ${RouteTableId}`,
    });
    const edge = caller('CreateRouteTable', { VpcId: vpcId }).RouteTable!.RouteTableId!;
    caller('AssociateRouteTable', { RouteTableId: edge, GatewayId: igw });
    expect(caller.code('CreateRoute', { RouteTableId: edge, DestinationPrefixListId: id, GatewayId: 'local' })).toBe(
      'InvalidParameterValue',
    );
  });

  test('it counts as many routes as it may have entries, of its own family (aws.md 2.6)', async () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const GatewayId = gateway(vpcId);
    const RouteTableId = mainTable(caller, vpcId).RouteTableId!;
    const route = (id: string) => caller.code('CreateRoute', { RouteTableId, DestinationPrefixListId: id, GatewayId });
    expect(route(await prefixList(45))).toBeUndefined();
    expect(route(await prefixList(6))).toBe('RouteLimitExceeded');
    expect(route(await prefixList(45, [], 'IPv6'))).toBeUndefined();
    expect(route(await prefixList(5))).toBeUndefined();
    expect(caller.code('CreateRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId })).toBe('RouteLimitExceeded');
  });

  test('it counts as many rules as it may have entries, of its own family (aws.md 2.6, 3.6)', async () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const GroupId = defaultGroup(caller, vpcId);
    const permission = (PrefixListId: string) => ({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, PrefixListIds: [{ PrefixListId, Description: 'ours' }] }],
    });
    const big = await prefixList(59);
    caller('AuthorizeSecurityGroupIngress', permission(big));
    expect(caller.code('AuthorizeSecurityGroupIngress', permission(await prefixList(1)))).toBe('RulesPerSecurityGroupLimitExceeded');
    expect(caller.code('AuthorizeSecurityGroupIngress', permission('pl-0123456789abcdef0'))).toBe('InvalidPrefixListID.NotFound');
    const [group] = caller('DescribeSecurityGroups', { GroupIds: [GroupId] }).SecurityGroups!;
    expect(group!.IpPermissions!.flatMap(({ PrefixListIds }) => PrefixListIds)).toEqual([{ PrefixListId: big, Description: 'ours' }]);
    const { RevokedSecurityGroupRules } = caller('RevokeSecurityGroupIngress', permission(big));
    expect(RevokedSecurityGroupRules).toMatchObject([{ PrefixListId: big }]);
  });

  test('it grows only where everybody who uses it has room, else the change fails', async () => {
    const vpcId = vpc(caller, '10.0.0.0/16');
    const RouteTableId = mainTable(caller, vpcId).RouteTableId!;
    const id = await prefixList(10);
    caller('CreateRoute', { RouteTableId, DestinationPrefixListId: id, GatewayId: gateway(vpcId) });
    caller('ModifyManagedPrefixList', { PrefixListId: id, MaxEntries: 51 });
    await simulated.clock.advance(1_000);
    expect(shown(id)).toMatchObject({ State: 'modify-failed', MaxEntries: 10, StateMessage: expect.stringContaining(RouteTableId) });
    caller('ModifyManagedPrefixList', { PrefixListId: id, MaxEntries: 50 });
    await simulated.clock.advance(1_000);
    expect(shown(id)).toMatchObject({ State: 'modify-complete', MaxEntries: 50 });
  });
});
