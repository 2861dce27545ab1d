import { type Clock, sleep } from '../ambient/clock.ts';
import { type Random, type SeededRandom, seededRandom } from '../ambient/random.ts';
import { type FaultEffect, type FaultOrder, Faults, fitsOperation, readFaultRules } from './calls/faults.ts';
import { SignatureError, type Signer, signerOf } from './calls/identity.ts';
import { CallRecord, type RecordedCall } from './calls/record.ts';
import { Throttle } from './calls/throttle.ts';
import { ExecError } from './data-plane/exec-error.ts';
import type { Authorize } from './iam/authorize.ts';
import { ApiError, type Call, type Operations } from './service.ts';
import { type ServiceWire, serviceWires } from './services.ts';
import { type RoleTrust, stsOperations } from './sts.ts';
import type { Opened, WireAnswer, WireRequest } from './wire/protocol.ts';
import type { SavedSimulator } from './world/saved-state.ts';
import type { World } from './world/world.ts';

/** The connection broke by an ordered fault. The code is what Node gives when a peer resets a connection. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost';
  readonly code = 'ECONNRESET';

  constructor() {
    super('socket hang up');
  }
}

/** What a simulator is made of. */
export interface AwsSimulatorOptions {
  readonly clock: Clock;
  /** For ids, secrets and faults that happen by chance; a few numbers are taken at the start, and none later. */
  readonly random: Random;
  /** EC2 as it behaves. */
  readonly ec2: Operations;
  /** Other services as they behave, by their signing names: `vpc-lattice`, `ram` … */
  readonly services?: Readonly<Record<string, Operations>> | undefined;
  /** Says what a session's role may not do; left out, every session may do everything. */
  readonly authorize?: Authorize | undefined;
  /** Which roles there are; left out, every role exists and trusts everybody. */
  readonly roleTrust?: RoleTrust | undefined;
  /** The state of everything, for a person to read. */
  readonly dump?: (() => unknown) | undefined;
  /** What stands behind the services, where there is a whole world. */
  readonly world?: World | undefined;
  /**
   * Runs a command on a simulated instance: takes a request as it came over the wire, and gives what is to go back.
   *
   * @throws ExecError where the request is not right
   */
  readonly exec?: ((request: unknown) => object) | undefined;
  /** Whether the token buckets of EC2 and Route 53 hold callers back; by default they do not. */
  readonly throttling?: boolean | undefined;
  /** @throws FaultRuleError from the constructor, where one is not right */
  readonly faults?: readonly FaultOrder[] | undefined;
  /** How many calls the record keeps; by default the last 10,000. */
  readonly recordLimit?: number | undefined;
  /** Told of every call when it has ended. */
  readonly onCall?: ((call: RecordedCall) => void) | undefined;
  /** Told of faults of the simulator's own; by default they are written to the standard error stream. */
  readonly onBug?: ((description: string, error: unknown) => void) | undefined;
}

/** AWS in a process: takes requests as they stand on the wire, for every account, region and service, and answers them. */
export class AwsSimulator {
  readonly clock: Clock;
  readonly record: CallRecord;
  readonly #faults: Faults;
  readonly #throttle: Throttle | undefined;
  readonly #services: ReadonlyMap<string, { readonly wire: ServiceWire; readonly operations: Operations }>;
  #random: SeededRandom;
  #stsRandom: SeededRandom;
  readonly #dump: (() => unknown) | undefined;
  /** What stands behind the services; undefined where that is no whole world. */
  readonly world: World | undefined;
  readonly #exec: AwsSimulatorOptions['exec'];
  readonly #authorize: Authorize | undefined;
  readonly #onBug: (description: string, error: unknown) => void;

