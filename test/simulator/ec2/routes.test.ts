import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, mainTable, peer, two, vpc } from './account.ts';

let simulated: Aws;
let caller: Caller;
let vpcId: string;
let table: string;
let pcx: string;

beforeEach(async () => {
  simulated = aws();
  caller = simulated.caller();
  vpcId = vpc(caller, '10.0.0.0/16');
  table = mainTable(caller, vpcId).RouteTableId!;
  pcx = await peer(simulated, { requester: caller, vpcId, peerVpcId: vpc(caller, '10.1.0.0/16') });
});

/** Every route of the main table: destination, target and state. */
const routes = (): string[] =>
  mainTable(caller, vpcId).Routes!.map((route) => {
    const target = route.VpcPeeringConnectionId ?? route.GatewayId ?? route.InstanceId ?? route.NetworkInterfaceId;
    return `${route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock} ${target === pcx ? 'pcx' : target} ${route.State}`;
  });

const toPeer = (destination: string) => ({ RouteTableId: table, DestinationCidrBlock: destination, VpcPeeringConnectionId: pcx });

function gateway(attachedTo?: string): string {
  const id = caller('CreateInternetGateway', {}).InternetGateway!.InternetGatewayId!;
  if (attachedTo) caller('AttachInternetGateway', { InternetGatewayId: id, VpcId: attachedTo });
  return id;
}

function subnet(cidr: string, inVpc = vpcId): string {
  return caller('CreateSubnet', { VpcId: inVpc, CidrBlock: cidr }).Subnet!.SubnetId!;
}

const networkInterface = (subnetId: string): string =>
  caller('CreateNetworkInterface', { SubnetId: subnetId }).NetworkInterface!.NetworkInterfaceId!;

