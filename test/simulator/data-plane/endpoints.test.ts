import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Stage, stage } from './world.ts';

const example = (name: string): Stage => stage(readFileSync(`examples/${name}/world.yaml`, 'utf8'));

/** What curl ends with, and the code of the answer. */
function curled({ on }: Stage, instance: string, options: string): string {
  const { exitCode, stdout } = on(instance, `curl -s -m 3 -o /dev/null -w %{http_code} ${options}`);
  return `${exitCode} ${stdout}`;
}

describe('services of AWS, in a VPC whose way out goes away', () => {
  const region = 'ap-northeast-2';
  const [s3, ec2, sts] = ['s3', 'ec2', 'sts'].map((service) => `https://${service}.${region}.amazonaws.com/`) as [string, string, string];

  async function withEndpoints(): Promise<Stage> {
    const set = example('aws-services');
    const id = (path: string): string => set.ids.get(`111122223333/${region}/cake/${path}`)!;
    const VpcId = set.ids.get(`111122223333/${region}/cake`)!;
    const call = (operation: string, input: object) => set.call<{ GroupId: string }>(operation, input, { region });
    const tables = [id('routeTables/private-a'), id('routeTables/private-b')];
    await call('CreateVpcEndpoint', {
      VpcId,
      VpcEndpointType: 'Gateway',
      ServiceName: `com.amazonaws.${region}.s3`,
      RouteTableIds: tables,
    });
    const { GroupId } = await call('CreateSecurityGroup', { GroupName: 'https', Description: 'HTTPS', VpcId });
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }];
    await call('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    await call('CreateVpcEndpoint', {
      VpcId,
      VpcEndpointType: 'Interface',
      ServiceName: `com.amazonaws.${region}.ec2`,
      SubnetIds: [id('subnets/private-a'), id('subnets/private-b')],
      SecurityGroupIds: [GroupId],
      PrivateDnsEnabled: true,
    });
    for (const RouteTableId of tables) await call('DeleteRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' });
    return set;
  }

  test('they answer through the NAT gateway before', () => {
    const set = example('aws-services');
    expect([s3, ec2, sts, 'https://example.com/'].map((url) => curled(set, 'cake-a', url))).toEqual(['0 403', '0 403', '0 403', '0 200']);
  });

  test('and through their endpoints after, but for those that have none', async () => {
    const set = await withEndpoints();
    expect([s3, ec2, sts, 'https://example.com/'].map((url) => curled(set, 'cake-a', url))).toEqual(['0 403', '0 403', '28 000', '28 000']);
    expect(curled(set, 'cake-b', ec2)).toBe('0 403');
    expect(curled(set, 'cake-a', ec2.replace('https', 'http'))).toBe('28 000');
    expect(set.lines('cake-a', `dig +short ec2.${region}.amazonaws.com`).every((line) => /^10\.0\.[34]\./.test(line))).toBe(true);
  });

  test('what answers is the service that the endpoint leads to', async () => {
    const set = await withEndpoints();
    expect(set.on('cake-a', `curl -s ${ec2}`).stdout).toContain('<Code>MissingAuthenticationToken</Code>');
    expect(set.on('cake-a', `curl -s ${s3}bucket`).stdout).toContain('<Code>AccessDenied</Code>');
  });

  test('an explanation names the endpoint on the way', async () => {
    const { explanation } = (await withEndpoints()).on('cake-a', `curl -s ${s3}`);
    expect(explanation.join('\n')).toMatch(/there: .*rtb-\w+ \(private-a\) \[pl-\w+ → vpce-\w+\] › vpce-\w+\n/);
  });

  test('the interface of an endpoint answers no pings, and a trace of the way to it sees nothing', async () => {
    const set = await withEndpoints();
    expect(set.on('cake-a', `ping -c 1 ec2.${region}.amazonaws.com`).exitCode).toBe(1);
    expect(set.lines('cake-a', `traceroute -m 2 -q 1 ec2.${region}.amazonaws.com`).slice(1)).toEqual([' 1  *', ' 2  *']);
  });
});

