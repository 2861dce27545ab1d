import { beforeEach, describe, expect, test } from '@jest/globals';
import { reachability } from '../../../src/network/reachability.ts';
import { resolverOfWorld } from '../../../src/simulator/data-plane/dns-view.ts';
import { one, region, type Stage, stage, two } from '../stage.ts';

/** Rows 6, 7, 8, 9 and 13 of the checklist of what this AWS must do as AWS does; a test for each clause that can be told in a few calls. */

let played: Stage;
const ec2 = (accountId: string = one) => played.player('ec2', accountId);
const lattice = (accountId: string = one) => played.player('vpc-lattice', accountId);
const ram = (accountId: string = one) => played.player('ram', accountId);
const route53 = (accountId: string = one) => played.player('route53', accountId);
const settle = (ms = 60_000) => played.settle(ms);
const hours = 3_600_000;

beforeEach(() => {
  played = stage();
});

async function network(n: number, accountId: string = one): Promise<{ vpcId: string; subnetId: string }> {
  const vpcId = (await ec2(accountId)('CreateVpc', { CidrBlock: `10.${n}.0.0/16` })).Vpc!.VpcId!;
  await ec2(accountId)('ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  const made = await ec2(accountId)('CreateSubnet', { VpcId: vpcId, CidrBlock: `10.${n}.1.0/24`, AvailabilityZoneId: 'usw2-az1' });
  return { vpcId, subnetId: made.Subnet!.SubnetId! };
}

async function gateway({ vpcId, subnetId }: { vpcId: string; subnetId: string }, input: object = {}): Promise<string> {
  const made = await lattice()('CreateResourceGateway', { name: 'to-db', vpcIdentifier: vpcId, subnetIds: [subnetId], ...input });
  await settle();
  return made.id!;
}

async function configuration(resourceGatewayIdentifier: string, input: object = {}): Promise<{ id: string; arn: string }> {
  const made = await lattice()('CreateResourceConfiguration', {
    name: 'orders',
    type: 'SINGLE',
    resourceGatewayIdentifier,
    portRanges: ['5432'],
    resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.1.50' } },
    ...input,
  });
  await settle();
  return { id: made.id!, arn: made.arn! };
}

async function share(arn: string, principal: string = two): Promise<string> {
  const made = await ram()('CreateResourceShare', { name: 'share', resourceArns: [arn], principals: [principal] });
  await settle(5_000);
  return made.resourceShare!.resourceShareArn!;
}

const invitations = async () => (await ram(two)('GetResourceShareInvitations', {})).resourceShareInvitations!;

async function accept(): Promise<void> {
  const [{ resourceShareInvitationArn } = {}] = (await invitations()).filter(({ status }) => status === 'PENDING');
  await ram(two)('AcceptResourceShareInvitation', { resourceShareInvitationArn });
  await settle(5_000);
}

describe('9.6 endpoints', () => {
  test('have the parameters of their type and one thing that they lead to; states are written in lower case', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const s3 = { VpcId, ServiceName: `com.amazonaws.${region}.s3` };
    const sts = { VpcId, ServiceName: `com.amazonaws.${region}.sts`, VpcEndpointType: 'Interface' as const };
    expect(await ec2().refused('CreateVpcEndpoint', { ...s3, SubnetIds: [subnetId] })).toMatch(/^InvalidParameter/);
    expect(await ec2().refused('CreateVpcEndpoint', { ...sts, RouteTableIds: ['rtb-0123456789abcdef0'] })).toMatch(/^InvalidParameter/);
    const two = {
      ...sts,
      SubnetIds: [subnetId],
      ResourceConfigurationArn: `arn:aws:vpc-lattice:${region}:${one}:resourceconfiguration/rcfg-0`,
    };
    expect(await ec2().refused('CreateVpcEndpoint', two)).toMatch(/^InvalidParameter/);
    expect((await ec2()('CreateVpcEndpoint', s3)).VpcEndpoint!.State).toBe('available');
    expect((await ec2()('CreateVpcEndpoint', { ...sts, SubnetIds: [subnetId] })).VpcEndpoint!.State).toBe('pending');
  });

  test('hold their interfaces a while after they are gone; names depend on the type', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const input = { VpcId, ServiceName: `com.amazonaws.${region}.sts`, VpcEndpointType: 'Interface' as const, SubnetIds: [subnetId] };
    const VpcEndpointId = (await ec2()('CreateVpcEndpoint', { ...input, PrivateDnsEnabled: false })).VpcEndpoint!.VpcEndpointId!;
    await settle();
    const [shown] = (await ec2()('DescribeVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] })).VpcEndpoints!;
    expect(shown!.DnsEntries!.map(({ DnsName }) => DnsName!.replace(/^vpce-[0-9a-f]+-[0-9a-z]+/, ''))).toEqual([
      `.sts.${region}.vpce.amazonaws.com`,
      expect.stringMatching(/^-us-west-2[a-z]\.sts\.us-west-2\.vpce\.amazonaws\.com$/),
    ]);
    await ec2()('DeleteVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] });
    expect(await ec2().refused('DeleteSubnet', { SubnetId: subnetId })).toBe('DependencyViolation');
    await settle();
    expect(await ec2().refused('DescribeVpcEndpoints', { VpcEndpointIds: [VpcEndpointId] })).toBe('InvalidVpcEndpointId.NotFound');
    await ec2()('DeleteSubnet', { SubnetId: subnetId });
  });

  test('of one service are one on a route table, and of one private name one in a VPC', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const table = (await ec2()('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] })).RouteTables![0]!.RouteTableId!;
    const s3 = { VpcId, ServiceName: `com.amazonaws.${region}.s3`, RouteTableIds: [table] };
    await ec2()('CreateVpcEndpoint', s3);
    expect(await ec2().refused('CreateVpcEndpoint', s3)).toBe('RouteAlreadyExists');
    const sts = { VpcId, ServiceName: `com.amazonaws.${region}.sts`, VpcEndpointType: 'Interface' as const, SubnetIds: [subnetId] };
    await ec2()('CreateVpcEndpoint', { ...sts, PrivateDnsEnabled: true });
    expect(await ec2().refused('CreateVpcEndpoint', { ...sts, PrivateDnsEnabled: true })).toBe('InvalidParameter');
  });

  test('with a client token are made once, and refused for anything else; what cannot be deleted is told one by one', async () => {
    const { vpcId: VpcId } = await network(0);
    const input = { VpcId, ServiceName: `com.amazonaws.${region}.s3`, ClientToken: 'once' };
    const first = (await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId!;
    expect((await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId).toBe(first);
    const other = { ...input, ServiceName: `com.amazonaws.${region}.dynamodb` };
    expect(await ec2().refused('CreateVpcEndpoint', other)).toBe('IdempotentParameterMismatch');
    const { Unsuccessful } = await ec2()('DeleteVpcEndpoints', { VpcEndpointIds: [first, 'vpce-0123456789abcdef0'] });
    expect(Unsuccessful!.map(({ ResourceId, Error: { Code } = {} }) => [ResourceId, Code])).toEqual([
      ['vpce-0123456789abcdef0', 'InvalidVpcEndpointId.NotFound'],
    ]);
  });
});

describe('9.7 VPC Lattice', () => {
  test('gateways and configurations pass through their states, with names that are given once', async () => {
    const net = await network(0);
    const made = await lattice()('CreateResourceGateway', { name: 'to-db', vpcIdentifier: net.vpcId, subnetIds: [net.subnetId] });
    expect([made.status, made.vpcIdentifier]).toEqual(['CREATE_IN_PROGRESS', net.vpcId]);
    await settle();
    const shown = await lattice()('GetResourceGateway', { resourceGatewayIdentifier: made.id! });
    expect([shown.status, shown.vpcId]).toEqual(['ACTIVE', net.vpcId]);
    const again = { name: 'to-db', vpcIdentifier: net.vpcId, subnetIds: [net.subnetId] };
    expect(await lattice().refused('CreateResourceGateway', again)).toBe('ConflictException');
    const { id } = await configuration(made.id!);
    expect((await lattice()('GetResourceConfiguration', { resourceConfigurationIdentifier: id })).status).toBe('ACTIVE');
    const definition = { ipResource: { ipAddress: '10.0.1.51' } };
    const input = {
      name: 'orders',
      type: 'SINGLE' as const,
      resourceGatewayIdentifier: made.id!,
      resourceConfigurationDefinition: definition,
    };
    expect(await lattice().refused('CreateResourceConfiguration', input)).toBe('ConflictException');
    const update = { resourceConfigurationIdentifier: id, resourceConfigurationDefinition: definition };
    expect((await lattice()('UpdateResourceConfiguration', update)).resourceConfigurationDefinition).toEqual(definition);
  });

  test('order is kept by conflicts, and statuses of HTTP are those of each call', async () => {
    const id = await gateway(await network(0));
    const made = await configuration(id);
    expect(await lattice().refused('DeleteResourceGateway', { resourceGatewayIdentifier: id })).toBe('ConflictException');
    await lattice()('DeleteResourceConfiguration', { resourceConfigurationIdentifier: made.id });
    await settle();
    await lattice()('DeleteResourceGateway', { resourceGatewayIdentifier: id });
    played.world.configure({ quotas: { resourceGatewaysPerVpc: 0 } });
    const net = await network(1);
    const input = { name: 'more', vpcIdentifier: net.vpcId, subnetIds: [net.subnetId] };
    expect(await lattice().refused('CreateResourceGateway', input)).toBe('ServiceQuotaExceededException');
    played.simulator.orderFaults([{ operation: 'vpc-lattice:*', effect: { throttle: true } }]);
    expect(await lattice().refused('ListResourceGateways', {})).toBe('ThrottlingException');
    const statuses = played.answers
      .filter(({ service }) => service === 'vpc-lattice')
      .map(({ operation, status }) => `${operation} ${status}`);
    expect(statuses).toEqual([
      'CreateResourceGateway 201',
      'CreateResourceConfiguration 201',
      'DeleteResourceGateway 409',
      'DeleteResourceConfiguration 204',
      'DeleteResourceGateway 200',
      'CreateResourceGateway 402',
      'ListResourceGateways 429',
    ]);
  });

  test('a domain is verified by its record; consumers are listed, and cut off', async () => {
    const verification = await lattice()('StartDomainVerification', { domainName: 'example.com' });
    expect(verification).toMatchObject({ status: 'PENDING', txtMethodConfig: { name: expect.any(String), value: expect.any(String) } });
    const own = await network(0);
    const { id, arn } = await configuration(await gateway(own));
    await ec2()('CreateVpcEndpoint', {
      VpcEndpointType: 'Resource',
      VpcId: own.vpcId,
      ResourceConfigurationArn: arn,
      SubnetIds: [own.subnetId],
    });
    await settle();
    const consumers = async () => (await lattice()('ListResourceEndpointAssociations', { resourceConfigurationIdentifier: id })).items!;
    const [consumer] = await consumers();
    expect(consumer!.vpcEndpointOwner).toBe(one);
    expect(await lattice().refused('DeleteResourceConfiguration', { resourceConfigurationIdentifier: id })).toBe('ConflictException');
    await lattice()('DeleteResourceEndpointAssociation', { resourceEndpointAssociationIdentifier: consumer!.id! });
    await settle();
    expect(await consumers()).toEqual([]);
  });
});

describe('9.8 RAM', () => {
  test('what is shared is seen once invitation and association are through, a transit gateway too', async () => {
    const own = await network(0);
    const { arn } = await configuration(await gateway(own));
    const theirs = await network(1, two);
    const input = {
      VpcEndpointType: 'Resource' as const,
      VpcId: theirs.vpcId,
      ResourceConfigurationArn: arn,
      SubnetIds: [theirs.subnetId],
    };
    const refused = () => ec2(two).refused('CreateVpcEndpoint', input);
    expect(await refused()).toBe('InvalidResourceConfigurationArn.NotFound');
    await share(arn);
    expect(await refused()).toBe('InvalidResourceConfigurationArn.NotFound');
    await accept();
    await ec2(two)('CreateVpcEndpoint', input);

    const tgw = (await ec2()('CreateTransitGateway', {})).TransitGateway!;
    await settle();
    const ids = { TransitGatewayIds: [tgw.TransitGatewayId!] };
    expect(await ec2(two).refused('DescribeTransitGateways', ids)).toBe('InvalidTransitGatewayID.NotFound');
    await share(tgw.TransitGatewayArn!);
    await accept();
    expect((await ec2(two)('DescribeTransitGateways', ids)).TransitGateways).toHaveLength(1);
  });

  test('within an organisation that shares there is no invitation', async () => {
    played = stage({ organization: { id: 'o-exampleorgid', managementAccountId: one, accountIds: [two], sharingEnabled: true } });
    const { arn } = await configuration(await gateway(await network(0)));
    await share(arn);
    expect(await invitations()).toEqual([]);
    const { resources } = await ram(two)('ListResources', { resourceOwner: 'OTHER-ACCOUNTS' });
    expect(resources!.map((resource) => resource.arn)).toEqual([arn]);
  });

  test('pages may be empty while a token says that there is more', async () => {
    played = stage({ emptyFirstPage: true });
    const { arn } = await configuration(await gateway(await network(0)));
    await share(arn);
    const first = await ram()('GetResourceShares', { resourceOwner: 'SELF', maxResults: 5 });
    expect([first.resourceShares, typeof first.nextToken]).toEqual([[], 'string']);
    const next = await ram()('GetResourceShares', { resourceOwner: 'SELF', maxResults: 5, nextToken: first.nextToken });
    expect(next.resourceShares).toHaveLength(1);
  });
});

describe('9.9 transit gateways, NAT, Elastic IPs and Route 53', () => {
  test('routes lead to a transit gateway once the VPC’s attachment is available; a VPC is attached once', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const TransitGatewayId = (await ec2()('CreateTransitGateway', {})).TransitGateway!.TransitGatewayId!;
    await settle();
    const RouteTableId = (await ec2()('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] })).RouteTables![0]!
      .RouteTableId!;
    const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', TransitGatewayId };
    const attach = { TransitGatewayId, VpcId, SubnetIds: [subnetId] };
    expect((await ec2()('CreateTransitGatewayVpcAttachment', attach)).TransitGatewayVpcAttachment!.State).toBe('pending');
    expect(await ec2().refused('CreateRoute', route)).toBe('InvalidTransitGatewayID.NotFound');
    await settle();
    await ec2()('CreateRoute', route);
    expect(await ec2().refused('CreateTransitGatewayVpcAttachment', attach)).toBe('DuplicateTransitGatewayAttachment');
  });

  test('a NAT gateway fails afterwards, leaves blackholes and gives its address back unreleased', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const AllocationId = (await ec2()('AllocateAddress', {})).AllocationId!;
    const make = async () => (await ec2()('CreateNatGateway', { SubnetId: subnetId, AllocationId })).NatGateway!.NatGatewayId!;
    const failed = await make();
    await settle();
    const shown = async (id: string) => (await ec2()('DescribeNatGateways', { NatGatewayIds: [id] })).NatGateways![0]!;
    expect(await shown(failed)).toMatchObject({ State: 'failed', FailureCode: 'Gateway.NotAttached' });
    const InternetGatewayId = (await ec2()('CreateInternetGateway', {})).InternetGateway!.InternetGatewayId!;
    await ec2()('AttachInternetGateway', { InternetGatewayId, VpcId });
    const NatGatewayId = await make();
    await settle();
    expect(await ec2().refused('ReleaseAddress', { AllocationId })).toBe('InvalidIPAddress.InUse');
    const RouteTableId = (await ec2()('CreateRouteTable', { VpcId })).RouteTable!.RouteTableId!;
    await ec2()('CreateRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId });
    await ec2()('DeleteNatGateway', { NatGatewayId });
    await settle();
    const { RouteTables } = await ec2()('DescribeRouteTables', { RouteTableIds: [RouteTableId] });
    expect(RouteTables![0]!.Routes!.map(({ State }) => State)).toEqual(['active', 'blackhole']);
    expect((await ec2()('DescribeAddresses', {})).Addresses![0]!.AssociationId).toBeUndefined();
  });

  test('another account’s VPC joins a zone by authorisation, and a change is INSYNC after a while', async () => {
    const [own, theirs] = [await network(0), await network(1, two)];
    const VPCRegion = region as 'us-west-2';
    const VPC = { VPCId: own.vpcId, VPCRegion };
    const made = await route53()('CreateHostedZone', { Name: 'egress.internal', CallerReference: '1', VPC });
    const HostedZoneId = made.HostedZone!.Id!;
    const status = async () => (await route53()('GetChange', { Id: made.ChangeInfo!.Id! })).ChangeInfo!.Status;
    expect(await status()).toBe('PENDING');
    await settle();
    expect(await status()).toBe('INSYNC');
    const join = { HostedZoneId, VPC: { VPCId: theirs.vpcId, VPCRegion } };
    expect(await route53(two).refused('AssociateVPCWithHostedZone', join)).toBe('NotAuthorizedException');
    await route53()('CreateVPCAssociationAuthorization', join);
    await route53(two)('AssociateVPCWithHostedZone', join);
    await settle();
    await route53()('DeleteVPCAssociationAuthorization', join);
    expect((await route53()('GetHostedZone', { Id: HostedZoneId })).VPCs).toHaveLength(2);
    await route53()('DisassociateVPCFromHostedZone', join);
    await settle();
    expect(await route53().refused('DisassociateVPCFromHostedZone', { HostedZoneId, VPC })).toBe('LastVPCAssociation');
  });
});

describe('9.13 what is easily overlooked', () => {
  test('a repeated client token after a deletion gives the dead thing', async () => {
    const { vpcId: VpcId, subnetId } = await network(0);
    const input = { VpcId, ServiceName: `com.amazonaws.${region}.s3`, ClientToken: 'once' };
    const dead = (await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId!;
    await ec2()('DeleteVpcEndpoints', { VpcEndpointIds: [dead] });
    await settle();
    expect((await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId).toBe(dead);
    const gone = { name: 'to-db', vpcIdentifier: VpcId, subnetIds: [subnetId], clientToken: 'once' };
    const { id } = await lattice()('CreateResourceGateway', gone);
    await settle();
    await lattice()('DeleteResourceGateway', { resourceGatewayIdentifier: id! });
    await settle();
    expect((await lattice()('CreateResourceGateway', gone)).id).toBe(id);
  });

  test.each([
    ['IN_VPC', true],
    ['PUBLIC', false],
  ] as const)('a gateway that resolves %s finds a name of a private zone: %s', async (resourceConfigDnsResolution, found) => {
    const own = await network(0);
    const launch = { ImageId: 'ami-0123456789abcdef0', MinCount: 2, MaxCount: 2, SubnetId: own.subnetId };
    const [client, server] = (await ec2()('RunInstances', launch)).Instances!;
    const VPC = { VPCId: own.vpcId, VPCRegion: region as 'us-west-2' };
    const { HostedZone } = await route53()('CreateHostedZone', { Name: 'db.internal', CallerReference: '1', VPC });
    const ResourceRecords = [{ Value: server!.PrivateIpAddress! }];
    const ResourceRecordSet = { Name: 'db.internal', Type: 'A' as const, TTL: 60, ResourceRecords };
    const ChangeBatch = { Changes: [{ Action: 'CREATE' as const, ResourceRecordSet }] };
    await route53()('ChangeResourceRecordSets', { HostedZoneId: HostedZone!.Id!, ChangeBatch });
    const definition = { dnsResource: { domainName: 'db.internal', ipAddressType: 'IPV4' } };
    const { arn } = await configuration(await gateway(own, { resourceConfigDnsResolution }), {
      resourceConfigurationDefinition: definition,
    });
    const input = { VpcEndpointType: 'Resource' as const, VpcId: own.vpcId, ResourceConfigurationArn: arn, SubnetIds: [own.subnetId] };
    await ec2()('CreateVpcEndpoint', input);
    await settle();
    const { VpcEndpointAssociations } = await ec2()('DescribeVpcEndpointAssociations', {});
    const name = VpcEndpointAssociations![0]!.DnsEntry!.DnsName!;
    const resolve = resolverOfWorld(played.world);
    const [address] = resolve(name, { vpcId: own.vpcId });
    const query = {
      source: { instanceId: client!.InstanceId! },
      destination: { address: address!, name },
      protocol: 'tcp' as const,
      port: 5432,
    };
    expect(reachability(played.world.network(), query, { resolve }).reachable).toBe(found);
  });

  test('an invitation to a resource configuration expires after 12 hours', async () => {
    const { arn } = await configuration(await gateway(await network(0)));
    await share(arn);
    await settle(12 * hours - 60_000);
    expect((await invitations()).map(({ status }) => status)).toEqual(['PENDING']);
    await settle(120_000);
    expect((await invitations()).map(({ status }) => status)).toEqual(['EXPIRED']);
  });

  test('a Resource endpoint changes its groups, and neither private DNS nor subnets', async () => {
    const own = await network(0);
    const { arn } = await configuration(await gateway(own));
    const input = { VpcEndpointType: 'Resource' as const, VpcId: own.vpcId, ResourceConfigurationArn: arn, SubnetIds: [own.subnetId] };
    const VpcEndpointId = (await ec2()('CreateVpcEndpoint', input)).VpcEndpoint!.VpcEndpointId!;
    await settle();
    const more = (await ec2()('CreateSubnet', { VpcId: own.vpcId, CidrBlock: '10.0.2.0/24', AvailabilityZoneId: 'usw2-az1' })).Subnet!
      .SubnetId!;
    const modify = (change: object) => ec2().refused('ModifyVpcEndpoint', { VpcEndpointId, ...change });
    expect(await modify({ PrivateDnsEnabled: true })).toMatch(/^(InvalidParameter|OperationNotPermitted|UnsupportedOperation)/);
    expect(await modify({ DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } })).toMatch(
      /^(InvalidParameter|OperationNotPermitted|UnsupportedOperation)/,
    );
    expect(await modify({ AddSubnetIds: [more] })).toMatch(/^(InvalidParameter|OperationNotPermitted|UnsupportedOperation)/);
    const group = (await ec2()('CreateSecurityGroup', { GroupName: 'g', Description: 'd', VpcId: own.vpcId })).GroupId!;
    await ec2()('ModifyVpcEndpoint', { VpcEndpointId, AddSecurityGroupIds: [group] });
  });
});
