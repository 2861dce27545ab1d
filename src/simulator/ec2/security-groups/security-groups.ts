import type {
  CreateSecurityGroupRequest,
  CreateSecurityGroupResult,
  DeleteSecurityGroupRequest,
  DeleteSecurityGroupResult,
  DescribeSecurityGroupReferencesRequest,
  DescribeSecurityGroupReferencesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
  DescribeStaleSecurityGroupsRequest,
  DescribeStaleSecurityGroupsResult,
  IpPermission,
  SecurityGroup,
  StaleIpPermission,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { SecurityGroupRecord, SecurityGroupRuleRecord, VpcRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { badParameter, dependencyViolation, required } from '../errors.ts';
import { idKinds } from '../ids.ts';
import { list, page } from '../listing.ts';
import { arnOf, findSecurityGroup, findVpc, ownership, placeOf } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import { isStale, shownReference } from './security-group-references.ts';
import { addRules, removeRule } from './security-group-rules.ts';

type Direction = SecurityGroupRuleRecord['direction'];

/** What Describe sees of a group's rules. */
const seenRules = (world: World, groupId: string, direction: Direction): SecurityGroupRuleRecord[] =>
  world.securityGroupRules.seenWhere(`group:${groupId}`).filter((rule) => rule.direction === direction);

interface Gathered {
  readonly IpProtocol: string;
  readonly FromPort?: number;
  readonly ToPort?: number;
  readonly IpRanges: NonNullable<IpPermission['IpRanges']>;
  readonly Ipv6Ranges: NonNullable<IpPermission['Ipv6Ranges']>;
  readonly PrefixListIds: NonNullable<IpPermission['PrefixListIds']>;
  readonly UserIdGroupPairs: NonNullable<IpPermission['UserIdGroupPairs']>;
}

/** Rules of one protocol and port range gathered into one permission; protocol -1 has no ports here (aws.md 3.5). */
function gather(world: World, rules: readonly SecurityGroupRuleRecord[]): Gathered[] {
  const permissions = new Map<string, Gathered>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`;
    const hasPorts = ['tcp', 'udp', 'icmp', 'icmpv6'].includes(rule.protocol);
    const permission: Gathered = permissions.get(key) ?? {
      IpProtocol: rule.protocol,
      ...(hasPorts ? { FromPort: rule.fromPort, ToPort: rule.toPort } : {}),
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    permissions.set(key, permission);
    const { peer } = rule;
    const said = rule.description === undefined ? {} : { Description: rule.description };
    if ('cidrIpv4' in peer) permission.IpRanges.push({ CidrIp: peer.cidrIpv4, ...said });
    else if ('cidrIpv6' in peer) permission.Ipv6Ranges.push({ CidrIpv6: peer.cidrIpv6, ...said });
    else if ('prefixListId' in peer) permission.PrefixListIds.push({ PrefixListId: peer.prefixListId, ...said });
    else {
      const { groupId, userId, vpcId, vpcPeeringConnectionId, peeringStatus } = shownReference(world, rule, peer.referencedGroup);
      permission.UserIdGroupPairs.push({
        GroupId: groupId,
        UserId: userId,
        VpcId: vpcId,
        VpcPeeringConnectionId: vpcPeeringConnectionId,
        PeeringStatus: peeringStatus,
        ...said,
      });
    }
  }
  return [...permissions.values()];
}

function shown(world: World, group: SecurityGroupRecord, tags: SecurityGroup['Tags']): SecurityGroup {
  return {
    GroupId: group.id,
    GroupName: group.groupName,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: group.ownerId,
    SecurityGroupArn: arnOf(group, 'security-group'),
    IpPermissions: gather(world, seenRules(world, group.id, 'ingress')),
    IpPermissionsEgress: gather(world, seenRules(world, group.id, 'egress')),
    Tags: tags,
  };
}

/** A new group lets everything out; the default group also lets in what comes from itself (aws.md 3.5). */
export function createSecurityGroup(
  world: World,
  call: Call,
  { vpc, groupName, description }: { vpc: VpcRecord; groupName: string; description: string },
): SecurityGroupRecord {
  if (world.securityGroups.count(`place:${placeOf(call)}`) >= world.settings.quotas.securityGroupsPerRegion) {
    throw new ApiError('SecurityGroupLimitExceeded', 'The maximum number of security groups has been reached.');
  }
  const group: SecurityGroupRecord = { ...ownership(call), id: world.newId('sg'), vpcId: vpc.id, groupName, description };
  world.securityGroups.put(group);
  const everything = { protocol: '-1', fromPort: -1, toPort: -1, description: undefined };
  const egress = { ...everything, direction: 'egress' as const };
  addRules(world, call, {
    group,
    permissions: [
      ...(groupName === 'default'
        ? [{ ...everything, direction: 'ingress' as const, peer: { referencedGroup: { groupId: group.id, userId: group.ownerId } } }]
        : []),
      { ...egress, peer: { cidrIpv4: '0.0.0.0/0' } },
      ...(vpc.ipv6CidrBlocks.length > 0 ? [{ ...egress, peer: { cidrIpv6: '::/0' } }] : []),
    ],
    tags: new Map(),
  });
  return group;
}

/** Takes a group away with its rules and tags. */
export function removeSecurityGroup(world: World, group: SecurityGroupRecord): void {
  for (const rule of world.securityGroupRules.where(`group:${group.id}`)) removeRule(world, rule);
  world.securityGroups.delete(group.id);
  world.setTags(`${group.ownerId}/${group.region}`, group.id, {});
}

function readGroupName(name: string): string {
  if (name.startsWith('sg-') || !/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(name)) {
    throw badParameter(name, 'groupName', 'Group names are up to 255 characters long and may not begin with sg-.');
  }
  if (name === 'default') throw new ApiError('InvalidParameterValue', "Cannot use reserved security group name: 'default'");
  return name;
}

/** A group of another VPC does not keep a group from being deleted: its rules go stale (aws.md 3.4). */
function isReferencedInVpc(world: World, group: SecurityGroupRecord): boolean {
  return world.securityGroupRules
    .where(`references:${group.id}`)
    .some((rule) => rule.groupId !== group.id && world.securityGroups.get(rule.groupId)?.vpcId === group.vpcId);
}

function permissionFields(
  world: World,
  direction: Direction,
  prefix: string,
): Record<string, (group: SecurityGroupRecord) => (string | number | undefined)[]> {
  const rules = (group: SecurityGroupRecord): SecurityGroupRuleRecord[] => seenRules(world, group.id, direction);
  return {
    [`${prefix}.cidr`]: (group) => rules(group).map(({ peer }) => ('cidrIpv4' in peer ? peer.cidrIpv4 : undefined)),
    [`${prefix}.ipv6-cidr`]: (group) => rules(group).map(({ peer }) => ('cidrIpv6' in peer ? peer.cidrIpv6 : undefined)),
    [`${prefix}.prefix-list-id`]: (group) => rules(group).map(({ peer }) => ('prefixListId' in peer ? peer.prefixListId : undefined)),
    [`${prefix}.group-id`]: (group) =>
      rules(group).map(({ peer }) => ('referencedGroup' in peer ? peer.referencedGroup.groupId : undefined)),
    [`${prefix}.group-name`]: (group) =>
      rules(group).map(({ peer }) =>
        'referencedGroup' in peer ? world.securityGroups.get(peer.referencedGroup.groupId)?.groupName : undefined,
      ),
    [`${prefix}.user-id`]: (group) => rules(group).map(({ peer }) => ('referencedGroup' in peer ? peer.referencedGroup.userId : undefined)),
    [`${prefix}.protocol`]: (group) => rules(group).map(({ protocol }) => protocol),
    [`${prefix}.from-port`]: (group) => rules(group).map(({ fromPort }) => fromPort),
    [`${prefix}.to-port`]: (group) => rules(group).map(({ toPort }) => toPort),
  };
}

export function securityGroupOperations(world: World): Operations {
  return {
    CreateSecurityGroup(input: CreateSecurityGroupRequest, call: Call): CreateSecurityGroupResult {
      const tags = specifiedTags(input.TagSpecifications, ['security-group']);
      const groupName = readGroupName(required(input.GroupName, 'groupName'));
      const description = required(input.Description, 'groupDescription');
      const vpcId = input.VpcId ?? world.vpcs.where(`place:${placeOf(call)}`).find(({ isDefault }) => isDefault)?.id;
      if (!vpcId) throw new ApiError('VPCIdNotSpecified', 'No default VPC for this user');
      const vpc = findVpc(world, call, vpcId);
      if (world.securityGroups.where(`vpc:${vpc.id}`).some((group) => group.groupName === groupName)) {
        throw new ApiError('InvalidGroup.Duplicate', `The security group '${groupName}' already exists for VPC '${vpc.id}'`);
      }
      const group = createSecurityGroup(world, call, { vpc, groupName, description });
      tagNew(world, call, { id: group.id, type: 'security-group', tags });
      return { GroupId: group.id, SecurityGroupArn: arnOf(group, 'security-group'), Tags: trueTags(world, call, group.id) };
    },

    DeleteSecurityGroup(input: DeleteSecurityGroupRequest, call: Call): DeleteSecurityGroupResult {
      const group = findSecurityGroup(world, call, input.GroupId);
      if (group.groupName === 'default') {
        throw new ApiError('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
      }
      const users = world.networkInterfaces.count(`group:${group.id}`) + world.vpcEndpoints.count(`group:${group.id}`);
      if (users > 0 || isReferencedInVpc(world, group)) {
        throw dependencyViolation(`resource ${group.id} has a dependent object`);
      }
      removeSecurityGroup(world, group);
      return { Return: true, GroupId: group.id };
    },

    DescribeSecurityGroups(input: DescribeSecurityGroupsRequest, call: Call): DescribeSecurityGroupsResult {
      const names = input.GroupNames?.length ? new Set(input.GroupNames) : undefined;
      const { items, NextToken } = list(world, call, {
        collection: world.securityGroups,
        kind: idKinds.securityGroup,
        ids: input.GroupIds,
        input,
        limits: { min: 5, max: 1000 },
        ...(names
          ? { visible: (group: SecurityGroupRecord) => names.has(group.groupName) && world.vpcs.get(group.vpcId)?.isDefault === true }
          : {}),
        keys: { 'vpc-id': 'vpc' },
        fields: {
          description: (group) => group.description,
          'group-id': (group) => group.id,
          'group-name': (group) => group.groupName,
          'owner-id': (group) => group.ownerId,
          'vpc-id': (group) => group.vpcId,
          ...permissionFields(world, 'ingress', 'ip-permission'),
          ...permissionFields(world, 'egress', 'egress.ip-permission'),
        },
      });
      return { SecurityGroups: items.map((group) => shown(world, group, shownTags(world, call, group.id))), NextToken };
    },

    DescribeStaleSecurityGroups(input: DescribeStaleSecurityGroupsRequest, call: Call): DescribeStaleSecurityGroupsResult {
      const vpc = findVpc(world, call, input.VpcId);
      const stale = (group: SecurityGroupRecord, direction: Direction): StaleIpPermission[] =>
        gather(
          world,
          seenRules(world, group.id, direction).filter((rule) => isStale(world, rule)),
        ).map(({ Ipv6Ranges: _, ...permission }) => ({ ...permission, IpRanges: [], PrefixListIds: [] }));
      const groups = world.securityGroups
        .seenWhere(`vpc:${vpc.id}`)
        .map((group) => ({
          group,
          StaleIpPermissions: stale(group, 'ingress'),
          StaleIpPermissionsEgress: stale(group, 'egress'),
        }))
        .filter(({ StaleIpPermissions, StaleIpPermissionsEgress }) => StaleIpPermissions.length + StaleIpPermissionsEgress.length > 0);
      const { items, NextToken } = page(world, {
        items: groups,
        orderOf: ({ group }) => world.securityGroups.orderOf(group.id),
        input,
        limits: { min: 5, max: 255 },
      });
      return {
        StaleSecurityGroupSet: items.map(({ group, ...permissions }) => ({
          GroupId: group.id,
          GroupName: group.groupName,
          Description: group.description,
          VpcId: group.vpcId,
          ...permissions,
        })),
        NextToken,
      };
    },

    /** Which VPCs on the other side of a connection have rules that name the groups. */
    DescribeSecurityGroupReferences(input: DescribeSecurityGroupReferencesRequest, call: Call): DescribeSecurityGroupReferencesResult {
      const found = new Map<string, { GroupId: string; ReferencingVpcId: string; VpcPeeringConnectionId: string }>();
      for (const id of required(input.GroupId, 'groupId')) {
        const group = findSecurityGroup(world, call, id);
        for (const rule of world.securityGroupRules.seenWhere(`references:${group.id}`)) {
          const referencingVpcId = world.securityGroups.get(rule.groupId)?.vpcId;
          if (!referencingVpcId || referencingVpcId === group.vpcId || !('referencedGroup' in rule.peer)) continue;
          const { vpcPeeringConnectionId = '' } = shownReference(world, rule, rule.peer.referencedGroup);
          found.set(`${id} ${referencingVpcId}`, {
            GroupId: id,
            ReferencingVpcId: referencingVpcId,
            VpcPeeringConnectionId: vpcPeeringConnectionId,
          });
        }
      }
      return { SecurityGroupReferenceSet: [...found.values()] };
    },
  };
}
