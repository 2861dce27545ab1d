import type { Clock } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import type { View } from '../kinds/kind.ts';
import { parseRouteId, type Scope } from '../network/changes.ts';
import type { NetworkCollections, PeeringState, RouteTable } from '../network/model.ts';
import { type Accounts, lastingArn } from './accounts.ts';
import type { AccountIdentity, ViewRequest } from './aws.ts';
import type { Calls } from './calls.ts';
import { Collection, type Freshness } from './collection.ts';
import { type AnyEffect, type Effect, windowEnd } from './own-writes.ts';
import { type CollectionName, collectionOf, reads } from './reads.ts';

/** Reads of AWS, shared by every object: lists grow with AWS's size and not with the number of objects. */
export interface Inventory {
  /** @throws IdentityError, AwsError */
  view<Names extends CollectionName>(request: ViewRequest<Names>): Promise<View<Names>>;
  /** Folds in what a change did. `concerns` are the ids whose absence cannot be proven by what was asked before. */
  wrote(scope: Scope, effects: readonly AnyEffect[], concerns: readonly string[]): void;
  /** AWS has contradicted these collections, or may have changed them without saying so: they are read again. */
  doubt(scope: Scope, names: readonly CollectionName[], concerns: readonly string[]): void;
}

export interface InventoryOptions {
  readonly accounts: Accounts;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: Random;
  readonly freshness: Freshness;
  /** When the lease was taken, in milliseconds since the epoch; `-Infinity` where there is none to take. */
  readonly leaseTakenAt: () => number;
}

type Collections = { [Name in CollectionName]?: Collection<NetworkCollections[Name]> };

/** What is known of one region through one AwsAccount's identity. */
interface Snapshot {
  readonly account: AccountIdentity;
  readonly region: string;
  readonly identity: string;
  readonly collections: Collections;
}

/** Where a write took effect: whichever identity made it, everybody in this account and region sees it. */
type Place = Pick<Scope, 'accountId' | 'region'>;

/** States that a connection does not stay in. */
const passing: ReadonlySet<PeeringState> = new Set<PeeringState>(['initiating-request', 'pending-acceptance', 'provisioning', 'deleting']);

/** Answers about ids are kept for less than this, so that none is older than the write that it must be compared with. */
const writesKeptMs = 10 * 60_000;

/** One id that a caller asks about: a thing of a collection, or a route (`rtb-…/<destination>`) of a table. */
interface Asked {
  readonly id: string;
  readonly name: CollectionName;
  /** The id of the thing that is described. */
  readonly key: string;
  readonly destination: string | undefined;
}

