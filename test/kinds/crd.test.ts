import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { crdOf } from '../../src/kinds/crd.ts';
import { kindApis } from '../../src/kinds/index.ts';
import { structural } from '../../src/kinds/schema.ts';

type Node = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node;
};
interface Crd {
  readonly spec: {
    readonly names: Readonly<Record<string, unknown>>;
    readonly scope: string;
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: Node };
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
    }[];
  };
}

const versionOf = (api: (typeof kindApis)[number]) => (crdOf(api) as Crd).spec.versions[0]!;

/** Every part of a kind's schema, with where it stands. */
function parts(node: Node, path: string): readonly (readonly [string, Node])[] {
  const within = Object.entries(node.properties ?? {}).flatMap(([name, each]) => parts(each, path === '' ? name : `${path}.${name}`));
  return [
    [path, node],
    ...within,
    ...(node.items ? parts(node.items, `${path}[*]`) : []),
    ...(node.additionalProperties ? parts(node.additionalProperties, `${path}.*`) : []),
  ];
}

describe.each(kindApis.map((api) => [api.kind, api] as const))('the schema of %s', (_, api) => {
  const all = parts(versionOf(api).schema.openAPIV3Schema, '');
  const own = all.filter(([path]) => /^(spec|status)/.test(path));

  test('says of every field what it is for', () => {
    expect(
      all.filter(([path, { description }]) => path !== 'metadata' && !(typeof description === 'string' && description.endsWith('.'))),
    ).toEqual([]);
  });

  test('bounds every string, list, map and number', () => {
    const unbounded = own.filter(([, { type, additionalProperties, ...node }]) => {
      if (type === 'string') return node.maxLength === undefined && node.enum === undefined && node.format !== 'date-time';
      if (type === 'array') return node.maxItems === undefined;
      if (type === 'integer') return node.minimum === undefined || node.maximum === undefined;
      return additionalProperties !== undefined && node.maxProperties === undefined;
    });
    expect(unbounded.map(([path]) => path)).toEqual([]);
  });

  test('takes an identity, or an address of AWS, only where administrators alone write', () => {
    const names = own.map(([path]) => path.split('.').at(-1) ?? '');
    const identities = names.filter((name) => /role|external|credential|secret|accessKey|profile|endpointUrl|session/i.test(name));
    if (api.scope === 'Cluster') expect(identities).toEqual(['assumeRole', 'roleArn', 'externalId']);
    else expect(identities.filter((name) => name !== 'role')).toEqual([]);
  });

  test('lets no list or map of the spec be empty', () => {
    const emptiable = own.filter(
      ([path, node]) =>
        path.startsWith('spec.') &&
        ((node.type === 'array' && !node.minItems) || (node.additionalProperties !== undefined && !node.minProperties)),
    );
    expect(emptiable.map(([path]) => path)).toEqual([]);
  });

  test('keeps to what structural schemas may say', () => {
    const allowed = [
      'type',
      'format',
      'description',
      'default',
      'enum',
      'pattern',
      'required',
      'properties',
      'additionalProperties',
      'items',
    ].concat(
      ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'minimum', 'maximum'],
      ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'],
    );
    expect(
      all.flatMap(([path, node]) =>
        Object.keys(node)
          .filter((key) => !allowed.includes(key))
          .map((key) => `${path}: ${key}`),
      ),
    ).toEqual([]);
  });

  test('says how every list is merged, and in status every list but the conditions is one piece', () => {
    const lists = own.filter(([, { type }]) => type === 'array');
    expect(lists.filter(([, node]) => node['x-kubernetes-list-type'] === undefined)).toEqual([]);
    const status = lists.filter(([path]) => path.startsWith('status'));
    expect(status.filter(([, node]) => node['x-kubernetes-list-type'] !== 'atomic').map(([path]) => path)).toEqual(['status.conditions']);
  });

  test('cuts no list of the status without a count beside it, save for what AWS and the memory bound', () => {
    const paths = new Set(own.map(([path]) => path));
    const counted = own.filter(([path, { type }]) => path.startsWith('status') && type === 'array' && !/(conditions|cidrs)$/.test(path));
    expect(counted.filter(([path]) => !paths.has(`${path.replace(/s$/, '')}Count`)).map(([path]) => path)).toEqual([]);
  });

  test('starts with a generation that nobody has seen', () => {
    expect(versionOf(api).schema.openAPIV3Schema.properties?.status?.default).toEqual({ observedGeneration: -1 });
  });
});

test('a VpcPeering is listed with its sides, its connection and how it stands', () => {
  const columns = versionOf(kindApis.find(({ kind }) => kind === 'VpcPeering')!).additionalPrinterColumns;
  const named = (priority: number | undefined) => columns.filter((column) => column.priority === priority).map(({ name }) => name);
  expect(named(undefined)).toEqual(['Requester', 'Accepter', 'Peering', 'State', 'Ready', 'Reason', 'Age']);
  expect(named(1)).toEqual(['Requester CIDRs', 'Accepter CIDRs', 'Requester region', 'Accepter region']);
});

describe('a zod schema', () => {
  test.each([
    ['without a description', z.strictObject({ a: z.string().max(1) }).describe('An object.'), 'spec.a has no description'],
    ['with an unbounded string', z.string().describe('Text.'), 'spec has no greatest length'],
    ['with an unbounded list', z.array(z.boolean().describe('A flag.')).describe('Flags.'), 'spec has no greatest number of items'],
    [
      'with an unbounded map',
      z.record(z.string(), z.boolean().describe('A flag.')).describe('Flags.'),
      'spec has no greatest number of entries',
    ],
    [
      'that Kubernetes has no words for',
      z.union([z.boolean(), z.int()]).describe('Either.'),
      "spec is a union, which a custom resource's schema cannot say",
    ],
    ['of fractions', z.number().min(0).max(1).describe('A share.'), "spec is a number, which a custom resource's schema cannot say"],
  ])('%s is no schema of a kind', (_, schema, message) => {
    expect(() => structural(schema, 'spec')).toThrow(message);
  });
});
