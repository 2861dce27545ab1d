import { describe, expect, test } from '@jest/globals';
import type { Route, TransitGatewayRoute } from '../../src/network/model.ts';
import { describeReachability, type Reachability, type ReachabilityQuery, reachability } from '../../src/network/reachability.ts';
import { aclEntry, addInstance, addVpc, change, connect, emptySample, networkOf, route, rule, type Sample } from './sample-network.ts';

const ask = (samples: Sample | readonly Sample[], query: Partial<ReachabilityQuery> = {}): Reachability =>
  reachability(([] as Sample[]).concat(samples).map(networkOf), {
    source: { instanceId: 'i-a' },
    destination: { address: '198.51.100.7' },
    protocol: 'tcp',
    port: 443,
    ...query,
  } as ReachabilityQuery);

const ids = (hops: Reachability['hops']): string[] => hops.map((hop) => hop.component.id);

const addRoutes = (sample: Sample, table: string, ...routes: readonly Route[]): void =>
  change(sample.routeTables, table, (one) => ({ routes: [...one.routes, ...routes] }));

/** A subnet of VPC `vpc` with a route table of its own. */
function addSubnet(sample: Sample, name: string, options: { vpc: string; cidr: string; zone?: string; routes?: readonly Route[] }): void {
  const { vpc, cidr, zone = 'usw2-az1', routes = [] } = options;
  const ids = { vpcId: `vpc-${vpc}`, ownerId: sample.accountId, tags: {} };
  const subnetId = `subnet-${name}`;
  sample.subnets.push({
    ...ids,
    subnetId,
    cidr,
    ipv6Cidrs: [],
    availabilityZoneId: zone,
    availabilityZone: zone,
    mapPublicIpOnLaunch: false,
  });
  const local = sample.vpcs.find(({ vpcId }) => vpcId === ids.vpcId)!.cidrBlocks[0]!.cidr;
  sample.routeTables.push({
    ...ids,
    routeTableId: `rtb-${name}`,
    associations: [{ associationId: `rtbassoc-${name}`, main: false, subnetId }],
    routes: [route(local, 'local'), ...routes],
  });
}

/** A NAT gateway in the subnet of that name; with a public address it is a public one. */
function addNat(sample: Sample, name: string, options: { vpc: string; subnet: string; address: string; publicIp?: string }): void {
  const ids = { vpcId: `vpc-${options.vpc}`, subnetId: `subnet-${options.subnet}`, ownerId: sample.accountId, tags: {} };
  sample.natGateways.push({ ...ids, natGatewayId: `nat-${name}`, state: 'available', networkInterfaceId: `eni-nat-${name}` });
  sample.networkInterfaces.push({
    ...ids,
    networkInterfaceId: `eni-nat-${name}`,
    privateIpAddresses: [options.address],
    ipv6Addresses: [],
    ...(options.publicIp ? { publicIp: options.publicIp } : {}),
    securityGroupIds: [],
    sourceDestCheck: false,
  });
}

/** VPC a: instance A in a private subnet, a NAT gateway in a public one. */
function behindNat(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  change(sample.subnets, 'subnet-a', () => ({ cidr: '10.0.0.0/24' }));
  addSubnet(sample, 'public', { vpc: 'a', cidr: '10.0.1.0/24', routes: [route('0.0.0.0/0', 'igw-1')] });
  sample.internetGateways.push({ internetGatewayId: 'igw-1', ownerId: sample.accountId, vpcIds: ['vpc-a'], tags: {} });
  addNat(sample, '1', { vpc: 'a', subnet: 'public', address: '10.0.1.5', publicIp: '203.0.113.5' });
  addRoutes(sample, 'rtb-a', route('0.0.0.0/0', 'nat-1'));
  return sample;
}

const attachmentOf = (name: string): string => `tgw-attach-${name}`;

