import { CreateVpcCommand, DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import type { RecordedCall } from '../../../src/simulator/calls/record.ts';
import { form, smallAws } from '../small-aws.ts';

const createVpc = new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', DryRun: false });

test('a call is recorded with who, where, what and how it ended', async () => {
  const { simulator, ec2 } = smallAws();
  await ec2('111122223333', 'us-east-1').send(createVpc);
  expect(simulator.record.calls()).toEqual([
    {
      sequence: 1,
      time: '2026-01-01T00:00:00.000Z',
      caller: 'arn:aws:iam::111122223333:root',
      accountId: '111122223333',
      region: 'us-east-1',
      service: 'ec2',
      operation: 'CreateVpc',
      parameters: { CidrBlock: '10.0.0.0/16', DryRun: false },
      code: 'OK',
      status: 200,
      durationMs: 0,
    },
  ]);
});

test('calls that were turned away at the door are recorded too', async () => {
  const { simulator } = smallAws();
  await simulator.handle({ method: 'POST', path: '/', headers: {}, body: 'Action=DescribeVpcs' });
  await simulator.handle(form('Action=Nonsense'));
  await simulator.handle(form('Action=ListUsers', { service: 'iam' }));
  expect(simulator.record.calls().map(({ service, accountId, code }) => [service, accountId, code])).toEqual([
    ['ec2', '', 'MissingAuthenticationToken'],
    ['ec2', '111122223333', 'InvalidAction'],
    ['iam', '111122223333', 'NotImplemented'],
  ]);
});

test('writes are what tried to change something: no reads, no dry runs, no sessions', async () => {
  const { simulator, ec2, sts } = smallAws();
  await ec2().send(new DescribeVpcsCommand());
  await ec2()
    .send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', DryRun: true }))
    .catch(() => {});
  await sts().send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::444455556666:role/r', RoleSessionName: 'me' }));
  expect(simulator.record.writes()).toEqual([]);
  await ec2().send(createVpc);
  simulator.orderFaults([{ operation: 'CreateVpc', effect: { throttle: true } }]);
  await ec2()
    .send(createVpc)
    .catch(() => {});
  expect(simulator.record.writes().map(({ code }) => code)).toEqual(['OK', 'RequestLimitExceeded']);
});

test('only the newest calls are kept, and their numbers go on', async () => {
  const told: RecordedCall[] = [];
  const { simulator } = smallAws({ recordLimit: 5, onCall: (call) => told.push(call) });
  for (let count = 0; count < 23; count++) await simulator.handle(form('Action=DescribeVpcs'));
  expect(simulator.record.calls().map(({ sequence }) => sequence)).toEqual([19, 20, 21, 22, 23]);
  expect(told).toHaveLength(23);
  simulator.record.clear();
  expect(simulator.record.calls()).toEqual([]);
});

test('the record is written as JSON, a line a call', async () => {
  const { simulator } = smallAws();
  await simulator.handle(form('Action=DescribeVpcs'));
  await simulator.handle(form('Action=CreateVpc&CidrBlock=10.0.0.0%2F16'));
  const lines = simulator.record.toJsonLines().split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.map((line) => JSON.parse(line))).toEqual(simulator.record.calls());
});
