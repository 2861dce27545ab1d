import { group, type KindApi, version } from './kind-api.ts';
import { type ObjectSchema, openApi, type Rule, type Schema, structural } from './schema.ts';

/** Names of objects end up in tags and names in AWS, which are short. */
const shortName: Rule<{ readonly metadata: { readonly name: string } }> = {
  cel: 'self.metadata.name.size() <= 63',
  check: (self) => self.metadata.name.length <= 63,
  message: 'must have at most 63 characters',
  field: '.metadata.name',
};

/** A kind as structural schemas. */
export interface KindSchema {
  readonly spec: Schema;
  readonly status: Schema;
  /** What must hold for the object as a whole. */
  readonly rules: readonly Rule[];
}

const schemas = new Map<KindApi, KindSchema>();

/** @throws TypeError where the kind's zod schema says what a custom resource's cannot */
export function schemaOf(api: KindApi): KindSchema {
  const known = schemas.get(api);
  if (known) return known;
  const schema = { spec: structural(api.spec, 'spec'), status: structural(api.status, 'status'), rules: [shortName as Rule] };
  schemas.set(api, schema);
  return schema;
}

/** The CustomResourceDefinition of a kind. */
export function crdOf(api: KindApi): object {
  const { spec, status, rules } = schemaOf(api);
  // The API server takes no path into metadata, so the message has to name the field.
  const named = rules.map(({ field = '', ...rule }): Rule => ({ ...rule, message: `${field.slice(1)} ${rule.message}` }));
  const whole: ObjectSchema = { type: 'object', description: api.description, rules: named, properties: {}, required: ['spec'] };
  const text = (description: string) => ({ type: 'string', description });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${api.plural}.${group}` },
    spec: {
      group,
      scope: api.scope,
      names: {
        kind: api.kind,
        listKind: `${api.kind}List`,
        plural: api.plural,
        singular: api.singular,
        shortNames: api.shortNames,
        categories: ['isthmus'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: api.columns.map(({ name, type, jsonPath, description, wide }) => ({
            name,
            type,
            jsonPath,
            description,
            ...(wide && { priority: 1 }),
          })),
          schema: {
            openAPIV3Schema: {
              ...openApi(whole),
              properties: {
                apiVersion: text('Group and version of the API that the object is written in.'),
                kind: text('What the object is.'),
                metadata: { type: 'object' },
                spec: openApi(spec),
                // Tools that wait must never take "no status yet" for "done".
                status: { ...openApi(status), default: { observedGeneration: -1 } },
              },
            },
          },
        },
      ],
    },
  };
}
