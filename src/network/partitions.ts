/** AWS's worlds apart: no identity, role or connection leads from one to another (AWS General Reference, "Partitions"). */
const partitions: readonly (readonly [regions: RegExp, partition: string])[] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
  [/^eusc-/, 'aws-eusc'],
];

/** The partition that a region is in, as ARNs begin with it: `aws`, `aws-cn`, `aws-us-gov` … */
export const partitionOf = (region: string): string => partitions.find(([regions]) => regions.test(region))?.[1] ?? 'aws';

/** The partition that an ARN names; undefined where it is no ARN. */
export const partitionOfArn = (arn: string): string | undefined => /^arn:([^:]+):/.exec(arn)?.[1];
