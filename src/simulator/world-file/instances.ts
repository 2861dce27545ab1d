import type { Reservation } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { Listener } from '../../network/model.ts';
import { fields, flag, given, idOf, listOf, name, port, reference, tags, text } from './fields.ts';
import { type LoadedVpc, type Loading, specification } from './loading.ts';

const portOfProtocol = text('a protocol and a port such as tcp/22', (value) => /^(?:tcp|udp)\/\d{1,5}$/.test(value));

/** `tcp/22`; or an object, for a web server that says something in particular, or a proxy at another port than 3128. */
const listener = z.union([portOfProtocol, fields({ port, http: z.string().optional(), proxy: flag.optional() })], {
  error: (issue) =>
    `found ${given(issue.input)}; it must be a protocol and a port such as tcp/22, or an object with the fields port, http, proxy`,
});

function listenerOf(described: z.output<typeof listener>): Listener {
  if (typeof described !== 'string') return { protocol: 'tcp', ...described };
  const [protocol = '', portText] = described.split('/');
  return { protocol, port: Number(portText) };
}

export const instance = fields({
  name,
  id: idOf('i').optional(),
  tags: tags.optional(),
  subnet: reference,
  privateIp: reference.optional(),
  /** `true` for an address of Amazon's, or the address. Left out: as the subnet has it. */
  publicIp: z
    .union([flag, z.ipv4()], { error: (issue) => `found ${given(issue.input)}; it must be true, false or an IPv4 address` })
    .optional(),
  securityGroups: listOf(reference).default([]),
  /** What answers. Left out: everything. */
  listens: listOf(listener).optional(),
});

export function loadInstances(loading: Loading, { path, call, key }: LoadedVpc, instances: readonly z.output<typeof instance>[]): void {
  const { world } = loading;
  for (const [index, described] of instances.entries()) {
    const here = [...path, 'instances', index];
    const at = { call, path: here, idPath: loading.newKey(`${key}/instances/${described.name}`, here) };
    const groups = described.securityGroups.map((group, groupIndex) =>
      loading.idOf(`${key}/securityGroups/${group}`, [...here, 'securityGroups', groupIndex], 'security group of the VPC'),
    );
    const { publicIp } = described;
    const { Instances: made } = loading.make<Reservation>({ ...at, ids: { i: described.id } }, 'RunInstances', {
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: loading.idOf(`${key}/subnets/${described.subnet}`, [...here, 'subnet'], 'subnet of the VPC'),
          PrivateIpAddress: described.privateIp,
          Groups: groups,
          AssociatePublicIpAddress: publicIp === undefined ? undefined : publicIp !== false,
        },
      ],
      TagSpecifications: specification('instance', described),
    });
    const id = made![0]!.InstanceId!;
    loading.ids.set(at.idPath, id);
    // No call of AWS's says what listens, nor which public address a new instance gets.
    if (typeof publicIp === 'string') world.networkInterfaces.change(world.instances.get(id)!.networkInterfaceIds[0]!, { publicIp });
    if (described.listens) world.instances.change(id, { listens: described.listens.map(listenerOf) });
  }
}
