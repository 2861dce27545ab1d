import { z } from 'zod';
import type { Clock } from '../../ambient/clock.ts';

/** A token bucket: how many calls it holds, and how many come back each second. */
export interface Bucket {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

interface Level {
  tokens: number;
  /** Milliseconds on the monotonic clock. */
  at: number;
}

/** EC2's buckets by category: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const buckets = {
  reading: { capacity: 100, refillPerSecond: 20 },
  readingEverything: { capacity: 50, refillPerSecond: 10 },
  changing: { capacity: 50, refillPerSecond: 5 },
  changingEndpoints: { capacity: 4, refillPerSecond: 0.3 },
  changingEndpointServices: { capacity: 10, refillPerSecond: 1 },
  changingNatGateways: { capacity: 10, refillPerSecond: 1 },
  tagging: { capacity: 100, refillPerSecond: 10 },
  lookingForReferences: { capacity: 20, refillPerSecond: 5 },
  creatingInterfaces: { capacity: 100, refillPerSecond: 5 },
} as const satisfies Record<string, Bucket>;

const ownBuckets: Readonly<Record<string, Bucket>> = {
  CreateVpcEndpoint: buckets.changingEndpoints,
  ModifyVpcEndpoint: buckets.changingEndpoints,
  DeleteVpcEndpoints: buckets.changingEndpoints,
  AcceptVpcEndpointConnections: buckets.changingEndpointServices,
  RejectVpcEndpointConnections: buckets.changingEndpointServices,
  CreateVpcEndpointServiceConfiguration: buckets.changingEndpointServices,
  ModifyVpcEndpointServiceConfiguration: buckets.changingEndpointServices,
  DeleteVpcEndpointServiceConfigurations: buckets.changingEndpointServices,
  CreateNatGateway: buckets.changingNatGateways,
  DeleteNatGateway: buckets.changingNatGateways,
  AssociateNatGatewayAddress: buckets.changingNatGateways,
  CreateTags: buckets.tagging,
  DeleteTags: buckets.tagging,
  DescribeSecurityGroupReferences: buckets.lookingForReferences,
  DescribeStaleSecurityGroups: buckets.lookingForReferences,
  CreateNetworkInterface: buckets.creatingInterfaces,
};

/** Calls that have a smaller bucket beside their usual one, from which they draw when they ask for everything at once. */
const costlyWithoutPages: ReadonlySet<string> = new Set([
  'DescribeInstances',
  'DescribeInstanceStatus',
  'DescribeNetworkInterfaces',
  'DescribeSecurityGroups',
  'DescribeSnapshots',
  'DescribeSpotInstanceRequests',
  'DescribeVolumes',
]);

/** The bucket of an EC2 call, and whether it is the smaller one for calls that name neither a filter nor a page. */
export function ec2Bucket(operation: string, parameters: Readonly<Record<string, unknown>>): { bucket: Bucket; everything: boolean } {
  const everything =
    costlyWithoutPages.has(operation) &&
    parameters.Filters === undefined &&
    parameters.MaxResults === undefined &&
    parameters.NextToken === undefined;
  if (everything) return { bucket: buckets.readingEverything, everything };
  const bucket = ownBuckets[operation] ?? (/^(Describe|Get|List|Search)/.test(operation) ? buckets.reading : buckets.changing);
  return { bucket, everything };
}

/** Route 53 takes so many requests of an account, whatever they are: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html */
const route53Bucket: Bucket = { capacity: 5, refillPerSecond: 5 };

/** The buckets that are not full, as they are kept: when a token was last taken, in milliseconds ago. */
export const savedLevels = z.record(z.string(), z.strictObject({ tokens: z.number(), agoMs: z.number() }));
export type SavedLevels = z.output<typeof savedLevels>;

/** The token buckets: EC2's, one per account, region and action, and Route 53's, one per account. Of other services AWS tells none. */
export class Throttle {
  readonly #clock: Clock;
  readonly #levels = new Map<string, Level>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  save(): SavedLevels {
    const now = this.#clock.monotonic();
    return Object.fromEntries([...this.#levels].map(([key, { tokens, at }]) => [key, { tokens, agoMs: now - at }]));
  }

  /** Goes on where the buckets were saved. */
  restore(levels: SavedLevels): void {
    const now = this.#clock.monotonic();
    this.#levels.clear();
    for (const [key, { tokens, agoMs }] of Object.entries(levels)) this.#levels.set(key, { tokens, at: now - agoMs });
  }

  /** Takes a token for a call. @returns whether there was one */
  take(call: {
    service: string;
    accountId: string;
    region: string;
    operation: string;
    parameters: Readonly<Record<string, unknown>>;
  }): boolean {
    switch (call.service) {
      case 'ec2': {
        const { bucket, everything } = ec2Bucket(call.operation, call.parameters);
        return this.#takeFrom(bucket, `${call.accountId} ${call.region} ${call.operation}${everything ? ' everything' : ''}`);
      }
      case 'route53':
        return this.#takeFrom(route53Bucket, `${call.accountId} route53`);
      default:
        return true;
    }
  }

  #takeFrom(bucket: Bucket, key: string): boolean {
    const now = this.#clock.monotonic();
    const level = this.#levels.get(key) ?? { tokens: bucket.capacity, at: now };
    level.tokens = Math.min(bucket.capacity, level.tokens + ((now - level.at) / 1000) * bucket.refillPerSecond);
    level.at = now;
    this.#levels.set(key, level);
    if (level.tokens < 1) return false;
    level.tokens -= 1;
    return true;
  }
}
