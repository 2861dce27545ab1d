import { NormalizedSchema } from '@smithy/core/schema';

/**
 * A shape of the SDK's schemas, prepared once for the query protocols: every name that it has on the wire is worked out, so that reading and
 * writing are a look-up per value that is there, and not a walk over all that could be there.
 */
export type Shape = { readonly kind: 'string' | 'number' | 'boolean' | 'timestamp' | 'blob' } | ListShape | StructureShape;

export interface ListShape {
  readonly kind: 'list';
  readonly item: Shape;
  /** Element name of an item in XML: `item`, `member`. */
  readonly itemXmlName: string;
  /** What stands between the list's name and the index in a request (`member` in `Tags.member.1`); undefined where nothing does. */
  readonly itemQueryName: string | undefined;
}

export interface StructureShape {
  readonly kind: 'structure';
  readonly membersByName: ReadonlyMap<string, Member>;
  readonly membersByQueryName: ReadonlyMap<string, Member>;
  readonly required: readonly Member[];
}

export interface Member {
  /** As in the SDK's types. */
  readonly name: string;
  /** As a request's parameter: `Filter`. */
  readonly queryName: string;
  /** As an answer's element: `filterSet`. */
  readonly xmlName: string;
  readonly shape: Shape;
}

/** How the names of requests follow from a schema's traits: where the query protocols differ. */
export interface QueryNames {
  memberName(name: string, traits: { readonly xmlName?: string; readonly ec2QueryName?: string }): string;
  /** Whether `Filter.1` is a list's first item, without a name between. */
  readonly flattenLists: boolean;
}

type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

const emptyStructure: StructureShape = { kind: 'structure', membersByName: new Map(), membersByQueryName: new Map(), required: [] };

/** Gives the shapes of an API's schemas; each structure is prepared once, when it is first asked for. */
export function shapeReader(names: QueryNames): (schema: SchemaRef) => Shape {
  const structures = new Map<unknown, StructureShape>();

  function read(schema: NormalizedSchema): Shape {
    if (schema.isStringSchema()) return { kind: 'string' };
    if (schema.isNumericSchema()) return { kind: 'number' };
    if (schema.isBooleanSchema()) return { kind: 'boolean' };
    if (schema.isTimestampSchema()) return { kind: 'timestamp' };
    if (schema.isBlobSchema()) return { kind: 'blob' };
    if (schema.isUnitSchema()) return emptyStructure;
    if (schema.isListSchema()) return readList(schema);
    if (schema.isStructSchema()) return readStructure(schema);
    throw new Error(`the query protocols have no form for the shape ${schema.getName(true)}`);
  }

  function readList(schema: NormalizedSchema): ListShape {
    const item = schema.getValueSchema();
    const itemXmlName = item.getMergedTraits().xmlName ?? 'member';
    return { kind: 'list', item: read(item), itemXmlName, itemQueryName: names.flattenLists ? undefined : itemXmlName };
  }

  function readStructure(schema: NormalizedSchema): StructureShape {
    const source = schema.getSchema();
    const known = structures.get(source);
    if (known) return known;
    const membersByName = new Map<string, Member>();
    const membersByQueryName = new Map<string, Member>();
    const required: Member[] = [];
    const structure: StructureShape = { kind: 'structure', membersByName, membersByQueryName, required };
    // Known before its members are: some structures contain themselves.
    structures.set(source, structure);
    const requiredCount = requiredMembersOf(source);
    for (const [name, memberSchema] of schema.structIterator()) {
      const traits = memberSchema.getMergedTraits();
      const member: Member = {
        name,
        queryName: names.memberName(name, traits),
        xmlName: memberSchema.getMemberTraits().xmlName ?? name,
        shape: read(memberSchema),
      };
      membersByName.set(member.name, member);
      membersByQueryName.set(member.queryName, member);
      if (required.length < requiredCount) required.push(member);
    }
    return structure;
  }

  return (schema) => read(NormalizedSchema.of(schema));
}

/** The SDK's structures list their required members first, and say in their seventh place how many they are. */
function requiredMembersOf(source: unknown): number {
  return Array.isArray(source) && typeof source[6] === 'number' ? source[6] : 0;
}
