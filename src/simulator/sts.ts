import { createHash } from 'node:crypto';
import type { AssumeRoleCommandInput, AssumeRoleResponse, GetCallerIdentityResponse, Tag } from '@aws-sdk/client-sts';
import type { Clock } from '../ambient/clock.ts';
import type { Random } from '../ambient/random.ts';
import { partitionOf } from '../network/partitions.ts';
import { parseRoleArn, sessionArn, temporaryKeyPrefix, writeSessionToken } from './calls/identity.ts';
import { PolicyError, readPolicy } from './iam/policy.ts';
import { ApiError, type Call, type Operations } from './service.ts';
import { constraintBroken } from './wire/aws-query.ts';

/** Which roles there are and whom they trust. */
export interface RoleTrust {
  /** @returns true, or why not, for a person to read */
  mayAssume(callerAccountId: string, roleArn: string, externalId: string | undefined): true | string;
  /** Whether the role's trust lets sessions be tagged (`sts:TagSession`). Left out, every role's does. */
  mayTagSession?(roleArn: string): boolean;
}

/** Seconds. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const duration = { least: 900, usual: 3600, most: 43_200, mostOfChained: 3600 };

/** STS: whoever calls may ask who they are, and be somebody else where the role's trust allows it. */
export function stsOperations({ clock, random, trust }: { clock: Clock; random: Random; trust: RoleTrust | undefined }): Operations {
  return {
    GetCallerIdentity: (_input: object, call: Call): GetCallerIdentityResponse => ({
      UserId: userId(call),
      Account: call.accountId,
      Arn: call.callerArn,
    }),

    AssumeRole(input: AssumeRoleCommandInput, call: Call): AssumeRoleResponse {
      const roleArn = input.RoleArn!;
      const sessionName = input.RoleSessionName!;
      checkConstraints(input);
      checkTags(input.Tags ?? [], input.TransitiveTagKeys ?? []);
      checkPolicy(input.Policy);
      const role = parseRoleArn(roleArn);
      if (!role) throw new ApiError('ValidationError', `${roleArn} is invalid`);
      const seconds = input.DurationSeconds ?? duration.usual;
      if (isSession(call) && seconds > duration.mostOfChained) {
        throw new ApiError(
          'ValidationError',
          'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
        );
      }
      // Each partition has an STS of its own, which knows nothing of the others' roles.
      const allowed =
        role.partition === partitionOf(call.region)
          ? (trust?.mayAssume(call.accountId, roleArn, input.ExternalId) ?? true)
          : `it is in the partition ${role.partition}`;
      if (allowed !== true) {
        const message = `User: ${call.callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn} (${allowed})`;
        throw new ApiError('AccessDenied', message, { httpStatus: 403 });
      }
      const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key!, Value!]));
      if (input.Tags?.length && trust?.mayTagSession?.(roleArn) === false) {
        const message = `User: ${call.callerArn} is not authorized to perform: sts:TagSession on resource: ${roleArn}`;
        throw new ApiError('AccessDenied', message, { httpStatus: 403 });
      }
      const accessKeyId = temporaryKeyPrefix + letters(random, 16);
      const expiresAt = clock.now() + seconds * 1000;
      return {
        Credentials: {
          AccessKeyId: accessKeyId,
          SecretAccessKey: letters(random, 40),
          SessionToken: writeSessionToken({ accessKeyId, roleArn, sessionName, tags, policy: input.Policy, expiresAt }),
          Expiration: new Date(expiresAt),
        },
        AssumedRoleUser: {
          AssumedRoleId: `${roleId(role)}:${sessionName}`,
          Arn: sessionArn({ roleArn, sessionName }),
        },
        ...(input.SourceIdentity === undefined ? {} : { SourceIdentity: input.SourceIdentity }),
      };
    },
  };
}

