import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { errorOf, form, type SmallAws, smallAws } from './small-aws.ts';

const roleArn = 'arn:aws:iam::444455556666:role/isthmus';

async function assume(aws: SmallAws, input: Partial<AssumeRoleCommandInput> = {}, client = aws.sts()) {
  const answer = await client.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'session', ...input }));
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials!;
  const settings = {
    region: 'eu-west-1',
    credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! },
    requestHandler: aws.handler,
    maxAttempts: 1,
  };
  return { answer, ec2: new EC2Client(settings), sts: new STSClient(settings), settings };
}

describe('who a caller is', () => {
  test('an access key id of twelve digits is the account’s own root', async () => {
    const answer = await smallAws().sts('111122223333').send(new GetCallerIdentityCommand());
    expect(answer).toMatchObject({ UserId: '111122223333', Account: '111122223333', Arn: 'arn:aws:iam::111122223333:root' });
  });

  test('any other long-term key belongs to the one account that AWS’s examples are about', async () => {
    const answer = await smallAws().sts('AKIAIOSFODNN7EXAMPLE').send(new GetCallerIdentityCommand());
    expect(answer).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:root' });
  });

  test('a session is in its role’s account, by the role’s name without its path', async () => {
    const aws = smallAws();
    const { answer, sts } = await assume(aws, { RoleArn: 'arn:aws:iam::444455556666:role/teams/net/isthmus' });
    const identity = await sts.send(new GetCallerIdentityCommand());
    expect(identity).toMatchObject({ Account: '444455556666', Arn: 'arn:aws:sts::444455556666:assumed-role/isthmus/session' });
    expect(identity.UserId).toBe(answer.AssumedRoleUser!.AssumedRoleId);
    expect(identity.UserId).toMatch(/^AROA[A-Z2-7]{17}:session$/);
    expect(answer.AssumedRoleUser!.Arn).toBe(identity.Arn);
    expect(answer.Credentials!.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  });

  test('what a session does, it does in its role’s account and in the region that it signs for', async () => {
    const aws = smallAws();
    const { settings } = await assume(aws);
    const client = new EC2Client({ ...settings, region: 'ap-southeast-2' });
    await client.send(new DescribeVpcsCommand());
    expect(aws.simulator.record.calls().at(-1)).toMatchObject({
      accountId: '444455556666',
      region: 'ap-southeast-2',
      caller: 'arn:aws:sts::444455556666:assumed-role/isthmus/session',
      service: 'ec2',
    });
  });

  test('sessions outlive a restart of the simulator', async () => {
    const { settings } = await assume(smallAws());
    const sts = new STSClient({ ...settings, requestHandler: smallAws().handler });
    expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: '444455556666' });
  });
});

describe('what is wrong with a signature', () => {
  const presigned =
    '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Signature=00';

  test('none is MissingAuthenticationToken, in the form of the service whose version is asked for', async () => {
    const { simulator } = smallAws();
    const toEc2 = await simulator.handle({ method: 'POST', path: '/', headers: {}, body: 'Action=DescribeVpcs&Version=2016-11-15' });
    const toSts = await simulator.handle({ method: 'POST', path: '/', headers: {}, body: 'Action=GetCallerIdentity&Version=2011-06-15' });
    expect([toEc2.status, errorOf(toEc2.body).code, toEc2.body.includes('<Response>')]).toEqual([403, 'MissingAuthenticationToken', true]);
    expect([toSts.status, errorOf(toSts.body).code, toSts.body.includes('<ErrorResponse')]).toEqual([
      403,
      'MissingAuthenticationToken',
      true,
    ]);
  });

  test.each([
    'Bearer abc',
    'AWS4-HMAC-SHA256 SignedHeaders=host',
    'AWS4-HMAC-SHA256 Credential=111122223333/eu-west-1/ec2/aws4_request, Signature=00',
    'AWS4-HMAC-SHA256 Credential=111122223333/20260101/eu-west-1/ec2/aws3_request, Signature=00',
  ])('%s is IncompleteSignature', async (authorization) => {
    const answer = await smallAws().simulator.handle({
      method: 'POST',
      path: '/',
      headers: { authorization },
      body: 'Action=DescribeVpcs',
    });
    expect([answer.status, errorOf(answer.body).code]).toEqual([400, 'IncompleteSignature']);
  });

  test('a presigned request says who it is in its query string', async () => {
    const credential = encodeURIComponent('111122223333/20260101/eu-west-1/sts/aws4_request');
    const answer = await smallAws().simulator.handle({
      method: 'GET',
      path: `${presigned}&X-Amz-Credential=${credential}`,
      headers: {},
      body: '',
    });
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('<Account>111122223333</Account>')]);
  });

  test('a temporary key that was never issued, or comes with another’s token, is nobody', async () => {
    const aws = smallAws();
    const { settings } = await assume(aws);
    const other = (await assume(aws)).settings.credentials.sessionToken;
    const token = settings.credentials.sessionToken;
    const key = settings.credentials.accessKeyId;
    const cases = [
      { key: 'ASIAIOSFODNN7EXAMPLE', token },
      { key, token: other },
      { key, token: '' },
      { key, token: 'bnVsbA==' },
      { key, token: 'e30=' },
    ];
    for (const session of cases) {
      const fromEc2 = await aws.simulator.handle(form('Action=DescribeVpcs', session));
      expect([fromEc2.status, errorOf(fromEc2.body).code]).toEqual([401, 'AuthFailure']);
      const fromSts = await aws.simulator.handle(form('Action=GetCallerIdentity', { ...session, service: 'sts' }));
      expect([fromSts.status, errorOf(fromSts.body).code]).toEqual([403, 'InvalidClientTokenId']);
    }
  });

  test('a session ends to the millisecond, and each service says so in its own words', async () => {
    const aws = smallAws();
    const { answer, ec2, sts } = await assume(aws, { DurationSeconds: 900 });
    expect(answer.Credentials!.Expiration!.getTime()).toBe(aws.clock.now() + 900_000);
    await aws.clock.advance(899_999);
    await ec2.send(new DescribeVpcsCommand());
    await aws.clock.advance(1);
    await expect(ec2.send(new DescribeVpcsCommand())).rejects.toMatchObject({ name: 'RequestExpired', $metadata: { httpStatusCode: 400 } });
    await expect(sts.send(new GetCallerIdentityCommand())).rejects.toMatchObject({
      name: 'ExpiredToken',
      $metadata: { httpStatusCode: 403 },
    });
  });

  test('a service that the simulator does not have is named, in JSON or XML as the caller reads it', async () => {
    const { simulator } = smallAws();
    const xml = await simulator.handle(form('Action=ListUsers', { service: 'iam' }));
    expect([xml.status, errorOf(xml.body).message]).toEqual([501, 'The simulator does not model the service iam']);
    const json = await simulator.handle({
      ...form('{}', { service: 'lambda' }),
      headers: { authorization: form('', { service: 'lambda' }).headers.authorization! },
    });
    expect([json.status, JSON.parse(json.body)]).toEqual([
      501,
      { __type: 'NotImplemented', message: 'The simulator does not model the service lambda' },
    ]);
  });
});

