import { z } from 'zod';
import { parseCidr } from '../../network/cidr.ts';
import { isRegion } from '../world/zones.ts';

/** A world file that cannot be used. The message names file, line, column and field, what was found there and what would be right. */
export class WorldFileError extends Error {
  override readonly name = 'WorldFileError';
}

/** The way to a field of the file. */
export type FieldPath = readonly (string | number)[];

/** What was found, for a message. */
export const given = (input: unknown): string => (input === undefined ? 'nothing' : JSON.stringify(input));

/** An object that takes these fields and no others. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no field ${issue.keys.join(', ')} here; the fields are ${names}`
        : `found ${given(issue.input)}, but this is an object with the fields ${names}`,
  });
}

/**
 * A text that passes a test.
 *
 * @param what the texts that are right, as a message names them after "it must be"
 */
export const text = (what: string, test: (value: string) => boolean) =>
  z.string({ error: (issue) => `found ${given(issue.input)}; it must be ${what}` }).refine(test, {
    error: (issue) => `found ${given(issue.input)}; it must be ${what}`,
  });

/** One of some texts. */
export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, { error: (issue) => `found ${given(issue.input)}; it must be one of ${values.join(', ')}` });

export const flag = z.boolean({ error: (issue) => `found ${given(issue.input)}; it must be true or false` });
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: (issue) => `found ${given(issue.input)}, but this is a list` });

/** What a thing is called in the file, and in its tag `Name`. */
export const name = text('a name: letters, digits, spaces and . _ - : ( ) @', (value) => /^[\w .:()@-]{1,255}$/.test(value));
/** The name of something else in the file. */
export const reference = text('a name', (value) => value.length > 0);
export const cidr4 = text('an IPv4 CIDR such as 10.0.0.0/16', (value) => parseCidr(value)?.family === 4);
export const cidr6 = text('an IPv6 CIDR such as 2001:db8::/56', (value) => parseCidr(value)?.family === 6);
export const cidr = text('a CIDR such as 10.0.0.0/16', (value) => parseCidr(value) !== undefined);
export const accountId = text('an account id: twelve digits, in quotes', (value) => /^\d{12}$/.test(value));
export const region = text('a region of AWS such as eu-west-2', isRegion);
/** An id of AWS's, by what stands before its digits. */
export const idOf = (prefix: string) =>
  text(`an id such as ${prefix}-0123456789abcdef0`, (value) => new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(value));
export const tags = z.record(
  z.string(),
  z.string({ error: (issue) => `found ${given(issue.input)}; a tag's value is a text: put it in quotes` }),
  {
    error: (issue) => `found ${given(issue.input)}, but tags are an object of texts`,
  },
);
/** One port of a listener. */
export const port = z
  .int({ error: (issue) => `found ${given(issue.input)}; it must be a port such as 443` })
  .min(1)
  .max(65_535);
/** One port or a range of them, for a rule. */
export const ports = z.union([z.int().min(0).max(65_535), z.string().regex(/^\d{1,5}-\d{1,5}$/)], {
  error: (issue) => `found ${given(issue.input)}; it must be a port such as 22, or a range such as 8000-8080`,
});
export const protocol = text('tcp, udp, icmp, icmpv6, all, or the number of a protocol', (value) =>
  /^(?:tcp|udp|icmp|icmpv6|all|\d{1,3})$/.test(value),
);

/** Ports as AWS's calls take them. Left out: all. */
export function portRange(range: string | number | undefined): { From: number; To: number } {
  if (range === undefined) return { From: 0, To: 65_535 };
  const [from, to = from] = String(range).split('-').map(Number);
  return { From: from!, To: to! };
}
