import * as ec2 from '@aws-sdk/client-ec2';
import { CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type ClientAws, clientAws, codeOf, type Network, network, provider, refusal } from '../clients.ts';

let simulated: ClientAws;
let client: ec2.EC2Client;
let net: Network;
beforeEach(async () => {
  simulated = clientAws();
  client = simulated.ec2();
  net = await network(client);
});

const s3 = 'com.amazonaws.us-west-2.s3';
const ec2Service = 'com.amazonaws.us-west-2.ec2';

const create = (input: Partial<ec2.CreateVpcEndpointCommandInput>) =>
  client.send(new ec2.CreateVpcEndpointCommand({ VpcId: net.vpcId, ...input }));
const made = async (input: Partial<ec2.CreateVpcEndpointCommandInput>): Promise<ec2.VpcEndpoint> => (await create(input)).VpcEndpoint!;
const interfaceEndpoint = (input: Partial<ec2.CreateVpcEndpointCommandInput> = {}) =>
  made({ VpcEndpointType: 'Interface', ServiceName: ec2Service, SubnetIds: [...net.subnetIds], ...input });
const gatewayEndpoint = (input: Partial<ec2.CreateVpcEndpointCommandInput> = {}) =>
  made({ VpcEndpointType: 'Gateway', ServiceName: s3, RouteTableIds: [net.tableId], ...input });
const modify = (id: string | undefined, input: Partial<ec2.ModifyVpcEndpointCommandInput>) =>
  client.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: id, ...input }));
const remove = async (...ids: (string | undefined)[]) =>
  (await client.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: ids as string[] }))).Unsuccessful;
const shown = async (id: string | undefined): Promise<ec2.VpcEndpoint> =>
  (await client.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id!] }))).VpcEndpoints![0]!;
const routes = async (tableId = net.tableId) => {
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [tableId] }));
  return RouteTables![0]!.Routes!.map((route) => [
    route.DestinationCidrBlock ?? route.DestinationPrefixListId,
    route.GatewayId,
    route.State,
  ]);
};
const prefixListId = async (name = s3) =>
  (await client.send(new ec2.DescribePrefixListsCommand({ Filters: [{ Name: 'prefix-list-name', Values: [name] }] }))).PrefixLists![0]!
    .PrefixListId!;
const interfaces = async () => (await client.send(new ec2.DescribeNetworkInterfacesCommand({}))).NetworkInterfaces!;
const anotherTable = async () => (await client.send(new ec2.CreateRouteTableCommand({ VpcId: net.vpcId }))).RouteTable!.RouteTableId!;

describe('services (aws.md 4.1)', () => {
  test('S3 and DynamoDB are both Gateway and Interface, and names do not all begin in the same way', async () => {
    const { ServiceDetails } = await client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceNames: [s3] }));
    expect(ServiceDetails!.map(({ ServiceType, Owner }) => [ServiceType![0]!.ServiceType, Owner])).toEqual([
      ['Gateway', 'amazon'],
      ['Interface', 'amazon'],
    ]);
    const { ServiceNames } = await client.send(new ec2.DescribeVpcEndpointServicesCommand({}));
    expect(ServiceNames).toEqual(expect.arrayContaining([ec2Service, 'com.amazonaws.us-west-2.sts', 'com.amazonaws.us-west-2.dynamodb']));
    expect(ServiceNames!.filter((name) => !name.startsWith('com.amazonaws.us-west-2.'))).toEqual(['aws.sagemaker.us-west-2.notebook']);
  });

  test('they tell zones by id, private names, and whether they take policies', async () => {
    const details = async (name: string) =>
      (await client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceNames: [name] }))).ServiceDetails![0]!;
    expect(await details(ec2Service)).toMatchObject({
      ServiceType: [{ ServiceType: 'Interface' }],
      AvailabilityZoneIds: ['usw2-az1', 'usw2-az2', 'usw2-az3', 'usw2-az4'],
      PrivateDnsName: 'ec2.us-west-2.amazonaws.com',
      BaseEndpointDnsNames: ['ec2.us-west-2.vpce.amazonaws.com'],
      PrivateDnsNameVerificationState: 'verified',
      VpcEndpointPolicySupported: true,
      AcceptanceRequired: false,
    });
    expect((await details('com.amazonaws.us-west-2.transfer.server')).VpcEndpointPolicySupported).toBe(false);
    expect(await refusal(details('com.amazonaws.us-west-2.ec3'))).toBe(
      "InvalidServiceName: The Vpc Endpoint Service 'com.amazonaws.us-west-2.ec3' does not exist",
    );
  });

  test('they are filtered and paged (aws.md 7.4)', async () => {
    const Filters = [{ Name: 'service-type', Values: ['Gateway'] }];
    const first = await client.send(new ec2.DescribeVpcEndpointServicesCommand({ Filters, MaxResults: 1 }));
    const { NextToken } = first;
    const second = await client.send(new ec2.DescribeVpcEndpointServicesCommand({ Filters, MaxResults: 1, NextToken }));
    expect([first.ServiceNames, second.ServiceNames, second.NextToken]).toEqual([[s3], [s3.replace('s3', 'dynamodb')], undefined]);
  });
});