function attach(sample: Sample, name: string, options: { subnets?: readonly string[]; table?: string | undefined } = {}): void {
  const { subnets = [`subnet-${name}`] } = options;
  const table = 'table' in options ? options.table : 'tgw-rtb-1';
  sample.transitGatewayAttachments.push({
    transitGatewayAttachmentId: attachmentOf(name),
    transitGatewayId: 'tgw-1',
    transitGatewayOwnerId: '111111111111',
    vpcId: `vpc-${name}`,
    vpcOwnerId: sample.accountId,
    subnetIds: subnets,
    state: 'available',
    ...(table === undefined ? {} : { routeTableId: table }),
    tags: {},
  });
}

function addTransitGatewayTable(sample: Sample, id: string, routes: readonly TransitGatewayRoute[]): void {
  sample.transitGatewayRouteTables.push({
    transitGatewayRouteTableId: id,
    transitGatewayId: 'tgw-1',
    ownerId: sample.accountId,
    routes,
    tags: {},
  });
}

const learnt = (destination: string, name: string): TransitGatewayRoute => ({
  destination,
  type: 'propagated',
  state: 'active',
  attachmentId: attachmentOf(name),
});
const fixed = (destination: string, name: string): TransitGatewayRoute => ({ ...learnt(destination, name), type: 'static' });
const swallowed = (destination: string): TransitGatewayRoute => ({ destination, type: 'static', state: 'blackhole' });

/** Two VPCs on one transit gateway. */
function hub(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  addVpc(sample, 'c', { cidr: '10.1.0.0/16', address: '10.1.0.10' });
  sample.transitGateways.push({ transitGatewayId: 'tgw-1', ownerId: sample.accountId, state: 'available', tags: { Name: 'hub' } });
  attach(sample, 'a');
  attach(sample, 'c');
  addTransitGatewayTable(sample, 'tgw-rtb-1', [learnt('10.0.0.0/16', 'a'), learnt('10.1.0.0/16', 'c')]);
  addRoutes(sample, 'rtb-a', route('10.0.0.0/8', 'tgw-1'));
  addRoutes(sample, 'rtb-c', route('10.0.0.0/8', 'tgw-1'));
  sample.securityGroupRules.push(rule('sgr-c', 'sg-c', { peer: { cidrIpv4: '10.0.0.0/16' } }));
  return sample;
}

const toC = { destination: { instanceId: 'i-c' } } as const;

/** Scenario of one way out: spoke a reaches the internet through the NAT gateway of VPC egress, by the transit gateway. */
function centralEgress(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  addVpc(sample, 'egress', { cidr: '10.9.0.0/16', address: '10.9.0.10' });
  change(sample.subnets, 'subnet-egress', () => ({ cidr: '10.9.0.0/24' }));
  addSubnet(sample, 'tgw', { vpc: 'egress', cidr: '10.9.2.0/24', routes: [route('0.0.0.0/0', 'nat-1')] });
  addSubnet(sample, 'public', {
    vpc: 'egress',
    cidr: '10.9.1.0/24',
    routes: [route('0.0.0.0/0', 'igw-1'), route('10.0.0.0/16', 'tgw-1')],
  });
  sample.internetGateways.push({ internetGatewayId: 'igw-1', ownerId: sample.accountId, vpcIds: ['vpc-egress'], tags: {} });
  addNat(sample, '1', { vpc: 'egress', subnet: 'public', address: '10.9.1.5', publicIp: '203.0.113.5' });
  sample.transitGateways.push({ transitGatewayId: 'tgw-1', ownerId: sample.accountId, state: 'available', tags: {} });
  attach(sample, 'a', { table: 'tgw-rtb-spokes' });
  attach(sample, 'egress', { subnets: ['subnet-tgw'], table: 'tgw-rtb-hub' });
  addTransitGatewayTable(sample, 'tgw-rtb-spokes', [fixed('0.0.0.0/0', 'egress')]);
  addTransitGatewayTable(sample, 'tgw-rtb-hub', [learnt('10.0.0.0/16', 'a')]);
  addRoutes(sample, 'rtb-a', route('0.0.0.0/0', 'tgw-1'));
  return sample;
}

