import { describe, expect, test } from '@jest/globals';
import { errorOf, form, smallAws } from '../small-aws.ts';

const { simulator } = smallAws();

describe('EC2 refuses what does not fit the shape, in its own words', () => {
  const cases: readonly [why: string, body: string, status: number, code: string, message: string][] = [
    ['no action', 'Version=2016-11-15', 400, 'MissingAction', 'The request must contain the parameter Action'],
    [
      'an action that AWS does not have',
      'Action=CreateVpcs',
      400,
      'InvalidAction',
      'The action CreateVpcs is not valid for this web service.',
    ],
    [
      'a name from the object prototype as action',
      'Action=constructor',
      400,
      'InvalidAction',
      'The action constructor is not valid for this web service.',
    ],
    ['another service’s action', 'Action=AssumeRole', 400, 'InvalidAction', 'The action AssumeRole is not valid for this web service.'],
    ['an action in other letters', 'Action=createvpc', 400, 'InvalidAction', 'The action createvpc is not valid for this web service.'],
    [
      'an action that is not modelled',
      'Action=RunInstances&MinCount=1&MaxCount=1',
      501,
      'NotImplemented.RunInstances',
      'The simulator does not model ec2:RunInstances',
    ],
    ['a required member left out', 'Action=DeleteVpc', 400, 'MissingParameter', 'The request must contain the parameter VpcId'],
    [
      'a required member of a member left out',
      'Action=CreateVpcPeeringConnection',
      400,
      'MissingParameter',
      'The request must contain the parameter VpcId',
    ],
    [
      'a parameter that nobody knows',
      'Action=DeleteVpc&VpcId=vpc-1&Force=true',
      400,
      'UnknownParameter',
      'The parameter Force is not recognized',
    ],
    [
      'an unknown member of a list’s structure',
      'Action=DescribeVpcs&Filter.1.Nom=x',
      400,
      'UnknownParameter',
      'The parameter Filter.1.Nom is not recognized',
    ],
    [
      'the name that other services give a list’s items',
      'Action=DescribeVpcs&VpcId.member.1=x',
      400,
      'UnknownParameter',
      'The parameter VpcId.member.1 is not recognized',
    ],
    [
      'a single value where a list belongs',
      'Action=DescribeVpcs&VpcId=vpc-1',
      400,
      'InvalidParameterValue',
      'Value (vpc-1) for parameter VpcId is invalid. Expected a list.',
    ],
    [
      'a list where a single value belongs',
      'Action=DeleteVpc&VpcId.1=vpc-1',
      400,
      'UnknownParameter',
      'The parameter VpcId.1 is not recognized',
    ],
    [
      'a single value where a structure belongs',
      'Action=DescribeVpcs&Filter.1=vpc-id',
      400,
      'InvalidParameterValue',
      'Value (vpc-id) for parameter Filter.1 is invalid. Expected a structure.',
    ],
    [
      'a number that is none',
      'Action=DescribeVpcs&MaxResults=ten',
      400,
      'InvalidParameterValue',
      'Value (ten) for parameter MaxResults is invalid. Expected a number.',
    ],
    [
      'an empty number',
      'Action=DescribeVpcs&MaxResults=',
      400,
      'InvalidParameterValue',
      'Value () for parameter MaxResults is invalid. Expected a number.',
    ],
    [
      'a truth that is none',
      'Action=DescribeVpcs&DryRun=yes',
      400,
      'InvalidParameterValue',
      'Value (yes) for parameter DryRun is invalid. Expected true or false.',
    ],
    [
      'a time that is none',
      'Action=DescribeCapacityBlockOfferings&StartDateRange=tomorrow',
      400,
      'InvalidParameterValue',
      'Value (tomorrow) for parameter StartDateRange is invalid. Expected a time in ISO 8601.',
    ],
    [
      'a parameter given twice',
      'Action=DeleteVpc&VpcId=a&VpcId=b',
      404,
      'MalformedQueryString',
      'The parameter VpcId is given more than once',
    ],
    [
      'bad percent-encoding',
      'Action=DeleteVpc&VpcId=%E0%A4',
      404,
      'MalformedQueryString',
      'The query string contains a character that is not well encoded',
    ],
    [
      'markup in a value',
      'Action=DescribeVpcs&VpcId.1=%3Cb%3E%26',
      400,
      'InvalidVpcID.NotFound',
      'The vpc ID &apos;&lt;b&gt;&amp;&apos; does not exist',
    ],
  ];

  test.each(cases)('%s', async (_why, body, status, code, message) => {
    const answer = await simulator.handle(form(body));
    expect({ status: answer.status, ...errorOf(answer.body) }).toEqual({ status, code, message });
    expect(answer.body).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Response><Errors><Error>.*<RequestID>[\da-f-]{36}<\/RequestID><\/Response>$/s,
    );
  });
});

