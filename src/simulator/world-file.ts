import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { z } from 'zod';
import { parseCidr } from '../network/cidr.ts';
import { type Policy, PolicyError, readPolicy } from './iam/policy.ts';
import { storedName } from './route53/domain-names.ts';
import { isRegion } from './zones.ts';

/** A world file that cannot be used. The message names file, line, column and field, what was found there and what would be right. */
export class WorldFileError extends Error {
  override readonly name = 'WorldFileError';
}

/** The way to a field of the file. */
export type FieldPath = readonly (string | number)[];

const given = (input: unknown): string => (input === undefined ? 'nothing' : JSON.stringify(input));

/** An object that takes these fields and no others. */
function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no field ${issue.keys.join(', ')} here; the fields are ${names}`
        : `found ${given(issue.input)}, but this is an object with the fields ${names}`,
  });
}

const text = (what: string, test: (value: string) => boolean) =>
  z.string({ error: (issue) => `found ${given(issue.input)}; it must be ${what}` }).refine(test, {
    error: (issue) => `found ${given(issue.input)}; it must be ${what}`,
  });

const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: (issue) => `found ${given(issue.input)}; it must be one of ${values.join(', ')}` });

const flag = z.boolean({ error: (issue) => `found ${given(issue.input)}; it must be true or false` });
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: (issue) => `found ${given(issue.input)}, but this is a list` });

const name = text('a name: letters, digits, spaces and . _ - : ( ) @', (value) => /^[\w .:()@-]{1,255}$/.test(value));
const reference = text('a name', (value) => value.length > 0);
const cidr4 = text('an IPv4 CIDR such as 10.0.0.0/16', (value) => parseCidr(value)?.family === 4);
const cidr6 = text('an IPv6 CIDR such as 2001:db8::/56', (value) => parseCidr(value)?.family === 6);
const cidr = text('a CIDR such as 10.0.0.0/16', (value) => parseCidr(value) !== undefined);
const accountId = text('an account id: twelve digits, in quotes', (value) => /^\d{12}$/.test(value));
const region = text('a region of AWS such as eu-west-2', isRegion);
const idOf = (prefix: string) =>
  text(`an id such as ${prefix}-0123456789abcdef0`, (value) => new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(value));
const tags = z.record(
  z.string(),
  z.string({ error: (issue) => `found ${given(issue.input)}; a tag's value is a text: put it in quotes` }),
  {
    error: (issue) => `found ${given(issue.input)}, but tags are an object of texts`,
  },
);
const ports = z.union([z.int().min(0).max(65_535), z.string().regex(/^\d{1,5}-\d{1,5}$/)], {
  error: (issue) => `found ${given(issue.input)}; it must be a port such as 22, or a range such as 8000-8080`,
});
const protocol = text('tcp, udp, icmp, icmpv6, all, or the number of a protocol', (value) =>
  /^(?:tcp|udp|icmp|icmpv6|all|\d{1,3})$/.test(value),
);

const policy = z.unknown().transform((document, context): Policy => {
  try {
    return readPolicy(document);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    context.issues.push({ code: 'custom', message: error.message, input: document });
    return z.NEVER;
  }
});

const rule = { protocol: protocol.default('all'), ports: ports.optional(), description: z.string().optional() };

