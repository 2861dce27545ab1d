import * as ec2 from '@aws-sdk/client-ec2';
import * as lattice from '@aws-sdk/client-vpc-lattice';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { publishTxtRecord } from '../../../../src/simulator/vpc-lattice/domain-verifications.ts';
import { type ClientsAndWorld, clientsAndWorld, consumer, provider } from '../../sdk-clients.ts';
import { codeOf, type Network, network } from '../clients.ts';

let simulated: ClientsAndWorld;
let theirs: ReturnType<ClientsAndWorld['account']>;
let ours: ReturnType<ClientsAndWorld['account']>;
let net: Network;
let gatewayId: string;
let serial = 0;

beforeEach(async () => {
  simulated = clientsAndWorld();
  [theirs, ours] = [simulated.account(provider), simulated.account(consumer)];
  const home = await network(theirs.ec2, { cidr: '10.9.0.0/16', zones: ['usw2-az2', 'usw2-az3'] });
  net = await network(ours.ec2);
  const made = await theirs.lattice.send(
    new lattice.CreateResourceGatewayCommand({ name: 'gateway', vpcIdentifier: home.vpcId, subnetIds: [...home.subnetIds] }),
  );
  gatewayId = made.id!;
  // What is offered to a consumer is shared with it.
  simulated.world.shareBy((arn) => !arn.includes(unshared));
  await simulated.clock.advance(60_000);
});

let unshared = 'nothing';
beforeEach(() => {
  unshared = 'nothing';
});

async function configuration(input: Partial<lattice.CreateResourceConfigurationCommandInput> = {}): Promise<{ id: string; arn: string }> {
  const type = input.type ?? 'SINGLE';
  const made = await theirs.lattice.send(
    new lattice.CreateResourceConfigurationCommand({
      name: `config-${serial++}`,
      type,
      ...(type === 'CHILD' ? {} : { resourceGatewayIdentifier: gatewayId }),
      ...(type === 'GROUP'
        ? {}
        : { resourceConfigurationDefinition: { dnsResource: { domainName: 'web.example.com', ipAddressType: 'IPV4' } } }),
      portRanges: ['80'],
      ...input,
    }),
  );
  await simulated.clock.advance(5_000);
  return { id: made.id!, arn: made.arn! };
}

async function endpoint(
  ResourceConfigurationArn: string,
  input: Partial<ec2.CreateVpcEndpointCommandInput> = {},
): Promise<ec2.VpcEndpoint> {
  const command = new ec2.CreateVpcEndpointCommand({
    VpcEndpointType: 'Resource',
    VpcId: net.vpcId,
    ResourceConfigurationArn,
    SubnetIds: [...net.subnetIds],
    ...input,
  });
  return (await ours.ec2.send(command)).VpcEndpoint!;
}

const associations = async (input: ec2.DescribeVpcEndpointAssociationsCommandInput = {}) =>
  (await ours.ec2.send(new ec2.DescribeVpcEndpointAssociationsCommand(input))).VpcEndpointAssociations!;
const modify = (id: string | undefined, input: Partial<ec2.ModifyVpcEndpointCommandInput>) =>
  ours.ec2.send(new ec2.ModifyVpcEndpointCommand({ VpcEndpointId: id, ...input }));
const consumers = async (resourceConfigurationIdentifier: string) =>
  (await theirs.lattice.send(new lattice.ListResourceEndpointAssociationsCommand({ resourceConfigurationIdentifier }))).items!;

