import {
  AcceptVpcPeeringConnectionCommand,
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateRouteCommand,
  CreateTagsCommand,
  CreateVpcPeeringConnectionCommand,
  DeleteRouteCommand,
  DeleteTagsCommand,
  DeleteVpcPeeringConnectionCommand,
  type EC2Client,
  type SecurityGroupRule as Ec2SecurityGroupRule,
  type Tag as Ec2Tag,
  type IpPermission,
  ModifyVpcPeeringConnectionOptionsCommand,
  ReplaceRouteCommand,
  type ResourceType,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { type Change, type ChangeAction, type ChangeResult, routeId } from '../network/changes.ts';
import type { PeeringState, RuleSpec, Tags } from '../network/model.ts';
import type { AwsError } from './aws.ts';
import { peeringExists, peeringOption, peeringReached, routeGone, routeLeads, ruleExists, ruleGone, tagsGone, tagsSet } from './effects.ts';
import { isCode } from './errors.ts';
import type { AnyEffect } from './own-writes.ts';
import type { Feature, Permission } from './permissions.ts';
import { readPeeringConnection, readSecurityGroupRule } from './read-network.ts';
import { type CollectionName, collectionOf } from './reads.ts';

/** A change of one action; of a shared arm, with that action. */
export type ChangeOf<Action extends ChangeAction> = Change & { readonly action: Action };

/** What came of a change. */
export interface Outcome {
  readonly result: ChangeResult;
  readonly effects: readonly AnyEffect[];
}

/** How one change is made. */
export interface ChangeRow<Action extends ChangeAction> {
  /** What an identity must be allowed, dependent actions too. */
  readonly permissions: readonly [Permission<`ec2:${Action}`>, ...Permission<`ec2:${string}`>[]];
  /** What it is made for. */
  readonly features: readonly Feature[];
  /** How it is made once only although AWS gives no client token for it. */
  readonly once: string;
  /** True where sending it twice does no more than sending it once. */
  readonly repeatable: boolean;
  /** Collections that it changes. */
  changes(change: ChangeOf<Action>): readonly CollectionName[];
  /** Collections whose things it names: what AWS says of them may contradict our view. */
  readonly names: readonly CollectionName[];
  /** Ids whose existence it decides, as far as they are known before. */
  concerns(change: ChangeOf<Action>): readonly string[];
  send(client: EC2Client, change: ChangeOf<Action>): Promise<Outcome>;
  /** The outcome where AWS's refusal says that things are already as wanted; undefined: it is an error. */
  alreadySo?(error: AwsError, change: ChangeOf<Action>): Outcome | undefined;
}

const nothing: Outcome = { result: {}, effects: [] };

function ec2Tags(tags: Tags): Ec2Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** AWS refuses a specification without tags. */
function atCreation(ResourceType: ResourceType, tags: Tags) {
  const Tags = ec2Tags(tags);
  return Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType, Tags }] };
}

/** Destinations must be sent as AWS has stored them; they are canonical everywhere in this program. */
function destinationOf(destination: string) {
  if (destination.startsWith('pl-')) return { DestinationPrefixListId: destination };
  return destination.includes(':') ? { DestinationIpv6CidrBlock: destination } : { DestinationCidrBlock: destination };
}

function routeInput(change: ChangeOf<'CreateRoute'> | ChangeOf<'ReplaceRoute'>) {
  const { routeTableId, destination, vpcPeeringConnectionId } = change;
  return { RouteTableId: routeTableId, ...destinationOf(destination), VpcPeeringConnectionId: vpcPeeringConnectionId };
}

/** One permission with one peer, since that is what becomes one rule with its own tags. */
function permissionOf(rule: RuleSpec, description: string): IpPermission {
  const said = description === '' ? {} : { Description: description };
  const { peer } = rule;
  const named = ['tcp', 'udp', 'icmp', 'icmpv6'].includes(rule.protocol);
  return {
    IpProtocol: rule.protocol,
    ...(named && { FromPort: rule.fromPort, ToPort: rule.toPort }),
    ...('cidrIpv4' in peer && { IpRanges: [{ CidrIp: peer.cidrIpv4, ...said }] }),
    ...('cidrIpv6' in peer && { Ipv6Ranges: [{ CidrIpv6: peer.cidrIpv6, ...said }] }),
    ...('prefixListId' in peer && { PrefixListIds: [{ PrefixListId: peer.prefixListId, ...said }] }),
    ...('referencedGroup' in peer && {
      UserIdGroupPairs: [
        {
          GroupId: peer.referencedGroup.groupId,
          UserId: peer.referencedGroup.userId,
          VpcId: peer.referencedGroup.vpcId,
          VpcPeeringConnectionId: peer.referencedGroup.vpcPeeringConnectionId,
          ...said,
        },
      ],
    }),
  };
}