describe('a gateway endpoint', () => {
  test('is available at once, and is the type where none is said (aws.md 4.1, 4.2)', async () => {
    expect(await gatewayEndpoint({ VpcEndpointType: undefined })).toMatchObject({
      VpcEndpointType: 'Gateway',
      State: 'available',
      RouteTableIds: [net.tableId],
      NetworkInterfaceIds: [],
      PolicyDocument: expect.stringContaining('"Effect":"Allow"'),
    });
  });

  test('puts its prefix-list route into each of its tables, and takes it out again (aws.md 4.5, 2.3)', async () => {
    const other = await anotherTable();
    const { VpcEndpointId } = await gatewayEndpoint();
    const route = [await prefixListId(), VpcEndpointId, 'active'];
    expect(await routes()).toContainEqual(route);
    await modify(VpcEndpointId, { AddRouteTableIds: [other], RemoveRouteTableIds: [net.tableId] });
    expect([await routes(), await routes(other)]).toEqual([
      [['10.0.0.0/16', 'local', 'active']],
      [['10.0.0.0/16', 'local', 'active'], route],
    ]);
    expect((await shown(VpcEndpointId)).RouteTableIds).toEqual([other]);
    await remove(VpcEndpointId);
    expect(await routes(other)).toEqual([['10.0.0.0/16', 'local', 'active']]);
  });

  test('keeps its route from calls about routes (aws.md 4.5)', async () => {
    const { VpcEndpointId } = await gatewayEndpoint();
    const igw = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
    await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: igw, VpcId: net.vpcId }));
    const at = { RouteTableId: net.tableId, DestinationPrefixListId: await prefixListId() };
    const codes = [
      await codeOf(client.send(new ec2.DeleteRouteCommand(at))),
      await codeOf(client.send(new ec2.ReplaceRouteCommand({ ...at, GatewayId: igw }))),
      await codeOf(client.send(new ec2.CreateRouteCommand({ ...at, GatewayId: igw }))),
      await codeOf(
        client.send(new ec2.CreateRouteCommand({ RouteTableId: net.tableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: VpcEndpointId })),
      ),
    ];
    expect(codes).toEqual(['InvalidParameterValue', 'InvalidParameterValue', 'RouteAlreadyExists', 'InvalidParameterValue']);
    expect(await routes()).toContainEqual([at.DestinationPrefixListId, VpcEndpointId, 'active']);
  });

  test('is the only one of its service on a table, and another service’s may be there too (aws.md 4.5)', async () => {
    await gatewayEndpoint();
    const list = await prefixListId();
    expect(await refusal(gatewayEndpoint())).toBe(
      `RouteAlreadyExists: route table ${net.tableId} already has a route with destination-prefix-list-id ${list}`,
    );
    expect((await client.send(new ec2.DescribeVpcEndpointsCommand({}))).VpcEndpoints).toHaveLength(1);
    await gatewayEndpoint({ ServiceName: 'com.amazonaws.us-west-2.dynamodb' });
    const other = await gatewayEndpoint({ RouteTableIds: [await anotherTable()] });
    expect(await codeOf(modify(other.VpcEndpointId, { AddRouteTableIds: [net.tableId] }))).toBe('RouteAlreadyExists');
  });

  test('cannot be in an edge table, or one of another VPC (aws.md 2.5)', async () => {
    const igw = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
    await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: igw, VpcId: net.vpcId }));
    const edge = await anotherTable();
    await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId: edge, GatewayId: igw }));
    expect(await codeOf(gatewayEndpoint({ RouteTableIds: [edge] }))).toBe('InvalidParameter');
    const elsewhere = await network(client, { cidr: '10.1.0.0/16' });
    expect(await codeOf(gatewayEndpoint({ RouteTableIds: [elsewhere.tableId] }))).toBe('InvalidParameter');
  });

  test('loses a table that is deleted', async () => {
    const other = await anotherTable();
    const { VpcEndpointId } = await gatewayEndpoint({ RouteTableIds: [other] });
    await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: other }));
    expect((await shown(VpcEndpointId)).RouteTableIds).toEqual([]);
  });
});

