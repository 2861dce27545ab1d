import type { NetworkLoadBalancer, ResourceGateway } from './endpoint-model.ts';
import { grouped } from './grouped.ts';
import type { NetworkInterface, RegionNetwork, VpcEndpoint } from './model.ts';

/** What AWS made a network interface for, of that which takes connections and opens others in its own name. */
export type Relay =
  | { readonly kind: 'endpoint'; readonly endpoint: VpcEndpoint }
  | { readonly kind: 'load balancer'; readonly balancer: NetworkLoadBalancer }
  | { readonly kind: 'resource gateway'; readonly gateway: ResourceGateway };

function ownerOf<Thing extends { readonly networkInterfaceIds: readonly string[] }>(
  collection: ReadonlyMap<string, Thing> | undefined,
  networkInterfaceId: string,
): Thing | undefined {
  return collection && grouped(collection, 'network interface', (one) => one.networkInterfaceIds)(networkInterfaceId)[0];
}

/** Whose interface this is; undefined for those of instances and for gateways that only pass packets on. */
export function relayOf(networks: readonly RegionNetwork[], { networkInterfaceId }: NetworkInterface): Relay | undefined {
  for (const { vpcEndpoints, networkLoadBalancers, resourceGateways } of networks) {
    const endpoint = ownerOf(vpcEndpoints, networkInterfaceId);
    if (endpoint) return { kind: 'endpoint', endpoint };
    const balancer = ownerOf(networkLoadBalancers, networkInterfaceId);
    if (balancer) return { kind: 'load balancer', balancer };
    const gateway = ownerOf(resourceGateways, networkInterfaceId);
    if (gateway) return { kind: 'resource gateway', gateway };
  }
  return undefined;
}
