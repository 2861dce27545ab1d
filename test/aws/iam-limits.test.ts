import * as ec2 from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { accountPolicies, accountTrust, features, type PolicyDocument, type PolicyStatement } from '../../src/aws/iam-policy.ts';
import { temporaryKeyPrefix, writeSessionToken } from '../../src/simulator/calls/identity.ts';
import { accessRequests } from '../../src/simulator/iam/authorize.ts';
import { decide, readPolicy } from '../../src/simulator/iam/policy.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';

/** What the role of an account can do with somebody else's things: on the simulator, with the policy that is printed for the cluster `a`. */

const [one, two, stranger] = ['111122223333', '222233334444', '999988887777'];
const region = 'us-west-2';
const roleArn = `arn:aws:iam::${one}:role/isthmus`;
const clusterTag = (cluster: string) => [{ Key: 'isthmus.dev/cluster', Value: cluster }];
const joinable = [{ Key: 'joinable', Value: 'yes' }];
const vpcs = (...cidrs: readonly string[]) => ({ vpcs: cidrs.map((cidr, index) => ({ name: `vpc-${index}`, cidr })) });

const clock = new VirtualClock();
const random = seededRandom(1);
const world = new World({ clock, random });
loadWorld(
  JSON.stringify({
    accounts: {
      [one]: { [region]: vpcs('10.1.0.0/24', '10.2.0.0/24', '10.3.0.0/24') },
      [two]: { [region]: vpcs('10.11.0.0/24', '10.12.0.0/24', '10.13.0.0/24', '10.14.0.0/24', '10.15.0.0/24') },
      [stranger]: { [region]: vpcs('10.21.0.0/24', '10.22.0.0/24') },
    },
  }),
  'world.yaml',
  world,
);
const requestHandler = inProcess(simulatorOf(world, { clock, random })) as never;

const admin = (accountId = one) =>
  new ec2.EC2Client({ region, requestHandler, maxAttempts: 1, credentials: { accessKeyId: accountId, secretAccessKey: 'x' } });

const accessKeyId = `${temporaryKeyPrefix}0000000000000000`;
const sessionToken = writeSessionToken({ accessKeyId, roleArn, sessionName: 'me', tags: {}, expiresAt: Number.MAX_SAFE_INTEGER });
const role = (where = region) =>
  new ec2.EC2Client({ region: where, requestHandler, maxAttempts: 1, credentials: { accessKeyId, secretAccessKey: 'x', sessionToken } });

/** One of the SDK's commands. */
interface Command {
  readonly input: object;
}

/** Whether the role may make the call, which has no effect. */
async function said(command: Command, where?: string): Promise<'allowed' | 'denied'> {
  Object.assign(command.input, { DryRun: true });
  const code = await role(where)
    .send(command as unknown as ec2.DescribeVpcsCommand)
    .then(
      () => 'no error',
      (error: Error) => error.name,
    );
  if (code === 'DryRunOperation') return 'allowed';
  if (code === 'UnauthorizedOperation') return 'denied';
  throw new Error(`${command.constructor.name}: ${code}`);
}

const vpcsOf = (accountId: string) => [...world.vpcs.all()].filter(({ ownerId }) => ownerId === accountId).map(({ id }) => id);
const [ours = '', ownOther = '', unmarked = ''] = vpcsOf(one);
const theirs = vpcsOf(two);
const strange = vpcsOf(stranger);

/** Ids of what there is, once it is there. */
const ids: Record<string, string> = {};

async function tag(id: string, tags: readonly ec2.Tag[]): Promise<void> {
  await admin().send(new ec2.CreateTagsCommand({ Resources: [id], Tags: [...tags] }));
}

async function connect(from: string, to: { readonly accountId: string; readonly vpcId: string | undefined }, by = one): Promise<string> {
  const input = { VpcId: from, PeerVpcId: to.vpcId, PeerOwnerId: to.accountId };
  const { VpcPeeringConnection: made } = await admin(by).send(new ec2.CreateVpcPeeringConnectionCommand(input));
  await clock.advance(60_000);
  return made?.VpcPeeringConnectionId ?? '';
}

