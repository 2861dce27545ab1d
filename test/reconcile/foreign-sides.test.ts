import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { type Stage, setStage } from './stage.ts';

/** Sides in accounts that the controller may not enter: it does its half, and the other's owner does the other. */

const world = `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: ours
          cidr: 10.1.0.0/16
  "444455556666":
    us-west-2:
      vpcs:
        - name: theirs
          cidr: 10.2.0.0/16
`;

const minutes = (count: number) => count * 60_000;
const [us, them] = ['111122223333', '444455556666'];

function clientOf(stage: Stage, accountId: string) {
  return new ec2.EC2Client({
    region: 'us-west-2',
    credentials: { accessKeyId: accountId, secretAccessKey: 'x' },
    requestHandler: inProcess(stage.simulator) as never,
  });
}

async function vpcOf(stage: Stage, accountId: string): Promise<string> {
  const { Vpcs } = await clientOf(stage, accountId).send(new ec2.DescribeVpcsCommand({}));
  return Vpcs?.[0]?.VpcId ?? '';
}

async function groupOf(stage: Stage, accountId: string): Promise<string> {
  const { SecurityGroups } = await clientOf(stage, accountId).send(new ec2.DescribeSecurityGroupsCommand({}));
  return SecurityGroups?.[0]?.GroupId ?? '';
}

const accounts = `
apiVersion: v1
kind: Namespace
metadata: {name: network}
---
apiVersion: isthmus.dev/v1alpha1
kind: AwsAccount
metadata: {name: default}
spec:
  accountId: "${us}"
  defaultRegion: us-west-2
  allowedNamespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: network}}}
---
apiVersion: isthmus.dev/v1alpha1
kind: AwsAccount
metadata: {name: theirs}
spec:
  accountId: "${them}"
  defaultRegion: us-west-2
  assumeRole: {roleArn: "arn:aws:iam::${them}:role/isthmus"}
  allowedNamespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: network}}}
`;

const half = (name: string, requester: string, accepter: string) =>
  `{apiVersion: isthmus.dev/v1alpha1, kind: VpcPeering, metadata: {name: ${name}, namespace: network}, spec: {requester: ${requester}, accepter: ${accepter}}}`;

async function census(stage: Stage) {
  const [ours, theirs] = await Promise.all(
    [us, them].map(async (accountId) => {
      const { RouteTables } = await clientOf(stage, accountId as string).send(new ec2.DescribeRouteTablesCommand({}));
      const { SecurityGroupRules } = await clientOf(stage, accountId as string).send(new ec2.DescribeSecurityGroupRulesCommand({}));
      return {
        routes: (RouteTables ?? [])
          .flatMap((table) => table.Routes ?? [])
          .filter((route) => route.VpcPeeringConnectionId)
          .map((route) => route.DestinationCidrBlock),
        references: (SecurityGroupRules ?? [])
          .filter(
            (rule) => !rule.IsEgress && rule.ReferencedGroupInfo?.UserId !== undefined && rule.ReferencedGroupInfo.UserId !== accountId,
          )
          .map((rule) => rule.ReferencedGroupInfo?.GroupId),
      };
    }),
  );
  return { ours, theirs };
}

async function liveConnections(stage: Stage): Promise<readonly string[]> {
  const { VpcPeeringConnections } = await clientOf(stage, us).send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
  return (VpcPeeringConnections ?? []).filter((each) => each.Status?.Code === 'active').map((each) => each.VpcPeeringConnectionId ?? '');
}

const ourHalf = async (stage: Stage, group?: string) =>
  half(
    'ours',
    `{vpcSelector: {tags: {Name: ours}}${group === undefined ? '' : `, ingress: [{name: all, securityGroup: {name: default}, protocol: all, from: {securityGroup: {id: ${group}}}}]`}}`,
    `{accountId: "${them}", region: us-west-2, vpcId: ${await vpcOf(stage, them)}}`,
  );
const theirHalf = async (stage: Stage) =>
  half(
    'theirs',
    `{accountId: "${us}", region: us-west-2, vpcId: ${await vpcOf(stage, us)}}`,
    `{accountRef: {name: theirs}, vpcSelector: {tags: {Name: theirs}}}`,
  );

