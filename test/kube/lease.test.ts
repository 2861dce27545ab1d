import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { ApiError, type KubeClient, type KubeRequest } from '../../src/kube/client.ts';
import { Lease } from '../../src/kube/lease.ts';

interface Stored {
  metadata: { resourceVersion: string };
  spec: { holderIdentity: string; leaseDurationSeconds: number; leaseTransitions: number; renewTime: string };
}

/** The one Lease object of an API server, with the rules for versions; `fault` is asked before each request. */
function leaseStore(clock: VirtualClock) {
  let stored: Stored | undefined;
  let version = 0;
  const writes: { by: string; at: number }[] = [];
  const put = (body: object): Stored => {
    const { spec } = body as Stored;
    stored = { ...structuredClone(body as Stored), metadata: { ...(body as Stored).metadata, resourceVersion: `${++version}` } };
    writes.push({ by: spec.holderIdentity, at: clock.monotonic() });
    return structuredClone(stored);
  };
  const answer = ({ method, body }: KubeRequest): unknown => {
    if (method === 'GET') {
      if (!stored) throw new ApiError(404, { reason: 'NotFound' });
      return structuredClone(stored);
    }
    if (method === 'POST') {
      if (stored) throw new ApiError(409, { reason: 'AlreadyExists' });
      return put(body as object);
    }
    if (stored?.metadata.resourceVersion !== (body as Stored).metadata.resourceVersion) throw new ApiError(409, { reason: 'Conflict' });
    return put(body as object);
  };
  const clientWith = (
    before: (request: KubeRequest) => Promise<void> | void,
    after: (request: KubeRequest) => void = () => {},
  ): KubeClient => ({
    async call(request) {
      await before(request);
      const answered = answer(request);
      after(request);
      return answered;
    },
    stream: () => {
      throw new Error('a lease is not watched');
    },
  });
  return { clientWith, writes, stored: () => stored, answer };
}

function candidate({ clock, client, identity }: { clock: VirtualClock; client: KubeClient; identity: string }, seed = 1) {
  const lost: string[] = [];
  const lease = new Lease({
    client,
    clock,
    random: seededRandom(seed),
    log: silentLog,
    namespace: 'isthmus',
    name: 'isthmus',
    identity,
    onLost: (why) => lost.push(why),
  });
  const stop = new AbortController();
  let isLeader = false;
  const start = () =>
    lease.acquire(stop.signal).then(
      () => {
        isLeader = true;
      },
      () => {},
    );
  return { lease, lost, stop, start, isLeader: () => isLeader };
}

const up = () => {};

