import { z } from 'zod';
import type { Resource } from '../kind.ts';
import { ageColumn, type KindApi, readyColumns } from '../kind-api.ts';
import {
  accountId,
  accountRef,
  cidrs,
  conditions,
  count,
  deletionPolicy,
  exactlyOneOf,
  immutable,
  name,
  observedGeneration,
  observeOnly,
  paused,
  portRanges,
  region,
  resources,
  routeTables,
  securityGroup,
  tags,
  vpcId,
  vpcSelector,
} from '../parts.ts';
import { annotate, type DeepReadonly, ruled } from '../schema.ts';

const ruleEnd = ruled(
  z.strictObject({
    securityGroup: securityGroup
      .describe(
        "A security group of the peer VPC. Where AWS allows no reference to it (across regions), the peer VPC's CIDRs stand in for it.",
      )
      .optional(),
    peer: z.literal(true).describe('Every CIDR of the peer VPC. Always true where it is given.').optional(),
    cidrs: cidrs.describe("CIDRs within the peer VPC's.").optional(),
  }),
  exactlyOneOf('securityGroup', 'peer', 'cidrs'),
);

const icmp = ruled(
  z.strictObject({
    type: z.int().min(-1).max(255).describe('ICMP type; -1 for all.'),
    code: z.int().min(-1).max(255).default(-1).describe('ICMP code; -1 for all.'),
  }),
  {
    cel: 'self.type != -1 || self.code == -1',
    check: (self) => self.type !== -1 || self.code === -1,
    message: 'must be -1 where type is -1: all types means all codes',
    field: '.code',
  },
).describe('Which ICMP messages; only with icmp and icmpv6. Left out: all.');

const ruleFields = {
  name: name.describe('A label for the rule, unique in its list. AWS does not compare it.'),
  securityGroup: securityGroup.describe('The security group of this side that the rule belongs to: exactly one of its VPC must match.'),
  protocol: z.enum(['tcp', 'udp', 'icmp', 'icmpv6', 'all']).describe('The protocol.'),
  portRanges: portRanges.describe('Ports, such as "22" or "5432-5439"; only and always with tcp and udp.').optional(),
  icmp: icmp.optional(),
};

/** What a rule of either direction looks like to the rules that both share. */
interface RuleOfEitherDirection {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'all';
  readonly portRanges?: readonly string[] | undefined;
  readonly icmp?: object | undefined;
}

const ruleRules = [
  {
    cel: "!(self.protocol in ['tcp', 'udp']) || has(self.portRanges)",
    check: (self: RuleOfEitherDirection) => !['tcp', 'udp'].includes(self.protocol) || self.portRanges !== undefined,
    message: 'must be given with the protocols tcp and udp; every port is "0-65535"',
    field: '.portRanges',
  },
  {
    cel: "self.protocol in ['tcp', 'udp'] || !has(self.portRanges)",
    check: (self: RuleOfEitherDirection) => ['tcp', 'udp'].includes(self.protocol) || self.portRanges === undefined,
    message: 'only the protocols tcp and udp have ports: leave it out, or change the protocol',
    field: '.portRanges',
  },
  {
    cel: "self.protocol in ['icmp', 'icmpv6'] || !has(self.icmp)",
    check: (self: RuleOfEitherDirection) => ['icmp', 'icmpv6'].includes(self.protocol) || self.icmp === undefined,
    message: 'only the protocols icmp and icmpv6 have types and codes: leave it out, or change the protocol',
    field: '.icmp',
  },
];

/** ICMP is IPv4's and ICMPv6 is IPv6's: a rule for the other family's addresses would let nothing through. */
const familyRule = (end: 'from' | 'to') => ({
  cel: `!(self.protocol in ['icmp', 'icmpv6']) || !has(self.${end}.cidrs) || self.${end}.cidrs.all(block, block.contains(':') == (self.protocol == 'icmpv6'))`,
  check: (self: RuleOfEitherDirection & { readonly [End in 'from' | 'to']?: { readonly cidrs?: readonly string[] | undefined } }) =>
    !['icmp', 'icmpv6'].includes(self.protocol) ||
    (self[end]?.cidrs ?? []).every((block) => block.includes(':') === (self.protocol === 'icmpv6')),
  message: 'the protocol icmp goes with IPv4 CIDRs only, and icmpv6 with IPv6 ones',
  field: `.${end}.cidrs`,
});

/** Rules of one direction, told apart by name. */
const ruleList = <Item extends z.ZodType>(item: Item) => annotate(z.array(item).min(1).max(64), { listType: 'map', listMapKeys: ['name'] });

const ingress = ruleList(
  ruled(
    z.strictObject({ ...ruleFields, from: ruleEnd.describe('Where the traffic may come from.') }),
    ...ruleRules,
    familyRule('from'),
  ).describe('What may come in, and from where.'),
).describe('What this side lets in from the peer.');

