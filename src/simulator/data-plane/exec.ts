import type { Instance } from '../../network/model.ts';
import { allOf, called, componentOf } from '../../network/place.ts';
import type { World } from '../world/world.ts';
import { curl } from './curl.ts';
import { dig } from './dig.ts';
import { ExecError } from './exec-error.ts';
import { UsageError } from './options.ts';
import { ping } from './ping.ts';
import { traceroute } from './traceroute.ts';
import { type Ended, type Tool, vantageOf } from './vantage.ts';

/** What is to be run, and where. */
export interface ExecRequest {
  /** An id, or the tag Name of one instance. */
  readonly instance: string;
  /** The tool and its arguments. */
  readonly command: readonly string[];
  /** Variables of its environment: `https_proxy` … */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface ExecAnswer extends Ended {
  /** Why it turned out so: what DNS said, and which way packets took or where they were stopped. */
  readonly explanation: readonly string[];
}

const tools: Readonly<Record<string, Tool>> = { curl, dig, ping, traceroute };

/** What a shell ends with where there is no such command. */
const noSuchCommand = 127;
/** What a tool ends with that cannot use its options; dig has a code of its own. */
const usageCodes: Readonly<Record<string, number>> = { dig: 1 };
const usageCode = 2;

/** The instance that runs and has this id or name. @throws ExecError */
function instanceNamed(world: World, text: string): Instance {
  const all = [...allOf(world.network(), 'instances')];
  const byId = all.filter(({ instanceId }) => instanceId === text);
  const named = byId.length > 0 ? byId : all.filter(({ tags, state }) => tags.Name === text && state !== 'terminated');
  const nameAll = (instances: readonly Instance[]): string =>
    instances.map((one) => called(componentOf('instance', one.instanceId, one))).join(', ');
  if (named.length > 1) throw new ExecError(`more than one instance is called ${text}: ${nameAll(named)}; name one by its id`);
  const [found] = named;
  if (!found) {
    const running = all.filter(({ state }) => state === 'running');
    throw new ExecError(
      `there is no instance ${text}; ${running.length > 0 ? `there are ${nameAll(running.slice(0, 20))}` : 'there are none'}`,
    );
  }
  if (found.state !== 'running') throw new ExecError(`instance ${nameAll([found])} is ${found.state}, not running`);
  return found;
}

/**
 * Runs `ping`, `curl`, `dig` or `traceroute` on an instance of the world, as it stands: nothing takes time, and nothing changes.
 *
 * @throws ExecError where there is no such instance, or it does not run
 */
export function execOn(world: World, { instance, command, env = {} }: ExecRequest): ExecAnswer {
  world.catchUp();
  const [name = '', ...args] = command;
  const explanation: string[] = [];
  const vantage = vantageOf(world, instanceNamed(world, instance), { env, explanation });
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) {
    const stderr = `${name}: there is no such command on simulated instances; there are ${Object.keys(tools).join(', ')}\n`;
    return { stdout: '', stderr, exitCode: noSuchCommand, explanation };
  }
  try {
    return { ...tool(vantage, args), explanation };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { stdout: '', stderr: `${error.message}\n`, exitCode: usageCodes[name] ?? usageCode, explanation };
  }
}

/**
 * Reads what came over the wire.
 *
 * @throws ExecError naming the field, what was found there and what would be right
 */
export function readExecRequest(data: unknown): ExecRequest {
  const wrong = (field: string, found: unknown, right: string): ExecError =>
    new ExecError(`${field}: found ${found === undefined ? 'nothing' : JSON.stringify(found)}; it must be ${right}`);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new ExecError('the request must be an object with the fields instance, command, env');
  }
  const { instance, command, env = {}, ...more } = data as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw new ExecError(`there is no field ${unknown}; the fields are instance, command, env`);
  if (typeof instance !== 'string' || instance === '') throw wrong('instance', instance, 'the id of an instance or its tag Name');
  const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (!isTexts(command) || command.length === 0) throw wrong('command', command, `a list of texts such as ["ping", "-c", "1", "10.0.0.1"]`);
  if (typeof env !== 'object' || env === null || !isTexts(Object.values(env)) || Array.isArray(env)) {
    throw wrong('env', env, 'an object of texts such as {"https_proxy": "http://proxy.egress.internal:3128"}');
  }
  return { instance, command, env: env as Record<string, string> };
}
