import { z } from 'zod';
import { type SeededRandom, seededRandom } from '../../ambient/random.ts';
import { momentarySettings } from '../world-file/settings.ts';

const forms =
  '{error: {code, message, httpStatus}}, {deny: true}, {throttle: true}, {expire: true}, {settings: {quotas, pageSize, emptyFirstPage, newIdUnknownMs}}, {loseRequest: true}, {loseAnswer: true}, {delayMs: …}, {hang: true}, {hangAnswer: true}';

const effect = z.union([
  z.strictObject({
    /** AWS answers with this error, and nothing happens. */
    error: z.strictObject({
      code: z.string().min(1),
      message: z.string().default('The request was refused by an ordered fault'),
      httpStatus: z.int().min(400).max(599).default(400),
    }),
  }),
  /** The caller may not do this: UnauthorizedOperation or AccessDenied, as the service says it. */
  z.strictObject({ deny: z.literal(true) }),
  /** Too many calls: RequestLimitExceeded or Throttling, as the service says it. */
  z.strictObject({ throttle: z.literal(true) }),
  /** The caller's credentials have expired, as the service says it. */
  z.strictObject({ expire: z.literal(true) }),
  /** It is carried out as though the world were set so: quotas, and pages that are small or begin with an empty one. */
  z.strictObject({ settings: momentarySettings }),
  /** The connection breaks before anything happens. */
  z.strictObject({ loseRequest: z.literal(true) }),
  /** It happens, and then the connection breaks. */
  z.strictObject({ loseAnswer: z.literal(true) }),
  /** It happens this much later, in milliseconds on the simulator's clock. */
  z.strictObject({ delayMs: z.number().min(0) }),
  /** Nothing happens, and no answer ever comes. */
  z.strictObject({ hang: z.literal(true) }),
  /** It happens, and no answer ever comes. */
  z.strictObject({ hangAnswer: z.literal(true) }),
]);

const rule = z.strictObject({
  /** `CreateRoute`, `ec2:CreateRoute`; `*` stands for any letters: `Describe*`. */
  operation: z.string().min(1),
  accountId: z
    .string()
    .regex(/^\d{12}$/, 'must be twelve digits')
    .optional(),
  region: z.string().min(1).optional(),
  /** Only this one of the calls that the rule is about, counted from 1. */
  nth: z.int().min(1).optional(),
  /** Each so-manieth of them. */
  every: z.int().min(1).optional(),
  /** From 0 to 1: how likely it is each time. */
  probability: z.number().min(0).max(1).optional(),
  effect,
});

/** What goes wrong with a call. */
export type FaultEffect = z.output<typeof effect>;
/** A fault that somebody ordered: for which calls, which of them, and what happens. A rule without `nth`, `every` and `probability` holds always. */
export type FaultRule = z.output<typeof rule>;
/** A fault rule as a person writes it, without what has a default. */
export type FaultOrder = z.input<typeof rule>;

/** Fault rules that are not right; `message` names the rule and the field, a line each. */
export class FaultRuleError extends Error {
  override readonly name = 'FaultRuleError';
}

const document = z.union([z.array(rule), z.strictObject({ faults: z.array(rule) })]);

/**
 * Reads fault rules from data: a list of rules, or an object that has one under `faults`.
 *
 * @param knowsOperation tells whether any operation fits a pattern
 * @throws FaultRuleError
 */
export function readFaultRules(data: unknown, knowsOperation: (pattern: string) => boolean): FaultRule[] {
  const list = Array.isArray(data) ? data : (data as { faults?: unknown } | null)?.faults;
  if (!Array.isArray(list)) throw new FaultRuleError('faults: must be a list of rules');
  const whole = document.safeParse(data);
  if (!whole.success) {
    const problems = list.flatMap((item, index) => problemsOf(item, `faults[${index}]`));
    throw new FaultRuleError(problems.length > 0 ? problems.join('\n') : 'faults: must be a list of rules, and nothing beside it');
  }
  const rules = Array.isArray(whole.data) ? whole.data : whole.data.faults;
  for (const [index, { operation }] of rules.entries()) {
    if (!knowsOperation(operation)) throw new FaultRuleError(`faults[${index}].operation: AWS has no operation ${operation} here`);
  }
  return rules;
}

function problemsOf(item: unknown, path: string): string[] {
  const read = rule.safeParse(item);
  if (read.success) return [];
  return read.error.issues.map((issue) => {
    const field = [path, ...issue.path.map(String)].join('.');
    return issue.code === 'invalid_union' ? `${field}: must be one of ${forms}` : `${field}: ${issue.message}`;
  });
}

/** Whether an operation fits a rule's pattern, with or without the service before it. */
export function fitsOperation(pattern: string, service: string, operation: string): boolean {
  const expression = new RegExp(`^${pattern.replaceAll(/[^\w*]/g, String.raw`\$&`).replaceAll('*', '.*')}$`);
  return expression.test(operation) || expression.test(`${service}:${operation}`);
}

/** Faults on order, as they are kept. */
export const savedFaults = z.strictObject({
  random: z.int(),
  rules: z.array(z.strictObject({ rule, matched: z.int().min(0) })),
});
export type SavedFaults = z.output<typeof savedFaults>;

interface Counted {
  readonly rule: FaultRule;
  matched: number;
}

/** The faults on order. */
export class Faults {
  #random: SeededRandom;
  #rules: Counted[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get rules(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** Puts these rules in the place of those there were, and starts to count anew. */
  order(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, matched: 0 }));
  }

  save(): SavedFaults {
    return { random: this.#random.state, rules: this.#rules.map((counted) => ({ ...counted })) };
  }

  /** Goes on where faults were saved. */
  restore({ random, rules }: SavedFaults): void {
    this.#random = seededRandom(random);
    this.#rules = rules.map((counted) => ({ ...counted }));
  }

  /** What happens to a call, in the order of the rules. Every rule that is about the call counts it, whatever the others do. */
  strike(call: { service: string; operation: string; accountId: string; region: string }): FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const counted of this.#rules) {
      const { rule } = counted;
      if (rule.accountId !== undefined && rule.accountId !== call.accountId) continue;
      if (rule.region !== undefined && rule.region !== call.region) continue;
      if (!fitsOperation(rule.operation, call.service, call.operation)) continue;
      counted.matched++;
      if (rule.nth !== undefined && counted.matched !== rule.nth) continue;
      if (rule.every !== undefined && counted.matched % rule.every !== 0) continue;
      if (rule.probability !== undefined && this.#random() >= rule.probability) continue;
      effects.push(rule.effect);
    }
    return effects;
  }
}
