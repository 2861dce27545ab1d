import { addressFamily } from '../../network/cidr.ts';
import { readOptions, UsageError } from './options.ts';
import { addressesFor, type Ended, isOtherFamily, nameOf, roundTrip, send, type Vantage } from './vantage.ts';

const options = {
  count: { names: ['-c'], takes: 'count' },
  interval: { names: ['-i'], takes: 'seconds' },
  wait: { names: ['-W'], takes: 'seconds' },
  deadline: { names: ['-w'], takes: 'seconds' },
  size: { names: ['-s'], takes: 'bytes' },
  numeric: { names: ['-n'] },
  quiet: { names: ['-q'] },
  ipv4: { names: ['-4'] },
  ipv6: { names: ['-6'] },
} as const;

/** The real one goes on until somebody stops it, which nobody can here. */
const usualCount = 4;
const mostCount = 1000;

/** Sends echo requests as ping of iputils does. Ends with 0 where answers came, 1 where none did, 2 where there was nothing to send to. */
export function ping(vantage: Vantage, args: readonly string[]): Ended {
  const given = readOptions('ping', args, options);
  const [host, ...more] = given.rest;
  if (host === undefined || more.length > 0) throw new UsageError('ping: one destination is needed, a name or an address');
  const size = Math.floor(given.number('size', 0) ?? 56);
  const count = Math.min(mostCount, Math.floor(given.number('count', 1) ?? usualCount));
  const interval = given.number('interval', 0) ?? 1;
  const families = given.has('ipv6') ? ([6] as const) : given.has('ipv4') ? ([4] as const) : ([4, 6] as const);
  const addresses = addressesFor(vantage, host, families);
  if (addresses === 'unknown') return { stdout: '', stderr: `ping: ${host}: Name or service not known\n`, exitCode: 2 };
  if (addresses === 'silence') return { stdout: '', stderr: `ping: ${host}: Temporary failure in name resolution\n`, exitCode: 2 };
  const address = addresses[0]!;
  const isIpv6 = addressFamily(address) === 6;
  const result = send(vantage, { protocol: isIpv6 ? 'icmpv6' : 'icmp' }, { address });
  if (isOtherFamily(result)) return { stdout: '', stderr: 'ping: connect: Network is unreachable\n', exitCode: 2 };
  const time = roundTrip(vantage, result);
  const from =
    given.has('numeric') || host === address || nameOf(vantage, address) === address ? address : `${nameOf(vantage, address)} (${address})`;
  const lines = [isIpv6 ? `PING ${host}(${address}) ${size} data bytes` : `PING ${host} (${address}) ${size}(${size + 28}) bytes of data.`];
  if (result.reachable && !given.has('quiet')) {
    const ttl = timeToLive(result.hops.map(({ component }) => component.type));
    for (let sequence = 1; sequence <= count; sequence++) {
      lines.push(`${size + 8} bytes from ${from}: icmp_seq=${sequence} ttl=${ttl} time=${shortTime(time)} ms`);
    }
  }
  const passed = Math.round((count - 1) * interval * 1000);
  const received = result.reachable ? count : 0;
  lines.push('', `--- ${host} ping statistics ---`);
  lines.push(`${count} packets transmitted, ${received} received, ${result.reachable ? 0 : 100}% packet loss, time ${passed}ms`);
  const long = time.toFixed(3);
  if (result.reachable) lines.push(`rtt min/avg/max/mdev = ${long}/${long}/${long}/0.000 ms`);
  else lines.push('');
  return { stdout: `${lines.join('\n')}\n`, stderr: '', exitCode: result.reachable ? 0 : 1 };
}

const shortTime = (time: number): string => (time < 10 ? time.toFixed(2) : time < 100 ? time.toFixed(1) : time.toFixed(0));

/** What is left of the 64 of most operating systems: within a VPC and between peers nothing is taken away. */
function timeToLive(passed: readonly string[]): number {
  if (passed.includes('internet-gateway') || passed.includes('egress-only-internet-gateway')) return 52;
  return 64 - passed.filter((type) => type === 'transit-gateway' || type === 'natgateway').length;
}
