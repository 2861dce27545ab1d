import type { Clock } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import type { ObjectMeta, Resource } from '../kinds/kind.ts';
import { ConflictError, type EventNote, type Key, keyText } from './cluster.ts';
import { hexDigits, seriesWindowMs } from './event-log.ts';
import { type CachedObject, keyOf } from './object-cache.ts';

/** An object as a person writes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    /** Added to those that are there. */
    readonly finalizers?: readonly string[];
  };
  readonly spec?: unknown;
}

/** A whole object as a client has it that has read and changed it. */
export interface Replacement extends Manifest {
  /** With `uid` or `resourceVersion` it is meant for that state of the object only. */
  readonly metadata: Manifest['metadata'] & { readonly uid?: string; readonly resourceVersion?: string };
}

/** What admission says of a manifest: the spec with its defaults, or what is wrong with it, one sentence a line, each naming its field. */
export type Admission = { readonly spec: unknown; readonly errors?: undefined } | { readonly errors: readonly string[] };

/** The manifest was refused at admission. */
export class InvalidError extends Error {
  override readonly name = 'InvalidError';
  readonly errors: readonly string[];

  constructor(key: Key, errors: readonly string[]) {
    super(`${keyText(key)} is invalid: ${errors.join('; ')}`);
    this.errors = errors;
  }
}

/** No answer came: the write may have taken effect or not. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/** A kind that the server knows. */
export interface ServedKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
}

export interface MemoryServerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Besides these, Namespaces are served. */
  readonly kinds: readonly ServedKind[];
  /** Checks a manifest of one of `kinds` and fills in its defaults; `before` is what it replaces. By default everything is right as it is. */
  readonly admit?: (manifest: Manifest, before: Resource | undefined) => Admission;
}

/** An Event as `kubectl describe` would show it. */
export interface RecordedEvent extends EventNote {
  readonly key: Key;
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

/** A write of the controller, as far as faults are concerned. */
export type WriteName = 'writeStatus' | 'addFinalizer' | 'removeFinalizer' | 'recordEvent';

/**
 * What can go wrong with the controller's next write. `conflict`: refused as if the object had changed. `unreachable`: fails without
 * effect. `lostAnswer`: takes effect, but fails all the same.
 */
export type WriteFault = 'conflict' | 'unreachable' | 'lostAnswer';

/** Told of every change, in order; `object` is the new state, or the last one of what has gone. */
export type MemoryWatcher = (event: { readonly type: 'seen' | 'removed'; readonly object: CachedObject }) => void;

/**
 * A Kubernetes API server in memory, with the rules that a controller can notice: admission, generations, resource versions,
 * deletion with finalizers. Persons' commands change it directly; a controller uses it through `connectTo`.
 */
export class MemoryServer {
  readonly #options: MemoryServerOptions;
  readonly #objects = new Map<string, CachedObject>();
  /** Names of the labels and annotations that a manifest has set, so that a later one without them removes them. */
  readonly #applied = new Map<string, { labels: readonly string[]; annotations: readonly string[] }>();
  readonly #watchers = new Set<MemoryWatcher>();
  readonly #faults: { write: WriteName; fault: WriteFault }[] = [];
  #events: RecordedEvent[] = [];
  #version = 0;

