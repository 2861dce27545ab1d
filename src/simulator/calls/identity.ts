import { partitionOf } from '../../network/partitions.ts';
import type { Call } from '../service.ts';
import type { WireRequest } from '../wire/protocol.ts';

/**
 * The account of every access key that says nothing about its account: the one that AWS's own documentation uses in its examples.
 */
export const defaultAccountId = '123456789012';

/** Who signed a request, and for what. */
export interface Signer extends Call {
  /** The service's signing name: `ec2`. */
  readonly service: string;
}

/** A session made by AssumeRole. It is all in its token, so that sessions outlive a restart of the simulator and cost no memory. */
export interface RoleSession {
  readonly accessKeyId: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The policy document that it was begun with. */
  readonly policy?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What is wrong with a request's signature. */
export type SignatureFlaw =
  /** There is none. */
  | 'missing'
  /** It cannot be read. */
  | 'malformed'
  /** Its temporary key and its session token do not belong together, or were never issued. */
  | 'invalidToken'
  | 'expiredToken';

/** Thrown by {@link signerOf}; `service` is known where the signature says it. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
  readonly flaw: SignatureFlaw;
  readonly service: string | undefined;

  constructor(flaw: SignatureFlaw, service?: string) {
    super(`signature: ${flaw}`);
    this.flaw = flaw;
    this.service = service;
  }
}

/**
 * Works out the caller from a request's version 4 signature, in its header or (presigned) in its query string. The signature itself is not
 * checked: the simulator knows no secrets. The account is the access key id where that is twelve digits, that of the role for a session, and
 * {@link defaultAccountId} for any other long-term key.
 *
 * @param now milliseconds since the epoch, against which sessions expire
 * @throws SignatureError
 */
export function signerOf(request: WireRequest, now: number): Signer {
  const { credential, token } = request.headers.authorization === undefined ? fromQuery(request) : fromHeader(request);
  const parts = credential.split('/');
  // Key ids contain no slash; the scope is date, region, service and `aws4_request`.
  const [accessKeyId, date, region, service, end] = parts;
  if (parts.length !== 5 || !accessKeyId || !/^\d{8}$/.test(date ?? '') || !region || !service || end !== 'aws4_request') {
    throw new SignatureError('malformed');
  }
  if (/^\d{12}$/.test(accessKeyId)) return { ...root(accessKeyId, region), region, service };
  if (!accessKeyId.startsWith(temporaryKeyPrefix)) return { ...root(defaultAccountId, region), region, service };
  const session = readSessionToken(token ?? '');
  if (session?.accessKeyId !== accessKeyId) throw new SignatureError('invalidToken', service);
  if (session.expiresAt <= now) throw new SignatureError('expiredToken', service);
  const role = parseRoleArn(session.roleArn)!;
  // Keys of one partition are unknown in another.
  if (role.partition !== partitionOf(region)) throw new SignatureError('invalidToken', service);
  const { roleArn, tags, policy } = session;
  return { accountId: role.accountId, callerArn: sessionArn(session), session: { roleArn, tags, policy }, region, service };
}

/** Access key ids of sessions begin with this; those of users and accounts never do. */
export const temporaryKeyPrefix = 'ASIA';

/** A role's ARN, taken apart; undefined where it is none. `name` is without the path. */
export function parseRoleArn(arn: string): { partition: string; accountId: string; name: string } | undefined {
  const match = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:[\u0021-\u007e]+\/)?([\w+=,.@-]{1,64})$/.exec(arn);
  return match ? { partition: match[1]!, accountId: match[2]!, name: match[3]! } : undefined;
}

/** `arn:aws:sts::111122223333:assumed-role/isthmus/session`: the role's path is not in it. */
export function sessionArn({ roleArn, sessionName }: Pick<RoleSession, 'roleArn' | 'sessionName'>): string {
  const { partition, accountId, name } = parseRoleArn(roleArn)!;
  return `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`;
}

/** A session as the token that its owner sends with every request. */
export function writeSessionToken(session: RoleSession): string {
  return Buffer.from(JSON.stringify(session)).toString('base64');
}

function readSessionToken(token: string): RoleSession | undefined {
  try {
    const read: Partial<RoleSession> | null = JSON.parse(Buffer.from(token, 'base64').toString());
    const { accessKeyId, roleArn, sessionName, tags = {}, policy, expiresAt } = read ?? {};
    if (typeof accessKeyId !== 'string' || typeof roleArn !== 'string' || typeof sessionName !== 'string') return undefined;
    if (typeof expiresAt !== 'number' || !parseRoleArn(roleArn)) return undefined;
    return { accessKeyId, roleArn, sessionName, tags, policy, expiresAt };
  } catch {
    return undefined;
  }
}

function root(accountId: string, region: string): { accountId: string; callerArn: string } {
  return { accountId, callerArn: `arn:${partitionOf(region)}:iam::${accountId}:root` };
}

interface SignedAs {
  readonly credential: string;
  readonly token: string | undefined;
}

function fromHeader(request: WireRequest): SignedAs {
  const match = /^AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256) .*?\bCredential=([^\s,]+)/.exec(request.headers.authorization!);
  if (!match) throw new SignatureError('malformed');
  return { credential: match[1]!, token: request.headers['x-amz-security-token'] };
}

function fromQuery(request: WireRequest): SignedAs {
  const queryAt = request.path.indexOf('?');
  const query = new URLSearchParams(queryAt < 0 ? '' : request.path.slice(queryAt + 1));
  const credential = query.get('X-Amz-Credential');
  if (credential === null) throw new SignatureError('missing');
  return { credential, token: query.get('X-Amz-Security-Token') ?? undefined };
}
