import { connect } from './connection.ts';
import { answerOf, type HttpAnswer, httpAnswer } from './servers.ts';
import type { Url } from './url.ts';
import { standingAt, type Vantage } from './vantage.ts';

/** Ports that Squid lets plain requests through to, and those that it lets tunnels through to, as it comes (`Safe_ports`, `SSL_ports`). */
const isSafe = (port: number): boolean => [80, 21, 443, 70, 210, 280, 488, 591, 777].includes(port) || port >= 1025;
const isForTunnels = (port: number): boolean => port === 443;

/** An answer of the proxy's own. */
const refusal = (status: number, reason: string, code: string): HttpAnswer => {
  const answer = httpAnswer(status, reason, { server: 'squid', body: `${code}\n` });
  return { ...answer, headers: [...answer.headers, ['X-Squid-Error', `${code} 0`]] };
};

const denied = (): HttpAnswer => refusal(403, 'Forbidden', 'ERR_ACCESS_DENIED');

/** What a proxy says: what it brings from the destination, or why it cannot. */
export interface ProxyAnswer {
  readonly answer: HttpAnswer;
  /** Set where the connection goes on through the proxy. */
  readonly tunnel?: Extract<ReturnType<typeof connect>, { outcome: 'connected' }> | undefined;
}

/** The proxy's own way to the destination: with the names and routes of the instance that it runs on. */
function reach(vantage: Vantage, { host, port }: Url): ReturnType<typeof connect> {
  vantage.explanation.push(`the proxy on ${vantage.instance.instanceId} goes on to ${host}:${port}:`);
  return connect(vantage, { host, port });
}

function failed(outcome: 'unresolved' | 'silence' | 'refused' | 'timeout'): HttpAnswer {
  const code = outcome === 'unresolved' || outcome === 'silence' ? 'ERR_DNS_FAIL' : 'ERR_CONNECT_FAIL';
  return refusal(503, 'Service Unavailable', code);
}

/** Asks the proxy on an instance for a page, by plain HTTP. */
export function askProxy(client: Vantage, proxy: Vantage['instance'], url: Url): HttpAnswer {
  if (!isSafe(url.port)) return denied();
  const reached = reach(standingAt(client, proxy), url);
  if (reached.outcome !== 'connected') return failed(reached.outcome);
  const { server } = reached;
  if ((server.kind !== 'web' && server.kind !== 'aws') || server.tls) return refusal(502, 'Bad Gateway', 'ERR_INVALID_RESP');
  const answer = answerOf(server);
  return { ...answer, headers: [...answer.headers, ['Via', '1.1 squid']] };
}

/** Asks the proxy on an instance for a connection to a destination (CONNECT). */
export function askTunnel(client: Vantage, proxy: Vantage['instance'], url: Url): ProxyAnswer {
  if (!isForTunnels(url.port)) return { answer: denied() };
  const reached = reach(standingAt(client, proxy), url);
  if (reached.outcome !== 'connected') return { answer: failed(reached.outcome) };
  return { answer: { status: 200, reason: 'Connection established', headers: [], body: '' }, tunnel: reached };
}
