import fc from 'fast-check';
import { addressFamily, addressInCidr, cidrFamily, prefixLength } from '../../src/network/cidr.ts';
import type { RegionNetwork } from '../../src/network/model.ts';
import type { Traffic } from '../../src/network/reachability.ts';
import type { World } from '../../src/simulator/world/world.ts';
import { account, accounts, namespace, peering, roleOf, vpcNamed, yaml } from './setting.ts';

/**
 * Networks and manifests by chance, as plain data; and what such a manifest comes to in such a network, worked out from the two alone: what the
 * planner must arrive at whatever way it takes.
 */

export type End = 'left' | 'right';
const ends = ['left', 'right'] as const;
const otherEnd = (end: End): End => (end === 'left' ? 'right' : 'left');
const numberOf: Readonly<Record<End, number>> = { left: 1, right: 2 };

type TableName = 'main' | 'a' | 'b';
type GroupName = 'default' | 'web';

interface ForeignRoute {
  readonly to: 'primary' | 'half' | 'secondary' | 'wide' | 'default' | 'elsewhere' | 'ipv6';
  readonly via: 'gateway' | 'decoy' | 'old' | 'instance';
}
interface ForeignRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'all';
  readonly port: 22 | 443;
  readonly from: 'peer' | 'half' | 'anywhere' | 'own group';
}
interface TablePlot {
  readonly isPrivate: boolean;
  readonly routes: readonly ForeignRoute[];
}
interface RulePlot {
  readonly group: GroupName;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmpv6' | 'all';
  readonly ports: readonly string[];
  readonly type: number | undefined;
  readonly with: { readonly group: GroupName } | 'peer' | 'half';
}
interface EndPlot {
  readonly secondaries: number;
  readonly ipv6: boolean;
  readonly subnets: readonly TableName[];
  readonly tables: Readonly<Record<'main' | 'a', TablePlot> & { b: TablePlot | undefined }>;
  readonly edge: boolean;
  readonly foreignRules: Readonly<Record<GroupName, readonly ForeignRule[]>>;
  /** The group `web` lets out only HTTPS. */
  readonly webIsRestricted: boolean;
  readonly instances: readonly GroupName[];
  readonly strategy: 'All' | 'Main' | 'Selected' | 'None';
  readonly destinations: 'left out' | 'primary' | 'half' | 'primary and secondary';
  readonly dns: boolean | undefined;
  readonly ingress: readonly RulePlot[];
  readonly egress: readonly RulePlot[];
}

/** Two VPCs with what is around them, and what is wanted of them. */
export interface Plot {
  readonly left: EndPlot;
  readonly right: EndPlot;
  readonly regions: 1 | 2;
  readonly accounts: 1 | 2;
  /** The side of the spec that `left` is. */
  readonly leftIs: 'requester' | 'accepter';
  /** A connection between the two that somebody made by hand. */
  readonly existing: undefined | { readonly requester: End; readonly state: 'active' | 'pending-acceptance' };
}

const foreignRoute: fc.Arbitrary<ForeignRoute> = fc.record({
  to: fc.constantFrom('primary', 'half', 'secondary', 'wide', 'default', 'elsewhere', 'ipv6'),
  via: fc.constantFrom('gateway', 'decoy', 'old', 'instance'),
});
const table: fc.Arbitrary<TablePlot> = fc.record({
  isPrivate: fc.boolean(),
  routes: fc.uniqueArray(foreignRoute, { maxLength: 2, selector: ({ to }) => to }),
});
const foreignRules = fc.uniqueArray(
  fc.record<ForeignRule>({
    protocol: fc.constantFrom('tcp', 'udp', 'icmp', 'all'),
    port: fc.constantFrom(22, 443),
    from: fc.constantFrom('peer', 'half', 'anywhere', 'own group'),
  }),
  { maxLength: 2, selector: ({ protocol, port, from }) => `${protocol} ${['tcp', 'udp'].includes(protocol) ? port : ''} ${from}` },
);
const groupName = fc.constantFrom<GroupName>('default', 'web');
const wantedRule: fc.Arbitrary<RulePlot> = fc.record({
  group: groupName,
  protocol: fc.constantFrom('tcp', 'udp', 'icmp', 'icmpv6', 'all'),
  ports: fc.uniqueArray(fc.constantFrom('22', '443', '8000-8080', '0-65535'), { minLength: 1, maxLength: 2 }),
  type: fc.constantFrom(undefined, 8, 128),
  with: fc.oneof(fc.record({ group: groupName }), fc.constantFrom('peer' as const, 'half' as const)),
});
const endPlot: fc.Arbitrary<EndPlot> = fc.record({
  secondaries: fc.nat({ max: 2 }),
  ipv6: fc.boolean(),
  subnets: fc.array(fc.constantFrom<TableName>('main', 'a', 'b'), { minLength: 1, maxLength: 3 }),
  tables: fc.record({ main: table, a: table, b: fc.option(table, { nil: undefined }) }),
  edge: fc.boolean(),
  foreignRules: fc.record({ default: foreignRules, web: foreignRules }),
  webIsRestricted: fc.boolean(),
  instances: fc.array(groupName, { minLength: 1, maxLength: 2 }),
  strategy: fc.constantFrom('All', 'All', 'Main', 'Selected', 'None'),
  destinations: fc.constantFrom('left out', 'left out', 'primary', 'half', 'primary and secondary'),
  dns: fc.constantFrom(undefined, true, false),
  ingress: fc.array(wantedRule, { maxLength: 3 }),
  egress: fc.array(wantedRule, { maxLength: 1 }),
});

