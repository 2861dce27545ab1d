import { describe, expect, test } from '@jest/globals';
import { type Decision, decide, PolicyError, readPolicy } from '../../../src/simulator/iam/policy.ts';

const policyOf = (...statements: object[]) => readPolicy({ Version: '2012-10-17', Statement: statements });
const allow = (fields: object = {}) => ({ Effect: 'Allow', Action: 'ec2:CreateRoute', Resource: '*', ...fields });
const table = 'arn:aws:ec2:us-west-2:111122223333:route-table/rtb-1';

function decision(
  statements: object[],
  {
    action = 'ec2:CreateRoute',
    resource = table,
    context = {},
  }: { action?: string; resource?: string; context?: Record<string, string[]> } = {},
): Decision {
  const keys = new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values]));
  return decide(policyOf(...statements), { action, resource, context: keys });
}

describe('actions and resources', () => {
  test.each<[string, object[], Parameters<typeof decision>[1], Decision]>([
    ['the action itself', [allow()], {}, 'allowed'],
    ['another action', [allow({ Action: 'ec2:DeleteRoute' })], {}, 'implicitlyDenied'],
    ['an action in other letters', [allow({ Action: 'EC2:createroute' })], {}, 'allowed'],
    ['every action', [allow({ Action: '*' })], {}, 'allowed'],
    ['actions by a pattern', [allow({ Action: ['ec2:Describe*', 'ec2:Create?oute'] })], {}, 'allowed'],
    ['actions by a pattern that does not fit', [allow({ Action: 'ec2:*Table' })], {}, 'implicitlyDenied'],
    ['another service’s actions', [allow({ Action: 'route53:*' })], {}, 'implicitlyDenied'],
    ['all actions but others', [allow({ Action: undefined, NotAction: 'ec2:Delete*' })], {}, 'allowed'],
    ['all actions but this', [allow({ Action: undefined, NotAction: 'ec2:Create*' })], {}, 'implicitlyDenied'],
    ['the resource', [allow({ Resource: table })], {}, 'allowed'],
    ['another resource', [allow({ Resource: `${table}2` })], {}, 'implicitlyDenied'],
    ['resources by a pattern', [allow({ Resource: 'arn:aws:ec2:*:111122223333:route-table/*' })], {}, 'allowed'],
    ['resources of another region', [allow({ Resource: 'arn:aws:ec2:eu-west-1:*:route-table/*' })], {}, 'implicitlyDenied'],
    ['resources case-sensitively', [allow({ Resource: table.toUpperCase().replace('ARN:', 'arn:') })], {}, 'implicitlyDenied'],
    ['all resources but others', [allow({ Resource: undefined, NotResource: `${table}2` })], {}, 'allowed'],
    ['what is about no resource only by *', [allow({ Resource: 'arn:aws:ec2:*' })], { resource: '*' }, 'implicitlyDenied'],
    ['nothing, by no statement at all', [], {}, 'implicitlyDenied'],
    ['nothing that is denied besides', [allow(), allow({ Effect: 'Deny' })], {}, 'explicitlyDenied'],
    ['what is denied elsewhere only', [allow(), allow({ Effect: 'Deny', Resource: `${table}2` })], {}, 'allowed'],
  ])('a policy allows %s', (_what, statements, request, wanted) => {
    expect(decision(statements, request)).toBe(wanted);
  });
});

