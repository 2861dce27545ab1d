// Manifests that must be refused, each for one reason: judged by `validate` and by a real API server.
import type { Manifest } from './manifests.ts';

export interface BadManifest {
  /** What is wrong, to follow "refuses". */
  readonly wrong: string;
  readonly manifest: Manifest;
  readonly field: string;
  /** What `validate` says. */
  readonly message: string;
}

type Fields = Record<string, unknown>;

const vpcId = 'vpc-0a1b2c3d4e5f60718';

/** A good VpcPeering, with other fields on the requester's side and in the spec. */
export const peering = (requester: Fields = {}, spec: Fields = {}): Manifest => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'VpcPeering',
  metadata: { name: 'one-to-two' },
  spec: {
    requester: { accountRef: { name: 'project-a' }, region: 'us-west-2', vpcId, ...requester },
    accepter: { accountRef: { name: 'project-b' }, region: 'us-west-2', vpcSelector: { tags: { Name: 'two' } } },
    ...spec,
  },
});

/** A good rule of the requester's ingress, with other fields. */
const ingress = (rule: Fields, ...more: readonly Fields[]): Manifest =>
  peering({
    ingress: [
      { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'], from: { peer: true }, ...rule },
      ...more,
    ],
  });

/** A good AwsAccount, with other fields. */
export const account = (spec: Fields = {}): Manifest => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'AwsAccount',
  metadata: { name: 'project-a' },
  spec: { accountId: '111122223333', defaultRegion: 'us-west-2', ...spec },
});

const roleArn = 'arn:aws:iam::111122223333:role/isthmus';
const canonical = 'must be a CIDR in its canonical form, such as 10.0.0.0/16 or 2001:db8::/32';
const ports = 'must be a port or a range of ports from low to high, from 0 to 65535, such as "22" or "5432-5439"';
const sideFields = 'accountRef, accountId, region, vpcId, vpcSelector, routeTables, destinations, dns, ingress, egress';
const reserved = 'no key may begin with isthmus.dev/ or aws:, which are kept for the controller and for AWS';

const row = (wrong: string, manifest: Manifest, field: string, message: string): BadManifest => ({ wrong, manifest, field, message });

