import { describe, expect, test } from '@jest/globals';
import type { AwsAccount } from '../../src/kinds/aws-account/api.ts';
import type { Kind, Resource, Step } from '../../src/kinds/kind.ts';
import type { Cluster } from '../../src/kube/cluster.ts';
import { finalizer } from '../../src/reconcile/finalizer.ts';
import { accountVersions, guardOf } from '../../src/reconcile/guard.ts';

/** What is asked directly before a call leaves: everything may have changed since the plan was made. */

const ids = { one: '111122223333', two: '222233334444' } as const;

const account = (name: keyof typeof ids): AwsAccount => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'AwsAccount',
  metadata: {
    name,
    uid: `uid of ${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    finalizers: [finalizer],
  },
  spec: {
    accountId: ids[name],
    defaultRegion: 'us-west-2',
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { a: 'b' } } },
  },
});

const resource: Resource = {
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'Joint',
  metadata: { name: 'joint', namespace: 'team', uid: 'u', resourceVersion: '1', generation: 3, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
};

const kind = {
  sides: () => ({ left: { accountRef: 'one', ids: [] }, right: { accountRef: 'two', ids: [] } }),
} as unknown as Kind;

/** A call in account one. */
const step = { change: { scope: { accountRef: 'one', accountId: ids.one, region: 'us-west-2' } } } as Step;

interface Now {
  leads: boolean;
  labels: Record<string, string> | undefined;
  joint: Resource | undefined;
  one: AwsAccount | undefined;
  two: AwsAccount | undefined;
}

const edited = <Kept extends { readonly metadata: object }>(object: Kept, metadata: object): Kept => ({
  ...object,
  metadata: { ...object.metadata, ...metadata },
});

function asked(change: (now: Now) => void, planned = resource): () => void {
  const now: Now = { leads: true, labels: { a: 'b' }, joint: planned, one: account('one'), two: account('two') };
  const cluster = {
    get: ({ kind: of, name }: { kind: string; name: string }) => (of === 'AwsAccount' ? now[name as 'one' | 'two'] : now.joint),
    namespaceLabels: () => now.labels,
  } as unknown as Cluster;
  const guard = guardOf(kind, planned, {
    cluster,
    leadership: { surelyHeld: () => now.leads, takenAt: 0 },
    accounts: accountVersions(cluster, kind, planned),
  });
  change(now);
  return () => guard(step);
}

const deleting = edited(resource, { deletionTimestamp: '2026-01-02T00:00:00Z' });
const goingAway = { deletionTimestamp: '2026-01-02T00:00:00Z' };

describe('a call that is about to leave', () => {
  test('leaves where nothing has changed', () => {
    expect(asked(() => {})).not.toThrow();
  });

  test.each<[string, (now: Now) => void, RegExp]>([
    ['the lease is not sure', (now) => Object.assign(now, { leads: false }), /lease/],
    ['the object is gone', (now) => Object.assign(now, { joint: undefined }), /gone/],
    ['the object is another one of that name', (now) => Object.assign(now, { joint: edited(resource, { uid: 'v' }) }), /another one/],
    ['the object was edited', (now) => Object.assign(now, { joint: edited(resource, { generation: 4 }) }), /changed/],
    ['the object is being deleted', (now) => Object.assign(now, { joint: deleting }), /changed/],
    [
      'its account was edited',
      (now) => Object.assign(now, { one: edited(account('one'), { generation: 2 }) }),
      /AwsAccount one was changed/,
    ],
    ['its account is gone', (now) => Object.assign(now, { one: undefined }), /AwsAccount one was changed/],
    [
      'its account was made anew',
      (now) => Object.assign(now, { one: edited(account('one'), { uid: 'new' }) }),
      /AwsAccount one was changed/,
    ],
    [
      'the account of the other end was edited',
      (now) => Object.assign(now, { two: edited(account('two'), { generation: 2 }) }),
      /AwsAccount two/,
    ],
    ['the account of the other end is gone', (now) => Object.assign(now, { two: undefined }), /AwsAccount two/],
    [
      'the account of the other end is going',
      (now) => Object.assign(now, { two: edited(account('two'), goingAway) }),
      /two is being deleted/,
    ],
    ['the namespace has lost its label', (now) => Object.assign(now, { labels: {} }), /does not allow the namespace team/],
    ['the namespace is gone', (now) => Object.assign(now, { labels: undefined }), /does not allow the namespace team/],
    [
      'its account may go at any moment',
      (now) => Object.assign(now, { one: edited(account('one'), { finalizers: [] }) }),
      /no finalizer yet/,
    ],
  ])('is held back where %s', (_what, change, why) => {
    expect(asked(change)).toThrow(why);
  });

  test.each<[string, (now: Now) => void]>([
    ['the namespace is allowed no more', (now) => Object.assign(now, { labels: {} })],
    ['the account of the other end is gone', (now) => Object.assign(now, { two: undefined })],
    ['its account is to go too', (now) => Object.assign(now, { one: edited(account('one'), goingAway) })],
  ])('of what is being deleted leaves although %s', (_what, change) => {
    expect(asked(change, deleting)).not.toThrow();
  });

  test('of what is being deleted is held back where its account is gone', () => {
    expect(asked((now) => Object.assign(now, { one: undefined }), deleting)).toThrow(/AwsAccount one was changed/);
  });
});
