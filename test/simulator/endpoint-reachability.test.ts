import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as lattice from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { type Reachability, reachability, reachableSet, type Traffic } from '../../src/network/reachability.ts';
import { resolverOfWorld } from '../../src/simulator/data-plane/dns-view.ts';
import { execOn } from '../../src/simulator/data-plane/exec.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import { type Account, clientsAndWorld } from './sdk-clients.ts';

/** The world of an example, the SDK's clients for it, and packets between its instances. */
function stage(example: string, region = 'us-west-2') {
  const { world, clock, account } = clientsAndWorld();
  const file = join(import.meta.dirname, '../../examples', example, 'world.yaml');
  const ids = loadWorld(readFileSync(file, 'utf8'), file, world);
  /** The id of what the path ends with: `project-1/subnets/private-a`. */
  const idOf = (path: string): string => [...ids].find(([key]) => key.endsWith(`/${path}`))![1];
  const send = (from: string, destination: { address: string; name?: string }, traffic: Traffic): Reachability => {
    const query = { ...traffic, source: { instanceId: idOf(`instances/${from}`) }, destination };
    return reachability(world.network(), query, { resolve: resolverOfWorld(world) });
  };
  return {
    world,
    idOf,
    send,
    settle: () => clock.advance(600_000),
    /** The HTTP status that `curl` on an instance gets to see. */
    curl: (instance: string, ...args: readonly string[]): string =>
      execOn(world, { instance, command: ['curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', ...args], env: {} }).stdout,
    account: (id: string): Account => account(id, region),
    /** By tcp to the first address that a name has for an instance. */
    connect(from: string, name: string, port: number): string {
      const vpcId = world.instances.get(idOf(`instances/${from}`))!.vpcId;
      const [address] = resolverOfWorld(world)(name, { vpcId });
      if (!address) return `${name} is unknown`;
      const result = send(from, { address, name }, { protocol: 'tcp', port });
      if (result.reachable) return `reached ${result.arrival.address}:${result.arrival.port}`;
      return `${result.refused ? 'refused' : 'silence'}: ${result.blockedBy.code}`;
    },
  };
}

type Stage = ReturnType<typeof stage>;

async function groupFor(account: Account, VpcId: string, input: { name: string; port: number; cidr: string }): Promise<string> {
  const { GroupId } = await account.ec2.send(new ec2.CreateSecurityGroupCommand({ VpcId, GroupName: input.name, Description: 'endpoint' }));
  const rule = { GroupId, IpProtocol: 'tcp', FromPort: input.port, ToPort: input.port, CidrIp: input.cidr };
  await account.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule));
  return GroupId!;
}

/** A resource gateway in subnets of a VPC, and a resource configuration for a name behind it; answers with their ids. */
async function offer(
  { account, settle, idOf }: Stage,
  provider: string,
  { vpc, subnets, domainName, port }: { vpc: string; subnets: readonly string[]; domainName: string; port: number },
) {
  const { lattice: client } = account(provider);
  const gateway = await client.send(
    new lattice.CreateResourceGatewayCommand({
      name: 'gateway',
      vpcIdentifier: idOf(vpc),
      subnetIds: subnets.map((subnet) => idOf(`${vpc}/subnets/${subnet}`)),
      resourceConfigDnsResolution: 'IN_VPC',
    }),
  );
  await settle();
  const configuration = await client.send(
    new lattice.CreateResourceConfigurationCommand({
      name: 'resource',
      type: 'SINGLE',
      resourceGatewayIdentifier: gateway.id,
      portRanges: [`${port}`],
      resourceConfigurationDefinition: { dnsResource: { domainName, ipAddressType: 'IPV4' } },
    }),
  );
  await settle();
  return { gatewayId: gateway.id!, configurationId: configuration.id!, arn: configuration.arn! };
}

async function share({ account, settle }: Stage, provider: string, { arn, consumers }: { arn: string; consumers: readonly string[] }) {
  const input = { name: 'resource', resourceArns: [arn], principals: [...consumers] };
  await account(provider).ram.send(new ram.CreateResourceShareCommand(input));
  await settle();
}