describe('an interface endpoint', () => {
  test('is pending, then has an interface in each subnet, then is available (aws.md 4.2)', async () => {
    const { VpcEndpointId, State, NetworkInterfaceIds, Groups } = await interfaceEndpoint();
    expect([State, NetworkInterfaceIds, Groups]).toEqual(['pending', [], [{ GroupId: net.groupId, GroupName: 'default' }]]);
    await simulated.clock.advance(500);
    const found = await interfaces();
    expect(found.map(({ SubnetId }) => SubnetId)).toEqual(net.subnetIds);
    expect(found[0]).toMatchObject({
      RequesterManaged: true,
      InterfaceType: 'vpc_endpoint',
      Status: 'in-use',
      Description: `VPC Endpoint Interface ${VpcEndpointId}`,
      PrivateIpAddress: '10.0.0.4',
      Groups: [{ GroupId: net.groupId }],
    });
    expect((await shown(VpcEndpointId)).NetworkInterfaceIds).toEqual(found.map((one) => one.NetworkInterfaceId));
    expect(await codeOf(client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: found[0]!.NetworkInterfaceId })))).toBe(
      'InvalidNetworkInterface.InUse',
    );
    await simulated.clock.advance(2_500);
    expect((await shown(VpcEndpointId)).State).toBe('available');
  });

  test('is deleting, then gone, and its interfaces keep subnets and groups a while longer (aws.md 4.2, 4.6)', async () => {
    const group = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId: net.vpcId, GroupName: 'x', Description: 'x' }));
    const { VpcEndpointId } = await interfaceEndpoint({ SecurityGroupIds: [group.GroupId!] });
    const blocked = async () => [
      await codeOf(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: group.GroupId }))),
      await codeOf(client.send(new ec2.DeleteSubnetCommand({ SubnetId: net.subnetIds[0] }))),
      await codeOf(client.send(new ec2.DeleteVpcCommand({ VpcId: net.vpcId }))),
    ];
    const all = ['DependencyViolation', 'DependencyViolation', 'DependencyViolation'];
    expect(await blocked()).toEqual(all);
    await simulated.clock.advance(3_000);
    expect(await remove(VpcEndpointId)).toEqual([]);
    expect((await shown(VpcEndpointId)).State).toBe('deleting');
    await simulated.clock.advance(3_000);
    expect(await codeOf(shown(VpcEndpointId))).toBe('InvalidVpcEndpointId.NotFound');
    expect(await blocked()).toEqual(all);
    await simulated.clock.advance(1_000);
    expect(await interfaces()).toEqual([]);
    expect((await blocked()).slice(0, 2)).toEqual([undefined, undefined]);
  });

  test('fails where its interfaces cannot be made', async () => {
    const [SubnetId] = net.subnetIds;
    const { VpcEndpointId } = await interfaceEndpoint({ SubnetConfigurations: [{ SubnetId, Ipv4: '10.0.0.20' }] });
    await client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId, PrivateIpAddress: '10.0.0.20' }));
    await simulated.clock.advance(3_000);
    expect(await shown(VpcEndpointId)).toMatchObject({ State: 'failed', LastError: { Code: 'InvalidIPAddress.InUse' } });
  });

  test('has the address that is asked for, and a new interface when another is wanted (aws.md 4.4)', async () => {
    const [SubnetId] = net.subnetIds;
    const { VpcEndpointId } = await interfaceEndpoint({ SubnetConfigurations: [{ SubnetId, Ipv4: '10.0.0.20' }] });
    await simulated.clock.advance(3_000);
    const before = await interfaces();
    await modify(VpcEndpointId, { SubnetConfigurations: [{ SubnetId, Ipv4: '10.0.0.21' }] });
    expect((await shown(VpcEndpointId)).State).toBe('pending');
    await simulated.clock.advance(3_000);
    const after = await interfaces();
    expect([before.map((one) => one.PrivateIpAddress), after.map((one) => one.PrivateIpAddress).toSorted()]).toEqual([
      ['10.0.0.20', '10.0.1.4'],
      ['10.0.0.21', '10.0.1.4'],
    ]);
    expect(after.some((one) => one.NetworkInterfaceId === before[0]!.NetworkInterfaceId)).toBe(false);
    expect(after.some((one) => one.NetworkInterfaceId === before[1]!.NetworkInterfaceId)).toBe(true);
  });

  test('has a name for the region, then one for each zone, and private names while private DNS is on (aws.md 4.3)', async () => {
    const { VpcEndpointId, DnsEntries } = await interfaceEndpoint();
    const zones = simulated.world.zones({ accountId: '111122223333', region: 'us-west-2' });
    const names = ['usw2-az1', 'usw2-az2'].map((id) => zones.find(({ zoneId }) => zoneId === id)!.zoneName).toSorted();
    const [regional, ...zonal] = DnsEntries!.map(({ DnsName }) => DnsName!);
    expect(regional).toMatch(new RegExp(`^${VpcEndpointId}-[a-z0-9]{8}\\.ec2\\.us-west-2\\.vpce\\.amazonaws\\.com$`));
    expect(zonal).toEqual(names.map((name) => regional!.replace('.ec2.', `-${name}.ec2.`)));
    await modify(VpcEndpointId, { PrivateDnsEnabled: true });
    const entries = (await shown(VpcEndpointId)).DnsEntries!.map(({ DnsName }) => DnsName);
    expect(entries).toEqual([regional, ...zonal, 'ec2.us-west-2.amazonaws.com']);
  });

  test('of S3 has names that stand for all below them (aws.md 4.3)', async () => {
    const { DnsEntries } = await interfaceEndpoint({ ServiceName: s3 });
    expect(DnsEntries!.every(({ DnsName }) => DnsName!.startsWith('*.vpce-'))).toBe(true);
  });

  test('has private DNS only where the VPC has both attributes (aws.md 4.1)', async () => {
    const attribute = { VpcId: net.vpcId, EnableDnsHostnames: { Value: false } };
    await client.send(new ec2.ModifyVpcAttributeCommand(attribute));
    const message = `InvalidParameter: Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${net.vpcId}`;
    expect(await refusal(interfaceEndpoint({ PrivateDnsEnabled: true }))).toBe(message);
    const { VpcEndpointId } = await interfaceEndpoint();
    expect(await refusal(modify(VpcEndpointId, { PrivateDnsEnabled: true }))).toBe(message);
    expect(await codeOf(interfaceEndpoint({ ServiceName: 'com.amazonaws.us-west-2.transfer.server', PrivateDnsEnabled: true }))).toBe(
      'InvalidParameter',
    );
  });

  test('cannot answer for a name that another answers for, not even one that is being deleted (aws.md 4.3, 4.4)', async () => {
    const first = await interfaceEndpoint({ PrivateDnsEnabled: true });
    const message = `InvalidParameter: private-dns-enabled cannot be set because there is already a conflicting DNS domain for ec2.us-west-2.amazonaws.com in the VPC ${net.vpcId}`;
    expect(await refusal(interfaceEndpoint({ PrivateDnsEnabled: true }))).toBe(message);
    const second = await interfaceEndpoint();
    expect(await refusal(modify(second.VpcEndpointId, { PrivateDnsEnabled: true }))).toBe(message);
    await remove(first.VpcEndpointId);
    expect(await refusal(modify(second.VpcEndpointId, { PrivateDnsEnabled: true }))).toBe(message);
    await simulated.clock.advance(3_000);
    expect(await refusal(modify(second.VpcEndpointId, { PrivateDnsEnabled: true }))).toBe('not refused');
  });

  test('cannot answer for a name that a private zone of the VPC has (aws.md 4.3)', async () => {
    const route53 = simulated.route53();
    const VPC = { VPCId: net.vpcId, VPCRegion: 'us-west-2' as const };
    await route53.send(new CreateHostedZoneCommand({ Name: 'ec2.us-west-2.amazonaws.com', CallerReference: 'one', VPC }));
    expect(await codeOf(interfaceEndpoint({ PrivateDnsEnabled: true }))).toBe('InvalidParameter');
    expect(await codeOf(interfaceEndpoint({ PrivateDnsEnabled: true, ServiceName: 'com.amazonaws.us-west-2.sts' }))).toBeUndefined();
  });

  test('of S3 keeps private names for resolver endpoints only where there is a gateway endpoint (aws.md 4.1, 4.4)', async () => {
    const DnsOptions = { PrivateDnsOnlyForInboundResolverEndpoint: true };
    const input = { ServiceName: s3, PrivateDnsEnabled: true, DnsOptions };
    expect(await codeOf(interfaceEndpoint(input))).toBe('InvalidParameter');
    await gatewayEndpoint();
    const { VpcEndpointId } = await interfaceEndpoint(input);
    expect(await codeOf(modify(VpcEndpointId, { DnsOptions: { PrivateDnsOnlyForInboundResolverEndpoint: false } }))).toBe(
      'InvalidParameter',
    );
    await modify(VpcEndpointId, { PrivateDnsEnabled: true, DnsOptions: { PrivateDnsOnlyForInboundResolverEndpoint: false } });
    expect((await shown(VpcEndpointId)).DnsOptions?.PrivateDnsOnlyForInboundResolverEndpoint).toBe(false);
    expect(await codeOf(interfaceEndpoint({ DnsOptions, PrivateDnsEnabled: true }))).toBe('InvalidParameter');
  });

  test('changes its groups at once and keeps one at least (aws.md 4.4)', async () => {
    const { GroupId } = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId: net.vpcId, GroupName: 'x', Description: 'x' }));
    const { VpcEndpointId } = await interfaceEndpoint();
    await simulated.clock.advance(3_000);
    await modify(VpcEndpointId, { AddSecurityGroupIds: [GroupId!], RemoveSecurityGroupIds: [net.groupId] });
    expect((await interfaces()).map(({ Groups }) => Groups!.map((group) => group.GroupId))).toEqual([[GroupId], [GroupId]]);
    expect(await codeOf(modify(VpcEndpointId, { RemoveSecurityGroupIds: [GroupId!] }))).toBe('InvalidParameter');
    expect(await codeOf(modify(VpcEndpointId, { RemoveSecurityGroupIds: [net.groupId] }))).toBe('InvalidParameter');
    expect((await shown(VpcEndpointId)).State).toBe('available');
  });

  test('changes its subnets: interfaces go and come (aws.md 4.4)', async () => {
    const { VpcEndpointId } = await interfaceEndpoint({ SubnetIds: [net.subnetIds[0]!] });
    await simulated.clock.advance(3_000);
    await modify(VpcEndpointId, { AddSubnetIds: [net.subnetIds[1]!], RemoveSubnetIds: [net.subnetIds[0]!] });
    await simulated.clock.advance(3_000);
    expect((await interfaces()).map(({ SubnetId }) => SubnetId)).toEqual([net.subnetIds[1]]);
    expect(await shown(VpcEndpointId)).toMatchObject({ State: 'available', SubnetIds: [net.subnetIds[1]] });
    expect(await codeOf(modify(VpcEndpointId, { RemoveSubnetIds: [net.subnetIds[0]!] }))).toBe('InvalidParameter');
  });

  test('takes a policy, and loses it again (aws.md 4.4)', async () => {
    const PolicyDocument = '{"Statement":{"Effect":"Deny","Principal":"*","Action":"ec2:*","Resource":"*"}}';
    const { VpcEndpointId } = await interfaceEndpoint({ PolicyDocument });
    expect((await shown(VpcEndpointId)).PolicyDocument).toBe(PolicyDocument);
    expect(await codeOf(modify(VpcEndpointId, { PolicyDocument, ResetPolicy: true }))).toBe('InvalidParameterCombination');
    await modify(VpcEndpointId, { ResetPolicy: true });
    expect((await shown(VpcEndpointId)).PolicyDocument).toContain('"Allow"');
  });
});

