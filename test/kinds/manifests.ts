// Arbitrary manifests of our kinds, right ones and spoilt ones, for tests that ask two judges about the same thing.
import fc from 'fast-check';
import { partitionOf } from '../../src/network/partitions.ts';

export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [field: string]: unknown };
  spec: unknown;
  [field: string]: unknown;
};

const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 17, maxLength: 17 });
const awsId = (prefix: string) => hex.map((digits) => `${prefix}-${digits}`);

const region = fc.constantFrom('us-west-2', 'eu-west-1', 'ap-northeast-2', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1');
const accountId = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 12, maxLength: 12 });
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
/** An object without the fields that came out as undefined. */
const record = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields).map((made) => Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)));

const tagKey = fc.constantFrom('Name', 'tier', 'team', 'kubernetes.io/role/elb', 'Kostenstelle für Netze', '鍵');
const tags = fc.dictionary(tagKey, fc.constantFrom('', 'private', 'x'.repeat(256), 'größer'), { minKeys: 1, maxKeys: 4 });

const ipv4Cidr = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }), fc.constantFrom(8, 12, 16, 20, 24, 28, 32))
  .map(([second, third, prefix]) => {
    const bits = ((10 << 24) | (second << 16) | (third << 8)) >>> 0;
    const masked = (bits & ((0xffffffff << (32 - prefix)) >>> 0)) >>> 0;
    return `${[24, 16, 8, 0].map((shift) => (masked >>> shift) & 0xff).join('.')}/${prefix}`;
  });
const ipv6Cidr = fc.constantFrom(
  '2001:db8::/32',
  '2001:db8:1::/48',
  'fd00::/8',
  '2600:1f13:0:1200::/56',
  '2600:1f13:0:12ab::/64',
  '::1/128',
);
const cidrs = fc.uniqueArray(fc.oneof(ipv4Cidr, ipv6Cidr), { minLength: 1, maxLength: 5 });

const port = fc.integer({ min: 0, max: 65535 });
const portRange = fc.oneof(
  port.map(String),
  fc.tuple(port, port).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
);
const portRanges = fc.uniqueArray(portRange, { minLength: 1, maxLength: 5 });

const securityGroup = fc.oneof(
  awsId('sg').map((id) => ({ id })),
  fc.constantFrom('default', 'web servers (blue)').map((name) => ({ name })),
  tags.map((chosen) => ({ tags: chosen })),
);

const routeTables = fc.oneof(
  fc.constantFrom('All', 'Main', 'None').map((strategy) => ({ strategy })),
  fc.uniqueArray(awsId('rtb'), { minLength: 1, maxLength: 3 }).map((ids) => ({ strategy: 'Selected', ids })),
  tags.map((chosen) => ({ strategy: 'Selected', tags: chosen })),
);

const icmp = record({ type: fc.integer({ min: 0, max: 255 }), code: optional(fc.integer({ min: -1, max: 255 })) });
const protocolFields = fc.oneof(
  record({ protocol: fc.constantFrom('tcp', 'udp'), portRanges }),
  record({ protocol: fc.constantFrom('icmp', 'icmpv6'), icmp: optional(fc.oneof(icmp, fc.constant({ type: -1 }))) }),
  fc.constant({ protocol: 'all' }),
);
const anyEnd = fc.oneof(
  securityGroup.map((group) => ({ securityGroup: group })),
  fc.constant({ peer: true }),
  cidrs.map((blocks) => ({ cidrs: blocks })),
);
const rules = (end: 'from' | 'to') =>
  fc.uniqueArray(
    fc.tuple(label, securityGroup, protocolFields, anyEnd).map(([name, group, fields, found]) => {
      const isIcmp = fields.protocol === 'icmp' || fields.protocol === 'icmpv6';
      return { name, securityGroup: group, ...fields, [end]: isIcmp && 'cidrs' in found ? { peer: true } : found };
    }),
    { selector: (rule) => rule.name, minLength: 1, maxLength: 3 },
  );

const side = fc
  .tuple(
    fc.oneof(
      awsId('vpc').map((vpcId) => ({ vpcId })),
      tags.map((chosen) => ({ vpcSelector: { tags: chosen } })),
    ),
    record({
      accountRef: optional(label.map((name) => ({ name }))),
      region: optional(region),
      routeTables: optional(routeTables),
      destinations: optional(cidrs),
      dns: optional(fc.boolean().map((allowDnsResolutionFromRemoteVpc) => ({ allowDnsResolutionFromRemoteVpc }))),
      ingress: optional(rules('from')),
      egress: optional(rules('to')),
    }),
  )
  .map(([vpc, rest]) => ({ ...vpc, ...rest }));

/** A side in an account that the controller may not enter. */
const foreignSide = fc.record({ accountId: fc.stringMatching(/^[0-9]{12}$/), region, vpcId: awsId('vpc') });

