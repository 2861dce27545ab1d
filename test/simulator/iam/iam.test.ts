import {
  AcceptVpcPeeringConnectionCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteRouteCommand,
  DescribeRouteTablesCommand,
  DescribeVpcsCommand,
  DisassociateRouteTableCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { actionsOf } from '../../../src/simulator/iam/actions.ts';
import { accessRequests } from '../../../src/simulator/iam/authorize.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { serviceWires } from '../../../src/simulator/services.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { aws, one, peer, request, two, vpc } from '../ec2/account.ts';
import { allow, arn, callerArn, denied, deny, region, roleArn, said, setting } from './setting.ts';

describe('a session of a role that has a policy', () => {
  test('is refused in AWS’s words, before any effect, with status 403', async () => {
    const { ec2, world, table, vpcId } = await setting([allow('ec2:Describe*')]);
    const before = JSON.stringify(world.dump());
    const route = { RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16', GatewayId: 'igw-0123456789abcdef0' };
    await expect(ec2.send(new CreateRouteCommand(route))).rejects.toMatchObject({
      name: denied,
      $metadata: { httpStatusCode: 403 },
      message: `You are not authorized to perform this operation. User: ${callerArn} is not authorized to perform: ec2:CreateRoute on resource: ${arn('route-table', table)} because no identity-based policy allows the ec2:CreateRoute action`,
    });
    expect(JSON.stringify(world.dump())).toBe(before);
    expect((await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] }))).Vpcs).toHaveLength(1);
  });

  test('is told of an explicit deny', async () => {
    const { ec2 } = await setting([allow('*'), deny('ec2:DescribeVpcs')]);
    await expect(ec2.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({
      message: `You are not authorized to perform this operation. User: ${callerArn} is not authorized to perform: ec2:DescribeVpcs with an explicit deny in an identity-based policy`,
    });
    expect(await said(ec2.send(new DescribeRouteTablesCommand({})))).toBe('allowed');
  });

  test('hears of the lack of rights in a dry run too, and of nothing else without it (aws.md 7.2)', async () => {
    const { ec2, table, give } = await setting([]);
    const dry = () =>
      ec2
        .send(new DeleteRouteCommand({ RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16', DryRun: true }))
        .catch((error) => error.name);
    expect(await dry()).toBe(denied);
    give([allow('ec2:DeleteRoute', arn('route-table', '*'))]);
    expect(await dry()).toBe('DryRunOperation');
  });

  test('cannot tell by the refusal whether a thing is there', async () => {
    const { ec2 } = await setting([]);
    const unknown = { RouteTableId: 'rtb-0123456789abcdef0', DestinationCidrBlock: '10.9.0.0/16' };
    expect(await said(ec2.send(new DeleteRouteCommand(unknown)))).toBe(denied);
  });

  test('is held to what the policy says now, not when the session began', async () => {
    const { ec2, give } = await setting([allow('ec2:DescribeVpcs')]);
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe('allowed');
    give([]);
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe(denied);
  });

  test('may always ask who it is', async () => {
    const { sts } = await setting([deny('*')]);
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toBe(callerArn);
  });
});

test('roles without a policy, and accounts themselves, may do everything', async () => {
  const { ec2, world } = await setting([]);
  world.setRoles([{ arn: roleArn, trusts: [one] }]);
  expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe('allowed');
  const { simulator } = await setting([]);
  const root = new EC2Client({ region, credentials: { accessKeyId: one, secretAccessKey: 'x' }, requestHandler: inProcess(simulator) });
  expect(await said(root.send(new DescribeVpcsCommand({})))).toBe('allowed');
});

describe('conditions (aws.md 7.7)', () => {
  const route = (RouteTableId: string) =>
    new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '10.9.0.0/16', GatewayId: 'igw-0123456789abcdef0' });

  test('ec2:Vpc limits routes to the tables of a VPC', async () => {
    const { ec2, give, vpcId, table, otherTable } = await setting([]);
    give([allow('ec2:CreateRoute', arn('route-table', '*'), { ArnEquals: { 'ec2:Vpc': arn('vpc', vpcId) } })]);
    expect(await said(ec2.send(route(table)))).toBe('allowed');
    expect(await said(ec2.send(route(otherTable)))).toBe(denied);
  });

  test('ec2:RouteTableID limits routes to a table', async () => {
    const { ec2, give, table, otherTable } = await setting([]);
    give([allow('ec2:CreateRoute', '*', { StringEquals: { 'ec2:RouteTableID': table } })]);
    expect(await said(ec2.send(route(table)))).toBe('allowed');
    expect(await said(ec2.send(route(otherTable)))).toBe(denied);
  });

  test.each(['aws:ResourceTag', 'ec2:ResourceTag'])('%s limits routes to tagged tables', async (key) => {
    const { ec2, admin, table, otherTable } = await setting([
      allow('ec2:CreateRoute', '*', { StringEquals: { [`${key}/isthmus.dev/managed`]: 'yes' } }),
    ]);
    admin('CreateTags', { Resources: [table], Tags: [{ Key: 'isthmus.dev/managed', Value: 'yes' }] });
    expect(await said(ec2.send(route(table)))).toBe('allowed');
    expect(await said(ec2.send(route(otherTable)))).toBe(denied);
  });

  test('an association is authorised as the table that it is of', async () => {
    const { ec2, give, admin, vpcId, table } = await setting([]);
    const subnet = admin('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
    const AssociationId = admin('AssociateRouteTable', { RouteTableId: table, SubnetId: subnet }).AssociationId!;
    give([allow('ec2:DisassociateRouteTable', arn('route-table', 'rtb-*'), { ArnNotEquals: { 'ec2:Vpc': arn('vpc', vpcId) } })]);
    expect(await said(ec2.send(new DisassociateRouteTableCommand({ AssociationId })))).toBe(denied);
    give([allow('ec2:DisassociateRouteTable', arn('route-table', table))]);
    expect(await said(ec2.send(new DisassociateRouteTableCommand({ AssociationId })))).toBe('allowed');
  });

  test.each(['ec2:Region', 'aws:RequestedRegion'])('%s limits calls to a region', async (key) => {
    const { ec2, give } = await setting([allow('ec2:DescribeVpcs', '*', { StringEquals: { [key]: region } })]);
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe('allowed');
    give([allow('ec2:DescribeVpcs', '*', { StringEquals: { [key]: 'eu-west-1' } })]);
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe(denied);
  });

  test('aws:PrincipalTag is the session’s own, fixed when it began', async () => {
    const { ec2, assume, give } = await setting([allow('ec2:DescribeVpcs', '*', { StringEquals: { 'aws:PrincipalTag/cluster': 'eu' } })], {
      tags: { cluster: 'eu' },
    });
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe('allowed');
    await assume({ cluster: 'us' });
    give([allow('ec2:DescribeVpcs', '*', { StringEquals: { 'aws:PrincipalTag/cluster': 'us' } })]);
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe(denied);
  });

  test('ec2:AccepterVpc and ec2:RequesterVpc limit whom one peers with', async () => {
    const { ec2, give, world, vpcId, other, caller } = await setting([]);
    const foreign = vpc(caller(two, region), '10.2.0.0/16');
    const connect = (PeerVpcId: string, PeerOwnerId: string) =>
      said(ec2.send(new CreateVpcPeeringConnectionCommand({ VpcId: vpcId, PeerVpcId, PeerOwnerId })));
    const own = allow('ec2:CreateVpcPeeringConnection', arn('vpc', vpcId));
    give([
      own,
      allow('ec2:CreateVpcPeeringConnection', arn('vpc-peering-connection', '*'), {
        ArnEquals: { 'ec2:AccepterVpc': arn('vpc', foreign, two) },
      }),
    ]);
    expect(await connect(other, one)).toBe(denied);
    expect(await connect(foreign, two)).toBe('allowed');
    expect([...world.peerings.all()]).toHaveLength(1);
    // Without the right on the requester's VPC the right on the connection is not enough.
    give([allow('ec2:CreateVpcPeeringConnection', arn('vpc-peering-connection', '*'))]);
    expect(await connect(foreign, two)).toBe(denied);
  });

  test('Accept needs the accepter’s VPC and the connection, and ec2:RequesterVpc tells from whom', async () => {
    const { ec2, give, clock, vpcId, caller } = await setting([]);
    const requester = caller(two, region);
    const foreign = vpc(requester, '10.2.0.0/16');
    const pcx = request(requester, foreign, caller(one, region), vpcId);
    await clock.advance(1_000);
    const accept = () => said(ec2.send(new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: pcx })));
    const connection = (from: string) =>
      allow('ec2:AcceptVpcPeeringConnection', arn('vpc-peering-connection', '*'), { ArnLike: { 'ec2:RequesterVpc': from } });
    give([connection(arn('vpc', '*', two))]);
    expect(await accept()).toBe(denied);
    give([connection(arn('vpc', '*', one)), allow('ec2:AcceptVpcPeeringConnection', arn('vpc', vpcId))]);
    expect(await accept()).toBe(denied);
    give([connection(arn('vpc', '*', two)), allow('ec2:AcceptVpcPeeringConnection', arn('vpc', vpcId))]);
    expect(await accept()).toBe('allowed');
  });

  test('each side of a connection has its own tags on it (aws.md 1.5)', async () => {
    const simulated = await setting([allow('ec2:DeleteVpcPeeringConnection', '*', { StringEquals: { 'aws:ResourceTag/mine': 'yes' } })]);
    const { ec2, admin, caller, vpcId } = simulated;
    const accepter = caller(two, region);
    const pcx = await peer(simulated, { requester: admin, vpcId, accepter, peerVpcId: vpc(accepter, '10.2.0.0/16') });
    const { DeleteVpcPeeringConnectionCommand } = await import('@aws-sdk/client-ec2');
    const remove = () => said(ec2.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: pcx })));
    accepter('CreateTags', { Resources: [pcx], Tags: [{ Key: 'mine', Value: 'yes' }] });
    expect(await remove()).toBe(denied);
    admin('CreateTags', { Resources: [pcx], Tags: [{ Key: 'mine', Value: 'yes' }] });
    expect(await remove()).toBe('allowed');
  });
});

