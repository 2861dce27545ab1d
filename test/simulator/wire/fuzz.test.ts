import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import type { AwsSimulator } from '../../../src/simulator/aws-simulator.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import type { WireRequest } from '../../../src/simulator/wire/protocol.ts';
import { World } from '../../../src/simulator/world/world.ts';

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';
const xml = 'text/xml';

function signed({
  service,
  method,
  path,
  type,
  body,
}: {
  service: string;
  method: string;
  path: string;
  type: string;
  body: string;
}): WireRequest {
  const authorization = `AWS4-HMAC-SHA256 Credential=111122223333/20260101/us-west-2/${service}/aws4_request, SignedHeaders=host, Signature=00`;
  return { method, path, headers: { 'content-type': type, authorization }, body };
}

const post = (service: string, type: string, path: string, body: string): WireRequest =>
  signed({ service, method: 'POST', path, type, body });
const ec2 = (body: string): WireRequest => post('ec2', form, '/', body);

function aws(): { readonly simulator: AwsSimulator; readonly bugs: string[] } {
  const clock = new VirtualClock();
  const bugs: string[] = [];
  const onBug = (description: string, error: unknown) => bugs.push(`${description.slice(0, 200)}: ${String(error)}`);
  return { simulator: simulatorOf(new World({ clock, random: seededRandom(1) }), { clock, random: seededRandom(2), onBug }), bugs };
}

/** Requests that are right, or nearly, for others to be made of. */
const samples: readonly WireRequest[] = [
  ec2('Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a'),
  ec2('Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-%2A&MaxResults=5&DryRun=false'),
  ec2(
    'Action=AuthorizeSecurityGroupIngress&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.Groups.1.UserId=1',
  ),
  ec2('Action=RunInstances&MinCount=1&MaxCount=2&SubnetId=subnet-1&ClientToken=a&UserData=aGk%3D'),
  post(
    'sts',
    form,
    '/',
    'Action=AssumeRole&RoleArn=arn:aws:iam::111122223333:role/r&RoleSessionName=me&Tags.member.1.Key=a&Tags.member.1.Value=b',
  ),
  post(
    'vpc-lattice',
    json,
    '/resourcegateways',
    '{"name":"a","vpcIdentifier":"vpc-1","subnetIds":["subnet-1"],"tags":{"a":"b"},"ipv4AddressesPerEni":4}',
  ),
  post(
    'vpc-lattice',
    json,
    '/resourceconfigurations',
    '{"name":"a","type":"SINGLE","resourceConfigurationDefinition":{"ipResource":{"ipAddress":"10.0.0.9"}}}',
  ),
  signed({ service: 'vpc-lattice', method: 'GET', path: '/resourceconfigurations?maxResults=5&nextToken=x', type: json, body: '' }),
  post(
    'ram',
    json,
    '/createresourceshare',
    '{"name":"a","principals":["111122223333"],"resourceArns":["arn:aws:ec2:us-west-2:111122223333:subnet/subnet-1"]}',
  ),
  post('ram', json, '/getresourceshares', '{"resourceOwner":"SELF","maxResults":5}'),
  post(
    'route53',
    xml,
    '/2013-04-01/hostedzone',
    '<CreateHostedZoneRequest><Name>a.internal</Name><CallerReference>x</CallerReference><VPC><VPCRegion>us-west-2</VPCRegion><VPCId>vpc-1</VPCId></VPC></CreateHostedZoneRequest>',
  ),
  post(
    'route53',
    xml,
    '/2013-04-01/hostedzone/Z1/rrset',
    '<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>UPSERT</Action></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>',
  ),
];

