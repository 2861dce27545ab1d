import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AwsSimulator } from './aws-simulator.ts';
import { answerOwnAffairs, type SaveState } from './own-affairs.ts';
import type { WireRequest } from './wire/protocol.ts';

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
 * @param save where the state is to be kept when somebody asks for it
 * @throws Error where the port cannot be had (`EADDRINUSE` …)
 */
export async function listen(
  simulator: AwsSimulator,
  { port, host, save }: { port: number; host: string; save?: SaveState | undefined },
): Promise<ListeningSimulator> {
  const server = createServer((incoming, outgoing) => {
    // It fails where the connection is to break, or where the caller has broken it.
    answer({ simulator, save }, incoming, outgoing).catch(() => outgoing.destroy());
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

async function answer(
  { simulator, save }: { simulator: AwsSimulator; save: SaveState | undefined },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    outgoing.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const request: WireRequest = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers: singleHeaders(incoming), body };
  const reply = await (request.path.startsWith('/_isthmus/') ? answerOwnAffairs(simulator, request, save) : simulator.handle(request));
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
