import { AwsError, type AwsErrorMeaning } from './aws.ts';

/**
 * Every code that we know, by what it means for the loop (EC2 API Reference, "Error codes"; STS and the SDK's own besides). AWS itself
 * is not of one mind about upper and lower case (`…ConnectionID.NotFound`, `…ConnectionId.Malformed`): codes are compared without it.
 */
export const codesByMeaning: Readonly<Record<AwsErrorMeaning, readonly string[]>> = {
  throttled: [
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequestsException',
    'RequestThrottled',
    'RequestThrottledException',
    'EC2ThrottledException',
    'PriorRequestNotComplete',
    'SlowDown',
    'BandwidthLimitExceeded',
  ],
  transport: [
    'InternalError',
    'InternalFailure',
    'InternalServerError',
    'InternalServerException',
    'ServerInternal',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'Unavailable',
    'RequestTimeout',
    'RequestTimeoutException',
    // Of the SDK and of Node, where no answer came.
    'TimeoutError',
    'AbortError',
    'ECONNRESET',
    'ECONNREFUSED',
    'ECONNABORTED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ],
  denied: [
    'UnauthorizedOperation',
    'AccessDenied',
    'AccessDeniedException',
    'Client.UnauthorizedOperation',
    'OptInRequired',
    'Blocked',
    'PendingVerification',
    'RegionDisabledException',
  ],
  credentials: [
    'AuthFailure',
    'ExpiredToken',
    'ExpiredTokenException',
    'RequestExpired',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'InvalidSecurity',
    'InvalidIdentityToken',
    'IDPCommunicationError',
    'IncompleteSignature',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'SignatureDoesNotMatch',
    'UnrecognizedClientException',
    'CredentialsProviderError',
    'TokenProviderError',
  ],
  notFound: [
    'InvalidVpcPeeringConnectionID.NotFound',
    'InvalidVpcID.NotFound',
    'InvalidSubnetID.NotFound',
    'InvalidRoute.NotFound',
    'InvalidRouteTableID.NotFound',
    'InvalidAssociationID.NotFound',
    'InvalidTransitGatewayID.NotFound',
    'InvalidNatGatewayID.NotFound',
    'NatGatewayNotFound',
    'InvalidGatewayID.NotFound',
    'InvalidInternetGatewayID.NotFound',
    'InvalidNetworkAclID.NotFound',
    'InvalidNetworkInterfaceID.NotFound',
    'InvalidInstanceID.NotFound',
    'InvalidPermission.NotFound',
    'InvalidGroup.NotFound',
    'InvalidSecurityGroupID.NotFound',
    'InvalidSecurityGroupRuleId.NotFound',
    'InvalidPrefixListID.NotFound',
    'InvalidID',
  ],
  exists: ['VpcPeeringConnectionAlreadyExists', 'RouteAlreadyExists', 'InvalidPermission.Duplicate', 'InvalidGroup.Duplicate'],
  state: [
    'InvalidStateTransition',
    'IncorrectState',
    'OperationNotPermitted',
    'InvalidRoute.InvalidState',
    'InvalidGroup.InUse',
    'DependencyViolation',
    'CannotDelete',
    'ConcurrentTagAccess',
  ],
  // An account may have 25 requests outstanding (aws.md 1.8): places come free as they are accepted.
  outstanding: ['OutstandingVpcPeeringConnectionLimitExceeded', 'PendingVpcPeeringConnectionLimitExceeded'],
  quota: [
    'ActiveVpcPeeringConnectionPerVpcLimitExceeded',
    'VpcPeeringConnectionsPerVpcLimitExceeded',
    'VpcLimitExceeded',
    'RouteLimitExceeded',
    'ResourceCountLimitExceeded',
    'RulesPerSecurityGroupLimitExceeded',
    'SecurityGroupsPerInterfaceLimitExceeded',
    'TagLimitExceeded',
    'LimitExceededException',
  ],
  invalid: [
    // The answer to a dry run that would be allowed: nothing was done.
    'DryRunOperation',
    // Waiting does not help: somebody must switch the VPC's DNS host names on.
    'InvalidVpcPeeringConnectionState.DnsHostnamesDisabled',
    'InvalidVpcPeeringConnectionId.Malformed',
    'InvalidVpcID.Malformed',
    'InvalidRouteTableId.Malformed',
    'InvalidRoute.Malformed',
    'InvalidGroupId.Malformed',
    'InvalidSecurityGroupRuleId.Malformed',
    'InvalidPermission.Malformed',
    'InvalidParameter',
    'InvalidParameterValue',
    'InvalidParameterException',
    'InvalidParameterCombination',
    'MissingParameter',
    'UnknownParameter',
    'ValidationError',
    'InvalidAction',
    'InvalidMaxResults',
    'InvalidNextToken',
    'InvalidPaginationToken',
    'FilterLimitExceeded',
    'IdempotentParameterMismatch',
    'UnsupportedOperation',
    'MalformedPolicyDocument',
    'PackedPolicyTooLarge',
  ],
};

const meanings = new Map<string, AwsErrorMeaning>(
  (Object.keys(codesByMeaning) as AwsErrorMeaning[]).flatMap((meaning) =>
    codesByMeaning[meaning].map((code): [string, AwsErrorMeaning] => [code.toLowerCase(), meaning]),
  ),
);

/** AWS makes new codes by these endings; one that the table does not have is told by its ending, and only then by its HTTP status. */
const endings: readonly (readonly [RegExp, AwsErrorMeaning])[] = [
  [/notfound(exception)?$/i, 'notFound'],
  [/(duplicate|alreadyexists|alreadyexistsexception)$/i, 'exists'],
  [/(limitexceeded|quotaexceeded|quotaexceededexception)$/i, 'quota'],
];

/** What a code means. Without a known code or ending, a 4xx is a request that AWS does not take, and anything else no answer at all. */
export function meaningOf(code: string, httpStatus?: number): AwsErrorMeaning {
  const known = meanings.get(code.toLowerCase()) ?? endings.find(([ending]) => ending.test(code))?.[1];
  if (known) return known;
  if (httpStatus === 429) return 'throttled';
  return httpStatus !== undefined && httpStatus >= 400 && httpStatus < 500 ? 'invalid' : 'transport';
}

/** Whether two codes are one, in whatever case AWS spells them. */
export function isCode(error: AwsError, ...codes: readonly string[]): boolean {
  return codes.some((code) => code.toLowerCase() === error.code.toLowerCase());
}

/** What the SDK's and Node's errors may carry. */
interface RawError {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * Whatever a call to AWS threw, told apart. An AwsError comes back as it is.
 *
 * @param action `ec2:CreateRoute` …
 */
export function toAwsError(error: unknown, action: string): AwsError {
  if (error instanceof AwsError) return error;
  const raw: RawError = typeof error === 'object' && error !== null ? error : { message: String(error) };
  const status = raw.$metadata?.httpStatusCode;
  const code = codeOf(raw);
  // A fault of AWS's own leaves the effect open, whatever it is called.
  const meaning = status !== undefined && status >= 500 && meaningOf(code) !== 'throttled' ? 'transport' : meaningOf(code, status);
  return new AwsError({
    meaning,
    code,
    action,
    message: `${action}: ${messageOf(raw, code)}`,
    retryAfterMs: meaning === 'throttled' ? retryAfterMs(raw) : undefined,
    cause: error,
  });
}

function codeOf(raw: RawError): string {
  // Node's errors say what happened in `code` (`ECONNRESET`), the SDK's have AWS's code as their name.
  const named = raw.$metadata?.httpStatusCode === undefined && typeof raw.code === 'string' ? raw.code : raw.name;
  return typeof named === 'string' && named !== '' ? named : 'Unknown';
}

function messageOf(raw: RawError, code: string): string {
  const text = typeof raw.message === 'string' ? fitForStatus(raw.message) : '';
  if (text === '' || text === code) return code;
  return `${code}: ${text}`;
}

function retryAfterMs(raw: RawError): number | undefined {
  const seconds = Number(raw.$response?.headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

/** Services whose ARNs are about who may do what, which is for the administrators of an account alone. */
const identityServices: ReadonlySet<string | undefined> = new Set(['iam', 'sts', 'organizations', 'sso']);

/**
 * What an error says, for those who may use certain AWS accounts and may know nothing of others. AWS's texts name callers, policies and things
 * of whatever account they concern: of an account that they may not use nothing is told but the action and the code, and in other texts
 * roles, users, policies, and the ids and ARNs of other accounts are left out.
 *
 * @param mayUse ids of AWS accounts
 * @param accountId of the account that the call was made in
 */
export function messageFor(mayUse: ReadonlySet<string>, error: AwsError, accountId: string): string {
  if (!mayUse.has(accountId)) return `${error.action}: ${error.code}`;
  return error.message
    .replace(/\barn:[^\s"'<>,;()]*/g, (arn) => {
      const [, , service, , owner, thing] = arn.split(':');
      const isTheirs =
        thing !== undefined && !identityServices.has(service) && (owner === '' || owner === 'aws' || mayUse.has(owner ?? ''));
      return isTheirs ? arn : '…';
    })
    .replace(/(?<![\w-])[0-9]{12}(?!\w)/g, (id) => (mayUse.has(id) ? id : '…'));
}

const longestMessage = 500;

/**
 * What differs from one occurrence of the same error to the next is taken out, so that a status that repeats it does not change:
 * request ids, encoded authorization blobs, access key ids, moments; then white space and length are brought in bounds.
 */
export function fitForStatus(message: string): string {
  const text = message
    .replace(/\(Service:[^)]*\)/gi, '')
    .replace(/[,;.]?\s*encoded authorization failure message:?\s*\S*/gi, '')
    .replace(/[,;(]?\s*request[ _-]?id:?\s*[\w-]+\)?/gi, '')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '…')
    .replace(/\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{8,}\b/g, '…')
    .replace(/\b\d{8}T\d{6}Z\b|\b\d{4}-\d{2}-\d{2}T[\d:.]+Z\b/g, '…')
    .replace(/[A-Za-z0-9+/_=-]{100,}/g, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
}
