import type {
  EndpointService,
  NetworkLoadBalancer,
  ResourceConfiguration,
  ResourceEndpointAssociation,
  ResourceGateway,
  ServiceNetworkResourceAssociation,
} from '../../src/network/endpoint-model.ts';
import type {
  EgressOnlyInternetGateway,
  Instance,
  InternetGateway,
  NatGateway,
  NetworkAcl,
  NetworkAclEntry,
  NetworkInterface,
  PeeringConnection,
  PrefixList,
  RegionNetwork,
  Route,
  RouteTable,
  RouteTargetType,
  RuleSpec,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  TransitGateway,
  TransitGatewayRouteTable,
  TransitGatewayVpcAttachment,
  Vpc,
  VpcCidrBlock,
  VpcEndpoint,
} from '../../src/network/model.ts';

/** A network as lists, short enough to be written in a test. */
export interface Sample {
  readonly accountId: string;
  readonly region: string;
  vpcs: Vpc[];
  subnets: Subnet[];
  routeTables: RouteTable[];
  securityGroups: SecurityGroup[];
  securityGroupRules: SecurityGroupRule[];
  peeringConnections: PeeringConnection[];
  networkAcls: NetworkAcl[];
  networkInterfaces: NetworkInterface[];
  instances: Instance[];
  internetGateways: InternetGateway[];
  natGateways: NatGateway[];
  egressOnlyInternetGateways: EgressOnlyInternetGateway[];
  transitGateways: TransitGateway[];
  transitGatewayAttachments: TransitGatewayVpcAttachment[];
  transitGatewayRouteTables: TransitGatewayRouteTable[];
  prefixLists: PrefixList[];
  vpcEndpoints: VpcEndpoint[];
  networkLoadBalancers: NetworkLoadBalancer[];
  endpointServices: EndpointService[];
  resourceGateways: ResourceGateway[];
  resourceConfigurations: ResourceConfiguration[];
  resourceEndpointAssociations: ResourceEndpointAssociation[];
  serviceNetworkResourceAssociations: ServiceNetworkResourceAssociation[];
}

export const emptySample = (accountId = '111111111111', region = 'us-west-2'): Sample => ({
  accountId,
  region,
  vpcs: [],
  subnets: [],
  routeTables: [],
  securityGroups: [],
  securityGroupRules: [],
  peeringConnections: [],
  networkAcls: [],
  networkInterfaces: [],
  instances: [],
  internetGateways: [],
  natGateways: [],
  egressOnlyInternetGateways: [],
  transitGateways: [],
  transitGatewayAttachments: [],
  transitGatewayRouteTables: [],
  prefixLists: [],
  vpcEndpoints: [],
  networkLoadBalancers: [],
  endpointServices: [],
  resourceGateways: [],
  resourceConfigurations: [],
  resourceEndpointAssociations: [],
  serviceNetworkResourceAssociations: [],
});