/** A text that is cut off, or has something strange in its middle. */
const spoilt = (text: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.nat(text.length).map((length) => text.slice(0, length)),
    fc
      .tuple(
        fc.nat(text.length),
        fc.nat(8),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 8 }),
          fc.constantFrom(
            '\0',
            '%',
            '%ff',
            '&',
            '=',
            '.',
            '..',
            '.1.1.',
            '<',
            '&amp',
            ']]>',
            '{',
            '[',
            '"',
            '\\u0000',
            '1e999',
            'null',
            '__proto__',
            '😀'[0]!,
          ),
        ),
      )
      .map(([at, length, strange]) => text.slice(0, at) + strange + text.slice(at + length)),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString()),
    fc.constant(text),
  );

const request = fc.constantFrom(...samples).chain(({ method, path, headers, body }) =>
  fc.record<WireRequest>({
    method: fc.constantFrom(method, method, method, 'GET', 'PUT', 'DELETE', 'PATCH'),
    path: fc.oneof(
      { arbitrary: fc.constant(path), weight: 3 },
      spoilt(path).map((text) => `/${text}`),
    ),
    headers: fc.oneof(
      { arbitrary: fc.constant(headers), weight: 6 },
      fc.constantFrom(form, json, xml, 'multipart/form-data', '').map((type) => ({ ...headers, 'content-type': type })),
      spoilt(headers.authorization ?? '').map((authorization) => ({ ...headers, authorization })),
    ),
    body: spoilt(body),
  }),
);

test('whatever comes over the wire is answered, and never with a fault of the simulator’s own', async () => {
  const { simulator, bugs } = aws();
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async (strange) => {
      const { status } = await simulator.handle(strange);
      statuses.add(status);
      expect(bugs).toEqual([]);
      expect([200, 201, 400, 401, 402, 403, 404, 405, 409, 412, 501]).toContain(status);
    }),
    { seed: 20260106, numRuns: 4_000 },
  );
  // Most of it is refused, some of it is right all the same.
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
}, 60_000);

test.each<[what: string, request: WireRequest]>([
  ['a parameter with 100,000 dots', ec2(`Action=DescribeVpcs&${'a.'.repeat(100_000)}=1`)],
  ['a parameter of a list with 100,000 dots', ec2(`Action=DescribeVpcs&Filter.1.${'a.'.repeat(100_000)}=1`)],
  ['100,000 parameters', ec2(`Action=DescribeVpcs${Array.from({ length: 100_000 }, (_, index) => `&Filter.${index}.Name=a`).join('')}`)],
  ['a number of a million digits that is none', ec2(`Action=DescribeVpcs&MaxResults=${'9'.repeat(1_000_000)}x`)],
  ['a number beyond all numbers', ec2('Action=RunInstances&MinCount=1&MaxCount=1e999')],
  ['100,000 lists in one another', post('ram', json, '/createresourceshare', `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
  [
    '100,000 objects in one another',
    post('vpc-lattice', json, '/resourcegateways', `{"name":"a","tags":{"a":${'{"":'.repeat(100_000)}1${'}'.repeat(100_000)}}}`),
  ],
  ['100,000 elements in one another', post('route53', xml, '/2013-04-01/hostedzone', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`)],
  ['100,000 attributes', post('route53', xml, '/2013-04-01/hostedzone', `<a ${'a="b" '.repeat(100_000)}/>`)],
])('is refused: %s', async (_what, strange) => {
  const { simulator, bugs } = aws();
  const { status } = await simulator.handle(strange);
  expect({ status, bugs }).toEqual({ status: 400, bugs: [] });
});

test('a filter of many wildcards that fits nothing is found out at once', async () => {
  const { simulator } = aws();
  await simulator.handle(ec2('Action=CreateVpc&CidrBlock=10.0.0.0%2F16'));
  const values = `Filter.1.Value.1=${'*0'.repeat(4)}${'*'.repeat(200)}x`;
  const { status, body } = await simulator.handle(ec2(`Action=DescribeVpcs&Filter.1.Name=cidr&${values}`));
  expect({ status, found: body.includes('vpc-') }).toEqual({ status: 200, found: false });
});