export const plot: fc.Arbitrary<Plot> = fc.record({
  left: endPlot,
  right: endPlot,
  regions: fc.constantFrom(1, 1, 2),
  accounts: fc.constantFrom(1, 2),
  leftIs: fc.constantFrom('requester', 'accepter'),
  existing: fc.option(
    fc.record({
      requester: fc.constantFrom<End>('left', 'right'),
      state: fc.constantFrom('active' as const, 'pending-acceptance' as const),
    }),
    { nil: undefined, freq: 3 },
  ),
});

const primaryOf = (end: End): string => `10.${numberOf[end]}.0.0/24`;
const halfOf = (end: End): string => `10.${numberOf[end]}.0.0/25`;
const secondaryOf = (end: End, index: number): string => `10.${numberOf[end]}.${index + 1}.0/24`;
const ipv6Of = (end: End): string => `2001:db8:${numberOf[end]}::/56`;
const ipv4CidrsOf = (plotted: Plot, end: End): readonly string[] => [
  primaryOf(end),
  ...Array.from({ length: plotted[end].secondaries }, (_, index) => secondaryOf(end, index)),
];

const destinationOf: Readonly<Record<ForeignRoute['to'], (peer: End) => string>> = {
  primary: primaryOf,
  half: halfOf,
  secondary: (peer) => secondaryOf(peer, 0),
  wide: () => '10.0.0.0/8',
  default: () => '0.0.0.0/0',
  elsewhere: () => '192.0.2.0/24',
  ipv6: ipv6Of,
};

export const regionOf = (plotted: Plot, end: End): string => (end === 'right' && plotted.regions === 2 ? 'eu-west-2' : 'us-west-2');
export const accountOf = (plotted: Plot, end: End): string => (end === 'right' && plotted.accounts === 2 ? accounts.other : accounts.own);

/** Tables of an end in AWS, by name; a subnet of a table that there is not is one of the main table. */
const tablesOf = (end: EndPlot): readonly (readonly [TableName, TablePlot])[] => [
  ['main', end.tables.main],
  ['a', end.tables.a],
  ...(end.tables.b ? [['b', end.tables.b] as const] : []),
];
const tableOfSubnet = (end: EndPlot, index: number): TableName => {
  const name = end.subnets[index % end.subnets.length] ?? 'main';
  return name === 'b' && !end.tables.b ? 'main' : name;
};

/** The names of peerings that the world is to lose before anything begins: their routes are blackholes from then on. */
export const oldPeerings = (plotted: Plot): readonly string[] =>
  ends.filter((end) => usesVia(plotted[end], 'old')).map((end) => `${end}-old`);

const usesVia = (end: EndPlot, via: ForeignRoute['via']): boolean =>
  tablesOf(end).some(([, { routes }]) => routes.some((route) => route.via === via));

