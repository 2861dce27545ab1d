import { addressFamily, addressInCidr } from '../../network/cidr.ts';
import { askDns, type DnsAnswer, type DnsType, type DnsView, resolverOf } from '../../network/dns.ts';
import type { Instance, RegionNetwork } from '../../network/model.ts';
import { findById } from '../../network/place.ts';
import { describeReachability, type Reachability, reachability, type Traffic } from '../../network/reachability.ts';
import type { InternetHostRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { dnsViewOf } from './dns-view.ts';
import { internetHosts, type PublicService, publicServiceAt, publicServices } from './internet.ts';

/** An instance on which a command runs, and all that it can find out from there. */
export interface Vantage {
  readonly world: World;
  readonly networks: readonly RegionNetwork[];
  readonly view: DnsView;
  readonly instance: Instance;
  readonly env: Readonly<Record<string, string>>;
  /** Why things are as they turn out to be, line by line: filled in as the command asks and sends. */
  readonly explanation: string[];
}

/** What a command printed, and how it ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** As the real tool's. */
  readonly exitCode: number;
}

/** A command that instances have. */
export type Tool = (vantage: Vantage, args: readonly string[]) => Ended;

/** Looks from an instance. */
export function vantageOf(world: World, instance: Instance, more: Pick<Vantage, 'env' | 'explanation'>): Vantage {
  return { world, networks: world.network(), view: dnsViewOf(world), instance, ...more };
}

/** Looks from another instance, in the course of the same command. */
export const standingAt = (vantage: Vantage, instance: Instance): Vantage => ({ ...vantage, instance });

/** Asks the Amazon DNS server of the instance's VPC. */
export function lookUp(vantage: Vantage, name: string, type: DnsType): DnsAnswer {
  const answer = askDns(vantage.view, { name, type }, { vpcId: vantage.instance.vpcId });
  vantage.explanation.push(`${name} ${type}: ${answer.status}${valuesOf(answer)}: ${answer.because}`);
  return answer;
}

const valuesOf = ({ records }: DnsAnswer): string => (records.length > 0 ? ` (${records.map(({ value }) => value).join(', ')})` : '');

/** The addresses that a program gets for a name, those of IPv4 first; or why it gets none. */
export function addressesFor(
  vantage: Vantage,
  name: string,
  families: readonly (4 | 6)[] = [4, 6],
): readonly string[] | 'unknown' | 'silence' {
  // The operating system knows this one by itself.
  if (name === 'localhost') return families.includes(4) ? ['127.0.0.1'] : 'unknown';
  const family = addressFamily(name);
  if (family) return families.includes(family) ? [name] : 'unknown';
  const found: string[] = [];
  for (const type of families.map((one) => (one === 4 ? 'A' : 'AAAA') as DnsType)) {
    const answer = lookUp(vantage, name, type);
    if (answer.status === 'silence') return 'silence';
    found.push(...answer.records.filter((record) => record.type === type).map(({ value }) => value));
    if (found.length > 0) break;
  }
  return found.length > 0 ? found : 'unknown';
}

/** The name of an address, as a program prints it; the address itself where it has none. */
export function nameOf(vantage: Vantage, address: string): string {
  if (addressFamily(address) !== 4) return address;
  const name = `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const answer = askDns(vantage.view, { name, type: 'PTR' }, { vpcId: vantage.instance.vpcId });
  return answer.records[0]?.value.replace(/\.$/, '') ?? address;
}

function ownAddress({ networks, instance }: Vantage): string {
  return findById(networks, 'networkInterfaces', instance.networkInterfaceIds[0] ?? '')?.privateIpAddresses[0] ?? '';
}

/** Whether the instance has no address of the family that the destination is of: its operating system does not even try. */
export const isOtherFamily = (result: Reachability): boolean => result.blockedBy?.code === 'ENI_ADDRESS_RESTRICTION';

/** Sends something to an address, or to one that was found by a name, and waits for the answer. */
export function send(vantage: Vantage, traffic: Traffic, destination: { readonly address: string; readonly name?: string }): Reachability {
  const { networks, view, instance, explanation } = vantage;
  const source = { instanceId: instance.instanceId };
  const isOwn = addressInCidr(destination.address, '127.0.0.0/8');
  const to = isOwn ? { address: ownAddress(vantage) } : destination;
  const result = reachability(networks, { ...traffic, source, destination: to }, { resolve: resolverOf(view) });
  explanation.push(...describeReachability(result));
  return result;
}

/** Who is at the end of a way. */
export type End =
  | { readonly kind: 'instance'; readonly instance: Instance; readonly port: number }
  | { readonly kind: 'service'; readonly service: PublicService }
  | { readonly kind: 'host'; readonly host: InternetHostRecord }
  | { readonly kind: 'somebody' };

/** Who got a packet that arrived. */
export function endOf(vantage: Vantage, { hops, arrival }: Extract<Reachability, { reachable: true }>): End {
  const { world, networks } = vantage;
  const last = hops.at(-1)?.component;
  const instanceId =
    last?.type === 'network-interface'
      ? findById(networks, 'networkInterfaces', last.id)?.instanceId
      : last?.type === 'instance'
        ? last.id
        : undefined;
  const instance = instanceId === undefined ? undefined : findById(networks, 'instances', instanceId);
  if (instance) return { kind: 'instance', instance, port: arrival.port ?? 0 };
  const host = internetHosts(world).find((one) => one.address === arrival.address);
  if (host) return { kind: 'host', host };
  const endpoint = last?.type === 'vpc-endpoint' ? findById(networks, 'vpcEndpoints', last.id) : undefined;
  const service = publicServices().find(({ name }) => name === endpoint?.serviceName) ?? publicServiceAt(arrival.address);
  return service ? { kind: 'service', service } : { kind: 'somebody' };
}

/** How long a packet and its answer take, in milliseconds: of the right order, and always the same. */
export function roundTrip(vantage: Vantage, { hops }: Reachability): number {
  const { networks, instance } = vantage;
  const types = new Set(hops.map(({ component }) => component.type));
  if (types.has('internet-gateway') || types.has('egress-only-internet-gateway')) return 12.4;
  const end = hops.findLast(({ component }) => component.type === 'network-interface')?.component.id ?? '';
  const zoneOf = (interfaceId: string) => {
    const subnet = findById(networks, 'subnets', findById(networks, 'networkInterfaces', interfaceId)?.subnetId ?? '');
    return { zone: subnet?.availabilityZoneId, region: networks.find(({ subnets }) => subnets.has(subnet?.subnetId ?? ''))?.region };
  };
  const [here, there] = [zoneOf(instance.networkInterfaceIds[0] ?? ''), zoneOf(end)];
  const gateways = hops.filter(({ component }) => component.type === 'transit-gateway' || component.type === 'natgateway').length * 0.6;
  if (here.region !== there.region) return 146 + gateways;
  return (here.zone === there.zone ? 0.31 : 0.92) + gateways;
}

/** The name of an instance as people write it. */
export const nameOfInstance = ({ instanceId, tags }: Instance): string => tags.Name ?? instanceId;
