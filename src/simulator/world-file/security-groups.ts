import type { AuthorizeSecurityGroupIngressRequest, CreateSecurityGroupResult, IpPermission } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { parseCidr } from '../../network/cidr.ts';
import { type FieldPath, fields, idOf, listOf, name, portRange, ports, protocol, reference, tags } from './fields.ts';
import { type LoadedVpc, type Loading, specification, tagsOf } from './loading.ts';

const rule = { protocol: protocol.default('all'), ports: ports.optional(), description: z.string().optional() };

export const securityGroup = fields({
  /** `default` is the group that the VPC has in any case. */
  name,
  id: idOf('sg').optional(),
  tags: tags.optional(),
  description: z.string().optional(),
  /** `from`: a CIDR, a group of the VPC, or `<VPC>/<group>` of a peer. Added to what the group has. */
  ingress: listOf(fields({ ...rule, from: reference })).default([]),
  /** `to`: as `from`. Left out: everything may leave. */
  egress: listOf(fields({ ...rule, to: reference })).optional(),
});

type SecurityGroupDescription = z.output<typeof securityGroup>;
type RuleDescription = Omit<SecurityGroupDescription['ingress'][number], 'from'>;

/** Groups without their rules. */
export function loadSecurityGroups(
  loading: Loading,
  { path, call, key, vpcId }: LoadedVpc,
  groups: readonly SecurityGroupDescription[],
): void {
  const defaultGroup = loading.world.securityGroups.where(`vpc:${vpcId}`).find(({ groupName }) => groupName === 'default')!;
  loading.ids.set(`${key}/securityGroups/default`, defaultGroup.id);
  for (const [index, group] of groups.entries()) {
    const at = { call, path: [...path, 'securityGroups', index] };
    if (group.name === 'default') {
      if (group.tags) loading.tag(at, defaultGroup.id, tagsOf(group.tags));
      continue;
    }
    const idPath = loading.newKey(`${key}/securityGroups/${group.name}`, at.path);
    const made = loading.make<CreateSecurityGroupResult>({ ...at, idPath, ids: { sg: group.id } }, 'CreateSecurityGroup', {
      GroupName: group.name,
      Description: group.description ?? group.name,
      VpcId: vpcId,
      TagSpecifications: specification('security-group', group),
    });
    loading.ids.set(idPath, made.GroupId!);
  }
}

/** The rules of a VPC's groups, when all groups are there and peerings are active. */
export function loadRules(loading: Loading, vpc: LoadedVpc, groups: readonly SecurityGroupDescription[]): void {
  const { path, call, key } = vpc;
  for (const [index, group] of groups.entries()) {
    const groupPath = [...path, 'securityGroups', index];
    const idPath = `${key}/securityGroups/${group.name}`;
    const GroupId = loading.ids.get(idPath)!;
    const authorize = (operation: string, at: FieldPath, permissions: IpPermission): void => {
      const input: AuthorizeSecurityGroupIngressRequest = { GroupId, IpPermissions: [permissions] };
      loading.make({ call, path: at, idPath: `${idPath}/${at.slice(groupPath.length).join('/')}` }, operation, input);
    };
    for (const [ruleIndex, described] of group.ingress.entries()) {
      const at = [...groupPath, 'ingress', ruleIndex];
      const peer = peerOf({ loading, vpc }, described.from, [...at, 'from']);
      authorize('AuthorizeSecurityGroupIngress', at, permission(described, peer));
    }
    if (!group.egress) continue;
    const before = loading.world.securityGroupRules.where(`group:${GroupId}`).filter(({ direction }) => direction === 'egress');
    if (before.length > 0) {
      const SecurityGroupRuleIds = before.map(({ id }) => id);
      loading.make({ call, path: groupPath, idPath }, 'RevokeSecurityGroupEgress', { GroupId, SecurityGroupRuleIds });
    }
    for (const [ruleIndex, described] of group.egress.entries()) {
      const at = [...groupPath, 'egress', ruleIndex];
      const peer = peerOf({ loading, vpc }, described.to, [...at, 'to']);
      authorize('AuthorizeSecurityGroupEgress', at, permission(described, peer));
    }
  }
}

type Peer = { readonly CidrIp: string } | { readonly CidrIpv6: string } | { readonly GroupId: string; readonly UserId: string };

function permission(described: RuleDescription, peer: Peer): IpPermission {
  const range = portRange(described.ports);
  const icmp = described.protocol === 'icmp' || described.protocol === 'icmpv6';
  const said = described.description === undefined ? {} : { Description: described.description };
  return {
    IpProtocol: described.protocol === 'all' ? '-1' : described.protocol,
    FromPort: icmp ? -1 : range.From,
    ToPort: icmp ? -1 : range.To,
    ...('CidrIp' in peer ? { IpRanges: [{ ...peer, ...said }] } : {}),
    ...('CidrIpv6' in peer ? { Ipv6Ranges: [{ ...peer, ...said }] } : {}),
    ...('GroupId' in peer ? { UserIdGroupPairs: [{ ...peer, ...said }] } : {}),
  };
}

/** A CIDR, a group of the VPC, or `<VPC>/<group>`. */
function peerOf({ loading, vpc }: { loading: Loading; vpc: LoadedVpc }, peer: string, path: FieldPath): Peer {
  const family = parseCidr(peer)?.family;
  if (family === 4) return { CidrIp: peer };
  if (family === 6) return { CidrIpv6: peer };
  const slash = peer.lastIndexOf('/');
  const { key, call } = slash < 0 ? vpc : loading.vpcNamed(peer.slice(0, slash), path);
  const what = 'CIDR, security group of the VPC, or <VPC>/<group>';
  return { GroupId: loading.idOf(`${key}/securityGroups/${peer.slice(slash + 1)}`, path, what), UserId: call.accountId };
}
