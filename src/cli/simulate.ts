import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { parseDocument } from 'yaml';
import type { Ambient } from '../ambient/ambient.ts';
import { fastClock } from '../ambient/clock.ts';
import { seededRandom } from '../ambient/random.ts';
import { FaultRuleError } from '../simulator/calls/faults.ts';
import { type ListeningSimulator, listen } from '../simulator/http-server.ts';
import { simulatorOf } from '../simulator/simulator-of-world.ts';
import { readState, SavedStateError, type SimulatedAws, writeState } from '../simulator/world/saved-state.ts';
import type { SettingsChange } from '../simulator/world/settings.ts';
import { World } from '../simulator/world/world.ts';
import { loadWorld, WorldFileError } from '../simulator/world-file/load.ts';
import { positiveNumber, wholeNumber } from './arguments.ts';
import { execCommand } from './simulate-exec.ts';
import { writeWhole } from './state-file.ts';

interface SimulateOptions {
  readonly port: number;
  readonly host: string;
  readonly world?: string;
  readonly seed?: number;
  readonly speed: number;
  readonly faults?: string;
  readonly throttling: boolean;
  readonly record?: string;
  readonly load?: string;
  readonly save?: string;
  readonly lag?: number;
  readonly lagReads?: number;
  readonly tagIndexLag?: number;
  readonly newIdUnknown?: number;
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
    .addOption(new Option('--load <file>', 'go on from a state that was saved, with its seed and its faults').conflicts(['world', 'seed']))
    .option('--save <file>', 'keep the state in this file, at the end and at every POST /_isthmus/save')
    .option('--lag <ms>', 'how far reads lie behind writes', positiveNumber())
    .option('--lag-reads <number>', 'how many reads of a thing miss what is new about it', wholeNumber(0, 1_000_000))
    .option('--tag-index-lag <ms>', 'how far filters by tags lie behind', positiveNumber())
    .option('--new-id-unknown <ms>', 'for how long a new id is unknown to calls that it is given to', positiveNumber())
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
  - { operation: DescribeVpcs, effect: { settings: { pageSize: 1, emptyFirstPage: true } } }
  - { operation: CreateVpc, accountId: "111122223333", effect: { settings: { quotas: { vpcsPerRegion: 1 } } } }
Which calls: operation (with * for any letters), accountId, region. Which of these: nth, every, probability (from --seed). What happens:
  error         AWS answers with this code (and message, httpStatus): 500 InternalError, 503 Unavailable …, and nothing happens
  deny, expire  the caller may not do this; the caller's credentials have expired
  throttle      too many calls
  settings      it is as though quotas, pageSize, emptyFirstPage or newIdUnknownMs were so
  loseRequest, loseAnswer   the connection breaks: before anything happens, or after it has happened
  hang, hangAnswer          no answer ever comes: nothing happens, or it has happened
  delayMs       it happens so much later
Faults can be changed with PUT /_isthmus/faults, and how this AWS behaves else (delays, lags, quotas, pages) with PUT /_isthmus/settings.`;

async function simulate(options: SimulateOptions, ambient: Ambient): Promise<void> {
  const clock = options.speed === 1 ? ambient.clock : fastClock(options.speed, ambient.clock);
  // Always a seed, so that chance can be kept with the rest.
  const random = seededRandom(options.seed ?? Math.floor(ambient.random() * 2 ** 32));
  const world = new World({ clock, random });
  if (options.world !== undefined) loadWorld(await readFile(options.world, 'utf8'), options.world, world);
  // Better now than at the end of a long day.
  if (options.save !== undefined) await access(dirname(options.save), constants.W_OK);
  const recordFile = options.record === undefined ? undefined : openSync(options.record, 'w');
  const simulator = simulatorOf(world, {
    clock,
    random,
    throttling: options.throttling,
    onCall: recordFile === undefined ? undefined : (call) => writeSync(recordFile, `${JSON.stringify(call)}\n`),
  });
  if (options.load !== undefined) readState(await readFile(options.load, 'utf8'), options.load, { world, simulator });
  world.configure(lagsOf(options));
  if (options.faults !== undefined) simulator.orderFaults(await readFaultsFile(options.faults));
  const save = options.save === undefined ? undefined : () => keep(options.save!, { world, simulator });
  const listening = await listen(simulator, { ...options, save });
  // Before anybody knows of it, so that whoever does can end it.
  const end = stopped();
  process.stdout.write(directions(listening, world));
  await end;
  await listening.close();
  await save?.();
  if (recordFile !== undefined) closeSync(recordFile);
}

async function keep(file: string, aws: SimulatedAws): Promise<string> {
  await writeWhole(file, writeState(aws));
  return file;
}

/** What the command line says of lags goes before what a file says. */
function lagsOf({ lag, lagReads, tagIndexLag, newIdUnknown }: SimulateOptions): SettingsChange {
  return {
    ...(lag !== undefined && { lagMs: lag }),
    ...(lagReads !== undefined && { lagReads }),
    ...(tagIndexLag !== undefined && { tagIndexLagMs: tagIndexLag }),
    ...(newIdUnknown !== undefined && { newIdUnknownMs: newIdUnknown }),
  };
}

/** Files, ports and rules that are not right are the caller's own; anything else is ours. */
function isTheirs(error: unknown): error is Error {
  const theirs = [WorldFileError, FaultRuleError, SavedStateError];
  return theirs.some((kind) => error instanceof kind) || (error instanceof Error && 'syscall' in error);
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
