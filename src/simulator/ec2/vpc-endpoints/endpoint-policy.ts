import { ApiError } from '../../service.ts';

const maxLength = 20_480;

const everything = { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' };

/** The policy of an endpoint that was given none: it lets everybody do everything (aws.md 4.1). */
export const fullAccess: string = JSON.stringify({ Version: '2008-10-17', Statement: [everything] });

/**
 * An endpoint's policy as it was given.
 *
 * @throws ApiError InvalidPolicyDocument for what is not JSON, is too long, or has not the parts of a policy
 */
export function readPolicy(text: string): string {
  const invalid = (why: string): ApiError => new ApiError('InvalidPolicyDocument', `The policy document is malformed: ${why}`);
  if (text.length > maxLength) throw invalid(`it is longer than ${maxLength} characters`);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  const statements = isObject(policy) ? [policy.Statement].flat() : [];
  if (statements.length === 0) throw invalid('it has no statement');
  for (const statement of statements) {
    if (!isObject(statement)) throw invalid('a statement is not an object');
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw invalid('the effect of a statement is Allow or Deny');
    for (const part of ['Principal', 'Action', 'Resource']) {
      if (statement[part] === undefined && statement[`Not${part}`] === undefined) throw invalid(`a statement has no ${part}`);
    }
  }
  return text;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