const egress = ruleList(
  ruled(z.strictObject({ ...ruleFields, to: ruleEnd.describe('Where the traffic may go to.') }), ...ruleRules, familyRule('to')).describe(
    'What may go out, and where to.',
  ),
).describe('What this side lets out to the peer; needed only by groups whose egress is restricted.');

const side = ruled(
  z.strictObject({
    accountRef: accountRef.optional(),
    accountId: accountId
      .describe(
        'The AWS account of a side that the controller may not enter: its owner accepts, or requests, by other means. With it come region and vpcId, and nothing else. Cannot be changed.',
      )
      .optional(),
    region: region.describe("Code of the VPC's region. Left out: the account's defaultRegion. Cannot be changed.").optional(),
    vpcId: vpcId.describe('Id of the VPC. Exactly one of vpcId and vpcSelector must be given. Cannot be changed.').optional(),
    vpcSelector: vpcSelector.optional(),
    routeTables: routeTables.optional(),
    destinations: cidrs
      .describe(
        "What of the peer this side routes to: CIDRs within the peer VPC's. Left out: every CIDR of the peer VPC; IPv6 only where both VPCs have it.",
      )
      .optional(),
    dns: z
      .strictObject({
        allowDnsResolutionFromRemoteVpc: z
          .boolean()
          .describe("True: the peer's queries for public names of this side's instances get private addresses."),
      })
      .describe('DNS option of this side of the connection. Left out: not managed.')
      .optional(),
    ingress: ingress.optional(),
    egress: egress.optional(),
  }),
  exactlyOneOf('vpcId', 'vpcSelector'),
  {
    cel: '!has(self.accountId) || (has(self.region) && has(self.vpcId) && !has(self.accountRef) && !has(self.routeTables) && !has(self.destinations) && !has(self.dns) && !has(self.ingress) && !has(self.egress))',
    check: (self) =>
      self.accountId === undefined ||
      (self.region !== undefined &&
        self.vpcId !== undefined &&
        [self.accountRef, self.routeTables, self.destinations, self.dns, self.ingress, self.egress].every((field) => field === undefined)),
    message: 'a side with an accountId is managed by its owner: it takes region and vpcId, and nothing else',
    field: '.accountId',
  },
  immutable('accountRef'),
  immutable('accountId'),
  immutable('region'),
  immutable('vpcId'),
  immutable('vpcSelector'),
);

type RuleSpecs = readonly Readonly<Record<string, { readonly securityGroup?: { readonly id?: string } } | unknown>>[] | undefined;

/** A rule that groups of a foreign peer are named by id: its account cannot be looked into. */
const foreignGroupsById = (own: 'requester' | 'accepter', list: 'ingress' | 'egress', end: 'from' | 'to') => {
  const peer = own === 'requester' ? 'accepter' : 'requester';
  const namesById = (rules: RuleSpecs) =>
    (rules ?? []).every((rule) => {
      const { securityGroup } = rule[end] as { readonly securityGroup?: { readonly id?: string } };
      return securityGroup === undefined || securityGroup.id !== undefined;
    });
  return {
    cel: `!has(self.${peer}.accountId) || !has(self.${own}.${list}) || self.${own}.${list}.all(rule, !has(rule.${end}.securityGroup) || has(rule.${end}.securityGroup.id))`,
    check: (
      self: Readonly<
        Record<'requester' | 'accepter', { readonly accountId?: string | undefined; readonly ingress?: unknown; readonly egress?: unknown }>
      >,
    ) => self[peer].accountId === undefined || namesById(self[own][list] as RuleSpecs),
    message: `groups of a side with an accountId can be named by id only (${end}.securityGroup.id)`,
    field: `.${own}.${list}`,
  };
};

const spec = ruled(
  z.strictObject({
    requester: side.describe('The side whose account requests the connection.'),
    accepter: side.describe('The side whose account accepts the connection.'),
    acceptance: z
      .enum(['Automatic', 'Manual'])
      .default('Automatic')
      .describe('Automatic: the controller accepts the request. Manual: it waits until a person does.'),
    deletionPolicy,
    paused,
    observeOnly,
    tags: tags.optional(),
  }),
  {
    cel: '!has(self.requester.vpcId) || !has(self.accepter.vpcId) || self.requester.vpcId != self.accepter.vpcId',
    check: (self) => self.requester.vpcId === undefined || self.requester.vpcId !== self.accepter.vpcId,
    message: "is the requester's VPC too: a VPC cannot be peered with itself",
    field: '.accepter.vpcId',
  },
  {
    cel: '!has(self.requester.accountId) || !has(self.accepter.accountId)',
    check: (self) => self.requester.accountId === undefined || self.accepter.accountId === undefined,
    message: 'at most one side may be in an account that the controller may not enter: name an AwsAccount for the other',
    field: '.accepter.accountId',
  },
  ...(['requester', 'accepter'] as const).flatMap((own) => [
    foreignGroupsById(own, 'ingress', 'from'),
    foreignGroupsById(own, 'egress', 'to'),
  ]),
).describe('Which two VPCs are joined, and what may pass.');

