import { NormalizedSchema } from '@smithy/core/schema';
import fc from 'fast-check';

type SchemaRef = Parameters<typeof NormalizedSchema.of>[0];

/** Text as AWS's APIs may carry it; the SDK reads an element of nothing but white space with a line break as an empty one. */
const text = fc
  .oneof(
    fc.string({ maxLength: 12, unit: 'binary' }),
    fc.string({ maxLength: 12 }),
    fc.constantFrom('', ' ', '&<>"\'', 'a+b=c&d', 'ä€🛰', 'a\r\nb', 'true'),
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot carry is not generated.
  .filter((value) => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value) && !(value.trim() === '' && value.includes('\n')));

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);

const moment = fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2999-12-31T23:59:59Z'), noInvalidDate: true });

export interface GeneratedShape {
  /** Query requests cannot carry an empty list or structure; answers can. */
  readonly allowEmpty: boolean;
  /** Members that a request must have are always there; answers may leave out any. */
  readonly keepRequired: boolean;
}

/** Values of a shape in the SDK's own types. Structures that contain themselves end after a few levels. */
export function valuesOf(schema: SchemaRef, options: GeneratedShape): fc.Arbitrary<Record<string, unknown>> {
  return structure(NormalizedSchema.of(schema), 0) as fc.Arbitrary<Record<string, unknown>>;

  function value(schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown> {
    if (schema.isStringSchema()) return text;
    if (schema.isNumericSchema()) return number;
    if (schema.isBooleanSchema()) return fc.boolean();
    if (schema.isTimestampSchema()) return moment;
    if (schema.isBlobSchema()) return fc.uint8Array({ maxLength: 20 });
    if (schema.isListSchema()) {
      const item = value(schema.getValueSchema(), depth + 1);
      return fc.array(item, { minLength: options.allowEmpty ? 0 : 1, maxLength: 3 });
    }
    if (schema.isMapSchema()) return fc.dictionary(text, value(schema.getValueSchema(), depth + 1), { maxKeys: 3 });
    return structure(schema, depth);
  }

  function structure(schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown> {
    if (schema.isUnitSchema()) return fc.constant({});
    const source = schema.getSchema() as readonly unknown[];
    const requiredCount = options.keepRequired && typeof source[6] === 'number' ? source[6] : 0;
    const members = [...schema.structIterator()].map(([name, member], index) => ({ name, member, required: index < requiredCount }));
    const first = members[0];
    if (!first) return fc.constant({});
    if (schema.isUnionSchema()) {
      return fc.oneof(...members.map(({ name, member }) => fc.record({ [name]: value(member, depth + 1) })));
    }
    const optional = members.filter(({ required }) => !required);
    return fc
      .subarray(optional, { maxLength: Math.min(optional.length, depth > 2 ? 1 : 6) })
      .map((some) => [...members.filter(({ required }) => required), ...some])
      .map((some) => (some.length === 0 && !options.allowEmpty ? [first] : some))
      .chain((some) =>
        depth > 5 && some.every(({ required }) => !required)
          ? fc.constant(scalarOnly(members))
          : fc.record(Object.fromEntries(some.map(({ name, member }) => [name, value(member, depth + 1)]))),
      );
  }
}

function scalarOnly(members: readonly { name: string; member: NormalizedSchema }[]): Record<string, unknown> {
  const scalar = members.find(({ member }) => member.isStringSchema());
  return scalar ? { [scalar.name]: 'deep' } : {};
}
