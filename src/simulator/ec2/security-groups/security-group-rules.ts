import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult,
  IpPermission,
  ModifySecurityGroupRulesRequest,
  RevokedSecurityGroupRule,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
  SecurityGroupRule,
  SecurityGroupRuleRequest,
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
} from '@aws-sdk/client-ec2';
import type { Tags } from '../../../network/model.ts';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { SecurityGroupRecord, SecurityGroupRuleRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { readCidr } from '../addresses.ts';
import { exactlyOne, invalidValue, required } from '../errors.ts';
import { checkId, idKinds, isKnown, notFound } from '../ids.ts';
import { list } from '../listing.ts';
import { arnOf, findSecurityGroup, ownership } from '../owned.ts';
import { findPrefixList, ruleWeight } from '../prefix-list-view.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import {
  duplicateOf,
  identityOf,
  type Permission,
  readDescription,
  readPermissions,
  readPorts,
  resolveGroup,
} from './security-group-permissions.ts';
import { shownReference } from './security-group-references.ts';

type Direction = SecurityGroupRuleRecord['direction'];

/** The older parameters for a single rule, beside IpPermissions. */
type FlatPermission = Pick<AuthorizeSecurityGroupIngressRequest, 'CidrIp' | 'FromPort' | 'ToPort' | 'IpProtocol'>;

function ipPermissions(input: FlatPermission & { readonly IpPermissions?: IpPermission[] | undefined }): IpPermission[] {
  if (input.IpPermissions?.length) return input.IpPermissions;
  if (input.IpProtocol === undefined && input.CidrIp === undefined) return [];
  return [
    {
      IpProtocol: input.IpProtocol,
      FromPort: input.FromPort,
      ToPort: input.ToPort,
      IpRanges: [{ CidrIp: required(input.CidrIp, 'cidrIp') }],
    },
  ];
}

/** A rule as the calls about single rules show it: no ports are -1 here (aws.md 3.5). */
export function shownRule(world: World, rule: SecurityGroupRuleRecord, tags: SecurityGroupRule['Tags']): SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: arnOf(rule, 'security-group-rule'),
    GroupId: rule.groupId,
    GroupOwnerId: rule.ownerId,
    IsEgress: rule.direction === 'egress',
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...shownPeer(world, rule),
    ...(rule.description !== undefined ? { Description: rule.description } : {}),
    Tags: tags,
  };
}

function shownPeer(world: World, rule: SecurityGroupRuleRecord): Partial<SecurityGroupRule> {
  const { peer } = rule;
  if ('cidrIpv4' in peer) return { CidrIpv4: peer.cidrIpv4 };
  if ('cidrIpv6' in peer) return { CidrIpv6: peer.cidrIpv6 };
  if ('prefixListId' in peer) return { PrefixListId: peer.prefixListId };
  const { groupId, userId, vpcId, vpcPeeringConnectionId, peeringStatus } = shownReference(world, rule, peer.referencedGroup);
  return {
    ReferencedGroupInfo: {
      GroupId: groupId,
      UserId: userId,
      VpcId: vpcId,
      VpcPeeringConnectionId: vpcPeeringConnectionId,
      PeeringStatus: peeringStatus,
    },
  };
}

/** A group's rules of one direction, as they truly are. */
const rulesOf = (world: World, groupId: string, direction: Direction): SecurityGroupRuleRecord[] =>
  world.securityGroupRules.where(`group:${groupId}`).filter((rule) => rule.direction === direction);

/** A rule that names a group counts for both address families, one with a prefix list as often as that may have entries (aws.md 3.6, 2.6). */
function checkRuleCount(world: World, groupId: string, direction: Direction): void {
  const rules = rulesOf(world, groupId, direction);
  const { rulesPerSecurityGroup } = world.settings.quotas;
  if (Math.max(ruleWeight(world, rules, 4), ruleWeight(world, rules, 6)) > rulesPerSecurityGroup) {
    throw new ApiError('RulesPerSecurityGroupLimitExceeded', 'The maximum number of rules per security group has been reached.');
  }
}

