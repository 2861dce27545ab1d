import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { ApiError, type KubeClient, type KubeRequest } from '../../src/kube/client.ts';
import { startWatch, type WatchedKind, type WatchedObject } from '../../src/kube/watch.ts';

const peerings: WatchedKind = { kind: 'VpcPeering', group: 'isthmus.dev', version: 'v1alpha1', plural: 'vpcpeerings', namespaced: true };

const object = (name: string, resourceVersion: number, more: object = {}): WatchedObject => ({
  metadata: { name, namespace: 'team', uid: `uid-${name}`, resourceVersion: `${resourceVersion}`, ...more },
});

/** An open answer of the server, line by line. */
class Line {
  readonly request: KubeRequest;
  #values: unknown[] = [];
  #end: { error?: Error } | undefined;
  #wake: () => void = () => {};

  constructor(request: KubeRequest) {
    this.request = request;
  }
  tell(type: string, told: object) {
    this.#values.push({ type, object: told });
    this.#wake();
  }
  end(error?: Error) {
    this.#end = error ? { error } : {};
    this.#wake();
  }
  async *read(): AsyncGenerator<unknown> {
    for (;;) {
      while (this.#values.length > 0) yield this.#values.shift();
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** An API server whose lists are given and whose watches the test speaks for. */
function fakeServer(answerList: (request: KubeRequest) => unknown) {
  const lists: KubeRequest[] = [];
  const lines: Line[] = [];
  const refusals: Error[] = [];
  const client: KubeClient = {
    async call(request) {
      lists.push(request);
      return answerList(request);
    },
    async *stream(request, signal) {
      const line = new Line(request);
      lines.push(line);
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      signal.addEventListener('abort', () => line.end(signal.reason), { once: true });
      yield* line.read();
    },
  };
  return { client, lists, lines, refusals, line: () => lines.at(-1) as Line };
}

const listOf = (resourceVersion: number, ...items: readonly WatchedObject[]) => ({
  metadata: { resourceVersion: `${resourceVersion}` },
  items,
});

function watching(server: ReturnType<typeof fakeServer>, { onSeen = (_: WatchedObject) => {} } = {}) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const told: string[] = [];
  const objects: WatchedObject[] = [];
  const errors: string[] = [];
  let isListed = false;
  const listed = startWatch({
    client: server.client,
    watched: peerings,
    sink: {
      replaced: (all, version) => {
        told.push(`replaced ${all.map(({ metadata }) => metadata.name).join(' ')} @${version}`);
        objects.push(...all);
      },
      seen: (seen) => {
        told.push(`seen ${seen.metadata.name} @${seen.metadata.resourceVersion}`);
        objects.push(seen);
        onSeen(seen);
      },
      removed: (removed) => told.push(`removed ${removed.metadata.name} @${removed.metadata.resourceVersion}`),
    },
    clock,
    random: seededRandom(1),
    log: { ...silentLog, error: (_, message) => errors.push(message) },
    signal: stop.signal,
  }).then(() => {
    isListed = true;
  });
  return { clock, stop, told, objects, errors, listed, isListed: () => isListed };
}

describe('a watch', () => {
  test('lists in pages and then watches from the version of the list, asking for bookmarks', async () => {
    const server = fakeServer(({ query }) =>
      query?.continue === 'more'
        ? listOf(7, object('b', 6))
        : { metadata: { resourceVersion: '7', continue: 'more' }, items: [object('a', 5, { managedFields: [{}] })] },
    );
    const watch = watching(server);
    await watch.listed;
    await settle();
    expect(server.lists.map(({ query }) => [query?.limit, query?.continue])).toEqual([
      [500, undefined],
      [500, 'more'],
    ]);
    expect(watch.told).toEqual(['replaced a b @7']);
    expect(watch.objects[0]).toEqual(object('a', 5));
    expect(server.line().request.query).toMatchObject({ watch: true, allowWatchBookmarks: true, resourceVersion: '7' });
    watch.stop.abort();
  });

  test('hands on what the server tells, without managed fields and without bookmarks', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    await settle();
    server.line().tell('ADDED', object('a', 2, { managedFields: [{}] }));
    server.line().tell('BOOKMARK', { metadata: { resourceVersion: '9' } });
    server.line().tell('DELETED', object('a', 10));
    await settle();
    expect(watch.told).toEqual(['replaced  @1', 'seen a @2', 'removed a @10']);
    expect(watch.objects).toEqual([object('a', 2)]);
    watch.stop.abort();
  });

  test('resumes from the last version that it heard of, bookmarks included, when the connection breaks', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    await settle();
    server.line().tell('ADDED', object('a', 2));
    server.line().tell('BOOKMARK', { metadata: { resourceVersion: '9' } });
    server.line().end(new Error('socket hang up'));
    await watch.clock.advance(1_000);
    expect(server.lines).toHaveLength(2);
    expect(server.line().request.query?.resourceVersion).toBe('9');
    expect(server.lists).toHaveLength(1);
    watch.stop.abort();
  });

  test('is renewed at once when the server ends it after its time', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    await watch.clock.advance(100_000);
    server.line().tell('BOOKMARK', { metadata: { resourceVersion: '3' } });
    server.line().end();
    await settle();
    expect(server.lines).toHaveLength(2);
    watch.stop.abort();
  });

  test('lists again when the version has expired, whether the server says so at first or in the middle', async () => {
    let version = 10;
    const server = fakeServer(() => listOf(version++));
    const watch = watching(server);
    await watch.listed;
    await settle();
    server.line().tell('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
    server.refusals.push(new ApiError(410, { reason: 'Gone' }));
    await watch.clock.advance(5_000);
    expect(watch.told).toEqual(['replaced  @10', 'replaced  @11', 'replaced  @12']);
    expect(server.line().request.query?.resourceVersion).toBe('12');
    watch.stop.abort();
  });

  test('lists again from the first page when the list expires between two pages', async () => {
    let isOld = true;
    const server = fakeServer(({ query }) => {
      if (!query?.continue)
        return isOld ? { metadata: { resourceVersion: '4', continue: 'old' }, items: [object('a', 1)] } : listOf(8, object('b', 7));
      isOld = false;
      throw new ApiError(410, { reason: 'Expired' });
    });
    const watch = watching(server);
    await watch.clock.advance(1_000);
    expect(watch.told).toEqual(['replaced b @8']);
    watch.stop.abort();
  });

  test('is not listed before a list has succeeded, and tries on with growing pauses', async () => {
    let isUp = false;
    const server = fakeServer(() => {
      if (!isUp) throw new Error('connect ECONNREFUSED');
      return listOf(1);
    });
    const watch = watching(server);
    await watch.clock.advance(600_000);
    expect(watch.isListed()).toBe(false);
    // 0.5 s, 1 s, 2 s … 30 s, less jitter: some 25 tries in ten minutes, not hundreds.
    expect(server.lists.length).toBeGreaterThan(15);
    expect(server.lists.length).toBeLessThan(50);
    isUp = true;
    await watch.clock.advance(31_000);
    expect(watch.isListed()).toBe(true);
    watch.stop.abort();
  });

  test('leaves the server alone for as long as that asks', async () => {
    let calls = 0;
    const server = fakeServer(() => {
      if (calls++ === 0) throw new ApiError(429, { reason: 'TooManyRequests', retryAfterMs: 20_000 });
      return listOf(1);
    });
    const watch = watching(server);
    await watch.clock.advance(19_000);
    expect(calls).toBe(1);
    await watch.clock.advance(2_000);
    expect(calls).toBe(2);
    watch.stop.abort();
  });

  test('is renewed when nothing was heard for longer than bookmarks take', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    await watch.clock.advance(140_000);
    server.line().tell('BOOKMARK', { metadata: { resourceVersion: '2' } });
    await watch.clock.advance(140_000);
    expect(server.lines).toHaveLength(1);
    await watch.clock.advance(12_000);
    expect(server.lines).toHaveLength(2);
    expect(server.line().request.query?.resourceVersion).toBe('2');
    watch.stop.abort();
  });

  test('goes on when a change cannot be taken in', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server, {
      onSeen: () => {
        throw new Error('a fault of ours');
      },
    });
    await watch.listed;
    await settle();
    server.line().tell('ADDED', object('a', 2));
    server.line().tell('ADDED', object('b', 3));
    await settle();
    expect(watch.told).toEqual(['replaced  @1', 'seen a @2', 'seen b @3']);
    expect(watch.errors).toHaveLength(2);
    expect(server.lines).toHaveLength(1);
    watch.stop.abort();
  });

  test('does not hammer a server that ends every watch at once, and at last starts again with a list', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    for (let second = 0; second < 120; second++) {
      server.line().end();
      await watch.clock.advance(1_000);
    }
    expect(server.lines.length).toBeLessThan(20);
    expect(server.lists.length).toBeGreaterThan(1);
    watch.stop.abort();
  });

  test('ends when it is told to, and sets no more timers', async () => {
    const server = fakeServer(() => listOf(1));
    const watch = watching(server);
    await watch.listed;
    await settle();
    watch.stop.abort();
    await settle();
    expect(watch.clock.untilNext).toBeUndefined();
    expect(server.lines).toHaveLength(1);
  });

  test('that is ended before the first list lets its starter go on', async () => {
    const server = fakeServer(() => {
      throw new Error('connect ECONNREFUSED');
    });
    const watch = watching(server);
    await settle();
    watch.stop.abort();
    await watch.listed;
    expect(watch.told).toEqual([]);
  });

  test('of metadata asks the server for nothing else', async () => {
    const server = fakeServer(() => listOf(1));
    const stop = new AbortController();
    const sink = { replaced() {}, seen() {}, removed() {} };
    const watched: WatchedKind = {
      kind: 'Namespace',
      group: '',
      version: 'v1',
      plural: 'namespaces',
      namespaced: false,
      metadataOnly: true,
    };
    await startWatch({
      client: server.client,
      watched,
      sink,
      clock: new VirtualClock(),
      random: seededRandom(1),
      log: silentLog,
      signal: stop.signal,
    });
    await settle();
    expect(server.lists[0]).toMatchObject({
      path: '/api/v1/namespaces',
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    });
    expect(server.line().request.accept).toBe('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
    stop.abort();
  });
});
