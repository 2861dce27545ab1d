import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CommonStatus, MemoryEntry } from '../../src/kinds/kind.ts';
import type { RegionNetwork } from '../../src/network/model.ts';
import { account, accounts, census, keyOf, lastSequence, minutes, more, namespace, peering, person, writesSince, yaml } from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/**
 * A team that may use one account tries to get at another's, and at what others have in its own: by what its specs name, and by what it
 * writes into its statuses, as if nothing kept it from that.
 */

const victim = accounts.other;
const marker = 'kept-from-other-teams';

const vpcs = (accountId: string, names: readonly string[], firstBlock: number) => ({
  [accountId]: {
    'us-west-2': {
      vpcs: names.map((name, index) => ({
        name,
        cidr: `10.${firstBlock + index}.0.0/16`,
        internetGateway: true,
        tags: accountId === victim ? { note: marker } : {},
        subnets: [{ name: 'a', cidr: `10.${firstBlock + index}.0.0/24` }],
        routeTables: [{ name: 'a', subnets: ['a'], routes: [{ to: '0.0.0.0/0', via: 'internet-gateway' }] }],
        securityGroups: [{ name: 'web', ingress: [{ protocol: 'tcp', ports: 443, from: '0.0.0.0/0' }] }],
      })),
    },
  },
});

/** Two connections in each account that are not the team's object's: one made by hand, one by an object of another team. */
async function furnish(stage: Stage, accountId: string, pairs: readonly (readonly [string, string, readonly ec2.Tag[]])[]) {
  const client = person(stage, { accountId });
  const { Vpcs = [] } = await client.send(new ec2.DescribeVpcsCommand({}));
  const named = (name: string) => Vpcs.find(({ Tags = [] }) => Tags.some((tag) => tag.Key === 'Name' && tag.Value === name));
  for (const [left, right, tags] of pairs) {
    const [one, other] = [named(left), named(right)];
    const { VpcPeeringConnection } = await client.send(
      new ec2.CreateVpcPeeringConnectionCommand({
        VpcId: one?.VpcId,
        PeerVpcId: other?.VpcId,
        TagSpecifications: [{ ResourceType: 'vpc-peering-connection', Tags: [{ Key: 'Name', Value: `${left}-${right}` }, ...tags] }],
      }),
    );
    const id = VpcPeeringConnection?.VpcPeeringConnectionId;
    await stage.pass(minutes(1));
    await client.send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
    await stage.pass(minutes(1));
    for (const [from, to] of [
      [one, other],
      [other, one],
    ]) {
      const filters = [{ Name: 'vpc-id', Values: [from?.VpcId ?? ''] }];
      const { RouteTables = [] } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters: filters }));
      for (const { RouteTableId } of RouteTables) {
        const route = { RouteTableId, DestinationCidrBlock: to?.CidrBlock, VpcPeeringConnectionId: id };
        await client.send(new ec2.CreateRouteCommand(route));
      }
    }
  }
  client.destroy();
}

const another = [
  { Key: 'isthmus.dev/cluster', Value: 'stage' },
  { Key: 'isthmus.dev/owner', Value: 'VpcPeering/others/joined' },
  { Key: 'isthmus.dev/uid', Value: '00000000-0000-4000-8000-00000000abcd' },
];

async function scene(seed = 1): Promise<Stage> {
  const stage = setStage({
    seed,
    account: '999988887777',
    world: yaml({
      accounts: {
        ...vpcs(accounts.own, ['left', 'right', 'hand-1', 'hand-2', 'others-1', 'others-2'], 1),
        ...vpcs(victim, ['safe-1', 'safe-2', 'safe-3', 'safe-4'], 101),
      },
    }),
  });
  await furnish(stage, accounts.own, [
    ['hand-1', 'hand-2', []],
    ['others-1', 'others-2', another],
  ]);
  await furnish(stage, victim, [
    ['safe-1', 'safe-2', []],
    ['safe-3', 'safe-4', another],
  ]);
  const role = (accountId: string) => ({ assumeRole: { roleArn: `arn:aws:iam::${accountId}:role/isthmus` } });
  const others = { from: 'Selector', selector: { matchLabels: { 'kubernetes.io/metadata.name': 'others' } } };
  stage.apply(
    yaml(
      namespace('network'),
      namespace('others'),
      account('mine', accounts.own, role(accounts.own)),
      account('victim', victim, { ...role(victim), allowedNamespaces: others }),
      account('default', victim, { ...role(victim), allowedNamespaces: { from: 'None' } }),
    ),
  );
  return stage;
}

