import type { CreateRouteTableResult } from '@aws-sdk/client-ec2';
import type { z } from 'zod';
import { canonicalCidr, parseCidr } from '../../network/cidr.ts';
import { cidr, type FieldPath, fields, flag, idOf, listOf, name, reference, tags } from './fields.ts';
import { type LoadedVpc, type Loading, tagsOf } from './loading.ts';

export const routeTable = fields({
  name,
  id: idOf('rtb').optional(),
  tags: tags.optional(),
  /** It is the main table, which the VPC has in any case. */
  main: flag.default(false),
  /** It is for what enters through the internet gateway. */
  edge: flag.default(false),
  subnets: listOf(reference).default([]),
  routes: listOf(
    fields({
      to: cidr,
      /** `internet-gateway`, `egress-only-internet-gateway`, or the name of a peering, a transit gateway, or a NAT gateway or instance of the VPC. */
      via: reference,
    }),
  ).default([]),
  /** What the VPC's virtual private gateway has learnt from elsewhere and propagates to the table. No call makes such a gateway here. */
  propagated: listOf(cidr).default([]),
});

/** A VPC's route tables, when all that routes lead to is there. */
export function loadRouteTables(loading: Loading, vpc: LoadedVpc, routeTables: readonly z.output<typeof routeTable>[]): void {
  const { path, call, key, vpcId } = vpc;
  const main = loading.world.routeTables
    .where(`vpc:${vpcId}`)
    .find(({ associations }) => associations.some((association) => association.main))!;
  if (routeTables.filter((table) => table.main).length > 1) {
    throw loading.error([...path, 'routeTables'], 'only one route table of a VPC can be the main one');
  }
  for (const [index, table] of routeTables.entries()) {
    const here = [...path, 'routeTables', index];
    const at = { call, path: here, idPath: loading.newKey(`${key}/routeTables/${table.name}`, here) };
    const id = table.main
      ? main.id
      : loading.make<CreateRouteTableResult>({ ...at, ids: { rtb: table.id } }, 'CreateRouteTable', { VpcId: vpcId }).RouteTable!
          .RouteTableId!;
    loading.ids.set(at.idPath, id);
    loading.tag(at, id, tagsOf({ Name: table.name, ...table.tags }));
    for (const [subnetIndex, subnet] of table.subnets.entries()) {
      const subnetPath = [...here, 'subnets', subnetIndex];
      const SubnetId = loading.idOf(`${key}/subnets/${subnet}`, subnetPath, 'subnet of the VPC');
      const idPath = `${at.idPath}/subnets/${subnet}`;
      loading.make({ call, path: subnetPath, idPath }, 'AssociateRouteTable', { RouteTableId: id, SubnetId });
    }
    if (table.edge) {
      const GatewayId = loading.idOf(`${key}/internetGateway`, [...here, 'edge'], 'internet gateway of the VPC');
      loading.make({ ...at, idPath: `${at.idPath}/edge` }, 'AssociateRouteTable', { RouteTableId: id, GatewayId });
    }
    if (table.propagated.length > 0) {
      const gatewayKey = `${key}/virtualPrivateGateway`;
      const gatewayId =
        loading.ids.get(gatewayKey) ??
        loading.named({ path: here, idPath: gatewayKey, ids: {} }, () => loading.world.newId('vgw'), 'CreateVpnGateway');
      loading.ids.set(gatewayKey, gatewayId);
      const destinations = table.propagated.map((text) => canonicalCidr(text)!);
      loading.world.routeTables.change(id, { propagated: { gatewayId, destinations } });
    }
    for (const [routeIndex, { to, via }] of table.routes.entries()) {
      const routePath = [...here, 'routes', routeIndex];
      loading.make({ call, path: routePath, idPath: at.idPath }, 'CreateRoute', {
        RouteTableId: id,
        ...(parseCidr(to)!.family === 4 ? { DestinationCidrBlock: to } : { DestinationIpv6CidrBlock: to }),
        ...target({ loading, key }, via, [...routePath, 'via']),
      });
    }
  }
}

function target({ loading, key }: { loading: Loading; key: string }, via: string, path: FieldPath): object {
  if (via === 'internet-gateway') return { GatewayId: loading.idOf(`${key}/internetGateway`, path, 'internet gateway of the VPC') };
  const peering = loading.ids.get(`peerings/${via}`);
  if (peering) return { VpcPeeringConnectionId: peering };
  const transitGateway = loading.ids.get(`transitGateways/${via}`);
  if (transitGateway) return { TransitGatewayId: transitGateway };
  const natGateway = loading.ids.get(`${key}/natGateways/${via}`);
  if (natGateway) return { NatGatewayId: natGateway };
  if (via === 'egress-only-internet-gateway') {
    const what = 'egress-only internet gateway of the VPC';
    return { EgressOnlyInternetGatewayId: loading.idOf(`${key}/egressOnlyInternetGateway`, path, what) };
  }
  const what = 'internet-gateway, peering, transit gateway, or NAT gateway or instance of the VPC';
  return { InstanceId: loading.idOf(`${key}/instances/${via}`, path, what) };
}