describe('a Resource endpoint', () => {
  test('is pending, then available, and its names are told by the associations alone (aws.md 4.3)', async () => {
    const { id, arn } = await configuration();
    const { VpcEndpointId, State, DnsEntries, ResourceConfigurationArn } = await endpoint(arn);
    expect([State, DnsEntries, ResourceConfigurationArn]).toEqual(['pending', [], arn]);
    const [pending] = await associations();
    expect(pending).toMatchObject({ AssociatedResourceAccessibility: 'Pending', AssociatedResourceArn: arn });
    expect(pending!.DnsEntry).toBeUndefined();
    await simulated.clock.advance(3_000);
    const [ready] = await associations({ VpcEndpointIds: [VpcEndpointId!] });
    expect(ready).toMatchObject({ Id: pending!.Id, VpcEndpointId, AssociatedResourceAccessibility: 'Accessible' });
    expect(ready!.Id).toMatch(/^vpce-rsc-asc-[0-9a-f]{17}$/);
    expect(ready!.DnsEntry!.DnsName).toMatch(
      new RegExp(`^${VpcEndpointId}\\.${id}\\.[0-9a-f]{7}\\.vpc-lattice-rsc\\.us-west-2\\.on\\.aws$`),
    );
    expect(await codeOf(associations({ VpcEndpointIds: ['vpce-0123456789abcdef0'] }))).toBe('InvalidVpcEndpointId.NotFound');
  });

  test('has interfaces only in zones that the resource gateway is in, and needs one (aws.md 4.1)', async () => {
    const { arn } = await configuration();
    await endpoint(arn);
    await simulated.clock.advance(3_000);
    const { NetworkInterfaces } = await ours.ec2.send(new ec2.DescribeNetworkInterfacesCommand({}));
    expect(NetworkInterfaces!.map(({ SubnetId }) => SubnetId)).toEqual([net.subnetIds[1]]);
    expect(await codeOf(endpoint(arn, { SubnetIds: [net.subnetIds[0]!] }))).toBe('InvalidParameter');
  });

  test('is refused as not found while nobody shares the configuration with the caller (aws.md 4.7)', async () => {
    const { arn, id } = await configuration();
    unshared = id;
    expect(await codeOf(endpoint(arn))).toBe('InvalidResourceConfigurationArn.NotFound');
    unshared = 'nothing';
    expect(await codeOf(endpoint(arn))).toBeUndefined();
  });

  test('of a group makes each of its children reachable; a child alone cannot be named (aws.md 4.1)', async () => {
    const group = await configuration({ type: 'GROUP' });
    const children = [];
    for (let index = 0; index < 2; index++) {
      children.push(await configuration({ type: 'CHILD', resourceConfigurationGroupIdentifier: group.id }));
    }
    expect(await codeOf(endpoint(children[0]!.arn))).toBe('InvalidParameter');
    await endpoint(group.arn);
    await simulated.clock.advance(3_000);
    const found = await associations();
    expect(found.map((one) => [one.AssociatedResourceArn, one.ResourceConfigurationGroupArn])).toEqual(
      children.map(({ arn }) => [arn, group.arn]),
    );
    expect(new Set(found.map(({ Id }) => Id)).size).toBe(2);
    const filtered = await associations({ Filters: [{ Name: 'associated-resource-id', Values: [children[1]!.id] }] });
    expect(filtered).toEqual([found[1]]);
    expect(await codeOf(associations({ MaxResults: 101 }))).toBe('InvalidMaxResults');
  });

  test('is listed for the provider, who can cut it off, and cannot delete the configuration before (aws.md 5.4)', async () => {
    const { id, arn } = await configuration();
    const { VpcEndpointId } = await endpoint(arn);
    await simulated.clock.advance(3_000);
    const [listed] = await consumers(id);
    expect(listed).toMatchObject({ vpcEndpointId: VpcEndpointId, vpcEndpointOwner: consumer, resourceConfigurationArn: arn });
    const remove = () => theirs.lattice.send(new lattice.DeleteResourceConfigurationCommand({ resourceConfigurationIdentifier: id }));
    expect(await codeOf(remove())).toBe('ConflictException');
    await theirs.lattice.send(new lattice.DeleteResourceEndpointAssociationCommand({ resourceEndpointAssociationIdentifier: listed!.id }));
    expect(await associations()).toEqual([]);
    expect(await codeOf(remove())).toBeUndefined();
  });

  test('leaves the provider’s list when it is gone', async () => {
    const { id, arn } = await configuration();
    const { VpcEndpointId } = await endpoint(arn);
    await ours.ec2.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId!] }));
    expect(await consumers(id)).toHaveLength(1);
    await simulated.clock.advance(3_000);
    expect([await consumers(id), await associations()]).toEqual([[], []]);
  });

  test('takes other groups and nothing else (aws.md 4.4)', async () => {
    const { arn } = await configuration();
    const { VpcEndpointId } = await endpoint(arn, { PrivateDnsEnabled: true, DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } });
    await simulated.clock.advance(3_000);
    const group = await ours.ec2.send(new ec2.CreateSecurityGroupCommand({ VpcId: net.vpcId, GroupName: 'x', Description: 'x' }));
    await modify(VpcEndpointId, { AddSecurityGroupIds: [group.GroupId!], RemoveSecurityGroupIds: [net.groupId] });
    const refused = [
      { AddSubnetIds: [net.subnetIds[0]!] },
      { PrivateDnsEnabled: false },
      { PrivateDnsEnabled: true, DnsOptions: { PrivateDnsPreference: 'VERIFIED_DOMAINS_ONLY' } },
      { IpAddressType: 'dualstack' as const },
      { PolicyDocument: '{}' },
      { AddRouteTableIds: [net.tableId] },
    ];
    for (const input of refused) expect([input, await codeOf(modify(VpcEndpointId, input))]).toEqual([input, 'InvalidParameter']);
    const same = { PrivateDnsEnabled: true, DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' } };
    expect(await codeOf(modify(VpcEndpointId, same))).toBeUndefined();
  });

  test.each<[string, Partial<ec2.CreateVpcEndpointCommandInput>]>([
    ['a policy', { PolicyDocument: '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}' }],
    ['an unknown preference', { DnsOptions: { PrivateDnsPreference: 'SOME' } }],
    ['specified domains without a preference for them', { DnsOptions: { PrivateDnsSpecifiedDomains: ['a.example.com'] } }],
    ['a preference for specified domains without any', { DnsOptions: { PrivateDnsPreference: 'SPECIFIED_DOMAINS_ONLY' } }],
    [
      'too many specified domains',
      {
        DnsOptions: {
          PrivateDnsPreference: 'SPECIFIED_DOMAINS_ONLY',
          PrivateDnsSpecifiedDomains: Array.from({ length: 11 }, (_, index) => `a${index}.example.com`),
        },
      },
    ],
    ['route tables', { RouteTableIds: ['rtb-0123456789abcdef0'] }],
  ])('is refused with %s (aws.md 4.1)', async (_what, input) => {
    const { arn } = await configuration();
    expect(await codeOf(endpoint(arn, input))).toBe('InvalidParameter');
  });
});

