import * as lattice from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../src/simulator/service.ts';
import { exceptionsOf, type OperationSchema, operationsOf } from '../../../src/simulator/wire/api.ts';
import { restJson } from '../../../src/simulator/wire/rest-json.ts';
import { clientsAndWorld } from '../sdk-clients.ts';

const errors = {
  missing: (name: string) => new ApiError('Missing', name),
  invalid: (name: string, value: string, expected: string) => new ApiError('Invalid', `${value} at ${name} is not ${expected}`),
  unreadable: () => new ApiError('Unreadable', 'no JSON'),
};

const protocol = restJson({ signingName: 'vpc-lattice', operations: operationsOf(lattice), exceptions: exceptionsOf(lattice), errors });

function read(method: string, path: string, body = ''): { operation: string; input: Record<string, unknown> } {
  const opened = protocol.open({ method, path, headers: {}, body });
  return { operation: opened.operation, input: opened.readInput() };
}

describe('which operation a request is for', () => {
  test('follows from method and path, in which a label may hold an encoded ARN', () => {
    const arn = 'arn:aws:vpc-lattice:us-west-2:111122223333:resourcegateway/rgw-1';
    expect(read('GET', `/resourcegateways/${encodeURIComponent(arn)}`)).toEqual({
      operation: 'GetResourceGateway',
      input: { resourceGatewayIdentifier: arn },
    });
    expect(read('DELETE', '/tags/x?tagKeys=a&tagKeys=b%20c')).toEqual({
      operation: 'UntagResource',
      input: { resourceArn: 'x', tagKeys: ['a', 'b c'] },
    });
  });

  test.each([
    ['PUT', '/resourcegateways'],
    ['GET', '/'],
    ['GET', '/resourcegateways/'],
    ['GET', '/resourcegateways/a/b'],
    ['GET', '/resourceGateways'],
    ['GET', '/constructor'],
  ])('there is none for %s %s', (method, path) => {
    expect(() => read(method, path)).toThrow(expect.objectContaining({ code: 'UnknownOperationException', httpStatus: 404 }));
  });
});

describe('what does not fit the shape is refused', () => {
  test.each([
    ['a body that is no JSON', '{', 'Unreadable', 'no JSON'],
    ['a body that is no object', '[]', 'Invalid', '[] at  is not an object'],
    ['a required member left out', '{}', 'Missing', 'name'],
    ['a required member that is null', '{"name":null}', 'Missing', 'name'],
    ['a number for a text', '{"name":1}', 'Invalid', '1 at name is not a string'],
    ['a text for a number', '{"name":"a","ipv4AddressesPerEni":"1"}', 'Invalid', '"1" at ipv4AddressesPerEni is not a number'],
    ['a text for a list', '{"name":"a","subnetIds":"b"}', 'Invalid', '"b" at subnetIds is not a list'],
    ['a list with something else in it', '{"name":"a","subnetIds":["b",true]}', 'Invalid', 'true at subnetIds[1] is not a string'],
    ['a list for a map', '{"name":"a","tags":["b"]}', 'Invalid', '["b"] at tags is not an object'],
  ])('%s', (_what, body, code, message) => {
    expect(() => read('POST', '/resourcegateways', body)).toThrow(expect.objectContaining({ code, message }));
  });

  test('a union without a member, or with two', () => {
    const create = (definition: object) =>
      read('POST', '/resourceconfigurations', JSON.stringify({ name: 'a', type: 'SINGLE', resourceConfigurationDefinition: definition }));
    const two = { ipResource: { ipAddress: 'a' }, arnResource: { arn: 'b' } };
    for (const definition of [{}, two]) expect(() => create(definition)).toThrow(expect.objectContaining({ code: 'Invalid' }));
    expect(create({ arnResource: { arn: 'b' } }).input).toMatchObject({ resourceConfigurationDefinition: { arnResource: { arn: 'b' } } });
  });

  test('a number of a query that is none', () => {
    expect(() => read('GET', '/resourcegateways?maxResults=ten')).toThrow(expect.objectContaining({ code: 'Invalid' }));
    expect(() => read('GET', '/resourcegateways/%ZZ')).toThrow(expect.objectContaining({ code: 'Unreadable' }));
  });

  test('a member that nobody knows is passed over, a name of the object prototype too', () => {
    expect(read('POST', '/resourcegateways', '{"name":"a","nom":"b","constructor":1}').input).toEqual({ name: 'a' });
  });
});

