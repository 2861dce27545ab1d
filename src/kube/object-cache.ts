import type { Log } from '../ambient/log.ts';
import type { ObjectMeta, Resource } from '../kinds/kind.ts';
import { type ClusterChange, type Key, keyText } from './cluster.ts';
import type { WatchedObject, WatchSink } from './watch.ts';

/** An object as the cache keeps it: a resource of ours, or a Namespace without its spec. */
export interface CachedObject extends WatchedObject {
  readonly metadata: ObjectMeta;
}

/** Annotations whose change asks for a pass although nothing in the spec has changed. */
const wakingAnnotations = ['isthmus.dev/reconcile-at', 'isthmus.dev/abandon'] as const;

/** One object: what the watch has told, and what this process has written since. */
interface Entry {
  watched?: CachedObject | undefined;
  /** Our own write, until the watch has delivered it or something later. */
  written?: CachedObject | undefined;
  /** uid of the object that a write of ours has let go, until the watch has delivered that too. */
  letGo?: string | undefined;
}

/**
 * The newest known state of the cluster's objects. What this process wrote itself is seen at once, not only when the watch
 * delivers it, so that no pass decides on a state that it has just changed itself.
 */
export class ObjectCache {
  readonly #onChange: (change: ClusterChange) => void;
  readonly #log: Log;
  readonly #kinds = new Map<string, Map<string, Entry>>();

  /** @param onChange called for what the watch delivers, never for our own writes before that; what it throws is logged */
  constructor(onChange: (change: ClusterChange) => void, log: Log) {
    this.#onChange = onChange;
    this.#log = log;
  }

  get(key: Key): CachedObject | undefined {
    const entry = this.#kinds.get(key.kind)?.get(keyText(key));
    return entry && newest(entry);
  }

  list(kind: string): readonly CachedObject[] {
    return [...(this.#kinds.get(kind)?.values() ?? [])].map(newest).filter((object) => object !== undefined);
  }

  /** The end of a watch that takes what it tells about one kind into this cache. */
  sinkOf(kind: string): WatchSink<CachedObject> {
    const entries = new Map<string, Entry>();
    this.#kinds.set(kind, entries);
    const entryOf = (key: Key): Entry => {
      const entry = entries.get(keyText(key)) ?? {};
      entries.set(keyText(key), entry);
      return entry;
    };
    const tidy = (key: Key, entry: Entry) => {
      if (!entry.watched && !entry.written) entries.delete(keyText(key));
    };

    const take = (object: CachedObject) => {
      const key = keyOf(kind, object);
      const entry = entryOf(key);
      const before = entry.watched;
      entry.watched = object;
      if (entry.written && !isNewer(entry.written, object)) entry.written = undefined;
      if (before && before.metadata.uid !== object.metadata.uid) {
        this.#tell({ key, what: 'deleted' });
        this.#tell({ key, what: 'added' });
      } else if (!before) {
        this.#tell({ key, what: 'added' });
      } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) {
        this.#tell({ key, what: isWorthLooking(kind, before, object) ? 'changed' : 'status' });
      }
    };

    const drop = (key: Key, entry: Entry, atVersion: string) => {
      const known = entry.watched !== undefined;
      if (entry.written && !isNewerVersion(entry.written.metadata.resourceVersion, atVersion)) entry.written = undefined;
      entry.watched = undefined;
      entry.letGo = undefined;
      tidy(key, entry);
      if (known) this.#tell({ key, what: 'deleted' });
    };

    return {
      replaced: (objects, resourceVersion) => {
        const present = new Set(objects.map((object) => keyText(keyOf(kind, object))));
        for (const [text, entry] of [...entries]) {
          const object = entry.watched ?? entry.written;
          if (object && !present.has(text)) drop(keyOf(kind, object), entry, resourceVersion);
        }
        for (const object of objects) take(object);
      },
      seen: (object) => {
        const known = entries.get(keyText(keyOf(kind, object)))?.watched;
        // Told late: the list that came meanwhile knew more.
        if (!known || !isNewer(known, object)) take(object);
      },
      removed: (object) => {
        const key = keyOf(kind, object);
        const entry = entries.get(keyText(key));
        // The end of an earlier object of this name says nothing about the one that we know.
        if (!entry || (entry.watched && entry.watched.metadata.uid !== object.metadata.uid)) return;
        drop(key, entry, object.metadata.resourceVersion);
      },
    };
  }

  /** Takes in the answer to our own write. */
  wrote(kind: string, object: CachedObject): void {
    const key = keyOf(kind, object);
    const entry = this.#kinds.get(kind)?.get(keyText(key));
    // Without a watched object it is gone already, or its kind is not watched: then only the watch may bring it back.
    if (!entry?.watched || entry.watched.metadata.uid !== object.metadata.uid) return;
    if (isNewer(object, entry.watched) && !(entry.written && isNewer(entry.written, object))) entry.written = object;
  }

  /** Takes in that our own write was the last thing that held the object. */
  letGo(kind: string, object: CachedObject): void {
    const entry = this.#kinds.get(kind)?.get(keyText(keyOf(kind, object)));
    if (entry?.watched?.metadata.uid === object.metadata.uid) entry.letGo = object.metadata.uid;
  }

  #tell(change: ClusterChange): void {
    try {
      this.#onChange(change);
    } catch (error) {
      this.#log.error({ error, key: keyText(change.key) }, 'a change could not be handed on');
    }
  }
}

/** The key of an object of a kind; items of a list do not name their kind themselves. */
export function keyOf(kind: string, object: WatchedObject): Key {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { kind, name } : { kind, namespace, name };
}

function newest({ watched, written, letGo }: Entry): CachedObject | undefined {
  const object = written ?? watched;
  return object?.metadata.uid === letGo ? undefined : object;
}

function isNewer(one: CachedObject, other: CachedObject): boolean {
  return isNewerVersion(one.metadata.resourceVersion, other.metadata.resourceVersion);
}

/** Resource versions of one kind are whole numbers that grow, of any length (Kubernetes KEP-5504). */
function isNewerVersion(one: string, other: string): boolean {
  return one.length === other.length ? one > other : one.length > other.length;
}

/** False where nothing but status, labels or bookkeeping differs; of a Namespace the labels are what matters. */
function isWorthLooking(kind: string, before: CachedObject, after: CachedObject): boolean {
  const was = before.metadata;
  const is = after.metadata;
  if (was.generation !== is.generation || was.deletionTimestamp !== is.deletionTimestamp) return true;
  if (JSON.stringify(was.finalizers ?? []) !== JSON.stringify(is.finalizers ?? [])) return true;
  if (wakingAnnotations.some((name) => was.annotations?.[name] !== is.annotations?.[name])) return true;
  return kind === 'Namespace' && !sameEntries(was.labels ?? {}, is.labels ?? {});
}

function sameEntries(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** What our kinds' objects are in the cache; Namespaces are asked for only by their labels. */
export function asResource(object: CachedObject | undefined): Resource | undefined {
  return object as Resource | undefined;
}