/**
 * Adds rules to a group: all of them or none (aws.md 3.2).
 *
 * @throws ApiError InvalidPermission.Duplicate, RulesPerSecurityGroupLimitExceeded
 */
export function addRules(
  world: World,
  call: Call,
  { group, permissions, tags }: { group: SecurityGroupRecord; permissions: readonly Permission[]; tags: ReadonlyMap<string, Tags> },
): SecurityGroupRuleRecord[] {
  const known = new Set(world.securityGroupRules.where(`group:${group.id}`).map(identityOf));
  const added = permissions.map((permission): SecurityGroupRuleRecord => {
    const identity = identityOf(permission);
    if (known.has(identity)) throw duplicateOf(permission);
    known.add(identity);
    return { ...ownership(call), id: world.newId('sgr'), groupId: group.id, ...permission };
  });
  for (const rule of added) {
    world.securityGroupRules.put(rule);
    tagNew(world, call, { id: rule.id, type: 'security-group-rule', tags });
  }
  for (const direction of new Set(permissions.map((permission) => permission.direction))) checkRuleCount(world, group.id, direction);
  return added;
}

/** Takes a rule and its tags away. */
export function removeRule(world: World, rule: SecurityGroupRuleRecord): void {
  world.securityGroupRules.delete(rule.id);
  world.setTags(`${rule.ownerId}/${rule.region}`, rule.id, {});
}

function authorize(world: World, direction: Direction) {
  return (
    input: AuthorizeSecurityGroupIngressRequest & Partial<AuthorizeSecurityGroupEgressRequest>,
    call: Call,
  ): AuthorizeSecurityGroupIngressResult => {
    const tags = specifiedTags(input.TagSpecifications, ['security-group-rule']);
    const group = findSecurityGroup(world, call, input.GroupId);
    const permissions = readPermissions(required(nonEmpty(ipPermissions(input)), 'ipPermissions'), {
      direction,
      readGroup: (pair) => resolveGroup(world, call, { group, pair }),
      readPrefixList: (id) => findPrefixList(world, call, id).id,
    });
    const added = addRules(world, call, { group, permissions, tags });
    return { Return: true, SecurityGroupRules: added.map((rule) => shownRule(world, rule, trueTags(world, call, rule.id))) };
  };
}

const nonEmpty = <Item>(items: readonly Item[] | undefined): readonly Item[] | undefined => (items?.length ? items : undefined);

/** The group's rule with that id, in that direction. */
function ruleOf(
  world: World,
  { group, direction, id }: { group: SecurityGroupRecord; direction?: Direction; id: string },
): SecurityGroupRuleRecord {
  checkId(idKinds.securityGroupRule, id);
  const rule = world.securityGroupRules.get(id);
  const isIt =
    rule && rule.groupId === group.id && (!direction || rule.direction === direction) && isKnown(world, world.securityGroupRules, id);
  if (!isIt) throw notFound(idKinds.securityGroupRule, id);
  return rule;
}

/** To find a rule that names a group, the group need not be reachable any more, nor be there. */
function namedGroup(pair: { readonly GroupId?: string | undefined }): { groupId: string } {
  const groupId = required(pair.GroupId, 'groupId');
  checkId(idKinds.securityGroup, groupId);
  return { groupId };
}

function namedPrefixList(id: string): string {
  checkId(idKinds.prefixList, id);
  return id;
}

const shownRevoked = (rule: SecurityGroupRuleRecord): RevokedSecurityGroupRule => ({
  SecurityGroupRuleId: rule.id,
  GroupId: rule.groupId,
  IsEgress: rule.direction === 'egress',
  IpProtocol: rule.protocol,
  FromPort: rule.fromPort,
  ToPort: rule.toPort,
  ...('cidrIpv4' in rule.peer ? { CidrIpv4: rule.peer.cidrIpv4 } : {}),
  ...('cidrIpv6' in rule.peer ? { CidrIpv6: rule.peer.cidrIpv6 } : {}),
  ...('prefixListId' in rule.peer ? { PrefixListId: rule.peer.prefixListId } : {}),
  ...('referencedGroup' in rule.peer ? { ReferencedGroupId: rule.peer.referencedGroup.groupId } : {}),
  ...(rule.description !== undefined ? { Description: rule.description } : {}),
});