/** Calls in the victim's account later than a moment of the record; that its identity is looked at now and then is the AwsAccount's own doing. */
const callsAtVictim = (stage: Stage, sequence: number) =>
  stage.simulator.record.calls().filter((call) => call.sequence > sequence && call.accountId === victim && call.service !== 'sts');

const networkOf = (stage: Stage, accountId: string): RegionNetwork =>
  stage.world.network().find((network) => network.accountId === accountId) as RegionNetwork;

/** Writes a status as somebody with the right to do so could. */
function forge(stage: Stage, name: string, status: object): void {
  const object = stage.get(name);
  if (object) stage.server.writeStatus(object, { ...object.status, ...status });
}

const entry = (role: string, id: string, more: Partial<MemoryEntry> = {}): MemoryEntry => ({
  role,
  accountRef: 'mine',
  accountId: accounts.own,
  region: 'us-west-2',
  id,
  created: true,
  attempt: 1,
  intentAt: '2026-01-01T00:00:00Z',
  ...more,
});

const vpcId = (stage: Stage, accountId: string, name: string): string =>
  [...networkOf(stage, accountId).vpcs.values()].find(({ tags }) => tags.Name === name)?.vpcId ?? '';
const connectionOf = (stage: Stage, accountId: string, name: string): string =>
  [...networkOf(stage, accountId).peeringConnections.values()].find(({ tags }) => tags.Name === name)?.vpcPeeringConnectionId ?? '';
/** A route of a VPC's own table, as `status.resources` names it. */
const routeOf = (stage: Stage, { accountId, vpc, to }: { accountId: string; vpc: string; to: string }): string => {
  const tables = [...networkOf(stage, accountId).routeTables.values()];
  const table = tables.find((each) => each.vpcId === vpcId(stage, accountId, vpc) && each.tags.Name === 'a');
  return `${table?.routeTableId}/${to}`;
};

const pair = (from: string, to: string, accountRef = 'mine') => ({
  requester: { accountRef: { name: accountRef }, vpcSelector: { tags: { Name: from } } },
  accepter: { accountRef: { name: accountRef }, vpcSelector: { tags: { Name: to } } },
});

async function deleted(stage: Stage, name: string): Promise<void> {
  stage.server.delete(keyOf(name));
  await stage.until(() => stage.get(name) === undefined, minutes(20));
}

