import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { realClock } from '../../src/ambient/clock.ts';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { createApiCluster } from '../../src/kube/api-cluster.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { type Cluster, type ClusterChange, ConflictError, type Key, keyText } from '../../src/kube/cluster.ts';
import { Lease } from '../../src/kube/lease.ts';
import type { WatchedKind } from '../../src/kube/watch.ts';
import { describeCluster, describePrivateCluster } from './cluster.ts';
import { type InterruptibleProxy, startProxy } from './interruptible-proxy.ts';

/** A kind of this test's own, shaped as ours are: what is tested here holds for any. */
const things: WatchedKind = { kind: 'Thing', group: 'test.isthmus.dev', version: 'v1', plural: 'things', namespaced: true };
const finalizer = 'isthmus.dev/finalizer';

const thingCrd = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.isthmus.dev' },
  spec: {
    group: 'test.isthmus.dev',
    scope: 'Namespaced',
    names: { kind: 'Thing', plural: 'things', singular: 'thing', listKind: 'ThingList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: {
                type: 'object',
                default: { observedGeneration: -1 },
                properties: { observedGeneration: { type: 'integer' }, note: { type: 'string' } },
              },
            },
          },
        },
      },
    ],
  },
});

const thing = (namespace: string, name: string, size = 1) =>
  JSON.stringify({ apiVersion: 'test.isthmus.dev/v1', kind: 'Thing', metadata: { namespace, name }, spec: { size } });

const clientOf = (kubeconfigPath: string) => {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  return createKubeClient(config, realClock);
};

const stops: AbortController[] = [];
const leases: Lease[] = [];
const proxies: InterruptibleProxy[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort();
  for (const proxy of proxies.splice(0)) await proxy.close();
  for (const lease of leases.splice(0)) await lease.release();
});

async function proxyTo(serverUrl: string): Promise<InterruptibleProxy> {
  const proxy = await startProxy(serverUrl);
  proxies.push(proxy);
  return proxy;
}

/** A controller's view of the cluster, with a note of all that it was told of one namespace. */
async function follow(kubeconfigPath: string, namespace: string) {
  const cluster = createApiCluster({
    client: clientOf(kubeconfigPath),
    kinds: [things],
    clock: realClock,
    random: seededRandom(1),
    log: silentLog,
    instance: 'test',
  });
  const stop = new AbortController();
  stops.push(stop);
  const told: string[] = [];
  const onChange = ({ key, what }: ClusterChange) => {
    if (key.namespace === namespace || key.name === namespace) told.push(`${what} ${key.name}`);
  };
  await cluster.start(onChange, stop.signal);
  return { cluster, told };
}

const keyIn = (namespace: string, name: string): Key => ({ kind: 'Thing', namespace, name });

