import { describe, expect, test } from '@jest/globals';
import { addressInCidr } from '../../../src/network/cidr.ts';
import { askDns, type DnsVantage } from '../../../src/network/dns.ts';
import { dnsViewOf, resolverOfWorld } from '../../../src/simulator/data-plane/dns-view.ts';
import { awsPrefixLists } from '../../../src/simulator/ec2/aws-prefix-lists.ts';
import { publishTxtRecord } from '../../../src/simulator/vpc-lattice/domain-verifications.ts';
import { type Stage, stage } from './world.ts';

/** `cake`, with two private subnets, and its neighbour. */
const file = `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: cake
          cidr: 10.0.0.0/16
          dnsHostnames: true
          subnets:
            - { name: a, cidr: 10.0.3.0/25, zone: usw2-az1 }
            - { name: b, cidr: 10.0.4.0/25, zone: usw2-az2 }
        - name: other
          cidr: 10.1.0.0/16
          dnsHostnames: true
          subnets: [{ name: a, cidr: 10.1.0.0/24, zone: usw2-az1 }]
internet:
  - { name: Files.Example, address: 192.0.2.9 }
  - { name: six.example, address: "2001:db8::9" }
`;

const made = () => {
  const set = stage(file);
  const id = (path: string): string => set.ids.get(`111122223333/us-west-2/${path}`)!;
  const inVpc = (vpc: string): DnsVantage => ({ vpcId: id(vpc) });
  const resolve = (name: string, from: DnsVantage): readonly string[] => resolverOfWorld(set.world)(name, from);
  return { ...set, id, inVpc, resolve, subnets: [id('cake/subnets/a'), id('cake/subnets/b')] };
};

const ec2Name = 'ec2.us-west-2.amazonaws.com';
const isOfCake = (address: string): boolean => addressInCidr(address, '10.0.3.0/25') || addressInCidr(address, '10.0.4.0/25');

interface MadeEndpoint {
  readonly VpcEndpoint: { readonly VpcEndpointId: string };
}

async function endpoint({ call, id, subnets }: ReturnType<typeof made>, input: object): Promise<string> {
  const base = { VpcId: id('cake'), SubnetIds: subnets };
  return (await call<MadeEndpoint>('CreateVpcEndpoint', { ...base, ...input })).VpcEndpoint.VpcEndpointId;
}

const interfaceTo = (service: string, more: object = {}): object => ({
  VpcEndpointType: 'Interface',
  ServiceName: `com.amazonaws.us-west-2.${service}`,
  ...more,
});

async function namesOf({ call }: Stage, endpointId: string): Promise<string[]> {
  const { VpcEndpoints } = await call<{ VpcEndpoints: { DnsEntries: { DnsName: string }[] }[] }>('DescribeVpcEndpoints', {
    VpcEndpointIds: [endpointId],
  });
  return VpcEndpoints[0]!.DnsEntries.map(({ DnsName }) => DnsName);
}

describe('the public names of AWS', () => {
  test('of S3 and DynamoDB lie in their prefix lists, with all names below', () => {
    const { resolve } = made();
    for (const [name, service] of [
      ['s3.us-west-2.amazonaws.com', 's3'],
      ['bucket.s3.us-west-2.amazonaws.com', 's3'],
      ['dynamodb.us-west-2.amazonaws.com', 'dynamodb'],
    ] as const) {
      const { cidrs } = awsPrefixLists('us-west-2').find((list) => list.name.endsWith(`.${service}`))!;
      const addresses = resolve(name, 'internet');
      expect(addresses).toHaveLength(2);
      expect(addresses.every((address) => cidrs.some((cidr) => addressInCidr(address, cidr)))).toBe(true);
    }
  });

  test('are the same for everybody, and of each region its own', () => {
    const { resolve, inVpc } = made();
    expect(resolve(ec2Name, inVpc('cake'))).toEqual(resolve(ec2Name, 'internet'));
    const everywhere = ['us-west-2', 'eu-west-2', 'ap-northeast-2'].flatMap((region) => resolve(`ec2.${region}.amazonaws.com`, 'internet'));
    expect(new Set(everywhere).size).toBe(6);
    expect(resolve('nothing.us-west-2.amazonaws.com', 'internet')).toEqual([]);
  });
});

