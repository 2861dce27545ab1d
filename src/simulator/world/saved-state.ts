import { z } from 'zod';
import type { AwsSimulator } from '../aws-simulator.ts';
import { savedFaults } from '../calls/faults.ts';
import { savedLevels } from '../calls/throttle.ts';
import { given } from '../world-file/fields.ts';
import { pathText, problemOf } from '../world-file/problems.ts';
import { savedSettings } from '../world-file/settings.ts';
import type { SavedCollection } from './store.ts';
import type { World } from './world.ts';

/** A saved state that cannot be used. The message names the file and the field, what was found and what would be right. */
export class SavedStateError extends Error {
  override readonly name = 'SavedStateError';
}

const format = 'isthmus-simulator-state';
/** The only version of the format that there has been. */
const version = 1;

const whole = z.int({ error: (issue) => `found ${given(issue.input)}; it must be a whole number` });
const text = z.string({ error: (issue) => `found ${given(issue.input)}; it must be a text` });
const moment = z.number({ error: (issue) => `found ${given(issue.input)}; it must be milliseconds since 1970` });

/** What things are like is known to the code that keeps them: only that they have an id is looked at here. */
const value = z.custom<{ readonly id: string }>(
  (data) => typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string',
  { error: (issue) => `found ${JSON.stringify(issue.input)?.slice(0, 80)}; it must be an object with an id` },
);

const collection: z.ZodType<SavedCollection> = z.strictObject({
  nextOrder: whole,
  entries: z.array(
    z.strictObject({
      id: text,
      order: whole,
      madeAt: moment,
      versions: z
        .array(z.strictObject({ at: moment, write: whole, value: value.optional(), readsBefore: z.record(z.string(), whole).optional() }))
        .min(1),
      reads: z.record(z.string(), z.strictObject({ count: whole, call: whole })).optional(),
    }),
  ),
});

const savedWorld = z.strictObject({
  /** Milliseconds since the epoch. */
  now: moment,
  /** Left out where the world's randomness was the machine's own. */
  random: whole.optional(),
  writes: whole,
  calls: whole,
  /** All that were ever given. */
  ids: z.array(text),
  settings: savedSettings,
  roles: z
    .array(
      z.strictObject({
        arn: text,
        trusts: z.array(text).readonly(),
        externalId: text.optional(),
        tagSession: z.boolean().optional(),
        /** The document. */
        policy: z.unknown(),
      }),
    )
    .optional(),
  /** How far each view had been seen when the settings were last changed. */
  seenBefore: z.record(z.string(), z.strictObject({ write: whole, until: moment.optional() })),
  /** What is still to come, in its order. */
  due: z.array(
    z.strictObject({
      at: moment,
      transition: text,
      given: z.array(z.union([z.string(), z.number(), z.array(z.string()).readonly()])).readonly(),
    }),
  ),
  collections: z.record(z.string(), collection),
});

const savedSimulator = z.strictObject({
  random: whole,
  stsRandom: whole,
  /** The number of the last call that was recorded. */
  lastCall: whole,
  faults: savedFaults,
  /** Left out where token buckets hold nobody back. */
  throttle: savedLevels.optional(),
});

/** A world as it is kept: of values that JSON has, and dates. */
export type SavedWorld = z.output<typeof savedWorld>;
/** What a simulator keeps besides its world. */
export type SavedSimulator = z.output<typeof savedSimulator>;

const savedState = z.strictObject({
  format: z.literal(format, {
    error: (issue) => `found ${given(issue.input)}; the file is no state of the simulator, which says "${format}"`,
  }),
  version: z.literal(version, { error: (issue) => `found ${given(issue.input)}; the version that is known here is ${version}` }),
  world: savedWorld,
  simulator: savedSimulator,
});

/** A simulated AWS: the world, and what stands in front of it. */
export interface SimulatedAws {
  readonly world: World;
  readonly simulator: AwsSimulator;
}

/**
 * The whole state as the text of a file. Not in it are the record of calls and those calls that a fault still holds back: their callers are
 * gone with the connection.
 */
export function writeState({ world, simulator }: SimulatedAws): string {
  return `${JSON.stringify(
    { format, version, world: world.save(), simulator: simulator.save() },
    function (this: Record<string, unknown>, key, json) {
      const plain = this[key];
      return plain instanceof Date ? { $date: plain.getTime() } : json;
    },
  )}\n`;
}

/**
 * Lets a simulated AWS go on where another was saved.
 *
 * @param fileName as it is to be named in errors
 * @throws SavedStateError where the text is no state, or of a version that is not known here; then the simulated AWS is of no use
 */
export function readState(source: string, fileName: string, { world, simulator }: SimulatedAws): void {
  const refuse = (message: string): SavedStateError => new SavedStateError(`${fileName}: ${message}`);
  const read = savedState.safeParse(parse(source, refuse));
  if (!read.success) {
    const { path, message } = problemOf(read.error);
    throw refuse(`${pathText(path)}${message}`);
  }
  try {
    world.restore(read.data.world);
  } catch (error) {
    throw refuse(`world.${(error as Error).message}`);
  }
  simulator.restore(read.data.simulator);
}

function parse(source: string, refuse: (message: string) => SavedStateError): unknown {
  try {
    // Looking at every value for dates takes longer than all the rest, and few states have any.
    return source.includes('"$date"') ? JSON.parse(source, withDates) : JSON.parse(source);
  } catch (error) {
    throw refuse(`is no JSON: ${(error as Error).message}`);
  }
}

/** A tag may be called so, too, but has a text for its value. */
const withDates = (_key: string, json: unknown): unknown =>
  typeof json === 'object' && json !== null && '$date' in json && typeof json.$date === 'number' ? new Date(json.$date) : json;
