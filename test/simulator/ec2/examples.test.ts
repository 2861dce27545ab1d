import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { loadWorld } from '../../../src/simulator/world-file/load.ts';
import { exampleFile } from '../../reconcile/stage.ts';

describe.each([
  ['two-vpcs', 'us-west-2'],
  ['seoul-london', 'eu-west-2'],
])('the world of examples/%s, over the wire', (example, region) => {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const world = new World({ clock, random });
  loadWorld(exampleFile(example, 'world.yaml'), 'world.yaml', world);
  const requestHandler = inProcess(simulatorOf(world, { clock, random }));
  const client = new ec2.EC2Client({
    region,
    credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' },
    requestHandler: requestHandler as never,
  });

  test('tells of everything that is there: no description fails', async () => {
    const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({}));
    expect(
      Reservations?.flatMap(({ Instances }) => Instances ?? []).every(({ NetworkInterfaces }) => NetworkInterfaces?.length === 1),
    ).toBe(true);
    expect((await client.send(new ec2.DescribeNetworkInterfacesCommand({}))).NetworkInterfaces).not.toEqual([]);
    expect((await client.send(new ec2.DescribeSubnetsCommand({}))).Subnets).not.toEqual([]);
    expect((await client.send(new ec2.DescribeNetworkAclsCommand({}))).NetworkAcls).not.toEqual([]);
    expect((await client.send(new ec2.DescribeInternetGatewaysCommand({}))).InternetGateways).not.toEqual([]);
    expect((await client.send(new ec2.DescribeTagsCommand({}))).Tags).not.toEqual([]);
  });
});
