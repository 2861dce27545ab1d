import * as route53 from '@aws-sdk/client-route-53';
import { AwsRestXmlProtocol } from '@aws-sdk/core/protocols';
import { describe, expect, test } from '@jest/globals';
import { operation } from '@smithy/core/schema';
import { HttpResponse } from '@smithy/core/transport';
import fc from 'fast-check';
import { ApiError } from '../../../src/simulator/service.ts';
import { type OperationSchema, operationsOf } from '../../../src/simulator/wire/api.ts';
import { boundMembers } from '../../../src/simulator/wire/http-binding.ts';
import type { WireRequest } from '../../../src/simulator/wire/protocol.ts';
import { restXml } from '../../../src/simulator/wire/rest-xml.ts';
import { valuesOf } from './generated.ts';

const xmlNamespace = 'https://route53.amazonaws.com/doc/2013-04-01/';
const operations = operationsOf(route53);
const protocol = restXml({ signingName: 'route53', xmlNamespace, operations });
const sdk = new AwsRestXmlProtocol({ defaultNamespace: 'com.amazonaws.route53', xmlNamespace } as never);
const context = {
  endpoint: async () => ({ hostname: 'localhost', protocol: 'https:', path: '/' }),
  streamCollector: async (body: Uint8Array) => body,
} as never;

const sdkOperation = (schema: OperationSchema): never =>
  operation(schema[1], schema[2], schema[3] as never, schema[4] as never, schema[5] as never) as never;

const runs = (seed: number) => ({ numRuns: 15, seed, endOnFailure: true });

/** Paths cannot carry an empty text, and headers only plain ones. */
function fits(schema: OperationSchema[4], value: Readonly<Record<string, unknown>>): boolean {
  return boundMembers(schema).every(({ name, place }) => {
    const text = value[name];
    if (text === undefined) return true;
    if (place === 'label') return text !== '';
    return place !== 'header' || /^[!-~]+$/.test(String(text));
  });
}

/** Values that stand where not every text can, made so that it can. */
function fitted(schema: OperationSchema[4], value: Record<string, unknown>): Record<string, unknown> {
  for (const { name, place, schema: member } of boundMembers(schema)) {
    const text = value[name];
    if (typeof text !== 'string' || !member.isStringSchema()) continue;
    if (place === 'label') value[name] = `${text}x`;
    if (place === 'header') value[name] = `https://host/${encodeURIComponent(text)}`;
  }
  return value;
}

test('the SDK names the operations of Route 53', () => {
  expect(operations.size).toBeGreaterThanOrEqual(70);
});

test('reads back from the SDK every input of every operation', async () => {
  for (const [index, schema] of [...operations.values()].entries()) {
    const values = valuesOf(schema[4], { allowEmpty: true, keepRequired: true })
      .map((value) => fitted(schema[4], value))
      .filter((value) => fits(schema[4], value));
    await fc.assert(
      fc.asyncProperty(values, async (input) => {
        const { method, path, query = {}, headers, body } = await sdk.serializeRequest(sdkOperation(schema), input, context);
        const search = new URLSearchParams(query as Record<string, string>).toString();
        const request: WireRequest = { method, path: `${path}?${search}`, headers, body: body === undefined ? '' : String(body) };
        const opened = protocol.open(request);
        expect(opened.operation).toBe(schema[2]);
        expect(opened.readInput()).toEqual(input);
      }),
      runs(index),
    );
  }
});

test('gives the SDK back every output of every operation, with the status that the operation has', async () => {
  for (const [index, schema] of [...operations.values()].entries()) {
    const values = valuesOf(schema[5], { allowEmpty: true, keepRequired: false })
      .map((value) => fitted(schema[5], value))
      .filter((value) => fits(schema[5], value));
    await fc.assert(
      fc.asyncProperty(values, async (output) => {
        const answer = protocol.writeOutput(schema[2], output, 'request-1');
        const response = new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body: Buffer.from(answer.body) });
        const { $metadata, ...read } = (await sdk.deserializeResponse(sdkOperation(schema), context, response)) as unknown as Record<
          string,
          unknown
        >;
        const status = (schema[3] as unknown as { http: [string, string, number] }).http[2];
        expect($metadata).toMatchObject({ httpStatusCode: status, requestId: 'request-1' });
        expect(read).toEqual(output);
      }),
      runs(index),
    );
  }
});

describe('what does not fit is refused in the words of Route 53', () => {
  const post = (path: string, body: string): WireRequest => ({ method: 'POST', path: `/2013-04-01/${path}`, headers: {}, body });
  const zone = (inner: string): WireRequest =>
    post('hostedzone', `<CreateHostedZoneRequest xmlns="${xmlNamespace}">${inner}</CreateHostedZoneRequest>`);

  const cases: readonly [why: string, request: WireRequest, code: string, message: RegExp][] = [
    ['a path that nobody knows', post('hostedzoned', ''), 'UnknownOperationException', /POST \/2013-04-01\/hostedzoned/],
    ['a method that a path does not have', { ...post('hostedzone/Z1/rrset', ''), method: 'PUT' }, 'UnknownOperationException', /PUT/],
    ['a path that is not well encoded', { ...post('hostedzone/%E0%A4', ''), method: 'GET' }, 'MalformedQueryString', /well encoded/],
    ['an element that does not end', zone('<Name>a'), 'InvalidInput', /^Invalid XML ; /],
    ['a document type', post('hostedzone', '<!DOCTYPE a><CreateHostedZoneRequest/>'), 'InvalidInput', /^Invalid XML ; there is no markup/],
    ['another element', post('hostedzone', '<CreateZone/>'), 'InvalidInput', /declaration of element 'CreateZone'/],
    ['an element that nobody knows', zone('<Name>a</Name><CallerReference>b</CallerReference><Colour/>'), 'InvalidInput', /'Colour'/],
    ['the same element twice', zone('<Name>a</Name><Name>a</Name>'), 'InvalidInput', /'Name' may stand once/],
    ['a text where none belongs', zone('<Name><b/></Name>'), 'InvalidInput', /no element children/],
    [
      'nothing where something must be',
      zone('<Name>a</Name>'),
      'InvalidInput',
      /^1 validation error detected: Value null at 'callerReference'/,
    ],
    ['no body', post('hostedzone', ''), 'InvalidInput', /Value null at 'name'/],
    [
      'a truth that is none',
      zone('<Name>a</Name><CallerReference>b</CallerReference><HostedZoneConfig><PrivateZone>yes</PrivateZone></HostedZoneConfig>'),
      'InvalidInput',
      /Value 'yes' at 'hostedZoneConfig.privateZone'/,
    ],
    [
      'a number that is none',
      { ...post('hostedzone?maxitems=ten', ''), method: 'GET', path: '/2013-04-01/cidrcollection?maxresults=ten' },
      'InvalidInput',
      /Value 'ten' at 'maxResults'/,
    ],
  ];

  test.each(cases)('%s', (_why, request, code, message) => {
    let refused: unknown;
    try {
      protocol.open(request).readInput();
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test('a slash at the end of a path makes no difference: botocore writes one where the SDK does not', () => {
  const opened = protocol.open({ method: 'GET', path: '/2013-04-01/hostedzone/Z1/rrset/?type=A', headers: {}, body: '' });
  expect(opened.operation).toBe('ListResourceRecordSets');
  expect(opened.readInput()).toEqual({ HostedZoneId: 'Z1', StartRecordType: 'A' });
});
