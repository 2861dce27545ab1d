import { describe, expect, test } from '@jest/globals';
import type { Resolve } from '../../src/network/dns.ts';
import { describeReachability } from '../../src/network/reachability.ts';
import { ask, codeOf, ids } from './asking.ts';
import {
  addConfiguration,
  addEndpoint,
  addGroup,
  addInterface,
  addResourceGateway,
  associate,
  resourceEndpoint,
} from './sample-endpoints.ts';
import { addInstance, addVpc, change, route, rule, type Sample } from './sample-network.ts';

describe('a Resource endpoint', () => {
  test('leads through the resource gateway to the resource, which sees the gateway, whatever blocks the VPCs use', () => {
    const { consumer, provider } = resourceEndpoint();
    const result = ask([consumer, provider]);
    const before = ['i-a', 'eni-a', 'sg-a', 'sg-vpce', 'eni-vpce', 'vpce-web'];
    expect(ids(result.hops)).toEqual([...before, 'rcfg-web', 'rgw-w', 'eni-rgw-w', 'sg-rgw-w', 'sg-w', 'eni-w', 'i-w']);
    expect(ids(result.returnHops)).toEqual([
      'i-w',
      'eni-w',
      'sg-w',
      'sg-rgw-w',
      'eni-rgw-w',
      'eni-vpce',
      'sg-vpce',
      'sg-a',
      'eni-a',
      'i-a',
    ]);
    expect(result).toMatchObject({ reachable: true, arrival: { address: '10.0.0.80', port: 80 } });
    expect(describeReachability(result)[1]).toBe(
      '  there: i-a (A) › eni-a › sg-a › sg-vpce › eni-vpce › vpce-web › rcfg-web (web) › rgw-w (gateway-w) › eni-rgw-w › sg-rgw-w › sg-w › eni-w › i-w (W)',
    );
  });

  test('lets nobody come the other way', () => {
    const { consumer, provider } = resourceEndpoint();
    provider.securityGroupRules.push(rule('sgr-rgw', 'sg-rgw-w', { peer: { cidrIpv4: '0.0.0.0/0' } }));
    const back = ask([consumer, provider], { source: { instanceId: 'i-w' }, destination: { address: '10.0.0.200' } });
    expect([codeOf(back), back.blockedBy?.component.id]).toEqual(['NO_POSSIBLE_DESTINATION there', 'rgw-w']);
    for (const address of ['10.0.0.10', '10.0.0.100']) {
      const answer = ask([consumer, provider], { source: { instanceId: 'i-w' }, destination: { address } });
      expect([codeOf(answer), answer.blockedBy?.component.id]).toEqual(['NO_POSSIBLE_DESTINATION there', 'vpc-w']);
    }
  });

  test.each<[string, string, string, (samples: { consumer: Sample; provider: Sample }) => unknown]>([
    [
      'the endpoint is rejected',
      'BAD_STATE',
      'vpce-web',
      ({ consumer }) => change(consumer.vpcEndpoints, 'vpce-web', () => ({ state: 'rejected' })),
    ],
    [
      'the endpoint’s group does not let the client in',
      'ENI_SG_RULES_MISMATCH',
      'sg-vpce',
      ({ consumer }) => change(consumer.securityGroupRules, 'sgr-vpce-in', () => ({ peer: { cidrIpv4: '10.0.9.0/24' } })),
    ],
    [
      'the provider cut the endpoint off',
      'BAD_STATE_ATTACHMENT',
      'vpce-web',
      ({ provider }) => provider.resourceEndpointAssociations.splice(0),
    ],
    ['the configuration is gone', 'UNKNOWN_DESTINATION', 'vpce-web', ({ provider }) => provider.resourceConfigurations.splice(0)],
    [
      'the configuration is being made',
      'BAD_STATE',
      'rcfg-web',
      ({ provider }) => change(provider.resourceConfigurations, 'rcfg-web', () => ({ status: 'CREATE_IN_PROGRESS' })),
    ],
    ['the gateway is gone', 'BAD_STATE', 'rgw-w', ({ provider }) => provider.resourceGateways.splice(0)],
    [
      'the gateway failed',
      'BAD_STATE',
      'rgw-w',
      ({ provider }) => change(provider.resourceGateways, 'rgw-w', () => ({ status: 'CREATE_FAILED' })),
    ],
    [
      'the two have no zone in common',
      'VPCE_SERVICE_NOT_INSTALLED_IN_AZ',
      'rgw-w',
      ({ provider }) => change(provider.subnets, 'subnet-w', () => ({ availabilityZoneId: 'usw2-az4' })),
    ],
    [
      'the port is not the resource’s',
      'ENDPOINT_PORT_RESTRICTION',
      'vpce-web',
      ({ provider }) =>
        change(provider.resourceConfigurations, 'rcfg-web', () => ({
          portRanges: [
            { from: 443, to: 443 },
            { from: 8000, to: 8080 },
          ],
        })),
    ],
    [
      'the gateway’s group does not let it out',
      'ENI_SG_RULES_MISMATCH',
      'sg-rgw-w',
      ({ provider }) => change(provider.securityGroupRules, 'sgr-rgw-w-out', () => ({ peer: { cidrIpv4: '10.1.0.0/16' } })),
    ],
    [
      'the resource lets in only the client',
      'ENI_SG_RULES_MISMATCH',
      'sg-w',
      ({ provider }) => change(provider.securityGroupRules, 'sgr-w-in', () => ({ peer: { cidrIpv4: '10.0.0.10/32' } })),
    ],
    [
      'nothing has the resource’s address',
      'NO_POSSIBLE_DESTINATION',
      'vpc-w',
      ({ provider }) => change(provider.resourceConfigurations, 'rcfg-web', () => ({ definition: { ipAddress: '10.0.0.99' } })),
    ],
    [
      'the resource is a database',
      'RESOURCE_ADDRESS_UNKNOWN',
      'rcfg-web',
      ({ provider }) =>
        change(provider.resourceConfigurations, 'rcfg-web', () => ({
          type: 'ARN' as const,
          portRanges: [],
          definition: { arn: 'arn:aws:rds:us-west-2:111111111111:db:main' },
        })),
    ],
    [
      'the resource is a range',
      'RESOURCE_ADDRESS_UNKNOWN',
      'rcfg-web',
      ({ provider }) =>
        change(provider.resourceConfigurations, 'rcfg-web', () => ({ type: 'CIDR' as const, definition: { cidrRanges: ['10.0.0.0/8'] } })),
    ],
    [
      'the resource speaks IPv6 and the gateway does not',
      'ENI_ADDRESS_RESTRICTION',
      'eni-rgw-w',
      ({ provider }) => change(provider.resourceConfigurations, 'rcfg-web', () => ({ definition: { ipAddress: '2001:db8::80' } })),
    ],
    [
      'names are not known',
      'RESOURCE_ADDRESS_UNKNOWN',
      'rcfg-web',
      ({ provider }) =>
        change(provider.resourceConfigurations, 'rcfg-web', () => ({ definition: { domainName: 'web.internal', family: 4 as const } })),
    ],
  ])('says so where %s', (_name, code, component, spoil) => {
    const samples = resourceEndpoint();
    spoil(samples);
    const result = ask([samples.consumer, samples.provider]);
    expect([result.blockedBy?.code, result.blockedBy?.component.id]).toEqual([code, component]);
    expect(result).toMatchObject({ refused: false, returnHops: [] });
  });

  test('goes out by the gateway’s interface in the zone that it came in by, or else in another that both are in', () => {
    const { consumer, provider } = resourceEndpoint();
    const second = { vpc: 'w', address: '10.0.8.200', groups: ['sg-rgw-w'], zone: 'usw2-az2' };
    addInterface(provider, 'rgw-w-2', second);
    addInterface(consumer, 'vpce-2', { vpc: 'a', address: '10.0.8.100', groups: ['sg-vpce'], zone: 'usw2-az2' });
    addInterface(consumer, 'vpce-3', { vpc: 'a', address: '10.0.9.100', groups: ['sg-vpce'], zone: 'usw2-az3' });
    change(provider.resourceGateways, 'rgw-w', () => ({ networkInterfaceIds: ['eni-rgw-w', 'eni-rgw-w-2'] }));
    change(consumer.vpcEndpoints, 'vpce-web', () => ({ networkInterfaceIds: ['eni-vpce', 'eni-vpce-2', 'eni-vpce-3'] }));
    const exitFor = (address: string) =>
      ids(ask([consumer, provider], { destination: { address } }).hops).find((id) => id.startsWith('eni-rgw'));
    expect(['10.0.0.100', '10.0.8.100', '10.0.9.100'].map(exitFor)).toEqual(['eni-rgw-w', 'eni-rgw-w-2', 'eni-rgw-w']);
  });

  test('takes TCP only', () => {
    const { consumer, provider } = resourceEndpoint();
    consumer.securityGroupRules.push(rule('sgr-all', 'sg-vpce', { peer: { cidrIpv4: '10.0.0.0/8' } }));
    expect(codeOf(ask([consumer, provider], { protocol: 'icmp' }))).toBe('ENDPOINT_PORT_RESTRICTION there');
    expect(codeOf(ask([consumer, provider], { protocol: 'udp', port: 80 }))).toBe('ENDPOINT_PORT_RESTRICTION there');
  });

  test('resource and gateway may name each other’s groups', () => {
    const { consumer, provider } = resourceEndpoint();
    change(provider.securityGroupRules, 'sgr-w-in', () => ({ peer: { referencedGroup: { groupId: 'sg-rgw-w' } } }));
    change(provider.securityGroupRules, 'sgr-rgw-w-out', () => ({ peer: { referencedGroup: { groupId: 'sg-w' } } }));
    expect(codeOf(ask([consumer, provider]))).toBe('reached');
    change(provider.securityGroupRules, 'sgr-w-in', () => ({ peer: { referencedGroup: { groupId: 'sg-a' } } }));
    expect(codeOf(ask([consumer, provider]))).toBe('ENI_SG_RULES_MISMATCH there');
  });

  test.each([
    ['IN_VPC', { vpcId: 'vpc-w' }],
    ['PUBLIC', 'internet'],
  ] as const)('a name is resolved where the gateway does so: %s', (dnsResolution, vantage) => {
    const { consumer, provider } = resourceEndpoint();
    change(provider.resourceGateways, 'rgw-w', () => ({ dnsResolution }));
    change(provider.resourceConfigurations, 'rcfg-web', () => ({ definition: { domainName: 'web.internal', family: 4 as const } }));
    const asked: unknown[] = [];
    const resolve: Resolve = (name, from) => {
      asked.push([name, from]);
      return ['2001:db8::80', '10.0.0.99', '10.0.0.80'];
    };
    expect(ask([consumer, provider], {}, resolve)).toMatchObject({ reachable: true, arrival: { address: '10.0.0.80' } });
    expect(asked).toEqual([['web.internal', vantage]]);
    const unknown = ask([consumer, provider], {}, () => []);
    expect([codeOf(unknown), unknown.blockedBy?.component.id]).toEqual(['RESOURCE_ADDRESS_UNKNOWN there', 'rcfg-web']);
  });

  test('a public name is reached through the provider’s NAT gateway', () => {
    const { consumer, provider } = resourceEndpoint();
    addInterface(provider, 'nat', { vpc: 'w', address: '10.0.255.5', zone: 'usw2-az2' });
    change(provider.networkInterfaces, 'eni-nat', () => ({ publicIp: '203.0.113.5' }));
    change(provider.subnets, 'subnet-w', () => ({ cidr: '10.0.0.0/24' }));
    const placed = { vpcId: 'vpc-w', subnetId: 'subnet-w-usw2-az2', ownerId: provider.accountId, tags: {} };
    provider.natGateways.push({ ...placed, natGatewayId: 'nat-1', state: 'available', networkInterfaceId: 'eni-nat' });
    provider.internetGateways.push({ internetGatewayId: 'igw-1', ownerId: provider.accountId, vpcIds: ['vpc-w'], tags: {} });
    const main = provider.routeTables[0]!;
    provider.routeTables.push({
      ...main,
      routeTableId: 'rtb-public',
      associations: [{ associationId: 'rtbassoc-public', main: false, subnetId: 'subnet-w-usw2-az2' }],
      routes: [...main.routes, route('0.0.0.0/0', 'igw-1')],
    });
    change(provider.resourceConfigurations, 'rcfg-web', () => ({ definition: { domainName: 'example.com', family: 4 as const } }));
    const resolve: Resolve = () => ['192.0.2.80'];
    expect(codeOf(ask([consumer, provider], {}, resolve))).toBe('NO_ROUTE_TO_DESTINATION there');
    change(provider.routeTables, 'rtb-w', ({ routes }) => ({ routes: [...routes, route('0.0.0.0/0', 'nat-1')] }));
    const result = ask([consumer, provider], {}, resolve);
    expect(result).toMatchObject({ reachable: true, arrival: { address: '192.0.2.80', port: 80 } });
    expect(ids(result.hops).slice(-5)).toEqual(['acl-w', 'nat-1', 'acl-w', 'rtb-public', 'igw-1']);
  });

  test('a resource may be another endpoint, by its name; a circle of them is none', () => {
    const { consumer, provider } = resourceEndpoint();
    addVpc(provider, 'm', { cidr: '10.7.0.0/16', address: '10.7.0.10' });
    addResourceGateway(provider, 'm', { address: '10.7.0.200' });
    const group = addGroup(provider, 'inner', { vpc: 'm', port: 80, from: '10.7.0.0/16' });
    addInterface(provider, 'inner', { vpc: 'm', address: '10.7.0.100', groups: [group] });
    addEndpoint(provider, 'inner', { type: 'Resource', vpcId: 'vpc-m', networkInterfaceIds: ['eni-inner'] });
    addConfiguration(provider, 'outer', { resourceGatewayId: 'rgw-m', definition: { domainName: 'inner.example', family: 4 } });
    associate(provider, 'inner', 'web');
    provider.resourceEndpointAssociations = provider.resourceEndpointAssociations.map((one) =>
      one.vpcEndpointId === 'vpce-web' ? { ...one, resourceConfigurationId: 'rcfg-outer' } : one,
    );
    const resolve: Resolve = () => ['10.7.0.100'];
    expect(ask([consumer, provider], {}, resolve)).toMatchObject({ reachable: true, arrival: { address: '10.0.0.80' } });
    provider.resourceEndpointAssociations = provider.resourceEndpointAssociations.map((one) => ({
      ...one,
      resourceConfigurationId: 'rcfg-outer',
    }));
    const circle = ask([consumer, provider], {}, resolve);
    expect(codeOf(circle)).toBe('NO_POSSIBLE_DESTINATION there');
    expect(circle.blockedBy?.message).toContain('comes round in a circle');
  });

  test('of a group leads to the child that the name says, and else to one that has the port', () => {
    const { consumer, provider } = resourceEndpoint();
    addInstance(provider, 'v', { vpc: 'w', address: '10.0.0.81' });
    const child = { type: 'CHILD', resourceGatewayId: 'rgw-w', resourceConfigurationGroupId: 'rcfg-web' } as const;
    change(provider.resourceConfigurations, 'rcfg-web', () => ({ type: 'GROUP' as const, definition: undefined }));
    expect(codeOf(ask([consumer, provider]))).toBe('ENDPOINT_PORT_RESTRICTION there');
    addConfiguration(provider, 'one', { ...child, definition: { ipAddress: '10.0.0.80' } });
    addConfiguration(provider, 'two', { ...child, definition: { ipAddress: '10.0.0.81' }, customDomainName: 'two.example.com' });
    addConfiguration(provider, 'admin', { ...child, definition: { ipAddress: '10.0.0.81' }, portRanges: [{ from: 443, to: 443 }] });
    const arrivalBy = (name?: string) => {
      const result = ask([consumer, provider], { destination: { address: '10.0.0.100', name } });
      return result.reachable ? result.arrival.address : result.blockedBy.code;
    };
    expect(arrivalBy()).toBe('10.0.0.80');
    expect(arrivalBy('vpce-web.rcfg-two.1a2b3c4.vpc-lattice-rsc.us-west-2.on.aws')).toBe('10.0.0.81');
    expect(arrivalBy('Two.Example.Com.')).toBe('10.0.0.81');
    expect(arrivalBy('proxy.egress.internal')).toBe('10.0.0.80');
    expect(arrivalBy('vpce-web.rcfg-admin.1a2b3c4.vpc-lattice-rsc.us-west-2.on.aws')).toBe('ENDPOINT_PORT_RESTRICTION');
  });
});