async function acceptShare({ account, settle }: Stage, consumer: string): Promise<void> {
  const { ram: client } = account(consumer);
  const { resourceShareInvitations } = await client.send(new ram.GetResourceShareInvitationsCommand({}));
  const { resourceShareInvitationArn } = resourceShareInvitations![0]!;
  await client.send(new ram.AcceptResourceShareInvitationCommand({ resourceShareInvitationArn }));
  await settle();
}

/** A Resource endpoint in all subnets of a VPC, and the name that it has. */
async function attach(
  { account, settle, idOf }: Stage,
  consumer: string,
  { vpc, arn, port, cidr }: { vpc: string; arn: string; port: number; cidr: string },
): Promise<{ endpointId: string; name: string }> {
  const { ec2: client } = account(consumer);
  const VpcId = idOf(vpc);
  const group = await groupFor(account(consumer), VpcId, { name: 'endpoint', port, cidr });
  const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }));
  const { VpcEndpoint } = await client.send(
    new ec2.CreateVpcEndpointCommand({
      VpcEndpointType: 'Resource',
      VpcId,
      ResourceConfigurationArn: arn,
      SubnetIds: Subnets!.map(({ SubnetId }) => SubnetId!),
      SecurityGroupIds: [group],
    }),
  );
  await settle();
  const endpointId = VpcEndpoint!.VpcEndpointId!;
  const { VpcEndpointAssociations } = await client.send(new ec2.DescribeVpcEndpointAssociationsCommand({ VpcEndpointIds: [endpointId] }));
  return { endpointId, name: VpcEndpointAssociations![0]!.DnsEntry!.DnsName! };
}

const projects = [
  ['222233334444', '1'],
  ['222233334444', '2'],
  ['333344445555', '3'],
  ['444455556666', '4'],
] as const;

/** Whatever anybody may try. */
const everything: readonly Traffic[] = [{ protocol: 'icmp' }, ...[22, 80, 443, 3128].map((port) => ({ protocol: 'tcp' as const, port }))];

describe('many projects, one way out', () => {
  test('four VPCs of the proxy’s own CIDR reach the proxy by an endpoint each, and nothing else reaches anything more', async () => {
    const aws = stage('shared-egress');
    const before = reachableSet(aws.world.network(), everything);
    const offered = await offer(aws, '111122223333', {
      vpc: 'us-west-2/egress',
      subnets: ['private-a', 'private-b'],
      domainName: 'squid.internal',
      port: 3128,
    });
    await share(aws, '111122223333', { arn: offered.arn, consumers: ['222233334444', '333344445555', '444455556666'] });
    await acceptShare(aws, '444455556666');
    for (const [account, n] of projects) {
      const { name } = await attach(aws, account, { vpc: `us-west-2/project-${n}`, arn: offered.arn, port: 3128, cidr: '10.0.0.0/16' });
      expect(aws.connect(`app-${n}`, name, 3128)).toBe('reached 10.0.10.10:3128');
      expect(aws.curl(`app-${n}`, '-x', `http://${name}:3128`, 'https://example.com/')).toBe('200');
      expect(aws.connect(`app-${n}`, name, 22)).toBe('silence: ENI_SG_RULES_MISMATCH');
      expect(aws.connect(`app-${n}`, 'example.com', 443)).toBe('silence: NO_ROUTE_TO_DESTINATION');
    }
    expect(aws.connect('squid-a', 'example.com', 443)).toBe('reached 192.0.2.80:443');
    expect(reachableSet(aws.world.network(), everything)).toEqual(before);
  });

  test('what the provider takes away is out of reach, and says why', async () => {
    const aws = stage('shared-egress');
    const vpc = 'us-west-2/egress';
    const offered = await offer(aws, '111122223333', { vpc, subnets: ['private-a'], domainName: 'squid.internal', port: 3128 });
    await share(aws, '111122223333', { arn: offered.arn, consumers: ['222233334444'] });
    const { name, endpointId } = await attach(aws, '222233334444', {
      vpc: 'us-west-2/project-1',
      arn: offered.arn,
      port: 3128,
      cidr: '10.0.0.0/16',
    });
    const address = aws.world.networkInterfaces.get(aws.world.vpcEndpoints.get(endpointId)!.networkInterfaceIds[0]!)!
      .privateIpAddresses[0]!;
    const { ec2: client, lattice: provider } = aws.account('111122223333');
    expect(aws.connect('app-1', name, 3128)).toBe('reached 10.0.10.10:3128');

    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [aws.idOf('instances/squid-a')] }));
    await aws.settle();
    // The other proxy still has the name, and the gateway finds it.
    expect(aws.connect('app-1', name, 3128)).toBe('reached 10.0.11.10:3128');

    const { items } = await provider.send(
      new lattice.ListResourceEndpointAssociationsCommand({ resourceConfigurationIdentifier: offered.configurationId }),
    );
    await provider.send(new lattice.DeleteResourceEndpointAssociationCommand({ resourceEndpointAssociationIdentifier: items![0]!.id }));
    await aws.settle();
    expect(aws.send('app-1', { address }, { protocol: 'tcp', port: 3128 }).blockedBy).toMatchObject({
      code: 'BAD_STATE_ATTACHMENT',
      component: { type: 'vpc-endpoint', id: endpointId },
    });
  });
});

