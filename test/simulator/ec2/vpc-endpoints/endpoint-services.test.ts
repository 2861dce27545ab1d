import * as ec2 from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createNetworkLoadBalancer } from '../../../../src/simulator/ec2/vpc-endpoints/network-load-balancers.ts';
import { loadWorld } from '../../../../src/simulator/world-file/load.ts';
import { type ClientAws, clientAws, codeOf, consumer, type Network, network, provider, refusal } from '../clients.ts';

let simulated: ClientAws;
let theirs: ec2.EC2Client;
let ours: ec2.EC2Client;
let serviceNet: Network;
let net: Network;
let balancer: string;

beforeEach(async () => {
  simulated = clientAws();
  ours = simulated.ec2(consumer);
  theirs = simulated.ec2(provider);
  serviceNet = await network(theirs, { cidr: '10.9.0.0/16', zones: ['usw2-az2', 'usw2-az3'] });
  net = await network(ours);
  balancer = loadBalancer();
});

function loadBalancer(name = 'web'): string {
  const call = { accountId: provider!, region: 'us-west-2', callerArn: '' };
  return createNetworkLoadBalancer(simulated.world, call, { name, subnetIds: serviceNet.subnetIds, listeners: [] }).id;
}

async function service(input: Partial<ec2.CreateVpcEndpointServiceConfigurationCommandInput> = {}): Promise<ec2.ServiceConfiguration> {
  const command = new ec2.CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [balancer], ...input });
  return (await theirs.send(command)).ServiceConfiguration!;
}

const allow = (ServiceId: string | undefined, ...AddAllowedPrincipals: string[]) =>
  theirs.send(new ec2.ModifyVpcEndpointServicePermissionsCommand({ ServiceId, AddAllowedPrincipals }));

const everyConsumer = `arn:aws:iam::${consumer}:root`;

/** A service that the consumer may use. */
async function sharedService(
  input: Partial<ec2.CreateVpcEndpointServiceConfigurationCommandInput> = {},
): Promise<ec2.ServiceConfiguration> {
  const made = await service(input);
  await allow(made.ServiceId, everyConsumer);
  return made;
}

async function endpoint(ServiceName: string | undefined, input: Partial<ec2.CreateVpcEndpointCommandInput> = {}): Promise<ec2.VpcEndpoint> {
  const command = new ec2.CreateVpcEndpointCommand({
    VpcEndpointType: 'Interface',
    VpcId: net.vpcId,
    ServiceName,
    SubnetIds: [net.subnetIds[1]!],
    ...input,
  });
  return (await ours.send(command)).VpcEndpoint!;
}

const stateOf = async (id: string | undefined) =>
  (await ours.send(new ec2.DescribeVpcEndpointsCommand({ VpcEndpointIds: [id!] }))).VpcEndpoints![0]!.State;
const connections = async (Filters: ec2.Filter[] = []) =>
  (await theirs.send(new ec2.DescribeVpcEndpointConnectionsCommand({ Filters }))).VpcEndpointConnections!;
const accept = async (ServiceId: string | undefined, ...ids: (string | undefined)[]) =>
  (await theirs.send(new ec2.AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: ids as string[] }))).Unsuccessful!;
const reject = async (ServiceId: string | undefined, ...ids: (string | undefined)[]) =>
  (await theirs.send(new ec2.RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: ids as string[] }))).Unsuccessful!;
const removeService = async (id: string | undefined) =>
  (await theirs.send(new ec2.DeleteVpcEndpointServiceConfigurationsCommand({ ServiceIds: [id!] }))).Unsuccessful!;
const configuration = async (id: string | undefined) =>
  (await theirs.send(new ec2.DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [id!] }))).ServiceConfigurations![0]!;

