import type {
  AssociateResourceShareRequest,
  AssociateResourceShareResponse,
  CreateResourceShareRequest,
  CreateResourceShareResponse,
  DeleteResourceShareRequest,
  DeleteResourceShareResponse,
  DisassociateResourceShareRequest,
  DisassociateResourceShareResponse,
  EnableSharingWithAwsOrganizationResponse,
  GetResourceShareAssociationsRequest,
  GetResourceShareAssociationsResponse,
  GetResourceSharesRequest,
  GetResourceSharesResponse,
  ResourceShare,
  ResourceShareAssociation,
  Tag,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateResourceShareRequest,
  UpdateResourceShareResponse,
} from '@aws-sdk/client-ram';
import type { Tags } from '../../network/model.ts';
import { partitionOf } from '../../network/partitions.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import { transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { invalidParameter, invalidState, malformedArn, notPermitted, unknownResource } from './errors.ts';
import { once, page } from './paging.ts';
import type { ResourceShareAssociationRecord, ResourceShareRecord } from './records.ts';
import { checkShareable } from './resources.ts';
import { associate, associationsOf, disassociate, reaches, uuidOf } from './sharing.ts';

const shareArn = /^arn:aws[a-z-]*:ram:[a-z0-9-]+:\d{12}:resource-share\/[0-9a-f-]{36}$/;

/** Every share that the caller has or is in. */
export function sharesOf(world: World, call: Call, owner: string): ResourceShareRecord[] {
  if (owner === 'SELF') return world.resourceShares.seenWhere(`place:${placeKey(call)}`);
  if (owner !== 'OTHER-ACCOUNTS') throw invalidParameter(`The resource owner ${owner} is neither SELF nor OTHER-ACCOUNTS`);
  return [...world.resourceShares.all()].filter(({ id, region }) => region === call.region && reaches(world, id, call.accountId));
}

/** @throws ApiError MalformedArnException, UnknownResourceException */
function findShare(world: World, call: Call, arn: string | undefined): ResourceShareRecord {
  if (!arn || !shareArn.test(arn)) throw malformedArn(arn ?? '');
  const share = world.resourceShares.where(`place:${placeKey(call)}`).find((candidate) => candidate.arn === arn);
  if (!share) throw unknownResource(`ResourceShare ${arn} could not be found.`);
  return share;
}

function findActiveShare(world: World, call: Call, arn: string | undefined): ResourceShareRecord {
  const share = findShare(world, call, arn);
  if (share.status !== 'ACTIVE' && share.status !== 'PENDING') throw invalidState(`The resource share ${share.arn} is ${share.status}`);
  return share;
}

const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Tags are the owner's, and shown to nobody else. */
function shownShare(world: World, call: Call, share: ResourceShareRecord): ResourceShare {
  const { retainSharingOnAccountLeaveOrganization: retain } = share;
  return {
    resourceShareArn: share.arn,
    name: share.name,
    owningAccountId: share.ownerId,
    allowExternalPrincipals: share.allowExternalPrincipals,
    status: share.status,
    ...(share.ownerId === call.accountId ? { tags: tagList(world.seenTagsOf(placeKey(call), share.id)) } : {}),
    creationTime: new Date(share.createdAt),
    lastUpdatedTime: new Date(share.lastUpdatedAt),
    featureSet: 'STANDARD',
    ...(retain === undefined ? {} : { resourceShareConfiguration: { retainSharingOnAccountLeaveOrganization: retain } }),
  };
}

export function shownAssociation(world: World, association: ResourceShareAssociationRecord): ResourceShareAssociation {
  const share = world.resourceShares.get(association.shareId);
  return {
    resourceShareArn: share?.arn,
    resourceShareName: share?.name,
    associatedEntity: association.associatedEntity,
    associationType: association.associationType,
    status: association.status,
    creationTime: new Date(association.createdAt),
    lastUpdatedTime: new Date(association.lastUpdatedAt),
    external: association.external,
  };
}

function readTags(tags: readonly Tag[], before: Tags = {}): Tags {
  const read: Record<string, string> = { ...before };
  for (const { key, value = '' } of tags) {
    if (!key || key.length > 128 || value.length > 256 || key.toLowerCase().startsWith('aws:'))
      throw invalidParameter(`The tag ${key} is not allowed`);
    read[key] = value;
  }
  if (Object.keys(read).length > 50) throw new ApiError('TagLimitExceededException', 'A resource share has at most 50 tags');
  return read;
}

function refuseSources(sources: readonly string[] | undefined): void {
  if (sources?.length) throw new ApiError('NotImplemented.sources', 'The simulator does not model sources of shares', { httpStatus: 501 });
}

const becomeActive = transition('resourceShare.becomeActive', (world, id: string) => {
  if (world.resourceShares.get(id)?.status === 'PENDING') world.resourceShares.change(id, { status: 'ACTIVE' });
});

