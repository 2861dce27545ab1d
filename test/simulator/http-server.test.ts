import { request } from 'node:http';
import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from '@jest/globals';
import { realClock } from '../../src/ambient/clock.ts';
import type { AwsSimulatorOptions } from '../../src/simulator/aws-simulator.ts';
import { type ListeningSimulator, listen } from '../../src/simulator/http-server.ts';
import { form, type SmallAws, smallAws } from './small-aws.ts';

const open: { close(): Promise<void> | void; destroy?: never }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function served(options: Partial<AwsSimulatorOptions> = {}): Promise<SmallAws & ListeningSimulator & { client(): EC2Client }> {
  const aws = smallAws(options);
  const listening = await listen(aws.simulator, { port: 0, host: '127.0.0.1' });
  open.push(listening);
  return { ...aws, ...listening, client: () => clientOf(new EC2Client(settings(listening.url))) };
}

const settings = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' },
  maxAttempts: 1,
});

function clientOf<Client extends { destroy(): void }>(client: Client): Client {
  open.unshift({ close: () => client.destroy() });
  return client;
}

test('one endpoint answers for every service', async () => {
  const { url, client } = await served();
  const made = await client().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  expect((await client().send(new DescribeVpcsCommand())).Vpcs).toEqual([made.Vpc]);
  const sts = clientOf(new STSClient(settings(url)));
  expect(await sts.send(new GetCallerIdentityCommand())).toMatchObject({ Account: '111122223333' });
});

test('a lost answer is a broken connection, after the effect', async () => {
  const aws = await served({ faults: [{ operation: 'CreateVpc', nth: 1, effect: { loseAnswer: true } }] });
  await expect(aws.client().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).rejects.toThrow('socket hang up');
  expect((await aws.client().send(new DescribeVpcsCommand())).Vpcs).toHaveLength(1);
});

test('closing breaks off what still waits', async () => {
  const aws = await served({ faults: [{ operation: 'DescribeVpcs', effect: { hang: true } }] });
  const outcome = expect(aws.client().send(new DescribeVpcsCommand())).rejects.toThrow('socket hang up');
  while (aws.simulator.record.calls().length === 0) await new Promise((resolve) => setImmediate(resolve));
  await aws.close();
  await outcome;
});

test('a port that is taken is an error', async () => {
  const { url, simulator } = await served();
  await expect(listen(simulator, { port: Number(new URL(url).port), host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('a body beyond all measure is refused, and the server lives on', async () => {
  const { url, client } = await served();
  const { headers } = form('');
  const answer = await fetch(url, { method: 'POST', headers, body: `Action=DescribeVpcs&VpcId.1=${'x'.repeat(5 * 1024 * 1024)}` });
  expect(answer.status).toBe(413);
  expect((await client().send(new DescribeVpcsCommand())).Vpcs).toEqual([]);
});

test('a caller that breaks off in the middle harms nobody', async () => {
  const { url, client } = await served();
  await new Promise((resolve) => {
    const outgoing = request(url, { method: 'POST', headers: { ...form('').headers, 'content-length': 1000 } });
    outgoing.on('error', resolve);
    outgoing.write('Action=', () => outgoing.destroy(new Error('gone')));
  });
  expect((await client().send(new DescribeVpcsCommand())).Vpcs).toEqual([]);
});

describe('its own affairs', () => {
  test('it says that it is well', async () => {
    const { url } = await served();
    const answer = await fetch(`${url}/_isthmus/health`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('it hands out the record, all of it or the writes', async () => {
    const { url, client } = await served();
    await client().send(new DescribeVpcsCommand());
    await client().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    const operations = async (query: string) => {
      const lines = (await (await fetch(`${url}/_isthmus/record${query}`)).text()).trimEnd().split('\n');
      return lines.map((line) => JSON.parse(line).operation);
    };
    expect(await operations('')).toEqual(['DescribeVpcs', 'CreateVpc']);
    expect(await operations('?writes')).toEqual(['CreateVpc']);
  });

  test('faults are put and got', async () => {
    const { url, client } = await served();
    const faults = [{ operation: 'CreateVpc', effect: { error: { code: 'VpcLimitExceeded', message: 'full', httpStatus: 400 } } }];
    const put = await fetch(`${url}/_isthmus/faults`, { method: 'PUT', body: JSON.stringify({ faults }) });
    expect([put.status, await put.json()]).toEqual([200, { faults }]);
    await expect(client().send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).rejects.toMatchObject({ name: 'VpcLimitExceeded' });
    expect(await (await fetch(`${url}/_isthmus/faults`)).json()).toEqual({ faults });
  });

  test.each([
    ['[{"operation":"Nonsense","effect":{"deny":true}}]', /faults\[0\]\.operation: AWS has no operation Nonsense here/],
    ['[{', /JSON/],
  ])('faults that are not right are refused with the reason: %s', async (body, error) => {
    const { url } = await served();
    const put = await fetch(`${url}/_isthmus/faults`, { method: 'PUT', body });
    expect([put.status, await put.json()]).toEqual([400, { error: expect.stringMatching(error) }]);
  });

  test('it shows its state where there is one to show', async () => {
    const { url } = await served({ dump: () => ({ vpcs: ['vpc-1'] }) });
    expect(await (await fetch(`${url}/_isthmus/state`)).json()).toEqual({ vpcs: ['vpc-1'] });
    expect(await (await fetch(`${(await served()).url}/_isthmus/state`)).json()).toBeNull();
  });

  test('a clock that stands still can be moved, another not', async () => {
    const aws = await served();
    const moved = await fetch(`${aws.url}/_isthmus/advance?ms=60000`, { method: 'POST' });
    expect([moved.status, await moved.json(), aws.clock.now()]).toEqual([
      200,
      { now: '2026-01-01T00:01:00.000Z' },
      Date.UTC(2026, 0, 1, 0, 1),
    ]);
    expect((await fetch(`${aws.url}/_isthmus/advance?ms=-1`, { method: 'POST' })).status).toBe(400);
    expect((await fetch(`${aws.url}/_isthmus/advance`, { method: 'POST' })).status).toBe(400);
    const real = await served({ clock: realClock });
    expect((await fetch(`${real.url}/_isthmus/advance?ms=1`, { method: 'POST' })).status).toBe(409);
  });

  test('nothing else is there', async () => {
    const { url } = await served();
    expect((await fetch(`${url}/_isthmus/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/_isthmus/health`, { method: 'DELETE' })).status).toBe(404);
  });
});