const vpc = fields({
  name,
  id: idOf('vpc').optional(),
  tags: tags.optional(),
  cidr: cidr4,
  secondaryCidrs: listOf(cidr4).default([]),
  /** `true` for a block of Amazon's, or one that the account brings itself. */
  ipv6: z.union([flag, cidr6], { error: (issue) => `found ${given(issue.input)}; it must be true, false or an IPv6 CIDR` }).default(false),
  /** The region's default VPC. */
  default: flag.default(false),
  dnsSupport: flag.default(true),
  dnsHostnames: flag.optional(),
  /** `true`, or what is to be said of it: the gateway is attached to the VPC. */
  internetGateway: z
    .union([flag, fields({ name: name.optional(), id: idOf('igw').optional(), tags: tags.optional() })], {
      error: (issue) => `found ${given(issue.input)}; it must be true, false, or an object with the fields name, id, tags`,
    })
    .default(false),
  subnets: listOf(
    fields({
      name,
      id: idOf('subnet').optional(),
      tags: tags.optional(),
      cidr: cidr4,
      ipv6: cidr6.optional(),
      /** A zone's name or, the same for all accounts, its id. */
      zone: reference.optional(),
      /** Instances get a public address. Whether it leads anywhere is a matter of routes. */
      public: flag.default(false),
    }),
  ).default([]),
  /** For IPv6: attached to the VPC. */
  egressOnlyInternetGateway: flag.default(false),
  natGateways: listOf(
    fields({
      name,
      id: idOf('nat').optional(),
      tags: tags.optional(),
      subnet: reference,
      /** It has no Elastic IP, and leads to other private networks only. */
      private: flag.default(false),
      /** The address of its Elastic IP, which is called as the gateway is. Left out: one of Amazon's. */
      publicIp: z.ipv4({ error: (issue) => `found ${given(issue.input)}; it must be an IPv4 address` }).optional(),
    }),
  ).default([]),
  routeTables: listOf(
    fields({
      name,
      id: idOf('rtb').optional(),
      tags: tags.optional(),
      /** It is the main table, which the VPC has in any case. */
      main: flag.default(false),
      /** It is for what enters through the internet gateway. */
      edge: flag.default(false),
      subnets: listOf(reference).default([]),
      routes: listOf(
        fields({
          to: cidr,
          /** `internet-gateway`, `egress-only-internet-gateway`, or the name of a peering, a transit gateway, or a NAT gateway or instance of the VPC. */
          via: reference,
        }),
      ).default([]),
    }),
  ).default([]),
  securityGroups: listOf(
    fields({
      /** `default` is the group that the VPC has in any case. */
      name,
      id: idOf('sg').optional(),
      tags: tags.optional(),
      description: z.string().optional(),
      /** `from`: a CIDR, a group of the VPC, or `<VPC>/<group>` of a peer. Added to what the group has. */
      ingress: listOf(fields({ ...rule, from: reference })).default([]),
      /** `to`: as `from`. Left out: everything may leave. */
      egress: listOf(fields({ ...rule, to: reference })).optional(),
    }),
  ).default([]),
  networkAcls: listOf(
    fields({
      name,
      id: idOf('acl').optional(),
      tags: tags.optional(),
      /** It is the one that the VPC has in any case; its entries take the place of those that let everything through. */
      default: flag.default(false),
      subnets: listOf(reference).default([]),
      entries: listOf(
        fields({
          rule: z.int({ error: (issue) => `found ${given(issue.input)}; it must be a number from 1 to 32766` }),
          direction: oneOf('ingress', 'egress'),
          action: oneOf('allow', 'deny'),
          protocol: protocol.default('all'),
          ports: ports.optional(),
          cidr,
        }),
      ).default([]),
    }),
  ).default([]),
  instances: listOf(
    fields({
      name,
      id: idOf('i').optional(),
      tags: tags.optional(),
      subnet: reference,
      privateIp: reference.optional(),
      /** `true` for an address of Amazon's, or the address. Left out: as the subnet has it. */
      publicIp: z
        .union([flag, z.ipv4()], { error: (issue) => `found ${given(issue.input)}; it must be true, false or an IPv4 address` })
        .optional(),
      securityGroups: listOf(reference).default([]),
      /** What answers: `tcp/22` … Left out: everything. */
      listens: listOf(text('a protocol and a port such as tcp/22', (value) => /^(?:tcp|udp)\/\d{1,5}$/.test(value))).optional(),
    }),
  ).default([]),
  /** For endpoint services: no call makes load balancers here. */
  networkLoadBalancers: listOf(
    fields({
      name: text('a name: letters, digits and dashes', (value) => /^[a-zA-Z0-9-]{1,32}$/.test(value)),
      subnets: listOf(reference).min(1),
      listeners: listOf(
        fields({
          port: z
            .int({ error: (issue) => `found ${given(issue.input)}; it must be a port such as 443` })
            .min(1)
            .max(65_535),
          /** Left out: the listener's. */
          targetPort: z
            .int({ error: (issue) => `found ${given(issue.input)}; it must be a port such as 443` })
            .min(1)
            .max(65_535)
            .optional(),
          /** Names of instances of the VPC. */
          targets: listOf(reference).default([]),
        }),
      ).default([]),
    }),
  ).default([]),
});

