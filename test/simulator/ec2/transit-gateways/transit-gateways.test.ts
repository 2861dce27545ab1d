import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TransitGatewayAttachmentRecord } from '../../../../src/simulator/ec2/transit-gateways/transit-gateway-records.ts';
import { type Aws, aws, type Caller, mainTable, one, two, vpc } from '../account.ts';

let simulated: Aws;
let caller: Caller;
let other: Caller;
let tgw: string;

const wait = (ms = 7_000) => simulated.clock.advance(ms);

async function gateway(options: object = {}): Promise<string> {
  const { TransitGateway } = caller('CreateTransitGateway', { Options: options });
  await wait();
  return TransitGateway!.TransitGatewayId!;
}

function subnet(who: Caller, vpcId: string, cidr: string, zone = 'usw2-az1'): string {
  return who('CreateSubnet', { VpcId: vpcId, CidrBlock: cidr, AvailabilityZoneId: zone }).Subnet!.SubnetId!;
}

/** A VPC 10.<n>.0.0/16 with a subnet, and what is to be said to attach it. */
function attachable(
  n: number,
  who = caller,
): { vpcId: string; subnetId: string; input: { TransitGatewayId: string; VpcId: string; SubnetIds: string[] } } {
  const vpcId = vpc(who, `10.${n}.0.0/16`);
  const subnetId = subnet(who, vpcId, `10.${n}.0.0/24`);
  return { vpcId, subnetId, input: { TransitGatewayId: tgw, VpcId: vpcId, SubnetIds: [subnetId] } };
}

const attachment = (id: string, who = caller) =>
  who('DescribeTransitGatewayAttachments', { TransitGatewayAttachmentIds: [id] }).TransitGatewayAttachments![0]!;

async function attach(n: number, who = caller): Promise<{ vpcId: string; subnetId: string; id: string }> {
  const { input, ...rest } = attachable(n, who);
  const id = who('CreateTransitGatewayVpcAttachment', input).TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!;
  await wait();
  return { ...rest, id };
}

const defaultTable = (): string =>
  caller('DescribeTransitGateways', { TransitGatewayIds: [tgw] }).TransitGateways![0]!.Options!.AssociationDefaultRouteTableId!;

async function table(): Promise<string> {
  const made = caller('CreateTransitGatewayRouteTable', { TransitGatewayId: tgw }).TransitGatewayRouteTable!;
  await wait();
  return made.TransitGatewayRouteTableId!;
}

const search = (tableId: string, name = 'type', ...values: string[]): string[] =>
  caller('SearchTransitGatewayRoutes', {
    TransitGatewayRouteTableId: tableId,
    Filters: [{ Name: name, Values: values.length > 0 ? values : ['static', 'propagated'] }],
  }).Routes!.map(
    ({ DestinationCidrBlock, Type, State, TransitGatewayAttachments: [to] = [] }) =>
      `${DestinationCidrBlock} ${Type} ${State} ${to?.TransitGatewayAttachmentId ?? '-'}`,
  );

beforeEach(async () => {
  simulated = aws();
  caller = simulated.caller();
  other = simulated.caller(two);
  tgw = await gateway();
});

