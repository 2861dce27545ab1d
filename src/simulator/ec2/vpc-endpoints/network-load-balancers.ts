import { partitionOf } from '../../../network/partitions.ts';
import type { Call } from '../../service.ts';
import type { NetworkLoadBalancerListener, NetworkLoadBalancerRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { createNetworkInterface } from '../network-interfaces.ts';
import { findSubnet, ownership } from '../owned.ts';

/**
 * Makes a network load balancer in subnets of one VPC, with an interface in each. No call does so: the API of load balancers is not modelled.
 *
 * @throws ApiError for subnets that are not there, or full
 */
export function createNetworkLoadBalancer(
  world: World,
  call: Call,
  { name, subnetIds, listeners }: { name: string; subnetIds: readonly string[]; listeners: readonly NetworkLoadBalancerListener[] },
): NetworkLoadBalancerRecord {
  const subnets = subnetIds.map((id) => findSubnet(world, call, id));
  const digits = world.newId('nlb').slice(-16);
  const balancer: NetworkLoadBalancerRecord = {
    ...ownership(call),
    id: `arn:${partitionOf(call.region)}:elasticloadbalancing:${call.region}:${call.accountId}:loadbalancer/net/${name}/${digits}`,
    name,
    vpcId: subnets[0]!.vpcId,
    subnetIds: subnets.map(({ id }) => id),
    networkInterfaceIds: subnets.map(
      (subnet) =>
        createNetworkInterface(world, call, { subnet, description: `ELB net/${name}/${digits}`, managedAs: 'network_load_balancer' }).id,
    ),
    listeners,
  };
  world.networkLoadBalancers.put(balancer);
  return balancer;
}