describe('a ServiceNetwork endpoint', () => {
  function serviceNetwork(status = 'ACTIVE'): readonly Sample[] {
    const { consumer, provider } = resourceEndpoint();
    provider.resourceEndpointAssociations = [];
    change(consumer.vpcEndpoints, 'vpce-web', () => ({
      type: 'ServiceNetwork' as const,
      resourceConfigurationArn: undefined,
      serviceNetworkArn: 'arn:aws:vpc-lattice:us-west-2:111111111111:servicenetwork/sn-1',
    }));
    for (const [id, serviceNetworkId] of Object.entries({ 'snra-1': 'sn-1', 'snra-2': 'sn-2' })) {
      provider.serviceNetworkResourceAssociations.push({
        serviceNetworkResourceAssociationId: id,
        serviceNetworkId,
        resourceConfigurationId: id === 'snra-1' ? 'rcfg-web' : 'rcfg-other',
        status: id === 'snra-1' ? status : 'ACTIVE',
      });
    }
    return [consumer, provider];
  }

  test('leads to the resources of the network', () => {
    expect(ask(serviceNetwork())).toMatchObject({ reachable: true, arrival: { address: '10.0.0.80' } });
  });

  test('leads nowhere while none is associated', () => {
    const result = ask(serviceNetwork('CREATE_IN_PROGRESS'));
    expect([codeOf(result), result.blockedBy?.component.id]).toEqual(['BAD_STATE_ATTACHMENT there', 'vpce-web']);
  });
});
