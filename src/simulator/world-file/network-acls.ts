import type { CreateNetworkAclResult } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { parseCidr } from '../../network/cidr.ts';
import { cidr, fields, flag, given, idOf, listOf, name, oneOf, portRange, ports, protocol, reference, tags } from './fields.ts';
import { type LoadedVpc, type Loading, type Making, tagsOf } from './loading.ts';

export const networkAcl = fields({
  name,
  id: idOf('acl').optional(),
  tags: tags.optional(),
  /** It is the one that the VPC has in any case; its entries take the place of those that let everything through. */
  default: flag.default(false),
  subnets: listOf(reference).default([]),
  entries: listOf(
    fields({
      rule: z.int({ error: (issue) => `found ${given(issue.input)}; it must be a number from 1 to 32766` }),
      direction: oneOf('ingress', 'egress'),
      action: oneOf('allow', 'deny'),
      protocol: protocol.default('all'),
      ports: ports.optional(),
      cidr,
    }),
  ).default([]),
});

type NetworkAclDescription = z.output<typeof networkAcl>;

export function loadNetworkAcls(loading: Loading, vpc: LoadedVpc, acls: readonly NetworkAclDescription[]): void {
  const { path, call, key, vpcId } = vpc;
  for (const [index, acl] of acls.entries()) {
    const here = [...path, 'networkAcls', index];
    const at = { call, path: here, idPath: loading.newKey(`${key}/networkAcls/${acl.name}`, here) };
    const id = acl.default
      ? loading.world.networkAcls.where(`vpc:${vpcId}`).find(({ isDefault }) => isDefault)!.id
      : loading.make<CreateNetworkAclResult>({ ...at, ids: { acl: acl.id } }, 'CreateNetworkAcl', { VpcId: vpcId }).NetworkAcl!
          .NetworkAclId!;
    loading.ids.set(at.idPath, id);
    loading.tag(at, id, tagsOf({ Name: acl.name, ...acl.tags }));
    loadEntries(loading, { at, id }, acl);
    for (const [subnetIndex, subnet] of acl.subnets.entries()) {
      const subnetPath = [...here, 'subnets', subnetIndex];
      const subnetId = loading.idOf(`${key}/subnets/${subnet}`, subnetPath, 'subnet of the VPC');
      const [current] = loading.world.networkAcls.where(`subnet:${subnetId}`);
      const { associationId } = current!.associations.find((association) => association.subnetId === subnetId)!;
      const idPath = `${at.idPath}/subnets/${subnet}`;
      const input = { AssociationId: associationId, NetworkAclId: id };
      loading.make({ call, path: subnetPath, idPath }, 'ReplaceNetworkAclAssociation', input);
    }
  }
}

function loadEntries(loading: Loading, { at, id }: { at: Making; id: string }, acl: NetworkAclDescription): void {
  if (acl.default && acl.entries.length > 0) {
    for (const { ruleNumber, egress } of loading.world.networkAcls.get(id)!.entries) {
      if (ruleNumber < 32_767) loading.make(at, 'DeleteNetworkAclEntry', { NetworkAclId: id, RuleNumber: ruleNumber, Egress: egress });
    }
  }
  for (const [index, entry] of acl.entries.entries()) {
    loading.make({ ...at, path: [...at.path, 'entries', index] }, 'CreateNetworkAclEntry', {
      NetworkAclId: id,
      RuleNumber: entry.rule,
      Egress: entry.direction === 'egress',
      RuleAction: entry.action,
      Protocol: entry.protocol,
      ...(parseCidr(entry.cidr)!.family === 4 ? { CidrBlock: entry.cidr } : { Ipv6CidrBlock: entry.cidr }),
      PortRange: portRange(entry.ports),
      IcmpTypeCode: { Type: -1, Code: -1 },
    });
  }
}
