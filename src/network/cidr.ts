import ipaddr from 'ipaddr.js';

/** A block of addresses, as numbers: the first one, and how many leading bits all of them share. */
export interface Cidr {
  readonly family: 4 | 6;
  /** The first address of the block; every bit behind the prefix is 0. */
  readonly first: bigint;
  /** 0–32 for IPv4, 0–128 for IPv6. */
  readonly prefixLength: number;
}

interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

// ipaddr.js also takes octal, hexadecimal and short IPv4, zones and over-long IPv6 groups; Go's netip, and with it Kubernetes, takes none of them.
const plainIpv4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/;
const plainIpv6 = /^(?!.*[0-9a-f]{5})[0-9a-f:]+$/i;
const plainPrefix = /^(?:0|[1-9]\d{0,2})$/;

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

/** How many texts {@link remembered} keeps, and of how many characters at most: more has no address and no CIDR. */
const [mostRemembered, longestRemembered] = [10_000, 64];

/** The same function, which parses a text only once as long as not too many others come in between: the same few addresses are asked about again and again. */
function remembered<Value>(parse: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    if (text.length > longestRemembered) return parse(text);
    const before = known.get(text);
    if (before !== undefined || known.has(text)) return before as Value;
    const value = parse(text);
    if (known.size >= mostRemembered) known.clear();
    known.set(text, value);
    return value;
  };
}

const parseAddress = remembered((text: string): Address | undefined => {
  if (plainIpv4.test(text) && ipaddr.IPv4.isValid(text)) {
    return { family: 4, value: ipaddr.IPv4.parse(text).octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n) };
  }
  if (plainIpv6.test(text) && ipaddr.IPv6.isValid(text)) {
    const value = ipaddr.IPv6.parse(text).parts.reduce((before, part) => (before << 16n) | BigInt(part), 0n);
    // An IPv4 address in IPv6 clothes (::ffff:0:0/96) would be a second spelling of an IPv4 block.
    return value >> 32n === 0xffffn ? undefined : { family: 6, value };
  }
  return undefined;
});

/** Shifting right and left again clears the bits that the block's addresses do not share. */
function firstOf(value: bigint, block: { readonly family: 4 | 6; readonly prefixLength: number }): bigint {
  const free = BigInt(widthOf(block.family) - block.prefixLength);
  return (value >> free) << free;
}

const lastOf = (cidr: Cidr): bigint => cidr.first + (1n << BigInt(widthOf(cidr.family) - cidr.prefixLength)) - 1n;

/**
 * Reads `10.0.0.0/16` or `2001:db8::/32`; bits behind the prefix are cleared. Refused (undefined) are what Kubernetes' `isCIDR` refuses too: a
 * missing prefix, white space, leading zeros in IPv4 or the prefix, zones, IPv4-mapped IPv6; and any IPv6 with a dotted tail, which is never canonical.
 */
export const parseCidr: (text: string) => Cidr | undefined = remembered((text) => {
  const [addressText = '', prefixText = '', ...more] = text.split('/');
  if (more.length > 0 || !plainPrefix.test(prefixText)) return undefined;
  const address = parseAddress(addressText);
  const prefixLength = Number(prefixText);
  if (!address || prefixLength > widthOf(address.family)) return undefined;
  const block = { family: address.family, prefixLength };
  return { ...block, first: firstOf(address.value, block) };
});

function mustParse(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new TypeError(`${JSON.stringify(text)} is not a CIDR`);
  return cidr;
}

/** RFC 5952, as Go's netip writes it: the first of the longest runs of two or more zero groups becomes `::`. */
function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(16 * (7 - index))) & 0xffffn));
  let run = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length++;
    if (length > run.length) run = { from, length };
  }
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return run.length < 2 ? write(groups) : `${write(groups.slice(0, run.from))}::${write(groups.slice(run.from + run.length))}`;
}

const formatIpv4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');

/** The canonical text of a block, as Kubernetes' CEL writes `string(cidr(text).masked())`. */
export function formatCidr(cidr: Cidr): string {
  return `${cidr.family === 4 ? formatIpv4(cidr.first) : formatIpv6(cidr.first)}/${cidr.prefixLength}`;
}

/** The one spelling of this block: masked, IPv6 in lower case and shortened. Undefined where the text is no CIDR (see `parseCidr`). */
export function canonicalCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr && formatCidr(cidr);
}

/** Whether the text is a CIDR in its one spelling. */
export function isCanonicalCidr(text: string): boolean {
  return canonicalCidr(text) === text;
}

/**
 * IPv4 or IPv6.
 *
 * @throws TypeError when the text is no CIDR; so do all the functions below, except `compareCidrs`
 */
export function cidrFamily(text: string): 4 | 6 {
  return mustParse(text).family;
}

/** How many leading bits the block's addresses share. */
export function prefixLength(text: string): number {
  return mustParse(text).prefixLength;
}

function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.family === inner.family && outer.prefixLength <= inner.prefixLength && firstOf(inner.first, outer) === outer.first;
}

/** Whether the blocks have an address in common. Blocks of different families never do. */
export function cidrsOverlap(a: string, b: string): boolean {
  const [one, other] = [mustParse(a), mustParse(b)];
  return contains(one, other) || contains(other, one);
}

/** Whether every address of `inner` is one of `outer`; a block contains itself. */
export function cidrContains(outer: string, inner: string): boolean {
  return contains(mustParse(outer), mustParse(inner));
}

/**
 * Whether the address is one of the block's. An address that is none (IPv4-mapped IPv6 and zones included) lies in no block.
 *
 * @throws TypeError when the second argument is no CIDR
 */
export function addressInCidr(address: string, cidr: string): boolean {
  const block = mustParse(cidr);
  const parsed = parseAddress(address);
  return parsed !== undefined && parsed.family === block.family && firstOf(parsed.value, block) === block.first;
}

/** IPv4 or IPv6; undefined where the text is no plain address. */
export function addressFamily(address: string): 4 | 6 | undefined {
  return parseAddress(address)?.family;
}

/** The one spelling of an address; undefined where the text is no plain address. */
export const canonicalAddress: (address: string) => string | undefined = remembered((address) => {
  const parsed = parseAddress(address);
  return parsed && (parsed.family === 4 ? formatIpv4(parsed.value) : formatIpv6(parsed.value));
});

/** Whether every address of `inner` lies in at least one of `outers`, be it that only several of them together hold it. */
export function coveredBy(inner: string, outers: readonly string[]): boolean {
  const block = mustParse(inner);
  const last = lastOf(block);
  const sorted = outers
    .map(mustParse)
    .filter((outer) => outer.family === block.family)
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  let next = block.first;
  for (const outer of sorted) {
    if (next > last || outer.first > next) break;
    const end = lastOf(outer);
    if (end >= next) next = end + 1n;
  }
  return next > last;
}

/** A total order for lists: IPv4 before IPv6, then by address, then the larger block first; what is no CIDR (`pl-…`) comes last, as text. */
export function compareCidrs(a: string, b: string): number {
  const [one, other] = [parseCidr(a), parseCidr(b)];
  const byText = a < b ? -1 : a > b ? 1 : 0;
  if (!one || !other) return one ? -1 : other ? 1 : byText;
  if (one.family !== other.family) return one.family - other.family;
  if (one.first !== other.first) return one.first < other.first ? -1 : 1;
  return one.prefixLength - other.prefixLength || byText;
}
