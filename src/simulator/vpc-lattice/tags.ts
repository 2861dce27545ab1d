import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-vpc-lattice';
import type { Call, Operations } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { Owned } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { invalidField } from './errors.ts';
import { addTags, find, type Kind, kinds } from './kinds.ts';

/** The id of the thing of the caller's that an ARN is for. */
function idOfArn(world: World, call: Call, arn: string): string {
  const [, path] = /^arn:aws[a-z-]*:vpc-lattice:[a-z0-9-]+:\d{12}:([a-z]+)\/[a-z]+-[0-9a-z]{17}$/.exec(arn) ?? [];
  const kind = Object.values(kinds).find((candidate) => candidate.path === path);
  if (!kind) throw invalidField('resourceArn', `${arn} is not the ARN of a thing that can be tagged`);
  return find<Owned>(world, call, { kind: kind as unknown as Kind<Owned>, identifier: arn, field: 'resourceArn' }).id;
}

export function tagOperations(world: World): Operations {
  return {
    TagResource(input: TagResourceRequest, call: Call): object {
      addTags(world, call, { id: idOfArn(world, call, input.resourceArn!), tags: input.tags });
      return {};
    },

    UntagResource(input: UntagResourceRequest, call: Call): object {
      const id = idOfArn(world, call, input.resourceArn!);
      const kept = Object.entries(world.tagsOf(placeKey(call), id)).filter(([key]) => !input.tagKeys!.includes(key));
      world.setTags(placeKey(call), id, Object.fromEntries(kept));
      return {};
    },

    ListTagsForResource(input: ListTagsForResourceRequest, call: Call): ListTagsForResourceResponse {
      return { tags: { ...world.seenTagsOf(placeKey(call), idOfArn(world, call, input.resourceArn!)) } };
    },
  };
}