describe('a provider’s service (aws.md 4.8)', () => {
  test('has a name of its own, its load balancers’ zones, and asks before it takes anybody in', async () => {
    const made = await service();
    expect(made).toMatchObject({
      ServiceId: expect.stringMatching(/^vpce-svc-[0-9a-f]{17}$/),
      ServiceName: `com.amazonaws.vpce.us-west-2.${made.ServiceId}`,
      ServiceType: [{ ServiceType: 'Interface' }],
      ServiceState: 'Available',
      AvailabilityZoneIds: ['usw2-az2', 'usw2-az3'],
      AcceptanceRequired: true,
      NetworkLoadBalancerArns: [balancer],
      BaseEndpointDnsNames: [`${made.ServiceId}.us-west-2.vpce.amazonaws.com`],
    });
    expect(await configuration(made.ServiceId)).toEqual(made);
  });

  test.each<[string, () => Partial<ec2.CreateVpcEndpointServiceConfigurationCommandInput>, string]>([
    ['no load balancer', () => ({ NetworkLoadBalancerArns: [] }), 'MissingParameter'],
    ['no ARN', () => ({ NetworkLoadBalancerArns: ['web'] }), 'InvalidNetworkLoadBalancerArn.Malformed'],
    [
      'a load balancer that is not there',
      () => ({ NetworkLoadBalancerArns: [`${balancer.slice(0, -16)}0000000000000000`] }),
      'InvalidNetworkLoadBalancerArn.NotFound',
    ],
    ['a name that is none', () => ({ PrivateDnsName: 'not a name' }), 'InvalidParameter'],
    ['a region that is none', () => ({ SupportedRegions: ['eu-north-9'] }), 'InvalidParameterValue'],
  ])('is refused with %s (aws.md 4.7)', async (_what, input, code) => {
    expect(await codeOf(service(input()))).toBe(code);
  });

  test('another account’s load balancer is not there for the caller', async () => {
    const command = new ec2.CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [balancer] });
    expect(await codeOf(ours.send(command))).toBe('InvalidNetworkLoadBalancerArn.NotFound');
  });

  test('is made once for a client token, and the dead one is told after a deletion (aws.md 7.6)', async () => {
    const first = await service({ ClientToken: 'once' });
    expect((await service({ ClientToken: 'once' })).ServiceId).toBe(first.ServiceId);
    expect(await codeOf(service({ ClientToken: 'once', AcceptanceRequired: false }))).toBe('IdempotentParameterMismatch');
    await removeService(first.ServiceId);
    expect((await configuration(first.ServiceId)).ServiceState).toBe('Deleting');
    await simulated.clock.advance(2_000);
    expect(await service({ ClientToken: 'once' })).toMatchObject({ ServiceId: first.ServiceId, ServiceState: 'Deleted' });
    expect(await codeOf(configuration(first.ServiceId))).toBe('InvalidVpcEndpointServiceId.NotFound');
  });

  test('keeps at least one load balancer', async () => {
    const { ServiceId } = await service();
    const modify = (input: Partial<ec2.ModifyVpcEndpointServiceConfigurationCommandInput>) =>
      theirs.send(new ec2.ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, ...input }));
    expect(await codeOf(modify({ RemoveNetworkLoadBalancerArns: [balancer] }))).toBe('InvalidParameter');
    const other = loadBalancer('other');
    await modify({ RemoveNetworkLoadBalancerArns: [balancer], AddNetworkLoadBalancerArns: [other], AcceptanceRequired: false });
    expect(await configuration(ServiceId)).toMatchObject({ NetworkLoadBalancerArns: [other], AcceptanceRequired: false });
  });
});

describe('who sees a service (aws.md 4.8)', () => {
  const sees = async (client: ec2.EC2Client, name: string | undefined) =>
    (await codeOf(client.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceNames: [name!] })))) ?? 'sees it';

  test('its owner, and whom it allows: nobody else can make an endpoint', async () => {
    const { ServiceName, ServiceId } = await service();
    expect([await sees(theirs, ServiceName), await sees(ours, ServiceName)]).toEqual(['sees it', 'InvalidServiceName']);
    expect(await codeOf(endpoint(ServiceName))).toBe('InvalidServiceName');
    await allow(ServiceId, everyConsumer);
    const { ServiceDetails } = await ours.send(new ec2.DescribeVpcEndpointServicesCommand({ ServiceNames: [ServiceName!] }));
    expect(ServiceDetails).toMatchObject([{ Owner: provider, AcceptanceRequired: true, AvailabilityZoneIds: ['usw2-az2', 'usw2-az3'] }]);
    expect(await codeOf(endpoint(ServiceName))).toBeUndefined();
  });

  test('a role that is allowed, and not another role of the account', async () => {
    const { ServiceName, ServiceId } = await service();
    await allow(ServiceId, `arn:aws:iam::${consumer}:role/path/isthmus`);
    const { servicesFor } = await import('../../../../src/simulator/ec2/vpc-endpoints/endpoint-services.ts');
    const seenBy = (role: string) => {
      const callerArn = `arn:aws:sts::${consumer}:assumed-role/${role}/session`;
      return servicesFor(simulated.world, { accountId: consumer!, region: 'us-west-2', callerArn }, 'us-west-2').some(
        ({ name }) => name === ServiceName,
      );
    };
    expect([seenBy('isthmus'), seenBy('other')]).toEqual([true, false]);
  });

  test('permissions are listed, and taken away; the endpoint that there is stays', async () => {
    const { ServiceName, ServiceId } = await service();
    const { AddedPrincipals } = await allow(ServiceId, '*', everyConsumer);
    expect(AddedPrincipals!.map(({ PrincipalType }) => PrincipalType)).toEqual(['All', 'Account']);
    expect((await allow(ServiceId, '*')).AddedPrincipals).toEqual([]);
    const { VpcEndpointId } = await endpoint(ServiceName);
    const RemoveAllowedPrincipals = ['*', everyConsumer];
    await theirs.send(new ec2.ModifyVpcEndpointServicePermissionsCommand({ ServiceId, RemoveAllowedPrincipals }));
    const listed = await theirs.send(new ec2.DescribeVpcEndpointServicePermissionsCommand({ ServiceId }));
    expect(listed.AllowedPrincipals).toEqual([]);
    expect(await codeOf(endpoint(ServiceName))).toBe('InvalidServiceName');
    expect(await stateOf(VpcEndpointId)).toBe('pendingAcceptance');
    expect(await codeOf(allow(ServiceId, 'somebody'))).toBe('InvalidPrincipal');
  });
});