describe('answers', () => {
  test('a fault of the simulator is not put on the wire', () => {
    expect(() => protocol.writeOutput('GetResourceGateway', { nom: 'a' }, 'r')).toThrow('GetResourceGateway has no member nom');
    expect(() => protocol.writeOutput('GetResourceGateway', { name: 1 }, 'r')).toThrow('GetResourceGateway.name is no string: 1');
  });

  test('an error has its name in a header, and a member where the model wants it (aws.md 5.5)', () => {
    const fields = { quotaCode: 'q', retryAfterSeconds: 7 };
    const answer = protocol.writeError(new ApiError('ThrottlingException', 'slow', { httpStatus: 429, fields }), 'r');
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'x-amzn-errortype': 'ThrottlingException', 'x-amzn-requestid': 'r', 'retry-after': '7' },
    });
    expect(JSON.parse(answer.body)).toEqual({ message: 'slow', quotaCode: 'q' });
    const other = protocol.writeError(new ApiError('NotImplemented.X', 'not here', { httpStatus: 501 }), 'r');
    expect([other.status, other.body]).toEqual([501, '{"message":"not here"}']);
  });
});

describe('headers and bodies of one member', () => {
  // As the SDK's packages write schemas; neither VPC Lattice nor RAM has such operations.
  const message = [
    3,
    'n',
    'Message',
    0,
    ['id', 'at', 'text'],
    [
      [0, { httpLabel: 1 }],
      [4, { httpHeader: 'X-At' }],
      [0, { httpPayload: 1 }],
    ],
    1,
  ];
  const answer = [
    3,
    'n',
    'Answer',
    0,
    ['at', 'text'],
    [
      [4, { httpHeader: 'X-At' }],
      [0, { httpPayload: 1 }],
    ],
  ];
  const operation = [9, 'n', 'Send', { http: ['POST', '/send/{id}', 202] }, message, answer] as unknown as OperationSchema;
  const small = restJson({ signingName: 'n', operations: new Map([['Send', operation]]), exceptions: new Map(), errors });

  test('are read', () => {
    const headers = { 'x-at': '2026-01-01T00:00:00Z' };
    const opened = small.open({ method: 'POST', path: '/send/a%2Fb', headers, body: 'as it is' });
    expect(opened.readInput()).toEqual({ id: 'a/b', at: new Date('2026-01-01T00:00:00Z'), text: 'as it is' });
    expect(() => small.open({ method: 'POST', path: '/send/a', headers: { 'x-at': 'soon' }, body: '' }).readInput()).toThrow(
      expect.objectContaining({ code: 'Invalid' }),
    );
  });

  test('are written', () => {
    const written = small.writeOutput('Send', { at: new Date('2026-01-01T00:00:00Z'), text: 'as it is' }, 'r');
    expect(written).toEqual({
      status: 202,
      headers: { 'content-type': 'text/plain', 'x-at': 'Thu, 01 Jan 2026 00:00:00 GMT', 'x-amzn-requestid': 'r' },
      body: 'as it is',
    });
  });
});

test('a request to a service that speaks JSON is refused in JSON where it is not well signed', async () => {
  const { account } = clientsAndWorld();
  const { lattice: client } = account('ASIAEXAMPLE');
  await expect(client.send(new lattice.ListResourceGatewaysCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  const elsewhere = account(undefined, 'nowhere-1').lattice;
  await expect(elsewhere.send(new lattice.ListResourceGatewaysCommand({}))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
});
