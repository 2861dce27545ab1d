import { describe, expect, test } from '@jest/globals';
import { describeReachability } from '../../src/network/reachability.ts';
import { ask, codeOf, ids, type Query } from './asking.ts';
import { addEndpoint, addGroup, addInterface, endpointService, gatewayEndpoint } from './sample-endpoints.ts';
import { aclEntry, addInstance, addVpc, change, connect, emptySample, route, rule, type Sample } from './sample-network.ts';

describe('a refusal', () => {
  test('is heard only where it finds its way back', () => {
    const sample = emptySample();
    addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
    addVpc(sample, 'c', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'c' });
    change(sample.routeTables, 'rtb-a', ({ routes }) => ({ routes: [...routes, route('10.9.0.0/16', 'pcx-1')] }));
    change(sample.instances, 'i-c', () => ({ listens: [] }));
    sample.securityGroupRules.push(rule('sgr-c', 'sg-c', { peer: { cidrIpv4: '10.0.0.0/8' } }));
    const query: Query = { destination: { instanceId: 'i-c' } };
    const blockedBy = { code: 'INSTANCE_NOT_LISTENING', way: 'there' };
    expect(ask([sample], query)).toMatchObject({ reachable: false, refused: false, blockedBy, returnHops: [] });
    change(sample.routeTables, 'rtb-c', ({ routes }) => ({ routes: [...routes, route('10.0.0.0/16', 'pcx-1')] }));
    expect(ask([sample], query)).toMatchObject({ reachable: false, refused: true, blockedBy, returnHops: [] });
    expect(describeReachability(ask([sample], query))[1]).toBe(
      '  blocked: INSTANCE_NOT_LISTENING at instance i-c (C), and the source is told so',
    );
    sample.securityGroupRules.pop();
    expect(ask([sample], query)).toMatchObject({ refused: false, blockedBy: { code: 'SG_HAS_NO_RULES' } });
  });
});

describe('prefix lists', () => {
  const s3: Query = { destination: { address: '52.216.1.2' }, port: 443 };

  test('a route to one leads where its longest fitting entry lies, and nothing else goes there', () => {
    const sample = gatewayEndpoint();
    expect(ids(ask([sample], s3).hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'acl-a', 'rtb-a', 'vpce-s3']);
    expect(codeOf(ask([sample], { ...s3, destination: { address: '52.217.1.2' } }))).toBe('NO_ROUTE_TO_DESTINATION there');
  });

  test.each([
    ['a static route to a CIDR of the same length goes before it', route('52.216.0.0/21', 'igw-1'), 'igw-1'],
    ['a longer CIDR goes before it', route('52.216.1.0/24', 'igw-1'), 'igw-1'],
    ['a shorter CIDR does not', route('52.216.0.0/16', 'igw-1'), 'vpce-s3'],
    ['a propagated route of the same length does not', route('52.216.0.0/21', 'igw-1', { origin: 'EnableVgwRoutePropagation' }), 'vpce-s3'],
  ])('%s', (_name, other, winner) => {
    const sample = gatewayEndpoint();
    for (const routes of [
      [...sample.routeTables[0]!.routes, other],
      [other, ...sample.routeTables[0]!.routes],
    ]) {
      change(sample.routeTables, 'rtb-a', () => ({ routes }));
      const used = ask([sample], s3).hops.find((hop) => hop.routeTableRoute)?.routeTableRoute;
      expect(used?.target.id).toBe(winner);
    }
  });

  test('a customer’s own list routes to any target', () => {
    const sample = emptySample();
    addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
    addVpc(sample, 'c', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'c' });
    const list = { prefixListId: 'pl-own', ownerId: sample.accountId, prefixListName: 'peers', cidrs: ['10.0.0.0/8'], tags: {} };
    sample.prefixLists.push(list);
    for (const table of ['rtb-a', 'rtb-c'])
      change(sample.routeTables, table, ({ routes }) => ({ routes: [...routes, route('pl-own', 'pcx-1')] }));
    sample.securityGroupRules.push(rule('sgr-c', 'sg-c', { peer: { prefixListId: 'pl-own' } }));
    const result = ask([sample], { destination: { instanceId: 'i-c' } });
    expect(codeOf(result)).toBe('reached');
    expect(result.hops.find((hop) => hop.component.id === 'sg-c')?.securityGroupRule?.securityGroupRuleId).toBe('sgr-c');
    sample.prefixLists = [{ ...list, cidrs: ['10.9.0.0/16'] }];
    expect(codeOf(ask([sample], { destination: { instanceId: 'i-c' } }))).toBe('ENI_SG_RULES_MISMATCH there');
  });

  test('an egress rule that names one lets out only what goes there', () => {
    const sample = gatewayEndpoint();
    sample.securityGroupRules = [rule('sgr-out', 'sg-a', { direction: 'egress', peer: { prefixListId: 'pl-63a5400a' } })];
    expect(codeOf(ask([sample], s3))).toBe('reached');
    change(sample.prefixLists, 'pl-63a5400a', () => ({ cidrs: ['3.5.0.0/22'] }));
    expect(codeOf(ask([sample], s3))).toBe('ENI_SG_RULES_MISMATCH there');
  });
});

