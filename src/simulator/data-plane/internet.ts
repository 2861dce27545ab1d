import { createHash } from 'node:crypto';
import { addressInCidr } from '../../network/cidr.ts';
import { type DnsRecordSet, type DnsZone, plainName } from '../../network/dns.ts';
import { subBlock } from '../ec2/addresses.ts';
import { awsPrefixLists } from '../ec2/aws-prefix-lists.ts';
import { awsServices } from '../ec2/vpc-endpoints/endpoint-service-catalogue.ts';
import type { InternetHostRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { regions } from '../world/zones.ts';

/** Who is there where nothing is said of the internet: the names that IANA keeps for examples, at an address that is kept for them, too (RFC 2606, RFC 5737). */
const exampleHosts: readonly InternetHostRecord[] = ['example.com', 'www.example.com', 'example.net', 'example.org'].map((id) => ({
  id,
  address: '192.0.2.80',
  ports: [80, 443],
}));

/** Who is on the internet: those whom the world file lists, or else the hosts of examples. */
export function internetHosts(world: World): readonly InternetHostRecord[] {
  const told = [...world.internetHosts.all()];
  return told.length > 0 ? told : exampleHosts;
}

/** A range of Amazon's from which the public addresses of services without a prefix list come here. */
const serviceRange = '54.239.0.0/16';

/** The public addresses by which the world knows a service in a region: S3's and DynamoDB's lie in their prefix lists. */
function publicAddresses(region: string, service: string): readonly string[] {
  const list = awsPrefixLists(region).find(({ name }) => name.endsWith(`.${service}`));
  const blocks = list?.cidrs ?? [subBlock(serviceRange, 24, BigInt(regions.findIndex(({ name }) => name === region)))!];
  const digest = createHash('sha256').update(service).digest();
  return [0, 1].map((index) => {
    const block = blocks[index % blocks.length]!;
    return subBlock(block, 32, BigInt(1 + index * 128 + (digest[index]! % 120)))!.replace('/32', '');
  });
}

/** A service of AWS's in a region, as the internet knows it. */
export interface PublicService {
  /** `com.amazonaws.us-west-2.ec2`. */
  readonly name: string;
  readonly region: string;
  /** `ec2.us-west-2.amazonaws.com`; those that begin with `*.` stand for all below. */
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
}

/** Worked out once: it is the same for every world. */
let known: readonly PublicService[] | undefined;

/** The services of AWS's that have a name on the internet. */
export function publicServices(): readonly PublicService[] {
  known ??= regions.flatMap(({ name: region }) =>
    awsServices(region).flatMap((service): PublicService[] => {
      const short = service.name.split('.').at(-1)!;
      // DynamoDB's interface endpoints have no private names, and its gateway endpoint none at all: everybody uses the public one.
      const hosts = service.privateDnsNames.length > 0 ? service.privateDnsNames : [`${short}.${region}.amazonaws.com`];
      return service.type === 'Gateway' && short !== 'dynamodb'
        ? []
        : [{ name: service.name, region, hosts, addresses: publicAddresses(region, short) }];
    }),
  );
  return known;
}

/** The service of AWS's whose public address this is. */
export function publicServiceAt(address: string): PublicService | undefined {
  const listed = publicServices().find(({ addresses }) => addresses.includes(address));
  if (listed) return listed;
  for (const { name: region } of regions) {
    const list = awsPrefixLists(region).find(({ cidrs }) => cidrs.some((cidr) => addressInCidr(address, cidr)));
    if (list) return publicServices().find(({ name }) => name === list.name);
  }
  return undefined;
}

const ttl = 60;

let serviceZones: readonly DnsZone[] | undefined;

/** The public zones of AWS's services, one for each region. */
export function publicServiceZones(): readonly DnsZone[] {
  serviceZones ??= [...Map.groupBy(publicServices(), ({ hosts, region }) => zoneOfHost(hosts[0]!, region))].map(([name, services]) => ({
    id: `internet:${name}`,
    name,
    called: `the public zone ${name} of AWS`,
    recordSets: services.flatMap(({ hosts, addresses }) =>
      hosts.map((host): DnsRecordSet => ({ name: host, type: 'A', ttl, values: addresses })),
    ),
  }));
  return serviceZones;
}

/** `us-west-2.amazonaws.com` of `*.s3.us-west-2.amazonaws.com`. */
const zoneOfHost = (host: string, region: string): string => host.slice(host.indexOf(region));

/** TXT records that the world file, or a test, has published. */
export function txtZones(world: World): DnsZone[] {
  return [...world.publicTxtRecords.all()].map(({ id, values }) => {
    const name = plainName(id);
    return {
      id: `internet:${name} TXT`,
      name,
      called: `the public zone of ${name}`,
      recordSets: [{ name, type: 'TXT', ttl: 300, values: values.map((value) => JSON.stringify(value)) }],
    };
  });
}

/** The zones of those on the internet whom the simulator is told of, each its own. */
export function hostZones(world: World): DnsZone[] {
  return internetHosts(world).map(({ id, address }) => ({
    id: `internet:${id}`,
    name: id,
    called: `the public zone of ${id}`,
    recordSets: [{ name: id, type: address.includes(':') ? 'AAAA' : 'A', ttl: 300, values: [address] }],
  }));
}
