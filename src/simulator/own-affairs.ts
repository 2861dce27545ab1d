import { VirtualClock } from '../ambient/virtual-clock.ts';
import type { AwsSimulator } from './aws-simulator.ts';
import { FaultRuleError } from './calls/faults.ts';
import { ExecError } from './data-plane/exec-error.ts';
import { publishTxtRecord, withdrawTxtRecord } from './vpc-lattice/domain-verifications.ts';
import type { WireAnswer, WireRequest } from './wire/protocol.ts';
import { writeState } from './world/saved-state.ts';
import type { World } from './world/world.ts';
import { pathText, problemOf } from './world-file/problems.ts';
import { readSettings, SettingsError } from './world-file/settings.ts';
import { publicTxtRecords } from './world-file/txt-records.ts';

/** Keeps the state somewhere, and says where. */
export type SaveState = () => Promise<string>;

/** Answers a request for something under `/_isthmus/`: what is the simulator's own, and not AWS's. */
export async function answerOwnAffairs(simulator: AwsSimulator, request: WireRequest, save?: SaveState): Promise<WireAnswer> {
  const { world } = simulator;
  const { pathname, searchParams } = new URL(request.path, 'http://simulator');
  switch (`${request.method} ${pathname}`) {
    case 'GET /_isthmus/health':
      return json(200, { status: 'ok' });
    case 'GET /_isthmus/record': {
      const calls = searchParams.has('writes') ? simulator.record.writes() : simulator.record.calls();
      return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: simulator.record.toJsonLines(calls) };
    }
    case 'GET /_isthmus/faults':
      return json(200, { faults: simulator.faults });
    case 'PUT /_isthmus/faults':
      return orderFaults(simulator, request.body);
    case 'GET /_isthmus/state':
      // On lines of their own, differences show.
      return { ...json(200, null), body: `${JSON.stringify(simulator.dump() ?? null, undefined, 2)}\n` };
    case 'GET /_isthmus/snapshot':
      return world ? { ...json(200, null), body: writeState({ world, simulator }) } : noWorld;
    case 'POST /_isthmus/save':
      return save ? keep(save) : json(409, { error: 'no file to save to was given at the start (--save)' });
    case 'GET /_isthmus/settings':
      return world ? json(200, world.settings) : noWorld;
    case 'PUT /_isthmus/settings':
      return world ? changeSettings(world, request.body) : noWorld;
    case 'PUT /_isthmus/txt-records':
      return world ? publish(world, request.body) : noWorld;
    case 'POST /_isthmus/exec':
      return exec(simulator, request.body);
    case 'POST /_isthmus/advance':
      return advance(simulator, searchParams.get('ms'));
    default:
      return json(404, { error: `there is no ${request.method} ${pathname}` });
  }
}

const noWorld = json(501, { error: 'there is no whole world behind this simulator' });

async function keep(save: SaveState): Promise<WireAnswer> {
  try {
    return json(200, { saved: await save() });
  } catch (error) {
    return json(500, { error: (error as Error).message });
  }
}

function changeSettings(world: World, body: string): WireAnswer {
  try {
    world.configure(readSettings(JSON.parse(body), world.collectionNames));
    return json(200, world.settings);
  } catch (error) {
    if (error instanceof SettingsError || error instanceof SyntaxError) return json(400, { error: error.message });
    throw error;
  }
}

/** TXT records that the whole world can resolve, by name; an empty list takes a record away. */
function publish(world: World, body: string): WireAnswer {
  try {
    const read = publicTxtRecords.safeParse(JSON.parse(body));
    if (!read.success) {
      const { path, message } = problemOf(read.error);
      return json(400, { error: `${pathText(path)}${message}` });
    }
    world.catchUp();
    for (const [name, values] of Object.entries(read.data)) {
      if (values.length > 0) publishTxtRecord(world, name, values);
      else withdrawTxtRecord(world, name);
    }
    return json(200, read.data);
  } catch (error) {
    if (error instanceof SyntaxError) return json(400, { error: error.message });
    throw error;
  }
}

function orderFaults(simulator: AwsSimulator, body: string): WireAnswer {
  try {
    simulator.orderFaults(JSON.parse(body));
    return json(200, { faults: simulator.faults });
  } catch (error) {
    if (error instanceof FaultRuleError || error instanceof SyntaxError) return json(400, { error: error.message });
    throw error;
  }
}

function exec(simulator: AwsSimulator, body: string): WireAnswer {
  try {
    const answer = simulator.exec(JSON.parse(body));
    return answer ? json(200, answer) : json(501, { error: 'this simulator has no instances to run commands on' });
  } catch (error) {
    if (error instanceof ExecError || error instanceof SyntaxError) return json(400, { error: error.message });
    return json(500, { error: 'the simulator failed in this; its log says how' });
  }
}

async function advance(simulator: AwsSimulator, ms: string | null): Promise<WireAnswer> {
  if (!(simulator.clock instanceof VirtualClock)) return json(409, { error: 'this clock cannot be moved' });
  if (ms === null || !/^\d{1,15}$/.test(ms)) return json(400, { error: 'ms: must be a whole number of milliseconds' });
  await simulator.clock.advance(Number(ms));
  return json(200, { now: new Date(simulator.clock.now()).toISOString() });
}

function json(status: number, body: unknown): WireAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(body)}\n` };
}
