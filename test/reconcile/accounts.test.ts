import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import type { VpcPeeringStatus } from '../../src/kinds/vpc-peering/api.ts';
import { finalizer } from '../../src/reconcile/finalizer.ts';
import { accountKey, allowed, begin, callsTo, ends, joined, messages, name, other, own, ready, role, vpc } from './accounts-setting.ts';
import {
  account,
  accounts,
  census,
  keyOf,
  lastSequence,
  minutes,
  more,
  namespace,
  peering,
  person,
  vpcNamed,
  writesSince,
  yaml,
} from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** Who may act where: what an AwsAccount allows, before and while objects use it. */

/** A person removes what a peering made. */
async function removeRoute(stage: Stage, accountId: string): Promise<void> {
  const client = person(stage, { accountId });
  const { RouteTables = [] } = await client.send(new ec2.DescribeRouteTablesCommand({}));
  const [made] = RouteTables.flatMap(({ RouteTableId, Routes = [] }) =>
    Routes.filter((route) => route.VpcPeeringConnectionId).map(({ DestinationCidrBlock }) => ({ RouteTableId, DestinationCidrBlock })),
  );
  await client.send(new ec2.DeleteRouteCommand(made as ec2.DeleteRouteCommandInput));
}

describe('an AwsAccount that is deleted', () => {
  test('goes at once when no object has anything in it', async () => {
    const stage = await begin(own(), other());
    await stage.until(() => ready(stage, 'own')?.reason === 'IdentityVerified', minutes(1));
    stage.server.delete(accountKey('own'));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
  });

  test('stays while objects have something in it, says how many, and goes after them', async () => {
    const stage = await joined();
    expect(stage.server.read(accountKey('own'))?.metadata.finalizers).toEqual([finalizer]);
    stage.server.delete(accountKey('own'));
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    expect(ready(stage, 'own')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^1 object uses the account: VpcPeering\/network\/joined; /),
    });
    await stage.until(() => stage.reason(name) === 'AccountNotAllowed', minutes(2));
    expect(messages(stage)).toContain('AwsAccount own is being deleted');
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
    expect(census(stage).connections).toEqual([]);
    expect(ready(stage, 'other')?.status).toBe('True');
  });

  test('is still kept after a restart', async () => {
    const stage = await joined();
    stage.killAll();
    stage.server.delete(accountKey('own'));
    await stage.start();
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    await stage.pass(minutes(10));
    expect(stage.server.read(accountKey('own'))).toBeDefined();
  });

  test('stays, too, for an object that may use it and waits for something else', async () => {
    const stage = await begin(
      own(),
      other(),
      peering(name, { ...ends, requester: { accountRef: { name: 'own' }, ...vpcNamed('nowhere') } }),
    );
    await stage.until(() => stage.reason(name) === 'VpcNotFound', minutes(2));
    stage.server.delete(accountKey('own'));
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
  });

  test('stays for those who mean it by naming none', async () => {
    const side = (vpcName: string) => vpcNamed(vpcName);
    const stage = await begin(
      account('default', accounts.own, role(accounts.own)),
      peering(name, { requester: side('left'), accepter: side('closed') }),
    );
    await stage.until(() => stage.ready(name), minutes(5));
    stage.server.delete(accountKey('default'));
    await stage.until(() => ready(stage, 'default')?.reason === 'InUse', minutes(1));
  });

  test('is not kept by an object that names it and may not use it', async () => {
    const stage = await begin(own({ allowedNamespaces: { from: 'None' } }), other(), peering(name, ends));
    await stage.until(() => stage.reason(name) === 'AccountNotAllowed', minutes(2));
    stage.server.delete(accountKey('own'));
    await stage.until(() => stage.server.read(accountKey('own')) === undefined, minutes(1));
    await stage.until(() => stage.reason(name) === 'AccountNotFound', minutes(1));
  });
});

describe('the namespace must be allowed at both ends', () => {
  test.each([
    ['the requester’s', own({ allowedNamespaces: { from: 'None' } }), other()],
    ['the accepter’s', own(), other({ allowedNamespaces: { from: 'None' } })],
  ])('else nothing is written in either account: %s is closed', async (_which, one, another) => {
    const stage = await begin(one, another, peering(name, ends));
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(writesSince(stage)).toEqual([]);
    expect([...callsTo(stage, 0, accounts.own), ...callsTo(stage, 0, accounts.other)]).toEqual([]);
  });
});

