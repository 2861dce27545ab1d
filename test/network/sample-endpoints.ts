import type { ResourceConfiguration, ResourceGateway } from '../../src/network/endpoint-model.ts';
import type { NetworkInterface, VpcEndpoint } from '../../src/network/model.ts';
import { addVpc, emptySample, networkOf, route, rule, type Sample } from './sample-network.ts';

const tags = {};

/** An interface `eni-<name>` of AWS's in the subnet of VPC `vpc` of that name, in groups of its own; `zone` moves it into another subnet, made for it. */
export function addInterface(
  sample: Sample,
  name: string,
  { vpc, address, groups = [], zone }: { vpc: string; address: string; groups?: readonly string[]; zone?: string },
): NetworkInterface {
  const subnetId = zone ? `subnet-${vpc}-${zone}` : `subnet-${vpc}`;
  const whole = sample.subnets.find((one) => one.subnetId === `subnet-${vpc}`)!;
  if (zone && !sample.subnets.some((one) => one.subnetId === subnetId)) {
    sample.subnets.push({ ...whole, subnetId, cidr: `${address}/32`, availabilityZoneId: zone, availabilityZone: zone });
  }
  const made: NetworkInterface = {
    networkInterfaceId: `eni-${name}`,
    subnetId,
    vpcId: `vpc-${vpc}`,
    ownerId: sample.accountId,
    privateIpAddresses: [address],
    ipv6Addresses: [],
    securityGroupIds: groups,
    sourceDestCheck: true,
    tags,
  };
  sample.networkInterfaces.push(made);
  return made;
}

/** A group `sg-<name>` that lets everything out, and in by TCP at one port what comes from a block. */
export function addGroup(sample: Sample, name: string, { vpc, port, from }: { vpc: string; port?: number; from?: string }): string {
  const groupId = `sg-${name}`;
  const vpcId = `vpc-${vpc}`;
  sample.securityGroups.push({ groupId, groupName: name, description: '', vpcId, ownerId: sample.accountId, tags });
  sample.securityGroupRules.push(rule(`sgr-${name}-out`, groupId, { direction: 'egress', peer: { cidrIpv4: '0.0.0.0/0' } }));
  if (port && from) {
    const ports = { fromPort: port, toPort: port };
    sample.securityGroupRules.push(rule(`sgr-${name}-in`, groupId, { protocol: 'tcp', ...ports, peer: { cidrIpv4: from } }));
  }
  return groupId;
}

/** An endpoint `vpce-<name>` that is available, with the interfaces that are given. */
export function addEndpoint(sample: Sample, name: string, more: Partial<VpcEndpoint> & Pick<VpcEndpoint, 'type' | 'vpcId'>): void {
  sample.vpcEndpoints.push({
    vpcEndpointId: `vpce-${name}`,
    ownerId: sample.accountId,
    state: 'available',
    routeTableIds: [],
    subnetIds: [],
    securityGroupIds: [],
    networkInterfaceIds: [],
    privateDnsEnabled: false,
    tags,
    ...more,
  });
}

/** A resource gateway `rgw-<name>` in the VPC of that name, with one interface `eni-rgw-<name>`. */
export function addResourceGateway(
  sample: Sample,
  name: string,
  { address, ...more }: { address: string } & Partial<ResourceGateway>,
): void {
  const group = addGroup(sample, `rgw-${name}`, { vpc: name });
  const { networkInterfaceId } = addInterface(sample, `rgw-${name}`, { vpc: name, address, groups: [group] });
  sample.resourceGateways.push({
    resourceGatewayId: `rgw-${name}`,
    ownerId: sample.accountId,
    name: `gateway-${name}`,
    status: 'ACTIVE',
    vpcId: `vpc-${name}`,
    networkInterfaceIds: [networkInterfaceId],
    dnsResolution: 'IN_VPC',
    tags,
    ...more,
  });
}

/** A resource configuration `rcfg-<name>` for tcp/80. */
export function addConfiguration(
  sample: Sample,
  name: string,
  more: Partial<ResourceConfiguration> & Pick<ResourceConfiguration, 'resourceGatewayId'>,
): void {
  sample.resourceConfigurations.push({
    resourceConfigurationId: `rcfg-${name}`,
    ownerId: sample.accountId,
    name,
    type: 'SINGLE',
    status: 'ACTIVE',
    portRanges: [{ from: 80, to: 80 }],
    tags,
    ...more,
  });
}

/** Ties an endpoint of the type Resource to its configuration, as the provider has it. */
export function associate(sample: Sample, endpoint: string, configuration: string): void {
  sample.resourceEndpointAssociations.push({
    resourceEndpointAssociationId: `rea-${endpoint}`,
    resourceConfigurationId: `rcfg-${configuration}`,
    vpcEndpointId: `vpce-${endpoint}`,
  });
}

