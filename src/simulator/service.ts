/**
 * How the wire and the modelled services meet. A service is a record of operations by AWS's own names, written in the SDK's input and
 * output types; the wire finds the operation's schema in the SDK, reads the request by it, calls the handler and writes its answer.
 */

/** Who calls, and where: worked out by the wire from the request's signature. */
export interface Call {
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
  /** `arn:aws:sts::111122223333:assumed-role/isthmus/session`, `arn:aws:iam::111122223333:root` … */
  readonly callerArn: string;
  /** Where a session of a role calls. */
  readonly session?: SessionIdentity | undefined;
}

/** What stays of AssumeRole for as long as a session lasts. */
export interface SessionIdentity {
  readonly roleArn: string;
  /** Session tags; fixed for the session. */
  readonly tags: Readonly<Record<string, string>>;
  /** A policy document, as JSON: the session may do only what it allows too. */
  readonly policy?: string | undefined;
}

/** One modelled operation: input and output are the SDK's own types. It runs to its end at once; what takes time is left to the world's clock. */
export type Operation = (input: never, call: Call) => object;

/** The modelled operations of one AWS service, by name: `CreateVpcPeeringConnection` … */
export type Operations = Readonly<Record<string, Operation>>;

/** An error as AWS gives it: the code goes on the wire as it is. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly httpStatus: number;
  /** Members of the modelled exception besides the message (REST/JSON services). */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { httpStatus?: number; fields?: Readonly<Record<string, unknown>> } = {}) {
    super(message);
    this.code = code;
    this.httpStatus = options.httpStatus ?? 400;
    this.fields = options.fields ?? {};
  }
}
