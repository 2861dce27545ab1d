import { type DnsRecordSet, type DnsView, type DnsZone, plainName, type Resolve, resolverOf } from '../../network/dns.ts';
import { serviceOf } from '../ec2/vpc-endpoints/endpoint-services.ts';
import { resourceAssociationsOf } from '../ec2/vpc-endpoints/resource-associations.ts';
import { hostedZoneIdOf, namesOf } from '../ec2/vpc-endpoints/vpc-endpoint-dns.ts';
import type { HostedZoneRecord, RecordSetRecord, VpcEndpointRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { hostZones, publicServiceZones, txtZones } from './internet.ts';

/** A name as Route 53 keeps it, in plain: `\052.example.com.` is `*.example.com`. */
const plain = (stored: string): string =>
  plainName(stored).replaceAll(/\\([0-3][0-7]{2})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const setOf = ({ name, type, ttl = 60, values, alias }: RecordSetRecord): DnsRecordSet => ({
  name: plain(name),
  type: type as DnsRecordSet['type'],
  ttl,
  values,
  ...(alias ? { alias: { zoneId: alias.hostedZoneId, name: plain(alias.dnsName) } } : {}),
});

const ofHostedZone = ({ id, name, isPrivate, vpcs, recordSets }: HostedZoneRecord): DnsZone => ({
  id,
  name: plain(name),
  called: `${isPrivate ? 'private' : 'public'} hosted zone ${id} (${plain(name)})`,
  ...(isPrivate ? { vpcIds: vpcs.map(({ vpcId }) => vpcId) } : {}),
  recordSets: recordSets.map(setOf),
});

/** What an endpoint adds to the names of the world, or of its VPC. */
interface EndpointNames {
  /** The zone, and its id. */
  readonly zone: { readonly id: string; readonly name: string };
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly private: boolean;
}

const ttl = 60;

function recordSets(name: string, addresses: readonly string[]): DnsRecordSet[] {
  const [v4, v6] = [addresses.filter((address) => !address.includes(':')), addresses.filter((address) => address.includes(':'))];
  return [
    ...(v4.length > 0 ? [{ name, type: 'A' as const, ttl, values: v4 }] : []),
    ...(v6.length > 0 ? [{ name, type: 'AAAA' as const, ttl, values: v6 }] : []),
  ];
}

/** The private addresses of an endpoint, as far as its names are to tell them; of one zone where its subnet is named. */
function addressesOf(
  world: World,
  { networkInterfaceIds, dnsRecordIpType, ipAddressType }: VpcEndpointRecord,
  zoneName?: string,
): string[] {
  const type = dnsRecordIpType === 'service-defined' ? ipAddressType : dnsRecordIpType;
  const interfaces = networkInterfaceIds
    .flatMap((id) => world.networkInterfaces.get(id) ?? [])
    .filter(({ ownerId, region, subnetId }) => {
      if (zoneName === undefined) return true;
      const zoneId = world.subnets.get(subnetId)?.zoneId;
      return world.zones({ accountId: ownerId, region }).some((zone) => zone.zoneId === zoneId && zone.zoneName === zoneName);
    });
  return [
    ...(type === 'ipv6' ? [] : interfaces.flatMap(({ privateIpAddresses }) => privateIpAddresses.slice(0, 1))),
    ...(type === 'ipv4' ? [] : interfaces.flatMap(({ ipv6Addresses }) => ipv6Addresses.slice(0, 1))),
  ];
}

function interfaceEndpointNames(world: World, endpoint: VpcEndpointRecord): EndpointNames[] {
  const service = serviceOf(world, endpoint);
  if (!service) return [];
  const names = namesOf(world, endpoint, service);
  const zone = { id: hostedZoneIdOf(service.baseDnsName), name: service.baseDnsName };
  const zoneNames = world.zones({ accountId: endpoint.ownerId, region: endpoint.region }).map(({ zoneName }) => zoneName);
  const known = names.public.map((name) => ({
    zone,
    names: [name],
    addresses: addressesOf(
      world,
      endpoint,
      zoneNames.find((zoneName) => name.includes(`-${endpoint.dnsLabel}-${zoneName}.`)),
    ),
    private: false,
  }));
  // With private names for resolver endpoints alone, those inside the VPC get the public addresses, and the Gateway endpoint (aws.md 4.1).
  if (!service.privateDnsVerified || endpoint.privateDnsOnlyForInboundResolverEndpoint) return known;
  const groups = Map.groupBy(names.private, (name) => name.replace(/^\*\./, ''));
  const own = [...groups].map(([name, below]) => ({
    zone: { id: hostedZoneIdOf(`${endpoint.id} ${name}`), name },
    names: below,
    addresses: addressesOf(world, endpoint),
    private: true,
  }));
  return [...known, ...own];
}

function resourceEndpointNames(world: World, endpoint: VpcEndpointRecord): EndpointNames[] {
  const addresses = addressesOf(world, endpoint);
  return resourceAssociationsOf(world, endpoint)
    .filter(({ accessible }) => accessible)
    .flatMap(({ dnsName, privateDnsName }): EndpointNames[] => {
      const name = `vpc-lattice-rsc.${endpoint.region}.on.aws`;
      const known = { zone: { id: hostedZoneIdOf(name), name }, names: [dnsName], addresses, private: false };
      if (privateDnsName === undefined) return [known];
      const own = plainName(privateDnsName);
      return [
        known,
        { zone: { id: hostedZoneIdOf(`${endpoint.id} ${privateDnsName}`), name: own }, names: [own], addresses, private: true },
      ];
    });
}

function endpointZones(world: World): DnsZone[] {
  const zones: DnsZone[] = [];
  const shared = new Map<string, { id: string; sets: DnsRecordSet[] }>();
  for (const endpoint of world.vpcEndpoints.all()) {
    if (endpoint.state !== 'available' || endpoint.type === 'Gateway') continue;
    const all = endpoint.type === 'Interface' ? interfaceEndpointNames(world, endpoint) : resourceEndpointNames(world, endpoint);
    for (const { zone, names, addresses, private: isPrivate } of all) {
      const sets = names.flatMap((name) => recordSets(name, addresses));
      if (isPrivate) {
        const called = `the private DNS of endpoint ${endpoint.id} for ${zone.name}`;
        zones.push({ ...zone, called, vpcIds: [endpoint.vpcId], recordSets: sets });
      } else {
        const there = shared.get(zone.name) ?? { id: zone.id, sets: [] };
        shared.set(zone.name, { id: zone.id, sets: [...there.sets, ...sets] });
      }
    }
  }
  for (const [name, { id, sets }] of shared) zones.push({ id, name, called: `the public zone ${name} of AWS`, recordSets: sets });
  return zones;
}

const views = new WeakMap<object, DnsView>();

/** All that name servers go by in this world: hosted zones, endpoints, instances, services of AWS's and the rest of the internet. */
export function dnsViewOf(world: World): DnsView {
  const networks = world.network();
  // The network stays the same one until anything in the world changes.
  const view = views.get(networks) ?? {
    networks,
    zones: [
      ...[...world.hostedZones.all()].map(ofHostedZone),
      ...endpointZones(world),
      ...hostZones(world),
      ...txtZones(world),
      ...publicServiceZones(),
    ],
  };
  views.set(networks, view);
  return view;
}

/** What names stand for in this world, for those who ask whether a packet arrives. */
export const resolverOfWorld = (world: World): Resolve => resolverOf(dnsViewOf(world));