/** Scenario 5: A in a VPC of the consumer's reaches web server W in a VPC of the provider's by tcp/80. Both VPCs use 10.0.0.0/16. */
export function resourceEndpoint(): { consumer: Sample; provider: Sample } {
  const [provider, consumer] = [emptySample('111111111111'), emptySample('222222222222')];
  addVpc(provider, 'w', { cidr: '10.0.0.0/16', address: '10.0.0.80' });
  addVpc(consumer, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  addResourceGateway(provider, 'w', { address: '10.0.0.200' });
  addConfiguration(provider, 'web', { resourceGatewayId: 'rgw-w', definition: { ipAddress: '10.0.0.80' } });
  provider.securityGroupRules.push(
    rule('sgr-w-in', 'sg-w', { protocol: 'tcp', fromPort: 80, toPort: 80, peer: { cidrIpv4: '10.0.0.200/32' } }),
  );
  const group = addGroup(consumer, 'vpce', { vpc: 'a', port: 80, from: '10.0.0.0/16' });
  addInterface(consumer, 'vpce', { vpc: 'a', address: '10.0.0.100', groups: [group] });
  const resourceConfigurationArn = 'arn:aws:vpc-lattice:us-west-2:111111111111:resourceconfiguration/rcfg-web';
  addEndpoint(consumer, 'web', { type: 'Resource', vpcId: 'vpc-a', networkInterfaceIds: ['eni-vpce'], resourceConfigurationArn });
  associate(provider, 'web', 'web');
  return { consumer, provider };
}

/** A in a VPC of the consumer's reaches targets T and U of a load balancer in a VPC of the provider's: tcp/443 becomes tcp/8443. */
export function endpointService(): { consumer: Sample; provider: Sample } {
  const [provider, consumer] = [emptySample('111111111111'), emptySample('222222222222')];
  addVpc(provider, 't', { cidr: '10.0.0.0/16', address: '10.0.0.80' });
  addVpc(consumer, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  addInterface(provider, 'nlb', { vpc: 't', address: '10.0.0.50' });
  provider.networkLoadBalancers.push({
    loadBalancerArn: 'arn:aws:elasticloadbalancing:us-west-2:111111111111:loadbalancer/net/front/1',
    ownerId: provider.accountId,
    loadBalancerName: 'front',
    vpcId: 'vpc-t',
    networkInterfaceIds: ['eni-nlb'],
    listeners: [{ port: 443, targetPort: 8443, targetInstanceIds: ['i-t'] }],
    tags,
  });
  const serviceName = 'com.amazonaws.vpce.us-west-2.vpce-svc-0123456789abcdef0';
  provider.endpointServices.push({
    serviceId: 'vpce-svc-0123456789abcdef0',
    serviceName,
    ownerId: provider.accountId,
    state: 'Available',
    networkLoadBalancerArns: provider.networkLoadBalancers.map(({ loadBalancerArn }) => loadBalancerArn),
    tags,
  });
  provider.securityGroupRules.push(
    rule('sgr-t-in', 'sg-t', { protocol: 'tcp', fromPort: 8443, toPort: 8443, peer: { cidrIpv4: '10.0.0.50/32' } }),
  );
  const group = addGroup(consumer, 'vpce', { vpc: 'a', port: 443, from: '10.0.0.0/16' });
  addInterface(consumer, 'vpce', { vpc: 'a', address: '10.0.0.100', groups: [group] });
  addEndpoint(consumer, 'svc', { type: 'Interface', vpcId: 'vpc-a', networkInterfaceIds: ['eni-vpce'], serviceName });
  return { consumer, provider };
}

/** A's subnet has a route to S3's prefix list through a gateway endpoint, and one to everything through nothing. */
export function gatewayEndpoint(): Sample {
  const sample = emptySample();
  addVpc(sample, 'a', { cidr: '10.0.0.0/16', address: '10.0.0.10' });
  const prefixListId = 'pl-63a5400a';
  sample.prefixLists.push({
    prefixListId,
    ownerId: 'AWS',
    prefixListName: 'com.amazonaws.us-west-2.s3',
    cidrs: ['52.216.0.0/21', '3.5.0.0/22'],
    tags,
  });
  const serviceName = 'com.amazonaws.us-west-2.s3';
  addEndpoint(sample, 's3', { type: 'Gateway', vpcId: 'vpc-a', serviceName, routeTableIds: ['rtb-a'] });
  const table = sample.routeTables[0]!;
  sample.routeTables[0] = { ...table, routes: [...table.routes, route(prefixListId, 'vpce-s3')] };
  return sample;
}

/** The networks of samples. */
export const networksOf = (...samples: readonly Sample[]) => samples.map(networkOf);