describe('AssumeRole', () => {
  const refused: readonly [why: string, input: Partial<AssumeRoleCommandInput>, name: string, message: RegExp][] = [
    [
      'a session name that is too short',
      { RoleSessionName: 'x' },
      'ValidationError',
      /'x' at 'roleSessionName' .* length greater than or equal to 2/,
    ],
    ['a session name that is too long', { RoleSessionName: 'x'.repeat(65) }, 'ValidationError', /length less than or equal to 64/],
    ['a session name with a slash', { RoleSessionName: 'a/b' }, 'ValidationError', /regular expression pattern: \[\\w\+=,\.@-\]\*$/],
    ['an external id that is too short', { ExternalId: 'x' }, 'ValidationError', /'externalId'/],
    ['an external id with a space', { ExternalId: 'a b' }, 'ValidationError', /'externalId'/],
    [
      'less than fifteen minutes',
      { DurationSeconds: 899 },
      'ValidationError',
      /'899' at 'durationSeconds' .* greater than or equal to 900/,
    ],
    ['more than twelve hours', { DurationSeconds: 43_201 }, 'ValidationError', /less than or equal to 43200/],
    ['two things at once', { RoleSessionName: 'x', DurationSeconds: 1 }, 'ValidationError', /^2 validation errors detected: .*; .*/],
    ['an ARN that is not a role’s', { RoleArn: 'arn:aws:iam::444455556666:user/isthmus' }, 'ValidationError', /is invalid$/],
    ['an account of eleven digits', { RoleArn: 'arn:aws:iam::44445555666:role/isthmus' }, 'ValidationError', /is invalid$/],
    ['a policy that is not JSON', { Policy: '{' }, 'MalformedPolicyDocumentException', /invalid Json/],
    [
      'tags that differ only in case',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'A', Value: '2' },
        ],
      },
      'InvalidParameterValue',
      /Duplicate tag keys/,
    ],
    ['fifty-one tags', { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' })) }, 'ValidationError', /'tags'/],
    ['a tag key that is too long', { Tags: [{ Key: 'k'.repeat(129), Value: '' }] }, 'ValidationError', /'tags\.1\.member\.key'/],
    ['a transitive key that is no tag', { TransitiveTagKeys: ['cluster'] }, 'InvalidParameterValue', /cluster/],
  ];

  test.each(refused)('refuses %s', async (_why, input, name, message) => {
    await expect(assume(smallAws(), input)).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  test('takes tags, a policy, a source identity and the longest duration', async () => {
    const { answer } = await assume(smallAws(), {
      Tags: [{ Key: 'cluster', Value: 'eu' }],
      TransitiveTagKeys: ['Cluster'],
      Policy: '{"Version":"2012-10-17","Statement":[]}',
      SourceIdentity: 'admin',
      DurationSeconds: 43_200,
    });
    expect(answer.SourceIdentity).toBe('admin');
  });

  test('a session may assume the next role, for an hour at most', async () => {
    const aws = smallAws();
    const { sts } = await assume(aws);
    const next = { RoleArn: 'arn:aws:iam::777788889999:role/next' };
    await expect(assume(aws, { ...next, DurationSeconds: 3601 }, sts)).rejects.toMatchObject({
      name: 'ValidationError',
      message: /role chaining/,
    });
    const chained = await assume(aws, next, sts);
    expect(await chained.sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: '777788889999' });
  });

  test('asks the roles’ trust where there is one, with who calls and the external id', async () => {
    const asked: unknown[][] = [];
    const aws = smallAws({
      roleTrust: {
        mayAssume(...question) {
          asked.push(question);
          return question[2] === 'secret' || 'the external id is another';
        },
      },
    });
    await assume(aws, { ExternalId: 'secret' });
    await expect(assume(aws)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::111122223333:root is not authorized to perform: sts:AssumeRole on resource: ${roleArn} (the external id is another)`,
      $metadata: { httpStatusCode: 403 },
    });
    expect(asked).toEqual([
      ['111122223333', roleArn, 'secret'],
      ['111122223333', roleArn, undefined],
    ]);
  });

  test('the same seed gives the same keys, whatever else was called before', async () => {
    const one = smallAws();
    await one.ec2().send(new DescribeVpcsCommand());
    const other = smallAws();
    expect((await assume(one)).answer.Credentials).toEqual((await assume(other)).answer.Credentials);
  });
});