function vpcOf(plotted: Plot, end: End): object {
  const own = plotted[end];
  const peer = otherEnd(end);
  const blocks = ipv4CidrsOf(plotted, end);
  const via = { gateway: 'internet-gateway', decoy: `${end}-decoy`, old: `${end}-old`, instance: `${end}-0` } as const;
  const from = { peer: primaryOf(peer), half: halfOf(peer), anywhere: '0.0.0.0/0' };
  const ingress = (group: GroupName) =>
    own.foreignRules[group].map((rule) => ({
      protocol: rule.protocol,
      ...(['tcp', 'udp'].includes(rule.protocol) && { ports: rule.port }),
      from: rule.from === 'own group' ? (group === 'default' ? 'web' : 'default') : from[rule.from],
    }));
  return {
    name: end,
    cidr: blocks[0],
    secondaryCidrs: blocks.slice(1),
    ...(own.ipv6 && { ipv6: ipv6Of(end) }),
    dnsHostnames: true,
    internetGateway: own.edge || usesVia(own, 'gateway'),
    subnets: own.subnets.map((_, index) => ({
      name: `${index}`,
      cidr: `${(blocks[index % blocks.length] ?? '').replace(/\d+\/\d+$/, '')}${index * 64}/26`,
      ...(own.ipv6 && { ipv6: `2001:db8:${numberOf[end]}:${index}::/64` }),
    })),
    routeTables: [
      ...tablesOf(own).map(([name, { isPrivate, routes }]) => ({
        name,
        ...(name === 'main' && { main: true }),
        ...(isPrivate && { tags: { tier: 'private' } }),
        subnets: own.subnets.flatMap((_, index) => (name !== 'main' && tableOfSubnet(own, index) === name ? [`${index}`] : [])),
        routes: routes.map((route) => ({ to: destinationOf[route.to](peer), via: via[route.via] })),
      })),
      ...(own.edge ? [{ name: 'edge', edge: true }] : []),
    ],
    securityGroups: [
      { name: 'default', ingress: ingress('default') },
      { name: 'web', ingress: ingress('web'), ...(own.webIsRestricted && { egress: [{ protocol: 'tcp', ports: 443, to: '0.0.0.0/0' }] }) },
    ],
    instances: own.instances.map((group, index) => ({
      name: `${end}-${index}`,
      subnet: `${index % own.subnets.length}`,
      securityGroups: [group],
    })),
  };
}

/** Not asked for by anybody, with the CIDR of the end's peer. */
const decoyOf = (end: End, name: string): object => ({
  name,
  cidr: primaryOf(otherEnd(end)),
  subnets: [{ name: '0', cidr: halfOf(otherEnd(end)) }],
  securityGroups: [{ name: 'default', ingress: [{ protocol: 'tcp', ports: 22, from: '0.0.0.0/0' }] }],
  instances: [{ name, subnet: '0', securityGroups: ['default'] }],
});

/** The text of the world's file. */
export function worldOf(plotted: Plot): string {
  const places = new Map<string, Map<string, object[]>>();
  for (const end of ends) {
    const regions = places.get(accountOf(plotted, end)) ?? new Map<string, object[]>();
    places.set(accountOf(plotted, end), regions);
    const vpcs = regions.get(regionOf(plotted, end)) ?? [];
    regions.set(regionOf(plotted, end), vpcs);
    vpcs.push(vpcOf(plotted, end), decoyOf(end, `${end}-decoy`));
    if (usesVia(plotted[end], 'old')) vpcs.push(decoyOf(end, `${end}-old`));
  }
  const byHand = plotted.existing && {
    name: 'by-hand',
    requester: plotted.existing.requester,
    accepter: otherEnd(plotted.existing.requester),
    state: plotted.existing.state,
  };
  return yaml({
    accounts: Object.fromEntries(
      [...places].map(([accountId, regions]) => [accountId, Object.fromEntries([...regions].map(([region, vpcs]) => [region, { vpcs }]))]),
    ),
    peerings: [
      ...ends.flatMap((end) =>
        (['decoy', 'old'] as const)
          .filter((via) => usesVia(plotted[end], via))
          .map((via) => ({ name: `${end}-${via}`, requester: end, accepter: `${end}-${via}` })),
      ),
      ...(byHand ? [byHand] : []),
    ],
  });
}

export const objectName = 'generated';
const accountRefs: Readonly<Record<string, string>> = { [accounts.own]: 'own', [accounts.other]: 'other' };
export const accountRefOf = (plotted: Plot, end: End): string => accountRefs[accountOf(plotted, end)] ?? '';

