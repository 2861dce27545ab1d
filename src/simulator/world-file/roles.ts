import { z } from 'zod';
import { type Policy, PolicyError, readPolicy } from '../iam/policy.ts';
import { accountId, fields, flag, listOf, text } from './fields.ts';

const policy = z.unknown().transform((document, context): Policy => {
  try {
    return readPolicy(document);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    context.issues.push({ code: 'custom', message: error.message, input: document });
    return z.NEVER;
  }
});

export const role = fields({
  arn: text('a role such as arn:aws:iam::111122223333:role/isthmus', (value) => /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(value)),
  trusts: listOf(accountId),
  externalId: z.string().optional(),
  /** `false`: nobody may give its sessions tags. */
  tagSession: flag.default(true),
  /** An IAM policy, as AWS writes them: its sessions may do what it allows, and nothing else. Left out: everything. */
  policy: policy.optional(),
});
