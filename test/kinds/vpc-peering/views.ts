import type { MemoryEntry } from '../../../src/kinds/kind.ts';
import type { VpcPeering } from '../../../src/kinds/vpc-peering/api.ts';
import type { PeeringInput, PeeringView } from '../../../src/kinds/vpc-peering/side.ts';
import type {
  PeeringConnection,
  PeeringState,
  Route,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Tags,
  Vpc,
} from '../../../src/network/model.ts';

/** Views as the inventory would give them, for planners under test: one place a region, everything in account 111122223333. */

export const accountId = '111122223333';
export const uid = '5f0c6f3e-0000-4000-8000-000000000001';
export const clusterName = 'test-cluster';
export const now = Date.UTC(2026, 0, 1, 12);

export const ourTags: Tags = {
  Name: 'a-to-b',
  'isthmus.dev/cluster': clusterName,
  'isthmus.dev/owner': 'VpcPeering/network/a-to-b',
  'isthmus.dev/uid': uid,
};

export function vpc(vpcId: string, cidrs: readonly string[], extra: Partial<Vpc> & { ipv6?: readonly string[] } = {}): Vpc {
  const { ipv6 = [], ...rest } = extra;
  const blocks = (list: readonly string[]) =>
    list.map((cidr, index) => ({ associationId: `${vpcId}-${index}`, cidr, state: 'associated' as const }));
  return { vpcId, ownerId: accountId, isDefault: false, cidrBlocks: blocks(cidrs), ipv6CidrBlocks: blocks(ipv6), tags: {}, ...rest };
}

export const local = (destination: string): Route => ({
  destination,
  target: { type: 'local', id: 'local' },
  state: 'active',
  origin: 'CreateRouteTable',
});
export const routeTo = (destination: string, id: string, state: Route['state'] = 'active'): Route => ({
  destination,
  target: { type: id.startsWith('pcx-') ? 'vpc-peering-connection' : 'transit-gateway', id },
  state,
  origin: 'CreateRoute',
});

export function table(routeTableId: string, vpcId: string, routes: readonly Route[], extra: Partial<RouteTable> = {}): RouteTable {
  return { routeTableId, vpcId, ownerId: accountId, associations: [], routes, tags: {}, ...extra };
}

export const group = (groupId: string, vpcId: string, groupName = 'default', tags: Tags = {}): SecurityGroup => ({
  groupId,
  groupName,
  description: groupName,
  vpcId,
  ownerId: accountId,
  tags,
});

export function connection(
  id: string,
  ends: { from: string; to: string; state: PeeringState; regions?: readonly [string, string]; tags?: Tags; message?: string },
): PeeringConnection {
  const [from, to] = ends.regions ?? ['us-west-2', 'us-west-2'];
  const end = (vpcId: string, region: string) => ({ vpcId, ownerId: accountId, region, cidrs: [], ipv6Cidrs: [] });
  return {
    vpcPeeringConnectionId: id,
    requester: end(ends.from, from),
    accepter: end(ends.to, to),
    state: ends.state,
    stateMessage: ends.message ?? ends.state,
    tags: ends.tags ?? {},
  };
}

export interface ViewParts {
  readonly region?: string;
  readonly vpcs?: readonly Vpc[];
  readonly tables?: readonly RouteTable[];
  readonly groups?: readonly SecurityGroup[];
  readonly rules?: readonly SecurityGroupRule[];
  readonly connections?: readonly PeeringConnection[];
  readonly gone?: readonly string[];
  readonly completeUpTo?: number;
}

export function view(parts: ViewParts): PeeringView {
  return {
    scope: { accountRef: 'default', accountId, region: parts.region ?? 'us-west-2' },
    asOf: now,
    completeUpTo: parts.completeUpTo ?? now - 15_000,
    gone: new Set(parts.gone),
    vpcs: new Map((parts.vpcs ?? []).map((each) => [each.vpcId, each])),
    routeTables: new Map((parts.tables ?? []).map((each) => [each.routeTableId, each])),
    securityGroups: new Map((parts.groups ?? []).map((each) => [each.groupId, each])),
    securityGroupRules: new Map((parts.rules ?? []).map((each) => [each.securityGroupRuleId, each])),
    peeringConnections: new Map((parts.connections ?? []).map((each) => [each.vpcPeeringConnectionId, each])),
  };
}

type Spec = VpcPeering['spec'];
export type SpecParts = Partial<Omit<Spec, 'requester' | 'accepter'>> & {
  requester?: Partial<Spec['requester']>;
  accepter?: Partial<Spec['accepter']>;
};

export function peering(
  spec: SpecParts = {},
  rest: { status?: Partial<NonNullable<VpcPeering['status']>>; metadata?: Partial<VpcPeering['metadata']> } = {},
): VpcPeering {
  return {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'VpcPeering',
    metadata: {
      name: 'a-to-b',
      namespace: 'network',
      uid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...rest.metadata,
    },
    spec: {
      acceptance: 'Automatic',
      deletionPolicy: 'Delete',
      paused: false,
      observeOnly: false,
      ...spec,
      requester: { region: 'us-west-2', vpcId: 'vpc-a', ...spec.requester },
      accepter: { region: 'us-west-2', vpcId: 'vpc-b', ...spec.accepter },
    } as Spec,
    ...(rest.status && { status: rest.status as NonNullable<VpcPeering['status']> }),
  };
}

export function input(
  resource: VpcPeering,
  views: { requester: PeeringView; accepter: PeeringView },
  rest: { memory?: readonly MemoryEntry[]; isLive?: (uid: string) => boolean } = {},
): PeeringInput {
  return {
    resource,
    sides: { requester: { view: views.requester, identity: 'arn' }, accepter: { view: views.accepter, identity: 'arn' } },
    memory: rest.memory ?? [],
    now,
    cluster: clusterName,
    isLive: rest.isLive ?? ((other) => other === uid),
    claimedBy: () => undefined,
    alsoWantedBy: () => undefined,
    users: () => [],
  };
}

export function remembered(role: string, id: string, extra: Partial<MemoryEntry> = {}): MemoryEntry {
  return {
    role,
    accountRef: 'default',
    accountId,
    region: 'us-west-2',
    id,
    created: true,
    attempt: 1,
    intentAt: '2026-01-01T11:00:00Z',
    ...extra,
  };
}
