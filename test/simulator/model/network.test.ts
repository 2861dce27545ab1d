import { test } from '@jest/globals';
import { type Area, callers, type Made, neverThere, one, type Pick, playSequences, playTwice, two } from './engine.ts';

const ec2 = (operation: string, input: Made['input']): Made => ({ service: 'ec2', operation, input });

const cidr = (pick: Pick): string => `10.${pick.number(8)}.0.0/16`;
const vpcId = (pick: Pick): string => pick.id(pick.world.vpcs as never, 'vpc');
const subnetId = (pick: Pick): string => pick.id(pick.world.subnets as never, 'subnet');
const tableId = (pick: Pick): string => pick.id(pick.world.routeTables as never, 'rtb');
const groupId = (pick: Pick): string => pick.id(pick.world.securityGroups as never, 'sg');
const pcxId = (pick: Pick): string => pick.id(pick.world.peerings as never, 'pcx');
const gatewayId = (pick: Pick): string => pick.id(pick.world.internetGateways as never, 'igw');

/** What a route may lead to; most often something of the VPC. */
function target(pick: Pick, tableId: string): object {
  const near = `vpc:${pick.world.routeTables.get(tableId)?.vpcId}`;
  return pick.of([
    { VpcPeeringConnectionId: pick.of(pick.world.peerings.where(near))?.id ?? pcxId(pick) },
    { GatewayId: pick.of(pick.world.internetGateways.where(near))?.id ?? gatewayId(pick) },
    { NetworkInterfaceId: pick.of(pick.world.networkInterfaces.where(near))?.id ?? pick.id(pick.world.networkInterfaces as never, 'eni') },
  ]);
}

function route(pick: Pick): Made['input'] {
  const RouteTableId = tableId(pick);
  return { RouteTableId, DestinationCidrBlock: cidr(pick), ...target(pick, RouteTableId) };
}

/** A table and a destination that it has, if any of the caller's has one. */
function existingRoute(pick: Pick): { readonly RouteTableId: string; readonly DestinationCidrBlock: string } {
  const tables = pick.world.routeTables.where(`place:${pick.caller.accountId}/${pick.caller.region}`);
  const found = tables.flatMap(({ id, routes }) =>
    routes.map(({ destination }) => ({ RouteTableId: id, DestinationCidrBlock: destination })),
  );
  return pick.of(found) ?? { RouteTableId: tableId(pick), DestinationCidrBlock: cidr(pick) };
}

function replacement(pick: Pick): Made['input'] {
  const existing = existingRoute(pick);
  return { ...existing, ...target(pick, existing.RouteTableId) };
}

function prefixListRoute(pick: Pick): Made['input'] {
  const RouteTableId = tableId(pick);
  return { RouteTableId, DestinationPrefixListId: pick.id(pick.world.prefixLists as never, 'pl'), ...target(pick, RouteTableId) };
}

function permissions(pick: Pick): object[] {
  const ranges = { IpProtocol: 'tcp', FromPort: pick.number(3), ToPort: 5, IpRanges: [{ CidrIp: cidr(pick) }] };
  const groups = { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: groupId(pick), UserId: pick.of([one, two]) }] };
  return pick.of([[ranges], [groups], [ranges, groups]]);
}

/** The id of an association that some table or list of the world has. */
function associationId(pick: Pick): string {
  const found = [...pick.world.routeTables.all()].flatMap(({ associations }) =>
    associations.map((association) => association.associationId),
  );
  return pick.of(found) ?? `rtbassoc-${neverThere}`;
}

function blockId(pick: Pick): string {
  const found = [...pick.world.vpcs.all()].flatMap(({ cidrBlocks, ipv6CidrBlocks }) =>
    [...cidrBlocks, ...ipv6CidrBlocks].map((block) => block.associationId),
  );
  return pick.of(found) ?? `vpc-cidr-assoc-${neverThere}`;
}

