import {
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import type { NetworkCollections } from '../network/model.ts';
import {
  readInstance,
  readInternetGateway,
  readNetworkAcl,
  readNetworkInterface,
  readPeeringConnection,
  readRouteTable,
  readSecurityGroup,
  readSecurityGroupRule,
  readSubnet,
  readVpc,
} from './read-network.ts';

/**
 * Which part of a list: of all, or of the things with these ids, the next page. AWS takes no MaxResults together with ids, but may give any list
 * in pages, the first ones empty.
 */
export type Extent = { readonly NextToken?: string | undefined } & ({ readonly MaxResults: number } | { readonly ids: readonly string[] });

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** How one collection is read: its Describe call and how to read the answer. */
export interface Read<Item> {
  /** AWS's name of the call, and `ec2:` before it the IAM action that it needs. */
  readonly action: string;
  /** What this collection's ids begin with. */
  readonly idPrefix: string;
  /** The most that AWS takes as MaxResults. */
  readonly pageSize: number;
  idOf(item: Item): string;
  send(client: EC2Client, extent: Extent): Promise<Page<Item>>;
}

/** What every call has in common: all but the ids, whose name differs from call to call. */
function paging(extent: Extent): { MaxResults?: number; NextToken?: string } {
  return {
    ...('MaxResults' in extent && { MaxResults: extent.MaxResults }),
    ...(extent.NextToken !== undefined && { NextToken: extent.NextToken }),
  };
}

function idsOf(extent: Extent): string[] | undefined {
  return 'ids' in extent ? [...extent.ids] : undefined;
}

function page<Raw, Item>(raw: readonly Raw[] | undefined, nextToken: string | undefined, read: (raw: Raw) => Item): Page<Item> {
  // AWS ends a list with an empty token in some calls and with none in others.
  return { items: (raw ?? []).map(read), nextToken: nextToken || undefined };
}

/** A row for every collection; the only place that reads a network from AWS. */
export const reads: { readonly [Name in keyof NetworkCollections]: Read<NetworkCollections[Name]> } = {
  vpcs: {
    action: 'DescribeVpcs',
    idPrefix: 'vpc-',
    pageSize: 1000,
    idOf: (vpc) => vpc.vpcId,
    async send(client, extent) {
      const answer = await client.send(new DescribeVpcsCommand({ ...paging(extent), VpcIds: idsOf(extent) }));
      return page(answer.Vpcs, answer.NextToken, readVpc);
    },
  },
  subnets: {
    action: 'DescribeSubnets',
    idPrefix: 'subnet-',
    pageSize: 1000,
    idOf: (subnet) => subnet.subnetId,
    async send(client, extent) {
      const answer = await client.send(new DescribeSubnetsCommand({ ...paging(extent), SubnetIds: idsOf(extent) }));
      return page(answer.Subnets, answer.NextToken, readSubnet);
    },
  },
  routeTables: {
    action: 'DescribeRouteTables',
    idPrefix: 'rtb-',
    pageSize: 100,
    idOf: (table) => table.routeTableId,
    async send(client, extent) {
      const answer = await client.send(new DescribeRouteTablesCommand({ ...paging(extent), RouteTableIds: idsOf(extent) }));
      return page(answer.RouteTables, answer.NextToken, readRouteTable);
    },
  },
  securityGroups: {
    action: 'DescribeSecurityGroups',
    idPrefix: 'sg-',
    pageSize: 1000,
    idOf: (group) => group.groupId,
    async send(client, extent) {
      const answer = await client.send(new DescribeSecurityGroupsCommand({ ...paging(extent), GroupIds: idsOf(extent) }));
      return page(answer.SecurityGroups, answer.NextToken, readSecurityGroup);
    },
  },
  securityGroupRules: {
    action: 'DescribeSecurityGroupRules',
    idPrefix: 'sgr-',
    pageSize: 1000,
    idOf: (rule) => rule.securityGroupRuleId,
    async send(client, extent) {
      const input = { ...paging(extent), SecurityGroupRuleIds: idsOf(extent) };
      const answer = await client.send(new DescribeSecurityGroupRulesCommand(input));
      return page(answer.SecurityGroupRules, answer.NextToken, readSecurityGroupRule);
    },
  },
  peeringConnections: {
    action: 'DescribeVpcPeeringConnections',
    idPrefix: 'pcx-',
    pageSize: 1000,
    idOf: (connection) => connection.vpcPeeringConnectionId,
    async send(client, extent) {
      const input = { ...paging(extent), VpcPeeringConnectionIds: idsOf(extent) };
      const answer = await client.send(new DescribeVpcPeeringConnectionsCommand(input));
      return page(answer.VpcPeeringConnections, answer.NextToken, readPeeringConnection);
    },
  },
  networkAcls: {
    action: 'DescribeNetworkAcls',
    idPrefix: 'acl-',
    pageSize: 1000,
    idOf: (acl) => acl.networkAclId,
    async send(client, extent) {
      const answer = await client.send(new DescribeNetworkAclsCommand({ ...paging(extent), NetworkAclIds: idsOf(extent) }));
      return page(answer.NetworkAcls, answer.NextToken, readNetworkAcl);
    },
  },
  networkInterfaces: {
    action: 'DescribeNetworkInterfaces',
    idPrefix: 'eni-',
    pageSize: 1000,
    idOf: (networkInterface) => networkInterface.networkInterfaceId,
    async send(client, extent) {
      const input = { ...paging(extent), NetworkInterfaceIds: idsOf(extent) };
      const answer = await client.send(new DescribeNetworkInterfacesCommand(input));
      return page(answer.NetworkInterfaces, answer.NextToken, readNetworkInterface);
    },
  },
  instances: {
    action: 'DescribeInstances',
    idPrefix: 'i-',
    pageSize: 1000,
    idOf: (instance) => instance.instanceId,
    async send(client, extent) {
      const answer = await client.send(new DescribeInstancesCommand({ ...paging(extent), InstanceIds: idsOf(extent) }));
      const instances = (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
      return page(instances, answer.NextToken, readInstance);
    },
  },
  internetGateways: {
    action: 'DescribeInternetGateways',
    idPrefix: 'igw-',
    pageSize: 1000,
    idOf: (gateway) => gateway.internetGatewayId,
    async send(client, extent) {
      const input = { ...paging(extent), InternetGatewayIds: idsOf(extent) };
      const answer = await client.send(new DescribeInternetGatewaysCommand(input));
      return page(answer.InternetGateways, answer.NextToken, readInternetGateway);
    },
  },
};

export type CollectionName = keyof NetworkCollections;

/** The collection that an id belongs to, by its prefix; undefined for ids of other things. */
export function collectionOf(id: string): CollectionName | undefined {
  return (Object.keys(reads) as CollectionName[]).find((name) => id.startsWith(reads[name].idPrefix));
}
