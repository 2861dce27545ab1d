import { z } from 'zod';

/**
 * One thing that a value must be besides its shape, asked twice: in CEL by the API server, in TypeScript by this program. A property test against
 * a real API server keeps the two the same.
 */
export interface Rule<Value = never> {
  /** `self` is the value. With `oldSelf` in it, the rule is asked of updates only. */
  readonly cel: string;
  /** The same question in TypeScript; asked only of values whose shape is right. */
  check(self: Value, oldSelf: Value): boolean;
  /** What would be right. What was found is told beside it, by the API server and by `validate`. */
  readonly message: string;
  /** The field of the value that is at fault, as `.vpcId`. Left out: the value as a whole. */
  readonly field?: string;
}

/** What Kubernetes wants to know of a schema and zod has no word for. */
export interface KubernetesMeta {
  readonly rules?: readonly Rule[];
  /** How server-side apply merges a list; `map` goes by `listMapKeys`. Left out: atomic. */
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** Bounds of a `z.record`, which zod cannot say. */
  readonly minProperties?: number;
  readonly maxProperties?: number;
  /** Of a string: `date-time`. */
  readonly format?: string;
}

/** Whether a rule compares with what was there before. */
export const asksOldSelf = (rule: Rule): boolean => /\boldSelf\b/.test(rule.cel);

const metas = z.registry<KubernetesMeta>();

/** The same schema with more said about it; the one that is handed in stays as it is. */
export function annotate<S extends z.ZodType>(schema: S, meta: KubernetesMeta): S {
  const copy = schema.clone(schema.def, { parent: true }) as S;
  metas.add(copy, { ...metas.get(schema), ...meta });
  return copy;
}

/** The same schema with more rules. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  return annotate(schema, { rules: [...(metas.get(schema)?.rules ?? []), ...(rules as readonly Rule[])] });
}

/** The same, and nobody may change it: spec and status are inputs. What may be left out is never there as undefined, since JSON knows none. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<Exclude<T[Key], undefined>> }
    : T;

interface CommonSchema {
  readonly description: string;
  /** Put in place of a missing field. */
  readonly default?: unknown;
  readonly rules: readonly Rule[];
}

export interface StringSchema extends CommonSchema {
  readonly type: 'string';
  readonly minLength?: number;
  /** In Unicode code points, as the API server counts. Left out only beside `enum` and `format`. */
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly format?: string;
}

export interface IntegerSchema extends CommonSchema {
  readonly type: 'integer';
  readonly minimum: number;
  readonly maximum: number;
}

export interface BooleanSchema extends CommonSchema {
  readonly type: 'boolean';
  readonly enum?: readonly boolean[];
}

export interface ListSchema extends CommonSchema {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems: number;
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
}

export interface MapSchema extends CommonSchema {
  readonly type: 'map';
  readonly values: Schema;
  readonly minProperties?: number;
  readonly maxProperties: number;
}

export interface ObjectSchema extends CommonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}

/** A structural schema, the part of OpenAPI v3 that custom resources may use, with the rules' TypeScript side still at hand. */
export type Schema = StringSchema | IntegerSchema | BooleanSchema | ListSchema | MapSchema | ObjectSchema;

/**
 * What a zod schema says, as a structural schema.
 *
 * @param path where it stands, for the errors
 * @throws TypeError where it says something that custom resources cannot, or leaves out a bound or a description that every one of ours must have
 */
