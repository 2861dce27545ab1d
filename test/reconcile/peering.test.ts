import * as ec2 from '@aws-sdk/client-ec2';
import { EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import type { VpcPeeringStatus } from '../../src/kinds/vpc-peering/api.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { exampleFile, type Stage, setStage } from './stage.ts';

/** VpcPeering from manifest to traffic and away again, on the simulator. */

const twoVpcs = (options: Partial<Parameters<typeof setStage>[0]> = {}) =>
  setStage({ world: exampleFile('two-vpcs', 'world.yaml'), ...options });
const manifests = exampleFile('two-vpcs', 'manifests.yaml');
const name = 'test1-to-test2';
const key = { kind: 'VpcPeering', namespace: 'network', name };
const minutes = (count: number) => count * 60_000;

const client = (stage: Stage, region = 'us-west-2') =>
  new EC2Client({
    region,
    credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' },
    requestHandler: inProcess(stage.simulator) as never,
  });

/** What a network is made of that a peering may change, without what identifies it by chance. */
async function census(stage: Stage, region = 'us-west-2') {
  const person = client(stage, region);
  const connections = (await person.send(new ec2.DescribeVpcPeeringConnectionsCommand({}))).VpcPeeringConnections ?? [];
  const tables = (await person.send(new ec2.DescribeRouteTablesCommand({}))).RouteTables ?? [];
  const rules = (await person.send(new ec2.DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules ?? [];
  const live = connections.filter((connection) =>
    ['active', 'provisioning', 'pending-acceptance', 'initiating-request'].includes(connection.Status?.Code ?? ''),
  );
  return {
    connections: live.length,
    routes: tables
      .flatMap((table) =>
        (table.Routes ?? [])
          .filter((route) => route.VpcPeeringConnectionId)
          .map((route) => `${table.RouteTableId} ${route.DestinationCidrBlock} ${route.State}`),
      )
      .toSorted(),
    rules: rules
      .filter((rule) => rule.ReferencedGroupInfo && rule.ReferencedGroupInfo.GroupId !== rule.GroupId)
      .map((rule) => `${rule.GroupId} ${rule.ReferencedGroupInfo?.GroupId}`)
      .toSorted(),
    allRules: rules.length,
  };
}

/** What the object says of itself. @throws Error where it is not there */
function statusOf(stage: Stage): VpcPeeringStatus {
  const object = stage.get(name);
  if (!object?.status) throw new Error(`${name} has no status`);
  return object.status as VpcPeeringStatus;
}

const writesSince = (stage: Stage, sequence: number) => stage.simulator.record.writes().filter((call) => call.sequence > sequence);
const lastSequence = (stage: Stage) => stage.simulator.record.calls().at(-1)?.sequence ?? 0;

async function connected(stage: Stage) {
  const before = await census(stage);
  const process = await stage.start();
  stage.apply(manifests);
  await stage.until(() => stage.ready(name), minutes(2));
  return { before, process, after: await census(stage) };
}

describe('two VPCs of one region', () => {
  test('are joined: one connection, routes both ways in every table, rules by reference; and deletion leaves nothing', async () => {
    const stage = twoVpcs();
    const { before, after } = await connected(stage);
    expect(before).toMatchObject({ connections: 0, routes: [], rules: [] });
    expect(after.connections).toBe(1);
    expect(after.routes.length).toBeGreaterThanOrEqual(2);
    expect(after.routes.every((route) => route.endsWith('active'))).toBe(true);
    expect(after.rules).toHaveLength(2);

    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(3));
    expect(await census(stage)).toEqual(before);
  });

  test('are named in status, with every route and rule, and each reason is told in an Event once', async () => {
    const stage = twoVpcs();
    await connected(stage);
    expect(statusOf(stage)).toMatchObject({ state: 'active', observedGeneration: 1, resourceCount: expect.any(Number) });
    expect(JSON.stringify(statusOf(stage))).toContain('10.255.1.0/24');
    const told = stage.server.events.map((event) => `${event.reason}: ${event.message}`);
    expect(new Set(told).size).toBe(told.length);
    expect(told.join('\n')).toContain('everything is as wanted');
  });

  test('cause no write at all once they are in sync, over three resyncs and a restart', async () => {
    const stage = twoVpcs();
    const { process } = await connected(stage);
    await stage.pass(minutes(2));
    const sequence = lastSequence(stage);
    const version = stage.server.version;
    await stage.pass(minutes(4));
    process.kill();
    await stage.start();
    await stage.pass(minutes(2));
    expect(lastSequence(stage)).toBeGreaterThan(sequence);
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(stage.server.version).toBe(version);
  });

  test('get back a route and a rule that a person removed', async () => {
    const stage = twoVpcs();
    const { after } = await connected(stage);
    const person = client(stage);
    const [tableId = '', destination = ''] = (after.routes[0] ?? '').split(' ');
    await person.send(new ec2.DeleteRouteCommand({ RouteTableId: tableId, DestinationCidrBlock: destination }));
    const rules = (await person.send(new ec2.DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules ?? [];
    const ours = rules.find((rule) => rule.Tags?.some((tag) => tag.Key === 'isthmus.dev/uid'));
    await person.send(
      new ec2.RevokeSecurityGroupIngressCommand({ GroupId: ours?.GroupId, SecurityGroupRuleIds: [ours?.SecurityGroupRuleId ?? ''] }),
    );
    const sequence = lastSequence(stage);
    await stage.pass(minutes(3));
    expect(await census(stage)).toEqual(after);
    expect(
      writesSince(stage, sequence)
        .map((call) => call.operation)
        .toSorted(),
    ).toEqual(['AuthorizeSecurityGroupIngress', 'CreateRoute']);
  });

  test('keep the rules and routes of others, after deletion too', async () => {
    const stage = twoVpcs();
    const { after } = await connected(stage);
    const person = client(stage);
    const groupId = after.rules[0]?.split(' ')[0];
    await person.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }],
      }),
    );
    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(3));
    const left = (await person.send(new ec2.DescribeSecurityGroupRulesCommand({}))).SecurityGroupRules ?? [];
    expect(left.some((rule) => rule.CidrIpv4 === '192.0.2.0/24')).toBe(true);
  });

  test('are joined again when a person deletes the connection, and the blackholes left behind are turned to the new one', async () => {
    const stage = twoVpcs();
    const { after } = await connected(stage);
    const person = client(stage);
    const old = statusOf(stage).peeringConnectionId ?? '';
    await person.send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: old }));
    const sequence = lastSequence(stage);
    await stage.until(() => statusOf(stage).peeringConnectionId !== old && stage.ready(name), minutes(5));
    expect(await census(stage)).toEqual(after);
    expect(writesSince(stage, sequence).map((call) => call.operation)).toContain('ReplaceRoute');
    expect(writesSince(stage, sequence).map((call) => call.operation)).not.toContain('CreateRoute');

    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(3));
    expect((await census(stage)).routes).toEqual([]);
  });

  test('are not joined while the object is paused or only observes, and the plan says what would be done', async () => {
    const stage = twoVpcs();
    await stage.start();
    stage.apply(manifests.replace('spec:\n  requester:', 'spec:\n  observeOnly: true\n  requester:'));
    await stage.pass(minutes(2));
    expect(stage.simulator.record.writes()).toEqual([]);
    expect(stage.reason(name)).toBe('ObserveOnly');
    expect(statusOf(stage).plan?.[0]).toMatch(/^request a peering connection from vpc-/);
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(3));
  });

  test('that a person has mended in AWS are looked at at once when reconcile-at asks', async () => {
    const stage = twoVpcs();
    const person = client(stage);
    const { RouteTables = [] } = await person.send(new ec2.DescribeRouteTablesCommand({}));
    const table = RouteTables.find((each) =>
      each.Routes?.some((route) => route.GatewayId?.startsWith('igw-') && route.DestinationCidrBlock === '0.0.0.0/0'),
    );
    const gateway = table?.Routes?.find((route) => route.GatewayId?.startsWith('igw-'))?.GatewayId;
    const { Vpcs = [] } = await person.send(new ec2.DescribeVpcsCommand({ VpcIds: [table?.VpcId ?? ''] }));
    const other = Vpcs[0]?.CidrBlock === '10.255.0.0/24' ? '10.255.1.0/24' : '10.255.0.0/24';
    await person.send(new ec2.CreateRouteCommand({ RouteTableId: table?.RouteTableId, DestinationCidrBlock: other, GatewayId: gateway }));
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.reason(name) === 'RouteConflict', minutes(2));
    await stage.pass(minutes(1));
    await person.send(new ec2.DeleteRouteCommand({ RouteTableId: table?.RouteTableId, DestinationCidrBlock: other }));
    stage.server.annotate(key, { 'isthmus.dev/reconcile-at': 'now' });
    await stage.until(() => stage.ready(name), 5_000);
  });

  test('of a namespace that the account does not allow cause no call for it, and heal without an edit once it does', async () => {
    const stage = twoVpcs();
    await stage.start();
    stage.apply(manifests.replace('kubernetes.io/metadata.name: network', 'peering: allowed'));
    await stage.pass(minutes(1));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(stage.simulator.record.calls().filter((call) => call.service === 'ec2')).toEqual([]);
    stage.apply('{apiVersion: v1, kind: Namespace, metadata: {name: network, labels: {peering: allowed}}}');
    await stage.until(() => stage.ready(name), minutes(2));
  });

  test('with overlapping, missing or ambiguous VPCs get a reason with the ids, and no write', async () => {
    const stage = twoVpcs();
    await stage.start();
    stage.apply(manifests.replaceAll('peering_test_2', 'nobody'));
    await stage.pass(minutes(1));
    expect(stage.reason(name)).toBe('VpcNotFound');
    expect(JSON.stringify(stage.get(name)?.status)).toContain('Name=nobody');
    expect(stage.simulator.record.writes()).toEqual([]);
  });
});