describe('tags (aws.md 7.7)', () => {
  const tagged = (Tags: { Key: string; Value: string }[]) =>
    new CreateVpcCommand({ CidrBlock: '10.5.0.0/16', TagSpecifications: [{ ResourceType: 'vpc', Tags }] });
  const cluster = { Key: 'cluster', Value: 'eu' };

  test('at creation need ec2:CreateTags, which ec2:CreateAction limits to it', async () => {
    const { ec2, give, world, vpcId } = await setting([allow('ec2:CreateVpc')]);
    const count = [...world.vpcs.all()].length;
    expect(await said(ec2.send(new CreateVpcCommand({ CidrBlock: '10.4.0.0/16' })))).toBe('allowed');
    await expect(ec2.send(tagged([cluster]))).rejects.toMatchObject({
      message: /ec2:CreateTags on resource: arn:aws:ec2:us-west-2:\d+:vpc\/\* /,
    });
    expect([...world.vpcs.all()]).toHaveLength(count + 1);
    give([allow('ec2:CreateVpc'), allow('ec2:CreateTags', arn('vpc', '*'), { StringEquals: { 'ec2:CreateAction': ['CreateVpc'] } })]);
    expect(await said(ec2.send(tagged([cluster])))).toBe('allowed');
    expect(await said(ec2.send(new CreateTagsCommand({ Resources: [vpcId], Tags: [cluster] })))).toBe(denied);
    give([allow('ec2:CreateVpc'), allow('ec2:CreateTags', '*', { StringEquals: { 'ec2:CreateAction': 'CreateSubnet' } })]);
    expect(await said(ec2.send(tagged([cluster])))).toBe(denied);
  });

  test('aws:RequestTag and aws:TagKeys say which tags one may give', async () => {
    const { ec2 } = await setting([
      allow('ec2:CreateVpc', arn('vpc', '*'), { StringEquals: { 'aws:RequestTag/cluster': 'eu' } }),
      allow('ec2:CreateTags', '*', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['cluster', 'Name'] } }),
    ]);
    expect(await said(ec2.send(tagged([cluster, { Key: 'Name', Value: 'x' }])))).toBe('allowed');
    expect(await said(ec2.send(tagged([cluster, { Key: 'team', Value: 'x' }])))).toBe(denied);
    expect(await said(ec2.send(tagged([{ Key: 'cluster', Value: 'us' }])))).toBe(denied);
    expect(await said(ec2.send(new CreateVpcCommand({ CidrBlock: '10.5.0.0/16' })))).toBe(denied);
  });

  test('are authorised for each thing by itself', async () => {
    const { ec2, vpcId, other, give } = await setting([]);
    give([allow('ec2:CreateTags', arn('vpc', vpcId))]);
    expect(await said(ec2.send(new CreateTagsCommand({ Resources: [vpcId], Tags: [cluster] })))).toBe('allowed');
    expect(await said(ec2.send(new CreateTagsCommand({ Resources: [vpcId, other], Tags: [cluster] })))).toBe(denied);
  });

  test('Null of a request’s tag tells a call without tags', async () => {
    const { ec2 } = await setting([allow('ec2:CreateVpc', '*', { Null: { 'aws:RequestTag/cluster': 'true' } }), allow('ec2:CreateTags')]);
    expect(await said(ec2.send(new CreateVpcCommand({ CidrBlock: '10.5.0.0/16' })))).toBe('allowed');
    expect(await said(ec2.send(tagged([cluster])))).toBe(denied);
  });

  test('of rules are the rules’, and the group is what the rule is authorised on', async () => {
    const { ec2, admin, give, vpcId } = await setting([]);
    const group = admin('CreateSecurityGroup', { GroupName: 'g', Description: 'd', VpcId: vpcId }).GroupId!;
    const rule = new AuthorizeSecurityGroupIngressCommand({
      GroupId: group,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [cluster] }],
    });
    give([allow('ec2:AuthorizeSecurityGroupIngress', arn('security-group', group))]);
    expect(await said(ec2.send(rule))).toBe(denied);
    const tagging = allow('ec2:CreateTags', arn('security-group-rule', '*'));
    give([allow('ec2:AuthorizeSecurityGroupIngress', arn('security-group', group)), tagging]);
    expect(await said(ec2.send(rule))).toBe(denied);
    const { TagSpecifications: _, ...untagged } = rule.input;
    expect(await said(ec2.send(new AuthorizeSecurityGroupIngressCommand(untagged)))).toBe('allowed');
    admin('RevokeSecurityGroupIngress', { GroupId: group, IpPermissions: untagged.IpPermissions });
    give([allow('ec2:AuthorizeSecurityGroupIngress', [arn('security-group', group), arn('security-group-rule', '*')]), tagging]);
    expect(await said(ec2.send(rule))).toBe('allowed');
  });
});