describe('destinations', () => {
  test('are stored in their one spelling (aws.md 2.1)', () => {
    caller('CreateRoute', toPeer('100.68.0.18/18'));
    caller('CreateRoute', { RouteTableId: table, DestinationIpv6CidrBlock: '2001:DB8:0::1/32', VpcPeeringConnectionId: pcx });
    expect(routes()).toEqual(['10.0.0.0/16 local active', '100.68.0.0/18 pcx active', '2001:db8::/32 pcx active']);
  });

  test('must be given to Replace and Delete exactly as they are stored (aws.md 2.1)', () => {
    caller('CreateRoute', toPeer('100.68.0.0/18'));
    expect(caller.code('ReplaceRoute', toPeer('100.68.0.18/18'))).toBe('InvalidParameterValue');
    expect(caller.code('DeleteRoute', { RouteTableId: table, DestinationCidrBlock: '100.68.0.18/18' })).toBe('InvalidRoute.NotFound');
    caller('DeleteRoute', { RouteTableId: table, DestinationCidrBlock: '100.68.0.0/18' });
    expect(routes()).toEqual(['10.0.0.0/16 local active']);
  });

  test.each([
    ['no CIDR', { DestinationCidrBlock: '10.1.0.0' }, 'InvalidParameterValue'],
    ['IPv6 where IPv4 belongs', { DestinationCidrBlock: '2001:db8::/32' }, 'InvalidParameterValue'],
    ['none', {}, 'MissingParameter'],
    ['two', { DestinationCidrBlock: '10.1.0.0/16', DestinationIpv6CidrBlock: '2001:db8::/32' }, 'InvalidParameterCombination'],
    ['link-local for AWS services (aws.md 2.4)', { DestinationCidrBlock: '169.254.169.0/24' }, 'InvalidParameterValue'],
    ['IPv6 for AWS services (aws.md 2.4)', { DestinationIpv6CidrBlock: 'fd00:ec2::/64' }, 'InvalidParameterValue'],
    ['an unknown prefix list', { DestinationPrefixListId: 'pl-0123456789abcdef0' }, 'InvalidPrefixListID.NotFound'],
  ])('are refused: %s', (_what, destination, code) => {
    expect(caller.code('CreateRoute', { RouteTableId: table, VpcPeeringConnectionId: pcx, ...destination })).toBe(code);
  });

  test.each(['10.0.0.0/16', '10.0.5.0/24'])(
    '%s, equal to or inside the VPC’s own, cannot lead to a peering (aws.md 2.2)',
    (destination) => {
      expect(caller.refused('CreateRoute', toPeer(destination))).toEqual({
        code: 'InvalidParameterValue',
        message: `The destination CIDR block ${destination} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
      });
    },
  );

  test('inside the VPC’s own lead to an interface if they are exactly a subnet’s (aws.md 2.4)', () => {
    const eni = networkInterface(subnet('10.0.5.0/24'));
    const toEni = (destination: string) => ({ RouteTableId: table, DestinationCidrBlock: destination, NetworkInterfaceId: eni });
    expect(caller.code('CreateRoute', toEni('10.0.5.0/25'))).toBe('InvalidParameterValue');
    expect(caller.code('CreateRoute', toEni('10.0.5.0/24'))).toBeUndefined();
    expect(caller.code('CreateRoute', toEni('10.0.0.0/16'))).toBe('RouteAlreadyExists');
  });

  test('wider than the VPC’s own may lead to a peering', () => {
    expect(caller.code('CreateRoute', toPeer('10.0.0.0/8'))).toBeUndefined();
  });
});

describe('a route that is there already (aws.md 2.2)', () => {
  test('can be made again as it is, or is refused, as the setting has it', () => {
    caller('CreateRoute', toPeer('10.1.0.0/16'));
    expect(caller('CreateRoute', toPeer('10.1.0.0/16')).Return).toBe(true);
    simulated.world.configure({ createRouteIdentical: 'RouteAlreadyExists' });
    expect(caller.refused('CreateRoute', toPeer('10.1.0.0/16'))).toEqual({
      code: 'RouteAlreadyExists',
      message: 'The route identified by 10.1.0.0/16 already exists.',
    });
    expect(routes()).toEqual(['10.0.0.0/16 local active', '10.1.0.0/16 pcx active']);
  });

  test('cannot be made with another target', () => {
    caller('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: gateway(vpcId) });
    expect(caller.code('CreateRoute', toPeer('0.0.0.0/0'))).toBe('RouteAlreadyExists');
  });

  test('can be replaced; one that is not there cannot', () => {
    caller('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: gateway(vpcId) });
    caller('ReplaceRoute', toPeer('0.0.0.0/0'));
    expect(routes()).toEqual(['10.0.0.0/16 local active', '0.0.0.0/0 pcx active']);
    expect(caller.refused('ReplaceRoute', toPeer('10.9.0.0/16'))).toEqual({
      code: 'InvalidParameterValue',
      message: "There is no route defined for '10.9.0.0/16' in the route table. Use CreateRoute instead.",
    });
    expect(caller.refused('DeleteRoute', { RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16' })).toEqual({
      code: 'InvalidRoute.NotFound',
      message: `no route with destination-cidr-block 10.9.0.0/16 in route table ${table}`,
    });
  });
});

describe('the local route', () => {
  test('cannot be removed (aws.md 2.2)', () => {
    expect(caller.refused('DeleteRoute', { RouteTableId: table, DestinationCidrBlock: '10.0.0.0/16' })).toEqual({
      code: 'InvalidParameterValue',
      message: `cannot remove local route 10.0.0.0/16 in route table ${table}`,
    });
  });

  test('can be pointed to an interface and back again (aws.md 2.1)', () => {
    const eni = networkInterface(subnet('10.0.5.0/24'));
    caller('ReplaceRoute', { RouteTableId: table, DestinationCidrBlock: '10.0.0.0/16', NetworkInterfaceId: eni });
    expect(routes()).toEqual([`10.0.0.0/16 ${eni} blackhole`]);
    caller('ReplaceRoute', { RouteTableId: table, DestinationCidrBlock: '10.0.0.0/16', LocalTarget: true });
    expect(routes()).toEqual(['10.0.0.0/16 local active']);
    expect(caller.code('ReplaceRoute', toPeer('10.0.0.0/16'))).toBe('InvalidParameterValue');
  });

  test('of a new block appears in every table once the block is associated, and goes with it (aws.md 1.6)', async () => {
    const other = caller('CreateRouteTable', { VpcId: vpcId }).RouteTable!.RouteTableId!;
    const destinations = () =>
      caller('DescribeRouteTables', { RouteTableIds: [table, other] }).RouteTables!.map(({ Routes }) =>
        Routes!.map((route) => route.DestinationCidrBlock),
      );
    const association = caller('AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: '10.8.0.0/16' }).CidrBlockAssociation!;
    expect(association.CidrBlockState?.State).toBe('associating');
    expect(destinations()).toEqual([['10.0.0.0/16'], ['10.0.0.0/16']]);
    await simulated.clock.advance(1_000);
    expect(destinations()).toEqual([
      ['10.0.0.0/16', '10.8.0.0/16'],
      ['10.0.0.0/16', '10.8.0.0/16'],
    ]);
    caller('DisassociateVpcCidrBlock', { AssociationId: association.AssociationId });
    await simulated.clock.advance(1_000);
    expect(destinations()).toEqual([['10.0.0.0/16'], ['10.0.0.0/16']]);
  });
});

describe('targets', () => {
  test.each([
    ['none', {}, 'MissingParameter'],
    ['two', { VpcPeeringConnectionId: 'pcx', GatewayId: 'local' }, 'InvalidParameterCombination'],
    ['an unknown peering', { VpcPeeringConnectionId: 'pcx-00000000000000000' }, 'InvalidVpcPeeringConnectionID.NotFound'],
    ['an unknown gateway', { GatewayId: 'igw-00000000000000000' }, 'InvalidGatewayID.NotFound'],
    ['an unknown transit gateway', { TransitGatewayId: 'tgw-00000000000000000' }, 'InvalidTransitGatewayID.NotFound'],
    ['an unknown NAT gateway', { NatGatewayId: 'nat-00000000000000000' }, 'InvalidNatGatewayID.NotFound'],
    ['an unknown interface', { NetworkInterfaceId: 'eni-00000000000000000' }, 'InvalidNetworkInterfaceID.NotFound'],
    ['an unknown instance', { InstanceId: 'i-00000000000000000' }, 'InvalidInstanceID.NotFound'],
  ])('are refused: %s (aws.md 2.2)', (_what, target, code) => {
    expect(caller.code('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16', ...target })).toBe(code);
  });

  test('of another VPC are refused (aws.md 2.2)', async () => {
    const [third, fourth] = [vpc(caller, '10.3.0.0/16'), vpc(caller, '10.4.0.0/16')];
    const foreign = await peer(simulated, { requester: caller, vpcId: third, peerVpcId: fourth });
    const create = (target: object) =>
      caller.refused('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16', ...target });
    expect(create({ VpcPeeringConnectionId: foreign })).toEqual({
      code: 'InvalidParameterValue',
      message: `route table ${table} and network gateway ${foreign} belong to different networks`,
    });
    expect(create({ GatewayId: gateway(third) })?.code).toBe('InvalidParameterValue');
    expect(create({ GatewayId: gateway() })?.code).toBe('InvalidParameterValue');
    expect(create({ NetworkInterfaceId: networkInterface(subnet('10.3.0.0/24', third)) })?.code).toBe('InvalidParameterValue');
  });

  test('that are a deleted peering are refused', () => {
    caller('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: pcx });
    expect(caller.code('CreateRoute', toPeer('10.1.0.0/16'))).toBe('InvalidVpcPeeringConnectionID.NotFound');
  });

  test('that go away leave a blackhole: gateways and instances as well (aws.md 2.3)', async () => {
    const igw = gateway(vpcId);
    caller('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: igw });
    const [instance] = caller('RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: subnet('10.0.5.0/24') }).Instances!;
    caller('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '10.9.0.0/16', InstanceId: instance!.InstanceId });
    await simulated.clock.advance(3_000);
    expect(routes().map((route) => route.split(' ')[2])).toEqual(['active', 'active', 'active']);
    caller('DetachInternetGateway', { InternetGatewayId: igw, VpcId: vpcId });
    caller('TerminateInstances', { InstanceIds: [instance!.InstanceId!] });
    expect(routes().map((route) => route.split(' ')[2])).toEqual(['active', 'blackhole', 'blackhole']);
  });
});

describe('tables', () => {
  test('hold 50 routes of each family, local ones not counted (aws.md 2.6)', () => {
    for (let index = 0; index < 50; index++) caller('CreateRoute', toPeer(`172.16.${index}.0/24`));
    expect(caller.code('CreateRoute', toPeer('172.16.50.0/24'))).toBe('RouteLimitExceeded');
    const ipv6 = { RouteTableId: table, DestinationIpv6CidrBlock: '2001:db8::/32', VpcPeeringConnectionId: pcx };
    expect(caller.code('CreateRoute', ipv6)).toBeUndefined();
  });

  test('of another account do not exist', () => {
    expect(simulated.caller(two).refused('CreateRoute', toPeer('10.1.0.0/16'))).toEqual({
      code: 'InvalidRouteTableID.NotFound',
      message: `The routeTable ID '${table}' does not exist`,
    });
    expect(caller.code('CreateRoute', { ...toPeer('10.1.0.0/16'), RouteTableId: 'rtb-main' })).toBe('InvalidRouteTableId.Malformed');
  });

  test('for what enters through a gateway refuse peerings, before and after (aws.md 2.5)', () => {
    const igw = gateway(vpcId);
    const edge = caller('CreateRouteTable', { VpcId: vpcId }).RouteTable!.RouteTableId!;
    const route = { RouteTableId: edge, DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId: pcx };
    caller('CreateRoute', route);
    expect(caller.code('AssociateRouteTable', { RouteTableId: edge, GatewayId: igw })).toBe('InvalidParameterValue');
    caller('DeleteRoute', { RouteTableId: edge, DestinationCidrBlock: '10.1.0.0/16' });
    caller('AssociateRouteTable', { RouteTableId: edge, GatewayId: igw });
    expect(caller.code('CreateRoute', route)).toBe('InvalidParameterValue');
    expect(caller('DescribeRouteTables', { RouteTableIds: [edge] }).RouteTables![0]!.Associations).toMatchObject([
      { GatewayId: igw, Main: false },
    ]);
  });

  test('do not list the subnets that use the main one without saying so (aws.md 2.5)', () => {
    subnet('10.0.5.0/24');
    expect(mainTable(caller, vpcId).Associations).toMatchObject([{ Main: true }]);
  });

  test('cannot be deleted while they are main or associated, nor the main association be taken away (aws.md 2.5)', () => {
    const main = mainTable(caller, vpcId);
    const other = caller('CreateRouteTable', { VpcId: vpcId }).RouteTable!.RouteTableId!;
    const association = caller('AssociateRouteTable', { RouteTableId: other, SubnetId: subnet('10.0.5.0/24') }).AssociationId!;
    expect(caller.code('DeleteRouteTable', { RouteTableId: table })).toBe('DependencyViolation');
    expect(caller.code('DeleteRouteTable', { RouteTableId: other })).toBe('DependencyViolation');
    expect(caller.code('DisassociateRouteTable', { AssociationId: main.Associations![0]!.RouteTableAssociationId })).toBe(
      'InvalidParameterValue',
    );
    caller('DisassociateRouteTable', { AssociationId: association });
    caller('DeleteRouteTable', { RouteTableId: other });
    expect(caller.code('DisassociateRouteTable', { AssociationId: association })).toBe('InvalidAssociationID.NotFound');
  });

  test('take over being main by replacing the main association (aws.md 2.5)', () => {
    const [association] = mainTable(caller, vpcId).Associations!;
    const other = caller('CreateRouteTable', { VpcId: vpcId }).RouteTable!.RouteTableId!;
    const moved = caller('ReplaceRouteTableAssociation', { AssociationId: association!.RouteTableAssociationId, RouteTableId: other });
    expect(moved.NewAssociationId).not.toBe(association!.RouteTableAssociationId);
    expect(mainTable(caller, vpcId).RouteTableId).toBe(other);
    caller('DeleteRouteTable', { RouteTableId: table });
  });

  test('can be found by their routes (aws.md 2.6)', () => {
    caller('CreateRoute', toPeer('10.1.0.0/16'));
    const found = (name: string, value: string) =>
      caller('DescribeRouteTables', { Filters: [{ Name: name, Values: [value] }] }).RouteTables!.map(({ RouteTableId }) => RouteTableId);
    expect(found('route.vpc-peering-connection-id', pcx)).toEqual([table]);
    expect(found('route.destination-cidr-block', '10.1.*')).toContain(table);
    expect(found('route.state', 'blackhole')).toEqual([]);
    caller('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: pcx });
    expect(found('route.state', 'blackhole')).toEqual([table]);
  });
});