describe('a forged status.resources', () => {
  const name = 'forger';
  const live = async () => {
    const stage = await scene();
    const before = census(stage, { ids: true });
    await stage.start();
    stage.apply(yaml(peering(name, pair('left', 'right'))));
    await stage.until(() => stage.ready(name), minutes(5));
    return { stage, before };
  };

  test.each<[string, (stage: Stage) => readonly MemoryEntry[]]>([
    [
      'a default route, with its internet gateway as a connection of the past',
      (stage) => {
        const gateway = [...networkOf(stage, accounts.own).internetGateways.keys()];
        const route = routeOf(stage, { accountId: accounts.own, vpc: 'left', to: '0.0.0.0/0' });
        return [...gateway.map((id) => entry('requester/former-connection', id)), entry('requester/route', route)];
      },
    ],
    [
      'a connection made by hand, and the route to it',
      (stage) => [
        entry('requester/former-connection', connectionOf(stage, accounts.own, 'hand-1-hand-2')),
        entry('requester/route', routeOf(stage, { accountId: accounts.own, vpc: 'hand-1', to: '10.4.0.0/16' })),
      ],
    ],
    [
      'a connection of another object, and the route to it',
      (stage) => [
        entry('requester/former-connection', connectionOf(stage, accounts.own, 'others-1-others-2')),
        entry('requester/route', routeOf(stage, { accountId: accounts.own, vpc: 'others-1', to: '10.6.0.0/16' })),
      ],
    ],
    [
      'rules that others made',
      (stage) => [...networkOf(stage, accounts.own).securityGroupRules.keys()].map((id) => entry('requester/rule', id)),
    ],
    [
      'things of an account that its namespace may not use',
      (stage) => {
        const there = { accountRef: 'victim', accountId: victim };
        const { securityGroupRules, peeringConnections, internetGateways } = networkOf(stage, victim);
        return [
          ...[...securityGroupRules.keys()].map((id) => entry('accepter/rule', id, there)),
          ...[...peeringConnections.keys(), ...internetGateways.keys()].map((id) => entry('accepter/connection', id, there)),
          entry('accepter/route', routeOf(stage, { accountId: victim, vpc: 'safe-1', to: '0.0.0.0/0' }), there),
          entry('accepter/route', routeOf(stage, { accountId: victim, vpc: 'safe-1', to: '10.102.0.0/16' }), there),
        ];
      },
    ],
  ])('gets nothing deleted that is not the object’s: %s', async (_what, forged) => {
    const { stage, before } = await live();
    const after = census(stage, { ids: true });
    const sequence = lastSequence(stage);
    const held = stage.get(name)?.status?.resources ?? [];
    forge(stage, name, { resources: [...held, ...forged(stage)] });
    await stage.pass(minutes(10));
    expect(census(stage, { ids: true })).toEqual(after);
    // A pass may have cleaned it out of the status.
    forge(stage, name, { resources: [...held, ...forged(stage)] });
    await deleted(stage, name);
    const left = census(stage, { ids: true });
    expect([left.connections, left.routes, left.rules]).toEqual([before.connections, before.routes, before.rules]);
    expect(callsAtVictim(stage, sequence)).toEqual([]);
  });

  test('with another account than the spec’s does not lead there on deletion, and is said to have been left alone', async () => {
    const { stage } = await live();
    const sequence = lastSequence(stage);
    const id = connectionOf(stage, victim, 'safe-1-safe-2');
    forge(stage, name, { resources: [entry('accepter/connection', id, { accountRef: 'victim', accountId: victim })] });
    await deleted(stage, name);
    expect(callsAtVictim(stage, sequence)).toEqual([]);
    const told = stage.server.events.filter(({ key }) => key.name === name).map(({ message }) => message);
    expect(told).toContainEqual(expect.stringContaining(`status.resources held accepter/connection ${id} of AwsAccount victim`));
  });

  test('and a spec that names the VPCs of an account that its namespace may not use delete nothing there', async () => {
    const stage = await scene();
    await stage.start();
    const before = ofVictim(stage);
    const ends = ['safe-1', 'safe-2'].map((name) => ({ accountRef: { name: 'victim' }, vpcId: vpcId(stage, victim, name) }));
    stage.apply(yaml(peering('forger', { requester: ends[0], accepter: ends[1] })));
    await stage.pass(minutes(1));
    stage.server.delete(keyOf('forger'));
    const there = { accountRef: 'victim', accountId: victim };
    const connection = entry('requester/connection', connectionOf(stage, victim, 'safe-1-safe-2'), there);
    const route = entry('requester/route', routeOf(stage, { accountId: victim, vpc: 'safe-1', to: '10.102.0.0/16' }), there);
    forge(stage, 'forger', { resources: [connection, route] });
    await stage.pass(minutes(10));
    expect(ofVictim(stage)).toEqual(before);
    expect(stage.reason('forger')).toBe('DeletionBlocked');
    expect(JSON.stringify(stage.get('forger')?.status?.conditions)).toContain('nothing proves the route to be its own');
  });
});

