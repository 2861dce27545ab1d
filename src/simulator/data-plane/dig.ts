import { createHash } from 'node:crypto';
import { addressFamily, addressInCidr, canonicalAddress } from '../../network/cidr.ts';
import { askDns, type DnsAnswer, type DnsType } from '../../network/dns.ts';
import { findById } from '../../network/place.ts';
import { subBlock } from '../ec2/addresses.ts';
import { UsageError } from './options.ts';
import { type Ended, endOf, lookUp, roundTrip, send, type Vantage } from './vantage.ts';

const types: readonly DnsType[] = ['A', 'AAAA', 'CNAME', 'TXT', 'SRV', 'NS', 'SOA', 'PTR'];
/** Switches that change nothing here: there is one answer, of any size, and at once. */
const idle = /^\+(?:no)?(?:tcp|vc|edns|recurse|rec|dnssec|cookie|search|time=\d+|timeout=\d+|tries=\d+|retry=\d+|all)$/;
const sections = ['answer', 'question', 'authority', 'comments', 'stats', 'cmd'] as const;
type Section = (typeof sections)[number];

/** Addresses at which the Amazon DNS server of any VPC answers (VPC User Guide, "Amazon DNS server"). */
const amazonAddresses = ['169.254.169.253', 'fd00:ec2::253'];

interface Asked {
  readonly name: string;
  readonly type: DnsType;
  readonly server?: string | undefined;
  readonly short: boolean;
  readonly shows: (section: Section) => boolean;
}

const usage =
  'dig [@server] name [type] [-x address] [-t type] [+short] [+noall] [+answer] [+question] [+authority] [+comments] [+stats] [+cmd]';

function typeNamed(text: string): DnsType {
  const type = types.find((one) => one === text.toUpperCase());
  if (!type) throw new UsageError(`dig: found the type ${text}; it must be one of ${types.join(', ')}`);
  return type;
}

function reverseOf(text: string): string {
  const address = canonicalAddress(text);
  if (!address || addressFamily(address) !== 4) throw new UsageError(`dig: found ${text} for -x; it must be an IPv4 address`);
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

/** @throws UsageError */
function read(args: readonly string[]): Asked {
  const shown = new Map<Section, boolean>(sections.map((section) => [section, true]));
  let [name, type, server, short]: [string | undefined, DnsType | undefined, string | undefined, boolean] = [
    undefined,
    undefined,
    undefined,
    false,
  ];
  const queue = [...args];
  const next = (option: string): string => {
    const value = queue.shift();
    if (value === undefined) throw new UsageError(`dig: the option ${option} needs a value; ${usage}`);
    return value;
  };
  for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
    const section = sections.find((one) => text === `+${one}` || text === `+no${one}`);
    if (text === '+short') short = true;
    else if (text === '+noall') for (const one of sections) shown.set(one, false);
    else if (section) shown.set(section, text === `+${section}`);
    else if (text === '-t') type = typeNamed(next(text));
    else if (text === '-x') [name, type] = [reverseOf(next(text)), type ?? 'PTR'];
    else if (text === '-q') name = next(text);
    else if (text === '-4' || text === '-6' || idle.test(text)) continue;
    else if (text.startsWith('@')) server = text.slice(1);
    else if (text.startsWith('+') || text.startsWith('-')) throw new UsageError(`dig: there is no option ${text} here; ${usage}`);
    else if (text.toUpperCase() === 'IN') continue;
    else if (name === undefined) name = text;
    else type = typeNamed(text);
  }
  if (name === undefined) throw new UsageError(`dig: a name is needed; ${usage}`);
  return { name, type: type ?? 'A', server, short, shows: (section) => shown.get(section) === true };
}

/** A server's answer, and where it was asked; undefined where nobody answers. */
interface Heard {
  readonly address: string;
  readonly answer: DnsAnswer;
  /** In milliseconds. */
  readonly time: number;
}

function amazonServers(vantage: Vantage): readonly string[] {
  const [primary] = findById(vantage.networks, 'vpcs', vantage.instance.vpcId)?.cidrBlocks ?? [];
  const own = primary && subBlock(primary.cidr, 32, 2n)?.replace('/32', '');
  return own === undefined ? amazonAddresses : [own, ...amazonAddresses];
}

