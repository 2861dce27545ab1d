import type { CreateVpcCommandInput, DescribeVpcsCommandInput, DescribeVpcsResult, Vpc } from '@aws-sdk/client-ec2';
import { EC2Client } from '@aws-sdk/client-ec2';
import { STSClient } from '@aws-sdk/client-sts';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { AwsSimulator, type AwsSimulatorOptions } from '../../src/simulator/aws-simulator.ts';
import { type InProcessHandler, inProcess } from '../../src/simulator/request-handler.ts';
import { ApiError, type Call, type Operations } from '../../src/simulator/service.ts';
import type { WireRequest } from '../../src/simulator/wire/protocol.ts';

/** A few calls of EC2 with just enough behind them to see that a call took effect, where, and for whom. */
export function smallEc2(): Operations & { readonly vpcs: Map<string, Vpc[]> } {
  const vpcs = new Map<string, Vpc[]>();
  const operations: Operations = {
    CreateVpc(input: CreateVpcCommandInput, call: Call) {
      if (input.DryRun) throw new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { httpStatus: 412 });
      const place = `${call.accountId} ${call.region}`;
      const there = vpcs.get(place) ?? [];
      const vpc: Vpc = { VpcId: `vpc-${there.length + 1}`, CidrBlock: input.CidrBlock, OwnerId: call.accountId, Tags: [] };
      vpcs.set(place, [...there, vpc]);
      return { Vpc: vpc };
    },
    DescribeVpcs(input: DescribeVpcsCommandInput, call: Call): DescribeVpcsResult {
      const there = vpcs.get(`${call.accountId} ${call.region}`) ?? [];
      for (const id of input.VpcIds ?? []) {
        if (!there.some(({ VpcId }) => VpcId === id)) {
          throw new ApiError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
        }
      }
      return { Vpcs: there.filter(({ VpcId }) => input.VpcIds?.includes(VpcId!) ?? true) };
    },
    DeleteVpc: () => ({}),
    DescribeRegions() {
      throw new TypeError('a slip in the simulator');
    },
  };
  return Object.defineProperty(operations, 'vpcs', { value: vpcs, enumerable: false }) as Operations & { vpcs: Map<string, Vpc[]> };
}

export interface SmallAws {
  readonly clock: VirtualClock;
  readonly vpcs: Map<string, Vpc[]>;
  readonly simulator: AwsSimulator;
  /** What the simulator has reported as faults of its own. */
  readonly bugs: { description: string; error: unknown }[];
  readonly handler: InProcessHandler;
  ec2(accessKeyId?: string, region?: string): EC2Client;
  sts(accessKeyId?: string, region?: string): STSClient;
}

/** A simulator with {@link smallEc2}, on a clock that stands still, and the SDK's clients for it. */
export function smallAws(options: Partial<AwsSimulatorOptions> = {}): SmallAws {
  const clock = new VirtualClock();
  const ec2 = smallEc2();
  const bugs: SmallAws['bugs'] = [];
  const onBug = (description: string, error: unknown) => bugs.push({ description, error });
  const simulator = new AwsSimulator({ clock, random: seededRandom(1), ec2, onBug, ...options });
  const handler = inProcess(simulator);
  const settings = (accessKeyId: string, region: string) => ({
    region,
    credentials: { accessKeyId, secretAccessKey: 'x' },
    requestHandler: handler,
    maxAttempts: 1,
  });
  return {
    clock,
    vpcs: ec2.vpcs,
    simulator,
    bugs,
    handler,
    ec2: (accessKeyId = '111122223333', region = 'eu-west-1') => new EC2Client(settings(accessKeyId, region)),
    sts: (accessKeyId = '111122223333', region = 'eu-west-1') => new STSClient(settings(accessKeyId, region)),
  };
}

/** A signed form as it stands on the wire. */
export function form(body: string, { key = '111122223333', region = 'eu-west-1', service = 'ec2', token = '' } = {}): WireRequest {
  return {
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`,
      ...(token === '' ? {} : { 'x-amz-security-token': token }),
    },
    body,
  };
}

/** What an XML answer says its error is. */
export function errorOf(body: string): { code: string | undefined; message: string | undefined } {
  return { code: /<Code>(.*?)<\/Code>/.exec(body)?.[1], message: /<Message>(.*?)<\/Message>/s.exec(body)?.[1] };
}
