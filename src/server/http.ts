import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface ServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly registry: Registry;
  /** Undefined while all is well; else why a restart is called for. */
  readonly unhealthy: () => string | undefined;
  /** Undefined once the process watches the cluster, or stands by for the lease; else what it waits for. */
  readonly unready: () => string | undefined;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`.
 *
 * @throws what Node gives where the port cannot be had
 */
export async function serve(options: ServerOptions): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const verdict = (why: string | undefined) => response.writeHead(why ? 503 : 200, { 'content-type': 'text/plain' }).end(why ?? 'ok');
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    switch (path) {
      case '/healthz':
        return verdict(options.unhealthy());
      case '/readyz':
        return verdict(options.unready());
      case '/metrics':
        return response.writeHead(200, { 'content-type': options.registry.contentType }).end(await options.registry.metrics());
      default:
        return response.writeHead(404, { 'content-type': 'text/plain' }).end('there are /healthz, /readyz and /metrics here');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