describe('what an endpoint must not be (aws.md 4.1, 4.7)', () => {
  const inSubnets = () => ({ SubnetIds: [...net.subnetIds] });
  const arn = 'arn:aws:vpc-lattice:us-west-2:444455556666:resourceconfiguration/rcfg-0123456789abcdef0';
  const network2 = 'arn:aws:vpc-lattice:us-west-2:444455556666:servicenetwork/sn-0123456789abcdef0';
  const policy = (statement: unknown) => ({ PolicyDocument: JSON.stringify({ Statement: statement }) });

  test.each<[string, () => Partial<ec2.CreateVpcEndpointCommandInput>, string]>([
    ['of no type that there is', () => ({ VpcEndpointType: 'Bridge' as never, ServiceName: s3 }), 'InvalidVpcEndpointType'],
    ['without anything it leads to', () => ({ VpcEndpointType: 'Interface' }), 'MissingParameter'],
    [
      'to two things',
      () => ({ VpcEndpointType: 'Interface', ServiceName: s3, ResourceConfigurationArn: arn }),
      'InvalidParameterCombination',
    ],
    ['of another type than what it leads to', () => ({ VpcEndpointType: 'Resource', ServiceName: s3 }), 'InvalidParameter'],
    ['of a type that the service is not', () => ({ ServiceName: ec2Service }), 'InvalidParameter'],
    ['to an unknown service', () => ({ ServiceName: 'com.amazonaws.us-west-2.none' }), 'InvalidServiceName'],
    ['to a service of another region', () => ({ ServiceName: 'com.amazonaws.eu-west-1.s3' }), 'InvalidServiceName'],
    [
      'to no resource configuration',
      () => ({ VpcEndpointType: 'Resource', ResourceConfigurationArn: 'rcfg-1' }),
      'InvalidResourceConfigurationArn.Malformed',
    ],
    [
      'to an unknown resource configuration',
      () => ({ VpcEndpointType: 'Resource', ResourceConfigurationArn: arn }),
      'InvalidResourceConfigurationArn.NotFound',
    ],
    [
      'to an unknown service network',
      () => ({ VpcEndpointType: 'ServiceNetwork', ServiceNetworkArn: network2 }),
      'InvalidServiceNetworkArn.NotFound',
    ],
    ['a gateway with subnets', () => ({ ServiceName: s3, ...inSubnets() }), 'InvalidParameter'],
    ['a gateway with groups', () => ({ ServiceName: s3, SecurityGroupIds: [net.groupId] }), 'InvalidParameter'],
    ['a gateway with private DNS', () => ({ ServiceName: s3, PrivateDnsEnabled: true }), 'InvalidParameter'],
    [
      'an interface with route tables',
      () => ({ VpcEndpointType: 'Interface', ServiceName: s3, RouteTableIds: [net.tableId] }),
      'InvalidParameter',
    ],
    [
      'an interface with a domain preference',
      () => ({ VpcEndpointType: 'Interface', ServiceName: ec2Service, DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } }),
      'InvalidParameter',
    ],
    [
      'an interface with IPv6 where the service has none',
      () => ({ VpcEndpointType: 'Interface', ServiceName: ec2Service, IpAddressType: 'dualstack' }),
      'InvalidParameter',
    ],
    ['in a VPC that is not there', () => ({ VpcId: 'vpc-0123456789abcdef0', ServiceName: s3 }), 'InvalidVpcID.NotFound'],
    ['in a table that is not there', () => ({ ServiceName: s3, RouteTableIds: ['rtb-0123456789abcdef0'] }), 'InvalidRouteTableID.NotFound'],
    ['with a policy that is not JSON', () => ({ ServiceName: s3, PolicyDocument: '{' }), 'InvalidPolicyDocument'],
    ['with a policy without statement', () => ({ ServiceName: s3, PolicyDocument: '{}' }), 'InvalidPolicyDocument'],
    [
      'with a policy without principal',
      () => ({ ServiceName: s3, ...policy([{ Effect: 'Allow', Action: '*', Resource: '*' }]) }),
      'InvalidPolicyDocument',
    ],
    [
      'with too long a policy',
      () => ({ ServiceName: s3, ...policy([{ Effect: 'Allow', Principal: '*', Action: 'x'.repeat(20_480), Resource: '*' }]) }),
      'InvalidPolicyDocument',
    ],
    [
      'with a policy that the service does not take',
      () => ({
        VpcEndpointType: 'Interface',
        ServiceName: 'com.amazonaws.us-west-2.transfer.server',
        ...policy({ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }),
      }),
      'InvalidParameter',
    ],
    ['with too long a token (aws.md 7.6)', () => ({ ServiceName: s3, ClientToken: 'x'.repeat(65) }), 'InvalidParameterValue'],
  ])('%s', async (_what, input, code) => {
    expect(await codeOf(create(input()))).toBe(code);
    expect((await client.send(new ec2.DescribeVpcEndpointsCommand({}))).VpcEndpoints).toEqual([]);
  });

  test.each(['GatewayLoadBalancer', 'Tunnel'])('%s is not modelled and says so (aws.md 4.9)', async (VpcEndpointType) => {
    const error = await create({ VpcEndpointType: VpcEndpointType as never, ServiceName: s3 }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'NotImplemented.CreateVpcEndpoint', $metadata: { httpStatusCode: 501 } });
  });

  test('in two subnets of a zone', async () => {
    const zone = { AvailabilityZoneId: 'usw2-az1' };
    const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId: net.vpcId, CidrBlock: '10.0.9.0/24', ...zone }));
    expect(await codeOf(interfaceEndpoint({ SubnetIds: [net.subnetIds[0]!, Subnet!.SubnetId!] }))).toBe('DuplicateSubnetsInSameZone');
  });

  test('in a subnet of another VPC, with a group of another VPC', async () => {
    const elsewhere = await network(client, { cidr: '10.1.0.0/16' });
    expect(await codeOf(interfaceEndpoint({ SubnetIds: [...elsewhere.subnetIds] }))).toBe('InvalidParameter');
    expect(await codeOf(interfaceEndpoint({ SecurityGroupIds: [elsewhere.groupId] }))).toBe('InvalidParameterValue');
  });

  test('one more than the quota (aws.md 4.10)', async () => {
    simulated.world.configure({ quotas: { gatewayEndpointsPerRegion: 1, interfaceEndpointsPerVpc: 1 } });
    await gatewayEndpoint();
    await interfaceEndpoint();
    expect([await codeOf(gatewayEndpoint({ RouteTableIds: [] })), await codeOf(interfaceEndpoint())]).toEqual([
      'VpcEndpointLimitExceeded',
      'VpcEndpointLimitExceeded',
    ]);
  });

  test('modified in what its type does not have (aws.md 4.4)', async () => {
    const gateway = await gatewayEndpoint();
    const other = await interfaceEndpoint();
    expect(await codeOf(modify(gateway.VpcEndpointId, { AddSubnetIds: [net.subnetIds[0]!] }))).toBe('InvalidParameter');
    expect(await codeOf(modify(other.VpcEndpointId, { AddRouteTableIds: [net.tableId] }))).toBe('InvalidParameter');
    await remove(other.VpcEndpointId);
    expect(await codeOf(modify(other.VpcEndpointId, { PrivateDnsEnabled: true }))).toBe('IncorrectState');
  });
});

