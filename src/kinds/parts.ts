/** Parts that the schemas of several kinds share. */
import { z } from 'zod';
import { canonicalCidr, prefixLength } from '../network/cidr.ts';
import { annotate, type Rule, ruled } from './schema.ts';

/** A rule that a string must match a regular expression, in the syntax that RE2 and JavaScript share. */
const matches = (pattern: string, message: string): Rule<string> => {
  const expression = new RegExp(pattern, 'u');
  return { cel: `self.matches(${JSON.stringify(pattern)})`, check: (self) => expression.test(self), message };
};

type Fields = Readonly<Record<string, unknown>>;

/** A rule that a field stays as it was created; one for the parent, so that adding or removing the field is caught too. */
export const immutable = (field: string): Rule<Fields> => ({
  // The API server takes the optional fields' own comparison (self.?field == oldSelf.?field) for endlessly dear.
  cel: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  check: (self, oldSelf) => same(self[field], oldSelf[field]),
  message: 'cannot be changed, added or removed once the object is created: make a new object instead',
  field: `.${field}`,
});

/** Whether two values out of a manifest are equal; the order of an object's keys means nothing. */
function same(one: unknown, other: unknown): boolean {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other;
  const [keys, otherKeys] = [Object.keys(one), Object.keys(other)];
  return keys.length === otherKeys.length && keys.every((key) => key in other && same((one as Fields)[key], (other as Fields)[key]));
}

/** A rule that exactly one of these fields is there. */
export const exactlyOneOf = (...fields: readonly string[]): Rule<Fields> => ({
  cel: `[${fields.map((field) => `has(self.${field})`).join(', ')}].filter(present, present).size() == 1`,
  check: (self) => fields.filter((field) => self[field] !== undefined).length === 1,
  message: `exactly one of ${fields.slice(0, -1).join(', ')} and ${fields.at(-1)} must be given`,
});

/** A name within one of our objects: a DNS label. */
export const name = ruled(
  z.string().min(1).max(63),
  matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'must be lower-case letters, digits and hyphens, and begin and end with a letter or digit'),
);

export const accountRef = z
  .strictObject({
    name: ruled(z.string().min(1).max(63), matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$', 'must be the name of an AwsAccount')).describe(
      'Name of the AwsAccount.',
    ),
  })
  .describe('The AwsAccount that owns the VPC. Left out: the one named "default". Cannot be changed.');

export const accountId = ruled(z.string().max(12), matches('^[0-9]{12}$', 'must be the twelve digits of an AWS account id, in quotes'));

export const region = ruled(
  z.string().max(32),
  matches('^[a-z]{2,4}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$', 'must be the code of an AWS region, such as us-west-2'),
);

