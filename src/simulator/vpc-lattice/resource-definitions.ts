import type {
  CreateResourceConfigurationRequest,
  ResourceConfigurationDefinition,
  ResourceConfigurationType,
} from '@aws-sdk/client-vpc-lattice';
import { addressFamily, addressInCidr, cidrsOverlap, isCanonicalCidr } from '../../network/cidr.ts';
import type { World } from '../world/world.ts';
import { invalidField } from './errors.ts';
import type { ResourceConfigurationRecord, ResourceGatewayRecord } from './records.ts';

const field = 'resourceConfigurationDefinition';
const notTargets = ['169.254.0.0/16', '100.64.0.0/10', '224.0.0.0/4', 'fe80::/10', 'ff00::/8'];
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];
const everything = ['0.0.0.0/0', '::/0'];

/** Which member of the union a type of configuration takes; a group has no definition (aws.md 5.2). */
const membersOf: Readonly<Record<ResourceConfigurationType, readonly (keyof ResourceConfigurationDefinition)[]>> = {
  SINGLE: ['dnsResource', 'ipResource'],
  CHILD: ['dnsResource', 'ipResource'],
  ARN: ['arnResource'],
  CIDR: ['cidrResource'],
  GROUP: [],
};

/**
 * What a configuration stands for, as far as its type and its gateway let it.
 *
 * @throws ApiError ValidationException
 */
export function checkDefinition(
  world: World,
  definition: ResourceConfigurationDefinition | undefined,
  { type, gateway }: { type: ResourceConfigurationType; gateway: ResourceGatewayRecord },
): void {
  const members = membersOf[type];
  if (!definition) {
    if (members.length > 0) throw invalidField(field, `A resource configuration of type ${type} needs a definition`);
    return;
  }
  const member = Object.keys(definition)[0] as keyof ResourceConfigurationDefinition;
  if (!members.includes(member)) throw invalidField(field, `A resource configuration of type ${type} has no ${member}`);
  const { dnsResource, ipResource, arnResource, cidrResource } = definition;
  if (dnsResource) checkName(dnsResource);
  if (ipResource) checkAddress(world, ipResource.ipAddress ?? '', gateway);
  if (arnResource) checkArn(world, arnResource.arn ?? '', gateway);
  if (cidrResource) checkRanges(world, cidrResource.cidrRanges ?? [], gateway);
}

function checkName({
  domainName = '',
  ipAddressType = 'IPV4',
}: {
  domainName?: string | undefined;
  ipAddressType?: string | undefined;
}): void {
  if (!isDomainName(domainName)) throw invalidField(field, `${domainName} is no domain name of 3 to 255 characters`);
  if (ipAddressType === 'DUALSTACK') throw invalidField(field, 'The address type DUALSTACK is not supported for domain names');
  if (ipAddressType !== 'IPV4' && ipAddressType !== 'IPV6') throw invalidField(field, `There is no address type ${ipAddressType}`);
}

/** Sources disagree on private addresses outside the VPC, which pass; on public ones they do not (aws.md 5.2). */
function checkAddress(world: World, address: string, { vpcId }: ResourceGatewayRecord): void {
  const family = addressFamily(address);
  if (!family) throw invalidField(field, `${address} is no IP address`);
  const vpc = world.vpcs.get(vpcId);
  const blocks = [...(vpc?.cidrBlocks ?? []), ...(vpc?.ipv6CidrBlocks ?? [])].map(({ cidr }) => cidr);
  const ranges = family === 4 ? [...privateRanges, ...blocks] : blocks;
  if (!ranges.some((range) => addressInCidr(address, range))) {
    throw invalidField(field, `${address} is neither a private address nor one of ${vpcId}`);
  }
}

/** Of what has an ARN only databases of RDS can be shared so. */
function checkArn(world: World, arn: string, gateway: ResourceGatewayRecord): void {
  if (arn.length < 20 || !/^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:(?:db|cluster):.+$/.test(arn)) {
    throw invalidField(field, `${arn} is not the ARN of a database`);
  }
  if (gateway.resourceConfigDnsResolution === 'IN_VPC') throw invalidField(field, 'A resource gateway that resolves IN_VPC takes no ARNs');
  refuseMixture(world, gateway, 'CIDR');
}

function checkRanges(world: World, ranges: readonly string[], gateway: ResourceGatewayRecord): void {
  if (ranges.length === 0 || ranges.length > 10) throw invalidField(field, 'There must be from 1 to 10 CIDR ranges');
  const isAll = ranges.every((range) => everything.includes(range));
  for (const range of ranges) {
    if (!isCanonicalCidr(range)) throw invalidField(field, `${range} is no CIDR range`);
    if (!isAll && (everything.includes(range) || notTargets.some((refused) => cidrsOverlap(range, refused)))) {
      throw invalidField(field, `The range ${range} is not allowed`);
    }
  }
  if (gateway.resourceConfigDnsResolution !== 'IN_VPC')
    throw invalidField(field, 'CIDR ranges need a resource gateway that resolves IN_VPC');
  refuseMixture(world, gateway, 'ARN');
}

function refuseMixture(world: World, { id }: ResourceGatewayRecord, other: 'ARN' | 'CIDR'): void {
  if (world.resourceConfigurations.where(`gateway:${id}`).some(({ type }) => type === other)) {
    throw invalidField('resourceGatewayIdentifier', `The resource gateway serves resource configurations of type ${other}`);
  }
}

/** Names of at least two labels. */
export function isDomainName(name: string): boolean {
  return (
    name.length >= 3 &&
    name.length <= 255 &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?$/i.test(name)
  );
}

/** Whether a name is a domain or lies under it. */
export function isUnder(name: string, domain: string): boolean {
  const [inner, outer] = [name, domain].map((text) => text.toLowerCase().replace(/\.$/, ''));
  return inner === outer || inner!.endsWith(`.${outer}`);
}

/**
 * The ports asked for, or all of them where the type has any.
 *
 * @throws ApiError ValidationException
 */
export function readPortRanges(type: ResourceConfigurationType, ranges: readonly string[] | undefined): readonly string[] {
  if (type === 'ARN') {
    if (ranges?.length) throw invalidField('portRanges', 'A resource configuration of type ARN has no ports of its own');
    return [];
  }
  if (!ranges?.length) return ['1-65535'];
  for (const range of ranges) {
    const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    const valid = from !== '' && Number(from) >= 1 && Number(from) <= Number(to) && Number(to) <= 65_535;
    if (!valid) throw invalidField('portRanges', `${range} is neither a port nor a range of ports`);
  }
  return ranges;
}

/** @throws ApiError ValidationException */
export function readProtocol(
  type: ResourceConfigurationType,
  protocol: CreateResourceConfigurationRequest['protocol'],
): ResourceConfigurationRecord['protocol'] {
  if (type === 'CHILD') {
    if (protocol) throw invalidField('protocol', 'A child has its group’s protocol');
    return undefined;
  }
  if (protocol === undefined || protocol === 'TCP') return 'TCP';
  if (protocol === 'TCP_UDP' && type === 'CIDR') return protocol;
  throw invalidField('protocol', `A resource configuration of type ${type} has no protocol ${protocol}`);
}
