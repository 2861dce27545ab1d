import type {
  CreateTagsRequest,
  DeleteTagsRequest,
  DescribeTagsRequest,
  DescribeTagsResult,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import type { Tags } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { Collection } from '../world/store.ts';
import type { World } from '../world/world.ts';
import { invalidValue, required } from './errors.ts';
import { checkId, type IdKind, idKinds, isKnown, kindOfId, notFound } from './ids.ts';
import { filterTest, page } from './listing.ts';
import { placeOf } from './owned.ts';
import { isVisibleTo } from './peering-view.ts';

const [maxTags, maxKey, maxValue] = [50, 128, 256];

/**
 * The tags that a call asks for.
 *
 * @throws ApiError where a key is missing, given twice, too long or AWS's own
 */
function readTags(tags: readonly Tag[]): Tags {
  const read: Record<string, string> = {};
  for (const { Key: key, Value: value = '' } of tags) {
    if (!key) throw invalidValue('Tag key cannot be null or empty');
    if (key.toLowerCase().startsWith('aws:')) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
    if (key.length > maxKey) throw invalidValue(`Tag key exceeds the maximum length of ${maxKey} characters`);
    if (value.length > maxValue) throw invalidValue(`Tag value exceeds the maximum length of ${maxValue} characters`);
    if (Object.hasOwn(read, key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
    read[key] = value;
  }
  return read;
}

function checkCount(tags: Tags): void {
  if (Object.keys(tags).length > maxTags) {
    throw new ApiError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
  }
}

/**
 * The tags that a creating call gives to what it makes, by resource type.
 *
 * @param types the resource types that the call makes
 * @throws ApiError InvalidParameterValue for another type, and for bad tags
 */
export function specifiedTags(specifications: readonly TagSpecification[] | undefined, types: readonly string[]): Map<string, Tags> {
  const byType = new Map<string, Tags>();
  for (const { ResourceType: type = '', Tags: tags = [] } of specifications ?? []) {
    if (!types.includes(type)) throw invalidValue(`'${type}' is not a valid taggable resource type for this operation.`);
    if (byType.has(type)) throw invalidValue(`The resource type '${type}' has more than one tag specification`);
    const read = readTags(tags);
    checkCount(read);
    byType.set(type, read);
  }
  return byType;
}

/** Gives a new thing the tags that the call specified for its type. */
export function tagNew(world: World, call: Call, { id, type, tags }: { id: string; type: string; tags: ReadonlyMap<string, Tags> }): void {
  const specified = tags.get(type);
  if (specified) world.setTags(placeOf(call), id, specified);
}

/** Tags as AWS lists them. */
export function tagList(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** The tags of a thing as the caller sees them now in a Describe call. */
export function shownTags(world: World, call: Call, id: string): Tag[] {
  return tagList(world.seenTagsOf(placeOf(call), id));
}

/** The tags of a thing as the answer of the call that wrote them tells them. */
export function trueTags(world: World, call: Call, id: string): Tag[] {
  return tagList(world.tagsOf(placeOf(call), id));
}

interface Taggable {
  readonly kind: IdKind;
  readonly exists: (world: World, call: Call, id: string) => boolean;
}

function taggable<Value extends { readonly id: string }>(
  kind: IdKind,
  collectionOf: (world: World) => Collection<Value>,
  visible: (value: Value, world: World, call: Call) => boolean = () => true,
): Taggable {
  return {
    kind,
    exists: (world, call, id) => {
      const collection = collectionOf(world);
      const value = collection.get(id);
      return (
        value !== undefined &&
        collection.isUnder(value, `place:${placeOf(call)}`) &&
        visible(value, world, call) &&
        isKnown(world, collection, id)
      );
    },
  };
}

const taggables: readonly Taggable[] = [
  taggable(idKinds.vpc, (world) => world.vpcs),
  taggable(idKinds.subnet, (world) => world.subnets),
  taggable(idKinds.internetGateway, (world) => world.internetGateways),
  taggable(idKinds.routeTable, (world) => world.routeTables),
  taggable(idKinds.securityGroup, (world) => world.securityGroups),
  taggable(idKinds.securityGroupRule, (world) => world.securityGroupRules),
  taggable(
    idKinds.peering,
    (world) => world.peerings,
    (peering, world, call) => isVisibleTo(peering, placeOf(call), world.now()),
  ),
  taggable(idKinds.networkAcl, (world) => world.networkAcls),
  taggable(idKinds.networkInterface, (world) => world.networkInterfaces),
  taggable(idKinds.instance, (world) => world.instances),
  taggable(idKinds.vpcEndpoint, (world) => world.vpcEndpoints),
  taggable(idKinds.endpointService, (world) => world.endpointServices),
  taggable(idKinds.prefixList, (world) => world.prefixLists),
  taggable(idKinds.elasticIp, (world) => world.elasticIps),
  taggable(idKinds.transitGateway, (world) => world.transitGateways),
  taggable(idKinds.transitGatewayAttachment, (world) => world.transitGatewayAttachments),
  taggable(idKinds.transitGatewayRouteTable, (world) => world.transitGatewayRouteTables),
  taggable(idKinds.natGateway, (world) => world.natGateways),
  taggable(idKinds.egressOnlyInternetGateway, (world) => world.egressOnlyInternetGateways),
];

function checkTaggable(world: World, call: Call, id: string): void {
  const kind = kindOfId(id);
  const found = taggables.find((candidate) => candidate.kind === kind);
  if (!found) throw new ApiError('InvalidID', `The ID '${id}' is not valid`);
  checkId(found.kind, id);
  if (!found.exists(world, call, id)) throw notFound(found.kind, id);
}

export function tagOperations(world: World): Operations {
  return {
    CreateTags(input: CreateTagsRequest, call: Call): object {
      const resources = required(input.Resources, 'resourceIdSet');
      const tags = readTags(required(input.Tags, 'tagSet'));
      for (const id of resources) {
        checkTaggable(world, call, id);
        const merged = { ...world.tagsOf(placeOf(call), id), ...tags };
        checkCount(merged);
        world.setTags(placeOf(call), id, merged);
      }
      return {};
    },

    /** Without tags all of them go; a tag with a value goes only if it has that value. */
    DeleteTags(input: DeleteTagsRequest, call: Call): object {
      for (const id of required(input.Resources, 'resourceIdSet')) {
        checkTaggable(world, call, id);
        const before = world.tagsOf(placeOf(call), id);
        const goes = (key: string, value: string): boolean =>
          input.Tags?.length ? input.Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value)) : true;
        const kept = Object.fromEntries(Object.entries(before).filter(([key, value]) => key.startsWith('aws:') || !goes(key, value)));
        if (Object.keys(kept).length < Object.keys(before).length) world.setTags(placeOf(call), id, kept);
      }
      return {};
    },

    DescribeTags(input: DescribeTagsRequest, call: Call): DescribeTagsResult {
      const all = world.tags.seenWhere(`place:${placeOf(call)}`).flatMap(({ id, resourceId, tags }) =>
        Object.entries(tags).map(([key, value], index) => ({
          key,
          value,
          resourceId,
          resourceType: kindOfId(resourceId)?.resourceType,
          order: world.tags.orderOf(id) * 100 + index,
        })),
      );
      const test = filterTest<(typeof all)[number]>(
        input.Filters ?? [],
        {
          key: (tag) => tag.key,
          value: (tag) => tag.value,
          'resource-id': (tag) => tag.resourceId,
          'resource-type': (tag) => tag.resourceType,
        },
        (tag) => ({ [tag.key]: tag.value }),
      );
      const { items, NextToken } = page(world, {
        items: all.filter(test),
        orderOf: (tag) => tag.order,
        input,
        limits: { min: 5, max: 1000 },
      });
      return {
        Tags: items.map(({ key, value, resourceId, resourceType }) => ({
          Key: key,
          Value: value,
          ResourceId: resourceId,
          ResourceType: resourceType as never,
        })),
        NextToken,
      };
    },
  };
}
