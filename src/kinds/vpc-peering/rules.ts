import { cidrFamily, coveredBy } from '../../network/cidr.ts';
import { grouped } from '../../network/grouped.ts';
import type { PeeringConnection, RulePeer, RuleSpec, SecurityGroupRule } from '../../network/model.ts';
import type { MemoryEntry, Problem, Step, Waiting } from '../kind.ts';
import { isOurs, missingTags, ownerName, ownershipTags } from '../ownership.ts';
import type { VpcPeering, VpcPeeringSpec, VpcPeeringStatus } from './api.ts';
import {
  type Draft,
  describeVpc,
  findGroup,
  isOldEnough,
  isProblem,
  type PeeringInput,
  type PeerSide,
  peerCidrs,
  placeOf,
  type ResolvedSide,
  type SideName,
  timestamp,
  tooYoung,
} from './side.ts';

type IngressRule = NonNullable<VpcPeeringSpec['requester']['ingress']>[number];
type EgressRule = NonNullable<VpcPeeringSpec['requester']['egress']>[number];
type RuleEnd = IngressRule['from'];
type PartRule = Omit<IngressRule, 'from'> & { readonly end: RuleEnd; readonly direction: 'ingress' | 'egress' };

export type RuleStatus = NonNullable<NonNullable<VpcPeeringStatus['requester']>['securityGroupRules']>[number];

export interface RulesDraft extends Draft {
  readonly status: readonly RuleStatus[];
}

export const ruleRole = (side: SideName): string => `${side}/rule`;

/** Text of where a rule lets traffic come from or go to. */
export function peerText(peer: RulePeer): string {
  if ('cidrIpv4' in peer) return peer.cidrIpv4;
  if ('cidrIpv6' in peer) return peer.cidrIpv6;
  if ('prefixListId' in peer) return peer.prefixListId;
  return peer.referencedGroup.groupId;
}

/** What AWS compares to tell two rules of a group apart: direction, protocol, ports and peer; description and tags are no part of it (aws.md 3.1). */
export const ruleKey = (groupId: string, rule: RuleSpec): string =>
  [groupId, rule.direction, rule.protocol, rule.fromPort, rule.toPort, peerText(rule.peer)].join('|');

interface WantedRule {
  readonly name: string;
  readonly groupId: string;
  readonly rule: RuleSpec;
}

/** Ports as AWS has them: for icmp the type and code, -1 for all. */
function portsOf(rule: PartRule): readonly (readonly [number, number])[] {
  switch (rule.protocol) {
    case 'tcp':
    case 'udp':
      return (rule.portRanges ?? []).map((range) => {
        const [from = 0, to = from] = range.split('-').map(Number);
        return [from, to] as const;
      });
    case 'icmp':
    case 'icmpv6': {
      const type = rule.icmp?.type ?? -1;
      // AWS: a type of -1 (all) forces the code to -1.
      return [[type, type === -1 ? -1 : (rule.icmp?.code ?? -1)]];
    }
    case 'all':
      return [[-1, -1]];
    default:
      return rule.protocol satisfies never;
  }
}

/** A CIDR rule of one family only says something about protocols of that family. */
const speaksOf = (cidr: string, protocol: PartRule['protocol']): boolean =>
  protocol === 'icmp' ? cidrFamily(cidr) === 4 : protocol === 'icmpv6' ? cidrFamily(cidr) === 6 : true;

const cidrPeer = (cidr: string): RulePeer => (cidrFamily(cidr) === 4 ? { cidrIpv4: cidr } : { cidrIpv6: cidr });

/** A side, its peer, and the connection between them, from which a foreign peer's CIDRs are known. */
interface Ends {
  readonly side: ResolvedSide;
  readonly peer: PeerSide;
  readonly connection: PeeringConnection;
}

/** What a rule's `from` or `to` comes to in AWS. */
function peersOf(rule: PartRule, ends: Ends & { readonly field: string }): readonly RulePeer[] | Problem {
  const { side, peer, connection, field } = ends;
  const cidrs = peerCidrs(side, peer, connection);
  const speaking = (list: readonly string[]): readonly RulePeer[] => list.filter((cidr) => speaksOf(cidr, rule.protocol)).map(cidrPeer);
  if (rule.end.cidrs !== undefined) {
    const outside = rule.end.cidrs.filter((cidr) => !coveredBy(cidr, cidrs));
    if (outside.length > 0) {
      return {
        reason: 'CidrOutsidePeer',
        message: `${field}.cidrs: ${outside.join(', ')} does not lie within the CIDRs of ${describeVpc(peer)} (${cidrs.join(', ')})`,
        heals: 'person',
      };
    }
    return speaking(rule.end.cidrs);
  }
  if (rule.end.securityGroup !== undefined) {
    const group = peer.view
      ? findGroup(rule.end.securityGroup, peer, `${field}.securityGroup`)
      : foreignGroup(rule.end.securityGroup, field);
    if (isProblem(group)) return group;
    // AWS takes references to a peer's groups only within one region (aws.md 3.4); across regions the peer's CIDRs stand in.
    if (side.region === peer.region) return [{ referencedGroup: { groupId: group.groupId, userId: peer.accountId } }];
  }
  return speaking(cidrs);
}

