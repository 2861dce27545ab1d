import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../ambient/clock.ts';
import type { Log } from '../ambient/log.ts';
import type { Random } from '../ambient/random.ts';
import { type Aws, AwsError, IdentityError } from '../aws/aws.ts';
import type { CommonStatus, Condition, Kind, MemoryEntry, Plan, Problem, Resource, Step } from '../kinds/kind.ts';
import { forget, remember, sameThing } from '../kinds/memory.ts';
import { ownershipKeys } from '../kinds/ownership.ts';
import { type Cluster, ConflictError, type Key, keyText, type Leadership } from '../kube/cluster.ts';
import type { ClaimIndex } from './claims.ts';
import { conditionsOf, type Outlook, unseenConditions } from './conditions.ts';
import { finalizer, hasFinalizer } from './finalizer.ts';
import { type AccountVersions, accountVersions, guardOf, Superseded } from './guard.ts';
import { problemOf } from './problems.ts';
import { findAccount, identityOf, openSides, tellable, usersOf } from './sides.ts';

export interface PassContext {
  readonly cluster: Cluster;
  readonly aws: Aws;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly claims: ClaimIndex;
  readonly leadership: Leadership;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** This cluster's name, as in the ownership tag. */
  readonly clusterName: string;
  readonly timing: Timing;
  /** A person asks for a look now (`isthmus.dev/reconcile-at`): lists of AWS that are there already do not do. */
  readonly anew?: boolean;
}

/** How often things are looked at again, in milliseconds. */
export interface Timing {
  /** Everything, so that drift is found. */
  readonly resyncMs: number;
  /** What needs a person. */
  readonly blockedMs: number;
}

/** Resync 60 s, blocked objects 5 min (both with jitter). */
export const defaultTiming: Timing = { resyncMs: 60_000, blockedMs: 300_000 };

/** What one pass came to. */
export interface PassResult {
  readonly again: 'now' | 'backoff' | 'never' | { readonly afterMs: number };
  /** Writes to AWS that were made. */
  readonly writes: number;
  /** How far from Ready: what is nearest goes first. */
  readonly stepsLeft: number;
}

/** What the spec of every kind that writes to AWS has. */
interface CommonSpec {
  readonly paused?: boolean;
  readonly observeOnly?: boolean;
}

/** Kubernetes too is written to only while the lease is ours. */
function mustLead({ leadership }: PassContext): void {
  if (!leadership.surelyHeld()) throw new Superseded('the lease is not surely held any more');
}

const nothingMore: PassResult = { again: 'never', writes: 0, stepsLeft: 0 };

/**
 * One pass over one object: reads it, looks at AWS, plans, writes what is to be written now, and says in status how it stands. What it has
 * changed is learnt by the next pass, which starts again at the top; nothing sleeps in here.
 */
export async function pass(key: Key, context: PassContext): Promise<PassResult> {
  const kind = context.kinds.get(key.kind);
  const found = context.cluster.get(key);
  if (!kind || !found) return nothingMore;
  try {
    return await look(kind, found, context);
  } catch (error) {
    if (!(error instanceof ConflictError) && !(error instanceof Superseded)) throw error;
    // Somebody changed the object in the meantime, or the lease is lost: what was planned no longer counts.
    context.log.debug({ key: keyText(key), why: error.message }, 'pass dropped');
    return { again: context.leadership.surelyHeld() ? { afterMs: 50 } : 'backoff', writes: 0, stepsLeft: 1 };
  }
}

