import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtualClock } from '../ambient/virtual-clock.ts';
import type { AwsSimulator } from './aws-simulator.ts';
import { ExecError } from './data-plane/exec-error.ts';
import { FaultRuleError } from './faults.ts';
import type { WireAnswer, WireRequest } from './wire/protocol.ts';

/** A simulator that listens. */
export interface ListeningSimulator {
  /** `http://127.0.0.1:4566` */
  readonly url: string;
  /** Stops at once; calls in hand are broken off. */
  close(): Promise<void>;
}

/** More than any request to AWS's control planes may have. */
const longestBody = 4 * 1024 * 1024;

/**
 * Serves a simulator over HTTP: every service, account and region at one endpoint, and its own affairs under `/_isthmus/`.
 *
 * @param port 0 for any that is free
 * @throws Error where the port cannot be had (`EADDRINUSE` …)
 */
export async function listen(simulator: AwsSimulator, { port, host }: { port: number; host: string }): Promise<ListeningSimulator> {
  const server = createServer((incoming, outgoing) => {
    // It fails where the connection is to break, or where the caller has broken it.
    answer(simulator, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(simulator: AwsSimulator, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    outgoing.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const request: WireRequest = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: singleHeaders(incoming), body };
  const reply = await (request.path.startsWith('/_isthmus/') ? answerOwnAffairs(simulator, request) : simulator.handle(request));
  outgoing.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) }).end(reply.body);
}

/** @returns undefined where there is too much of it */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read on to the end: a caller that is still sending does not listen.
    if (length <= longestBody) chunks.push(chunk);
  }
  if (length > longestBody) return undefined;
  return Buffer.concat(chunks).toString();
}

function singleHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

async function answerOwnAffairs(simulator: AwsSimulator, request: WireRequest): Promise<WireAnswer> {
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
      return json(200, simulator.dump() ?? null);
    case 'POST /_isthmus/exec':
      return exec(simulator, request.body);
    case 'POST /_isthmus/advance':
      return advance(simulator, searchParams.get('ms'));
    default:
      return json(404, { error: `there is no ${request.method} ${pathname}` });
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
