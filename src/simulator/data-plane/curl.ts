import { bracketed, type Connection, connect } from './connection.ts';
import { type CurlOptions, curlOptions, proxyFor, resolved } from './curl-options.ts';
import { readOptions, UsageError } from './options.ts';
import { askProxy, askTunnel } from './proxy.ts';
import { answerOf, type HttpAnswer, httpAnswer, type Server } from './servers.ts';
import { readUrl, type Url } from './url.ts';
import type { Ended, Vantage } from './vantage.ts';

/** How one transfer ended: with an answer, or with one of curl's codes and what it says then. */
interface Transfer {
  readonly answer?: HttpAnswer | undefined;
  readonly failure?: { readonly code: number; readonly message: string } | undefined;
  /** What the proxy said to CONNECT. */
  readonly connectStatus?: number | undefined;
  readonly remote?: { readonly address: string; readonly port: number } | undefined;
  /** In milliseconds. */
  readonly time: number;
  /** What `-v` tells, line by line. */
  readonly talk: readonly string[];
}

/** How long Linux tries to connect: six repetitions, each after twice the time of the one before. */
const systemTimeout = 134_000;
/** How long the C library asks DNS servers that do not answer: two rounds of five seconds. */
const resolverTimeout = 10_000;

type Failure = NonNullable<Transfer['failure']>;

/** Why there is no connection, in curl's words. */
function whyNot(
  connection: Exclude<Connection, { outcome: 'connected' }>,
  { url, limit, isProxy }: { readonly url: Url; readonly limit: number | undefined; readonly isProxy: boolean },
): Failure & { readonly time: number } {
  const { host, port } = url;
  switch (connection.outcome) {
    case 'silence':
      if (limit !== undefined && limit < resolverTimeout) {
        return { code: 28, message: `Resolving timed out after ${limit + 1} milliseconds`, time: limit };
      }
      return { code: isProxy ? 5 : 6, message: `Could not resolve ${isProxy ? 'proxy' : 'host'}: ${host}`, time: resolverTimeout };
    case 'unresolved':
      return { code: isProxy ? 5 : 6, message: `Could not resolve ${isProxy ? 'proxy' : 'host'}: ${host}`, time: 2 };
    case 'refused':
      return { code: 7, message: `Failed to connect to ${host} port ${port} after 1 ms: Could not connect to server`, time: 1 };
    case 'timeout': {
      const waited = limit ?? systemTimeout;
      if (limit !== undefined) return { code: 28, message: `Connection timed out after ${waited + 1} milliseconds`, time: waited };
      return {
        code: 28,
        message: `Failed to connect to ${host} port ${port} after ${waited} ms: Could not connect to server`,
        time: waited,
      };
    }
  }
}

/** Talks to what has answered at the end of a connection. */
function talkTo(server: Exclude<Server, { kind: 'none' }>, url: Url): { readonly answer: HttpAnswer } | { readonly failure: Failure } {
  const wantsTls = url.scheme === 'https';
  switch (server.kind) {
    case 'ssh':
      return {
        failure: wantsTls
          ? { code: 35, message: 'TLS connect error: wrong version number' }
          : { code: 1, message: 'Received HTTP/0.9 when not allowed' },
      };
    case 'proxy':
      if (wantsTls) return { failure: { code: 35, message: 'TLS connect error: wrong version number' } };
      return { answer: httpAnswer(400, 'Bad Request', { server: 'squid', body: 'ERR_INVALID_URL\n' }) };
    case 'web':
    case 'aws':
      if (wantsTls && !server.tls) return { failure: { code: 35, message: 'TLS connect error: wrong version number' } };
      if (!wantsTls && server.tls) {
        return { answer: httpAnswer(400, 'Bad Request', { server: 'isthmus', body: 'a plain HTTP request came to an HTTPS port\n' }) };
      }
      return { answer: answerOf(server) };
  }
}

