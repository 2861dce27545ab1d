import { createHash } from 'node:crypto';
import type { Clock } from '../../ambient/clock.ts';
import { type Random, type SeededRandom, seededRandom } from '../../ambient/random.ts';
import type { RegionNetwork, Tags } from '../../network/model.ts';
import { type Policy, readPolicy } from '../iam/policy.ts';
import { type Collections, collectionsOf, tagIndex } from './collections.ts';
import { networkOf } from './network-view.ts';
import { type Place, placeKey } from './place.ts';
import type { SavedWorld } from './saved-state.ts';
import { changeSettings, defaultSettings, type SettingsChange, type WorldSettings } from './settings.ts';
import type { Collection, Horizon } from './store.ts';
import { type Transition, type TransitionArgument, transitionNamed } from './transition.ts';
import { isRegion, type Zone, zonesOf } from './zones.ts';

/** A role that the world file lists. */
export interface Role {
  readonly arn: string;
  /** The accounts whose identities may assume it. */
  readonly trusts: readonly string[];
  readonly externalId?: string | undefined;
  /** `false`: its trust policy does not allow `sts:TagSession`. */
  readonly tagSession?: boolean | undefined;
  /** What its sessions may do; left out, everything. */
  readonly policy?: Policy | undefined;
}

/** A transition that waits for its time. */
interface DueTransition {
  readonly at: number;
  readonly transition: Transition<readonly TransitionArgument[]>;
  readonly given: readonly TransitionArgument[];
}

const everythingSeen: Horizon = { write: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY, reads: 0 };

/** How far a view had been seen at some moment. */
type Seen = Pick<Horizon, 'write' | 'until'>;
const nothingSeen: Seen = { write: 0, until: Number.NEGATIVE_INFINITY };

/**
 * The state of the simulated AWS: accounts and regions come to be when they are first used. Time is the clock's, and is caught up with
 * before each call: nothing happens between calls, so that there is no timer to wait for or to leave behind.
 */
export class World {
  declare readonly vpcs: Collections['vpcs'];
  declare readonly subnets: Collections['subnets'];
  declare readonly internetGateways: Collections['internetGateways'];
  declare readonly transitGateways: Collections['transitGateways'];
  declare readonly transitGatewayAttachments: Collections['transitGatewayAttachments'];
  declare readonly transitGatewayRouteTables: Collections['transitGatewayRouteTables'];
  declare readonly routeTables: Collections['routeTables'];
  declare readonly securityGroups: Collections['securityGroups'];
  declare readonly securityGroupRules: Collections['securityGroupRules'];
  declare readonly peerings: Collections['peerings'];
  declare readonly networkAcls: Collections['networkAcls'];
  declare readonly networkInterfaces: Collections['networkInterfaces'];
  declare readonly instances: Collections['instances'];
  declare readonly prefixLists: Collections['prefixLists'];
  declare readonly vpcEndpoints: Collections['vpcEndpoints'];
  declare readonly endpointServices: Collections['endpointServices'];
  declare readonly networkLoadBalancers: Collections['networkLoadBalancers'];
  declare readonly clientTokens: Collections['clientTokens'];
  declare readonly resourceGateways: Collections['resourceGateways'];
  declare readonly resourceConfigurations: Collections['resourceConfigurations'];
  declare readonly domainVerifications: Collections['domainVerifications'];
  declare readonly resourceEndpointAssociations: Collections['resourceEndpointAssociations'];
  declare readonly serviceNetworks: Collections['serviceNetworks'];
  declare readonly serviceNetworkResourceAssociations: Collections['serviceNetworkResourceAssociations'];
  declare readonly publicTxtRecords: Collections['publicTxtRecords'];
  declare readonly resourceShares: Collections['resourceShares'];
  declare readonly resourceShareAssociations: Collections['resourceShareAssociations'];
  declare readonly resourceShareInvitations: Collections['resourceShareInvitations'];
  declare readonly hostedZones: Collections['hostedZones'];
  /** The caller references of all zones that there ever were: `111122223333/<reference>`. */
  declare readonly hostedZoneReferences: Collections['hostedZoneReferences'];
  declare readonly hostedZoneChanges: Collections['hostedZoneChanges'];
  declare readonly elasticIps: Collections['elasticIps'];
  declare readonly natGateways: Collections['natGateways'];
  declare readonly egressOnlyInternetGateways: Collections['egressOnlyInternetGateways'];
  declare readonly internetHosts: Collections['internetHosts'];
  declare readonly tags: Collections['tags'];
  /** The roles that services keep for themselves in accounts: `111122223333/AWSServiceRoleForVpcLattice`. */
  declare readonly serviceLinkedRoles: Collections['serviceLinkedRoles'];