describe('a lease', () => {
  test('that nobody has is taken at once, and stays ours while it is renewed', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    const one = candidate({ clock, client: store.clientWith(up), identity: 'one' });
    expect(one.lease.surelyHeld()).toBe(false);
    expect(one.lease.takenAt).toBe(Number.POSITIVE_INFINITY);
    one.start();
    await settle();
    expect(one.isLeader()).toBe(true);
    expect(one.lease.takenAt).toBe(clock.now());
    for (let second = 0; second < 300; second++) {
      await clock.advance(1_000);
      expect(one.lease.surelyHeld()).toBe(true);
    }
    expect(store.writes.length).toBeGreaterThan(100);
    expect(store.stored()?.spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(one.lost).toEqual([]);
  });

  test('is never held by two at once, whatever happens to the line of the one that leads', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    const random = seededRandom(7);
    const cut = new Set<string>();
    const candidates = ['one', 'two', 'three'].map((identity, index) => {
      const client = store.clientWith(
        () => {
          if (cut.has(identity)) throw new Error('socket hang up');
        },
        () => {
          if (random() < 0.1) throw new Error('the answer was lost');
        },
      );
      const made = candidate({ clock, client, identity }, index);
      made.start();
      return { identity, lease: made.lease };
    });
    const leaders = new Set<number>();
    for (let second = 0; second < 2_000; second++) {
      for (const { identity } of candidates) {
        if (random() < 0.01) cut.add(identity);
        if (random() < 0.05) cut.delete(identity);
      }
      await clock.advance(1_000);
      const holders = candidates.flatMap(({ lease }, index) => (lease.surelyHeld() ? [index] : []));
      expect(holders.length).toBeLessThanOrEqual(1);
      for (const holder of holders) leaders.add(holder);
    }
    expect(leaders.size).toBeGreaterThan(1);
  });

  test('that another has is not taken until it has not changed for its whole duration on our own clock', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    let isCut = false;
    const cuttable = store.clientWith(() => {
      if (isCut) throw new Error('socket hang up');
    });
    const one = candidate({ clock, client: cuttable, identity: 'one' });
    const two = candidate({ clock, client: store.clientWith(up), identity: 'two' }, 2);
    one.start();
    await settle();
    two.start();
    await clock.advance(60_000);
    expect(two.isLeader()).toBe(false);
    expect(two.lease.holder).toBe('one');
    isCut = true;
    const cutAt = clock.monotonic();
    await clock.advanceUntil(() => one.lost.length > 0, 60_000);
    const lostAfter = clock.monotonic() - cutAt;
    expect(one.lease.surelyHeld()).toBe(false);
    await clock.advanceUntil(two.isLeader, 60_000);
    const takenAfter = clock.monotonic() - cutAt;
    expect(lostAfter).toBeLessThan(12_500);
    expect(takenAfter).toBeGreaterThan(12_000);
    expect(takenAfter).toBeLessThan(18_000);
    expect(takenAfter - lostAfter).toBeGreaterThan(2_000);
    expect(one.lost).toEqual(['the lease could not be renewed for 10 s']);
    expect(store.stored()?.spec.leaseTransitions).toBe(1);
  });

  test('whose times say that it ran out long ago, by another machine whose clock is wrong, is not taken early', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    store.answer({
      method: 'POST',
      path: '',
      body: { metadata: {}, spec: { holderIdentity: 'elsewhere', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' } },
    });
    const one = candidate({ clock, client: store.clientWith(up), identity: 'one' });
    one.start();
    await clock.advance(14_500);
    expect(one.isLeader()).toBe(false);
    await clock.advance(3_500);
    expect(one.isLeader()).toBe(true);
  });

  test('is not surely ours from the moment on in which a frozen process goes on', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    const one = candidate({ clock, client: store.clientWith(up), identity: 'one' });
    one.start();
    await clock.advance(20_000);
    clock.jump(11_000);
    expect(one.lease.surelyHeld()).toBe(false);
    await clock.advance(0);
    expect(one.lost).toHaveLength(1);
    expect(one.lease.surelyHeld()).toBe(false);
  });

  test('is not surely ours when the whole machine slept, which only the wall clock tells', async () => {
    const clock = new VirtualClock();
    let slept = 0;
    const sleepingClock = Object.assign(Object.create(clock) as VirtualClock, {
      now: () => clock.now() + slept,
      monotonic: () => clock.monotonic(),
      after: clock.after.bind(clock),
    });
    const store = leaseStore(clock);
    const one = candidate({ clock: sleepingClock, client: store.clientWith(up), identity: 'one' });
    one.start();
    await clock.advance(20_000);
    expect(one.lease.surelyHeld()).toBe(true);
    slept = 60_000;
    expect(one.lease.surelyHeld()).toBe(false);
  });

  test('is counted from when the renewal began, not from when its answer came', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    let delayMs = 0;
    const client = store.clientWith(up);
    const slow: KubeClient = {
      ...client,
      async call(request) {
        const answered = await client.call(request);
        if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve));
        return answered;
      },
    };
    const one = candidate({ clock, client: slow, identity: 'one' });
    one.start();
    await settle();
    delayMs = 3_500;
    // The next renewal begins within 2.4 s, and nothing is answered any more after it.
    await clock.advanceUntil(() => store.writes.length === 2, 5_000);
    const begunAt = clock.monotonic();
    delayMs = 1e9;
    await clock.advance(9_900);
    expect(one.lease.surelyHeld()).toBe(true);
    await clock.advance(begunAt + 10_000 - clock.monotonic());
    expect(one.lease.surelyHeld()).toBe(false);
  });

  test('is told to be lost in the moment in which it is, although a renewal is still waiting for its answer', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    let isFrozen = false;
    const limited = (request: KubeRequest) =>
      isFrozen ? new Promise<void>((_, reject) => clock.after(request.timeoutMs ?? 1e9, () => reject(new Error('no answer')))) : undefined;
    const one = candidate({ clock, client: store.clientWith(limited), identity: 'one' });
    one.start();
    await clock.advance(20_000);
    isFrozen = true;
    const renewedAt = store.writes.at(-1)?.at ?? 0;
    await clock.advanceUntil(() => one.lost.length > 0, 60_000);
    expect(clock.monotonic() - renewedAt).toBe(10_000);
  });

  test('that is handed over is taken by the next one without waiting for its end', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    const one = candidate({ clock, client: store.clientWith(up), identity: 'one' });
    const two = candidate({ clock, client: store.clientWith(up), identity: 'two' }, 2);
    one.start();
    await settle();
    two.start();
    await clock.advance(10_000);
    const released = one.lease.release();
    await settle();
    expect(one.lease.surelyHeld()).toBe(false);
    await released;
    expect(store.stored()?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await clock.advance(2_500);
    expect(two.isLeader()).toBe(true);
    expect(two.lease.surelyHeld()).toBe(true);
    expect(one.lost).toEqual([]);
  });

  test('that another has taken by force is lost at once', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    const one = candidate({ clock, client: store.clientWith(up), identity: 'one' });
    one.start();
    await settle();
    const stored = structuredClone(store.stored()) as Stored;
    store.answer({ method: 'PUT', path: '', body: { ...stored, spec: { ...stored.spec, holderIdentity: 'intruder' } } });
    await clock.advance(5_000);
    expect(one.lost).toEqual(['another process took the lease']);
    expect(one.lease.surelyHeld()).toBe(false);
  });

  test('survives a renewal whose answer was lost', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    let loseAnswers = 0;
    const client = store.clientWith(up, ({ method }) => {
      if (method === 'PUT' && loseAnswers-- > 0) throw new Error('socket hang up');
    });
    const one = candidate({ clock, client, identity: 'one' });
    one.start();
    await settle();
    loseAnswers = 2;
    await clock.advance(60_000);
    expect(one.lost).toEqual([]);
    expect(one.lease.surelyHeld()).toBe(true);
  });

  test('is not kept by one that is told to stop while it takes it', async () => {
    const clock = new VirtualClock();
    const store = leaseStore(clock);
    let letThrough: () => void = () => {};
    const client = store.clientWith(({ method }) =>
      method === 'POST' ? new Promise<void>((resolve) => (letThrough = resolve)) : undefined,
    );
    const one = candidate({ clock, client, identity: 'one' });
    one.start();
    await settle();
    const released = one.lease.release();
    letThrough();
    await released;
    expect(one.isLeader()).toBe(false);
    expect(store.stored()?.spec.holderIdentity).toBe('');
  });
});
