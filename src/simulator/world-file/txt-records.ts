import { z } from 'zod';
import { storedName } from '../route53/domain-names.ts';
import { publishTxtRecord } from '../vpc-lattice/domain-verifications.ts';
import { given, listOf, text } from './fields.ts';
import type { Loading } from './loading.ts';

/** TXT records that the whole world can resolve, by name: they prove whose a domain is. */
export const publicTxtRecords = z.record(
  text('a domain name such as _abc.example.com', (value) => typeof storedName(value) === 'string'),
  listOf(z.string({ error: (issue) => `found ${given(issue.input)}; it must be a text` })),
  { error: (issue) => `found ${given(issue.input)}, but this is an object of lists of texts, by name` },
);

/** Nobody has to make these: no call of AWS's does. */
export function loadTxtRecords({ world }: Loading, records: z.output<typeof publicTxtRecords>): void {
  for (const [name, values] of Object.entries(records)) publishTxtRecord(world, name, values);
}
