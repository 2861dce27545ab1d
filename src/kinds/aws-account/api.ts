import { z } from 'zod';
import type { Resource } from '../kind.ts';
import { ageColumn, type KindApi, readyColumns } from '../kind-api.ts';
import { accountId, conditions, immutable, labelSelector, observedGeneration, region, tagSelector } from '../parts.ts';
import { annotate, type DeepReadonly, ruled } from '../schema.ts';

const roleArnPattern = '^arn:aws(-[a-z]{1,8}){0,2}:iam::[0-9]{12}:role/([!-~]+/)?[A-Za-z0-9+=,.@_-]{1,64}$';

const assumeRole = z
  .strictObject({
    roleArn: ruled(z.string().max(1024), {
      cel: `self.matches(${JSON.stringify(roleArnPattern)})`,
      check: (self) => new RegExp(roleArnPattern, 'u').test(self),
      message: 'must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/isthmus',
    }).describe('ARN of the IAM role to assume. It must be a role of accountId.'),
    // Length and alphabet as STS takes them.
    externalId: ruled(z.string().min(2).max(1224), {
      cel: 'self.matches("^[A-Za-z0-9_+=,.@:/-]*$")',
      check: (self) => /^[A-Za-z0-9_+=,.@:/-]*$/.test(self),
      message: 'must be letters, digits and any of _+=,.@:/-',
    })
      .describe("External id that the role's trust policy asks for.")
      .optional(),
  })
  .describe("The role to act as in the account. Left out: the controller's own identity.");

// Ids and ARNs as AWS Organizations makes them (its API reference: Organization, OrganizationalUnit).
const sharingPrincipalPattern =
  '^([0-9]{12}|(arn:aws[a-z-]{0,10}:organizations::[0-9]{12}:organization/)?o-[a-z0-9]{6,32}|(arn:aws[a-z-]{0,10}:organizations::[0-9]{12}:ou/o-[a-z0-9]{6,32}/)?ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})$';

const sharingPrincipal = ruled(z.string().max(160), {
  cel: `self.matches(${JSON.stringify(sharingPrincipalPattern)})`,
  check: (self) => new RegExp(sharingPrincipalPattern, 'u').test(self),
  message:
    'must be the twelve digits of an AWS account id, in quotes, or the id or ARN of an organization (o-…) or of an organizational unit (ou-…)',
}).describe('Id of an AWS account, or id or ARN of an organization or an organizational unit.');

const allowedNamespaces = ruled(
  z.strictObject({
    from: z
      .enum(['None', 'All', 'Selector'])
      .describe('None: no namespace. All: every namespace. Selector: those whose labels match selector.'),
    selector: labelSelector.describe('Labels of the namespaces; only with Selector.').optional(),
  }),
  {
    cel: "(self.from == 'Selector') == has(self.selector)",
    check: (self) => (self.from === 'Selector') === (self.selector !== undefined),
    message: 'a selector is needed with from: Selector, and taken with nothing else',
    field: '.selector',
  },
)
  .default({ from: 'None' })
  .describe('The namespaces whose objects may use this account. Left out: none.');

const spec = ruled(
  z.strictObject({
    accountId: accountId.describe(
      'Twelve digits. The identity is checked against it before the first call is made with it. Cannot be changed.',
    ),
    assumeRole: assumeRole.optional(),
    defaultRegion: region.describe('The region of what names none.').optional(),
    regions: annotate(z.array(region.describe('Code of an AWS region.')).min(1).max(64), { listType: 'set' })
      .describe('The regions that may be used. Left out: all.')
      .optional(),
    allowedNamespaces,
    allowedVpcs: z
      .strictObject({ tags: tagSelector })
      .describe('The VPCs of the account that objects may name: those that carry these tags. Left out: all.')
      .optional(),
    allowedSharing: annotate(z.array(sharingPrincipal).min(1).max(64), { listType: 'set' })
      .describe('Whom resources of the account may be shared with through AWS RAM. Left out: nobody but the accounts of other AwsAccounts.')
      .optional(),
  }),
  immutable('accountId'),
  {
    cel: "!has(self.assumeRole) || self.assumeRole.roleArn.split(':').size() < 6 || self.assumeRole.roleArn.split(':')[4] == self.accountId",
    check: (self) =>
      !self.assumeRole || self.assumeRole.roleArn.split(':').length < 6 || self.assumeRole.roleArn.split(':')[4] === self.accountId,
    message: 'the role must be one of the account that accountId names',
    field: '.assumeRole.roleArn',
  },
  {
    cel: '!has(self.regions) || !has(self.defaultRegion) || self.defaultRegion in self.regions',
    check: (self) => !self.regions || self.defaultRegion === undefined || self.regions.includes(self.defaultRegion),
    message: 'must be one of regions',
    field: '.defaultRegion',
  },
  {
    cel: `!has(self.assumeRole) || ((has(self.regions) ? self.regions : []) + (has(self.defaultRegion) ? [self.defaultRegion] : [])).all(region, region.startsWith('cn-') == self.assumeRole.roleArn.startsWith('arn:aws-cn:') && region.startsWith('us-gov-') == self.assumeRole.roleArn.startsWith('arn:aws-us-gov:'))`,
    check: ({ assumeRole: role, regions = [], defaultRegion }) =>
      !role ||
      [...regions, ...(defaultRegion === undefined ? [] : [defaultRegion])].every(
        (each) =>
          each.startsWith('cn-') === role.roleArn.startsWith('arn:aws-cn:') &&
          each.startsWith('us-gov-') === role.roleArn.startsWith('arn:aws-us-gov:'),
      ),
    message: "must be of the regions' partition: arn:aws-cn:… for cn-…, arn:aws-us-gov:… for us-gov-…, and neither for other regions",
    field: '.assumeRole.roleArn',
  },
  {
    cel: "!has(self.allowedNamespaces) || self.allowedNamespaces.from != 'All' || has(self.assumeRole)",
    check: (self) => self.allowedNamespaces.from !== 'All' || self.assumeRole !== undefined,
    message: "All opens the controller's own identity to everybody: set assumeRole, or choose namespaces with Selector",
    field: '.allowedNamespaces.from',
  },
).describe('Which account, as whom, and for whom.');

const status = z
  .strictObject({
    observedGeneration,
    identity: z.string().max(2048).describe('ARN that AWS says the controller acts as in this account.').optional(),
    conditions,
  })
  .describe('Whether the account can be used.');

export type AwsAccountSpec = DeepReadonly<z.output<typeof spec>>;
export type AwsAccountStatus = DeepReadonly<z.output<typeof status>>;
export type AwsAccount = Resource<AwsAccountSpec, AwsAccountStatus>;

export const awsAccountApi: KindApi = {
  kind: 'AwsAccount',
  plural: 'awsaccounts',
  singular: 'awsaccount',
  shortNames: ['awsacct'],
  scope: 'Cluster',
  description:
    'An AwsAccount is an AWS account that the controller may act in: with which identity, in which regions, and for which namespaces.',
  spec,
  status,
  columns: [
    { name: 'Account', type: 'string', jsonPath: '.spec.accountId', description: 'Id of the AWS account.' },
    { name: 'Region', type: 'string', jsonPath: '.spec.defaultRegion', description: 'Its default region.' },
    ...readyColumns,
    { name: 'Identity', type: 'string', jsonPath: '.status.identity', description: 'As whom the controller acts there.', wide: true },
    ageColumn,
  ],
};