function ruleOf(rule: RulePlot, peer: End, end: 'from' | 'to', name: string): object {
  // A half of the peer's CIDR is IPv4, and says nothing of ICMPv6.
  const other = rule.with === 'half' && rule.protocol === 'icmpv6' ? 'peer' : rule.with;
  return {
    name,
    securityGroup: { name: rule.group },
    protocol: rule.protocol,
    ...(['tcp', 'udp'].includes(rule.protocol) && { portRanges: rule.ports }),
    ...(['icmp', 'icmpv6'].includes(rule.protocol) && rule.type !== undefined && { icmp: { type: rule.type } }),
    [end]: other === 'peer' ? { peer: true } : other === 'half' ? { cidrs: [halfOf(peer)] } : { securityGroup: { name: other.group } },
  };
}

/** The VpcPeering. */
export function objectOf(plotted: Plot): object {
  const side = (end: End) => {
    const own = plotted[end];
    const peer = otherEnd(end);
    const lists = {
      ingress: own.ingress.map((rule, index) => ruleOf(rule, peer, 'from', `in-${index}`)),
      egress: own.egress.map((rule, index) => ruleOf(rule, peer, 'to', `out-${index}`)),
    };
    return {
      ...vpcNamed(end),
      accountRef: { name: accountRefOf(plotted, end) },
      region: regionOf(plotted, end),
      routeTables: { strategy: own.strategy, ...(own.strategy === 'Selected' && { tags: { tier: 'private' } }) },
      ...(own.destinations !== 'left out' && { destinations: destinationsOf(plotted, end) }),
      ...(own.dns !== undefined && { dns: { allowDnsResolutionFromRemoteVpc: own.dns } }),
      ...(lists.ingress.length > 0 && { ingress: lists.ingress }),
      ...(lists.egress.length > 0 && { egress: lists.egress }),
    };
  };
  const accepter = plotted.leftIs === 'requester' ? 'right' : 'left';
  return peering(objectName, { requester: side(otherEnd(accepter)), accepter: side(accepter) });
}

export const manifestsOf = (plotted: Plot): string =>
  yaml(
    namespace(),
    account('own', accounts.own),
    account('other', accounts.other, { assumeRole: { roleArn: roleOf(accounts.other) } }),
    objectOf(plotted),
  );

/** The peer's CIDRs that an end can talk to. */
const peerCidrsOf = (plotted: Plot, end: End): readonly string[] => {
  const peer = otherEnd(end);
  return [...ipv4CidrsOf(plotted, peer), ...(plotted[end].ipv6 && plotted[peer].ipv6 ? [ipv6Of(peer)] : [])];
};

function destinationsOf(plotted: Plot, end: End): readonly string[] {
  const peer = otherEnd(end);
  switch (plotted[end].destinations) {
    case 'left out':
      return peerCidrsOf(plotted, end);
    case 'primary':
      return [primaryOf(peer)];
    case 'half':
      return [halfOf(peer)];
    case 'primary and secondary':
      return ipv4CidrsOf(plotted, peer);
    default:
      return plotted[end].destinations satisfies never;
  }
}

/** What must be there once the object is done, in the words of a census, beside what was there before. */
export interface Outcome {
  /** The two VPCs, the requester of the connection first. */
  readonly pair: readonly [string, string];
  /** Each `<table> <destination>`. */
  readonly routes: readonly string[];
  /** The same, of routes that stay as others have them. */
  readonly conflicts: readonly string[];
  /** Each `<group> <direction> <protocol> <from> <to> <peer>`; some of them may have been there before. */
  readonly rules: readonly string[];
  readonly reason: 'Available' | 'RouteConflict' | 'RouteTableNotFound';
  /** Whether the first instance reaches the second across the connection. Ids of instances; whether in one VPC does not matter here. */
  permits(from: string, to: string, traffic: Traffic, family: 4 | 6): boolean;
  /** The end that an instance is in; undefined for those of decoys. */
  endOf(instanceId: string): End | undefined;
}

/** What the ends are called in AWS. */
interface Ground {
  readonly network: RegionNetwork;
  readonly table: (name: TableName) => string;
  readonly group: (name: GroupName) => string;
  readonly instances: readonly string[];
  readonly vpcId: string;
}

