import { closeSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parseDocument } from 'yaml';
import type { Ambient } from '../ambient/ambient.ts';
import { fastClock } from '../ambient/clock.ts';
import { seededRandom } from '../ambient/random.ts';
import { FaultRuleError } from '../simulator/faults.ts';
import { type ListeningSimulator, listen } from '../simulator/http-server.ts';
import { simulatorOf } from '../simulator/simulator-of-world.ts';
import { World } from '../simulator/world.ts';
import { loadWorld, WorldFileError } from '../simulator/world-file/load.ts';
import { positiveNumber, wholeNumber } from './arguments.ts';
import { execCommand } from './simulate-exec.ts';

interface SimulateOptions {
  readonly port: number;
  readonly host: string;
  readonly world?: string;
  readonly seed?: number;
  readonly speed: number;
  readonly faults?: string;
  readonly throttling: boolean;
  readonly record?: string;
}

/** `isthmus simulate`: serves the simulated AWS over HTTP until it is stopped. Exits 1 where a file or the port is no good. */
export function simulateCommand(ambient: Ambient): Command {
  return new Command('simulate')
    .description('Serves a simulated AWS at one endpoint, for every account and region: EC2, VPC Lattice, RAM, Route 53 and STS.')
    .enablePositionalOptions()
    .addCommand(execCommand())
    .option('--port <number>', 'TCP port to listen at; 0 for any that is free', wholeNumber(0, 65_535), 4566)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--world <file>', 'YAML file of what is there at the start; without one, nothing is')
    .option('--seed <number>', 'make ids and chance the same in every run', wholeNumber(0, 2 ** 32 - 1))
    .option('--speed <number>', 'how many times as fast time passes in AWS', positiveNumber(), 1)
    .option('--faults <file>', 'YAML or JSON file of the faults to make')
    .option('--no-throttling', "leave out EC2's token buckets")
    .option('--record <file>', 'write every call to this file, one JSON object a line')
    .addHelpText('after', faultsHelp)
    .action(async (options: SimulateOptions) => {
      try {
        await simulate(options, ambient);
      } catch (error) {
        if (!isTheirs(error)) throw error;
        process.stderr.write(`isthmus simulate: ${error.message}\n`);
        process.exitCode = 1;
      }
    });
}

const faultsHelp = `
A file of faults is a list such as:
  - { operation: "ec2:Create*", every: 3, effect: { error: { code: InternalError, httpStatus: 500 } } }
  - { operation: CreateRoute, accountId: "111122223333", region: eu-west-1, nth: 1, effect: { loseAnswer: true } }
  - { operation: "Describe*", probability: 0.1, effect: { delayMs: 2000 } }
Other effects are deny, throttle, loseRequest, hang (nothing happens, and no answer ever comes) and hangAnswer (it happens,
and no answer ever comes). They can be changed with PUT /_isthmus/faults, too.`;

async function simulate(options: SimulateOptions, ambient: Ambient): Promise<void> {
  const clock = options.speed === 1 ? ambient.clock : fastClock(options.speed, ambient.clock);
  const random = options.seed === undefined ? ambient.random : seededRandom(options.seed);
  const world = new World({ clock, random });
  if (options.world !== undefined) loadWorld(await readFile(options.world, 'utf8'), options.world, world);
  const recordFile = options.record === undefined ? undefined : openSync(options.record, 'w');
  const simulator = simulatorOf(world, {
    clock,
    random,
    throttling: options.throttling,
    onCall: recordFile === undefined ? undefined : (call) => writeSync(recordFile, `${JSON.stringify(call)}\n`),
  });
  if (options.faults !== undefined) simulator.orderFaults(await readFaultsFile(options.faults));
  const listening = await listen(simulator, options);
  process.stdout.write(directions(listening, world));
  await stopped();
  await listening.close();
  if (recordFile !== undefined) closeSync(recordFile);
}

/** Files, ports and rules that are not right are the caller's own; anything else is ours. */
function isTheirs(error: unknown): error is Error {
  return error instanceof WorldFileError || error instanceof FaultRuleError || (error instanceof Error && 'syscall' in error);
}

async function readFaultsFile(file: string): Promise<unknown> {
  const document = parseDocument(await readFile(file, 'utf8'));
  const [problem] = document.errors;
  if (problem) throw new FaultRuleError(`${file}: ${problem.message}`);
  return document.toJS();
}

function directions({ url }: ListeningSimulator, world: World): string {
  const [first] = world.network();
  const region = first?.region ?? 'eu-west-1';
  return `AWS is simulated at ${url}, for every account and region, until you press Ctrl-C.

  export AWS_ENDPOINT_URL=${url}
  export AWS_ACCESS_KEY_ID=${first?.accountId ?? '111122223333'}   # the account: any twelve digits
  export AWS_SECRET_ACCESS_KEY=x
  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  aws ec2 describe-vpcs

What was called: ${url}/_isthmus/record   What is there: ${url}/_isthmus/state
On an instance: isthmus simulate exec --endpoint ${url} <instance> -- ping -c 1 <address>
`;
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