test('a world file tells who is on the internet; without it the hosts of examples are', () => {
  const { resolve } = made();
  expect(resolve('files.example', 'internet')).toEqual(['192.0.2.9']);
  expect(resolve('six.example', 'internet')).toEqual(['2001:db8::9']);
  expect(resolve('example.com', 'internet')).toEqual([]);
  expect(resolverOfWorld(stage('{}').world)('example.com', 'internet')).toEqual(['192.0.2.80']);
  expect(() => stage('internet: [{ name: a.example, address: 10.0.0 }]')).toThrow(
    'internet[0].address: found "10.0.0"; it must be an IP address',
  );
  expect(() => stage('internet: [{ name: a.example, address: 192.0.2.1 }, { name: A.example, address: 192.0.2.2 }]')).toThrow(
    'internet[1].name: there is another a.example',
  );
});

describe('an interface endpoint', () => {
  test('has public names that stand for its private addresses, for the region and for each zone', async () => {
    const set = made();
    const [regional = '', ...zonal] = await namesOf(set, await endpoint(set, interfaceTo('ec2')));
    const all = set.resolve(regional, 'internet');
    expect(all).toHaveLength(2);
    expect(all.every(isOfCake)).toBe(true);
    expect(set.resolve(regional, set.inVpc('other'))).toEqual(all);
    expect(zonal).toHaveLength(2);
    expect(zonal.flatMap((name) => set.resolve(name, 'internet')).toSorted()).toEqual([...all].toSorted());
  });

  test('without private DNS leaves the name of the service alone', async () => {
    const set = made();
    await endpoint(set, interfaceTo('ec2'));
    expect(set.resolve(ec2Name, set.inVpc('cake'))).toEqual(set.resolve(ec2Name, 'internet'));
  });

  test('with private DNS turns the name of the service into private addresses, in its own VPC', async () => {
    const set = made();
    await endpoint(set, interfaceTo('ec2', { PrivateDnsEnabled: true }));
    const addresses = set.resolve(ec2Name, set.inVpc('cake'));
    expect(addresses).toHaveLength(2);
    expect(addresses.every(isOfCake)).toBe(true);
    expect(set.resolve(ec2Name, set.inVpc('other'))).toEqual(set.resolve(ec2Name, 'internet'));
    const { because } = askDns(dnsViewOf(set.world), { name: ec2Name, type: 'A' }, set.inVpc('cake'));
    expect(because).toMatch(/^the private DNS of endpoint vpce-\w+ for ec2\.us-west-2\.amazonaws\.com answers$/);
  });

  test('of S3 answers for all names below, too', async () => {
    const set = made();
    const id = await endpoint(set, interfaceTo('s3', { PrivateDnsEnabled: true }));
    const addresses = set.resolve('s3.us-west-2.amazonaws.com', set.inVpc('cake'));
    expect(addresses.every(isOfCake)).toBe(true);
    expect(set.resolve('bucket.s3.us-west-2.amazonaws.com', set.inVpc('cake'))).toEqual(addresses);
    const [regional = ''] = await namesOf(set, id);
    expect(set.resolve(regional.replace('*', 'bucket'), 'internet')).toEqual(addresses);
  });

  test('takes its names with it', async () => {
    const set = made();
    const id = await endpoint(set, interfaceTo('ec2', { PrivateDnsEnabled: true }));
    const [regional = ''] = await namesOf(set, id);
    await set.call('DeleteVpcEndpoints', { VpcEndpointIds: [id] });
    expect(set.resolve(regional, 'internet')).toEqual([]);
    expect(set.resolve(ec2Name, set.inVpc('cake'))).toEqual(set.resolve(ec2Name, 'internet'));
  });

  test('of S3 with names for resolver endpoints alone leaves those inside the VPC to the Gateway endpoint', async () => {
    const set = made();
    await set.call('CreateVpcEndpoint', { VpcId: set.id('cake'), VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.us-west-2.s3' });
    const DnsOptions = { PrivateDnsOnlyForInboundResolverEndpoint: true };
    await endpoint(set, interfaceTo('s3', { PrivateDnsEnabled: true, DnsOptions }));
    const name = 's3.us-west-2.amazonaws.com';
    expect(set.resolve(name, set.inVpc('cake'))).toEqual(set.resolve(name, 'internet'));
  });

  test('that does not work has no names', async () => {
    const set = made();
    const id = await endpoint(set, interfaceTo('ec2', { PrivateDnsEnabled: true }));
    const [regional = ''] = await namesOf(set, id);
    set.world.vpcEndpoints.change(id, { state: 'deleting' });
    expect(set.resolve(regional, 'internet')).toEqual([]);
    expect(set.resolve(ec2Name, set.inVpc('cake'))).toEqual(set.resolve(ec2Name, 'internet'));
  });

  test.each([
    ['ipv4', 1, 0],
    ['dualstack', 1, 1],
    ['ipv6', 0, 1],
  ])('with addresses of both families tells those of %s', async (DnsRecordIpType, four, six) => {
    const set = stage(`
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: both
          cidr: 10.0.0.0/16
          ipv6: "2600:1f14:1::/56"
          subnets: [{ name: a, cidr: 10.0.3.0/25, ipv6: "2600:1f14:1::/64", zone: usw2-az1 }]
          networkLoadBalancers: [{ name: balancer, subnets: [a], listeners: [{ port: 80 }] }]
`);
    const id = (path: string): string => set.ids.get(`111122223333/us-west-2/${path}`)!;
    const { ServiceConfiguration } = await set.call<{ ServiceConfiguration: { ServiceName: string } }>(
      'CreateVpcEndpointServiceConfiguration',
      {
        NetworkLoadBalancerArns: [id('both/networkLoadBalancers/balancer')],
        AcceptanceRequired: false,
        SupportedIpAddressTypes: ['ipv4', 'ipv6'],
      },
    );
    const { VpcEndpoint } = await set.call<MadeEndpoint>('CreateVpcEndpoint', {
      VpcId: id('both'),
      SubnetIds: [id('both/subnets/a')],
      VpcEndpointType: 'Interface',
      ServiceName: ServiceConfiguration.ServiceName,
      IpAddressType: 'dualstack',
      DnsOptions: { DnsRecordIpType },
    });
    const [regional = ''] = await namesOf(set, VpcEndpoint.VpcEndpointId);
    const addresses = resolverOfWorld(set.world)(regional, 'internet');
    expect([addresses.filter((one) => !one.includes(':')).length, addresses.filter((one) => one.includes(':')).length]).toEqual([
      four,
      six,
    ]);
  });

  test('has names of no other family than it is asked to', async () => {
    const set = made();
    const [regional = ''] = await namesOf(set, await endpoint(set, interfaceTo('ec2')));
    expect(askDns(dnsViewOf(set.world), { name: regional, type: 'AAAA' }, 'internet')).toMatchObject({ status: 'NOERROR', records: [] });
  });
});

test('where an endpoint answers for a name, no private zone of that name can be (aws.md 4.3)', async () => {
  const set = made();
  const zone = (Name: string, vpc: string) => ({
    Name,
    CallerReference: `${Name} ${vpc}`,
    VPC: { VPCId: set.id(vpc), VPCRegion: 'us-west-2' },
  });
  await endpoint(set, interfaceTo('ec2', { PrivateDnsEnabled: true }));
  await expect(set.call('CreateHostedZone', zone(ec2Name, 'cake'))).rejects.toMatchObject({ code: 'ConflictingDomainExists' });
  const { HostedZone } = await set.call<{ HostedZone: { Id: string } }>('CreateHostedZone', zone(ec2Name, 'other'));
  const VPC = { VPCId: set.id('cake'), VPCRegion: 'us-west-2' };
  await expect(set.call('AssociateVPCWithHostedZone', { HostedZoneId: HostedZone.Id, VPC })).rejects.toMatchObject({
    code: 'ConflictingDomainExists',
    message: expect.stringMatching(
      /^The VPC vpc-\w+ in region us-west-2 has already been associated with the hosted zone Z\w+ with the same domain name\.$/,
    ),
  });
  await set.call('CreateHostedZone', zone('us-west-2.amazonaws.com', 'cake'));
});

test('what the world can read of a domain proves whose it is', () => {
  const { world } = stage('publicTxtRecords: { _proof.web.example: ["it-is-mine"] }');
  const answer = askDns(dnsViewOf(world), { name: '_proof.web.example', type: 'TXT' }, 'internet');
  expect(answer.records.map(({ value }) => value)).toEqual(['"it-is-mine"']);
});

test('a gateway endpoint changes no names', async () => {
  const set = made();
  const before = set.resolve('s3.us-west-2.amazonaws.com', set.inVpc('cake'));
  await set.call('CreateVpcEndpoint', { VpcId: set.id('cake'), VpcEndpointType: 'Gateway', ServiceName: 'com.amazonaws.us-west-2.s3' });
  expect(set.resolve('s3.us-west-2.amazonaws.com', set.inVpc('cake'))).toEqual(before);
});

describe('a Resource endpoint', () => {
  /** A resource behind a gateway in `other`, and an endpoint for it in `cake`. */
  async function resource(
    set: ReturnType<typeof made>,
    { configuration = {}, options = {} }: { configuration?: object; options?: object } = {},
  ) {
    const gateway = await set.call<{ id: string }>('CreateResourceGateway', {
      name: 'gateway',
      vpcIdentifier: set.id('other'),
      subnetIds: [set.id('other/subnets/a')],
    });
    const { arn } = await set.call<{ arn: string }>('CreateResourceConfiguration', {
      name: 'resource',
      type: 'SINGLE',
      portRanges: ['80'],
      resourceGatewayIdentifier: gateway.id,
      resourceConfigurationDefinition: { ipResource: { ipAddress: '10.1.0.80' } },
      ...configuration,
    });
    const id = await endpoint(set, { VpcEndpointType: 'Resource', ResourceConfigurationArn: arn, SubnetIds: [set.subnets[0]], ...options });
    const { VpcEndpointAssociations } = await set.call<{
      VpcEndpointAssociations: { DnsEntry: { DnsName: string; HostedZoneId: string } }[];
    }>('DescribeVpcEndpointAssociations', { VpcEndpointIds: [id] });
    return VpcEndpointAssociations[0]!.DnsEntry;
  }

  test('has a public name that stands for its private address', async () => {
    const set = made();
    const { DnsName } = await resource(set);
    const addresses = set.resolve(DnsName, 'internet');
    expect(addresses).toHaveLength(1);
    expect(isOfCake(addresses[0]!)).toBe(true);
  });

  test('is found under a well-known name by an alias in a private zone', async () => {
    const set = made();
    const { DnsName, HostedZoneId } = await resource(set);
    const { HostedZone } = await set.call<{ HostedZone: { Id: string } }>('CreateHostedZone', {
      Name: 'proxy.egress.internal',
      CallerReference: 'one',
      VPC: { VPCId: set.id('cake'), VPCRegion: 'us-west-2' },
    });
    const AliasTarget = { HostedZoneId, DNSName: DnsName, EvaluateTargetHealth: false };
    await set.call('ChangeResourceRecordSets', {
      HostedZoneId: HostedZone.Id,
      ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet: { Name: 'proxy.egress.internal', Type: 'A', AliasTarget } }] },
    });
    expect(set.resolve('proxy.egress.internal', set.inVpc('cake'))).toEqual(set.resolve(DnsName, 'internet'));
    expect(set.resolve('proxy.egress.internal', set.inVpc('other'))).toEqual([]);
    expect(set.resolve('x.proxy.egress.internal', set.inVpc('cake'))).toEqual([]);
  });

  test.each([
    ['ALL_DOMAINS', [], true],
    ['VERIFIED_DOMAINS_ONLY', [], false],
    ['VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS', ['web.example'], true],
    ['SPECIFIED_DOMAINS_ONLY', ['web.example'], true],
    ['SPECIFIED_DOMAINS_ONLY', ['elsewhere.example'], false],
  ])('with the preference %s and the domains %j answers for a domain that is not verified: %s', async (preference, domains, answers) => {
    const set = made();
    const DnsOptions = { PrivateDnsPreference: preference, ...(domains.length > 0 ? { PrivateDnsSpecifiedDomains: domains } : {}) };
    const configuration = { customDomainName: 'web.example' };
    const { DnsName } = await resource(set, { configuration, options: { PrivateDnsEnabled: true, DnsOptions } });
    expect(set.resolve('web.example', set.inVpc('cake'))).toEqual(answers ? set.resolve(DnsName, 'internet') : []);
    expect(set.resolve('web.example', set.inVpc('other'))).toEqual([]);
  });
});

