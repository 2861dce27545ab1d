import type { World } from '../world/world.ts';
import { loadHostedZones } from './hosted-zones.ts';
import { loadInternet } from './internet.ts';
import { type LoadedIds, Loading, rootOf } from './loading.ts';
import { loadPeerings } from './peerings.ts';
import { readWorldFile } from './read.ts';
import { loadRouteTables } from './route-tables.ts';
import type { WorldDescription } from './schema.ts';
import { loadRules } from './security-groups.ts';
import { unknownLag } from './settings.ts';
import { loadTransitGateways } from './transit-gateways.ts';
import { loadTxtRecords } from './txt-records.ts';
import { loadInsides, loadVpc } from './vpcs.ts';

export { WorldFileError } from './fields.ts';
export type { LoadedIds } from './loading.ts';

const [day, hour] = [86_400_000, 3_600_000];

/**
 * Makes in the world what the file tells of, through the same calls that everybody makes. It all happened yesterday: nothing is new, or on
 * its way. Ids follow from the names: the same file always gives the same ones.
 *
 * @param fileName as it is to be named in errors
 * @throws WorldFileError naming line, column and field
 */
export function loadWorld(source: string, fileName: string, world: World): LoadedIds {
  const { description, error } = readWorldFile(source, fileName);
  const { settings, organization } = description;
  const problem = unknownLag(settings, world.collectionNames);
  if (problem) throw error(['settings', ...problem.path], problem.message);
  let ids: LoadedIds = new Map();
  // What the file tells of keeps its quotas and its organisation; how long things take, and what is seen of them, begins afterwards.
  world.configure({ ...(settings.quotas && { quotas: settings.quotas }), ...(organization && { organization }) });
  world.past(day, (pass) => {
    const loading = new Loading({ world, error, settle: () => pass(hour) });
    load(loading, description);
    ids = loading.ids;
  });
  world.configure(settings);
  return ids;
}

function load(
  loading: Loading,
  { accounts, peerings, transitGateways, hostedZones, internet, publicTxtRecords, roles }: WorldDescription,
): void {
  if (roles) loading.world.setRoles(roles);
  loadInternet(loading, internet);
  loadTxtRecords(loading, publicTxtRecords);
  const vpcs = Object.entries(accounts).flatMap(([accountId, regions]) =>
    Object.entries(regions).flatMap(([region, { vpcs: described }]) =>
      described.map((description, index) => {
        const at = { path: ['accounts', accountId, region, 'vpcs', index], call: rootOf(accountId, region) };
        return { vpc: loadVpc(loading, description, at), description };
      }),
    ),
  );
  loading.settle();
  for (const { vpc, description } of vpcs) loadInsides(loading, vpc, description);
  loading.settle();
  loadPeerings(loading, peerings);
  loadTransitGateways(loading, transitGateways);
  loadHostedZones(loading, hostedZones);
  for (const { vpc, description } of vpcs) {
    loadRouteTables(loading, vpc, description.routeTables);
    loadRules(loading, vpc, description.securityGroups);
  }
}
