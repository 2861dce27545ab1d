import { grouped } from '../../network/grouped.ts';
import type { PeeringConnection, SecurityGroup, Vpc } from '../../network/model.ts';
import { allowsVpc } from '../aws-account/access.ts';
import type { MemoryEntry, PlanInput, Problem, Step, View, Waiting } from '../kind.ts';
import { describeTags, hasTags } from '../tags.ts';
import type { VpcPeering, VpcPeeringSpec } from './api.ts';

/** The two sides, as the spec names them. Which one is the requester in AWS can differ: an adopted connection may run the other way. */
export type SideName = 'requester' | 'accepter';
export const sideNames: readonly SideName[] = ['requester', 'accepter'];
export const otherSide = (side: SideName): SideName => (side === 'requester' ? 'accepter' : 'requester');

/** What a peering needs to know of each region that it touches. */
export const peeringCollections = ['vpcs', 'routeTables', 'securityGroups', 'securityGroupRules', 'peeringConnections'] as const;
export type PeeringCollection = (typeof peeringCollections)[number];
export type PeeringView = View<PeeringCollection>;
export type PeeringInput = PlanInput<VpcPeering, PeeringCollection>;

/** One end of the connection, as it is known for certain. */
interface End {
  readonly name: SideName;
  readonly accountId: string;
  readonly region: string;
  readonly vpcId: string;
}

/** A side that this object manages, found in AWS. */
export interface ResolvedSide extends End {
  readonly spec: VpcPeeringSpec[SideName];
  readonly view: PeeringView;
  readonly vpc: Vpc;
}

/** A side in an account that the controller may not enter: only its name in AWS is known, and what the connection tells. */
export interface ForeignSide extends End {
  readonly view?: undefined;
  readonly vpc?: undefined;
}

export type PeerSide = ResolvedSide | ForeignSide;
export type ResolvedSides = Readonly<Record<SideName, PeerSide>>;

/** The sides that this object manages: both, or the one whose peer is foreign. */
export const managedSides = (sides: ResolvedSides): readonly ResolvedSide[] =>
  sideNames.map((name) => sides[name]).filter((side): side is ResolvedSide => side.view !== undefined);

/** What planning one part adds to the plan. Memory is the whole list from then on. */
export interface Draft {
  readonly steps: readonly Step[];
  readonly waiting: readonly Waiting[];
  readonly memory: readonly MemoryEntry[];
}

/** CIDRs that carry traffic, in AWS's order. */
export function associatedCidrs(vpc: Vpc): { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] } {
  const associated = (blocks: Vpc['cidrBlocks']) => blocks.filter((block) => block.state === 'associated').map((block) => block.cidr);
  return { ipv4: associated(vpc.cidrBlocks), ipv6: associated(vpc.ipv6CidrBlocks) };
}

/** The CIDRs of a side: those of its VPC, or where that cannot be read what the connection says, which AWS tells while it is active. */
export function cidrsOf(
  peer: PeerSide,
  connection: PeeringConnection | undefined,
): { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] } {
  if (peer.vpc) return associatedCidrs(peer.vpc);
  const end = connection && [connection.requester, connection.accepter].find((other) => isEnd(other, peer));
  return { ipv4: end?.cidrs ?? [], ipv6: end?.ipv6Cidrs ?? [] };
}

/**
 * The peer's CIDRs that this side can talk to: all IPv4 ones, and the IPv6 ones where both VPCs have IPv6
 * (a peering carries IPv6 only between VPCs that both have it).
 */
export function peerCidrs(side: ResolvedSide, peer: PeerSide, connection: PeeringConnection | undefined): readonly string[] {
  const theirs = cidrsOf(peer, connection);
  return associatedCidrs(side.vpc).ipv6.length > 0 ? [...theirs.ipv4, ...theirs.ipv6] : theirs.ipv4;
}

/** Whether an end of a connection in AWS is this side. */
export const isEnd = (end: PeeringConnection['requester'], side: Pick<End, 'vpcId' | 'accountId' | 'region'>): boolean =>
  end.vpcId === side.vpcId && end.ownerId === side.accountId && end.region === side.region;

/** `vpc-… (us-west-2)`, for messages. */
export const describeVpc = (side: Pick<End, 'vpcId' | 'region'>): string => `${side.vpcId} (${side.region})`;

/** A side that could be opened. */
type OpenSide = Extract<PeeringInput['sides'][string], { readonly view: object }>;

/**
 * The VPC that a side names: by id, or by tags, which must match exactly one VPC that the account owns
 * (VPCs shared with the account are listed to it too, but are not its to peer) and that the AwsAccount allows. Of others no id is told.
 */