describe('A foreign accepter', () => {
  test('accepts by hand; then our side alone gets routes and rules, and its groups are named by id', async () => {
    const stage = setStage({ world });
    await stage.start();
    stage.apply(accounts);
    stage.apply(await ourHalf(stage, await groupOf(stage, them)));
    await stage.until(() => stage.reason('ours') === 'PendingAcceptance', minutes(1));
    expect(
      stage.simulator.record
        .calls()
        .filter((call) => call.accountId === them && call.service === 'ec2' && call.caller.includes('assumed-role')),
    ).toEqual([]);

    const person = clientOf(stage, them);
    const { VpcPeeringConnections } = await person.send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
    await person.send(
      new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: VpcPeeringConnections?.[0]?.VpcPeeringConnectionId }),
    );
    await stage.until(() => stage.ready('ours'), minutes(2));
    expect(await census(stage)).toEqual({
      ours: { routes: ['10.2.0.0/16'], references: [await groupOf(stage, them)] },
      theirs: { routes: [], references: [] },
    });

    stage.server.delete({ kind: 'VpcPeering', namespace: 'network', name: 'ours' });
    await stage.until(() => stage.get('ours') === undefined, minutes(2));
    expect(await census(stage)).toMatchObject({ ours: { routes: [], references: [] } });
    expect(await liveConnections(stage)).toEqual([]);
  });

  test('that rejects, or deletes the connection, is not asked again until reconcile-at asks', async () => {
    for (const refuse of ['reject', 'delete'] as const) {
      const stage = setStage({ world });
      await stage.start();
      stage.apply(accounts);
      stage.apply(await ourHalf(stage));
      await stage.until(() => stage.reason('ours') === 'PendingAcceptance', minutes(1));
      const person = clientOf(stage, them);
      const { VpcPeeringConnections } = await person.send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
      const VpcPeeringConnectionId = VpcPeeringConnections?.[0]?.VpcPeeringConnectionId;
      if (refuse === 'reject') {
        await person.send(new ec2.RejectVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
      } else {
        await person.send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
        await stage.until(() => stage.ready('ours'), minutes(2));
        await person.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId }));
      }
      await stage.until(() => stage.reason('ours') === 'PeeringRejected', minutes(3));
      const requests = () => stage.simulator.record.writes().filter((call) => call.operation === 'CreateVpcPeeringConnection').length;
      await stage.pass(minutes(30));
      expect({ refuse, requests: requests() }).toEqual({ refuse, requests: 1 });
      stage.server.annotate({ kind: 'VpcPeering', namespace: 'network', name: 'ours' }, { 'isthmus.dev/reconcile-at': 'please' });
      await stage.until(() => requests() === 2, minutes(2));
    }
  });
});

describe('Two halves of one peering', () => {
  test.each(['ours', 'theirs'] as const)(
    'make one connection, whichever goes first (%s), and each cleans up its own side',
    async (first) => {
      const stage = setStage({ world });
      await stage.start();
      stage.apply(accounts);
      const halves = { ours: await ourHalf(stage), theirs: await theirHalf(stage) };
      const second = first === 'ours' ? 'theirs' : 'ours';
      stage.apply(halves[first]);
      await stage.pass(minutes(1));
      expect(stage.reason(first)).toBe('PendingAcceptance');
      stage.apply(halves[second]);
      await stage.until(() => stage.ready('ours') && stage.ready('theirs'), minutes(3));
      expect(await liveConnections(stage)).toHaveLength(1);
      expect(await census(stage)).toMatchObject({ ours: { routes: ['10.2.0.0/16'] }, theirs: { routes: ['10.1.0.0/16'] } });

      // The accepter's half found the connection: it takes its own routes with it and leaves the connection to its maker.
      stage.server.delete({ kind: 'VpcPeering', namespace: 'network', name: 'theirs' });
      await stage.until(() => stage.get('theirs') === undefined, minutes(2));
      expect(await liveConnections(stage)).toHaveLength(1);
      expect(await census(stage)).toMatchObject({ ours: { routes: ['10.2.0.0/16'] }, theirs: { routes: [] } });
      stage.server.delete({ kind: 'VpcPeering', namespace: 'network', name: 'ours' });
      await stage.until(() => stage.get('ours') === undefined, minutes(2));
      expect(await liveConnections(stage)).toEqual([]);
    },
  );
});