interface DrawnRule {
  readonly [end: string]: unknown;
}
/** With a foreign peer its groups are named by id. */
const groupsById = (drawn: object): object =>
  Object.fromEntries(
    Object.entries(drawn).map(([field, value]) => {
      const end = field === 'ingress' ? 'from' : 'to';
      if (field !== 'ingress' && field !== 'egress') return [field, value];
      const byId = (rule: DrawnRule) =>
        'securityGroup' in (rule[end] as object) ? { ...rule, [end]: { securityGroup: { id: 'sg-0a1b2c3d' } } } : rule;
      return [field, (value as readonly DrawnRule[]).map(byId)];
    }),
  );

const twoSides = fc.oneof(
  { weight: 3, arbitrary: fc.record({ requester: side, accepter: side }) },
  { weight: 1, arbitrary: fc.record({ requester: side.map(groupsById), accepter: foreignSide }) },
  { weight: 1, arbitrary: fc.record({ requester: foreignSide, accepter: side.map(groupsById) }) },
);

const vpcPeeringRest = record({
  acceptance: optional(fc.constantFrom('Automatic', 'Manual')),
  deletionPolicy: optional(fc.constantFrom('Delete', 'Retain')),
  paused: optional(fc.boolean()),
  observeOnly: optional(fc.boolean()),
  tags: optional(tags),
});
const vpcPeeringSpec = fc.tuple(twoSides, vpcPeeringRest).map(([sides, rest]) => ({ ...sides, ...rest }));

