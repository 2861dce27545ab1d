import { EC2Client } from '@aws-sdk/client-ec2';
import type { Tags } from '../../src/network/model.ts';
import type { RecordedCall } from '../../src/simulator/calls/record.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import type { World } from '../../src/simulator/world/world.ts';
import type { Stage } from './stage.ts';

/** Worlds, manifests and questions that the tests of the whole loop share. */

export const minutes = (count: number): number => count * 60_000;

/** One account, which the controller's own access key belongs to, and one that it enters by a role. */
export const accounts = { own: '111122223333', other: '222233334444' } as const;

export const roleOf = (accountId: string): string => `arn:aws:iam::${accountId}:role/isthmus`;

/** JSON is YAML: worlds and manifests are written as plain data. */
export const yaml = (...documents: readonly object[]): string => documents.map((document) => JSON.stringify(document)).join('\n---\n');

export const namespace = (name = 'network'): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export function account(name: string, accountId: string, spec: object = {}): object {
  return {
    apiVersion: 'isthmus.dev/v1alpha1',
    kind: 'AwsAccount',
    metadata: { name },
    spec: {
      accountId,
      defaultRegion: 'us-west-2',
      allowedNamespaces: { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': 'network' } } },
      ...spec,
    },
  };
}

export function peering(name: string, spec: object, metadata: object = {}): object {
  return { apiVersion: 'isthmus.dev/v1alpha1', kind: 'VpcPeering', metadata: { name, namespace: 'network', ...metadata }, spec };
}

export const vpcNamed = (name: string): object => ({ vpcSelector: { tags: { Name: name } } });

export const keyOf = (name: string) => ({ kind: 'VpcPeering', namespace: 'network', name });

/** A person with the keys of an account. */
export function person(stage: Stage, { accountId = accounts.own as string, region = 'us-west-2' } = {}): EC2Client {
  return new EC2Client({
    region,
    maxAttempts: 1,
    credentials: { accessKeyId: accountId, secretAccessKey: 'x' },
    requestHandler: inProcess(stage.simulator) as never,
  });
}

const liveStates: ReadonlySet<string> = new Set(['initiating-request', 'pending-acceptance', 'provisioning', 'active']);

/** What there is in AWS that a peering may change, in every account and region: sentences that can be compared, in order. */
export interface Census {
  /** Connections that have not ended. */
  readonly connections: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
}

/**
 * The true state, whatever reads show at the moment. Ids of connections and rules are left out: what was made in two runs can be compared.
 *
 * @param options.ids true to tell one rule or connection from another that is just like it
 */
export function census({ world }: { readonly world: World }, { ids = false } = {}): Census {
  const networks = world.network();
  const pairs = new Map<string, string>();
  const connections = new Map<string, string>();
  for (const network of networks) {
    for (const { vpcPeeringConnectionId: id, requester, accepter, state, tags } of network.peeringConnections.values()) {
      pairs.set(id, ids ? id : `${requester.vpcId}>${accepter.vpcId}${liveStates.has(state) ? '' : ` (${state})`}`);
      const options = [requester, accepter].map((side) => side.allowDnsResolutionFromRemoteVpc === true);
      if (liveStates.has(state)) connections.set(id, `${pairs.get(id)} ${state} ${options} ${owned(tags)} ${connections.get(id) ?? ''}`);
    }
  }
  return {
    connections: [...connections.values()].toSorted(),
    routes: networks
      .flatMap(({ routeTables }) => [...routeTables.values()])
      .flatMap(({ routeTableId, routes }) =>
        routes.map(({ destination, target, state }) => `${routeTableId} ${destination} ${pairs.get(target.id) ?? target.id} ${state}`),
      )
      .toSorted(),
    rules: networks
      .flatMap(({ securityGroupRules }) => [...securityGroupRules.values()])
      .map((rule) => {
        const peer = 'referencedGroup' in rule.peer ? rule.peer.referencedGroup.groupId : Object.values(rule.peer)[0];
        const what = [rule.groupId, rule.direction, rule.protocol, rule.fromPort, rule.toPort, peer].join(' ');
        return `${what} ${owned(rule.tags)} ${ids ? rule.securityGroupRuleId : ''}`;
      })
      .toSorted(),
  };
}

const owned = (tags: Tags): string => (tags['isthmus.dev/uid'] === undefined ? '' : `ours (${tags['isthmus.dev/owner']})`);

/** What is in one list more often than in the other. */
export function more(list: readonly string[], than: readonly string[]): readonly string[] {
  const left = [...than];
  return list.filter((entry) => {
    const at = left.indexOf(entry);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

export const lastSequence = (stage: Stage): number => stage.simulator.record.calls().at(-1)?.sequence ?? 0;

/** Attempts to change something in AWS, later than a moment of the record. */
export const writesSince = (stage: Stage, sequence = 0): readonly RecordedCall[] =>
  stage.simulator.record.writes().filter((call) => call.sequence > sequence);

export const operations = (calls: readonly RecordedCall[]): readonly string[] => calls.map((call) => call.operation).toSorted();