describe('connections (aws.md 4.8)', () => {
  test('wait for acceptance, then become available', async () => {
    const { ServiceName, ServiceId } = await sharedService();
    const { VpcEndpointId, State, DnsEntries } = await endpoint(ServiceName);
    expect(State).toBe('pendingAcceptance');
    expect(DnsEntries![0]!.DnsName).toMatch(
      new RegExp(`^${VpcEndpointId}-[a-z0-9]{8}\\.${ServiceId}\\.us-west-2\\.vpce\\.amazonaws\\.com$`),
    );
    await simulated.clock.advance(60_000);
    const filter = [{ Name: 'vpc-endpoint-state', Values: ['pendingAcceptance'] }];
    expect(await connections(filter)).toMatchObject([
      { ServiceId, VpcEndpointId, VpcEndpointOwner: consumer, VpcEndpointState: 'pendingAcceptance' },
    ]);
    expect(await accept(ServiceId, VpcEndpointId)).toEqual([]);
    expect(await stateOf(VpcEndpointId)).toBe('pending');
    await simulated.clock.advance(3_000);
    expect(await stateOf(VpcEndpointId)).toBe('available');
    expect((await accept(ServiceId, VpcEndpointId))[0]).toMatchObject({ ResourceId: VpcEndpointId, Error: { Code: 'InvalidState' } });
  });

  test('need no acceptance where the service asks for none', async () => {
    const { ServiceName } = await sharedService({ AcceptanceRequired: false });
    const { VpcEndpointId, State } = await endpoint(ServiceName);
    await simulated.clock.advance(3_000);
    expect([State, await stateOf(VpcEndpointId)]).toEqual(['pending', 'available']);
  });

  test('can be rejected, before and after they were accepted', async () => {
    const { ServiceName, ServiceId } = await sharedService();
    const [first, second] = [await endpoint(ServiceName), await endpoint(ServiceName)];
    await accept(ServiceId, first.VpcEndpointId);
    await simulated.clock.advance(3_000);
    const unknown = 'vpce-0123456789abcdef0';
    expect(await reject(ServiceId, first.VpcEndpointId, unknown, second.VpcEndpointId)).toMatchObject([
      { ResourceId: unknown, Error: { Code: 'InvalidVpcEndpointId.NotFound' } },
    ]);
    expect([await stateOf(first.VpcEndpointId), await stateOf(second.VpcEndpointId)]).toEqual(['rejected', 'rejected']);
  });

  test('are for the provider alone to accept', async () => {
    const { ServiceName, ServiceId } = await sharedService();
    const { VpcEndpointId } = await endpoint(ServiceName);
    const command = new ec2.AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [VpcEndpointId!] });
    expect(await codeOf(ours.send(command))).toBe('InvalidVpcEndpointServiceId.NotFound');
    expect((await ours.send(new ec2.DescribeVpcEndpointConnectionsCommand({}))).VpcEndpointConnections).toEqual([]);
  });

  test('hold the service until they are rejected or gone', async () => {
    const { ServiceName, ServiceId } = await sharedService();
    const { VpcEndpointId } = await endpoint(ServiceName);
    expect(await removeService(ServiceId)).toMatchObject([{ ResourceId: ServiceId, Error: { Code: 'ExistingVpcEndpointConnections' } }]);
    await reject(ServiceId, VpcEndpointId);
    expect(await removeService(ServiceId)).toEqual([]);
    await simulated.clock.advance(2_000);
    expect(await codeOf(endpoint(ServiceName))).toBe('InvalidServiceName');
    expect(await stateOf(VpcEndpointId)).toBe('rejected');
  });

  test('exist only in zones that the load balancer and the consumer share', async () => {
    const { ServiceName } = await sharedService();
    const elsewhere = net.subnetIds[0]!;
    expect(await refusal(endpoint(ServiceName, { SubnetIds: [elsewhere] }))).toBe(
      `InvalidParameter: The VPC endpoint service ${ServiceName} does not support the availability zone of the subnet: ${elsewhere}.`,
    );
  });

  test('reach over regions where the service supports it', async () => {
    const { ServiceName, ServiceId } = await sharedService();
    const abroad = simulated.ec2(consumer, 'eu-west-1');
    const there = await network(abroad, { zones: ['euw1-az1'] });
    const make = () =>
      abroad.send(
        new ec2.CreateVpcEndpointCommand({
          VpcEndpointType: 'Interface',
          VpcId: there.vpcId,
          ServiceName,
          ServiceRegion: 'us-west-2',
          SubnetIds: [...there.subnetIds],
        }),
      );
    expect(await codeOf(make())).toBe('InvalidServiceName');
    const AddSupportedRegions = ['eu-west-1'];
    await theirs.send(new ec2.ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, AddSupportedRegions }));
    expect((await make()).VpcEndpoint).toMatchObject({ ServiceRegion: 'us-west-2', State: 'pendingAcceptance' });
    expect(await connections()).toMatchObject([{ VpcEndpointRegion: 'eu-west-1' }]);
  });
});

