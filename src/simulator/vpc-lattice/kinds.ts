import type { Tags } from '../../network/model.ts';
import { partitionOf } from '../../network/partitions.ts';
import { answerOnce } from '../answer-once.ts';
import { isKnown } from '../ec2/ids.ts';
import { jsonPage } from '../json-page.ts';
import type { Call } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { Owned } from '../world/records.ts';
import type { Collection } from '../world/store.ts';
import { type Transition, transition } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { conflict, invalidField, type ResourceType, resourceNotFound, validation } from './errors.ts';
import type {
  DomainVerificationRecord,
  LatticeRecord,
  ResourceConfigurationRecord,
  ResourceEndpointAssociationRecord,
  ResourceGatewayRecord,
  ServiceNetworkRecord,
  ServiceNetworkResourceAssociationRecord,
} from './records.ts';

/** How VPC Lattice speaks of one kind of thing. */
export interface Kind<Value extends Owned> {
  /** Before an id's dash: `rgw`. */
  readonly prefix: string;
  /** In an ARN, before the id: `resourcegateway`. */
  readonly path: string;
  readonly resourceType: ResourceType;
  readonly collectionOf: (world: World) => Collection<Value>;
}

export const kinds = {
  resourceGateway: {
    prefix: 'rgw',
    path: 'resourcegateway',
    resourceType: 'RESOURCE_GATEWAY',
    collectionOf: (world) => world.resourceGateways,
  } satisfies Kind<ResourceGatewayRecord> as Kind<ResourceGatewayRecord>,
  resourceConfiguration: {
    prefix: 'rcfg',
    path: 'resourceconfiguration',
    resourceType: 'RESOURCE_CONFIGURATION',
    collectionOf: (world) => world.resourceConfigurations,
  } satisfies Kind<ResourceConfigurationRecord> as Kind<ResourceConfigurationRecord>,
  domainVerification: {
    prefix: 'dv',
    path: 'domainverification',
    resourceType: 'DOMAIN_VERIFICATION',
    collectionOf: (world) => world.domainVerifications,
  } satisfies Kind<DomainVerificationRecord> as Kind<DomainVerificationRecord>,
  resourceEndpointAssociation: {
    prefix: 'rea',
    path: 'resourceendpointassociation',
    resourceType: 'RESOURCE_ENDPOINT_ASSOCIATION',
    collectionOf: (world) => world.resourceEndpointAssociations,
  } satisfies Kind<ResourceEndpointAssociationRecord> as Kind<ResourceEndpointAssociationRecord>,
  serviceNetwork: {
    prefix: 'sn',
    path: 'servicenetwork',
    resourceType: 'SERVICE_NETWORK',
    collectionOf: (world) => world.serviceNetworks,
  } satisfies Kind<ServiceNetworkRecord> as Kind<ServiceNetworkRecord>,
  serviceNetworkResourceAssociation: {
    prefix: 'snra',
    path: 'servicenetworkresourceassociation',
    resourceType: 'SERVICE_NETWORK_RESOURCE_ASSOCIATION',
    collectionOf: (world) => world.serviceNetworkResourceAssociations,
  } satisfies Kind<ServiceNetworkResourceAssociationRecord> as Kind<ServiceNetworkResourceAssociationRecord>,
};

/** `arn:aws:vpc-lattice:us-west-2:111122223333:resourcegateway/rgw-…`. */
export const arnOf = <Value extends Owned>({ path }: Kind<Value>, { region, ownerId, id }: Owned): string =>
  `arn:${partitionOf(region)}:vpc-lattice:${region}:${ownerId}:${path}/${id}`;

/**
 * The id that an identifier, itself an id or an ARN, is for.
 *
 * @throws ApiError ValidationException
 */
export function idOf<Value extends Owned>({ path, prefix }: Kind<Value>, identifier: string, field: string): string {
  const [, id] = new RegExp(`^(?:arn:aws[a-z-]*:vpc-lattice:[a-z0-9-]+:\\d{12}:${path}/)?(${prefix}-[0-9a-z]{17})$`).exec(identifier) ?? [];
  if (!id) throw invalidField(field, `${identifier} is neither an id ${prefix}-… nor the ARN of one`);
  return id;
}

/** Whether a consumer may see the thing, because its owner shares it; of a group's children, because the group is shared (aws.md 5.8). */
export function isSharedWith(world: World, call: Call, { kind, value }: { kind: Kind<Owned>; value: Owned }): boolean {
  if (value.region !== call.region) return false;
  if (world.isShared(arnOf(kind, value), call.accountId)) return true;
  const group =
    'resourceConfigurationGroupId' in value ? world.resourceConfigurations.get(String(value.resourceConfigurationGroupId)) : undefined;
  return group !== undefined && world.isShared(arnOf(kinds.resourceConfiguration, group), call.accountId);
}

/** Which thing a call means. */
export interface Wanted<Value extends Owned> {
  readonly kind: Kind<Value>;
  readonly identifier: string;
  /** The input's member, for errors. */
  readonly field: string;
  /** Another account's thing is found too where it is shared with the caller and named by its ARN. */
  readonly sharedToo?: boolean;
  /** As reads see it, which may lag behind the truth. */
  readonly seen?: boolean;
}

