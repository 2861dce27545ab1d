import { createHash } from 'node:crypto';
import type {
  CreateServiceNetworkRequest,
  CreateServiceNetworkResourceAssociationRequest,
  CreateServiceNetworkResourceAssociationResponse,
  CreateServiceNetworkResponse,
  DeleteServiceNetworkRequest,
  DeleteServiceNetworkResourceAssociationRequest,
  DeleteServiceNetworkResourceAssociationResponse,
  GetServiceNetworkRequest,
  GetServiceNetworkResourceAssociationRequest,
  GetServiceNetworkResourceAssociationResponse,
  GetServiceNetworkResponse,
  ListServiceNetworkResourceAssociationsRequest,
  ListServiceNetworkResourceAssociationsResponse,
  ListServiceNetworksRequest,
  ListServiceNetworksResponse,
  ServiceNetworkResourceAssociationSummary,
  UpdateServiceNetworkRequest,
  UpdateServiceNetworkResponse,
} from '@aws-sdk/client-vpc-lattice';
import type { Call, Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { World } from '../world/world.ts';
import { conflict, invalidField, quotaExceeded } from './errors.ts';
import { addTags, arnOf, checkName, find, idOf, kinds, makeOnce, newRecord, page, whileIn } from './kinds.ts';
import type { ServiceNetworkRecord, ServiceNetworkResourceAssociationRecord } from './records.ts';

const networkKind = kinds.serviceNetwork;
const kind = kinds.serviceNetworkResourceAssociation;
const finishCreation = whileIn(kind, 'CREATE_IN_PROGRESS', {
  name: 'finishCreation',
  run: (world, { id }) => world.serviceNetworkResourceAssociations.change(id, { status: 'ACTIVE' }),
});
const finishDeletion = whileIn(kind, 'DELETE_IN_PROGRESS', {
  name: 'finishDeletion',
  run: (world, { id, ownerId, region }) => {
    world.serviceNetworkResourceAssociations.delete(id);
    world.setTags(`${ownerId}/${region}`, id, {});
  },
});
const authTypes = ['NONE', 'AWS_IAM'] as const;

function readAuthType(authType: string | undefined): ServiceNetworkRecord['authType'] {
  const known = authTypes.find((type) => type === (authType ?? 'NONE'));
  if (!known) throw invalidField('authType', `There is no type ${authType}`);
  return known;
}

function shownNetwork(network: ServiceNetworkRecord) {
  const { id, name, authType, sharingEnabled } = network;
  return { id, name, arn: arnOf(networkKind, network), authType, sharingConfig: { enabled: sharingEnabled } };
}

const shownTimes = ({ createdAt, lastUpdatedAt }: { createdAt: number; lastUpdatedAt: number }) => ({
  createdAt: new Date(createdAt),
  lastUpdatedAt: new Date(lastUpdatedAt),
});

function summary(world: World, association: ServiceNetworkResourceAssociationRecord): ServiceNetworkResourceAssociationSummary {
  const { id, ownerId, region, status, serviceNetworkId, resourceConfigurationId, privateDnsEnabled, createdAt } = association;
  const network = world.serviceNetworks.get(serviceNetworkId);
  const configuration = world.resourceConfigurations.get(resourceConfigurationId);
  const zone = createHash('sha256').update(id).digest('hex').slice(0, 7);
  return {
    id,
    arn: arnOf(kind, association),
    status,
    createdBy: ownerId,
    createdAt: new Date(createdAt),
    resourceConfigurationId,
    resourceConfigurationArn: configuration && arnOf(kinds.resourceConfiguration, configuration),
    resourceConfigurationName: configuration?.name,
    serviceNetworkId,
    serviceNetworkArn: network && arnOf(networkKind, network),
    serviceNetworkName: network?.name,
    privateDnsEnabled,
    isManagedAssociation: false,
    ...(status === 'ACTIVE'
      ? { dnsEntry: { domainName: `${id}.${resourceConfigurationId}.${zone}.vpc-lattice-rsc.${region}.on.aws` } }
      : {}),
  };
}

export function serviceNetworkOperations(world: World): Operations {
  return {
    CreateServiceNetwork(input: CreateServiceNetworkRequest, call: Call): CreateServiceNetworkResponse {
      return makeOnce(world, call, { operation: 'CreateServiceNetwork', resourceType: networkKind.resourceType, input, make });

      function make(): CreateServiceNetworkResponse {
        checkName(world, call, { kind: networkKind, name: input.name!, longest: 63 });
        const { serviceNetworksPerRegion } = world.settings.quotas;
        if (world.serviceNetworks.count(`place:${placeKey(call)}`) >= serviceNetworksPerRegion) {
          throw quotaExceeded(networkKind.resourceType, serviceNetworksPerRegion);
        }
        const network: ServiceNetworkRecord = {
          ...newRecord(world, call, networkKind.prefix),
          name: input.name!,
          authType: readAuthType(input.authType),
          sharingEnabled: input.sharingConfig?.enabled ?? true,
        };
        world.serviceNetworks.put(network);
        addTags(world, call, { id: network.id, tags: input.tags });
        return shownNetwork(network);
      }
    },

    GetServiceNetwork(input: GetServiceNetworkRequest, call: Call): GetServiceNetworkResponse {
      const network = findNetwork(world, call, { identifier: input.serviceNetworkIdentifier!, seen: true });
      return { ...shownNetwork(network), ...shownTimes(network), numberOfAssociatedVPCs: 0, numberOfAssociatedServices: 0 };
    },

    ListServiceNetworks(input: ListServiceNetworksRequest, call: Call): ListServiceNetworksResponse {
      const values = world.serviceNetworks.seenWhere(`place:${placeKey(call)}`);
      const { items, ...token } = page(world, { kind: networkKind, values, input });
      return {
        items: items.map((network) => ({
          id: network.id,
          name: network.name,
          arn: arnOf(networkKind, network),
          ...shownTimes(network),
          numberOfAssociatedVPCs: 0,
          numberOfAssociatedServices: 0,
          numberOfAssociatedResourceConfigurations: world.serviceNetworkResourceAssociations.seenWhere(`network:${network.id}`).length,
        })),
        ...token,
      };
    },

    UpdateServiceNetwork(input: UpdateServiceNetworkRequest, call: Call): UpdateServiceNetworkResponse {
      const { id } = findNetwork(world, call, { identifier: input.serviceNetworkIdentifier! });
      const changed = world.serviceNetworks.change(id, { authType: readAuthType(input.authType), lastUpdatedAt: world.now() });
      return { id, name: changed.name, arn: arnOf(networkKind, changed), authType: changed.authType };
    },

    DeleteServiceNetwork(input: DeleteServiceNetworkRequest, call: Call): object {
      const { id } = findNetwork(world, call, { identifier: input.serviceNetworkIdentifier! });
      const [association] = world.serviceNetworkResourceAssociations.where(`network:${id}`);
      if (association) throw conflict(networkKind.resourceType, id, `${association.id} uses the service network`);
      world.serviceNetworks.delete(id);
      world.setTags(placeKey(call), id, {});
      return {};
    },

    CreateServiceNetworkResourceAssociation(
      input: CreateServiceNetworkResourceAssociationRequest,
      call: Call,
    ): CreateServiceNetworkResourceAssociationResponse {
      const operation = 'CreateServiceNetworkResourceAssociation';
      return makeOnce(world, call, { operation, resourceType: kind.resourceType, input, make });

      function make(): CreateServiceNetworkResourceAssociationResponse {
        const field = 'resourceConfigurationIdentifier';
        const identifier = input.resourceConfigurationIdentifier!;
        const configuration = find(world, call, { kind: kinds.resourceConfiguration, identifier, field, sharedToo: true });
        const network = findNetwork(world, call, { identifier: input.serviceNetworkIdentifier!, sharedToo: true });
        if (configuration.status !== 'ACTIVE') {
          throw conflict('RESOURCE_CONFIGURATION', configuration.id, `The resource configuration is ${configuration.status}`);
        }
        if (configuration.type === 'CIDR') throw invalidField(field, 'CIDR ranges cannot join a service network');
        if (network.sharingEnabled && !configuration.allowAssociationToShareableServiceNetwork) {
          throw invalidField(field, `${configuration.id} does not join service networks that may be shared`);
        }
        const others = world.serviceNetworkResourceAssociations.where(`network:${network.id}`);
        const same = others.find(({ resourceConfigurationId }) => resourceConfigurationId === configuration.id);
        if (same) throw conflict(kind.resourceType, same.id, `${configuration.id} is already in ${network.id}`);
        const { quotas, delaysMs } = world.settings;
        if (others.length >= quotas.resourceConfigurationsPerServiceNetwork) {
          throw quotaExceeded(kind.resourceType, quotas.resourceConfigurationsPerServiceNetwork);
        }
        const association: ServiceNetworkResourceAssociationRecord = {
          ...newRecord(world, call, kind.prefix),
          status: 'CREATE_IN_PROGRESS',
          serviceNetworkId: network.id,
          resourceConfigurationId: configuration.id,
          privateDnsEnabled: input.privateDnsEnabled ?? false,
        };
        const { id } = association;
        world.serviceNetworkResourceAssociations.put(association);
        addTags(world, call, { id, tags: input.tags });
        world.later(delaysMs.serviceNetworkResourceAssociationCreating, finishCreation, id);
        const { arn, status, createdBy, privateDnsEnabled } = summary(world, association);
        return { id, arn, status, createdBy, privateDnsEnabled };
      }
    },

    GetServiceNetworkResourceAssociation(
      input: GetServiceNetworkResourceAssociationRequest,
      call: Call,
    ): GetServiceNetworkResourceAssociationResponse {
      const association = findAssociation(world, call, input.serviceNetworkResourceAssociationIdentifier!, true);
      return { ...summary(world, association), ...shownTimes(association) };
    },

    ListServiceNetworkResourceAssociations(
      input: ListServiceNetworkResourceAssociationsRequest,
      call: Call,
    ): ListServiceNetworkResourceAssociationsResponse {
      const { serviceNetworkIdentifier: networkIdentifier, resourceConfigurationIdentifier: configurationIdentifier } = input;
      if (!networkIdentifier && !configurationIdentifier) {
        throw invalidField('serviceNetworkIdentifier', 'A service network or a resource configuration is to be named');
      }
      const networkId = networkIdentifier && idOf(networkKind, networkIdentifier, 'serviceNetworkIdentifier');
      const configurationId =
        configurationIdentifier && idOf(kinds.resourceConfiguration, configurationIdentifier, 'resourceConfigurationIdentifier');
      const ofMine = ({ ownerId, resourceConfigurationId, serviceNetworkId }: ServiceNetworkResourceAssociationRecord): boolean =>
        [
          ownerId,
          world.resourceConfigurations.get(resourceConfigurationId)?.ownerId,
          world.serviceNetworks.get(serviceNetworkId)?.ownerId,
        ].includes(call.accountId);
      const values = world.serviceNetworkResourceAssociations
        .seenWhere(networkId ? `network:${networkId}` : `configuration:${configurationId}`)
        .filter(({ resourceConfigurationId }) => !configurationId || resourceConfigurationId === configurationId)
        .filter((association) => association.region === call.region && ofMine(association));
      const { items, ...token } = page(world, { kind, values, input });
      return { items: items.map((association) => summary(world, association)), ...token };
    },

    DeleteServiceNetworkResourceAssociation(
      input: DeleteServiceNetworkResourceAssociationRequest,
      call: Call,
    ): DeleteServiceNetworkResourceAssociationResponse {
      const association = findAssociation(world, call, input.serviceNetworkResourceAssociationIdentifier!, false);
      const { id, status } = association;
      const answer = { id, arn: arnOf(kind, association), status: 'DELETE_IN_PROGRESS' as const };
      if (status === 'DELETE_IN_PROGRESS') return answer;
      if (status === 'CREATE_IN_PROGRESS') throw conflict(kind.resourceType, id, `The association is ${status}`);
      world.serviceNetworkResourceAssociations.change(id, { status: 'DELETE_IN_PROGRESS', lastUpdatedAt: world.now() });
      world.later(world.settings.delaysMs.serviceNetworkResourceAssociationDeleting, finishDeletion, id);
      return answer;
    },
  };
}

const findNetwork = (world: World, call: Call, wanted: { identifier: string; seen?: boolean; sharedToo?: boolean }): ServiceNetworkRecord =>
  find(world, call, { kind: networkKind, field: 'serviceNetworkIdentifier', ...wanted });

function findAssociation(world: World, call: Call, identifier: string, seen: boolean): ServiceNetworkResourceAssociationRecord {
  return find(world, call, { kind, identifier, field: 'serviceNetworkResourceAssociationIdentifier', seen });
}
