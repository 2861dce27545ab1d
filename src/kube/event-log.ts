import type { Clock } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import type { Resource } from '../kinds/kind.ts';
import { ApiError, type KubeClient } from './client.ts';
import type { EventNote } from './cluster.ts';

export interface EventLogOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Which process speaks: the pod's name. */
  readonly instance: string;
}

/** The same Event again within this time is counted up and not repeated. */
export const seriesWindowMs = 600_000;
/** Series that are remembered; the one that was silent longest goes first. */
const longestMemory = 2_000;
/** Limits of events.k8s.io/v1 (staging/src/k8s.io/api/events/v1/types.go). */
const longestNote = 1_024;
const longestReason = 128;

interface Series {
  readonly path: string;
  count: number;
  lastAt: number;
}

/** Writes Events through events.k8s.io/v1, where `kubectl describe` finds them. */
export function createEventLog({
  client,
  clock,
  random,
  log,
  instance,
}: EventLogOptions): (resource: Resource, note: EventNote) => Promise<void> {
  const remembered = new Map<string, Series>();

  const remember = (key: string, series: Series) => {
    remembered.delete(key);
    remembered.set(key, series);
    if (remembered.size > longestMemory) remembered.delete(remembered.keys().next().value as string);
  };

  const countUp = async (series: Series): Promise<boolean> => {
    try {
      const count = series.count + 1;
      await client.call({
        method: 'PATCH',
        path: series.path,
        contentType: 'application/merge-patch+json',
        body: { series: { count, lastObservedTime: microTime(clock.now()) } },
      });
      series.count = count;
      return true;
    } catch (error) {
      // The API server forgets Events after an hour, or was told to.
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  };

  const create = async (resource: Resource, note: EventNote): Promise<Series> => {
    const { name, namespace = 'default', uid, resourceVersion } = resource.metadata;
    const folder = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const eventName = `${name.slice(0, 230).replace(/[^a-z0-9]+$/, '')}.${hexDigits(random, 16)}`;
    await client.call({
      method: 'POST',
      path: folder,
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name: eventName, namespace },
        eventTime: microTime(clock.now()),
        reportingController: 'isthmus',
        reportingInstance: instance.slice(0, longestReason),
        action: note.action.slice(0, longestReason),
        reason: note.reason.slice(0, longestReason),
        type: note.type,
        note: shortened(note.message),
        regarding: {
          apiVersion: resource.apiVersion,
          kind: resource.kind,
          name,
          uid,
          resourceVersion,
          ...(resource.metadata.namespace !== undefined && { namespace }),
        },
      },
    });
    return { path: `${folder}/${eventName}`, count: 1, lastAt: clock.now() };
  };

  return async (resource, note) => {
    const key = JSON.stringify([resource.metadata.uid, note.type, note.reason, note.action, note.message]);
    try {
      const series = remembered.get(key);
      const isRecent = series !== undefined && clock.now() - series.lastAt < seriesWindowMs;
      if (isRecent && (await countUp(series))) {
        series.lastAt = clock.now();
        remember(key, series);
      } else {
        remember(key, await create(resource, note));
      }
    } catch (error) {
      log.warn({ error, reason: note.reason, object: resource.metadata.name }, 'an Event could not be written');
    }
  };
}

/** RFC 3339 with six digits after the second, as Kubernetes's MicroTime wants it. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** So many random hexadecimal digits. */
export function hexDigits(random: Random, count: number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** The limit is in bytes; a character is never cut in two. */
function shortened(message: string): string {
  if (Buffer.byteLength(message) <= longestNote) return message;
  const bytes = Buffer.from(message).subarray(0, longestNote - 3);
  return `${bytes.toString('utf8').replace(/\uFFFD+$/, '')}…`;
}