const permission = (port: number) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '10.11.0.0/24' }] });

async function makeRule(port: number, cluster: string): Promise<string> {
  const { SecurityGroupRules: rules } = await admin().send(
    new ec2.AuthorizeSecurityGroupIngressCommand({
      GroupId: ids.group,
      IpPermissions: [permission(port)],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: clusterTag(cluster) }],
    }),
  );
  return rules?.[0]?.SecurityGroupRuleId ?? '';
}

const scope = {
  accountId: one,
  clusterName: 'a',
  features,
  partition: 'aws',
  regions: [region],
  vpcIds: [ours, unmarked],
  peerAccountIds: [two],
  requiredTags: { joinable: 'yes' },
};
const [policy] = accountPolicies(scope) as [PolicyDocument];

beforeAll(async () => {
  const of = (vpcId: string) => ({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] });
  const table = async (vpcId: string) =>
    (await admin().send(new ec2.DescribeRouteTablesCommand(of(vpcId)))).RouteTables?.[0]?.RouteTableId ?? '';
  const group = async (vpcId: string) =>
    (await admin().send(new ec2.DescribeSecurityGroupsCommand(of(vpcId)))).SecurityGroups?.[0]?.GroupId ?? '';
  ids.table = await table(ours);
  ids.otherTable = await table(ownOther);
  ids.plainTable = (await admin().send(new ec2.CreateRouteTableCommand({ VpcId: ours }))).RouteTable?.RouteTableId ?? '';
  ids.group = await group(ours);
  ids.otherGroup = await group(ownOther);
  ids.plainGroup =
    (await admin().send(new ec2.CreateSecurityGroupCommand({ VpcId: ours, GroupName: 'plain', Description: 'plain' }))).GroupId ?? '';
  for (const id of [ours, ids.table, ids.otherTable, ids.group, ids.otherGroup]) await tag(id, joinable);

  ids.a = await connect(ours, { accountId: two, vpcId: theirs[0] });
  await tag(ids.a, clusterTag('a'));
  ids.b = await connect(ours, { accountId: two, vpcId: theirs[1] });
  await tag(ids.b, clusterTag('b'));
  ids.untagged = await connect(ours, { accountId: two, vpcId: theirs[2] });
  ids.toStranger = await connect(ours, { accountId: stranger, vpcId: strange[0] });
  ids.offered = await connect(theirs[3] ?? '', { accountId: one, vpcId: ours }, two);
  ids.offeredToB = await connect(theirs[4] ?? '', { accountId: one, vpcId: ours }, two);
  await tag(ids.offeredToB, clusterTag('b'));
  ids.offeredByStranger = await connect(strange[1] ?? '', { accountId: one, vpcId: ours }, stranger);
  ids.offeredToOther = await connect(theirs[3] ?? '', { accountId: one, vpcId: ownOther }, two);
  ids.ruleOfA = await makeRule(1, 'a');
  ids.ruleOfB = await makeRule(2, 'b');
  world.setRoles([{ arn: roleArn, trusts: [one], policy: readPolicy(policy) }]);
});

const request = (input: Partial<ec2.CreateVpcPeeringConnectionRequest>, cluster?: string) =>
  new ec2.CreateVpcPeeringConnectionCommand({
    VpcId: ours,
    PeerOwnerId: two,
    PeerVpcId: theirs[0],
    ...input,
    ...(cluster !== undefined && { TagSpecifications: [{ ResourceType: 'vpc-peering-connection', Tags: clusterTag(cluster) }] }),
  });
const accept = (id = '') => new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id });
const remove = (id = '') => new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id });
const setOption = (id = '') =>
  new ec2.ModifyVpcPeeringConnectionOptionsCommand({
    VpcPeeringConnectionId: id,
    RequesterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: true },
  });
const route = (id = '') =>
  new ec2.CreateRouteCommand({ RouteTableId: id, DestinationCidrBlock: '10.11.0.0/24', VpcPeeringConnectionId: ids.a });
const rule = (id = '', cluster?: string) =>
  new ec2.AuthorizeSecurityGroupIngressCommand({
    GroupId: id,
    IpPermissions: [permission(3)],
    ...(cluster !== undefined && { TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: clusterTag(cluster) }] }),
  });
