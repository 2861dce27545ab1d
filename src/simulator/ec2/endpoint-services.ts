import type { DescribeVpcEndpointServicesRequest, DescribeVpcEndpointServicesResult, ServiceDetail } from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { World } from '../world.ts';
import { awsServices, type EndpointService } from './endpoint-service-catalogue.ts';
import { badParameter } from './errors.ts';
import { filterTest, page } from './listing.ts';
import { shownTags } from './tags.ts';

/** The services of a region that the caller may make endpoints for. */
export function servicesFor(_world: World, _call: Call, region: string): readonly EndpointService[] {
  return awsServices(region);
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
        ({ serviceId }) => world.seenTagsOf(`${call.accountId}/${call.region}`, serviceId),
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
