import * as ec2 from '@aws-sdk/client-ec2';
import { expect, jest, test } from '@jest/globals';
import { describeOwnCluster } from './cluster.ts';
import { onScene, type Scene } from './scene.ts';

// Longer than any wait within: a story that ends by itself tells how things stood.
jest.setTimeout(180_000);

const oregon = 'us-west-2';
const name = 'test1-to-test2';

const waitAccount = (scene: Scene, reason: string) =>
  scene.kubectl(
    'wait',
    `awsaccount/${scene.account}`,
    `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`,
    '--timeout=60s',
  );

/** The row of `kubectl get awsaccount` for the scene's account, without its age. */
async function row(scene: Scene): Promise<readonly string[] | undefined> {
  const [, found] = (await scene.kubectl('get', 'awsacct', scene.account)).split('\n');
  return found?.trim().split(/ {2,}/).slice(0, -1);
}

describeOwnCluster('an AwsAccount, by kubectl', (cluster) => {
  test('says which VPCs may be named, and stays while objects use it', () =>
    onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
      const before = await scene.census(oregon);
      const { account, peering } = scene.manifests();
      await scene.startLeader();
      await scene.apply({ ...account, spec: { ...account.spec, allowedVpcs: { tags: { isthmus: 'allowed' } } } }, peering);
      const refused = await scene.waitReason(name, 'VpcNotAllowed');
      const message = refused.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
      expect(message).toContain(`AwsAccount ${scene.account} allows only VPCs with the tags isthmus=allowed (spec.allowedVpcs)`);
      expect(message).not.toContain('vpc-');
      expect(scene.writesSince(0)).toEqual([]);
      expect(await row(scene)).toEqual([scene.account, '111122223333', oregon, 'True', 'IdentityVerified']);

      const person = scene.ec2(oregon);
      const { Vpcs = [] } = await person.send(new ec2.DescribeVpcsCommand({}));
      const resources = Vpcs.flatMap(({ VpcId }) => VpcId ?? []);
      await person.send(new ec2.CreateTagsCommand({ Resources: resources, Tags: [{ Key: 'isthmus', Value: 'allowed' }] }));
      await scene.kubectl('annotate', 'vpcp', name, 'isthmus.dev/reconcile-at=now');
      await scene.waitReady(name);
      const joined = await scene.census(oregon);

      await scene.kubectl('delete', 'awsaccount', scene.account, '--wait=false');
      await waitAccount(scene, 'InUse');
      expect(await row(scene)).toEqual([scene.account, '111122223333', oregon, 'False', 'InUse']);
      const described = await scene.kubectl('describe', 'awsaccount', scene.account);
      expect(described).toContain(`1 object uses the account: VpcPeering/${scene.namespace}/${name}; nothing new is made with it`);
      await scene.waitReason(name, 'AccountNotAllowed');
      expect(await scene.census(oregon)).toEqual(joined);

      await scene.kubectl('delete', 'vpcpeering', name, '--timeout=60s');
      await scene.kubectl('wait', `awsaccount/${scene.account}`, '--for=delete', '--timeout=60s');
      expect(await scene.census(oregon)).toEqual(before);
    }));
});
