import type { Resource } from '../../kinds/kind.ts';
import { type Key, keyText } from '../cluster.ts';
import type { MemoryServer } from '../memory-server.ts';
import { keyOf } from '../object-cache.ts';

/** A write: what was there before and after; undefined where there was nothing. */
export interface Change {
  readonly kind: string;
  readonly version: number;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
  /** The new state, or the last one of what has gone. */
  readonly object: Resource;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: Resource;
}

/** How many changes are remembered: a client that was away for longer lists anew. */
const longestMemory = 1_000;

/** What has happened at a server from now on, so that a watch can go on from where a list or another watch ended. */
export class ChangeHistory {
  readonly #known = new Map<string, Resource>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #server: MemoryServer;
  readonly #stop: () => void;
  #changes: Change[] = [];
  /** Everything after this version is remembered. */
  #from: number;

  constructor(server: MemoryServer, kinds: readonly string[]) {
    this.#server = server;
    this.#from = Number(server.version);
    for (const kind of kinds) {
      for (const object of server.list(kind)) this.#known.set(keyText(keyOf(kind, object)), object as Resource);
    }
    this.#stop = server.watch(({ type, object }) => this.#take(type, object as Resource));
  }

  /** What came after a version; undefined where that is too long ago, or not of this server. */
  since(version: string): readonly Change[] | undefined {
    const from = /^\d+$/.test(version) ? Number(version) : Number.NaN;
    if (!(from >= this.#from && from <= Number(this.#server.version))) return undefined;
    return this.#changes.filter((change) => change.version > from);
  }

  /** @returns ends it */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #take(type: 'seen' | 'removed', object: Resource): void {
    const key: Key = keyOf(object.kind, object);
    const before = this.#known.get(keyText(key));
    const after = type === 'seen' ? object : undefined;
    if (after) this.#known.set(keyText(key), after);
    else this.#known.delete(keyText(key));
    const change: Change = { kind: object.kind, version: Number(object.metadata.resourceVersion), before, after, object };
    this.#changes.push(change);
    if (this.#changes.length > longestMemory) this.#from = this.#changes.shift()?.version ?? this.#from;
    for (const listener of this.#listeners) listener(change);
  }
}

/** What a watch with a selector tells of a change: what comes into its sight is added, and what leaves it is deleted. */
export function eventOf({ before, after, object }: Change, isChosen: (object: Resource) => boolean): WatchEvent | undefined {
  const was = before !== undefined && isChosen(before);
  const is = after !== undefined && isChosen(after);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  return was ? { type: 'DELETED', object } : undefined;
}