function shownPermission({ protocol, fromPort, toPort, peer, description }: Permission): IpPermission {
  const Description = description;
  return {
    IpProtocol: protocol,
    ...(protocol === '-1' ? {} : { FromPort: fromPort, ToPort: toPort }),
    IpRanges: 'cidrIpv4' in peer ? [{ CidrIp: peer.cidrIpv4, Description }] : [],
    Ipv6Ranges: 'cidrIpv6' in peer ? [{ CidrIpv6: peer.cidrIpv6, Description }] : [],
    UserIdGroupPairs: 'referencedGroup' in peer ? [{ GroupId: peer.referencedGroup.groupId, Description }] : [],
    PrefixListIds: 'prefixListId' in peer ? [{ PrefixListId: peer.prefixListId, Description }] : [],
  };
}

/** By rule ids, or by what the rules say. In a default VPC rules that are not there are only reported; elsewhere they fail the whole call (aws.md 3.3). */
function revoke(world: World, direction: Direction) {
  return (input: RevokeSecurityGroupIngressRequest, call: Call): RevokeSecurityGroupIngressResult => {
    const group = findSecurityGroup(world, call, input.GroupId);
    const by = exactlyOne({
      ipPermissions: nonEmpty(ipPermissions(input)),
      securityGroupRuleIds: nonEmpty(input.SecurityGroupRuleIds),
    });
    const found = new Set<SecurityGroupRuleRecord>();
    const unknown: Permission[] = [];
    if (by === 'securityGroupRuleIds') {
      for (const id of input.SecurityGroupRuleIds ?? []) found.add(ruleOf(world, { group, direction, id }));
    } else {
      const rules = new Map(rulesOf(world, group.id, direction).map((rule) => [identityOf(rule), rule]));
      for (const permission of readPermissions(ipPermissions(input), {
        direction,
        readGroup: namedGroup,
        readPrefixList: namedPrefixList,
      })) {
        const rule = rules.get(identityOf(permission));
        if (rule) found.add(rule);
        else unknown.push(permission);
      }
    }
    if (unknown.length > 0 && !world.vpcs.get(group.vpcId)?.isDefault) {
      throw new ApiError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
    }
    for (const rule of found) removeRule(world, rule);
    return {
      Return: true,
      RevokedSecurityGroupRules: [...found].map(shownRevoked),
      UnknownIpPermissions: unknown.map(shownPermission),
    };
  };
}

function updateDescriptions(world: World, direction: Direction) {
  return (input: UpdateSecurityGroupRuleDescriptionsIngressRequest, call: Call): object => {
    const group = findSecurityGroup(world, call, input.GroupId);
    const by = exactlyOne({
      ipPermissions: nonEmpty(input.IpPermissions),
      securityGroupRuleDescriptions: nonEmpty(input.SecurityGroupRuleDescriptions),
    });
    if (by === 'securityGroupRuleDescriptions') {
      for (const { SecurityGroupRuleId, Description } of input.SecurityGroupRuleDescriptions ?? []) {
        const rule = ruleOf(world, { group, direction, id: required(SecurityGroupRuleId, 'securityGroupRuleId') });
        world.securityGroupRules.change(rule.id, { description: readDescription(Description) });
      }
      return { Return: true };
    }
    const rules = new Map(rulesOf(world, group.id, direction).map((rule) => [identityOf(rule), rule]));
    for (const permission of readPermissions(input.IpPermissions ?? [], {
      direction,
      readGroup: namedGroup,
      readPrefixList: namedPrefixList,
    })) {
      const rule = rules.get(identityOf(permission));
      if (!rule) throw new ApiError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
      world.securityGroupRules.change(rule.id, { description: permission.description });
    }
    return { Return: true };
  };
}

