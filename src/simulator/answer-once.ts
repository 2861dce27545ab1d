import type { ApiError, Call } from './service.ts';
import { placeKey } from './world/place.ts';
import type { World } from './world/world.ts';

/** A call that takes a client token. */
export interface TokenUse {
  /** With the service's signing name: `ram:CreateResourceShare`. Each operation has tokens of its own. */
  readonly operation: string;
  readonly token: string | undefined;
  /** All that the call asks for; the token in it is passed over. */
  readonly input: object;
  /** What the service says where the token was used before for something else, which had this answer. */
  readonly mismatch: (earlier: object) => ApiError;
}

/**
 * Carries out a call once for each client token: a repetition gets the first answer and does nothing, even where what was made is gone since
 * (aws.md 7.6).
 *
 * @throws ApiError `mismatch`
 */
export function answerOnce<Answer extends object>(
  world: World,
  call: Call,
  { operation, token, input, mismatch, make }: TokenUse & { readonly make: () => Answer },
): Answer {
  if (token === undefined) return make();
  const id = `${placeKey(call)}/${operation}/${token}`;
  const request = canonical({ ...input, clientToken: undefined });
  const earlier = world.clientTokens.get(id);
  if (!earlier) {
    const answer = make();
    world.clientTokens.put({ id, request, answer });
    return answer;
  }
  if (earlier.request !== request) throw mismatch(earlier.answer);
  return earlier.answer as Answer;
}

/** Values as text in which the order of an object's fields makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
