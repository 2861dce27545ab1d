import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { pythonOfCli } from '../by-hand/commands.ts';
import { type Service, type Stage, stage } from '../stage.ts';
import { playEndpoints, playNames, playResources, playTransitGateways } from './connectivity-play.ts';
import { playNetwork } from './network-play.ts';

/** Every answer of a play that makes each modelled call, as botocore's models have it: another description of the wire than the SDK's. */

const python = pythonOfCli();
const maybe = python ? test : test.skip;
const reason = python ? '' : ' (skipped: there is no AWS CLI of version 1, with its botocore, on the PATH)';

let played: Stage;

beforeAll(async () => {
  played = stage();
  await playNetwork(played);
  await playTransitGateways(played);
  await playEndpoints(played);
  await playResources(played);
  await playNames(played);
  for (const service of ['ec2', 'vpc-lattice', 'ram', 'route53', 'sts'] as const) await playTurnedAway(played, service);
}, 60_000);

/** What every service says of rights and of its limits. */
async function playTurnedAway({ simulator, player }: Stage, service: Service): Promise<void> {
  const operations = { ec2: 'DescribeVpcs', 'vpc-lattice': 'ListServiceNetworks', ram: 'ListResourceTypes', route53: 'ListHostedZones' };
  const operation = service === 'sts' ? 'GetCallerIdentity' : operations[service];
  for (const effect of [{ deny: true }, { throttle: true }]) {
    simulator.orderFaults([{ operation: `${service}:${operation}`, effect }]);
    await player(service).refused(operation as never, {} as never);
  }
  simulator.orderFaults([]);
}

test('the play makes every modelled call, and each succeeds at least once', () => {
  const { world, answers } = played;
  const modelled = {
    ec2: ec2Operations(world),
    ram: ramOperations(world),
    route53: route53Operations(world),
    'vpc-lattice': vpcLatticeOperations(world),
    sts: { AssumeRole: undefined, GetCallerIdentity: undefined },
  };
  const succeeded = new Set(answers.filter(({ status }) => status < 400).map(({ service, operation }) => `${service}:${operation}`));
  const all = Object.entries(modelled).flatMap(([service, operations]) => Object.keys(operations).map((name) => `${service}:${name}`));
  expect(all.filter((name) => !succeeded.has(name))).toEqual([]);
});

interface Problem {
  readonly service: string;
  readonly operation: string;
  readonly path: string;
  readonly problem: string;
}

function validate(answers: readonly object[]): Problem[] {
  const input = answers.map((answer) => JSON.stringify(answer)).join('\n');
  const { status, stdout, stderr } = spawnSync(python!, [join(import.meta.dirname, 'validate.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 27,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Problem[];
}

const endpointState = (path: string, state: string, ...operations: string[]): Problem[] =>
  operations.map((operation) => ({ service: 'ec2', operation, path, problem: `is none of the values of State: ${state}` }));

/** Where AWS itself does not keep to the models, and why these differences are right. */
const known: readonly Problem[] = [
  // The EC2 API Reference says of an internet gateway's attachment: `available` when attached. The enum is that of other attachments.
  {
    service: 'ec2',
    operation: 'DescribeInternetGateways',
    path: '.InternetGateways[].Attachments[].State',
    problem: 'is none of the values of AttachmentStatus: available',
  },
  // The models write the states of endpoints with a capital letter; the CLI's own examples, taken from the wire, do not.
  ...endpointState('.VpcEndpoint.State', 'pendingAcceptance', 'CreateVpcEndpoint'),
  ...endpointState('.VpcEndpoint.State', 'pending', 'CreateVpcEndpoint'),
  ...endpointState('.VpcEndpoint.State', 'available', 'CreateVpcEndpoint'),
  ...endpointState('.VpcEndpoints[].State', 'available', 'DescribeVpcEndpoints'),
  ...endpointState('.VpcEndpoints[].State', 'rejected', 'DescribeVpcEndpoints'),
  ...endpointState('.VpcEndpointConnections[].VpcEndpointState', 'pendingAcceptance', 'DescribeVpcEndpointConnections'),
  // Only public zones have name servers, and only a call with a marker gets it back, as Route 53's own examples show.
  { service: 'route53', operation: 'CreateHostedZone', path: '.DelegationSet', problem: 'is required' },
  { service: 'route53', operation: 'ListHostedZones', path: '.Marker', problem: 'is required' },
];

const asText = ({ service, operation, path, problem }: Problem): string => `${service}:${operation} ${path} ${problem}`;
const texts = (problems: readonly Problem[]): string[] => [...new Set(problems.map(asText))].sort();

describe('botocore', () => {
  maybe(
    `finds each answer as its models describe it, or as AWS is known to differ from them${reason}`,
    () => {
      expect(texts(validate(played.answers))).toEqual(texts(known));
    },
    60_000,
  );

  maybe(`finds what is wrong${reason}`, () => {
    const answer = (service: string, operation: string, body: string, rest: object = {}) => ({
      service,
      operation,
      status: 200,
      headers: {},
      body,
      ...rest,
    });
    const vpc = (inner: string) =>
      answer('ec2', 'CreateVpc', `<CreateVpcResponse><requestId>1</requestId><vpc>${inner}</vpc></CreateVpcResponse>`);
    const gateway = (body: object) => answer('vpc-lattice', 'GetResourceGateway', JSON.stringify(body));
    const refused = (code: string, status: number) =>
      answer('ram', 'GetResourceShares', JSON.stringify({ __type: code, message: 'no' }), {
        status,
        headers: { 'x-amzn-errortype': code },
      });
    const broken = [
      vpc('<vpcID>vpc-1</vpcID>'),
      vpc('<state>gone</state>'),
      vpc('<isDefault>True</isDefault>'),
      vpc('<tagSet><member/></tagSet>'),
      answer('ec2', 'CreateVpc', '<CreateVpcResponse/>'),
      answer('ec2', 'CreateVpc', 'nothing'),
      gateway({ id: 'rgw-1', createdAt: 5, more: 1 }),
      refused('UnknownResourceException', 404),
      refused('HostedZoneNotFound', 400),
      answer('route53', 'GetChange', '<GetChangeResponse><ChangeInfo><Id>C1</Id><Status>DONE</Status></ChangeInfo></GetChangeResponse>'),
    ];
    expect(validate(broken).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      '.Vpc.vpcID is unknown',
      '.Vpc.State is none of the values of VpcState: gone',
      '.Vpc.IsDefault is no boolean: True',
      '.Vpc.Tags.member stands among items called item',
      '.requestId is missing',
      expect.stringMatching(/^ cannot be read: /),
      '.id does not match rgw-[0-9a-z]{17}: rgw-1',
      '.id has the length 5, not from 21 to 21',
      '.createdAt is no timestamp: 5',
      '.more is unknown',
      ' UnknownResourceException has the status 404, not 400',
      ' HostedZoneNotFound is none of the errors of the operation',
      '.ChangeInfo.Status is none of the values of ChangeStatus: DONE',
      '.ChangeInfo.SubmittedAt is required',
    ]);
  });
});
