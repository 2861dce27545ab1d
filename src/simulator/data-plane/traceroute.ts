import { addressFamily } from '../../network/cidr.ts';
import type { Hop } from '../../network/leg.ts';
import { findById } from '../../network/place.ts';
import type { Traffic } from '../../network/reachability.ts';
import { readOptions, UsageError } from './options.ts';
import { addressesFor, type Ended, isOtherFamily, nameOf, roundTrip, send, type Vantage } from './vantage.ts';

const options = {
  numeric: { names: ['-n'] },
  icmp: { names: ['-I', '--icmp'] },
  tcp: { names: ['-T', '--tcp'] },
  port: { names: ['-p', '--port'], takes: 'port' },
  mostHops: { names: ['-m', '--max-hops'], takes: 'hops' },
  queries: { names: ['-q', '--queries'], takes: 'number' },
  wait: { names: ['-w', '--wait'], takes: 'seconds' },
  ipv4: { names: ['-4'] },
  ipv6: { names: ['-6'] },
} as const;

/** The first of the ports to which packets go that nothing is expected to listen at. */
const firstPort = 33_434;

/** What lies between, as it shows itself: by an address, or not at all. */
type Shown = string | undefined;

/**
 * What a traceroute gets to see of a way. A NAT gateway answers for itself. Transit and internet gateways count, and stay silent; a peering
 * connection is no hop at all (VPC Peering Guide: it is neither a gateway nor a device of its own).
 */
function stations(vantage: Vantage, hops: readonly Hop[]): Shown[] {
  return hops.flatMap(({ component: { type, id } }): Shown[] => {
    if (type === 'transit-gateway' || type === 'internet-gateway' || type === 'egress-only-internet-gateway') return [undefined];
    if (type !== 'natgateway') return [];
    const gateway = findById(vantage.networks, 'natGateways', id);
    return [findById(vantage.networks, 'networkInterfaces', gateway?.networkInterfaceId ?? '')?.privateIpAddresses[0]];
  });
}

/** Shows the way as Linux's traceroute does: packets that live too short for it, by UDP unless told otherwise. Ends with 0 wherever they get. */
export function traceroute(vantage: Vantage, args: readonly string[]): Ended {
  const given = readOptions('traceroute', args, options);
  const [host, ...more] = given.rest;
  if (host === undefined || more.length > 0) throw new UsageError('traceroute: one destination is needed, a name or an address');
  const mostHops = Math.min(255, Math.floor(given.number('mostHops', 1) ?? 30));
  const queries = Math.min(10, Math.floor(given.number('queries', 1) ?? 3));
  const families = given.has('ipv6') ? ([6] as const) : given.has('ipv4') ? ([4] as const) : ([4, 6] as const);
  const addresses = addressesFor(vantage, host, families);
  if (typeof addresses === 'string') {
    const why = addresses === 'unknown' ? 'Name or service not known' : 'Temporary failure in name resolution';
    return {
      stdout: '',
      stderr: `${host}: ${why}\nCannot handle "host" cmdline arg \`${host}' on position 1 (argc ${args.length})\n`,
      exitCode: 2,
    };
  }
  const address = addresses[0]!;
  const result = send(vantage, trafficOf(given, address), { address, name: host });
  if (isOtherFamily(result)) return { stdout: '', stderr: 'connect: Network is unreachable\n', exitCode: 1 };
  // A closed port answers, too: with a refusal, which is all that is wanted.
  const arrives = result.reachable || result.refused;
  const way: Shown[] = [...stations(vantage, result.hops), ...(arrives ? [address] : [])];
  const silent = Array.from({ length: arrives ? 0 : Math.max(0, mostHops - way.length) }, () => undefined);
  const time = roundTrip(vantage, result).toFixed(3);
  const lines = [...way, ...silent].slice(0, mostHops).map((station, index) => {
    const number = String(index + 1).padStart(2);
    if (station === undefined) return `${number}  ${Array.from({ length: queries }, () => '*').join(' ')}`;
    const shown = given.has('numeric') ? station : `${nameOf(vantage, station)} (${station})`;
    return `${number}  ${shown}  ${Array.from({ length: queries }, () => `${time} ms`).join('  ')}`;
  });
  const header = `traceroute to ${host} (${address}), ${mostHops} hops max, ${addressFamily(address) === 6 ? 80 : 60} byte packets`;
  return { stdout: `${[header, ...lines].join('\n')}\n`, stderr: '', exitCode: 0 };
}

function trafficOf(given: ReturnType<typeof readOptions<keyof typeof options>>, address: string): Traffic {
  if (given.has('icmp')) return { protocol: addressFamily(address) === 6 ? 'icmpv6' : 'icmp' };
  const port = given.number('port', 1);
  return given.has('tcp') ? { protocol: 'tcp', port: port ?? 80 } : { protocol: 'udp', port: port ?? firstPort };
}
