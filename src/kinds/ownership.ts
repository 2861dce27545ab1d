import type { Tags } from '../network/model.ts';
import type { Resource } from './kind.ts';

/** Tag keys that say whose a thing in AWS is. */
export const ownershipKeys = { cluster: 'isthmus.dev/cluster', owner: 'isthmus.dev/owner', uid: 'isthmus.dev/uid' } as const;

/** AWS takes tag values of up to 256 characters. */
const longestTagValue = 256;

/** `Kind/namespace/name`, as the owner tag and messages have it. */
export function ownerName(resource: Pick<Resource, 'kind' | 'metadata'>): string {
  const { namespace, name } = resource.metadata;
  return namespace === undefined ? `${resource.kind}/${name}` : `${resource.kind}/${namespace}/${name}`;
}

/**
 * The tags of a thing that an object makes: the object's own `tags`, a `Name`, and the three that say whose it is.
 *
 * @param role appended to the Name (`<object>-<role>`) where one object makes several things
 */
export function ownershipTags(resource: Resource<{ tags?: Tags | undefined }>, cluster: string, role?: string): Tags {
  const name = role === undefined ? resource.metadata.name : `${resource.metadata.name}-${role}`;
  return {
    Name: name,
    ...resource.spec.tags,
    [ownershipKeys.cluster]: cluster,
    [ownershipKeys.owner]: ownerName(resource).slice(0, longestTagValue),
    [ownershipKeys.uid]: resource.metadata.uid,
  };
}

/** What the tags of a thing say about whose it is, as one object sees it. */
export type Ownership =
  /** This object made it. */
  | { readonly of: 'us' }
  /** An object of this name made it that is no more (restored from a backup, recreated): ours to take over. */
  | { readonly of: 'predecessor' }
  /** Nobody of ours: somebody's by hand or by other means. */
  | { readonly of: 'nobody' }
  /** Another object of this cluster. */
  | { readonly of: 'another'; readonly owner: string }
  /** Another cluster's controller. */
  | { readonly of: 'elsewhere'; readonly cluster: string };

/** As whom the tags of a thing are looked at. */
interface Owner {
  readonly resource: Resource;
  readonly cluster: string;
  readonly isLive: (uid: string) => boolean;
}

export function ownershipOf(tags: Tags, by: Owner): Ownership {
  const cluster = tags[ownershipKeys.cluster];
  const uid = tags[ownershipKeys.uid];
  if (cluster === undefined || uid === undefined) return { of: 'nobody' };
  if (cluster !== by.cluster) return { of: 'elsewhere', cluster };
  if (uid === by.resource.metadata.uid) return { of: 'us' };
  const owner = tags[ownershipKeys.owner] ?? '';
  return owner === ownerName(by.resource).slice(0, longestTagValue) && !by.isLive(uid) ? { of: 'predecessor' } : { of: 'another', owner };
}

/** Whether tags, live in AWS, say that the object made the thing, or that its predecessor of the same name did, whose things it takes over. */
export function isOurs(tags: Tags, by: Owner): boolean {
  const { of } = ownershipOf(tags, by);
  return of === 'us' || of === 'predecessor';
}

/** Those of the wanted tags that a thing does not carry, or carries with another value; undefined where it carries all. */
export function missingTags(wanted: Tags, present: Tags): Tags | undefined {
  const missing = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  return missing.length === 0 ? undefined : Object.fromEntries(missing);
}