describe('AWS services without the internet', () => {
  test('a Gateway and an Interface endpoint take the place of the NAT gateway', async () => {
    const aws = stage('aws-services', 'ap-northeast-2');
    const { ec2: client } = aws.account('111122223333');
    const cake = 'ap-northeast-2/cake';
    const [api, s3] = ['ec2.ap-northeast-2.amazonaws.com', 's3.ap-northeast-2.amazonaws.com'];
    const tables = [aws.idOf(`${cake}/routeTables/private-a`), aws.idOf(`${cake}/routeTables/private-b`)];
    for (const name of [api, s3]) expect(aws.connect('cake-a', name, 443)).toMatch(/^reached (?!10\.)/);

    for (const RouteTableId of tables) await client.send(new ec2.DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }));
    for (const name of [api, s3]) expect(aws.connect('cake-a', name, 443)).toBe('silence: NO_ROUTE_TO_DESTINATION');

    const VpcId = aws.idOf(cake);
    const gateway = { VpcId, VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.ap-northeast-2.s3' } as const;
    await client.send(new ec2.CreateVpcEndpointCommand({ ...gateway, RouteTableIds: tables }));
    const group = await groupFor(aws.account('111122223333'), VpcId, { name: 'api', port: 443, cidr: '10.0.0.0/16' });
    await client.send(
      new ec2.CreateVpcEndpointCommand({
        VpcId,
        VpcEndpointType: 'Interface',
        ServiceName: 'com.amazonaws.ap-northeast-2.ec2',
        SubnetIds: ['private-a', 'private-b'].map((subnet) => aws.idOf(`${cake}/subnets/${subnet}`)),
        SecurityGroupIds: [group],
        PrivateDnsEnabled: true,
      }),
    );
    await aws.settle();
    for (const instance of ['cake-a', 'cake-b']) {
      expect(aws.connect(instance, api, 443)).toMatch(/^reached 10\.0\.[34]\.\d+:443$/);
      expect([aws.curl(instance, `https://${api}/`), aws.curl(instance, `https://${s3}/`)]).toEqual(['403', '403']);
      expect(aws.connect(instance, api, 80)).toBe('silence: ENI_SG_RULES_MISMATCH');
      expect(aws.connect(instance, s3, 443)).toMatch(/^reached (?!10\.)/);
      expect(aws.connect(instance, 'example.com', 443)).toBe('silence: NO_ROUTE_TO_DESTINATION');
    }
  });
});

describe('a resource, not a network', () => {
  test('the client reaches the web server’s port, and neither reaches the other in any other way', async () => {
    const aws = stage('resource-endpoint', 'ap-northeast-2');
    const before = reachableSet(aws.world.network(), everything);
    const [home, away] = ['ap-northeast-2/ZIGI-VPC1', 'ap-northeast-2/ZIGI-VPC2'];
    const subnets = ['private-a', 'private-c'];
    const offered = await offer(aws, '111122223333', { vpc: home, subnets, domainName: 'web.zigi.internal', port: 80 });
    await share(aws, '111122223333', { arn: offered.arn, consumers: ['222233334444'] });
    await acceptShare(aws, '222233334444');
    const { name } = await attach(aws, '222233334444', { vpc: away, arn: offered.arn, port: 80, cidr: '10.2.0.0/16' });
    expect(aws.connect('client', name, 80)).toBe('reached 10.1.1.80:80');
    expect(aws.connect('client', name, 443)).toBe('silence: ENI_SG_RULES_MISMATCH');
    const [endpoint] = aws.world.vpcEndpoints.all();
    const theirs = aws.world.networkInterfaces.get(endpoint!.networkInterfaceIds[0]!)!.privateIpAddresses[0]!;
    const gateway = aws.world.resourceGateways.get(offered.gatewayId)!;
    const ours = aws.world.networkInterfaces.get(gateway.networkInterfaceIds[0]!)!.privateIpAddresses[0]!;
    for (const address of [theirs, '10.2.1.10', ours]) {
      expect(aws.send('web', { address }, { protocol: 'tcp', port: 80 })).toMatchObject({ reachable: false, refused: false });
    }
    expect(reachableSet(aws.world.network(), everything)).toEqual(before);
  });
});

