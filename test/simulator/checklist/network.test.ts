import { beforeEach, describe, expect, test } from '@jest/globals';
import { reachability } from '../../../src/network/reachability.ts';
import { one, region, type Stage, stage, two } from '../stage.ts';

/** Rows 3, 4, 5, 11 and 12 of the checklist of what this AWS must do as AWS does; a test for each clause that can be told in a few calls. */

let played: Stage;
const ec2 = (accountId: string = one, inRegion = region) => played.player('ec2', accountId, inRegion);
const settle = (ms = 60_000) => played.settle(ms);

beforeEach(() => {
  played = stage();
});

const vpc = async (cidr: string, accountId: string = one, inRegion = region): Promise<string> =>
  (await ec2(accountId, inRegion)('CreateVpc', { CidrBlock: cidr })).Vpc!.VpcId!;

async function request(VpcId: string, PeerVpcId: string, PeerOwnerId: string = two, PeerRegion = region): Promise<string> {
  const made = await ec2()('CreateVpcPeeringConnection', { VpcId, PeerVpcId, PeerOwnerId, PeerRegion });
  await settle();
  return made.VpcPeeringConnection!.VpcPeeringConnectionId!;
}

async function state(id: string, accountId: string = one, inRegion = region): Promise<string | undefined> {
  const Filters = [{ Name: 'vpc-peering-connection-id', Values: [id] }];
  return (await ec2(accountId, inRegion)('DescribeVpcPeeringConnections', { Filters })).VpcPeeringConnections![0]?.Status?.Code;
}