function groundOf(plotted: Plot, end: End, networks: readonly RegionNetwork[]): Ground {
  const network = networks.find(({ accountId, region }) => accountId === accountOf(plotted, end) && region === regionOf(plotted, end));
  const vpc = [...(network?.vpcs.values() ?? [])].find(({ tags }) => tags.Name === end);
  if (!network || !vpc) throw new Error(`the world has no VPC ${end}`);
  const idOf = (things: Iterable<readonly [string, { readonly vpcId: string }]>, test: (thing: never) => boolean): string => {
    const [id] = [...things].find(([, thing]) => thing.vpcId === vpc.vpcId && test(thing as never)) ?? [];
    if (id === undefined) throw new Error(`the VPC ${end} lacks something`);
    return id;
  };
  return {
    network,
    vpcId: vpc.vpcId,
    table: (name) => idOf(network.routeTables, ({ tags }: { tags: { Name?: string } }) => tags.Name === name),
    group: (name) => idOf(network.securityGroups, ({ groupName: called }: { groupName: string }) => called === name),
    instances: plotted[end].instances.map((_, index) =>
      idOf(network.instances, ({ tags }: { tags: { Name?: string } }) => tags.Name === `${end}-${index}`),
    ),
  };
}

/** What AWS calls a wanted rule's protocol, ports and peers. */
function awsRules(
  plotted: Plot,
  end: End,
  rule: RulePlot,
): readonly { readonly ports: string; readonly peer: string | { readonly group: GroupName } }[] {
  const peer = otherEnd(end);
  const portsOf = (range: string) => (range.includes('-') ? range.replace('-', ' ') : `${range} ${range}`);
  const ports = ['tcp', 'udp'].includes(rule.protocol)
    ? rule.ports.map((range) => `${rule.protocol} ${portsOf(range)}`)
    : rule.protocol === 'all'
      ? ['-1 -1 -1']
      : [`${rule.protocol} ${rule.type ?? -1} -1`];
  const speaks = (cidr: string) =>
    rule.protocol === 'icmp' ? cidrFamily(cidr) === 4 : rule.protocol === 'icmpv6' ? cidrFamily(cidr) === 6 : true;
  const half = rule.with === 'half' && rule.protocol !== 'icmpv6';
  const peers =
    typeof rule.with === 'object' && plotted.regions === 1 ? [rule.with] : half ? [halfOf(peer)] : peerCidrsOf(plotted, end).filter(speaks);
  return ports.flatMap((range) => peers.map((one) => ({ ports: range, peer: one })));
}

