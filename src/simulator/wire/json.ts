import type { ApiError } from '../service.ts';
import { readDecimal } from './decimal.ts';
import type { JsonMember, JsonShape, JsonStructure, TimestampFormat } from './json-shape.ts';

/** The errors that a service gives for a request that does not fit its shape; `name` is the way to the member: `tags[2].key`. */
export interface JsonInputErrors {
  missing(name: string): ApiError;
  invalid(name: string, value: string, expected: string): ApiError;
  /** For a body that is no JSON. */
  unreadable(): ApiError;
}

/**
 * Reads a value of JSON by its shape into the SDK's own type. Members that nobody knows are passed over, as is null.
 *
 * @throws ApiError `errors.invalid` or `errors.missing`
 */
export function readJson(shape: JsonShape, json: unknown, { name, errors }: { name: string; errors: JsonInputErrors }): unknown {
  return read(shape, json, name);

  function read(shape: JsonShape, json: unknown, name: string): unknown {
    switch (shape.kind) {
      case 'structure':
        return readMembers(shape, json, name);
      case 'list':
        if (!Array.isArray(json)) throw wrong(name, json, 'a list');
        return json.map((item, index) => read(shape.item, item, `${name}[${index}]`));
      case 'map':
        return Object.fromEntries(
          Object.entries(object(json, name)).map(([key, value]) => [key, read(shape.value, value, `${name}.${key}`)]),
        );
      case 'string':
        if (typeof json !== 'string') throw wrong(name, json, 'a string');
        return json;
      case 'number':
        if (typeof json !== 'number') throw wrong(name, json, 'a number');
        return json;
      case 'boolean':
        if (typeof json !== 'boolean') throw wrong(name, json, 'true or false');
        return json;
      case 'timestamp': {
        const moment = readMoment(json, shape.format ?? 'epoch-seconds');
        if (moment === undefined) throw wrong(name, json, 'a time');
        return moment;
      }
      case 'blob':
        if (typeof json !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(json)) throw wrong(name, json, 'base64');
        return new Uint8Array(Buffer.from(json, 'base64'));
      case 'document':
        return json;
    }
  }

  function readMembers(shape: JsonStructure, json: unknown, name: string): Record<string, unknown> {
    const members = object(json, name);
    const prefix = name === '' ? '' : `${name}.`;
    const input: Record<string, unknown> = {};
    for (const [member, { shape: inner, place }] of shape.members) {
      if (place.in !== 'body' || !Object.hasOwn(members, place.name)) continue;
      const value = members[place.name];
      if (value !== null && value !== undefined) input[member] = read(inner, value, prefix + place.name);
    }
    for (const member of shape.required) {
      if (input[member] === undefined && shape.members.get(member)!.place.in === 'body') throw errors.missing(prefix + member);
    }
    if (shape.isUnion && Object.keys(input).length !== 1) throw wrong(name, json, 'one member, and no other');
    return input;
  }

  function object(json: unknown, name: string): Readonly<Record<string, unknown>> {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrong(name, json, 'an object');
    return json as Readonly<Record<string, unknown>>;
  }

  function wrong(name: string, json: unknown, expected: string): ApiError {
    return errors.invalid(name, outline(json), expected);
  }
}

/** A value as it was written, down to what is nested in it: that may be deeper than the stack. */
function outline(json: unknown): string {
  let isOutermost = true;
  return JSON.stringify(json, (_key, value: unknown) => {
    const isNested = !isOutermost && typeof value === 'object' && value !== null;
    isOutermost = false;
    return isNested ? (Array.isArray(value) ? '[…]' : '{…}') : value;
  });
}

/**
 * The JSON of a value in the SDK's own type.
 *
 * @throws Error where the value does not fit the shape: a fault of the simulator
 */
export function writeJson(shape: JsonShape, value: unknown, name: string): unknown {
  switch (shape.kind) {
    case 'structure':
      return writeBodyMembers(shape, value as Readonly<Record<string, unknown>>, name);
    case 'list':
      return (value as readonly unknown[]).map((item) => writeJson(shape.item, item, `${name}[]`));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([key, inner]) => [key, writeJson(shape.value, inner, `${name}.${key}`)]),
      );
    case 'timestamp':
      return writeMoment(value as Date, shape.format ?? 'epoch-seconds');
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64');
    case 'string':
    case 'number':
    case 'boolean':
      if (typeof value !== shape.kind) throw new Error(`${name} is no ${shape.kind}: ${String(value)}`);
      return value;
    case 'document':
      return value;
  }
}

/** The members of a structure that stand in a body; those that are undefined are left out. */
export function writeBodyMembers(shape: JsonStructure, value: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [member, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const known: JsonMember | undefined = shape.members.get(member);
    if (!known) throw new Error(`${name} has no member ${member}`);
    if (known.place.in === 'body') json[known.place.name] = writeJson(known.shape, inner, `${name}.${member}`);
  }
  return json;
}

/** A value as the text of a header. */
export function writeText(shape: JsonShape, value: unknown): string {
  if (shape.kind === 'timestamp') return String(writeMoment(value as Date, shape.format ?? 'http-date'));
  return shape.kind === 'blob' ? Buffer.from(value as Uint8Array).toString('base64') : String(value);
}

/**
 * Reads the text of a label, a query parameter or a header.
 *
 * @throws ApiError `errors.invalid`
 */
export function readText(shape: JsonShape, text: string, { name, errors }: { name: string; errors: JsonInputErrors }): unknown {
  switch (shape.kind) {
    case 'number': {
      const number = readDecimal(text);
      if (number === undefined) throw errors.invalid(name, text, 'a number');
      return number;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw errors.invalid(name, text, 'true or false');
      return text === 'true';
    case 'timestamp': {
      const moment = readMoment(shape.format === 'epoch-seconds' ? Number(text) : text, shape.format ?? 'date-time');
      if (!moment) throw errors.invalid(name, text, 'a time');
      return moment;
    }
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

function readMoment(json: unknown, format: TimestampFormat): Date | undefined {
  if (format === 'epoch-seconds') return typeof json === 'number' && Number.isFinite(json) ? new Date(Math.round(json * 1000)) : undefined;
  const moment = typeof json === 'string' ? Date.parse(json) : Number.NaN;
  return Number.isNaN(moment) ? undefined : new Date(moment);
}

function writeMoment(moment: Date, format: TimestampFormat): number | string {
  switch (format) {
    case 'epoch-seconds':
      return moment.getTime() / 1000;
    case 'date-time':
      return moment.toISOString();
    case 'http-date':
      return moment.toUTCString();
  }
}
