import type { RuleSpec, Tags } from './model.ts';

/** Where a call goes: which AwsAccount's identity makes it, in which AWS account and region. */
export interface Scope {
  /** Name of the AwsAccount object whose identity is used. */
  readonly accountRef: string;
  /** Twelve digits. */
  readonly accountId: string;
  readonly region: string;
}

/**
 * What may be changed in AWS, as data: named as AWS names the call. Planners write these, `aws/changes` carries them out, and
 * nothing else does. A closed union: a new change is a new arm here and a new row there.
 */
export type Change = { readonly scope: Scope } & (
  | {
      readonly action: 'CreateVpcPeeringConnection';
      readonly vpcId: string;
      readonly peerVpcId: string;
      readonly peerOwnerId: string;
      readonly peerRegion: string;
      readonly tags: Tags;
    }
  | { readonly action: 'AcceptVpcPeeringConnection'; readonly vpcPeeringConnectionId: string }
  | { readonly action: 'DeleteVpcPeeringConnection'; readonly vpcPeeringConnectionId: string }
  | {
      readonly action: 'ModifyVpcPeeringConnectionOptions';
      readonly vpcPeeringConnectionId: string;
      readonly side: 'requester' | 'accepter';
      readonly allowDnsResolutionFromRemoteVpc: boolean;
    }
  | {
      readonly action: 'CreateRoute' | 'ReplaceRoute';
      readonly routeTableId: string;
      readonly destination: string;
      readonly vpcPeeringConnectionId: string;
    }
  | { readonly action: 'DeleteRoute'; readonly routeTableId: string; readonly destination: string }
  | {
      readonly action: 'AuthorizeSecurityGroupIngress' | 'AuthorizeSecurityGroupEgress';
      readonly groupId: string;
      readonly rule: RuleSpec;
      readonly description: string;
      readonly tags: Tags;
    }
  | {
      readonly action: 'RevokeSecurityGroupIngress' | 'RevokeSecurityGroupEgress';
      readonly groupId: string;
      readonly securityGroupRuleId: string;
    }
  | { readonly action: 'CreateTags'; readonly resourceId: string; readonly tags: Tags }
  | { readonly action: 'DeleteTags'; readonly resourceId: string; readonly keys: readonly string[] }
);

export type ChangeAction = Change['action'];

/** What a change made, where it made something: its id, and the tags that AWS says it carries (which may be another's). */
export interface ChangeResult {
  readonly id?: string;
  readonly tags?: Tags;
}

/** The name that status and views give a route, which has no id of its own: `rtb-…/<destination>`. */
export const routeId = (routeTableId: string, destination: string): string => `${routeTableId}/${destination}`;

/** Splits what `routeId` put together. */
export function parseRouteId(id: string): { readonly routeTableId: string; readonly destination: string } {
  const slash = id.indexOf('/');
  return { routeTableId: id.slice(0, slash), destination: id.slice(slash + 1) };
}
