import { addressInCidr } from './cidr.ts';
import type { NetworkAcl, NetworkAclEntry, SecurityGroupRule } from './model.ts';

/** What filters look at. Addresses are canonical; a range of ports stands for packets to each of them. */
export type Packet = { readonly sourceAddress: string; readonly destinationAddress: string } & (
  | { readonly protocol: 'tcp' | 'udp'; readonly ports: { readonly from: number; readonly to: number } }
  | { readonly protocol: 'icmp' | 'icmpv6'; readonly type: number; readonly code: number }
);

export type Direction = 'ingress' | 'egress';

const numberOf = { tcp: '6', udp: '17', icmp: '1', icmpv6: '58' } as const;

/** Rules and entries name a protocol, give its number, or say -1 for all. */
const speaksOf = (protocol: string, packet: Packet): boolean =>
  protocol === '-1' || protocol === packet.protocol || protocol === numberOf[packet.protocol];

/** The end that a filter of this direction looks at: where traffic comes from (ingress) or goes to (egress). */
const farAddress = (packet: Packet, direction: Direction): string =>
  direction === 'ingress' ? packet.sourceAddress : packet.destinationAddress;

function portsFit(rule: SecurityGroupRule, packet: Packet): boolean {
  if (rule.protocol === '-1') return true;
  if ('ports' in packet) return rule.fromPort <= packet.ports.from && packet.ports.to <= rule.toPort;
  return (rule.fromPort === -1 || rule.fromPort === packet.type) && (rule.toPort === -1 || rule.toPort === packet.code);
}

/** What rules name besides CIDRs. */
export interface Named {
  /** Whether the far end belongs to this group, as far as the path preserves it. */
  readonly isMember: (groupId: string) => boolean;
  /** The CIDRs of a prefix list. */
  readonly cidrsOf: (prefixListId: string) => readonly string[];
}

/** The first rule of the groups that lets the packet pass; rules only ever allow. */
export function admittingRule(
  rules: readonly SecurityGroupRule[],
  flow: { readonly packet: Packet; readonly direction: Direction },
  { isMember, cidrsOf }: Named,
): SecurityGroupRule | undefined {
  const { packet, direction } = flow;
  const far = farAddress(packet, direction);
  return rules.find((rule) => {
    if (rule.direction !== direction || !speaksOf(rule.protocol, packet) || !portsFit(rule, packet)) return false;
    const { peer } = rule;
    if ('cidrIpv4' in peer) return addressInCidr(far, peer.cidrIpv4);
    if ('cidrIpv6' in peer) return addressInCidr(far, peer.cidrIpv6);
    if ('prefixListId' in peer) return cidrsOf(peer.prefixListId).some((cidr) => addressInCidr(far, cidr));
    return isMember(peer.referencedGroup.groupId);
  });
}

/** What a network ACL decides. `entry` is the one that decided; left out where none applies, which denies. */
export interface AclVerdict {
  readonly allowed: boolean;
  readonly entry?: NetworkAclEntry;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const meets = (a: Range, b: Range): boolean => a.from <= b.to && b.from <= a.to;

/** What is left of `range` without `taken`. */
function without(range: Range, taken: Range): readonly Range[] {
  if (!meets(range, taken)) return [range];
  return [
    { from: range.from, to: taken.from - 1 },
    { from: taken.to + 1, to: range.to },
  ].filter((rest) => rest.from <= rest.to);
}

/**
 * Entries are tried by number, and the first that matches decides; what none matches is denied. A packet that stands for several ports is allowed only
 * if every port is.
 */
export function aclVerdict(acl: NetworkAcl, packet: Packet, direction: Direction): AclVerdict {
  const far = farAddress(packet, direction);
  const entries = acl.entries
    .filter((entry) => entry.egress === (direction === 'egress') && speaksOf(entry.protocol, packet) && addressInCidr(far, entry.cidr))
    .sort((a, b) => a.ruleNumber - b.ruleNumber);
  if (!('ports' in packet)) {
    const fits = (wanted: number | undefined, is: number): boolean => wanted === undefined || wanted === -1 || wanted === is;
    const entry = entries.find(({ icmp }) => fits(icmp?.type, packet.type) && fits(icmp?.code, packet.code));
    return entry ? { allowed: entry.action === 'allow', entry } : { allowed: false };
  }
  let undecided: readonly Range[] = [packet.ports];
  for (const entry of entries) {
    const taken = entry.protocol === '-1' || !entry.portRange ? packet.ports : entry.portRange;
    if (!undecided.some((range) => meets(range, taken))) continue;
    if (entry.action === 'deny') return { allowed: false, entry };
    undecided = undecided.flatMap((range) => without(range, taken));
    if (undecided.length === 0) return { allowed: true, entry };
  }
  return { allowed: false };
}