const network = { kind: 'Namespace', name: 'network' };

describe('an allowance by the labels of a namespace', () => {
  const byLabel = { allowedNamespaces: { from: 'Selector', selector: { matchLabels: { network: 'allowed' } } } };

  test('is given and withdrawn by the label alone, and heals without an edit of the object', async () => {
    const stage = await begin(own(byLabel), other(byLabel), peering(name, ends));
    await stage.until(() => stage.reason(name) === 'AccountNotAllowed', minutes(1));
    stage.server.label(network, { network: 'allowed' });
    await stage.until(() => stage.ready(name), minutes(2));
    await stage.pass(minutes(2));
    stage.server.label(network, { network: undefined });
    await removeRoute(stage, accounts.own);
    const sequence = lastSequence(stage);
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    expect(writesSince(stage, sequence)).toEqual([]);
    stage.server.label(network, { network: 'allowed' });
    await stage.until(() => stage.ready(name), minutes(2));
    expect(writesSince(stage, sequence).map(({ operation }) => operation)).toEqual(['CreateRoute']);
  });

  test('ends with the namespace, and what its objects made is cleaned up all the same', async () => {
    const stage = await joined();
    stage.server.delete(network);
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage).connections).toEqual([]);
    expect(census(stage).rules.filter((rule) => rule.includes('ours'))).toEqual([]);
  });

  test('ends with the account: what is left is cleaned up once it is there again', async () => {
    const stage = await joined();
    const before = census(stage);
    stage.server.delete(accountKey('own'));
    await stage.until(() => ready(stage, 'own')?.reason === 'InUse', minutes(1));
    // Somebody takes the finalizer off by hand.
    const held = stage.server.read(accountKey('own'));
    stage.server.replace({
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: 'AwsAccount',
      metadata: { name: 'own', finalizers: [] },
      spec: held?.spec,
    });
    await stage.until(() => stage.reason(name) === 'AccountNotFound', minutes(2));
    const sequence = lastSequence(stage);
    await stage.pass(minutes(10));
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(before);
    stage.server.delete(keyOf(name));
    await stage.pass(minutes(2));
    expect(stage.reason(name)).toBe('DeletionBlocked');
    stage.apply(yaml(own()));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage).connections).toEqual([]);
  });
});

describe('an allowance that is withdrawn while VPCs are connected', () => {
  const closings: readonly (readonly [string, (stage: Stage) => void, string])[] = [
    ['by the account', (stage) => stage.apply(yaml(own({ allowedNamespaces: { from: 'None' } }))), 'AccountNotAllowed'],
    [
      'by its list of regions',
      (stage) => stage.apply(yaml(own({ regions: ['eu-west-1'], defaultRegion: 'eu-west-1' }))),
      'IdentityChanged',
    ],
    ['by its list of VPCs', (stage) => stage.apply(yaml(own({ allowedVpcs: { tags: { tier: 'network' } } }))), 'VpcNotAllowed'],
  ];

  test.each(closings)('stops creating and changing, and lets the object clean up: %s', async (_how, close, reason) => {
    const stage = await joined();
    const joinedAs = census(stage);
    close(stage);
    // Drift, and an edit: both would be followed otherwise, at either end.
    for (const accountId of [accounts.own, accounts.other]) await removeRoute(stage, accountId);
    const before = census(stage);
    expect(more(joinedAs.routes, before.routes)).toHaveLength(2);
    const sequence = lastSequence(stage);
    stage.apply(yaml(peering(name, { ...ends, requester: { ...ends.requester, dns: { allowDnsResolutionFromRemoteVpc: true } } })));
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe(reason);
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(census(stage)).toEqual(before);
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage).connections).toEqual([]);
    expect(census(stage).rules.filter((rule) => rule.includes('ours'))).toEqual([]);
    expect(more(census(stage).routes, before.routes)).toEqual([]);
  });

  test('between two writes of one pass keeps the rest of it back', async () => {
    const many = (vpcName: string, cidr: string) => ({
      ...vpc(vpcName, cidr),
      routeTables: Array.from({ length: 12 }, (_each, index) => ({ name: `table-${index}` })),
    });
    const stage = setStage({
      world: yaml({
        accounts: {
          [accounts.own]: { 'us-west-2': { vpcs: [many('left', '10.1.0.0/16')] } },
          [accounts.other]: { 'us-west-2': { vpcs: [many('right', '10.2.0.0/16')] } },
        },
      }),
      account: '999988887777',
      // Only so many calls are under way at once: while the first ones take their time the account is closed.
      faults: [{ operation: 'ec2:CreateRoute', effect: { delayMs: 3_000 } }],
    });
    stage.apply(yaml(namespace(), own(), other(), peering(name, ends)));
    await stage.start();
    const routesMade = () => more(census(stage).routes, []).filter((route) => !/ (local|igw)/.test(route)).length;
    await stage.until(() => stage.get(name)?.status?.resources?.some(({ role: of }) => of.endsWith('/route')) === true, minutes(5));
    expect(routesMade()).toBe(0);
    stage.apply(yaml(other({ allowedNamespaces: { from: 'None' } })));
    await stage.pass(minutes(10));
    expect(stage.reason(name)).toBe('AccountNotAllowed');
    // What had left already, at either end.
    expect(routesMade()).toBe(8);
    stage.apply(yaml(other()));
    await stage.until(() => stage.ready(name), minutes(5));
    expect(routesMade()).toBe(26);
  });
});

