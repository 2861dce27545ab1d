import type { Clock } from '../ambient/clock.ts';
import { sleep } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import { ApiError, type KubeClient } from './client.ts';

/** Which objects to list and watch: all of one kind, in all namespaces. */
export interface WatchedKind {
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As in the URL: `vpcpeerings`. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** Only names, labels and annotations are wanted, so the rest is not even sent. */
  readonly metadataOnly?: boolean;
}

/** The least that a watched object has. */
export interface WatchedObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string; readonly resourceVersion: string };
}

/** Who is told of what the watch sees. What it throws is logged, and the watch goes on. */
export interface WatchSink<Seen extends WatchedObject = WatchedObject> {
  /** All there is now; what is not among them has vanished. `resourceVersion` is the list's. */
  replaced(objects: readonly Seen[], resourceVersion: string): void;
  /** Added or modified. */
  seen(object: Seen): void;
  /** As it was when it vanished. */
  removed(object: Seen): void;
}

export interface WatchOptions<Seen extends WatchedObject = WatchedObject> {
  readonly client: KubeClient;
  readonly watched: WatchedKind;
  readonly sink: WatchSink<Seen>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** `/apis/<group>/<version>/…`, or `/api/v1/…` for the core group. */
export function pathOf(watched: WatchedKind, object?: { readonly namespace?: string | undefined; readonly name: string }): string {
  const root = watched.group === '' ? `/api/${watched.version}` : `/apis/${watched.group}/${watched.version}`;
  if (!object) return `${root}/${watched.plural}`;
  const inNamespace = watched.namespaced ? `/namespaces/${encodeURIComponent(object.namespace ?? '')}` : '';
  return `${root}${inNamespace}/${watched.plural}/${encodeURIComponent(object.name)}`;
}

const pageSize = 500;
/** The server ends a watch after this long, at random up to twice as long, so that watches do not all come back at once. */
const watchSeconds = 300;
/** The server sends a bookmark about once a minute; one that has been silent for longer than this is taken for dead and renewed. */
const silenceMs = 150_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;
/** A watch that cannot be resumed so many times in a row starts again with a list: the version that it resumes from may be the trouble. */
const failuresBeforeRelist = 5;

/**
 * Lists all objects of a kind and then watches them, until the signal is raised. No error ends it.
 *
 * @returns resolves once the first list is with the sink; never rejects, also when the signal is raised before that
 */
export function startWatch<Seen extends WatchedObject>(options: WatchOptions<Seen>): Promise<void> {
  return new Promise((resolve) => {
    const watch = () => {
      keepWatching(options, resolve).catch((error) => {
        if (options.signal.aborted) return resolve();
        // Nothing should lead out of the loop; if something does, a process that sees nothing any more would be worse than a late start.
        options.log.error({ error, kind: options.watched.kind }, 'the watch ended, and is started again');
        options.clock.after(longestDelayMs, watch);
      });
    };
    watch();
  });
}

async function keepWatching<Seen extends WatchedObject>(options: WatchOptions<Seen>, onListed: () => void): Promise<never> {
  const { clock, random, log, signal, watched } = options;
  const sink = safeSink(options);
  let resourceVersion: string | undefined;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const startedAt = clock.monotonic();
    let heard = 0;
    let failure: unknown;
    try {
      if (resourceVersion === undefined) {
        const list = await listAll<Seen>(options);
        sink.replaced(list.items, list.resourceVersion);
        resourceVersion = list.resourceVersion;
        onListed();
        log.debug({ kind: watched.kind, objects: list.items.length }, 'listed');
      }
      for await (const event of watchOnce<Seen>(options, resourceVersion)) {
        heard++;
        failures = 0;
        resourceVersion = event.object.metadata.resourceVersion;
        if (event.type === 'DELETED') sink.removed(event.object);
        else if (event.type !== 'BOOKMARK') sink.seen(event.object);
      }
      // Ended by the server after its time, which is how it should be; one that ends at once, again and again, is a failure too.
      if (heard > 0 || clock.monotonic() - startedAt > longestDelayMs) failures = 0;
      else failures++;
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      failure = error;
      if (isExpired(error)) resourceVersion = undefined;
      const say = failures > 1 ? log.warn : log.debug;
      say({ error, kind: watched.kind, failures }, 'the watch broke and will be renewed');
    }
    if (failures === 0) continue;
    if (failures % failuresBeforeRelist === 0) resourceVersion = undefined;
    await sleep(clock, delayAfter(failures, random, failure), signal);
  }
}

