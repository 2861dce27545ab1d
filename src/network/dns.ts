import { canonicalAddress } from './cidr.ts';
import { askInstanceNames, isPlaceName } from './dns-instances.ts';
import type { RegionNetwork } from './model.ts';
import { findById } from './place.ts';

/** The types of record that are known here. */
export type DnsType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'SRV' | 'NS' | 'SOA' | 'PTR';

/** One line of an answer. Names are in lower case, without a dot at their end. */
export interface DnsRecord {
  readonly name: string;
  readonly type: DnsType;
  /** Seconds. */
  readonly ttl: number;
  readonly value: string;
}

/** The records of one name and type in a zone. */
export interface DnsRecordSet {
  /** `*.example.com` stands for every name below `example.com` that has no records of its own. */
  readonly name: string;
  readonly type: DnsType;
  readonly ttl: number;
  readonly values: readonly string[];
  /** Route 53's alias: it answers with what another name has of this type, under its own name. */
  readonly alias?: { readonly zoneId: string; readonly name: string } | undefined;
}

/** A part of the tree of names with one owner. */
export interface DnsZone {
  readonly id: string;
  readonly name: string;
  /** How to speak of it: `private hosted zone Z0123 (egress.internal)`. */
  readonly called: string;
  /** The VPCs whose instances see it; left out: the whole world sees it. */
  readonly vpcIds?: readonly string[] | undefined;
  readonly recordSets: readonly DnsRecordSet[];
}

/** All that name servers go by. */
export interface DnsView {
  /** Every account and region: the names of instances follow from them. */
  readonly networks: readonly RegionNetwork[];
  readonly zones: readonly DnsZone[];
}

/** Who asks: an instance of a VPC, through the VPC's own Amazon DNS server; or somebody on the internet. */
export type DnsVantage = { readonly vpcId: string } | 'internet';

export interface DnsQuestion {
  readonly name: string;
  readonly type: DnsType;
}

/** What a name server says. */
export interface DnsAnswer {
  /** As in RFC 1035 and RFC 2136; `silence` where there is no server that would answer. */
  readonly status: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'silence';
  /** The names that stand for others (CNAME) first, each before what it stands for. Empty where the name has nothing of the type. */
  readonly records: readonly DnsRecord[];
  /** The name of the zone that decided; empty for the root. */
  readonly authority: string;
  /** Who decided, as one sentence without a capital and a full stop. */
  readonly because: string;
}

/** What a name stands for: IPv4 addresses, then IPv6; none where nobody answers, or nobody knows it. */
export type Resolve = (name: string, from: DnsVantage) => readonly string[];

/** More names in a row than this that stand for others are taken for a circle. */
const longestChain = 8;

/** A name as it is kept here: lower case, no dot at its end. */
export const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const isWithin = (name: string, zone: string): boolean => name === zone || zone === '' || name.endsWith(`.${zone}`);

/** The records of a name in a zone; undefined where there is no such name. A name that only has names below it exists, and has none. */
function setsOf({ recordSets }: DnsZone, name: string): readonly DnsRecordSet[] | undefined {
  const own = recordSets.filter((set) => set.name === name);
  if (own.length > 0) return own;
  if (recordSets.some((set) => set.name.endsWith(`.${name}`))) return [];
  for (let parent = parentOf(name); parent !== undefined; parent = parentOf(parent)) {
    const star = recordSets.filter((set) => set.name === `*.${parent}`);
    if (star.length > 0) return star;
    // A name in between that exists keeps the wildcards above it from what is below it (RFC 4592).
    if (recordSets.some((set) => isWithin(set.name, parent!))) return undefined;
  }
  return undefined;
}

function parentOf(name: string): string | undefined {
  const dot = name.indexOf('.');
  return dot < 0 ? undefined : name.slice(dot + 1);
}

/** Of the zones that a name lies in the one that says most of it: the others are not asked, whatever they hold. */
function mostSpecific(zones: Iterable<DnsZone>, name: string): DnsZone | undefined {
  let chosen: DnsZone | undefined;
  for (const zone of zones) {
    if (isWithin(name, zone.name) && (!chosen || zone.name.length > chosen.name.length)) chosen = zone;
  }
  return chosen;
}

const answer = (part: Partial<DnsAnswer> & Pick<DnsAnswer, 'because'>): DnsAnswer => ({
  status: 'NOERROR',
  records: [],
  authority: '',
  ...part,
});

/** One question under way: who asks, and how many names stood for others so far. */
interface Asking {
  readonly view: DnsView;
  readonly from: DnsVantage;
  readonly depth: number;
}

