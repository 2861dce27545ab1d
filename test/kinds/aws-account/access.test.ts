import { describe, expect, test } from '@jest/globals';
import { allowsNamespace, allowsSharing, allowsVpc, matchesLabels } from '../../../src/kinds/aws-account/access.ts';
import type { AwsAccount } from '../../../src/kinds/aws-account/api.ts';

const account = (spec: Partial<AwsAccount['spec']>): AwsAccount => ({
  apiVersion: 'isthmus.dev/v1alpha1',
  kind: 'AwsAccount',
  metadata: { name: 'a', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { accountId: '111122223333', allowedNamespaces: { from: 'None' }, ...spec },
});

describe('a label selector', () => {
  test.each<[string, Parameters<typeof matchesLabels>[0], boolean]>([
    ['every label', { matchLabels: { team: 'a', tier: 'net' } }, true],
    ['a label with another value', { matchLabels: { team: 'b' } }, false],
    ['a value among others', { matchExpressions: [{ key: 'team', operator: 'In', values: ['b', 'a'] }] }, true],
    ['a value that is excluded', { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['a'] }] }, false],
    [
      'the lack of a value, which is not among the excluded',
      { matchExpressions: [{ key: 'stage', operator: 'NotIn', values: ['a'] }] },
      true,
    ],
    ['a label that is there', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['a label that is not', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    ['labels and expressions together', { matchLabels: { team: 'a' }, matchExpressions: [{ key: 'stage', operator: 'Exists' }] }, false],
  ])('looks at %s', (_what, selector, holds) => {
    expect(matchesLabels(selector, { team: 'a', tier: 'net' })).toBe(holds);
  });
});

describe('the namespaces of an account', () => {
  test.each<[AwsAccount['spec']['allowedNamespaces'], Readonly<Record<string, string>> | undefined, boolean]>([
    [{ from: 'None' }, {}, false],
    [{ from: 'All' }, {}, true],
    [{ from: 'All' }, undefined, false],
    [{ from: 'Selector', selector: { matchLabels: { team: 'a' } } }, { team: 'a' }, true],
    [{ from: 'Selector', selector: { matchLabels: { team: 'a' } } }, undefined, false],
    [{ from: 'Selector' }, { team: 'a' }, false],
  ])('%j allows one with the labels %j: %s', (allowedNamespaces, labels, allowed) => {
    expect(allowsNamespace(account({ allowedNamespaces }), labels)).toBe(allowed);
  });
});

describe('the VPCs of an account', () => {
  test.each<[AwsAccount['spec']['allowedVpcs'], Readonly<Record<string, string>>, boolean]>([
    [undefined, {}, true],
    [{ tags: { isthmus: 'allowed' } }, { isthmus: 'allowed', Name: 'a' }, true],
    [{ tags: { isthmus: 'allowed' } }, { isthmus: 'Allowed' }, false],
    [{ tags: { isthmus: 'allowed', tier: 'net' } }, { isthmus: 'allowed' }, false],
    [{ tags: { isthmus: '' } }, {}, false],
  ])('%j allows one with the tags %j: %s', (allowedVpcs, tags, allowed) => {
    expect(allowsVpc(allowedVpcs, tags)).toBe(allowed);
  });
});

describe('sharing', () => {
  const own = new Set(['222233334444']);
  test.each<[readonly string[] | undefined, string, boolean]>([
    [undefined, '222233334444', true],
    [undefined, '444455556666', false],
    [['444455556666'], '444455556666', true],
    [['o-exampleorgid'], 'o-exampleorgid', true],
    [['o-exampleorgid'], 'arn:aws:organizations::999988887777:organization/o-exampleorgid', true],
    [['ou-ab12-34567890'], 'arn:aws:organizations::999988887777:ou/o-exampleorgid/ou-ab12-34567890', true],
    [['o-exampleorgid'], 'arn:aws:organizations::999988887777:ou/o-exampleorgid/ou-ab12-34567890', false],
    [['o-exampleorgid'], '444455556666', false],
    [['arn:aws:organizations::999988887777:organization/o-exampleorgid'], 'o-exampleorgid', true],
    [['arn:aws:organizations::999988887777:ou/o-exampleorgid/ou-ab12-34567890'], 'ou-ab12-34567890', true],
    [['arn:aws:organizations::999988887777:ou/o-exampleorgid/ou-ab12-34567890'], 'o-exampleorgid', false],
    [['444455556666'], 'arn:aws:iam::444455556666:role/isthmus', false],
  ])('that allows %j takes %s: %s', (allowedSharing, principal, allowed) => {
    expect(allowsSharing(account(allowedSharing ? { allowedSharing } : {}), principal, own)).toBe(allowed);
  });
});
