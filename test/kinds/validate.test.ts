import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kindApis } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import type { KindApi } from '../../src/kinds/kind-api.ts';
import { parse, validate, validateStatus } from '../../src/kinds/validate.ts';
import { account, badManifests, forbiddenChanges, peering } from './bad-manifests.ts';
import { type Manifest, validManifest } from './manifests.ts';

const apiOf = (kind: string): KindApi => {
  const api = kindApis.find((each) => each.kind === kind);
  if (!api) throw new Error(`no kind ${kind}`);
  return api;
};
const judge = (manifest: Manifest, old?: Manifest) => validate(apiOf(manifest.kind), manifest, old as unknown as Resource);

describe('a manifest', () => {
  test.each(badManifests)('with $wrong is refused', ({ manifest, field, message }) => {
    expect(judge(manifest)).toContainEqual({ field, message });
  });

  test('with every right thing in it is taken', () => {
    fc.assert(fc.property(validManifest, (manifest) => expect(judge(manifest)).toEqual([])));
  });

  test('that is not an object is refused', () => {
    expect(validate(apiOf('VpcPeering'), null)).toEqual([{ field: '', message: 'must be an object of kind VpcPeering, not null' }]);
  });

  test('of another kind or version is refused', () => {
    expect(judge({ ...peering(), apiVersion: 'isthmus.dev/v1' })).toEqual([
      { field: 'apiVersion', message: 'must be isthmus.dev/v1alpha1, not "isthmus.dev/v1"' },
    ]);
    expect(validate(apiOf('AwsAccount'), { ...account(), kind: 'Account' })).toEqual([
      { field: 'kind', message: 'must be AwsAccount, not "Account"' },
    ]);
  });

  test('with an unknown field in its metadata or beside its spec is refused', () => {
    expect(judge({ ...peering(), metadata: { name: 'x', lables: {} }, data: 1 }).map(({ field }) => field)).toEqual([
      'metadata.lables',
      'data',
    ]);
  });

  test.each([
    [{ name: 'Capital' }, 'metadata.name'],
    [{}, 'metadata.name'],
    [{ name: 'x', namespace: 'a.b' }, 'metadata.namespace'],
    [{ name: 'x', labels: { 'a/b/c': 'x' } }, 'metadata.labels.a/b/c'],
    [{ name: 'x', labels: { team: 'a b' } }, 'metadata.labels.team'],
    [{ name: 'x', labels: ['team'] }, 'metadata.labels'],
    [{ name: 'x', annotations: { team: true } }, 'metadata.annotations.team'],
  ])('with metadata %j is refused', (metadata, field) => {
    expect(judge({ ...peering(), metadata: metadata as Manifest['metadata'] }).map((violation) => violation.field)).toEqual([field]);
  });
});

describe('a change', () => {
  test.each(forbiddenChanges)('of $change is refused', ({ before, after, field }) => {
    expect(judge(before)).toEqual([]);
    expect(judge(after)).toEqual([]);
    expect(judge(after, before)).toContainEqual(expect.objectContaining({ field, message: expect.stringMatching(/^cannot be changed/) }));
  });

  test('of what does not identify the object is taken', () => {
    const after = peering({ destinations: ['10.0.0.0/8'], routeTables: { strategy: 'Main' } }, { paused: true, tags: { team: 'a' } });
    expect(judge(after, peering())).toEqual([]);
  });

  test('that only writes the tags of a selector in another order is taken', () => {
    const by = (tags: object) => peering({ vpcId: undefined, vpcSelector: { tags } });
    const plain = (manifest: Manifest): Manifest => JSON.parse(JSON.stringify(manifest));
    expect(judge(plain(by({ a: '1', b: '2' })), plain(by({ b: '2', a: '1' })))).toEqual([]);
  });
});

describe('the defaults', () => {
  test('of a VpcPeering are filled in', () => {
    const rule = { name: 'ping', securityGroup: { name: 'default' }, protocol: 'icmp', icmp: { type: 8 }, from: { peer: true } };
    const { object } = parse(apiOf('VpcPeering'), peering({ ingress: [rule], region: null }, { deletionPolicy: null })) as {
      object: Resource;
    };
    expect(object.spec).toEqual({
      requester: {
        accountRef: { name: 'project-a' },
        vpcId: 'vpc-0a1b2c3d4e5f60718',
        ingress: [{ ...rule, icmp: { type: 8, code: -1 } }],
      },
      accepter: {
        accountRef: { name: 'project-b' },
        region: 'us-west-2',
        vpcSelector: { tags: { Name: 'two' } },
      },
      acceptance: 'Automatic',
      deletionPolicy: 'Delete',
      paused: false,
      observeOnly: false,
    });
  });

  test('of an AwsAccount allow nobody', () => {
    const { object } = parse(apiOf('AwsAccount'), account()) as { object: Resource };
    expect(object.spec).toEqual({ accountId: '111122223333', defaultRegion: 'us-west-2', allowedNamespaces: { from: 'None' } });
  });

  test('are not shared between objects, and the manifest stays as it was', () => {
    const manifest = account();
    const specOf = () => (parse(apiOf('AwsAccount'), manifest) as { object: Resource<{ allowedNamespaces: object }> }).object.spec;
    expect(specOf().allowedNamespaces).not.toBe(specOf().allowedNamespaces);
    expect(manifest).toEqual(account());
  });

  test('come without a status, even where the manifest has one', () => {
    const { object } = parse(apiOf('AwsAccount'), { ...account(), status: { identity: 'forged' } }) as { object: object };
    expect(object).not.toHaveProperty('status');
  });
});

describe('a status', () => {
  const condition = {
    type: 'Ready',
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    reason: 'Available',
    message: '',
  };

  test('with conditions is taken', () => {
    expect(validateStatus(apiOf('AwsAccount'), { observedGeneration: 1, identity: 'arn', conditions: [condition] })).toEqual([]);
  });

  test.each([
    ['a condition given twice', { conditions: [condition, condition] }, 'status.conditions[1]'],
    ['a time that is none', { conditions: [{ ...condition, lastTransitionTime: 'today' }] }, 'status.conditions[0].lastTransitionTime'],
    ['a reason of two words', { conditions: [{ ...condition, reason: 'Two words' }] }, 'status.conditions[0].reason'],
    ['a field that it does not have', { resources: [] }, 'status.resources'],
  ])('with %s is refused', (_, status, field) => {
    expect(validateStatus(apiOf('AwsAccount'), status).map((violation) => violation.field)).toEqual([field]);
  });
});