type Authorize = ChangeOf<'AuthorizeSecurityGroupIngress'> | ChangeOf<'AuthorizeSecurityGroupEgress'>;

function authorizeInput({ groupId, rule, description, tags }: Authorize) {
  return { GroupId: groupId, IpPermissions: [permissionOf(rule, description)], ...atCreation('security-group-rule', tags) };
}

function authorized(rules: readonly Ec2SecurityGroupRule[] | undefined): Outcome {
  const [rule] = (rules ?? []).map(readSecurityGroupRule);
  return rule ? { result: { id: rule.securityGroupRuleId, tags: rule.tags }, effects: [ruleExists(rule)] } : nothing;
}

const revoked = (change: { readonly securityGroupRuleId: string }): Outcome => ({
  result: {},
  effects: [ruleGone(change.securityGroupRuleId)],
});

/** AWS names both states: "… attempted to transition from X to Y". The code alone does not tell an end from a wrong beginning. */
function stateItWasIn(error: AwsError): string | undefined {
  return isCode(error, 'InvalidStateTransition') ? /transition from ([a-z-]+)/i.exec(error.message)?.[1]?.toLowerCase() : undefined;
}

const ended: readonly (string | undefined)[] = ['deleting', 'deleted', 'rejected', 'failed', 'expired'] satisfies PeeringState[];
const accepted: readonly (string | undefined)[] = ['provisioning', 'active'] satisfies PeeringState[];

const deletedPeering = (change: { readonly vpcPeeringConnectionId: string }): Outcome => ({
  result: {},
  effects: [peeringReached(change.vpcPeeringConnectionId, 'deleting', 'Deleting')],
});

const deletedRoute = (change: { readonly routeTableId: string; readonly destination: string }): Outcome => ({
  result: {},
  effects: [routeGone(change.routeTableId, change.destination)],
});

const routeChanged = (change: ChangeOf<'CreateRoute'> | ChangeOf<'ReplaceRoute'>): Outcome => ({
  result: { id: routeId(change.routeTableId, change.destination) },
  effects: [routeLeads(change.routeTableId, change.destination, change.vpcPeeringConnectionId)],
});

const ofRoutes = {
  features: ['vpc-peering'],
  changes: () => ['routeTables'],
  names: ['routeTables', 'peeringConnections'],
  concerns: ({ routeTableId, destination }: { readonly routeTableId: string; readonly destination: string }) => [
    routeId(routeTableId, destination),
  ],
} satisfies Partial<ChangeRow<'DeleteRoute'>>;

const ofPeerings = {
  features: ['vpc-peering'],
  changes: () => ['peeringConnections'],
  names: ['peeringConnections'],
  concerns: (change: { readonly vpcPeeringConnectionId: string }) => [change.vpcPeeringConnectionId],
} satisfies Partial<ChangeRow<'DeleteVpcPeeringConnection'>>;

const ofRules = {
  features: ['vpc-peering'],
  changes: () => ['securityGroupRules'],
  names: ['securityGroupRules', 'securityGroups'],
} satisfies Partial<ChangeRow<'RevokeSecurityGroupIngress'>>;

const authorizing = {
  ...ofRules,
  once: 'The rule itself is its natural key: AWS refuses a second one with InvalidPermission.Duplicate.',
  repeatable: false,
  concerns: () => [],
} satisfies Partial<ChangeRow<'AuthorizeSecurityGroupIngress'>>;

const revoking = {
  ...ofRules,
  once: "Named by the rule's id, which AWS never gives again.",
  repeatable: true,
  concerns: (change: { readonly securityGroupRuleId: string }) => [change.securityGroupRuleId],
  alreadySo: (error: AwsError, change: { readonly securityGroupRuleId: string }) =>
    isCode(error, 'InvalidSecurityGroupRuleId.NotFound', 'InvalidPermission.NotFound', 'InvalidGroup.NotFound')
      ? revoked(change)
      : undefined,
} satisfies Partial<ChangeRow<'RevokeSecurityGroupIngress'>>;