const file = fields({
  accounts: z
    .record(
      accountId,
      z.record(region, fields({ vpcs: listOf(vpc).default([]) }), {
        error: (issue) => `found ${given(issue.input)}, but this is an object of regions, by name`,
      }),
      { error: (issue) => `found ${given(issue.input)}, but this is an object of accounts, by id` },
    )
    .default({}),
  peerings: listOf(
    fields({
      name,
      id: idOf('pcx').optional(),
      /** On the requester's side. */
      tags: tags.optional(),
      /** A VPC's name; `<account>/<region>/<name>` where several have it. */
      requester: reference,
      accepter: reference,
      state: oneOf('active', 'pending-acceptance').default('active'),
    }),
  ).default([]),
  transitGateways: listOf(
    fields({
      name,
      id: idOf('tgw').optional(),
      tags: tags.optional(),
      account: accountId,
      region,
      /** Left out: one table, which every attachment has and tells its CIDRs. */
      routeTables: listOf(
        fields({
          name,
          id: idOf('tgw-rtb').optional(),
          tags: tags.optional(),
          routes: listOf(
            fields({
              to: cidr,
              /** A VPC that is attached, or `blackhole`. */
              via: reference,
            }),
          ).default([]),
        }),
      ).optional(),
      /** The gateway is shared with the accounts of these VPCs. */
      attachments: listOf(
        fields({
          /** Named as a peering names it. */
          vpc: reference,
          id: idOf('tgw-attach').optional(),
          tags: tags.optional(),
          /** One of each zone. */
          subnets: listOf(reference),
          /** The table by which what comes from the VPC is routed. */
          routeTable: reference.optional(),
          /** The tables that learn the VPC's CIDRs. */
          propagatesTo: listOf(reference).default([]),
        }),
      ).default([]),
    }),
  ).default([]),
  /** Route 53’s private zones. */
  hostedZones: listOf(
    fields({
      name: text('a domain name such as egress.internal', (value) => typeof storedName(value) === 'string'),
      id: text('an id such as Z0123456789ABCDEFGHIJ', (value) => /^Z[A-Z0-9]{1,31}$/.test(value)).optional(),
      tags: tags.optional(),
      comment: z.string().optional(),
      /** Named as a peering names them. The zone belongs to the account of the first one. */
      vpcs: listOf(reference).min(1, { error: 'a private zone has at least one VPC' }),
      records: listOf(
        fields({
          /** In full, as the zone's. */
          name: reference,
          type: oneOf('A', 'AAAA', 'CNAME', 'TXT', 'SRV'),
          /** Seconds. */
          ttl: z.int({ error: (issue) => `found ${given(issue.input)}; it must be a number of seconds` }).default(300),
          values: listOf(reference),
        }),
      ).default([]),
    }),
  ).default([]),
  /** Left out: any role exists, and trusts everybody. */
  roles: listOf(
    fields({
      arn: text('a role such as arn:aws:iam::111122223333:role/isthmus', (value) => /^arn:aws:iam::\d{12}:role\/.+$/.test(value)),
      trusts: listOf(accountId),
      externalId: z.string().optional(),
      /** `false`: nobody may give its sessions tags. */
      tagSession: flag.default(true),
      /** An IAM policy, as AWS writes them: its sessions may do what it allows, and nothing else. Left out: everything. */
      policy: policy.optional(),
    }),
  ).optional(),
});

/** What a world file says, defaults filled in. */
export type WorldDescription = z.output<typeof file>;
export type VpcDescription = z.output<typeof vpc>;
export type TransitGatewayDescription = WorldDescription['transitGateways'][number];

/** A world file as read, and how to speak of its fields. */
export interface WorldFile {
  readonly description: WorldDescription;
  /** The error for a field: where it is, and what is wrong. */
  error(path: FieldPath, message: string): WorldFileError;
}

/**
 * Reads a world file.
 *
 * @param fileName as it is to be named in errors
 * @throws WorldFileError for the first thing that is not right
 */
export function readWorldFile(source: string, fileName: string): WorldFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { lineCounter, prettyErrors: false });
  const at = (offset: number, message: string): WorldFileError => {
    const { line, col } = lineCounter.linePos(offset);
    return new WorldFileError(`${fileName}, line ${line}, column ${col}: ${message}`);
  };
  const [problem] = document.errors;
  if (problem) throw at(problem.pos[0], problem.message);

  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  /** Where the field is in the text; for one that is not there, the nearest that holds it. */
  const offsetOf = (path: FieldPath): number => {
    let node: unknown = document.contents;
    let offset = (document.contents as Node | null)?.range?.[0] ?? 0;
    for (const step of path) {
      node = resolve(node);
      const next = isSeq(node) ? node.items[step as number] : isMap(node) ? pairOf(node, step) : undefined;
      if (next === undefined) break;
      const shown = isMap(node) ? (next as ReturnType<typeof pairOf>)?.key : next;
      offset = (shown as Node).range?.[0] ?? offset;
      node = isMap(node) ? (next as ReturnType<typeof pairOf>)?.value : next;
    }
    return offset;
  };
  const error = (path: FieldPath, message: string): WorldFileError => at(offsetOf(path), `${pathText(path)}${message}`);

  const parsed = file.safeParse(document.toJS() ?? {});
  if (!parsed.success) {
    const issue = deepest(parsed.error.issues[0]!);
    const path = issue.path as (string | number)[];
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
    throw at(offsetOf(unknown === undefined ? path : [...path, unknown]), `${pathText(path)}${message}`);
  }
  return { description: parsed.data, error };
}

/** Of the ways in which none of several forms fits, the one that came furthest tells most. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flat().filter(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');
  return inner[0] ? { ...inner[0], path: [...issue.path, ...inner[0].path] } : issue;
}

function pairOf(map: YAMLMap, key: string | number): YAMLMap['items'][number] | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

/** `accounts."111122223333".us-west-2.vpcs[0].cidr: `. */
function pathText(path: FieldPath): string {
  if (path.length === 0) return '';
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : /^\d+$/.test(step) ? `."${step}"` : `.${step}`));
  return `${steps.join('').replace(/^\./, '')}: `;
}
