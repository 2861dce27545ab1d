import type { Kind, Resource } from '../kinds/kind.ts';
import { type Key, keyText } from '../kube/cluster.ts';

/** Which object wants what: so that two that want one thing run one after another, and the older one owns it. */
export interface ClaimIndex {
  /** Takes note of an object as it is now. */
  note(key: Key, resource: Resource): void;
  drop(key: Key): void;
  claimsOf(key: string): readonly string[];
  /** The oldest of the objects that want the thing and are older than this one: it has it. */
  holder(claim: string, resource: Resource): Resource | undefined;
  /** The oldest other object that wants the thing and is there to stay: it is given what this one lets go of. */
  heir(claim: string, resource: Resource): Resource | undefined;
  /** Keys of the other objects that want something that this one wants. */
  rivals(key: string): readonly string[];
  /** Whether an object with this uid exists. */
  isLive(uid: string): boolean;
}

interface Noted {
  readonly resource: Resource;
  readonly claims: readonly string[];
}

export function createClaimIndex(kinds: ReadonlyMap<string, Kind>): ClaimIndex {
  const byKey = new Map<string, Noted>();
  const byClaim = new Map<string, Set<string>>();
  const uids = new Map<string, string>();

  const drop = (key: string) => {
    const noted = byKey.get(key);
    if (!noted) return;
    byKey.delete(key);
    if (uids.get(noted.resource.metadata.uid) === key) uids.delete(noted.resource.metadata.uid);
    for (const claim of noted.claims) {
      const keys = byClaim.get(claim);
      keys?.delete(key);
      if (keys?.size === 0) byClaim.delete(claim);
    }
  };

  /** Oldest first. */
  const others = (claim: string, resource: Resource): readonly Resource[] =>
    [...(byClaim.get(claim) ?? [])]
      .flatMap((key) => byKey.get(key)?.resource ?? [])
      .filter((other) => other.metadata.uid !== resource.metadata.uid)
      .sort((one, other) => (isOlder(one, other) ? -1 : 1));

  return {
    note(key, resource) {
      const text = keyText(key);
      drop(text);
      const claims = kinds.get(key.kind)?.claims(resource) ?? [];
      byKey.set(text, { resource, claims });
      uids.set(resource.metadata.uid, text);
      for (const claim of claims) {
        const keys = byClaim.get(claim) ?? new Set();
        keys.add(text);
        byClaim.set(claim, keys);
      }
    },
    drop: (key) => drop(keyText(key)),
    claimsOf: (key) => byKey.get(key)?.claims ?? [],
    holder: (claim, resource) => others(claim, resource).find((other) => isOlder(other, resource)),
    heir: (claim, resource) => others(claim, resource).find((other) => other.metadata.deletionTimestamp === undefined),
    rivals(key) {
      const rivals = new Set((byKey.get(key)?.claims ?? []).flatMap((claim) => [...(byClaim.get(claim) ?? [])]));
      rivals.delete(key);
      return [...rivals];
    },
    isLive: (uid) => uids.has(uid),
  };
}

/** A claim belongs to the oldest object, then to the lowest uid. */
function isOlder(one: Resource, other: Resource): boolean {
  const [a, b] = [Date.parse(one.metadata.creationTimestamp), Date.parse(other.metadata.creationTimestamp)];
  return a !== b ? a < b : one.metadata.uid < other.metadata.uid;
}
