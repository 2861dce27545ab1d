import type { Resource } from '../kinds/kind.ts';

/** Which object: a kind of ours, a Namespace. */
export interface Key {
  readonly kind: string;
  /** Left out for cluster-scoped kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** `Kind/namespace/name`, or `Kind/name` for cluster-scoped kinds: the key of queues, logs and the owner tag. */
export function keyText(key: Key): string {
  return key.namespace === undefined ? `${key.kind}/${key.name}` : `${key.kind}/${key.namespace}/${key.name}`;
}

export interface ClusterChange {
  readonly key: Key;
  /** `status`: nothing but our own status, labels or managed fields changed; the loop need not look. */
  readonly what: 'added' | 'changed' | 'status' | 'deleted';
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, the condition's reason. */
  readonly reason: string;
  /** What the controller was doing: `Reconcile`, `Delete`. */
  readonly action: string;
  readonly message: string;
}

/** The write was refused because the object is not the one that was read any more: read again and start over. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/**
 * What the loop needs of a Kubernetes cluster. Two implementations: the real API server, and one in memory that is fed from
 * manifest files and keeps the same rules (validation, generations, resource versions, finalizers).
 */
export interface Cluster {
  /** Newest known state of an object: the watch's cache, and this process's own writes where those are newer. */
  get(key: Key): Resource | undefined;
  list(kind: string): readonly Resource[];
  /** Undefined where there is no such namespace. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined;
  /** Starts to watch; resolves once every kind has been listed. Survives every error until the signal is raised. */
  start(onChange: (change: ClusterChange) => void, signal: AbortSignal): Promise<void>;
  /** uid of the namespace kube-system: the cluster's name unless it is given one. */
  uid(): Promise<string>;
  /**
   * Puts the whole status in place, provided the object is still at the resourceVersion of `resource`.
   *
   * @returns the object as written
   * @throws ConflictError when it has changed or is gone
   */
  writeStatus(resource: Resource, status: object): Promise<Resource>;
  /** @throws ConflictError as above */
  addFinalizer(resource: Resource, finalizer: string): Promise<Resource>;
  /** Resolves to undefined when that let the object go. @throws ConflictError as above */
  removeFinalizer(resource: Resource, finalizer: string): Promise<Resource | undefined>;
  /** Never rejects: an Event that cannot be written is logged, and nothing else. */
  recordEvent(resource: Resource, note: EventNote): Promise<void>;
}

/** Whether this process may write. */
export interface Leadership {
  /** True only while the lease is surely ours, by a monotonic deadline. */
  surelyHeld(): boolean;
  /** When the lease was taken, in milliseconds since the epoch. */
  readonly takenAt: number;
}