describe('two VPCs of two regions', () => {
  test('are joined: requested in Seoul, accepted in London, rules by CIDR; and deletion leaves nothing', async () => {
    const stage = setStage({ world: exampleFile('seoul-london', 'world.yaml') });
    const before = [await census(stage, 'ap-northeast-2'), await census(stage, 'eu-west-2')];
    await stage.start();
    stage.apply(exampleFile('seoul-london', 'manifests.yaml'));
    await stage.until(() => stage.ready('seoul-to-london'), minutes(3));
    const writes = stage.simulator.record.writes().map((call) => `${call.operation} ${call.region}`);
    expect(writes).toContain('CreateVpcPeeringConnection ap-northeast-2');
    expect(writes).toContain('AcceptVpcPeeringConnection eu-west-2');
    stage.server.delete({ kind: 'VpcPeering', namespace: 'network', name: 'seoul-to-london' });
    await stage.until(() => stage.get('seoul-to-london') === undefined, minutes(3));
    expect([await census(stage, 'ap-northeast-2'), await census(stage, 'eu-west-2')]).toEqual(before);
  });
});

/** How many writes it takes to join the two VPCs, told by a run without accidents. */
async function writesOfWholePath(): Promise<number> {
  const stage = twoVpcs();
  await connected(stage);
  return stage.simulator.record.writes().length;
}

