import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import type { RegionNetwork } from '../../../src/network/model.ts';
import { reachability } from '../../../src/network/reachability.ts';
import type { SettingsChange } from '../../../src/simulator/world/settings.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { type LoadedIds, loadWorld, WorldFileError } from '../../../src/simulator/world-file/load.ts';

function load(
  text: string,
  { seed = 1, settings = {} }: { seed?: number; settings?: SettingsChange } = {},
): { world: World; ids: LoadedIds } {
  const world = new World({ clock: new VirtualClock(), random: seededRandom(seed), settings });
  return { world, ids: loadWorld(text, 'world.yaml', world) };
}

const example = (name: string): string => readFileSync(new URL(`../../../examples/${name}/world.yaml`, import.meta.url), 'utf8');

/** The error that a file gives. */
function errorOf(text: string): string {
  try {
    load(text);
    return 'none';
  } catch (error) {
    if (!(error instanceof WorldFileError)) throw error;
    return error.message;
  }
}

/** What the named things of a network are. */
function named(network: RegionNetwork | undefined): Record<string, string> {
  const things: [string, { readonly tags: Readonly<Record<string, string>> }][] = [...(network?.vpcs ?? []), ...(network?.instances ?? [])];
  return Object.fromEntries(things.map(([id, { tags }]) => [tags.Name ?? '', id]));
}

describe('hosted zones', () => {
  const file = `
accounts:
  "111122223333": { us-west-2: { vpcs: [{ name: a, cidr: 10.0.0.0/16 }] } }
  "444455556666": { us-west-2: { vpcs: [{ name: b, cidr: 10.1.0.0/16 }] } }
hostedZones:
  - name: egress.internal
    id: Z0123456789
    tags: { team: net }
    vpcs: [a, b]
    records:
      - { name: proxy.egress.internal, type: A, values: [10.0.0.5] }
`;

  test('are made for the account of their first VPC, seen by the others, with their records and tags', () => {
    const { world, ids } = load(file);
    expect(ids.get('hostedZones/a/egress.internal')).toBe('Z0123456789');
    const [zone] = [...world.hostedZones.all()];
    expect(zone).toMatchObject({
      id: 'Z0123456789',
      ownerId: '111122223333',
      name: 'egress.internal.',
      isPrivate: true,
      authorizations: [],
    });
    expect(zone!.vpcs.map(({ vpcId }) => vpcId)).toEqual([ids.get('111122223333/us-west-2/a'), ids.get('444455556666/us-west-2/b')]);
    expect(zone!.recordSets.at(-1)).toEqual({ name: 'proxy.egress.internal.', type: 'A', ttl: 300, values: ['10.0.0.5'] });
    expect(world.tagsOf('111122223333/aws-global', 'Z0123456789')).toEqual({ team: 'net' });
    expect([...world.hostedZoneChanges.all()].every(({ status }) => status === 'INSYNC')).toBe(true);
  });

  test.each([
    ['of a name that is none', 'name: egress.internal', 'name: a..b', /hostedZones\[0\]\.name: .*must be a domain name/],
    ['of a VPC that is not there', 'vpcs: [a, b]', 'vpcs: [a, c]', /hostedZones\[0\]\.vpcs\[1\]: no VPC is called c/],
    ['of no VPC', 'vpcs: [a, b]', 'vpcs: []', /hostedZones\[0\]\.vpcs: a private zone has at least one VPC/],
    [
      'with a record that AWS refuses',
      '10.0.0.5',
      'ten',
      /hostedZones\[0\]\.records\[0\]: AWS refuses this \(ChangeResourceRecordSets, InvalidChangeBatch\)/,
    ],
  ])('are refused: one %s', (_why, right, wrong, message) => {
    expect(errorOf(file.replace(right, wrong))).toMatch(message);
  });
});