test('an account’s service answers for its private name once its owner has proven to own that', async () => {
  const set = stage(`
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: cake
          cidr: 10.0.0.0/16
          dnsHostnames: true
          subnets: [{ name: a, cidr: 10.0.3.0/25, zone: usw2-az1 }]
          networkLoadBalancers: [{ name: balancer, subnets: [a], listeners: [{ port: 80 }] }]
`);
  const id = (path: string): string => set.ids.get(`111122223333/us-west-2/${path}`)!;
  const { ServiceConfiguration } = await set.call<{
    ServiceConfiguration: { ServiceId: string; ServiceName: string; PrivateDnsNameConfiguration: { Name: string; Value: string } };
  }>('CreateVpcEndpointServiceConfiguration', {
    NetworkLoadBalancerArns: [id('cake/networkLoadBalancers/balancer')],
    AcceptanceRequired: false,
    PrivateDnsName: 'api.example',
  });
  const { Name, Value } = ServiceConfiguration.PrivateDnsNameConfiguration;
  publishTxtRecord(set.world, `${Name}.api.example`, [Value]);
  await set.call('StartVpcEndpointServicePrivateDnsVerification', { ServiceId: ServiceConfiguration.ServiceId });
  const input = { VpcId: id('cake'), SubnetIds: [id('cake/subnets/a')], VpcEndpointType: 'Interface', PrivateDnsEnabled: true };
  await set.call('CreateVpcEndpoint', { ...input, ServiceName: ServiceConfiguration.ServiceName });
  const resolve = resolverOfWorld(set.world);
  expect(resolve('api.example', { vpcId: id('cake') })).toEqual([expect.stringMatching(/^10\.0\.3\./)]);
  expect(resolve('api.example', 'internet')).toEqual([]);
});

test('the names that Describe tells of an instance are those that stand for it', async () => {
  const set = stage(`
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: x
          cidr: 10.1.0.0/16
          dnsHostnames: true
          subnets: [{ name: one, cidr: 10.1.0.0/24 }]
          instances: [{ name: a, subnet: one, privateIp: 10.1.0.4, publicIp: 198.51.100.7 }]
`);
  const describe = () =>
    set.call<{ Reservations: { Instances: { PrivateDnsName: string; PublicDnsName?: string; VpcId: string }[] }[] }>(
      'DescribeInstances',
      {},
    );
  const { PrivateDnsName, PublicDnsName, VpcId } = (await describe()).Reservations[0]!.Instances[0]!;
  const resolve = resolverOfWorld(set.world);
  expect([PrivateDnsName, PublicDnsName!].map((name) => resolve(name, { vpcId: VpcId }))).toEqual([['10.1.0.4'], ['10.1.0.4']]);
  expect(resolve(PublicDnsName!, 'internet')).toEqual(['198.51.100.7']);
  await set.call('ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: false } });
  expect((await describe()).Reservations[0]!.Instances[0]!.PublicDnsName).toBeUndefined();
});
