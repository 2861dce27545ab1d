import type { z } from 'zod';
import { createNetworkLoadBalancer } from '../ec2/vpc-endpoints/network-load-balancers.ts';
import { fields, listOf, port, reference, text } from './fields.ts';
import type { LoadedVpc, Loading } from './loading.ts';

/** For endpoint services: no call makes load balancers here. */
export const networkLoadBalancer = fields({
  name: text('a name: letters, digits and dashes', (value) => /^[a-zA-Z0-9-]{1,32}$/.test(value)),
  subnets: listOf(reference).min(1),
  listeners: listOf(
    fields({
      port,
      /** Left out: the listener's. */
      targetPort: port.optional(),
      /** Names of instances of the VPC. */
      targets: listOf(reference).default([]),
    }),
  ).default([]),
});

export function loadNetworkLoadBalancers(
  loading: Loading,
  { path, call, key }: LoadedVpc,
  balancers: readonly z.output<typeof networkLoadBalancer>[],
): void {
  const { world } = loading;
  for (const [index, { name, subnets, listeners: described }] of balancers.entries()) {
    const at = [...path, 'networkLoadBalancers', index];
    const idPath = loading.newKey(`${key}/networkLoadBalancers/${name}`, at);
    const subnetIds = subnets.map((subnet, place) =>
      loading.idOf(`${key}/subnets/${subnet}`, [...at, 'subnets', place], 'subnet of the VPC'),
    );
    const listeners = described.map(({ port: listened, targetPort = listened, targets }, place) => ({
      port: listened,
      targetPort,
      targetInstanceIds: targets.map((target, targetPlace) =>
        loading.idOf(`${key}/instances/${target}`, [...at, 'listeners', place, 'targets', targetPlace], 'instance of the VPC'),
      ),
    }));
    const create = () => world.atomically(() => createNetworkLoadBalancer(world, call, { name, subnetIds, listeners }));
    loading.ids.set(idPath, loading.named({ path: at, idPath, ids: {} }, create, 'CreateLoadBalancer').id);
  }
}