test('a new group is authorised with the VPC that it is to be in', async () => {
  const { ec2, give, vpcId, other } = await setting([]);
  const create = (VpcId: string) => said(ec2.send(new CreateSecurityGroupCommand({ GroupName: `g-${VpcId}`, Description: 'd', VpcId })));
  give([allow('ec2:CreateSecurityGroup', [arn('vpc', vpcId), arn('security-group', '*')])]);
  expect(await create(vpcId)).toBe('allowed');
  expect(await create(other)).toBe(denied);
});

describe('Route 53', () => {
  const input = (VPCId: string) => ({ Name: 'a.internal', CallerReference: VPCId, VPC: { VPCId, VPCRegion: region as 'us-west-2' } });

  test('refuses with AccessDenied, and looks VPCs up with the caller’s rights', async () => {
    const { route53, give, vpcId } = await setting([allow('route53:*')]);
    await expect(route53.send(new CreateHostedZoneCommand(input(vpcId)))).rejects.toMatchObject({
      name: 'AccessDenied',
      $metadata: { httpStatusCode: 403 },
      message: `User: ${callerArn} is not authorized to perform: ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action`,
    });
    give([allow(['route53:CreateHostedZone', 'ec2:DescribeVpcs'])]);
    const { HostedZone } = await route53.send(new CreateHostedZoneCommand(input(vpcId)));
    const change = new ChangeResourceRecordSetsCommand({
      HostedZoneId: HostedZone!.Id!,
      ChangeBatch: {
        Changes: [
          { Action: 'UPSERT', ResourceRecordSet: { Name: 'b.a.internal', Type: 'A', TTL: 1, ResourceRecords: [{ Value: '10.0.0.1' }] } },
        ],
      },
    });
    await expect(route53.send(change)).rejects.toMatchObject({
      message: expect.stringContaining(`arn:aws:route53:::${HostedZone!.Id!.slice(1)} `),
    });
    give([allow('route53:ChangeResourceRecordSets', `arn:aws:route53:::${HostedZone!.Id!.slice(1)}`)]);
    expect(await said(route53.send(change))).toBe('allowed');
  });
});