describe('a crash', () => {
  test.each(['before', 'after'] as const)('%s any write to AWS ends, after a restart, with exactly one of everything', async (when) => {
    const wholePath = await writesOfWholePath();
    const reference = twoVpcs();
    const { after } = await connected(reference);
    for (let write = 1; write <= wholePath; write++) {
      const stage = twoVpcs();
      const first = await stage.start({ dieAt: { write, when } });
      stage.apply(manifests);
      await stage.until(() => first.dead, minutes(3));
      await stage.start();
      await stage.until(() => stage.ready(name), minutes(3));
      expect({ write, ...(await census(stage)) }).toEqual({ write, ...after });
      stage.server.delete(key);
      await stage.until(() => stage.get(name) === undefined, minutes(3));
      expect({ write, ...(await census(stage)) }).toMatchObject({ write, connections: 0, routes: [], rules: [] });
    }
  });

  test.each(['before', 'after'] as const)('%s any write of a deletion ends, after a restart, with nothing left', async (when) => {
    for (let write = 1; write <= 12; write++) {
      const stage = twoVpcs();
      const { before, process } = await connected(stage);
      process.kill();
      const second = await stage.start({ dieAt: { write, when } });
      stage.server.delete(key);
      await stage.until(() => second.dead || stage.get(name) === undefined, minutes(3));
      if (stage.get(name) === undefined) break;
      await stage.start();
      await stage.until(() => stage.get(name) === undefined, minutes(3));
      expect({ write, ...(await census(stage)) }).toEqual({ write, ...before });
    }
  });
});