/** What the manifest comes to in the world as it is now, before anything was done for it. */
export function outcomeOf(plotted: Plot, world: World): Outcome {
  const networks = world.network();
  const ground = { left: groundOf(plotted, 'left', networks), right: groundOf(plotted, 'right', networks) };

  const chosen = (end: End): readonly TableName[] => {
    const { strategy } = plotted[end];
    const all = tablesOf(plotted[end]).map(([name]) => name);
    if (strategy === 'Selected') return all.filter((name) => plotted[end].tables[name]?.isPrivate);
    return strategy === 'All' ? all : strategy === 'Main' ? ['main'] : [];
  };
  const isTaken = (end: End, name: TableName, destination: string): boolean =>
    (plotted[end].tables[name]?.routes ?? []).some((route) => destinationOf[route.to](otherEnd(end)) === destination);
  const wanted = ends.flatMap((end) =>
    chosen(end).flatMap((name) =>
      destinationsOf(plotted, end).map((destination) => ({ end, name, destination, taken: isTaken(end, name, destination) })),
    ),
  );
  const routeText = ({ end, name, destination }: { end: End; name: TableName; destination: string }) =>
    `${ground[end].table(name)} ${destination}`;

  const rules = ends.flatMap((end) =>
    (['ingress', 'egress'] as const).flatMap((direction) =>
      plotted[end][direction].flatMap((rule) =>
        awsRules(plotted, end, rule).map(({ ports, peer }) => {
          const text = typeof peer === 'string' ? peer : ground[otherEnd(end)].group(peer.group);
          return `${ground[end].group(rule.group)} ${direction} ${ports} ${text}`;
        }),
      ),
    ),
  );
  const noTable = ends.some((end) => plotted[end].strategy === 'Selected' && chosen(end).length === 0);

  const places = new Map(ends.flatMap((end) => ground[end].instances.map((id, index) => [id, { end, index }] as const)));
  const addressOf = (id: string, family: 4 | 6): string | undefined => {
    const { network } = ground[places.get(id)?.end ?? 'left'];
    const networkInterface = network.networkInterfaces.get(network.instances.get(id)?.networkInterfaceIds[0] ?? '');
    return (family === 4 ? networkInterface?.privateIpAddresses : networkInterface?.ipv6Addresses)?.[0];
  };
  /** Whether the table of the instance sends this address across the connection: by the longest prefix of ours and of others. */
  const routed = (id: string, address: string): boolean => {
    const { end, index } = places.get(id) ?? { end: 'left' as const, index: 0 };
    const name = tableOfSubnet(plotted[end], index % plotted[end].subnets.length);
    const others = (plotted[end].tables[name]?.routes ?? []).map((route) => ({ to: destinationOf[route.to](otherEnd(end)), ours: false }));
    const ours = wanted
      .filter((one) => one.end === end && one.name === name && !one.taken)
      .map((one) => ({ to: one.destination, ours: true }));
    const fitting = [...others, ...ours].filter(({ to }) => cidrFamily(to) === addressFamily(address) && addressInCidr(address, to));
    const [best] = fitting.toSorted((one, other) => prefixLength(other.to) - prefixLength(one.to));
    return best?.ours === true;
  };
  const covers = (ports: string, traffic: Traffic): boolean => {
    const [protocol, from, to] = [ports.split(' ')[0], ...ports.split(' ').slice(1).map(Number)] as [string, number, number];
    if (protocol === '-1') return true;
    if (protocol !== traffic.protocol) return false;
    if ('port' in traffic) return from <= traffic.port && traffic.port <= to;
    return from === -1 || from === (traffic.type ?? (traffic.protocol === 'icmp' ? 8 : 128));
  };
  const letsThrough = (
    id: string,
    direction: 'ingress' | 'egress',
    { other, address, traffic }: { other: string; address: string; traffic: Traffic },
  ): boolean => {
    const { end, index } = places.get(id) ?? { end: 'left' as const, index: 0 };
    const own = plotted[end];
    const group = own.instances[index] ?? 'default';
    const otherPlace = places.get(other);
    const otherGroup = otherPlace && plotted[otherPlace.end].instances[otherPlace.index];
    const fits = (cidr: string) => cidrFamily(cidr) === addressFamily(address) && addressInCidr(address, cidr);
    const byManifest = own[direction]
      .filter((rule) => rule.group === group)
      .flatMap((rule) => awsRules(plotted, end, rule))
      .some(({ ports, peer }) => covers(ports, traffic) && (typeof peer === 'string' ? fits(peer) : peer.group === otherGroup));
    if (byManifest) return true;
    if (direction === 'egress') {
      if (group !== 'web' || !own.webIsRestricted) return true;
      return covers('tcp 443 443', traffic) && fits('0.0.0.0/0');
    }
    const from = { peer: primaryOf(otherEnd(end)), half: halfOf(otherEnd(end)), anywhere: '0.0.0.0/0' };
    return own.foreignRules[group].some(
      (rule) =>
        rule.from !== 'own group' &&
        fits(from[rule.from]) &&
        covers(
          rule.protocol === 'all' ? '-1 -1 -1' : rule.protocol === 'icmp' ? 'icmp -1 -1' : `${rule.protocol} ${rule.port} ${rule.port}`,
          traffic,
        ),
    );
  };

  const requester = plotted.existing?.requester ?? (plotted.leftIs === 'requester' ? 'left' : 'right');
  return {
    pair: [ground[requester].vpcId, ground[otherEnd(requester)].vpcId],
    routes: [...new Set(wanted.filter(({ taken }) => !taken).map(routeText))].toSorted(),
    conflicts: [...new Set(wanted.filter(({ taken }) => taken).map(routeText))].toSorted(),
    rules: [...new Set(rules)].toSorted(),
    reason: noTable ? 'RouteTableNotFound' : wanted.some(({ taken }) => taken) ? 'RouteConflict' : 'Available',
    endOf: (instanceId) => places.get(instanceId)?.end,
    permits(from, to, traffic, family) {
      const [source, destination] = [addressOf(from, family), addressOf(to, family)];
      if (source === undefined || destination === undefined) return false;
      return (
        routed(from, destination) &&
        routed(to, source) &&
        letsThrough(from, 'egress', { other: to, address: destination, traffic }) &&
        letsThrough(to, 'ingress', { other: from, address: source, traffic })
      );
    },
  };
}
