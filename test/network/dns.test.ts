import { describe, expect, test } from '@jest/globals';
import { askDns, type DnsType, type DnsVantage, type DnsView, type DnsZone, resolverOf } from '../../src/network/dns.ts';
import type { PeeringSide, RegionNetwork, Vpc } from '../../src/network/model.ts';
import { addVpc, change, connect, emptySample, networkOf, type Sample } from './sample-network.ts';

type DnsFlags = Partial<Pick<Vpc, 'enableDnsSupport' | 'enableDnsHostnames'>>;

const on: Required<DnsFlags> = { enableDnsSupport: true, enableDnsHostnames: true };

/** `a` with a public address, `b` its peer, `c` a stranger; DNS is wholly on in all of them. */
function threeVpcs(how: (sample: Sample) => void = () => {}): RegionNetwork {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.1.0.0/16', address: '10.1.0.4' });
  addVpc(sample, 'b', { cidr: '10.2.0.0/16', address: '10.2.0.4' });
  addVpc(sample, 'c', { cidr: '10.3.0.0/16', address: '10.3.0.4' });
  connect('pcx-ab', { sample, vpc: 'a' }, { sample, vpc: 'b' });
  for (const id of ['vpc-a', 'vpc-b', 'vpc-c']) change(sample.vpcs, id, () => on);
  change(sample.networkInterfaces, 'eni-a', () => ({ publicIp: '198.51.100.7' }));
  how(sample);
  return networkOf(sample);
}

const side = (sample: Sample, role: 'requester' | 'accepter', part: Partial<PeeringSide>): void =>
  change(sample.peeringConnections, 'pcx-ab', (one) => ({ [role]: { ...one[role], ...part } }));

const zone = (name: string, sets: Readonly<Record<string, readonly string[]>>, more: Partial<DnsZone> = {}): DnsZone => ({
  id: `Z-${name}`,
  name,
  called: `zone ${name}`,
  recordSets: Object.entries(sets).map(([key, values]) => {
    const [set = '', type = 'A'] = key.split(' ');
    return { name: set, type: type as DnsType, ttl: 60, values };
  }),
  ...more,
});

const viewOf = (zones: readonly DnsZone[], network = threeVpcs()): DnsView => ({ networks: [network], zones });

/** `NOERROR 10.0.0.1 10.0.0.2`. */
function said(view: DnsView, question: string, from: DnsVantage): string {
  const [name = '', type = 'A'] = question.split(' ');
  const { status, records } = askDns(view, { name, type: type as DnsType }, from);
  return [status, ...records.map(({ value }) => value)].join(' ');
}

const a: DnsVantage = { vpcId: 'vpc-a' };
const b: DnsVantage = { vpcId: 'vpc-b' };
const c: DnsVantage = { vpcId: 'vpc-c' };
const publicName = 'ec2-198-51-100-7.us-west-2.compute.amazonaws.com';
const privateName = 'ip-10-1-0-4.us-west-2.compute.internal';

