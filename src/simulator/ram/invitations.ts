import type {
  AcceptResourceShareInvitationRequest,
  AcceptResourceShareInvitationResponse,
  GetResourceShareInvitationsRequest,
  GetResourceShareInvitationsResponse,
  ListPendingInvitationResourcesRequest,
  ListPendingInvitationResourcesResponse,
  RejectResourceShareInvitationRequest,
  RejectResourceShareInvitationResponse,
  ResourceShareInvitation,
} from '@aws-sdk/client-ram';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { malformedArn } from './errors.ts';
import { shownResource } from './listing.ts';
import { once, page } from './paging.ts';
import type { ResourceShareInvitationRecord } from './records.ts';
import { acceptInvitation, associationsOf, endInvitation, invitationsTo } from './sharing.ts';

function shown(world: World, invitation: ResourceShareInvitationRecord): ResourceShareInvitation {
  const share = world.resourceShares.get(invitation.shareId);
  return {
    resourceShareInvitationArn: invitation.arn,
    resourceShareName: share?.name,
    resourceShareArn: share?.arn,
    senderAccountId: invitation.ownerId,
    receiverAccountId: invitation.receiverAccountId,
    invitationTimestamp: new Date(invitation.sentAt),
    status: invitation.status,
  };
}

function checkArn(arn: string): void {
  if (!/^arn:aws[a-z-]*:ram:[a-z0-9-]+:\d{12}:resource-share-invitation\/[0-9a-f-]{36}$/.test(arn)) throw malformedArn(arn);
}

const notFound = (arn: string): ApiError =>
  new ApiError('ResourceShareInvitationArnNotFoundException', `The invitation ${arn} could not be found.`);

/** The invitation that the caller got. */
function find(world: World, call: Call, arn: string): ResourceShareInvitationRecord {
  checkArn(arn);
  const invitation = world.resourceShareInvitations
    .where(`receiver:${call.accountId}/${call.region}`)
    .find((candidate) => candidate.arn === arn);
  if (!invitation) throw notFound(arn);
  return invitation;
}

/** @throws ApiError where the invitation waits for no answer any more */
function checkPending({ status, arn }: ResourceShareInvitationRecord): void {
  switch (status) {
    case 'PENDING':
      return;
    case 'ACCEPTED':
      throw new ApiError('ResourceShareInvitationAlreadyAcceptedException', `The invitation ${arn} was already accepted.`);
    case 'REJECTED':
      throw new ApiError('ResourceShareInvitationAlreadyRejectedException', `The invitation ${arn} was already rejected.`);
    case 'EXPIRED':
      throw new ApiError('ResourceShareInvitationExpiredException', `The invitation ${arn} has expired.`);
  }
}

export function invitationOperations(world: World): Operations {
  return {
    GetResourceShareInvitations(input: GetResourceShareInvitationsRequest, call: Call): GetResourceShareInvitationsResponse {
      const mine = invitationsTo(world, call);
      for (const arn of input.resourceShareInvitationArns ?? []) {
        checkArn(arn);
        if (!mine.some((invitation) => invitation.arn === arn)) throw notFound(arn);
      }
      const matches = ({ arn, shareId }: ResourceShareInvitationRecord): boolean =>
        (!input.resourceShareInvitationArns?.length || input.resourceShareInvitationArns.includes(arn)) &&
        (!input.resourceShareArns?.length || input.resourceShareArns.includes(world.resourceShares.get(shareId)?.arn ?? ''));
      const { items, ...token } = page(world, {
        items: mine.filter(matches),
        orderOf: ({ id }) => world.resourceShareInvitations.orderOf(id),
        input,
      });
      return { resourceShareInvitations: items.map((invitation) => shown(world, invitation)), ...token };
    },

    AcceptResourceShareInvitation(input: AcceptResourceShareInvitationRequest, call: Call): AcceptResourceShareInvitationResponse {
      return once(world, call, {
        operation: 'AcceptResourceShareInvitation',
        input,
        make: () => {
          const invitation = find(world, call, input.resourceShareInvitationArn!);
          checkPending(invitation);
          acceptInvitation(world, invitation);
          return { resourceShareInvitation: shown(world, world.resourceShareInvitations.get(invitation.id)!) };
        },
      });
    },

    RejectResourceShareInvitation(input: RejectResourceShareInvitationRequest, call: Call): RejectResourceShareInvitationResponse {
      return once(world, call, {
        operation: 'RejectResourceShareInvitation',
        input,
        make: () => {
          const invitation = find(world, call, input.resourceShareInvitationArn!);
          checkPending(invitation);
          endInvitation(world, { id: invitation.id, status: 'REJECTED' });
          return { resourceShareInvitation: shown(world, world.resourceShareInvitations.get(invitation.id)!) };
        },
      });
    },

    ListPendingInvitationResources(input: ListPendingInvitationResourcesRequest, call: Call): ListPendingInvitationResourcesResponse {
      const invitation = find(world, call, input.resourceShareInvitationArn!);
      if (invitation.status !== 'ACCEPTED') checkPending(invitation);
      const { items, ...token } = page(world, {
        items: associationsOf(world, invitation.shareId, 'RESOURCE').filter(({ status }) => !status.startsWith('DISASSOCIAT')),
        orderOf: ({ id }) => world.resourceShareAssociations.orderOf(id),
        input,
      });
      return { resources: items.map((association) => shownResource(world, association)), ...token };
    },
  };
}