export function findVpc(name: SideName, spec: VpcPeeringSpec[SideName], side: OpenSide): Vpc | Problem {
  const { view, allowedVpcs } = side;
  const { accountId, region, accountRef: account } = view.scope;
  const place = `account ${accountId}, region ${region}`;
  const tags = spec.vpcSelector?.tags ?? {};
  const [first = ['', '']] = Object.entries(tags);
  const named = spec.vpcId === undefined ? undefined : view.vpcs.get(spec.vpcId);
  const candidates =
    spec.vpcId === undefined
      ? grouped(view.vpcs, 'tag', (vpc) => Object.entries(vpc.tags).map(([key, value]) => `${key}=${value}`))(first.join('='))
      : named
        ? [named]
        : [];
  const owned = candidates
    .filter((vpc) => vpc.ownerId === accountId && hasTags(vpc.tags, tags))
    .sort((one, other) => (one.vpcId < other.vpcId ? -1 : 1));
  const matching = owned.filter((vpc) => allowsVpc(allowedVpcs, vpc.tags));
  if (matching.length === 1 && matching[0]) return matching[0];
  const field = `spec.${name}.${spec.vpcId === undefined ? 'vpcSelector' : 'vpcId'}`;
  if (matching.length === 0 && owned.length > 0) {
    return {
      reason: 'VpcNotAllowed',
      message: `${field}: AwsAccount ${account} allows only VPCs with the tags ${describeTags(allowedVpcs?.tags ?? {})} (spec.allowedVpcs), and ${spec.vpcId ?? 'what this finds'} has not got them`,
      heals: 'person',
    };
  }
  if (matching.length === 0) {
    return {
      reason: 'VpcNotFound',
      message:
        spec.vpcId === undefined
          ? `${field}: ${place} owns no VPC with the tags ${describeTags(tags)}; exactly one must have them`
          : `${field}: ${place} owns no VPC ${spec.vpcId}; give the id of a VPC of that account and region`,
      heals: 'object',
    };
  }
  const shown = matching.slice(0, 10).map((vpc) => vpc.vpcId);
  return {
    reason: 'VpcAmbiguous',
    message: `${field}: ${matching.length} VPCs of ${place} have the tags ${describeTags(tags)} (${shown.join(', ')}${matching.length > shown.length ? ', …' : ''}); exactly one must have them: add a tag, or use vpcId`,
    heals: 'person',
  };
}

/** The security group that a rule names, within one VPC: exactly one must match. */
export function findGroup(
  selector: {
    readonly id?: string | undefined;
    readonly name?: string | undefined;
    readonly tags?: Readonly<Record<string, string>> | undefined;
  },
  side: ResolvedSide,
  field: string,
): SecurityGroup | Problem {
  const matching = grouped(side.view.securityGroups, 'vpc', (group) => [group.vpcId])(side.vpc.vpcId)
    .filter(
      (group) =>
        (selector.id === undefined || group.groupId === selector.id) && (selector.name === undefined || group.groupName === selector.name),
    )
    .filter((group) => hasTags(group.tags, selector.tags ?? {}))
    .sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
  if (matching.length === 1 && matching[0]) return matching[0];
  const wanted = selector.id
    ? `with the id ${selector.id}`
    : selector.name
      ? `named ${selector.name}`
      : `with the tags ${describeTags(selector.tags ?? {})}`;
  if (matching.length === 0) {
    return {
      reason: 'SecurityGroupNotFound',
      message: `${field}: ${describeVpc(side)} has no security group ${wanted}; exactly one must match`,
      heals: 'object',
    };
  }
  const shown = matching.slice(0, 10).map((group) => group.groupId);
  return {
    reason: 'SecurityGroupAmbiguous',
    message: `${field}: ${describeVpc(side)} has ${matching.length} security groups ${wanted} (${shown.join(', ')}); exactly one must match`,
    heals: 'person',
  };
}

export const isProblem = (found: object): found is Problem => 'heals' in found;

/** Which side of a connection in AWS a side of the spec is: the accepter of an adopted one may be our requester. */
export const sideInAws = (connection: PeeringConnection, side: PeerSide): SideName =>
  isEnd(connection.requester, side) ? 'requester' : 'accepter';

/**
 * Whether a thing may be removed because it is not wanted any more. While AWS's answers may still be older than the thing itself, what made
 * it wanted may be missing from them by chance (aws.md 7.5).
 */
export const isOldEnough = (entry: MemoryEntry, sides: readonly PeerSide[]): boolean =>
  sides.every(({ view }) => view === undefined || Date.parse(entry.intentAt) < view.completeUpTo);

export const tooYoung = (part: string, what: string): Waiting => ({
  part,
  problem: {
    reason: 'Progressing',
    message: `${what} is not wanted any more; it goes once AWS is certain to show what there is`,
    heals: 'time',
  },
  recheckMs: 5_000,
});

/** What an object wants for itself: to manage one VPC's side of its connection with another. */
export const sideClaim = (vpcId: string, peerVpcId: string): string => `side:${vpcId}>${peerVpcId}`;

/**
 * The sides that an object manages, as far as their VPCs were found. What stands in a spec alone claims nothing: it may name VPCs that its
 * namespace has no right to, and would keep those who have it from them.
 */
export function sideClaims(resource: VpcPeering): readonly string[] {
  const vpcOf = (name: SideName) => resource.status?.[name]?.vpcId ?? (resource.spec[name].accountId && resource.spec[name].vpcId);
  return sideNames.flatMap((name) => {
    const [vpcId, peerVpcId] = [vpcOf(name), vpcOf(otherSide(name))];
    return resource.spec[name].accountId === undefined && vpcId !== undefined && peerVpcId !== undefined
      ? [sideClaim(vpcId, peerVpcId)]
      : [];
  });
}

/** The AwsAccount that a side names, or leaves to the one named `default`. */
export const accountRef = (resource: VpcPeering, name: SideName): string => resource.spec[name].accountRef?.name ?? 'default';

/** Where an entry of memory lives, from a view. */
export const placeOf = (view: PeeringView): Pick<MemoryEntry, 'accountRef' | 'accountId' | 'region'> => ({
  accountRef: view.scope.accountRef,
  accountId: view.scope.accountId,
  region: view.scope.region,
});

/** RFC 3339 in whole seconds. */
export const timestamp = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