/** A group of an account that cannot be looked into: its id is believed. */
const foreignGroup = (selector: { readonly id?: string | undefined }, field: string): { readonly groupId: string } | Problem =>
  selector.id !== undefined
    ? { groupId: selector.id }
    : {
        reason: 'SecurityGroupNotFound',
        message: `${field}.securityGroup: groups of an account that the controller may not enter can be named by id only`,
        heals: 'person',
      };

/** What the rules of one side come to in AWS, and what keeps some of them from it. */
export function wantedRules({ side, peer, connection }: Ends): {
  readonly wanted: readonly WantedRule[];
  readonly problems: readonly Problem[];
} {
  const rules: readonly { rule: PartRule; field: string }[] = [
    ...(side.spec.ingress ?? []).map((rule: IngressRule) => ({
      rule: { ...rule, end: rule.from, direction: 'ingress' as const },
      field: `spec.${side.name}.ingress[${rule.name}]`,
    })),
    ...(side.spec.egress ?? []).map((rule: EgressRule) => ({
      rule: { ...rule, end: rule.to, direction: 'egress' as const },
      field: `spec.${side.name}.egress[${rule.name}]`,
    })),
  ];
  const problems: Problem[] = [];
  const wanted: WantedRule[] = [];
  for (const { rule, field } of rules) {
    const group = findGroup(rule.securityGroup, side, `${field}.securityGroup`);
    const peers = peersOf(rule, { side, peer, connection, field: `${field}.${rule.direction === 'ingress' ? 'from' : 'to'}` });
    const found = [group, peers].filter((each) => isProblem(each));
    problems.push(...found);
    if (isProblem(group) || isProblem(peers)) continue;
    for (const [fromPort, toPort] of portsOf(rule)) {
      for (const rulePeer of peers) {
        wanted.push({
          name: rule.name,
          groupId: group.groupId,
          rule: { direction: rule.direction, protocol: rule.protocol === 'all' ? '-1' : rule.protocol, fromPort, toPort, peer: rulePeer },
        });
      }
    }
  }
  return { wanted, problems };
}

/** AWS takes at most 255 characters of a small alphabet (aws.md 3.5); names of Kubernetes objects are within it. */
const description = (input: PeeringInput, name: string): string =>
  `isthmus ${input.resource.metadata.namespace}/${input.resource.metadata.name}: ${name}`.slice(0, 255);

/**
 * The security-group rules of one side. Equal rules are one; one that stands there already is used as it is, and is ours only if it
 * carries our tag. A rule of ours that is not wanted any more is revoked after the others are made.
 */
export function planRules(
  input: PeeringInput,
  { side, peer, connection, memory }: Ends & { readonly memory: readonly MemoryEntry[] },
): RulesDraft {
  const { wanted, problems } = wantedRules({ side, peer, connection });
  const waiting: Waiting[] = problems.map((problem) => ({ part: 'SecurityGroupsReady', problem }));
  const steps: Step[] = [];
  const status: RuleStatus[] = [];
  const kept: MemoryEntry[] = [];
  const role = ruleRole(side.name);
  const mine = new Map(memory.filter((entry) => entry.role === role).map((entry) => [entry.key ?? entry.id, entry]));
  const tags = ownershipTags(input.resource, input.cluster);
  const present = grouped(side.view.securityGroupRules, 'key', (rule) => [ruleKey(rule.groupId, rule)]);
  const seen = new Set<string>();

  for (const { name, groupId, rule } of wanted) {
    const key = ruleKey(groupId, rule);
    if (seen.has(key)) continue;
    seen.add(key);
    const [existing] = present(key);
    const before = mine.get(key);
    if (existing) {
      const created = isOurs(existing.tags, input);
      kept.push({
        role,
        ...placeOf(side.view),
        id: existing.securityGroupRuleId,
        key,
        created,
        attempt: before?.attempt ?? 1,
        intentAt: before?.intentAt ?? timestamp(input.now),
      });
      const missing = created ? missingTags(tags, existing.tags) : undefined;
      if (missing) {
        steps.push({
          change: { action: 'CreateTags', scope: side.view.scope, resourceId: existing.securityGroupRuleId, tags: missing },
          part: 'SecurityGroupsReady',
          stage: 1,
          sentence: `tag rule ${existing.securityGroupRuleId} of ${groupId}`,
        });
      }
      status.push({ name, securityGroupRuleId: existing.securityGroupRuleId, securityGroupId: groupId, source: peerText(rule.peer) });
    } else {
      steps.push({
        change: {
          action: rule.direction === 'ingress' ? 'AuthorizeSecurityGroupIngress' : 'AuthorizeSecurityGroupEgress',
          scope: side.view.scope,
          groupId,
          rule,
          description: description(input, name),
          tags,
        },
        part: 'SecurityGroupsReady',
        stage: 1,
        sentence: `let ${groupId} ${rule.direction === 'ingress' ? 'take' : 'send'} ${ruleText(rule)}`,
        remember: {
          role,
          ...placeOf(side.view),
          id: '',
          key,
          created: true,
          attempt: (before?.attempt ?? 0) + (before?.id === '' ? 0 : 1),
          intentAt: timestamp(input.now),
        },
      });
      status.push({ name, securityGroupRuleId: '', securityGroupId: groupId, source: peerText(rule.peer) });
    }
  }

  for (const [key, entry] of mine) {
    if (seen.has(key)) continue;
    // What is not understood is left as it is: a group that cannot be found just now must not close what is open.
    if (entry.created && !(isOldEnough(entry, [side, peer]) && (problems.length === 0 || isStale(entry, { side, peer })))) {
      kept.push(entry);
      if (problems.length === 0) waiting.push(tooYoung('SecurityGroupsReady', `rule ${entry.id || entry.key}`));
      continue;
    }
    const removal = planRuleRemoval(input, { entry, view: side.view, why: 'which is not wanted any more' });
    if (removal.keep) kept.push(entry);
    steps.push(...removal.steps.map((step) => ({ ...step, stage: 2 })));
    waiting.push(...removal.waiting);
  }
  return { steps, waiting, memory: [...memory.filter((entry) => entry.role !== role), ...kept], status };
}

