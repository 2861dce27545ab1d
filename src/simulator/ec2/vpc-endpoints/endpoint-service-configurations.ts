import type {
  CreateVpcEndpointServiceConfigurationRequest,
  CreateVpcEndpointServiceConfigurationResult,
  DeleteVpcEndpointServiceConfigurationsRequest,
  DeleteVpcEndpointServiceConfigurationsResult,
  DescribeVpcEndpointServiceConfigurationsRequest,
  DescribeVpcEndpointServiceConfigurationsResult,
  ModifyVpcEndpointServiceConfigurationRequest,
  ModifyVpcEndpointServiceConfigurationResult,
  ServiceConfiguration,
  StartVpcEndpointServicePrivateDnsVerificationRequest,
  StartVpcEndpointServicePrivateDnsVerificationResult,
  Tag,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { EndpointServiceRecord } from '../../world/records.ts';
import { transition, whileInState } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { madeBefore, rememberMade } from '../client-tokens.ts';
import { badParameter, invalidParameter, required, unsuccessful } from '../errors.ts';
import { idKinds } from '../ids.ts';
import { atMost1000, list } from '../listing.ts';
import { findEndpointService, ownership } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import { connectionsOf } from './endpoint-connections.ts';
import { serviceNameOf, zonesOfService } from './endpoint-services.ts';

/** A service as its owner is shown it. */
function shown(world: World, service: EndpointServiceRecord, tags: Tag[]): ServiceConfiguration {
  const zoneIds = zonesOfService(world, service);
  const zones = world.zones({ accountId: service.ownerId, region: service.region });
  const { privateDns } = service;
  return {
    ServiceId: service.id,
    ServiceName: serviceNameOf(service),
    ServiceType: [{ ServiceType: 'Interface' }],
    ServiceState: service.state,
    AvailabilityZoneIds: zoneIds,
    AvailabilityZones: zoneIds.map((id) => zones.find(({ zoneId }) => zoneId === id)!.zoneName),
    AcceptanceRequired: service.acceptanceRequired,
    ManagesVpcEndpoints: false,
    NetworkLoadBalancerArns: [...service.networkLoadBalancerArns],
    GatewayLoadBalancerArns: [],
    SupportedIpAddressTypes: [...service.ipAddressTypes],
    SupportedRegions: [service.region, ...service.otherRegions].map((Region) => ({ Region, ServiceState: service.state })),
    BaseEndpointDnsNames: [`${service.id}.${service.region}.vpce.amazonaws.com`],
    ...(privateDns
      ? {
          PrivateDnsName: privateDns.name,
          PrivateDnsNameConfiguration: { State: privateDns.state, Type: 'TXT', Name: privateDns.txtName, Value: privateDns.txtValue },
        }
      : {}),
    Tags: tags,
  };
}

/** The load balancers that a call names: the owner's, in the region. */
function readBalancers(world: World, call: Call, arns: readonly string[] | undefined): string[] {
  return [...new Set(arns ?? [])].map((arn) => {
    if (!/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer\/net\/[^/]+\/[0-9a-f]{16}$/.test(arn)) {
      throw new ApiError('InvalidNetworkLoadBalancerArn.Malformed', `The network load balancer ARN '${arn}' is malformed.`);
    }
    const balancer = world.networkLoadBalancers.get(arn);
    if (balancer?.ownerId !== call.accountId || balancer.region !== call.region) {
      throw new ApiError('InvalidNetworkLoadBalancerArn.NotFound', `The network load balancer '${arn}' does not exist.`);
    }
    return arn;
  });
}

/** The simulated AWS has no gateway load balancers: whichever is named does not exist. */
function refuseGatewayBalancers(arns: readonly string[] | undefined): void {
  if (arns?.length) throw new ApiError('InvalidGatewayLoadBalancerArn.NotFound', `The gateway load balancer '${arns[0]}' does not exist.`);
}

function readIpAddressTypes(types: readonly string[]): ('ipv4' | 'ipv6')[] {
  return [...new Set(types)].map((type) => {
    if (type !== 'ipv4' && type !== 'ipv6') throw badParameter(type, 'supportedIpAddressTypes', 'It must be ipv4 or ipv6.');
    return type;
  });
}

function readRegions(world: World, call: Call, regions: readonly string[] | undefined): string[] {
  const unknown = regions?.find((region) => !world.hasRegion(region));
  if (unknown) throw badParameter(unknown, 'supportedRegions', 'There is no such region.');
  return [...new Set(regions ?? [])].filter((region) => region !== call.region);
}

/** A name to prove, and the TXT record that proves it. */
function newPrivateDns(world: World, name: string): NonNullable<EndpointServiceRecord['privateDns']> {
  if (!/^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i.test(name)) {
    throw invalidParameter(`The private DNS name ${name} is not valid.`);
  }
  const letters = (): string =>
    Array.from({ length: 20 }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[Math.floor(world.random() * 36)]).join('');
  return { name: name.toLowerCase(), state: 'pendingVerification', txtName: `_${letters()}`, txtValue: `vpce:${letters()}` };
}

/** Where the TXT record must be that proves a private name: under the domain, that of a wildcard being the one below which it stands. */
export const txtRecordName = ({ name, txtName }: NonNullable<EndpointServiceRecord['privateDns']>): string =>
  `${txtName}.${name.replace(/^\*\./, '')}`;

function changed<Value>(current: readonly Value[], { add, remove }: { add: readonly Value[]; remove: readonly Value[] }): Value[] {
  return [...new Set([...current.filter((value) => !remove.includes(value)), ...add])];
}

const holding: readonly string[] = ['pendingAcceptance', 'pending', 'available'];

function deleteService(world: World, call: Call, id: string): void {
  const service = findEndpointService(world, call, id);
  const connected = connectionsOf(world, service).find(({ state }) => holding.includes(state));
  if (connected) {
    throw new ApiError('ExistingVpcEndpointConnections', `The service ${id} has existing connections; reject ${connected.id} first.`);
  }
  if (service.state === 'Deleting') return;
  world.endpointServices.change(service.id, { state: 'Deleting' });
  world.later(world.settings.delaysMs.endpointServiceDeleting, finishDeletion, service.id, 'Deleting');
}

const finishDeletion = whileInState(
  'endpointService.finishDeletion',
  (world) => world.endpointServices,
  (world, { id, ownerId, region }) => {
    world.endpointServices.delete(id);
    world.setTags(`${ownerId}/${region}`, id, {});
  },
);

const finishVerification = transition('endpointService.finishVerification', (world, id: string, txtName: string) => {
  const current = world.endpointServices.get(id)?.privateDns;
  if (current?.txtName !== txtName) return;
  const published = world.publicTxtRecords.get(txtRecordName(current))?.values.includes(current.txtValue);
  world.endpointServices.change(id, { privateDns: { ...current, state: published ? 'verified' : 'failed' } });
});

export function endpointServiceConfigurationOperations(world: World): Operations {
  return {
    CreateVpcEndpointServiceConfiguration(
      input: CreateVpcEndpointServiceConfigurationRequest,
      call: Call,
    ): CreateVpcEndpointServiceConfigurationResult {
      const use = { operation: 'CreateVpcEndpointServiceConfiguration', input };
      const token = input.ClientToken ? { ClientToken: input.ClientToken } : {};
      const earlier = madeBefore<CreateVpcEndpointServiceConfigurationResult>(world, call, use);
      if (earlier) {
        const there = world.endpointServices.get(earlier.ServiceConfiguration!.ServiceId!);
        if (!there) return { ServiceConfiguration: { ...earlier.ServiceConfiguration, ServiceState: 'Deleted' }, ...token };
        return { ServiceConfiguration: shown(world, there, trueTags(world, call, there.id)), ...token };
      }
      const tags = specifiedTags(input.TagSpecifications, ['vpc-endpoint-service']);
      refuseGatewayBalancers(input.GatewayLoadBalancerArns);
      const networkLoadBalancerArns = readBalancers(world, call, input.NetworkLoadBalancerArns);
      required(networkLoadBalancerArns[0], 'networkLoadBalancerArns');
      const service: EndpointServiceRecord = {
        ...ownership(call),
        id: world.newId('vpce-svc'),
        state: 'Available',
        networkLoadBalancerArns,
        // A service takes nobody in without being asked, unless told to.
        acceptanceRequired: input.AcceptanceRequired ?? true,
        ...(input.PrivateDnsName ? { privateDns: newPrivateDns(world, input.PrivateDnsName) } : {}),
        ipAddressTypes: readIpAddressTypes(input.SupportedIpAddressTypes?.length ? input.SupportedIpAddressTypes : ['ipv4']),
        otherRegions: readRegions(world, call, input.SupportedRegions),
        allowedPrincipals: [],
      };
      world.endpointServices.put(service);
      tagNew(world, call, { id: service.id, type: 'vpc-endpoint-service', tags });
      const answer = { ServiceConfiguration: shown(world, service, trueTags(world, call, service.id)), ...token };
      rememberMade(world, call, { ...use, answer });
      return answer;
    },

    ModifyVpcEndpointServiceConfiguration(
      input: ModifyVpcEndpointServiceConfigurationRequest,
      call: Call,
    ): ModifyVpcEndpointServiceConfigurationResult {
      const service = findEndpointService(world, call, input.ServiceId);
      refuseGatewayBalancers(input.AddGatewayLoadBalancerArns);
      if (input.PrivateDnsName && input.RemovePrivateDnsName) {
        throw new ApiError('InvalidParameterCombination', 'The parameters privateDnsName and removePrivateDnsName cannot be used together');
      }
      const networkLoadBalancerArns = changed(service.networkLoadBalancerArns, {
        add: readBalancers(world, call, input.AddNetworkLoadBalancerArns),
        remove: input.RemoveNetworkLoadBalancerArns ?? [],
      });
      if (networkLoadBalancerArns.length === 0) throw invalidParameter(`The service ${service.id} must keep at least one load balancer.`);
      const ipAddressTypes = changed(service.ipAddressTypes, {
        add: readIpAddressTypes(input.AddSupportedIpAddressTypes ?? []),
        remove: readIpAddressTypes(input.RemoveSupportedIpAddressTypes ?? []),
      });
      if (ipAddressTypes.length === 0) throw invalidParameter(`The service ${service.id} must keep at least one IP address type.`);
      const { PrivateDnsName: name } = input;
      world.endpointServices.change(service.id, {
        networkLoadBalancerArns,
        ipAddressTypes,
        acceptanceRequired: input.AcceptanceRequired ?? service.acceptanceRequired,
        otherRegions: changed(service.otherRegions, {
          add: readRegions(world, call, input.AddSupportedRegions),
          remove: input.RemoveSupportedRegions ?? [],
        }),
        ...(name && name.toLowerCase() !== service.privateDns?.name ? { privateDns: newPrivateDns(world, name) } : {}),
        ...(input.RemovePrivateDnsName ? { privateDns: undefined } : {}),
      });
      return { Return: true };
    },

    /** Refused, service by service, while endpoints are connected that were not rejected (aws.md 4.8). */
    DeleteVpcEndpointServiceConfigurations(
      input: DeleteVpcEndpointServiceConfigurationsRequest,
      call: Call,
    ): DeleteVpcEndpointServiceConfigurationsResult {
      return { Unsuccessful: unsuccessful(required(input.ServiceIds, 'serviceIds'), (id) => deleteService(world, call, id)) };
    },

    DescribeVpcEndpointServiceConfigurations(
      input: DescribeVpcEndpointServiceConfigurationsRequest,
      call: Call,
    ): DescribeVpcEndpointServiceConfigurationsResult {
      const { items, NextToken } = list(world, call, {
        collection: world.endpointServices,
        kind: idKinds.endpointService,
        ids: input.ServiceIds,
        input: atMost1000(input),
        limits: { min: 1, max: 1000 },
        fields: {
          'service-id': ({ id }) => id,
          'service-name': (service) => serviceNameOf(service),
          'service-state': ({ state }) => state,
          'supported-ip-address-types': ({ ipAddressTypes }) => ipAddressTypes,
        },
      });
      return { ServiceConfigurations: items.map((service) => shown(world, service, shownTags(world, call, service.id))), NextToken };
    },

    /** Looks, a while later, for the TXT record that proves the name. */
    StartVpcEndpointServicePrivateDnsVerification(
      input: StartVpcEndpointServicePrivateDnsVerificationRequest,
      call: Call,
    ): StartVpcEndpointServicePrivateDnsVerificationResult {
      const { id, privateDns } = findEndpointService(world, call, input.ServiceId);
      if (!privateDns) throw invalidParameter(`The service ${id} has no private DNS name.`);
      if (privateDns.state === 'verified') return { ReturnValue: true };
      world.endpointServices.change(id, { privateDns: { ...privateDns, state: 'pendingVerification' } });
      world.later(world.settings.delaysMs.endpointServiceVerifying, finishVerification, id, privateDns.txtName);
      return { ReturnValue: true };
    },
  };
}
