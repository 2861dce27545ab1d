import { ApiError, type Call } from '../service.ts';
import type { World } from '../world/world.ts';
import { placeOf } from './owned.ts';

const maxLength = 64;

/** Values as text in which the order of an object's fields makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * What the caller's earlier call with the same client token was answered, though what it made may be dead by now: a repetition takes no further action (aws.md 7.6).
 *
 * @returns undefined where the token is new, or there is none
 * @throws ApiError IdempotentParameterMismatch where the earlier call asked for something else, InvalidParameterValue for a token that is too long
 */
export function madeBefore<Answer extends object>(world: World, call: Call, { operation, input }: TokenUse): Answer | undefined {
  const token = input.ClientToken;
  if (!token) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS takes ASCII only.
  if (token.length > maxLength || !/^[\x00-\x7f]*$/.test(token)) {
    throw new ApiError('InvalidParameterValue', `The client token must be at most ${maxLength} ASCII characters long.`);
  }
  const earlier = world.clientTokens.get(tokenKey(call, operation, token));
  if (!earlier) return undefined;
  if (earlier.request !== canonical(input)) {
    throw new ApiError('IdempotentParameterMismatch', `The client token ${token} was used before with different parameters.`);
  }
  return earlier.answer as Answer;
}

/** Remembers what a call with a client token made. */
export function rememberMade(world: World, call: Call, { operation, input, answer }: TokenUse & { readonly answer: object }): void {
  if (!input.ClientToken) return;
  world.clientTokens.put({ id: tokenKey(call, operation, input.ClientToken), request: canonical(input), answer });
}

/** A call that takes a client token: each operation has tokens of its own. */
export interface TokenUse {
  readonly operation: string;
  readonly input: { readonly ClientToken?: string | undefined };
}

const tokenKey = (call: Call, operation: string, token: string): string => `${placeOf(call)}/${operation}/${token}`;