describe('allowedVpcs', () => {
  const only = { allowedVpcs: { tags: allowed } };

  test('lets objects name the VPCs with its tags', async () => {
    const stage = await begin(own(only), other(only), peering(name, ends));
    await stage.until(() => stage.ready(name), minutes(5));
  });

  test.each<[string, (stage: Stage) => object]>([
    ['by its tags', () => vpcNamed('closed')],
    [
      'by its id',
      (stage) => ({
        vpcId: stage.world.vpcs.all().find(({ id }) => stage.world.tagsOf(`${accounts.own}/us-west-2`, id).Name === 'closed')?.id,
      }),
    ],
  ])('keeps others from being named %s, and heals when the VPC is tagged', async (how, end) => {
    const stage = await begin(own(only), other(only));
    stage.apply(yaml(peering(name, { ...ends, requester: { accountRef: { name: 'own' }, ...end(stage) } })));
    await stage.until(() => stage.reason(name) === 'VpcNotAllowed', minutes(2));
    expect(writesSince(stage)).toEqual([]);
    const closed = stage.world.vpcs.all().filter(({ ownerId }) => ownerId === accounts.own);
    // A selector must not be a way to learn ids.
    if (how === 'by its tags') for (const { id } of closed) expect(messages(stage)).not.toContain(id);
    stage.apply(yaml(own({ allowedVpcs: { tags: { Name: 'closed' } } })));
    await stage.until(() => stage.ready(name), minutes(7));
  });

  test('is a matter of the tags that the VPC has now: taken off, nothing is changed any more, and deletion cleans up', async () => {
    const stage = await begin(own(only), other(only), peering(name, ends));
    await stage.until(() => stage.ready(name), minutes(5));
    await stage.pass(minutes(2));
    const before = census(stage);
    const status = stage.get(name)?.status as VpcPeeringStatus | undefined;
    await person(stage).send(new ec2.DeleteTagsCommand({ Resources: [status?.requester?.vpcId ?? ''], Tags: [{ Key: 'isthmus' }] }));
    await stage.until(() => stage.reason(name) === 'VpcNotAllowed', minutes(3));
    for (const accountId of [accounts.own, accounts.other]) await removeRoute(stage, accountId);
    const sequence = lastSequence(stage);
    await stage.pass(minutes(10));
    expect(writesSince(stage, sequence)).toEqual([]);
    expect(more(before.routes, census(stage).routes)).toHaveLength(2);
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage).connections).toEqual([]);
    expect(census(stage).rules.filter((rule) => rule.includes('ours'))).toEqual([]);
  });

  test('tells of a VPC that a selector could mean only where it is allowed', async () => {
    const stage = await begin(
      own({ allowedVpcs: { tags: { Name: 'left' } } }),
      other(),
      peering(name, { ...ends, requester: { accountRef: { name: 'own' }, vpcSelector: { tags: allowed } } }),
    );
    await stage.until(() => stage.ready(name), minutes(5));
  });
});