describe('conditions', () => {
  const vpc = 'arn:aws:ec2:us-west-2:111122223333:vpc/vpc-1';
  /** A policy variable, which is no template of ours. */
  const ownCluster = ['$', '{aws:PrincipalTag/cluster}'].join('');
  const cases: readonly [condition: object, context: Record<string, string[]>, holds: boolean][] = [
    [{ StringEquals: { 'aws:RequestTag/team': 'net' } }, { 'aws:RequestTag/team': ['net'] }, true],
    [{ StringEquals: { 'aws:RequestTag/team': ['web', 'net'] } }, { 'aws:RequestTag/team': ['net'] }, true],
    [{ StringEquals: { 'aws:RequestTag/team': 'net' } }, { 'aws:RequestTag/team': ['Net'] }, false],
    [{ StringEquals: { 'aws:RequestTag/team': 'net' } }, {}, false],
    [{ StringEquals: { 'AWS:requestTag/team': 'net' } }, { 'aws:RequestTag/team': ['net'] }, true],
    [{ StringEqualsIfExists: { 'aws:RequestTag/team': 'net' } }, {}, true],
    [{ StringEqualsIfExists: { 'aws:RequestTag/team': 'net' } }, { 'aws:RequestTag/team': ['web'] }, false],
    [{ StringNotEquals: { 'aws:RequestTag/team': 'net' } }, {}, true],
    [{ StringNotEquals: { 'aws:RequestTag/team': 'net' } }, { 'aws:RequestTag/team': ['net'] }, false],
    [{ StringEqualsIgnoreCase: { 'aws:RequestTag/team': 'net' } }, { 'aws:RequestTag/team': ['NET'] }, true],
    [{ StringLike: { 'aws:RequestTag/team': 'n?t*' } }, { 'aws:RequestTag/team': ['network'] }, true],
    [{ StringLike: { 'aws:RequestTag/team': 'n?t' } }, { 'aws:RequestTag/team': ['network'] }, false],
    [{ StringNotLike: { 'aws:RequestTag/team': 'n*' } }, { 'aws:RequestTag/team': ['web'] }, true],
    [{ ArnEquals: { 'ec2:Vpc': vpc } }, { 'ec2:Vpc': [vpc] }, true],
    [{ ArnEquals: { 'ec2:Vpc': 'arn:aws:ec2:*:111122223333:vpc/*' } }, { 'ec2:Vpc': [vpc] }, true],
    [{ ArnLike: { 'ec2:Vpc': 'arn:aws:ec2:us-west-2:4*:vpc/*' } }, { 'ec2:Vpc': [vpc] }, false],
    [{ ArnLike: { 'ec2:Vpc': 'arn:aws:*:vpc/*' } }, { 'ec2:Vpc': [vpc] }, false],
    [{ ArnNotEquals: { 'ec2:Vpc': vpc } }, { 'ec2:Vpc': [`${vpc}2`] }, true],
    [{ Null: { 'aws:RequestTag/team': 'true' } }, {}, true],
    [{ Null: { 'aws:RequestTag/team': true } }, { 'aws:RequestTag/team': ['net'] }, false],
    [{ Null: { 'aws:RequestTag/team': 'false' } }, { 'aws:RequestTag/team': [''] }, true],
    [{ Bool: { 'aws:SecureTransport': true } }, { 'aws:SecureTransport': ['true'] }, true],
    [{ Bool: { 'aws:SecureTransport': 'true' } }, {}, false],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['b'] }, true],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['b', 'c'] }, false],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, {}, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, { 'aws:TagKeys': ['b', 'c'] }, true],
    [{ 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a', 'b'] } }, {}, false],
    [{ StringEquals: { 'aws:RequestTag/a': '1', 'aws:RequestTag/b': '2' } }, { 'aws:RequestTag/a': ['1'] }, false],
    [{ StringEquals: { 'aws:RequestTag/a': '1' }, Null: { 'aws:RequestTag/b': 'true' } }, { 'aws:RequestTag/a': ['1'] }, true],
    [
      { StringEquals: { 'aws:ResourceTag/cluster': ownCluster } },
      { 'aws:ResourceTag/cluster': ['eu'], 'aws:PrincipalTag/cluster': ['eu'] },
      true,
    ],
    [{ StringEquals: { 'aws:ResourceTag/cluster': ownCluster } }, { 'aws:ResourceTag/cluster': [''] }, false],
    [
      { StringLike: { 'aws:ResourceTag/cluster': ownCluster } },
      { 'aws:ResourceTag/cluster': ['eu'], 'aws:PrincipalTag/cluster': ['*'] },
      false,
    ],
  ];

  test.each(cases)('%j with %j: %s', (Condition, context, holds) => {
    expect(decision([allow({ Condition })], { context })).toBe(holds ? 'allowed' : 'implicitlyDenied');
  });
});

test.each<[string, unknown]>([
  ['a text', 'allow all'],
  ['another version', { Version: '2008-10-17', Statement: [] }],
  ['an unknown field', { Version: '2012-10-17', Statements: [] }],
  ['a statement without an effect', { Version: '2012-10-17', Statement: { Action: '*', Resource: '*' } }],
  ['a statement without a resource', { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*' } }],
  ['a statement with a principal', { Version: '2012-10-17', Statement: allow({ Principal: '*' }) }],
  ['an action without a service', { Version: '2012-10-17', Statement: allow({ Action: 'CreateRoute' }) }],
  ['a resource that is no ARN', { Version: '2012-10-17', Statement: allow({ Resource: 'vpc-1' }) }],
  ['both Action and NotAction', { Version: '2012-10-17', Statement: allow({ NotAction: '*' }) }],
  [
    'an operator that is not modelled',
    { Version: '2012-10-17', Statement: allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }) },
  ],
  ['a number as a condition’s value', { Version: '2012-10-17', Statement: allow({ Condition: { StringEquals: { a: 1 } } }) }],
])('is no policy: %s', (_what, document) => {
  expect(() => readPolicy(document)).toThrow(PolicyError);
});
