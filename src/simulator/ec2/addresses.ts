import { canonicalCidr, formatCidr, parseCidr } from '../../network/cidr.ts';
import { badParameter } from './errors.ts';

/**
 * The one spelling of a block that a call was given; AWS clears the bits behind the prefix (aws.md 2.1).
 *
 * @throws ApiError InvalidParameterValue for what is no block of that family
 */
export function readCidr(text: string, parameter: string, family: 4 | 6): string {
  if (parseCidr(text)?.family !== family) throw badParameter(text, parameter, 'This is not a valid CIDR block.');
  return canonicalCidr(text)!;
}

/** The n-th address of a block, from 0. */
export function addressAt(cidr: string, index: bigint): string {
  const { family, first } = parseCidr(cidr)!;
  return formatCidr({ family, first: first + index, prefixLength: family === 4 ? 32 : 128 }).split('/')[0]!;
}

/** How many addresses an IPv4 block has. */
export const sizeOf = (cidr: string): number => 2 ** (32 - parseCidr(cidr)!.prefixLength);

/** The n-th block with that prefix length inside a block, from 0; undefined where there are not so many. */
export function subBlock(cidr: string, prefixLength: number, index: bigint): string | undefined {
  const { family, first, prefixLength: outer } = parseCidr(cidr)!;
  if (index >= 1n << BigInt(prefixLength - outer)) return undefined;
  const step = 1n << BigInt((family === 4 ? 32 : 128) - prefixLength);
  return formatCidr({ family, first: first + index * step, prefixLength });
}