/** An id as AWS makes them: a prefix and 8 or 17 hexadecimal digits. */
const awsId = (prefix: string, what: string) =>
  ruled(
    z.string().max(32),
    matches(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`, `must be the id of a ${what}, such as ${prefix}-0a1b2c3d4e5f60718`),
  );

export const vpcId = awsId('vpc', 'VPC');
export const routeTableId = awsId('rtb', 'route table');
export const securityGroupId = awsId('sg', 'security group');

/** A block of addresses in its one spelling. Prefix length 0 is everything there is, and never meant between two VPCs. */
export const cidr = ruled(
  z.string().max(43),
  {
    cel: 'isCIDR(self) && string(cidr(self).masked()) == self',
    check: (self) => canonicalCidr(self) === self,
    message: 'must be a CIDR in its canonical form, such as 10.0.0.0/16 or 2001:db8::/32',
  },
  {
    cel: '!isCIDR(self) || cidr(self).prefixLength() > 0',
    check: (self) => canonicalCidr(self) === undefined || prefixLength(self) > 0,
    message: 'must not be every address there is: name a block with a prefix length of 1 or more',
  },
);

const cidrList = () => annotate(z.array(cidr.describe('A CIDR in its canonical form.')).min(1).max(64), { listType: 'set' });
export const cidrs = cidrList();

/** AWS: a tag's key has 1 to 128 characters, its value up to 256. */
const tagMap = ruled(
  annotate(z.record(z.string(), z.string().max(256).describe("The tag's value.")), { minProperties: 1, maxProperties: 40 }),
  {
    cel: 'self.all(key, key.size() >= 1 && key.size() <= 128)',
    check: (self) => Object.keys(self).every((key) => key.length >= 1 && [...key].length <= 128),
    message: 'keys must have 1 to 128 characters',
  },
);

/** Tags that something must carry, with exactly these values. */
export const tagSelector = tagMap.describe('Tags that it must carry, with exactly these values: no wildcards.');

/** Tags that everything an object makes is to carry. */
export const tags = ruled(tagMap, {
  cel: "self.all(key, !key.startsWith('isthmus.dev/') && !key.startsWith('aws:'))",
  check: (self) => Object.keys(self).every((key) => !key.startsWith('isthmus.dev/') && !key.startsWith('aws:')),
  message: 'no key may begin with isthmus.dev/ or aws:, which are kept for the controller and for AWS',
}).describe("Tags that are put on everything the object makes in AWS, beside the controller's own.");

export const vpcSelector = z
  .strictObject({ tags: tagSelector })
  .describe('Finds the VPC by its tags: exactly one VPC of the account and region must carry them all. Cannot be changed.');

export const routeTables = ruled(
  z.strictObject({
    strategy: z
      .enum(['All', 'Main', 'Selected', 'None'])
      .describe('All: every table of the VPC. Main: its main table. Selected: those that ids and tags choose. None: no routes are made.'),
    ids: annotate(z.array(routeTableId.describe('Id of a route table.')).min(1).max(64), { listType: 'set' })
      .describe('Ids of route tables of the VPC; only with Selected.')
      .optional(),
    tags: tagSelector.describe('Tags that a route table must carry to be chosen; only with Selected.').optional(),
  }),
  {
    cel: "self.strategy == 'Selected' || (!has(self.ids) && !has(self.tags))",
    check: (self) => self.strategy === 'Selected' || (self.ids === undefined && self.tags === undefined),
    message: 'ids and tags choose route tables only with strategy Selected: set strategy to Selected, or leave them out',
  },
  {
    cel: "self.strategy != 'Selected' || has(self.ids) != has(self.tags)",
    check: (self) => self.strategy !== 'Selected' || (self.ids === undefined) !== (self.tags === undefined),
    message: 'strategy Selected needs exactly one of ids and tags',
  },
).describe('Which route tables of this side get routes to the peer. Tables of gateways (edge tables) are always skipped.');

export const securityGroup = ruled(
  z.strictObject({
    id: securityGroupId.describe('Id of the security group.').optional(),
    name: ruled(z.string().min(1).max(255), {
      cel: "!self.startsWith('sg-')",
      check: (self) => !self.startsWith('sg-'),
      message: 'must be the name of a security group, not an id: names never begin with sg-',
    })
      .describe('Name of the security group.')
      .optional(),
    tags: tagSelector.optional(),
  }),
  exactlyOneOf('id', 'name', 'tags'),
);

/** AWS takes ports from 0 to 65535. */
const portRange = ruled(z.string().min(1).max(11), {
  cel: `self.matches("^(0|[1-9][0-9]{0,4})(-(0|[1-9][0-9]{0,4}))?$") && self.split('-').all(port, int(port) <= 65535) && int(self.split('-')[0]) <= int(self.split('-')[self.split('-').size() - 1])`,
  check: (self) => {
    const found = /^(0|[1-9][0-9]{0,4})(?:-(0|[1-9][0-9]{0,4}))?$/.exec(self);
    if (!found) return false;
    const [from, to] = [Number(found[1]), Number(found[2] ?? found[1])];
    return from <= to && to <= 65535;
  },
  message: 'must be a port or a range of ports from low to high, from 0 to 65535, such as "22" or "5432-5439"',
});

export const portRanges = annotate(z.array(portRange.describe('A port, or the first and the last of a range.')).min(1).max(32), {
  listType: 'set',
});

const labelKey = z.string().min(1).max(317);
const labelValue = z.string().max(63);

export const labelSelector = ruled(
  z.strictObject({
    matchLabels: annotate(z.record(z.string(), labelValue.describe("The label's value.")), { minProperties: 1, maxProperties: 32 })
      .describe('Labels that it must carry, with exactly these values.')
      .optional(),
    matchExpressions: z
      .array(
        ruled(
          z.strictObject({
            key: labelKey.describe("The label's key."),
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How the label is compared with values.'),
            values: annotate(z.array(labelValue.describe('A value of the label.')).min(1).max(64), { listType: 'set' })
              .describe('Values of the label: with In and NotIn, and never with Exists and DoesNotExist.')
              .optional(),
          }),
          {
            cel: "(self.operator in ['In', 'NotIn']) == has(self.values)",
            check: (self) => ['In', 'NotIn'].includes(self.operator) === (self.values !== undefined),
            message: 'In and NotIn need values; Exists and DoesNotExist take none',
            field: '.values',
          },
        ).describe('One requirement on a label.'),
      )
      .min(1)
      .max(16)
      .describe('Requirements on labels; all must hold.')
      .optional(),
  }),
  {
    cel: 'has(self.matchLabels) || has(self.matchExpressions)',
    check: (self) => self.matchLabels !== undefined || self.matchExpressions !== undefined,
    message: 'must not be empty: give matchLabels or matchExpressions',
  },
);

export const deletionPolicy = z
  .enum(['Delete', 'Retain'])
  .default('Delete')
  .describe(
    'Delete: what the object made in AWS is deleted with it. Retain: it stays, without the tags that say whose it is. May be changed while the object is being deleted.',
  );

export const paused = z.boolean().default(false).describe('While true, nothing is written to AWS. A deletion waits, too.');

export const observeOnly = z
  .boolean()
  .default(false)
  .describe(
    'While true, AWS is read and status.plan says what would be done, but nothing is written to AWS. A deletion leaves what is in AWS, as with Retain.',
  );

const longestCount = 1_000_000;
/** How many entries a list of the status would have in full. */
export const count = z.int().min(0).max(longestCount);

/** Any 64-bit number that JavaScript holds exactly. */
const generation = z.int().min(-1).max(Number.MAX_SAFE_INTEGER);
export const observedGeneration = generation
  .describe('The generation of the object that this status speaks of; -1 while there is none.')
  .optional();

const timestamp = annotate(z.string(), { format: 'date-time' });

/** As `metav1.Condition` of Kubernetes. */
export const conditions = annotate(
  z
    .array(
      z
        .strictObject({
          type: z
            .string()
            .max(316)
            .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/)
            .describe('What the condition is about: Ready, Reconciling, Stalled, or a part of the object.'),
          status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
          observedGeneration: z
            .int()
            .min(0)
            .max(Number.MAX_SAFE_INTEGER)
            .describe('The generation of the object that the condition speaks of.'),
          lastTransitionTime: timestamp.describe('When the status of the condition last changed.'),
          reason: z
            .string()
            .min(1)
            .max(1024)
            .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
            .describe('Why, in one word for programs.'),
          message: z.string().max(32768).describe('Why, in a sentence for people.'),
        })
        .describe('One condition.'),
    )
    .max(32),
  { listType: 'map', listMapKeys: ['type'] },
)
  .describe(
    'How the object is doing, in the terms of kstatus: Ready sums up, Reconciling says that the controller is at work, Stalled that a person is needed.',
  )
  .optional();

/** `status.resources`, the memory that deletion goes by: complete, unlike the other lists of a status. */
export const resources = z
  .array(
    z
      .strictObject({
        role: z.string().min(1).max(63).describe('What the thing is to the object.'),
        accountRef: z.string().min(1).max(63).describe('Name of the AwsAccount that it was made with.'),
        accountId: z.string().min(1).max(12).describe('The AWS account that it is in.'),
        region: z.string().min(1).max(32).describe('The region that it is in.'),
        id: z
          .string()
          .max(512)
          .describe("AWS's id. Empty from the intent to make it until the answer. A route's is its table and destination."),
        key: z.string().max(512).describe('What tells the thing from others before its id is known.').optional(),
        created: z.boolean().describe('True: made by this object. False: found, so never deleted.'),
        attempt: z.int().min(0).max(Number.MAX_SAFE_INTEGER).describe('How many times it was begun to be made.'),
        intentAt: timestamp.describe('When the call that made it was about to be sent.'),
      })
      .describe('One thing in AWS.'),
  )
  .max(2000)
  .describe('What the object has made or uses in AWS. Deletion goes by this list alone: do not edit it.')
  .optional();
