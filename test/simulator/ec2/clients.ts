import * as ec2 from '@aws-sdk/client-ec2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import type { AwsSimulator } from '../../../src/simulator/aws-simulator.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import type { SettingsChange } from '../../../src/simulator/world/settings.ts';
import { World } from '../../../src/simulator/world/world.ts';

/** A simulated AWS of the test's own, on a clock that stands still, and the SDK's own clients for it. */
export interface ClientAws {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly simulator: AwsSimulator;
  ec2(accountId?: string, region?: string): ec2.EC2Client;
  route53(accountId?: string): Route53Client;
}

export const [consumer, provider] = ['111122223333', '444455556666'];

export function clientAws(settings: SettingsChange = {}): ClientAws {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(7), settings });
  const simulator = simulatorOf(world, { clock, random: seededRandom(8) });
  const handler = inProcess(simulator);
  const options = (accountId: string, region: string) => ({
    region,
    credentials: { accessKeyId: accountId, secretAccessKey: 'x' },
    requestHandler: handler as never,
    maxAttempts: 1,
  });
  return {
    clock,
    simulator,
    world,
    ec2: (accountId = consumer!, region = 'us-west-2') => new ec2.EC2Client(options(accountId, region)),
    route53: (accountId = consumer!) => new Route53Client(options(accountId, 'us-east-1')),
  };
}

/** The code with which AWS refuses the call; undefined where it does not. */
export async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Code and message with which AWS refuses the call. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'not refused';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** A VPC with DNS as private DNS needs it, and one subnet in each of some zones. */
export interface Network {
  readonly vpcId: string;
  readonly tableId: string;
  readonly groupId: string;
  readonly subnetIds: readonly string[];
}

export async function network(client: ec2.EC2Client, { cidr = '10.0.0.0/16', zones = ['usw2-az1', 'usw2-az2'] } = {}): Promise<Network> {
  const VpcId = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: cidr }))).Vpc!.VpcId!;
  await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  const subnetIds: string[] = [];
  for (const [index, AvailabilityZoneId] of zones.entries()) {
    const CidrBlock = cidr.replace(/\d+\.0\/16$/, `${index}.0/24`);
    const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZoneId }));
    subnetIds.push(Subnet!.SubnetId!);
  }
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }));
  const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }));
  return { vpcId: VpcId, tableId: RouteTables![0]!.RouteTableId!, groupId: SecurityGroups![0]!.GroupId!, subnetIds };
}