describe('STS refuses what does not fit the shape, in its own words', () => {
  const cases: readonly [why: string, body: string, status: number, code: string, message: string][] = [
    [
      'an action that AWS does not have',
      'Action=BecomeRole',
      400,
      'InvalidAction',
      'The action BecomeRole is not valid for this web service.',
    ],
    [
      'an action that is not modelled',
      'Action=GetSessionToken',
      501,
      'NotImplemented.GetSessionToken',
      'The simulator does not model sts:GetSessionToken',
    ],
    [
      'a required member left out',
      'Action=AssumeRole&RoleSessionName=me',
      400,
      'ValidationError',
      '1 validation error detected: Value null at &apos;roleArn&apos; failed to satisfy constraint: Member must not be null',
    ],
    [
      'a required member of a list’s structure left out',
      'Action=AssumeRole&RoleArn=arn:aws:iam::1:role/r&RoleSessionName=me&Tags.member.1.Value=b',
      400,
      'ValidationError',
      '1 validation error detected: Value null at &apos;tags.1.member.key&apos; failed to satisfy constraint: Member must not be null',
    ],
    [
      'a number that is none',
      'Action=AssumeRole&RoleArn=a&RoleSessionName=me&DurationSeconds=long',
      400,
      'MalformedInput',
      'long at durationSeconds is not a number',
    ],
    [
      'a list without its items’ name',
      'Action=AssumeRole&RoleArn=a&RoleSessionName=me&Tags.1.Key=a',
      400,
      'MalformedInput',
      ' at tags.1.key is not a list',
    ],
  ];

  test.each(cases)('%s', async (_why, body, status, code, message) => {
    const answer = await simulator.handle(form(body, { service: 'sts' }));
    expect({ status: answer.status, ...errorOf(answer.body) }).toEqual({ status, code, message });
    expect(answer.body).toContain(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>`,
    );
  });

  test('a parameter that nobody knows is passed over', async () => {
    const answer = await simulator.handle(form('Action=GetCallerIdentity&Verbose=true', { service: 'sts' }));
    expect(answer.status).toBe(200);
  });
});

test('list items are read in the order of their indexes, whatever their order and gaps', async () => {
  const { simulator } = smallAws();
  await simulator.handle(
    form('Action=DescribeVpcs&Filter.10.Name=c&Filter.2.Name=b&Filter.2.Value.7=y&Filter.2.Value.3=x&Filter.1.Name=a'),
  );
  expect(simulator.record.calls()[0]?.parameters).toEqual({
    Filters: [{ Name: 'a' }, { Name: 'b', Values: ['x', 'y'] }, { Name: 'c' }],
  });
});

test('a parameter is named as EC2 has it even where the answer’s element is called otherwise', async () => {
  const { simulator } = smallAws();
  await simulator.handle(
    form('Action=RunInstances&MinCount=1&MaxCount=1&NetworkInterface.1.PrivateIpAddresses.1.PrivateIpAddress=10.0.0.4'),
  );
  expect(simulator.record.calls()[0]?.parameters).toEqual({
    MinCount: 1,
    MaxCount: 1,
    NetworkInterfaces: [{ PrivateIpAddresses: [{ PrivateIpAddress: '10.0.0.4' }] }],
  });
});

test('a call may come as a GET with its parameters in the query string', async () => {
  const { simulator } = smallAws();
  const { headers } = form('');
  const answer = await simulator.handle({ method: 'GET', path: '/?Action=DescribeVpcs&Version=2016-11-15', headers, body: '' });
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('<vpcSet/>') });
});
