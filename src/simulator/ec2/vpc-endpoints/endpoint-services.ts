import type { DescribeVpcEndpointServicesRequest, DescribeVpcEndpointServicesResult, ServiceDetail } from '@aws-sdk/client-ec2';
import { partitionOf } from '../../../network/partitions.ts';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { EndpointServiceRecord, VpcEndpointRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { badParameter } from '../errors.ts';
import { filterTest, page } from '../listing.ts';
import { shownTags } from '../tags.ts';
import { awsServices, type EndpointService } from './endpoint-service-catalogue.ts';

/** `com.amazonaws.vpce.us-west-2.vpce-svc-…`. */
export const serviceNameOf = ({ id, region }: EndpointServiceRecord): string => `com.amazonaws.vpce.${region}.${id}`;

/** The zones of a service by id: those of its load balancers, sorted. */
export function zonesOfService(world: World, { networkLoadBalancerArns }: EndpointServiceRecord): string[] {
  const subnetIds = networkLoadBalancerArns.flatMap((arn) => world.networkLoadBalancers.get(arn)?.subnetIds ?? []);
  return [...new Set(subnetIds.flatMap((id) => world.subnets.get(id)?.zoneId ?? []))].toSorted();
}

/** An account's service as consumers see it. */
function offered(world: World, record: EndpointServiceRecord): EndpointService {
  return {
    name: serviceNameOf(record),
    serviceId: record.id,
    region: record.region,
    type: 'Interface',
    zoneIds: zonesOfService(world, record),
    owner: record.ownerId,
    baseDnsName: `${record.id}.${record.region}.vpce.amazonaws.com`,
    privateDnsNames: record.privateDns ? [record.privateDns.name] : [],
    privateDnsVerified: record.privateDns?.state === 'verified',
    policySupported: false,
    acceptanceRequired: record.acceptanceRequired,
    ipAddressTypes: record.ipAddressTypes,
    otherRegions: record.otherRegions,
  };
}

/** Whether the principals of a service have the caller among them: its account, its user or its role (aws.md 4.8). */
function admits({ allowedPrincipals }: EndpointServiceRecord, { accountId, callerArn, region }: Call): boolean {
  const partition = partitionOf(region);
  const [, role] = /:assumed-role\/([^/]+)\//.exec(callerArn) ?? [];
  return allowedPrincipals.some(({ principal }) => {
    if (principal === '*' || principal === callerArn || principal === `arn:${partition}:iam::${accountId}:root`) return true;
    return role !== undefined && principal.startsWith(`arn:${partition}:iam::${accountId}:role/`) && principal.split('/').at(-1) === role;
  });
}

/** The services of a region that the caller may make endpoints for: AWS's, its own, and those whose owners let it. */
export function servicesFor(world: World, call: Call, region: string): readonly EndpointService[] {
  const records = world.endpointServices
    .where(`region:${region}`)
    .filter((record) => record.state === 'Available' && (record.ownerId === call.accountId || admits(record, call)));
  return records.length === 0 ? awsServices(region) : [...awsServices(region), ...records.map((record) => offered(world, record))];
}

/** The service that an endpoint leads to, whoever may see it now; undefined where it leads to none, or the service is gone. */
export function serviceOf(world: World, { type, serviceName, serviceRegion }: VpcEndpointRecord): EndpointService | undefined {
  const record = world.endpointServices.get(serviceName?.split('.').at(-1) ?? '');
  if (record) return offered(world, record);
  return awsServices(serviceRegion).find((service) => service.name === serviceName && service.type === type);
}

/** What AWS says of a service that is not there, or not for the caller to see. */
export const noSuchService = (name: string): ApiError =>
  new ApiError('InvalidServiceName', `The Vpc Endpoint Service '${name}' does not exist`);

function shown(world: World, call: Call, service: EndpointService): ServiceDetail {
  const names = new Map(
    world.zones({ accountId: call.accountId, region: service.region }).map(({ zoneId, zoneName }) => [zoneId, zoneName]),
  );
  return {
    ServiceName: service.name,
    ServiceId: service.serviceId,
    ServiceType: [{ ServiceType: service.type }],
    ServiceRegion: service.region,
    AvailabilityZoneIds: [...service.zoneIds],
    AvailabilityZones: service.zoneIds.map((zoneId) => names.get(zoneId)!),
    Owner: service.owner,
    BaseEndpointDnsNames: [service.baseDnsName],
    ...(service.privateDnsNames.length > 0
      ? {
          PrivateDnsName: service.privateDnsNames[0],
          PrivateDnsNames: service.privateDnsNames.map((PrivateDnsName) => ({ PrivateDnsName })),
          PrivateDnsNameVerificationState: service.privateDnsVerified ? 'verified' : 'pendingVerification',
        }
      : {}),
    VpcEndpointPolicySupported: service.policySupported,
    AcceptanceRequired: service.acceptanceRequired,
    ManagesVpcEndpoints: false,
    SupportedIpAddressTypes: [...service.ipAddressTypes],
    Tags: shownTags(world, call, service.serviceId),
  };
}

export function endpointServiceCatalogueOperations(world: World): Operations {
  return {
    DescribeVpcEndpointServices(input: DescribeVpcEndpointServicesRequest, call: Call): DescribeVpcEndpointServicesResult {
      const regions = input.ServiceRegions?.length ? [...new Set(input.ServiceRegions)] : [call.region];
      const unknown = regions.find((region) => !world.hasRegion(region));
      if (unknown) throw badParameter(unknown, 'serviceRegion', 'There is no such region.');
      const all = regions
        .flatMap((region) => servicesFor(world, call, region))
        .filter(({ region, otherRegions }) => region === call.region || otherRegions.includes(call.region));
      const absent = input.ServiceNames?.find((name) => !all.some((service) => service.name === name));
      if (absent) throw noSuchService(absent);
      const asked = input.ServiceNames?.length ? new Set(input.ServiceNames) : undefined;
      const test = filterTest<EndpointService>(
        input.Filters ?? [],
        {
          owner: ({ owner }) => owner,
          'service-name': ({ name }) => name,
          'service-region': ({ region }) => region,
          'service-type': ({ type }) => type,
          'supported-ip-address-types': ({ ipAddressTypes }) => ipAddressTypes,
        },
        ({ serviceId }) => world.indexedTagsOf(`${call.accountId}/${call.region}`, serviceId),
      );
      const { items, NextToken } = page(world, {
        items: all
          .map((service, index) => ({ service, index }))
          .filter(({ service }) => (!asked || asked.has(service.name)) && test(service)),
        orderOf: ({ index }) => index,
        input,
        limits: { min: 1, max: 1000 },
      });
      return {
        ServiceNames: [...new Set(items.map(({ service }) => service.name))],
        ServiceDetails: items.map(({ service }) => shown(world, call, service)),
        NextToken,
      };
    },
  };
}
