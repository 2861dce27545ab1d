import type {
  ListPrincipalsRequest,
  ListPrincipalsResponse,
  ListResourcesRequest,
  ListResourcesResponse,
  ListResourceTypesRequest,
  ListResourceTypesResponse,
  Principal,
  Resource,
} from '@aws-sdk/client-ram';
import type { Call, Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { page } from './paging.ts';
import type { ResourceShareAssociationRecord } from './records.ts';
import { inUse, sharesOf } from './resource-shares.ts';
import { resourceTypeOf, resourceTypes } from './resources.ts';
import { associationsOf } from './sharing.ts';

export function shownResource(
  world: World,
  { shareId, associatedEntity, status, createdAt, lastUpdatedAt }: ResourceShareAssociationRecord,
): Resource {
  return {
    arn: associatedEntity,
    type: resourceTypeOf(associatedEntity),
    resourceShareArn: world.resourceShares.get(shareId)?.arn,
    status: status === 'ASSOCIATED' ? 'AVAILABLE' : 'PENDING',
    creationTime: new Date(createdAt),
    lastUpdatedTime: new Date(lastUpdatedAt),
    resourceRegionScope: 'REGIONAL',
  };
}

function shownPrincipal(world: World, id: string, association: ResourceShareAssociationRecord): Principal {
  const { shareId, external, createdAt, lastUpdatedAt } = association;
  return {
    id,
    resourceShareArn: world.resourceShares.get(shareId)?.arn,
    creationTime: new Date(createdAt),
    lastUpdatedTime: new Date(lastUpdatedAt),
    external,
  };
}

export function listingOperations(world: World): Operations {
  const orderOf = ({ id }: ResourceShareAssociationRecord): number => world.resourceShareAssociations.orderOf(id);
  const byOrder = (a: ResourceShareAssociationRecord, b: ResourceShareAssociationRecord): number => orderOf(a) - orderOf(b);
  const namesShare = (arns: readonly string[] | undefined, shareId: string): boolean =>
    !arns?.length || arns.includes(world.resourceShares.get(shareId)?.arn ?? '');
  const isOfType = (type: string | undefined, arn: string): boolean => !type || resourceTypeOf(arn).toLowerCase() === type.toLowerCase();

  return {
    /** What the caller shares, or what is shared with it. */
    ListResources(input: ListResourcesRequest, call: Call): ListResourcesResponse {
      const principalsOf = (shareId: string): string[] =>
        associationsOf(world, shareId, 'PRINCIPAL')
          .filter(({ status }) => status === 'ASSOCIATED')
          .map(({ associatedEntity }) => associatedEntity);
      const ofPrincipal = (shareId: string): boolean => {
        if (!input.principal) return true;
        const owner = world.resourceShares.get(shareId)?.ownerId;
        return input.resourceOwner === 'SELF' ? principalsOf(shareId).includes(input.principal) : owner === input.principal;
      };
      const { items, ...token } = page(world, {
        items: sharesOf(world, call, input.resourceOwner!)
          .flatMap(({ id }) => inUse(world, id))
          .filter(({ associatedEntity }) => !input.resourceArns?.length || input.resourceArns.includes(associatedEntity))
          .filter(({ associatedEntity }) => isOfType(input.resourceType, associatedEntity))
          .filter(({ shareId }) => namesShare(input.resourceShareArns, shareId) && ofPrincipal(shareId))
          .sort(byOrder),
        orderOf,
        input,
      });
      return { resources: items.map((association) => shownResource(world, association)), ...token };
    },

    /** With whom the caller shares, or who shares with it. */
    ListPrincipals(input: ListPrincipalsRequest, call: Call): ListPrincipalsResponse {
      const isSelf = input.resourceOwner === 'SELF';
      const idOf = ({ ownerId, associatedEntity }: ResourceShareAssociationRecord): string => (isSelf ? associatedEntity : ownerId);
      const holds = (shareId: string): boolean => {
        const resources = inUse(world, shareId).map(({ associatedEntity }) => associatedEntity);
        return (
          (!input.resourceArn || resources.includes(input.resourceArn)) &&
          (!input.resourceType || resources.some((arn) => isOfType(input.resourceType, arn)))
        );
      };
      const { items, ...token } = page(world, {
        items: sharesOf(world, call, input.resourceOwner!)
          .flatMap(({ id }) => associationsOf(world, id, 'PRINCIPAL'))
          .filter(({ status }) => status === 'ASSOCIATED')
          .filter((association) => !input.principals?.length || input.principals.includes(idOf(association)))
          .filter(({ shareId }) => namesShare(input.resourceShareArns, shareId) && holds(shareId))
          .sort(byOrder),
        orderOf,
        input,
      });
      return { principals: items.map((association) => shownPrincipal(world, idOf(association), association)), ...token };
    },

    ListResourceTypes(input: ListResourceTypesRequest): ListResourceTypesResponse {
      const types = resourceTypes();
      const { items, ...token } = page(world, { items: types, orderOf: (type) => types.indexOf(type) + 1, input });
      return {
        resourceTypes: items.map((resourceType) => ({
          resourceType,
          serviceName: resourceType.split(':')[0],
          resourceRegionScope: 'REGIONAL' as const,
        })),
        ...token,
      };
    },
  };
}