describe('routes to a connection that was only used', () => {
  test('wait, when the account is withdrawn before the object is deleted, until it is allowed again', async () => {
    const stage = await scene();
    const before = census(stage, { ids: true });
    await stage.start();
    const narrow = (end: object) => ({ ...end, routeTables: { strategy: 'All' } });
    const { requester, accepter } = pair('hand-1', 'hand-2');
    // Its own tables have the routes already: the one made here is narrower.
    stage.apply(yaml(peering('user', { requester: { ...narrow(requester), destinations: ['10.4.7.0/24'] }, accepter: narrow(accepter) })));
    await stage.until(() => stage.ready('user'), minutes(5));
    const mine = more(census(stage, { ids: true }).routes, before.routes);
    expect(mine).toHaveLength(2);
    const role = { assumeRole: { roleArn: `arn:aws:iam::${accounts.own}:role/isthmus` } };
    stage.apply(yaml(account('mine', accounts.own, { ...role, allowedNamespaces: { from: 'None' } })));
    stage.server.delete(keyOf('user'));
    await stage.until(() => stage.reason('user') === 'DeletionBlocked', minutes(5));
    expect(more(census(stage, { ids: true }).routes, before.routes)).toEqual(mine);
    stage.apply(yaml(account('mine', accounts.own, role)));
    await stage.until(() => stage.get('user') === undefined, minutes(10));
    expect(census(stage, { ids: true })).toEqual(before);
  });
});

describe('a spec', () => {
  test('claims nothing in an account that its namespace may not use', async () => {
    const stage = await scene();
    await stage.start();
    const ends = ['safe-1', 'safe-2'].map((name) => ({ accountRef: { name: 'victim' }, vpcId: vpcId(stage, victim, name) }));
    stage.apply(yaml(peering('squatter', { requester: ends[0], accepter: ends[1] })));
    await stage.pass(minutes(2));
    stage.apply(
      yaml({ ...peering('rightful', { requester: ends[0], accepter: ends[1] }), metadata: { name: 'rightful', namespace: 'others' } }),
    );
    const ready = () =>
      stage.server
        .read({ kind: 'VpcPeering', namespace: 'others', name: 'rightful' })
        ?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    await stage.until(() => ready() === 'True', minutes(5));
    expect(stage.reason('squatter')).toBe('AccountNotAllowed');
  });
});

test.each([
  '../safe',
  'network/safe',
  'VpcPeering/others/joined',
  'a b',
  '$' + '{aws:PrincipalTag/isthmus.dev/cluster}',
  '*',
  'arn:aws:iam::222233334444:role/isthmus',
  'x,isthmus.dev/uid=00000000-0000-4000-8000-00000000abcd',
  'UPPER',
  'ünïcode',
  'line\nbreak',
  '.dot',
  'x'.repeat(64),
  '',
])('an object cannot be called %j', async (name) => {
  const stage = await scene();
  expect(() => stage.apply(yaml(peering(name, pair('left', 'right'))))).toThrow(/metadata\.name/);
});

