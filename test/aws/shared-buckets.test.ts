import { expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { AccountIdentity } from '../../src/aws/aws.ts';
import { createAws } from '../../src/aws/index.ts';
import type { Change } from '../../src/network/changes.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';

const identity = (name: string, accountId: string): AccountIdentity => ({
  name,
  accountId,
  assumeRole: { roleArn: `arn:aws:iam::${accountId}:role/${name}` },
  stsRegion: 'us-west-2',
});
const tagging = ({ name, accountId }: AccountIdentity, region = 'us-west-2'): Change => ({
  action: 'CreateTags',
  scope: { accountRef: name, accountId, region },
  resourceId: 'vpc-0a1b2c3d4e5f60718',
  tags: { team: 'network' },
});

test('two AwsAccounts of one AWS account draw on its token buckets together, and on no other account’s or region’s', async () => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const world = new World({ clock, random });
  // A hundredth of a bucket of 100: one call.
  const aws = createAws({
    clock,
    random,
    clusterName: 'test',
    share: 0.01,
    leaseTakenAt: () => Number.NEGATIVE_INFINITY,
    sdk: {
      credentials: { accessKeyId: '999988887777', secretAccessKey: 'x' },
      requestHandler: inProcess(simulatorOf(world, { clock, random })),
    },
  });
  const [one, twin, other] = [identity('one', '111122223333'), identity('twin', '111122223333'), identity('other', '444455556666')];
  expect([one, twin, other].map((account) => aws.waitFor(tagging(account)))).toEqual([0, 0, 0]);

  await expect(aws.apply(one, tagging(one), () => {})).rejects.toMatchObject({ code: 'InvalidVpcID.NotFound' });
  expect(aws.waitFor(tagging(twin))).toBeGreaterThan(0);
  expect(aws.waitFor(tagging(other))).toBe(0);
  expect(aws.waitFor(tagging(one, 'eu-west-1'))).toBe(0);
});