  constructor(options: AwsSimulatorOptions) {
    this.clock = options.clock;
    this.record = new CallRecord({ limit: options.recordLimit ?? 10_000, onCall: options.onCall });
    // Each has a sequence of its own: how many request ids were given must not change which call a fault strikes.
    this.#random = fork(options.random);
    this.#faults = new Faults(fork(options.random));
    this.#stsRandom = fork(options.random);
    const operations: Readonly<Record<string, Operations>> = {
      ...options.services,
      ec2: options.ec2,
      sts: stsOperations({ clock: options.clock, random: () => this.#stsRandom(), trust: options.roleTrust }),
    };
    this.#throttle = options.throttling ? new Throttle(options.clock) : undefined;
    this.#services = new Map(serviceWires.map((wire) => [wire.signingName, { wire, operations: operations[wire.signingName] ?? {} }]));
    this.#dump = options.dump;
    this.world = options.world;
    this.#exec = options.exec;
    this.#authorize = options.authorize;
    this.#onBug = options.onBug ?? writeBug;
    if (options.faults) this.orderFaults(options.faults);
  }

  /** The faults on order. */
  get faults(): Faults['rules'] {
    return this.#faults.rules;
  }

  /**
   * Puts these faults in the place of those on order.
   *
   * @param data a list of rules, or an object with one under `faults`
   * @throws FaultRuleError
   */
  orderFaults(data: unknown): void {
    this.#faults.order(readFaultRules(data, (pattern) => this.#knowsOperation(pattern)));
  }

  /** What the simulator itself has to remember, besides the world behind it. */
  save(): SavedSimulator {
    return {
      random: this.#random.state,
      stsRandom: this.#stsRandom.state,
      lastCall: this.record.sequence,
      faults: this.#faults.save(),
      throttle: this.#throttle?.save(),
    };
  }

  /** Goes on where a simulator was saved. */
  restore({ random, stsRandom, lastCall, faults, throttle }: SavedSimulator): void {
    this.#random = seededRandom(random);
    this.#stsRandom = seededRandom(stsRandom);
    this.record.goOnFrom(lastCall);
    this.#faults.restore(faults);
    this.#throttle?.restore(throttle ?? {});
  }

  /** The state of everything, as plain data; undefined where nothing was given to tell it. */
  dump(): unknown {
    return this.#dump?.();
  }

  /**
   * Runs a command on a simulated instance; undefined where there are no instances.
   *
   * @throws ExecError where the request is not right
   */
  exec(request: unknown): object | undefined {
    try {
      return this.#exec?.(request);
    } catch (error) {
      if (!(error instanceof ExecError)) this.#onBug(`a command on an instance: ${JSON.stringify(request)}`, error);
      throw error;
    }
  }

  /**
   * Answers one request; never, where a fault wants it so. A caller that waits no longer does not undo the call: as with AWS, it takes effect.
   *
   * @throws ConnectionLost
   */
  async handle(request: WireRequest): Promise<WireAnswer> {
    const call = new CallInProgress(this.clock, uuid(this.#random));
    try {
      const signer = signerOf(request, this.clock.now());
      call.signer = signer;
      const service = this.#services.get(signer.service);
      if (!service) return this.#refuseService(request, call, signer.service);
      call.wire = service.wire;
      const opened = service.wire.protocol.open(request);
      return await this.#perform({ call, signer, opened, ...service });
    } catch (error) {
      if (error instanceof SignatureError) {
        call.wire = this.#services.get(error.service ?? '')?.wire ?? wireByVersion(request);
        return this.#refuse(call, call.wire.badSignature(error.flaw));
      }
      if (error instanceof ApiError) return this.#refuse(call, error);
      if (error instanceof ConnectionLost) throw error;
      this.#onBug(`${call.signer?.service ?? ''}:${call.operation} with ${JSON.stringify(call.parameters)}`, error);
      return this.#refuse(call, (call.wire ?? wireByVersion(request)).internalError());
    }
  }

  async #perform({ call, signer, opened, wire, operations }: PreparedCall): Promise<WireAnswer> {
    const { operation } = opened;
    const { accountId, region, service } = signer;
    call.operation = operation;
    call.parameters = opened.readInput();
    const handler = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!handler) {
      throw new ApiError(`NotImplemented.${operation}`, `The simulator does not model ${service}:${operation}`, { httpStatus: 501 });
    }
    if (this.#throttle?.take({ service, accountId, region, operation, parameters: call.parameters }) === false)
      throw wire.throttled(operation);
    const effects = this.#faults.strike({ service, operation, accountId, region });
    for (const effect of effects) await this.#suffer(effect, { call, signer, wire });
    // Kept back is the answer whatever it says, an error too.
    if (effects.some((effect) => 'hangAnswer' in effect)) call.answer = 'never comes';
    else if (effects.some((effect) => 'loseAnswer' in effect)) call.answer = 'is lost';
    const caller: Call = { accountId, region, callerArn: signer.callerArn, session: signer.session };
    const refusal = this.#authorize?.({ service, operation, input: call.parameters, call: caller });
    if (refusal) throw wire.denied(caller, operation, refusal);
    const carryOut = () => handler(call.parameters as never, caller);
    const otherwise = effects.flatMap((effect) => ('settings' in effect ? [effect.settings] : []));
    const output = otherwise.reduce<() => object>((run, change) => () => this.world?.during(change, run) ?? run(), carryOut)();
    const answer = wire.protocol.writeOutput(operation, output, call.requestId);
    return this.#end(call, 'OK', answer);
  }

  /** Lets a fault happen that comes before the effect. */
  async #suffer(effect: FaultEffect, { call, signer, wire }: { call: CallInProgress; signer: Signer; wire: ServiceWire }): Promise<void> {
    if ('error' in effect) throw new ApiError(effect.error.code, effect.error.message, { httpStatus: effect.error.httpStatus });
    if ('deny' in effect) throw wire.denied(signer, call.operation);
    if ('throttle' in effect) throw wire.throttled(call.operation);
    if ('expire' in effect) throw wire.badSignature('expiredToken');
    if ('delayMs' in effect) await sleep(this.clock, effect.delayMs);
    if ('loseRequest' in effect) {
      this.record.add(call.ended('RequestLost', 0));
      throw new ConnectionLost();
    }
    if ('hang' in effect) {
      this.record.add(call.ended('Hang', 0));
      await new Promise<never>(() => {});
    }
  }

  #refuse(call: CallInProgress, error: ApiError): WireAnswer | Promise<never> {
    return this.#end(call, error.code, (call.wire ?? serviceWires[0]!).protocol.writeError(error, call.requestId));
  }

  /** A service of which not even the protocol is known here; most of these speak JSON. */
  #refuseService(request: WireRequest, call: CallInProgress, service: string): WireAnswer | Promise<never> {
    const error = new ApiError('NotImplemented', `The simulator does not model the service ${service}`, { httpStatus: 501 });
    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return this.#refuse(call, error);
    return this.#end(call, error.code, {
      status: error.httpStatus,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code, 'x-amzn-requestid': call.requestId },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    });
  }

  /** Records the call and lets its answer go, or not. */
  #end(call: CallInProgress, code: string, answer: WireAnswer): WireAnswer | Promise<never> {
    this.record.add(call.ended(code, answer.status));
    if (call.answer === 'is lost') throw new ConnectionLost();
    if (call.answer === 'never comes') return new Promise(() => {});
    return answer;
  }

  #knowsOperation(pattern: string): boolean {
    for (const { wire } of this.#services.values()) {
      for (const operation of wire.protocol.operations) {
        if (fitsOperation(pattern, wire.signingName, operation)) return true;
      }
    }
    return false;
  }
}