/** Lists of a status, other than conditions and resources, show so many entries; a count beside each says how many there are. */
const longestStatusList = 100;

const sideStatus = z.strictObject({
  accountId: z.string().max(12).describe('The AWS account of the VPC.'),
  region: z.string().max(32).describe('The region of the VPC.'),
  vpcId: z.string().max(64).describe('Id of the VPC that was found.'),
  cidrs: z.array(z.string().max(43).describe('A CIDR.')).max(longestStatusList).describe("The VPC's CIDRs.").optional(),
  routes: z
    .array(
      z
        .strictObject({
          routeTableId: z.string().max(64).describe('Id of the route table.'),
          destination: z.string().max(64).describe('CIDR that is routed to the peer.'),
          state: z.string().max(32).describe("AWS's state of the route, or pending or conflict where it is not there yet."),
        })
        .describe('One route.'),
    )
    .max(longestStatusList)
    .describe('Routes of this side that lead to the peer; at most 100 are shown.')
    .optional(),
  routeCount: count.describe('How many routes there are.').optional(),
  securityGroupRules: z
    .array(
      z
        .strictObject({
          name: z.string().max(63).describe('The name that spec gives the rule.'),
          securityGroupRuleId: z.string().max(64).describe("AWS's id of the rule; empty until it is made."),
          securityGroupId: z.string().max(64).describe('The security group that it belongs to.'),
          source: z.string().max(64).describe('What AWS lets in or out: a CIDR, or a security group of the peer.'),
        })
        .describe('One rule of a security group.'),
    )
    .max(longestStatusList)
    .describe('Security-group rules of this side; at most 100 are shown.')
    .optional(),
  securityGroupRuleCount: count.describe('How many rules there are.').optional(),
});

const status = z
  .strictObject({
    observedGeneration,
    peeringConnectionId: z.string().max(64).describe("AWS's id of the connection.").optional(),
    state: z.string().max(64).describe("AWS's status code of the connection, unchanged.").optional(),
    stateMessage: z.string().max(1024).describe("AWS's words on the state.").optional(),
    requestedFor: z
      .string()
      .max(1024)
      .describe('The generation, and the reconcile-at annotation, that the connection was requested for.')
      .optional(),
    requester: sideStatus.describe("What the requester's side came to.").optional(),
    accepter: sideStatus.describe("What the accepter's side came to.").optional(),
    resources,
    resourceCount: count.describe('How many things resources lists.').optional(),
    plan: z
      .array(z.string().max(1024).describe('One change, in a sentence.'))
      .max(longestStatusList)
      .describe('With observeOnly: what would be written to AWS; at most 100 changes are shown.')
      .optional(),
    planCount: count.describe('How many changes the plan has.').optional(),
    conditions,
  })
  .describe('What there is in AWS.');

export type VpcPeeringSpec = DeepReadonly<z.output<typeof spec>>;
export type VpcPeeringStatus = DeepReadonly<z.output<typeof status>>;
export type VpcPeering = Resource<VpcPeeringSpec, VpcPeeringStatus>;

export const vpcPeeringApi: KindApi = {
  kind: 'VpcPeering',
  plural: 'vpcpeerings',
  singular: 'vpcpeering',
  shortNames: ['vpcp'],
  scope: 'Namespaced',
  description:
    'A VpcPeering joins two VPCs: the connection, its acceptance, and the routes, security-group rules and DNS options of both sides.',
  spec,
  status,
  columns: [
    { name: 'Requester', type: 'string', jsonPath: '.status.requester.vpcId', description: "The requester's VPC." },
    { name: 'Accepter', type: 'string', jsonPath: '.status.accepter.vpcId', description: "The accepter's VPC." },
    { name: 'Peering', type: 'string', jsonPath: '.status.peeringConnectionId', description: 'Id of the connection.' },
    { name: 'State', type: 'string', jsonPath: '.status.state', description: "AWS's status code of the connection." },
    ...readyColumns,
    {
      name: 'Requester CIDRs',
      type: 'string',
      jsonPath: '.status.requester.cidrs',
      description: "CIDRs of the requester's VPC.",
      wide: true,
    },
    { name: 'Accepter CIDRs', type: 'string', jsonPath: '.status.accepter.cidrs', description: "CIDRs of the accepter's VPC.", wide: true },
    {
      name: 'Requester region',
      type: 'string',
      jsonPath: '.status.requester.region',
      description: "Region of the requester's VPC.",
      wide: true,
    },
    {
      name: 'Accepter region',
      type: 'string',
      jsonPath: '.status.accepter.region',
      description: "Region of the accepter's VPC.",
      wide: true,
    },
    ageColumn,
  ],
};