const requestPeering = (pick: Pick): Made => {
  const peer = pick.of([...pick.world.vpcs.all()]);
  return ec2('CreateVpcPeeringConnection', {
    VpcId: vpcId(pick),
    PeerVpcId: peer?.id ?? vpcId(pick),
    PeerOwnerId: peer?.ownerId,
    PeerRegion: peer?.region,
  });
};
const acceptPeering = (pick: Pick): Made => ec2('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: pcxId(pick) });

const area: Area = {
  // So few that sequences come up against them.
  settings: { quotas: { rulesPerSecurityGroup: 3, routesPerRouteTable: 2, ipv4CidrBlocksPerVpc: 2 } },
  prelude(stage) {
    for (const [index, caller] of callers.entries()) {
      const VpcId = stage.read(ec2('CreateVpc', { CidrBlock: `10.${index}.0.0/16` }), caller, 'Vpc', 'VpcId');
      stage.call(ec2('CreateSubnet', { VpcId, CidrBlock: `10.${index}.0.0/24` }), caller);
      stage.call(ec2('CreateInternetGateway', {}), caller);
    }
  },
  calls: [
    (pick) => ec2('CreateVpc', { CidrBlock: cidr(pick), AmazonProvidedIpv6CidrBlock: pick.number(3) === 0 }),
    (pick) => ec2('DeleteVpc', { VpcId: vpcId(pick) }),
    (pick) => ec2('AssociateVpcCidrBlock', { VpcId: vpcId(pick), CidrBlock: cidr(pick) }),
    (pick) => ec2('AssociateVpcCidrBlock', { VpcId: vpcId(pick), AmazonProvidedIpv6CidrBlock: true }),
    (pick) => ec2('DisassociateVpcCidrBlock', { AssociationId: blockId(pick) }),
    (pick) => ec2('CreateSubnet', { VpcId: vpcId(pick), CidrBlock: `10.${pick.number(4)}.${pick.number(3)}.0/24` }),
    (pick) =>
      ec2('CreateSubnet', { VpcId: vpcId(pick), CidrBlock: pick.world.vpcs.get(vpcId(pick))?.cidrBlocks[0]?.cidr.replace('/16', '/24') }),
    (pick) => ec2('DeleteSubnet', { SubnetId: subnetId(pick) }),
    (pick) =>
      ec2('RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 2, SubnetId: subnetId(pick), ClientToken: `token-${pick.number(9)}` }),
    (pick) => ec2('TerminateInstances', { InstanceIds: [pick.id(pick.world.instances as never, 'i')] }),
    (pick) => ec2('CreateNetworkInterface', { SubnetId: subnetId(pick), Groups: [groupId(pick)] }),
    (pick) => ec2('DeleteNetworkInterface', { NetworkInterfaceId: pick.id(pick.world.networkInterfaces as never, 'eni') }),
    (pick) =>
      ec2('CreateInternetGateway', {
        TagSpecifications: [{ ResourceType: 'internet-gateway', Tags: [{ Key: 'a', Value: `${pick.number(3)}` }] }],
      }),
    (pick) => ec2('AttachInternetGateway', { InternetGatewayId: gatewayId(pick), VpcId: vpcId(pick) }),
    (pick) => ec2('DetachInternetGateway', { InternetGatewayId: gatewayId(pick), VpcId: vpcId(pick) }),
    (pick) => ec2('DeleteInternetGateway', { InternetGatewayId: gatewayId(pick) }),
    (pick) => ec2('CreateNetworkAcl', { VpcId: vpcId(pick) }),
    (pick) => ec2('DeleteNetworkAcl', { NetworkAclId: pick.id(pick.world.networkAcls as never, 'acl') }),
    (pick) =>
      ec2('ReplaceNetworkAclAssociation', {
        AssociationId:
          pick.of([...pick.world.networkAcls.all()].flatMap(({ associations }) => associations))?.associationId ?? `aclassoc-${neverThere}`,
        NetworkAclId: pick.id(pick.world.networkAcls as never, 'acl'),
      }),
    (pick) => ec2('CreateRouteTable', { VpcId: vpcId(pick) }),
    (pick) => ec2('DeleteRouteTable', { RouteTableId: tableId(pick) }),
    (pick) =>
      ec2('AssociateRouteTable', {
        RouteTableId: tableId(pick),
        ...pick.of([{ SubnetId: subnetId(pick) }, { SubnetId: subnetId(pick) }, { GatewayId: gatewayId(pick) }]),
      }),
    (pick) => ec2('ReplaceRouteTableAssociation', { AssociationId: associationId(pick), RouteTableId: tableId(pick) }),
    (pick) => ec2('DisassociateRouteTable', { AssociationId: associationId(pick) }),
    (pick) => ec2('CreateRoute', route(pick)),
    (pick) => ec2('CreateRoute', route(pick)),
    (pick) => ec2('ReplaceRoute', replacement(pick)),
    (pick) => ec2('DeleteRoute', { ...existingRoute(pick) }),
    (pick) => ec2('CreateSecurityGroup', { VpcId: vpcId(pick), GroupName: `g${pick.number(4)}`, Description: 'x' }),
    (pick) => ec2('DeleteSecurityGroup', { GroupId: groupId(pick) }),
    (pick) => ec2('AuthorizeSecurityGroupIngress', { GroupId: groupId(pick), IpPermissions: permissions(pick) }),
    (pick) => ec2('AuthorizeSecurityGroupEgress', { GroupId: groupId(pick), IpPermissions: permissions(pick) }),
    (pick) => ec2('RevokeSecurityGroupIngress', { GroupId: groupId(pick), IpPermissions: permissions(pick) }),
    (pick) =>
      ec2('RevokeSecurityGroupEgress', {
        GroupId: groupId(pick),
        SecurityGroupRuleIds: [pick.id(pick.world.securityGroupRules as never, 'sgr')],
      }),
    requestPeering,
    requestPeering,
    acceptPeering,
    acceptPeering,
    acceptPeering,
    acceptPeering,
    acceptPeering,
    acceptPeering,
    (pick) => ec2('RejectVpcPeeringConnection', { VpcPeeringConnectionId: pcxId(pick) }),
    (pick) => ec2('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: pcxId(pick) }),
    (pick) =>
      ec2('CreateTags', {
        Resources: [pick.of([pcxId(pick), vpcId(pick), tableId(pick), groupId(pick)])],
        Tags: [{ Key: `k${pick.number(3)}`, Value: 'x' }],
      }),
    (pick) =>
      ec2('CreateManagedPrefixList', {
        PrefixListName: `list-${pick.number(3)}`,
        AddressFamily: 'IPv4',
        MaxEntries: 2,
        Entries: [{ Cidr: cidr(pick) }],
        ClientToken: `token-${pick.number(9)}`,
      }),
    (pick) =>
      ec2('ModifyManagedPrefixList', {
        PrefixListId: pick.id(pick.world.prefixLists as never, 'pl'),
        ...pick.of([{ MaxEntries: pick.number(4) }, { CurrentVersion: 1, AddEntries: [{ Cidr: cidr(pick) }] }]),
      }),
    (pick) => ec2('DeleteManagedPrefixList', { PrefixListId: pick.id(pick.world.prefixLists as never, 'pl') }),
    (pick) => ec2('CreateRoute', prefixListRoute(pick)),
  ],
  reaches: [
    'AcceptVpcPeeringConnection',
    'RejectVpcPeeringConnection',
    'DeleteVpcPeeringConnection',
    'CreateRoute',
    'ReplaceRoute',
    'DeleteVpc',
    'AssociateRouteTable',
    'RevokeSecurityGroupIngress',
    'ModifyManagedPrefixList',
    'DisassociateVpcCidrBlock',
    'TerminateInstances',
  ],
};

test('no sequence of calls about VPCs, peerings, routes and security groups breaks what always holds', () => {
  playSequences(area, { seed: 20260101, numRuns: 600 });
});

test('the same seed and calls give the same world', () => {
  playTwice(area, { seed: 20260107, numRuns: 30 });
});
