import { z } from 'zod';
import { createVpc } from '../ec2/vpcs.ts';
import type { Call } from '../service.ts';
import { cidr4, cidr6, type FieldPath, fields, flag, given, idOf, listOf, name, tags } from './fields.ts';
import { egressOnlyInternetGateway, internetGateway, loadInternetGateway, loadNatGateways, natGateway } from './gateways.ts';
import { instance, loadInstances } from './instances.ts';
import { type LoadedVpc, type Loading, specification } from './loading.ts';
import { loadNetworkAcls, networkAcl } from './network-acls.ts';
import { loadNetworkLoadBalancers, networkLoadBalancer } from './network-load-balancers.ts';
import { routeTable } from './route-tables.ts';
import { loadSecurityGroups, securityGroup } from './security-groups.ts';
import { loadSubnets, subnet } from './subnets.ts';

/** A VPC with all that is in it. */
export const vpc = fields({
  name,
  id: idOf('vpc').optional(),
  tags: tags.optional(),
  cidr: cidr4,
  secondaryCidrs: listOf(cidr4).default([]),
  /** `true` for a block of Amazon's, or one that the account brings itself. */
  ipv6: z.union([flag, cidr6], { error: (issue) => `found ${given(issue.input)}; it must be true, false or an IPv6 CIDR` }).default(false),
  /** The region's default VPC. */
  default: flag.default(false),
  dnsSupport: flag.default(true),
  dnsHostnames: flag.optional(),
  internetGateway: internetGateway.default(false),
  subnets: listOf(subnet).default([]),
  egressOnlyInternetGateway: egressOnlyInternetGateway.default(false),
  natGateways: listOf(natGateway).default([]),
  routeTables: listOf(routeTable).default([]),
  securityGroups: listOf(securityGroup).default([]),
  networkAcls: listOf(networkAcl).default([]),
  instances: listOf(instance).default([]),
  networkLoadBalancers: listOf(networkLoadBalancer).default([]),
});

export type VpcDescription = z.output<typeof vpc>;

/** Makes a VPC with nothing in it but what every VPC has. */
export function loadVpc(loading: Loading, description: VpcDescription, { path, call }: { path: FieldPath; call: Call }): LoadedVpc {
  const { world } = loading;
  const key = `${call.accountId}/${call.region}/${description.name}`;
  if (loading.ids.has(key)) throw loading.error([...path, 'name'], `there is another VPC ${description.name} in ${call.region}`);
  const ids = {
    vpc: description.id,
    sg: description.securityGroups.find((group) => group.name === 'default')?.id,
    rtb: description.routeTables.find((table) => table.main)?.id,
    acl: description.networkAcls.find((acl) => acl.default)?.id,
  };
  const input = {
    CidrBlock: description.cidr,
    ...(description.ipv6 === true ? { AmazonProvidedIpv6CidrBlock: true } : {}),
    ...(typeof description.ipv6 === 'string' ? { Ipv6CidrBlock: description.ipv6, Ipv6Pool: 'ipv6pool-ec2-own' } : {}),
    TagSpecifications: specification('vpc', description),
    isDefault: description.default,
  };
  const create = () => world.atomically(() => createVpc(world, call, input).id);
  const vpcId = loading.named({ path, idPath: key, ids }, create, 'CreateVpc');
  loading.ids.set(key, vpcId);
  description.secondaryCidrs.forEach((cidr, index) => {
    const at = { call, path: [...path, 'secondaryCidrs', index], idPath: `${key}/cidr/${cidr}` };
    loading.make(at, 'AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: cidr });
  });
  const attribute = (attributeName: string, Value: boolean): void => {
    loading.make({ call, path, idPath: key }, 'ModifyVpcAttribute', { VpcId: vpcId, [attributeName]: { Value } });
  };
  if (!description.dnsSupport) attribute('EnableDnsSupport', false);
  if (description.dnsHostnames !== undefined) attribute('EnableDnsHostnames', description.dnsHostnames);
  const loaded = { name: description.name, path, call, key, vpcId };
  loading.vpcs.push(loaded);
  return loaded;
}

/** Makes what is in a VPC, but for routes and rules, which name things of other VPCs. */
export function loadInsides(loading: Loading, loaded: LoadedVpc, description: VpcDescription): void {
  loadInternetGateway(loading, loaded, description.internetGateway);
  loadSubnets(loading, loaded, description.subnets);
  loadNatGateways(loading, loaded, description);
  loadSecurityGroups(loading, loaded, description.securityGroups);
  loadNetworkAcls(loading, loaded, description.networkAcls);
  loadInstances(loading, loaded, description.instances);
  loadNetworkLoadBalancers(loading, loaded, description.networkLoadBalancers);
}
