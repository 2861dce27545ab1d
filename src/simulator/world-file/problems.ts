import type { z } from 'zod';
import type { FieldPath } from './fields.ts';

/** What is wrong with some data: the first thing, and where. */
export interface Problem {
  readonly path: FieldPath;
  readonly message: string;
  /** A field that should not be there, and is why the path's is not right. */
  readonly unknownField?: string | undefined;
}

/** The first thing that does not fit a schema. */
export function problemOf(error: z.ZodError): Problem {
  const issue = deepest(error.issues[0]!);
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') return { path, message: issue.message, unknownField: issue.keys[0] };
  return { path, message: issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message };
}

/** Of the ways in which none of several forms fits, the one that came furthest tells most. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flat().filter(({ path, code }) => path.length > 0 || code === 'unrecognized_keys');
  return inner[0] ? { ...inner[0], path: [...issue.path, ...inner[0].path] } : issue;
}

/** `accounts."111122223333".us-west-2.vpcs[0].cidr: `. */
export function pathText(path: FieldPath): string {
  if (path.length === 0) return '';
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : /^\d+$/.test(step) ? `."${step}"` : `.${step}`));
  return `${steps.join('').replace(/^\./, '')}: `;
}
