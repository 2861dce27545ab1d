import type { IpPermission } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, defaultGroup, one, peer, two, vpc } from '../account.ts';

let simulated: Aws;
let caller: Caller;
let vpcId: string;
let group: string;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
  vpcId = vpc(caller, '10.0.0.0/16');
  group = newGroup('web', vpcId);
});

function newGroup(name: string, inVpc: string): string {
  return caller('CreateSecurityGroup', { GroupName: name, Description: name, VpcId: inVpc }).GroupId!;
}

const tcp = (port: number, cidr: string, description?: string): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: cidr, ...(description === undefined ? {} : { Description: description }) }],
});

const authorize = (...permissions: IpPermission[]) =>
  caller('AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: permissions });
const authorizeCode = (...permissions: IpPermission[]) =>
  caller.code('AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: permissions });
const groupPermission = (pair: object): IpPermission => ({ IpProtocol: '-1', UserIdGroupPairs: [pair] });

/** The ingress rules of the group. */
const ingress = () =>
  caller('DescribeSecurityGroupRules', { Filters: [{ Name: 'group-id', Values: [group] }] }).SecurityGroupRules!.filter(
    (rule) => !rule.IsEgress,
  );

describe('a rule', () => {
  test('is made for each source, with an id of its own (aws.md 3.1)', () => {
    const { SecurityGroupRules: rules } = authorize({ ...tcp(22, '10.1.0.0/16'), Ipv6Ranges: [{ CidrIpv6: '2001:DB8::/32' }] });
    expect(rules).toMatchObject([
      { GroupId: group, GroupOwnerId: one, IsEgress: false, IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4: '10.1.0.0/16' },
      { CidrIpv6: '2001:db8::/32' },
    ]);
    expect(rules![0]!.SecurityGroupRuleArn).toBe(`arn:aws:ec2:us-west-2:${one}:security-group-rule/${rules![0]!.SecurityGroupRuleId}`);
  });

  test.each([
    ['spelled otherwise', tcp(22, '100.68.0.18/18')],
    ['with another description', tcp(22, '100.68.0.0/18', 'another')],
    ['with the protocol’s number', { ...tcp(22, '100.68.0.0/18'), IpProtocol: '6' }],
  ])('that is there already is a duplicate, also %s (aws.md 3.1)', (_what, permission) => {
    authorize(tcp(22, '100.68.0.0/18'));
    expect(authorizeCode(permission)).toBe('InvalidPermission.Duplicate');
  });

  test('that is a duplicate fails the whole call (aws.md 3.2)', () => {
    authorize(tcp(22, '10.1.0.0/16'));
    expect(authorizeCode(tcp(80, '10.1.0.0/16'), tcp(22, '10.1.0.0/16'))).toBe('InvalidPermission.Duplicate');
    expect(authorizeCode(tcp(81, '10.1.0.0/16'), tcp(81, '10.1.0.0/16'))).toBe('InvalidPermission.Duplicate');
    expect(ingress()).toHaveLength(1);
  });

  test.each([
    ['tcp without ports', { IpProtocol: 'tcp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }, 'InvalidParameterValue'],
    ['ports the wrong way round', { ...tcp(22, '10.0.0.0/8'), ToPort: 21 }, 'InvalidParameterValue'],
    ['icmp without a type', { IpProtocol: 'icmp', IpRanges: [{ CidrIp: '10.0.0.0/8' }] }, 'InvalidParameterValue'],
    ['a protocol that there is not', { ...tcp(22, '10.0.0.0/8'), IpProtocol: 'tpc' }, 'InvalidParameterValue'],
    ['no CIDR', tcp(22, '10.0.0.0'), 'InvalidParameterValue'],
    ['no source', { IpProtocol: '-1' }, 'InvalidParameterValue'],
    ['a description with a letter that is not allowed', tcp(22, '10.0.0.0/8', 'für alle'), 'InvalidParameterValue'],
    ['a description of 256 characters', tcp(22, '10.0.0.0/8', 'x'.repeat(256)), 'InvalidParameterValue'],
    ['an unknown group', groupPermission({ GroupId: 'sg-00000000000000000' }), 'InvalidGroup.NotFound'],
    ['a malformed group', groupPermission({ GroupId: 'sg-x' }), 'InvalidGroupId.Malformed'],
    ['an unknown prefix list', { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-01234567' }] }, 'InvalidPrefixListID.NotFound'],
  ])('is refused: %s (aws.md 3.2, 3.5)', (_what, permission, code) => {
    expect(authorizeCode(permission)).toBe(code);
  });

  test.each([
    ['all protocols: ports are ignored', { IpProtocol: '-1', FromPort: 1, ToPort: 2 }, ['-1', -1, -1]],
    ['another protocol by number', { IpProtocol: '50' }, ['50', -1, -1]],
    ['icmp: all types force all codes', { IpProtocol: 'icmp', FromPort: -1, ToPort: 3 }, ['icmp', -1, -1]],
    ['icmpv6 without types', { IpProtocol: '58' }, ['icmpv6', -1, -1]],
  ])('has ports as AWS stores them: %s (aws.md 3.5)', (_what, permission, stored) => {
    const [rule] = authorize({ ...permission, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }).SecurityGroupRules!;
    expect([rule!.IpProtocol, rule!.FromPort, rule!.ToPort]).toEqual(stored);
  });

  test('of all protocols has ports -1 by itself and none in its group (aws.md 3.5)', () => {
    authorize({ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8' }] });
    const [shown] = caller('DescribeSecurityGroups', { GroupIds: [group] }).SecurityGroups!;
    expect(ingress()[0]).toMatchObject({ FromPort: -1, ToPort: -1 });
    expect(Object.keys(shown!.IpPermissions![0]!)).not.toContain('FromPort');
  });

  test('gets the tags that its call specifies (aws.md 3.1)', () => {
    caller('AuthorizeSecurityGroupIngress', {
      GroupId: group,
      IpPermissions: [tcp(22, '10.1.0.0/16'), tcp(23, '10.1.0.0/16')],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'by', Value: 'us' }] }],
    });
    expect(ingress().map(({ Tags }) => Tags)).toEqual([[{ Key: 'by', Value: 'us' }], [{ Key: 'by', Value: 'us' }]]);
    const byTag = caller('DescribeSecurityGroupRules', { Filters: [{ Name: 'tag:by', Values: ['us'] }] });
    expect(byTag.SecurityGroupRules).toHaveLength(2);
  });

  test('counts toward 60 of its family and direction, a group toward both (aws.md 3.6)', () => {
    authorize(...Array.from({ length: 59 }, (_, index) => tcp(index, '10.1.0.0/16')));
    authorize({ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group }] });
    expect(authorizeCode(tcp(60, '10.1.0.0/16'))).toBe('RulesPerSecurityGroupLimitExceeded');
    expect(authorizeCode({ ...tcp(22, ''), IpRanges: [], Ipv6Ranges: [{ CidrIpv6: '::/0' }] })).toBeUndefined();
    expect(ingress()).toHaveLength(61);
  });

  test('can be made with the older parameters', () => {
    caller('AuthorizeSecurityGroupIngress', { GroupId: group, IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '10.1.0.0/16' });
    expect(ingress()).toMatchObject([{ CidrIpv4: '10.1.0.0/16' }]);
  });
});

describe('revoking (aws.md 3.3)', () => {
  test('by ids tells what was revoked; an unknown id, or one of the other direction, fails the whole call', () => {
    const [first, second] = authorize(tcp(22, '10.1.0.0/16'), tcp(23, '10.1.0.0/16')).SecurityGroupRules!;
    const revoke = (...ids: string[]) => caller.code('RevokeSecurityGroupIngress', { GroupId: group, SecurityGroupRuleIds: ids });
    expect(revoke(first!.SecurityGroupRuleId!, 'sgr-00000000000000000')).toBe('InvalidSecurityGroupRuleId.NotFound');
    expect(revoke('sgr-1')).toBe('InvalidSecurityGroupRuleId.Malformed');
    expect(caller.code('RevokeSecurityGroupEgress', { GroupId: group, SecurityGroupRuleIds: [first!.SecurityGroupRuleId!] })).toBe(
      'InvalidSecurityGroupRuleId.NotFound',
    );
    expect(ingress()).toHaveLength(2);
    const answer = caller('RevokeSecurityGroupIngress', { GroupId: group, SecurityGroupRuleIds: [second!.SecurityGroupRuleId!] });
    expect(answer.RevokedSecurityGroupRules).toMatchObject([{ SecurityGroupRuleId: second!.SecurityGroupRuleId, FromPort: 23 }]);
    expect(ingress()).toHaveLength(1);
  });

  test('by properties fails where one does not match, and revokes nothing; in a default VPC it reports it', () => {
    authorize(tcp(22, '10.1.0.0/16'));
    const revoke = { GroupId: group, IpPermissions: [tcp(22, '10.1.0.0/16'), tcp(99, '10.1.0.0/16')] };
    expect(caller.code('RevokeSecurityGroupIngress', revoke)).toBe('InvalidPermission.NotFound');
    expect(ingress()).toHaveLength(1);
    simulated.world.vpcs.change(vpcId, { isDefault: true });
    const answer = caller('RevokeSecurityGroupIngress', revoke);
    expect(answer.UnknownIpPermissions).toMatchObject([{ FromPort: 99 }]);
    expect(ingress()).toHaveLength(0);
  });

  test('by properties finds a rule in whatever spelling', () => {
    authorize(tcp(22, '10.1.0.0/16', 'described'));
    caller('RevokeSecurityGroupIngress', { GroupId: group, IpPermissions: [{ ...tcp(22, '10.1.3.4/16'), IpProtocol: '6' }] });
    expect(ingress()).toEqual([]);
  });
});

describe('changing rules (aws.md 3.3)', () => {
  const modify = (id: string, rule: object) =>
    caller.code('ModifySecurityGroupRules', { GroupId: group, SecurityGroupRules: [{ SecurityGroupRuleId: id, SecurityGroupRule: rule }] });

  test('changes ports and value, and keeps the id', () => {
    const id = authorize(tcp(22, '10.1.0.0/16')).SecurityGroupRules![0]!.SecurityGroupRuleId!;
    expect(modify(id, { IpProtocol: 'udp', FromPort: 53, ToPort: 53, CidrIpv4: '10.2.0.0/16', Description: 'dns' })).toBeUndefined();
    expect(ingress()).toMatchObject([
      { SecurityGroupRuleId: id, IpProtocol: 'udp', FromPort: 53, CidrIpv4: '10.2.0.0/16', Description: 'dns' },
    ]);
  });

  test('cannot change the kind of source, nor make a duplicate', () => {
    const [first] = authorize(tcp(22, '10.1.0.0/16'), tcp(23, '10.1.0.0/16')).SecurityGroupRules!;
    const id = first!.SecurityGroupRuleId!;
    expect(modify(id, { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv6: '::/0' })).toBe('InvalidParameterValue');
    expect(modify(id, { IpProtocol: 'tcp', FromPort: 23, ToPort: 23, CidrIpv4: '10.1.0.0/16' })).toBe('InvalidPermission.Duplicate');
    expect(ingress()[0]).toMatchObject({ FromPort: 22 });
  });

  test('descriptions can be set by id and by properties', () => {
    const id = authorize(tcp(22, '10.1.0.0/16')).SecurityGroupRules![0]!.SecurityGroupRuleId!;
    caller('UpdateSecurityGroupRuleDescriptionsIngress', {
      GroupId: group,
      SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: id, Description: 'by id' }],
    });
    expect(ingress()[0]!.Description).toBe('by id');
    caller('UpdateSecurityGroupRuleDescriptionsIngress', { GroupId: group, IpPermissions: [tcp(22, '10.1.0.0/16', 'by properties')] });
    expect(ingress()[0]!.Description).toBe('by properties');
  });
});

