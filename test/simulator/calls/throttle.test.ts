import { CreateVpcCommand } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { ec2Bucket, Throttle } from '../../../src/simulator/calls/throttle.ts';
import { form, smallAws } from '../small-aws.ts';

describe('the buckets have EC2’s sizes', () => {
  test.each([
    ['DescribeVpcs', {}, 100, 20],
    ['DescribeVpcPeeringConnections', { Filters: [] }, 100, 20],
    ['GetManagedPrefixListEntries', {}, 100, 20],
    ['SearchTransitGatewayRoutes', {}, 100, 20],
    ['DescribeInstances', {}, 50, 10],
    ['DescribeInstances', { InstanceIds: ['i-1'] }, 50, 10],
    ['DescribeInstances', { MaxResults: 100 }, 100, 20],
    ['DescribeSecurityGroups', { Filters: [{ Name: 'vpc-id' }] }, 100, 20],
    ['DescribeNetworkInterfaces', { NextToken: 'more' }, 100, 20],
    ['CreateRoute', {}, 50, 5],
    ['CreateVpcPeeringConnection', {}, 50, 5],
    ['AuthorizeSecurityGroupIngress', {}, 50, 5],
    ['CreateVpcEndpoint', {}, 4, 0.3],
    ['ModifyVpcEndpoint', {}, 4, 0.3],
    ['DeleteVpcEndpoints', {}, 4, 0.3],
    ['AcceptVpcEndpointConnections', {}, 10, 1],
    ['CreateNatGateway', {}, 10, 1],
    ['CreateTags', {}, 100, 10],
    ['DescribeStaleSecurityGroups', {}, 20, 5],
    ['CreateNetworkInterface', {}, 100, 5],
  ])('%s %j holds %d and gets %d a second', (operation, parameters, capacity, refillPerSecond) => {
    expect(ec2Bucket(operation, parameters).bucket).toEqual({ capacity, refillPerSecond });
  });
});

test('a bucket empties, refills with time and never beyond its size', () => {
  const clock = new VirtualClock();
  const throttle = new Throttle(clock);
  const call = { service: 'ec2', accountId: '111122223333', region: 'eu-west-1', operation: 'CreateVpcEndpoint', parameters: {} };
  const taken = () => Array.from({ length: 6 }, () => throttle.take(call)).filter(Boolean).length;
  expect(taken()).toBe(4);
  clock.jump(3333);
  expect(taken()).toBe(0);
  clock.jump(1);
  expect(taken()).toBe(1);
  clock.jump(3_600_000);
  expect(taken()).toBe(4);
});

test('accounts, regions and actions do not draw on each other', () => {
  const throttle = new Throttle(new VirtualClock());
  const call = { service: 'ec2', accountId: '111122223333', region: 'eu-west-1', operation: 'CreateVpcEndpoint', parameters: {} };
  for (let count = 0; count < 4; count++) throttle.take(call);
  expect(throttle.take(call)).toBe(false);
  expect(throttle.take({ ...call, accountId: '444455556666' })).toBe(true);
  expect(throttle.take({ ...call, region: 'us-east-1' })).toBe(true);
  expect(throttle.take({ ...call, operation: 'ModifyVpcEndpoint' })).toBe(true);
});

test('reading everything at once has a bucket beside that of paged reading', () => {
  const throttle = new Throttle(new VirtualClock());
  const call = { service: 'ec2', accountId: '111122223333', region: 'eu-west-1', operation: 'DescribeInstances', parameters: {} };
  for (let count = 0; count < 50; count++) expect(throttle.take(call)).toBe(true);
  expect(throttle.take(call)).toBe(false);
  expect(throttle.take({ ...call, parameters: { MaxResults: 5 } })).toBe(true);
});

test('a caller beyond the bucket gets RequestLimitExceeded, and nothing happens', async () => {
  const aws = smallAws({ throttling: true });
  for (let count = 0; count < 50; count++) await aws.simulator.handle(form('Action=CreateVpc&CidrBlock=10.0.0.0/16'));
  await expect(aws.ec2().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).rejects.toMatchObject({
    name: 'RequestLimitExceeded',
    $metadata: { httpStatusCode: 503 },
  });
  expect(aws.vpcs.get('111122223333 eu-west-1')).toHaveLength(50);
  await aws.clock.advance(200);
  await aws.ec2().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
});

test('without being asked, nobody is held back', async () => {
  const { simulator } = smallAws();
  for (let count = 0; count < 120; count++) expect((await simulator.handle(form('Action=DescribeVpcs'))).status).toBe(200);
});

test('STS has no buckets', async () => {
  const aws = smallAws({ throttling: true });
  for (let count = 0; count < 120; count++) {
    expect((await aws.simulator.handle(form('Action=GetCallerIdentity', { service: 'sts' }))).status).toBe(200);
  }
});