describe('several resources behind one endpoint', () => {
  test('a service network leads to each of them, by its name where two have the same port', async () => {
    const aws = stage('resource-endpoint', 'ap-northeast-2');
    const { ec2: client, lattice: provider } = aws.account('111122223333');
    const [home, VpcId] = ['ap-northeast-2/ZIGI-VPC1', aws.idOf('ap-northeast-2/ZIGI-VPC1')];
    const { id: gateway } = await provider.send(
      new lattice.CreateResourceGatewayCommand({
        name: 'gateway',
        vpcIdentifier: VpcId,
        subnetIds: [aws.idOf(`${home}/subnets/private-a`)],
      }),
    );
    const { id: network, arn: ServiceNetworkArn } = await provider.send(new lattice.CreateServiceNetworkCommand({ name: 'network' }));
    await aws.settle();
    const common = { resourceGatewayIdentifier: gateway, allowAssociationToShareableServiceNetwork: true };
    const address = (ipAddress: string) => ({ resourceConfigurationDefinition: { ipResource: { ipAddress } } });
    const group = await provider.send(
      new lattice.CreateResourceConfigurationCommand({ ...common, name: 'group', type: 'GROUP', portRanges: ['80', '8000-8080'] }),
    );
    await aws.settle();
    const child = { type: 'CHILD', resourceConfigurationGroupIdentifier: group.id } as const;
    const single = new lattice.CreateResourceConfigurationCommand({
      ...common,
      ...address('10.1.1.80'),
      name: 'web',
      type: 'SINGLE',
      portRanges: ['80'],
    });
    const { id: web } = await provider.send(single);
    const gone = new lattice.CreateResourceConfigurationCommand({
      ...child,
      ...address('10.1.1.99'),
      name: 'gone',
      portRanges: ['80', '8000-8080'],
    });
    const { id: absent } = await provider.send(gone);
    await aws.settle();
    for (const resourceConfigurationIdentifier of [group.id!, web!]) {
      const input = { serviceNetworkIdentifier: network!, resourceConfigurationIdentifier };
      await provider.send(new lattice.CreateServiceNetworkResourceAssociationCommand(input));
    }
    await aws.settle();
    const groups = [await groupFor(aws.account('111122223333'), VpcId, { name: 'endpoint', port: 80, cidr: '10.1.0.0/16' })];
    const subnets = [aws.idOf(`${home}/subnets/private-a`)];
    const { VpcEndpoint } = await client.send(
      new ec2.CreateVpcEndpointCommand({
        VpcEndpointType: 'ServiceNetwork',
        VpcId,
        ServiceNetworkArn,
        SubnetIds: subnets,
        SecurityGroupIds: groups,
      }),
    );
    await aws.settle();
    const { VpcEndpointAssociations } = await client.send(
      new ec2.DescribeVpcEndpointAssociationsCommand({ VpcEndpointIds: [VpcEndpoint!.VpcEndpointId!] }),
    );
    const nameOf = (id: string | undefined) =>
      VpcEndpointAssociations!.find((one) => one.AssociatedResourceArn!.endsWith(id!))!.DnsEntry!.DnsName!;
    const [configuration] = [...aws.world.network()].flatMap(({ resourceConfigurations }) => resourceConfigurations?.get(absent!) ?? []);
    expect(configuration).toMatchObject({
      type: 'CHILD',
      portRanges: [
        { from: 80, to: 80 },
        { from: 8000, to: 8080 },
      ],
    });
    expect(aws.connect('web', nameOf(web), 80)).toBe('reached 10.1.1.80:80');
    expect(aws.connect('web', nameOf(absent), 80)).toBe('silence: NO_POSSIBLE_DESTINATION');
  });
});

