import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from '@aws-sdk/client-ec2';
import type { Call, Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { regions, type Zone } from '../world/zones.ts';
import { badParameter } from './errors.ts';
import { filterTest } from './listing.ts';

export function regionOperations(world: World): Operations {
  return {
    DescribeRegions(input: DescribeRegionsRequest): DescribeRegionsResult {
      const asked = input.RegionNames?.length ? new Set(input.RegionNames) : undefined;
      const unknown = [...(asked ?? [])].find((name) => !world.hasRegion(name));
      if (unknown) throw badParameter(unknown, 'region', 'There is no such region.');
      const all = regions.map(({ name, optIn }) => ({
        RegionName: name,
        Endpoint: `ec2.${name}.amazonaws.com`,
        OptInStatus: optIn ? ('opted-in' as const) : ('opt-in-not-required' as const),
      }));
      const test = filterTest<(typeof all)[number]>(
        input.Filters ?? [],
        {
          endpoint: (region) => region.Endpoint,
          'opt-in-status': (region) => region.OptInStatus,
          'region-name': (region) => region.RegionName,
        },
        undefined,
      );
      return { Regions: all.filter((region) => (!asked || asked.has(region.RegionName)) && test(region)) };
    },

    DescribeAvailabilityZones(input: DescribeAvailabilityZonesRequest, call: Call): DescribeAvailabilityZonesResult {
      const zones = world.zones(call);
      const pick = (names: readonly string[] | undefined, parameter: string, read: (zone: Zone) => string): Zone[] => {
        if (!names?.length) return [...zones];
        return names.map((name) => {
          const zone = zones.find((candidate) => read(candidate) === name);
          if (!zone) throw badParameter(name, parameter, 'There is no such zone in the region.');
          return zone;
        });
      };
      const byName = new Set(pick(input.ZoneNames, 'availabilityZone', ({ zoneName }) => zoneName));
      const byId = pick(input.ZoneIds, 'availabilityZoneId', ({ zoneId }) => zoneId);
      const test = filterTest<Zone>(
        input.Filters ?? [],
        {
          'group-name': () => call.region,
          'opt-in-status': () => 'opt-in-not-required',
          'region-name': () => call.region,
          state: () => 'available',
          'zone-id': ({ zoneId }) => zoneId,
          'zone-name': ({ zoneName }) => zoneName,
          'zone-type': () => 'availability-zone',
        },
        undefined,
      );
      return {
        AvailabilityZones: byId
          .filter((zone) => byName.has(zone) && test(zone))
          .map(({ zoneId, zoneName }) => ({
            ZoneId: zoneId,
            ZoneName: zoneName,
            ZoneType: 'availability-zone',
            RegionName: call.region,
            GroupName: call.region,
            NetworkBorderGroup: call.region,
            OptInStatus: 'opt-in-not-required',
            State: 'available',
            Messages: [],
          })),
      };
    },
  };
}
