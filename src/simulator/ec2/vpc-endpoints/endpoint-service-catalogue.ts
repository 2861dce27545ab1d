import { createHash } from 'node:crypto';
import { zonesOf } from '../../world/zones.ts';
import { gatewayServices } from '../aws-prefix-lists.ts';

/** A service that endpoints can lead to, be it AWS's or an account's. One with both kinds of endpoint is listed once for each. */
export interface EndpointService {
  /** `com.amazonaws.us-west-2.ec2`, `com.amazonaws.vpce.us-west-2.vpce-svc-…`. */
  readonly name: string;
  readonly serviceId: string;
  readonly region: string;
  readonly type: 'Gateway' | 'Interface';
  /** The zones in which an endpoint can have subnets, by id: names differ from account to account (aws.md 4.1). */
  readonly zoneIds: readonly string[];
  /** `amazon`, or the account. */
  readonly owner: string;
  /** What the names of endpoints end in: `ec2.us-west-2.vpce.amazonaws.com`. */
  readonly baseDnsName: string;
  /** Names that private DNS makes lead to an endpoint, the main one first; those that begin with `*.` stand for all below. */
  readonly privateDnsNames: readonly string[];
  /** Whether the owner of the service has proven to own its private names; AWS always has. */
  readonly privateDnsVerified: boolean;
  readonly policySupported: boolean;
  readonly acceptanceRequired: boolean;
  readonly ipAddressTypes: readonly ('ipv4' | 'ipv6')[];
  /** Regions besides its own from which it can be reached. */
  readonly otherRegions: readonly string[];
}

/** What is particular about a service of AWS's; most have one name, that of the service itself. */
interface Peculiarities {
  /** Hosts under the region's domain, where they are not the service's name. */
  readonly hosts?: readonly string[];
  readonly policySupported?: boolean;
}

/** The services of AWS's that have interface endpoints in every region, as far as the simulator knows them, by the last part of their names. */
const interfaceServices: Readonly<Record<string, Peculiarities>> = {
  s3: { hosts: ['s3', '*.s3', '*.s3-accesspoint', '*.s3-control'] },
  // Without private DNS: programs must be told the endpoint's own name.
  dynamodb: { hosts: [] },
  ec2: {},
  sts: {},
  sqs: {},
  sns: {},
  ssm: {},
  ssmmessages: {},
  ec2messages: {},
  kms: {},
  logs: {},
  monitoring: {},
  events: {},
  lambda: {},
  secretsmanager: {},
  elasticloadbalancing: {},
  autoscaling: {},
  cloudformation: {},
  cloudtrail: {},
  ecs: {},
  'ecs-agent': { hosts: ['ecs-a'] },
  'ecs-telemetry': { hosts: ['ecs-t'] },
  'ecr.api': { hosts: ['api.ecr'] },
  'ecr.dkr': { hosts: ['dkr.ecr', '*.dkr.ecr'] },
  eks: {},
  'kinesis-streams': { hosts: ['kinesis'] },
  'execute-api': { hosts: ['*.execute-api'] },
  rds: {},
  'transfer.server': { hosts: [], policySupported: false },
};

/** Hexadecimal digits that follow from a text. */
export const digitsOf = (text: string, count: number): string => createHash('sha256').update(text).digest('hex').slice(0, count);

function awsService(region: string, { name, type, hosts, policySupported, domain }: AwsServiceName): EndpointService {
  const [main = name.split('.').at(-1)!] = hosts.map((host) => host.replace('*.', ''));
  return {
    name,
    serviceId: `vpce-svc-0${digitsOf(`${name} ${type}`, 16)}`,
    region,
    type,
    zoneIds: zonesOf('amazon', region)
      .map(({ zoneId }) => zoneId)
      .toSorted(),
    owner: 'amazon',
    baseDnsName: `${main}.${region}.vpce.${domain}`,
    privateDnsNames: type === 'Gateway' ? [] : hosts.map((host) => `${host}.${region}.${domain}`),
    privateDnsVerified: true,
    policySupported,
    acceptanceRequired: false,
    ipAddressTypes: ['ipv4'],
    otherRegions: [],
  };
}

interface AwsServiceName {
  readonly name: string;
  readonly type: 'Gateway' | 'Interface';
  readonly hosts: readonly string[];
  readonly policySupported: boolean;
  readonly domain: string;
}

/** Made once for each region: every answer about an endpoint needs them. */
const known = new Map<string, readonly EndpointService[]>();

/** AWS's services in a region; S3 and DynamoDB are there as Gateway and as Interface (aws.md 4.1). */
export function awsServices(region: string): readonly EndpointService[] {
  const services = known.get(region) ?? listServices(region);
  known.set(region, services);
  return services;
}

function listServices(region: string): EndpointService[] {
  const [domain, policySupported] = ['amazonaws.com', true];
  const nameOf = (service: string): string => `com.amazonaws.${region}.${service}`;
  return [
    ...gatewayServices.map((service) =>
      awsService(region, { name: nameOf(service), type: 'Gateway', hosts: [service], policySupported, domain }),
    ),
    ...Object.entries(interfaceServices).map(([service, said]) =>
      awsService(region, { name: nameOf(service), type: 'Interface', hosts: [service], policySupported, domain, ...said }),
    ),
    // Not every name begins as most do (aws.md 4.1).
    awsService(region, {
      name: `aws.sagemaker.${region}.notebook`,
      type: 'Interface',
      hosts: ['notebook', '*.notebook'],
      policySupported,
      domain: 'sagemaker.aws',
    }),
  ];
}
