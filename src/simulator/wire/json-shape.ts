import { NormalizedSchema } from '@smithy/core/schema';

/** How a moment is written: seconds since the epoch, ISO 8601, or as HTTP's own headers have it. */
export type TimestampFormat = 'epoch-seconds' | 'date-time' | 'http-date';

/** A shape of the SDK's schemas, prepared once for the JSON protocols. */
export type JsonShape =
  | { readonly kind: 'string' | 'number' | 'boolean' | 'blob' | 'document' }
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat | undefined }
  | { readonly kind: 'list'; readonly item: JsonShape }
  | { readonly kind: 'map'; readonly value: JsonShape }
  | JsonStructure;

export interface JsonStructure {
  readonly kind: 'structure';
  /** By their names in the SDK's types. */
  readonly members: ReadonlyMap<string, JsonMember>;
  readonly required: readonly string[];
  /** Of the members one is there, and no other. */
  readonly isUnion: boolean;
}

/** Where in an HTTP message a member stands. */
export type MemberPlace =
  | { readonly in: 'body'; readonly name: string }
  | { readonly in: 'label' }
  | { readonly in: 'query'; readonly name: string }
  /** `name` in lower case. */
  | { readonly in: 'header'; readonly name: string }
  /** The body is nothing but this member. */
  | { readonly in: 'payload' };

export interface JsonMember {
  readonly shape: JsonShape;
  readonly place: MemberPlace;
}

type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

const emptyStructure: JsonStructure = { kind: 'structure', members: new Map(), required: [], isUnion: false };

/** The SDK's numbers for the formats of timestamps. */
const timestampFormats: Readonly<Record<number, TimestampFormat>> = { 5: 'date-time', 6: 'http-date', 7: 'epoch-seconds' };

/** Gives the shapes of schemas; each structure is prepared once, when it is first asked for. */
export function jsonShapeReader(): (schema: SchemaRef) => JsonShape {
  const structures = new Map<unknown, JsonStructure>();

  function read(schema: NormalizedSchema): JsonShape {
    if (schema.isStringSchema()) return { kind: 'string' };
    if (schema.isNumericSchema()) return { kind: 'number' };
    if (schema.isBooleanSchema()) return { kind: 'boolean' };
    if (schema.isTimestampSchema()) return { kind: 'timestamp', format: timestampFormats[Number(schema.getSchema())] };
    if (schema.isBlobSchema()) return { kind: 'blob' };
    if (schema.isDocumentSchema()) return { kind: 'document' };
    if (schema.isUnitSchema()) return emptyStructure;
    if (schema.isListSchema()) return { kind: 'list', item: read(schema.getValueSchema()) };
    if (schema.isMapSchema()) return { kind: 'map', value: read(schema.getValueSchema()) };
    return readStructure(schema);
  }

  function readStructure(schema: NormalizedSchema): JsonStructure {
    const source = schema.getSchema() as readonly unknown[];
    const known = structures.get(source);
    if (known) return known;
    const members = new Map<string, JsonMember>();
    const required: string[] = [];
    const structure: JsonStructure = { kind: 'structure', members, required, isUnion: schema.isUnionSchema() };
    // Known before its members are: some structures contain themselves.
    structures.set(source, structure);
    // The SDK's structures list their required members first, and say in their seventh place how many they are.
    const requiredCount = typeof source[6] === 'number' ? source[6] : 0;
    for (const [name, member] of schema.structIterator()) {
      members.set(name, { shape: read(member), place: placeOf(name, member) });
      if (required.length < requiredCount) required.push(name);
    }
    return structure;
  }

  return (schema) => read(NormalizedSchema.of(schema));
}

function placeOf(name: string, schema: NormalizedSchema): MemberPlace {
  const { httpLabel, httpQuery, httpHeader, httpPayload, jsonName } = schema.getMergedTraits();
  if (httpLabel) return { in: 'label' };
  if (httpQuery !== undefined) return { in: 'query', name: httpQuery };
  if (httpHeader !== undefined) return { in: 'header', name: httpHeader.toLowerCase() };
  if (httpPayload) return { in: 'payload' };
  return { in: 'body', name: jsonName ?? name };
}