function aliasRecords(asking: Asking, set: DnsRecordSet): DnsRecord[] {
  const { zoneId, name } = set.alias!;
  const zone = asking.view.zones.find(({ id }) => id === zoneId);
  const deeper = { ...asking, depth: asking.depth + 1 };
  const question = { name, type: set.type };
  const found = zone ? askZone(deeper, question, zone) : ask({ ...deeper, from: 'internet' }, question);
  return found.records.filter(({ type }) => type === set.type);
}

function askZone(asking: Asking, { name, type }: DnsQuestion, zone: DnsZone): DnsAnswer {
  const authority = zone.name;
  if (asking.depth > longestChain)
    return answer({ status: 'SERVFAIL', authority, because: `names in ${zone.called} stand for one another` });
  const sets = setsOf(zone, name);
  if (!sets) return answer({ status: 'NXDOMAIN', authority, because: `${zone.called} has no ${name}` });
  const set = sets.find((one) => one.type === type) ?? sets.find((one) => one.type === 'CNAME');
  if (!set) return answer({ authority, because: `${zone.called} has nothing of the type ${type} for ${name}` });
  const because = `${zone.called} answers`;
  if (set.alias) {
    const records = aliasRecords(asking, set).map((record) => ({ ...record, name }));
    const target = set.alias.name;
    return answer({ records, authority, because: `${because} with what ${target} has` });
  }
  const records = set.values.map((value): DnsRecord => ({ name, type: set.type, ttl: set.ttl, value }));
  if (set.type === type) return answer({ records, authority, because });
  const next = ask({ ...asking, depth: asking.depth + 1 }, { name: plainName(set.values[0]!), type });
  return {
    ...next,
    records: [...records, ...next.records],
    because: `${because} with ${plainName(set.values[0]!)}, for which ${next.because}`,
  };
}

function ask(asking: Asking, question: DnsQuestion): DnsAnswer {
  const { view, from } = asking;
  const { name } = question;
  const nobody = answer({ status: 'NXDOMAIN', because: `nobody has registered ${name}, as far as the simulator is told` });
  const publicZone = mostSpecific(
    view.zones.filter(({ vpcIds }) => !vpcIds),
    name,
  );
  const publicly = (): DnsAnswer => {
    const instance = isPlaceName(name) ? askInstanceNames(view.networks, question, from) : undefined;
    return instance ?? (publicZone ? askZone(asking, question, publicZone) : nobody);
  };
  if (from === 'internet') return publicly();
  const vpc = findById(view.networks, 'vpcs', from.vpcId);
  if (!vpc) return answer({ status: 'silence', because: `nothing is known of ${from.vpcId}` });
  if (vpc.enableDnsSupport === false) {
    return answer({ status: 'silence', because: `enableDnsSupport is off for ${from.vpcId}: its Amazon DNS server does not answer` });
  }
  const seen = view.zones.filter(({ vpcIds }) => vpcIds?.includes(from.vpcId));
  const privateZone = mostSpecific(seen, name);
  if (!privateZone) return publicly();
  if (vpc.enableDnsHostnames !== true) {
    const found = publicly();
    return { ...found, because: `${found.because}; ${privateZone.called} is not asked, since enableDnsHostnames is off for ${from.vpcId}` };
  }
  // Route 53 has a rule of its own for the names of instances, and goes by the rule for the longest name.
  const instance = isPlaceName(name) ? askInstanceNames(view.networks, question, from) : undefined;
  return instance && instance.authority.length > privateZone.name.length ? instance : askZone(asking, question, privateZone);
}

/**
 * What a name server answers. In a VPC the Amazon DNS server looks into the private hosted zones that the VPC sees and into those that endpoints
 * bring along, and asks the world outside only for names that lie in none of them: what a zone does not have does not exist.
 * Sources: VPC User Guide, "DNS attributes for your VPC"; Route 53 Developer Guide, "Considerations when working with a private hosted zone" and
 * "Domain names that VPC Resolver creates autodefined system rules for".
 */
export function askDns(view: DnsView, { name, type }: DnsQuestion, from: DnsVantage): DnsAnswer {
  return ask({ view, from, depth: 0 }, { name: plainName(name), type });
}

/** The function that stands for name servers in questions about a network. A name that is an address stands for itself. */
export function resolverOf(view: DnsView): Resolve {
  return (name, from) => {
    const address = canonicalAddress(name);
    if (address) return [address];
    return (['A', 'AAAA'] as const).flatMap((type) =>
      askDns(view, { name, type }, from)
        .records.filter((record) => record.type === type)
        .map(({ value }) => value),
    );
  };
}