test('Route 53’s keys tell which records of which types are changed how, and which VPC is given (aws.md 7.7)', () => {
  const { world } = aws();
  const call = { accountId: one, region: 'us-east-1', callerArn };
  const change = (Action: string, Name: string, Type: string) => ({ Action, ResourceRecordSet: { Name, Type } });
  const [asked] = accessRequests(world, {
    service: 'route53',
    operation: 'ChangeResourceRecordSets',
    input: {
      HostedZoneId: 'Z1',
      ChangeBatch: { Changes: [change('UPSERT', '*.A.internal.', 'A'), change('DELETE', 'b.a.internal', 'TXT')] },
    },
    call,
  });
  expect(asked!.resource).toBe('arn:aws:route53:::hostedzone/Z1');
  expect(Object.fromEntries(asked!.context)).toMatchObject({
    'route53:changeresourcerecordsetsnormalizedrecordnames': ['\\052.a.internal', 'b.a.internal'],
    'route53:changeresourcerecordsetsrecordtypes': ['A', 'TXT'],
    'route53:changeresourcerecordsetsactions': ['UPSERT', 'DELETE'],
  });
  const input = { HostedZoneId: 'Z1', VPC: { VPCId: 'vpc-1', VPCRegion: region } };
  const [associated] = accessRequests(world, { service: 'route53', operation: 'AssociateVPCWithHostedZone', input, call });
  expect(associated!.context.get('route53:vpcs')).toEqual([`VPCId=vpc-1,VPCRegion=${region}`]);
});