describe('settings', () => {
  const inVpc = (cidr: string) => `{ name: v${cidr.split('.')[1]}, cidr: ${cidr} }`;

  test('say how this AWS behaves from the moment on at which the file is told', () => {
    const vpcs = ['10.0.0.0/16', '10.1.0.0/16'].map(inVpc);
    const { world } = load(`
accounts: { "111122223333": { us-west-2: { vpcs: [${vpcs.join(', ')}] } } }
settings:
  delaysMs: { vpcPending: 7 }
  lagMs: 5
  lagMsOf: { tags: 9 }
  lagReadsOf: { vpcs: 2 }
  quotas: { vpcsPerRegion: 2 }
  pageSize: 1
  emptyFirstPage: true
`);
    expect(world.settings).toMatchObject({ lagMs: 5, lagMsOf: { tags: 9 }, lagReadsOf: { vpcs: 2 }, pageSize: 1, emptyFirstPage: true });
    expect(world.settings.delaysMs).toMatchObject({ vpcPending: 7, peeringProvisioning: 2_000 });
    expect(world.settings.quotas).toMatchObject({ vpcsPerRegion: 2, subnetsPerVpc: 200 });
    expect(world.vpcs.seenWhere('place:111122223333/us-west-2')).toHaveLength(2);
  });

  test('have quotas that hold for the file itself', () => {
    const file = (quota: number) => `
accounts: { "111122223333": { us-west-2: { vpcs: [${['10.0.0.0/16', '10.1.0.0/16'].map(inVpc).join(', ')}] } } }
settings: { quotas: { vpcsPerRegion: ${quota} } }
`;
    expect(errorOf(file(2))).toBe('none');
    expect(errorOf(file(1))).toMatch(/vpcs\[1\]: AWS refuses this \(CreateVpc, VpcLimitExceeded\)/);
  });

  test.each([
    ['lagMs: soon', 'line 1, column 13: settings.lagMs: found "soon"; it must be a number of milliseconds'],
    ['lagReads: 1.5', 'settings.lagReads: found 1.5; it must be a whole number, 0 or more'],
    ['delaysMs: { vpcPnding: 1 }', 'settings.delaysMs: there is no field vpcPnding here; the fields are resourceGatewayCreating,'],
    ['quotas: { vpcsPerRegion: -1 }', 'settings.quotas.vpcsPerRegion: found -1; it must be a whole number, 0 or more'],
    ['lagMsOf: { vpc: 1 }', 'line 1, column 24: settings.lagMsOf.vpc: there is no collection vpc; the collections are vpcs, subnets,'],
    ['pageSize: 0', 'settings.pageSize: found 0; it must be a whole number, 1 or more, or null'],
  ])('are refused: %s', (setting, message) => {
    expect(errorOf(`settings: { ${setting} }`)).toContain(message);
  });
});

describe('the organisation', () => {
  const file = `
organization:
  id: o-exampleorgid
  managementAccount: "999988887777"
  accounts: ["111122223333"]
  units: { ou-ab12-34cd56ef: ["444455556666"] }
  sharing: true
`;

  test('has the accounts of the file and of its units', () => {
    expect(load(file).world.settings.organization).toEqual({
      id: 'o-exampleorgid',
      managementAccountId: '999988887777',
      accountIds: ['111122223333', '444455556666'],
      units: { 'ou-ab12-34cd56ef': ['444455556666'] },
      sharingEnabled: true,
    });
    expect(load('').world.settings.organization).toBeUndefined();
  });

  test.each([
    ['o-exampleorgid', 'example', 'organization.id: found "example"; it must be an id such as o-exampleorgid'],
    ['ou-ab12-34cd56ef', 'network', 'found "network"; it must be an id such as ou-ab12-34cd56ef'],
    ['["444455556666"]', 'x', 'organization.units.ou-ab12-34cd56ef: found "x", but this is a list'],
  ])('is refused with %s as %s', (right, wrong, message) => {
    expect(errorOf(file.replace(right, wrong))).toContain(message);
  });
});

