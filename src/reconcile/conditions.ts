import type { Condition, PartStatus, Problem } from '../kinds/kind.ts';

/** Reasons that another object, applied together with this one, may heal are not held against it for this long, in milliseconds. */
const graceMs = 5 * 60_000;

export interface Outlook {
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly before: readonly Condition[];
  /** Condition types of the kind's parts, in the order in which things happen. */
  readonly partTypes: readonly string[];
  /** Every part as it is when nothing is wrong in it. */
  readonly parts: readonly PartStatus[];
  /** What is not as wanted, by part. */
  readonly problems: readonly { readonly part: string; readonly problem: Problem }[];
  /** The part of each change that is to be made, or was just made. */
  readonly pending: readonly string[];
  /** Something is being written, was just written, or is about to be looked at again. */
  readonly working?: string;
  readonly deleting: boolean;
  /** `paused` or `observeOnly`: nothing is written; Ready keeps what is true, with this reason. */
  readonly held?: { readonly reason: 'Paused' | 'ObserveOnly'; readonly message: string };
}

/** From the worst to the mildest: what a person must mend comes before what passes by itself. */
const severity = { person: 0, object: 1, time: 2 } as const;

/**
 * The conditions of an object, in kstatus's terms: `Ready` sums up, `Reconciling` says that the controller is at work, `Stalled` that a
 * person is needed, and one condition for each part. Deterministic, and unchanged entries keep their transition time.
 */
export function conditionsOf(outlook: Outlook): readonly Condition[] {
  const { problems, partTypes, parts, working, deleting, held } = outlook;
  const worst = problems.toSorted(
    (one, other) =>
      severity[one.problem.heals] - severity[other.problem.heals] || partTypes.indexOf(one.part) - partTypes.indexOf(other.part),
  )[0]?.problem;

  const readySince = outlook.before.find((condition) => condition.type === 'Ready' && condition.status !== 'True');
  const waited =
    readySince && readySince.observedGeneration === outlook.generation ? outlook.now - Date.parse(readySince.lastTransitionTime) : 0;
  const stalled =
    worst !== undefined && held === undefined && (worst.heals === 'person' || (worst.heals === 'object' && waited >= graceMs));
  const ready = !worst && working === undefined && !deleting;
  const available = parts.find((part) => part.type === 'Ready');

  const summary = ((): Pick<Condition, 'status' | 'reason' | 'message'> => {
    if (held) return { status: ready ? 'True' : 'False', reason: held.reason, message: held.message };
    if (worst)
      return { status: 'False', reason: worst.reason === 'Progressing' && deleting ? 'Deleting' : worst.reason, message: worst.message };
    if (deleting) return { status: 'False', reason: 'Deleting', message: working ?? 'being taken down' };
    if (working !== undefined) return { status: 'False', reason: 'Progressing', message: working };
    return available
      ? { status: 'True', reason: available.reason, message: available.message }
      : { status: 'True', reason: 'Available', message: 'everything is as wanted' };
  })();

  const conditions: Omit<Condition, 'observedGeneration' | 'lastTransitionTime'>[] = [{ type: 'Ready', ...summary }];
  for (const type of partTypes) {
    const problem = problems
      .filter((each) => each.part === type)
      .toSorted((one, other) => severity[one.problem.heals] - severity[other.problem.heals])[0]?.problem;
    const part = parts.find((each) => each.type === type);
    if (problem) {
      const more = problems.filter((each) => each.part === type).length - 1;
      conditions.push({
        type,
        status: 'False',
        reason: problem.reason,
        message: more > 0 ? `${problem.message} (and ${more} more)` : problem.message,
      });
    } else if (outlook.pending.includes(type)) {
      const count = outlook.pending.filter((pending) => pending === type).length;
      conditions.push({
        type,
        status: 'False',
        reason: 'Progressing',
        message: count === 1 ? 'one change is to be made' : `${count} changes are to be made`,
      });
    } else if (part) {
      const { status, reason, message } = part;
      conditions.push({ type, status, reason, message });
    } else {
      const kept = outlook.before.find((condition) => condition.type === type);
      conditions.push(
        kept
          ? { type, status: kept.status, reason: kept.reason, message: kept.message }
          : { type, status: 'Unknown', reason: 'Progressing', message: 'not looked at yet' },
      );
    }
  }
  const reconciling = !ready && !stalled && held === undefined;
  conditions.push(
    reconciling
      ? { type: 'Reconciling', status: 'True', reason: summary.reason, message: summary.message }
      : { type: 'Reconciling', status: 'False', reason: summary.reason, message: '' },
    stalled
      ? { type: 'Stalled', status: 'True', reason: summary.reason, message: summary.message }
      : { type: 'Stalled', status: 'False', reason: summary.reason, message: '' },
  );
  return conditions.map((condition) => dated(condition, outlook));
}

/** The conditions of a generation that nobody has looked at yet: written before any call to AWS. */
export function unseenConditions(outlook: Pick<Outlook, 'generation' | 'now' | 'before'>): readonly Condition[] {
  const message = `generation ${outlook.generation} has not been looked at yet`;
  const others = outlook.before
    .filter((condition) => !['Ready', 'Reconciling', 'Stalled'].includes(condition.type))
    .map(({ type, status, reason, message: kept }) => ({ type, status, reason, message: kept }));
  return [
    { type: 'Ready', status: 'Unknown' as const, reason: 'Progressing', message },
    ...others,
    { type: 'Reconciling', status: 'True' as const, reason: 'Progressing', message },
    { type: 'Stalled', status: 'False' as const, reason: 'Progressing', message: '' },
  ].map((condition) => dated(condition, outlook));
}

function dated(
  condition: Omit<Condition, 'observedGeneration' | 'lastTransitionTime'>,
  { generation, now, before }: Pick<Outlook, 'generation' | 'now' | 'before'>,
): Condition {
  const same = before.find((other) => other.type === condition.type && other.status === condition.status);
  return {
    ...condition,
    // The API takes up to 32,768 characters; nobody reads that many.
    message: condition.message.slice(0, 2_000),
    observedGeneration: generation,
    lastTransitionTime: same?.lastTransitionTime ?? `${new Date(now).toISOString().slice(0, 19)}Z`,
  };
}