const ofTags = {
  features: ['vpc-peering'],
  names: [],
  changes: ({ resourceId }: { readonly resourceId: string }) => [collectionOf(resourceId)].filter((name) => name !== undefined),
  concerns: () => [],
} satisfies Partial<ChangeRow<'CreateTags'>>;

/** Tags that a call gives to what it makes are a right of their own. */
const tagWhatIsMade: Permission<'ec2:CreateTags'> = { action: 'ec2:CreateTags', under: ['TagWhatIsMade'] };

/** The only place that changes AWS: a row for every change that a plan may hold. */
export const changes = {
  CreateVpcPeeringConnection: {
    ...ofPeerings,
    permissions: [{ action: 'ec2:CreateVpcPeeringConnection', under: ['JoinVpcs', 'RequestConnections'] }, tagWhatIsMade],
    once: 'The pair of VPCs is its natural key: while a connection lives, AWS answers with that one, and its tags tell whose it is.',
    repeatable: false,
    concerns: () => [],
    names: ['vpcs'],
    async send(client, { vpcId, peerVpcId, peerOwnerId, peerRegion, tags }) {
      const input = { VpcId: vpcId, PeerVpcId: peerVpcId, PeerOwnerId: peerOwnerId, PeerRegion: peerRegion };
      const command = new CreateVpcPeeringConnectionCommand({ ...input, ...atCreation('vpc-peering-connection', tags) });
      const { VpcPeeringConnection: answer } = await client.send(command);
      if (!answer) return nothing;
      const made = readPeeringConnection(answer);
      return { result: { id: made.vpcPeeringConnectionId, tags: made.tags }, effects: [peeringExists(made)] };
    },
  },
  AcceptVpcPeeringConnection: {
    ...ofPeerings,
    permissions: [{ action: 'ec2:AcceptVpcPeeringConnection', under: ['JoinVpcs', 'AcceptConnections'] }],
    once: "Named by the connection's id, and allowed in one state only.",
    repeatable: false,
    async send(client, { vpcPeeringConnectionId }) {
      const command = new AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: vpcPeeringConnectionId });
      const { VpcPeeringConnection: answer } = await client.send(command);
      if (!answer) return { result: {}, effects: [peeringReached(vpcPeeringConnectionId, 'provisioning', 'Provisioning')] };
      const connection = readPeeringConnection(answer);
      const reached = peeringReached(vpcPeeringConnectionId, connection.state, connection.stateMessage);
      return { result: {}, effects: [peeringExists(connection), reached] };
    },
    alreadySo: (error, { vpcPeeringConnectionId }) =>
      accepted.includes(stateItWasIn(error))
        ? { result: {}, effects: [peeringReached(vpcPeeringConnectionId, 'provisioning', 'Provisioning')] }
        : undefined,
  },
  DeleteVpcPeeringConnection: {
    ...ofPeerings,
    permissions: [{ action: 'ec2:DeleteVpcPeeringConnection', under: ['DeleteOwnConnections'] }],
    once: "Named by the connection's id, which AWS never gives again.",
    repeatable: true,
    async send(client, change) {
      await client.send(new DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: change.vpcPeeringConnectionId }));
      return deletedPeering(change);
    },
    alreadySo: (error, change) =>
      isCode(error, 'InvalidVpcPeeringConnectionID.NotFound') || ended.includes(stateItWasIn(error)) ? deletedPeering(change) : undefined,
  },
  ModifyVpcPeeringConnectionOptions: {
    ...ofPeerings,
    permissions: [{ action: 'ec2:ModifyVpcPeeringConnectionOptions', under: ['SetConnectionOptions'] }],
    once: 'It sets a value, however often it is sent.',
    repeatable: true,
    concerns: () => [],
    async send(client, { vpcPeeringConnectionId, side, allowDnsResolutionFromRemoteVpc }) {
      // Each side may set its own options only, and a call with both is taken only within one account and region.
      const options = { AllowDnsResolutionFromRemoteVpc: allowDnsResolutionFromRemoteVpc };
      const command = new ModifyVpcPeeringConnectionOptionsCommand({
        VpcPeeringConnectionId: vpcPeeringConnectionId,
        ...(side === 'requester' ? { RequesterPeeringConnectionOptions: options } : { AccepterPeeringConnectionOptions: options }),
      });
      await client.send(command);
      return { result: {}, effects: [peeringOption(vpcPeeringConnectionId, side, allowDnsResolutionFromRemoteVpc)] };
    },
  },
  CreateRoute: {
    ...ofRoutes,
    permissions: [{ action: 'ec2:CreateRoute', under: ['ChangeRoutes'] }],
    once: 'Table and destination are its natural key: AWS refuses a second route, or takes the same one again without effect.',
    repeatable: false,
    async send(client, change) {
      await client.send(new CreateRouteCommand(routeInput(change)));
      return routeChanged(change);
    },
  },
  ReplaceRoute: {
    ...ofRoutes,
    permissions: [{ action: 'ec2:ReplaceRoute', under: ['ChangeRoutes'] }],
    once: 'It sets the target of a route that is named by table and destination, however often it is sent.',
    repeatable: true,
    async send(client, change) {
      await client.send(new ReplaceRouteCommand(routeInput(change)));
      return routeChanged(change);
    },
  },
  DeleteRoute: {
    ...ofRoutes,
    permissions: [{ action: 'ec2:DeleteRoute', under: ['ChangeRoutes'] }],
    once: 'Named by table and destination; once it is gone AWS says InvalidRoute.NotFound.',
    repeatable: true,
    async send(client, change) {
      await client.send(new DeleteRouteCommand({ RouteTableId: change.routeTableId, ...destinationOf(change.destination) }));
      return deletedRoute(change);
    },
    alreadySo: (error, change) =>
      isCode(error, 'InvalidRoute.NotFound', 'InvalidRouteTableID.NotFound') ? deletedRoute(change) : undefined,
  },
  AuthorizeSecurityGroupIngress: {
    ...authorizing,
    permissions: [{ action: 'ec2:AuthorizeSecurityGroupIngress', under: ['ChangeRules', 'MakeTaggedRules'] }, tagWhatIsMade],
    async send(client, change) {
      const { SecurityGroupRules: rules } = await client.send(new AuthorizeSecurityGroupIngressCommand(authorizeInput(change)));
      return authorized(rules);
    },
  },
  AuthorizeSecurityGroupEgress: {
    ...authorizing,
    permissions: [{ action: 'ec2:AuthorizeSecurityGroupEgress', under: ['ChangeRules', 'MakeTaggedRules'] }, tagWhatIsMade],
    async send(client, change) {
      const { SecurityGroupRules: rules } = await client.send(new AuthorizeSecurityGroupEgressCommand(authorizeInput(change)));
      return authorized(rules);
    },
  },
  RevokeSecurityGroupIngress: {
    ...revoking,
    permissions: [{ action: 'ec2:RevokeSecurityGroupIngress', under: ['ChangeRules'] }],
    async send(client, change) {
      const input = { GroupId: change.groupId, SecurityGroupRuleIds: [change.securityGroupRuleId] };
      await client.send(new RevokeSecurityGroupIngressCommand(input));
      return revoked(change);
    },
  },
  RevokeSecurityGroupEgress: {
    ...revoking,
    permissions: [{ action: 'ec2:RevokeSecurityGroupEgress', under: ['ChangeRules'] }],
    async send(client, change) {
      const input = { GroupId: change.groupId, SecurityGroupRuleIds: [change.securityGroupRuleId] };
      await client.send(new RevokeSecurityGroupEgressCommand(input));
      return revoked(change);
    },
  },
  CreateTags: {
    ...ofTags,
    permissions: [{ action: 'ec2:CreateTags', under: ['TagOwn', 'TagAccepted'] }],
    once: 'It sets values, however often it is sent.',
    repeatable: true,
    async send(client, { resourceId, tags }) {
      await client.send(new CreateTagsCommand({ Resources: [resourceId], Tags: ec2Tags(tags) }));
      return { result: {}, effects: tagsSet(resourceId, tags) };
    },
  },
  DeleteTags: {
    ...ofTags,
    permissions: [{ action: 'ec2:DeleteTags', under: ['UntagRetained'] }],
    once: 'It removes keys, however often it is sent.',
    repeatable: true,
    async send(client, { resourceId, keys }) {
      await client.send(new DeleteTagsCommand({ Resources: [resourceId], Tags: keys.map((Key) => ({ Key })) }));
      return { result: {}, effects: tagsGone(resourceId, keys) };
    },
    alreadySo: (error, { resourceId, keys }) =>
      error.meaning === 'notFound' ? { result: {}, effects: tagsGone(resourceId, keys) } : undefined,
  },
} as const satisfies { readonly [Action in ChangeAction]: ChangeRow<Action> };