describe('public TXT records', () => {
  test('prove whose a domain is', () => {
    const { world } = load('publicTxtRecords: { _abc.Example.com: [one, two] }');
    expect(world.publicTxtRecords.get('_abc.example.com')?.values).toEqual(['one', 'two']);
    expect(errorOf('publicTxtRecords: { _abc.example.com: one }')).toContain(
      'publicTxtRecords._abc.example.com: found "one", but this is a list',
    );
  });
});

describe('the policies of roles', () => {
  const file = (policy: string) => `
roles:
  - arn: arn:aws:iam::111122223333:role/isthmus
    trusts: ["111122223333"]
    tagSession: false
    policy: ${policy}
`;
  const statement = '{ Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "ec2:*", Resource: "*" }] }';

  test('are those of the file; a role without one may do everything', () => {
    const { world } = load(file(statement));
    expect(world.policyOf('arn:aws:iam::111122223333:role/isthmus')?.statements).toHaveLength(1);
    expect(world.mayTagSession('arn:aws:iam::111122223333:role/isthmus')).toBe(false);
    expect(load(file(statement).replace(/ *policy:.*\n/, '')).world.policyOf('arn:aws:iam::111122223333:role/isthmus')).toBeUndefined();
  });

  test('must be policies that the simulator understands', () => {
    expect(errorOf(file(statement.replace('Resource', 'Resources')))).toMatch(
      /^world\.yaml, line 6, column 5: roles\[0\]\.policy: Statement\[0\] has no field Resources$/,
    );
  });
});

describe('the examples', () => {
  test('two-vpcs: two VPCs that do not know each other, A in public, C in private, and a decoy', () => {
    const { world } = load(example('two-vpcs'));
    const [network, ...more] = world.network();
    expect([network?.accountId, network?.region, more]).toEqual(['111122223333', 'us-west-2', []]);
    expect([...network!.vpcs.values()].map(({ tags, cidrBlocks }) => [tags.Name, cidrBlocks[0]!.cidr])).toEqual([
      ['peering_test_1', '10.255.0.0/24'],
      ['peering_test_2', '10.255.1.0/24'],
      ['decoy', '10.255.2.0/24'],
    ]);
    const interfaces = [...network!.instances.values()].map(({ tags, state, networkInterfaceIds }) => {
      const { privateIpAddresses, publicIp } = network!.networkInterfaces.get(networkInterfaceIds[0]!)!;
      return [tags.Name, state, privateIpAddresses[0], publicIp];
    });
    expect(interfaces).toEqual([
      ['A', 'running', '10.255.0.38', '203.0.113.38'],
      ['C', 'running', '10.255.1.37', undefined],
      ['decoy', 'running', '10.255.2.36', undefined],
    ]);
    expect(network!.peeringConnections.size).toBe(0);
  });

  test('seoul-london: a VPC in each region, an instance in each', () => {
    const { world } = load(example('seoul-london'));
    expect(world.network().map((network) => [network.region, Object.keys(named(network))])).toEqual([
      ['ap-northeast-2', ['seoul', 'seoul-1']],
      ['eu-west-2', ['london', 'london-1']],
    ]);
  });

  test.each(['two-vpcs', 'seoul-london', 'shared-egress', 'aws-services', 'resource-endpoint'])(
    '%s gives the same ids whatever chance says',
    (name) => {
      const ids = [1, 2].map((seed) => load(example(name), { seed }).ids);
      expect(ids[0]).toEqual(ids[1]);
      expect(ids[0]!.size).toBeGreaterThan(5);
    },
  );
});

