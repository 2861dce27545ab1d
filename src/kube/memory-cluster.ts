import type { Clock } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Resource } from '../kinds/kind.ts';
import type { Cluster, Leadership } from './cluster.ts';
import type { MemoryServer } from './memory-server.ts';
import { asResource, type CachedObject, ObjectCache } from './object-cache.ts';
import type { WatchSink } from './watch.ts';

/** A controller's connection to a `MemoryServer`. */
export interface MemoryCluster extends Cluster {
  /** From now on the watch tells nothing, as when its connection is dead; own writes are still seen. */
  holdWatch(): void;
  /** The watch comes back with a new list: what happened meanwhile is told, and what has vanished is told as deleted. */
  resumeWatch(): void;
}

export interface MemoryClusterOptions {
  readonly server: MemoryServer;
  /** Our kinds; Namespaces are watched besides. */
  readonly kinds: readonly string[];
  readonly log: Log;
}

/** Connects a controller to a server in memory. Several can be connected, one after another or at once, as processes would be. */
export function connectTo({ server, kinds, log }: MemoryClusterOptions): MemoryCluster {
  let onChange: Parameters<Cluster['start']>[0] = () => {};
  const cache = new ObjectCache((change) => onChange(change), log);
  const sinks = new Map(['Namespace', ...kinds].map((kind): [string, WatchSink<CachedObject>] => [kind, cache.sinkOf(kind)]));
  let isHeld = false;
  let isStarted = false;

  const listAll = () => {
    for (const [kind, sink] of sinks) sink.replaced(server.list(kind), server.version);
  };
  const written = (resource: Resource): Resource => {
    cache.wrote(resource.kind, resource);
    return resource;
  };

  return {
    get: (key) => asResource(cache.get(key)),
    list: (kind) => cache.list(kind).map((object) => object as Resource),
    namespaceLabels(name) {
      const namespace = cache.get({ kind: 'Namespace', name });
      return namespace && (namespace.metadata.labels ?? {});
    },

    async start(tell, signal) {
      onChange = tell;
      const stop = server.watch(({ type, object }) => {
        // As over a wire: never within the call that made the change, and always in order.
        queueMicrotask(() => {
          if (isHeld || signal.aborted) return;
          const sink = sinks.get((object as Resource).kind);
          if (type === 'seen') sink?.seen(object);
          else sink?.removed(object);
        });
      });
      signal.addEventListener('abort', stop, { once: true });
      isStarted = true;
      listAll();
    },

    holdWatch() {
      isHeld = true;
    },
    resumeWatch() {
      isHeld = false;
      if (isStarted) listAll();
    },

    async uid() {
      const namespace = server.list('Namespace').find((object) => object.metadata.name === 'kube-system');
      if (!namespace) throw new Error('namespaces "kube-system" not found');
      return namespace.metadata.uid;
    },
    async writeStatus(resource, status) {
      return written(server.writeStatus(resource, status));
    },
    async addFinalizer(resource, finalizer) {
      const finalizers = resource.metadata.finalizers ?? [];
      if (finalizers.includes(finalizer)) return resource;
      const answer = server.writeFinalizers('addFinalizer', resource, [...finalizers, finalizer]);
      return answer ? written(answer) : resource;
    },
    async removeFinalizer(resource, finalizer) {
      const finalizers = resource.metadata.finalizers ?? [];
      if (!finalizers.includes(finalizer)) return resource;
      const others = finalizers.filter((other) => other !== finalizer);
      const answer = server.writeFinalizers('removeFinalizer', resource, others);
      if (answer) return written(answer);
      cache.letGo(resource.kind, resource);
      return undefined;
    },
    async recordEvent(resource, note) {
      try {
        server.recordEvent(resource, note);
      } catch (error) {
        log.warn({ error, reason: note.reason, object: resource.metadata.name }, 'an Event could not be written');
      }
    },
  };
}

/** Leadership where there is only one process, from this moment on. */
export function soleLeadership(clock: Clock): Leadership {
  return { surelyHeld: () => true, takenAt: clock.now() };
}
