import type { Tags } from '../network/model.ts';

/** Whether each tag (or label) is there with exactly this value. */
export const hasTags = (tags: Tags, wanted: Tags): boolean => Object.entries(wanted).every(([key, value]) => tags[key] === value);

/** `Name=peering_test_1,tier=private`, for messages. */
export const describeTags = (tags: Tags): string =>
  Object.entries(tags)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