describe('a transit gateway (aws.md 6.1)', () => {
  test('is pending, then available, with one default table for both purposes', async () => {
    const { TransitGateway: made } = caller('CreateTransitGateway', { Description: 'hub' });
    expect(made).toMatchObject({ State: 'pending', Description: 'hub', OwnerId: one });
    expect(made!.TransitGatewayArn).toBe(`arn:aws:ec2:us-west-2:${one}:transit-gateway/${made!.TransitGatewayId}`);
    expect(made!.Options).toMatchObject({
      AutoAcceptSharedAttachments: 'disable',
      DefaultRouteTableAssociation: 'enable',
      DefaultRouteTablePropagation: 'enable',
      DnsSupport: 'enable',
      SecurityGroupReferencingSupport: 'disable',
    });
    expect(made!.Options!.AssociationDefaultRouteTableId).toBe(made!.Options!.PropagationDefaultRouteTableId);
    await wait();
    expect(caller('DescribeTransitGateways', { TransitGatewayIds: [made!.TransitGatewayId!] }).TransitGateways![0]!.State).toBe(
      'available',
    );
  });

  test('without default tables has none', async () => {
    const id = await gateway({ DefaultRouteTableAssociation: 'disable', DefaultRouteTablePropagation: 'disable' });
    const filters = [{ Name: 'transit-gateway-id', Values: [id] }];
    expect(caller('DescribeTransitGatewayRouteTables', { Filters: filters }).TransitGatewayRouteTables).toEqual([]);
  });

  test('is modified by its owner only, to tables of its own', async () => {
    const own = await table();
    simulated.world.shareBy(() => true);
    expect(other.code('ModifyTransitGateway', { TransitGatewayId: tgw, Description: 'x' })).toBe('OperationNotPermitted');
    const modified = caller('ModifyTransitGateway', {
      TransitGatewayId: tgw,
      Options: { AssociationDefaultRouteTableId: own, AutoAcceptSharedAttachments: 'enable' },
    }).TransitGateway!;
    expect([modified.State, modified.Options!.AssociationDefaultRouteTableId]).toEqual(['modifying', own]);
    expect(caller.code('ModifyTransitGateway', { TransitGatewayId: tgw })).toBe('IncorrectState');
    await wait();
    const input = { TransitGatewayId: tgw, Options: { AssociationDefaultRouteTableId: 'tgw-rtb-0123456789abcdef0' } };
    expect(caller.code('ModifyTransitGateway', input)).toBe('InvalidTransitGatewayRouteTableId.NotFound');
  });

  test('goes only when nothing is attached, and its tables with it', async () => {
    const { id } = await attach(0);
    expect(caller.code('DeleteTransitGateway', { TransitGatewayId: tgw })).toBe('IncorrectState');
    caller('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id });
    await wait();
    expect(caller('DeleteTransitGateway', { TransitGatewayId: tgw }).TransitGateway!.State).toBe('deleting');
    await wait();
    expect(caller('DescribeTransitGateways', {}).TransitGateways![0]!.State).toBe('deleted');
    expect(caller('DescribeTransitGatewayRouteTables', {}).TransitGatewayRouteTables).toEqual([]);
    expect(caller.code('DeleteTransitGateway', { TransitGatewayId: tgw })).toBe('InvalidTransitGatewayID.NotFound');
  });

  test('of another account is unknown unless it is shared', () => {
    const seen = () => other('DescribeTransitGateways', {}).TransitGateways!.map(({ OwnerId }) => OwnerId);
    expect(other.code('DescribeTransitGateways', { TransitGatewayIds: [tgw] })).toBe('InvalidTransitGatewayID.NotFound');
    expect(seen()).toEqual([]);
    const arn = `arn:aws:ec2:us-west-2:${one}:transit-gateway/${tgw}`;
    simulated.world.shareBy((shared, accountId) => shared === arn && accountId === two);
    expect(seen()).toEqual([one]);
    expect(simulated.caller(two, 'eu-west-1')('DescribeTransitGateways', {}).TransitGateways).toEqual([]);
  });
});

describe('an attachment (aws.md 6.1)', () => {
  test('is pending, then available, with an interface in each subnet and the default table', async () => {
    const { input, vpcId, subnetId } = attachable(0);
    const second = subnet(caller, vpcId, '10.0.1.0/24', 'usw2-az2');
    const made = caller('CreateTransitGatewayVpcAttachment', { ...input, SubnetIds: [subnetId, second] }).TransitGatewayVpcAttachment!;
    expect(made).toMatchObject({ State: 'pending', VpcId: vpcId, VpcOwnerId: one, SubnetIds: [subnetId, second] });
    expect(made.Options).toEqual({
      DnsSupport: 'enable',
      SecurityGroupReferencingSupport: 'enable',
      Ipv6Support: 'disable',
      ApplianceModeSupport: 'disable',
    });
    const filters = [{ Name: 'interface-type', Values: ['transit_gateway'] }];
    const interfaces = caller('DescribeNetworkInterfaces', { Filters: filters }).NetworkInterfaces!;
    expect(interfaces.map((one) => [one.SubnetId, one.Status])).toEqual([
      [subnetId, 'in-use'],
      [second, 'in-use'],
    ]);
    expect(caller.code('DeleteSubnet', { SubnetId: second })).toBe('DependencyViolation');
    await wait();
    const { State, Association, ResourceId } = attachment(made.TransitGatewayAttachmentId!);
    expect([State, ResourceId]).toEqual(['available', vpcId]);
    expect(Association).toEqual({ TransitGatewayRouteTableId: defaultTable(), State: 'associated' });
    expect(search(defaultTable())).toEqual([`10.0.0.0/16 propagated active ${made.TransitGatewayAttachmentId}`]);
  });

  test.each([
    ['no subnet', { SubnetIds: [] }, 'MissingParameter'],
    ['an unknown gateway', { TransitGatewayId: 'tgw-00000000000000000' }, 'InvalidTransitGatewayID.NotFound'],
    ['an unknown VPC', { VpcId: 'vpc-00000000000000000' }, 'InvalidVpcID.NotFound'],
    ['an unknown subnet', { SubnetIds: ['subnet-00000000000000000'] }, 'InvalidSubnetID.NotFound'],
  ])('is refused with %s', (_what, input, code) => {
    expect(caller.code('CreateTransitGatewayVpcAttachment', { ...attachable(0).input, ...input })).toBe(code);
  });

  test('takes one subnet of a zone, and only those of its VPC', () => {
    const { input, vpcId, subnetId } = attachable(0);
    const SubnetIds = [subnetId, subnet(caller, vpcId, '10.0.1.0/24')];
    expect(caller.code('CreateTransitGatewayVpcAttachment', { ...input, SubnetIds })).toBe('DuplicateSubnetsInSameZone');
    const foreign = [attachable(1).subnetId];
    expect(caller.code('CreateTransitGatewayVpcAttachment', { ...input, SubnetIds: foreign })).toBe('InvalidParameterValue');
  });

  test('is there once for a VPC: without client token a repetition is refused (aws.md 7.6)', () => {
    const { input } = attachable(0);
    caller('CreateTransitGatewayVpcAttachment', input);
    expect(caller.code('CreateTransitGatewayVpcAttachment', input)).toBe('DuplicateTransitGatewayAttachment');
  });

  test('cannot be found by tag (aws.md 7.6)', () => {
    const filters = [{ Name: 'tag:Name', Values: ['x'] }];
    expect(caller.code('DescribeTransitGatewayVpcAttachments', { Filters: filters })).toBe('InvalidParameterValue');
  });

  test('of a VPC that overlaps another is attached, but its CIDR not propagated', async () => {
    const first = await attach(0);
    const second = await attach(0);
    expect(attachment(second.id).State).toBe('available');
    expect(search(defaultTable())).toEqual([`10.0.0.0/16 propagated active ${first.id}`]);
    caller('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: first.id });
    expect(search(defaultTable())).toEqual([`10.0.0.0/16 propagated active ${second.id}`]);
  });

  test('of another account needs sharing, then the owner’s yes, and both see it with tags of their own', async () => {
    const { input } = attachable(0, other);
    expect(other.code('CreateTransitGatewayVpcAttachment', input)).toBe('InvalidTransitGatewayID.NotFound');
    simulated.world.shareBy((_arn, accountId) => accountId === two);
    const specification = { ResourceType: 'transit-gateway-attachment' as const, Tags: [{ Key: 'Name', Value: 'theirs' }] };
    const made = other('CreateTransitGatewayVpcAttachment', { ...input, TagSpecifications: [specification] }).TransitGatewayVpcAttachment!;
    const id = made.TransitGatewayAttachmentId!;
    expect(made.State).toBe('pendingAcceptance');
    expect(other.code('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id })).toBe('OperationNotPermitted');
    expect([attachment(id).Tags, attachment(id, other).Tags]).toEqual([[], specification.Tags]);
    expect(attachment(id)).toMatchObject({ ResourceOwnerId: two, TransitGatewayOwnerId: one });
    expect(caller('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id }).TransitGatewayVpcAttachment!.State).toBe(
      'pending',
    );
    await wait();
    expect(attachment(id, other).State).toBe('available');
    expect(other('DescribeNetworkInterfaces', {}).NetworkInterfaces).toHaveLength(1);
    expect(caller.code('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id })).toBe('IncorrectState');
    expect(caller.code('ModifyTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id })).toBe('OperationNotPermitted');
  });

  test('that waits for a yes keeps the subnet in which it is to have an interface', () => {
    simulated.world.shareBy(() => true);
    const { input } = attachable(0, other);
    const made = other('CreateTransitGatewayVpcAttachment', input).TransitGatewayVpcAttachment!;
    expect(other.code('DeleteSubnet', { SubnetId: made.SubnetIds![0]! })).toBe('DependencyViolation');
    const accepted = caller('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: made.TransitGatewayAttachmentId! });
    expect(accepted.TransitGatewayVpcAttachment!.State).toBe('pending');
  });

  test('of another account needs no yes where the gateway gives it beforehand', async () => {
    simulated.world.shareBy(() => true);
    caller('ModifyTransitGateway', { TransitGatewayId: tgw, Options: { AutoAcceptSharedAttachments: 'enable' } });
    await wait();
    const { id } = await attach(0, other);
    expect(attachment(id, other).State).toBe('available');
  });

  test('that is rejected makes room for another', async () => {
    simulated.world.shareBy(() => true);
    const { input } = attachable(0, other);
    const request = () => other('CreateTransitGatewayVpcAttachment', input).TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!;
    const id = request();
    expect(other.code('DeleteVpc', { VpcId: input.VpcId })).toBe('DependencyViolation');
    caller('RejectTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id });
    await wait();
    expect(attachment(id, other).State).toBe('rejected');
    expect(request()).not.toBe(id);
    await wait(3_600_000);
    expect(other.code('DescribeTransitGatewayVpcAttachments', { TransitGatewayAttachmentIds: [id] })).toBe(
      'InvalidTransitGatewayAttachmentID.NotFound',
    );
  });

  test('changes its subnets, and interfaces follow', async () => {
    const { id, vpcId, subnetId } = await attach(0);
    const second = subnet(caller, vpcId, '10.0.1.0/24', 'usw2-az2');
    const change = { TransitGatewayAttachmentId: id, AddSubnetIds: [second], RemoveSubnetIds: [subnetId] };
    expect(caller('ModifyTransitGatewayVpcAttachment', change).TransitGatewayVpcAttachment).toMatchObject({
      State: 'modifying',
      SubnetIds: [second],
    });
    expect(caller('DescribeNetworkInterfaces', {}).NetworkInterfaces!.map(({ SubnetId }) => SubnetId)).toEqual([second]);
    expect(caller.code('DeleteSubnet', { SubnetId: subnetId })).toBeUndefined();
    await wait();
    expect(attachment(id).State).toBe('available');
  });
});

describe('routes of VPCs', () => {
  test('lead to a gateway only once the VPC is attached, and are blackholes afterwards (aws.md 6.1, 2.3)', async () => {
    const { input, vpcId } = attachable(0);
    const create = () => {
      const { RouteTableId } = mainTable(caller, vpcId);
      return caller.code('CreateRoute', { RouteTableId, DestinationCidrBlock: '10.0.0.0/8', TransitGatewayId: tgw });
    };
    const last = () => mainTable(caller, vpcId).Routes!.at(-1);
    expect(create()).toBe('InvalidTransitGatewayID.NotFound');
    const { TransitGatewayAttachmentId } = caller('CreateTransitGatewayVpcAttachment', input).TransitGatewayVpcAttachment!;
    expect(create()).toBe('InvalidTransitGatewayID.NotFound');
    await wait();
    expect(create()).toBeUndefined();
    expect(last()).toMatchObject({ TransitGatewayId: tgw, State: 'active' });
    caller('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId });
    expect(last()).toMatchObject({ TransitGatewayId: tgw, State: 'blackhole' });
  });
});

describe('route tables of a gateway (aws.md 6.1)', () => {
  test('have attachments associated, each with one table', async () => {
    const [{ id, vpcId }, own] = [await attach(0), await table()];
    const pair = { TransitGatewayRouteTableId: own, TransitGatewayAttachmentId: id };
    expect(caller.code('AssociateTransitGatewayRouteTable', pair)).toBe('Resource.AlreadyAssociated');
    expect(caller.code('DisassociateTransitGatewayRouteTable', pair)).toBe('InvalidAssociation.NotFound');
    const fromDefault = { ...pair, TransitGatewayRouteTableId: defaultTable() };
    expect(caller('DisassociateTransitGatewayRouteTable', fromDefault).Association!.State).toBe('disassociating');
    await wait();
    expect(attachment(id).Association).toBeUndefined();
    expect(caller('AssociateTransitGatewayRouteTable', pair).Association).toEqual({
      TransitGatewayRouteTableId: own,
      TransitGatewayAttachmentId: id,
      ResourceId: vpcId,
      ResourceType: 'vpc',
      State: 'associating',
    });
    await wait();
    expect(caller('GetTransitGatewayRouteTableAssociations', { TransitGatewayRouteTableId: own }).Associations).toMatchObject([
      { TransitGatewayAttachmentId: id, State: 'associated' },
    ]);
    expect(caller.code('DeleteTransitGatewayRouteTable', { TransitGatewayRouteTableId: own })).toBe('IncorrectState');
    expect(caller.code('DeleteTransitGatewayRouteTable', { TransitGatewayRouteTableId: defaultTable() })).toBe('IncorrectState');
  });

  test('learn CIDRs from attachments that propagate to them', async () => {
    const [{ id, vpcId }, own] = [await attach(0), await table()];
    const pair = { TransitGatewayRouteTableId: own, TransitGatewayAttachmentId: id };
    expect(caller.code('DisableTransitGatewayRouteTablePropagation', pair)).toBe('TransitGatewayRouteTablePropagation.NotFound');
    expect(caller('EnableTransitGatewayRouteTablePropagation', pair).Propagation!.State).toBe('enabling');
    expect(search(own)).toEqual([]);
    expect(caller.code('EnableTransitGatewayRouteTablePropagation', pair)).toBe('TransitGatewayRouteTablePropagation.Duplicate');
    await wait();
    expect(search(own)).toEqual([`10.0.0.0/16 propagated active ${id}`]);
    expect(
      caller('GetTransitGatewayRouteTablePropagations', { TransitGatewayRouteTableId: own }).TransitGatewayRouteTablePropagations,
    ).toEqual([{ TransitGatewayAttachmentId: id, ResourceId: vpcId, ResourceType: 'vpc', State: 'enabled' }]);
    expect(
      caller('GetTransitGatewayAttachmentPropagations', { TransitGatewayAttachmentId: id }).TransitGatewayAttachmentPropagations,
    ).toEqual([
      { TransitGatewayRouteTableId: defaultTable(), State: 'enabled' },
      { TransitGatewayRouteTableId: own, State: 'enabled' },
    ]);
    caller('DisableTransitGatewayRouteTablePropagation', pair);
    await wait();
    expect(search(own)).toEqual([]);
    caller('DeleteTransitGatewayRouteTable', { TransitGatewayRouteTableId: own });
  });

  test('learn IPv6 only from attachments that support it', async () => {
    const { vpcId, subnetId } = attachable(0);
    caller('AssociateVpcCidrBlock', { VpcId: vpcId, AmazonProvidedIpv6CidrBlock: true });
    await wait();
    const input = { TransitGatewayId: tgw, VpcId: vpcId, SubnetIds: [subnetId] };
    const { TransitGatewayAttachmentId } = caller('CreateTransitGatewayVpcAttachment', input).TransitGatewayVpcAttachment!;
    await wait();
    expect(search(defaultTable())).toHaveLength(1);
    caller('ModifyTransitGatewayVpcAttachment', { TransitGatewayAttachmentId, Options: { Ipv6Support: 'enable' } });
    await wait();
    expect(search(defaultTable())).toHaveLength(2);
  });

  test('have static routes, which win over learnt ones, and blackholes', async () => {
    const [first, second] = [await attach(0), await attach(1)];
    const route = (destination: string, target: object) => ({
      TransitGatewayRouteTableId: defaultTable(),
      DestinationCidrBlock: destination,
      ...target,
    });
    const toSecond = { TransitGatewayAttachmentId: second.id };
    expect(caller('CreateTransitGatewayRoute', route('10.0.7.7/16', toSecond)).Route).toMatchObject({
      DestinationCidrBlock: '10.0.0.0/16',
      Type: 'static',
      State: 'active',
    });
    expect(caller.code('CreateTransitGatewayRoute', route('10.0.0.0/16', toSecond))).toBe('RouteAlreadyExists');
    caller('ReplaceTransitGatewayRoute', route('10.0.0.0/16', { Blackhole: true }));
    expect(search(defaultTable())).toEqual(['10.0.0.0/16 static blackhole -', `10.1.0.0/16 propagated active ${second.id}`]);
    caller('DeleteTransitGatewayRoute', route('10.0.0.0/16', {}));
    expect(search(defaultTable())[0]).toBe(`10.0.0.0/16 propagated active ${first.id}`);
    caller('CreateTransitGatewayRoute', route('0.0.0.0/0', toSecond));
    caller('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: second.id });
    expect(search(defaultTable(), 'type', 'static')).toEqual([`0.0.0.0/0 static blackhole ${second.id}`]);
    expect(caller.code('DeleteTransitGatewayRoute', route('10.9.0.0/16', {}))).toBe('InvalidRoute.NotFound');
    expect(caller.code('ReplaceTransitGatewayRoute', route('10.9.0.0/16', { Blackhole: true }))).toBe('InvalidRoute.NotFound');
    expect(caller.code('CreateTransitGatewayRoute', route('10.9.0.0/16', {}))).toBe('MissingParameter');
    expect(caller.code('CreateTransitGatewayRoute', route('10.9.0.0/16', toSecond))).toBe('IncorrectState');
  });

  test('are searched by a filter, which must be given', async () => {
    const [first, second] = [await attach(0), await attach(1)];
    const id = defaultTable();
    const blackhole = { TransitGatewayRouteTableId: id, DestinationCidrBlock: '10.0.0.0/8', Blackhole: true };
    caller('CreateTransitGatewayRoute', blackhole);
    const destinations = (name: string, ...values: string[]) => search(id, name, ...values).map((text) => text.split(' ')[0]);
    expect(destinations('route-search.exact-match', '10.1.0.0/16')).toEqual(['10.1.0.0/16']);
    expect(destinations('route-search.longest-prefix-match', '10.1.2.3/32')).toEqual(['10.1.0.0/16']);
    expect(destinations('route-search.supernet-of-match', '10.1.2.3/32')).toEqual(['10.0.0.0/8', '10.1.0.0/16']);
    expect(destinations('route-search.subnet-of-match', '10.0.0.0/15')).toEqual(['10.0.0.0/16', '10.1.0.0/16']);
    expect(destinations('attachment.resource-id', first.vpcId)).toEqual(['10.0.0.0/16']);
    expect(destinations('attachment.transit-gateway-attachment-id', second.id)).toEqual(['10.1.0.0/16']);
    expect(destinations('state', 'blackhole')).toEqual(['10.0.0.0/8']);
    expect(caller.code('SearchTransitGatewayRoutes', { TransitGatewayRouteTableId: id, Filters: [] })).toBe('MissingParameter');
    const many = Array.from({ length: 5 }, (_, index) => ({ ...blackhole, DestinationCidrBlock: `172.16.${index}.0/24` }));
    for (const input of many) caller('CreateTransitGatewayRoute', input);
    const filters = [{ Name: 'type', Values: ['static'] }];
    const page = caller('SearchTransitGatewayRoutes', { TransitGatewayRouteTableId: id, Filters: filters, MaxResults: 5 });
    expect([page.Routes!.length, page.AdditionalRoutesAvailable]).toEqual([5, true]);
  });

  test('are the gateway owner’s alone', async () => {
    simulated.world.shareBy(() => true);
    const { id } = await attach(0);
    const pair = { TransitGatewayRouteTableId: defaultTable(), TransitGatewayAttachmentId: id };
    expect(other.code('DisassociateTransitGatewayRouteTable', pair)).toBe('InvalidTransitGatewayRouteTableId.NotFound');
    expect(other.code('CreateTransitGatewayRouteTable', { TransitGatewayId: tgw })).toBe('OperationNotPermitted');
  });
});

test('attachments go only where aws.md 6.1 lets them, have interfaces while they live, and one table at most', async () => {
  type State = TransitGatewayAttachmentRecord['state'];
  const edges: Readonly<Record<State, readonly State[]>> = {
    pendingAcceptance: ['pending', 'rejecting', 'deleting'],
    pending: ['available'],
    available: ['modifying', 'deleting'],
    modifying: ['available'],
    rejecting: ['rejected'],
    rejected: [],
    deleting: ['deleted'],
    deleted: [],
  };
  const reaches = (from: State, to: State): boolean =>
    edges[from].some((next) => next === to || (next !== 'modifying' && reaches(next, to)));
  const step = fc.record({
    what: fc.nat(9),
    who: fc.nat(1),
    a: fc.nat(9),
    b: fc.nat(9),
    afterMs: fc.constantFrom(0, 2_000, 5_000, 3_600_000),
  });
  let [came, associated] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 50 }), async (steps) => {
      simulated = aws();
      const callers = [simulated.caller(one), simulated.caller(two)] as const;
      [caller, other] = callers;
      simulated.world.shareBy(() => true);
      tgw = await gateway();
      const inputs = [attachable(0).input, attachable(1).input, attachable(1, other).input, attachable(2, other).input];
      const tables = [defaultTable(), await table()];
      const states = new Map<string, State>();
      const { world } = simulated;
      for (const { what, who, a, b, afterMs } of steps) {
        const ids = [...world.transitGatewayAttachments.all()].map(({ id }) => id);
        const id = { TransitGatewayAttachmentId: ids[a % Math.max(1, ids.length)] ?? 'tgw-attach-0123456789abcdef0' };
        const pair = { ...id, TransitGatewayRouteTableId: tables[b % 2]! };
        const me = callers[who]!;
        const calls: (() => unknown)[] = [
          () => me.code('CreateTransitGatewayVpcAttachment', inputs[b % 4]!),
          () => me.code('CreateTransitGatewayVpcAttachment', inputs[a % 4]!),
          () => me.code('AcceptTransitGatewayVpcAttachment', id),
          () => me.code('RejectTransitGatewayVpcAttachment', id),
          () => me.code('ModifyTransitGatewayVpcAttachment', id),
          () => me.code('DeleteTransitGatewayVpcAttachment', id),
          () => me.code('AssociateTransitGatewayRouteTable', pair),
          () => me.code('DisassociateTransitGatewayRouteTable', pair),
          () => me.code('EnableTransitGatewayRouteTablePropagation', pair),
          () => me.code('DisableTransitGatewayRouteTablePropagation', pair),
        ];
        calls[what]!();
        await simulated.clock.advance(afterMs);
        world.catchUp();
        const pairs: string[] = [];
        for (const now of world.transitGatewayAttachments.all()) {
          const before = states.get(now.id);
          if (before && before !== now.state) expect([before, now.state, reaches(before, now.state)]).toEqual([before, now.state, true]);
          states.set(now.id, now.state);
          if (now.state === 'available') came++;
          if (now.association?.state === 'associated') associated++;
          const isThere = ['pending', 'available', 'modifying'].includes(now.state);
          if (isThere) expect(now.networkInterfaceIds.every((eni) => world.networkInterfaces.get(eni))).toBe(true);
          if (now.state === 'deleted' || now.state === 'rejected') {
            expect([now.networkInterfaceIds, now.association, now.propagations]).toEqual([[], undefined, []]);
          } else if (now.state !== 'rejecting') pairs.push(now.vpcId);
          expect(new Set(now.propagations.map(({ routeTableId }) => routeTableId)).size).toBe(now.propagations.length);
        }
        expect(new Set(pairs).size).toBe(pairs.length);
      }
    }),
    { seed: 20260105, numRuns: 60 },
  );
  expect(Math.min(came, associated)).toBeGreaterThan(0);
});
