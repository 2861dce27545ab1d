import type {
  CreateVpcEndpointRequest,
  CreateVpcEndpointResult,
  DeleteVpcEndpointsRequest,
  DeleteVpcEndpointsResult,
  DescribeVpcEndpointsRequest,
  DescribeVpcEndpointsResult,
  State,
  Tag,
  VpcEndpoint,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import { dissociateResourceEndpoint } from '../../vpc-lattice/endpoint-associations.ts';
import type { VpcEndpointRecord } from '../../world/records.ts';
import { transition, whileInState } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { madeBefore, rememberMade } from '../client-tokens.ts';
import { invalidParameter, required, unsuccessful } from '../errors.ts';
import { idKinds } from '../ids.ts';
import { atMost1000, list } from '../listing.ts';
import { readGroups } from '../network-interfaces.ts';
import { findRouteTable, findVpc, findVpcEndpoint, ownership, placeOf } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import { fullAccess, readPolicy } from './endpoint-policy.ts';
import { insertEndpointRoute, removeEndpointRoute } from './gateway-endpoint-routes.ts';
import { associateEndpoint, privateResourceDomains } from './resource-associations.ts';
import { modifyVpcEndpoint } from './vpc-endpoint-changes.ts';
import { checkPrivateDns, dnsEntriesOf } from './vpc-endpoint-dns.ts';
import { checkTypeRules, readDnsOptions, readIpAddressType, readSubnets, readType } from './vpc-endpoint-input.ts';
import { checkEndpointSubnets, removeInterfaces, servedSubnets } from './vpc-endpoint-interfaces.ts';
import { settleLater } from './vpc-endpoint-states.ts';
import { checkPolicySupported, type EndpointTarget, readTarget } from './vpc-endpoint-targets.ts';

/** An endpoint as its owner is shown it. */
function shown(world: World, endpoint: VpcEndpointRecord, tags: Tag[]): VpcEndpoint {
  return {
    VpcEndpointId: endpoint.id,
    VpcEndpointType: endpoint.type,
    VpcId: endpoint.vpcId,
    ...(endpoint.serviceName ? { ServiceName: endpoint.serviceName, ServiceRegion: endpoint.serviceRegion } : {}),
    ...(endpoint.resourceConfigurationArn ? { ResourceConfigurationArn: endpoint.resourceConfigurationArn } : {}),
    ...(endpoint.serviceNetworkArn ? { ServiceNetworkArn: endpoint.serviceNetworkArn } : {}),
    // The wire has states in lower camel case, the SDK's list has them capitalised (aws.md 4.2).
    State: endpoint.state as State,
    ...(endpoint.policyDocument ? { PolicyDocument: endpoint.policyDocument } : {}),
    RouteTableIds: [...endpoint.routeTableIds],
    SubnetIds: endpoint.subnets.map(({ subnetId }) => subnetId),
    Groups: endpoint.securityGroupIds.map((GroupId) => ({ GroupId, GroupName: world.securityGroups.get(GroupId)?.groupName })),
    IpAddressType: endpoint.ipAddressType,
    DnsOptions: {
      DnsRecordIpType: endpoint.dnsRecordIpType,
      PrivateDnsOnlyForInboundResolverEndpoint: endpoint.privateDnsOnlyForInboundResolverEndpoint,
      PrivateDnsPreference: endpoint.privateDnsPreference,
      PrivateDnsSpecifiedDomains: endpoint.privateDnsSpecifiedDomains?.slice(),
    },
    PrivateDnsEnabled: endpoint.privateDnsEnabled,
    RequesterManaged: false,
    NetworkInterfaceIds: [...endpoint.networkInterfaceIds],
    DnsEntries: dnsEntriesOf(world, endpoint),
    CreationTimestamp: new Date(endpoint.createdAt),
    Tags: tags,
    OwnerId: endpoint.ownerId,
    ...(endpoint.failure
      ? { LastError: { Code: endpoint.failure.code, Message: endpoint.failure.message }, FailureReason: endpoint.failure.message }
      : {}),
  };
}

/** @throws ApiError VpcEndpointLimitExceeded where the VPC or the region has as many as it may (aws.md 4.10) */
function checkQuotas(world: World, call: Call, { type, vpcId }: Pick<VpcEndpointRecord, 'type' | 'vpcId'>): void {
  const { quotas } = world.settings;
  const family = (one: VpcEndpointRecord['type']) => (one === 'ServiceNetwork' ? 'Resource' : one);
  const ofType = (key: string) => world.vpcEndpoints.where(key).filter((endpoint) => family(endpoint.type) === family(type)).length;
  const perVpc = {
    Gateway: quotas.gatewayEndpointsPerVpc,
    Interface: quotas.interfaceEndpointsPerVpc,
    Resource: quotas.resourceEndpointsPerVpc,
  };
  const tooManyInVpc = ofType(`vpc:${vpcId}`) >= perVpc[family(type) as keyof typeof perVpc];
  if (tooManyInVpc || (type === 'Gateway' && ofType(`place:${placeOf(call)}`) >= quotas.gatewayEndpointsPerRegion)) {
    throw new ApiError('VpcEndpointLimitExceeded', `The maximum number of VPC endpoints of the type ${type} has been reached.`);
  }
}

/** The parts of a new endpoint that have network interfaces: subnets, groups and DNS. */
function withInterfaces(world: World, call: Call, { input, target, base }: NewEndpoint): VpcEndpointRecord {
  const { vpcId } = base;
  const ipAddressType = readIpAddressType(input.IpAddressType, { name: target.name, offered: target.ipAddressTypes });
  const subnets = readSubnets(world, call, { subnetIds: input.SubnetIds, configurations: input.SubnetConfigurations });
  const endpoint: VpcEndpointRecord = {
    ...base,
    ipAddressType,
    ...readDnsOptions(input.DnsOptions, { type: base.type, ipAddressType, preference: world.settings.privateDnsPreferenceDefault }),
    subnets: target.configuration ? servedSubnets(world, subnets, target.zoneIds) : subnets,
    securityGroupIds: readGroups(world, call, { vpcId, groupIds: input.SecurityGroupIds }),
    privateDnsEnabled: input.PrivateDnsEnabled ?? false,
    privateDnsDomains: target.privateDnsDomains,
    state: target.acceptanceRequired ? 'pendingAcceptance' : 'pending',
  };
  checkEndpointSubnets(world, endpoint, target.region === call.region ? { of: target.name, ids: target.zoneIds } : undefined);
  const answering = endpoint.type === 'Interface' ? endpoint : { ...endpoint, privateDnsDomains: privateResourceDomains(world, endpoint) };
  if (endpoint.privateDnsEnabled) checkPrivateDns(world, answering, target);
  return answering;
}

interface NewEndpoint {
  readonly input: CreateVpcEndpointRequest;
  readonly target: EndpointTarget;
  readonly base: VpcEndpointRecord;
}

/** Eight letters and digits. */
function newLabel(world: World): string {
  return Array.from({ length: 8 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[Math.floor(world.random() * 36)]).join('');
}

function newEndpoint(world: World, call: Call, input: CreateVpcEndpointRequest): VpcEndpointRecord {
  const type = readType(input.VpcEndpointType);
  checkTypeRules(type, {
    routeTableIds: input.RouteTableIds,
    subnetIds: input.SubnetIds,
    subnetConfigurations: input.SubnetConfigurations,
    securityGroupIds: input.SecurityGroupIds,
    privateDnsEnabled: input.PrivateDnsEnabled,
    policyDocument: input.PolicyDocument,
    ipAddressType: type === 'Gateway' && input.IpAddressType === 'ipv4' ? undefined : input.IpAddressType,
    dnsOptions: input.DnsOptions,
  });
  const vpc = findVpc(world, call, input.VpcId);
  const target = readTarget(world, call, { input, type });
  if (input.PolicyDocument) checkPolicySupported(target);
  checkQuotas(world, call, { type, vpcId: vpc.id });
  const base: VpcEndpointRecord = {
    ...ownership(call),
    id: world.newId('vpce'),
    type,
    vpcId: vpc.id,
    state: 'available',
    createdAt: world.now(),
    serviceName: input.ServiceName,
    resourceConfigurationArn: input.ResourceConfigurationArn,
    serviceNetworkArn: input.ServiceNetworkArn,
    serviceRegion: target.region,
    policyDocument: input.PolicyDocument ? readPolicy(input.PolicyDocument) : target.policySupported ? fullAccess : undefined,
    routeTableIds: [],
    subnets: [],
    securityGroupIds: [],
    networkInterfaceIds: [],
    privateDnsEnabled: false,
    privateDnsDomains: [],
    ipAddressType: 'ipv4',
    dnsRecordIpType: 'ipv4',
    dnsLabel: newLabel(world),
  };
  if (type !== 'Gateway') return withInterfaces(world, call, { input, target, base });
  const tables = [...new Set(input.RouteTableIds ?? [])].map((id) => findRouteTable(world, call, id));
  for (const table of tables) insertEndpointRoute(world, base, table);
  return { ...base, routeTableIds: tables.map(({ id }) => id) };
}

/** Routes go at once, the endpoint after a while, its interfaces a while later: until then they keep subnets and groups (aws.md 4.6). */
function deleteEndpoint(world: World, call: Call, id: string): void {
  const endpoint = findVpcEndpoint(world, call, id);
  if (endpoint.state === 'deleting') return;
  for (const tableId of endpoint.routeTableIds) removeEndpointRoute(world, endpoint.id, tableId);
  world.vpcEndpoints.change(endpoint.id, { state: 'deleting', routeTableIds: [] });
  const { vpcEndpointDeleting, vpcEndpointInterfacesRemoving } = world.settings.delaysMs;
  world.later(vpcEndpointDeleting, finishDeletion, endpoint.id, 'deleting');
  world.later(vpcEndpointDeleting + vpcEndpointInterfacesRemoving, finishRemoval, endpoint.networkInterfaceIds);
}

const finishDeletion = whileInState(
  'vpcEndpoint.finishDeletion',
  (world) => world.vpcEndpoints,
  (world, { id, ownerId, region }) => {
    world.vpcEndpoints.delete(id);
    dissociateResourceEndpoint(world, id);
    world.setTags(`${ownerId}/${region}`, id, {});
  },
);

const finishRemoval = transition('vpcEndpoint.finishRemoval', removeInterfaces);

export function vpcEndpointOperations(world: World): Operations {
  return {
    CreateVpcEndpoint(input: CreateVpcEndpointRequest, call: Call): CreateVpcEndpointResult {
      const use = { operation: 'CreateVpcEndpoint', input };
      const token = input.ClientToken ? { ClientToken: input.ClientToken } : {};
      const earlier = madeBefore<CreateVpcEndpointResult>(world, call, use);
      if (earlier) {
        const there = world.vpcEndpoints.get(earlier.VpcEndpoint!.VpcEndpointId!);
        if (!there) return { VpcEndpoint: { ...earlier.VpcEndpoint, State: 'deleted' as State }, ...token };
        return { VpcEndpoint: shown(world, there, trueTags(world, call, there.id)), ...token };
      }
      const tags = specifiedTags(input.TagSpecifications, ['vpc-endpoint']);
      const endpoint = newEndpoint(world, call, input);
      world.vpcEndpoints.put(endpoint);
      tagNew(world, call, { id: endpoint.id, type: 'vpc-endpoint', tags });
      if (endpoint.type !== 'Gateway') settleLater(world, endpoint.id);
      associateEndpoint(world, endpoint);
      const answer = { VpcEndpoint: shown(world, endpoint, trueTags(world, call, endpoint.id)), ...token };
      rememberMade(world, call, { ...use, answer });
      return answer;
    },

    ModifyVpcEndpoint: modifyVpcEndpoint(world),

    DeleteVpcEndpoints(input: DeleteVpcEndpointsRequest, call: Call): DeleteVpcEndpointsResult {
      const ids = required(input.VpcEndpointIds, 'vpcEndpointIds');
      if (ids.length === 0) throw invalidParameter('No endpoint is named.');
      return { Unsuccessful: unsuccessful(ids, (id) => deleteEndpoint(world, call, id)) };
    },

    DescribeVpcEndpoints(input: DescribeVpcEndpointsRequest, call: Call): DescribeVpcEndpointsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.vpcEndpoints,
        kind: idKinds.vpcEndpoint,
        ids: input.VpcEndpointIds,
        input: atMost1000(input),
        limits: { min: 1, max: 1000 },
        keys: { 'vpc-id': 'vpc' },
        fields: {
          'ip-address-type': ({ ipAddressType }) => ipAddressType,
          'service-name': ({ serviceName }) => serviceName,
          'service-region': ({ serviceRegion }) => serviceRegion,
          'vpc-endpoint-id': ({ id }) => id,
          'vpc-endpoint-state': ({ state }) => state,
          'vpc-endpoint-type': ({ type }) => type,
          'vpc-id': ({ vpcId }) => vpcId,
        },
      });
      return { VpcEndpoints: items.map((endpoint) => shown(world, endpoint, shownTags(world, call, endpoint.id))), NextToken };
    },
  };
}
