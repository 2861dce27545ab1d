import { describe, expect, test } from '@jest/globals';
import { changes } from '../../src/aws/changes.ts';
import {
  accountPolicies,
  accountTrust,
  controllerPolicy,
  controllerTrust,
  features,
  type PolicyScope,
  policySize,
  policySizeLimit,
  trustSizeLimit,
} from '../../src/aws/iam-policy.ts';
import { statements } from '../../src/aws/permissions.ts';
import { reads } from '../../src/aws/reads.ts';

const [one, other] = ['111122223333', '222233334444'];
const scope = (more: Partial<PolicyScope> = {}): PolicyScope => ({
  accountId: one,
  clusterName: 'prod',
  features,
  partition: 'aws',
  regions: [],
  vpcIds: [],
  peerAccountIds: [],
  requiredTags: {},
  ...more,
});
const printed = (more: Partial<PolicyScope> = {}) => accountPolicies(scope(more)).flatMap(({ Statement }) => Statement);
const statement = (name: string, more: Partial<PolicyScope> = {}) => {
  const found = printed(more).find(({ Sid }) => Sid === name);
  if (!found) throw new Error(`no statement ${name}`);
  return found;
};
const vpcs = (count: number) => Array.from({ length: count }, (_, index) => `vpc-${String(index).padStart(17, '0')}`);

describe('The policy of an account’s role', () => {
  test('allows what the tables of changes and reads ask for, and nothing else', () => {
    const allowed = new Set(printed().flatMap(({ Action }) => Action));
    const ofChanges = Object.values(changes).flatMap(({ permissions }) => permissions.map(({ action }) => action as string));
    const describes = [...allowed].filter((action) => action.startsWith('ec2:Describe'));
    expect([...allowed].filter((action) => !describes.includes(action)).toSorted()).toEqual([...new Set(ofChanges)].toSorted());
    const ofReads = Object.values(reads).map(({ action }) => `ec2:${action}`);
    expect(describes.filter((action) => !ofReads.includes(action))).toEqual([]);
    expect(printed().map(({ Sid }) => Sid)).toEqual(Object.keys(statements));
    expect([...allowed].filter((action) => action.includes('*'))).toEqual([]);
  });

  test('is about one account’s things, and everything only where AWS knows no things', () => {
    for (const { Sid, Resource } of printed()) {
      if (Sid === 'Look') expect(Resource).toBe('*');
      else for (const arn of Resource ?? []) expect(arn).toMatch(/^arn:aws:ec2:\*:111122223333:[a-z-]+\/\*$/);
    }
  });

  test('is the same each time that it is printed', () => {
    expect(JSON.stringify(printed({ vpcIds: vpcs(3) }))).toBe(JSON.stringify(printed({ vpcIds: vpcs(3) })));
  });

  test('is held to regions in every statement', () => {
    for (const { Condition } of printed({ regions: ['us-west-2', 'eu-west-2'] })) {
      expect(Condition?.StringEquals?.['aws:RequestedRegion']).toEqual(['us-west-2', 'eu-west-2']);
    }
    expect(JSON.stringify(printed())).not.toContain('aws:RequestedRegion');
  });

  test('is held to VPCs wherever AWS has them', () => {
    const [vpcId = ''] = vpcs(1);
    const arn = `arn:aws:ec2:*:${one}:vpc/${vpcId}`;
    const chosen = { vpcIds: [vpcId], peerAccountIds: [other] };
    expect(statement('JoinVpcs', chosen).Resource).toEqual([arn]);
    for (const name of ['ChangeRoutes', 'ChangeRules'])
      expect(statement(name, chosen).Condition).toEqual({ ArnLike: { 'ec2:Vpc': [arn] } });
    const known = [arn, `arn:aws:ec2:*:${other}:vpc/*`];
    expect(statement('RequestConnections', chosen).Condition?.ArnLike).toEqual({ 'ec2:RequesterVpc': [arn], 'ec2:AccepterVpc': known });
    expect(statement('AcceptConnections', chosen).Condition?.ArnLike).toEqual({ 'ec2:RequesterVpc': known, 'ec2:AccepterVpc': [arn] });
    expect(statement('SetConnectionOptions', chosen).Condition?.ArnLike).toEqual({ 'ec2:RequesterVpc': known, 'ec2:AccepterVpc': known });
  });

  test('is held to tags of the administrators on what is the users’ own', () => {
    const requiredTags = { joinable: 'yes', zone: 'inner' };
    for (const name of ['JoinVpcs', 'ChangeRoutes', 'ChangeRules']) {
      expect(statement(name, { requiredTags }).Condition).toEqual({
        StringEquals: { 'aws:ResourceTag/joinable': 'yes', 'aws:ResourceTag/zone': 'inner' },
      });
    }
    expect(statement('TagOwn', { requiredTags })).toEqual(statement('TagOwn'));
  });

  test('names no other account’s VPCs than those that were given', () => {
    expect(JSON.stringify(printed())).not.toContain(other);
    expect(JSON.stringify(printed({ peerAccountIds: [one, other] })).match(/222233334444:vpc/g)).toHaveLength(5);
  });

  test('speaks of the partition that it is for', () => {
    expect(JSON.stringify(printed({ partition: 'aws-cn' }))).not.toMatch(/arn:aws:/);
  });

  test('fits into what AWS takes, as one document as it is and as several with long lists', () => {
    const regions = ['us-west-2', 'eu-west-2', 'ap-northeast-2'];
    expect(accountPolicies(scope({ regions, vpcIds: vpcs(2), peerAccountIds: [other] }))).toHaveLength(1);
    const several = accountPolicies(scope({ vpcIds: vpcs(40) }));
    expect(several.length).toBeGreaterThan(1);
    for (const document of several) expect(policySize(document)).toBeLessThanOrEqual(policySizeLimit);
    expect(several.flatMap(({ Statement }) => Statement)).toEqual(printed({ vpcIds: vpcs(40) }));
    expect(() => accountPolicies(scope({ vpcIds: vpcs(400) }))).toThrow(
      /^the statement JoinVpcs would have \d+ characters, and AWS takes 6144/,
    );
  });
});

