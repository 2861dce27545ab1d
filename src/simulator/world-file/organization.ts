import { z } from 'zod';
import type { Organization } from '../world/settings.ts';
import { accountId, fields, flag, given, listOf, text } from './fields.ts';

const unitId = text('an id such as ou-ab12-34cd56ef', (value) => /^ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/.test(value));

/** The AWS Organization that there is. Left out: every account is on its own. */
export const organization = fields({
  id: text('an id such as o-exampleorgid', (value) => /^o-[a-z0-9]{10,32}$/.test(value)),
  managementAccount: accountId,
  /** Its accounts; the management account belongs to it in any case. */
  accounts: listOf(accountId).default([]),
  /** The accounts of its units, by the units' ids: those in units below them are named here, too. */
  units: z
    .record(unitId, listOf(accountId), {
      error: (issue) => `found ${given(issue.input)}, but this is an object of lists of accounts, by unit`,
    })
    .default({}),
  /** Whether RAM shares within it without invitations, as after EnableSharingWithAwsOrganization. */
  sharing: flag.default(false),
}).transform(
  ({ id, managementAccount, accounts, units, sharing }): Organization => ({
    id,
    managementAccountId: managementAccount,
    accountIds: [...new Set([...accounts, ...Object.values(units).flat()])],
    units,
    sharingEnabled: sharing,
  }),
);

/** An organisation as a saved state has it. */
export const savedOrganization: z.ZodType<Organization> = fields({
  id: z.string(),
  managementAccountId: accountId,
  accountIds: listOf(accountId),
  units: z.record(z.string(), listOf(accountId)).optional(),
  sharingEnabled: flag,
});
