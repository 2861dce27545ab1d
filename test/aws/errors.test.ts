import { describe, expect, test } from '@jest/globals';
import { AwsError, type AwsErrorMeaning } from '../../src/aws/aws.ts';
import { codesByMeaning, fitForStatus, isCode, meaningOf, messageFor, toAwsError } from '../../src/aws/errors.ts';

/** As the SDK throws them. */
function serviceError(name: string, httpStatusCode: number, message = 'said by AWS'): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

describe('What a code means', () => {
  test.each<[string, AwsErrorMeaning]>([
    ['InvalidVpcPeeringConnectionID.NotFound', 'notFound'],
    ['InvalidVpcPeeringConnectionId.Malformed', 'invalid'],
    ['InvalidStateTransition', 'state'],
    ['VpcPeeringConnectionAlreadyExists', 'exists'],
    ['OperationNotPermitted', 'state'],
    ['ActiveVpcPeeringConnectionPerVpcLimitExceeded', 'quota'],
    ['OutstandingVpcPeeringConnectionLimitExceeded', 'outstanding'],
    ['PendingVpcPeeringConnectionLimitExceeded', 'outstanding'],
    ['VpcPeeringConnectionsPerVpcLimitExceeded', 'quota'],
    ['InvalidVpcPeeringConnectionState.DnsHostnamesDisabled', 'invalid'],
    ['InvalidVpcID.NotFound', 'notFound'],
    ['InvalidVpcID.Malformed', 'invalid'],
    ['VpcLimitExceeded', 'quota'],
    ['UnauthorizedOperation', 'denied'],
    ['AuthFailure', 'credentials'],
    ['DryRunOperation', 'invalid'],
    ['RequestLimitExceeded', 'throttled'],
    ['RouteAlreadyExists', 'exists'],
    ['InvalidRoute.NotFound', 'notFound'],
    ['InvalidParameterValue', 'invalid'],
    ['InvalidRouteTableID.NotFound', 'notFound'],
    ['InvalidRouteTableId.Malformed', 'invalid'],
    ['RouteLimitExceeded', 'quota'],
    ['ResourceCountLimitExceeded', 'quota'],
    ['InvalidTransitGatewayID.NotFound', 'notFound'],
    ['NatGatewayNotFound', 'notFound'],
    ['InvalidNatGatewayID.NotFound', 'notFound'],
    ['InvalidGatewayID.NotFound', 'notFound'],
    ['InvalidRoute.Malformed', 'invalid'],
    ['InvalidRoute.InvalidState', 'state'],
    ['MissingParameter', 'invalid'],
    ['InvalidParameterCombination', 'invalid'],
    ['InvalidAssociationID.NotFound', 'notFound'],
    ['DependencyViolation', 'state'],
    ['InvalidPermission.Duplicate', 'exists'],
    ['InvalidPermission.NotFound', 'notFound'],
    ['InvalidPermission.Malformed', 'invalid'],
    ['InvalidGroup.NotFound', 'notFound'],
    ['InvalidGroupId.Malformed', 'invalid'],
    ['InvalidSecurityGroupID.NotFound', 'notFound'],
    ['InvalidSecurityGroupRuleId.NotFound', 'notFound'],
    ['InvalidSecurityGroupRuleId.Malformed', 'invalid'],
    ['RulesPerSecurityGroupLimitExceeded', 'quota'],
    ['SecurityGroupsPerInterfaceLimitExceeded', 'quota'],
    ['InvalidGroup.Duplicate', 'exists'],
    ['InvalidGroup.InUse', 'state'],
    ['CannotDelete', 'state'],
    ['InvalidPrefixListID.NotFound', 'notFound'],
    ['Throttling', 'throttled'],
    ['ThrottlingException', 'throttled'],
    ['TooManyRequestsException', 'throttled'],
    ['FilterLimitExceeded', 'invalid'],
    ['InvalidMaxResults', 'invalid'],
    ['InvalidNextToken', 'invalid'],
    ['InvalidPaginationToken', 'invalid'],
    ['RequestExpired', 'credentials'],
    ['ExpiredToken', 'credentials'],
    ['IdempotentParameterMismatch', 'invalid'],
    ['AccessDenied', 'denied'],
  ])('%s is %s, in whatever case it is spelt', (code, meaning) => {
    expect(meaningOf(code, 400)).toBe(meaning);
    expect(meaningOf(code.toUpperCase(), 400)).toBe(meaning);
    expect(Object.values(codesByMeaning).flat()).toContain(code);
  });

  test('no code has two meanings', () => {
    const codes = Object.values(codesByMeaning)
      .flat()
      .map((code) => code.toLowerCase());
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
  });

  test('a code that nobody has seen is told by its ending, and then by its HTTP status', () => {
    expect(meaningOf('InvalidMoonID.NotFound', 400)).toBe('notFound');
    expect(meaningOf('MoonLimitExceeded', 400)).toBe('quota');
    expect(meaningOf('MoonEclipsed', 400)).toBe('invalid');
    expect(meaningOf('MoonEclipsed', 429)).toBe('throttled');
    expect(meaningOf('MoonEclipsed', 500)).toBe('transport');
  });
});