/** Waits until something holds; the real server says when. */
async function until(what: string, holds: () => boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const present = (cluster: Cluster, key: Key): Resource => {
  const resource = cluster.get(key);
  if (!resource) throw new Error(`${keyText(key)} is not in the cache`);
  return resource;
};

describeCluster('a controller at a real API server', (k8s) => {
  let namespace: string;
  beforeAll(async () => {
    if (k8s.skipReason !== undefined) return;
    namespace = await k8s.namespace();
    await k8s.mustKubectl(['apply', '--server-side', '-f', '-'], { stdin: thingCrd });
    await k8s.mustKubectl(['wait', '--for=condition=Established', 'crd/things.test.isthmus.dev', '--timeout=30s']);
  });
  const apply = async (name: string, size = 1) => {
    await k8s.mustKubectl(['apply', '-f', '-'], { stdin: thing(namespace, name, size) });
  };
  const made = async (cluster: Cluster, name: string): Promise<Resource> => {
    await apply(name);
    await until('the new object is seen', () => cluster.get(keyIn(namespace, name)) !== undefined);
    return present(cluster, keyIn(namespace, name));
  };

  test('is told what happens, and what of it is worth a look', async () => {
    const { cluster, told } = await follow(k8s.kubeconfigPath, namespace);
    expect(told).toContain(`added ${namespace}`);
    told.length = 0;
    const resource = await made(cluster, 'told');
    expect(resource).toMatchObject({
      apiVersion: 'test.isthmus.dev/v1',
      kind: 'Thing',
      spec: { size: 1 },
      status: { observedGeneration: -1 },
    });
    expect(resource.metadata).not.toHaveProperty('managedFields');
    await apply('told', 2);
    await k8s.mustKubectl(['label', 'thing/told', `--namespace=${namespace}`, 'a=b']);
    await k8s.mustKubectl(['annotate', 'thing/told', `--namespace=${namespace}`, 'isthmus.dev/reconcile-at=now']);
    await k8s.mustKubectl(['label', 'namespace', namespace, 'tier=prod']);
    await k8s.mustKubectl(['delete', 'thing/told', `--namespace=${namespace}`]);
    await until('the end is told', () => told.includes('deleted told') && told.includes(`changed ${namespace}`));
    expect(told.filter((line) => line.endsWith('told'))).toEqual([
      'added told',
      'changed told',
      'status told',
      'changed told',
      'deleted told',
    ]);
    expect(cluster.namespaceLabels(namespace)).toMatchObject({ tier: 'prod', 'kubernetes.io/metadata.name': namespace });
    expect(cluster.namespaceLabels('nowhere')).toBeUndefined();
  });

  test('lists more objects than one page has', async () => {
    const client = clientOf(k8s.kubeconfigPath);
    const folder = `/apis/test.isthmus.dev/v1/namespaces/${namespace}/things`;
    for (let index = 0; index < 620; index += 20) {
      const names = Array.from({ length: 20 }, (_, offset) => `crowd-${index + offset}`);
      await Promise.all(names.map((name) => client.call({ method: 'POST', path: folder, body: JSON.parse(thing(namespace, name)) })));
    }
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    expect(cluster.list('Thing').filter(({ metadata }) => metadata.name.startsWith('crowd-'))).toHaveLength(620);
    await client.call({ method: 'DELETE', path: folder });
    await until('all are gone', () => cluster.list('Thing').length === 0, 60_000);
  }, 120_000);

  test('writes a status that it sees at once, and that makes no new generation', async () => {
    const { cluster, told } = await follow(k8s.kubeconfigPath, namespace);
    const resource = await made(cluster, 'status');
    const written = await cluster.writeStatus(resource, { observedGeneration: 1, note: 'all is well' });
    expect(present(cluster, keyIn(namespace, 'status')).status).toEqual({ observedGeneration: 1, note: 'all is well' });
    expect(written.metadata.generation).toBe(1);
    const again = await cluster.writeStatus(written, { observedGeneration: 1 });
    expect(again.status).toEqual({ observedGeneration: 1 });
    await until('the watch has told both', () => told.filter((line) => line === 'status status').length === 2);
    const fields = await k8s.mustKubectl([
      'get',
      'thing/status',
      `--namespace=${namespace}`,
      '--show-managed-fields',
      '--output=jsonpath={.metadata.managedFields[*].manager}',
    ]);
    expect(fields.split(' ')).toContain('isthmus');
  });

  test('makes no new version when it writes the status that is there already', async () => {
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    const written = await cluster.writeStatus(await made(cluster, 'same'), { observedGeneration: 1 });
    const again = await cluster.writeStatus(written, { observedGeneration: 1 });
    expect(again.metadata.resourceVersion).toBe(written.metadata.resourceVersion);
  });

  test.each(['writeStatus', 'addFinalizer'] as const)('may not %s on what has changed, is gone, or was made anew', async (write) => {
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    const name = write.toLowerCase();
    const old = await made(cluster, name);
    const attempt = (resource: Resource) =>
      write === 'writeStatus' ? cluster.writeStatus(resource, { observedGeneration: 9 }) : cluster.addFinalizer(resource, finalizer);
    await apply(name, 2);
    await expect(attempt(old)).rejects.toThrow(ConflictError);
    await k8s.mustKubectl(['delete', `thing/${name}`, `--namespace=${namespace}`]);
    await expect(attempt(old)).rejects.toThrow(ConflictError);
    await apply(name);
    await expect(attempt(old)).rejects.toThrow(ConflictError);
    // The same again with the version of the new object: only the uid tells them apart.
    const fresh = JSON.parse(await k8s.mustKubectl(['get', `thing/${name}`, `--namespace=${namespace}`, '--output=json'])) as Resource;
    const forged = { ...fresh, metadata: { ...fresh.metadata, uid: old.metadata.uid } };
    if (write === 'addFinalizer') await expect(attempt(forged)).rejects.toThrow(ConflictError);
    const after = JSON.parse(await k8s.mustKubectl(['get', `thing/${name}`, `--namespace=${namespace}`, '--output=json']));
    expect(after.metadata.finalizers).toBeUndefined();
    expect(after.status).toEqual({ observedGeneration: -1 });
  });

  test('holds an object with its finalizer, and lets it go', async () => {
    const { cluster, told } = await follow(k8s.kubeconfigPath, namespace);
    const held = await cluster.addFinalizer(await made(cluster, 'held'), finalizer);
    expect(present(cluster, keyIn(namespace, 'held')).metadata.finalizers).toEqual([finalizer]);
    expect(await cluster.addFinalizer(held, finalizer)).toBe(held);
    await k8s.mustKubectl(['delete', 'thing/held', `--namespace=${namespace}`, '--wait=false']);
    await until('the deletion is seen', () => present(cluster, keyIn(namespace, 'held')).metadata.deletionTimestamp !== undefined);
    expect(await cluster.removeFinalizer(present(cluster, keyIn(namespace, 'held')), finalizer)).toBeUndefined();
    expect(cluster.get(keyIn(namespace, 'held'))).toBeUndefined();
    await until('the end is told', () => told.includes('deleted held'));
    const answer = await k8s.kubectl(['get', 'thing/held', `--namespace=${namespace}`]);
    expect(answer.stderr).toContain('NotFound');
  });

  test('keeps an object that others hold too', async () => {
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    const resource = await made(cluster, 'shared');
    const both = await cluster.addFinalizer(await cluster.addFinalizer(resource, finalizer), 'example.com/other');
    const left = await cluster.removeFinalizer(both, finalizer);
    expect(left?.metadata.finalizers).toEqual(['example.com/other']);
    await cluster.removeFinalizer(left as Resource, 'example.com/other');
    await k8s.mustKubectl(['delete', 'thing/shared', `--namespace=${namespace}`]);
  });

  test('writes Events that kubectl shows, and counts up what it repeats', async () => {
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    const resource = await made(cluster, 'eventful');
    const note = { type: 'Warning', reason: 'VpcNotFound', action: 'Reconcile', message: 'no VPC has the tag team=a' } as const;
    await cluster.recordEvent(resource, note);
    await cluster.recordEvent(resource, note);
    await cluster.recordEvent(resource, note);
    const described = await k8s.mustKubectl(['describe', 'thing/eventful', `--namespace=${namespace}`]);
    expect(described).toMatch(/Warning\s+VpcNotFound\s+.*\(x3 over .*\)\s+isthmus\s+no VPC has the tag team=a/);
    const listed = await k8s.mustKubectl(['events', '--for=thing/eventful', `--namespace=${namespace}`]);
    expect(listed.split('\n').filter((line) => line.includes('VpcNotFound'))).toHaveLength(1);
  });

  test('knows the cluster by the uid of kube-system', async () => {
    const { cluster } = await follow(k8s.kubeconfigPath, namespace);
    expect(await cluster.uid()).toBe(await k8s.mustKubectl(['get', 'namespace', 'kube-system', '--output=jsonpath={.metadata.uid}']));
  });

  describe('over a bad line', () => {
    const overProxy = async () => {
      const proxy = await proxyTo(k8s.serverUrl);
      const followed = await follow(k8s.kubeconfigFor({ serverUrl: proxy.url }), namespace);
      return { proxy, ...followed };
    };

    test('hears of everything although the connections are cut again and again', async () => {
      const { proxy, cluster, told } = await overProxy();
      for (const round of [1, 2, 3]) {
        proxy.cut();
        await apply(`cut-${round}`);
        await until('the new object is told', () => told.includes(`added cut-${round}`));
      }
      expect(told.filter((line) => line.startsWith('added cut-'))).toEqual(['added cut-1', 'added cut-2', 'added cut-3']);
      proxy.cut();
      const written = await retried(() => cluster.writeStatus(present(cluster, keyIn(namespace, 'cut-1')), { observedGeneration: 1 }));
      expect(written.status).toEqual({ observedGeneration: 1 });
    }, 60_000);

    test('catches up with what happened while the server could not be reached', async () => {
      const { proxy, cluster, told } = await overProxy();
      await made(cluster, 'before');
      proxy.refuse();
      await apply('during');
      await apply('before', 2);
      await k8s.mustKubectl(['delete', 'thing/before', `--namespace=${namespace}`]);
      proxy.restore();
      await until('the end of the one and the other are told', () => told.includes('deleted before') && told.includes('added during'));
      expect(cluster.get(keyIn(namespace, 'before'))).toBeUndefined();
    }, 60_000);

    test('is not in sync before the server could be reached', async () => {
      const proxy = await proxyTo(k8s.serverUrl);
      proxy.refuse();
      let isStarted = false;
      const following = follow(k8s.kubeconfigFor({ serverUrl: proxy.url }), namespace).then((followed) => {
        isStarted = true;
        return followed;
      });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(isStarted).toBe(false);
      proxy.restore();
      await following;
      expect(isStarted).toBe(true);
    }, 60_000);
  });

  describe('of which two run', () => {
    const candidate = (kubeconfigPath: string, name: string, identity: string) => {
      const lost: string[] = [];
      const lease = new Lease({
        client: clientOf(kubeconfigPath),
        clock: realClock,
        random: Math.random,
        log: silentLog,
        namespace,
        name,
        identity,
        onLost: (why) => lost.push(why),
      });
      const stop = new AbortController();
      stops.push(stop);
      leases.push(lease);
      return { lease, lost, acquired: () => lease.acquire(stop.signal) };
    };

    test('only one leads, and the other takes over soon after the hand-over', async () => {
      const one = candidate(k8s.kubeconfigPath, 'handed-over', 'one');
      const two = candidate(k8s.kubeconfigPath, 'handed-over', 'two');
      await one.acquired();
      const following = two.acquired();
      await until('the second sees the first', () => two.lease.holder === 'one');
      expect([one.lease.surelyHeld(), two.lease.surelyHeld()]).toEqual([true, false]);
      const holder = () =>
        k8s.mustKubectl(['get', 'lease/handed-over', `--namespace=${namespace}`, '--output=jsonpath={.spec.holderIdentity}']);
      expect(await holder()).toBe('one');
      const handedOverAt = performance.now();
      await one.lease.release();
      expect(one.lease.surelyHeld()).toBe(false);
      await following;
      expect(performance.now() - handedOverAt).toBeLessThan(5_000);
      expect(two.lease.surelyHeld()).toBe(true);
      expect(await holder()).toBe('two');
      expect(one.lost).toEqual([]);
      await two.lease.release();
      expect(await holder()).toBe('');
    }, 60_000);

    test('the one that is cut off knows that it has lost before the other takes over', async () => {
      const proxy = await proxyTo(k8s.serverUrl);
      const one = candidate(k8s.kubeconfigFor({ serverUrl: proxy.url }), 'run-out', 'one');
      const two = candidate(k8s.kubeconfigPath, 'run-out', 'two');
      await one.acquired();
      const following = two.acquired();
      await until('the second sees the first', () => two.lease.holder === 'one');
      proxy.freeze();
      await until('the first gives up', () => one.lost.length > 0, 20_000);
      expect([one.lease.surelyHeld(), two.lease.surelyHeld()]).toEqual([false, false]);
      await following;
      expect(two.lease.surelyHeld()).toBe(true);
    }, 60_000);
  });
});

async function retried<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  for (let left = 5; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

describePrivateCluster('a controller at an API server of its own', (start) => {
  test('goes on after the server has crashed and come back', async () => {
    const k8s = await start();
    const client = clientOf(k8s.kubeconfigPath);
    await client.call({ method: 'POST', path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', body: JSON.parse(thingCrd) });
    const { cluster, told } = await follow(k8s.kubeconfigPath, 'default');
    const folder = '/apis/test.isthmus.dev/v1/namespaces/default/things';
    const create = (name: string) => client.call({ method: 'POST', path: folder, body: JSON.parse(thing('default', name)) });
    await retried(() => create('early'));
    await until('the first object is told', () => told.includes('added early'));
    await k8s.stopServer();
    await k8s.startServer();
    await retried(() => create('late'));
    await client.call({ method: 'DELETE', path: `${folder}/early` });
    await until('what happened after the crash is told', () => told.includes('added late') && told.includes('deleted early'), 60_000);
    expect(cluster.get(keyIn('default', 'early'))).toBeUndefined();
    expect(told.filter((line) => line === 'added early')).toHaveLength(1);
  }, 120_000);
});
