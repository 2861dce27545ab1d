import { readFileSync } from 'node:fs';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type Dispatcher, request } from 'undici';
import type { Clock } from '../ambient/clock.ts';

/** Query parameters; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/…` or `/apis/…` */
  readonly path: string;
  readonly query?: Query;
  /** Sent as JSON, which is YAML too. */
  readonly body?: object;
  /** By default `application/json`; a patch names its own. */
  readonly contentType?: string;
  /** By default `application/json`; a request for metadata only names its own. */
  readonly accept?: string;
  /** By default 30 s. */
  readonly timeoutMs?: number;
}

/** Requests to one API server, as JSON in and JSON out. */
export interface KubeClient {
  /**
   * @returns the answer's body
   * @throws ApiError for any answer but 2xx; another error when there was no whole answer, so that a write may have taken effect or not
   */
  call(request: KubeRequest): Promise<unknown>;
  /**
   * The values of an endless answer, one a line, until the server ends it or the signal is raised.
   *
   * @throws as `call`, also in the middle, when the connection breaks
   */
  stream(request: KubeRequest, signal: AbortSignal): AsyncIterable<unknown>;
}

/** The API server refused. `status` is HTTP's, `reason` Kubernetes's own word: `Conflict`, `NotFound`, `Expired` … */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    { reason = '', message = '', retryAfterMs }: { reason?: string; message?: string; retryAfterMs?: number | undefined },
  ) {
    super(message || `the API server answered ${status} ${reason}`);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

const requestTimeoutMs = 30_000;
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The kubeconfig that `KUBECONFIG` names, else the user's `~/.kube/config`, else the service account of the pod that this runs in.
 *
 * @throws Error that says what was looked for, where there is none or it has no current context
 */
export function loadKubeconfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error('the kubeconfig has no current context, or that names no cluster (see kubectl config get-contexts)');
  // What client-node answers where it has found nothing; a guess is worse than a sentence.
  if (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080') {
    throw new Error('found no Kubernetes cluster: KUBECONFIG is not set, there is no ~/.kube/config, and this is not a pod');
  }
  return config;
}

/** The namespace of the pod that this runs in, else that of the kubeconfig's current context, else undefined. */
export function ownNamespace(config: KubeConfig): string | undefined {
  try {
    return readFileSync(`${serviceAccountFolder}/namespace`, 'utf8').trim() || undefined;
  } catch {
    return config.getContextObject(config.getCurrentContext())?.namespace;
  }
}

/** Speaks to the cluster of the kubeconfig's current context. */
export function createKubeClient(config: KubeConfig, clock: Clock): KubeClient {
  const server = config.getCurrentCluster()?.server.replace(/\/+$/, '');
  if (!server) throw new Error('the kubeconfig has no current cluster');

  // client-node makes a new dispatcher, and with it a new TLS connection, for each request. One is kept here, until something goes
  // wrong with it: the next then has the certificates as they are on disk by that time.
  let kept: Dispatcher | undefined;

  const send = async ({ method, path, query = {}, body, contentType, accept }: KubeRequest, signal: AbortSignal) => {
    const url = new URL(server + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const context = new RequestContext(url.href, HttpMethod.GET);
    await config.applySecurityAuthentication(context);
    const dispatcher = kept ?? context.getDispatcher();
    kept = dispatcher;
    const options = {
      method,
      headers: {
        ...context.getHeaders(),
        accept: accept ?? 'application/json',
        'user-agent': 'isthmus',
        ...(body && { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(dispatcher && { dispatcher }),
      signal,
      // Time is kept by the injected clock, and a watch may be silent for long.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Over HTTP/2 everything would share one connection, and one that has gone dead silently would hold up everything.
      allowH2: false,
    };
    try {
      const answer = await request(url, options);
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer.body;
      if (answer.statusCode === 401) forget(dispatcher);
      throw errorOf(answer.statusCode, await answer.body.text(), answer.headers['retry-after']);
    } catch (error) {
      if (!(error instanceof ApiError)) forget(dispatcher);
      throw error;
    }
  };

  const forget = (dispatcher: Dispatcher | undefined) => {
    if (kept === dispatcher) kept = undefined;
  };

  return {
    async call(asked) {
      const { signal, done } = timeLimit(clock, asked.timeoutMs ?? requestTimeoutMs);
      try {
        return await unlessRaised(
          signal,
          send(asked, signal).then((body) => body.json()),
        );
      } finally {
        done();
      }
    },
    async *stream(asked, signal) {
      const limit = timeLimit(clock, asked.timeoutMs ?? requestTimeoutMs);
      const either = AbortSignal.any([signal, limit.signal]);
      const body = await unlessRaised(either, send(asked, either)).finally(limit.done);
      yield* jsonLines(body.setEncoding('utf8'));
    },
  };
}

function timeLimit(clock: Clock, ms: number): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const timer = clock.after(ms, () => controller.abort(new Error(`the API server did not answer within ${ms / 1000} s`)));
  return { signal: controller.signal, done: () => timer.cancel() };
}

/** Rejects with the signal's reason as soon as that is raised: undici itself rejects only once a connection that is being made has failed. */
function unlessRaised<Answer>(signal: AbortSignal, answer: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** A last line that was cut off is left out: the one who reads on asks again from the version before it. */
async function* jsonLines(chunks: AsyncIterable<string>): AsyncIterable<unknown> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') yield JSON.parse(line);
    }
  }
}

function errorOf(status: number, text: string, retryAfter: string | string[] | undefined): ApiError {
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  try {
    const { reason, message } = JSON.parse(text);
    return new ApiError(status, { reason, message, retryAfterMs });
  } catch {
    return new ApiError(status, { message: `the API server answered ${status}: ${text.slice(0, 500)}`, retryAfterMs });
  }
}
