import { schemaOf } from './crd.ts';
import type { Resource } from './kind.ts';
import { group, type KindApi, version } from './kind-api.ts';
import { checkMetadata } from './metadata.ts';
import { asksOldSelf, type ListSchema, type ObjectSchema, type Rule, type Schema } from './schema.ts';
import { type Fields, isObject, show, type Violation } from './violation.ts';

export type { Violation } from './violation.ts';

/** A manifest with its defaults filled in, or everything that is wrong with it. */
export type Parsed =
  | { readonly object: Omit<Resource, 'status'>; readonly violations?: undefined }
  | { readonly violations: readonly Violation[] };

/**
 * Judges a manifest as the API server would, with `kubectl apply --validate=strict`: the same verdict, in words of our own.
 *
 * @param manifest what was read from a file, as plain data
 * @param old the object that it replaces, where there is one: then what must not change is looked at, too
 * @returns nothing where the server would take it
 */
export function validate(api: KindApi, manifest: unknown, old?: Pick<Resource, 'metadata' | 'spec'>): readonly Violation[] {
  return parse(api, manifest, old).violations ?? [];
}

/** As `validate`; where nothing is wrong, the object as the API server would store it. A status in the manifest is left out, as the server does. */
export function parse(api: KindApi, manifest: unknown, old?: Pick<Resource, 'metadata' | 'spec'>): Parsed {
  const { spec: specSchema, status: statusSchema, rules } = schemaOf(api);
  if (!isObject(manifest)) return { violations: [{ field: '', message: `must be an object of kind ${api.kind}, not ${show(manifest)}` }] };
  const whole: ObjectSchema = {
    type: 'object',
    description: api.description,
    rules,
    properties: { spec: specSchema },
    required: ['spec'],
  };
  const { apiVersion, kind, metadata, status, ...rest } = manifest;
  const violations: Violation[] = [
    ...(apiVersion === `${group}/${version}`
      ? []
      : [{ field: 'apiVersion', message: `must be ${group}/${version}, not ${show(apiVersion)}` }]),
    ...(kind === api.kind ? [] : [{ field: 'kind', message: `must be ${api.kind}, not ${show(kind)}` }]),
    ...checkMetadata(metadata),
    ...unknownFields(rest, whole, ''),
    ...unknownFields(status, statusSchema, 'status'),
  ];
  const filled = fillDefaults(rest, whole) as { readonly spec: unknown };
  violations.push(...checkShape(filled, whole, ''));
  // Rules rely on the shape; the API server, too, does not ask them of a value whose shape is wrong.
  if (violations.length === 0) violations.push(...checkRules({ ...filled, metadata }, whole, { path: '', old }));
  if (violations.length > 0) return { violations };
  return { object: { apiVersion, kind, metadata, spec: filled.spec } as unknown as Omit<Resource, 'status'> };
}

/** Judges a status as the API server would when the controller writes it. */
export function validateStatus(api: KindApi, status: unknown): readonly Violation[] {
  const { status: schema } = schemaOf(api);
  const violations = [...unknownFields(status, schema, 'status'), ...checkShape(status, schema, 'status')];
  return violations.length > 0 ? violations : checkRules(status, schema, { path: 'status', old: undefined });
}

const join = (path: string, field: string): string => (path === '' ? field : `${path}.${field}`);

function unknownFields(value: unknown, schema: Schema, path: string): readonly Violation[] {
  if (schema.type === 'array')
    return Array.isArray(value) ? value.flatMap((item, index) => unknownFields(item, schema.items, `${path}[${index}]`)) : [];
  if (!isObject(value)) return [];
  if (schema.type === 'map') return Object.entries(value).flatMap(([key, each]) => unknownFields(each, schema.values, join(path, key)));
  if (schema.type !== 'object') return [];
  return Object.entries(value).flatMap(([field, each]) => {
    const known = Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined;
    if (known) return unknownFields(each, known, join(path, field));
    return [{ field: join(path, field), message: `is not a field here; there are ${Object.keys(schema.properties).join(', ')}` }];
  });
}