describe('an answer that is lost', () => {
  test('of any write ends with exactly one of everything', async () => {
    const { after } = await connected(twoVpcs());
    for (const operation of [
      'CreateVpcPeeringConnection',
      'AcceptVpcPeeringConnection',
      'CreateRoute',
      'AuthorizeSecurityGroupIngress',
      'CreateTags',
    ]) {
      for (const effect of [{ loseAnswer: true }, { loseRequest: true }] as const) {
        const stage = twoVpcs({ faults: [{ operation, nth: 1, effect }] });
        await stage.start();
        stage.apply(manifests);
        await stage.until(() => stage.ready(name), minutes(5));
        expect({ operation, effect, ...(await census(stage)) }).toEqual({ operation, effect, ...after });
        stage.server.delete(key);
        await stage.until(() => stage.get(name) === undefined, minutes(5));
        expect({ operation, effect, ...(await census(stage)) }).toMatchObject({ connections: 0, routes: [], rules: [] });
      }
    }
  });
});

describe('AWS at its worst', () => {
  test('reads that lag behind writes by ten seconds make nothing twice', async () => {
    const { after } = await connected(twoVpcs());
    const stage = twoVpcs({ settings: { lagMs: 10_000 } });
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(10));
    await stage.pass(minutes(2));
    expect(await census(stage)).toEqual(after);
    expect(stage.simulator.record.writes().filter((call) => call.operation === 'CreateVpcPeeringConnection')).toHaveLength(1);
  });

  test('throttling for a while ends in recovery without a duplicate', async () => {
    const { after } = await connected(twoVpcs());
    const stage = twoVpcs({ faults: [{ operation: 'ec2:*', probability: 0.5, effect: { throttle: true } }], seed: 7 });
    await stage.start();
    stage.apply(manifests);
    await stage.pass(minutes(1));
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(12));
    expect(await census(stage)).toEqual(after);
  });

  test('a permission that is missing is named, and asked for seldom', async () => {
    const stage = twoVpcs({ faults: [{ operation: 'CreateRoute', effect: { deny: true } }] });
    await stage.start();
    stage.apply(manifests);
    await stage.pass(minutes(4));
    expect(stage.reason(name)).toBe('AccessDenied');
    expect(JSON.stringify(stage.get(name)?.status)).toContain('ec2:CreateRoute');
    stage.simulator.record.clear();
    await stage.pass(minutes(10));
    const tries = stage.simulator.record.writes().map((call) => JSON.stringify(call.parameters));
    expect(Math.max(...new Set(tries).values().map((route) => tries.filter((other) => other === route).length))).toBeLessThanOrEqual(3);
    expect(tries.length).toBeGreaterThan(0);
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(12));
  });
});

describe('objects that come and go', () => {
  test('under the same name in the middle of a pass: the new one gets none of the old one’s ids, and what the old one made goes', async () => {
    const stage = twoVpcs({ faults: [{ operation: 'CreateVpcPeeringConnection', nth: 1, effect: { delayMs: 5_000 } }] });
    await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.get(name)?.status?.resources?.length === 1, minutes(1));
    const first = stage.get(name)?.metadata.uid;
    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(5));
    stage.apply(manifests);
    await stage.until(() => stage.ready(name), minutes(5));
    expect(stage.get(name)?.metadata.uid).not.toBe(first);
    expect((await census(stage)).connections).toBe(1);
  });

  test('for the same pair of VPCs: the older one has it, and hands everything over when it goes, without a moment’s outage', async () => {
    const stage = twoVpcs();
    const { before, after } = await connected(stage);
    const second = manifests.replace(name, 'second');
    await stage.pass(2_000);
    stage.apply(second);
    await stage.pass(minutes(1));
    expect(stage.reason('second')).toBe('SideOwnedByAnother');
    const sequence = lastSequence(stage);
    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined && stage.ready('second'), minutes(3));
    expect(await census(stage)).toEqual(after);
    expect([...new Set(writesSince(stage, sequence).map((call) => call.operation))]).toEqual(['CreateTags']);
    stage.server.delete({ ...key, name: 'second' });
    await stage.until(() => stage.get('second') === undefined, minutes(3));
    expect(await census(stage)).toEqual(before);
  });

  test('a process whose lease is lost writes nothing more, to AWS or to the cluster', async () => {
    const stage = twoVpcs();
    const process = await stage.start();
    stage.apply(manifests);
    await stage.until(() => stage.simulator.record.writes().length === 1, minutes(1));
    process.loseLease();
    const sequence = lastSequence(stage);
    const version = stage.server.version;
    await stage.pass(minutes(5));
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(stage.server.version).toBe(version);
    process.kill();
    await stage.start();
    await stage.until(() => stage.ready(name), minutes(3));
    expect((await census(stage)).connections).toBe(1);
  });
});