/**
 * The thing that a call names.
 *
 * @throws ApiError ValidationException, ResourceNotFoundException
 */
export function find<Value extends Owned>(world: World, call: Call, wanted: Wanted<Value>): Value {
  const { kind, identifier, field } = wanted;
  const collection = kind.collectionOf(world);
  const id = idOf(kind, identifier, field);
  const value = wanted.seen ? collection.seen(id) : collection.get(id);
  if (!value || !isKnown(world, collection, id)) throw resourceNotFound(kind.resourceType, identifier);
  const byArn = identifier.startsWith('arn:');
  if (byArn && identifier !== arnOf(kind, value)) throw resourceNotFound(kind.resourceType, identifier);
  const isOwn = value.ownerId === call.accountId && value.region === call.region;
  const isShared = wanted.sharedToo && byArn && isSharedWith(world, call, { kind: kind as unknown as Kind<Owned>, value });
  if (!isOwn && !isShared) throw resourceNotFound(kind.resourceType, identifier);
  return value;
}

/** One page of a list call. */
export function page<Value extends Owned>(
  world: World,
  {
    kind,
    values,
    input,
  }: { kind: Kind<Value>; values: readonly Value[]; input: { maxResults?: number | undefined; nextToken?: string | undefined } },
): { items: readonly Value[]; nextToken?: string } {
  const collection = kind.collectionOf(world);
  return jsonPage(world, {
    items: values,
    orderOf: ({ id }) => collection.orderOf(id),
    input,
    most: 100,
    invalidMaxResults: (asked) => invalidField('maxResults', `${asked} is not from 1 to 100`),
    invalidNextToken: () => validation('other', 'The next token is invalid'),
  });
}

/**
 * Makes a thing once for each client token.
 *
 * @throws ApiError ConflictException where the token was used with other parameters (assumed, aws.md 5.5)
 */
export function makeOnce<Answer extends { readonly id?: string | undefined }>(
  world: World,
  call: Call,
  {
    operation,
    resourceType,
    input,
    make,
  }: { operation: string; resourceType: ResourceType; input: { readonly clientToken?: string | undefined }; make: () => Answer },
): Answer {
  const token = input.clientToken;
  if (token !== undefined && !/^[\x21-\x7e]{1,64}$/.test(token)) {
    throw invalidField('clientToken', 'The client token must have from 1 to 64 characters of ASCII');
  }
  return answerOnce(world, call, {
    operation: `vpc-lattice:${operation}`,
    token,
    input,
    mismatch: (earlier) => conflict(resourceType, idIn(earlier), 'The client token was used before with different parameters'),
    make,
  });
}

const idIn = (answer: { readonly id?: string | undefined }): string => answer.id ?? '';

/** What every new thing carries. */
export function newRecord(world: World, call: Call, prefix: string): LatticeRecord {
  const now = world.now();
  return { id: world.newId(prefix), ownerId: call.accountId, region: call.region, createdAt: now, lastUpdatedAt: now };
}

/**
 * A name: lower-case letters, digits and single dashes between them; no two of an account's things of one kind have the same.
 *
 * @throws ApiError ValidationException, ConflictException
 */
export function checkName<Value extends Owned & { readonly name: string }>(
  world: World,
  call: Call,
  { kind, name, longest }: { kind: Kind<Value>; name: string; longest: number },
): void {
  const wellMade =
    name.length >= 3 && name.length <= longest && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) && !name.startsWith(`${kind.prefix}-`);
  if (!wellMade) {
    const rule = `3 to ${longest} of a-z, 0-9 and single dashes between them, and must not begin with ${kind.prefix}-`;
    throw invalidField('name', `The name ${name} is not allowed: it has ${rule}`);
  }
  const same = kind
    .collectionOf(world)
    .where(`place:${placeKey(call)}`)
    .find((other) => other.name === name);
  if (same) throw conflict(kind.resourceType, same.id, `There is already a ${kind.resourceType} with the name ${name}`);
}

/**
 * Writes the tags of a new thing or adds to those that it has.
 *
 * @throws ApiError ValidationException
 */
export function addTags(world: World, call: Call, { id, tags }: { id: string; tags: Readonly<Record<string, string>> | undefined }): void {
  if (!tags) return;
  const place = placeKey(call);
  const merged: Tags = { ...world.tagsOf(place, id), ...tags };
  for (const [key, value] of Object.entries(tags)) {
    if (key === '' || key.length > 128 || key.toLowerCase().startsWith('aws:'))
      throw invalidField('tags', `The tag key '${key}' is not allowed`);
    if (value.length > 256) throw invalidField('tags', `The value of the tag ${key} is longer than 256 characters`);
  }
  if (Object.keys(merged).length > 50) throw invalidField('tags', 'A thing has at most 50 tags');
  world.setTags(place, id, merged);
}

/** A transition of things of a kind, given by their ids: it happens only to one that then still has the status that passes. */
export function whileIn<Value extends Owned & { readonly status: string }>(
  { resourceType, collectionOf }: Kind<Value>,
  status: Value['status'],
  { name, run }: { name: string; run: (world: World, value: Value) => void },
): Transition<[id: string]> {
  return transition(`${resourceType}.${name}`, (world, id: string) => {
    const value = collectionOf(world).get(id);
    if (value?.status === status) run(world, value);
  });
}
