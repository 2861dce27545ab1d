import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { ConflictError, keyText } from '../../src/kube/cluster.ts';
import { connectTo } from '../../src/kube/memory-cluster.ts';
import { type Admission, InvalidError, type Manifest, MemoryServer, TransportError } from '../../src/kube/memory-server.ts';

const key = { kind: 'VpcPeering', namespace: 'team', name: 'a' };
const finalizer = 'isthmus.dev/finalizer';

const manifest = (spec: unknown = { size: 1 }, metadata: Partial<Manifest['metadata']> = {}): Manifest => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'VpcPeering',
  metadata: { name: 'a', namespace: 'team', ...metadata },
  spec,
});

function serverWith(admit?: (manifest: Manifest, before: Resource | undefined) => Admission) {
  const clock = new VirtualClock();
  const server = new MemoryServer({
    clock,
    random: seededRandom(1),
    kinds: [
      { kind: 'VpcPeering', apiVersion: 'isthmus.dev/v1alpha1', namespaced: true },
      { kind: 'AwsAccount', apiVersion: 'isthmus.dev/v1alpha1', namespaced: false },
    ],
    ...(admit && { admit }),
  });
  server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels: { tier: 'prod' } } });
  return { clock, server };
}

async function connected() {
  const { clock, server } = serverWith();
  const stop = new AbortController();
  const connect = async () => {
    const cluster = connectTo({ server, kinds: ['VpcPeering', 'AwsAccount'], log: silentLog });
    const told: string[] = [];
    await cluster.start(({ key, what }) => told.push(`${what} ${keyText(key)}`), stop.signal);
    told.length = 0;
    return { cluster, told };
  };
  const apply = async (spec?: unknown) => {
    server.apply(manifest(spec));
    await settle();
    return server.read(key) as Resource;
  };
  return { clock, server, stop, connect, apply, ...(await connect()) };
}

describe('a server in memory', () => {
  test('keeps an object as the real one would', () => {
    const { server } = serverWith();
    server.apply(manifest({ size: 1 }, { labels: { app: 'x' } }));
    expect(server.read(key)).toEqual({
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: 'VpcPeering',
      metadata: {
        name: 'a',
        namespace: 'team',
        uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'x' },
        annotations: {},
      },
      spec: { size: 1 },
      status: { observedGeneration: -1 },
    });
  });

  test('raises the generation when the spec changes, and only then', () => {
    const { server } = serverWith();
    const generation = () => server.read(key)?.metadata.generation;
    server.apply(manifest({ size: 1, name: 'x' }));
    server.apply(manifest({ name: 'x', size: 1 }));
    server.annotate(key, { note: 'hello' });
    server.writeStatus(server.read(key) as Resource, { observedGeneration: 1 });
    expect(generation()).toBe(1);
    server.apply(manifest({ size: 2 }));
    expect(generation()).toBe(2);
    expect(server.read(key)?.status).toEqual({ observedGeneration: 1 });
  });

  test('makes no new version when nothing changes', () => {
    const { server } = serverWith();
    server.apply(manifest());
    const before = server.read(key);
    server.apply(manifest());
    server.writeStatus(server.read(key) as Resource, { observedGeneration: -1 });
    expect(server.read(key)).toBe(before);
  });

  test('refuses what admission refuses, and keeps the defaults that it fills in', () => {
    const { server } = serverWith(({ spec }) =>
      (spec as { size?: number }).size === 0
        ? { errors: ['spec.size: must be at least 1'] }
        : { spec: { colour: 'blue', ...(spec as object) } },
    );
    expect(() => server.apply(manifest({ size: 0 }))).toThrow(InvalidError);
    expect(() => server.apply(manifest({ size: 0 }))).toThrow('VpcPeering/team/a is invalid: spec.size: must be at least 1');
    expect(server.read(key)).toBeUndefined();
    server.apply(manifest({ size: 1 }));
    expect(server.read(key)?.spec).toEqual({ size: 1, colour: 'blue' });
  });

  test.each<[string, Manifest, string]>([
    ['a kind that it does not serve', { ...manifest(), kind: 'Pod' }, 'no matches for kind "Pod"'],
    ['a version that it does not serve', { ...manifest(), apiVersion: 'isthmus.dev/v9' }, 'apiVersion: must be isthmus.dev/v1alpha1'],
    ['a namespace that is not there', manifest({}, { namespace: 'nowhere' }), 'namespaces "nowhere" not found'],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => serverWith().server.apply(wrong)).toThrow(message);
  });

  test('takes away the labels and annotations that a manifest no longer has, and leaves those of others', () => {
    const { server } = serverWith();
    server.apply(manifest({}, { labels: { mine: '1', also: '2' }, annotations: { note: 'x' } }));
    server.annotate(key, { 'isthmus.dev/reconcile-at': 'now' });
    server.apply(manifest({}, { labels: { mine: '1' } }));
    expect(server.read(key)?.metadata).toMatchObject({ labels: { mine: '1' }, annotations: { 'isthmus.dev/reconcile-at': 'now' } });
    expect(server.read(key)?.metadata.labels).toEqual({ mine: '1' });
    server.annotate(key, { 'isthmus.dev/reconcile-at': undefined });
    expect(server.read(key)?.metadata.annotations).toEqual({});
  });

  test('gives a Namespace its name as a label', () => {
    expect(
      serverWith()
        .server.list('Namespace')
        .map(({ metadata }) => metadata.labels),
    ).toEqual([
      { 'kubernetes.io/metadata.name': 'kube-system' },
      { 'kubernetes.io/metadata.name': 'default' },
      { 'kubernetes.io/metadata.name': 'team', tier: 'prod' },
    ]);
  });

  test('deletes at once what nothing holds, and else when the last finalizer is gone', () => {
    const { server, clock } = serverWith();
    server.apply(manifest());
    server.delete(key);
    server.delete(key);
    expect(server.read(key)).toBeUndefined();

    server.apply(manifest());
    server.writeFinalizers('addFinalizer', server.read(key) as Resource, [finalizer, 'other']);
    clock.jump(60_000);
    server.delete(key);
    const marked = server.read(key) as Resource;
    expect(marked.metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:01:00Z', generation: 2 });
    server.delete(key);
    expect(server.read(key)).toBe(marked);
    expect(() => server.writeFinalizers('addFinalizer', marked, [finalizer, 'other', 'third'])).toThrow(InvalidError);
    const remaining = server.writeFinalizers('removeFinalizer', marked, ['other']) as Resource;
    expect(server.writeFinalizers('removeFinalizer', remaining, [])).toBeUndefined();
    expect(server.read(key)).toBeUndefined();
  });

  test('hands out nothing that could be changed in place', () => {
    const { server } = serverWith();
    const spec = { list: [1] };
    server.apply(manifest(spec));
    spec.list.push(2);
    expect(server.read(key)?.spec).toEqual({ list: [1] });
    const stored = (server.read(key) as Resource<{ list: number[] }>).spec;
    expect(() => stored.list.push(3)).toThrow('object is not extensible');
  });
});