describe('An error that a call threw', () => {
  test('is throttling although EC2 sends it with 503, and AWS names the wait where it knows one', () => {
    const error = Object.assign(serviceError('RequestLimitExceeded', 503), { $response: { headers: { 'retry-after': '3' } } });
    expect(toAwsError(error, 'ec2:CreateRoute')).toMatchObject({ meaning: 'throttled', code: 'RequestLimitExceeded', retryAfterMs: 3000 });
  });

  test('leaves the effect open when AWS itself failed, whatever the code', () => {
    expect(toAwsError(serviceError('InvalidParameterValue', 500), 'ec2:CreateRoute').meaning).toBe('transport');
  });

  test.each(['ECONNRESET', 'ETIMEDOUT', 'EPIPE'])('leaves the effect open when the connection broke with %s', (code) => {
    const told = toAwsError(Object.assign(new Error('socket hang up'), { code }), 'ec2:CreateRoute');
    expect(told).toMatchObject({ meaning: 'transport', code, message: `ec2:CreateRoute: ${code}: socket hang up` });
  });

  test('leaves the effect open when no answer came in time, or none that could be read', () => {
    expect(toAwsError(Object.assign(new Error('late'), { name: 'TimeoutError' }), 'a').meaning).toBe('transport');
    expect(toAwsError(new SyntaxError('unexpected <'), 'a').meaning).toBe('transport');
    expect(toAwsError('thrown text', 'a').meaning).toBe('transport');
  });

  test('comes back as it is when it was told apart before', () => {
    const error = new AwsError({ meaning: 'quota', code: 'X', action: 'a', message: 'm' });
    expect(toAwsError(error, 'b')).toBe(error);
  });

  test('is compared by code without case', () => {
    const error = toAwsError(serviceError('InvalidVpcPeeringConnectionId.NotFound', 400), 'a');
    expect(isCode(error, 'InvalidVpcPeeringConnectionID.NotFound')).toBe(true);
    expect(isCode(error, 'InvalidVpcPeeringConnectionID.Malformed')).toBe(false);
  });
});

describe('A message that is fit for a status', () => {
  const blob = 'aB3-_'.repeat(60);
  const said = (requestId: string, moment: string) =>
    `You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/isthmus/isthmus-c is not authorized. ` +
    `Encoded authorization failure message: ${blob}${requestId} (Service: Ec2, Status Code: 403, Request ID: ${requestId}) at ${moment}`;

  test('is the same each time the same thing happens', () => {
    const first = fitForStatus(said('0b1c2d3e-0000-4000-8000-000000000001', '20260101T000000Z'));
    const second = fitForStatus(said('9b1c2d3e-0000-4000-8000-00000000000f', '20260102T112233Z'));
    expect(second).toBe(first);
    expect(first).toBe(
      'You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/isthmus/isthmus-c is not authorized at …',
    );
  });

  test('keeps the ids of what it is about', () => {
    const text = "The vpcPeeringConnection ID 'pcx-0a1b2c3d4e5f60718' does not exist";
    expect(fitForStatus(text)).toBe(text);
  });

  test('has no access keys, no bare request ids and no end that is out of sight', () => {
    expect(fitForStatus('key ASIAIOSFODNN7EXAMPLE, RequestId: 0b1c2d3e-0000-4000-8000-000000000001')).toBe('key …');
    expect(fitForStatus('word '.repeat(400))).toHaveLength(500);
  });
});

describe('A message for those who may use some accounts', () => {
  const [mine, theirs] = ['111122223333', '444455556666'];
  const error = (message: string) => new AwsError({ meaning: 'denied', code: 'AccessDenied', action: 'ec2:CreateRoute', message });
  const of = (message: string) => messageFor(new Set([mine]), error(message), mine);

  test.each([
    [`on arn:aws:ec2:us-west-2:${mine}:vpc/vpc-1, and`, `on arn:aws:ec2:us-west-2:${mine}:vpc/vpc-1, and`],
    [`on arn:aws:ec2:us-west-2:${theirs}:vpc/vpc-1, and`, 'on …, and'],
    [`on arn:aws-us-gov:ec2:us-gov-west-1:${theirs}:vpc/vpc-1`, 'on …'],
    ['of arn:aws:ec2:us-west-2:aws:prefix-list/pl-1', 'of arn:aws:ec2:us-west-2:aws:prefix-list/pl-1'],
    [`User: arn:aws:sts::${mine}:assumed-role/isthmus/s is not authorized`, 'User: … is not authorized'],
    [`deny in "arn:aws:organizations::${mine}:policy/o-1/p-1"`, 'deny in "…"'],
    [`is ${theirs}, not ${mine}`, `is …, not ${mine}`],
    [`cut off: arn:aws:ec2:us-west-2:${theirs.slice(0, 5)}`, 'cut off: …'],
    ['the ID vpc-123456789012 and eni-0123456789012abcd', 'the ID vpc-123456789012 and eni-0123456789012abcd'],
  ])('leaves out what is not theirs: %s', (message, told) => {
    expect(of(message)).toBe(told);
  });

  test('names no more than what was refused, where the account is closed to them', () => {
    expect(messageFor(new Set([theirs]), error('all kinds of things'), mine)).toBe('ec2:CreateRoute: AccessDenied');
  });
});