const everything = `
accounts:
  "111122223333":
    eu-west-1:
      vpcs:
        - name: web
          id: vpc-0123456789abcdef0
          cidr: 10.0.0.0/16
          secondaryCidrs: [10.5.0.0/16]
          ipv6: 2001:db8::/56
          dnsHostnames: true
          internetGateway: { name: door }
          tags: { Owner: us }
          subnets:
            - { name: a, cidr: 10.0.1.0/24, ipv6: 2001:db8::/64, zone: euw1-az2, public: true }
            - { name: b, cidr: 10.5.1.0/24 }
          routeTables:
            - { name: main, main: true, routes: [{ to: 10.1.0.0/16, via: web-db }], propagated: [192.168.0.7/16] }
            - { name: public, subnets: [a], routes: [{ to: 0.0.0.0/0, via: internet-gateway }, { to: 10.9.0.0/16, via: router }] }
            - { name: edge, edge: true }
          securityGroups:
            - name: web
              description: the web servers
              ingress:
                - { protocol: tcp, ports: 443, from: 0.0.0.0/0, description: https }
                - { protocol: tcp, ports: 8000-8080, from: default }
                - { protocol: icmp, from: "::/0" }
                - { from: db/default }
              egress: []
          networkAcls:
            - name: guard
              subnets: [b]
              entries:
                - { rule: 100, direction: ingress, action: allow, protocol: tcp, ports: 22, cidr: 10.0.0.0/8 }
            - name: standard
              default: true
              entries:
                - { rule: 7, direction: egress, action: allow, cidr: 0.0.0.0/0 }
          instances:
            - { name: router, subnet: a, privateIp: 10.0.1.9, securityGroups: [web], listens: [tcp/443, udp/53] }
  "444455556666":
    eu-west-1:
      vpcs:
        - { name: db, cidr: 10.1.0.0/16, default: true }
        - { name: other, cidr: 10.2.0.0/16, dnsSupport: false }
peerings:
  - { name: web-db, id: pcx-0123456789abcdef0, requester: web, accepter: 444455556666/eu-west-1/db }
  - { name: waiting, requester: other, accepter: web, state: pending-acceptance }
roles:
  - { arn: "arn:aws:iam::444455556666:role/isthmus", trusts: ["111122223333"], externalId: secret }
`;

