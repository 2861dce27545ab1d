import type { ApiError } from '../service.ts';

/** A request as it came in. */
export interface WireRequest {
  /** Upper case. */
  readonly method: string;
  /** Path with the query string, still encoded: `/?Action=DescribeVpcs`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer as it goes out. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request of which is known what it asks for, but whose input nobody has read yet. */
export interface Opened {
  /** The operation's name in AWS's API; it is one of the API's operations. */
  readonly operation: string;
  /**
   * The operation's input in the SDK's own type.
   *
   * @throws ApiError where the request does not fit the operation's input shape
   */
  readInput(): Record<string, unknown>;
}

/**
 * How one AWS service speaks: which operation a request asks for, and what inputs, outputs and errors look like on the wire.
 * A protocol family is a file of its own beside this one and knows no service by name.
 */
export interface Protocol {
  /** Names of all operations that the service has, modelled or not. */
  readonly operations: ReadonlySet<string>;
  /** @throws ApiError where the request cannot be read, or asks for what the service does not have */
  open(request: WireRequest): Opened;
  /**
   * @param output the operation's output in the SDK's own type
   * @throws Error where the output does not fit the operation's output shape
   */
  writeOutput(operation: string, output: object, requestId: string): WireAnswer;
  writeError(error: ApiError, requestId: string): WireAnswer;
}
