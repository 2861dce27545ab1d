import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Instance, PeeringConnection, RouteTable } from '../../src/network/model.ts';
import {
  describeReachability,
  type Reachability,
  type ReachabilityQuery,
  reachability,
  reachableSet,
} from '../../src/network/reachability.ts';
import {
  aclEntry,
  addInstance,
  addVpc,
  block,
  change,
  connect,
  emptySample,
  networkOf,
  route,
  rule,
  type Sample,
} from './sample-network.ts';

type Query = Partial<ReachabilityQuery>;

const ask = (samples: Sample | readonly Sample[], query: Query = {}): Reachability => {
  const networks = ([] as Sample[]).concat(samples).map(networkOf);
  const whole = {
    source: { instanceId: 'i-a' },
    destination: { instanceId: 'i-c' },
    ...(query.protocol ? {} : { protocol: 'tcp', port: 22 }),
    ...query,
  };
  return reachability(networks, whole as ReachabilityQuery);
};

const ids = (hops: Reachability['hops']): string[] => hops.map((hop) => hop.component.id);

const addRoutes = (sample: Sample, table: string, ...routes: RouteTable['routes']): void =>
  change(sample.routeTables, table, (one) => ({ routes: [...one.routes, ...routes] }));

/** Scenario 1 after the peering: two VPCs in one region, groups named by reference. */
function twoVpcs(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.255.0.0/24', address: '10.255.0.38' });
  addVpc(sample, 'c', { cidr: '10.255.1.0/24', address: '10.255.1.37' });
  connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'c' });
  addRoutes(sample, 'rtb-a', route('10.255.1.0/24', 'pcx-1'));
  addRoutes(sample, 'rtb-c', route('10.255.0.0/24', 'pcx-1'));
  sample.securityGroupRules.push(
    rule('sgr-a-from-c', 'sg-a', { peer: { referencedGroup: { groupId: 'sg-c' } } }),
    rule('sgr-c-from-a', 'sg-c', { peer: { referencedGroup: { groupId: 'sg-a' } } }),
  );
  return sample;
}