export const badManifests: readonly BadManifest[] = [
  row(
    'a spec without an accepter',
    peering({}, { accepter: undefined }),
    'spec.accepter',
    'must be given: The side whose account accepts the connection.',
  ),
  row(
    'a field that it does not know',
    peering({}, { bandwidth: 5 }),
    'spec.bandwidth',
    'is not a field here; there are requester, accepter, acceptance, deletionPolicy, paused, observeOnly, tags',
  ),
  row('a misspelt field of a side', peering({ vpcID: vpcId }), 'spec.requester.vpcID', `is not a field here; there are ${sideFields}`),
  row(
    'a foreign side that names no region',
    peering({ accountId: '111122223333', region: undefined }),
    'spec.requester.accountId',
    'a side with an accountId is managed by its owner: it takes region and vpcId, and nothing else (found "111122223333")',
  ),
  row(
    'a foreign side that names routes',
    peering({ accountId: '111122223333', region: 'us-west-2', destinations: ['10.0.0.0/16'] }),
    'spec.requester.accountId',
    'a side with an accountId is managed by its owner: it takes region and vpcId, and nothing else (found "111122223333")',
  ),
  row(
    'two foreign sides',
    peering(
      { accountId: '111122223333', region: 'us-west-2' },
      { accepter: { accountId: '444455556666', region: 'us-west-2', vpcId: 'vpc-0123456789abcdef1' } },
    ),
    'spec.accepter.accountId',
    'at most one side may be in an account that the controller may not enter: name an AwsAccount for the other (found "444455556666")',
  ),
  row(
    'a group of a foreign peer that is named by its name',
    peering(
      { ingress: [{ name: 'a', securityGroup: { name: 'web' }, protocol: 'all', from: { securityGroup: { name: 'web' } } }] },
      { accepter: { accountId: '444455556666', region: 'us-west-2', vpcId: 'vpc-0123456789abcdef1' } },
    ),
    'spec.requester.ingress',
    'groups of a side with an accountId can be named by id only (from.securityGroup.id)',
  ),
  row('a side without a VPC', peering({ vpcId: undefined }), 'spec.requester', 'exactly one of vpcId and vpcSelector must be given'),
  row(
    'a side with two ways to find its VPC',
    peering({ vpcSelector: { tags: { Name: 'one' } } }),
    'spec.requester',
    'exactly one of vpcId and vpcSelector must be given',
  ),
  row(
    'a VPC id of the wrong form',
    peering({ vpcId: 'vpc-one' }),
    'spec.requester.vpcId',
    'must be the id of a VPC, such as vpc-0a1b2c3d4e5f60718 (found "vpc-one")',
  ),
  row(
    'one VPC on both sides',
    peering({}, { accepter: { vpcId } }),
    'spec.accepter.vpcId',
    `is the requester's VPC too: a VPC cannot be peered with itself (found "${vpcId}")`,
  ),
  row(
    'a selector without tags',
    peering({ vpcId: undefined, vpcSelector: { tags: {} } }),
    'spec.requester.vpcSelector.tags',
    'must not be empty: leave it out instead',
  ),
  row(
    'a tag whose key is too long',
    peering({ vpcId: undefined, vpcSelector: { tags: { ['k'.repeat(129)]: 'v' } } }),
    'spec.requester.vpcSelector.tags',
    'keys must have 1 to 128 characters',
  ),
  row(
    'a tag whose value is too long',
    peering({ vpcId: undefined, vpcSelector: { tags: { Name: 'v'.repeat(257) } } }),
    'spec.requester.vpcSelector.tags.Name',
    'must have at most 256 characters, not 257',
  ),
  row(
    'a zone in place of a region',
    peering({ region: 'us-west-2a' }),
    'spec.requester.region',
    'must be the code of an AWS region, such as us-west-2 (found "us-west-2a")',
  ),
  row(
    'an account as a bare name',
    peering({ accountRef: 'project-a' }),
    'spec.requester.accountRef',
    'must be an object with name, not "project-a"',
  ),
  row(
    "an account's name that no object can have",
    peering({ accountRef: { name: 'Project A' } }),
    'spec.requester.accountRef.name',
    'must be the name of an AwsAccount (found "Project A")',
  ),
  row(
    'an address with host bits in place of a block',
    peering({ destinations: ['10.0.0.1/16'] }),
    'spec.requester.destinations[0]',
    `${canonical} (found "10.0.0.1/16")`,
  ),
  row(
    'an address without a prefix',
    peering({ destinations: ['10.0.0.0/8', '10.1.0.0'] }),
    'spec.requester.destinations[1]',
    `${canonical} (found "10.1.0.0")`,
  ),
  row(
    'IPv6 in upper case',
    peering({ destinations: ['2001:DB8::/32'] }),
    'spec.requester.destinations[0]',
    `${canonical} (found "2001:DB8::/32")`,
  ),
  row(
    'IPv6 with spelt-out zeros',
    peering({ destinations: ['2001:db8:0:0::/64'] }),
    'spec.requester.destinations[0]',
    `${canonical} (found "2001:db8:0:0::/64")`,
  ),
  row(
    'IPv4 in IPv6 clothes',
    peering({ destinations: ['::ffff:10.0.0.0/104'] }),
    'spec.requester.destinations[0]',
    `${canonical} (found "::ffff:10.0.0.0/104")`,
  ),
  row(
    'all of IPv4 as a destination',
    peering({ destinations: ['0.0.0.0/0'] }),
    'spec.requester.destinations[0]',
    'must not be every address there is: name a block with a prefix length of 1 or more (found "0.0.0.0/0")',
  ),
  row(
    'all of IPv6 as a destination',
    peering({ destinations: ['::/0'] }),
    'spec.requester.destinations[0]',
    'must not be every address there is: name a block with a prefix length of 1 or more (found "::/0")',
  ),
  row(
    'a destination given twice',
    peering({ destinations: ['10.0.0.0/8', '10.0.0.0/8'] }),
    'spec.requester.destinations[1]',
    'must not be repeated: "10.0.0.0/8" is there already',
  ),
  row('no destinations', peering({ destinations: [] }), 'spec.requester.destinations', 'must not be empty: leave it out instead'),
  row(
    'too many destinations',
    peering({ destinations: Array.from({ length: 65 }, (_, index) => `10.${index}.0.0/16`) }),
    'spec.requester.destinations',
    'must have at most 64 items, not 65',
  ),
  row(
    'an empty choice of route tables',
    peering({ routeTables: {} }),
    'spec.requester.routeTables.strategy',
    'must be given: All: every table of the VPC. Main: its main table. Selected: those that ids and tags choose. None: no routes are made.',
  ),
  row(
    'a strategy that there is not',
    peering({ routeTables: { strategy: 'all' } }),
    'spec.requester.routeTables.strategy',
    'must be one of All, Main, Selected, None, not "all"',
  ),
  row(
    'ids of route tables without Selected',
    peering({ routeTables: { strategy: 'All', ids: ['rtb-0a1b2c3d'] } }),
    'spec.requester.routeTables',
    'ids and tags choose route tables only with strategy Selected: set strategy to Selected, or leave them out',
  ),
  row(
    'Selected without ids or tags',
    peering({ routeTables: { strategy: 'Selected' } }),
    'spec.requester.routeTables',
    'strategy Selected needs exactly one of ids and tags',
  ),
  row(
    'Selected with ids and tags',
    peering({ routeTables: { strategy: 'Selected', ids: ['rtb-0a1b2c3d'], tags: { tier: 'private' } } }),
    'spec.requester.routeTables',
    'strategy Selected needs exactly one of ids and tags',
  ),
  row(
    "a route table's id of the wrong form",
    peering({ routeTables: { strategy: 'Selected', ids: ['rt-0a1b2c3d'] } }),
    'spec.requester.routeTables.ids[0]',
    'must be the id of a route table, such as rtb-0a1b2c3d4e5f60718 (found "rt-0a1b2c3d")',
  ),
  row(
    'an empty DNS option',
    peering({ dns: {} }),
    'spec.requester.dns.allowDnsResolutionFromRemoteVpc',
    "must be given: True: the peer's queries for public names of this side's instances get private addresses.",
  ),
  row('no rules', peering({ ingress: [] }), 'spec.requester.ingress', 'must not be empty: leave it out instead'),
  row(
    'a rule without a source',
    ingress({ from: undefined }),
    'spec.requester.ingress[0].from',
    'must be given: Where the traffic may come from.',
  ),
  row(
    'a rule with two sources',
    ingress({ from: { peer: true, cidrs: ['10.0.0.0/8'] } }),
    'spec.requester.ingress[0].from',
    'exactly one of securityGroup, peer and cidrs must be given',
  ),
  row(
    'a rule from nowhere',
    ingress({ from: {} }),
    'spec.requester.ingress[0].from',
    'exactly one of securityGroup, peer and cidrs must be given',
  ),
  row(
    'a source that is not the peer',
    ingress({ from: { peer: false } }),
    'spec.requester.ingress[0].from.peer',
    'must be true, not false',
  ),
  row(
    'a source that is all there is',
    ingress({ from: { cidrs: ['0.0.0.0/0'] } }),
    'spec.requester.ingress[0].from.cidrs[0]',
    'must not be every address there is: name a block with a prefix length of 1 or more (found "0.0.0.0/0")',
  ),
  row(
    'a port that there is not',
    ingress({ portRanges: ['65536'] }),
    'spec.requester.ingress[0].portRanges[0]',
    `${ports} (found "65536")`,
  ),
  row(
    'a range of ports from high to low',
    ingress({ portRanges: ['22', '90-80'] }),
    'spec.requester.ingress[0].portRanges[1]',
    `${ports} (found "90-80")`,
  ),
  row(
    'a port as a number',
    ingress({ portRanges: [22] }),
    'spec.requester.ingress[0].portRanges[0]',
    'must be a string, not 22; put it in quotes',
  ),
  row(
    'tcp without ports',
    ingress({ portRanges: undefined }),
    'spec.requester.ingress[0].portRanges',
    'must be given with the protocols tcp and udp; every port is "0-65535"',
  ),
  row(
    'ports of a protocol that has none',
    ingress({ protocol: 'icmp' }),
    'spec.requester.ingress[0].portRanges',
    'only the protocols tcp and udp have ports: leave it out, or change the protocol',
  ),
  row(
    'ICMP types of tcp',
    ingress({ icmp: { type: 8 } }),
    'spec.requester.ingress[0].icmp',
    'only the protocols icmp and icmpv6 have types and codes: leave it out, or change the protocol',
  ),
  row(
    'an ICMP type that there is not',
    ingress({ protocol: 'icmp', portRanges: undefined, icmp: { type: 256 } }),
    'spec.requester.ingress[0].icmp.type',
    'must be a whole number from -1 to 255, not 256',
  ),
  row(
    'a code of all ICMP types',
    ingress({ protocol: 'icmp', portRanges: undefined, icmp: { type: -1, code: 3 } }),
    'spec.requester.ingress[0].icmp.code',
    'must be -1 where type is -1: all types means all codes (found 3)',
  ),
  row(
    'IPv6 sources of icmp',
    ingress({ protocol: 'icmp', portRanges: undefined, from: { cidrs: ['2001:db8::/32'] } }),
    'spec.requester.ingress[0].from.cidrs',
    'the protocol icmp goes with IPv4 CIDRs only, and icmpv6 with IPv6 ones',
  ),
  row(
    'a protocol that there is not',
    ingress({ protocol: 'TCP' }),
    'spec.requester.ingress[0].protocol',
    'must be one of tcp, udp, icmp, icmpv6, all, not "TCP"',
  ),
  row(
    'two rules of one name',
    ingress({}, { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'all', from: { peer: true } }),
    'spec.requester.ingress[1]',
    'must have a name of its own: "ssh" is there already',
  ),
  row(
    "a rule's name in capitals",
    ingress({ name: 'SSH' }),
    'spec.requester.ingress[0].name',
    'must be lower-case letters, digits and hyphens, and begin and end with a letter or digit (found "SSH")',
  ),
  row(
    'a security group by id and name',
    ingress({ securityGroup: { id: 'sg-0a1b2c3d', name: 'default' } }),
    'spec.requester.ingress[0].securityGroup',
    'exactly one of id, name and tags must be given',
  ),
  row(
    "a security group's id as its name",
    ingress({ securityGroup: { name: 'sg-0a1b2c3d' } }),
    'spec.requester.ingress[0].securityGroup.name',
    'must be the name of a security group, not an id: names never begin with sg- (found "sg-0a1b2c3d")',
  ),
  row(
    'a source on an egress rule',
    peering({ egress: [{ name: 'ssh', securityGroup: { name: 'default' }, protocol: 'all', from: { peer: true } }] }),
    'spec.requester.egress[0].from',
    'is not a field here; there are name, securityGroup, protocol, portRanges, icmp, to',
  ),
  row(
    'an acceptance that there is not',
    peering({}, { acceptance: 'automatic' }),
    'spec.acceptance',
    'must be one of Automatic, Manual, not "automatic"',
  ),
  row(
    'a deletion policy that there is not',
    peering({}, { deletionPolicy: 'Orphan' }),
    'spec.deletionPolicy',
    'must be one of Delete, Retain, not "Orphan"',
  ),
  row('a word in place of a flag', peering({}, { paused: 'yes' }), 'spec.paused', 'must be true or false, not "yes"'),
  row("the controller's own tags", peering({}, { tags: { 'isthmus.dev/owner': 'me' } }), 'spec.tags', reserved),
  row("AWS's own tags", peering({}, { tags: { 'aws:team': 'x' } }), 'spec.tags', reserved),
  row(
    'too many tags',
    peering({}, { tags: Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`k${index}`, 'v'])) }),
    'spec.tags',
    'must have at most 40 entries, not 41',
  ),
  row(
    'a name that is too long',
    { ...peering(), metadata: { name: 'n'.repeat(64) } },
    'metadata.name',
    `must have at most 63 characters (found "${'n'.repeat(64)}")`,
  ),

  row(
    'an account id of eleven digits',
    account({ accountId: '11112222333' }),
    'spec.accountId',
    'must be the twelve digits of an AWS account id, in quotes (found "11112222333")',
  ),
  row(
    'an account id as a number',
    account({ accountId: 111122223333 }),
    'spec.accountId',
    'must be a string, not 111122223333; put it in quotes',
  ),
  row(
    'a user in place of a role',
    account({ assumeRole: { roleArn: 'arn:aws:iam::111122223333:user/isthmus' } }),
    'spec.assumeRole.roleArn',
    'must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/isthmus (found "arn:aws:iam::111122223333:user/isthmus")',
  ),
  row(
    'a role of another account',
    account({ assumeRole: { roleArn: 'arn:aws:iam::444455556666:role/isthmus' } }),
    'spec.assumeRole.roleArn',
    'the role must be one of the account that accountId names (found "arn:aws:iam::444455556666:role/isthmus")',
  ),
  row(
    'an external id with spaces',
    account({ assumeRole: { roleArn, externalId: 'a b' } }),
    'spec.assumeRole.externalId',
    'must be letters, digits and any of _+=,.@:/- (found "a b")',
  ),
  row(
    'a default region that is not allowed',
    account({ regions: ['eu-west-2'] }),
    'spec.defaultRegion',
    'must be one of regions (found "us-west-2")',
  ),
  row(
    'a region given twice',
    account({ regions: ['us-west-2', 'us-west-2'] }),
    'spec.regions[1]',
    'must not be repeated: "us-west-2" is there already',
  ),
  row('no regions', account({ regions: [] }), 'spec.regions', 'must not be empty: leave it out instead'),
  row(
    "the controller's own identity for everybody",
    account({ allowedNamespaces: { from: 'All' } }),
    'spec.allowedNamespaces.from',
    `All opens the controller's own identity to everybody: set assumeRole, or choose namespaces with Selector (found "All")`,
  ),
  row(
    'its own namespace, which an AwsAccount has not',
    account({ allowedNamespaces: { from: 'Same' } }),
    'spec.allowedNamespaces.from',
    'must be one of None, All, Selector, not "Same"',
  ),
  row(
    'Selector without a selector',
    account({ allowedNamespaces: { from: 'Selector' } }),
    'spec.allowedNamespaces.selector',
    'a selector is needed with from: Selector, and taken with nothing else',
  ),
  row(
    'a selector that would not be looked at',
    account({ allowedNamespaces: { from: 'None', selector: { matchLabels: { team: 'a' } } } }),
    'spec.allowedNamespaces.selector',
    'a selector is needed with from: Selector, and taken with nothing else',
  ),
  row(
    'a selector that selects everything',
    account({ allowedNamespaces: { from: 'Selector', selector: {} } }),
    'spec.allowedNamespaces.selector',
    'must not be empty: give matchLabels or matchExpressions',
  ),
  row(
    'an expression without values',
    account({ allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In' }] } } }),
    'spec.allowedNamespaces.selector.matchExpressions[0].values',
    'In and NotIn need values; Exists and DoesNotExist take none',
  ),
  row(
    'a role of another partition than the regions',
    account({ assumeRole: { roleArn: 'arn:aws-cn:iam::111122223333:role/isthmus' } }),
    'spec.assumeRole.roleArn',
    'must be of the regions\' partition: arn:aws-cn:… for cn-…, arn:aws-us-gov:… for us-gov-…, and neither for other regions (found "arn:aws-cn:iam::111122223333:role/isthmus")',
  ),
  row(
    'VPCs that are allowed by no tag',
    account({ allowedVpcs: { tags: {} } }),
    'spec.allowedVpcs.tags',
    'must not be empty: leave it out instead',
  ),
  row(
    'sharing with something that AWS RAM does not know',
    account({ allowedSharing: ['444455556666', 'everybody'] }),
    'spec.allowedSharing[1]',
    'must be the twelve digits of an AWS account id, in quotes, or the id or ARN of an organization (o-…) or of an organizational unit (ou-…) (found "everybody")',
  ),
  row('sharing with nobody', account({ allowedSharing: [] }), 'spec.allowedSharing', 'must not be empty: leave it out instead'),
].map((bad) => ({ ...bad, manifest: JSON.parse(JSON.stringify(bad.manifest)) as Manifest }));

/** A change that an object does not allow once it is there. */
export interface ForbiddenChange {
  readonly change: string;
  readonly before: Manifest;
  readonly after: Manifest;
  readonly field: string;
}

const plain = (manifest: Manifest): Manifest => JSON.parse(JSON.stringify(manifest)) as Manifest;
const change = (what: string, before: Manifest, after: Manifest, field: string): ForbiddenChange => ({
  change: what,
  before: plain(before),
  after: plain(after),
  field,
});

/** Each breaks the rule on its field, and no other. */
export const forbiddenChanges: readonly ForbiddenChange[] = [
  change("a side's account", peering(), peering({ accountRef: { name: 'project-c' } }), 'spec.requester.accountRef'),
  change('the default account to one that is named', peering({ accountRef: undefined }), peering(), 'spec.requester.accountRef'),
  change('an account that is named to the default one', peering(), peering({ accountRef: undefined }), 'spec.requester.accountRef'),
  change("a side's region", peering(), peering({ region: 'eu-west-2' }), 'spec.requester.region'),
  change('the default region to one that is named', peering({ region: undefined }), peering(), 'spec.requester.region'),
  change('a region that is named to the default one', peering(), peering({ region: undefined }), 'spec.requester.region'),
  change("a side's VPC", peering(), peering({ vpcId: 'vpc-0a1b2c3d' }), 'spec.requester.vpcId'),
  change(
    'a VPC by its id to one by its tags',
    peering(),
    peering({ vpcId: undefined, vpcSelector: { tags: { Name: 'one' } } }),
    'spec.requester.vpcId',
  ),
  change(
    "the tags of a side's VPC",
    peering({}, { accepter: { vpcSelector: { tags: { Name: 'two' } } } }),
    peering({}, { accepter: { vpcSelector: { tags: { Name: 'two', tier: 'x' } } } }),
    'spec.accepter.vpcSelector',
  ),
  change("an AwsAccount's account", account(), account({ accountId: '444455556666' }), 'spec.accountId'),
];