function ruleText(rule: RuleSpec): string {
  const where = `${rule.direction === 'ingress' ? 'from' : 'to'} ${peerText(rule.peer)}`;
  if (rule.protocol === '-1') return `everything ${where}`;
  if (rule.protocol === 'tcp' || rule.protocol === 'udp') {
    return `${rule.protocol}/${rule.fromPort === rule.toPort ? rule.fromPort : `${rule.fromPort}-${rule.toPort}`} ${where}`;
  }
  return `${rule.protocol}${rule.fromPort === -1 ? '' : ` type ${rule.fromPort}`} ${where}`;
}

/** Whether a rule names a group of the peer that is no more: it lets nothing in, and AWS leaves it to its owner (aws.md 3.4). */
function isStale(entry: MemoryEntry, { side, peer }: Pick<Ends, 'side' | 'peer'>): boolean {
  const rule = ruleOf(entry, side.view);
  return (
    rule !== undefined &&
    'referencedGroup' in rule.peer &&
    peer.view !== undefined &&
    !peer.view.securityGroups.has(rule.peer.referencedGroup.groupId)
  );
}

/** What an object wants of a group: one rule. */
export const ruleClaim = (entry: MemoryEntry): string => `rule:${entry.key ?? entry.id}`;

/** The rule that an entry of memory means: by id, or by what it says while its id is not known. */
export const ruleOf = (entry: MemoryEntry, view: ResolvedSide['view']): SecurityGroupRule | undefined =>
  entry.id === ''
    ? grouped(view.securityGroupRules, 'key', (rule) => [ruleKey(rule.groupId, rule)])(entry.key ?? '')[0]
    : view.securityGroupRules.get(entry.id);

/** How a remembered rule goes away: only what was made by this object and carries its tag is revoked. */
export function planRuleRemoval(
  input: PeeringInput,
  { entry, view, why }: { entry: MemoryEntry; view: ResolvedSide['view']; why: string },
): { readonly keep: boolean; readonly steps: readonly Step[]; readonly waiting: readonly Waiting[] } {
  if (!entry.created) return { keep: false, steps: [], waiting: [] };
  const existing = ruleOf(entry, view);
  if (existing && !isOurs(existing.tags, input)) return { keep: false, steps: [], waiting: [] };
  const heir = existing && input.alsoWantedBy(ruleClaim(entry));
  if (existing && heir) {
    return {
      keep: true,
      waiting: [],
      steps: [
        {
          change: {
            action: 'CreateTags',
            scope: view.scope,
            resourceId: existing.securityGroupRuleId,
            tags: ownershipTags(heir as VpcPeering, input.cluster),
          },
          part: 'SecurityGroupsReady',
          stage: 1,
          sentence: `hand rule ${existing.securityGroupRuleId} over to ${ownerName(heir)}, which wants it too`,
          forget: entry,
        },
      ],
    };
  }
  if (existing) {
    return {
      keep: true,
      waiting: [],
      steps: [
        {
          change: {
            action: existing.direction === 'ingress' ? 'RevokeSecurityGroupIngress' : 'RevokeSecurityGroupEgress',
            scope: view.scope,
            groupId: existing.groupId,
            securityGroupRuleId: existing.securityGroupRuleId,
          },
          part: 'SecurityGroupsReady',
          stage: 1,
          sentence: `revoke rule ${existing.securityGroupRuleId} of ${existing.groupId}, ${why}`,
          forget: entry,
        },
      ],
    };
  }
  const proven = entry.id === '' ? Date.parse(entry.intentAt) < view.completeUpTo : view.gone.has(entry.id);
  if (proven) return { keep: false, steps: [], waiting: [] };
  return {
    keep: true,
    steps: [],
    waiting: [
      {
        part: 'SecurityGroupsReady',
        problem: { reason: 'Progressing', message: `making sure that rule ${entry.id || entry.key} is gone`, heals: 'time' },
        recheckMs: 5_000,
      },
    ],
  };
}