describe('names of instances', () => {
  const opened = (sample: Sample): void => side(sample, 'requester', { allowDnsResolutionFromRemoteVpc: true });
  const elsewhere = (sample: Sample): void => side(sample, 'accepter', { region: 'eu-west-2' });
  const strange = (sample: Sample): void => change(sample.networkInterfaces, 'eni-a', () => ({ privateIpAddresses: ['20.0.0.4'] }));
  test.each<{ name: string; how?: (sample: Sample) => void; ask: string; from: DnsVantage; says: string }>([
    { name: 'a private name in its VPC', ask: privateName, from: a, says: 'NOERROR 10.1.0.4' },
    { name: 'capitals and a dot at the end', ask: `${privateName.toUpperCase()}.`, from: a, says: 'NOERROR 10.1.0.4' },
    { name: 'a private name has no IPv6 address', ask: `${privateName} AAAA`, from: a, says: 'NOERROR' },
    { name: 'a private name in a peer of the region', ask: privateName, from: b, says: 'NOERROR 10.1.0.4' },
    { name: 'a private name elsewhere', ask: privateName, from: c, says: 'NXDOMAIN' },
    { name: 'a private name on the internet', ask: privateName, from: 'internet', says: 'NXDOMAIN' },
    { name: 'an address that nobody has', ask: 'ip-10-1-0-5.us-west-2.compute.internal', from: a, says: 'NXDOMAIN' },
    { name: 'the domain of another region', ask: 'ip-10-1-0-4.eu-west-2.compute.internal', from: a, says: 'NXDOMAIN' },
    { name: 'the domain of us-east-1 elsewhere', ask: 'ip-10-1-0-4.ec2.internal', from: a, says: 'NXDOMAIN' },
    { name: 'a private name in a peer of another region', how: elsewhere, ask: privateName, from: b, says: 'NXDOMAIN' },
    {
      name: 'a private name in a peer of another region that is opened',
      how: (sample) => {
        elsewhere(sample);
        opened(sample);
      },
      ask: privateName,
      from: b,
      says: 'NOERROR 10.1.0.4',
    },
    {
      name: 'a name of a range that is not private',
      how: strange,
      ask: 'ip-20-0-0-4.us-west-2.compute.internal',
      from: b,
      says: 'NXDOMAIN',
    },
    {
      name: 'a name of a range that is not private, opened',
      how: (sample) => {
        strange(sample);
        opened(sample);
      },
      ask: 'ip-20-0-0-4.us-west-2.compute.internal',
      from: b,
      says: 'NOERROR 20.0.0.4',
    },
    { name: 'a public name in its VPC', ask: publicName, from: a, says: 'NOERROR 10.1.0.4' },
    { name: 'a public name on the internet', ask: publicName, from: 'internet', says: 'NOERROR 198.51.100.7' },
    { name: 'a public name elsewhere', ask: publicName, from: c, says: 'NOERROR 198.51.100.7' },
    { name: 'a public name in a peer', ask: publicName, from: b, says: 'NOERROR 198.51.100.7' },
    { name: 'a public name in a peer that it is opened to', how: opened, ask: publicName, from: b, says: 'NOERROR 10.1.0.4' },
    {
      name: 'a public name in a peer that opens its own side only',
      how: (sample) => side(sample, 'accepter', { allowDnsResolutionFromRemoteVpc: true }),
      ask: publicName,
      from: b,
      says: 'NOERROR 198.51.100.7',
    },
    {
      name: 'a public name in a peer without DNS hostnames',
      how: (sample) => {
        opened(sample);
        change(sample.vpcs, 'vpc-b', () => ({ enableDnsHostnames: false }));
      },
      ask: publicName,
      from: b,
      says: 'NOERROR 198.51.100.7',
    },
    {
      name: 'a public name through a connection that is gone',
      how: (sample) => {
        opened(sample);
        change(sample.peeringConnections, 'pcx-ab', () => ({ state: 'deleted' as const }));
      },
      ask: publicName,
      from: b,
      says: 'NOERROR 198.51.100.7',
    },
    {
      name: 'a VPC without DNS hostnames has no public names',
      how: (sample) => change(sample.vpcs, 'vpc-a', () => ({ enableDnsHostnames: false })),
      ask: publicName,
      from: 'internet',
      says: 'NXDOMAIN',
    },
    {
      name: 'and yet private ones',
      how: (sample) => change(sample.vpcs, 'vpc-a', () => ({ enableDnsHostnames: false })),
      ask: privateName,
      from: a,
      says: 'NOERROR 10.1.0.4',
    },
    {
      name: 'a VPC without DNS support has no server that answers',
      how: (sample) => change(sample.vpcs, 'vpc-a', () => ({ enableDnsSupport: false })),
      ask: privateName,
      from: a,
      says: 'silence',
    },
    { name: 'an address turned around', ask: '4.0.1.10.in-addr.arpa PTR', from: b, says: `NOERROR ${privateName}.` },
    { name: 'an address turned around elsewhere', ask: '4.0.1.10.in-addr.arpa PTR', from: c, says: 'NXDOMAIN' },
    { name: 'a public address turned around', ask: '7.100.51.198.in-addr.arpa PTR', from: 'internet', says: `NOERROR ${publicName}.` },
  ])('$name: $says', ({ how, ask, from, says }) => {
    expect(said(viewOf([], threeVpcs(how)), ask, from)).toBe(says);
  });

  test('us-east-1 has domains of its own', () => {
    const network = { ...threeVpcs(), region: 'us-east-1' };
    expect(said(viewOf([], network), 'ip-10-1-0-4.ec2.internal', a)).toBe('NOERROR 10.1.0.4');
    expect(said(viewOf([], network), 'ec2-198-51-100-7.compute-1.amazonaws.com', 'internet')).toBe('NOERROR 198.51.100.7');
  });

  test('an answer says why the private address is not told', () => {
    const { because } = askDns(viewOf([]), { name: publicName, type: 'A' }, b);
    expect(because).toMatch(/public address: allowDnsResolutionFromRemoteVpc is off on the side of vpc-a of pcx-ab/);
  });
});