async function active(VpcId: string, PeerVpcId: string, accountId: string = two): Promise<string> {
  const id = await request(VpcId, PeerVpcId, accountId);
  await ec2(accountId)('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
  await settle();
  return id;
}

async function mainTable(VpcId: string): Promise<string> {
  const { RouteTables } = await ec2()('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] });
  return RouteTables![0]!.RouteTableId!;
}

describe('9.3 peerings', () => {
  test('overlap, and a VPC that is not there, fail after the call has succeeded', async () => {
    const own = await vpc('10.0.0.0/16');
    expect(await state(await request(own, await vpc('10.0.0.0/16', two)))).toBe('failed');
    expect(await state(await request(own, 'vpc-0123456789abcdef0'))).toBe('failed');
  });

  test('a duplicate gives the one there is; the reverse is a second, which cannot be accepted', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const id = await request(own, theirs);
    expect(await request(own, theirs)).toBe(id);
    const reversed = await ec2(two)('CreateVpcPeeringConnection', { VpcId: theirs, PeerVpcId: own, PeerOwnerId: one });
    const second = reversed.VpcPeeringConnection!.VpcPeeringConnectionId!;
    await settle();
    expect(second).not.toBe(id);
    await ec2(two)('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await settle();
    const again = await ec2().refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: second });
    expect(again).toBe('VpcPeeringConnectionAlreadyExists');
  });

  test('a request expires after 168 hours; ends are shown for their time to each party', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const waiting = await request(own, theirs);
    await settle(168 * 3_600_000);
    expect([await state(waiting), await state(waiting, two)]).toEqual(['expired', 'expired']);
    const id = await active(own, theirs);
    await ec2()('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await settle(3 * 3_600_000);
    expect([await state(id), await state(id, two)]).toEqual([undefined, 'deleted']);
    await settle(48 * 3_600_000);
    expect(await state(id, two)).toBeUndefined();
  });

  test('only across regions does deletion take a while', async () => {
    const [own, near, far] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two), await vpc('10.2.0.0/16', two, 'eu-west-1')];
    const id = await active(own, near);
    await ec2()('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
    expect(await state(id)).toBe('deleted');
    const across = await request(own, far, two, 'eu-west-1');
    await ec2(two, 'eu-west-1')('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: across });
    await settle();
    await ec2()('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: across });
    expect(await state(across)).toBe('deleting');
    await settle();
    expect(await state(across)).toBe('deleted');
  });

  test('both sides’ blocks are told only while it is active', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const blocks = async () => {
      const [shown] = (await ec2()('DescribeVpcPeeringConnections', {})).VpcPeeringConnections!;
      return shown!.AccepterVpcInfo!.CidrBlockSet?.map(({ CidrBlock }) => CidrBlock);
    };
    const id = await request(own, theirs);
    expect(await blocks()).toBeUndefined();
    await ec2(two)('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await settle();
    expect(await blocks()).toEqual(['10.1.0.0/16']);
  });

  test('options, acceptance and deletion are each party’s own, from the right region and state', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const id = await request(own, theirs);
    const VpcPeeringConnectionId = id;
    const dns = { AllowDnsResolutionFromRemoteVpc: true };
    const options = { VpcPeeringConnectionId, RequesterPeeringConnectionOptions: dns };
    expect(await ec2().refused('ModifyVpcPeeringConnectionOptions', options)).toBe('OperationNotPermitted');
    expect(await ec2().refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId })).toBe('OperationNotPermitted');
    expect(await ec2(two).refused('DeleteVpcPeeringConnection', { VpcPeeringConnectionId })).toBe('OperationNotPermitted');
    await ec2(two)('RejectVpcPeeringConnection', { VpcPeeringConnectionId });
    expect(await ec2().refused('DeleteVpcPeeringConnection', { VpcPeeringConnectionId })).toBe('InvalidStateTransition');
    const failed = await request(own, await vpc('10.0.0.0/16', two));
    expect(await ec2().refused('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: failed })).toBe('InvalidStateTransition');
    const expired = await request(own, theirs);
    await settle(168 * 3_600_000);
    expect(await ec2().refused('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: expired })).toBe('InvalidStateTransition');
    const live = await active(own, theirs);
    const theirSide = { VpcPeeringConnectionId: live, AccepterPeeringConnectionOptions: dns };
    expect(await ec2().refused('ModifyVpcPeeringConnectionOptions', theirSide)).toBe('OperationNotPermitted');
  });

  test('50 are active, and 25 outstanding', async () => {
    played = stage({ quotas: { activePeeringsPerVpc: 1, outstandingPeerings: 2 } });
    expect(stage().world.settings.quotas).toMatchObject({ activePeeringsPerVpc: 50, outstandingPeerings: 25 });
    const own = await vpc('10.0.0.0/16');
    await active(own, await vpc('10.1.0.0/16', two));
    const second = await request(own, await vpc('10.2.0.0/16', two));
    const accept = await ec2(two).refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: second });
    expect(accept).toBe('ActiveVpcPeeringConnectionPerVpcLimitExceeded');
    await request(own, await vpc('10.3.0.0/16', two));
    const PeerVpcId = await vpc('10.4.0.0/16', two);
    const more = await ec2().refused('CreateVpcPeeringConnection', { VpcId: own, PeerVpcId, PeerOwnerId: two });
    expect(more).toBe('OutstandingVpcPeeringConnectionLimitExceeded');
  });
});

