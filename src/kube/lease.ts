import { type Clock, sleep } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import { ApiError, type KubeClient } from './client.ts';
import type { Leadership } from './cluster.ts';
import { microTime } from './event-log.ts';

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Who we are; no other process, and no later one of this pod, may use the same. */
  readonly identity: string;
  /** The lease is no longer surely ours: everything that writes must end now. Called once, and not for `release`. */
  readonly onLost: (why: string) => void;
}

/** Others may take the lease when it was not renewed for so long. */
const leaseMs = 15_000;
/** We count it as ours only for so long after the last renewal began: what lies between is for calls that are under way. */
const surelyMs = 10_000;
/** Between two attempts, to take it or to renew it. */
const retryMs = 2_000;
const attemptTimeoutMs = 4_000;

/** The part of a coordination.k8s.io Lease that leader election is made of. */
interface LeaseObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** A moment on both of this machine's clocks. */
interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * Leadership by a Lease object, as kube-controller-manager and others have it, so that of several processes only one writes.
 *
 * Times of other machines, which the object carries, are shown to people and never computed with: another's lease has run out when
 * the object has not changed for its whole duration on our own clock.
 */
export class Lease implements Leadership {
  readonly #options: LeaseOptions;
  readonly #path: string;
  readonly #stop = new AbortController();
  /** When the last successful renewal began; undefined while the lease is not ours. */
  #renewedAt: Moment | undefined;
  #takenAt = Number.POSITIVE_INFINITY;
  /** The object as it was last read or written, and when it was first seen so. */
  #observed: { readonly object: LeaseObject; readonly since: Moment } | undefined;
  /** False after a success: our own answer is then the newest there is, and one request renews. */
  #mustRead = true;
  #acquiring: Promise<void> = Promise.resolve();
  #renewing: Promise<void> = Promise.resolve();

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
  }

  surelyHeld(): boolean {
    return this.#renewedAt !== undefined && this.#elapsedSince(this.#renewedAt) < surelyMs;
  }

  /** Infinity until the lease is taken: nothing is certain yet. */
  get takenAt(): number {
    return this.#takenAt;
  }

  /** Who holds the lease, as far as is known; for the log and the probes. */
  get holder(): string | undefined {
    return this.#observed?.object.spec?.holderIdentity || undefined;
  }

  /**
   * Waits until the lease is ours, and renews it from then on. Called once; `release` must follow in any case.
   *
   * @throws the signal's reason, when that is raised before
   */
  acquire(signal: AbortSignal): Promise<void> {
    const acquired = this.#acquire(signal);
    this.#acquiring = acquired.catch(() => {});
    return acquired;
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    const { clock, log, identity, name } = this.#options;
    const either = AbortSignal.any([signal, this.#stop.signal]);
    let announced: string | undefined;
    for (;;) {
      either.throwIfAborted();
      if (await this.#attempt()) break;
      if (this.holder !== announced) log.info({ lease: name, holder: this.holder }, 'another process leads; waiting for the lease');
      announced = this.holder;
      await sleep(clock, this.#retryDelay(), either);
    }
    either.throwIfAborted();
    this.#takenAt = clock.now();
    log.info({ lease: name, identity }, 'took the lease');
    this.#renewing = this.#keepRenewing();
  }

  /**
   * Stops renewing and hands the lease over at once, so that the next process need not wait until it runs out. Whatever writes must
   * have ended before. A hand-over that fails is logged: the lease then runs out by itself.
   */
  async release(): Promise<void> {
    const { client, clock, log, name } = this.#options;
    this.#stop.abort(new Error('the lease is being handed over'));
    await this.#acquiring;
    await this.#renewing;
    if (!this.surelyHeld() || !this.#observed) {
      this.#renewedAt = undefined;
      return;
    }
    this.#renewedAt = undefined;
    const { metadata, spec, ...rest } = this.#observed.object;
    const now = microTime(clock.now());
    const body = { ...rest, metadata, spec: { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now } };
    try {
      await client.call({ method: 'PUT', path: `${this.#path}/${name}`, body, timeoutMs: attemptTimeoutMs });
      log.info({ lease: name }, 'handed the lease over');
    } catch (error) {
      log.warn({ error, lease: name }, 'the lease could not be handed over; it runs out by itself');
    }
  }

  async #keepRenewing(): Promise<void> {
    const { clock, log, name, onLost } = this.#options;
    const lose = (why: string) => {
      this.#renewedAt = undefined;
      log.error({ lease: name, holder: this.holder }, why);
      onLost(why);
    };
    const signal = this.#stop.signal;
    while (!signal.aborted) {
      try {
        await sleep(clock, Math.min(this.#retryDelay(), this.#remainingMs()), signal);
      } catch {
        return;
      }
      // Also what a process finds that was frozen for a while: the time has passed although it did not see it pass.
      if (!this.surelyHeld()) return lose(`the lease could not be renewed for ${surelyMs / 1000} s`);
      await this.#attempt();
      if (signal.aborted) return;
      if (this.holder !== undefined && this.holder !== this.#options.identity) return lose('another process took the lease');
      if (!this.surelyHeld()) return lose(`the lease could not be renewed for ${surelyMs / 1000} s`);
    }
  }

  /** Takes or renews the lease if that is allowed now; false when it is another's, or for any error. */
  async #attempt(): Promise<boolean> {
    const { clock, log, identity, name } = this.#options;
    try {
      const object = this.#mustRead ? await this.#read() : this.#observed?.object;
      if (object) this.#observe(object);
      const begun = { wall: clock.now(), monotonic: clock.monotonic() };
      const holder = object?.spec?.holderIdentity ?? '';
      if (object && holder !== '' && holder !== identity && !this.#hasRunOut(object)) return false;
      const written = await this.#write(object);
      // The clock starts before the write, since others count from when it took effect.
      this.#renewedAt = begun;
      this.#observe(written);
      this.#mustRead = false;
      return true;
    } catch (error) {
      this.#mustRead = true;
      // 409: another process was faster; the next attempt reads what it wrote.
      const isConflict = error instanceof ApiError && error.status === 409;
      (isConflict ? log.debug : log.warn)({ error, lease: name }, 'the lease could not be taken or renewed');
      return false;
    }
  }

  async #read(): Promise<LeaseObject | undefined> {
    const { client, name } = this.#options;
    try {
      return (await client.call({ method: 'GET', path: `${this.#path}/${name}`, timeoutMs: this.#timeoutMs() })) as LeaseObject;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #write(before: LeaseObject | undefined): Promise<LeaseObject> {
    const { client, clock, identity, name, namespace } = this.#options;
    const now = microTime(clock.now());
    const isOurs = before?.spec?.holderIdentity === identity;
    const body: LeaseObject = {
      ...before,
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...before?.metadata, name, namespace },
      spec: {
        ...before?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: leaseMs / 1000,
        acquireTime: (isOurs && before?.spec?.acquireTime) || now,
        renewTime: now,
        leaseTransitions: before ? (before.spec?.leaseTransitions ?? 0) + (isOurs ? 0 : 1) : 0,
      },
    };
    // With the resourceVersion that was read, so that of two processes that saw it run out only one takes it.
    const place = before ? ({ method: 'PUT', path: `${this.#path}/${name}` } as const) : ({ method: 'POST', path: this.#path } as const);
    return (await client.call({ ...place, body, timeoutMs: this.#timeoutMs() })) as LeaseObject;
  }

  #observe(object: LeaseObject): void {
    if (this.#observed?.object.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const { clock } = this.#options;
    this.#observed = { object, since: { wall: clock.now(), monotonic: clock.monotonic() } };
  }

  /** By the monotonic clock alone: a wall clock that is set forward must not take a lease from somebody. */
  #hasRunOut(object: LeaseObject): boolean {
    const since = this.#observed?.since;
    const duration = Math.max(leaseMs, (object.spec?.leaseDurationSeconds ?? 0) * 1000);
    return since !== undefined && this.#options.clock.monotonic() - since.monotonic >= duration;
  }

  /** By the clock that says more: the monotonic one stands still while the whole machine sleeps. */
  #elapsedSince(moment: Moment): number {
    const { clock } = this.#options;
    return Math.max(clock.monotonic() - moment.monotonic, clock.now() - moment.wall);
  }

  /** How long the lease is surely ours from now on. */
  #remainingMs(): number {
    return this.#renewedAt ? Math.max(0, surelyMs - this.#elapsedSince(this.#renewedAt)) : 0;
  }

  /** While we lead, no attempt may last longer than the lease: the loss must be told in the moment in which it happens. */
  #timeoutMs(): number {
    const remaining = this.#remainingMs();
    return remaining > 0 ? Math.min(attemptTimeoutMs, remaining) : attemptTimeoutMs;
  }

  #retryDelay(): number {
    return retryMs * (0.8 + 0.4 * this.#options.random());
  }
}