describe('private names of resources (aws.md 4.3)', () => {
  const domain = 'proxy.example.com';
  const privateNames = async (input: Partial<ec2.CreateVpcEndpointCommandInput>, arn: string) => {
    const { VpcEndpointId } = await endpoint(arn, { PrivateDnsEnabled: true, ...input });
    await simulated.clock.advance(3_000);
    const names = (await associations({ VpcEndpointIds: [VpcEndpointId!] })).map(({ PrivateDnsEntry }) => PrivateDnsEntry?.DnsName);
    await ours.ec2.send(new ec2.DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId!] }));
    await simulated.clock.advance(3_000);
    return names;
  };
  const preferring = (PrivateDnsPreference: string, ...PrivateDnsSpecifiedDomains: string[]) => ({
    DnsOptions: { PrivateDnsPreference, ...(PrivateDnsSpecifiedDomains.length > 0 ? { PrivateDnsSpecifiedDomains } : {}) },
  });

  test('are answered as the preference has it: all, specified, or verified ones', async () => {
    const { arn } = await configuration({ customDomainName: domain });
    expect(await privateNames(preferring('ALL_DOMAINS'), arn)).toEqual([domain]);
    expect(await privateNames(preferring('VERIFIED_DOMAINS_ONLY'), arn)).toEqual([undefined]);
    expect(await privateNames(preferring('SPECIFIED_DOMAINS_ONLY', domain), arn)).toEqual([domain]);
    expect(await privateNames(preferring('SPECIFIED_DOMAINS_ONLY', 'other.example.com'), arn)).toEqual([undefined]);
    expect(await privateNames(preferring('VERIFIED_DOMAINS_AND_SPECIFIED_DOMAINS', '*.example.com'), arn)).toEqual([domain]);
    expect(await privateNames({ ...preferring('ALL_DOMAINS'), PrivateDnsEnabled: false }, arn)).toEqual([undefined]);
  });

  test('count as verified once the provider has proven to own them', async () => {
    const started = await theirs.lattice.send(new lattice.StartDomainVerificationCommand({ domainName: domain }));
    publishTxtRecord(simulated.world, started.txtMethodConfig!.name!, [started.txtMethodConfig!.value!]);
    await simulated.clock.advance(60_000);
    const { arn } = await configuration({ customDomainName: domain, domainVerificationIdentifier: started.id });
    expect(await privateNames(preferring('VERIFIED_DOMAINS_ONLY'), arn)).toEqual([domain]);
  });

  test('are those of the setting where nothing is said, for sources disagree', async () => {
    const { arn } = await configuration({ customDomainName: domain });
    expect(await privateNames({}, arn)).toEqual([undefined]);
    simulated.world.configure({ privateDnsPreferenceDefault: 'ALL_DOMAINS' });
    expect(await privateNames({}, arn)).toEqual([domain]);
  });

  test('cannot be answered by two endpoints of a VPC (aws.md 4.4)', async () => {
    const { arn } = await configuration({ customDomainName: domain });
    const input = { PrivateDnsEnabled: true, ...preferring('ALL_DOMAINS') };
    await endpoint(arn, input);
    expect(await codeOf(endpoint(arn, input))).toBe('InvalidParameter');
    expect(await codeOf(endpoint(arn))).toBeUndefined();
  });
});

describe('a ServiceNetwork endpoint', () => {
  test('makes everything of the network reachable (aws.md 4.1, 5.4)', async () => {
    const { id, arn } = await configuration({ allowAssociationToShareableServiceNetwork: true });
    const made = await theirs.lattice.send(new lattice.CreateServiceNetworkCommand({ name: 'services' }));
    const joined = await theirs.lattice.send(
      new lattice.CreateServiceNetworkResourceAssociationCommand({
        serviceNetworkIdentifier: made.id,
        resourceConfigurationIdentifier: id,
      }),
    );
    await simulated.clock.advance(60_000);
    const command = new ec2.CreateVpcEndpointCommand({
      VpcEndpointType: 'ServiceNetwork',
      VpcId: net.vpcId,
      ServiceNetworkArn: made.arn,
      SubnetIds: [...net.subnetIds],
    });
    const { VpcEndpointId, ServiceNetworkArn } = (await ours.ec2.send(command)).VpcEndpoint!;
    expect(ServiceNetworkArn).toBe(made.arn);
    await simulated.clock.advance(3_000);
    expect(await associations({ Filters: [{ Name: 'service-network-name', Values: ['services'] }] })).toMatchObject([
      {
        VpcEndpointId,
        ServiceNetworkArn: made.arn,
        AssociatedResourceArn: arn,
        DnsEntry: { DnsName: expect.stringContaining(`${joined.id}.${id}.`) },
      },
    ]);
  });
});