/** An expired version is the server's way to ask for a new list, and no fault. */
function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

/** Doubles with each failure; from half of that to the whole, so that watches do not come back in step. */
function delayAfter(failures: number, random: Random, error: unknown): number {
  const whole = Math.min(firstDelayMs * 2 ** (failures - 1), longestDelayMs);
  const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(asked, (whole / 2) * (1 + random()));
}

interface ListAnswer<Seen> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Seen[] | null;
}

async function listAll<Seen extends WatchedObject>({
  client,
  watched,
  signal,
}: WatchOptions<Seen>): Promise<{ items: Seen[]; resourceVersion: string }> {
  const items: Seen[] = [];
  let next: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    const page = (await client.call({
      method: 'GET',
      path: pathOf(watched),
      query: { limit: pageSize, continue: next },
      ...acceptOf(watched, 'List'),
    })) as ListAnswer<Seen>;
    for (const item of page.items ?? []) items.push(withoutManagedFields(item));
    next = page.metadata.continue || undefined;
    // All pages are of one moment: each carries the version of the first.
    if (!next) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

interface WatchEvent<Seen> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: Seen;
}

interface ErrorEvent {
  readonly type: 'ERROR';
  readonly object: { readonly code?: number; readonly reason?: string; readonly message?: string };
}

async function* watchOnce<Seen extends WatchedObject>(
  options: WatchOptions<Seen>,
  resourceVersion: string,
): AsyncIterable<WatchEvent<Seen>> {
  const { client, watched, clock, random, signal } = options;
  const silence = new AbortController();
  const listen = () => clock.after(silenceMs, () => silence.abort(new Error(`nothing was heard for ${silenceMs / 1000} s`)));
  let timer = listen();
  const lines = client.stream(
    {
      method: 'GET',
      path: pathOf(watched),
      query: { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds: Math.round(watchSeconds * (1 + random())) },
      ...acceptOf(watched),
    },
    AbortSignal.any([signal, silence.signal]),
  );
  try {
    for await (const line of lines) {
      timer.cancel();
      timer = listen();
      const event = line as WatchEvent<Seen> | ErrorEvent;
      if (event.type === 'ERROR') throw new ApiError(event.object.code ?? 500, event.object);
      yield { type: event.type, object: withoutManagedFields(event.object) };
    }
  } finally {
    timer.cancel();
  }
}

function acceptOf(watched: WatchedKind, suffix: 'List' | '' = ''): { accept?: string } {
  if (!watched.metadataOnly) return {};
  return { accept: `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1` };
}

/** Managed fields are the larger half of most objects, and nothing here reads them. */
export function withoutManagedFields<Seen extends WatchedObject>(object: Seen): Seen {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function safeSink<Seen extends WatchedObject>({ sink, log, watched }: WatchOptions<Seen>): WatchSink<Seen> {
  const safely = (tell: () => void) => {
    try {
      tell();
    } catch (error) {
      log.error({ error, kind: watched.kind }, 'a change could not be taken in');
    }
  };
  return {
    replaced: (objects, resourceVersion) => safely(() => sink.replaced(objects, resourceVersion)),
    seen: (object) => safely(() => sink.seen(object)),
    removed: (object) => safely(() => sink.removed(object)),
  };
}
