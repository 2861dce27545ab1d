import { type HttpRequest, HttpResponse } from '@smithy/core/transport';
import { type AwsSimulator, ConnectionLost } from './aws-simulator.ts';
import type { WireRequest } from './wire/protocol.ts';

/** What the SDK hands to a request handler beside the request. */
interface HandlerOptions {
  readonly abortSignal?: object | undefined;
  readonly requestTimeout?: number | undefined;
}

/** The simulator as the SDK's `requestHandler`. */
export interface InProcessHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: HttpRequest, options?: HandlerOptions): Promise<{ response: HttpResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
  destroy(): void;
}

/**
 * Lets the SDK's real clients talk to a simulator in the same process, without sockets: `new EC2Client({ requestHandler: inProcess(simulator) })`.
 *
 * @param requestTimeoutMs how long a client waits for an answer, on the simulator's clock; by default for ever
 */
export function inProcess(simulator: AwsSimulator, { requestTimeoutMs }: { requestTimeoutMs?: number } = {}): InProcessHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },

    async handle(request, options = {}) {
      const timeoutMs = requestTimeoutMs ?? options.requestTimeout ?? 0;
      const signal = options.abortSignal as AbortSignal | undefined;
      const aborted = () => named('AbortError', 'Request aborted');
      if (signal?.aborted) throw aborted();
      const gaveUp = Promise.withResolvers<never>();
      const timer =
        timeoutMs > 0
          ? simulator.clock.after(timeoutMs, () => gaveUp.reject(named('TimeoutError', `Request did not complete within ${timeoutMs} ms`)))
          : undefined;
      const onAbort = () => gaveUp.reject(aborted());
      signal?.addEventListener('abort', onAbort, { once: true });
      try {
        const answer = await Promise.race([simulator.handle(wireRequest(request)), gaveUp.promise]);
        const body = new Uint8Array(Buffer.from(answer.body));
        return { response: new HttpResponse({ statusCode: answer.status, headers: { ...answer.headers }, body }) };
      } catch (error) {
        // The SDK's handler of Node's connections calls a reset one so, and its retries go by the name.
        throw error instanceof ConnectionLost ? Object.assign(error, { name: 'TimeoutError' }) : error;
      } finally {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      }
    },

    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
}

/** A request of the SDK's as it stands on the wire. */
export function wireRequest(request: HttpRequest): WireRequest {
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((single) => `${encodeURIComponent(name)}=${encodeURIComponent(single ?? '')}`),
  );
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = value;
  return {
    method: request.method,
    path: query.length > 0 ? `${request.path}?${query.join('&')}` : request.path,
    headers,
    body: bodyText(request.body),
  };
}

function bodyText(body: unknown): string {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  throw new Error('the simulator takes no streams');
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
