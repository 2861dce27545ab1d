import type { View } from '../kinds/kind.ts';
import type { Change, ChangeResult, Scope } from '../network/changes.ts';
import type { NetworkCollections } from '../network/model.ts';

/** How the loop must answer an error of AWS. Told apart by code, in `errors.ts`. */
export type AwsErrorMeaning =
  /** Too many calls; pass after `retryAfterMs`. */
  | 'throttled'
  /** No answer, or AWS's own fault: the effect is unknown. */
  | 'transport'
  /** The identity may not do this. */
  | 'denied'
  /** Credentials expired or could not be had. */
  | 'credentials'
  /** The thing named is not there (perhaps: not yet visible). */
  | 'notFound'
  /** It is there already. */
  | 'exists'
  /** The state that the thing is in does not allow it. */
  | 'state'
  /** A quota on what is under way is used up: it frees itself as that comes to its end. */
  | 'outstanding'
  /** A quota is used up. */
  | 'quota'
  /** AWS does not take the request as it is. */
  | 'invalid';

/** An error at the edge to AWS, told apart. `message` is fit for a status: no request id, no encoded blob. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly meaning: AwsErrorMeaning;
  /** AWS's code, as on the wire. */
  readonly code: string;
  /** `ec2:CreateRoute` … */
  readonly action: string;
  /** With `throttled`: how long until a call has a chance, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(fields: {
    meaning: AwsErrorMeaning;
    code: string;
    action: string;
    message: string;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    super(fields.message, { cause: fields.cause });
    this.meaning = fields.meaning;
    this.code = fields.code;
    this.action = fields.action;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

/** How an AwsAccount object says who to be. */
export interface AccountIdentity {
  /** Name of the AwsAccount. */
  readonly name: string;
  readonly accountId: string;
  /** Left out: the controller's own identity. */
  readonly assumeRole?: { readonly roleArn: string; readonly externalId?: string | undefined } | undefined;
  /** Where STS is asked; left out: in the controller's own region. */
  readonly stsRegion?: string | undefined;
}

/** Why an identity cannot be used: `IdentityMismatch`, `RoleNotAssumable`, `CredentialsUnavailable`. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
  readonly reason: 'IdentityMismatch' | 'RoleNotAssumable' | 'CredentialsUnavailable';
  constructor(reason: IdentityError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface ViewRequest<Names extends keyof NetworkCollections> {
  readonly account: AccountIdentity;
  readonly region: string;
  readonly collections: readonly Names[];
  /** Ids that the caller will ask about: those that are in a passing state, or missing, are described by id. */
  readonly ids: readonly string[];
  /** Lists that are there already are too old: somebody asks for a look now. */
  readonly anew?: boolean;
}

/** The room `aws/` as the loop sees it. */
export interface Aws {
  /**
   * The verified identity (an STS ARN) behind an AwsAccount; cached until the credentials change.
   *
   * @param maxAgeMs had and verified anew where that was done longer ago, in milliseconds; left out: while the credentials last
   * @throws IdentityError; AwsError where STS gave no answer or has had too many calls, which says nothing about the identity
   */
  identify(account: AccountIdentity, maxAgeMs?: number): Promise<{ readonly arn: string; readonly scope: (region: string) => Scope }>;
  /** @throws IdentityError, AwsError */
  view<Names extends keyof NetworkCollections>(request: ViewRequest<Names>): Promise<View<Names>>;
  /**
   * How long until the request budget has room for a change, in milliseconds; 0 where it has. Whoever is sent away gets a turn of its own, so
   * that not all come back at once.
   */
  waitFor(change: Change): number;
  /**
   * Makes one change. `guard` is called directly before the request leaves; when it throws, nothing is sent.
   * What the change made is folded into the views at once.
   *
   * @throws AwsError
   */
  apply(account: AccountIdentity, change: Change, guard: () => void): Promise<ChangeResult>;
}