  constructor(options: MemoryServerOptions) {
    this.#options = options;
    for (const name of ['kube-system', 'default']) this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  /** The objects of a kind as they are stored, in the order in which they were made. */
  list(kind: string): readonly CachedObject[] {
    return [...this.#objects.values()].filter((object) => kindOf(object) === kind);
  }

  /** An object of one of our kinds, as it is stored: what `kubectl get` would show. */
  read(key: Key): Resource | undefined {
    return this.#objects.get(keyText(key)) as Resource | undefined;
  }

  /** Every Event so far, oldest first. */
  get events(): readonly RecordedEvent[] {
    return this.#events;
  }

  /** The resource version of the newest change. */
  get version(): string {
    return `${this.#version}`;
  }

  /**
   * Makes an object or changes it to what the manifest says. A namespaced one without a namespace is put into `default`.
   *
   * @throws InvalidError when admission refuses it; Error when its kind or its namespace is not there
   */
  apply(manifest: Manifest): CachedObject {
    const served = this.#servedKind(manifest.kind);
    const { name, labels = {}, annotations = {} } = manifest.metadata;
    const namespace = served.namespaced ? (manifest.metadata.namespace ?? 'default') : undefined;
    const key: Key = { kind: served.kind, name, ...(namespace !== undefined && { namespace }) };
    if (manifest.apiVersion !== served.apiVersion) throw new InvalidError(key, [`apiVersion: must be ${served.apiVersion}`]);
    if (namespace !== undefined && !this.#objects.has(`Namespace/${namespace}`)) throw new Error(`namespaces "${namespace}" not found`);

    const before = this.#objects.get(keyText(key)) as Resource | undefined;
    const placed = { ...manifest, metadata: { ...manifest.metadata, ...(namespace !== undefined && { namespace }) } };
    const admitted = this.#admit(key, placed, before);
    const earlier = this.#applied.get(keyText(key)) ?? { labels: [], annotations: [] };
    const finalizers = [...new Set([...(before?.metadata.finalizers ?? []), ...(manifest.metadata.finalizers ?? [])])];
    if (before) refuseNewFinalizers(before, finalizers);
    this.#applied.set(keyText(key), { labels: Object.keys(labels), annotations: Object.keys(annotations) });
    const metadata = {
      ...(before?.metadata ?? this.#newMetadata(key)),
      labels: { ...without(before?.metadata.labels, earlier.labels), ...labels },
      annotations: { ...without(before?.metadata.annotations, earlier.annotations), ...annotations },
      ...(finalizers.length > 0 && { finalizers }),
    };
    return this.#store(this.#changed({ key, served, before, admitted, metadata }));
  }

  /**
   * Puts labels, annotations, finalizers and spec in place of what is there, as an update by a client does; status and the rest stay.
   *
   * @returns undefined where that took away the last finalizer of an object that was being deleted
   * @throws ConflictError when the object is not in the state that the replacement is meant for; InvalidError when admission refuses it;
   *   Error when it is not there
   */
  replace(replacement: Replacement): CachedObject | undefined {
    const served = this.#servedKind(replacement.kind);
    const { name, namespace, uid, resourceVersion, labels = {}, annotations = {}, finalizers = [] } = replacement.metadata;
    const key: Key = { kind: served.kind, name, ...(namespace !== undefined && { namespace }) };
    const before = this.#mustHave(key) as Resource;
    if ((uid ?? before.metadata.uid) !== before.metadata.uid) throw new ConflictError(`${keyText(key)} is another object of the same name`);
    if ((resourceVersion ?? before.metadata.resourceVersion) !== before.metadata.resourceVersion) {
      throw new ConflictError(`${keyText(key)} has been modified`);
    }
    const admitted = this.#admit(key, replacement, before);
    refuseNewFinalizers(before, finalizers);
    const had = before.metadata.finalizers;
    const metadata = { ...before.metadata, labels, annotations, ...((had ?? finalizers.length > 0) && { finalizers: [...finalizers] }) };
    const object = this.#changed({ key, served, before, admitted, metadata });
    if (before.metadata.deletionTimestamp === undefined || this.#isHeld(object)) return this.#store(object);
    this.#remove(object);
    return undefined;
  }

  /**
   * Deletes an object, or marks it when finalizers hold it; a Namespace goes after all that is in it. What is not there is deleted
   * already.
   */
  delete(key: Key): void {
    const object = this.#objects.get(keyText(key));
    if (!object || object.metadata.deletionTimestamp !== undefined) return;
    if (!this.#isHeld(object)) {
      this.#remove(object);
      return;
    }
    const deletionTimestamp = rfc3339(this.#options.clock.now());
    const { generation } = object.metadata;
    this.#store({ ...object, metadata: { ...object.metadata, deletionTimestamp, generation: generation + 1 } });
    for (const inner of this.#within(object)) this.delete(keyOf(kindOf(inner), inner));
  }

  /** Sets annotations; those that are undefined are removed. @throws Error when there is no such object */
  annotate(key: Key, annotations: Readonly<Record<string, string | undefined>>): void {
    const object = this.#mustHave(key);
    this.#store({ ...object, metadata: { ...object.metadata, annotations: merged(object.metadata.annotations, annotations) } });
  }

  /** Sets labels; those that are undefined are removed. @throws Error when there is no such object */
  label(key: Key, labels: Readonly<Record<string, string | undefined>>): void {
    const object = this.#mustHave(key);
    this.#store({ ...object, metadata: { ...object.metadata, labels: merged(object.metadata.labels, labels) } });
  }

  /** Orders a fault for the controller's next write of this name; several are used up one after another. */
  failNext(write: WriteName, fault: WriteFault): void {
    this.#faults.push({ write, fault });
  }

  /** @returns ends the watch */
  watch(watcher: MemoryWatcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The controller's write of a status. @throws ConflictError, TransportError */
  writeStatus(resource: Resource, status: object): Resource {
    return this.#write('writeStatus', () => {
      const current = this.#current(resource);
      return this.#store({ ...current, status: structuredClone(status) } as Resource) as Resource;
    });
  }

  /**
   * The controller's write of the list of finalizers; an object that is being deleted goes with its last one.
   *
   * @throws ConflictError, TransportError; Error when one is added to an object that is being deleted
   */
  writeFinalizers(write: 'addFinalizer' | 'removeFinalizer', resource: Resource, finalizers: readonly string[]): Resource | undefined {
    return this.#write(write, () => {
      const current = this.#current(resource);
      refuseNewFinalizers(current, finalizers);
      const object = { ...current, metadata: { ...current.metadata, finalizers: [...finalizers] } };
      if (current.metadata.deletionTimestamp === undefined || finalizers.length > 0) return this.#store(object) as Resource;
      this.#remove(object);
      return undefined;
    });
  }

  /** The controller's Event; the same one again within ten minutes is counted up. @throws TransportError */
  recordEvent(resource: Resource, note: EventNote): void {
    this.#write('recordEvent', () => {
      const now = this.#options.clock.now();
      const key = keyOf(resource.kind, resource);
      const { uid } = resource.metadata;
      const same = (event: RecordedEvent) =>
        event.uid === uid &&
        sameJson([event.type, event.reason, event.action, event.message], [note.type, note.reason, note.action, note.message]);
      const repeated = this.#events.findLast(same);
      if (repeated && now - repeated.lastAt < seriesWindowMs) {
        this.#events = this.#events.map((event) => (event === repeated ? { ...event, lastAt: now, count: event.count + 1 } : event));
      } else {
        this.#events.push({ ...note, key, uid, firstAt: now, lastAt: now, count: 1 });
      }
    });
  }

  #write<Answer>(write: WriteName, make: () => Answer): Answer {
    const index = this.#faults.findIndex((fault) => fault.write === write);
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
    if (fault === 'conflict') throw new ConflictError('the object has been modified (a fault that was ordered)');
    if (fault === 'unreachable') throw new TransportError('the server could not be reached (a fault that was ordered)');
    const answer = make();
    if (fault === 'lostAnswer') throw new TransportError('the connection broke before the answer (a fault that was ordered)');
    return answer;
  }

  #current(resource: Resource): CachedObject {
    const key = keyOf(resource.kind, resource);
    const current = this.#objects.get(keyText(key));
    if (!current) throw new ConflictError(`${keyText(key)} is gone`);
    if (current.metadata.uid !== resource.metadata.uid) throw new ConflictError(`${keyText(key)} is another object of the same name`);
    if (current.metadata.resourceVersion !== resource.metadata.resourceVersion)
      throw new ConflictError(`${keyText(key)} has been modified`);
    return current;
  }

