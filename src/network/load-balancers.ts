import { addressFamily, canonicalAddress } from './cidr.ts';
import type { NetworkLoadBalancer } from './endpoint-model.ts';
import { describePacket, type Leg } from './leg.ts';
import type { NetworkInterface } from './model.ts';
import { type Component, called, findById, type Place, placeOf } from './place.ts';
import { tcpPortOf, type Way } from './ways.ts';

/** A load balancer as a component: people know it by its name. */
export const componentOfBalancer = ({ loadBalancerArn, loadBalancerName }: NetworkLoadBalancer): Component => ({
  type: 'loadbalancer',
  id: loadBalancerArn,
  name: loadBalancerName,
});

const ipv4Of = ({ privateIpAddresses }: NetworkInterface): string | undefined =>
  privateIpAddresses.map((address) => canonicalAddress(address)).find((address) => address && addressFamily(address) === 4);

/**
 * The ways on from a load balancer's interface: to each target, in all zones, those of its own zone first. Targets see the load balancer's address, as
 * they do of what comes through PrivateLink, and of other clients where the target group does not preserve their addresses (Elastic Load Balancing,
 * "Target groups for your Network Load Balancers").
 */
export function waysThroughBalancer(leg: Leg, at: Place, balancer: NetworkLoadBalancer): readonly Way[] {
  const { networks } = leg;
  const component = componentOfBalancer(balancer);
  const hops = [{ component }];
  const port = tcpPortOf(leg);
  const listener = balancer.listeners.find((one) => one.port === port);
  if (!listener) {
    const message = `load balancer ${called(component)} has no listener for ${describePacket(leg.packet)}`;
    return [{ hops, obstacle: { code: 'ELBV2_LISTENERS_MISMATCH', component, message } }];
  }
  const targets = listener.targetInstanceIds.flatMap((id) => {
    const to = placeOf(networks, findById(networks, 'instances', id)?.networkInterfaceIds[0] ?? '');
    return to ? [to] : [];
  });
  const isNear = ({ subnet }: Place): number => (subnet.availabilityZoneId === at.subnet.availabilityZoneId ? 0 : 1);
  const ways = targets
    .toSorted((a, b) => isNear(a) - isNear(b))
    .flatMap((to): Way[] => {
      const [sourceAddress, destinationAddress] = [ipv4Of(at.networkInterface), ipv4Of(to.networkInterface)];
      return sourceAddress && destinationAddress
        ? [{ from: at, to, sourceAddress, destinationAddress, port: listener.targetPort, hops }]
        : [];
    });
  if (ways.length > 0) return ways;
  const message = `the listener for ${describePacket(leg.packet)} of load balancer ${called(component)} has no target that exists`;
  return [{ hops, obstacle: { code: 'ELBV2_LISTENER_HAS_NO_TG', component, message } }];
}