/** Scenario 2: two regions, ICMP let in by CIDR. */
function twoRegions(): [Sample, Sample] {
  const seoul = emptySample('111111111111', 'ap-northeast-2');
  const london = emptySample('111111111111', 'eu-west-2');
  addVpc(seoul, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  addVpc(london, 'c', { cidr: '20.0.0.0/16', address: '20.0.0.20' });
  connect('pcx-1', { sample: seoul, vpc: 'a' }, { sample: london, vpc: 'c' });
  addRoutes(seoul, 'rtb-a', route('20.0.0.0/16', 'pcx-1'));
  addRoutes(london, 'rtb-c', route('10.0.0.0/16', 'pcx-1'));
  seoul.securityGroupRules.push(rule('sgr-a', 'sg-a', { protocol: 'icmp', peer: { cidrIpv4: '20.0.0.0/16' } }));
  london.securityGroupRules.push(rule('sgr-c', 'sg-c', { protocol: 'icmp', peer: { cidrIpv4: '10.0.0.0/16' } }));
  return [seoul, london];
}

/** Instance A with a public address behind an internet gateway. */
function publicSubnet(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.255.0.0/24', address: '10.255.0.38', ipv6: { cidr: '2001:db8:a::/56', address: '2001:db8:a::38' } });
  sample.internetGateways.push({ internetGatewayId: 'igw-1', ownerId: sample.accountId, vpcIds: ['vpc-a'], tags: {} });
  addRoutes(sample, 'rtb-a', route('0.0.0.0/0', 'igw-1'), route('::/0', 'igw-1'));
  change(sample.networkInterfaces, 'eni-a', () => ({ publicIp: '203.0.113.38' }));
  return sample;
}

const internet: Query = { destination: { address: '198.51.100.7' }, protocol: 'tcp', port: 443 };

describe('what gets through', () => {
  test('A reaches C through the peering connection, and C reaches A', () => {
    const result = ask(twoVpcs());
    expect(result.blockedBy).toBeUndefined();
    expect(ids(result.hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'acl-a', 'rtb-a', 'pcx-1', 'acl-c', 'sg-c', 'eni-c', 'i-c']);
    expect(ids(result.returnHops)).toEqual(['i-c', 'eni-c', 'sg-c', 'acl-c', 'rtb-c', 'pcx-1', 'acl-a', 'sg-a', 'eni-a', 'i-a']);
    expect(ask(twoVpcs(), { source: { instanceId: 'i-c' }, destination: { instanceId: 'i-a' } }).reachable).toBe(true);
  });

  test('hops tell which rule, route and entry let the packet pass, and what kind of thing each is', () => {
    const { hops } = ask(twoVpcs());
    expect(hops.map(({ component, ...part }) => [component.type, Object.keys(part)])).toEqual([
      ['instance', []],
      ['network-interface', []],
      ['security-group', ['securityGroupRule']],
      ['network-acl', ['aclRule']],
      ['route-table', ['routeTableRoute']],
      ['vpc-peering-connection', []],
      ['network-acl', ['aclRule']],
      ['security-group', ['securityGroupRule']],
      ['network-interface', []],
      ['instance', []],
    ]);
    expect(hops[0]?.component.name).toBe('A');
    expect(hops[4]?.routeTableRoute?.destination).toBe('10.255.1.0/24');
    expect(hops[7]?.securityGroupRule?.securityGroupRuleId).toBe('sgr-c-from-a');
  });

  test('an address or a network interface can be named in place of an instance', () => {
    expect(ask(twoVpcs(), { destination: { address: '10.255.1.37' } }).reachable).toBe(true);
    const result = ask(twoVpcs(), { source: { networkInterfaceId: 'eni-a' }, destination: { networkInterfaceId: 'eni-c' } });
    expect(result.reachable).toBe(true);
  });

  test('ping works across regions where CIDRs are let in', () => {
    expect(ask(twoRegions(), { protocol: 'icmp' }).reachable).toBe(true);
    expect(ask(twoRegions(), { protocol: 'icmp', source: { instanceId: 'i-c' }, destination: { instanceId: 'i-a' } }).reachable).toBe(true);
  });

  test('IPv6 goes its own way, with routes and rules of its own', () => {
    const sample = emptySample();
    addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.1', ipv6: { cidr: '2001:db8:a::/56', address: '2001:db8:a::1' } });
    addVpc(sample, 'c', { cidr: '10.1.0.0/16', address: '10.1.0.1', ipv6: { cidr: '2001:db8:c::/56', address: '2001:db8:c::1' } });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'c' });
    addRoutes(sample, 'rtb-a', route('2001:db8:c::/56', 'pcx-1'));
    addRoutes(sample, 'rtb-c', route('2001:db8:a::/56', 'pcx-1'));
    sample.securityGroupRules.push(rule('sgr-c', 'sg-c', { protocol: 'icmpv6', peer: { cidrIpv6: '2001:db8:a::/56' } }));
    expect(ask(sample, { protocol: 'icmpv6' }).reachable).toBe(true);
    expect(ask(sample, { destination: { address: '2001:DB8:C:0::1' }, protocol: 'icmpv6' }).reachable).toBe(true);
    expect(ask(sample, { protocol: 'tcp', port: 22, family: 6 }).blockedBy?.code).toBe('ENI_SG_RULES_MISMATCH');
    expect(ask(sample, { protocol: 'icmp' }).blockedBy?.code).toBe('NO_ROUTE_TO_DESTINATION');
  });

  test('within a subnet neither route table nor ACL is passed; within a VPC both are', () => {
    const sample = twoVpcs();
    addInstance(sample, 'b', { vpc: 'a', address: '10.255.0.40' });
    sample.securityGroupRules.push(rule('sgr-self', 'sg-a', { peer: { referencedGroup: { groupId: 'sg-a' } } }));
    expect(ids(ask(sample, { destination: { instanceId: 'i-b' } }).hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'sg-a', 'eni-b', 'i-b']);
    change(sample.subnets, 'subnet-a', () => ({ cidr: '10.255.0.32/29' }));
    sample.subnets.push({ ...sample.subnets[0]!, subnetId: 'subnet-b', cidr: '10.255.0.40/29' });
    change(sample.networkInterfaces, 'eni-b', () => ({ subnetId: 'subnet-b' }));
    expect(ids(ask(sample, { destination: { instanceId: 'i-b' } }).hops)).toEqual([
      'i-a',
      'eni-a',
      'sg-a',
      'acl-a',
      'rtb-a',
      'acl-a',
      'sg-a',
      'eni-b',
      'i-b',
    ]);
  });

  test('an instance reaches itself without leaving', () => {
    const result = ask(twoVpcs(), { destination: { instanceId: 'i-a' } });
    expect([result.reachable, ids(result.hops)]).toEqual([true, ['i-a', 'eni-a']]);
  });

  test('the internet is reached through the gateway by an interface with a public address, and over IPv6 without one', () => {
    const sample = publicSubnet();
    const result = ask(sample, internet);
    expect(result.reachable).toBe(true);
    expect(ids(result.hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'acl-a', 'rtb-a', 'igw-1']);
    expect(ids(result.returnHops)).toEqual(['igw-1', 'acl-a', 'sg-a', 'eni-a', 'i-a']);
    expect(ask(sample, { ...internet, destination: { address: '2606:4700::1111' } }).reachable).toBe(true);
  });

  test('an answer comes to whoever asked, whatever listens there', () => {
    const sample = twoVpcs();
    change(sample.instances, 'i-a', () => ({ listens: [] }));
    expect(ask(sample).reachable).toBe(true);
    expect(ask(sample, { source: { instanceId: 'i-c' }, destination: { instanceId: 'i-a' } }).blockedBy?.code).toBe(
      'INSTANCE_NOT_LISTENING',
    );
  });

  test('a packet that has no answer is not asked for one', () => {
    const [seoul, london] = twoRegions();
    change(london.routeTables, 'rtb-c', () => ({ routes: [] }));
    expect(ask([seoul, london], { protocol: 'icmp', type: 3, code: 4 })).toMatchObject({ reachable: true, returnHops: [] });
    expect(ask([seoul, london], { protocol: 'icmp' }).blockedBy?.way).toBe('back');
  });

  test('a network interface without an instance counts as one that answers', () => {
    const sample = twoVpcs();
    sample.instances = sample.instances.filter((one) => one.instanceId !== 'i-c');
    sample.networkInterfaces = sample.networkInterfaces.map(({ instanceId, ...one }) =>
      instanceId === 'i-c' ? one : { ...one, instanceId: 'i-a' },
    );
    expect(ask(sample, { destination: { networkInterfaceId: 'eni-c' } }).reachable).toBe(true);
  });

  test('a VPC whose ACLs were not read is taken to have those that AWS makes', () => {
    const sample = twoVpcs();
    sample.networkAcls = [];
    expect(ask(sample).reachable).toBe(true);
  });
});

