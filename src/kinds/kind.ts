import type { Change, Scope } from '../network/changes.ts';
import type { NetworkCollections, Tags } from '../network/model.ts';
import type { Reason } from './reasons.ts';

/** A Kubernetes object of one of our kinds, as far as the loop looks at it. */
export interface Resource<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: Spec;
  readonly status?: (Status & CommonStatus) | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  /** Left out for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** RFC 3339. */
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CommonStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  /** What this object has made or uses in AWS: the memory, and the only input of teardown. */
  readonly resources?: readonly MemoryEntry[];
  /** With `observeOnly`: what would be written, one sentence a line. */
  readonly plan?: readonly string[];
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration: number;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** One line of `status.resources`. */
export interface MemoryEntry {
  /** What the thing is to the object: `connection`, `requester/route`, `accepter/rule` … */
  readonly role: string;
  readonly accountRef: string;
  readonly accountId: string;
  readonly region: string;
  /** AWS's id; empty from the intent until the answer. A route's is `rtb-…/<destination>`. */
  readonly id: string;
  /** Natural key of a thing whose id AWS chooses (a rule: group, direction, protocol, ports, peer), so that an intent can be matched. */
  readonly key?: string;
  /** False: found and not made (adopted), so never deleted. */
  readonly created: boolean;
  /** Raised before each new try. */
  readonly attempt: number;
  /** RFC 3339; when the call was about to be made. */
  readonly intentAt: string;
}

/** How a problem can end. `person`: someone must edit or allow something. `object`: something applied together with it may heal it. `time`: it passes by itself. */
export type Heals = 'person' | 'object' | 'time';

/** Why something is not as wanted: a reason of the API's catalogue and a sentence that names the object, what was found and what would be right. */
export interface Problem {
  readonly reason: Reason;
  readonly message: string;
  readonly heals: Heals;
}

/** One account and region as its owner sees it, complete for the collections that the kind asked for. */
export type View<Names extends keyof NetworkCollections = keyof NetworkCollections> = {
  readonly scope: Scope;
  /** When the oldest sweep in it began, in milliseconds since the epoch. */
  readonly asOf: number;
  /**
   * What was made before this moment (milliseconds since the epoch) is certain to be visible here if it exists; `-Infinity` while nothing is
   * certain (one consistency window after taking the lease). An intent that is younger may have succeeded unseen.
   */
  readonly completeUpTo: number;
  /** Ids that were asked for and that a Describe by id, outside the consistency window, has proven not to exist. */
  readonly gone: ReadonlySet<string>;
} & { readonly [Name in Names]: ReadonlyMap<string, NetworkCollections[Name]> };

/** One of the accounts and regions that an object names: its view, or why there is none. */
export type Side<Names extends keyof NetworkCollections = keyof NetworkCollections> =
  | {
      readonly view: View<Names>;
      readonly identity: string;
      readonly problem?: undefined;
      /** The VPCs of the account that the object may name, by their tags; left out: all. */
      readonly allowedVpcs?: { readonly tags: Tags } | undefined;
      /** Why the object could not use the account were it not being deleted: only what is proven to be its own may be removed then. */
      readonly withdrawn?: Problem | undefined;
    }
  | {
      readonly view?: undefined;
      readonly identity?: undefined;
      readonly problem: Problem;
      readonly withdrawn?: undefined;
      readonly allowedVpcs?: undefined;
    };

/** What the loop must know to open a side: which AwsAccount and region, as written. */
export interface SideReference {
  /** Name of the AwsAccount. */
  readonly accountRef: string;
  /** Left out: the account's default region. */
  readonly region?: string;
  /** Ids that the planner will ask about, so that their absence can be proven and their state be fresh. */
  readonly ids: readonly string[];
}

/** One write to AWS that the planner wants now, with what must be known before it is made. */
export interface Step {
  readonly change: Change;
  /** Which condition speaks of it: `Accepted`, `RoutesReady` … */
  readonly part: string;
  /** Steps of a lower stage are done before any of a higher one; a failure keeps the higher ones back. */
  readonly stage: number;
  /** One sentence in the infinitive, for the plan, the log and Events. */
  readonly sentence: string;
  /** Stands in `status.resources` before the call is made; the answer's id is filled in after it. */
  readonly remember?: MemoryEntry;
  /** Leaves `status.resources` once AWS has answered that the call succeeded. */
  readonly forget?: MemoryEntry;
}

/** Something that is not done yet although nothing can be written for it now. */
export interface Waiting {
  readonly part: string;
  readonly problem: Problem;
  /** When to look again; left out: the usual resync, or five minutes for what needs a person. */
  readonly recheckMs?: number;
}

/** What a part of the object is like once nothing is waiting in it. */
export interface PartStatus {
  readonly type: string;
  /** Unknown: cannot be told yet, since an earlier part is not done. */
  readonly status: 'True' | 'Unknown';
  readonly reason: Reason;
  readonly message: string;
}

export interface PlanInput<R extends Resource, Names extends keyof NetworkCollections = keyof NetworkCollections> {
  readonly resource: R;
  /** By the names that `sides` gave them. */
  readonly sides: Readonly<Record<string, Side<Names>>>;
  readonly memory: readonly MemoryEntry[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Name of this cluster, as in the ownership tag. */
  readonly cluster: string;
  /** True for the uid of a live object of ours: what carries a uid of nobody may be taken over. */
  readonly isLive: (uid: string) => boolean;
  /** The object that holds a claim, where it is not this one. */
  readonly claimedBy: (claim: string) => Resource | undefined;
  /** Another object that wants the same thing: what this one lets go of is handed over to it, and not removed. */
  readonly alsoWantedBy: (claim: string) => Resource | undefined;
  /** Other objects that have, or use, something in AWS with the help of this one. */
  readonly users: () => readonly Resource[];
}

export interface Plan<Status = unknown> {
  /** Sorted; empty means in sync as far as can be seen. */
  readonly steps: readonly Step[];
  readonly waiting: readonly Waiting[];
  /** The kind's own status fields, without conditions, resources and plan. */
  readonly status: Status;
  /** Every part of the kind, as it is when nothing waits or fails in it. */
  readonly parts: readonly PartStatus[];
  /** `status.resources` from now on: what is confirmed gone is left out. */
  readonly memory: readonly MemoryEntry[];
  /** What must be told once, in an Event and the log. */
  readonly notes?: readonly { readonly reason: Reason; readonly message: string }[];
}

/** What an object's meaning depends on besides itself. */
export type Dependency = { readonly kind: 'AwsAccount'; readonly name: string } | { readonly kind: 'Namespace'; readonly name: string };

/** One of our kinds, as the loop uses it. */
export interface Kind<R extends Resource = Resource, Status = unknown, Names extends keyof NetworkCollections = keyof NetworkCollections> {
  readonly kind: string;
  /** Condition types besides Ready, Reconciling and Stalled, in the order in which things happen. */
  readonly partTypes: readonly string[];
  readonly collections: readonly Names[];
  /** What else must wake the object. */
  dependsOn(resource: R): readonly Dependency[];
  /** Names of things that no two objects may own at once; passes with one in common run one after another. */
  claims(resource: R): readonly string[];
  /** Accounts and regions to open, from spec, or from `status.resources` alone while deleting. */
  sides(resource: R): Readonly<Record<string, SideReference>>;
  /** Pure. With `deletionTimestamp` set nothing is wanted, and only memory is looked at. */
  plan(input: PlanInput<R, Names>): Plan<Status>;
}