async function look(kind: Kind, found: Resource, context: PassContext): Promise<PassResult> {
  const deleting = found.metadata.deletionTimestamp !== undefined;
  const held = heldBy(found, deleting);
  if (deleting && !hasFinalizer(found)) return nothingMore;

  let resource = found;
  if (!deleting && !hasFinalizer(resource) && !held) {
    mustLead(context);
    resource = await context.cluster.addFinalizer(resource, finalizer);
  }
  resource = await announce(resource, context);

  const accounts = accountVersions(context.cluster, kind, resource);
  const sides = await openSides(context, kind, resource);
  const plan = kind.plan({
    resource,
    sides,
    memory: resource.status?.resources ?? [],
    now: context.clock.now(),
    cluster: context.clusterName,
    isLive: context.claims.isLive,
    claimedBy: (claim) => context.claims.holder(claim, resource),
    alsoWantedBy: (claim) => context.claims.heir(claim, resource),
    users: () => usersOf(context.cluster, context.kinds.values(), resource),
  });
  if (held) return finish(kind, resource, { plan: { ...plan, memory: resource.status?.resources ?? [] }, held, ...untouched }, context);

  for (const note of plan.notes ?? []) {
    context.log.warn({ key: keyOf(resource), reason: note.reason }, note.message);
    await context.cluster.recordEvent(resource, { type: 'Warning', reason: note.reason, action: 'Delete', message: note.message });
  }
  if (deleting && plan.memory.length === 0 && plan.steps.length === 0 && plan.waiting.length === 0) {
    mustLead(context);
    await context.cluster.removeFinalizer(resource, finalizer);
    context.log.info({ key: keyOf(resource) }, 'everything it made is gone: let go');
    return nothingMore;
  }
  if (plan.steps.length > 0 && !deleting && claimsMore(kind, resource, plan)) {
    // Others must see what this one claims before it writes anything: of two that are made together only one goes on.
    await writeStatus(kind, resource, { plan, failures: [], working: plan.steps[0]?.sentence }, context);
    return { again: 'now', writes: 0, stepsLeft: plan.steps.length };
  }
  const done = await carryOut(kind, resource, plan, { ...context, accounts });
  return finish(kind, done.resource, { ...done, plan: { ...plan, memory: done.memory } }, context);
}

interface WritingContext extends PassContext {
  readonly accounts: AccountVersions;
}

const untouched = { failures: [], writes: 0, heldUpMs: 0 } as const;

const keyOf = (resource: Resource): string =>
  keyText({ kind: resource.kind, namespace: resource.metadata.namespace, name: resource.metadata.name });

function heldBy(resource: Resource, deleting: boolean): Outlook['held'] {
  const spec = resource.spec as CommonSpec;
  if (spec.paused)
    return {
      reason: 'Paused',
      message: deleting ? 'spec.paused: deletion waits, nothing is written to AWS' : 'spec.paused: nothing is written to AWS',
    };
  if (spec.observeOnly && !deleting)
    return { reason: 'ObserveOnly', message: 'spec.observeOnly: nothing is written to AWS; status.plan says what would be' };
  return undefined;
}

/** Whether a plan has found out more of what the object claims than stands in its status. */
function claimsMore(kind: Kind, resource: Resource, plan: Plan): boolean {
  const known = kind.claims(resource);
  const status = { ...resource.status, ...(plan.status as object) };
  return kind.claims({ ...resource, status }).some((claim) => !known.includes(claim));
}

/** The first write of a new generation: nobody may take the old Ready for the new one's. */
async function announce(resource: Resource, context: PassContext): Promise<Resource> {
  if (resource.status?.observedGeneration === resource.metadata.generation) return resource;
  mustLead(context);
  const { cluster, clock } = context;
  const before = resource.status?.conditions ?? [];
  return cluster.writeStatus(resource, {
    ...resource.status,
    observedGeneration: resource.metadata.generation,
    conditions: unseenConditions({ generation: resource.metadata.generation, now: clock.now(), before }),
  });
}

interface Failure {
  readonly step: Step;
  readonly error: AwsError;
}

interface Carried {
  readonly resource: Resource;
  readonly memory: readonly MemoryEntry[];
  readonly failures: readonly Failure[];
  readonly writes: number;
  /** How long until the request budget has room for what was left out, in milliseconds; 0 where nothing was. */
  readonly heldUpMs: number;
}

/** Leaves out the steps that the request budget has no room for now: what is not going to be sent need not be remembered either. */
function withinBudget({ steps }: Plan, aws: Aws): { readonly steps: readonly Step[]; readonly heldUpMs: number } {
  const first = Math.min(...steps.map((step) => step.stage));
  const waits = new Map(steps.filter((step) => step.stage === first).map((step) => [step, aws.waitFor(step.change)]));
  const heldUp = [...waits.values()].filter((wait) => wait > 0);
  return {
    steps: heldUp.length === 0 ? steps : steps.filter((step) => waits.get(step) === 0),
    heldUpMs: Math.max(0, ...heldUp),
  };
}

/** How many calls of one pass are under way at once. */
const abreast = 8;