test('the keys of endpoints, VPC Lattice and RAM are those of their inputs (aws.md 7.7)', () => {
  const call = { accountId: one, region, callerArn };
  const keysOf = (service: string, operation: string, input: object, at: number) =>
    Object.fromEntries(accessRequests(aws().world, { service, operation, input: { ...input }, call })[at]!.context);
  const endpoint = { VpcId: 'vpc-1', ServiceName: 's3', DnsOptions: { PrivateDnsSpecifiedDomains: ['a.b'] } };
  expect(keysOf('ec2', 'CreateVpcEndpoint', endpoint, 1)).toMatchObject({
    'ec2:vpceservicename': ['s3'],
    'ec2:vpceprivatednsspecifieddomains': ['a.b'],
  });
  expect(keysOf('ec2', 'CreateVpcEndpoint', endpoint, 0)).not.toHaveProperty('ec2:vpceservicename');
  expect(keysOf('vpc-lattice', 'CreateResourceGateway', { vpcIdentifier: 'vpc-1' }, 0)).toMatchObject({ 'vpc-lattice:vpcid': ['vpc-1'] });
  expect(keysOf('ram', 'CreateResourceShare', { principals: [two], allowExternalPrincipals: false }, 0)).toMatchObject({
    'ram:principal': [two],
    'ram:requestedallowsexternalprincipals': ['false'],
  });
});