describe('what blocks', () => {
  const cases: readonly {
    readonly name: string;
    readonly samples: () => Sample | readonly Sample[];
    readonly query?: Query;
    readonly blocked: readonly [code: string, component: string, way?: 'back'];
    readonly says: string;
  }[] = [
    {
      name: 'an instance that is stopped, at the source',
      samples: () => changed((sample) => change<Instance>(sample.instances, 'i-a', () => ({ state: 'stopped' }))),
      blocked: ['BAD_STATE', 'i-a'],
      says: 'instance i-a (A) is stopped, not running',
    },
    {
      name: 'an instance that is still pending, at the destination',
      samples: () => changed((sample) => change<Instance>(sample.instances, 'i-c', () => ({ state: 'pending' }))),
      blocked: ['BAD_STATE', 'i-c'],
      says: 'instance i-c (C) is pending, not running',
    },
    {
      name: 'an instance that was terminated and has lost its interface',
      samples: () =>
        changed((sample) => change<Instance>(sample.instances, 'i-c', () => ({ state: 'terminated', networkInterfaceIds: [] }))),
      blocked: ['UNKNOWN_DESTINATION', 'i-c'],
      says: 'instance i-c (C) is terminated and has no network interface',
    },
    {
      name: 'a source that does not exist',
      samples: twoVpcs,
      query: { source: { networkInterfaceId: 'eni-nowhere' } },
      blocked: ['BAD_STATE', 'eni-nowhere'],
      says: 'network-interface eni-nowhere does not exist',
    },
    {
      name: 'an instance that listens on other ports only',
      samples: () =>
        changed((sample) =>
          change(sample.instances, 'i-c', () => ({
            listens: [
              { protocol: 'tcp', port: 80 },
              { protocol: 'udp', port: 22 },
            ],
          })),
        ),
      blocked: ['INSTANCE_NOT_LISTENING', 'i-c'],
      says: 'nothing on instance i-c (C) listens on tcp/22',
    },
    {
      name: 'egress rules of the source',
      samples: () =>
        changed((sample) => change(sample.securityGroupRules, 'sgr-out4-a', () => ({ protocol: 'tcp', fromPort: 80, toPort: 443 }))),
      blocked: ['ENI_SG_RULES_MISMATCH', 'sg-a'],
      says: 'no egress rule of sg-a lets out tcp/22 to 10.255.1.37',
    },
    {
      name: 'a source group without egress rules',
      samples: () => changed((sample) => remove(sample, 'sgr-out4-a', 'sgr-out6-a')),
      blocked: ['SG_HAS_NO_RULES', 'sg-a'],
      says: 'no egress rule of sg-a lets out tcp/22 to 10.255.1.37',
    },
    {
      name: 'a destination group without ingress rules',
      samples: () => changed((sample) => remove(sample, 'sgr-c-from-a')),
      blocked: ['SG_HAS_NO_RULES', 'sg-c'],
      says: 'no ingress rule of sg-c lets in tcp/22 from 10.255.0.38',
    },
    {
      name: 'ingress rules for another group',
      samples: () =>
        changed((sample) =>
          change(sample.securityGroupRules, 'sgr-c-from-a', () => ({ peer: { referencedGroup: { groupId: 'sg-other' } } })),
        ),
      blocked: ['ENI_SG_RULES_MISMATCH', 'sg-c'],
      says: 'no ingress rule of sg-c lets in tcp/22 from 10.255.0.38',
    },
    {
      name: 'ingress rules for a prefix list, whose entries nobody knows here',
      samples: () => changed((sample) => change(sample.securityGroupRules, 'sgr-c-from-a', () => ({ peer: { prefixListId: 'pl-1' } }))),
      blocked: ['ENI_SG_RULES_MISMATCH', 'sg-c'],
      says: 'no ingress rule of sg-c lets in',
    },
    {
      name: 'several groups of which none has a rule: the interface is named, not one of them',
      samples: () =>
        changed((sample) => {
          change(sample.networkInterfaces, 'eni-c', () => ({ securityGroupIds: ['sg-x', 'sg-y'] }));
          sample.securityGroupRules.push(
            rule('sgr-x', 'sg-x', { protocol: 'tcp', fromPort: 23, toPort: 65535, peer: { cidrIpv4: '0.0.0.0/0' } }),
          );
        }),
      blocked: ['ENI_SG_RULES_MISMATCH', 'eni-c'],
      says: 'no ingress rule of sg-x, sg-y lets in tcp/22 from 10.255.0.38',
    },
    {
      name: 'a group named across regions',
      samples: () => {
        const [seoul, london] = twoRegions();
        change(london.securityGroupRules, 'sgr-c', () => ({ peer: { referencedGroup: { groupId: 'sg-a' } } }));
        return [seoul, london];
      },
      query: { protocol: 'icmp' },
      blocked: ['ENI_SG_RULES_MISMATCH', 'sg-c'],
      says: "sgr-c names the other end's group, which only counts within a VPC and between peers of one region",
    },
    {
      name: 'a group of a peer whose connection is gone',
      samples: () =>
        changed((sample) => {
          change(sample.securityGroupRules, 'sgr-out4-a', () => ({ peer: { referencedGroup: { groupId: 'sg-c' } } }));
          change<PeeringConnection>(sample.peeringConnections, 'pcx-1', () => ({ state: 'deleted' }));
        }),
      blocked: ['ENI_SG_RULES_MISMATCH', 'sg-a'],
      says: "sgr-out4-a names the other end's group, which only counts within a VPC and between peers of one region",
    },
    {
      name: 'the ACL of the source subnet, outwards',
      samples: () =>
        changed((sample) =>
          addAcl(sample, 'acl-a', aclEntry(50, 'egress', { action: 'deny', protocol: '6', portRange: { from: 22, to: 22 } })),
        ),
      blocked: ['SUBNET_ACL_RESTRICTION', 'acl-a'],
      says: 'rule 50 of network ACL acl-a denies tcp/22 out of subnet-a to 10.255.1.37',
    },
    {
      name: 'the ACL of the destination subnet, inwards',
      samples: () => changed((sample) => addAcl(sample, 'acl-c', aclEntry(50, 'ingress', { action: 'deny', cidr: '10.255.0.32/28' }))),
      blocked: ['SUBNET_ACL_RESTRICTION', 'acl-c'],
      says: 'rule 50 of network ACL acl-c denies tcp/22 into subnet-c from 10.255.0.38',
    },
    {
      name: 'the ACL of the destination subnet, for one of the ports that the answer may go to',
      samples: () =>
        changed((sample) =>
          addAcl(sample, 'acl-c', aclEntry(50, 'egress', { action: 'deny', protocol: '6', portRange: { from: 1000, to: 1024 } })),
        ),
      blocked: ['SUBNET_ACL_RESTRICTION', 'acl-c', 'back'],
      says: 'on the way back, rule 50 of network ACL acl-c denies tcp/1024–65535 out of subnet-c to 10.255.0.38',
    },
    {
      name: 'the ACL of the source subnet, which lets in nothing for the ports of the answer',
      samples: () =>
        changed((sample) =>
          change(sample.networkAcls, 'acl-a', ({ entries }) => ({
            entries: [
              ...entries.filter((one) => one.egress),
              aclEntry(100, 'ingress', { protocol: '6', portRange: { from: 0, to: 1023 } }),
            ],
          })),
        ),
      blocked: ['SUBNET_ACL_RESTRICTION', 'acl-a', 'back'],
      says: 'on the way back, no rule of network ACL acl-a allows tcp/1024–65535 into subnet-a from 10.255.1.37',
    },
    {
      name: 'no route there',
      samples: () => changed((sample) => change(sample.routeTables, 'rtb-a', ({ routes }) => ({ routes: routes.slice(0, 1) }))),
      blocked: ['NO_ROUTE_TO_DESTINATION', 'rtb-a'],
      says: 'route table rtb-a of subnet-a has no route to 10.255.1.37',
    },
    {
      name: 'no route back',
      samples: () => changed((sample) => change(sample.routeTables, 'rtb-c', ({ routes }) => ({ routes: routes.slice(0, 1) }))),
      blocked: ['NO_ROUTE_TO_DESTINATION', 'rtb-c', 'back'],
      says: 'on the way back, route table rtb-c of subnet-c has no route to 10.255.0.38',
    },
    {
      name: 'a subnet without any table',
      samples: () => changed((sample) => change(sample.routeTables, 'rtb-a', () => ({ associations: [] }))),
      blocked: ['NO_ROUTE_TO_DESTINATION', 'subnet-a'],
      says: 'subnet subnet-a has no route table',
    },
    {
      name: 'a blackhole, although a wider route would lead there',
      samples: () =>
        changed((sample) => {
          addRoutes(sample, 'rtb-a', route('10.255.1.32/27', 'pcx-gone', { state: 'blackhole' }));
        }),
      blocked: ['BAD_STATE_ROUTE', 'rtb-a'],
      says: 'the route 10.255.1.32/27 → pcx-gone in rtb-a is a blackhole',
    },
    {
      name: 'a connection that waits for acceptance',
      samples: () =>
        changed(
          (sample) => change<PeeringConnection>(sample.peeringConnections, 'pcx-1', () => ({ state: 'pending-acceptance' })),
          withCidrRule,
        ),
      blocked: ['BAD_STATE', 'pcx-1'],
      says: 'peering connection pcx-1 is pending-acceptance, not active',
    },
    {
      name: 'a connection that is gone',
      samples: () => {
        const sample = changed(withCidrRule);
        sample.peeringConnections = [];
        return sample;
      },
      blocked: ['BAD_STATE', 'pcx-1'],
      says: 'peering connection pcx-1 does not exist',
    },
    {
      name: 'a route to a connection of other VPCs',
      samples: () =>
        changed(
          (sample) => change(sample.peeringConnections, 'pcx-1', ({ requester }) => ({ requester: { ...requester, vpcId: 'vpc-x' } })),
          withCidrRule,
        ),
      blocked: ['BAD_STATE_ATTACHMENT', 'pcx-1'],
      says: 'peering connection pcx-1 does not join vpc-a to anything',
    },
    {
      name: 'a peer in an account that was not read',
      samples: () => {
        const [seoul] = twoRegions();
        return seoul;
      },
      query: { destination: { address: '20.0.0.20' }, protocol: 'icmp' },
      blocked: ['UNKNOWN_DESTINATION', 'pcx-1'],
      says: 'pcx-1 leads to vpc-c of account 111111111111 in eu-west-2, of which nothing is known',
    },
    {
      name: 'a third VPC behind the peer: peering is not transitive',
      samples: () =>
        changed((sample) => {
          addVpc(sample, 'd', { cidr: '10.255.2.0/24', address: '10.255.2.1' });
          connect('pcx-2', { sample, vpc: 'c' }, { sample, vpc: 'd' });
          addRoutes(sample, 'rtb-a', route('10.255.2.0/24', 'pcx-1'));
          addRoutes(sample, 'rtb-c', route('10.255.2.0/24', 'pcx-2'));
        }),
      query: { destination: { instanceId: 'i-d' } },
      blocked: ['PCX_REQUIRES_ADDRESS_IN_VPC_CIDR', 'pcx-1'],
      says: 'pcx-1 leads to vpc-c (10.255.1.0/24), which does not hold 10.255.2.1, and no further',
    },
    {
      name: 'the internet behind the peer: no edge-to-edge routing',
      samples: () => changed((sample) => addRoutes(sample, 'rtb-a', route('0.0.0.0/0', 'pcx-1'))),
      query: internet,
      blocked: ['PCX_REQUIRES_ADDRESS_IN_VPC_CIDR', 'pcx-1'],
      says: 'which does not hold 198.51.100.7',
    },
    {
      name: 'a block of the peer that is not associated yet',
      samples: () => changed((sample) => change(sample.vpcs, 'vpc-c', () => ({ cidrBlocks: [block('10.255.1.0/24', 'associating')] }))),
      blocked: ['PCX_REQUIRES_ADDRESS_IN_VPC_CIDR', 'pcx-1'],
      says: 'pcx-1 leads to vpc-c (), which does not hold 10.255.1.37',
    },
    {
      name: 'an address that nothing has',
      samples: twoVpcs,
      query: { destination: { address: '10.255.1.99' } },
      blocked: ['NO_POSSIBLE_DESTINATION', 'vpc-c'],
      says: 'no network interface in vpc-c has the address 10.255.1.99',
    },
    {
      name: 'an answer that goes to another VPC with the same addresses',
      samples: () =>
        changed((sample) => {
          addVpc(sample, 'twin', { cidr: '10.255.0.0/24', address: '10.255.0.38' });
          connect('pcx-2', { sample, vpc: 'twin' }, { sample, vpc: 'c' });
          change(sample.routeTables, 'rtb-c', ({ routes }) => ({ routes: [...routes.slice(0, 1), route('10.255.0.0/24', 'pcx-2')] }));
        }),
      blocked: ['NO_POSSIBLE_DESTINATION', 'vpc-twin', 'back'],
      says: 'on the way back, 10.255.0.38 leads to eni-twin in vpc-twin, not to eni-a in vpc-a',
    },
    {
      name: 'a destination in another VPC with the addresses of the own one',
      samples: () => changed((sample) => addVpc(sample, 'twin', { cidr: '10.255.0.0/24', address: '10.255.0.99' })),
      query: { destination: { instanceId: 'i-twin' } },
      blocked: ['NO_POSSIBLE_DESTINATION', 'vpc-a'],
      says: 'no network interface in vpc-a has the address 10.255.0.99',
    },
    {
      name: 'a network interface as a target, behind which nothing is known',
      samples: () => changed((sample) => addRoutes(sample, 'rtb-a', route('0.0.0.0/0', 'eni-1'))),
      query: internet,
      blocked: ['NO_POSSIBLE_DESTINATION', 'rtb-a'],
      says: 'the route 0.0.0.0/0 → eni-1 in rtb-a leads to a target of the kind network-interface',
    },
    {
      name: 'an interface without an address of that family',
      samples: twoVpcs,
      query: { protocol: 'icmpv6' },
      blocked: ['ENI_ADDRESS_RESTRICTION', 'eni-a'],
      says: 'eni-a has no IPv6 address',
    },
    {
      name: 'an address of the wrong family for the protocol',
      samples: publicSubnet,
      query: { destination: { address: '10.255.0.38' }, protocol: 'icmpv6' },
      blocked: ['UNKNOWN_DESTINATION', 'eni-a'],
      says: '10.255.0.38 is not an IPv6 address',
    },
    {
      name: 'what is no address at all',
      samples: twoVpcs,
      query: { destination: { address: 'example.com' } },
      blocked: ['UNKNOWN_DESTINATION', 'eni-a'],
      says: 'example.com is not an IPv4 address',
    },
    {
      name: 'an interface without a public address at an internet gateway',
      samples: () => {
        const sample = publicSubnet();
        sample.networkInterfaces = sample.networkInterfaces.map(({ publicIp: _, ...one }) => one);
        return sample;
      },
      query: internet,
      blocked: ['IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS', 'igw-1'],
      says: 'eni-a has no public address',
    },
    {
      name: 'an internet gateway that was detached',
      samples: () => {
        const sample = publicSubnet();
        change(sample.internetGateways, 'igw-1', () => ({ vpcIds: [] }));
        return sample;
      },
      query: internet,
      blocked: ['BAD_STATE_ATTACHMENT', 'igw-1'],
      says: 'internet gateway igw-1 is not attached to vpc-a',
    },
    {
      name: 'a private address at an internet gateway',
      samples: publicSubnet,
      query: { ...internet, destination: { address: '172.31.0.1' } },
      blocked: ['IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS', 'igw-1'],
      says: 'internet gateway igw-1 sends nothing to 172.16.0.0/12, where 172.31.0.1 lies',
    },
    {
      name: 'a shared address at an internet gateway',
      samples: publicSubnet,
      query: { ...internet, destination: { address: '100.64.0.1' } },
      blocked: ['IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS', 'igw-1'],
      says: 'internet gateway igw-1 sends nothing to 100.64.0.0/10',
    },
    {
      name: 'a public address of our own, out through one gateway and in through another',
      samples: publicSubnet,
      query: { ...internet, destination: { address: '203.0.113.38' } },
      blocked: ['IGW_NAT_REFLECTION', 'igw-1'],
      says: '203.0.113.38 belongs to eni-a',
    },
    {
      name: 'the ACL, for what the internet answers',
      samples: () => {
        const sample = publicSubnet();
        addAcl(sample, 'acl-a', aclEntry(50, 'ingress', { action: 'deny', cidr: '198.51.100.0/24' }));
        return sample;
      },
      query: internet,
      blocked: ['SUBNET_ACL_RESTRICTION', 'acl-a', 'back'],
      says: 'on the way back, rule 50 of network ACL acl-a denies tcp/1024–65535 into subnet-a from 198.51.100.7',
    },
  ];

  test.each(cases)('$name', ({ samples, query, blocked: [code, id, way = 'there'], says }) => {
    const result = ask(samples(), query);
    expect(result.reachable).toBe(false);
    expect(result.blockedBy).toMatchObject({ code, way, component: { id } });
    expect(result.blockedBy?.message).toContain(says);
  });

  function changed(...how: ((sample: Sample) => void)[]): Sample {
    const sample = twoVpcs();
    for (const one of how) one(sample);
    return sample;
  }

  /** Groups cannot be named where there is no active connection. */
  function withCidrRule(sample: Sample): void {
    sample.securityGroupRules.push(rule('sgr-cidr', 'sg-c', { peer: { cidrIpv4: '10.255.0.0/24' } }));
  }

  function remove(sample: Sample, ...ruleIds: string[]): void {
    sample.securityGroupRules = sample.securityGroupRules.filter((one) => !ruleIds.includes(one.securityGroupRuleId));
  }

  function addAcl(sample: Sample, id: string, ...entries: ReturnType<typeof aclEntry>[]): void {
    change(sample.networkAcls, id, (acl) => ({ entries: [...acl.entries, ...entries] }));
  }
});

