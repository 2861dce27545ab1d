import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../src/ambient/log.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { ApiError, type KubeClient, type KubeRequest } from '../../src/kube/client.ts';
import { createEventLog } from '../../src/kube/event-log.ts';

const resource: Resource = {
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'VpcPeering',
  metadata: { name: 'a', namespace: 'team', uid: 'uid-1', resourceVersion: '7', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
};
const note = { type: 'Warning', reason: 'VpcNotFound', action: 'Reconcile', message: 'no VPC has the tag team=a' } as const;

function recorded(fail: (request: KubeRequest) => Error | undefined = () => undefined) {
  const clock = new VirtualClock();
  const requests: KubeRequest[] = [];
  const warnings: string[] = [];
  const client: KubeClient = {
    async call(request) {
      requests.push(request);
      const error = fail(request);
      if (error) throw error;
      return {};
    },
    stream: () => {
      throw new Error('events are not watched');
    },
  };
  const log = { ...silentLog, warn: (_: object, message: string) => warnings.push(message) };
  return { clock, requests, warnings, record: createEventLog({ client, clock, random: seededRandom(1), log, instance: 'isthmus-0' }) };
}

interface SentEvent {
  readonly metadata: { readonly name: string };
  readonly note: string;
  readonly regarding: object;
}

const sent = (requests: readonly KubeRequest[]) => (requests[0] as KubeRequest).body as SentEvent;

describe('an Event', () => {
  test('names the object, the reason and who says it', async () => {
    const { record, requests } = recorded();
    await record(resource, note);
    expect(requests).toEqual([
      {
        method: 'POST',
        path: '/apis/events.k8s.io/v1/namespaces/team/events',
        body: {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'team' },
          eventTime: '2026-01-01T00:00:00.000000Z',
          reportingController: 'isthmus',
          reportingInstance: 'isthmus-0',
          action: 'Reconcile',
          reason: 'VpcNotFound',
          type: 'Warning',
          note: 'no VPC has the tag team=a',
          regarding: {
            apiVersion: 'isthmus.dev/v1alpha1',
            kind: 'VpcPeering',
            name: 'a',
            namespace: 'team',
            uid: 'uid-1',
            resourceVersion: '7',
          },
        },
      },
    ]);
  });

  test('of a cluster-scoped object goes to the namespace default', async () => {
    const { record, requests } = recorded();
    const { namespace: _, ...metadata } = resource.metadata;
    await record({ ...resource, kind: 'AwsAccount', metadata }, note);
    expect(requests[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(sent(requests).regarding).not.toHaveProperty('namespace');
  });

  test('that is said again within ten minutes of the last time is counted up', async () => {
    const { record, requests, clock } = recorded();
    await record(resource, note);
    for (const pause of [400_000, 400_000]) {
      clock.jump(pause);
      await record(resource, note);
    }
    clock.jump(600_000);
    await record(resource, note);
    await record(resource, { ...note, message: 'another' });
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'PATCH', 'POST', 'POST']);
    expect(requests[2]).toMatchObject({
      path: `${requests[0]?.path}/${sent(requests).metadata.name}`,
      contentType: 'application/merge-patch+json',
      body: { series: { count: 3, lastObservedTime: '2026-01-01T00:13:20.000000Z' } },
    });
  });

  test('that the server has forgotten is written anew', async () => {
    const { record, requests } = recorded(({ method }) => (method === 'PATCH' ? new ApiError(404, { reason: 'NotFound' }) : undefined));
    await record(resource, note);
    await record(resource, note);
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
  });

  test('that cannot be written is logged and nothing else, and is tried again when it is said again', async () => {
    let isDown = true;
    const { record, requests, warnings } = recorded(() => (isDown ? new Error('socket hang up') : undefined));
    await record(resource, note);
    isDown = false;
    await record(resource, note);
    expect(warnings).toEqual(['an Event could not be written']);
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  test('too long for the server is shortened, by whole characters', async () => {
    const { record, requests } = recorded();
    await record(resource, { ...note, message: 'é'.repeat(600) });
    const said = sent(requests).note;
    expect(said).toBe(`${'é'.repeat(510)}…`);
    expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1_024);
  });
});