const tagging = (id = '', Tags: ec2.Tag[] = [{ Key: 'team', Value: 'x' }]) => new ec2.CreateTagsCommand({ Resources: [id], Tags });
const untagging = (id = '', ...keys: readonly string[]) =>
  new ec2.DeleteTagsCommand({ Resources: [id], ...(keys.length > 0 && { Tags: keys.map((Key) => ({ Key })) }) });

/** Why a call is refused: statement, operator and key. The statement would let it through without the condition. */
type Reason = readonly [sid: string, operator: string, key: string];

const [ofRequest, ofThing] = ['aws:RequestTag/isthmus.dev/cluster', 'aws:ResourceTag/isthmus.dev/cluster'];
const attacks: readonly (readonly [what: string, command: () => Command, ...reasons: Reason[]])[] = [
  [
    'join a VPC that the administrators did not mark',
    () => request({ VpcId: unmarked }, 'a'),
    ['JoinVpcs', 'StringEquals', 'aws:ResourceTag/joinable'],
  ],
  ['request a connection without a tag', () => request({}), ['RequestConnections', 'StringEquals', ofRequest]],
  [
    'request a connection in another cluster’s name',
    () => request({}, 'b'),
    ['RequestConnections', 'StringEquals', ofRequest],
    ['TagWhatIsMade', 'StringEquals', ofRequest],
  ],
  [
    'request a connection to an account that it was not told of',
    () => request({ PeerOwnerId: stranger, PeerVpcId: strange[0] }, 'a'),
    ['RequestConnections', 'ArnLike', 'ec2:AccepterVpc'],
  ],
  ['request a connection of another VPC', () => request({ VpcId: ownOther }, 'a'), ['RequestConnections', 'ArnLike', 'ec2:RequesterVpc']],
  [
    'accept a connection from an account that it was not told of',
    () => accept(ids.offeredByStranger),
    ['AcceptConnections', 'ArnLike', 'ec2:RequesterVpc'],
  ],
  ['accept a connection to another VPC', () => accept(ids.offeredToOther), ['AcceptConnections', 'ArnLike', 'ec2:AccepterVpc']],
  [
    'set an option of a connection to an account that it was not told of',
    () => setOption(ids.toStranger),
    ['SetConnectionOptions', 'ArnLike', 'ec2:AccepterVpc'],
  ],
  [
    'set an option of a connection from an account that it was not told of',
    () => setOption(ids.offeredByStranger),
    ['SetConnectionOptions', 'ArnLike', 'ec2:RequesterVpc'],
  ],
  ['delete another cluster’s connection', () => remove(ids.b), ['DeleteOwnConnections', 'StringEquals', ofThing]],
  ['delete a connection that somebody made by hand', () => remove(ids.untagged), ['DeleteOwnConnections', 'StringEquals', ofThing]],
  ['change a table of another VPC', () => route(ids.otherTable), ['ChangeRoutes', 'ArnLike', 'ec2:Vpc']],
  [
    'change a table that the administrators did not mark',
    () => route(ids.plainTable),
    ['ChangeRoutes', 'StringEquals', 'aws:ResourceTag/joinable'],
  ],
  ['change a group of another VPC', () => rule(ids.otherGroup, 'a'), ['ChangeRules', 'ArnLike', 'ec2:Vpc']],
  [
    'change a group that the administrators did not mark',
    () => rule(ids.plainGroup, 'a'),
    ['ChangeRules', 'StringEquals', 'aws:ResourceTag/joinable'],
  ],
  [
    'make a rule in another cluster’s name',
    () => rule(ids.group, 'b'),
    ['MakeTaggedRules', 'StringEquals', ofRequest],
    ['TagWhatIsMade', 'StringEquals', ofRequest],
  ],
  ['tag another cluster’s connection', () => tagging(ids.b), ['TagOwn', 'StringEquals', ofThing]],
  ['tag another cluster’s rule', () => tagging(ids.ruleOfB), ['TagOwn', 'StringEquals', ofThing]],
  [
    'make another cluster’s rule its own',
    () => tagging(ids.ruleOfB, clusterTag('a')),
    ['TagOwn', 'StringEquals', ofThing],
    ['TagWhatIsMade', 'StringEquals', 'ec2:CreateAction'],
  ],
  [
    'make another cluster’s connection its own',
    () => tagging(ids.b, clusterTag('a')),
    ['TagWhatIsMade', 'StringEquals', 'ec2:CreateAction'],
  ],
  [
    'make a connection its own that somebody requested by hand',
    () => tagging(ids.untagged, clusterTag('a')),
    ['TagWhatIsMade', 'StringEquals', 'ec2:CreateAction'],
  ],
  ['give its own connection away', () => tagging(ids.a, clusterTag('b')), ['TagOwn', 'StringEqualsIfExists', ofRequest]],
  ['give its own rule away', () => tagging(ids.ruleOfA, clusterTag('b')), ['TagOwn', 'StringEqualsIfExists', ofRequest]],
  ['tag an offered connection without the cluster’s name', () => tagging(ids.offered), ['TagAccepted', 'StringEquals', ofRequest]],
  [
    'tag an offered connection in another cluster’s name',
    () => tagging(ids.offered, clusterTag('b')),
    ['TagAccepted', 'StringEquals', ofRequest],
  ],
  [
    'make an offered connection its own that another cluster has made its own',
    () => tagging(ids.offeredToB, clusterTag('a')),
    ['TagAccepted', 'Null', ofThing],
  ],
  [
    'make an offered connection its own that a stranger requested',
    () => tagging(ids.offeredByStranger, clusterTag('a')),
    ['TagAccepted', 'ArnLike', 'ec2:RequesterVpc'],
  ],
  [
    'make an offered connection of another VPC its own',
    () => tagging(ids.offeredToOther, clusterTag('a')),
    ['TagAccepted', 'ArnLike', 'ec2:AccepterVpc'],
  ],
  [
    'remove the tags of another cluster’s connection',
    () => untagging(ids.b, 'isthmus.dev/uid'),
    ['UntagRetained', 'StringEquals', ofThing],
  ],
  ['remove users’ tags', () => untagging(ids.a, 'isthmus.dev/uid', 'team'), ['UntagRetained', 'ForAllValues:StringEquals', 'aws:TagKeys']],
  ['remove all tags at once', () => untagging(ids.a), ['UntagRetained', 'Null', 'aws:TagKeys']],
  ['tag a VPC', () => tagging(ours, clusterTag('a'))],
  ['tag a route table', () => tagging(ids.otherTable, joinable)],
  ['tag a group', () => tagging(ids.plainGroup, joinable)],
  ['delete a route table', () => new ec2.DeleteRouteTableCommand({ RouteTableId: ids.table })],
  ['delete a group', () => new ec2.DeleteSecurityGroupCommand({ GroupId: ids.group })],
  ['make a VPC', () => new ec2.CreateVpcCommand({ CidrBlock: '10.99.0.0/24' })],
];

