import type { Filter } from '@aws-sdk/client-ec2';
import type { Tags } from '../../network/model.ts';
import { ApiError, type Call } from '../service.ts';
import type { Collection } from '../world/store.ts';
import type { World } from '../world/world.ts';
import { invalidValue } from './errors.ts';
import { checkId, type IdKind, isKnown, notFound } from './ids.ts';
import { placeOf } from './owned.ts';

/** What a named filter compares: one text, several of which one must match, or nothing. */
export type FieldValue = string | number | boolean | undefined | readonly (string | number | boolean | undefined)[];

/** The named filters of a Describe call. `tag:…` and `tag-key` come on top. */
export type FilterFields<Value> = Readonly<Record<string, (value: Value) => FieldValue>>;

/** The part of a Describe call's input that pages and filters. */
export interface ListInput {
  readonly Filters?: Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

const [maxFilters, maxValues] = [50, 200];

/**
 * A test for the given filters: all must hold, one value of each. Names and values are case-sensitive, `*` and `?` are wildcards (aws.md 7.4).
 *
 * @throws ApiError InvalidParameterValue for a filter that the call does not have, FilterLimitExceeded
 */
export function filterTest<Value>(
  filters: readonly Filter[],
  fields: FilterFields<Value>,
  tagsOf: ((value: Value) => Tags) | undefined,
): (value: Value) => boolean {
  if (filters.length > maxFilters) throw new ApiError('FilterLimitExceeded', `The maximum number of filters is ${maxFilters}`);
  const tests = filters.map(({ Name: name, Values: values = [] }) => {
    if (values.length > maxValues) throw new ApiError('FilterLimitExceeded', `The maximum number of filter values is ${maxValues}`);
    const read = fieldReader(name ?? 'null', fields, tagsOf);
    const matches = anyOf(values);
    return (value: Value): boolean => {
      const found = read(value);
      return Array.isArray(found) ? found.some(matches) : matches(found as string | number | boolean | undefined);
    };
  });
  return (value) => tests.every((test) => test(value));
}

function fieldReader<Value>(
  name: string,
  fields: FilterFields<Value>,
  tagsOf: ((value: Value) => Tags) | undefined,
): (value: Value) => FieldValue {
  if (Object.hasOwn(fields, name)) return fields[name]!;
  if (tagsOf && name.startsWith('tag:')) return (value) => tagsOf(value)[name.slice('tag:'.length)];
  if (tagsOf && name === 'tag-key') return (value) => Object.keys(tagsOf(value));
  throw invalidValue(`The filter '${name}' is invalid`);
}

const isPattern = (value: string): boolean => /[*?\\]/.test(value);

function anyOf(values: readonly string[]): (found: string | number | boolean | undefined) => boolean {
  const plain = new Set(values.filter((value) => !isPattern(value)));
  const patterns = values.filter(isPattern).map(wildcard);
  return (found) => found !== undefined && (plain.has(String(found)) || patterns.some((matches) => matches(String(found))));
}

/** `*` stands for any text, `?` for one character, a backslash before them for the characters themselves. */
function wildcard(value: string): (text: string) => boolean {
  const pattern = Array.from(value.matchAll(/\\([*?\\])|./gs), ([found, escaped]) => ({
    character: escaped ?? found,
    stands: escaped === undefined && (found === '*' || found === '?') ? found : 'for itself',
  }));
  return (text) => {
    // What a `*` took is given back one character at a time, and only the last one's: a regular expression might try for ever.
    let [at, from, star] = [0, 0, -1];
    for (let next = 0; next < text.length; ) {
      const { stands, character } = pattern[at] ?? {};
      if (stands === '*') {
        star = at++;
        from = next;
      } else if (stands === '?' || (stands !== undefined && character === text[next])) {
        at++;
        next++;
      } else if (star >= 0) {
        at = star + 1;
        next = ++from;
      } else {
        return false;
      }
    }
    return pattern.slice(at).every(({ stands }) => stands === '*');
  };
}

/** How a call pages: the least and the most that MaxResults may be. */
export interface PageLimits {
  readonly min: number;
  readonly max: number;
}

/**
 * One page of items, which come in the order of their numbers.
 *
 * @throws ApiError InvalidMaxResults, InvalidNextToken
 */
export function page<Item>(
  world: World,
  { items, orderOf, input, limits }: { items: readonly Item[]; orderOf: (item: Item) => number; input: ListInput; limits: PageLimits },
): { items: readonly Item[]; NextToken?: string } {
  const { MaxResults: asked, NextToken: token } = input;
  if (asked !== undefined && (!Number.isInteger(asked) || asked < limits.min || asked > limits.max)) {
    throw new ApiError(
      'InvalidMaxResults',
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value from ${limits.min} to ${limits.max}.`,
    );
  }
  const after = token === undefined ? -1 : readToken(token);
  const size = Math.min(asked ?? Number.POSITIVE_INFINITY, world.settings.pageSize ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(size)) return { items: token === undefined ? items : items.filter((item) => orderOf(item) > after) };
  if (world.settings.emptyFirstPage && token === undefined) return { items: [], NextToken: writeToken(0) };
  const rest = items.filter((item) => orderOf(item) > after);
  const shown = rest.slice(0, size);
  return rest.length > shown.length ? { items: shown, NextToken: writeToken(orderOf(shown.at(-1)!)) } : { items: shown };
}

const writeToken = (after: number): string => Buffer.from(`after:${after}`).toString('base64url');

function readToken(token: string): number {
  const found = /^after:(\d+(?:\.\d+)?)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!found || writeToken(Number(found[1])) !== token) throw new ApiError('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(found[1]);
}

/** What a Describe call lists. */
export interface Listing<Value extends { readonly id: string }> {
  readonly collection: Collection<Value>;
  readonly kind: IdKind;
  /** The ids that the call asks for. */
  readonly ids?: readonly string[] | undefined;
  readonly input: ListInput;
  readonly fields: FilterFields<Value>;
  /** By filter, the first part of the key that finds what has a value of it: `vpc` where `vpc:vpc-…` finds all that `vpc-id` lets through. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Left out where the call does not page. */
  readonly limits?: PageLimits;
  /** The key of what may be listed at all; by default the caller's place. */
  readonly under?: string;
  /** Whether the call filters by tags, as all do whose things can be tagged, but for a few. */
  readonly tagFilters?: false;
  /** Where AWS shows less than what lies in the caller's place. */
  readonly visible?: (value: Value) => boolean;
  /** Whether the call refuses ids together with MaxResults; the name of its parameter of ids. */
  readonly idsParameterWithoutPages?: string;
}

/**
 * What a Describe call sees of the caller's things: as far as the lag lets it, filtered and paged.
 *
 * @throws ApiError `…Malformed` and `…NotFound` for ids, and those of filters and pages
 */
export function list<Value extends { readonly id: string }>(
  world: World,
  call: Call,
  listing: Listing<Value>,
): { items: readonly Value[]; NextToken?: string } {
  const { collection, kind, input, fields, limits } = listing;
  const place = placeOf(call);
  const visible = listing.visible ?? (() => true);
  const ids = listing.ids?.length ? [...new Set(listing.ids)] : undefined;
  if (ids && listing.idsParameterWithoutPages && input.MaxResults !== undefined) {
    throw new ApiError(
      'InvalidParameterCombination',
      `The parameter ${listing.idsParameterWithoutPages} cannot be used with the parameter maxResults`,
    );
  }
  const under = listing.under ?? `place:${place}`;
  const inPlace = (): Value[] => seenUnder(listing, under).filter(visible);
  const candidates = ids ? ids.map((id) => seenById(world, { listing, id, under, visible })) : inPlace();
  candidates.sort((a, b) => collection.orderOf(a.id) - collection.orderOf(b.id));
  const tagsOf =
    kind.resourceType && listing.tagFilters !== false ? (value: Value): Tags => world.indexedTagsOf(place, value.id) : undefined;
  const test = filterTest(input.Filters ?? [], fields, tagsOf);
  if (!limits) return { items: candidates.filter(test) };
  return page(world, { items: candidates.filter(test), orderOf: (value) => collection.orderOf(value.id), input, limits });
}

/** What lies under a key, as far as filters with a key of their own cannot rule it out: most callers ask for a few things among many. */
function seenUnder<Value extends { readonly id: string }>({ collection, input, keys = {} }: Listing<Value>, under: string): Value[] {
  // Each read counts for what lags by reads, so that nothing may be passed over then.
  if (!collection.isSeenAsItIs) return collection.seenWhere(under);
  const selective = input.Filters?.find(
    ({ Name: name, Values: values }) => name !== undefined && Object.hasOwn(keys, name) && values && !values.some(isPattern),
  );
  if (!selective) return collection.where(under);
  const found = new Set((selective.Values ?? []).flatMap((value) => collection.where(`${keys[selective.Name!]}:${value}`)));
  return [...found].filter((value) => collection.isUnder(value, under));
}

function seenById<Value extends { readonly id: string }>(
  world: World,
  { listing, id, under, visible }: { listing: Listing<Value>; id: string; under: string; visible: (value: Value) => boolean },
): Value {
  checkId(listing.kind, id);
  const value = listing.collection.seen(id);
  const here = value && listing.collection.isUnder(value, under) && visible(value);
  if (!here || !isKnown(world, listing.collection, id)) throw notFound(listing.kind, id);
  return value;
}

/** Calls about endpoints take any number from 1, and give at most 1,000 (aws.md 7.4). */
export const atMost1000 = <Input extends { readonly MaxResults?: number | undefined }>(input: Input): Input =>
  input.MaxResults !== undefined && input.MaxResults > 1000 ? { ...input, MaxResults: 1000 } : input;