export function createInventory({ accounts, calls, clock, random, freshness, leaseTakenAt }: InventoryOptions): Inventory {
  const snapshots = new Map<string, Snapshot>();
  /** When this process last wrote what concerns an id; ids are unique over all accounts and regions. */
  const wroteAt = new Map<string, number>();
  /** For collections that are opened while AWS need not show these yet. */
  let recent: { readonly place: Place; readonly effect: AnyEffect; readonly writtenAt: number }[] = [];

  let last = Number.NEGATIVE_INFINITY;
  function moment(): number {
    last = Math.max(clock.monotonic(), last + 1e-4);
    return last;
  }

  const toWall = (at: number) => Math.floor(clock.now() - (clock.monotonic() - at));
  let lease = { takenAt: Number.NEGATIVE_INFINITY, at: Number.NEGATIVE_INFINITY };
  /** Worked out once for each lease: the wall clock may be set back later, and nothing may happen in the future. */
  function leaseAt(): number {
    const takenAt = leaseTakenAt();
    if (takenAt !== lease.takenAt) lease = { takenAt, at: clock.monotonic() - Math.max(0, clock.now() - takenAt) };
    return lease.at;
  }
  const provableFrom = (id: string) => windowEnd(Math.max(leaseAt(), wroteAt.get(id) ?? Number.NEGATIVE_INFINITY), freshness.windowMs);

  function snapshotOf(account: AccountIdentity, region: string, arn: string): Snapshot {
    const key = `${account.name} ${region}`;
    const identity = `${account.accountId} ${lastingArn(arn)}`;
    let snapshot = snapshots.get(key);
    if (snapshot?.identity !== identity) {
      // Another identity may see other things: nothing is taken over.
      snapshot = { account, region, identity, collections: {} };
      snapshots.set(key, snapshot);
    }
    return snapshot;
  }

  function collectionIn<Name extends CollectionName>(snapshot: Snapshot, name: Name): Collection<NetworkCollections[Name]> {
    const { account, region, collections } = snapshot;
    const known: Collections[Name] = collections[name];
    if (known) return known;
    const read = reads[name];
    const place = { service: 'ec2', action: read.action, accountId: account.accountId, region, write: false } as const;
    const opened = new Collection<NetworkCollections[Name]>({
      read,
      send: (extent) =>
        accounts.use(account, (session) => calls.call(place, () => read.send(session.ec2(region), extent), { repeatable: true })),
      clock,
      random,
      freshness,
      moment,
      leaseAt,
    });
    (collections as Record<Name, Collection<NetworkCollections[Name]>>)[name] = opened;
    forgetSettled();
    for (const { place: where, effect, writtenAt } of recent) if (isIn(snapshot, where)) fold(snapshot, effect, writtenAt);
    return opened;
  }

  function fold<Name extends CollectionName>(snapshot: Snapshot, effect: Effect<Name>, writtenAt: number): void {
    snapshot.collections[effect.collection]?.write(effect, writtenAt);
  }

  function forgetSettled(): void {
    const now = clock.monotonic();
    recent = recent.filter(({ writtenAt }) => now < windowEnd(writtenAt, freshness.windowMs));
    for (const [id, at] of wroteAt) {
      // In the order of writing: all that follow are younger.
      if (now - at < writesKeptMs) break;
      wroteAt.delete(id);
    }
  }

  function concern(ids: readonly string[], at: number): void {
    for (const id of ids) {
      wroteAt.delete(id);
      wroteAt.set(id, at);
    }
  }

  function isPresent({ destination }: Asked, item: NetworkCollections[CollectionName] | undefined): boolean {
    if (item === undefined || destination === undefined) return item !== undefined;
    return (item as RouteTable).routes.some((route) => route.destination === destination);
  }

  function isGone(snapshot: Snapshot, asked: Asked): boolean {
    const collection = collectionIn(snapshot, asked.name);
    const described = collection.described(asked.key);
    if (!described || described.startedAt < provableFrom(asked.id) || isPresent(asked, described.item)) return false;
    if (described.item === undefined && described.startedAt >= provableFrom(asked.key)) collection.drop(asked.key);
    return !isPresent(asked, collection.items.get(asked.key));
  }

  /** Whether what is known of a thing that is there must be known better. */
  function isPassing(snapshot: Snapshot, { key, name, destination }: Asked): boolean {
    if (name === 'peeringConnections') {
      const connection = collectionIn(snapshot, name).items.get(key);
      return connection !== undefined && passing.has(connection.state);
    }
    if (destination === undefined) return false;
    // Once a connection is active its routes are too: one that still leads nowhere was read before.
    const route = collectionIn(snapshot, 'routeTables')
      .items.get(key)
      ?.routes.find((other) => other.destination === destination);
    const connections = snapshot.collections.peeringConnections?.items;
    return route?.state === 'blackhole' && connections?.get(route.target.id)?.state === 'active';
  }

  function mustDescribe(snapshot: Snapshot, asked: Asked): boolean {
    const collection = collectionIn(snapshot, asked.name);
    const now = clock.monotonic();
    const describedAt = collection.described(asked.key)?.startedAt ?? Number.NEGATIVE_INFINITY;
    if (isPresent(asked, collection.items.get(asked.key))) {
      return isPassing(snapshot, asked) && now >= windowEnd(Math.max(describedAt, collection.readAt(asked.key)), freshness.passingMs);
    }
    if (isGone(snapshot, asked)) return false;
    const provable = provableFrom(asked.id);
    return now >= windowEnd(describedAt, freshness.passingMs) || (describedAt < provable && provable <= now);
  }

  async function describe(snapshot: Snapshot, asked: readonly Asked[]): Promise<void> {
    const byName = Map.groupBy(
      asked.filter((one) => mustDescribe(snapshot, one)),
      ({ name }) => name,
    );
    await Promise.all([...byName].map(([name, ones]) => collectionIn(snapshot, name).describe(new Set(ones.map(({ key }) => key)))));
  }

  return {
    async view<Names extends CollectionName>({ account, region, collections, ids, anew }: ViewRequest<Names>): Promise<View<Names>> {
      const { arn } = await accounts.open(account);
      const snapshot = snapshotOf(account, region, arn);
      if (anew) {
        const at = moment();
        for (const name of collections) collectionIn(snapshot, name).doubt(at);
      }
      await Promise.all(collections.map((name) => collectionIn(snapshot, name).fresh()));
      const names: readonly CollectionName[] = collections;
      const asked = ids.map(readId).filter((one): one is Asked => one !== undefined && names.includes(one.name));
      await describe(snapshot, asked);
      // A connection that has just become active makes routes worth another look; one more round tells.
      await describe(snapshot, asked);
      const gone = new Set(asked.filter((one) => isGone(snapshot, one)).map(({ id }) => id));
      const oldest = Math.min(moment(), ...collections.map((name) => collectionIn(snapshot, name).sweptAt));
      const certain = clock.monotonic() >= windowEnd(leaseAt(), freshness.windowMs);
      const items = Object.fromEntries(collections.map((name) => [name, collectionIn(snapshot, name).items]));
      return {
        scope: { accountRef: account.name, accountId: account.accountId, region },
        asOf: toWall(oldest),
        completeUpTo: certain ? toWall(oldest) - freshness.windowMs : Number.NEGATIVE_INFINITY,
        gone,
        ...(items as { readonly [Name in Names]: ReadonlyMap<string, NetworkCollections[Name]> }),
      };
    },
    wrote(scope, effects, concerns) {
      const at = moment();
      forgetSettled();
      concern(concerns, at);
      for (const effect of effects) {
        recent.push({ place: scope, effect, writtenAt: at });
        for (const snapshot of snapshots.values()) {
          const seenThere = effect.everywhere && snapshot.collections[effect.collection]?.items.has(effect.key);
          if (isIn(snapshot, scope) || seenThere) fold(snapshot, effect, at);
        }
      }
    },
    doubt(scope, names, concerns) {
      const at = moment();
      concern(concerns, at);
      for (const snapshot of snapshots.values()) {
        if (isIn(snapshot, scope)) for (const name of names) snapshot.collections[name]?.doubt(at);
      }
    },
  };
}

function isIn(snapshot: Snapshot, place: Place): boolean {
  return snapshot.account.accountId === place.accountId && snapshot.region === place.region;
}

function readId(id: string): Asked | undefined {
  const name = collectionOf(id);
  if (name === undefined) return undefined;
  if (!id.includes('/')) return { id, name, key: id, destination: undefined };
  const { routeTableId, destination } = parseRouteId(id);
  return name === 'routeTables' ? { id, name, key: routeTableId, destination } : undefined;
}