/** Bounds and patterns of AssumeRole's members, which the SDK's schemas do not carry; broken ones are told all at once, as AWS does. */
function checkConstraints(input: AssumeRoleCommandInput): void {
  const broken: string[] = [];
  const length = (member: string, value: string | undefined, least: number, most: number) => {
    if (value === undefined) return;
    if (value.length < least) broken.push(constraint(member, value, `Member must have length greater than or equal to ${least}`));
    if (value.length > most) broken.push(constraint(member, value, `Member must have length less than or equal to ${most}`));
  };
  const pattern = (member: string, value: string | undefined, expression: RegExp) => {
    if (value !== undefined && !expression.test(value)) {
      broken.push(constraint(member, value, `Member must satisfy regular expression pattern: ${expression.source.slice(1, -1)}`));
    }
  };
  length('roleArn', input.RoleArn, 20, 2048);
  length('roleSessionName', input.RoleSessionName, 2, 64);
  pattern('roleSessionName', input.RoleSessionName, /^[\w+=,.@-]*$/);
  length('externalId', input.ExternalId, 2, 1224);
  pattern('externalId', input.ExternalId, /^[\w+=,.@:/-]*$/);
  length('sourceIdentity', input.SourceIdentity, 2, 64);
  pattern('sourceIdentity', input.SourceIdentity, /^[\w+=,.@-]*$/);
  const seconds = input.DurationSeconds;
  if (seconds !== undefined && seconds < duration.least) {
    broken.push(constraint('durationSeconds', seconds, `Member must have value greater than or equal to ${duration.least}`));
  }
  if (seconds !== undefined && seconds > duration.most) {
    broken.push(constraint('durationSeconds', seconds, `Member must have value less than or equal to ${duration.most}`));
  }
  if ((input.Tags?.length ?? 0) > 50) {
    broken.push(constraint('tags', `${input.Tags?.length} tags`, 'Member must have length less than or equal to 50'));
  }
  for (const [index, tag] of (input.Tags ?? []).entries()) {
    length(`tags.${index + 1}.member.key`, tag.Key, 1, 128);
    length(`tags.${index + 1}.member.value`, tag.Value, 0, 256);
  }
  if (broken.length > 0) throw constraintBroken(...broken);
}

function constraint(member: string, value: string | number, broken: string): string {
  return `Value '${value}' at '${member}' failed to satisfy constraint: ${broken}`;
}

/** Session tags differ in their keys, whatever their case; only what is a tag can be passed on. */
function checkTags(tags: readonly Tag[], transitiveKeys: readonly string[]): void {
  const keys = tags.map(({ Key }) => Key!.toLowerCase());
  if (new Set(keys).size < keys.length) {
    throw new ApiError('InvalidParameterValue', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  for (const key of transitiveKeys) {
    if (!keys.includes(key.toLowerCase())) {
      throw new ApiError('InvalidParameterValue', `The specified transitive tag key must be included in the requested tags: ${key}`);
    }
  }
}

/** @throws ApiError MalformedPolicyDocument */
function checkPolicy(policy: string | undefined): void {
  if (policy === undefined) return;
  if (!isJsonObject(policy)) throw new ApiError('MalformedPolicyDocument', 'This policy contains invalid Json');
  try {
    readPolicy(JSON.parse(policy));
  } catch (error) {
    if (error instanceof PolicyError) throw new ApiError('MalformedPolicyDocument', `Syntax errors in policy: ${error.message}`);
    throw error;
  }
}

function isJsonObject(text: string): boolean {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read);
  } catch {
    return false;
  }
}

function isSession(call: Call): boolean {
  return call.callerArn.includes(':assumed-role/');
}

/** An account's own id for its root; role id and session name for a session. */
function userId(call: Call): string {
  const [, name, session] = /:assumed-role\/([^/]+)\/(.+)$/.exec(call.callerArn) ?? [];
  return name === undefined ? call.accountId : `${roleId({ accountId: call.accountId, name })}:${session}`;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A role's unique id: the same for the same role, in every run. */
function roleId({ accountId, name }: { accountId: string; name: string }): string {
  const digest = createHash('sha256').update(`${accountId}/${name}`).digest();
  return `AROA${[...digest.subarray(0, 17)].map((byte) => alphabet[byte & 31]).join('')}`;
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}
