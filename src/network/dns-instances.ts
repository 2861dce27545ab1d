import { addressInCidr, canonicalAddress } from './cidr.ts';
import type { DnsAnswer, DnsQuestion, DnsVantage } from './dns.ts';
import type { NetworkInterface, PeeringConnection, PeeringSide, RegionNetwork, Vpc } from './model.ts';
import { allOf, findById } from './place.ts';

/** Where the private names of a region's instances end: us-east-1 has a domain of its own. */
const privateDomain = (region: string): string => (region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`);

const publicDomain = (region: string): string => (region === 'us-east-1' ? 'compute-1.amazonaws.com' : `${region}.compute.amazonaws.com`);

/** `ip-10-0-0-5.us-west-2.compute.internal`. */
export const privateInstanceName = (address: string, region: string): string =>
  `ip-${address.replaceAll('.', '-')}.${privateDomain(region)}`;

/** `ec2-203-0-113-25.us-west-2.compute.amazonaws.com`. */
export const publicInstanceName = (address: string, region: string): string =>
  `ec2-${address.replaceAll('.', '-')}.${publicDomain(region)}`;

const domains = /(?:^|\.)(?:compute\.internal|ec2\.internal|compute(?:-1)?\.amazonaws\.com|in-addr\.arpa)$/;

/** Whether a name is one that says where a thing is: an instance's, or an address turned around. */
export const isPlaceName = (name: string): boolean => domains.test(name);

/** The ranges that RFC 1918 keeps for private networks. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

const ttl = 60;

/** A network interface of AWS's, where it is, and how the one who asks stands to it. */
interface Found {
  readonly networkInterface: NetworkInterface;
  readonly region: string;
  readonly vpc: Vpc;
}

function* interfacesWith(networks: readonly RegionNetwork[], has: (one: NetworkInterface) => boolean): Iterable<Found> {
  for (const network of networks) {
    for (const networkInterface of network.networkInterfaces.values()) {
      const vpc = has(networkInterface) ? network.vpcs.get(networkInterface.vpcId) : undefined;
      if (vpc) yield { networkInterface, region: network.region, vpc };
    }
  }
}

/** The active connection between two VPCs, as seen from the first. */
function peering(
  networks: readonly RegionNetwork[],
  ownId: string,
  otherId: string,
): { readonly connection: PeeringConnection; readonly own: PeeringSide; readonly other: PeeringSide } | undefined {
  for (const connection of allOf(networks, 'peeringConnections')) {
    if (connection.state !== 'active') continue;
    const { requester, accepter } = connection;
    if (requester.vpcId === ownId && accepter.vpcId === otherId) return { connection, own: requester, other: accepter };
    if (accepter.vpcId === ownId && requester.vpcId === otherId) return { connection, own: accepter, other: requester };
  }
  return undefined;
}

const hasDnsNames = ({ enableDnsHostnames, enableDnsSupport }: Vpc): boolean => enableDnsHostnames === true && enableDnsSupport !== false;

/** Why the private addresses of `other` are told in `own`; or, as `no`, why they are not. */
type Told = { readonly because: string } | { readonly no: string };

/** Each side of a connection opens its own addresses to the other; both VPCs must have DNS hostnames and support (VPC Peering Guide, "DNS resolution"). */
function throughOption(networks: readonly RegionNetwork[], own: Vpc, other: Vpc): Told {
  const joined = peering(networks, own.vpcId, other.vpcId);
  if (!joined) return { no: `no active peering connection joins ${own.vpcId} to ${other.vpcId}` };
  const id = joined.connection.vpcPeeringConnectionId;
  if (!joined.other.allowDnsResolutionFromRemoteVpc) {
    return { no: `allowDnsResolutionFromRemoteVpc is off on the side of ${other.vpcId} of ${id}` };
  }
  const lacking = [own, other].find((vpc) => !hasDnsNames(vpc));
  if (lacking)
    return { no: `${id} cannot open the names of ${other.vpcId}: ${lacking.vpcId} lacks enableDnsSupport or enableDnsHostnames` };
  return { because: `${id} opens the names of ${other.vpcId} to ${own.vpcId}` };
}

/** The name of an address in a peer is only told without the option within a region, and of ranges that are private anyway. */
function privateNameTold(
  networks: readonly RegionNetwork[],
  own: Vpc,
  { vpc, region, address }: Found & { readonly address: string },
): Told {
  if (vpc.vpcId === own.vpcId) return { because: `it is an address of ${own.vpcId}` };
  const joined = peering(networks, own.vpcId, vpc.vpcId);
  if (!joined) return { no: `no active peering connection joins ${own.vpcId} to ${vpc.vpcId}` };
  const isPlain = joined.own.region === region && privateRanges.some((range) => addressInCidr(address, range));
  if (isPlain) return { because: `it is a private address of ${vpc.vpcId}, a peer in the same region` };
  return throughOption(networks, own, vpc);
}

const noSuchName = (name: string, authority: string, why: string): DnsAnswer => ({
  status: 'NXDOMAIN',
  records: [],
  authority,
  because: `${name} is not told: ${why}`,
});

function told({ name, type }: DnsQuestion, authority: string, { value, because }: { value: string; because: string }): DnsAnswer {
  const records = type === 'A' ? [{ name, type: 'A' as const, ttl, value }] : [];
  return { status: 'NOERROR', records, authority, because };
}

const addressOf = (label: string): string | undefined => canonicalAddress(label.replaceAll('-', '.'));

function askPrivateName(networks: readonly RegionNetwork[], question: DnsQuestion, own: Vpc): DnsAnswer | undefined {
  const [, label = '', domain = ''] = /^ip-(\d+-\d+-\d+-\d+)\.(.+)$/.exec(question.name) ?? [];
  const address = addressOf(label);
  if (!address) return undefined;
  let why = `no interface there has the address ${address}`;
  for (const found of interfacesWith(networks, (one) => one.privateIpAddresses.includes(address))) {
    if (privateDomain(found.region) !== domain) continue;
    const verdict = privateNameTold(networks, own, { ...found, address });
    if ('because' in verdict) return told(question, domain, { value: address, because: verdict.because });
    if (peering(networks, own.vpcId, found.vpc.vpcId)) why = verdict.no;
  }
  return noSuchName(question.name, domain, why);
}

function askPublicName(networks: readonly RegionNetwork[], question: DnsQuestion, own: Vpc | undefined): DnsAnswer | undefined {
  const [, label = '', domain = ''] = /^ec2-(\d+-\d+-\d+-\d+)\.(.+)$/.exec(question.name) ?? [];
  const publicIp = addressOf(label);
  if (!publicIp) return undefined;
  const [found] = interfacesWith(networks, (one) => one.publicIp === publicIp);
  if (!found || publicDomain(found.region) !== domain)
    return noSuchName(question.name, domain, `nothing there has the address ${publicIp}`);
  const { vpc, networkInterface } = found;
  if (!hasDnsNames(vpc)) return noSuchName(question.name, domain, `enableDnsHostnames or enableDnsSupport is off for ${vpc.vpcId}`);
  const inside = networkInterface.privateIpAddresses[0]!;
  if (own?.vpcId === vpc.vpcId)
    return told(question, domain, { value: inside, because: `within ${vpc.vpcId} the public name stands for the private address` });
  const verdict: Told = own ? throughOption(networks, own, vpc) : { no: 'the internet only has use for the public address' };
  if ('because' in verdict) return told(question, domain, { value: inside, because: verdict.because });
  return told(question, domain, { value: publicIp, because: `the public name stands for the public address: ${verdict.no}` });
}

/** An address turned around: only those of the VPC and its peers have names (Route 53 Developer Guide, "Forwarding rules for reverse DNS queries"). */
function askReverse(networks: readonly RegionNetwork[], { name, type }: DnsQuestion, own: Vpc | undefined): DnsAnswer {
  const authority = 'in-addr.arpa';
  const address = canonicalAddress(name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.'));
  if (!address) return noSuchName(name, authority, 'it is no address');
  const named = (value: string, because: string): DnsAnswer => ({
    status: 'NOERROR',
    records: type === 'PTR' ? [{ name, type: 'PTR', ttl, value: `${value}.` }] : [],
    authority,
    because,
  });
  for (const found of interfacesWith(networks, (one) => one.privateIpAddresses.includes(address))) {
    const known = own && hasDnsNames(own) && 'because' in privateNameTold(networks, own, { ...found, address });
    if (known) return named(privateInstanceName(address, found.region), `it is an address of ${found.vpc.vpcId}`);
  }
  const [found] = interfacesWith(networks, (one) => one.publicIp === address);
  if (found && hasDnsNames(found.vpc))
    return named(publicInstanceName(address, found.region), `it is a public address of ${found.vpc.vpcId}`);
  return noSuchName(name, authority, `nothing that ${own ? own.vpcId : 'the internet'} sees has the address ${address}`);
}

/**
 * The names that instances have of themselves. Undefined where the name is not of their form.
 *
 * @param question its name is one for which {@link isPlaceName} holds
 */
export function askInstanceNames(networks: readonly RegionNetwork[], question: DnsQuestion, from: DnsVantage): DnsAnswer | undefined {
  const own = from === 'internet' ? undefined : findById(networks, 'vpcs', from.vpcId);
  if (question.name.endsWith('.in-addr.arpa')) return askReverse(networks, question, own);
  return (own && askPrivateName(networks, question, own)) ?? askPublicName(networks, question, own);
}