function requestLines(options: CurlOptions, url: Url, target: string): string[] {
  const given = options.all('header').map((header) => `> ${header}`);
  const agent = options.value('agent') ?? 'curl/8';
  const host = url.port === (url.scheme === 'https' ? 443 : 80) ? url.host : `${bracketed(url.host)}:${url.port}`;
  return [`> ${methodOf(options)} ${target} HTTP/1.1`, `> Host: ${host}`, `> User-Agent: ${agent}`, '> Accept: */*', ...given, '>'];
}

const answerLines = ({ status, reason, headers }: HttpAnswer): string[] => [
  `< HTTP/1.1 ${status} ${reason}`,
  ...headers.map(([name, value]) => `< ${name}: ${value}`),
  '<',
];

function methodOf(options: CurlOptions): string {
  return options.value('request') ?? (options.has('head') ? 'HEAD' : options.has('data') ? 'POST' : 'GET');
}

/** The shortest of the times that may pass until there is a connection, in milliseconds. */
function limitOf(options: CurlOptions): number | undefined {
  const limits = [options.number('maxTime', 0), options.number('connectTimeout', 0)].flatMap((seconds) =>
    seconds ? [seconds * 1000] : [],
  );
  return limits.length > 0 ? Math.round(Math.min(...limits)) : undefined;
}

function transfer(vantage: Vantage, options: CurlOptions, url: Url): Transfer {
  const limit = limitOf(options);
  const proxy = proxyFor(vantage, options, url);
  const target = proxy ?? url;
  const families = options.has('ipv6') ? ([6] as const) : options.has('ipv4') ? ([4] as const) : undefined;
  const connection = connect(vantage, { host: target.host, port: target.port, addresses: resolved(options, target), families });
  const talk = [`* Connecting to ${proxy ? 'proxy ' : ''}${target.host} port ${target.port}`];
  if (connection.outcome !== 'connected') {
    const { time, ...failure } = whyNot(connection, { url: target, limit, isProxy: proxy !== undefined });
    return { failure, time, talk: [...talk, `* ${failure.message}`] };
  }
  const { address, server, end } = connection;
  const remote = { address, port: target.port };
  const connected = [...talk, `* Connected to ${target.host} (${address}) port ${target.port}`];
  const time = connection.time * 2;
  if (!proxy) {
    const spoken = talkTo(server, url);
    const said =
      'answer' in spoken ? [...requestLines(options, url, url.path), ...answerLines(spoken.answer)] : [`* ${spoken.failure.message}`];
    return { ...spoken, remote, time, talk: [...connected, ...said] };
  }
  if (url.scheme === 'http') {
    const answer = server.kind === 'proxy' && end.kind === 'instance' ? askProxy(vantage, end.instance, url) : undefined;
    const spoken = answer ? { answer } : talkTo(server, target);
    const said =
      'answer' in spoken ? [...requestLines(options, url, url.text), ...answerLines(spoken.answer)] : [`* ${spoken.failure.message}`];
    return { ...spoken, remote, time: time + 2, talk: [...connected, ...said] };
  }
  return { remote, time: time + 4, ...throughTunnel(vantage, options, { url, connection, connected }) };
}

/** A connection through a proxy, and what is said at its end. */
function throughTunnel(
  vantage: Vantage,
  options: CurlOptions,
  { url, connection, connected }: { url: Url; connection: Extract<Connection, { outcome: 'connected' }>; connected: readonly string[] },
): Omit<Transfer, 'time' | 'remote'> {
  const { server, end } = connection;
  if (server.kind === 'ssh') return { failure: { code: 56, message: 'Invalid response from proxy' }, talk: connected };
  const { answer: opened, tunnel } =
    server.kind === 'proxy' && end.kind === 'instance'
      ? askTunnel(vantage, end.instance, url)
      : { answer: httpAnswer(400, 'Bad Request', { server: 'isthmus', body: '' }), tunnel: undefined };
  const asked = [...connected, `> CONNECT ${bracketed(url.host)}:${url.port} HTTP/1.1`, '>', ...answerLines(opened)];
  const connectStatus = opened.status;
  if (!tunnel) {
    const message = `CONNECT tunnel failed, response ${opened.status}`;
    return { failure: { code: 56, message }, connectStatus, talk: [...asked, `* ${message}`] };
  }
  const spoken = talkTo(tunnel.server, url);
  const said =
    'answer' in spoken ? [...requestLines(options, url, url.path), ...answerLines(spoken.answer)] : [`* ${spoken.failure.message}`];
  return { ...spoken, connectStatus, talk: [...asked, ...said] };
}