describe('a provider’s own service', () => {
  test('leads to what the world file puts behind the load balancer, once the provider accepts', async () => {
    const { world, clock, account } = clientsAndWorld();
    const ids = loadWorld(
      `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: home
          cidr: 10.0.0.0/16
          subnets: [{ name: one, cidr: 10.0.1.0/24, zone: usw2-az1 }, { name: two, cidr: 10.0.2.0/24, zone: usw2-az2 }]
          securityGroups: [{ name: web, ingress: [{ protocol: tcp, ports: 8443, from: 10.0.0.0/16 }] }]
          instances:
            - { name: web, subnet: one, privateIp: 10.0.1.10, securityGroups: [web], listens: [tcp/8443] }
            - { name: late, subnet: two, privateIp: 10.0.2.10, securityGroups: [web], listens: [tcp/22] }
          networkLoadBalancers:
            - name: front
              subnets: [one, two]
              listeners: [{ port: 443, targetPort: 8443, targets: [web] }, { port: 444, targetPort: 8443, targets: [late] }]
  "444455556666":
    us-west-2:
      vpcs:
        - name: away
          cidr: 10.0.0.0/16
          subnets: [{ name: two, cidr: 10.0.2.0/24, zone: usw2-az2 }]
          instances: [{ name: client, subnet: two, privateIp: 10.0.2.20 }]
`,
      'world.yaml',
      world,
    );
    const idOf = (path: string): string => [...ids].find(([key]) => key.endsWith(`/${path}`))![1];
    const [theirs, ours] = [account('111122223333').ec2, account('444455556666').ec2];
    const [balancer] = world.networkLoadBalancers.all();
    const { ServiceConfiguration } = await theirs.send(
      new ec2.CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [balancer!.id], AcceptanceRequired: true }),
    );
    const { ServiceId, ServiceName } = ServiceConfiguration!;
    await theirs.send(new ec2.ModifyVpcEndpointServicePermissionsCommand({ ServiceId, AddAllowedPrincipals: ['*'] }));
    const { VpcEndpoint } = await ours.send(
      new ec2.CreateVpcEndpointCommand({
        VpcId: idOf('us-west-2/away'),
        VpcEndpointType: 'Interface',
        ServiceName,
        SubnetIds: [idOf('away/subnets/two')],
        SecurityGroupIds: [
          await groupFor(account('444455556666'), idOf('us-west-2/away'), { name: 'endpoint', port: 443, cidr: '10.0.0.0/16' }),
        ],
      }),
    );
    await clock.advance(600_000);
    const VpcEndpointId = VpcEndpoint!.VpcEndpointId!;
    await theirs.send(new ec2.AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [VpcEndpointId] }));
    await clock.advance(600_000);
    const [networkInterfaceId] = world.vpcEndpoints.get(VpcEndpointId)!.networkInterfaceIds;
    const ask = (port: number): Reachability =>
      reachability(world.network(), {
        protocol: 'tcp',
        port,
        source: { instanceId: idOf('instances/client') },
        destination: { networkInterfaceId: networkInterfaceId! },
      });
    const result = ask(443);
    expect(result).toMatchObject({ reachable: true, arrival: { address: '10.0.1.10', port: 8443 } });
    // The load balancer's interface in the endpoint's zone stands between.
    const between = result.hops.find(({ component }) => balancer!.networkInterfaceIds.includes(component.id))!;
    expect(world.networkInterfaces.get(between.component.id)!.subnetId).toBe(idOf('home/subnets/two'));

    const group = world.vpcEndpoints.get(VpcEndpointId)!.securityGroupIds[0]!;
    await ours.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: group,
        IpProtocol: 'tcp',
        FromPort: 444,
        ToPort: 444,
        CidrIp: '10.0.0.0/16',
      }),
    );
    expect(ask(444)).toMatchObject({ refused: true, blockedBy: { code: 'INSTANCE_NOT_LISTENING' } });

    await theirs.send(new ec2.RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [VpcEndpointId] }));
    expect(ask(443)).toMatchObject({ refused: false, blockedBy: { code: 'BAD_STATE', component: { id: VpcEndpointId } } });
  });
});
