import type {
  DeleteResourceEndpointAssociationRequest,
  DeleteResourceEndpointAssociationResponse,
  ListResourceEndpointAssociationsRequest,
  ListResourceEndpointAssociationsResponse,
  ResourceEndpointAssociationSummary,
} from '@aws-sdk/client-vpc-lattice';
import type { Call, Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { arnOf, find, kinds, page } from './kinds.ts';
import type { ResourceConfigurationRecord, ResourceEndpointAssociationRecord } from './records.ts';

const kind = kinds.resourceEndpointAssociation;

/**
 * The resource configuration that a consumer's VPC endpoint may be made for: its own or one that is shared with it, by its ARN.
 *
 * @throws ApiError VPC Lattice's ValidationException and ResourceNotFoundException
 */
export function findConsumable(world: World, call: Call, resourceConfigurationArn: string): ResourceConfigurationRecord {
  return find(world, call, {
    kind: kinds.resourceConfiguration,
    identifier: resourceConfigurationArn,
    field: 'resourceConfigurationArn',
    sharedToo: true,
  });
}

/** Tells the provider of a new VPC endpoint for its resource configuration (aws.md 5.4). */
export function associateResourceEndpoint(
  world: World,
  {
    configuration,
    vpcEndpointId,
    vpcEndpointOwner,
  }: { configuration: ResourceConfigurationRecord; vpcEndpointId: string; vpcEndpointOwner: string },
): ResourceEndpointAssociationRecord {
  const now = world.now();
  const association: ResourceEndpointAssociationRecord = {
    id: world.newId(kind.prefix),
    ownerId: configuration.ownerId,
    region: configuration.region,
    createdAt: now,
    lastUpdatedAt: now,
    resourceConfigurationId: configuration.id,
    vpcEndpointId,
    vpcEndpointOwner,
  };
  world.resourceEndpointAssociations.put(association);
  return association;
}

/** Tells the provider that a VPC endpoint is gone. */
export function dissociateResourceEndpoint(world: World, vpcEndpointId: string): void {
  for (const { id } of world.resourceEndpointAssociations.where(`endpoint:${vpcEndpointId}`)) world.resourceEndpointAssociations.delete(id);
}

function summary(world: World, association: ResourceEndpointAssociationRecord): ResourceEndpointAssociationSummary {
  const { id, resourceConfigurationId, vpcEndpointId, vpcEndpointOwner, createdAt } = association;
  const configuration = world.resourceConfigurations.get(resourceConfigurationId);
  return {
    id,
    arn: arnOf(kind, association),
    resourceConfigurationId,
    resourceConfigurationArn: arnOf(kinds.resourceConfiguration, { ...association, id: resourceConfigurationId }),
    resourceConfigurationName: configuration?.name,
    vpcEndpointId,
    vpcEndpointOwner,
    createdBy: vpcEndpointOwner,
    createdAt: new Date(createdAt),
  };
}

export function endpointAssociationOperations(world: World): Operations {
  return {
    ListResourceEndpointAssociations(input: ListResourceEndpointAssociationsRequest, call: Call): ListResourceEndpointAssociationsResponse {
      const configuration = find(world, call, {
        kind: kinds.resourceConfiguration,
        identifier: input.resourceConfigurationIdentifier!,
        field: 'resourceConfigurationIdentifier',
      });
      const { resourceEndpointAssociationIdentifier: identifier, vpcEndpointId, vpcEndpointOwner } = input;
      const values = world.resourceEndpointAssociations
        .seenWhere(`configuration:${configuration.id}`)
        .filter((value) => identifier === undefined || identifier === value.id || identifier === arnOf(kind, value))
        .filter((value) => vpcEndpointId === undefined || value.vpcEndpointId === vpcEndpointId)
        .filter((value) => vpcEndpointOwner === undefined || value.vpcEndpointOwner === vpcEndpointOwner);
      const { items, ...token } = page(world, { kind, values, input });
      return { items: items.map((association) => summary(world, association)), ...token };
    },

    /** Cuts a consumer off, whether it likes it or not. */
    DeleteResourceEndpointAssociation(
      input: DeleteResourceEndpointAssociationRequest,
      call: Call,
    ): DeleteResourceEndpointAssociationResponse {
      const association = find(world, call, {
        kind,
        identifier: input.resourceEndpointAssociationIdentifier!,
        field: 'resourceEndpointAssociationIdentifier',
      });
      const { id, arn, resourceConfigurationId, resourceConfigurationArn, vpcEndpointId } = summary(world, association);
      world.resourceEndpointAssociations.delete(association.id);
      return { id, arn, resourceConfigurationId, resourceConfigurationArn, vpcEndpointId };
    },
  };
}