/** Fills in what `-w` asks for. */
function written(format: string, { answer, failure, remote, connectStatus, time }: Transfer, url: Url): string {
  const seconds = (time / 1000).toFixed(6);
  const code = String(answer?.status ?? 0).padStart(3, '0');
  const values: Readonly<Record<string, string>> = {
    http_code: code,
    response_code: code,
    http_connect: String(connectStatus ?? 0).padStart(3, '0'),
    remote_ip: remote?.address ?? '',
    remote_port: String(remote?.port ?? 0),
    url: url.text,
    url_effective: url.text,
    scheme: url.scheme,
    size_download: String(answer ? Buffer.byteLength(answer.body) : 0),
    time_total: seconds,
    time_connect: seconds,
    exitcode: String(failure?.code ?? 0),
    errormsg: failure?.message ?? '',
  };
  const special: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return format.replaceAll(/%\{([a-z_]+)\}|%%|\\([ntr])/g, (found, name: string | undefined, letter: string | undefined) => {
    if (letter) return special[letter]!;
    if (found === '%%') return '%';
    const value = values[name!];
    if (value === undefined) throw new UsageError(`curl: found %{${name}} for -w; there are ${Object.keys(values).join(', ')}`);
    return value;
  });
}

/** Asks by HTTP as curl does, with its exit codes: 5, 6 without an address, 7 refused, 28 too slow, 35 no TLS, 56 refused by the proxy … */
export function curl(vantage: Vantage, args: readonly string[]): Ended {
  const options = readOptions('curl', args, curlOptions);
  const [text, ...more] = [...options.all('url'), ...options.rest];
  if (text === undefined || more.length > 0) throw new UsageError('curl: one URL is needed');
  const output = options.value('output');
  if (output !== undefined && output !== '/dev/null' && output !== '-') {
    throw new UsageError(`curl: found ${output} for -o; it must be /dev/null or -, since instances have no files here`);
  }
  const says = (code: number, message: string): string =>
    options.has('silent') && !options.has('showError') ? '' : `curl: (${code}) ${message}\n`;
  const url = readUrl(text);
  if (!url) return { stdout: '', stderr: says(3, `URL rejected: Malformed input to a URL function: ${text}`), exitCode: 3 };
  if (url.scheme !== 'http' && url.scheme !== 'https') {
    return { stdout: '', stderr: says(1, `Protocol "${url.scheme}" not supported`), exitCode: 1 };
  }
  const done = transfer(vantage, options, url);
  const { answer } = done;
  const fails = options.has('fail') && answer !== undefined && answer.status >= 400;
  const failure = fails ? { code: 22, message: `The requested URL returned error: ${answer.status}` } : done.failure;
  const head = answer
    ? `HTTP/1.1 ${answer.status} ${answer.reason}\r\n${answer.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
    : '';
  const shown =
    answer && !fails
      ? `${options.has('head') || options.has('include') ? head : ''}${methodOf(options) === 'HEAD' ? '' : answer.body}`
      : '';
  const format = options.value('writeOut');
  return {
    stdout: `${output === '/dev/null' ? '' : shown}${format === undefined ? '' : written(format, { ...done, failure }, url)}`,
    stderr: `${options.has('verbose') ? done.talk.map((line) => `${line}\n`).join('') : ''}${failure ? says(failure.code, failure.message) : ''}`,
    exitCode: failure?.code ?? 0,
  };
}
