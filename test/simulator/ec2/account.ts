import type * as ec2 from '@aws-sdk/client-ec2';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ApiError, type Operations } from '../../../src/simulator/service.ts';
import { serviceWires } from '../../../src/simulator/services.ts';
import type { SettingsChange } from '../../../src/simulator/world/settings.ts';
import { World } from '../../../src/simulator/world/world.ts';
import type { InputOf, OperationOf, OutputOf } from '../sdk-types.ts';

type Sdk = typeof ec2;
type OperationName = OperationOf<Sdk>;
type Input<Name extends OperationName> = InputOf<Sdk, Name>;
type Output<Name extends OperationName> = OutputOf<Sdk, Name>;

/** One caller: an account in a region, calling the handlers themselves in the SDK's types. */
export interface Caller {
  <Name extends OperationName>(operation: Name, input: Input<Name>): Output<Name>;
  readonly accountId: string;
  readonly region: string;
  /** The code and message with which AWS refuses the call; undefined where it does not. */
  refused<Name extends OperationName>(operation: Name, input: Input<Name>): { code: string; message: string } | undefined;
  code<Name extends OperationName>(operation: Name, input: Input<Name>): string | undefined;
}

export interface Aws {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly operations: Operations;
  caller(accountId?: string, region?: string): Caller;
}

const ec2Wire = serviceWires.find(({ signingName }) => signingName === 'ec2')!;

export const [one, two] = ['111122223333', '444455556666'];

/** An AWS of the test's own, at 2026-01-01, that stands still until the test moves its clock. */
export function aws(settings: SettingsChange = {}): Aws {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(7), settings });
  const operations = ec2Operations(world);
  return {
    clock,
    world,
    operations,
    caller(accountId = one, region = 'us-west-2') {
      const context = { accountId, region, callerArn: `arn:aws:iam::${accountId}:root` };
      // An answer that the wire has no place for is wrong, even where nobody looks at the wire.
      const call = (name: string, input: unknown): never => {
        const output = operations[name]!(input as never, context);
        ec2Wire.protocol.writeOutput(name, output, 'request');
        return output as never;
      };
      const refused = (name: string, input: unknown): { code: string; message: string } | undefined => {
        try {
          call(name, input);
          return undefined;
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          return { code: error.code, message: error.message };
        }
      };
      return Object.assign(call, {
        accountId,
        region,
        refused,
        code: (name: string, input: unknown) => refused(name, input)?.code,
      }) as unknown as Caller;
    },
  };
}

/** A VPC of the caller's. */
export function vpc(caller: Caller, cidr: string): string {
  return caller('CreateVpc', { CidrBlock: cidr }).Vpc!.VpcId!;
}

/** The VPC's main route table. */
export function mainTable(caller: Caller, vpcId: string): ec2.RouteTable {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'association.main', Values: ['true'] },
  ];
  return caller('DescribeRouteTables', { Filters: filters }).RouteTables![0]!;
}

/** The VPC's default security group. */
export function defaultGroup(caller: Caller, vpcId: string): string {
  const filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'group-name', Values: ['default'] },
  ];
  return caller('DescribeSecurityGroups', { Filters: filters }).SecurityGroups![0]!.GroupId!;
}

/** A requested peering, as far as the request: its id. */
export function request(requester: Caller, vpcId: string, accepter: Caller, peerVpcId: string): string {
  return requester('CreateVpcPeeringConnection', {
    VpcId: vpcId,
    PeerVpcId: peerVpcId,
    PeerOwnerId: accepter.accountId,
    PeerRegion: accepter.region,
  }).VpcPeeringConnection!.VpcPeeringConnectionId!;
}

/** An active peering. */
export async function peer(
  { clock }: Aws,
  { requester, vpcId, accepter = requester, peerVpcId }: { requester: Caller; vpcId: string; accepter?: Caller; peerVpcId: string },
): Promise<string> {
  const id = request(requester, vpcId, accepter, peerVpcId);
  await clock.advance(1_000);
  accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
  await clock.advance(2_000);
  return id;
}

/** The peering as the caller is shown it. */
export function shownPeering(caller: Caller, id: string): ec2.VpcPeeringConnection | undefined {
  const filters = [{ Name: 'vpc-peering-connection-id', Values: [id] }];
  return caller('DescribeVpcPeeringConnections', { Filters: filters }).VpcPeeringConnections![0];
}

/** The peering's state as the caller is shown it; undefined where it is not. */
export const stateOf = (caller: Caller, id: string): string | undefined => shownPeering(caller, id)?.Status?.Code;