describe('9.4 routes', () => {
  test('destinations are canonical, and Replace and Delete take them exactly so', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const route = { RouteTableId: await mainTable(own), VpcPeeringConnectionId: await active(own, theirs) };
    await ec2()('CreateRoute', { ...route, DestinationCidrBlock: '100.68.0.18/18' });
    const other = { RouteTableId: route.RouteTableId, DestinationCidrBlock: '100.68.0.18/18' };
    expect(await ec2().refused('DeleteRoute', other)).toBe('InvalidRoute.NotFound');
    expect(await ec2().refused('ReplaceRoute', { ...route, DestinationCidrBlock: '100.68.0.18/18' })).toBe('InvalidParameterValue');
    await ec2()('DeleteRoute', { ...other, DestinationCidrBlock: '100.68.0.0/18' });
  });

  test.each([
    ['succeeds', undefined],
    ['RouteAlreadyExists', 'RouteAlreadyExists'],
  ] as const)('an identical one %s where the switch says so; one with another target never does', async (policy, code) => {
    played = stage({ createRouteIdentical: policy });
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const route = { RouteTableId: await mainTable(own), DestinationCidrBlock: '10.1.0.0/16' };
    const VpcPeeringConnectionId = await active(own, theirs);
    const create = (target: object) =>
      ec2()('CreateRoute', { ...route, ...target }).then(
        () => undefined,
        ({ name }) => name,
      );
    await create({ VpcPeeringConnectionId });
    expect(await create({ VpcPeeringConnectionId })).toBe(code);
    const { InternetGateway } = await ec2()('CreateInternetGateway', {});
    await ec2()('AttachInternetGateway', { InternetGatewayId: InternetGateway!.InternetGatewayId, VpcId: own });
    expect(await create({ GatewayId: InternetGateway!.InternetGatewayId })).toBe('RouteAlreadyExists');
  });

  test('what is local, reserved, or of another VPC is no way; unknown targets have codes of their own', async () => {
    const [own, theirs, third] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two), await vpc('10.2.0.0/16')];
    const RouteTableId = await mainTable(own);
    const VpcPeeringConnectionId = await active(own, theirs);
    const refused = (input: object) => ec2().refused('CreateRoute', { RouteTableId, ...input });
    const to = (DestinationCidrBlock: string) => refused({ DestinationCidrBlock, VpcPeeringConnectionId });
    expect([await to('10.0.0.0/16'), await to('10.0.1.0/24'), await to('169.254.168.0/24')]).toEqual(
      Array(3).fill('InvalidParameterValue'),
    );
    expect(await refused({ DestinationIpv6CidrBlock: 'fd00:ec2::/64', VpcPeeringConnectionId })).toBe('InvalidParameterValue');
    const foreign = { RouteTableId: await mainTable(third), DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId };
    expect(await ec2().refused('CreateRoute', foreign)).toBe('InvalidParameterValue');
    const DestinationCidrBlock = '10.9.0.0/16';
    const unknown = '0123456789abcdef0';
    expect(await refused({ DestinationCidrBlock, VpcPeeringConnectionId: `pcx-${unknown}` })).toBe(
      'InvalidVpcPeeringConnectionID.NotFound',
    );
    expect(await refused({ DestinationCidrBlock, TransitGatewayId: `tgw-${unknown}` })).toBe('InvalidTransitGatewayID.NotFound');
    expect(await refused({ DestinationCidrBlock, NatGatewayId: `nat-${unknown}` })).toBe('InvalidNatGatewayID.NotFound');
    expect(await refused({ DestinationCidrBlock, GatewayId: `igw-${unknown}` })).toBe('InvalidGatewayID.NotFound');
    expect(await refused({ DestinationCidrBlock })).toBe('MissingParameter');
    expect(await refused({ DestinationCidrBlock, VpcPeeringConnectionId, GatewayId: `igw-${unknown}` })).toBe(
      'InvalidParameterCombination',
    );
  });

  test('are blackholes by their target’s state, keep their origin, and 50 fit', async () => {
    played = stage({ quotas: { routesPerRouteTable: 2 } });
    expect(stage().world.settings.quotas.routesPerRouteTable).toBe(50);
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const RouteTableId = await mainTable(own);
    const VpcPeeringConnectionId = await request(own, theirs);
    const states = async () =>
      (await ec2()('DescribeRouteTables', { RouteTableIds: [RouteTableId] })).RouteTables![0]!.Routes!.map(
        ({ DestinationCidrBlock, State, Origin }) => `${DestinationCidrBlock} ${State} ${Origin}`,
      );
    await ec2()('CreateRoute', { RouteTableId, DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId });
    const local = '10.0.0.0/16 active CreateRouteTable';
    expect(await states()).toEqual([local, '10.1.0.0/16 blackhole CreateRoute']);
    await ec2(two)('AcceptVpcPeeringConnection', { VpcPeeringConnectionId });
    await settle();
    expect(await states()).toEqual([local, '10.1.0.0/16 active CreateRoute']);
    await ec2()('CreateRoute', { RouteTableId, DestinationCidrBlock: '10.7.0.0/16', VpcPeeringConnectionId });
    const more = { RouteTableId, DestinationCidrBlock: '10.8.0.0/16', VpcPeeringConnectionId };
    expect(await ec2().refused('CreateRoute', more)).toBe('RouteLimitExceeded');
    await ec2()('DeleteVpcPeeringConnection', { VpcPeeringConnectionId });
    expect((await states()).slice(1)).toEqual(['10.1.0.0/16 blackhole CreateRoute', '10.7.0.0/16 blackhole CreateRoute']);
  });

  test('that a virtual private gateway propagates have their own origin, yield to static ones, and are no call’s to change', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const RouteTableId = await mainTable(own);
    played.world.routeTables.change(RouteTableId, {
      propagated: { gatewayId: 'vgw-0123456789abcdef0', destinations: ['10.1.0.0/16', '192.168.0.0/16'] },
    });
    const VpcPeeringConnectionId = await active(own, theirs);
    await ec2()('CreateRoute', { RouteTableId, DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId });
    const [table] = (await ec2()('DescribeRouteTables', { RouteTableIds: [RouteTableId] })).RouteTables!;
    const routes = table!.Routes!.map((one) => [one.DestinationCidrBlock, one.GatewayId ?? one.VpcPeeringConnectionId, one.Origin]);
    expect(routes).toEqual([
      ['10.0.0.0/16', 'local', 'CreateRouteTable'],
      ['10.1.0.0/16', VpcPeeringConnectionId, 'CreateRoute'],
      ['10.1.0.0/16', 'vgw-0123456789abcdef0', 'EnableVgwRoutePropagation'],
      ['192.168.0.0/16', 'vgw-0123456789abcdef0', 'EnableVgwRoutePropagation'],
    ]);
    expect(table!.PropagatingVgws).toEqual([{ GatewayId: 'vgw-0123456789abcdef0' }]);
    const remove = { RouteTableId, DestinationCidrBlock: '192.168.0.0/16' };
    expect(await ec2().refused('DeleteRoute', remove)).toBe('InvalidRoute.NotFound');
  });

  test('of gateway endpoints come and go with these alone', async () => {
    const own = await vpc('10.0.0.0/16');
    const RouteTableId = await mainTable(own);
    const input = { VpcId: own, ServiceName: `com.amazonaws.${region}.s3`, RouteTableIds: [RouteTableId] };
    const VpcEndpointId = (await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId!;
    const routes = async () => (await ec2()('DescribeRouteTables', { RouteTableIds: [RouteTableId] })).RouteTables![0]!.Routes!;
    const [, added] = await routes();
    expect(added!.GatewayId).toBe(VpcEndpointId);
    const remove = { RouteTableId, DestinationPrefixListId: added!.DestinationPrefixListId };
    expect(await ec2().refused('DeleteRoute', remove)).toBe('InvalidParameterValue');
    await ec2()('DeleteVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] });
    await settle();
    expect(await routes()).toHaveLength(1);
  });

  test('the longest prefix decides, through the main table where a subnet has no other', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16')];
    const pcx = await active(own, theirs, one);
    const instance = async (VpcId: string, CidrBlock: string) => {
      const { Subnet } = await ec2()('CreateSubnet', { VpcId, CidrBlock });
      const input = { ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1, SubnetId: Subnet!.SubnetId! };
      return (await ec2()('RunInstances', input)).Instances![0]!;
    };
    const [from, to] = [await instance(own, '10.0.1.0/24'), await instance(theirs, '10.1.1.0/24')];
    await settle();
    const groups = (await ec2()('DescribeSecurityGroups', { Filters: [{ Name: 'vpc-id', Values: [theirs] }] })).SecurityGroups!;
    const IpPermissions = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/16' }] }];
    await ec2()('AuthorizeSecurityGroupIngress', { GroupId: groups[0]!.GroupId!, IpPermissions });
    const ways = {
      source: { instanceId: from.InstanceId! },
      destination: { instanceId: to.InstanceId! },
      protocol: 'tcp' as const,
      port: 22,
    };
    const reached = () => reachability(played.world.network(), ways).reachable;
    const route = { VpcPeeringConnectionId: pcx, DestinationCidrBlock: '10.0.0.0/8' };
    await ec2()('CreateRoute', { ...route, RouteTableId: await mainTable(own) });
    await ec2()('CreateRoute', { ...route, RouteTableId: await mainTable(theirs) });
    expect(reached()).toBe(true);
    const { InternetGateway } = await ec2()('CreateInternetGateway', {});
    const GatewayId = InternetGateway!.InternetGatewayId!;
    await ec2()('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId: own });
    await ec2()('CreateRoute', { RouteTableId: await mainTable(own), DestinationCidrBlock: '10.1.1.0/24', GatewayId });
    expect(reached()).toBe(false);
  });
});