describe('how routes are chosen', () => {
  test('a subnet’s own table comes before the main one', () => {
    const sample = twoVpcs();
    const main = sample.routeTables[0]!;
    sample.routeTables.push({
      ...main,
      routeTableId: 'rtb-own',
      associations: [{ associationId: 'rtbassoc-own', main: false, subnetId: 'subnet-a' }],
      routes: [route('10.255.0.0/24', 'local')],
    });
    expect(ask(sample).blockedBy).toMatchObject({ code: 'NO_ROUTE_TO_DESTINATION', component: { id: 'rtb-own' } });
  });

  test('the longest prefix wins, whatever the order of the routes', () => {
    for (const routes of [
      [route('0.0.0.0/0', 'nat-1'), route('10.255.1.0/24', 'pcx-1'), route('10.255.0.0/16', 'tgw-1')],
      [route('10.255.0.0/16', 'tgw-1'), route('10.255.1.0/24', 'pcx-1'), route('0.0.0.0/0', 'nat-1')],
    ]) {
      const sample = twoVpcs();
      change(sample.routeTables, 'rtb-a', () => ({ routes }));
      expect(ask(sample).reachable).toBe(true);
    }
  });

  test('a static route beats a propagated one of the same prefix', () => {
    const sample = twoVpcs();
    const propagated = route('10.255.1.0/24', 'tgw-1', { origin: 'EnableVgwRoutePropagation' });
    change(sample.routeTables, 'rtb-a', ({ routes }) => ({ routes: [propagated, ...routes, propagated] }));
    expect(ask(sample).reachable).toBe(true);
  });

  test('nothing but an appliance beats the local route for the VPC’s own addresses', () => {
    const sample = twoVpcs();
    addInstance(sample, 'b', { vpc: 'a', address: '10.255.0.200' });
    change(sample.subnets, 'subnet-a', () => ({ cidr: '10.255.0.0/25' }));
    sample.subnets.push({ ...sample.subnets[0]!, subnetId: 'subnet-b', cidr: '10.255.0.128/25' });
    change(sample.networkInterfaces, 'eni-b', () => ({ subnetId: 'subnet-b' }));
    sample.securityGroupRules.push(rule('sgr-self', 'sg-a', { peer: { referencedGroup: { groupId: 'sg-a' } } }));
    addRoutes(sample, 'rtb-a', route('10.255.0.128/25', 'pcx-1'), route('10.255.0.200/32', 'tgw-1'));
    expect(ask(sample, { destination: { instanceId: 'i-b' } }).reachable).toBe(true);
    addRoutes(sample, 'rtb-a', route('10.255.0.128/25', 'eni-appliance'));
    expect(ask(sample, { destination: { instanceId: 'i-b' } }).blockedBy?.message).toContain('10.255.0.128/25 → eni-appliance');
  });

  test('the VPC’s own blocks are local even where the table does not list them', () => {
    const sample = twoVpcs();
    change(sample.vpcs, 'vpc-a', ({ cidrBlocks }) => ({ cidrBlocks: [...cidrBlocks, block('10.254.0.0/24')] }));
    sample.subnets.push({ ...sample.subnets[0]!, subnetId: 'subnet-b', cidr: '10.254.0.0/24' });
    addInstance(sample, 'b', { vpc: 'a', address: '10.254.0.5' });
    change(sample.networkInterfaces, 'eni-b', () => ({ subnetId: 'subnet-b' }));
    sample.securityGroupRules.push(rule('sgr-self', 'sg-a', { peer: { referencedGroup: { groupId: 'sg-a' } } }));
    expect(ask(sample, { destination: { instanceId: 'i-b' } }).reachable).toBe(true);
  });

  test('routes to prefix lists are passed over', () => {
    const sample = twoVpcs();
    addRoutes(sample, 'rtb-a', route('pl-1', 'tgw-1'));
    expect(ask(sample).reachable).toBe(true);
  });
});

