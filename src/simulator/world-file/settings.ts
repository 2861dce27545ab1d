import { z } from 'zod';
import { defaultSettings, type SettingsChange } from '../world/settings.ts';
import { type FieldPath, fields, flag, given, oneOf } from './fields.ts';
import { savedOrganization } from './organization.ts';
import { pathText, problemOf } from './problems.ts';

/** Settings that cannot be used. The message names the field, what was found and what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const milliseconds = z
  .number({ error: (issue) => `found ${given(issue.input)}; it must be a number of milliseconds` })
  .min(0, { error: (issue) => `found ${given(issue.input)}; it must be a number of milliseconds` });
const wholeNumber = z
  .int({ error: (issue) => `found ${given(issue.input)}; it must be a whole number, 0 or more` })
  .min(0, { error: (issue) => `found ${given(issue.input)}; it must be a whole number, 0 or more` });

const byCollection = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), value, { error: (issue) => `found ${given(issue.input)}, but this is an object of numbers, by what lags` });

/** The same for each of some names, all of which may be left out. */
const each = <Name extends string, Value extends z.ZodType>(names: readonly Name[], value: Value) =>
  fields(Object.fromEntries(names.map((name) => [name, value.optional()])) as Record<Name, z.ZodOptional<Value>>);

const keysOf = <Keyed extends object>(keyed: Keyed) => Object.keys(keyed) as (keyof Keyed & string)[];

/** How this AWS behaves, as far as it is not to be as usual. */
const shape = {
  /** How long states last that pass by themselves, in milliseconds. */
  delaysMs: each(keysOf(defaultSettings.delaysMs), milliseconds).optional(),
  /** How far reads lie behind writes, in milliseconds. */
  lagMs: milliseconds.optional(),
  /** The same for single collections, whatever lagMs says: vpcs, tags … */
  lagMsOf: byCollection(milliseconds).optional(),
  /** How many reads of a thing miss what is new about it. */
  lagReads: wholeNumber.optional(),
  /** The same for single collections, whatever lagReads says. */
  lagReadsOf: byCollection(wholeNumber).optional(),
  /** How far the index of tags, by which calls filter, lies behind, in milliseconds. */
  tagIndexLagMs: milliseconds.optional(),
  /** How many reads that filter by tags miss what is new. */
  tagIndexLagReads: wholeNumber.optional(),
  /** For how long a new id is unknown to calls that it is given to, in milliseconds. */
  newIdUnknownMs: milliseconds.optional(),
  /** How many of each thing an account may have. */
  quotas: each(keysOf(defaultSettings.quotas), wholeNumber).optional(),
  /** The most that a page of a list holds; null: as AWS. */
  pageSize: wholeNumber
    .min(1, { error: (issue) => `found ${given(issue.input)}; it must be a whole number, 1 or more, or null` })
    .nullable()
    .optional(),
  /** Lists begin with an empty page that has a token. */
  emptyFirstPage: flag.optional(),
  /** What Resource endpoints answer for where nobody says: AWS's own texts disagree. */
  privateDnsPreferenceDefault: oneOf('VERIFIED_DOMAINS_ONLY', 'ALL_DOMAINS').optional(),
  /** What CreateRoute says to a route that is there already: AWS's own texts disagree. */
  createRouteIdentical: oneOf('succeeds', 'RouteAlreadyExists').optional(),
};

/** How a world file says it. */
export const settings = fields(shape).transform(
  // What is left out is not there at all: no format has fields that are there and undefined.
  ({ pageSize, ...rest }) => ({ ...rest, ...(pageSize === undefined ? {} : { pageSize: pageSize ?? undefined }) }) as SettingsChange,
);

/** What can be otherwise for a single call. */
export const momentarySettings = z.strictObject({
  quotas: shape.quotas,
  pageSize: wholeNumber.min(1).optional(),
  emptyFirstPage: shape.emptyFirstPage,
  newIdUnknownMs: shape.newIdUnknownMs,
}) as unknown as z.ZodType<Pick<SettingsChange, 'quotas' | 'pageSize' | 'emptyFirstPage' | 'newIdUnknownMs'>>;

/** The same as a saved state has it: with the organisation as it is kept. */
export const savedSettings = fields({ ...shape, organization: savedOrganization.optional() }) as unknown as z.ZodType<SettingsChange>;

/**
 * Looks for a lag of something that there is not.
 *
 * @param collections what can lag
 */
export function unknownLag(
  { lagMsOf = {}, lagReadsOf = {} }: SettingsChange,
  collections: readonly string[],
): { path: FieldPath; message: string } | undefined {
  for (const [field, lags] of Object.entries({ lagMsOf, lagReadsOf })) {
    const unknown = Object.keys(lags).find((name) => !collections.includes(name));
    if (unknown !== undefined) {
      return { path: [field, unknown], message: `there is no collection ${unknown}; the collections are ${collections.join(', ')}` };
    }
  }
  return undefined;
}

/**
 * Reads changed settings from data.
 *
 * @param collections what can lag
 * @throws SettingsError
 */
export function readSettings(data: unknown, collections: readonly string[]): SettingsChange {
  const read = settings.safeParse(data);
  const problem = read.success ? unknownLag(read.data, collections) : problemOf(read.error);
  if (problem) throw new SettingsError(`${pathText(problem.path)}${problem.message}`);
  return read.data!;
}
