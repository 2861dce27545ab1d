import { EC2Client } from '@aws-sdk/client-ec2';
import { RAMClient } from '@aws-sdk/client-ram';
import { VPCLatticeClient } from '@aws-sdk/client-vpc-lattice';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import type { SettingsChange } from '../../src/simulator/world/settings.ts';
import { World } from '../../src/simulator/world/world.ts';

export const [provider, consumer] = ['111122223333', '444455556666'];

/** The SDK's real clients of one account in one region. */
export interface Account {
  readonly ec2: EC2Client;
  readonly lattice: VPCLatticeClient;
  readonly ram: RAMClient;
}

export interface ClientsAndWorld {
  readonly clock: VirtualClock;
  readonly world: World;
  account(accountId?: string, region?: string): Account;
}

/** A simulated AWS on a clock that stands still, behind the SDK's clients in the same process. */
export function clientsAndWorld(settings: SettingsChange = {}): ClientsAndWorld {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(7), settings });
  const requestHandler = inProcess(simulatorOf(world, { clock, random: seededRandom(8) }));
  return {
    clock,
    world,
    account(accountId = provider, region = 'us-west-2') {
      const options = { region, credentials: { accessKeyId: accountId, secretAccessKey: 'x' }, requestHandler, maxAttempts: 1 };
      return { ec2: new EC2Client(options), lattice: new VPCLatticeClient(options), ram: new RAMClient(options) };
    },
  };
}

/** How AWS refuses a call: its exception's name, HTTP status and modelled fields. */
export interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
  readonly [field: string]: unknown;
}

/** What AWS throws; fails where it does not. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata, ...fields } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, status: $metadata?.httpStatusCode, ...fields };
  }
  throw new Error('AWS did not refuse');
}