describe('NAT gateways', () => {
  test('let a private subnet reach the internet, and the answer finds back', () => {
    const result = ask(behindNat());
    expect(result.blockedBy).toBeUndefined();
    expect(ids(result.hops)).toEqual(['i-a', 'eni-a', 'sg-a', 'acl-a', 'rtb-a', 'acl-a', 'nat-1', 'acl-a', 'rtb-public', 'igw-1']);
    expect(ids(result.returnHops)).toEqual([
      'igw-1',
      'acl-a',
      'eni-nat-1',
      'nat-1',
      'acl-a',
      'rtb-public',
      'acl-a',
      'sg-a',
      'eni-a',
      'i-a',
    ]);
  });

  test('of the private kind give their address to what goes to other networks', () => {
    const sample = hub();
    change(sample.subnets, 'subnet-a', () => ({ cidr: '10.0.0.0/24' }));
    addSubnet(sample, 'nat', { vpc: 'a', cidr: '10.0.1.0/24', routes: [route('10.0.0.0/8', 'tgw-1')] });
    addNat(sample, '1', { vpc: 'a', subnet: 'nat', address: '10.0.1.5' });
    change(sample.routeTables, 'rtb-a', () => ({ routes: [route('10.0.0.0/16', 'local'), route('10.0.0.0/8', 'nat-1')] }));
    change(sample.securityGroupRules, 'sgr-c', () => ({ peer: { cidrIpv4: '10.0.1.5/32' } }));
    const result = ask(sample, toC);
    expect(result.blockedBy).toBeUndefined();
    expect(ids(result.returnHops).slice(-8)).toEqual(['eni-nat-1', 'nat-1', 'acl-a', 'rtb-nat', 'acl-a', 'sg-a', 'eni-a', 'i-a']);
    change(sample.securityGroupRules, 'sgr-c', () => ({ peer: { cidrIpv4: '10.0.0.10/32' } }));
    expect(ask(sample, toC).blockedBy?.message).toContain('from 10.0.1.5');
  });

  test('take ports of their own choice, whatever the source chose', () => {
    const sample = behindNat();
    const open = aclEntry(100, 'ingress', { protocol: '6', portRange: { from: 40_000, to: 40_000 } });
    sample.networkAcls.push({
      networkAclId: 'acl-public',
      vpcId: 'vpc-a',
      isDefault: false,
      subnetIds: ['subnet-public'],
      entries: [open, aclEntry(90, 'ingress', { cidr: '10.0.0.0/16' }), aclEntry(100, 'egress')],
      tags: {},
    });
    const result = ask(sample, { ephemeralPorts: { from: 40_000, to: 40_000 } } as Partial<ReachabilityQuery>);
    expect(result.blockedBy).toMatchObject({ code: 'SUBNET_ACL_RESTRICTION', way: 'back', component: { id: 'acl-public' } });
    expect(result.blockedBy?.message).toContain('tcp/1024–65535');
  });

  test.each<[what: string, change: (sample: Sample) => void, code: string, id: string]>([
    [
      'one that is being deleted',
      (sample) => change(sample.natGateways, 'nat-1', () => ({ state: 'deleting' as const })),
      'BAD_STATE',
      'nat-1',
    ],
    ['one of another VPC', (sample) => change(sample.natGateways, 'nat-1', () => ({ vpcId: 'vpc-z' })), 'BAD_STATE_ATTACHMENT', 'nat-1'],
    [
      'one without a public address',
      (sample) => change(sample.networkInterfaces, 'eni-nat-1', ({ publicIp: _, ...rest }) => ({ ...rest, publicIp: undefined as never })),
      'IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS',
      'igw-1',
    ],
    [
      'one whose subnet sends everything to itself',
      (sample) => change(sample.routeTables, 'rtb-public', () => ({ routes: [route('0.0.0.0/0', 'nat-1')] })),
      'NO_POSSIBLE_DESTINATION',
      'rtb-public',
    ],
  ])('do not help: %s', (_what, how, code, id) => {
    const sample = behindNat();
    how(sample);
    expect(ask(sample).blockedBy).toMatchObject({ code, component: { id }, way: 'there' });
  });

  test('answer nobody at their own address', () => {
    expect(ask(behindNat(), { destination: { address: '10.0.1.5' } }).blockedBy).toMatchObject({ component: { id: 'eni-nat-1' } });
  });

  test('make nothing of an answer that comes to them as if it were new', () => {
    const sample = emptySample();
    addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
    addVpc(sample, 'c', { cidr: '10.1.0.0/16', address: '10.1.0.10' });
    change(sample.subnets, 'subnet-c', () => ({ cidr: '10.1.0.0/24' }));
    addSubnet(sample, 'nat', { vpc: 'c', cidr: '10.1.1.0/24', routes: [route('10.0.0.0/16', 'pcx-1')] });
    addNat(sample, '1', { vpc: 'c', subnet: 'nat', address: '10.1.1.5' });
    connect('pcx-1', { sample, vpc: 'a' }, { sample, vpc: 'c' });
    addRoutes(sample, 'rtb-a', route('10.1.0.0/16', 'pcx-1'));
    addRoutes(sample, 'rtb-c', route('10.0.0.0/16', 'nat-1'));
    sample.securityGroupRules.push(rule('sgr-c', 'sg-c', { peer: { cidrIpv4: '10.0.0.0/16' } }));
    expect(ask(sample, toC).blockedBy).toMatchObject({ code: 'NGW_SOURCE_ADDRESS_REASSIGN', way: 'back' });
  });
});