describe('a private DNS name (aws.md 4.8)', () => {
  const verify = (ServiceId: string | undefined) =>
    theirs.send(new ec2.StartVpcEndpointServicePrivateDnsVerificationCommand({ ServiceId }));

  test('is verified once its TXT record is published, and not before', async () => {
    const { ServiceId, ServiceName, PrivateDnsNameConfiguration } = await sharedService({ PrivateDnsName: 'api.example.com' });
    expect(PrivateDnsNameConfiguration).toMatchObject({ State: 'pendingVerification', Type: 'TXT' });
    await verify(ServiceId);
    await simulated.clock.advance(5_000);
    expect((await configuration(ServiceId)).PrivateDnsNameConfiguration!.State).toBe('failed');
    expect(await codeOf(endpoint(ServiceName, { PrivateDnsEnabled: true }))).toBe('InvalidParameter');
    const { Name, Value } = PrivateDnsNameConfiguration!;
    simulated.world.publicTxtRecords.put({ id: `${Name}.api.example.com`, values: [Value!] });
    await verify(ServiceId);
    expect((await configuration(ServiceId)).PrivateDnsNameConfiguration!.State).toBe('pendingVerification');
    await simulated.clock.advance(5_000);
    expect((await configuration(ServiceId)).PrivateDnsNameConfiguration!.State).toBe('verified');
    const { DnsEntries } = await endpoint(ServiceName, { PrivateDnsEnabled: true });
    expect(DnsEntries!.at(-1)!.DnsName).toBe('api.example.com');
  });

  test('changed, has to be verified anew; a service without one cannot be', async () => {
    const { ServiceId, PrivateDnsNameConfiguration: before } = await service({ PrivateDnsName: 'api.example.com' });
    const modify = (input: Partial<ec2.ModifyVpcEndpointServiceConfigurationCommandInput>) =>
      theirs.send(new ec2.ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, ...input }));
    await modify({ PrivateDnsName: 'web.example.com' });
    const after = await configuration(ServiceId);
    expect([after.PrivateDnsName, after.PrivateDnsNameConfiguration!.Value === before!.Value]).toEqual(['web.example.com', false]);
    await modify({ RemovePrivateDnsName: true });
    expect(await codeOf(verify(ServiceId))).toBe('InvalidParameter');
  });
});

test('a world file has network load balancers', () => {
  const { world } = simulated;
  const ids = loadWorld(
    `
accounts:
  "777788889999":
    us-west-2:
      vpcs:
        - name: web
          cidr: 10.0.0.0/16
          subnets:
            - { name: a, cidr: 10.0.0.0/24, zone: usw2-az1 }
          instances:
            - { name: server, subnet: a }
          networkLoadBalancers:
            - name: front
              subnets: [a]
              listeners:
                - { port: 80, targetPort: 8080, targets: [server] }
`,
    'world.yaml',
    world,
  );
  const at = '777788889999/us-west-2/web';
  const arn = ids.get(`${at}/networkLoadBalancers/front`)!;
  expect(arn).toMatch(/^arn:aws:elasticloadbalancing:us-west-2:777788889999:loadbalancer\/net\/front\/[0-9a-f]{16}$/);
  expect(world.networkLoadBalancers.get(arn)).toMatchObject({
    subnetIds: [ids.get(`${at}/subnets/a`)],
    listeners: [{ port: 80, targetPort: 8080, targetInstanceIds: [ids.get(`${at}/instances/server`)] }],
  });
});