export function structural(zod: z.ZodType, path: string): Schema {
  let inner = zod;
  let description = zod.description;
  let fallback: { default: unknown } | undefined;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) {
    if (inner instanceof z.ZodDefault) fallback = { default: inner.def.defaultValue };
    inner = inner.unwrap() as z.ZodType;
    description ??= inner.description;
  }
  const meta = metas.get(inner) ?? {};
  const must = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new TypeError(`${path} has no ${what}`);
    return value;
  };
  const common = { description: must(description, 'description'), rules: meta.rules ?? [], ...fallback };

  if (inner instanceof z.ZodObject) {
    const fields = Object.entries(inner.shape as Record<string, z.ZodType>);
    return {
      ...common,
      type: 'object',
      properties: Object.fromEntries(fields.map(([name, field]) => [name, structural(field, `${path}.${name}`)])),
      required: fields.filter(([, field]) => !(field instanceof z.ZodOptional || field instanceof z.ZodDefault)).map(([name]) => name),
    };
  }
  if (inner instanceof z.ZodRecord) {
    return {
      ...common,
      type: 'map',
      values: structural(inner.valueType as z.ZodType, `${path}[*]`),
      ...(meta.minProperties !== undefined && { minProperties: meta.minProperties }),
      maxProperties: must(meta.maxProperties, 'greatest number of entries'),
    };
  }
  if (inner instanceof z.ZodArray) {
    const { minItems, maxItems } = z.toJSONSchema(inner);
    return {
      ...common,
      type: 'array',
      items: structural(inner.element as z.ZodType, `${path}[*]`),
      ...(minItems !== undefined && { minItems }),
      maxItems: must(maxItems, 'greatest number of items'),
      listType: meta.listType ?? 'atomic',
      ...(meta.listMapKeys && { listMapKeys: meta.listMapKeys }),
    };
  }
  if (inner instanceof z.ZodEnum) return { ...common, type: 'string', enum: inner.options as string[] };
  if (inner instanceof z.ZodString) {
    const { minLength, maxLength, pattern } = z.toJSONSchema(inner);
    return {
      ...common,
      type: 'string',
      ...(minLength !== undefined && { minLength }),
      ...(meta.format === undefined ? { maxLength: must(maxLength, 'greatest length') } : { format: meta.format }),
      ...(pattern !== undefined && { pattern }),
    };
  }
  if (inner instanceof z.ZodNumber && inner.isInt) {
    const { minimum, maximum } = z.toJSONSchema(inner);
    return { ...common, type: 'integer', minimum: must(minimum, 'minimum'), maximum: must(maximum, 'maximum') };
  }
  if (inner instanceof z.ZodBoolean) return { ...common, type: 'boolean' };
  if (inner instanceof z.ZodLiteral && [...inner.values].every((value) => typeof value === 'boolean')) {
    return { ...common, type: 'boolean', enum: [...inner.values] as boolean[] };
  }
  throw new TypeError(`${path} is a ${inner.def.type}, which a custom resource's schema cannot say`);
}

/** The structural schema as a CustomResourceDefinition has it. */
export function openApi(schema: Schema): object {
  const { description, rules } = schema;
  const common = {
    description,
    ...('default' in schema && { default: schema.default }),
    ...(rules.length > 0 && { 'x-kubernetes-validations': rules.map(validation) }),
  };
  switch (schema.type) {
    case 'string': {
      const { type, minLength, maxLength, pattern, enum: values, format } = schema;
      return { ...defined({ type, format, enum: values, minLength, maxLength, pattern }), ...common };
    }
    case 'integer': {
      const { type, minimum, maximum } = schema;
      return { type, format: 'int64', minimum, maximum, ...common };
    }
    case 'boolean':
      return { ...defined({ type: schema.type, enum: schema.enum }), ...common };
    case 'array': {
      const { type, items, minItems, maxItems, listType, listMapKeys } = schema;
      return {
        ...defined({ type, minItems, maxItems, 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': listMapKeys }),
        ...common,
        items: openApi(items),
      };
    }
    case 'map': {
      const { values, minProperties, maxProperties } = schema;
      return { ...defined({ type: 'object', minProperties, maxProperties }), ...common, additionalProperties: openApi(values) };
    }
    case 'object': {
      const { type, required, properties } = schema;
      return {
        ...defined({ type, required: required.length > 0 ? required : undefined }),
        ...common,
        properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, openApi(property)])),
      };
    }
    default:
      return schema satisfies never;
  }
}

const validation = ({ cel, message, field }: Rule): object => defined({ rule: cel, message, fieldPath: field });

const defined = (fields: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
