import { answerOnce } from '../answer-once.ts';
import { jsonPage } from '../json-page.ts';
import { ApiError, type Call } from '../service.ts';
import type { World } from '../world/world.ts';
import { invalidParameter } from './errors.ts';

/** One page of a list call; it may be empty though more follow (aws.md 5.8). */
export function page<Item>(
  world: World,
  {
    items,
    orderOf,
    input,
  }: {
    items: readonly Item[];
    orderOf: (item: Item) => number;
    input: { maxResults?: number | undefined; nextToken?: string | undefined };
  },
): { items: readonly Item[]; nextToken?: string } {
  return jsonPage(world, {
    items,
    orderOf,
    input,
    most: 500,
    invalidMaxResults: (asked) => invalidParameter(`maxResults ${asked} is not from 1 to 500`),
    invalidNextToken: () => new ApiError('InvalidNextTokenException', 'The specified value for NextToken is not valid.'),
  });
}

/**
 * Carries out a call once for each client token, which the answer repeats.
 *
 * @throws ApiError IdempotentParameterMismatchException, InvalidClientTokenException
 */
export function once<Answer extends object>(
  world: World,
  call: Call,
  { operation, input, make }: { operation: string; input: { readonly clientToken?: string | undefined }; make: () => Answer },
): Answer & { clientToken?: string } {
  const { clientToken: token } = input;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: AWS takes ASCII only.
  if (token !== undefined && (token.length > 64 || !/^[\x00-\x7f]+$/.test(token))) {
    throw new ApiError('InvalidClientTokenException', 'The client token is not valid.');
  }
  const answer = answerOnce(world, call, {
    operation: `ram:${operation}`,
    token,
    input,
    mismatch: () => new ApiError('IdempotentParameterMismatchException', 'The client token was used before with different parameters.'),
    make,
  });
  return token === undefined ? answer : { ...answer, clientToken: token };
}
