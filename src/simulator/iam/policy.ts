/** A policy document that cannot be used. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** One condition of a statement: all of them must hold. */
interface Condition {
  readonly test: ValueTest;
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
  /** In lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

interface ValueTest {
  readonly name: string;
  /** `StringNotEquals` and its like hold where the test does not. */
  readonly negated: boolean;
  /** Whether a value of the request fits one of the policy. */
  fits(value: string, wanted: string): boolean;
}

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: boolean;
  readonly resources: readonly string[];
  readonly notResources: boolean;
  readonly conditions: readonly Condition[];
}

/** A policy as read, ready to be asked. */
export interface Policy {
  readonly statements: readonly Statement[];
  /** As it was written. */
  readonly document: unknown;
}

/** One action on one resource, for which an identity needs its policy's consent. */
export interface AccessRequest {
  /** `ec2:CreateRoute`. */
  readonly action: string;
  /** An ARN; `*` for actions that are not about a resource. */
  readonly resource: string;
  /** The values of condition keys; keys in lower case. */
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/** What a policy says of a request: an explicit deny goes before every allow, and what nothing allows is denied. */
export type Decision = 'allowed' | 'explicitlyDenied' | 'implicitlyDenied';

const equals = (value: string, wanted: string): boolean => value === wanted;
const like = (value: string, wanted: string): boolean => wildcard(wanted).test(value);

/** Each of the six parts of an ARN is compared by itself, so that a `*` does not reach over a colon. */
function arnLike(value: string, wanted: string): boolean {
  const [parts, patterns] = [arnParts(value), arnParts(wanted)];
  return parts.length === patterns.length && parts.every((part, index) => like(part, patterns[index]!));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const test = (name: string, fits: ValueTest['fits'], negated = false): ValueTest => ({ name, fits, negated });

/** The condition operators that are known; `Null` is about whether a key is there at all, and stands apart. */
const tests: readonly ValueTest[] = [
  test('StringEquals', equals),
  test('StringNotEquals', equals, true),
  test('StringEqualsIgnoreCase', (value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  test('StringNotEqualsIgnoreCase', (value, wanted) => value.toLowerCase() === wanted.toLowerCase(), true),
  test('StringLike', like),
  test('StringNotLike', like, true),
  test('ArnEquals', arnLike),
  test('ArnNotEquals', arnLike, true),
  test('ArnLike', arnLike),
  test('ArnNotLike', arnLike, true),
  test('Bool', (value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
];
const nullTest = test('Null', equals);

/**
 * Reads a policy of an identity: `{Version, Statement: [{Effect, Action, Resource, Condition}]}`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 *
 * @throws PolicyError for what is not one, and for condition operators that are not modelled
 */
export function readPolicy(document: unknown): Policy {
  const { Version, Id: _id, Statement, ...rest } = object(document, 'the policy');
  noMore(rest, 'the policy');
  if (Version !== '2012-10-17') throw new PolicyError(`the policy’s Version is ${JSON.stringify(Version)}; it must be "2012-10-17"`);
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  return { statements: statements.map((statement, index) => readStatement(statement, `Statement[${index}]`)), document };
}

function readStatement(statement: unknown, at: string): Statement {
  const { Sid: _sid, Effect, Action, NotAction, Resource, NotResource, Condition = {}, ...rest } = object(statement, at);
  noMore(rest, at);
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new PolicyError(`${at}.Effect must be Allow or Deny`);
  if ((Action === undefined) === (NotAction === undefined)) throw new PolicyError(`${at} must have either Action or NotAction`);
  if ((Resource === undefined) === (NotResource === undefined)) throw new PolicyError(`${at} must have either Resource or NotResource`);
  const actions = texts(Action ?? NotAction, `${at}.Action`);
  for (const action of actions) {
    if (action !== '*' && !/^[\w*?-]+:[\w*?]+$/.test(action)) throw new PolicyError(`${at}.Action: ${action} is not <service>:<action>`);
  }
  const resources = texts(Resource ?? NotResource, `${at}.Resource`);
  for (const resource of resources) {
    if (!/^(?:\*|arn:.*)$/.test(resource)) throw new PolicyError(`${at}.Resource: ${resource} is not an ARN or *`);
  }
  const conditions = Object.entries(object(Condition, `${at}.Condition`)).flatMap(([operator, keys]) =>
    Object.entries(object(keys, `${at}.Condition.${operator}`)).map(([key, values]) =>
      readCondition({ operator, key, values }, `${at}.Condition.${operator}`),
    ),
  );
  return { effect: Effect, actions, notActions: Action === undefined, resources, notResources: Resource === undefined, conditions };
}

function readCondition({ operator, key, values }: { operator: string; key: string; values: unknown }, at: string): Condition {
  const [, quantifier, name, ifExists] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const found = name === 'Null' ? nullTest : tests.find((candidate) => candidate.name === name);
  if (!found) throw new PolicyError(`${at}: the simulator does not model this condition operator`);
  if (found === nullTest && (quantifier || ifExists)) throw new PolicyError(`${at}: Null stands alone`);
  return {
    test: found,
    quantifier: quantifier as Condition['quantifier'],
    ifExists: ifExists !== undefined,
    key: key.toLowerCase(),
    values: texts(values, `${at}.${key}`),
  };
}

function object(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PolicyError(`${at} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function noMore(rest: object, at: string): void {
  const [name] = Object.keys(rest);
  if (name !== undefined) throw new PolicyError(`${at} has no field ${name}`);
}

function texts(value: unknown, at: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((single) => {
    if (typeof single !== 'string' && typeof single !== 'boolean') throw new PolicyError(`${at} must be a text, or a list of texts`);
    return String(single);
  });
}

/** What the policy says of a request. */
export function decide({ statements }: Policy, request: AccessRequest): Decision {
  const effects = new Set(statements.filter((statement) => applies(statement, request)).map(({ effect }) => effect));
  return effects.has('Deny') ? 'explicitlyDenied' : effects.has('Allow') ? 'allowed' : 'implicitlyDenied';
}

function applies(statement: Statement, { action, resource, context }: AccessRequest): boolean {
  const isNamed = statement.actions.some((pattern) => wildcard(pattern.toLowerCase()).test(action.toLowerCase()));
  if (isNamed === statement.notActions) return false;
  const isAbout = statement.resources.some((pattern) => {
    const filled = withVariables(pattern, context);
    return filled !== undefined && like(resource, filled);
  });
  return isAbout !== statement.notResources && statement.conditions.every((condition) => holds(condition, context));
}

function holds(
  { test: { name, negated, fits }, quantifier, ifExists, key, values }: Condition,
  context: AccessRequest['context'],
): boolean {
  const found = context.get(key);
  if (name === 'Null') return values.some((value) => (value.toLowerCase() === 'true') === (found === undefined));
  if (found === undefined && ifExists) return true;
  const wanted = values.flatMap((value) => withVariables(value, context) ?? []);
  const one = (value: string): boolean => wanted.some((single) => fits(value, single)) !== negated;
  if (quantifier === 'ForAllValues') return (found ?? []).every(one);
  if (quantifier === 'ForAnyValue') return (found ?? []).some(one);
  // A key that is not there is unlike everything.
  return found === undefined || found.length === 0 ? negated : negated ? found.every(one) : found.some(one);
}

/** `${aws:PrincipalTag/team}` becomes the key's value; undefined where the request does not have it. */
function withVariables(pattern: string, context: AccessRequest['context']): string | undefined {
  if (!pattern.includes('${')) return pattern;
  let known = true;
  const filled = pattern.replaceAll(/\$\{([^}]+)\}/g, (_all, name: string) => {
    if (/^[*?$]$/.test(name)) return name === '$' ? name : `\\${name}`;
    const values = context.get(name.toLowerCase());
    if (values?.length !== 1) known = false;
    return (values?.[0] ?? '').replaceAll(/[*?\\]/g, '\\$&');
  });
  return known ? filled : undefined;
}

const compiled = new Map<string, RegExp>();

/** `*` stands for any text and `?` for one character; a backslash before them, which only variables bring, for themselves. */
function wildcard(pattern: string): RegExp {
  const known = compiled.get(pattern);
  if (known) return known;
  const source = pattern.replace(/\\([*?\\])|[*?]|[\\^$.+()[\]{}|]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return found === '*' ? '.*' : found === '?' ? '.' : `\\${found}`;
  });
  const made = new RegExp(`^${source}$`, 's');
  if (compiled.size > 10_000) compiled.clear();
  compiled.set(pattern, made);
  return made;
}