/** Makes the planned calls, stage by stage; what they are about to make stands in status before they leave. */
async function carryOut(kind: Kind, found: Resource, plan: Plan, context: WritingContext): Promise<Carried> {
  const before = found.status?.resources ?? [];
  const { steps, heldUpMs } = withinBudget(plan, context.aws);
  if (steps.length === 0) return { resource: found, memory: plan.memory, ...untouched, heldUpMs };

  const intended = steps.reduce((memory, step) => (step.remember ? remember(memory, step.remember) : memory), plan.memory);
  let resource = found;
  if (!isDeepStrictEqual(compact(intended), compact(before))) {
    const sentences = steps.map((step) => step.sentence);
    resource = await writeStatus(
      kind,
      resource,
      { plan: { ...plan, memory: intended }, failures: [], working: sentences[0] ?? 'working' },
      context,
    );
  }

  let memory = intended;
  const failures: Failure[] = [];
  let writes = 0;
  let superseded: Superseded | undefined;
  const guard = guardOf(kind, resource, context);
  const make = async (step: Step) => {
    if (superseded) return;
    const account = findAccount(context.cluster, step.change.scope.accountRef);
    if (!account) return;
    try {
      const result = await context.aws.apply(identityOf(account), step.change, () => guard(step));
      writes++;
      context.log.info(
        { key: keyOf(resource), action: step.change.action, region: step.change.scope.region, id: result.id },
        step.sentence,
      );
      if (step.remember) {
        const created = result.tags === undefined ? step.remember.created : result.tags[ownershipKeys.uid] === resource.metadata.uid;
        memory = remember(memory, { ...step.remember, id: result.id ?? step.remember.id, created });
      }
      if (step.forget) memory = forget(memory, step.forget);
    } catch (error) {
      if (error instanceof Superseded) {
        superseded = error;
      } else if (error instanceof IdentityError) {
        // Nothing was sent. The next pass cannot open the account either, and says so.
        superseded = new Superseded(error.message);
      } else if (error instanceof AwsError) {
        failures.push({ step, error });
        context.log.warn({ key: keyOf(resource), action: step.change.action, code: error.code }, error.message);
      } else {
        throw error;
      }
      const unknown = error instanceof AwsError && error.meaning === 'transport';
      // Surely not done: the intent is taken back, so that nothing is taken for ours that is not.
      if (step.remember && !unknown) memory = takeBack(memory, step.remember, plan.memory);
    }
  };
  for (const stage of [...new Set(steps.map((step) => step.stage))].toSorted((one, other) => one - other)) {
    if (failures.length > 0 || superseded) break;
    await eachOf(
      steps.filter((step) => step.stage === stage),
      make,
    );
  }
  if (superseded && writes === 0) throw superseded;
  return { resource, memory, failures, writes, heldUpMs };
}

/** Runs at most `abreast` at once, in order. */
async function eachOf(steps: readonly Step[], make: (step: Step) => Promise<void>): Promise<void> {
  const queue = steps.values();
  const worker = async () => {
    for (const step of queue) await make(step);
  };
  await Promise.all(Array.from({ length: Math.min(abreast, steps.length) }, worker));
}

function takeBack(memory: readonly MemoryEntry[], intent: MemoryEntry, planned: readonly MemoryEntry[]): readonly MemoryEntry[] {
  const before = planned.find((entry) => sameThing(entry, intent));
  return before ? remember(memory, before) : forget(memory, intent);
}

interface Outcome {
  readonly plan: Plan;
  readonly failures: readonly Failure[];
  readonly writes: number;
  readonly heldUpMs: number;
  readonly held?: Outlook['held'];
}

async function finish(kind: Kind, resource: Resource, outcome: Outcome, context: PassContext): Promise<PassResult> {
  const { plan, failures, writes, held } = outcome;
  await writeStatus(kind, resource, { plan, failures, held, working: workOf(outcome) }, context);
  return { again: whenAgain(outcome, context), writes, stepsLeft: plan.steps.length + plan.waiting.length };
}

/** What is under way, in words; undefined where nothing is. */
function workOf({ plan, writes, held, heldUpMs }: Outcome): string | undefined {
  if (plan.steps.length === 0) return undefined;
  if (held) return 'changes are held back';
  if (writes > 0) return `${writes} ${writes === 1 ? 'change was' : 'changes were'} made; looking at AWS again`;
  return heldUpMs > 0 ? 'waiting for a turn within the request budget of the AWS account' : 'changes are about to be made';
}

