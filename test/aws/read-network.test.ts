import type { Route, SecurityGroupRule } from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { readPeeringConnection, readProtocol, readRouteTable, readSecurityGroupRule, readVpc } from '../../src/aws/read-network.ts';

describe('A route', () => {
  const readRoute = (route: Route) => readRouteTable({ Routes: [route] }).routes[0];

  test.each<[Route, string, string]>([
    [{ GatewayId: 'local' }, 'local', 'local'],
    [{ GatewayId: 'igw-1' }, 'internet-gateway', 'igw-1'],
    [{ GatewayId: 'vgw-1' }, 'virtual-private-gateway', 'vgw-1'],
    [{ GatewayId: 'vpce-1' }, 'vpc-endpoint', 'vpce-1'],
    [{ VpcPeeringConnectionId: 'pcx-1' }, 'vpc-peering-connection', 'pcx-1'],
    [{ EgressOnlyInternetGatewayId: 'eigw-1' }, 'egress-only-internet-gateway', 'eigw-1'],
    [{ NatGatewayId: 'nat-1' }, 'nat-gateway', 'nat-1'],
    [{ TransitGatewayId: 'tgw-1' }, 'transit-gateway', 'tgw-1'],
    [{ NetworkInterfaceId: 'eni-1' }, 'network-interface', 'eni-1'],
    [{ InstanceId: 'i-1', NetworkInterfaceId: 'eni-1' }, 'instance', 'i-1'],
    [{ CarrierGatewayId: 'cagw-1' }, 'other', 'cagw-1'],
  ])('with %j leads to %s %s', (route, type, id) => {
    expect(readRoute(route)?.target).toEqual({ type, id });
  });

  test.each<[Route, string]>([
    [{ DestinationCidrBlock: '10.1.2.3/16' }, '10.1.0.0/16'],
    [{ DestinationIpv6CidrBlock: '2001:0DB8:0:0::/32' }, '2001:db8::/32'],
    [{ DestinationPrefixListId: 'pl-1' }, 'pl-1'],
  ])('has its destination %j in the one spelling', (route, destination) => {
    expect(readRoute(route)?.destination).toBe(destination);
  });
});

test('associations that are on their way out decide about nothing', () => {
  const associations = (['associated', 'associating', 'disassociating', 'disassociated', 'failed'] as const).map((State) => ({
    RouteTableAssociationId: State,
    AssociationState: { State },
    GatewayId: 'igw-1',
  }));
  expect(readRouteTable({ Associations: associations }).associations).toEqual([
    { associationId: 'associated', main: false, gatewayId: 'igw-1' },
    { associationId: 'associating', main: false, gatewayId: 'igw-1' },
  ]);
});

describe('A rule', () => {
  test.each([
    ['6', 'tcp'],
    ['17', 'udp'],
    ['1', 'icmp'],
    ['58', 'icmpv6'],
    ['TCP', 'tcp'],
    ['-1', '-1'],
    ['50', '50'],
    [undefined, '-1'],
  ])('has protocol %s as %s', (given, read) => {
    expect(readProtocol(given)).toBe(read);
  });

  test.each<[SecurityGroupRule, readonly [number, number]]>([
    [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 23 }, [22, 23]],
    [{ IpProtocol: '-1', FromPort: 0, ToPort: 65_535 }, [-1, -1]],
    [{ IpProtocol: '-1' }, [-1, -1]],
    [{ IpProtocol: '50', FromPort: 0, ToPort: 0 }, [-1, -1]],
    [{ IpProtocol: 'icmp', FromPort: 8, ToPort: 0 }, [8, 0]],
    [{ IpProtocol: 'icmp', FromPort: -1, ToPort: 0 }, [-1, -1]],
    [{ IpProtocol: '58' }, [-1, -1]],
  ])('%j has ports %j', (rule, ports) => {
    const { fromPort, toPort } = readSecurityGroupRule(rule);
    expect([fromPort, toPort]).toEqual(ports);
  });

  test.each<[SecurityGroupRule, unknown]>([
    [{ CidrIpv4: '10.1.2.3/16' }, { cidrIpv4: '10.1.0.0/16' }],
    [{ CidrIpv6: '2001:DB8::/32' }, { cidrIpv6: '2001:db8::/32' }],
    [{ PrefixListId: 'pl-1' }, { prefixListId: 'pl-1' }],
    [{ ReferencedGroupInfo: { GroupId: 'sg-2' } }, { referencedGroup: { groupId: 'sg-2' } }],
    [
      { ReferencedGroupInfo: { GroupId: 'sg-2', UserId: '4', VpcId: 'vpc-2', VpcPeeringConnectionId: 'pcx-1', PeeringStatus: 'active' } },
      { referencedGroup: { groupId: 'sg-2', userId: '4', vpcId: 'vpc-2', vpcPeeringConnectionId: 'pcx-1', peeringStatus: 'active' } },
    ],
  ])('%j has exactly one peer', (rule, peer) => {
    expect(readSecurityGroupRule(rule).peer).toEqual(peer);
  });
});

test('the primary block of a VPC comes first', () => {
  const CidrBlockAssociationSet = ['10.2.0.0/16', '10.1.0.0/16'].map((CidrBlock) => ({
    CidrBlock,
    AssociationId: CidrBlock,
    CidrBlockState: { State: 'associated' as const },
  }));
  expect(readVpc({ CidrBlock: '10.1.0.0/16', CidrBlockAssociationSet }).cidrBlocks.map(({ cidr }) => cidr)).toEqual([
    '10.1.0.0/16',
    '10.2.0.0/16',
  ]);
});

test('a connection has each block once, and an end only while it waits to be accepted', () => {
  const ExpirationTime = new Date(1_000);
  const RequesterVpcInfo = {
    VpcId: 'vpc-1',
    CidrBlock: '10.1.0.0/16',
    CidrBlockSet: [{ CidrBlock: '10.1.0.0/16' }, { CidrBlock: '10.5.0.0/16' }],
  };
  const active = readPeeringConnection({ Status: { Code: 'active' }, ExpirationTime, RequesterVpcInfo });
  expect(active.requester.cidrs).toEqual(['10.1.0.0/16', '10.5.0.0/16']);
  expect(active).not.toHaveProperty('expirationTime');
  expect(readPeeringConnection({ Status: { Code: 'pending-acceptance' }, ExpirationTime }).expirationTime).toBe(1_000);
});