/** All that a call needs to be carried out. */
interface PreparedCall {
  readonly call: CallInProgress;
  readonly signer: Signer;
  readonly opened: Opened;
  readonly wire: ServiceWire;
  readonly operations: Operations;
}

/** What is known of a call so far, for its record. */
class CallInProgress {
  readonly requestId: string;
  wire: ServiceWire | undefined;
  signer: Signer | undefined;
  operation = '';
  /** Whether the caller hears how it ended, or else whether the connection breaks before. */
  answer: 'comes' | 'is lost' | 'never comes' = 'comes';
  parameters: Readonly<Record<string, unknown>> = {};
  readonly #clock: Clock;
  readonly #cameAt: number;
  readonly #startedAt: number;

  constructor(clock: Clock, requestId: string) {
    this.requestId = requestId;
    this.#clock = clock;
    this.#cameAt = clock.now();
    this.#startedAt = clock.monotonic();
  }

  ended(code: string, status: number): Omit<RecordedCall, 'sequence'> {
    return {
      time: new Date(this.#cameAt).toISOString(),
      caller: this.signer?.callerArn ?? '',
      accountId: this.signer?.accountId ?? '',
      region: this.signer?.region ?? '',
      service: this.signer?.service ?? this.wire?.signingName ?? '',
      operation: this.operation,
      parameters: this.parameters,
      code,
      status,
      ...(this.answer === 'comes' ? {} : { answerLost: true }),
      durationMs: this.#clock.monotonic() - this.#startedAt,
    };
  }
}

/** The service that a request without a signature is for, by the version of the API that it names. */
function wireByVersion(request: WireRequest): ServiceWire {
  const named = (version: string) =>
    request.body.includes(`Version=${version}`) || request.path.includes(`Version=${version}`) || request.path.startsWith(`/${version}/`);
  return serviceWires.find(({ version }) => named(version)) ?? serviceWires[0]!;
}

function writeBug(description: string, error: unknown): void {
  process.stderr.write(`the simulator failed in ${description}: ${error instanceof Error ? error.stack : String(error)}\n`);
}

function fork(random: Random): SeededRandom {
  return seededRandom(Math.floor(random() * 2 ** 32));
}

const hex = Array.from({ length: 256 }, (_value, byte) => byte.toString(16).padStart(2, '0'));

/** A version 4 UUID, as AWS's request ids are. */
function uuid(random: Random): string {
  let text = '';
  for (let index = 0; index < 16; index++) {
    let byte = Math.floor(random() * 256);
    if (index === 6) byte = (byte & 0x0f) | 0x40;
    if (index === 8) byte = (byte & 0x3f) | 0x80;
    text += (index === 4 || index === 6 || index === 8 || index === 10 ? '-' : '') + hex[byte];
  }
  return text;
}