/** Asks the server that is named, or the VPC's own: as a VPC's server answers its instances only, all others are asked as the internet is. */
function hear(vantage: Vantage, { name, type, server }: Asked): Heard | { readonly nobodyAt: string } {
  const amazon = amazonServers(vantage);
  const address = server === undefined ? amazon[0]! : serverAddress(vantage, server);
  if (amazon.includes(address)) {
    const answer = lookUp(vantage, name, type);
    return answer.status === 'silence' ? { nobodyAt: address } : { address, answer, time: 1 };
  }
  const result = send(vantage, { protocol: 'udp', port: 53 }, { address });
  if (!result.reachable || endOf(vantage, result).kind !== 'somebody') {
    const isPeers = vantage.networks.some(({ vpcs }) =>
      [...vpcs.values()].some(({ cidrBlocks }) => cidrBlocks.some(({ cidr }) => addressInCidr(address, cidr))),
    );
    if (isPeers) vantage.explanation.push(`${address} lies in a VPC, and the DNS server of a VPC answers nobody outside it`);
    return { nobodyAt: address };
  }
  const answer = askDns(vantage.view, { name, type }, 'internet');
  vantage.explanation.push(`${name} ${type} at ${address}: ${answer.status}: ${answer.because}`);
  return { address, answer, time: Math.round(roundTrip(vantage, result)) };
}

function serverAddress(vantage: Vantage, server: string): string {
  const address = canonicalAddress(server) ?? lookUp(vantage, server, 'A').records.findLast(({ type }) => type === 'A')?.value;
  if (address === undefined) throw new UsageError(`dig: couldn't get address for '${server}': not found`);
  return address;
}

const dotted = (name: string): string => `${name}.`;

function answerText(asked: Asked, { address, answer, time }: Heard, vantage: Vantage): string {
  const { name, type, shows } = asked;
  const { records, status, authority } = answer;
  const lines: string[] = [];
  const isEmpty = records.length === 0 || status === 'NXDOMAIN';
  const id = createHash('sha256').update(`${name} ${type}`).digest().readUInt16BE(0);
  if (shows('comments')) {
    lines.push(';; Got answer:', `;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${id}`);
    lines.push(`;; flags: qr rd ra; QUERY: 1, ANSWER: ${records.length}, AUTHORITY: ${isEmpty ? 1 : 0}, ADDITIONAL: 1`, '');
    lines.push(';; OPT PSEUDOSECTION:', '; EDNS: version: 0, flags:; udp: 4096');
  }
  if (shows('question'))
    lines.push(...(shows('comments') ? [';; QUESTION SECTION:'] : []), `;${dotted(name.replace(/\.$/, ''))}\t\tIN\t${type}`, '');
  if (shows('answer') && records.length > 0) {
    if (shows('comments')) lines.push(';; ANSWER SECTION:');
    for (const record of records) lines.push(`${dotted(record.name)}\t${record.ttl}\tIN\t${record.type}\t${shownValue(record)}`);
    lines.push('');
  }
  if (shows('authority') && isEmpty) {
    if (shows('comments')) lines.push(';; AUTHORITY SECTION:');
    lines.push(`${dotted(authority)}\t60\tIN\tSOA\tns-0.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`, '');
  }
  if (shows('stats')) {
    lines.push(`;; Query time: ${time} msec`, `;; SERVER: ${address}#53(${address}) (UDP)`);
    lines.push(`;; WHEN: ${new Date(vantage.world.now()).toUTCString()}`, '');
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** A name as a value has a dot at its end, whoever wrote it without. */
const shownValue = ({ type, value }: { readonly type: DnsType; readonly value: string }): string =>
  type === 'CNAME' || type === 'PTR' ? dotted(value.replace(/\.$/, '')) : value;

/** Asks a DNS server as BIND's dig does. Ends with 0 whatever the answer is, and with 9 where there is none. */
export function dig(vantage: Vantage, args: readonly string[]): Ended {
  const asked = read(args);
  const heard = hear(vantage, asked);
  const greeting = asked.shows('cmd') && !asked.short ? `\n; <<>> DiG 9.18 <<>> ${args.join(' ')}\n;; global options: +cmd\n` : '';
  if ('nobodyAt' in heard) {
    const silence = `;; communications error to ${heard.nobodyAt}#53: timed out\n`.repeat(3);
    return { stdout: `${silence}${greeting}${asked.short ? '' : ';; no servers could be reached\n'}`, stderr: '', exitCode: 9 };
  }
  if (!asked.short) return { stdout: `${greeting}${answerText(asked, heard, vantage)}`, stderr: '', exitCode: 0 };
  return { stdout: heard.answer.records.map((record) => `${shownValue(record)}\n`).join(''), stderr: '', exitCode: 0 };
}