test.each(attacks)('the role cannot %s', async (_what, command) => {
  expect(await said(command())).toBe('denied');
});

describe('the role can do its own work:', () => {
  test.each<readonly [string, () => Command]>([
    ['look', () => new ec2.DescribeVpcsCommand({})],
    ['request a connection', () => request({}, 'a')],
    ['accept one', () => accept(ids.offered)],
    ['set an option of one that somebody made by hand', () => setOption(ids.untagged)],
    ['delete its own connection', () => remove(ids.a)],
    ['route', () => route(ids.table)],
    ['make a rule', () => rule(ids.group, 'a')],
    ['tag its own rule', () => tagging(ids.ruleOfA)],
    ['tag what it has accepted', () => tagging(ids.offered, clusterTag('a'))],
    ['leave its own rule', () => untagging(ids.ruleOfA, 'isthmus.dev/cluster')],
  ])('%s', async (_what, command) => {
    expect(await said(command())).toBe('allowed');
  });
});

describe('what AWS cannot hold to tags, and the security model says so:', () => {
  test.each<readonly [string, () => Command]>([
    [
      'revoke another cluster’s rule',
      () => new ec2.RevokeSecurityGroupIngressCommand({ GroupId: ids.group, SecurityGroupRuleIds: [ids.ruleOfB ?? ''] }),
    ],
    ['delete somebody’s route', () => new ec2.DeleteRouteCommand({ RouteTableId: ids.table, DestinationCidrBlock: '10.1.0.0/24' })],
    ['make a rule without tags', () => rule(ids.group)],
  ])('%s', async (_what, command) => {
    expect(await said(command())).toBe('allowed');
  });
});