describe('how ACLs decide', () => {
  const withIngress = (...entries: ReturnType<typeof aclEntry>[]): Sample => {
    const sample = twoVpcs();
    change(sample.networkAcls, 'acl-a', (acl) => ({ entries: [...acl.entries.filter((one) => one.egress), ...entries] }));
    return sample;
  };
  const tcp = (from: number, to: number) => ({ protocol: '6', portRange: { from, to } });

  test.each([
    ['one entry for all ports', [aclEntry(1, 'ingress', tcp(1024, 65535))], true],
    ['two entries that meet', [aclEntry(2, 'ingress', tcp(1024, 40_000)), aclEntry(1, 'ingress', tcp(40_001, 65_535))], true],
    ['two entries with a gap', [aclEntry(2, 'ingress', tcp(1024, 40_000)), aclEntry(1, 'ingress', tcp(40_002, 65_535))], false],
    [
      'a denial behind what allows',
      [aclEntry(9, 'ingress', { ...tcp(2000, 2000), action: 'deny' }), aclEntry(5, 'ingress', tcp(0, 65_535))],
      true,
    ],
    [
      'a denial in front of what allows',
      [aclEntry(4, 'ingress', { ...tcp(2000, 2000), action: 'deny' }), aclEntry(5, 'ingress', tcp(0, 65_535))],
      false,
    ],
    [
      'a denial of ports that are not used',
      [aclEntry(4, 'ingress', { ...tcp(0, 1023), action: 'deny' }), aclEntry(5, 'ingress', tcp(0, 65_535))],
      true,
    ],
    ['an entry for another protocol', [aclEntry(1, 'ingress', { ...tcp(0, 65_535), protocol: '17' })], false],
    ['an entry for other addresses', [aclEntry(1, 'ingress', { cidr: '10.255.2.0/24' })], false],
  ])('answers come back through %s: %#', (_, entries, reachable) => {
    expect(ask(withIngress(...entries)).reachable).toBe(reachable);
  });

  test('a source that is known to choose its ports from fewer needs fewer', () => {
    const sample = withIngress(aclEntry(1, 'ingress', tcp(32_768, 60_999)));
    expect(ask(sample).reachable).toBe(false);
    expect(ask(sample, { protocol: 'tcp', port: 22, ephemeralPorts: { from: 32_768, to: 60_999 } }).reachable).toBe(true);
  });

  test.each([
    [{ type: 0, code: -1 }, true],
    [{ type: -1, code: -1 }, true],
    [{ type: 0, code: 0 }, true],
    [{ type: 8, code: -1 }, false],
    [{ type: 0, code: 1 }, false],
  ])('an echo reply comes back through an entry for %p: %p', (icmp, reachable) => {
    expect(ask(withIngress(aclEntry(1, 'ingress', { protocol: '1', icmp })), { protocol: 'icmp' }).reachable).toBe(reachable);
  });
});