describe('a gateway endpoint', () => {
  const s3: Query = { destination: { address: '52.216.1.2' }, port: 443 };

  test('leads to the service, whose answer comes back by it', () => {
    const result = ask([gatewayEndpoint()], s3);
    expect(ids(result.returnHops)).toEqual(['vpce-s3', 'acl-a', 'sg-a', 'eni-a', 'i-a']);
    expect(result).toMatchObject({ reachable: true, arrival: { address: '52.216.1.2', port: 443 } });
  });

  test('lets the answer be stopped by the subnet’s ACL', () => {
    const sample = gatewayEndpoint();
    change(sample.networkAcls, 'acl-a', () => ({ entries: [aclEntry(100, 'egress'), aclEntry(100, 'ingress', { cidr: '10.0.0.0/8' })] }));
    expect(codeOf(ask([sample], s3))).toBe('SUBNET_ACL_RESTRICTION back');
  });

  test.each([
    ['is not available', (sample: Sample) => change(sample.vpcEndpoints, 'vpce-s3', () => ({ state: 'deleting' })), 'BAD_STATE there'],
    [
      'is another VPC’s',
      (sample: Sample) => change(sample.vpcEndpoints, 'vpce-s3', () => ({ vpcId: 'vpc-z' })),
      'BAD_STATE_ATTACHMENT there',
    ],
    ['is gone', (sample: Sample) => sample.vpcEndpoints.splice(0), 'NO_POSSIBLE_DESTINATION there'],
  ])('takes nothing when it %s', (_name, spoil, code) => {
    const sample = gatewayEndpoint();
    spoil(sample);
    expect(codeOf(ask([sample], s3))).toBe(code);
  });

  test('takes echo requests, but no UDP', () => {
    const destination = { address: '52.216.1.2' };
    expect(codeOf(ask([gatewayEndpoint()], { protocol: 'icmp', destination }))).toBe('reached');
    expect(codeOf(ask([gatewayEndpoint()], { protocol: 'udp', port: 53, destination }))).toBe('VPCE_GATEWAY_PROTOCOL_RESTRICTION there');
  });

  test('cannot be used from a peer', () => {
    const sample = gatewayEndpoint();
    addVpc(sample, 'b', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'b' });
    change(sample.routeTables, 'rtb-b', ({ routes }) => ({ routes: [...routes, route('pl-63a5400a', 'pcx-1')] }));
    expect(codeOf(ask([sample], { ...s3, source: { instanceId: 'i-b' } }))).toBe('PCX_REQUIRES_ADDRESS_IN_VPC_CIDR there');
  });

  test('cannot be used by what a transit gateway brings', () => {
    const sample = gatewayEndpoint();
    addVpc(sample, 'b', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
    const tags = {};
    sample.transitGateways.push({ transitGatewayId: 'tgw-1', ownerId: sample.accountId, state: 'available', tags });
    for (const vpc of ['a', 'b']) {
      sample.transitGatewayAttachments.push({
        transitGatewayAttachmentId: `tgw-attach-${vpc}`,
        transitGatewayId: 'tgw-1',
        transitGatewayOwnerId: sample.accountId,
        vpcId: `vpc-${vpc}`,
        vpcOwnerId: sample.accountId,
        subnetIds: [`subnet-${vpc}`],
        state: 'available',
        routeTableId: 'tgw-rtb-1',
        tags,
      });
    }
    sample.transitGatewayRouteTables.push({
      transitGatewayRouteTableId: 'tgw-rtb-1',
      transitGatewayId: 'tgw-1',
      ownerId: sample.accountId,
      routes: [{ destination: '0.0.0.0/0', type: 'static', state: 'active', attachmentId: 'tgw-attach-a' }],
      tags,
    });
    change(sample.routeTables, 'rtb-b', ({ routes }) => ({ routes: [...routes, route('0.0.0.0/0', 'tgw-1')] }));
    const result = ask([sample], { ...s3, source: { instanceId: 'i-b' } });
    expect(codeOf(result)).toBe('NO_POSSIBLE_DESTINATION there');
    expect(result.blockedBy?.component.id).toBe('vpce-s3');
  });
});

/** A and an interface endpoint of the EC2 API in one VPC. */
function awsService(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  const group = addGroup(sample, 'vpce', { vpc: 'a', port: 443, from: '10.0.0.0/8' });
  addInterface(sample, 'vpce', { vpc: 'a', address: '10.0.0.100', groups: [group] });
  const serviceName = 'com.amazonaws.us-west-2.ec2';
  addEndpoint(sample, 'ec2', { type: 'Interface', vpcId: 'vpc-a', networkInterfaceIds: ['eni-vpce'], serviceName });
  return sample;
}