const forget = transition('resourceShare.forget', (world, id: string) => {
  const share = world.resourceShares.get(id);
  if (!share) return;
  world.resourceShares.delete(id);
  for (const invitation of world.resourceShareInvitations.where(`share:${id}`)) world.resourceShareInvitations.delete(invitation.id);
  world.setTags(placeKey({ accountId: share.ownerId, region: share.region }), id, {});
});

const finishDeletion = transition('resourceShare.finishDeletion', (world, id: string) => {
  world.resourceShares.change(id, { status: 'DELETED', lastUpdatedAt: world.now() });
  world.later(world.settings.delaysMs.resourceShareDeletedShown, forget, id);
});

export function resourceShareOperations(world: World): Operations {
  return {
    CreateResourceShare(input: CreateResourceShareRequest, call: Call): CreateResourceShareResponse {
      return once(world, call, { operation: 'CreateResourceShare', input, make });

      function make(): CreateResourceShareResponse {
        refuseSources(input.sources);
        if (!input.name) throw invalidParameter('The name of a resource share must not be empty');
        const tags = readTags(input.tags ?? []);
        const { quotas, delaysMs } = world.settings;
        if (world.resourceShares.where(`place:${placeKey(call)}`).length >= quotas.resourceSharesPerRegion) {
          throw new ApiError('ResourceShareLimitExceededException', `You have ${quotas.resourceSharesPerRegion} resource shares already`);
        }
        const id = world.newId('resource-share');
        const now = world.now();
        const share: ResourceShareRecord = {
          id,
          ownerId: call.accountId,
          region: call.region,
          arn: `arn:${partitionOf(call.region)}:ram:${call.region}:${call.accountId}:resource-share/${uuidOf(id)}`,
          name: input.name,
          status: 'PENDING',
          allowExternalPrincipals: input.allowExternalPrincipals ?? true,
          retainSharingOnAccountLeaveOrganization: input.resourceShareConfiguration?.retainSharingOnAccountLeaveOrganization,
          permissionArns: input.permissionArns ?? [],
          createdAt: now,
          lastUpdatedAt: now,
        };
        world.resourceShares.put(share);
        world.setTags(placeKey(call), id, tags);
        addTo(call, share, input);
        world.later(delaysMs.resourceSharePending, becomeActive, id);
        return { resourceShare: { ...shownShare(world, call, share), tags: tagList(tags) } };
      }
    },

    AssociateResourceShare(input: AssociateResourceShareRequest, call: Call): AssociateResourceShareResponse {
      return once(world, call, {
        operation: 'AssociateResourceShare',
        input,
        make: () => {
          refuseSources(input.sources);
          const made = addTo(call, findActiveShare(world, call, input.resourceShareArn), input);
          if (made.length === 0) throw invalidParameter('There is neither a resource nor a principal to associate');
          return { resourceShareAssociations: made.map((association) => shownAssociation(world, association)) };
        },
      });
    },

    DisassociateResourceShare(input: DisassociateResourceShareRequest, call: Call): DisassociateResourceShareResponse {
      return once(world, call, {
        operation: 'DisassociateResourceShare',
        input,
        make: () => {
          refuseSources(input.sources);
          const share = findActiveShare(world, call, input.resourceShareArn);
          const entities = [...(input.resourceArns ?? []), ...(input.principals ?? [])];
          if (entities.length === 0) throw invalidParameter('There is neither a resource nor a principal to disassociate');
          const associations = entities.map((entity) => {
            const association = world.resourceShareAssociations.get(`${share.id}/${entity}`);
            if (!association) throw unknownResource(`${entity} is not associated with ${share.arn}`);
            return association;
          });
          return {
            resourceShareAssociations: disassociate(world, associations).map((association) => shownAssociation(world, association)),
          };
        },
      });
    },

    UpdateResourceShare(input: UpdateResourceShareRequest, call: Call): UpdateResourceShareResponse {
      return once(world, call, {
        operation: 'UpdateResourceShare',
        input,
        make: () => {
          const share = findShare(world, call, input.resourceShareArn);
          if (share.status !== 'ACTIVE') throw invalidParameter(`The resource share ${share.arn} is ${share.status}`);
          const { name = share.name, allowExternalPrincipals = share.allowExternalPrincipals } = input;
          const changed = world.resourceShares.change(share.id, { name, allowExternalPrincipals, lastUpdatedAt: world.now() });
          return { resourceShare: shownShare(world, call, changed) };
        },
      });
    },

    DeleteResourceShare(input: DeleteResourceShareRequest, call: Call): DeleteResourceShareResponse {
      return once(world, call, {
        operation: 'DeleteResourceShare',
        input,
        make: () => {
          const { id, status } = findShare(world, call, input.resourceShareArn);
          if (status === 'DELETING' || status === 'DELETED') return { returnValue: true };
          world.resourceShares.change(id, { status: 'DELETING', lastUpdatedAt: world.now() });
          disassociate(world, world.resourceShareAssociations.where(`share:${id}`));
          world.later(world.settings.delaysMs.resourceShareDeleting, finishDeletion, id);
          return { returnValue: true };
        },
      });
    },

    GetResourceShares(input: GetResourceSharesRequest, call: Call): GetResourceSharesResponse {
      const asked = input.resourceShareArns;
      for (const arn of asked ?? []) if (!shareArn.test(arn)) throw malformedArn(arn);
      const all = sharesOf(world, call, input.resourceOwner!);
      for (const arn of asked ?? []) {
        if (!all.some((share) => share.arn === arn)) throw unknownResource(`ResourceShare ${arn} could not be found.`);
      }
      const matches = (share: ResourceShareRecord): boolean => {
        const tags = share.ownerId === call.accountId ? world.indexedTagsOf(placeKey(call), share.id) : {};
        return (
          (!asked?.length || asked.includes(share.arn)) &&
          (!input.resourceShareStatus || share.status === input.resourceShareStatus) &&
          (!input.name || share.name === input.name) &&
          (!input.permissionArn || share.permissionArns.includes(input.permissionArn)) &&
          (input.tagFilters ?? []).every(
            ({ tagKey, tagValues }) => tagKey! in tags && (!tagValues?.length || tagValues.includes(tags[tagKey!]!)),
          )
        );
      };
      const { items, ...token } = page(world, {
        items: all.filter(matches),
        orderOf: ({ id }) => world.resourceShares.orderOf(id),
        input,
      });
      return { resourceShares: items.map((share) => shownShare(world, call, share)), ...token };
    },

    /** Of the caller's own shares only. */
    GetResourceShareAssociations(input: GetResourceShareAssociationsRequest, call: Call): GetResourceShareAssociationsResponse {
      const { associationType, resourceArn, principal, associationStatus, resourceShareArns } = input;
      if (associationType !== 'RESOURCE' && associationType !== 'PRINCIPAL') {
        throw invalidParameter(`The association type ${associationType} is neither RESOURCE nor PRINCIPAL`);
      }
      if (associationType === 'PRINCIPAL' && resourceArn)
        throw invalidParameter('You cannot specify a resource ARN with the association type PRINCIPAL');
      if (associationType === 'RESOURCE' && principal)
        throw invalidParameter('You cannot specify a principal with the association type RESOURCE');
      const shares = resourceShareArns?.length ? resourceShareArns.map((arn) => findShare(world, call, arn).id) : undefined;
      const entity = resourceArn ?? principal;
      const { items, ...token } = page(world, {
        items: world.resourceShareAssociations
          .seenWhere(`place:${placeKey(call)}`)
          .filter((association) => association.associationType === associationType)
          .filter(({ shareId }) => !shares || shares.includes(shareId))
          .filter(({ associatedEntity }) => !entity || associatedEntity === entity)
          .filter(({ status }) => !associationStatus || status === associationStatus),
        orderOf: ({ id }) => world.resourceShareAssociations.orderOf(id),
        input,
      });
      return { resourceShareAssociations: items.map((association) => shownAssociation(world, association)), ...token };
    },

    /** Only the organisation's management account may. */
    EnableSharingWithAwsOrganization(_input: object, call: Call): EnableSharingWithAwsOrganizationResponse {
      const { organization } = world.settings;
      if (organization?.managementAccountId !== call.accountId) {
        throw notPermitted('Only the management account of an organization can enable sharing with it');
      }
      world.configure({ organization: { ...organization, sharingEnabled: true } });
      return { returnValue: true };
    },

    TagResource(input: TagResourceRequest, call: Call): object {
      const { id } = findShare(world, call, input.resourceShareArn ?? input.resourceArn);
      world.setTags(placeKey(call), id, readTags(input.tags ?? [], world.tagsOf(placeKey(call), id)));
      return {};
    },

    UntagResource(input: UntagResourceRequest, call: Call): object {
      const { id } = findShare(world, call, input.resourceShareArn ?? input.resourceArn);
      const kept = Object.entries(world.tagsOf(placeKey(call), id)).filter(([key]) => !input.tagKeys!.includes(key));
      world.setTags(placeKey(call), id, Object.fromEntries(kept));
      return {};
    },
  };

  function addTo(
    call: Call,
    share: ResourceShareRecord,
    { resourceArns = [], principals = [] }: { resourceArns?: readonly string[] | undefined; principals?: readonly string[] | undefined },
  ): ResourceShareAssociationRecord[] {
    for (const arn of resourceArns) checkShareable(world, call, arn);
    return associate(world, share, { resourceArns, principals });
  }
}

/** What is in a share, as far as its members may use it. */
export const inUse = (world: World, shareId: string): ResourceShareAssociationRecord[] =>
  associationsOf(world, shareId, 'RESOURCE').filter(({ status }) => status === 'ASSOCIATED');
