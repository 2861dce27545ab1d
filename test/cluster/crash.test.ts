import { expect, jest, test } from '@jest/globals';
import type { FaultOrder } from '../../src/simulator/calls/faults.ts';
import { describeOwnCluster } from './cluster.ts';
import { type Census, onScene, passTime, type Scene, until } from './scene.ts';

jest.setTimeout(240_000);

const oregon = 'us-west-2';

/** What may happen to a write, with what the record then says of it. After the first two nobody hears of it until the process is killed. */
const mishaps = [
  { what: 'killed before it takes effect', effect: { hang: true } },
  { what: 'killed after it took effect', effect: { hangAnswer: true } },
  { what: 'its answer lost', effect: { loseAnswer: true } },
  { what: 'itself lost', effect: { loseRequest: true } },
] as const;

/** One write of a calm run: the so-manieth of its operation. */
interface Write {
  readonly operation: string;
  readonly nth: number;
}

interface Accident extends Write {
  readonly accountId: string;
  readonly what: string;
  readonly order: FaultOrder;
}

const calm = '111122220000';
/** Accounts enough for an accident of each kind at each of eight writes. */
const fleet = Array.from({ length: 32 }, (_, index) => String(111122220001 + index));

function writesSince(scene: Scene, sequence: number): readonly Write[] {
  const counts = new Map<string, number>();
  return scene.writesSince(sequence).map(({ operation }) => {
    const nth = (counts.get(operation) ?? 0) + 1;
    counts.set(operation, nth);
    return { operation, nth };
  });
}

/** Every kind of accident at every write, each in an account of its own. */
function accidentsOf(writes: readonly Write[]): readonly Accident[] {
  const all = writes.flatMap((write) => mishaps.map((mishap) => ({ ...write, ...mishap })));
  expect(all.length).toBeLessThanOrEqual(fleet.length);
  return all.map(({ operation, nth, what, effect }, index) => {
    const accountId = fleet[index] ?? '';
    return { operation, nth, what, accountId, order: { operation, nth, accountId, effect } };
  });
}

/** Whether each of these accidents has happened. */
function allHappened(scene: Scene, accidents: readonly Accident[], sequence: number): boolean {
  const struck = scene.writesSince(sequence).filter(({ code, answerLost }) => code === 'Hang' || code === 'RequestLost' || answerLost);
  return accidents.every(({ accountId, operation }) => struck.some((call) => call.accountId === accountId && call.operation === operation));
}

/** What is there in each account, with what happened to it, so that a difference says where it comes from. */
async function everywhere(scene: Scene, accidents: readonly Accident[]): Promise<readonly (readonly [string, Census])[]> {
  const found: (readonly [string, Census])[] = [];
  for (const accident of accidents) found.push([nameOf(accident), await scene.census(oregon, accident.accountId)]);
  return found;
}

const nameOf = ({ operation, nth, what }: Accident) => `${operation} ${nth}: ${what}`;
const flags = ['--concurrency=100', '--resync=5s'];
/** Less than the time after which a call without an answer is given up: it must be the kill that ends it. */
const soonEnoughMs = 18_000;

describeOwnCluster('a controller that is killed', (cluster) => {
  test('around any write to AWS, or loses its answer, ends after a restart with exactly one of everything, and a deletion with nothing', () =>
    onScene(cluster, { example: 'two-vpcs', accounts: [calm, ...fleet] }, async (scene) => {
      const before = await scene.census(oregon, calm);
      const first = await scene.startLeader({ flags });
      const undisturbed = scene.manifests(calm);
      await scene.apply(undisturbed.account, undisturbed.peering);
      await scene.waitReady(undisturbed.peering.metadata.name);
      const joined = await scene.census(oregon, calm);
      expect(joined.connections).toEqual(['peering_test_1 -> peering_test_2 active']);
      const making = accidentsOf(writesSince(scene, 0));
      expect([...new Set(making.map(({ operation }) => operation))].toSorted()).toEqual([
        'AcceptVpcPeeringConnection',
        'AuthorizeSecurityGroupIngress',
        'CreateRoute',
        'CreateVpcPeeringConnection',
      ]);
      const sequence = scene.sequence();
      await scene.kubectl('delete', 'vpcp', undisturbed.peering.metadata.name, '--timeout=60s');
      const deleting = accidentsOf(writesSince(scene, sequence));
      expect([...new Set(deleting.map(({ operation }) => operation))].toSorted()).toEqual([
        'DeleteRoute',
        'DeleteVpcPeeringConnection',
        'RevokeSecurityGroupIngress',
      ]);

      scene.simulator.orderFaults(making.map(({ order }) => order));
      const made = scene.sequence();
      await scene.apply(...making.flatMap(({ accountId }) => Object.values(scene.manifests(accountId))));
      await until('every accident has happened', () => allHappened(scene, making, made), soonEnoughMs);
      await first.kill();
      scene.simulator.orderFaults([]);
      const second = await scene.startLeader({ flags });
      await scene.waitReady('all');
      expect(await everywhere(scene, making)).toEqual(making.map((accident) => [nameOf(accident), joined]));
      // AWS answers a second request for a pair with the first one's connection: none is made even so.
      const requested = scene
        .writesSince(made)
        .filter(({ operation, code }) => operation === 'CreateVpcPeeringConnection' && code === 'OK');
      expect(requested.map(({ accountId }) => accountId).toSorted()).toEqual(making.map(({ accountId }) => accountId));
      const settled = scene.sequence();
      await passTime(6_000);
      expect(scene.writesSince(settled)).toEqual([]);

      scene.simulator.orderFaults(deleting.map(({ order }) => order));
      await scene.kubectl('delete', 'vpcp', '--all', '--wait=false');
      await until('every accident has happened', () => allHappened(scene, deleting, settled), soonEnoughMs);
      await second.kill();
      scene.simulator.orderFaults([]);
      await scene.startLeader({ flags });
      await scene.kubectl('wait', 'vpcp', '--all', '--for=delete', '--timeout=60s');
      expect(await everywhere(scene, deleting)).toEqual(deleting.map((accident) => [nameOf(accident), before]));
    }));

  test('around any write to AWS leaves nothing where the objects are deleted before it is back', () =>
    onScene(cluster, { example: 'two-vpcs', accounts: [calm, ...fleet] }, async (scene) => {
      const before = await scene.census(oregon, calm);
      const first = await scene.startLeader({ flags });
      const undisturbed = scene.manifests(calm);
      await scene.apply(undisturbed.account, undisturbed.peering);
      await scene.waitReady(undisturbed.peering.metadata.name);
      const making = accidentsOf(writesSince(scene, 0));
      scene.simulator.orderFaults(making.map(({ order }) => order));
      const made = scene.sequence();
      await scene.apply(...making.flatMap(({ accountId }) => Object.values(scene.manifests(accountId))));
      await until('every accident has happened', () => allHappened(scene, making, made), soonEnoughMs);
      await first.kill();
      scene.simulator.orderFaults([]);
      await scene.kubectl('delete', 'vpcp', '--all', '--wait=false');
      await scene.startLeader({ flags });
      await scene.kubectl('wait', 'vpcp', '--all', '--for=delete', '--timeout=60s');
      expect(await everywhere(scene, making)).toEqual(making.map((accident) => [nameOf(accident), before]));
    }));
});
