import type { Listener } from '../../network/model.ts';
import type { InternetHostRecord } from '../world/records.ts';
import { type End, nameOfInstance } from './vantage.ts';

/** What answers at a port. */
export type Server =
  | { readonly kind: 'web'; readonly tls: boolean; readonly says: string }
  /** A service of AWS's: whoever has not signed a request is told so. */
  | { readonly kind: 'aws'; readonly tls: boolean; readonly service: string }
  | { readonly kind: 'proxy' }
  | { readonly kind: 'ssh' }
  /** It takes no connections at this port. */
  | { readonly kind: 'none' };

/** An answer by HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const [sshPort, tlsPort, squidPort] = [22, 443, 3128];

/** What a port stands for where nothing else is said of it: Squid's is a proxy, SSH's is SSH, and others are the web. */
function listening(name: string, { port, http, proxy }: Listener): Server {
  if (proxy ?? (port === squidPort && http === undefined)) return { kind: 'proxy' };
  if (port === sshPort && http === undefined) return { kind: 'ssh' };
  return { kind: 'web', tls: port === tlsPort, says: http ?? `${name}\n` };
}

const ofHost = ({ id, ports, http }: InternetHostRecord, port: number): Server =>
  ports.includes(port) ? listening(id, { protocol: 'tcp', port, http }) : { kind: 'none' };

/** What answers at the end of a way that a connection has come. */
export function serverAt(end: End, port: number): Server {
  switch (end.kind) {
    case 'instance': {
      const listens = end.instance.listens?.find((one) => one.protocol === 'tcp' && one.port === end.port);
      return listening(nameOfInstance(end.instance), listens ?? { protocol: 'tcp', port: end.port });
    }
    case 'host':
      return ofHost(end.host, port);
    case 'service':
      return port === 80 || port === tlsPort ? { kind: 'aws', tls: port === tlsPort, service: end.service.name } : { kind: 'none' };
    case 'somebody':
      return listening('somebody on the internet', { protocol: 'tcp', port });
  }
}

/** An answer with a text for a body. */
export function httpAnswer(
  status: number,
  reason: string,
  { server, type = 'text/plain', body }: { server: string; type?: string; body: string },
): HttpAnswer {
  const headers = [
    ['Server', server],
    ['Content-Type', type],
    ['Content-Length', String(Buffer.byteLength(body))],
  ] as const;
  return { status, reason, headers, body };
}

/** What a web server, or a service of AWS's, says to a request without a signature. */
export function answerOf(server: Extract<Server, { kind: 'web' | 'aws' }>): HttpAnswer {
  if (server.kind === 'web') return httpAnswer(200, 'OK', { server: 'isthmus', body: server.says });
  const code = server.service.endsWith('.s3') ? 'AccessDenied' : 'MissingAuthenticationToken';
  const message = server.service.endsWith('.s3') ? 'Access Denied' : 'Request is missing Authentication Token';
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>\n`;
  return httpAnswer(403, 'Forbidden', { server: 'AmazonEC2', type: 'application/xml', body });
}