describe('a controller at a server in memory', () => {
  test('is told of all there is at first, and then of each change, but never within the call that makes it', async () => {
    const { server, stop } = await connected();
    server.apply(manifest());
    const cluster = connectTo({ server, kinds: ['VpcPeering'], log: silentLog });
    const told: string[] = [];
    await cluster.start(({ key, what }) => told.push(`${what} ${keyText(key)}`), stop.signal);
    expect(told).toEqual(['added Namespace/kube-system', 'added Namespace/default', 'added Namespace/team', 'added VpcPeering/team/a']);
    server.apply(manifest({ size: 2 }));
    expect(told).toHaveLength(4);
    await settle();
    server.delete(key);
    await settle();
    expect(told.slice(4)).toEqual(['changed VpcPeering/team/a', 'deleted VpcPeering/team/a']);
    stop.abort();
    server.apply(manifest());
    await settle();
    expect(told).toHaveLength(6);
  });

  test('sees its own write at once although the watch is silent, and what others did when that comes back', async () => {
    const { cluster, server, told, apply } = await connected();
    const resource = await apply();
    cluster.holdWatch();
    const written = await cluster.writeStatus(resource, { observedGeneration: 1 });
    expect(cluster.get(key)).toBe(written);
    server.apply(manifest({ size: 2 }));
    server.apply({ ...manifest(), metadata: { name: 'b', namespace: 'team' } });
    await settle();
    expect(cluster.get(key)).toBe(written);
    await expect(cluster.writeStatus(written, { observedGeneration: 2 })).rejects.toThrow(ConflictError);
    cluster.resumeWatch();
    expect(cluster.get(key)).toMatchObject({ spec: { size: 2 }, status: { observedGeneration: 1 } });
    expect(told).toEqual(['added VpcPeering/team/a', 'changed VpcPeering/team/a', 'added VpcPeering/team/b']);
  });

  test('is told what vanished while the watch was silent', async () => {
    const { cluster, server, told, apply } = await connected();
    await apply();
    cluster.holdWatch();
    server.delete(key);
    await settle();
    expect(cluster.get(key)).toBeDefined();
    cluster.resumeWatch();
    expect(cluster.get(key)).toBeUndefined();
    expect(told).toEqual(['added VpcPeering/team/a', 'deleted VpcPeering/team/a']);
  });

  test('cannot write what has changed, is gone, or was made anew', async () => {
    const { cluster, server, apply } = await connected();
    const old = await apply();
    server.apply(manifest({ size: 2 }));
    await expect(cluster.writeStatus(old, {})).rejects.toThrow('has been modified');
    await expect(cluster.addFinalizer(old, finalizer)).rejects.toThrow(ConflictError);
    server.delete(key);
    await expect(cluster.writeStatus(old, {})).rejects.toThrow('is gone');
    server.apply(manifest());
    await expect(cluster.writeStatus(old, {})).rejects.toThrow('another object of the same name');
  });

  test('adds a finalizer once, and removing it lets the object go', async () => {
    const { cluster, server, told, apply } = await connected();
    const held = await cluster.addFinalizer(await apply(), finalizer);
    expect(held.metadata.finalizers).toEqual([finalizer]);
    expect(await cluster.addFinalizer(held, finalizer)).toBe(held);
    server.delete(key);
    await settle();
    expect(await cluster.removeFinalizer(cluster.get(key) as Resource, finalizer)).toBeUndefined();
    expect(cluster.get(key)).toBeUndefined();
    await settle();
    expect(told).toEqual([
      'added VpcPeering/team/a',
      'changed VpcPeering/team/a',
      'changed VpcPeering/team/a',
      'deleted VpcPeering/team/a',
    ]);
  });

  test('does not see any more what its own write has let go, although the watch has not told it', async () => {
    const { cluster, server, apply } = await connected();
    await cluster.addFinalizer(await apply(), finalizer);
    server.delete(key);
    await settle();
    cluster.holdWatch();
    await cluster.removeFinalizer(cluster.get(key) as Resource, finalizer);
    await settle();
    expect(cluster.get(key)).toBeUndefined();
    expect(cluster.list('VpcPeering')).toEqual([]);
  });

  test('meets the faults that were ordered, each once', async () => {
    const { cluster, server, apply } = await connected();
    const resource = await apply();
    server.failNext('writeStatus', 'conflict');
    server.failNext('writeStatus', 'unreachable');
    server.failNext('writeStatus', 'lostAnswer');
    await expect(cluster.writeStatus(resource, { observedGeneration: 1 })).rejects.toThrow(ConflictError);
    await expect(cluster.writeStatus(resource, { observedGeneration: 1 })).rejects.toThrow(TransportError);
    expect(server.read(key)).toBe(resource);
    await expect(cluster.writeStatus(resource, { observedGeneration: 1 })).rejects.toThrow(TransportError);
    expect(server.read(key)?.status).toEqual({ observedGeneration: 1 });
    await cluster.writeStatus(server.read(key) as Resource, { observedGeneration: 2 });
    server.failNext('recordEvent', 'unreachable');
    await cluster.recordEvent(resource, { type: 'Normal', reason: 'Ready', action: 'Reconcile', message: 'hello' });
    expect(server.events).toEqual([]);
  });

  test('counts an Event up that is said again within ten minutes', async () => {
    const { cluster, server, clock, apply } = await connected();
    const resource = await apply();
    const note = { type: 'Warning', reason: 'VpcNotFound', action: 'Reconcile', message: 'no VPC' } as const;
    await cluster.recordEvent(resource, note);
    clock.jump(599_000);
    await cluster.recordEvent(resource, note);
    await cluster.recordEvent(resource, { ...note, message: 'still none' });
    clock.jump(601_000);
    await cluster.recordEvent(resource, note);
    expect(server.events.map(({ message, count }) => [message, count])).toEqual([
      ['no VPC', 2],
      ['still none', 1],
      ['no VPC', 1],
    ]);
  });

  test('knows the labels of namespaces and the uid of the cluster', async () => {
    const { cluster, server } = await connected();
    expect(cluster.namespaceLabels('team')).toEqual({ 'kubernetes.io/metadata.name': 'team', tier: 'prod' });
    expect(cluster.namespaceLabels('nowhere')).toBeUndefined();
    expect(await cluster.uid()).toBe(server.list('Namespace')[0]?.metadata.uid);
  });

  test('that starts anew finds everything as it was left', async () => {
    const { cluster, connect, apply } = await connected();
    await cluster.writeStatus(await apply(), { observedGeneration: 1 });
    const later = await connect();
    expect(later.cluster.get(key)).toMatchObject({ status: { observedGeneration: 1 } });
    expect(later.cluster.list('VpcPeering')).toHaveLength(1);
  });
});