describe('resources behind a gateway, for a VPC with the same addresses', () => {
  const [provider, consumer] = [{ accountId: '111122223333' }, { accountId: '222233334444' }];

  /** The proxies of the way out, and an endpoint for them in a project, known as proxy.egress.internal. */
  async function attached(): Promise<Stage> {
    const set = example('shared-egress');
    const idIn = (account: string) => (path: string) => set.ids.get(`${account}/us-west-2/${path}`)!;
    const [ours, theirs] = [idIn('111122223333'), idIn('222233334444')];
    const subnets = (id: (path: string) => string, vpc: string) => [id(`${vpc}/subnets/private-a`), id(`${vpc}/subnets/private-b`)];
    const gateway = await set.call<{ id: string }>(
      'CreateResourceGateway',
      { name: 'egress', vpcIdentifier: ours('egress'), subnetIds: subnets(ours, 'egress'), resourceConfigDnsResolution: 'IN_VPC' },
      provider,
    );
    const { arn } = await set.call<{ arn: string }>(
      'CreateResourceConfiguration',
      {
        name: 'proxy',
        type: 'SINGLE',
        portRanges: ['3128'],
        resourceGatewayIdentifier: gateway.id,
        resourceConfigurationDefinition: { dnsResource: { domainName: 'squid.internal', ipAddressType: 'IPV4' } },
      },
      provider,
    );
    await set.call('CreateResourceShare', { name: 'proxy', resourceArns: [arn], principals: ['222233334444'] }, provider);
    const VpcId = theirs('project-1');
    const { GroupId } = await set.call<{ GroupId: string }>(
      'CreateSecurityGroup',
      { GroupName: 'proxy', Description: 'proxy', VpcId },
      consumer,
    );
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 3128, ToPort: 3128, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }];
    await set.call('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions }, consumer);
    const { VpcEndpoint } = await set.call<{ VpcEndpoint: { VpcEndpointId: string } }>(
      'CreateVpcEndpoint',
      {
        VpcId,
        VpcEndpointType: 'Resource',
        ResourceConfigurationArn: arn,
        SubnetIds: subnets(theirs, 'project-1'),
        SecurityGroupIds: [GroupId],
      },
      consumer,
    );
    const { VpcEndpointAssociations } = await set.call<{
      VpcEndpointAssociations: { DnsEntry: { DnsName: string; HostedZoneId: string } }[];
    }>('DescribeVpcEndpointAssociations', { VpcEndpointIds: [VpcEndpoint.VpcEndpointId] }, consumer);
    const { DnsName: DNSName, HostedZoneId } = VpcEndpointAssociations[0]!.DnsEntry;
    const zone = { Name: 'proxy.egress.internal', CallerReference: 'one', VPC: { VPCId: VpcId, VPCRegion: 'us-west-2' } };
    const { HostedZone } = await set.call<{ HostedZone: { Id: string } }>('CreateHostedZone', zone, consumer);
    const ResourceRecordSet = {
      Name: 'proxy.egress.internal',
      Type: 'A',
      AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: false },
    };
    const ChangeBatch = { Changes: [{ Action: 'CREATE', ResourceRecordSet }] };
    await set.call('ChangeResourceRecordSets', { HostedZoneId: HostedZone.Id, ChangeBatch }, consumer);
    return set;
  }

  test('the internet is reached through the proxy, by its well-known name, and in no other way', async () => {
    const set = await attached();
    const proxy = '-x http://proxy.egress.internal:3128';
    expect(curled(set, 'app-1', `${proxy} https://example.com/`)).toBe('0 200');
    expect(curled(set, 'app-1', `${proxy} http://example.com/`)).toBe('0 200');
    expect(curled(set, 'app-1', 'https://example.com/')).toBe('28 000');
    expect(curled(set, 'app-2', `${proxy} https://example.com/`)).toBe('5 000');
    expect(set.lines('app-1', 'dig +short proxy.egress.internal')).toHaveLength(2);
  });

  test('nothing else of the proxies is within reach, and nothing gets in', async () => {
    const set = await attached();
    expect(curled(set, 'app-1', 'http://proxy.egress.internal:22/')).toBe('28 000');
    const [address = ''] = set.lines('app-1', 'dig +short proxy.egress.internal');
    expect(set.on('squid-a', `ping -c 1 ${address}`).exitCode).toBe(1);
    expect(set.on('squid-a', 'ping -c 1 10.0.21.10').exitCode).toBe(1);
  });

  test('the proxy’s own trouble is told as Squid tells it', async () => {
    const set = await attached();
    const proxy = '-x http://proxy.egress.internal:3128';
    expect(set.on('app-1', `curl -sS ${proxy} https://nobody.example/`)).toMatchObject({
      exitCode: 56,
      stderr: 'curl: (56) CONNECT tunnel failed, response 503\n',
    });
    for (const name of ['private-a', 'private-b']) {
      const RouteTableId = set.ids.get(`111122223333/us-west-2/egress/routeTables/${name}`)!;
      await set.call('DeleteRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }, provider);
    }
    const { exitCode, explanation } = set.on('app-1', `curl -sS ${proxy} https://example.com/`);
    expect(exitCode).toBe(56);
    expect(explanation.join('\n')).toMatch(
      /\(squid-[ab]\) does not reach 192\.0\.2\.80 with tcp\/443: route table rtb-\w+ \(private-[ab]\) .*no route/,
    );
  });
});

test('behind a load balancer the target answers, at the port that it is asked at', async () => {
  const set = stage(`
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: provider
          cidr: 10.1.0.0/16
          subnets: [{ name: a, cidr: 10.1.0.0/24, zone: usw2-az1 }]
          securityGroups: [{ name: web, ingress: [{ protocol: tcp, ports: 8080, from: 10.1.0.0/16 }] }]
          instances: [{ name: web, subnet: a, securityGroups: [web], listens: [{ port: 8080, http: "from the target" }, tcp/80] }]
          networkLoadBalancers: [{ name: balancer, subnets: [a], listeners: [{ port: 80, targetPort: 8080, targets: [web] }] }]
        - name: consumer
          cidr: 10.2.0.0/16
          subnets: [{ name: a, cidr: 10.2.0.0/24, zone: usw2-az1 }]
          instances: [{ name: client, subnet: a }]
`);
  const id = (path: string): string => set.ids.get(`111122223333/us-west-2/${path}`)!;
  const { ServiceConfiguration } = await set.call<{ ServiceConfiguration: { ServiceName: string } }>(
    'CreateVpcEndpointServiceConfiguration',
    {
      NetworkLoadBalancerArns: [id('provider/networkLoadBalancers/balancer')],
      AcceptanceRequired: false,
    },
  );
  const { VpcEndpoint } = await set.call<{ VpcEndpoint: { DnsEntries: { DnsName: string }[] } }>('CreateVpcEndpoint', {
    VpcId: id('consumer'),
    VpcEndpointType: 'Interface',
    ServiceName: ServiceConfiguration.ServiceName,
    SubnetIds: [id('consumer/subnets/a')],
  });
  const name = VpcEndpoint.DnsEntries[0]!.DnsName;
  expect(set.on('client', `curl -sS http://${name}/`)).toMatchObject({ exitCode: 0, stdout: 'from the target' });
  expect(set.on('client', `curl -sS -m 1 http://${name}:8080/`).exitCode).not.toBe(0);
});