  readonly #all: Collections;
  readonly #clock: Clock;
  #random: Random;
  #epoch: number;
  #settings!: WorldSettings;
  /** Whether any view lies behind: most worlds spare themselves the question of how far. */
  #lags = false;
  /** Set while what was due earlier is made up for: the moment at which it was due. */
  #asOf: number | undefined;
  /** How far the world lags behind its clock while its past is told. */
  #agoMs = 0;
  /** By time; those of the same moment in the order in which they were set. */
  #due: DueTransition[] = [];
  #undo: (() => void)[] | undefined;
  #naming: { readonly path: string; readonly ids: Map<string, string>; readonly count: Map<string, number> } | undefined;
  #ids = new Set<string>();
  /** How far each view had been seen when the settings were last changed. */
  #seenBefore: ReadonlyMap<string, Seen> = new Map();
  /** How many calls there were. */
  #calls = 0;
  readonly #zones = new Map<string, readonly Zone[]>();
  #roles: ReadonlyMap<string, Role> | undefined;
  #sharing: (arn: string, accountId: string) => boolean = () => false;
  #writes = 0;
  #network: { readonly writes: number; readonly regions: RegionNetwork[] } | undefined;

  /** @param options.random where ids and addresses come from: the same seed and calls give the same ids */
  constructor({ clock, random, settings = {} }: { clock: Clock; random: Random; settings?: SettingsChange }) {
    this.#clock = clock;
    this.#random = random;
    this.#epoch = clock.now() - clock.monotonic();
    this.#adopt(changeSettings(defaultSettings, settings));
    this.#all = collectionsOf({
      now: () => this.now(),
      horizon: (view) => this.#horizon(view),
      call: () => this.#calls,
      onWrite: (undo) => {
        this.#undo?.push(undo);
        return ++this.#writes;
      },
    });
    Object.assign(this, this.#all);
  }

  get settings(): WorldSettings {
    return this.#settings;
  }

  /** Changes how this AWS behaves, from now on; what is under way keeps its delay. */
  configure(change: SettingsChange): void {
    this.catchUp();
    this.#keepSeen();
    this.#adopt(changeSettings(this.#settings, change));
  }

  /** Runs a call as though this AWS behaved otherwise, which changes nothing of what lags. */
  during<Answer>(change: Pick<SettingsChange, 'quotas' | 'pageSize' | 'emptyFirstPage' | 'newIdUnknownMs'>, run: () => Answer): Answer {
    const settings = this.#settings;
    this.#settings = changeSettings(settings, change);
    try {
      return run();
    } finally {
      const { quotas, pageSize, emptyFirstPage, newIdUnknownMs } = settings;
      this.#settings = changeSettings(this.#settings, { quotas, pageSize, emptyFirstPage, newIdUnknownMs });
    }
  }

  #adopt(settings: WorldSettings): void {
    const { lagMs, lagMsOf, lagReads, lagReadsOf, tagIndexLagMs, tagIndexLagReads } = settings;
    const lags = [lagMs, lagReads, tagIndexLagMs, tagIndexLagReads, ...Object.values(lagMsOf), ...Object.values(lagReadsOf)];
    this.#lags = lags.some((lag) => lag > 0);
    this.#settings = settings;
  }

  /** What was seen once is not unseen when reads begin to lag. */
  #keepSeen(): void {
    for (const collection of this.#collections) collection.keepSeen();
    this.#seenBefore = new Map(
      this.#collections
        .flatMap(({ views }) => views)
        .map((view): [string, Seen] => {
          const { until, write } = this.#horizon(view);
          if (write === Number.POSITIVE_INFINITY) return [view, { write: this.#writes, until: Number.NEGATIVE_INFINITY }];
          // A lag by reads alone says nothing of moments.
          return [view, { write, until: until === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : until }];
        }),
    );
  }

  /** Milliseconds since the epoch; never goes back. */
  now(): number {
    return this.#asOf ?? Math.floor(this.#epoch + this.#clock.monotonic()) - this.#agoMs;
  }

  /** A number from 0 to below 1, from the seed. */
  random(): number {
    return this.#random();
  }

  /** The zones of an account in a region, sorted by name. */
  zones(place: Place): readonly Zone[] {
    const key = placeKey(place);
    const zones = this.#zones.get(key) ?? zonesOf(place.accountId, place.region);
    this.#zones.set(key, zones);
    return zones;
  }

  hasRegion(region: string): boolean {
    return isRegion(region);
  }

  /** Lets a transition happen `delayMs` from now, as seen by the first call after that moment. */
  later<Given extends readonly TransitionArgument[]>(delayMs: number, transition: Transition<Given>, ...given: Given): void {
    const due: DueTransition = { at: this.now() + delayMs, transition, given };
    const place = this.#due.findLastIndex((other) => other.at <= due.at) + 1;
    this.#due.splice(place, 0, due);
    this.#undo?.push(() => {
      this.#due = this.#due.filter((other) => other !== due);
    });
  }

  /** Makes everything happen that was due by now, each at its own moment. */
  catchUp(): void {
    const now = this.now();
    for (let next = this.#due[0]; next && next.at <= now; next = this.#due[0]) {
      this.#due.shift();
      this.#asOf = next.at;
      try {
        next.transition.run(this, ...next.given);
      } finally {
        this.#asOf = undefined;
      }
    }
  }

  /** Runs a call: where it throws, everything that it wrote is taken back. */
  atomically<Answer>(run: () => Answer): Answer {
    if (this.#undo) return run();
    this.#calls++;
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      return run();
    } catch (error) {
      this.#undo = undefined;
      for (const takeBack of undo.reverse()) takeBack();
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /**
   * Tells what happened before now: within `tell`, the world's time is `agoMs` ago, and `pass` lets some of it go by.
   * What is made there is neither new nor unseen afterwards. Back then this AWS went at its usual pace.
   */
  past(agoMs: number, tell: (pass: (ms: number) => void) => void): void {
    const settings = this.#settings;
    const { delaysMs, lagMs, lagMsOf, lagReads, lagReadsOf, tagIndexLagMs, tagIndexLagReads, newIdUnknownMs } = defaultSettings;
    this.#adopt({ ...settings, delaysMs, lagMs, lagMsOf, lagReads, lagReadsOf, tagIndexLagMs, tagIndexLagReads, newIdUnknownMs });
    this.#agoMs = agoMs;
    try {
      tell((ms) => {
        this.#agoMs = Math.max(0, this.#agoMs - ms);
        this.catchUp();
      });
    } finally {
      this.#agoMs = 0;
      this.catchUp();
      this.#keepSeen();
      this.#adopt(settings);
    }
  }

  /** A new id as AWS makes them: `vpc-` and seventeen hexadecimal digits. */
  newId(prefix: string): string {
    const given = this.#naming?.ids.get(prefix);
    if (given) this.#naming?.ids.delete(prefix);
    let id = given ?? `${prefix}-0${this.#naming ? this.#namedDigits(prefix) : this.#randomDigits()}`;
    while (!given && this.#ids.has(id)) id = `${prefix}-0${this.#randomDigits()}`;
    this.#ids.add(id);
    return id;
  }

  /** Whether the id was ever given to something. */
  wasGiven(id: string): boolean {
    return this.#ids.has(id);
  }

  /**
   * What is made within `run` gets ids that follow from `path` and not from chance, so that a world file always gives the same ones.
   *
   * @param ids the id to use for the first thing of each prefix
   */
  named<Answer>(path: string, run: () => Answer, ids: Readonly<Record<string, string>> = {}): Answer {
    this.#naming = { path, ids: new Map(Object.entries(ids)), count: new Map() };
    try {
      return run();
    } finally {
      this.#naming = undefined;
    }
  }

  /** From now on only these roles exist. */
  setRoles(roles: readonly Role[]): void {
    this.#roles = new Map(roles.map((role) => [role.arn, role]));
  }

  /** Whether an identity of the account may assume the role; where not, why. Any role exists and trusts everybody unless the world file lists roles. */
  mayAssume(callerAccountId: string, roleArn: string, externalId?: string): true | string {
    if (!this.#roles) return true;
    const role = this.#roles.get(roleArn);
    if (!role) return `there is no role ${roleArn}`;
    if (!role.trusts.includes(callerAccountId)) return `${roleArn} does not trust account ${callerAccountId}`;
    if (role.externalId !== undefined && role.externalId !== externalId) return `${roleArn} asks for another external id`;
    return true;
  }

  /** Whether the role's trust lets its sessions be tagged. */
  mayTagSession(roleArn: string): boolean {
    return this.#roles?.get(roleArn)?.tagSession !== false;
  }

  /** What sessions of the role may do; undefined where they may do everything. */
  policyOf(roleArn: string): Policy | undefined {
    return this.#roles?.get(roleArn)?.policy;
  }

  /** Whether the owner of a thing shares it with the account. Nothing is shared until somebody says what is ({@link shareBy}). */
  isShared(arn: string, accountId: string): boolean {
    return this.#sharing(arn, accountId);
  }

  /** From now on this says what is shared with whom. */
  shareBy(isShared: (arn: string, accountId: string) => boolean): void {
    this.#sharing = isShared;
  }

  /** The tags of a thing as the place sees them: the truth. */
  tagsOf(place: string, resourceId: string): Tags {
    return this.tags.get(`${place}/${resourceId}`)?.tags ?? {};
  }

  /** The tags of a thing as Describe shows them. */
  seenTagsOf(place: string, resourceId: string): Tags {
    return this.tags.seen(`${place}/${resourceId}`)?.tags ?? {};
  }

  /** The tags of a thing as filters by tags find them: the index may lie behind what Describe shows. */
  indexedTagsOf(place: string, resourceId: string): Tags {
    return this.tags.seen(`${place}/${resourceId}`, tagIndex)?.tags ?? {};
  }

  setTags(place: string, resourceId: string, tags: Tags): void {
    const id = `${place}/${resourceId}`;
    if (Object.keys(tags).length > 0) this.tags.put({ id, place, resourceId, tags });
    else this.tags.delete(id);
  }

  /** The whole true state, as the network that it is; one entry for each account and region that holds something. Not a copy: the same until something changes. */
  network(): RegionNetwork[] {
    this.catchUp();
    if (this.#network?.writes !== this.#writes) this.#network = { writes: this.#writes, regions: networkOf(this) };
    return this.#network.regions;
  }

  /** Everything, as plain data, so that a world that {@link restore}s it goes on where this one stands. */
  save(): SavedWorld {
    this.catchUp();
    return {
      now: this.now(),
      random: 'state' in this.#random ? (this.#random as SeededRandom).state : undefined,
      writes: this.#writes,
      calls: this.#calls,
      ids: [...this.#ids],
      settings: this.#settings,
      roles: this.#roles && [...this.#roles.values()].map(({ policy, ...role }) => ({ ...role, policy: policy?.document })),
      seenBefore: Object.fromEntries(
        [...this.#seenBefore].map(([view, { write, until }]) => [view, Number.isFinite(until) ? { write, until } : { write }]),
      ),
      due: this.#due.map(({ at, transition: { name }, given }) => ({ at, transition: name, given })),
      collections: Object.fromEntries(this.#collections.map((collection) => [collection.name, collection.save()])),
    };
  }

  /**
   * Puts what was saved in the place of all that there is. Time goes on from the moment of saving, however long ago that is.
   *
   * @throws Error naming the field that is not right; then the world is of no use
   */
  restore(saved: SavedWorld): void {
    for (const collection of this.#collections) {
      const entries = saved.collections[collection.name] ?? { nextOrder: 1, entries: [] };
      try {
        (collection as Collection<{ readonly id: string }>).restore(entries);
      } catch (error) {
        throw new Error(`collections.${collection.name}.${(error as Error).message}`);
      }
    }
    const unknown = Object.keys(saved.collections).find((name) => !this.collectionNames.includes(name));
    if (unknown !== undefined) throw new Error(`collections: there is no collection ${unknown}`);
    this.#due = saved.due.map(({ at, transition: name, given }, index) => {
      const transition = transitionNamed(name);
      if (!transition) throw new Error(`due[${index}].transition: there is no transition ${name}`);
      return { at, transition, given };
    });
    this.#epoch = saved.now - this.#clock.monotonic();
    if (saved.random !== undefined) this.#random = seededRandom(saved.random);
    this.#writes = saved.writes;
    this.#calls = saved.calls;
    this.#ids = new Set(saved.ids);
    this.#adopt(changeSettings(defaultSettings, saved.settings));
    this.#roles = undefined;
    if (saved.roles) {
      this.setRoles(saved.roles.map(({ policy, ...role }) => ({ ...role, ...(policy !== undefined && { policy: readPolicy(policy) }) })));
    }
    this.#seenBefore = new Map(
      Object.entries(saved.seenBefore).map(([view, { write, until = Number.NEGATIVE_INFINITY }]) => [view, { write, until }]),
    );
    this.#network = undefined;
  }

  /** The whole true state as plain data, by collection and id, all names in order: fit to be compared with another, line by line. */
  dump(): Record<string, unknown> {
    this.catchUp();
    const byId = (collection: { all(): Iterable<{ readonly id: string }> }) =>
      Object.fromEntries([...collection.all()].map((value) => [value.id, value]));
    return inOrder(Object.fromEntries(this.#collections.map((collection) => [collection.name, byId(collection)])));
  }

  /** What {@link dump} shows, and what can lag: `vpcs`, `tags` … */
  get collectionNames(): string[] {
    return this.#collections.map(({ name }) => name);
  }

  get #collections() {
    return Object.values<Collections[keyof Collections]>(this.#all);
  }

  #horizon(view: string): Horizon {
    if (!this.#lags) return everythingSeen;
    const { lagMs, reads } = this.#lagOf(view);
    if (lagMs === 0 && reads === 0) return everythingSeen;
    const before = this.#seenBefore.get(view) ?? nothingSeen;
    const until = lagMs === 0 ? Number.POSITIVE_INFINITY : Math.max(this.now() - lagMs, before.until);
    return { write: before.write, until, reads };
  }

  #lagOf(view: string): { readonly lagMs: number; readonly reads: number } {
    const { lagMs, lagMsOf, lagReads, lagReadsOf, tagIndexLagMs, tagIndexLagReads } = this.#settings;
    if (view !== tagIndex) return { lagMs: lagMsOf[view] ?? lagMs, reads: lagReadsOf[view] ?? lagReads };
    const tags = this.#lagOf('tags');
    return { lagMs: Math.max(tags.lagMs, tagIndexLagMs), reads: Math.max(tags.reads, tagIndexLagReads) };
  }

  #randomDigits(): string {
    const half = (): string =>
      Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return half() + half();
  }

  #namedDigits(prefix: string): string {
    const { path, count } = this.#naming!;
    const number = (count.get(prefix) ?? 0) + 1;
    count.set(prefix, number);
    return createHash('sha256').update(`${path}#${prefix}#${number}`).digest('hex').slice(0, 16);
  }
}

/** A copy with the fields of all objects in the order of their names. */
function inOrder<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(inOrder) as Value;
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)])) as Value;
}