describe('how groups decide', () => {
  test.each([
    [{ protocol: 'tcp', fromPort: 22, toPort: 22 }, { protocol: 'tcp', port: 22 }, true],
    [{ protocol: '6', fromPort: 20, toPort: 30 }, { protocol: 'tcp', port: 22 }, true],
    [{ protocol: 'tcp', fromPort: 23, toPort: 30 }, { protocol: 'tcp', port: 22 }, false],
    [{ protocol: 'udp', fromPort: 0, toPort: 65_535 }, { protocol: 'tcp', port: 22 }, false],
    [{ protocol: 'udp', fromPort: 53, toPort: 53 }, { protocol: 'udp', port: 53 }, true],
    [{ protocol: 'icmp', fromPort: -1, toPort: -1 }, { protocol: 'icmp' }, true],
    [{ protocol: 'icmp', fromPort: 8, toPort: -1 }, { protocol: 'icmp' }, true],
    [{ protocol: 'icmp', fromPort: 8, toPort: 0 }, { protocol: 'icmp' }, true],
    [{ protocol: 'icmp', fromPort: 0, toPort: -1 }, { protocol: 'icmp' }, false],
    [{ protocol: 'icmp', fromPort: 8, toPort: 1 }, { protocol: 'icmp' }, false],
    [{ protocol: 'icmpv6', fromPort: -1, toPort: -1 }, { protocol: 'icmp' }, false],
  ])('a rule %p and traffic %p: %p', (spec, traffic, reachable) => {
    const sample = twoVpcs();
    change(sample.securityGroupRules, 'sgr-c-from-a', () => spec);
    expect(ask(sample, traffic as Query).reachable).toBe(reachable);
  });

  test('they keep track of connections: nothing has to be let in at the source, or out at the destination', () => {
    const sample = twoVpcs();
    sample.securityGroupRules = sample.securityGroupRules.filter((one) => ['sgr-out4-a', 'sgr-c-from-a'].includes(one.securityGroupRuleId));
    expect(ask(sample).reachable).toBe(true);
  });

  test('egress rules may name the peer’s group, also where only its address is asked for', () => {
    const sample = twoVpcs();
    change(sample.securityGroupRules, 'sgr-out4-a', () => ({ peer: { referencedGroup: { groupId: 'sg-c' } } }));
    expect(ask(sample).reachable).toBe(true);
    expect(ask(sample, { destination: { address: '10.255.1.37' } }).reachable).toBe(true);
  });

  test('one of several groups is enough', () => {
    const sample = twoVpcs();
    change(sample.networkInterfaces, 'eni-c', () => ({ securityGroupIds: ['sg-none', 'sg-c'] }));
    expect(ask(sample).reachable).toBe(true);
  });
});

