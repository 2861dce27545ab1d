import type { CreateSubnetResult } from '@aws-sdk/client-ec2';
import type { z } from 'zod';
import { cidr4, cidr6, fields, flag, idOf, name, reference, tags } from './fields.ts';
import { type LoadedVpc, type Loading, specification } from './loading.ts';

export const subnet = fields({
  name,
  id: idOf('subnet').optional(),
  tags: tags.optional(),
  cidr: cidr4,
  ipv6: cidr6.optional(),
  /** A zone's name or, the same for all accounts, its id. */
  zone: reference.optional(),
  /** Instances get a public address. Whether it leads anywhere is a matter of routes. */
  public: flag.default(false),
});

/** Subnets that name no zone take the region's in turn. */
export function loadSubnets(loading: Loading, { path, call, key, vpcId }: LoadedVpc, subnets: readonly z.output<typeof subnet>[]): void {
  const zones = loading.world.zones(call).toSorted((a, b) => (a.zoneId < b.zoneId ? -1 : 1));
  for (const [index, described] of subnets.entries()) {
    const here = [...path, 'subnets', index];
    const at = { call, path: here, idPath: loading.newKey(`${key}/subnets/${described.name}`, here) };
    const zone = zones.find(({ zoneId, zoneName }) => described.zone === zoneId || described.zone === zoneName);
    if (described.zone !== undefined && !zone) {
      const known = zones.map(({ zoneId }) => zoneId).join(', ');
      throw loading.error([...here, 'zone'], `there is no zone ${described.zone} in ${call.region}; the zones are ${known}`);
    }
    const { Subnet: made } = loading.make<CreateSubnetResult>({ ...at, ids: { subnet: described.id } }, 'CreateSubnet', {
      VpcId: vpcId,
      CidrBlock: described.cidr,
      Ipv6CidrBlock: described.ipv6,
      AvailabilityZoneId: (zone ?? zones[index % zones.length])!.zoneId,
      TagSpecifications: specification('subnet', described),
    });
    const SubnetId = made!.SubnetId!;
    loading.ids.set(at.idPath, SubnetId);
    if (described.public) loading.make(at, 'ModifySubnetAttribute', { SubnetId, MapPublicIpOnLaunch: { Value: true } });
    if (described.ipv6) loading.make(at, 'ModifySubnetAttribute', { SubnetId, AssignIpv6AddressOnCreation: { Value: true } });
  }
}
