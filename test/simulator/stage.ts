import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as route53 from '@aws-sdk/client-route-53';
import * as sts from '@aws-sdk/client-sts';
import * as lattice from '@aws-sdk/client-vpc-lattice';
import type { HttpRequest } from '@smithy/core/transport';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { AwsSimulator, AwsSimulatorOptions } from '../../src/simulator/aws-simulator.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import type { Call } from '../../src/simulator/service.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import type { SettingsChange } from '../../src/simulator/world/settings.ts';
import { World } from '../../src/simulator/world/world.ts';
import type { InputOf, OperationOf, OutputOf } from './sdk-types.ts';

const sdks = { ec2, ram, route53, sts, 'vpc-lattice': lattice };
const clients = {
  ec2: ec2.EC2Client,
  ram: ram.RAMClient,
  route53: route53.Route53Client,
  sts: sts.STSClient,
  'vpc-lattice': lattice.VPCLatticeClient,
};

/** A service by its signing name. */
export type Service = keyof typeof sdks;

/** An answer as it stood on the wire. */
export interface Answer {
  readonly service: Service;
  readonly operation: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Sdk<S extends Service> = (typeof sdks)[S];
type Operation<S extends Service> = OperationOf<Sdk<S>>;

/** One account's way to a service: an operation by its name, in the SDK's types. */
export interface Player<S extends Service> {
  /** Fails where AWS refuses. */
  <Name extends Operation<S>>(operation: Name, input: InputOf<Sdk<S>, Name>): Promise<OutputOf<Sdk<S>, Name>>;
  /** What AWS refuses with; fails where it does not. */
  refused<Name extends Operation<S>>(operation: Name, input: InputOf<Sdk<S>, Name>): Promise<string>;
}

/** A simulated AWS of which every answer is kept. */
export interface Stage {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly simulator: AwsSimulator;
  readonly answers: Answer[];
  /** Lets time pass until everything under way is done. */
  settle(ms?: number): Promise<void>;
  player<S extends Service>(service: S, accountId?: string, region?: string): Player<S>;
}

export const [one, two] = ['111122223333', '444455556666'] as const;
export const region = 'us-west-2';

/** Looks at a call before it is made. */
export type Probe = (attempt: { service: Service; operation: string; input: object; call: Call }) => void;

/** @param options whether the simulator throttles, what goes wrong in it, and who looks at the calls */
export function stage(
  settings: SettingsChange = {},
  { probe, ...options }: Pick<AwsSimulatorOptions, 'throttling' | 'faults'> & { probe?: Probe } = {},
): Stage {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1), settings });
  const simulator = simulatorOf(world, { clock, random: seededRandom(2), ...options });
  const answers: Answer[] = [];
  const handlerOf = (service: Service, operation: string) => {
    const handler = inProcess(simulator);
    return {
      ...handler,
      async handle(request: HttpRequest) {
        const { response } = await handler.handle(request);
        const body = Buffer.from(response.body as Uint8Array).toString();
        answers.push({ service, operation, status: response.statusCode, headers: response.headers, body });
        return { response };
      },
    };
  };
  return {
    clock,
    world,
    simulator,
    answers,
    settle: (ms = 900_000) => clock.advance(ms),
    player(service, accountId = one, inRegion = region) {
      const send = async (operation: string, input: object): Promise<never> => {
        probe?.({ service, operation, input, call: { accountId, region: inRegion, callerArn: `arn:aws:iam::${accountId}:root` } });
        const Client = clients[service] as typeof ec2.EC2Client;
        const Command = (sdks[service] as unknown as Record<string, typeof ec2.DescribeVpcsCommand>)[`${operation}Command`]!;
        const client = new Client({
          region: inRegion,
          credentials: { accessKeyId: accountId, secretAccessKey: 'x' },
          maxAttempts: 1,
          requestHandler: handlerOf(service, operation),
        });
        return (await client.send(new Command(input))) as never;
      };
      const refused = async (operation: string, input: object): Promise<string> => {
        try {
          await send(operation, input);
        } catch (error) {
          return (error as Error).name;
        }
        throw new Error(`${operation} was not refused`);
      };
      return Object.assign(send, { refused }) as never;
    },
  };
}