interface Standing {
  readonly plan: Plan;
  readonly failures: readonly Failure[];
  readonly working: string | undefined;
  readonly held?: Outlook['held'];
}

/** Writes the status that a plan comes to, if it says anything new, and tells Events about reasons that changed. */
async function writeStatus(
  kind: Kind,
  resource: Resource,
  { plan, failures, working, held }: Standing,
  context: PassContext,
): Promise<Resource> {
  const before = resource.status?.conditions ?? [];
  const told = ({ step, error }: Failure) => {
    const message = tellable(context.cluster, kind, resource, step.change.scope.accountId)(error);
    return { part: step.part, problem: problemOf(error, message) };
  };
  const conditions = conditionsOf({
    generation: resource.metadata.generation,
    now: context.clock.now(),
    before,
    partTypes: kind.partTypes,
    parts: plan.parts,
    problems: [...plan.waiting, ...failures.map(told)],
    pending: plan.steps.map((step) => step.part),
    deleting: resource.metadata.deletionTimestamp !== undefined,
    ...(working !== undefined && { working }),
    ...(held && { held }),
  });
  const held_plan = held?.reason === 'ObserveOnly' ? plan.steps.map((step) => step.sentence) : undefined;
  const status: CommonStatus & object = compact({
    ...(plan.status as object),
    observedGeneration: resource.metadata.generation,
    ...(kind.collections.length > 0 && { resources: plan.memory, resourceCount: plan.memory.length }),
    ...(held_plan && { plan: held_plan.slice(0, 100), planCount: held_plan.length }),
    conditions,
  });
  if (isDeepStrictEqual(status, compact(resource.status ?? {}))) return resource;
  mustLead(context);
  const written = await context.cluster.writeStatus(resource, status);
  // At once, and not only when the watch tells: what it claims is not free any more.
  context.claims.note({ kind: written.kind, namespace: written.metadata.namespace, name: written.metadata.name }, written);
  await tell(written, before, context);
  return written;
}

/** An Event for each condition whose reason changed to one that tells something. */
async function tell(resource: Resource, before: readonly Condition[], { cluster }: PassContext): Promise<void> {
  const told = new Set<string>();
  for (const condition of resource.status?.conditions ?? []) {
    const { type, status, reason, message } = condition;
    const old = before.find((other) => other.type === type);
    if (['Reconciling', 'Stalled'].includes(type) || ['Progressing', 'NotManaged'].includes(reason) || status === 'Unknown') continue;
    if ((old?.reason === reason && old.status === status) || told.has(message)) continue;
    told.add(message);
    await cluster.recordEvent(resource, {
      type: status === 'True' || reason === 'Deleting' ? 'Normal' : 'Warning',
      reason,
      action: resource.metadata.deletionTimestamp === undefined ? 'Reconcile' : 'Delete',
      message,
    });
  }
}

function whenAgain({ plan, failures, writes, held, heldUpMs }: Outcome, { timing, random }: PassContext): PassResult['again'] {
  const jittered = (milliseconds: number) => ({ afterMs: Math.round(milliseconds * (0.9 + 0.2 * random())) });
  if (held) return jittered(timing.resyncMs);
  const throttled = failures.filter(({ error }) => error.meaning === 'throttled').map(({ error }) => error.retryAfterMs ?? 5_000);
  if (throttled.length > 0) return { afterMs: Math.max(...throttled) };
  const problems: readonly Problem[] = [...failures.map(({ error }) => problemOf(error)), ...plan.waiting.map(({ problem }) => problem)];
  if (failures.some(({ error }) => problemOf(error).heals === 'time')) return 'backoff';
  if (heldUpMs > 0) return { afterMs: writes > 0 ? Math.min(heldUpMs, 2_000) : heldUpMs };
  if (failures.length === 0 && writes > 0) return 'now';
  const rechecks = plan.waiting.flatMap(({ recheckMs }) => recheckMs ?? []);
  if (rechecks.length > 0) return { afterMs: Math.min(...rechecks) };
  // Nothing but time heals these, and nobody has said how long it takes.
  if (problems.some(({ heals }) => heals === 'time')) return 'backoff';
  if (problems.some(({ heals }) => heals === 'person')) return jittered(timing.blockedMs);
  return jittered(timing.resyncMs);
}

/** Without undefined members, as JSON carries it. */
function compact<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}
