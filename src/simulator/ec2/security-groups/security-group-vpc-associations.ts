import type {
  AssociateSecurityGroupVpcRequest,
  AssociateSecurityGroupVpcResult,
  DescribeSecurityGroupVpcAssociationsRequest,
  DescribeSecurityGroupVpcAssociationsResult,
  DisassociateSecurityGroupVpcRequest,
  DisassociateSecurityGroupVpcResult,
  GetSecurityGroupsForVpcRequest,
  GetSecurityGroupsForVpcResult,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import type { SecurityGroupRecord, SecurityGroupVpcAssociation, VpcRecord } from '../../world/records.ts';
import { transition } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { dependencyViolation, invalidValue } from '../errors.ts';
import { filterTest, page } from '../listing.ts';
import { findSecurityGroup, findVpc, placeOf } from '../owned.ts';
import { shownTags } from '../tags.ts';

type State = SecurityGroupVpcAssociation['state'];

const associationOf = (group: SecurityGroupRecord | undefined, vpcId: string): SecurityGroupVpcAssociation | undefined =>
  group?.vpcAssociations?.find((association) => association.vpcId === vpcId);

/** Whether interfaces in the VPC may have the group: it was made there, or is associated with it. */
export const isUsableIn = (group: SecurityGroupRecord, vpcId: string): boolean =>
  group.vpcId === vpcId || associationOf(group, vpcId)?.state === 'associated';

/** @param state undefined takes the association away */
function setState(world: World, group: SecurityGroupRecord, { vpcId, state }: { vpcId: string; state: State | undefined }): void {
  const others = (group.vpcAssociations ?? []).filter((association) => association.vpcId !== vpcId);
  world.securityGroups.change(group.id, { vpcAssociations: state ? [...others, { vpcId, state }] : others });
}

const finishAssociating = transition('securityGroupVpcAssociation.finishAssociating', (world, groupId: string, vpcId: string) => {
  const group = world.securityGroups.get(groupId);
  if (group && associationOf(group, vpcId)?.state === 'associating') setState(world, group, { vpcId, state: 'associated' });
});

const finishDisassociating = transition('securityGroupVpcAssociation.finishDisassociating', (world, groupId: string, vpcId: string) => {
  const group = world.securityGroups.get(groupId);
  if (group && associationOf(group, vpcId)?.state === 'disassociating') setState(world, group, { vpcId, state: undefined });
});

/** What in the VPC has the group, for which it has to stay associated. */
function isUsedIn(world: World, groupId: string, vpcId: string): boolean {
  const users = [...world.networkInterfaces.where(`group:${groupId}`), ...world.vpcEndpoints.where(`group:${groupId}`)];
  return users.some((user) => user.vpcId === vpcId);
}

/** Ends what groups of other VPCs had with one that goes. */
export function leaveSecurityGroups(world: World, { id: vpcId, ownerId, region }: VpcRecord): void {
  for (const group of world.securityGroups.where(`place:${ownerId}/${region}`)) {
    if (associationOf(group, vpcId)) setState(world, group, { vpcId, state: undefined });
  }
}

/** Groups of one VPC for use in others of the same region (EC2 API Reference; VPC User Guide, "Associate security groups with multiple VPCs"). */
export function securityGroupVpcAssociationOperations(world: World): Operations {
  const seenGroups = (call: Call): SecurityGroupRecord[] => {
    const groups = world.securityGroups.seenWhere(`place:${placeOf(call)}`);
    return groups.sort((a, b) => world.securityGroups.orderOf(a.id) - world.securityGroups.orderOf(b.id));
  };

  return {
    AssociateSecurityGroupVpc(input: AssociateSecurityGroupVpcRequest, call: Call): AssociateSecurityGroupVpcResult {
      const group = findSecurityGroup(world, call, input.GroupId);
      const vpc = findVpc(world, call, input.VpcId);
      if (group.groupName === 'default') throw invalidValue(`The default security group ${group.id} cannot be associated with a VPC.`);
      if (vpc.isDefault || world.vpcs.get(group.vpcId)?.isDefault) {
        throw invalidValue(`${vpc.isDefault ? vpc.id : group.vpcId} is a default VPC: its security groups are not associated.`);
      }
      if (group.vpcId === vpc.id) throw invalidValue(`The security group ${group.id} already belongs to ${vpc.id}.`);
      const before = associationOf(group, vpc.id);
      if (before?.state === 'disassociating') throw new ApiError('IncorrectState', `${group.id} is leaving ${vpc.id}.`);
      if (before) return { State: before.state };
      setState(world, group, { vpcId: vpc.id, state: 'associating' });
      world.later(world.settings.delaysMs.securityGroupVpcAssociating, finishAssociating, group.id, vpc.id);
      return { State: 'associating' };
    },

    DisassociateSecurityGroupVpc(input: DisassociateSecurityGroupVpcRequest, call: Call): DisassociateSecurityGroupVpcResult {
      const group = findSecurityGroup(world, call, input.GroupId);
      const vpc = findVpc(world, call, input.VpcId);
      const before = associationOf(group, vpc.id);
      if (!before) throw new ApiError('InvalidAssociationID.NotFound', `${group.id} is not associated with ${vpc.id}.`);
      if (isUsedIn(world, group.id, vpc.id)) throw dependencyViolation(`resource ${group.id} has a dependent object in ${vpc.id}`);
      setState(world, group, { vpcId: vpc.id, state: 'disassociating' });
      world.later(world.settings.delaysMs.securityGroupVpcAssociating, finishDisassociating, group.id, vpc.id);
      return { State: 'disassociating' };
    },

    DescribeSecurityGroupVpcAssociations(
      input: DescribeSecurityGroupVpcAssociationsRequest,
      call: Call,
    ): DescribeSecurityGroupVpcAssociationsResult {
      // Pages go on after a number: a group's own, and between it and the next one's that of the association.
      const all = seenGroups(call).flatMap((group) =>
        (group.vpcAssociations ?? []).map((association, index, { length }) => ({
          group,
          association,
          order: world.securityGroups.orderOf(group.id) + index / length,
        })),
      );
      const test = filterTest<(typeof all)[number]>(
        input.Filters ?? [],
        {
          'group-id': ({ group }) => group.id,
          'group-owner-id': ({ group }) => group.ownerId,
          state: ({ association }) => association.state,
          'vpc-id': ({ association }) => association.vpcId,
          'vpc-owner-id': ({ group }) => group.ownerId,
        },
        undefined,
      );
      const limits = { min: 5, max: 1000 };
      const { items, NextToken } = page(world, { items: all.filter(test), orderOf: ({ order }) => order, input, limits });
      return {
        SecurityGroupVpcAssociations: items.map(({ group, association }) => ({
          GroupId: group.id,
          GroupOwnerId: group.ownerId,
          VpcId: association.vpcId,
          VpcOwnerId: group.ownerId,
          State: association.state,
        })),
        NextToken,
      };
    },

    GetSecurityGroupsForVpc(input: GetSecurityGroupsForVpcRequest, call: Call): GetSecurityGroupsForVpcResult {
      const vpc = findVpc(world, call, input.VpcId);
      const test = filterTest<SecurityGroupRecord>(
        input.Filters ?? [],
        {
          description: ({ description }) => description,
          'group-id': ({ id }) => id,
          'group-name': ({ groupName }) => groupName,
          'owner-id': ({ ownerId }) => ownerId,
          'primary-vpc-id': ({ vpcId }) => vpcId,
        },
        ({ id }) => world.indexedTagsOf(placeOf(call), id),
      );
      const { items, NextToken } = page(world, {
        items: seenGroups(call).filter((group) => isUsableIn(group, vpc.id) && test(group)),
        orderOf: ({ id }) => world.securityGroups.orderOf(id),
        input,
        limits: { min: 5, max: 1000 },
      });
      return {
        SecurityGroupForVpcs: items.map((group) => ({
          GroupId: group.id,
          GroupName: group.groupName,
          Description: group.description,
          OwnerId: group.ownerId,
          PrimaryVpcId: group.vpcId,
          Tags: shownTags(world, call, group.id),
        })),
        NextToken,
      };
    },
  };
}