describe('whatever a team writes', () => {
  interface Attack {
    /** Of the object: all but a number that tells it from others. */
    readonly name: string;
    readonly spec: (stage: Stage) => object;
    readonly resources: (stage: Stage) => readonly MemoryEntry[] | undefined;
    readonly deletionPolicy: string;
    readonly abandon: string | undefined;
  }

  const names = ['left', 'right', 'safe-1', 'safe-2', 'safe-3', 'nothing'] as const;
  const ownerOf = (name: string) => (name.startsWith('safe') ? victim : accounts.own);
  const accountRef = fc.constantFrom('mine', 'mine', 'victim', 'default', undefined, 'absent', 'victim/../mine', 'Mine');
  const vpc = fc.constantFrom(...names);
  const anyCidr = fc.constantFrom('10.1.0.0/16', '10.2.0.0/16', '10.2.3.0/24', '10.101.0.0/16', '10.102.0.0/16', '0.0.0.0/1', '8.8.8.0/24');

  /** Something in AWS, by its sort, to be looked up on the stage. */
  const thing = fc.record({
    sort: fc.constantFrom('table', 'group', 'rule', 'connection', 'gateway'),
    index: fc.nat(60),
    of: fc.constantFrom('own', 'victim'),
  });
  type Thing = { readonly sort: string; readonly index: number; readonly of: string };
  const idOf = (stage: Stage, { sort, index, of }: Thing): string => {
    const network = networkOf(stage, of === 'own' ? accounts.own : victim);
    const { routeTables, securityGroups, securityGroupRules, peeringConnections, internetGateways } = network;
    const things = {
      table: routeTables,
      group: securityGroups,
      rule: securityGroupRules,
      connection: peeringConnections,
      gateway: internetGateways,
    };
    const ids = [...things[sort as keyof typeof things].keys()];
    return ids[index % ids.length] ?? '';
  };

  const selector = (name: string, byId: boolean) => (stage: Stage) =>
    byId ? { vpcId: vpcId(stage, ownerOf(name), name) || 'vpc-0123456789abcdef0' } : { vpcSelector: { tags: { Name: name } } };
  const group = fc.oneof(
    fc.constant({ name: 'default' }),
    fc.constant({ name: 'web' }),
    thing.map((what) => ({ thing: what })),
  );
  const groupOf = (stage: Stage, chosen: object) =>
    'thing' in chosen ? { id: idOf(stage, { ...(chosen.thing as Thing), sort: 'group' }) } : chosen;
  const rule = fc.record({ group, from: fc.oneof(fc.constant('peer'), anyCidr, group) });
  const side = fc
    .record({
      ref: accountRef,
      name: vpc,
      byId: fc.boolean(),
      foreign: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
      tables: fc.option(thing, { nil: undefined }),
      destinations: fc.option(anyCidr, { nil: undefined }),
      ingress: fc.array(rule, { maxLength: 2 }),
    })
    .map((chosen) => (stage: Stage) => {
      const { ref, name, byId, foreign, tables, destinations, ingress } = chosen;
      if (foreign)
        return { accountId: ownerOf(name), region: 'us-west-2', vpcId: vpcId(stage, ownerOf(name), name) || 'vpc-0123456789abcdef0' };
      const from = (what: object | string) =>
        what === 'peer' ? { peer: true } : typeof what === 'string' ? { cidrs: [what] } : { securityGroup: groupOf(stage, what) };
      return {
        ...(ref !== undefined && { accountRef: { name: ref } }),
        ...selector(name, byId)(stage),
        ...(tables && { routeTables: { strategy: 'Selected', ids: [idOf(stage, { ...tables, sort: 'table' })] } }),
        ...(destinations !== undefined && { destinations: [destinations] }),
        ...(ingress.length > 0 && {
          ingress: ingress.map((each, index) => ({
            name: `rule-${index}`,
            securityGroup: groupOf(stage, each.group),
            protocol: 'all',
            from: from(each.from),
          })),
        }),
      };
    });

  /** Entries that fit together: a route and what it leads to as a connection, or a thing by itself. */
  const forgedEntries = fc
    .record({
      what: fc.constantFrom('route', 'thing'),
      role: fc.constantFrom('connection', 'former-connection'),
      ownRole: fc.constantFrom('connection', 'former-connection', 'route', 'rule'),
      side: fc.constantFrom('requester', 'accepter'),
      ref: fc.constantFrom('mine', 'mine', 'victim', 'default', 'absent'),
      region: fc.constantFrom('us-west-2', 'us-west-2', 'us-west-2', 'eu-west-1'),
      thing,
      created: fc.boolean(),
    })
    .map((chosen) => (stage: Stage): readonly MemoryEntry[] => {
      const { what, role, ownRole, side: of, ref, region, thing: one, created } = chosen;
      const accountId = one.of === 'own' ? accounts.own : victim;
      const place = { accountRef: ref, accountId, region };
      if (what === 'thing') {
        const key = ownRole === 'connection' ? { key: 'connection' } : {};
        return [entry(`${of}/${ownRole}`, idOf(stage, one), { ...place, created, ...key })];
      }
      const routes = [...networkOf(stage, accountId).routeTables.values()].flatMap((table) =>
        table.routes.map(({ destination, target }) => ({ id: `${table.routeTableId}/${destination}`, target: target.id })),
      );
      const route = routes[one.index % routes.length];
      return [entry(`${of}/route`, route?.id ?? '', place), entry(`${of}/${role}`, route?.target ?? '', { ...place, created })];
    });

  const attack: fc.Arbitrary<Attack> = fc
    .record({
      // As strange as Kubernetes lets a name be: it stands in tags, claims and messages.
      name: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?){0,2}$/),
      requester: side,
      accepter: side,
      forged: fc.option(fc.array(forgedEntries, { minLength: 1, maxLength: 8 }), { nil: undefined, freq: 2 }),
      deletionPolicy: fc.constantFrom('Delete', 'Delete', 'Retain'),
      abandon: fc.constantFrom(undefined, undefined, 'requester', 'accepter', 'all'),
    })
    .map(({ name, requester, accepter, forged, deletionPolicy, abandon }) => ({
      name,
      spec: (stage) => ({ requester: requester(stage), accepter: accepter(stage) }),
      resources: (stage) => forged?.flatMap((each) => each(stage)),
      deletionPolicy,
      abandon,
    }));

  /** Statuses that were forged are let be believed for deletion only as far as they name the accounts of the spec; these may then be read. */
  const mayRead = (attacks: readonly Attack[], stage: Stage): boolean =>
    attacks.some((each) => /"(victim|default)"/.test(JSON.stringify(each.resources(stage) ?? [])));

  const batches = 40;
  const perBatch = 25;

  test(`reaches no account but its own, and nothing that others have (${batches * perBatch} generated attacks)`, async () => {
    let applied = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(attack, { minLength: perBatch, maxLength: perBatch }), fc.nat(1_000), async (attacks, seed) => {
        const stage = await scene(seed);
        const before = census(stage, { ids: true });
        const kept = ofVictim(stage);
        const sequence = lastSequence(stage);
        await stage.start();
        const admitted: { readonly name: string; readonly attack: Attack }[] = [];
        for (const [index, each] of attacks.entries()) {
          const name = `${each.name.slice(0, 50)}${index}`;
          try {
            stage.apply(yaml(peering(name, { ...each.spec(stage), deletionPolicy: each.deletionPolicy })));
            admitted.push({ name, attack: each });
          } catch (error) {
            // Refused at admission: as good as any other refusal.
            if (!(error instanceof Error && error.name === 'InvalidError')) throw error;
          }
        }
        applied += admitted.length;
        await stage.pass(minutes(3));
        expect(callsAtVictim(stage, sequence)).toEqual([]);
        for (const { name, attack: each } of admitted) {
          const resources = each.resources(stage);
          if (resources) forge(stage, name, { resources: [...(stage.get(name)?.status?.resources ?? []), ...resources] });
        }
        await stage.pass(minutes(3));
        expect(callsAtVictim(stage, sequence)).toEqual([]);
        for (const { name, attack: each } of admitted) {
          if (each.abandon) stage.server.annotate(keyOf(name), { 'isthmus.dev/abandon': each.abandon });
          stage.server.delete(keyOf(name));
          const resources = each.resources(stage);
          // Once more, before a pass has cleaned it out of the status.
          if (resources) forge(stage, name, { resources: [...(stage.get(name)?.status?.resources ?? []), ...resources] });
        }
        await stage.pass(minutes(15));

        const atVictim = callsAtVictim(stage, sequence);
        if (!mayRead(attacks, stage)) expect(atVictim).toEqual([]);
        expect(writesSince(stage, sequence).filter((call) => call.accountId === victim)).toEqual([]);
        expect(ofVictim(stage)).toEqual(kept);
        const after = census(stage, { ids: true });
        // What is left beside it was to be left: retained, let go, or waiting for a side that cannot be entered.
        expect(before.routes.filter((route) => !after.routes.includes(route))).toEqual([]);
        expect(before.rules.filter((each) => !after.rules.includes(each))).toEqual([]);
        expect(before.connections.filter((each) => !after.connections.includes(each))).toEqual([]);
        const told = JSON.stringify([
          stage.server.list('VpcPeering').map((object) => (object as { readonly status?: CommonStatus }).status),
          stage.server.events,
        ]);
        expect(told).not.toContain(marker);
      }),
      { numRuns: batches, seed: 20_261 },
    );
    // Most attacks must have got past admission, else this proves nothing.
    expect(applied).toBeGreaterThan(batches * perBatch * 0.5);
  }, 300_000);
});

/** What the victim has, a line each; requests that others make to it are theirs. */
const ofVictim = (stage: Stage): readonly string[] =>
  Object.values(networkOf(stage, victim))
    .filter((collection) => collection instanceof Map)
    .flatMap((collection) => [...collection.values()])
    .filter((thing) => !('requester' in thing) || thing.requester.ownerId === victim)
    .map((thing) => JSON.stringify(thing))
    .toSorted();
