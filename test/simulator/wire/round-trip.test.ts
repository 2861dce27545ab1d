import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as sts from '@aws-sdk/client-sts';
import * as lattice from '@aws-sdk/client-vpc-lattice';
import { AwsEc2QueryProtocol, AwsQueryProtocol, AwsRestJsonProtocol } from '@aws-sdk/core/protocols';
import { describe, expect, test } from '@jest/globals';
import { operation } from '@smithy/core/schema';
import { type HttpRequest, HttpResponse } from '@smithy/core/transport';
import fc from 'fast-check';
import { wireRequest } from '../../../src/simulator/request-handler.ts';
import { ApiError } from '../../../src/simulator/service.ts';
import { exceptionsOf, type OperationSchema, operationsOf } from '../../../src/simulator/wire/api.ts';
import { awsQuery } from '../../../src/simulator/wire/aws-query.ts';
import { ec2Query } from '../../../src/simulator/wire/ec2-query.ts';
import type { Protocol } from '../../../src/simulator/wire/protocol.ts';
import { restJson } from '../../../src/simulator/wire/rest-json.ts';
import { valuesOf } from './generated.ts';

const jsonErrors = {
  missing: (name: string) => new ApiError('Missing', name),
  invalid: (name: string, value: string, expected: string) => new ApiError('Invalid', `${value} at ${name} is not ${expected}`),
  unreadable: () => new ApiError('Unreadable', ''),
};

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
    // A form cannot tell an empty list from none.
    emptyList: { operation: 'DescribeVpcs', input: { VpcIds: [] }, read: {} },
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
    emptyList: {
      operation: 'AssumeRole',
      input: { RoleArn: 'a', RoleSessionName: 'b', Tags: [] },
      read: { RoleArn: 'a', RoleSessionName: 'b', Tags: [] },
    },
    atLeast: 10,
  },
  {
    name: 'VPC Lattice',
    sdk: new AwsRestJsonProtocol({
      defaultNamespace: 'com.amazonaws.vpclattice',
      errorTypeRegistries: lattice.errorTypeRegistries,
    }),
    operations: operationsOf(lattice),
    wire: (operations: Map<string, OperationSchema>) =>
      restJson({ signingName: 'vpc-lattice', operations, exceptions: exceptionsOf(lattice), errors: jsonErrors }),
    emptyList: {
      operation: 'CreateResourceGateway',
      input: { name: 'a', clientToken: 'b', securityGroupIds: [] },
      read: { name: 'a', clientToken: 'b', securityGroupIds: [] },
    },
    atLeast: 70,
  },
  {
    name: 'RAM',
    sdk: new AwsRestJsonProtocol({ defaultNamespace: 'com.amazonaws.ram', errorTypeRegistries: ram.errorTypeRegistries }),
    operations: operationsOf(ram),
    wire: (operations: Map<string, OperationSchema>) =>
      restJson({ signingName: 'ram', operations, exceptions: exceptionsOf(ram), errors: jsonErrors }),
    emptyList: { operation: 'CreateResourceShare', input: { name: 'a', principals: [] }, read: { name: 'a', principals: [] } },
    atLeast: 30,
  },
] as const;

const context = {
  endpoint: async () => ({ hostname: 'localhost', protocol: 'https:', path: '/' }),
  streamCollector: async (body: Uint8Array) => body,
} as never;

/** The whole set takes a few seconds; each operation gets a seed of its own, so that a failure names one that fails again. */
const runs = (seed: number) => ({ numRuns: 10, seed, endOnFailure: true });

describe.each(services)('$name', ({ sdk, operations, wire, emptyList, atLeast }) => {
  const protocol: Protocol = wire(operations);
  const all = [...operations.values()];

  test('the SDK names its operations', () => {
    expect(all.length).toBeGreaterThanOrEqual(atLeast);
    expect(protocol.operations.size).toBe(all.length);
  });

  test('reads back from the SDK every input of every operation', async () => {
    for (const [index, schema] of all.entries()) {
      await fc.assert(
        fc.asyncProperty(valuesOf(schema[4], { allowEmpty: false, keepRequired: true }), async (generated) => {
          const input = withoutEmptyLabels(schema, generated);
          const request = await sdk.serializeRequest(sdkOperation(schema), input, context);
          const opened = protocol.open(wireRequest(request as HttpRequest));
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
          expect($metadata).toMatchObject({ httpStatusCode: answer.status, requestId: 'request-1' });
          expect(read).toEqual(output);
        }),
        runs(index),
      );
    }
  });

  test('reads an empty list as what its wire makes of it', async () => {
    const request = await sdk.serializeRequest(sdkOperation(operations.get(emptyList.operation)!), emptyList.input, context);
    expect(protocol.open(wireRequest(request as HttpRequest)).readInput()).toEqual(emptyList.read);
  });
});

function sdkOperation(schema: OperationSchema): never {
  return operation(schema[1], schema[2], schema[3] as never, schema[4] as never, schema[5] as never) as never;
}

/** The SDK makes up an idempotency token where the caller gives none. */
function withoutInventedTokens(read: Record<string, unknown>, input: Record<string, unknown>): Record<string, unknown> {
  const invented = ['ClientToken', 'clientToken', 'IdempotencyToken', 'ClientRequestToken', 'DryRunToken'];
  return Object.fromEntries(Object.entries(read).filter(([name]) => name in input || !invented.includes(name)));
}

/** A path with an empty label is another path: AWS has no such values. */
function withoutEmptyLabels(schema: OperationSchema, input: Record<string, unknown>): Record<string, unknown> {
  const { http } = schema[3] as { readonly http?: readonly [string, string, number] };
  const isLabel = (name: string): boolean => http?.[1].includes(`{${name}}`) ?? false;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, isLabel(name) && value === '' ? 'label' : value]));
}