export function networkOf(sample: Sample): RegionNetwork {
  const by = <Thing>(list: readonly Thing[], id: (thing: Thing) => string): ReadonlyMap<string, Thing> =>
    new Map(list.map((thing) => [id(thing), thing]));
  return {
    accountId: sample.accountId,
    region: sample.region,
    vpcs: by(sample.vpcs, (one) => one.vpcId),
    subnets: by(sample.subnets, (one) => one.subnetId),
    routeTables: by(sample.routeTables, (one) => one.routeTableId),
    securityGroups: by(sample.securityGroups, (one) => one.groupId),
    securityGroupRules: by(sample.securityGroupRules, (one) => one.securityGroupRuleId),
    peeringConnections: by(sample.peeringConnections, (one) => one.vpcPeeringConnectionId),
    networkAcls: by(sample.networkAcls, (one) => one.networkAclId),
    networkInterfaces: by(sample.networkInterfaces, (one) => one.networkInterfaceId),
    instances: by(sample.instances, (one) => one.instanceId),
    internetGateways: by(sample.internetGateways, (one) => one.internetGatewayId),
    natGateways: by(sample.natGateways, (one) => one.natGatewayId),
    egressOnlyInternetGateways: by(sample.egressOnlyInternetGateways, (one) => one.egressOnlyInternetGatewayId),
    transitGateways: by(sample.transitGateways, (one) => one.transitGatewayId),
    transitGatewayAttachments: by(sample.transitGatewayAttachments, (one) => one.transitGatewayAttachmentId),
    transitGatewayRouteTables: by(sample.transitGatewayRouteTables, (one) => one.transitGatewayRouteTableId),
    prefixLists: by(sample.prefixLists, (one) => one.prefixListId),
    vpcEndpoints: by(sample.vpcEndpoints, (one) => one.vpcEndpointId),
    networkLoadBalancers: by(sample.networkLoadBalancers, (one) => one.loadBalancerArn),
    endpointServices: by(sample.endpointServices, (one) => one.serviceId),
    resourceGateways: by(sample.resourceGateways, (one) => one.resourceGatewayId),
    resourceConfigurations: by(sample.resourceConfigurations, (one) => one.resourceConfigurationId),
    resourceEndpointAssociations: by(sample.resourceEndpointAssociations, (one) => one.resourceEndpointAssociationId),
    serviceNetworkResourceAssociations: by(sample.serviceNetworkResourceAssociations, (one) => one.serviceNetworkResourceAssociationId),
  };
}

export const block = (cidr: string, state: VpcCidrBlock['state'] = 'associated'): VpcCidrBlock => ({
  associationId: `vpc-cidr-assoc-${cidr}`,
  cidr,
  state,
});

const targets: readonly (readonly [string, RouteTargetType])[] = [
  ['pcx-', 'vpc-peering-connection'],
  ['igw-', 'internet-gateway'],
  ['eigw-', 'egress-only-internet-gateway'],
  ['nat-', 'nat-gateway'],
  ['tgw-', 'transit-gateway'],
  ['eni-', 'network-interface'],
  ['vpce-', 'vpc-endpoint'],
];

export function route(destination: string, target: string, more: Partial<Route> = {}): Route {
  const type = targets.find(([prefix]) => target.startsWith(prefix))?.[1] ?? 'local';
  return {
    destination,
    target: { type, id: target },
    state: 'active',
    origin: type === 'local' ? 'CreateRouteTable' : 'CreateRoute',
    ...more,
  };
}

export const aclEntry = (ruleNumber: number, direction: 'ingress' | 'egress', more: Partial<NetworkAclEntry> = {}): NetworkAclEntry => ({
  ruleNumber,
  egress: direction === 'egress',
  protocol: '-1',
  action: 'allow',
  cidr: '0.0.0.0/0',
  ...more,
});

export const rule = (
  securityGroupRuleId: string,
  groupId: string,
  spec: Partial<RuleSpec> & Pick<RuleSpec, 'peer'>,
): SecurityGroupRule => ({
  securityGroupRuleId,
  groupId,
  description: '',
  tags: {},
  direction: 'ingress',
  protocol: '-1',
  fromPort: -1,
  toPort: -1,
  ...spec,
});

/**
 * A VPC as AWS makes it: a main route table with local routes, an ACL that lets everything pass, a `default` group that lets everything out and nothing in,
 * with one subnet that is the whole block, and one instance in it. All ids end in `name`.
 */