describe('STS', () => {
  test('a role’s trust may leave out sts:TagSession: then no session of it has tags', async () => {
    const { assume } = await setting([], { tagSession: false });
    await assume();
    await expect(assume({ cluster: 'eu' })).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${one}:root is not authorized to perform: sts:TagSession on resource: ${roleArn}`,
    });
  });

  test('a session that was begun with a policy may do only what both allow', async () => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [allow(['ec2:DescribeVpcs', 'ec2:DescribeRouteTables'])] });
    const { simulator, give } = await setting([allow('*')]);
    const client = { region, requestHandler: inProcess(simulator), maxAttempts: 1 };
    const root = new STSClient({ ...client, credentials: { accessKeyId: one, secretAccessKey: 'x' } });
    const assume = (policy: string) => root.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'me', Policy: policy }));
    const { AccessKeyId, SecretAccessKey, SessionToken } = (await assume(Policy)).Credentials!;
    const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    const ec2 = new EC2Client({ ...client, credentials });
    expect(await said(ec2.send(new DescribeVpcsCommand({})))).toBe('allowed');
    await expect(ec2.send(new CreateVpcCommand({ CidrBlock: '10.5.0.0/16' }))).rejects.toMatchObject({
      name: denied,
      message: expect.stringMatching(/because no session policy allows the ec2:CreateVpc action$/),
    });
    give([allow('ec2:DescribeVpcs')]);
    expect(await said(ec2.send(new DescribeRouteTablesCommand({})))).toBe(denied);
    await expect(assume('{"Version":"2012-10-17","Statement":{"Effect":"Maybe"}}')).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
    });
  });

  test('a session needs its own policy’s consent to be somebody else', async () => {
    const next = `arn:aws:iam::${one}:role/next`;
    const { sts, give } = await setting([]);
    const assume = (tags: object = {}) => said(sts.send(new AssumeRoleCommand({ RoleArn: next, RoleSessionName: 'me', ...tags })));
    expect(await assume()).toBe('AccessDenied');
    give([allow('sts:AssumeRole', next)]);
    expect(await assume()).toBe('allowed');
    expect(await assume({ Tags: [{ Key: 'a', Value: 'b' }] })).toBe('AccessDenied');
    give([allow(['sts:AssumeRole', 'sts:TagSession'], next)]);
    expect(await assume({ Tags: [{ Key: 'a', Value: 'b' }] })).toBe('allowed');
  });
});

describe('the table of actions', () => {
  test('has a row for every modelled operation that changes something', () => {
    const { world } = aws();
    const modelled = { ec2: ec2Operations(world), route53: route53Operations(world), 'vpc-lattice': vpcLatticeOperations(world) };
    const missing = Object.entries(modelled).flatMap(([service, operations]) =>
      Object.keys(operations)
        .filter((operation) => !/^(?:Describe|List|Get|Search)/.test(operation) && !actionsOf[service]![operation])
        .map((operation) => `${service}:${operation}`),
    );
    expect(missing).toEqual([]);
  });

  test('names only operations that AWS has', () => {
    const known = new Map(serviceWires.map(({ signingName, protocol }) => [signingName, protocol.operations]));
    const unknown = Object.entries(actionsOf).flatMap(([service, rows]) =>
      Object.keys(rows).filter((operation) => !known.get(service)!.has(operation)),
    );
    expect(unknown).toEqual([]);
  });

  test.each([
    [
      'ec2',
      'CreateVpcEndpoint',
      ['ec2:DescribeVpcs', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups', 'route53:AssociateVPCWithHostedZone'],
    ],
    [
      'vpc-lattice',
      'CreateResourceGateway',
      ['ec2:DescribeSubnets', 'ec2:CreateNetworkInterface', 'ec2:CreateNetworkInterfacePermission', 'ec2:DeleteNetworkInterface'],
    ],
    ['vpc-lattice', 'UpdateResourceGateway', ['ec2:UnassignPrivateIpAddresses', 'ec2:ModifyNetworkInterfaceAttribute']],
    ['vpc-lattice', 'DeleteResourceGateway', ['ec2:DeleteNetworkInterface']],
  ])('%s:%s needs other actions besides (aws.md 7.7)', (service, operation, needs) => {
    const call = { accountId: one, region, callerArn };
    const asked = accessRequests(aws().world, { service, operation, input: {}, call }).map(({ action }) => action);
    expect(asked).toEqual(expect.arrayContaining([`${service}:${operation}`, ...needs]));
  });

  test('tags of what VPC Lattice and RAM make are an action of their own', () => {
    const call = { accountId: one, region, callerArn };
    const asked = accessRequests(aws().world, {
      service: 'vpc-lattice',
      operation: 'CreateServiceNetwork',
      input: { name: 'n', tags: { cluster: 'eu' } },
      call,
    });
    expect(asked.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      `vpc-lattice:CreateServiceNetwork arn:aws:vpc-lattice:${region}:${one}:servicenetwork/*`,
      `vpc-lattice:TagResource arn:aws:vpc-lattice:${region}:${one}:servicenetwork/*`,
      `iam:CreateServiceLinkedRole arn:aws:iam::${one}:role/aws-service-role/vpc-lattice.amazonaws.com/AWSServiceRoleForVpcLattice`,
    ]);
    expect(asked[1]!.context.get('vpc-lattice:createaction')).toEqual(['CreateServiceNetwork']);
  });
});