/** A copy with defaults in place of what is missing, and without what is null, in maps too: to Kubernetes that is missing. */
function fillDefaults(value: unknown, schema: Schema): unknown {
  if (schema.type === 'array' && Array.isArray(value)) return value.map((item) => fillDefaults(item, schema.items));
  if (!isObject(value)) return value;
  const given = Object.entries(value).filter(([, each]) => each !== null && each !== undefined);
  if (schema.type === 'map') return Object.fromEntries(given.map(([key, each]) => [key, fillDefaults(each, schema.values)]));
  if (schema.type !== 'object') return value;
  const missing = Object.entries(schema.properties).filter(([field, each]) => 'default' in each && !given.some(([name]) => name === field));
  return Object.fromEntries(
    [...given, ...missing.map(([field, each]) => [field, structuredClone(each.default)] as const)].map(([field, each]) => {
      const known = Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined;
      return [field, known ? fillDefaults(each, known) : each];
    }),
  );
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** What a value must look like, for messages. */
function expected(schema: Schema): string {
  switch (schema.type) {
    case 'string':
      return schema.enum ? `one of ${schema.enum.join(', ')}` : 'a string';
    case 'integer':
      return `a whole number from ${schema.minimum} to ${schema.maximum}`;
    case 'boolean':
      return schema.enum ? schema.enum.join(' or ') : 'true or false';
    case 'array':
      return 'a list';
    case 'map':
      return 'a map of keys to values';
    case 'object':
      return `an object with ${Object.keys(schema.properties).join(', ')}`;
    default:
      return schema satisfies never;
  }
}

function checkShape(value: unknown, schema: Schema, path: string): readonly Violation[] {
  const wrong = (message: string): readonly Violation[] => [{ field: path, message }];
  const mistyped = () =>
    wrong(`must be ${expected(schema)}, not ${show(value)}${schema.type === 'string' && isScalar(value) ? '; put it in quotes' : ''}`);
  switch (schema.type) {
    case 'string': {
      if (typeof value !== 'string') return mistyped();
      const { enum: values, minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
      if (values && !values.includes(value)) return mistyped();
      const length = [...value].length;
      if (length < minLength) return wrong(`must have at least ${plural(minLength, 'character')}, not ${length}`);
      if (length > maxLength) return wrong(`must have at most ${plural(maxLength, 'character')}, not ${length}`);
      if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) return wrong(`must match ${pattern}, not ${show(value)}`);
      if (format === 'date-time' && !isDateTime(value)) return wrong(`must be a time such as 2026-01-02T03:04:05Z, not ${show(value)}`);
      return [];
    }
    case 'integer':
      return Number.isInteger(value) && (value as number) >= schema.minimum && (value as number) <= schema.maximum ? [] : mistyped();
    case 'boolean':
      return typeof value === 'boolean' && (!schema.enum || schema.enum.includes(value)) ? [] : mistyped();
    case 'array':
      return Array.isArray(value) ? checkList(value, schema, path) : mistyped();
    case 'map':
      return isObject(value)
        ? [
            ...checkSize(Object.keys(value).length, { least: schema.minProperties, most: schema.maxProperties, word: 'entries', path }),
            ...Object.entries(value).flatMap(([key, each]) => checkShape(each, schema.values, join(path, key))),
          ]
        : mistyped();
    case 'object':
      return isObject(value)
        ? [
            ...schema.required
              .filter((field) => value[field] === undefined)
              .map((field) => ({ field: join(path, field), message: `must be given: ${schema.properties[field]?.description}` })),
            ...Object.entries(schema.properties).flatMap(([field, each]) =>
              value[field] === undefined ? [] : checkShape(value[field], each, join(path, field)),
            ),
          ]
        : mistyped();
    default:
      return schema satisfies never;
  }
}

const isScalar = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';

const isDateTime = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));

function checkSize(
  size: number,
  { least = 0, most, word, path }: { least: number | undefined; most: number; word: string; path: string },
): readonly Violation[] {
  if (size < least) return [{ field: path, message: 'must not be empty: leave it out instead' }];
  return size > most ? [{ field: path, message: `must have at most ${most} ${word}, not ${size}` }] : [];
}

function checkList(list: readonly unknown[], schema: ListSchema, path: string): readonly Violation[] {
  const seen = new Set<string>();
  const repeated = list.flatMap((item, index): readonly Violation[] => {
    const identity = identityOf(item, schema);
    if (identity === undefined || !seen.has(identity)) {
      if (identity !== undefined) seen.add(identity);
      return [];
    }
    const keys = (schema.listMapKeys ?? []).join(' and ');
    return [
      {
        field: `${path}[${index}]`,
        message: `must ${keys ? `have a ${keys} of its own` : 'not be repeated'}: ${identity} is there already`,
      },
    ];
  });
  return [
    ...checkSize(list.length, { least: schema.minItems, most: schema.maxItems, word: 'items', path }),
    ...repeated,
    ...list.flatMap((item, index) => checkShape(item, schema.items, `${path}[${index}]`)),
  ];
}

/** What no two items of the list may share. */
function identityOf(item: unknown, { listType, listMapKeys = [] }: ListSchema): string | undefined {
  switch (listType) {
    case 'atomic':
      return undefined;
    case 'set':
      return JSON.stringify(item);
    case 'map':
      return isObject(item) ? listMapKeys.map((key) => JSON.stringify(item[key])).join(', ') : undefined;
    default:
      return listType satisfies never;
  }
}

function checkRules(value: unknown, schema: Schema, { path, old }: { readonly path: string; readonly old: unknown }): readonly Violation[] {
  const broken = schema.rules
    .filter((rule) => old !== undefined || !asksOldSelf(rule))
    .filter((rule) => !rule.check(value as never, old as never))
    .map((rule) => violationOf(rule, value, path));
  return [...broken, ...checkRulesWithin(value, schema, { path, old })];
}

function checkRulesWithin(
  value: unknown,
  schema: Schema,
  { path, old }: { readonly path: string; readonly old: unknown },
): readonly Violation[] {
  if (schema.type === 'array') {
    const before = new Map((Array.isArray(old) ? old : []).map((item) => [identityOf(item, schema), item]));
    return (value as readonly unknown[]).flatMap((item, index) => {
      const identity = identityOf(item, schema);
      return checkRules(item, schema.items, { path: `${path}[${index}]`, old: identity === undefined ? undefined : before.get(identity) });
    });
  }
  if (schema.type !== 'map' && schema.type !== 'object') return [];
  const before = isObject(old) ? old : {};
  return Object.entries(value as Fields).flatMap(([field, each]) => {
    const known = schema.type === 'map' ? schema.values : schema.properties[field];
    return known ? checkRules(each, known, { path: join(path, field), old: before[field] }) : [];
  });
}

function violationOf({ message, field }: Rule, value: unknown, path: string): Violation {
  const fields = field === undefined ? [] : field.slice(1).split('.');
  const found = fields.reduce<unknown>((within, name) => (isObject(within) ? within[name] : undefined), value);
  const shown = typeof found === 'string' || isScalar(found) ? ` (found ${show(found)})` : '';
  return { field: fields.reduce(join, path), message: `${message}${shown}` };
}