describe('client tokens (aws.md 7.6)', () => {
  test('the same one with the same parameters makes nothing more, with others it fails', async () => {
    const input = { ServiceName: s3, RouteTableIds: [net.tableId], ClientToken: 'once' };
    const first = await create(input);
    const again = await create(input);
    expect([again.VpcEndpoint!.VpcEndpointId, again.ClientToken]).toEqual([first.VpcEndpoint!.VpcEndpointId, 'once']);
    expect(await codeOf(create({ ...input, RouteTableIds: [] }))).toBe('IdempotentParameterMismatch');
    const other = simulated.ec2(provider);
    const theirs = await network(other);
    const same = await other.send(new ec2.CreateVpcEndpointCommand({ ...input, VpcId: theirs.vpcId, RouteTableIds: [] }));
    expect(same.VpcEndpoint!.VpcEndpointId).not.toBe(first.VpcEndpoint!.VpcEndpointId);
  });

  test('after a deletion the dead endpoint is told (aws.md 9.13)', async () => {
    const input = { ServiceName: s3, RouteTableIds: [net.tableId], ClientToken: 'once' };
    const { VpcEndpointId } = await made(input);
    await remove(VpcEndpointId);
    expect(await made(input)).toMatchObject({ VpcEndpointId, State: 'deleting' });
    await simulated.clock.advance(3_000);
    expect(await made(input)).toMatchObject({ VpcEndpointId, State: 'deleted' });
    expect(await routes()).toEqual([['10.0.0.0/16', 'local', 'active']]);
    expect((await made({ ...input, ClientToken: 'twice' })).State).toBe('available');
  });
});

