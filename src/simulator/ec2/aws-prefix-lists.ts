import { createHash } from 'node:crypto';
import { regions } from '../world/zones.ts';
import { subBlock } from './addresses.ts';

/** A prefix list of AWS's own: the public addresses of a service in a region. Nobody can change it. */
export interface AwsPrefixList {
  /** `pl-` and eight hexadecimal digits. */
  readonly id: string;
  /** The name of the service: `com.amazonaws.us-west-2.s3`. */
  readonly name: string;
  readonly region: string;
  readonly cidrs: readonly string[];
  /** As how many routes or rules it counts where it is used; AWS says so in its user guide ("AWS-managed prefix list weight"). */
  readonly weight: number;
}

/** Ranges of Amazon's from which the simulator gives each region's service its blocks: real ones, though not divided as AWS does. */
const rangesOf: Readonly<Record<string, readonly (readonly [range: string, prefixLength: number])[]>> = {
  s3: [
    ['52.216.0.0/14', 21],
    ['3.5.0.0/16', 22],
  ],
  dynamodb: [['52.94.0.0/17', 24]],
};

/** The services that can be reached through a gateway endpoint: those that have a prefix list for it. */
export const gatewayServices: readonly string[] = Object.keys(rangesOf);

/** AWS's prefix lists in a region. */
export function awsPrefixLists(region: string): AwsPrefixList[] {
  const index = regions.findIndex(({ name }) => name === region);
  return gatewayServices.map((service) => {
    const name = `com.amazonaws.${region}.${service}`;
    return {
      id: `pl-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`,
      name,
      region,
      cidrs: rangesOf[service]!.map(([range, prefixLength]) => subBlock(range, prefixLength, BigInt(index))!),
      weight: 1,
    };
  });
}