/** The source that a modified rule is to have: another of the same kind (aws.md 3.3). */
function modifiedPeer(
  world: World,
  call: Call,
  { group, rule, request }: { group: SecurityGroupRecord; rule: SecurityGroupRuleRecord; request: SecurityGroupRuleRequest },
): SecurityGroupRuleRecord['peer'] {
  const source = exactlyOne({
    cidrIpv4: request.CidrIpv4,
    cidrIpv6: request.CidrIpv6,
    prefixListId: request.PrefixListId,
    referencedGroup: request.ReferencedGroupId,
  });
  if (!(source in rule.peer)) {
    throw invalidValue(`The kind of source or destination of the rule ${rule.id} cannot be changed to ${source}.`);
  }
  if (source === 'cidrIpv4') return { cidrIpv4: readCidr(request.CidrIpv4!, 'cidrIpv4', 4) };
  if (source === 'cidrIpv6') return { cidrIpv6: readCidr(request.CidrIpv6!, 'cidrIpv6', 6) };
  if (source === 'prefixListId') return { prefixListId: findPrefixList(world, call, request.PrefixListId!).id };
  const groupId = request.ReferencedGroupId!;
  if ('referencedGroup' in rule.peer && rule.peer.referencedGroup.groupId === groupId) return rule.peer;
  const userId = world.securityGroups.get(groupId)?.ownerId;
  return { referencedGroup: resolveGroup(world, call, { group, pair: { GroupId: groupId, UserId: userId } }) };
}

export function securityGroupRuleOperations(world: World): Operations {
  return {
    AuthorizeSecurityGroupIngress: authorize(world, 'ingress'),
    AuthorizeSecurityGroupEgress: authorize(world, 'egress'),
    RevokeSecurityGroupIngress: revoke(world, 'ingress'),
    RevokeSecurityGroupEgress: revoke(world, 'egress'),
    UpdateSecurityGroupRuleDescriptionsIngress: updateDescriptions(world, 'ingress'),
    UpdateSecurityGroupRuleDescriptionsEgress: updateDescriptions(world, 'egress'),

    ModifySecurityGroupRules(input: ModifySecurityGroupRulesRequest, call: Call): object {
      const group = findSecurityGroup(world, call, input.GroupId);
      const changed = required(nonEmpty(input.SecurityGroupRules), 'securityGroupRules').map((update) => {
        const rule = ruleOf(world, { group, id: required(update.SecurityGroupRuleId, 'securityGroupRuleId') });
        const request = required(update.SecurityGroupRule, 'securityGroupRule');
        const modified: SecurityGroupRuleRecord = {
          ...rule,
          ...readPorts(required(request.IpProtocol, 'ipProtocol'), request),
          peer: modifiedPeer(world, call, { group, rule, request }),
          description: readDescription(request.Description ?? rule.description),
        };
        world.securityGroupRules.put(modified);
        return modified;
      });
      const identities = new Map<string, string>();
      for (const rule of world.securityGroupRules.where(`group:${group.id}`)) {
        const other = identities.get(identityOf(rule));
        if (other) throw duplicateOf(changed.find(({ id }) => id === rule.id || id === other) ?? rule);
        identities.set(identityOf(rule), rule.id);
      }
      for (const direction of new Set(changed.map((rule) => rule.direction))) checkRuleCount(world, group.id, direction);
      return { Return: true };
    },

    DescribeSecurityGroupRules(input: DescribeSecurityGroupRulesRequest, call: Call): DescribeSecurityGroupRulesResult {
      const { items, NextToken } = list(world, call, {
        collection: world.securityGroupRules,
        kind: idKinds.securityGroupRule,
        ids: input.SecurityGroupRuleIds,
        input,
        limits: { min: 5, max: 1000 },
        keys: { 'group-id': 'group' },
        fields: {
          'group-id': (rule) => rule.groupId,
          'security-group-rule-id': (rule) => rule.id,
        },
      });
      return { SecurityGroupRules: items.map((rule) => shownRule(world, rule, shownTags(world, call, rule.id))), NextToken };
    },
  };
}
