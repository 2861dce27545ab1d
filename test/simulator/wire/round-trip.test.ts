import * as ec2 from '@aws-sdk/client-ec2';
import * as sts from '@aws-sdk/client-sts';
import { AwsEc2QueryProtocol, AwsQueryProtocol } from '@aws-sdk/core/protocols';
import { describe, expect, test } from '@jest/globals';
import { operation } from '@smithy/core/schema';
import { HttpResponse } from '@smithy/core/transport';
import fc from 'fast-check';
import { type OperationSchema, operationsOf } from '../../../src/simulator/wire/api.ts';
import { awsQuery } from '../../../src/simulator/wire/aws-query.ts';
import { ec2Query } from '../../../src/simulator/wire/ec2-query.ts';
import type { Protocol } from '../../../src/simulator/wire/protocol.ts';
import { valuesOf } from './generated.ts';

const services = [
  {
    name: 'EC2',
    sdk: new AwsEc2QueryProtocol({
      defaultNamespace: 'com.amazonaws.ec2',
      xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15',
      version: '2016-11-15',
      serviceTarget: 'AmazonEC2',
    } as never),
    operations: operationsOf(ec2),
    wire: (operations: Map<string, OperationSchema>) =>
      ec2Query({ signingName: 'ec2', xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/', operations }),
    carriesEmptyLists: false,
    atLeast: 800,
  },
  {
    name: 'STS',
    sdk: new AwsQueryProtocol({
      defaultNamespace: 'com.amazonaws.sts',
      xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      version: '2011-06-15',
      serviceTarget: 'AWSSecurityTokenServiceV20110615',
    } as never),
    operations: operationsOf(sts),
    wire: (operations: Map<string, OperationSchema>) =>
      awsQuery({ signingName: 'sts', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/', operations }),
    carriesEmptyLists: true,
    atLeast: 10,
  },
] as const;

const context = {
  endpoint: async () => ({ hostname: 'localhost', protocol: 'https:', path: '/' }),
  streamCollector: async (body: Uint8Array) => body,
} as never;

/** The whole set takes a few seconds; each operation gets a seed of its own, so that a failure names one that fails again. */
const runs = (seed: number) => ({ numRuns: 10, seed, endOnFailure: true });

describe.each(services)('$name', ({ sdk, operations, wire, carriesEmptyLists, atLeast }) => {
  const protocol: Protocol = wire(operations);
  const all = [...operations.values()];

  test('the SDK names its operations', () => {
    expect(all.length).toBeGreaterThanOrEqual(atLeast);
    expect(protocol.operations.size).toBe(all.length);
  });

  test('reads back from the SDK every input of every operation', async () => {
    for (const [index, schema] of all.entries()) {
      await fc.assert(
        fc.asyncProperty(valuesOf(schema[4], { allowEmpty: false, keepRequired: true }), async (input) => {
          const request = await sdk.serializeRequest(sdkOperation(schema), input, context);
          const opened = protocol.open({ method: 'POST', path: '/', headers: {}, body: String(request.body) });
          expect(opened.operation).toBe(schema[2]);
          expect(withoutInventedTokens(opened.readInput(), input)).toEqual(input);
        }),
        runs(index),
      );
    }
  });

  test('gives the SDK back every output of every operation', async () => {
    for (const [index, schema] of all.entries()) {
      await fc.assert(
        fc.asyncProperty(valuesOf(schema[5], { allowEmpty: true, keepRequired: false }), async (output) => {
          const answer = protocol.writeOutput(schema[2], output, 'request-1');
          const response = new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) });
          const { $metadata, ...read } = (await sdk.deserializeResponse(sdkOperation(schema), context, response)) as unknown as Record<
            string,
            unknown
          >;
          expect($metadata).toMatchObject({ httpStatusCode: 200, requestId: 'request-1' });
          expect(read).toEqual(output);
        }),
        runs(index),
      );
    }
  });

  test(`${carriesEmptyLists ? 'reads' : 'is never sent'} an empty list`, async () => {
    const [name, input] = carriesEmptyLists
      ? ['AssumeRole', { RoleArn: 'a', RoleSessionName: 'b', Tags: [] }]
      : ['DescribeVpcs', { VpcIds: [] }];
    const request = await sdk.serializeRequest(sdkOperation(operations.get(name)!), input, context);
    const read = protocol.open({ method: 'POST', path: '/', headers: {}, body: String(request.body) }).readInput();
    expect(read).toEqual(carriesEmptyLists ? input : {});
  });
});

function sdkOperation(schema: OperationSchema): never {
  return operation(schema[1], schema[2], schema[3] as never, schema[4] as never, schema[5] as never) as never;
}

/** The SDK makes up an idempotency token where the caller gives none. */
function withoutInventedTokens(read: Record<string, unknown>, input: Record<string, unknown>): Record<string, unknown> {
  const invented = ['ClientToken', 'IdempotencyToken', 'ClientRequestToken', 'DryRunToken'];
  return Object.fromEntries(Object.entries(read).filter(([name]) => name in input || !invented.includes(name)));
}