describe('egress-only internet gateways', () => {
  function ipv6(): Sample {
    const sample = emptySample();
    addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10', ipv6: { cidr: '2001:db8:a::/56', address: '2001:db8:a::10' } });
    sample.egressOnlyInternetGateways.push({
      egressOnlyInternetGatewayId: 'eigw-1',
      ownerId: sample.accountId,
      vpcIds: ['vpc-a'],
      tags: {},
    });
    addRoutes(sample, 'rtb-a', route('::/0', 'eigw-1'));
    return sample;
  }

  test('let IPv6 out, and the answers in', () => {
    const result = ask(ipv6(), { destination: { address: '2001:db8:ffff::7' } });
    expect([result.blockedBy, ids(result.hops).at(-1), ids(result.returnHops)[0]]).toEqual([undefined, 'eigw-1', 'eigw-1']);
  });

  test('do nothing for another VPC', () => {
    const sample = ipv6();
    change(sample.egressOnlyInternetGateways, 'eigw-1', () => ({ vpcIds: [] }));
    expect(ask(sample, { destination: { address: '2001:db8:ffff::7' } }).blockedBy?.code).toBe('BAD_STATE_ATTACHMENT');
  });
});

describe('transit gateways', () => {
  test('join VPCs by the table of each attachment, there and back', () => {
    const result = ask(hub(), toC);
    expect(result.blockedBy).toBeUndefined();
    const tgw = ['tgw-1', 'tgw-rtb-1'];
    expect(ids(result.hops).slice(3)).toEqual([
      ...['acl-a', 'rtb-a', 'acl-a', attachmentOf('a'), ...tgw, attachmentOf('c')],
      ...['sg-c', 'eni-c', 'i-c'],
    ]);
    expect(ids(result.returnHops).slice(3)).toEqual([
      ...['acl-c', 'rtb-c', 'acl-c', attachmentOf('c'), ...tgw, attachmentOf('a')],
      ...['sg-a', 'eni-a', 'i-a'],
    ]);
    expect(describeReachability(result)[1]).toContain(`tgw-1 (hub) › tgw-rtb-1 [10.1.0.0/16 → ${attachmentOf('c')}]`);
  });

  test('join VPCs of two accounts', () => {
    const [own, other] = [hub(), emptySample('222222222222')];
    addVpc(other, 'd', { cidr: '10.2.0.0/16', address: '10.2.0.10' });
    attach(other, 'd');
    addRoutes(other, 'rtb-d', route('10.0.0.0/8', 'tgw-1'));
    other.securityGroupRules.push(rule('sgr-d', 'sg-d', { peer: { cidrIpv4: '10.0.0.0/16' } }));
    change(own.transitGatewayRouteTables, 'tgw-rtb-1', ({ routes }) => ({ routes: [...routes, learnt('10.2.0.0/16', 'd')] }));
    expect(ask([own, other], { destination: { instanceId: 'i-d' } }).blockedBy).toBeUndefined();
    expect(ask(own, { destination: { address: '10.2.0.10' } }).blockedBy?.code).toBe('TGW_RTB_BAD_STATE_ROUTE');
  });

  test.each<[what: string, change: (sample: Sample) => void, code: string, way: 'there' | 'back']>([
    [
      'whose attachment is not available',
      (sample) => change(sample.transitGatewayAttachments, attachmentOf('a'), () => ({ state: 'deleting' })),
      'BAD_STATE_ATTACHMENT',
      'there',
    ],
    [
      'whose attachment has no table',
      (sample) => change(sample.transitGatewayAttachments, attachmentOf('a'), () => ({ routeTableId: undefined as never })),
      'TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION',
      'there',
    ],
    [
      'whose table does not know the destination',
      (sample) => change(sample.transitGatewayRouteTables, 'tgw-rtb-1', () => ({ routes: [learnt('10.0.0.0/16', 'a')] })),
      'TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT',
      'there',
    ],
    [
      'whose table does not know the way back',
      (sample) => change(sample.transitGatewayRouteTables, 'tgw-rtb-1', () => ({ routes: [learnt('10.1.0.0/16', 'c')] })),
      'TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT',
      'back',
    ],
    [
      'with a more specific blackhole',
      (sample) =>
        change(sample.transitGatewayRouteTables, 'tgw-rtb-1', ({ routes }) => ({ routes: [...routes, swallowed('10.1.0.0/24')] })),
      'TGW_RTB_BAD_STATE_ROUTE',
      'there',
    ],
    [
      'with a static blackhole of the same prefix as a learnt route',
      (sample) =>
        change(sample.transitGatewayRouteTables, 'tgw-rtb-1', ({ routes }) => ({ routes: [...routes, swallowed('10.1.0.0/16')] })),
      'TGW_RTB_BAD_STATE_ROUTE',
      'there',
    ],
    [
      'to a VPC that has no route back',
      (sample) => change(sample.routeTables, 'rtb-c', () => ({ routes: [route('10.1.0.0/16', 'local')] })),
      'NO_ROUTE_TO_DESTINATION',
      'back',
    ],
    [
      'past an ACL of the attachment’s subnet',
      (sample) => {
        change(sample.subnets, 'subnet-a', () => ({ cidr: '10.0.0.0/24' }));
        addSubnet(sample, 'gate', { vpc: 'a', cidr: '10.0.1.0/24' });
        change(sample.transitGatewayAttachments, attachmentOf('a'), () => ({ subnetIds: ['subnet-gate'] }));
        sample.networkAcls.push({
          networkAclId: 'acl-gate',
          vpcId: 'vpc-a',
          isDefault: false,
          subnetIds: ['subnet-gate'],
          entries: [],
          tags: {},
        });
      },
      'SUBNET_ACL_RESTRICTION',
      'there',
    ],
  ])('let nothing pass: %s', (_what, how, code, way) => {
    const sample = hub();
    how(sample);
    expect(ask(sample, toC).blockedBy).toMatchObject({ code, way });
  });

  test('take traffic only from zones in which the attachment has a subnet', () => {
    const sample = hub();
    change(sample.subnets, 'subnet-a', () => ({ cidr: '10.0.0.0/24' }));
    addSubnet(sample, 'gate', { vpc: 'a', cidr: '10.0.1.0/24', zone: 'usw2-az2' });
    change(sample.transitGatewayAttachments, attachmentOf('a'), () => ({ subnetIds: ['subnet-gate'] }));
    expect(ask(sample, toC).blockedBy).toMatchObject({ code: 'TGW_ROUTE_AZ_RESTRICTION', component: { id: 'tgw-1' } });
  });

  test('forget whose group the sender belongs to', () => {
    const sample = hub();
    change(sample.securityGroupRules, 'sgr-c', () => ({ peer: { referencedGroup: { groupId: 'sg-a' } } }));
    expect(ask(sample, toC).blockedBy?.code).toBe('ENI_SG_RULES_MISMATCH');
  });

  test('keep spokes apart that know only the hub (scenario 31)', () => {
    const sample = centralEgress();
    addVpc(sample, 'c', { cidr: '10.1.0.0/16', address: '10.1.0.10' });
    attach(sample, 'c', { table: 'tgw-rtb-spokes' });
    addRoutes(sample, 'rtb-c', route('0.0.0.0/0', 'tgw-1'));
    change(sample.transitGatewayRouteTables, 'tgw-rtb-spokes', ({ routes }) => ({ routes: [...routes, swallowed('10.0.0.0/8')] }));
    expect(ask(sample, toC).blockedBy?.code).toBe('TGW_RTB_BAD_STATE_ROUTE');
    expect(ask(sample).reachable).toBe(true);
  });
});