export function addVpc(
  sample: Sample,
  name: string,
  options: { readonly cidr: string; readonly address: string; readonly ipv6?: { readonly cidr: string; readonly address: string } },
): void {
  const { cidr, address, ipv6 } = options;
  const { accountId: ownerId } = sample;
  const ids = { vpcId: `vpc-${name}`, subnetId: `subnet-${name}` };
  const families = [cidr, ...(ipv6 ? [ipv6.cidr] : [])];
  sample.vpcs.push({
    ...ids,
    ownerId,
    isDefault: false,
    cidrBlocks: [block(cidr)],
    ipv6CidrBlocks: ipv6 ? [block(ipv6.cidr)] : [],
    tags: {},
  });
  sample.subnets.push({
    ...ids,
    ownerId,
    cidr,
    ipv6Cidrs: ipv6 ? [ipv6.cidr] : [],
    availabilityZoneId: 'usw2-az1',
    availabilityZone: 'us-west-2a',
    mapPublicIpOnLaunch: false,
    tags: {},
  });
  sample.routeTables.push({
    routeTableId: `rtb-${name}`,
    vpcId: ids.vpcId,
    ownerId,
    associations: [{ associationId: `rtbassoc-${name}`, main: true }],
    routes: families.map((destination) => route(destination, 'local')),
    tags: {},
  });
  sample.networkAcls.push({
    networkAclId: `acl-${name}`,
    vpcId: ids.vpcId,
    isDefault: true,
    subnetIds: [ids.subnetId],
    entries: (['ingress', 'egress'] as const).flatMap((direction) => [
      aclEntry(100, direction),
      aclEntry(101, direction, { cidr: '::/0' }),
      aclEntry(32767, direction, { action: 'deny' }),
      aclEntry(32768, direction, { action: 'deny', cidr: '::/0' }),
    ]),
    tags: {},
  });
  sample.securityGroups.push({ groupId: `sg-${name}`, groupName: 'default', description: '', vpcId: ids.vpcId, ownerId, tags: {} });
  sample.securityGroupRules.push(
    rule(`sgr-out4-${name}`, `sg-${name}`, { direction: 'egress', peer: { cidrIpv4: '0.0.0.0/0' } }),
    rule(`sgr-out6-${name}`, `sg-${name}`, { direction: 'egress', peer: { cidrIpv6: '::/0' } }),
  );
  addInstance(sample, name, { vpc: name, address, ...(ipv6 && { ipv6: ipv6.address }) });
}

export function addInstance(
  sample: Sample,
  name: string,
  options: { readonly vpc: string; readonly address: string; readonly ipv6?: string },
): void {
  const ids = { vpcId: `vpc-${options.vpc}`, subnetId: `subnet-${options.vpc}`, instanceId: `i-${name}` };
  sample.instances.push({ ...ids, state: 'running', networkInterfaceIds: [`eni-${name}`], tags: { Name: name.toUpperCase() } });
  sample.networkInterfaces.push({
    ...ids,
    networkInterfaceId: `eni-${name}`,
    ownerId: sample.accountId,
    privateIpAddresses: [options.address],
    ipv6Addresses: options.ipv6 ? [options.ipv6] : [],
    securityGroupIds: [`sg-${options.vpc}`],
    sourceDestCheck: true,
    tags: {},
  });
}

/** An active connection between two VPCs, as both accounts see it. */
export function connect(
  id: string,
  requester: { readonly sample: Sample; readonly vpc: string },
  accepter: { readonly sample: Sample; readonly vpc: string },
): PeeringConnection {
  const sideOf = ({ sample, vpc }: typeof requester): PeeringConnection['requester'] => ({
    vpcId: `vpc-${vpc}`,
    ownerId: sample.accountId,
    region: sample.region,
    cidrs: [],
    ipv6Cidrs: [],
  });
  const connection: PeeringConnection = {
    vpcPeeringConnectionId: id,
    requester: sideOf(requester),
    accepter: sideOf(accepter),
    state: 'active',
    stateMessage: 'Active',
    tags: {},
  };
  for (const sample of new Set([requester.sample, accepter.sample])) sample.peeringConnections.push(connection);
  return connection;
}

/** Changes the first thing of a list that has this id in one of its fields. */
export function change<Thing extends object>(list: Thing[], id: string, how: (thing: Thing) => Partial<Thing>): void {
  const at = list.findIndex((thing) => Object.values(thing).includes(id));
  const thing = list[at];
  if (!thing) throw new Error(`${id} is not there`);
  list[at] = { ...thing, ...how(thing) };
}
