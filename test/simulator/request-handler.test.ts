import { CreateVpcCommand, DeleteVpcCommand, DescribeRegionsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { smallAws } from './small-aws.ts';

const settings = { region: 'eu-west-1', credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' }, maxAttempts: 1 };

test('the SDK’s own client makes and reads things', async () => {
  const { ec2 } = smallAws();
  const made = await ec2().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  expect(made.Vpc).toEqual({ VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16', OwnerId: '111122223333', Tags: [] });
  expect(made.$metadata).toMatchObject({
    httpStatusCode: 200,
    requestId: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
  });
  expect((await ec2().send(new DescribeVpcsCommand({ VpcIds: ['vpc-1'] }))).Vpcs).toEqual([made.Vpc]);
  expect((await ec2().send(new DeleteVpcCommand({ VpcId: 'vpc-1' }))).$metadata.httpStatusCode).toBe(200);
});

test('accounts and regions are worlds apart', async () => {
  const { ec2 } = smallAws();
  await ec2('111122223333', 'eu-west-1').send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  expect((await ec2('111122223333', 'us-east-1').send(new DescribeVpcsCommand())).Vpcs).toEqual([]);
  expect((await ec2('444455556666', 'eu-west-1').send(new DescribeVpcsCommand())).Vpcs).toEqual([]);
  expect((await ec2('111122223333', 'eu-west-1').send(new DescribeVpcsCommand())).Vpcs).toHaveLength(1);
});

test('a fault of the simulator’s own is a 500, and is told with its stack', async () => {
  const aws = smallAws();
  await expect(aws.ec2().send(new DescribeRegionsCommand())).rejects.toMatchObject({
    name: 'InternalError',
    $metadata: { httpStatusCode: 500 },
  });
  expect(aws.bugs).toHaveLength(1);
  expect(aws.bugs[0]?.description).toBe('ec2:DescribeRegions with {}');
  expect(aws.bugs[0]?.error).toHaveProperty('stack', expect.stringContaining('small-aws.ts'));
});

test('an output that does not fit its shape is a fault of the simulator’s own too', async () => {
  const aws = smallAws({ ec2: { DescribeVpcs: () => ({ Vpcs: [{ VpcIdentity: 'vpc-1' }] }) } });
  await expect(aws.ec2().send(new DescribeVpcsCommand())).rejects.toMatchObject({ name: 'InternalError' });
  expect(aws.bugs[0]?.error).toMatchObject({ message: 'DescribeVpcs.Vpcs[0] has no member VpcIdentity' });
});

test('a call that is given up on ends at once, though no answer ever comes', async () => {
  const aws = smallAws({ faults: [{ operation: 'DescribeVpcs', effect: { hang: true } }] });
  const giveUp = new AbortController();
  const outcome = expect(aws.ec2().send(new DescribeVpcsCommand(), { abortSignal: giveUp.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  await aws.clock.advance(3_600_000);
  giveUp.abort();
  await outcome;
});

test('a call that was given up on before it left does not leave', async () => {
  const aws = smallAws();
  await expect(
    aws.ec2().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }), { abortSignal: AbortSignal.abort() }),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(aws.simulator.record.calls()).toEqual([]);
});

test('a client waits as long as it was told, on the simulator’s clock', async () => {
  const aws = smallAws({ faults: [{ operation: 'DescribeVpcs', effect: { hang: true } }] });
  const client = new EC2Client({ ...settings, requestHandler: inProcess(aws.simulator, { requestTimeoutMs: 30_000 }) });
  let ended = false;
  const call = client.send(new DescribeVpcsCommand()).finally(() => {
    ended = true;
  });
  const outcome = expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  await aws.clock.advance(29_999);
  expect(ended).toBe(false);
  await aws.clock.advance(1);
  await outcome;
  expect(aws.clock.untilNext).toBeUndefined();
});

test('an answered call leaves no timer behind', async () => {
  const aws = smallAws();
  const client = new EC2Client({ ...settings, requestHandler: inProcess(aws.simulator, { requestTimeoutMs: 30_000 }) });
  await client.send(new DescribeVpcsCommand());
  expect(aws.clock.untilNext).toBeUndefined();
});