describe('the answer in words', () => {
  test('says who reaches whom, and the ways there and back', () => {
    expect(describeReachability(ask(twoVpcs()))).toEqual([
      'i-a (A) reaches i-c (C) with tcp/22',
      '  there: i-a (A) › eni-a › sg-a › acl-a › rtb-a [10.255.1.0/24 → pcx-1] › pcx-1 › acl-c › sg-c › eni-c › i-c (C)',
      '  back: i-c (C) › eni-c › sg-c › acl-c › rtb-c [10.255.0.0/24 → pcx-1] › pcx-1 › acl-a › sg-a › eni-a › i-a (A)',
    ]);
  });

  test('says what blocks, and how far the packet got', () => {
    const sample = twoVpcs();
    change(sample.routeTables, 'rtb-a', ({ routes }) => ({ routes: routes.slice(0, 1) }));
    expect(describeReachability(ask(sample, { destination: { address: '10.255.1.37' }, protocol: 'icmp' }))).toEqual([
      'i-a (A) does not reach 10.255.1.37 with icmp (echo request): route table rtb-a of subnet-a has no route to 10.255.1.37',
      '  blocked: NO_ROUTE_TO_DESTINATION at route-table rtb-a',
      '  there: i-a (A) › eni-a › sg-a › acl-a › ✗',
    ]);
  });

  test('says so when it is the answer that is lost', () => {
    const sample = twoVpcs();
    change(sample.routeTables, 'rtb-c', ({ routes }) => ({ routes: routes.slice(0, 1) }));
    const lines = describeReachability(ask(sample));
    expect(lines[0]).toContain('does not reach i-c (C) with tcp/22: on the way back, route table rtb-c');
    expect(lines.at(-1)).toBe('  back: i-c (C) › eni-c › sg-c › acl-c › ✗');
  });
});

