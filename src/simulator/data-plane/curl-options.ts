import { addressFamily, addressInCidr, canonicalAddress, parseCidr } from '../../network/cidr.ts';
import { type GivenOptions, UsageError } from './options.ts';
import { readUrl, type Url } from './url.ts';
import type { Vantage } from './vantage.ts';

/** The options of curl that there are here. Those of no consequence on a simulated instance are taken, and change nothing. */
export const curlOptions = {
  silent: { names: ['-s', '--silent'] },
  showError: { names: ['-S', '--show-error'] },
  output: { names: ['-o', '--output'], takes: 'file' },
  writeOut: { names: ['-w', '--write-out'], takes: 'format' },
  maxTime: { names: ['-m', '--max-time'], takes: 'seconds' },
  connectTimeout: { names: ['--connect-timeout'], takes: 'seconds' },
  proxy: { names: ['-x', '--proxy'], takes: '[http://]host[:port]' },
  noProxy: { names: ['--noproxy'], takes: 'hosts' },
  resolve: { names: ['--resolve'], takes: 'host:port:address' },
  head: { names: ['-I', '--head'] },
  include: { names: ['-i', '--include'] },
  verbose: { names: ['-v', '--verbose'] },
  fail: { names: ['-f', '--fail'] },
  ipv4: { names: ['-4', '--ipv4'] },
  ipv6: { names: ['-6', '--ipv6'] },
  request: { names: ['-X', '--request'], takes: 'method' },
  header: { names: ['-H', '--header'], takes: 'header' },
  data: { names: ['-d', '--data'], takes: 'data' },
  agent: { names: ['-A', '--user-agent'], takes: 'name' },
  url: { names: ['--url'], takes: 'url' },
  location: { names: ['-L', '--location'] },
  insecure: { names: ['-k', '--insecure'] },
  noBuffer: { names: ['-N', '--no-buffer'] },
  http11: { names: ['--http1.1'] },
} as const;

export type CurlOptions = GivenOptions<keyof typeof curlOptions>;

/** Addresses that `--resolve` gives for a host and port; undefined where it says nothing of them. */
export function resolved(options: CurlOptions, { host, port }: Url): readonly string[] | undefined {
  let found: readonly string[] | undefined;
  for (const text of options.all('resolve')) {
    const [, name = '', number = '', list = ''] = /^\+?([^:]+):(\d+):(.+)$/.exec(text) ?? [];
    const addresses = list.split(',').map((address) => canonicalAddress(address.replace(/^\[(.*)\]$/, '$1')));
    if (name === '' || addresses.includes(undefined)) {
      throw new UsageError(`curl: found ${text} for --resolve; it must be <host>:<port>:<address>`);
    }
    if ((name === '*' || name.toLowerCase() === host) && Number(number) === port) found = addresses as string[];
  }
  return found;
}

/** Whether a list such as `localhost,.internal,10.0.0.0/8` has the host: a name stands for itself and all below it, `*` for everything. */
export function isExempt(host: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((one) => one !== '')
    .some((one) => {
      if (one === '*') return true;
      if (addressFamily(host)) return parseCidr(one) ? addressInCidr(host, one) : canonicalAddress(one) === canonicalAddress(host);
      const name = one.toLowerCase().replace(/^\./, '');
      return host === name || host.endsWith(`.${name}`);
    });
}

/** Of an environment variable the small form goes first; the capital HTTP_PROXY is not looked at, since web servers set it from a header. */
function variable(vantage: Vantage, name: string): string | undefined {
  const capital = name === 'http_proxy' ? undefined : vantage.env[name.toUpperCase()];
  return vantage.env[name] ?? capital;
}

/** The proxy that a URL is asked for through, by the options or the environment; undefined where it is asked directly. @throws UsageError */
export function proxyFor(vantage: Vantage, options: CurlOptions, url: Url): Url | undefined {
  const text = options.value('proxy') ?? variable(vantage, `${url.scheme}_proxy`) ?? variable(vantage, 'all_proxy');
  if (text === undefined || text === '') return undefined;
  if (isExempt(url.host, options.value('noProxy') ?? variable(vantage, 'no_proxy') ?? '')) return undefined;
  const proxy = readUrl(text, 1080);
  if (proxy?.scheme !== 'http') throw new UsageError(`curl: found the proxy ${text}; it must be [http://]<host>[:<port>]`);
  return proxy;
}
