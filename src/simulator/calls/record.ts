/** One call as the simulator saw it. */
export interface RecordedCall {
  /** From 1, in the order in which calls ended (took effect, or were refused). */
  readonly sequence: number;
  /** When it came in: ISO 8601, on the simulator's clock. */
  readonly time: string;
  /** Empty strings where the call was not signed. */
  readonly caller: string;
  readonly accountId: string;
  readonly region: string;
  readonly service: string;
  /** Empty where the request names none. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** `OK`, or AWS's error code. */
  readonly code: string;
  readonly status: number;
  /** Set where the call had its effect and a fault kept the answer from the caller; the code is what it would have said. */
  readonly answerLost?: true;
  /** Milliseconds on the simulator's clock. */
  readonly durationMs: number;
}

/** Whether an operation only reads, by AWS's habit of naming. STS keeps nothing, so that none of its calls writes. */
export function isRead({ service, operation }: Pick<RecordedCall, 'service' | 'operation'>): boolean {
  return service === 'sts' || /^(Describe|Get|List|Search)/.test(operation);
}

/** The calls that were made, the newest ones only: how many is bounded. */
export class CallRecord {
  readonly #limit: number;
  readonly #onCall: ((call: RecordedCall) => void) | undefined;
  #calls: RecordedCall[] = [];
  #sequence = 0;

  /**
   * @param limit how many calls are kept
   * @param onCall told of every call, kept or not
   */
  constructor({ limit, onCall }: { limit: number; onCall?: ((call: RecordedCall) => void) | undefined }) {
    this.#limit = limit;
    this.#onCall = onCall;
  }

  add(call: Omit<RecordedCall, 'sequence'>): void {
    const recorded = { sequence: ++this.#sequence, ...call };
    this.#calls.push(recorded);
    // Cut back once in a while only: each cut copies what stays.
    if (this.#calls.length >= 2 * this.#limit) this.#calls = this.#calls.slice(-this.#limit);
    this.#onCall?.(recorded);
  }

  /** Oldest first. */
  calls(): readonly RecordedCall[] {
    return this.#calls.slice(-this.#limit);
  }

  /** The calls that tried to change something, those that failed among them; a dry run changes nothing. */
  writes(): readonly RecordedCall[] {
    return this.calls().filter((call) => !isRead(call) && call.code !== 'DryRunOperation');
  }

  /** The number of the last call, kept or not. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Lets the next call have the number after this one. */
  goOnFrom(sequence: number): void {
    this.#sequence = sequence;
  }

  clear(): void {
    this.#calls = [];
  }

  /** One JSON object a line. */
  toJsonLines(calls: readonly RecordedCall[] = this.calls()): string {
    return calls.map((call) => `${JSON.stringify(call)}\n`).join('');
  }
}