  #mustHave(key: Key): CachedObject {
    const object = this.#objects.get(keyText(key));
    if (!object) throw new Error(`${keyText(key)} not found`);
    return object;
  }

  #servedKind(kind: string): ServedKind {
    if (kind === 'Namespace') return { kind, apiVersion: 'v1', namespaced: false };
    const served = this.#options.kinds.find((known) => known.kind === kind);
    if (!served) throw new Error(`no matches for kind "${kind}"`);
    return served;
  }

  /** @returns the spec with its defaults @throws InvalidError */
  #admit(key: Key, manifest: Manifest, before: Resource | undefined): unknown {
    if (key.kind === 'Namespace') return undefined;
    const admission: Admission = this.#options.admit?.(manifest, before) ?? { spec: manifest.spec };
    if (admission.errors) throw new InvalidError(key, admission.errors);
    return admission.spec;
  }

  #changed({ key, served, before, admitted, metadata }: ChangedParts): CachedObject {
    const isNamespace = served.kind === 'Namespace';
    const isNewSpec = before !== undefined && !sameJson(before.spec, admitted);
    return {
      apiVersion: served.apiVersion,
      kind: served.kind,
      metadata: {
        ...metadata,
        labels: { ...metadata.labels, ...(isNamespace && { 'kubernetes.io/metadata.name': key.name }) },
        generation: metadata.generation + (isNewSpec ? 1 : 0),
      },
      ...(!isNamespace && { spec: structuredClone(admitted), status: before?.status ?? { observedGeneration: -1 } }),
    } as CachedObject;
  }

  /** Whether a deletion has to wait. */
  #isHeld(object: CachedObject): boolean {
    return (object.metadata.finalizers ?? []).length > 0 || this.#within(object).length > 0;
  }

  /** What is in a Namespace; nothing is in anything else. */
  #within(object: CachedObject): readonly CachedObject[] {
    if (kindOf(object) !== 'Namespace') return [];
    return [...this.#objects.values()].filter(({ metadata }) => metadata.namespace === object.metadata.name);
  }

  #newMetadata(key: Key) {
    const { clock, random } = this.#options;
    const digits = hexDigits(random, 32);
    const uid = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20)].join(
      '-',
    );
    const creationTimestamp = rfc3339(clock.now());
    const namespace = key.namespace === undefined ? {} : { namespace: key.namespace };
    return { name: key.name, ...namespace, uid, resourceVersion: '', generation: 1, creationTimestamp };
  }

  /** A write that changes nothing makes no new version. */
  #store(object: CachedObject): CachedObject {
    const text = keyText(keyOf(kindOf(object), object));
    const before = this.#objects.get(text);
    if (before && sameJson(before, object)) return before;
    const stored = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#version}` } });
    this.#objects.set(text, stored);
    for (const watcher of this.#watchers) watcher({ type: 'seen', object: stored });
    return stored;
  }

  #remove(object: CachedObject): void {
    const text = keyText(keyOf(kindOf(object), object));
    const removed = frozen({ ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#version}` } });
    this.#objects.delete(text);
    this.#applied.delete(text);
    for (const watcher of this.#watchers) watcher({ type: 'removed', object: removed });
    const namespace = this.#objects.get(`Namespace/${object.metadata.namespace}`);
    if (namespace?.metadata.deletionTimestamp !== undefined && !this.#isHeld(namespace)) this.#remove(namespace);
  }
}

/** What an object is made of anew. */
interface ChangedParts {
  readonly key: Key;
  readonly served: ServedKind;
  readonly before: Resource | undefined;
  readonly admitted: unknown;
  readonly metadata: ObjectMeta;
}

function refuseNewFinalizers(object: CachedObject, finalizers: readonly string[]): void {
  if (object.metadata.deletionTimestamp === undefined) return;
  if (finalizers.every((name) => object.metadata.finalizers?.includes(name))) return;
  throw new InvalidError(keyOf(kindOf(object), object), [
    'metadata.finalizers: no new finalizers can be added if the object is being deleted',
  ]);
}

function kindOf(object: CachedObject): string {
  return (object as Resource).kind;
}

/** Kubernetes keeps whole seconds. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

function without(entries: Readonly<Record<string, string>> | undefined, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([name]) => !names.includes(name)));
}

function merged(
  before: Readonly<Record<string, string>> | undefined,
  changes: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const all = Object.entries({ ...before, ...changes });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Whether two JSON values are the same; the order of an object's fields does not count, and a field without a value is not there. */
function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

/** What is handed out is shared with the store: whoever tries to change it in place is told. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
