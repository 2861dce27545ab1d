import type { ChangeTagsForResourceRequest, ListTagsForResourceRequest, ListTagsForResourceResponse } from '@aws-sdk/client-route-53';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { ownZone, seenZone, tagPlace } from './owned.ts';

const [maxTags, maxInACall, maxKey, maxValue] = [50, 10, 128, 256];

function checkType(type: string | undefined): void {
  if (type === 'healthcheck')
    throw new ApiError('NotImplemented', 'The simulator does not model health checks of route53', { httpStatus: 501 });
  if (type !== 'hostedzone') throw new ApiError('InvalidInput', `The resource type ${type} is not one that has tags`);
}

export function tagOperations(world: World): Operations {
  return {
    ChangeTagsForResource(input: ChangeTagsForResourceRequest, call: Call): object {
      checkType(input.ResourceType);
      const { id } = ownZone(world, call, input.ResourceId);
      const { AddTags: add = [], RemoveTagKeys: remove = [] } = input;
      if (add.length + remove.length === 0) throw new ApiError('InvalidInput', 'Tags to add or keys of tags to remove must be given');
      if (add.length > maxInACall || remove.length > maxInACall) {
        throw new ApiError('InvalidInput', `A call takes at most ${maxInACall} tags`);
      }
      for (const { Key: key = '', Value: value = '' } of add) {
        if (key === '' || key.length > maxKey || value.length > maxValue || key.toLowerCase().startsWith('aws:')) {
          throw new ApiError('InvalidInput', `The tag ${key} is not valid`);
        }
      }
      const kept = Object.entries(world.tagsOf(tagPlace(call), id)).filter(([key]) => !remove.includes(key));
      const tags = Object.fromEntries([...kept, ...add.map(({ Key, Value = '' }) => [Key!, Value])]);
      if (Object.keys(tags).length > maxTags) throw new ApiError('InvalidInput', `A hosted zone has at most ${maxTags} tags`);
      world.setTags(tagPlace(call), id, tags);
      return {};
    },

    ListTagsForResource(input: ListTagsForResourceRequest, call: Call): ListTagsForResourceResponse {
      checkType(input.ResourceType);
      const { id } = seenZone(world, call, input.ResourceId);
      const tags = world.seenTagsOf(tagPlace(call), id);
      return {
        ResourceTagSet: {
          ResourceType: 'hostedzone',
          ResourceId: id,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        },
      };
    },
  };
}
