import { expect, test } from '@jest/globals';
import type { Condition, Resource } from '../../src/kinds/kind.ts';
import { createMetrics } from '../../src/server/metrics.ts';

const object = (kind: string, ready?: Pick<Condition, 'status' | 'reason'>): Resource => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind,
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
  ...(ready && {
    status: {
      conditions: [
        {
          type: 'Stalled',
          status: 'True',
          reason: 'AccessDenied',
          message: '',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
        { type: 'Ready', ...ready, message: '', observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' },
      ],
    },
  }),
});

test('objects are counted by kind, readiness and reason, as they are when somebody scrapes', async () => {
  let objects: readonly Resource[] = [
    object('AwsAccount', { status: 'False', reason: 'RoleNotAssumable' }),
    object('AwsAccount', { status: 'True', reason: 'IdentityVerified' }),
    object('AwsAccount', { status: 'True', reason: 'IdentityVerified' }),
    object('VpcPeering'),
  ];
  const { registry } = createMetrics({ depth: () => ({ waiting: 0, running: 0 }), leads: () => true, objects: () => objects });
  const counted = async () =>
    (await registry.getSingleMetricAsString('isthmus_objects')).split('\n').filter((line) => !line.startsWith('#'));
  expect(await counted()).toEqual([
    'isthmus_objects{kind="AwsAccount",ready="False",reason="RoleNotAssumable"} 1',
    'isthmus_objects{kind="AwsAccount",ready="True",reason="IdentityVerified"} 2',
    'isthmus_objects{kind="VpcPeering",ready="Unknown",reason=""} 1',
  ]);
  objects = [];
  expect(await counted()).toEqual([]);
});
