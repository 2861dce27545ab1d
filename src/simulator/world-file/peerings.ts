import type { CreateVpcPeeringConnectionResult } from '@aws-sdk/client-ec2';
import type { z } from 'zod';
import { fields, idOf, name, oneOf, reference, tags } from './fields.ts';
import { type Loading, specification } from './loading.ts';

export const peering = fields({
  name,
  id: idOf('pcx').optional(),
  /** On the requester's side. */
  tags: tags.optional(),
  /** A VPC's name; `<account>/<region>/<name>` where several have it. */
  requester: reference,
  accepter: reference,
  state: oneOf('active', 'pending-acceptance').default('active'),
});

export function loadPeerings(loading: Loading, peerings: readonly z.output<typeof peering>[]): void {
  const made = peerings.map((described, index) => {
    const path = ['peerings', index];
    const requester = loading.vpcNamed(described.requester, [...path, 'requester']);
    const accepter = loading.vpcNamed(described.accepter, [...path, 'accepter']);
    const idPath = loading.newKey(`peerings/${described.name}`, path);
    const { VpcPeeringConnection: connection } = loading.make<CreateVpcPeeringConnectionResult>(
      { call: requester.call, path, idPath, ids: { pcx: described.id } },
      'CreateVpcPeeringConnection',
      {
        VpcId: requester.vpcId,
        PeerVpcId: accepter.vpcId,
        PeerOwnerId: accepter.call.accountId,
        PeerRegion: accepter.call.region,
        TagSpecifications: specification('vpc-peering-connection', described),
      },
    );
    const id = connection!.VpcPeeringConnectionId!;
    loading.ids.set(idPath, id);
    return { id, path, idPath, call: accepter.call, state: described.state };
  });
  loading.settle();
  for (const { id, path, idPath, call, state } of made) {
    const { state: reached, statusMessage } = loading.world.peerings.get(id)!;
    if (reached !== 'pending-acceptance') throw loading.error(path, `AWS refuses this: ${statusMessage}`);
    if (state === 'active') loading.make({ call, path, idPath }, 'AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
  }
  loading.settle();
}
