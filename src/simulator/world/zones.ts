import { createHash } from 'node:crypto';

/** An Availability Zone as one account sees it. */
export interface Zone {
  /** The same place for every account: `usw2-az1`. */
  readonly zoneId: string;
  /** The account's own name for it: `us-west-2a`. */
  readonly zoneName: string;
}

/** The short name of each region in zone ids, and the numbers of its zones. */
const zonesOfRegion: Readonly<Record<string, readonly [short: string, numbers: readonly number[]]>> = {
  'af-south-1': ['afs1', [1, 2, 3]],
  'ap-east-1': ['ape1', [1, 2, 3]],
  'ap-northeast-1': ['apne1', [1, 2, 4]],
  'ap-northeast-2': ['apne2', [1, 2, 3, 4]],
  'ap-northeast-3': ['apne3', [1, 2, 3]],
  'ap-south-1': ['aps1', [1, 2, 3]],
  'ap-south-2': ['aps2', [1, 2, 3]],
  'ap-southeast-1': ['apse1', [1, 2, 3]],
  'ap-southeast-2': ['apse2', [1, 2, 3]],
  'ap-southeast-3': ['apse3', [1, 2, 3]],
  'ap-southeast-4': ['apse4', [1, 2, 3]],
  'ca-central-1': ['cac1', [1, 2, 4]],
  'ca-west-1': ['caw1', [1, 2, 3]],
  'cn-north-1': ['cnn1', [1, 2, 4]],
  'cn-northwest-1': ['cnnw1', [1, 2, 3]],
  'eu-central-1': ['euc1', [1, 2, 3]],
  'eu-central-2': ['euc2', [1, 2, 3]],
  'eu-north-1': ['eun1', [1, 2, 3]],
  'eu-south-1': ['eus1', [1, 2, 3]],
  'eu-south-2': ['eus2', [1, 2, 3]],
  'eu-west-1': ['euw1', [1, 2, 3]],
  'eu-west-2': ['euw2', [1, 2, 3]],
  'eu-west-3': ['euw3', [1, 2, 3]],
  'il-central-1': ['ilc1', [1, 2, 3]],
  'me-central-1': ['mec1', [1, 2, 3]],
  'me-south-1': ['mes1', [1, 2, 3]],
  'sa-east-1': ['sae1', [1, 2, 3]],
  'us-east-1': ['use1', [1, 2, 3, 4, 5, 6]],
  'us-east-2': ['use2', [1, 2, 3]],
  'us-gov-east-1': ['usge1', [1, 2, 3]],
  'us-gov-west-1': ['usgw1', [1, 2, 3]],
  'us-west-1': ['usw1', [1, 3]],
  'us-west-2': ['usw2', [1, 2, 3, 4]],
};

/** Regions that an account must ask for before it can use them; in the simulator every account has. */
const optInRegions: ReadonlySet<string> = new Set([
  'af-south-1',
  'ap-east-1',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'me-south-1',
]);

/** The regions that this AWS has, sorted. */
export const regions: readonly { readonly name: string; readonly optIn: boolean }[] = Object.keys(zonesOfRegion).map((name) => ({
  name,
  optIn: optInRegions.has(name),
}));

/** Whether this AWS has the region. */
export function isRegion(region: string): boolean {
  return Object.hasOwn(zonesOfRegion, region);
}

/** The zones of a region, sorted by name: AWS shuffles the names anew for each account (aws.md 9.12), and so does this, always in the same way for the same account. */
export function zonesOf(accountId: string, region: string): readonly Zone[] {
  const [short, numbers] = zonesOfRegion[region] ?? ['', []];
  const rank = (zoneId: string): string => createHash('sha256').update(`${accountId}/${zoneId}`).digest('hex');
  return numbers
    .map((number) => `${short}-az${number}`)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map((zoneId, index) => ({ zoneId, zoneName: `${region}${'abcdef'[index]}` }));
}