describe('a peer’s group (aws.md 3.4)', () => {
  async function peered({ account = one, region = 'us-west-2' } = {}) {
    const other = simulated.caller(account, region);
    const peerVpcId = vpc(other, '10.1.0.0/16');
    const peerGroup = other('CreateSecurityGroup', { GroupName: 'db', Description: 'db', VpcId: peerVpcId }).GroupId!;
    const pcx = () => peer(simulated, { requester: caller, vpcId, accepter: other, peerVpcId });
    return { other, peerVpcId, peerGroup, pcx, permission: groupPermission({ GroupId: peerGroup, UserId: account }) };
  }

  test('cannot be named before the connection is active, nor across regions', async () => {
    const near = await peered();
    expect(caller.refused('AuthorizeSecurityGroupIngress', { GroupId: group, IpPermissions: [near.permission] })).toEqual({
      code: 'InvalidGroup.NotFound',
      message: 'You have specified two resources that belong to different networks.',
    });
    await near.pcx();
    expect(authorizeCode(near.permission)).toBeUndefined();
    const far = await peered({ region: 'eu-west-2' });
    expect(authorizeCode(far.permission)).toBe('InvalidGroup.NotFound');
  });

  test('of another account needs its account, and is shown with VPC, connection and its status', async () => {
    const { peerGroup, peerVpcId, pcx, permission } = await peered({ account: two });
    const id = await pcx();
    expect(authorizeCode(groupPermission({ GroupId: peerGroup }))).toBe('InvalidGroup.NotFound');
    authorize(permission);
    expect(ingress()[0]!.ReferencedGroupInfo).toEqual({
      GroupId: peerGroup,
      UserId: two,
      VpcId: peerVpcId,
      VpcPeeringConnectionId: id,
      PeeringStatus: 'active',
    });
  });

  test('makes a stale rule when the connection goes, and a good one again when the VPCs are joined anew', async () => {
    const { peerGroup, peerVpcId, pcx, permission } = await peered();
    const id = await pcx();
    authorize(permission);
    const stale = () => caller('DescribeStaleSecurityGroups', { VpcId: vpcId }).StaleSecurityGroupSet!;
    expect(stale()).toEqual([]);
    caller('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
    expect(stale()).toMatchObject([
      {
        GroupId: group,
        StaleIpPermissions: [
          { UserIdGroupPairs: [{ GroupId: peerGroup, VpcId: peerVpcId, VpcPeeringConnectionId: id, PeeringStatus: 'deleted' }] },
        ],
        StaleIpPermissionsEgress: [],
      },
    ]);
    expect(ingress()).toHaveLength(1);
    await pcx();
    expect(stale()).toEqual([]);
  });

  test('can be deleted: the rule stays, is stale, and does not tell the account any more', async () => {
    const { other, peerGroup, pcx, permission } = await peered({ account: two });
    await pcx();
    authorize(permission);
    expect(other('DescribeSecurityGroupReferences', { GroupId: [peerGroup] }).SecurityGroupReferenceSet).toMatchObject([
      { GroupId: peerGroup, ReferencingVpcId: vpcId },
    ]);
    other('DeleteSecurityGroup', { GroupId: peerGroup });
    expect(ingress()[0]!.ReferencedGroupInfo).toMatchObject({ GroupId: peerGroup, UserId: undefined });
    expect(caller('DescribeStaleSecurityGroups', { VpcId: vpcId }).StaleSecurityGroupSet).toHaveLength(1);
    caller('RevokeSecurityGroupIngress', { GroupId: group, IpPermissions: [permission] });
    expect(ingress()).toEqual([]);
  });
});

describe('groups', () => {
  test('let everything out, and the default one in what comes from itself (aws.md 3.5)', () => {
    const [web, standard] = caller('DescribeSecurityGroups', { GroupIds: [group, defaultGroup(caller, vpcId)] }).SecurityGroups!.toSorted(
      (a) => (a.GroupName === 'web' ? -1 : 1),
    );
    expect(web).toMatchObject({ IpPermissions: [], IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] });
    expect(standard!.IpPermissions).toMatchObject([{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: standard!.GroupId, UserId: one }] }]);
  });

  test('cannot be deleted while a group of the VPC or an interface uses them, nor the default one (aws.md 3.2, 3.4)', () => {
    const other = newGroup('other', vpcId);
    const remove = (id: string) => caller.code('DeleteSecurityGroup', { GroupId: id });
    caller('AuthorizeSecurityGroupIngress', { GroupId: other, IpPermissions: [groupPermission({ GroupId: group })] });
    expect(remove(group)).toBe('DependencyViolation');
    expect(remove(defaultGroup(caller, vpcId))).toBe('CannotDelete');
    expect(remove(other)).toBeUndefined();
    const subnetId = caller('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
    const eni = caller('CreateNetworkInterface', { SubnetId: subnetId, Groups: [group] }).NetworkInterface!.NetworkInterfaceId!;
    expect(remove(group)).toBe('DependencyViolation');
    caller('DeleteNetworkInterface', { NetworkInterfaceId: eni });
    expect(remove(group)).toBeUndefined();
    expect(remove(group)).toBe('InvalidGroup.NotFound');
    expect(caller('DescribeSecurityGroupRules', {}).SecurityGroupRules!.filter(({ GroupId }) => GroupId === group)).toEqual([]);
  });

  test.each([
    ['a name that is taken', { GroupName: 'web' }, 'InvalidGroup.Duplicate'],
    ['a name that looks like an id', { GroupName: 'sg-web' }, 'InvalidParameterValue'],
    ['the default group’s name', { GroupName: 'default' }, 'InvalidParameterValue'],
    ['no description', { GroupName: 'other', Description: '' }, 'MissingParameter'],
    ['no VPC, where there is no default one', { GroupName: 'other', VpcId: undefined }, 'VPCIdNotSpecified'],
    ['an unknown VPC', { GroupName: 'other', VpcId: 'vpc-00000000000000000' }, 'InvalidVpcID.NotFound'],
  ])('are refused: %s', (_what, input, code) => {
    expect(caller.code('CreateSecurityGroup', { VpcId: vpcId, Description: 'text', ...input })).toBe(code);
  });
});
