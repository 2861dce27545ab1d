import { z } from 'zod';
import { accountId, fields, given, listOf, region } from './fields.ts';
import { hostedZone } from './hosted-zones.ts';
import { internetHost } from './internet.ts';
import { organization } from './organization.ts';
import { peering } from './peerings.ts';
import { role } from './roles.ts';
import { settings } from './settings.ts';
import { transitGateway } from './transit-gateways.ts';
import { publicTxtRecords } from './txt-records.ts';
import { vpc } from './vpcs.ts';

/** What a world file may say. Each part is described where it is loaded. */
export const worldFileSchema = fields({
  accounts: z
    .record(
      accountId,
      z.record(region, fields({ vpcs: listOf(vpc).default([]) }), {
        error: (issue) => `found ${given(issue.input)}, but this is an object of regions, by name`,
      }),
      { error: (issue) => `found ${given(issue.input)}, but this is an object of accounts, by id` },
    )
    .default({}),
  peerings: listOf(peering).default([]),
  transitGateways: listOf(transitGateway).default([]),
  hostedZones: listOf(hostedZone).default([]),
  /** Left out: the hosts of examples, such as example.com. */
  internet: listOf(internetHost).default([]),
  publicTxtRecords: publicTxtRecords.default({}),
  organization: organization.optional(),
  settings: settings.default({}),
  /** Left out: any role exists, and trusts everybody. */
  roles: listOf(role).optional(),
});

/** What a world file says, defaults filled in. */
export type WorldDescription = z.output<typeof worldFileSchema>;