describe('an interface endpoint of a service of AWS’s', () => {
  test('answers at tcp/443', () => {
    const result = ask([awsService()], { port: 443 });
    expect(ids(result.hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'sg-vpce', 'eni-vpce', 'vpce-ec2']);
    expect(ids(result.returnHops)).toEqual(['eni-vpce', 'sg-vpce', 'sg-a', 'eni-a', 'i-a']);
  });

  test.each([
    ['at another port', 'ENDPOINT_PORT_RESTRICTION there', { port: 80 }, (sample: Sample) => addGroup(sample, 'more', { vpc: 'a' })],
    ['by ICMP', 'ENDPOINT_PORT_RESTRICTION there', { protocol: 'icmp' as const }, () => {}],
    [
      'while it is pending',
      'BAD_STATE there',
      { port: 443 },
      (sample: Sample) => change(sample.vpcEndpoints, 'vpce-ec2', () => ({ state: 'pendingAcceptance' })),
    ],
  ])('stays silent %s', (_name, code, query, spoil) => {
    const sample = awsService();
    sample.securityGroupRules.push(rule('sgr-all', 'sg-vpce', { peer: { cidrIpv4: '10.0.0.0/8' } }));
    spoil(sample);
    const result = ask([sample], query);
    expect([codeOf(result), result.blockedBy?.component.id]).toEqual([code, 'vpce-ec2']);
    expect(result).toMatchObject({ reachable: false, refused: false });
  });

  test('is guarded by its groups', () => {
    expect(codeOf(ask([awsService()], { port: 80 }))).toBe('ENI_SG_RULES_MISMATCH there');
  });

  test('serves peers where routes and groups let them', () => {
    const sample = awsService();
    addVpc(sample, 'b', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'b' });
    change(sample.routeTables, 'rtb-b', ({ routes }) => ({ routes: [...routes, route('10.0.0.0/16', 'pcx-1')] }));
    const query: Query = { port: 443, source: { instanceId: 'i-b' } };
    expect(codeOf(ask([sample], query))).toBe('NO_ROUTE_TO_DESTINATION back');
    change(sample.routeTables, 'rtb-a', ({ routes }) => ({ routes: [...routes, route('10.9.0.0/16', 'pcx-1')] }));
    expect(codeOf(ask([sample], query))).toBe('reached');
  });
});

