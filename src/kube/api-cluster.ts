import type { Clock } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import type { Resource } from '../kinds/kind.ts';
import { ApiError, type KubeClient } from './client.ts';
import { type Cluster, ConflictError, keyText } from './cluster.ts';
import { createEventLog } from './event-log.ts';
import { asResource, type CachedObject, keyOf, ObjectCache } from './object-cache.ts';
import { pathOf, startWatch, type WatchedKind, withoutManagedFields } from './watch.ts';

export interface ApiClusterOptions {
  readonly client: KubeClient;
  /** Our kinds; Namespaces are watched besides. */
  readonly kinds: readonly WatchedKind[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Which process speaks in Events: the pod's name. */
  readonly instance: string;
}

/** Who we are to the API server: the owner of the fields of our status. */
export const fieldManager = 'isthmus';

const namespaces: WatchedKind = {
  kind: 'Namespace',
  group: '',
  version: 'v1',
  plural: 'namespaces',
  namespaced: false,
  metadataOnly: true,
};

/** The cluster behind a real API server. */
export function createApiCluster(options: ApiClusterOptions): Cluster {
  const { client, clock, random, log } = options;
  const kinds = new Map(options.kinds.map((watched) => [watched.kind, watched]));
  let onChange: Parameters<Cluster['start']>[0] = () => {};
  const cache = new ObjectCache((change) => onChange(change), log);
  let clusterUid: string | undefined;

  const pathTo = (resource: Resource): string => {
    const watched = kinds.get(resource.kind);
    if (!watched) throw new Error(`${resource.kind} is not one of the kinds of this cluster`);
    return pathOf(watched, resource.metadata);
  };

  const write = async (
    resource: Resource,
    request: { path: string; query?: object; contentType: string; body: object },
  ): Promise<Resource> => {
    try {
      const answer = (await client.call({ method: 'PATCH', ...request, query: { ...request.query, fieldManager } })) as Resource;
      return withoutManagedFields(answer);
    } catch (error) {
      if (isConflict(error)) throw new ConflictError(`${keyText(keyOf(resource.kind, resource))}: ${error.message}`, { cause: error });
      throw error;
    }
  };

  const patchFinalizers = (resource: Resource, finalizers: readonly string[]) => {
    const { uid, resourceVersion } = resource.metadata;
    return write(resource, {
      path: pathTo(resource),
      contentType: 'application/merge-patch+json',
      body: { metadata: { uid, resourceVersion, finalizers } },
    });
  };

  const writtenAndCached = (written: Resource): Resource => {
    cache.wrote(written.kind, written);
    return written;
  };

  return {
    get: (key) => asResource(cache.get(key)),
    list: (kind) => cache.list(kind) as readonly CachedObject[] as readonly Resource[],
    namespaceLabels(name) {
      const namespace = cache.get({ kind: 'Namespace', name });
      return namespace && (namespace.metadata.labels ?? {});
    },

    async start(tell, signal) {
      onChange = tell;
      const lists = [namespaces, ...options.kinds].map((watched) => {
        const { replaced, seen, removed } = cache.sinkOf(watched.kind);
        // Items of a list do not name their kind, but those who read the cache expect it.
        const apiVersion = watched.group === '' ? watched.version : `${watched.group}/${watched.version}`;
        const named = (object: CachedObject) => Object.assign(object, { apiVersion, kind: watched.kind });
        const sink = {
          replaced: (objects: readonly CachedObject[], resourceVersion: string) => replaced(objects.map(named), resourceVersion),
          seen: (object: CachedObject) => seen(named(object)),
          removed,
        };
        return startWatch<CachedObject>({ client, watched, sink, clock, random, log, signal });
      });
      await Promise.all(lists);
    },

    async uid() {
      clusterUid ??= ((await client.call({ method: 'GET', path: '/api/v1/namespaces/kube-system' })) as CachedObject).metadata.uid;
      return clusterUid;
    },

    async writeStatus(resource, status) {
      const { name, namespace, uid, resourceVersion } = resource.metadata;
      const written = await write(resource, {
        path: `${pathTo(resource)}/status`,
        query: { force: true },
        contentType: 'application/apply-patch+yaml',
        body: {
          apiVersion: resource.apiVersion,
          kind: resource.kind,
          metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion },
          status,
        },
      });
      return writtenAndCached(written);
    },

    async addFinalizer(resource, finalizer) {
      const finalizers = resource.metadata.finalizers ?? [];
      if (finalizers.includes(finalizer)) return resource;
      return writtenAndCached(await patchFinalizers(resource, [...finalizers, finalizer]));
    },

    async removeFinalizer(resource, finalizer) {
      const finalizers = resource.metadata.finalizers ?? [];
      if (!finalizers.includes(finalizer)) return resource;
      const written = await patchFinalizers(
        resource,
        finalizers.filter((other) => other !== finalizer),
      );
      const isHeld = written.metadata.deletionTimestamp === undefined || (written.metadata.finalizers ?? []).length > 0;
      if (isHeld) return writtenAndCached(written);
      cache.letGo(written.kind, written);
      return undefined;
    },

    recordEvent: createEventLog(options),
  };
}

/**
 * Another version (409), or not there any more (404). A recreated object is met by the version, which the server compares first;
 * a uid that does not fit is refused as an attempt to change it (422).
 */
function isConflict(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.status === 409 || error.status === 404 || (error.status === 422 && /metadata\.uid/.test(error.message));
}