const labelSelector = record({
  matchLabels: optional(fc.dictionary(label, label, { minKeys: 1, maxKeys: 3 })),
  matchExpressions: fc.array(
    fc.oneof(
      record({ key: label, operator: fc.constantFrom('In', 'NotIn'), values: fc.uniqueArray(label, { minLength: 1, maxLength: 3 }) }),
      record({ key: label, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
    { minLength: 1, maxLength: 3 },
  ),
});

const awsAccountSpec = fc
  .tuple(
    accountId,
    optional(region),
    optional(fc.uniqueArray(region, { maxLength: 3 })),
    fc.boolean(),
    optional(fc.constantFrom('5f0c', 'a/b:c@d=e')),
    fc.oneof(
      fc.constantFrom('None', 'All').map((from) => ({ from })),
      labelSelector.map((selector) => ({ from: 'Selector', selector })),
    ),
    optional(fc.constantFrom({ tags: { isthmus: 'allowed' } }, { tags: { team: '', 'a b': 'c' } })),
    optional(
      fc.uniqueArray(
        fc.constantFrom(
          '444455556666',
          'o-abc123',
          'ou-ab12-34567890',
          'arn:aws:organizations::444455556666:organization/o-exampleorgid',
          'arn:aws-us-gov:organizations::444455556666:ou/o-exampleorgid/ou-ab12-34567890',
        ),
        { minLength: 1 },
      ),
    ),
  )
  .map(([id, defaultRegion, others, assumes, externalId, namespaces, allowedVpcs, allowedSharing]) => {
    const home = defaultRegion ?? others?.[0] ?? 'us-east-1';
    const roleArn = `arn:${partitionOf(home)}:iam::${id}:role/${externalId === undefined ? '' : 'teams/network/'}isthmus`;
    const fields: Record<string, unknown> = {
      accountId: id,
      defaultRegion,
      regions: others && [...new Set([home, ...others.filter((each) => partitionOf(each) === partitionOf(home))])],
      assumeRole: assumes ? { roleArn, ...(externalId !== undefined && { externalId }) } : undefined,
      allowedNamespaces: namespaces.from === 'All' && !assumes ? undefined : namespaces,
      allowedVpcs,
      allowedSharing,
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  });

const manifest = (kind: string, spec: fc.Arbitrary<unknown>): fc.Arbitrary<Manifest> =>
  spec.map((made) => ({ apiVersion: 'isthmus.dev/v1alpha1', kind, metadata: { name: 'generated' }, spec: made }));

/** Manifests that are right. */
export const validVpcPeering = manifest('VpcPeering', vpcPeeringSpec);
export const validAwsAccount = manifest('AwsAccount', awsAccountSpec);
export const validManifest = fc.oneof({ arbitrary: validVpcPeering, weight: 3 }, { arbitrary: validAwsAccount, weight: 1 });

/** Values that are nearly right somewhere, and wrong in ways that two judges could see differently. */
const trickyValues: readonly unknown[] = [
  ...[
    '10.0.0.1/16',
    '010.0.0.0/16',
    '10.0.0.0/016',
    '10.0.0.0/33',
    '10.0.0.0',
    '10.0.0.0/-1',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/8\n',
    ' 10.0.0.0/8',
  ],
  ...[
    '2001:DB8::/32',
    '2001:db8:0:0::/64',
    '2001:db8::1/64',
    '::ffff:10.0.0.0/104',
    '::ffff:a00:0/104',
    'fe80::%eth0/64',
    '1::1.2.3.4/128',
    '2001:db8::/032',
  ],
  ...['2001:db8:0:0:1::/80', '2001:0db8::/32', '1:0:0:2::/64', '1:0:0:2:0:0:0:0/64', '10.0.0.0/8', '192.0.2.0/24', 'fd00::/8'],
  ...['0', '65535', '65536', '99999', '022', '22-', '-22', '22-21', '21-22', '22-65536', '1-2-3', '22 ', '٢٢', '22\n'],
  ...['us-west-2', 'US-WEST-2', 'us-west', 'us_west_2', 'us-west-2\n', 'us--west-2', 'default', 'Default', 'a.b', '-a', 'a-', ''],
  ...['vpc-0a1b2c3d', 'vpc-0a1b2c3d4e5f60718', 'vpc-0A1B2C3D', 'vpc-0a1b2c3d4', 'sg-0a1b2c3d', 'rtb-0a1b2c3d', 'pcx-0a1b2c3d', 'vpc-'],
  ...[
    '111122223333',
    '11112222333',
    '1111222233334',
    '１１１１２２２２３３３３',
    'arn:aws:iam::111122223333:role/isthmus',
    'arn:aws:iam::111122223333:user/isthmus',
  ],
  ...[
    'arn:aws:iam::111122223333:role/a b',
    'arn:aws-:iam::111122223333:role/x',
    'arn',
    'All',
    'Main',
    'Selected',
    'Selector',
    'None',
    'Same',
    'tcp',
    'icmp',
    'all',
  ],
  ...['😀'.repeat(20), '😀'.repeat(31), '😀'.repeat(64), 'ä'.repeat(63), 'x'.repeat(64), 'x'.repeat(300), 'In', 'Exists'],
  ...[
    0,
    1,
    -1,
    255,
    256,
    -2,
    22,
    1.5,
    1e21,
    true,
    false,
    null,
    [],
    {},
    [[]],
    [null],
    [''],
    { '': '' },
    { tags: {} },
    { tags: { Name: 'x' } },
  ],
  ...[
    { name: 'x' },
    { strategy: 'Selected' },
    { type: 8 },
    { type: -1, code: 0 },
    { peer: true },
    { peer: false },
    { 'aws:x': 'y' },
    { 'isthmus.dev/owner': 'x' },
  ],
  ...[
    { cidrs: ['10.0.0.0/8', '2001:db8::/32'] },
    ['22'],
    ['22', '22'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    { matchLabels: {} },
    { x: null },
    { [`${'k'.repeat(129)}`]: 'v' },
  ],
  ...[
    Array.from({ length: 65 }, (_, index) => `10.${index}.0.0/16`),
    Object.fromEntries(Array.from({ length: 41 }, (_, index) => [`k${index}`, 'v'])),
  ],
];

/** Fields of all places, so that a field lands where it does not belong. */
const fieldNames = [
  'vpcId',
  'vpcSelector',
  'region',
  'accountRef',
  'ids',
  'tags',
  'id',
  'name',
  'icmp',
  'portRanges',
  'cidrs',
  'peer',
  'code',
].concat([
  'securityGroup',
  'selector',
  'values',
  'regions',
  'defaultRegion',
  'externalId',
  'accountId',
  'destinations',
  'dns',
  'ingress',
  'unknown',
  'constructor',
]);

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const within = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [path, ...within.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

type Container = Record<string | number, unknown>;

const at = (root: unknown, path: Path): unknown => path.reduce((value, key) => (value as Container)[key], root);

/** One change to a manifest's spec, chosen by numbers so that it can be shrunk. */
export function spoil(
  manifest: Manifest,
  choice: { readonly where: number; readonly how: number; readonly field: string; readonly value: unknown },
): Manifest {
  const spoilt = structuredClone(manifest);
  const paths = pathsOf(spoilt.spec, ['spec']);
  const path = paths[choice.where % paths.length] ?? ['spec'];
  const parent = at(spoilt, path.slice(0, -1)) as Container;
  const key = path.at(-1) ?? 'spec';
  const found = parent[key];
  const value = structuredClone(choice.value);
  switch (choice.how % 5) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      break;
    case 1:
      if (Array.isArray(found)) found.push(found.length > 0 ? structuredClone(found[0]) : value);
      else if (typeof found === 'object' && found !== null) (found as Container)[choice.field] = value;
      else parent[key] = value;
      break;
    default:
      parent[key] = value;
  }
  return spoilt;
}

const spoiling = fc.record({
  where: fc.nat(10_000),
  how: fc.nat(4),
  field: fc.constantFrom(...fieldNames),
  value: fc.constantFrom(...trickyValues),
});

/** Manifests with one to three arbitrary changes: most are wrong, some are right all the same. */
export const spoiltManifest = fc
  .tuple(validManifest, fc.array(spoiling, { minLength: 1, maxLength: 3 }))
  .map(([right, changes]) => changes.reduce(spoil, right));