describe('an interface endpoint of a provider’s service', () => {
  const query: Query = { port: 443 };

  test('leads through the load balancer to a target, which sees the load balancer', () => {
    const { consumer, provider } = endpointService();
    const result = ask([consumer, provider], query);
    const balancer = provider.networkLoadBalancers[0]!.loadBalancerArn;
    const service = 'vpce-svc-0123456789abcdef0';
    const way = ['i-a', 'eni-a', 'sg-a', 'sg-vpce', 'eni-vpce', 'vpce-svc', service, balancer, 'eni-nlb', 'sg-t', 'eni-t', 'i-t'];
    expect(ids(result.hops)).toEqual(way);
    expect(ids(result.returnHops)).toEqual(['i-t', 'eni-t', 'sg-t', 'eni-nlb', 'eni-vpce', 'sg-vpce', 'sg-a', 'eni-a', 'i-a']);
    expect(result).toMatchObject({ reachable: true, arrival: { address: '10.0.0.80', port: 8443 } });
    expect(result.hops.find(({ component }) => component.id === 'sg-t')?.securityGroupRule?.securityGroupRuleId).toBe('sgr-t-in');
  });

  test.each<[string, string, string, (provider: Sample) => unknown]>([
    [
      'the service is going',
      'BAD_STATE',
      'vpce-svc-0123456789abcdef0',
      (s) => change(s.endpointServices, 'vpce-svc-0123456789abcdef0', () => ({ state: 'Deleting' as const })),
    ],
    ['nothing is known of the service', 'UNKNOWN_DESTINATION', 'vpce-svc', (s) => s.endpointServices.splice(0)],
    [
      'the load balancer is in another zone',
      'VPCE_SERVICE_NOT_INSTALLED_IN_AZ',
      'vpce-svc-0123456789abcdef0',
      (s) => change(s.subnets, 'subnet-t', () => ({ availabilityZoneId: 'usw2-az3' })),
    ],
    [
      'there is no listener',
      'ELBV2_LISTENERS_MISMATCH',
      'front',
      (s) => change(s.networkLoadBalancers, 'front', () => ({ listeners: [] })),
    ],
    [
      'the listener has no target',
      'ELBV2_LISTENER_HAS_NO_TG',
      'front',
      (s) => change(s.networkLoadBalancers, 'front', () => ({ listeners: [{ port: 443, targetPort: 1, targetInstanceIds: [] }] })),
    ],
    [
      'the target’s group knows only the client',
      'ENI_SG_RULES_MISMATCH',
      'sg-t',
      (s) => change(s.securityGroupRules, 'sgr-t-in', () => ({ peer: { cidrIpv4: '10.0.0.10/32' } })),
    ],
    ['the target is stopped', 'BAD_STATE', 'i-t', (s) => change(s.instances, 'i-t', () => ({ state: 'stopped' as const }))],
  ])('says so where %s', (_name, code, component, spoil) => {
    const { consumer, provider } = endpointService();
    spoil(provider);
    const { blockedBy } = ask([consumer, provider], query);
    expect([blockedBy?.code, blockedBy?.component.name ?? blockedBy?.component.id]).toEqual([code, component === 'i-t' ? 'T' : component]);
  });

  test('uses any target that answers', () => {
    const { consumer, provider } = endpointService();
    addInstance(provider, 'u', { vpc: 't', address: '10.0.0.81' });
    change(provider.networkLoadBalancers, 'front', () => ({
      listeners: [{ port: 443, targetPort: 8443, targetInstanceIds: ['i-t', 'i-u'] }],
    }));
    change(provider.instances, 'i-t', () => ({ state: 'stopped' as const }));
    expect(ask([consumer, provider], query)).toMatchObject({ reachable: true, arrival: { address: '10.0.0.81' } });
  });

  test('is refused where the target does not listen, and hears nothing where the refusal is lost', () => {
    const { consumer, provider } = endpointService();
    change(provider.instances, 'i-t', () => ({ listens: [{ protocol: 'tcp', port: 22 }] }));
    expect(ask([consumer, provider], query)).toMatchObject({ refused: true, blockedBy: { code: 'INSTANCE_NOT_LISTENING' } });
    const whole = consumer.subnets[0]!;
    consumer.subnets = [
      { ...whole, cidr: '10.0.0.0/27' },
      { ...whole, subnetId: 'subnet-vpce', cidr: '10.0.0.96/27' },
    ];
    change(consumer.networkInterfaces, 'eni-vpce', () => ({ subnetId: 'subnet-vpce' }));
    const onlyRequests = aclEntry(1, 'ingress', { protocol: '6', portRange: { from: 443, to: 443 } });
    change(consumer.networkAcls, 'acl-a', () => ({ entries: [aclEntry(1, 'egress'), onlyRequests] }));
    expect(ask([consumer, provider], query)).toMatchObject({ refused: false, blockedBy: { code: 'INSTANCE_NOT_LISTENING' } });
  });

  test('of several targets one in the zone is used first', () => {
    const { consumer, provider } = endpointService();
    addInterface(provider, 'far', { vpc: 't', address: '10.0.7.7', zone: 'usw2-az2' });
    change(provider.instances, 'i-t', () => ({ networkInterfaceIds: ['eni-far'] }));
    change(provider.networkInterfaces, 'eni-far', () => ({ instanceId: 'i-t', securityGroupIds: ['sg-t'] }));
    addInstance(provider, 'u', { vpc: 't', address: '10.0.0.81' });
    const arrivalAt = (...targetInstanceIds: string[]) => {
      change(provider.networkLoadBalancers, 'front', () => ({ listeners: [{ port: 443, targetPort: 8443, targetInstanceIds }] }));
      return ask([consumer, provider], query);
    };
    expect(arrivalAt('i-t', 'i-u')).toMatchObject({ arrival: { address: '10.0.0.81' } });
    expect(arrivalAt('i-t')).toMatchObject({ arrival: { address: '10.0.7.7' } });
  });

  test('is in any zone where the consumer is in another region', () => {
    const { consumer, provider } = endpointService();
    const far = { ...consumer, region: 'eu-west-2' };
    change(far.subnets, 'subnet-a', () => ({ availabilityZoneId: 'euw2-az1' }));
    expect(codeOf(ask([far, provider], query))).toBe('reached');
    expect(codeOf(ask([{ ...far, region: 'us-west-2' }, provider], query))).toBe('VPCE_SERVICE_NOT_INSTALLED_IN_AZ there');
  });

  test('a load balancer serves its own VPC, too', () => {
    const { provider } = endpointService();
    addInstance(provider, 'a', { vpc: 't', address: '10.0.0.10' });
    expect(ask([provider], { port: 443, destination: { address: '10.0.0.50' } })).toMatchObject({
      reachable: true,
      arrival: { port: 8443 },
    });
    expect(codeOf(ask([provider], { port: 80, destination: { address: '10.0.0.50' } }))).toBe('ELBV2_LISTENERS_MISMATCH there');
  });
});
