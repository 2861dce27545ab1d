import type { ModifyVpcEndpointRequest, ModifyVpcEndpointResult } from '@aws-sdk/client-ec2';
import { ApiError, type Call } from '../../service.ts';
import type { EndpointSubnet, VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { invalidParameter } from '../errors.ts';
import { readGroups } from '../network-interfaces.ts';
import { findRouteTable, findVpcEndpoint } from '../owned.ts';
import { fullAccess, readPolicy } from './endpoint-policy.ts';
import { insertEndpointRoute, removeEndpointRoute } from './gateway-endpoint-routes.ts';
import { checkPrivateDns } from './vpc-endpoint-dns.ts';
import { checkTypeRules, readDnsOptions, readIpAddressType, readSubnets } from './vpc-endpoint-input.ts';
import { checkEndpointSubnets } from './vpc-endpoint-interfaces.ts';
import { settleLater } from './vpc-endpoint-states.ts';
import { checkPolicySupported, serviceTarget } from './vpc-endpoint-targets.ts';

interface Change {
  readonly endpoint: VpcEndpointRecord;
  readonly input: ModifyVpcEndpointRequest;
}

/** A list with some taken out and some put in. */
function changed(
  current: readonly string[],
  { add = [], remove = [] }: { add?: readonly string[] | undefined; remove?: readonly string[] | undefined },
): string[] {
  return [...new Set([...current.filter((id) => !remove.includes(id)), ...add])];
}

function changeRouteTables(world: World, call: Call, { endpoint, input }: Change): void {
  const removed = input.RemoveRouteTableIds ?? [];
  for (const id of removed) {
    if (!endpoint.routeTableIds.includes(id))
      throw invalidParameter(`Route table ${id} is not associated with the endpoint ${endpoint.id}.`);
    removeEndpointRoute(world, endpoint.id, id);
  }
  // One that the endpoint has already stays as it is.
  const added = [...new Set(input.AddRouteTableIds ?? [])].filter((id) => !endpoint.routeTableIds.includes(id) || removed.includes(id));
  for (const id of added) insertEndpointRoute(world, endpoint, findRouteTable(world, call, id));
  world.vpcEndpoints.change(endpoint.id, { routeTableIds: changed(endpoint.routeTableIds, { add: added, remove: removed }) });
}

function changePolicy(world: World, { endpoint, input }: Change): void {
  if (input.PolicyDocument !== undefined && input.ResetPolicy) {
    throw new ApiError('InvalidParameterCombination', 'The parameters policyDocument and resetPolicy cannot be used together');
  }
  if (input.PolicyDocument === undefined && !input.ResetPolicy) return;
  checkPolicySupported(serviceTarget(world, endpoint));
  world.vpcEndpoints.change(endpoint.id, { policyDocument: input.PolicyDocument ? readPolicy(input.PolicyDocument) : fullAccess });
}

/** Interfaces get their new groups at once. */
function changeGroups(world: World, call: Call, { endpoint, input }: Change): void {
  const [add, remove] = [input.AddSecurityGroupIds, input.RemoveSecurityGroupIds];
  if (!add?.length && !remove?.length) return;
  const absent = remove?.find((id) => !endpoint.securityGroupIds.includes(id));
  if (absent) throw invalidParameter(`The security group ${absent} is not associated with the endpoint ${endpoint.id}.`);
  const groupIds = changed(endpoint.securityGroupIds, { add, remove });
  if (groupIds.length === 0) throw invalidParameter(`The endpoint ${endpoint.id} must keep at least one security group.`);
  const securityGroupIds = readGroups(world, call, { vpcId: endpoint.vpcId, groupIds });
  world.vpcEndpoints.change(endpoint.id, { securityGroupIds });
  for (const id of endpoint.networkInterfaceIds)
    if (world.networkInterfaces.get(id)) world.networkInterfaces.change(id, { securityGroupIds });
}

function changedSubnets(world: World, call: Call, { endpoint, input }: Change): EndpointSubnet[] {
  const removed = input.RemoveSubnetIds ?? [];
  const absent = removed.find((id) => !endpoint.subnets.some(({ subnetId }) => subnetId === id));
  if (absent) throw invalidParameter(`The subnet ${absent} is not associated with the endpoint ${endpoint.id}.`);
  const kept = endpoint.subnets.filter(({ subnetId }) => !removed.includes(subnetId));
  const subnetIds = [...kept.map(({ subnetId }) => subnetId), ...(input.AddSubnetIds ?? [])];
  const configurations = input.SubnetConfigurations ?? [];
  const read = subnetIds.length > 0 ? readSubnets(world, call, { subnetIds, configurations }) : [];
  const isConfigured = (id: string) => configurations.some(({ SubnetId }) => SubnetId === id);
  return read.map((one) => (isConfigured(one.subnetId) ? one : (kept.find(({ subnetId }) => subnetId === one.subnetId) ?? one)));
}

/** Subnets, addresses and DNS of an interface endpoint; while its interfaces change it is pending again. */
function changeInterfaceEndpoint(world: World, call: Call, { endpoint, input }: Change): void {
  const target = serviceTarget(world, endpoint);
  const ipAddressType = readIpAddressType(input.IpAddressType ?? endpoint.ipAddressType, {
    name: target.name,
    offered: target.ipAddressTypes,
  });
  // To turn this on, or leave it on, takes private DNS in the same call (aws.md 4.4).
  if (input.DnsOptions?.PrivateDnsOnlyForInboundResolverEndpoint !== undefined && input.PrivateDnsEnabled !== true) {
    throw invalidParameter('privateDnsOnlyForInboundResolverEndpoint needs privateDnsEnabled in the same call.');
  }
  const next: VpcEndpointRecord = {
    ...endpoint,
    ipAddressType,
    ...readDnsOptions(input.DnsOptions, { type: endpoint.type, ipAddressType, current: endpoint }),
    subnets: changedSubnets(world, call, { endpoint, input }),
    privateDnsEnabled: input.PrivateDnsEnabled ?? endpoint.privateDnsEnabled,
    privateDnsDomains: target.privateDnsDomains,
  };
  checkEndpointSubnets(world, next, target.region === call.region ? { of: target.name, ids: target.zoneIds } : undefined);
  if (input.PrivateDnsEnabled) checkPrivateDns(world, next, target);
  const replaced = input.AddSubnetIds?.length || input.RemoveSubnetIds?.length || input.SubnetConfigurations?.length || input.IpAddressType;
  world.vpcEndpoints.put({ ...next, state: replaced && endpoint.state === 'available' ? 'pending' : endpoint.state });
  if (replaced) settleLater(world, endpoint.id);
}

/** Of a Resource or ServiceNetwork endpoint only the groups can change; what is said of DNS must be what it is already (aws.md 4.4). */
function checkUnchangeable({ endpoint, input }: Change): void {
  const { DnsOptions: dns } = input;
  const differs =
    (input.PrivateDnsEnabled !== undefined && input.PrivateDnsEnabled !== endpoint.privateDnsEnabled) ||
    (dns?.PrivateDnsPreference !== undefined && dns.PrivateDnsPreference !== endpoint.privateDnsPreference) ||
    (dns?.DnsRecordIpType !== undefined && dns.DnsRecordIpType !== endpoint.dnsRecordIpType) ||
    (dns?.PrivateDnsSpecifiedDomains !== undefined &&
      dns.PrivateDnsSpecifiedDomains.join() !== (endpoint.privateDnsSpecifiedDomains ?? []).join()) ||
    (input.IpAddressType !== undefined && input.IpAddressType !== endpoint.ipAddressType);
  const subnets = input.AddSubnetIds?.length || input.RemoveSubnetIds?.length || input.SubnetConfigurations?.length;
  if (differs || subnets) {
    throw invalidParameter(`Only the security groups of endpoints of the type ${endpoint.type} can be modified.`);
  }
}

/** ModifyVpcEndpoint (aws.md 4.4). */
export function modifyVpcEndpoint(world: World) {
  return (input: ModifyVpcEndpointRequest, call: Call): ModifyVpcEndpointResult => {
    const endpoint = findVpcEndpoint(world, call, input.VpcEndpointId);
    if (!['available', 'pending', 'pendingAcceptance'].includes(endpoint.state)) {
      throw new ApiError('IncorrectState', `The VPC endpoint ${endpoint.id} is in state ${endpoint.state}.`);
    }
    checkTypeRules(endpoint.type, {
      routeTableIds: [...(input.AddRouteTableIds ?? []), ...(input.RemoveRouteTableIds ?? [])],
      subnetIds: [...(input.AddSubnetIds ?? []), ...(input.RemoveSubnetIds ?? [])],
      subnetConfigurations: input.SubnetConfigurations,
      securityGroupIds: [...(input.AddSecurityGroupIds ?? []), ...(input.RemoveSecurityGroupIds ?? [])],
      privateDnsEnabled: input.PrivateDnsEnabled,
      policyDocument: input.PolicyDocument ?? input.ResetPolicy,
      ipAddressType: endpoint.type === 'Gateway' && input.IpAddressType === 'ipv4' ? undefined : input.IpAddressType,
      dnsOptions: input.DnsOptions,
    });
    const current = (): Change => ({ endpoint: world.vpcEndpoints.get(endpoint.id)!, input });
    switch (endpoint.type) {
      case 'Gateway':
        changeRouteTables(world, call, current());
        changePolicy(world, current());
        break;
      case 'Interface':
        changeGroups(world, call, current());
        changePolicy(world, current());
        changeInterfaceEndpoint(world, call, current());
        break;
      case 'Resource':
      case 'ServiceNetwork':
        checkUnchangeable(current());
        changeGroups(world, call, current());
        break;
    }
    return { Return: true };
  };
}