describe('a world file', () => {
  const { world, ids } = load(everything);
  const [mine, theirs] = world.network();
  const web = `111122223333/eu-west-1/web`;
  const id = (path: string): string => ids.get(path)!;

  test('gives VPCs their blocks, attributes and ids', () => {
    const vpc = mine!.vpcs.get('vpc-0123456789abcdef0')!;
    expect(vpc.cidrBlocks.map(({ cidr, state }) => `${cidr} ${state}`)).toEqual(['10.0.0.0/16 associated', '10.5.0.0/16 associated']);
    expect(vpc.ipv6CidrBlocks).toMatchObject([{ cidr: '2001:db8::/56', state: 'associated' }]);
    expect(vpc).toMatchObject({ enableDnsHostnames: true, tags: { Name: 'web', Owner: 'us' } });
    expect([...theirs!.vpcs.values()].map((other) => [other.isDefault, other.enableDnsSupport])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  test('joins VPCs, of other accounts too, or leaves a request waiting', () => {
    expect(mine!.peeringConnections.get('pcx-0123456789abcdef0')).toMatchObject({ state: 'active', tags: { Name: 'web-db' } });
    expect(theirs!.peeringConnections.get(id('peerings/waiting'))?.state).toBe('pending-acceptance');
  });

  test('sets up route tables: the main one, those of subnets and of the gateway', () => {
    const table = (name: string) => mine!.routeTables.get(id(`${web}/routeTables/${name}`))!;
    expect(table('main').associations).toMatchObject([{ main: true }]);
    expect(table('main').routes.at(-1)).toMatchObject({
      destination: '192.168.0.0/16',
      target: { type: 'virtual-private-gateway', id: id(`${web}/virtualPrivateGateway`) },
      origin: 'EnableVgwRoutePropagation',
    });
    expect(table('main').routes.at(-2)).toMatchObject({
      destination: '10.1.0.0/16',
      target: { id: 'pcx-0123456789abcdef0' },
      state: 'active',
    });
    expect(table('public').associations).toMatchObject([{ subnetId: id(`${web}/subnets/a`) }]);
    expect(
      table('public')
        .routes.slice(-2)
        .map(({ target, state }) => [target.id, state]),
    ).toEqual([
      [id(`${web}/internetGateway`), 'active'],
      [id(`${web}/instances/router`), 'active'],
    ]);
    expect(table('edge').associations).toMatchObject([{ gatewayId: id(`${web}/internetGateway`) }]);
  });

  test('sets up security groups: by CIDR, by group, by a peer’s group, and what may leave', () => {
    const rules = [...mine!.securityGroupRules.values()].filter(({ groupId }) => groupId === id(`${web}/securityGroups/web`));
    const group = (path: string) => expect.objectContaining({ groupId: id(path) });
    expect(rules.map(({ direction, protocol, fromPort, toPort, peer }) => [direction, protocol, fromPort, toPort, peer])).toEqual([
      ['ingress', 'tcp', 443, 443, { cidrIpv4: '0.0.0.0/0' }],
      ['ingress', 'tcp', 8000, 8080, { referencedGroup: group(`${web}/securityGroups/default`) }],
      ['ingress', 'icmp', -1, -1, { cidrIpv6: '::/0' }],
      ['ingress', '-1', -1, -1, { referencedGroup: group('444455556666/eu-west-1/db/securityGroups/default') }],
    ]);
  });

  test('sets up network ACLs and instances', () => {
    const entries = (name: string) =>
      mine!.networkAcls.get(id(`${web}/networkAcls/${name}`))!.entries.map(({ ruleNumber, egress }) => `${ruleNumber} ${egress}`);
    expect(entries('guard')).toContain('100 false');
    expect(entries('standard')).toEqual(['7 true', '32767 true', '32768 true', '32767 false', '32768 false']);
    expect(mine!.instances.get(id(`${web}/instances/router`))).toMatchObject({
      state: 'running',
      listens: [
        { protocol: 'tcp', port: 443 },
        { protocol: 'udp', port: 53 },
      ],
    });
  });

  test('lists the roles that there are', () => {
    const arn = 'arn:aws:iam::444455556666:role/isthmus';
    expect(world.mayAssume('111122223333', arn, 'secret')).toBe(true);
    expect(world.mayAssume('111122223333', arn, 'guess')).toMatch(/external id/);
    expect(world.mayAssume('777777777777', arn, 'secret')).toMatch(/does not trust/);
    expect(world.mayAssume('111122223333', 'arn:aws:iam::444455556666:role/other')).toMatch(/no role/);
    expect(load('').world.mayAssume('111122223333', arn)).toBe(true);
  });

  test('tells of yesterday: nothing is unseen or unknown, however slow this AWS is', () => {
    const slow = load(everything, { settings: { lagMs: 60_000, newIdUnknownMs: 60_000 } });
    expect(slow.world.vpcs.seenWhere('place:111122223333/eu-west-1')).toHaveLength(1);
    expect(slow.world.network()).toEqual(world.network());
  });
});

describe('an error in it names line, column and field, what was found and what would be right', () => {
  const inVpc = (rest: string): string =>
    `accounts:\n  "111122223333":\n    eu-west-1:\n      vpcs:\n        - name: web\n          cidr: 10.0.0.0/16\n          ${rest}\n`;
  const vpc = 'accounts."111122223333".eu-west-1.vpcs[0]';

  test.each([
    ['accounts: [', 'line 1, column'],
    [
      'acounts: {}',
      'line 1, column 1: there is no field acounts here; the fields are accounts, peerings, transitGateways, hostedZones, internet, publicTxtRecords, organization, settings, roles',
    ],
    ['accounts:\n  "123": {}', 'line 2, column 3: accounts."123": found "123"; it must be an account id: twelve digits, in quotes'],
    [
      'accounts:\n  "111122223333":\n    eu-west-9: {}',
      'line 3, column 5: accounts."111122223333".eu-west-9: found "eu-west-9"; it must be a region of AWS such as eu-west-2',
    ],
    [inVpc('cird: x'), `line 7, column 11: ${vpc}: there is no field cird here; the fields are name, id,`],
    [inVpc('secondaryCidrs: [10.0.0.0/33]'), `${vpc}.secondaryCidrs[0]: found "10.0.0.0/33"; it must be an IPv4 CIDR such as 10.0.0.0/16`],
    [inVpc('id: vpc-1'), `line 7, column 11: ${vpc}.id: found "vpc-1"; it must be an id such as vpc-0123456789abcdef0`],
    [inVpc('tags: { Port: 22 }'), `line 7, column 19: ${vpc}.tags.Port: found 22; a tag's value is a text: put it in quotes`],
    [inVpc('instances: [{ name: A, subnet: a }]'), `line 7, column 34: ${vpc}.instances[0].subnet: there is no subnet of the VPC called a`],
    [
      inVpc('subnets: [{ name: a, cidr: 10.1.0.0/24 }]'),
      `line 7, column 21: ${vpc}.subnets[0]: AWS refuses this (CreateSubnet, InvalidSubnet.Range)`,
    ],
    [
      inVpc('subnets: [{ name: a, cidr: 10.0.0.0/24 }, { name: a, cidr: 10.0.1.0/24 }]'),
      `${vpc}.subnets[1].name: the name a is used twice`,
    ],
    [
      inVpc('subnets: [{ name: a, cidr: 10.0.0.0/24, zone: euw1-az9 }]'),
      'there is no zone euw1-az9 in eu-west-1; the zones are euw1-az1, euw1-az2, euw1-az3',
    ],
    [inVpc('internetGateway: { nam: x }'), `${vpc}.internetGateway: there is no field nam here; the fields are name, id, tags`],
    [
      inVpc('securityGroups: [{ name: default, ingress: [{ from: nobody }] }]'),
      'there is no CIDR, security group of the VPC, or <VPC>/<group> called nobody; there are default',
    ],
    [
      inVpc('routeTables: [{ name: t, routes: [{ to: 10.9.0.0/16, via: moon }] }]'),
      'there is no internet-gateway, peering, transit gateway, or NAT gateway or instance of the VPC called moon',
    ],
    [
      `${inVpc('')}peerings: [{ name: p, requester: web, accepter: db }]`,
      'peerings[0].accepter: no VPC is called db; the VPCs are 111122223333/eu-west-1/web',
    ],
    [`${inVpc('')}peerings: [{ name: p, requester: web, accepter: web }]`, 'peerings[0]: AWS refuses this: Failed due to incorrect VPC-ID'],
    [
      `${inVpc('')}peerings: [{ name: p, requester: web, accepter: web, state: open }]`,
      'peerings[0].state: found "open"; it must be one of active, pending-acceptance',
    ],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toContain('world.yaml, line ');
    expect(errorOf(text)).toContain(message);
  });
});

const ways = `
accounts:
  "111122223333":
    eu-west-1:
      vpcs:
        - name: hub
          cidr: 10.9.0.0/16
          internetGateway: true
          egressOnlyInternetGateway: true
          ipv6: true
          subnets:
            - { name: inside, cidr: 10.9.2.0/24, zone: euw1-az1 }
            - { name: public, cidr: 10.9.1.0/24, zone: euw1-az1 }
          natGateways:
            - { name: out, subnet: public, publicIp: 203.0.113.5 }
          routeTables:
            - { name: inside, subnets: [inside], routes: [{ to: 0.0.0.0/0, via: out }, { to: "::/0", via: egress-only-internet-gateway }] }
            - { name: public, subnets: [public], routes: [{ to: 0.0.0.0/0, via: internet-gateway }, { to: 10.0.0.0/16, via: middle }] }
  "444455556666":
    eu-west-1:
      vpcs:
        - name: spoke
          cidr: 10.0.0.0/16
          subnets: [{ name: a, cidr: 10.0.0.0/24, zone: euw1-az1 }]
          instances: [{ name: worker, subnet: a }]
          routeTables: [{ name: main, main: true, routes: [{ to: 0.0.0.0/0, via: middle }] }]
        - name: other
          cidr: 10.1.0.0/16
          subnets: [{ name: a, cidr: 10.1.0.0/24, zone: euw1-az1 }]
          instances: [{ name: neighbour, subnet: a }]
          routeTables: [{ name: main, main: true, routes: [{ to: 0.0.0.0/0, via: middle }] }]
transitGateways:
  - name: middle
    account: "111122223333"
    region: eu-west-1
    routeTables:
      - { name: spokes, routes: [{ to: 0.0.0.0/0, via: hub }, { to: 10.0.0.0/8, via: blackhole }] }
      - { name: hub }
    attachments:
      - { vpc: hub, subnets: [inside], routeTable: hub }
      - { vpc: spoke, subnets: [a], routeTable: spokes, propagatesTo: [hub] }
      - { vpc: other, subnets: [a], routeTable: spokes, propagatesTo: [hub] }
`;

describe('gateways of a world file', () => {
  test('make one way out for the VPCs of another account, which do not see each other (scenarios 3 and 31)', () => {
    const { world, ids } = load(ways);
    const instance = (vpc: string, name: string) => ({ instanceId: ids.get(`444455556666/eu-west-1/${vpc}/instances/${name}`)! });
    const source = instance('spoke', 'worker');
    const out = reachability(world.network(), { protocol: 'tcp', port: 443, source, destination: { address: '198.51.100.7' } });
    expect(out.blockedBy).toBeUndefined();
    expect(out.hops.map(({ component }) => component.type)).toEqual(
      expect.arrayContaining(['transit-gateway', 'natgateway', 'internet-gateway']),
    );
    const across = reachability(world.network(), { protocol: 'tcp', port: 443, source, destination: instance('other', 'neighbour') });
    expect(across.blockedBy?.code).toBe('TGW_RTB_BAD_STATE_ROUTE');
    expect([...world.elasticIps.all()].map(({ publicIp }) => publicIp)).toEqual(['203.0.113.5']);
    expect([...world.natGateways.all(), ...world.transitGatewayAttachments.all()].map(({ state }) => state)).toEqual(
      Array(4).fill('available'),
    );
    const routes = world.network().flatMap(({ routeTables }) => [...routeTables.values()].flatMap((table) => table.routes));
    expect(routes.filter(({ state }) => state !== 'active')).toEqual([]);
  });

  test('have the same ids whatever chance says', () => {
    const ids = [1, 2].map((seed) => load(ways, { seed }).ids);
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]!.get('transitGateways/middle/attachments/spoke')).toMatch(/^tgw-attach-[0-9a-f]{17}$/);
  });

  test.each([
    [
      'a subnet that is not there',
      ways.replace('subnet: public, publicIp', 'subnet: outside, publicIp'),
      'subnet of the VPC called outside',
    ],
    ['a NAT gateway without an internet gateway', ways.replace('internetGateway: true', 'internetGateway: false'), 'Gateway.NotAttached'],
    ['a route table that is not there', ways.replace('propagatesTo: [hub]', 'propagatesTo: [hug]'), 'route table called hug'],
    ['a VPC that is not attached', ways.replace('via: hub }', 'via: hug }'), 'attached VPC called hug'],
  ])('are refused with %s', (_what, text, message) => {
    expect(errorOf(text)).toContain(message);
  });
});
