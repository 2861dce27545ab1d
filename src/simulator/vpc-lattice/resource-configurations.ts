import type {
  CreateResourceConfigurationRequest,
  CreateResourceConfigurationResponse,
  DeleteResourceConfigurationRequest,
  GetResourceConfigurationRequest,
  GetResourceConfigurationResponse,
  ListResourceConfigurationsRequest,
  ListResourceConfigurationsResponse,
  ResourceConfigurationSummary,
  ResourceConfigurationType,
  UpdateResourceConfigurationRequest,
  UpdateResourceConfigurationResponse,
} from '@aws-sdk/client-vpc-lattice';
import type { Call, Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { Owned } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { conflict, invalidField, quotaExceeded, validation } from './errors.ts';
import { addTags, arnOf, checkName, find, idOf, isSharedWith, type Kind, kinds, makeOnce, newRecord, page, whileIn } from './kinds.ts';
import type { DomainVerificationRecord, ResourceConfigurationRecord, ResourceGatewayRecord } from './records.ts';
import { checkDefinition, isDomainName, isUnder, readPortRanges, readProtocol } from './resource-definitions.ts';

const kind = kinds.resourceConfiguration;
const types: readonly ResourceConfigurationType[] = ['SINGLE', 'GROUP', 'CHILD', 'ARN', 'CIDR'];

const becomeActive = (world: World, { id }: ResourceConfigurationRecord) => world.resourceConfigurations.change(id, { status: 'ACTIVE' });
const finishCreation = whileIn(kind, 'CREATE_IN_PROGRESS', { name: 'finishCreation', run: becomeActive });
const finishUpdate = whileIn(kind, 'UPDATE_IN_PROGRESS', { name: 'finishUpdate', run: becomeActive });
const finishDeletion = whileIn(kind, 'DELETE_IN_PROGRESS', {
  name: 'finishDeletion',
  run: (world, { id, ownerId, region }) => {
    world.resourceConfigurations.delete(id);
    world.setTags(`${ownerId}/${region}`, id, {});
  },
});

/** What Create, Get and Update tell alike. */
function shown(configuration: ResourceConfigurationRecord) {
  const { id, name, resourceGatewayId, resourceConfigurationGroupId, type, portRanges, status } = configuration;
  return {
    id,
    name,
    arn: arnOf(kind, configuration),
    resourceGatewayId,
    resourceConfigurationGroupId,
    type,
    ...(type === 'ARN' ? {} : { portRanges: [...portRanges] }),
    protocol: configuration.protocol,
    status,
    resourceConfigurationDefinition: configuration.resourceConfigurationDefinition,
    allowAssociationToShareableServiceNetwork: configuration.allowAssociationToShareableServiceNetwork,
  };
}

function shownDomains(world: World, { customDomainName, groupDomain, domainVerificationId }: ResourceConfigurationRecord) {
  const verification = domainVerificationId ? world.domainVerifications.get(domainVerificationId) : undefined;
  return {
    customDomainName,
    groupDomain,
    domainVerificationId,
    domainVerificationArn: verification && arnOf(kinds.domainVerification, verification),
  };
}

/** List items lack definition, ports and protocol (aws.md 5.1). */
function summary(configuration: ResourceConfigurationRecord): ResourceConfigurationSummary {
  const { id, name, resourceGatewayId, resourceConfigurationGroupId, type, status, createdAt, lastUpdatedAt } = configuration;
  return {
    id,
    name,
    arn: arnOf(kind, configuration),
    resourceGatewayId,
    resourceConfigurationGroupId,
    type,
    status,
    amazonManaged: false,
    createdAt: new Date(createdAt),
    lastUpdatedAt: new Date(lastUpdatedAt),
    customDomainName: configuration.customDomainName,
    domainVerificationId: configuration.domainVerificationId,
    groupDomain: configuration.groupDomain,
  };
}

/** Where a new configuration belongs: a child to its group, and with it to the group's gateway; all others to a gateway. */
function readParents(
  world: World,
  call: Call,
  input: CreateResourceConfigurationRequest,
): { gateway: ResourceGatewayRecord; group?: ResourceConfigurationRecord } {
  const { type, resourceGatewayIdentifier: gatewayIdentifier, resourceConfigurationGroupIdentifier: groupIdentifier } = input;
  if (type !== 'CHILD') {
    if (groupIdentifier)
      throw invalidField('resourceConfigurationGroupIdentifier', `A resource configuration of type ${type} is in no group`);
    if (!gatewayIdentifier)
      throw invalidField('resourceGatewayIdentifier', `A resource configuration of type ${type} needs a resource gateway`);
    const gateway = find(world, call, { kind: kinds.resourceGateway, identifier: gatewayIdentifier, field: 'resourceGatewayIdentifier' });
    if (gateway.status !== 'ACTIVE' && gateway.status !== 'UPDATE_IN_PROGRESS') {
      throw conflict('RESOURCE_GATEWAY', gateway.id, `The resource gateway is ${gateway.status}`);
    }
    return { gateway };
  }
  if (!groupIdentifier) throw invalidField('resourceConfigurationGroupIdentifier', 'A child needs a group');
  const group = find(world, call, { kind, identifier: groupIdentifier, field: 'resourceConfigurationGroupIdentifier' });
  if (group.type !== 'GROUP') throw invalidField('resourceConfigurationGroupIdentifier', `${group.id} is no group`);
  if (group.status !== 'ACTIVE') throw conflict(kind.resourceType, group.id, `The group is ${group.status}`);
  if (gatewayIdentifier && idOf(kinds.resourceGateway, gatewayIdentifier, 'resourceGatewayIdentifier') !== group.resourceGatewayId) {
    throw invalidField('resourceGatewayIdentifier', 'A child has its group’s resource gateway');
  }
  return { gateway: world.resourceGateways.get(group.resourceGatewayId)!, group };
}

/** The names that consumers know the resource by; a child's lies under its group's domain, and with a verification under the verified one. */
function readDomains(
  world: World,
  call: Call,
  { input, group }: { input: CreateResourceConfigurationRequest; group: ResourceConfigurationRecord | undefined },
): Pick<ResourceConfigurationRecord, 'customDomainName' | 'groupDomain' | 'domainVerificationId'> {
  const { type, customDomainName, groupDomain, domainVerificationIdentifier: identifier } = input;
  if (groupDomain !== undefined && type !== 'GROUP') throw invalidField('groupDomain', 'Only a group has a group domain');
  if (customDomainName !== undefined && type === 'GROUP') throw invalidField('customDomainName', 'A group has a group domain instead');
  const name = customDomainName ?? groupDomain;
  if (name !== undefined && !isDomainName(name)) {
    throw invalidField(groupDomain === undefined ? 'customDomainName' : 'groupDomain', `${name} is no domain name of 3 to 255 characters`);
  }
  if (customDomainName && group?.groupDomain && !isUnder(customDomainName, group.groupDomain)) {
    throw invalidField('customDomainName', `${customDomainName} is not under the group's domain ${group.groupDomain}`);
  }
  const verification = identifier ? findVerification(world, call, identifier) : undefined;
  if (verification && name === undefined) throw invalidField('domainVerificationIdentifier', 'There is no domain name to verify');
  if (verification && !isUnder(name!, verification.domainName)) {
    throw invalidField('domainVerificationIdentifier', `${verification.id} is for ${verification.domainName}, and not for ${name}`);
  }
  return {
    customDomainName,
    groupDomain,
    domainVerificationId: verification?.id ?? group?.domainVerificationId,
  };
}

const findVerification = (world: World, call: Call, identifier: string): DomainVerificationRecord =>
  find(world, call, { kind: kinds.domainVerification, identifier, field: 'domainVerificationIdentifier' });

function checkQuotas(world: World, call: Call, group: ResourceConfigurationRecord | undefined): void {
  const { resourceConfigurationsPerRegion, childrenPerResourceConfigurationGroup } = world.settings.quotas;
  if (world.resourceConfigurations.count(`place:${placeKey(call)}`) >= resourceConfigurationsPerRegion) {
    throw quotaExceeded(kind.resourceType, resourceConfigurationsPerRegion);
  }
  if (group && world.resourceConfigurations.count(`group:${group.id}`) >= childrenPerResourceConfigurationGroup) {
    throw quotaExceeded(kind.resourceType, childrenPerResourceConfigurationGroup);
  }
}

/** What still uses the configuration, for which it cannot be deleted (aws.md 5.6). */
function userOf(world: World, { id }: ResourceConfigurationRecord): string | undefined {
  const users: readonly Owned[] = [
    ...world.resourceEndpointAssociations.where(`configuration:${id}`),
    ...world.serviceNetworkResourceAssociations.where(`configuration:${id}`),
    ...world.resourceConfigurations.where(`group:${id}`),
  ];
  return users[0]?.id;
}

export function resourceConfigurationOperations(world: World): Operations {
  return {
    CreateResourceConfiguration(input: CreateResourceConfigurationRequest, call: Call): CreateResourceConfigurationResponse {
      return makeOnce(world, call, { operation: 'CreateResourceConfiguration', resourceType: kind.resourceType, input, make });

      function make(): CreateResourceConfigurationResponse {
        const [name, type] = [input.name!, input.type!];
        if (!types.includes(type)) throw invalidField('type', `There is no type ${type}`);
        checkName(world, call, { kind, name, longest: 40 });
        const { gateway, group } = readParents(world, call, input);
        checkDefinition(world, input.resourceConfigurationDefinition, { type, gateway });
        const configuration: ResourceConfigurationRecord = {
          ...newRecord(world, call, kind.prefix),
          name,
          type,
          status: 'CREATE_IN_PROGRESS',
          resourceGatewayId: gateway.id,
          resourceConfigurationGroupId: group?.id,
          resourceConfigurationDefinition: input.resourceConfigurationDefinition,
          portRanges: readPortRanges(type, input.portRanges),
          protocol: readProtocol(type, input.protocol) ?? group?.protocol,
          allowAssociationToShareableServiceNetwork: input.allowAssociationToShareableServiceNetwork ?? false,
          ...readDomains(world, call, { input, group }),
        };
        checkQuotas(world, call, group);
        world.resourceConfigurations.put(configuration);
        const { id } = configuration;
        addTags(world, call, { id, tags: input.tags });
        world.later(world.settings.delaysMs.resourceConfigurationCreating, finishCreation, id);
        return { ...shown(configuration), ...shownDomains(world, configuration), createdAt: new Date(configuration.createdAt) };
      }
    },

    GetResourceConfiguration(input: GetResourceConfigurationRequest, call: Call): GetResourceConfigurationResponse {
      const configuration = findConfiguration(world, call, {
        identifier: input.resourceConfigurationIdentifier!,
        seen: true,
        sharedToo: true,
      });
      const { domainVerificationId } = configuration;
      return {
        ...shown(configuration),
        ...shownDomains(world, configuration),
        createdAt: new Date(configuration.createdAt),
        lastUpdatedAt: new Date(configuration.lastUpdatedAt),
        amazonManaged: false,
        domainVerificationStatus: domainVerificationId ? world.domainVerifications.seen(domainVerificationId)?.status : undefined,
      };
    },

    /** Lists the caller's own and those that are shared with it. */
    ListResourceConfigurations(input: ListResourceConfigurationsRequest, call: Call): ListResourceConfigurationsResponse {
      const place = placeKey(call);
      const own = world.resourceConfigurations.seenWhere(`place:${place}`);
      const shared = [...world.resourceConfigurations.all()].filter(
        (value) => value.ownerId !== call.accountId && isSharedWith(world, call, { kind: kind as unknown as Kind<Owned>, value }),
      );
      const gatewayId = idFilter(kinds.resourceGateway, 'resourceGatewayIdentifier', input.resourceGatewayIdentifier);
      const groupId = idFilter(kind, 'resourceConfigurationGroupIdentifier', input.resourceConfigurationGroupIdentifier);
      const verificationId = idFilter(kinds.domainVerification, 'domainVerificationIdentifier', input.domainVerificationIdentifier);
      const values = [...own, ...shared]
        .filter(({ resourceGatewayId }) => gatewayId === undefined || resourceGatewayId === gatewayId)
        .filter(({ resourceConfigurationGroupId }) => groupId === undefined || resourceConfigurationGroupId === groupId)
        .filter(({ domainVerificationId }) => verificationId === undefined || domainVerificationId === verificationId)
        .sort((a, b) => world.resourceConfigurations.orderOf(a.id) - world.resourceConfigurations.orderOf(b.id));
      const { items, ...token } = page(world, { kind, values, input });
      return { items: items.map(summary), ...token };
    },

    /** Name, type, protocol, gateway, group and domains stay as they were made (aws.md 5.2). */
    UpdateResourceConfiguration(input: UpdateResourceConfigurationRequest, call: Call): UpdateResourceConfigurationResponse {
      const configuration = findConfiguration(world, call, { identifier: input.resourceConfigurationIdentifier! });
      const { id, type, status } = configuration;
      // The call has no ConflictException.
      if (status !== 'ACTIVE' && status !== 'UPDATE_FAILED') throw validation('other', `The resource configuration is ${status}`);
      const gateway = world.resourceGateways.get(configuration.resourceGatewayId)!;
      const definition = input.resourceConfigurationDefinition;
      if (definition) checkDefinition(world, definition, { type, gateway });
      const changed = world.resourceConfigurations.change(id, {
        status: 'UPDATE_IN_PROGRESS',
        lastUpdatedAt: world.now(),
        ...(definition ? { resourceConfigurationDefinition: definition } : {}),
        ...(input.portRanges ? { portRanges: readPortRanges(type, input.portRanges) } : {}),
        ...(input.allowAssociationToShareableServiceNetwork === undefined
          ? {}
          : { allowAssociationToShareableServiceNetwork: input.allowAssociationToShareableServiceNetwork }),
      });
      world.later(world.settings.delaysMs.resourceConfigurationUpdating, finishUpdate, id);
      return shown(changed);
    },

    DeleteResourceConfiguration(input: DeleteResourceConfigurationRequest, call: Call): object {
      const configuration = findConfiguration(world, call, { identifier: input.resourceConfigurationIdentifier! });
      const { id, status } = configuration;
      if (status === 'DELETE_IN_PROGRESS') return {};
      if (status === 'CREATE_IN_PROGRESS' || status === 'UPDATE_IN_PROGRESS') {
        throw conflict(kind.resourceType, id, `The resource configuration is ${status}`);
      }
      const user = userOf(world, configuration);
      if (user) throw conflict(kind.resourceType, id, `${user} uses the resource configuration`);
      world.resourceConfigurations.change(id, { status: 'DELETE_IN_PROGRESS', lastUpdatedAt: world.now() });
      world.later(world.settings.delaysMs.resourceConfigurationDeleting, finishDeletion, id);
      return {};
    },
  };
}

function idFilter<Value extends Owned>(filterKind: Kind<Value>, field: string, identifier: string | undefined): string | undefined {
  return identifier === undefined ? undefined : idOf(filterKind, identifier, field);
}

const findConfiguration = (
  world: World,
  call: Call,
  wanted: { identifier: string; seen?: boolean; sharedToo?: boolean },
): ResourceConfigurationRecord => find(world, call, { kind, field: 'resourceConfigurationIdentifier', ...wanted });
