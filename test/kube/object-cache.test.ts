import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/ambient/log.ts';
import type { ObjectMeta } from '../../src/kinds/kind.ts';
import { type ClusterChange, keyText } from '../../src/kube/cluster.ts';
import { type CachedObject, ObjectCache } from '../../src/kube/object-cache.ts';

const key = { kind: 'VpcPeering', namespace: 'team', name: 'a' };

const version = (resourceVersion: number | string, more: Partial<ObjectMeta> & { status?: unknown } = {}): CachedObject => {
  const { status, ...metadata } = more;
  const object = {
    metadata: {
      name: 'a',
      namespace: 'team',
      uid: 'uid-1',
      resourceVersion: `${resourceVersion}`,
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
  };
  return status === undefined ? object : Object.assign(object, { status });
};

function cacheOf(kind = 'VpcPeering') {
  const told: string[] = [];
  const cache = new ObjectCache(({ key, what }: ClusterChange) => told.push(`${what} ${keyText(key)}`), silentLog);
  return { cache, told, sink: cache.sinkOf(kind) };
}

describe('what is told of a change', () => {
  test.each<[string, Partial<ObjectMeta>, Partial<ObjectMeta>, string]>([
    ['a new generation', {}, { generation: 2 }, 'changed'],
    ['a deletion that waits for finalizers', {}, { deletionTimestamp: '2026-01-01T00:01:00Z' }, 'changed'],
    ['a finalizer', {}, { finalizers: ['isthmus.dev/finalizer'] }, 'changed'],
    ['a finalizer that is gone', { finalizers: ['a', 'b'] }, { finalizers: ['a'] }, 'changed'],
    ['a wish for a pass now', {}, { annotations: { 'isthmus.dev/reconcile-at': '1' } }, 'changed'],
    ['a side that was given up', { annotations: {} }, { annotations: { 'isthmus.dev/abandon': 'accepter' } }, 'changed'],
    ["somebody's annotation", {}, { annotations: { note: 'hello' } }, 'status'],
    ['a label', {}, { labels: { team: 'network' } }, 'status'],
    ['nothing but the version', {}, {}, 'status'],
  ])('%s', (_, before, after, what) => {
    const { sink, told } = cacheOf();
    sink.seen(version(1, before));
    sink.seen(version(2, after));
    expect(told).toEqual(['added VpcPeering/team/a', `${what} VpcPeering/team/a`]);
  });

  test('the same version again is told to nobody', () => {
    const { sink, told } = cacheOf();
    sink.seen(version(1));
    sink.seen(version(1));
    expect(told).toEqual(['added VpcPeering/team/a']);
  });

  test('a label of a Namespace is worth a look, since accounts choose namespaces by it', () => {
    const { sink, told } = cacheOf('Namespace');
    const namespace = (resourceVersion: string, labels: Record<string, string>): CachedObject => {
      const { namespace: _, ...metadata } = version(resourceVersion, { labels }).metadata;
      return { metadata };
    };
    sink.seen(namespace('1', { tier: 'dev' }));
    sink.seen(namespace('2', { tier: 'prod' }));
    sink.seen(namespace('3', { tier: 'prod' }));
    expect(told).toEqual(['added Namespace/a', 'changed Namespace/a', 'status Namespace/a']);
  });

  test('a list sends deletes for what has vanished, and an end and a beginning for what was made anew meanwhile', () => {
    const { sink, told, cache } = cacheOf();
    sink.replaced([version(1), version(2, { name: 'b', uid: 'uid-b' }), version(3, { name: 'c', uid: 'uid-c' })], '3');
    told.length = 0;
    sink.replaced([version(8, { uid: 'uid-2' }), version(3, { name: 'c', uid: 'uid-c' })], '9');
    expect(told).toEqual(['deleted VpcPeering/team/b', 'deleted VpcPeering/team/a', 'added VpcPeering/team/a']);
    expect(cache.list('VpcPeering').map((object) => object.metadata.uid)).toEqual(['uid-2', 'uid-c']);
  });

  test('the end of an earlier object of the same name is not the end of this one', () => {
    const { sink, told, cache } = cacheOf();
    sink.seen(version(5, { uid: 'uid-2' }));
    sink.removed(version(4));
    expect(cache.get(key)?.metadata.uid).toBe('uid-2');
    expect(told).toEqual(['added VpcPeering/team/a']);
  });

  test('what arrives after a list that knew more is left out', () => {
    const { sink, cache } = cacheOf();
    sink.replaced([version(10)], '10');
    sink.seen(version(9));
    expect(cache.get(key)?.metadata.resourceVersion).toBe('10');
  });

  test('a list counts also when its versions are older than before, as after a restored backup', () => {
    const { sink, cache } = cacheOf();
    sink.replaced([version(1000)], '1000');
    sink.replaced([version(9)], '9');
    expect(cache.get(key)?.metadata.resourceVersion).toBe('9');
  });

  test('one who throws does not keep the next change from the cache', () => {
    const errors: string[] = [];
    const broken = () => {
      throw new Error('a fault of ours');
    };
    const cache = new ObjectCache(broken, { ...silentLog, error: (_, message) => errors.push(message) });
    cache.sinkOf('VpcPeering').replaced([version(1), version(2, { name: 'b' })], '2');
    expect(cache.list('VpcPeering')).toHaveLength(2);
    expect(errors).toHaveLength(2);
  });
});

describe('our own write', () => {
  test('is seen at once, and until the watch has delivered it or something later', () => {
    const { sink, cache } = cacheOf();
    sink.seen(version(98));
    cache.wrote('VpcPeering', version(101, { status: 'ours' }));
    sink.seen(version(99));
    expect(cache.get(key)).toMatchObject({ status: 'ours' });
    expect(cache.list('VpcPeering')).toMatchObject([{ status: 'ours' }]);
    sink.seen(version(102, { status: 'later' }));
    expect(cache.get(key)).toMatchObject({ status: 'later' });
  });

  test('that the watch has overtaken changes nothing', () => {
    const { sink, cache } = cacheOf();
    sink.seen(version(102, { status: 'later' }));
    cache.wrote('VpcPeering', version(101, { status: 'ours' }));
    expect(cache.get(key)).toMatchObject({ status: 'later' });
  });

  test('does not outlive the object', () => {
    const { sink, cache, told } = cacheOf();
    sink.seen(version(1));
    cache.wrote('VpcPeering', version(2));
    sink.removed(version(3));
    expect(cache.get(key)).toBeUndefined();
    cache.wrote('VpcPeering', version(2));
    expect(cache.get(key)).toBeUndefined();
    expect(told).toEqual(['added VpcPeering/team/a', 'deleted VpcPeering/team/a']);
  });

  test('that let the object go hides it until the watch says so too, but not a new one of the same name', () => {
    const { sink, cache, told } = cacheOf();
    sink.seen(version(1, { deletionTimestamp: '2026-01-01T00:01:00Z', finalizers: ['f'] }));
    cache.letGo('VpcPeering', version(2, { deletionTimestamp: '2026-01-01T00:01:00Z' }));
    expect(cache.get(key)).toBeUndefined();
    expect(cache.list('VpcPeering')).toEqual([]);
    sink.removed(version(2));
    sink.seen(version(4, { uid: 'uid-2' }));
    expect(cache.get(key)?.metadata.uid).toBe('uid-2');
    expect(told).toEqual(['added VpcPeering/team/a', 'deleted VpcPeering/team/a', 'added VpcPeering/team/a']);
  });

  test('of a finalizer is told when the watch delivers it', () => {
    const { sink, cache, told } = cacheOf();
    sink.seen(version(1));
    cache.wrote('VpcPeering', version(2, { finalizers: ['f'] }));
    expect(told).toHaveLength(1);
    sink.seen(version(2, { finalizers: ['f'] }));
    expect(told).toEqual(['added VpcPeering/team/a', 'changed VpcPeering/team/a']);
  });
});