describe('zones', () => {
  const world = zone('example.com', { 'example.com': ['192.0.2.1'], 'www.example.com': ['192.0.2.2'] });
  const inA = { vpcIds: ['vpc-a'] };
  const wide = zone(
    'example.com',
    { 'db.example.com': ['10.1.0.9'], '*.web.example.com': ['10.1.0.10'], 'x.y.web.example.com': ['10.1.0.11'] },
    inA,
  );
  const narrow = zone('web.example.com', { 'a.web.example.com': ['10.1.0.12'] }, inA);
  test.each<{ name: string; zones: readonly DnsZone[]; ask: string; from: DnsVantage; says: string }>([
    { name: 'a private zone in its VPC', zones: [world, wide], ask: 'db.example.com', from: a, says: 'NOERROR 10.1.0.9' },
    { name: 'a private zone in no other VPC', zones: [world, wide], ask: 'db.example.com', from: b, says: 'NXDOMAIN' },
    {
      name: 'what a private zone lacks does not exist, whatever the world has',
      zones: [world, wide],
      ask: 'www.example.com',
      from: a,
      says: 'NXDOMAIN',
    },
    { name: 'other VPCs ask the world', zones: [world, wide], ask: 'www.example.com', from: b, says: 'NOERROR 192.0.2.2' },
    { name: 'a name with nothing of the type', zones: [wide], ask: 'db.example.com AAAA', from: a, says: 'NOERROR' },
    { name: 'a name that only has names below it', zones: [wide], ask: 'y.web.example.com', from: a, says: 'NOERROR' },
    { name: 'a wildcard', zones: [wide], ask: 'b.web.example.com', from: a, says: 'NOERROR 10.1.0.10' },
    { name: 'a wildcard, two labels down', zones: [wide], ask: 'c.b.web.example.com', from: a, says: 'NOERROR 10.1.0.10' },
    { name: 'a wildcard behind a name that exists', zones: [wide], ask: 'z.y.web.example.com', from: a, says: 'NXDOMAIN' },
    { name: 'the zone that says most of a name', zones: [wide, narrow], ask: 'a.web.example.com', from: a, says: 'NOERROR 10.1.0.12' },
    { name: 'and no other one after it', zones: [wide, narrow], ask: 'b.web.example.com', from: a, says: 'NXDOMAIN' },
    { name: 'a name that merely ends alike', zones: [narrow], ask: 'a.notweb.example.com', from: a, says: 'NXDOMAIN' },
    {
      name: 'a zone above the names of instances leaves them alone',
      zones: [zone('internal', { 'x.internal': ['10.1.0.1'] }, inA)],
      ask: privateName,
      from: a,
      says: 'NOERROR 10.1.0.4',
    },
    {
      name: 'a zone of the very domain of instances hides them',
      zones: [zone('us-west-2.compute.internal', {}, inA)],
      ask: privateName,
      from: a,
      says: 'NXDOMAIN',
    },
    {
      name: 'a name that stands for another is followed out of its zone',
      zones: [world, zone('int', { 'w.int CNAME': ['WWW.example.com.'] }, inA)],
      ask: 'w.int',
      from: a,
      says: 'NOERROR WWW.example.com. 192.0.2.2',
    },
    {
      name: 'a name that stands for one that does not exist',
      zones: [zone('int', { 'w.int CNAME': ['v.int.'] }, inA)],
      ask: 'w.int',
      from: a,
      says: 'NXDOMAIN v.int.',
    },
    {
      name: 'the type CNAME itself is not followed',
      zones: [world, zone('int', { 'w.int CNAME': ['www.example.com.'] }, inA)],
      ask: 'w.int CNAME',
      from: a,
      says: 'NOERROR www.example.com.',
    },
  ])('$name: $says', ({ zones, ask, from, says }) => {
    expect(said(viewOf(zones), ask, from)).toBe(says);
  });

  test('names that stand for one another end in a failure', () => {
    const circle = zone('int', { 'v.int CNAME': ['w.int.'], 'w.int CNAME': ['v.int.'] }, inA);
    expect(askDns(viewOf([circle]), { name: 'v.int', type: 'A' }, a).status).toBe('SERVFAIL');
  });

  test('an alias answers under its own name, from the zone that it names or from the world', () => {
    const endpoints = zone('vpce.amazonaws.com', { 'vpce-1.vpce.amazonaws.com': ['10.1.0.20', '10.1.0.21'] });
    const alias = (zoneId: string, name: string) => ({
      name: `${name.split('.')[0]}.int`,
      type: 'A' as const,
      ttl: 60,
      values: [],
      alias: { zoneId, name },
    });
    const int = zone('int', { 'here.int': ['10.1.0.30'] }, { ...inA });
    const recordSets = [
      ...int.recordSets,
      alias('Z-vpce.amazonaws.com', 'vpce-1.vpce.amazonaws.com'),
      { ...alias('Z-int', 'here.int'), name: 'same.int' },
      alias('Z-unknown', 'gone.vpce.amazonaws.com'),
    ];
    const view = viewOf([endpoints, { ...int, recordSets }]);
    expect(askDns(view, { name: 'vpce-1.int', type: 'A' }, a).records.map(({ name, value }) => [name, value])).toEqual([
      ['vpce-1.int', '10.1.0.20'],
      ['vpce-1.int', '10.1.0.21'],
    ]);
    expect(said(view, 'same.int', a)).toBe('NOERROR 10.1.0.30');
    expect(said(view, 'gone.int', a)).toBe('NOERROR');
  });

  test('without DNS hostnames no private zone is asked', () => {
    const network = threeVpcs((sample) => change(sample.vpcs, 'vpc-a', () => ({ enableDnsHostnames: false })));
    const view = viewOf([world, wide], network);
    expect(said(view, 'db.example.com', a)).toBe('NXDOMAIN');
    expect(askDns(view, { name: 'www.example.com', type: 'A' }, a)).toMatchObject({
      status: 'NOERROR',
      because: 'zone example.com answers; zone example.com is not asked, since enableDnsHostnames is off for vpc-a',
    });
  });
});

test('as a function from names to addresses: IPv4, then IPv6, and an address for itself', () => {
  const resolve = resolverOf(viewOf([zone('both', { 'both AAAA': ['2001:db8::1'], 'both A': ['192.0.2.9'], 'both TXT': ['"no"'] })]));
  expect(resolve('both', a)).toEqual(['192.0.2.9', '2001:db8::1']);
  expect(resolve('10.9.8.7', 'internet')).toEqual(['10.9.8.7']);
  expect(resolve('nothing', b)).toEqual([]);
});