test('the role cannot do anything in another region', async () => {
  expect(await said(new ec2.DescribeVpcsCommand({}), 'eu-west-2')).toBe('denied');
  expect(await said(new ec2.DescribeVpcsCommand({}), region)).toBe('allowed');
});

/** The policy without one condition of one statement. */
function without([sid, operator, key]: Reason): PolicyDocument {
  const lessened = (statement: PolicyStatement): PolicyStatement => {
    const { [key]: _, ...keys } = statement.Condition?.[operator] ?? {};
    return { ...statement, Condition: { ...statement.Condition, [operator]: keys } };
  };
  return { ...policy, Statement: policy.Statement.map((statement) => (statement.Sid === sid ? lessened(statement) : statement)) };
}

/** How many of the rights that the call asks for are given. */
function given(command: Command, document: PolicyDocument): number {
  const operation = command.constructor.name.replace(/Command$/, '');
  const session = { roleArn, tags: {} };
  const call = { accountId: one, region, callerArn: '', session };
  const asked = accessRequests(world, { service: 'ec2', operation, input: command.input as Record<string, unknown>, call });
  return asked.filter((each) => decide(readPolicy(document), each) === 'allowed').length;
}

describe('each condition counts:', () => {
  const reasons = attacks.flatMap(([what, command, ...all]) => all.map((reason) => [reason.join(' '), what, reason, command] as const));

  test.each(reasons)('without %s one could %s', (_name, _what, reason, command) => {
    expect(given(command(), without(reason))).toBe(given(command(), policy) + 1);
  });

  test('none is without an attack that it stops', () => {
    const stopped = new Set(reasons.map(([name]) => name));
    // Regions are the same in every statement.
    const conditions = policy.Statement.flatMap(({ Sid, Condition = {} }) =>
      Object.entries(Condition).flatMap(([operator, keys]) => Object.keys(keys).map((key) => [Sid, operator, key].join(' '))),
    ).filter((name) => !name.endsWith('aws:RequestedRegion'));
    expect(conditions.filter((name) => !stopped.has(name))).toEqual([]);
  });
});

describe('the trust of an account’s role', () => {
  const trust = accountTrust({ controllerArn: `arn:aws:iam::${stranger}:role/isthmus-controller`, clusterName: 'a', externalId: '5f0c' });
  // Whom a trust policy is about the simulator knows by itself; here it is about what is asked.
  const asked = readPolicy({ ...trust, Statement: trust.Statement.map(({ Principal: _, ...rest }) => ({ ...rest, Resource: '*' })) });

  test.each<readonly [string, Record<string, unknown>, boolean]>([
    ['lets in the cluster with its tag and the external id', {}, true],
    ['keeps out another cluster', { Tags: clusterTag('b') }, false],
    ['keeps out who gives no tag', { Tags: [] }, false],
    ['keeps out who gives further tags', { Tags: [...clusterTag('a'), { Key: 'team', Value: 'x' }] }, false],
    ['keeps out who does not know the external id', { ExternalId: 'other' }, false],
    ['keeps out who says no external id', { ExternalId: undefined }, false],
  ])('%s', (_what, input, lets) => {
    const call = { accountId: stranger, region, callerArn: '' };
    const attempt = { RoleArn: roleArn, RoleSessionName: 'isthmus-a', Tags: clusterTag('a'), ExternalId: '5f0c', ...input };
    const requests = accessRequests(world, { service: 'sts', operation: 'AssumeRole', input: attempt, call });
    expect(requests.every((each) => decide(asked, each) === 'allowed')).toBe(lets);
  });
});
