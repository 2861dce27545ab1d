import { NormalizedSchema } from '@smithy/core/schema';
import { ApiError } from '../service.ts';
import type { OperationSchema } from './api.ts';
import { readDecimal } from './decimal.ts';
import type { WireRequest } from './protocol.ts';

/**
 * What AWS's REST protocols share, whatever their bodies are written in: which operation a method and a path ask for, and which members
 * stand in the path, the query string and the headers. https://smithy.io/2.0/spec/http-bindings.html
 */

/** Where a member stands, and its shape; the name is the one that it has there. */
export interface BoundMember {
  readonly name: string;
  readonly place: 'label' | 'query' | 'header' | 'payload' | 'body';
  readonly wireName: string;
  readonly required: boolean;
  readonly schema: NormalizedSchema;
}

/** An operation that a request asks for. */
export interface Routed {
  readonly operation: string;
  /** Decoded, by member. */
  readonly labels: ReadonlyMap<string, string>;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly segments: readonly string[];
}

/** Finds the operation that a method and a path ask for; a fixed segment goes before a label, and a slash at the end makes no difference. */
export function router(operations: ReadonlyMap<string, OperationSchema>): (request: WireRequest) => Routed | undefined {
  const routes = [...operations.values()]
    .map((schema): Route => {
      const [method, path] = httpOf(schema);
      return { operation: schema[2], method, segments: segmentsOf(path) };
    })
    .sort((a, b) => labelCount(a) - labelCount(b));
  return ({ method, path }) => {
    const segments = segmentsOf(path.split('?')[0]!);
    for (const route of routes) {
      if (route.method !== method || route.segments.length !== segments.length) continue;
      const labels = labelsOf(route, segments);
      if (labels) return { operation: route.operation, labels };
    }
    return undefined;
  };
}

/** The HTTP status of an operation's answer where all went well. */
export const statusOf = (schema: OperationSchema): number => httpOf(schema)[2];

/** The members of an operation's input or output, and where they stand. */
export function boundMembers(schema: OperationSchema[4] | OperationSchema[5]): readonly BoundMember[] {
  const shape = NormalizedSchema.of(schema);
  if (shape.isUnitSchema()) return [];
  const requiredCount = requiredCountOf(shape.getSchema());
  return [...shape.structIterator()].map(([name, member], index): BoundMember => {
    const { httpLabel, httpQuery, httpHeader, httpPayload } = member.getMergedTraits();
    const common = { name, required: index < requiredCount, schema: member };
    if (httpLabel) return { ...common, place: 'label', wireName: name };
    if (httpQuery) return { ...common, place: 'query', wireName: httpQuery };
    if (httpHeader) return { ...common, place: 'header', wireName: httpHeader.toLowerCase() };
    return { ...common, place: httpPayload ? 'payload' : 'body', wireName: name };
  });
}

/** What is wrong with a value that stands in the path, the query string or a header. */
export type InvalidValue = (member: string, value: string, expected: string) => ApiError;

/**
 * The members of an input that stand outside the body; those that are not there are left out.
 *
 * @throws ApiError made by `invalid`
 */
export function readBound(
  members: readonly BoundMember[],
  { request, labels }: { request: WireRequest; labels: ReadonlyMap<string, string> },
  invalid: InvalidValue,
): Record<string, unknown> {
  const queryAt = request.path.indexOf('?');
  const query = new URLSearchParams(queryAt < 0 ? '' : request.path.slice(queryAt + 1));
  const input: Record<string, unknown> = {};
  for (const { name, place, wireName, schema } of members) {
    const texts =
      place === 'label'
        ? [labels.get(name)]
        : place === 'query'
          ? query.getAll(wireName)
          : place === 'header'
            ? [request.headers[wireName]]
            : [];
    const given = texts.filter((text) => text !== undefined);
    if (given.length === 0) continue;
    input[name] = schema.isListSchema()
      ? given.map((text) => readText(schema.getValueSchema(), text, (value, expected) => invalid(name, value, expected)))
      : readText(schema, given[0]!, (value, expected) => invalid(name, value, expected));
  }
  return input;
}

/** The headers that carry members of an output. */
export function boundHeaders(members: readonly BoundMember[], output: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, place, wireName, schema } of members) {
    const value = output[name];
    if (place !== 'header' || value === undefined || value === null) continue;
    headers[wireName] = schema.isTimestampSchema() ? (value as Date).toUTCString() : String(value);
  }
  return headers;
}

/**
 * A single value as it stands in a path, a query string, a header or an XML element.
 *
 * @param invalid makes the error for a text that is not of the shape
 */
export function readText(schema: NormalizedSchema, text: string, invalid: (value: string, expected: string) => ApiError): unknown {
  if (schema.isStringSchema()) return text;
  if (schema.isNumericSchema()) {
    const number = readDecimal(text);
    if (number === undefined) throw invalid(text, 'a number');
    return number;
  }
  if (schema.isBooleanSchema()) {
    if (text !== 'true' && text !== 'false') throw invalid(text, 'true or false');
    return text === 'true';
  }
  if (schema.isTimestampSchema()) {
    const moment = Date.parse(text);
    if (Number.isNaN(moment)) throw invalid(text, 'a time');
    return new Date(moment);
  }
  if (schema.isBlobSchema()) {
    if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(text)) throw invalid(text, 'base64');
    return new Uint8Array(Buffer.from(text, 'base64'));
  }
  throw new Error(`a text has no form for the shape ${schema.getName(true)}`);
}

/** The SDK's structures list their required members first, and say in their seventh place how many they are. */
export function requiredCountOf(source: unknown): number {
  return Array.isArray(source) && typeof source[6] === 'number' ? source[6] : 0;
}

function httpOf(schema: OperationSchema): readonly [method: string, path: string, status: number] {
  const { http } = schema[3] as unknown as { readonly http?: readonly [string, string, number] };
  if (!http) throw new Error(`${schema[2]} has no method and path`);
  return http;
}

const segmentsOf = (path: string): string[] =>
  path.split('/').filter((segment, index, all) => segment !== '' || (index > 0 && index < all.length - 1));

const isLabel = (segment: string): boolean => segment.startsWith('{') && segment.endsWith('}');

const labelCount = ({ segments }: Route): number => segments.filter(isLabel).length;

function labelsOf({ segments: wanted }: Route, segments: readonly string[]): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  for (const [index, segment] of wanted.entries()) {
    const found = segments[index]!;
    if (!isLabel(segment)) {
      if (segment !== found) return undefined;
      continue;
    }
    if (found === '') return undefined;
    labels.set(segment.slice(1, -1), decoded(found));
  }
  return labels;
}

/** @throws ApiError where a path is not well encoded */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError('MalformedQueryString', 'The path contains a character that is not well encoded', { httpStatus: 404 });
  }
}