test('the network tells endpoints, and the addresses behind prefix lists', async () => {
  const { VpcEndpointId } = await gatewayEndpoint();
  const [there] = simulated.world.network();
  expect(there!.vpcEndpoints!.get(VpcEndpointId!)).toMatchObject({ type: 'Gateway', state: 'available', routeTableIds: [net.tableId] });
  const list = there!.prefixLists!.get(await prefixListId());
  expect([list!.ownerId, list!.prefixListName, list!.cidrs.length > 0]).toEqual(['AWS', s3, true]);
  expect(there!.routeTables.get(net.tableId)!.routes).toContainEqual({
    destination: list!.prefixListId,
    target: { type: 'vpc-endpoint', id: VpcEndpointId },
    state: 'active',
    origin: 'CreateRoute',
  });
});

describe('calls about several endpoints', () => {
  test('DeleteVpcEndpoints tells what went wrong with each, and deletes the others (aws.md 4.6)', async () => {
    const { VpcEndpointId } = await gatewayEndpoint();
    const unsuccessful = await remove('vpce-0123456789abcdef0', 'vpc-1', VpcEndpointId);
    expect(unsuccessful!.map(({ ResourceId, Error: error }) => [ResourceId, error!.Code])).toEqual([
      ['vpce-0123456789abcdef0', 'InvalidVpcEndpointId.NotFound'],
      ['vpc-1', 'InvalidVpcEndpointId.Malformed'],
    ]);
    expect((await shown(VpcEndpointId)).State).toBe('deleting');
  });

  test('DescribeVpcEndpoints filters by tag, state and type, and pages without a least number (aws.md 7.4)', async () => {
    const TagSpecifications = [{ ResourceType: 'vpc-endpoint' as const, Tags: [{ Key: 'team', Value: 'net' }] }];
    const first = await gatewayEndpoint({ TagSpecifications });
    const second = await interfaceEndpoint();
    const ids = async (input: ec2.DescribeVpcEndpointsCommandInput) =>
      (await client.send(new ec2.DescribeVpcEndpointsCommand(input))).VpcEndpoints!.map(({ VpcEndpointId }) => VpcEndpointId);
    expect(await ids({ Filters: [{ Name: 'tag:team', Values: ['net'] }] })).toEqual([first.VpcEndpointId]);
    expect(await ids({ Filters: [{ Name: 'vpc-endpoint-state', Values: ['pending'] }] })).toEqual([second.VpcEndpointId]);
    expect(
      await ids({
        Filters: [
          { Name: 'service-name', Values: [s3] },
          { Name: 'vpc-endpoint-type', Values: ['Gateway'] },
        ],
      }),
    ).toEqual([first.VpcEndpointId]);
    expect(await ids({ MaxResults: 1 })).toEqual([first.VpcEndpointId]);
    expect(await ids({ MaxResults: 5_000 })).toHaveLength(2);
    await client.send(new ec2.CreateTagsCommand({ Resources: [second.VpcEndpointId!], Tags: [{ Key: 'team', Value: 'net' }] }));
    expect(await ids({ Filters: [{ Name: 'tag:team', Values: ['net'] }] })).toHaveLength(2);
  });
});