describe('one way out for many VPCs', () => {
  test('leads through transit gateway, NAT gateway and internet gateway, and the answer back (aws.md 6.1)', () => {
    const result = ask(centralEgress());
    expect(result.blockedBy).toBeUndefined();
    expect(ids(result.hops).filter((id) => /^(?:tgw|nat|igw|rtb)/.test(id))).toEqual([
      ...['rtb-a', attachmentOf('a'), 'tgw-1', 'tgw-rtb-spokes', attachmentOf('egress'), 'rtb-tgw'],
      ...['nat-1', 'rtb-public', 'igw-1'],
    ]);
    expect(ids(result.returnHops).filter((id) => /^(?:tgw|nat|igw|rtb)/.test(id))).toEqual([
      ...['igw-1', 'nat-1', 'rtb-public', attachmentOf('egress'), 'tgw-1', 'tgw-rtb-hub', attachmentOf('a')],
    ]);
  });

  test('needs the route back from the NAT gateway’s subnet (aws.md 6.1)', () => {
    const sample = centralEgress();
    change(sample.routeTables, 'rtb-public', () => ({ routes: [route('0.0.0.0/0', 'igw-1')] }));
    expect(ask(sample).blockedBy).toMatchObject({ way: 'back', code: 'IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS' });
  });

  test('does not lead through an internet gateway or a peering without translation (aws.md 6.2)', () => {
    const sample = centralEgress();
    change(sample.routeTables, 'rtb-tgw', () => ({ routes: [route('0.0.0.0/0', 'igw-1')] }));
    expect(ask(sample).blockedBy?.code).toBe('IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS');
    addVpc(sample, 'c', { cidr: '10.1.0.0/16', address: '10.1.0.10' });
    connect('pcx-1', { sample, vpc: 'egress' }, { sample, vpc: 'c' });
    change(sample.routeTables, 'rtb-tgw', () => ({ routes: [route('10.1.0.0/16', 'pcx-1')] }));
    expect(ask(sample, toC).blockedBy?.code).toBe('PCX_REQUIRES_ADDRESS_IN_VPC_CIDR');
  });

  test('does not lead round in circles', () => {
    const sample = centralEgress();
    change(sample.routeTables, 'rtb-tgw', () => ({ routes: [route('0.0.0.0/0', 'tgw-1')] }));
    change(sample.transitGatewayRouteTables, 'tgw-rtb-hub', () => ({ routes: [fixed('0.0.0.0/0', 'egress')] }));
    expect(ask(sample).blockedBy).toMatchObject({ code: 'NO_POSSIBLE_DESTINATION', component: { id: 'rtb-tgw' } });
  });

  test('reaches an instance of the hub VPC too, in another subnet', () => {
    const sample = centralEgress();
    addInstance(sample, 'proxy', { vpc: 'egress', address: '10.9.0.20' });
    sample.securityGroupRules.push(rule('sgr-proxy', 'sg-egress', { peer: { cidrIpv4: '10.0.0.0/16' } }));
    addRoutes(sample, 'rtb-egress', route('10.0.0.0/16', 'tgw-1'));
    expect(ask(sample, { destination: { instanceId: 'i-proxy' } }).blockedBy).toBeUndefined();
  });
});
