import { expect, jest, test } from '@jest/globals';
import { describeOwnCluster } from './cluster.ts';
import type { ControllerProcess } from './controller-process.ts';
import { leads, onScene, passTime, type Scene, until } from './scene.ts';

jest.setTimeout(180_000);

const oregon = 'us-west-2';
const name = 'test1-to-test2';
const pair = 'peering_test_1 -> peering_test_2 active';
const lease = 'isthmus';

/** Two processes of one lease, of which the first leads. */
async function startTwo(scene: Scene): Promise<readonly [ControllerProcess, ControllerProcess]> {
  const leader = await scene.startLeader({ lease });
  const standby = scene.start({ lease });
  await until('the other waits', () => standby.lines.some(({ msg }) => msg.startsWith('another process leads')));
  return [leader, standby];
}

async function applyExample(scene: Scene): Promise<void> {
  const { account, peering } = scene.manifests();
  await scene.apply(account, peering);
}

const requests = (scene: Scene) => scene.writesSince(0).filter(({ operation }) => operation === 'CreateVpcPeeringConnection');

describeOwnCluster('of two replicas', (cluster) => {
  test('the other goes on when the leader is killed in the middle of a request: one of everything', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const before = await scene.census(oregon);
      const [leader, standby] = await startTwo(scene);
      scene.simulator.orderFaults([{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { hangAnswer: true } }]);
      await applyExample(scene);
      await until('the request took effect', () => requests(scene).length === 1);
      await leader.kill();
      await until('the other leads', () => leads(standby));
      await scene.waitReady(name);
      expect(requests(scene)).toHaveLength(1);
      expect((await scene.census(oregon)).connections).toEqual([pair]);
      await scene.kubectl('delete', 'vpcp', name, '--timeout=60s');
      expect(await scene.census(oregon)).toEqual(before);
    }));

  test('the leader that was frozen past its lease, with a deletion half done, does not go on with it when it wakes, and exits', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const [leader, standby] = await startTwo(scene);
      await applyExample(scene);
      await scene.waitReady(name);
      const joined = await scene.census(oregon);
      const deletions = () =>
        scene.writesSince(0).filter(({ operation }) => operation.startsWith('Delete') || operation.startsWith('Revoke'));
      // Its answer comes while nobody listens; what the leader has planned after it is to delete the connection.
      scene.simulator.orderFaults([{ operation: 'DeleteRoute', nth: 1, effect: { delayMs: 1_500 } }]);
      await scene.kubectl('delete', 'vpcp', name, '--wait=false');
      await until('all but one route and the rules are deleted', () => deletions().length === 5);
      leader.signal('SIGSTOP');
      await until('the other leads', () => leads(standby));
      await scene.kubectl('wait', 'vpcp', name, '--for=delete', '--timeout=60s');
      await applyExample(scene);
      await scene.waitReady(name);
      const [sequence, known] = [scene.sequence(), await scene.get(name)];

      leader.signal('SIGCONT');
      await passTime(5_000);
      expect(scene.writesSince(sequence)).toEqual([]);
      expect(leader.exit).toEqual({ code: 1, signal: null });
      expect((await scene.get(name))?.metadata.resourceVersion).toBe(known?.metadata.resourceVersion);
      expect(await scene.census(oregon)).toEqual(joined);
      expect(standby.exit).toBeUndefined();
    }));

  test('the leader that is told to stop hands its lease over at once, and ends well', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const [leader, standby] = await startTwo(scene);
      await applyExample(scene);
      await scene.waitReady(name);
      const sequence = scene.sequence();
      leader.signal('SIGTERM');
      // An attempt every two seconds or so, and what it takes to list the cluster: much less than a lease of 15 s.
      await until('the other leads', () => leads(standby), 4_000);
      expect(await leader.gone).toEqual({ code: 0, signal: null });
      await scene.kubectl('delete', 'vpcp', name, '--timeout=60s');
      expect(scene.writesSince(sequence).map(({ operation }) => operation)).toContain('DeleteVpcPeeringConnection');
    }));
});