describe('The trust policy of an account’s role', () => {
  const controllerArn = 'arn:aws:iam::999988887777:role/isthmus-controller';

  test('lets the controller in with its cluster’s tag, the external id, and no tag besides', () => {
    const { Statement } = accountTrust({ controllerArn, clusterName: 'prod', externalId: 'b2c1' });
    expect(Statement).toEqual([
      {
        Sid: 'Assume',
        Effect: 'Allow',
        Principal: { AWS: controllerArn },
        Action: ['sts:AssumeRole'],
        Condition: { StringEquals: { 'aws:RequestTag/isthmus.dev/cluster': 'prod', 'sts:ExternalId': 'b2c1' } },
      },
      {
        Sid: 'TagSession',
        Effect: 'Allow',
        Principal: { AWS: controllerArn },
        Action: ['sts:TagSession'],
        Condition: {
          StringEquals: { 'aws:RequestTag/isthmus.dev/cluster': 'prod' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['isthmus.dev/cluster'] },
        },
      },
    ]);
  });

  test('asks for no external id where there is none, and lets through the tags that EKS gives to pods', () => {
    const document = accountTrust({ controllerArn, clusterName: 'prod', podIdentity: true });
    expect(JSON.stringify(document)).not.toContain('ExternalId');
    expect(document.Statement[1]?.Condition?.['ForAllValues:StringEquals']?.['aws:TagKeys']).toContain('kubernetes-namespace');
  });

  test('fits into what AWS takes, with names as long as they may be', () => {
    const longest = { controllerArn: `${controllerArn}/${'x'.repeat(64)}`, clusterName: 'c'.repeat(256), externalId: 'e'.repeat(200) };
    expect(policySize(accountTrust({ ...longest, podIdentity: true }))).toBeLessThanOrEqual(trustSizeLimit);
  });
});

describe('The controller’s own role', () => {
  test('may become the roles of its accounts, under its own cluster’s name only', () => {
    const roleArn = `arn:aws:iam::${one}:role/isthmus`;
    expect(controllerPolicy([roleArn], 'prod').Statement).toEqual([
      {
        Sid: 'AssumeAccountRoles',
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: [roleArn],
        Condition: { StringEquals: { 'aws:RequestTag/isthmus.dev/cluster': 'prod' } },
      },
    ]);
  });

  test('is the role of one service account', () => {
    const pod = { namespace: 'isthmus', serviceAccount: 'controller' };
    const oidcProviderArn = 'arn:aws:iam::999988887777:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE';
    expect(controllerTrust({ ...pod, identity: 'irsa', oidcProviderArn }).Statement[0]).toMatchObject({
      Principal: { Federated: oidcProviderArn },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Condition: {
        StringEquals: {
          'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:aud': 'sts.amazonaws.com',
          'oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub': 'system:serviceaccount:isthmus:controller',
        },
      },
    });
    expect(controllerTrust({ ...pod, identity: 'pod-identity' }).Statement[0]).toMatchObject({
      Principal: { Service: 'pods.eks.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'isthmus', 'aws:RequestTag/kubernetes-service-account': 'controller' },
      },
    });
  });
});