async function group(VpcId: string, GroupName: string, accountId: string = one): Promise<string> {
  return (await ec2(accountId)('CreateSecurityGroup', { GroupName, Description: 'd', VpcId })).GroupId!;
}

const port = (FromPort: number, sources: object) => ({ IpProtocol: 'tcp', FromPort, ToPort: FromPort, ...sources });

describe('9.5 security groups', () => {
  test('a rule is its direction, protocol, ports and canonical source; a call is done whole or not at all', async () => {
    const GroupId = await group(await vpc('10.0.0.0/16'), 'web');
    const authorize = (...IpPermissions: object[]) => ({ GroupId, IpPermissions });
    await ec2()('AuthorizeSecurityGroupIngress', authorize(port(22, { IpRanges: [{ CidrIp: '100.68.0.18/18' }] })));
    const rules = async () =>
      (await ec2()('DescribeSecurityGroupRules', {})).SecurityGroupRules!.filter((rule) => rule.GroupId === GroupId);
    expect((await rules()).map(({ CidrIpv4 }) => CidrIpv4)).toEqual(['0.0.0.0/0', '100.68.0.0/18']);
    const again = [
      port(23, { IpRanges: [{ CidrIp: '10.0.0.0/8' }] }),
      port(22, { IpRanges: [{ CidrIp: '100.68.0.0/18', Description: 'other' }] }),
    ];
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', authorize(...again))).toBe('InvalidPermission.Duplicate');
    expect(await rules()).toHaveLength(2);
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', authorize({ IpProtocol: 'tcp' }))).toMatch(
      /^(InvalidPermission|Invalid|Missing)Parameter/,
    );
  });

  test('codes tell what is not there, badly written, or in use', async () => {
    const VpcId = await vpc('10.0.0.0/16');
    const [GroupId, other] = [await group(VpcId, 'web'), await group(VpcId, 'db')];
    const revoke = (SecurityGroupRuleIds: string[]) => ec2().refused('RevokeSecurityGroupIngress', { GroupId, SecurityGroupRuleIds });
    expect(await revoke(['sgr-0123456789abcdef0'])).toBe('InvalidSecurityGroupRuleId.NotFound');
    expect(await revoke(['sgr-x'])).toBe('InvalidSecurityGroupRuleId.Malformed');
    expect(await ec2().refused('DescribeSecurityGroups', { GroupIds: ['sg-0123456789abcdef0'] })).toBe('InvalidGroup.NotFound');
    expect(await ec2().refused('DescribeSecurityGroups', { GroupIds: ['sg-x'] })).toBe('InvalidGroupId.Malformed');
    expect(await ec2().refused('CreateSecurityGroup', { GroupName: 'web', Description: 'd', VpcId })).toBe('InvalidGroup.Duplicate');
    const IpPermissions = [port(22, { UserIdGroupPairs: [{ GroupId: other }] })];
    await ec2()('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    expect(await ec2().refused('DeleteSecurityGroup', { GroupId: other })).toBe('DependencyViolation');
    const { SecurityGroups } = await ec2()('DescribeSecurityGroups', { Filters: [{ Name: 'group-name', Values: ['default'] }] });
    expect(await ec2().refused('DeleteSecurityGroup', { GroupId: SecurityGroups![0]!.GroupId! })).toBe('CannotDelete');
    const list = [port(22, { PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] })];
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: list })).toBe('InvalidPrefixListID.NotFound');
    const gone = [port(99, { IpRanges: [{ CidrIp: '10.0.0.0/8' }] })];
    expect(await ec2().refused('RevokeSecurityGroupIngress', { GroupId, IpPermissions: gone })).toBe('InvalidPermission.NotFound');
  });

  test('what a revocation does not find fails it, and is only reported in a default VPC', async () => {
    const VpcId = await vpc('10.0.0.0/16');
    const GroupId = await group(VpcId, 'web');
    const IpPermissions = [port(99, { IpRanges: [{ CidrIp: '10.0.0.0/8' }] })];
    expect(await ec2().refused('RevokeSecurityGroupIngress', { GroupId, IpPermissions })).toBe('InvalidPermission.NotFound');
    played.world.vpcs.change(VpcId, { isDefault: true });
    expect((await ec2()('RevokeSecurityGroupIngress', { GroupId, IpPermissions })).UnknownIpPermissions).toHaveLength(1);
  });

  test('60 of a family', async () => {
    expect(played.world.settings.quotas.rulesPerSecurityGroup).toBe(60);
    const GroupId = await group(await vpc('10.0.0.0/16'), 'web');
    const IpPermissions = Array.from({ length: 60 }, (_, index) => port(index + 1, { IpRanges: [{ CidrIp: '10.0.0.0/8' }] }));
    await ec2()('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    const more = [port(61, { IpRanges: [{ CidrIp: '10.0.0.0/8' }] })];
    const refused = await ec2().refused('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: more });
    expect(refused).toBe('RulesPerSecurityGroupLimitExceeded');
    await ec2()('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: [port(61, { Ipv6Ranges: [{ CidrIpv6: '::/0' }] })] });
  });

  test('a peer’s group needs an active connection, its region and its owner; without them the rule is stale, and the group may go', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const [GroupId, foreign] = [await group(own, 'web'), await group(theirs, 'peer', two)];
    const authorize = (pair: object) => ({ GroupId, IpPermissions: [port(22, { UserIdGroupPairs: [{ GroupId: foreign, ...pair }] })] });
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', authorize({ UserId: two }))).toBe('InvalidGroup.NotFound');
    const pcx = await active(own, theirs);
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', authorize({}))).toBe('InvalidGroup.NotFound');
    await ec2()('AuthorizeSecurityGroupIngress', authorize({ UserId: two }));
    const stale = async () => (await ec2()('DescribeStaleSecurityGroups', { VpcId: own })).StaleSecurityGroupSet!.map((one) => one.GroupId);
    expect(await stale()).toEqual([]);
    await ec2(two)('DeleteSecurityGroup', { GroupId: foreign });
    expect(await stale()).toEqual([GroupId]);
    await ec2()('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: pcx });
    expect(await stale()).toEqual([GroupId]);

    const far = await vpc('10.2.0.0/16', two, 'eu-west-1');
    const across = await request(own, far, two, 'eu-west-1');
    await ec2(two, 'eu-west-1')('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: across });
    await settle();
    const there = (await ec2(two, 'eu-west-1')('CreateSecurityGroup', { GroupName: 'far', Description: 'd', VpcId: far })).GroupId!;
    expect(await ec2().refused('AuthorizeSecurityGroupIngress', authorize({ GroupId: there, UserId: two }))).toBe('InvalidGroup.NotFound');
  });
});

describe('9.11 dry runs', () => {
  test('have no effect, and tell those who may', async () => {
    const before = JSON.stringify(played.world.dump());
    expect(await ec2().refused('CreateVpc', { CidrBlock: '10.0.0.0/16', DryRun: true })).toBe('DryRunOperation');
    expect(await ec2().refused('AllocateAddress', { DryRun: true })).toBe('DryRunOperation');
    expect(JSON.stringify(played.world.dump())).toBe(before);
  });
});

describe('9.12 zones, edges and blocks', () => {
  test('each account has its own names for the same zones', async () => {
    const zones = async (accountId: string): Promise<Map<string, string>> => {
      const { AvailabilityZones } = await ec2(accountId)('DescribeAvailabilityZones', {});
      return new Map(AvailabilityZones!.map(({ ZoneName, ZoneId }) => [ZoneId!, ZoneName!]));
    };
    const accounts = await Promise.all([one, two, '777788889999', '123412341234'].map(zones));
    expect(new Set(accounts.map((names) => [...names.keys()].sort().join())).size).toBe(1);
    expect(new Set(accounts.map((names) => [...names].sort().join())).size).toBeGreaterThan(1);
  });

  test('an edge route table takes no peering and no transit gateway', async () => {
    const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
    const { InternetGateway } = await ec2()('CreateInternetGateway', {});
    const GatewayId = InternetGateway!.InternetGatewayId!;
    await ec2()('AttachInternetGateway', { InternetGatewayId: GatewayId, VpcId: own });
    const RouteTableId = (await ec2()('CreateRouteTable', { VpcId: own })).RouteTable!.RouteTableId!;
    await ec2()('AssociateRouteTable', { RouteTableId, GatewayId });
    const VpcPeeringConnectionId = await active(own, theirs);
    const peering = { RouteTableId, DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId };
    expect(await ec2().refused('CreateRoute', peering)).toBe('InvalidParameterValue');
    const TransitGatewayId = (await ec2()('CreateTransitGateway', {})).TransitGateway!.TransitGatewayId!;
    const SubnetIds = [(await ec2()('CreateSubnet', { VpcId: own, CidrBlock: '10.0.1.0/24' })).Subnet!.SubnetId!];
    await settle();
    await ec2()('CreateTransitGatewayVpcAttachment', { TransitGatewayId, VpcId: own, SubnetIds });
    await settle();
    const transit = { RouteTableId, DestinationCidrBlock: '10.1.0.0/16', TransitGatewayId };
    expect(await ec2().refused('CreateRoute', transit)).toBe('InvalidParameterValue');
    await ec2()('CreateRoute', { ...transit, RouteTableId: await mainTable(own) });
  });

  test('a block is associating, associated, disassociating, disassociated', async () => {
    const own = await vpc('10.0.0.0/16');
    const blocks = async () =>
      (await ec2()('DescribeVpcs', { VpcIds: [own] })).Vpcs![0]!.CidrBlockAssociationSet!.slice(1).map((one) => one.CidrBlockState!.State);
    const { CidrBlockAssociation } = await ec2()('AssociateVpcCidrBlock', { VpcId: own, CidrBlock: '10.1.0.0/16' });
    expect(await blocks()).toEqual(['associating']);
    await settle();
    expect(await blocks()).toEqual(['associated']);
    await ec2()('DisassociateVpcCidrBlock', { AssociationId: CidrBlockAssociation!.AssociationId! });
    expect(await blocks()).toEqual(['disassociating']);
    await settle();
    expect(await blocks()).toEqual(['disassociated']);
  });
});