describe('what holds for all networks', () => {
  /** Two peered VPCs under any cut of the address space, with everything let in. */
  const peered = fc
    .record({
      second: fc.integer({ min: 1, max: 250 }),
      hostA: fc.integer({ min: 4, max: 250 }),
      hostC: fc.integer({ min: 4, max: 250 }),
      regions: fc.constantFrom(['us-west-2', 'us-west-2'], ['us-west-2', 'eu-west-2']),
      accounts: fc.constantFrom(['111111111111', '111111111111'], ['111111111111', '222222222222']),
      turned: fc.boolean(),
    })
    .map(({ second, hostA, hostC, regions, accounts, turned }) => {
      const one = emptySample(accounts[0], regions[0]);
      const two = accounts[0] === accounts[1] && regions[0] === regions[1] ? one : emptySample(accounts[1], regions[1]);
      const [cidrA, cidrC] = ['10.0.0.0/16', `10.${second}.0.0/16`] as const;
      addVpc(one, 'a', { cidr: cidrA, address: `10.0.0.${hostA}` });
      addVpc(two, 'c', { cidr: cidrC, address: `10.${second}.0.${hostC}` });
      const a = { sample: one, vpc: 'a' };
      const c = { sample: two, vpc: 'c' };
      if (turned) connect('pcx-1', c, a);
      else connect('pcx-1', a, c);
      addRoutes(one, 'rtb-a', route(cidrC, 'pcx-1'));
      addRoutes(two, 'rtb-c', route(cidrA, 'pcx-1'));
      one.securityGroupRules.push(rule('sgr-a', 'sg-a', { peer: { cidrIpv4: cidrC } }));
      two.securityGroupRules.push(rule('sgr-c', 'sg-c', { peer: { cidrIpv4: cidrA } }));
      return { samples: [...new Set([one, two])], one, two };
    });
  const turnedAround: Query = { source: { instanceId: 'i-c' }, destination: { instanceId: 'i-a' } };
  const traffic: fc.Arbitrary<Query> = fc.oneof(
    fc.record({ protocol: fc.constantFrom('tcp' as const, 'udp' as const), port: fc.integer({ min: 1, max: 65_535 }) }),
    fc.constant({ protocol: 'icmp' as const }),
  );

  test('a peering path is the same both ways: the way there of one is the way back of the other', () => {
    fc.assert(
      fc.property(peered, traffic, ({ samples }, query) => {
        const there = ask(samples, query);
        const back = ask(samples, { ...query, ...turnedAround });
        expect([there.reachable, back.reachable]).toEqual([true, true]);
        expect(ids(there.returnHops)).toEqual(ids(back.hops));
        expect(ids(back.returnHops)).toEqual(ids(there.hops));
      }),
    );
  });

  test('without any one of the routes on the path nothing gets through, in neither direction', () => {
    fc.assert(
      fc.property(peered, traffic, fc.constantFrom('a', 'c'), ({ samples, one, two }, query, at) => {
        change(at === 'a' ? one.routeTables : two.routeTables, `rtb-${at}`, ({ routes }) => ({
          routes: routes.filter((each) => each.target.id !== 'pcx-1'),
        }));
        const blocked = { code: 'NO_ROUTE_TO_DESTINATION', component: { id: `rtb-${at}` } };
        expect(ask(samples, query).blockedBy).toMatchObject({ ...blocked, way: at === 'a' ? 'there' : 'back' });
        expect(ask(samples, { ...query, ...turnedAround }).blockedBy).toMatchObject({ ...blocked, way: at === 'a' ? 'back' : 'there' });
      }),
    );
  });

  test('a decoy never changes the answer', () => {
    const decoy = fc.constantFrom<(sample: Sample) => void>(
      // A twin with the same addresses and its own ways, a table that no subnet uses, routes to elsewhere, rules of others, a dead connection.
      (sample) => addVpc(sample, 'twin', { cidr: '10.0.0.0/16', address: '10.0.0.4' }),
      (sample) => sample.routeTables.push({ ...sample.routeTables[0]!, routeTableId: 'rtb-unused', associations: [], routes: [] }),
      (sample) => sample.routeTables.push({ ...sample.routeTables[0]!, routeTableId: 'rtb-other', vpcId: 'vpc-other', routes: [] }),
      (sample) => addRoutes(sample, sample.routeTables[0]!.routeTableId, route('192.168.0.0/16', 'tgw-1'), route('0.0.0.0/0', 'nat-1')),
      (sample) => sample.securityGroupRules.push(rule('sgr-decoy', 'sg-decoy', { peer: { cidrIpv4: '0.0.0.0/0' } })),
      (sample) =>
        sample.networkAcls.push({
          ...sample.networkAcls[0]!,
          networkAclId: 'acl-other',
          isDefault: false,
          subnetIds: ['subnet-other'],
          entries: [],
        }),
      (sample) =>
        sample.peeringConnections.unshift({ ...sample.peeringConnections[0]!, vpcPeeringConnectionId: 'pcx-dead', state: 'deleted' }),
      (sample) => addInstance(sample, 'decoy', { vpc: sample.vpcs[0]!.vpcId.slice(4), address: '10.0.99.99' }),
    );
    const breaking = fc.constantFrom<(sample: Sample) => void>(
      () => undefined,
      (sample) => change<PeeringConnection>(sample.peeringConnections, 'pcx-1', () => ({ state: 'deleted' })),
      (sample) =>
        change(sample.securityGroupRules, sample.securityGroupRules[0]!.securityGroupRuleId, () => ({
          protocol: 'udp',
          fromPort: 1,
          toPort: 2,
        })),
    );
    fc.assert(
      fc.property(
        peered,
        traffic,
        breaking,
        fc.array(fc.tuple(decoy, fc.nat(1)), { minLength: 1, maxLength: 4 }),
        ({ samples }, query, spoil, decoys) => {
          for (const sample of samples) spoil(sample);
          const before = [ask(samples, query), ask(samples, { ...query, ...turnedAround })];
          for (const [add, at] of decoys) add(samples[at % samples.length]!);
          expect([ask(samples, query), ask(samples, { ...query, ...turnedAround })]).toEqual(before);
        },
      ),
    );
  });

  test('what is reachable after the peering is what was before, plus the two ends', () => {
    const sample = twoVpcs();
    addVpc(sample, 'decoy', { cidr: '10.255.2.0/24', address: '10.255.2.9' });
    const after = reachableSet([networkOf(sample)], [{ protocol: 'tcp', port: 22 }]);
    sample.peeringConnections = [];
    const before = reachableSet([networkOf(sample)], [{ protocol: 'tcp', port: 22 }]);
    expect([...before]).toEqual([]);
    expect([...after].sort()).toEqual(['i-a reaches i-c with tcp/22', 'i-c reaches i-a with tcp/22']);
  });
});
