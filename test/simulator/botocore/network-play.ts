import { type Stage, two } from '../stage.ts';

const tags = (ResourceType: string) => [{ ResourceType: ResourceType as never, Tags: [{ Key: 'by', Value: 'a&b' }] }];

/** EC2's VPCs and what is in them, from their making to their end. */
export async function playNetwork(stage: Stage): Promise<void> {
  const ec2 = stage.player('ec2');
  const vpcId = (await ec2('CreateVpc', { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true, TagSpecifications: tags('vpc') }))
    .Vpc!.VpcId!;
  await stage.settle();
  const otherId = (await ec2('CreateVpc', { CidrBlock: '10.1.0.0/16' })).Vpc!.VpcId!;
  await ec2.refused('CreateVpc', { CidrBlock: '10.0.0.0/8' });
  await ec2.refused('CreateVpc', { CidrBlock: '10.0.0.0/16', DryRun: true });
  await ec2('DescribeRegions', { AllRegions: true });
  await ec2('DescribeAvailabilityZones', { AllAvailabilityZones: true });
  await ec2('ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  for (const Attribute of ['enableDnsHostnames', 'enableDnsSupport', 'enableNetworkAddressUsageMetrics'] as const)
    await ec2('DescribeVpcAttribute', { VpcId: vpcId, Attribute });
  const second = await ec2('AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: '10.2.0.0/16' });
  const [block] = (await ec2('DescribeVpcs', { VpcIds: [vpcId] })).Vpcs![0]!.Ipv6CidrBlockAssociationSet!;
  await stage.settle();
  await ec2('DescribeVpcs', { Filters: [{ Name: 'tag:by', Values: ['a&b'] }] });
  await ec2('DisassociateVpcCidrBlock', { AssociationId: second.CidrBlockAssociation!.AssociationId! });
  await stage.settle();

  const [a, b, c, d = '0'] = block!.Ipv6CidrBlock!.replace('::/56', '').split(':');
  const ipv6 = (n: number): string => `${a}:${b}:${c}:${(Number.parseInt(d, 16) + n).toString(16)}::/64`;
  const made = await ec2('CreateSubnet', {
    VpcId: vpcId,
    CidrBlock: '10.0.1.0/24',
    Ipv6CidrBlock: ipv6(0),
    TagSpecifications: tags('subnet'),
  });
  const subnetId = made.Subnet!.SubnetId!;
  const secondSubnet = (await ec2('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.2.0/24', AvailabilityZoneId: 'usw2-az2' })).Subnet!
    .SubnetId!;
  await stage.settle();
  await ec2('ModifySubnetAttribute', { SubnetId: subnetId, MapPublicIpOnLaunch: { Value: true } });
  const joined = await ec2('AssociateSubnetCidrBlock', { SubnetId: secondSubnet, Ipv6CidrBlock: ipv6(1) });
  await stage.settle();
  await ec2('DescribeSubnets', {});
  await ec2('DisassociateSubnetCidrBlock', { AssociationId: joined.Ipv6CidrBlockAssociation!.AssociationId! });
  await stage.settle();

  const gatewayId = (await ec2('CreateInternetGateway', { TagSpecifications: tags('internet-gateway') })).InternetGateway!
    .InternetGatewayId!;
  await ec2('AttachInternetGateway', { InternetGatewayId: gatewayId, VpcId: vpcId });
  await ec2('DescribeInternetGateways', {});
  const egressOnly = await ec2('CreateEgressOnlyInternetGateway', {
    VpcId: vpcId,
    TagSpecifications: tags('egress-only-internet-gateway'),
  });
  const egressOnlyId = egressOnly.EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!;
  await ec2('DescribeEgressOnlyInternetGateways', {});

  const list = await ec2('CreateManagedPrefixList', {
    PrefixListName: 'offices',
    AddressFamily: 'IPv4',
    MaxEntries: 5,
    Entries: [{ Cidr: '192.0.2.0/24', Description: 'first' }],
    TagSpecifications: tags('prefix-list'),
  });
  const listId = list.PrefixList!.PrefixListId!;
  await stage.settle();
  await ec2('ModifyManagedPrefixList', { PrefixListId: listId, CurrentVersion: 1, AddEntries: [{ Cidr: '198.51.100.0/24' }] });
  await stage.settle();
  await ec2('GetManagedPrefixListEntries', { PrefixListId: listId });
  await ec2('DescribeManagedPrefixLists', {});
  await ec2('DescribePrefixLists', {});

  const table = await ec2('CreateRouteTable', { VpcId: vpcId, TagSpecifications: tags('route-table') });
  const RouteTableId = table.RouteTable!.RouteTableId!;
  await ec2('CreateRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: gatewayId });
  await ec2('CreateRoute', { RouteTableId, DestinationIpv6CidrBlock: '::/0', EgressOnlyInternetGatewayId: egressOnlyId });
  await ec2('CreateRoute', { RouteTableId, DestinationPrefixListId: listId, GatewayId: gatewayId });
  await ec2.refused('DeleteRoute', { RouteTableId, DestinationCidrBlock: '10.77.0.0/16' });
  await ec2.refused('CreateRoute', { RouteTableId, DestinationCidrBlock: '10.0.0.0/16', GatewayId: gatewayId });
  const association = await ec2('AssociateRouteTable', { RouteTableId, SubnetId: subnetId });
  const mainFilter = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'association.main', Values: ['true'] },
  ];
  const main = (await ec2('DescribeRouteTables', { Filters: mainFilter })).RouteTables![0]!;
  const replaced = await ec2('ReplaceRouteTableAssociation', {
    AssociationId: association.AssociationId!,
    RouteTableId: main.RouteTableId!,
  });
  await ec2('DescribeRouteTables', {});
  await ec2('DisassociateRouteTable', { AssociationId: replaced.NewAssociationId! });

  const acl = (await ec2('CreateNetworkAcl', { VpcId: vpcId, TagSpecifications: tags('network-acl') })).NetworkAcl!.NetworkAclId!;
  const entry = { NetworkAclId: acl, RuleNumber: 100, Egress: false, RuleAction: 'allow' as const, Protocol: '6' };
  await ec2('CreateNetworkAclEntry', { ...entry, CidrBlock: '10.0.0.0/8', PortRange: { From: 22, To: 22 } });
  await ec2('ReplaceNetworkAclEntry', { ...entry, CidrBlock: '10.0.0.0/8', PortRange: { From: 443, To: 443 } });
  await ec2('CreateNetworkAclEntry', {
    ...entry,
    RuleNumber: 110,
    Protocol: '58',
    Ipv6CidrBlock: '::/0',
    IcmpTypeCode: { Type: -1, Code: -1 },
  });
  const { NetworkAcls } = await ec2('DescribeNetworkAcls', { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] });
  const held = NetworkAcls!.flatMap(({ Associations = [] }) => Associations).find(({ SubnetId }) => SubnetId === subnetId)!;
  const moved = await ec2('ReplaceNetworkAclAssociation', { AssociationId: held.NetworkAclAssociationId!, NetworkAclId: acl });
  await ec2('ReplaceNetworkAclAssociation', { AssociationId: moved.NewAssociationId!, NetworkAclId: held.NetworkAclId! });
  await ec2('DeleteNetworkAclEntry', { NetworkAclId: acl, RuleNumber: 100, Egress: false });
  await ec2('DeleteNetworkAcl', { NetworkAclId: acl });

  const eni = await ec2('CreateNetworkInterface', {
    SubnetId: subnetId,
    Description: 'a < b',
    TagSpecifications: tags('network-interface'),
  });
  const NetworkInterfaceId = eni.NetworkInterface!.NetworkInterfaceId!;
  const launched = await ec2('RunInstances', {
    ImageId: 'ami-0123456789abcdef0',
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnetId,
    TagSpecifications: tags('instance'),
  });
  const InstanceIds = [launched.Instances![0]!.InstanceId!];
  await stage.settle();
  const address = await ec2('AllocateAddress', { Domain: 'vpc', TagSpecifications: tags('elastic-ip') });
  const AllocationId = address.AllocationId!;
  const bound = await ec2('AssociateAddress', { AllocationId, NetworkInterfaceId });
  await ec2('ModifyNetworkInterfaceAttribute', { NetworkInterfaceId, SourceDestCheck: { Value: false } });
  await ec2('DescribeAddresses', {});
  await ec2('DescribeNetworkInterfaces', {});
  await ec2('DescribeInstances', {});
  await ec2('DisassociateAddress', { AssociationId: bound.AssociationId! });
  const nat = await ec2('CreateNatGateway', {
    SubnetId: subnetId,
    AllocationId,
    ClientToken: 'nat',
    TagSpecifications: tags('natgateway'),
  });
  const NatGatewayId = nat.NatGateway!.NatGatewayId!;
  await stage.settle();
  await ec2('ReplaceRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId });
  const more = await ec2('AllocateAddress', { Domain: 'vpc' });
  const added = await ec2('AssociateNatGatewayAddress', { NatGatewayId, AllocationIds: [more.AllocationId!] });
  await ec2('DescribeNatGateways', {});
  const AssociationIds = [added.NatGatewayAddresses![0]!.AssociationId!];
  await ec2('DisassociateNatGatewayAddress', { NatGatewayId, AssociationIds });

  await ec2('DeleteNatGateway', { NatGatewayId });
  await stage.settle();
  await ec2('DescribeNatGateways', {});
  await ec2('DescribeRouteTables', { RouteTableIds: [RouteTableId] });
  const failed = await ec2('CreateNatGateway', { SubnetId: secondSubnet, AllocationId: 'eipalloc-0123456789abcdef0' }).catch(
    () => undefined,
  );
  await stage.settle();
  if (failed) await ec2('DescribeNatGateways', {});
  await ec2('DeleteRoute', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' });
  await ec2('TerminateInstances', { InstanceIds });
  await ec2('ReleaseAddress', { AllocationId });
  await ec2('DeleteNetworkInterface', { NetworkInterfaceId });
  await ec2.refused('DescribeVpcs', { VpcIds: ['vpc-00000000000000000'] });

  await playGroups(stage, vpcId, otherId);

  await stage.settle();
  await ec2('CreateTags', { Resources: [vpcId], Tags: [{ Key: 'owner', Value: '"x"' }] });
  await ec2('DescribeTags', {});
  await ec2('DeleteTags', { Resources: [vpcId], Tags: [{ Key: 'owner' }] });
  await ec2('DeleteRouteTable', { RouteTableId });
  await ec2('DeleteManagedPrefixList', { PrefixListId: listId });
  await ec2('DeleteEgressOnlyInternetGateway', { EgressOnlyInternetGatewayId: egressOnlyId });
  await ec2('DetachInternetGateway', { InternetGatewayId: gatewayId, VpcId: vpcId });
  await ec2('DeleteInternetGateway', { InternetGatewayId: gatewayId });
  await ec2.refused('DeleteVpc', { VpcId: vpcId });
  await ec2('DeleteSubnet', { SubnetId: secondSubnet });
  await ec2('DeleteVpc', { VpcId: otherId });
}

async function playGroups(stage: Stage, vpcId: string, otherId: string): Promise<void> {
  const ec2 = stage.player('ec2');
  const theirs = stage.player('ec2', two);
  const peerVpc = (await theirs('CreateVpc', { CidrBlock: '10.9.0.0/16' })).Vpc!.VpcId!;
  await theirs('ModifyVpcAttribute', { VpcId: peerVpc, EnableDnsHostnames: { Value: true } });
  const requested = await ec2('CreateVpcPeeringConnection', {
    VpcId: vpcId,
    PeerVpcId: peerVpc,
    PeerOwnerId: two,
    TagSpecifications: tags('vpc-peering-connection'),
  });
  const VpcPeeringConnectionId = requested.VpcPeeringConnection!.VpcPeeringConnectionId!;
  await stage.settle(60_000);
  await ec2('DescribeVpcPeeringConnections', {});
  await ec2.refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId });
  await theirs('AcceptVpcPeeringConnection', { VpcPeeringConnectionId });
  await stage.settle(60_000);
  const options = { AllowDnsResolutionFromRemoteVpc: true };
  await ec2('ModifyVpcPeeringConnectionOptions', { VpcPeeringConnectionId, RequesterPeeringConnectionOptions: options });
  const refused = (await ec2('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: otherId })).VpcPeeringConnection!;
  await stage.settle(60_000);
  await ec2('RejectVpcPeeringConnection', { VpcPeeringConnectionId: refused.VpcPeeringConnectionId! });
  const overlapping = (await theirs('CreateVpc', { CidrBlock: '10.0.0.0/16' })).Vpc!.VpcId!;
  await ec2('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: overlapping, PeerOwnerId: two });
  await stage.settle(60_000);

  const foreign = await theirs('CreateSecurityGroup', { GroupName: 'peer', Description: 'peer', VpcId: peerVpc });
  const made = await ec2('CreateSecurityGroup', {
    GroupName: 'web',
    Description: 'web',
    VpcId: vpcId,
    TagSpecifications: tags('security-group'),
  });
  const GroupId = made.GroupId!;
  await ec2.refused('CreateSecurityGroup', { GroupName: 'web', Description: 'web', VpcId: vpcId });
  const ssh = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.9.0.0/16', Description: 'ssh' }] }];
  const fromPeer = [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: foreign.GroupId!, UserId: two }] }];
  const { SecurityGroupRules } = await ec2('AuthorizeSecurityGroupIngress', {
    GroupId,
    IpPermissions: [...ssh, ...fromPeer],
    TagSpecifications: tags('security-group-rule'),
  });
  const ping = [{ IpProtocol: 'icmpv6', FromPort: -1, ToPort: -1, Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'ping' }] }];
  await ec2('AuthorizeSecurityGroupEgress', { GroupId, IpPermissions: ping });
  await ec2.refused('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: ssh });
  const rule = { IpProtocol: 'tcp', FromPort: 2222, ToPort: 2222, CidrIpv4: '10.9.0.0/16' };
  const SecurityGroupRuleId = SecurityGroupRules!.find(({ CidrIpv4 }) => CidrIpv4)!.SecurityGroupRuleId!;
  await ec2('ModifySecurityGroupRules', { GroupId, SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: rule }] });
  await ec2('UpdateSecurityGroupRuleDescriptionsIngress', {
    GroupId,
    SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: 'other' }],
  });
  await ec2('UpdateSecurityGroupRuleDescriptionsEgress', {
    GroupId,
    IpPermissions: [{ ...ping[0]!, Ipv6Ranges: [{ CidrIpv6: '::/0', Description: 'all' }] }],
  });
  await ec2('AssociateSecurityGroupVpc', { GroupId, VpcId: otherId });
  await stage.settle(60_000);
  await ec2('DescribeSecurityGroupVpcAssociations', {});
  await ec2('GetSecurityGroupsForVpc', { VpcId: otherId });
  await ec2('DisassociateSecurityGroupVpc', { GroupId, VpcId: otherId });
  await ec2('DescribeSecurityGroups', {});
  await ec2('DescribeSecurityGroupRules', {});
  await theirs('DescribeSecurityGroupReferences', { GroupId: [foreign.GroupId!] });
  await ec2('DeleteVpcPeeringConnection', { VpcPeeringConnectionId });
  await stage.settle(60_000);
  await ec2('DescribeVpcPeeringConnections', {});
  await ec2('DescribeStaleSecurityGroups', { VpcId: vpcId });
  await ec2('DescribeSecurityGroupRules', {});
  await ec2('RevokeSecurityGroupIngress', { GroupId, SecurityGroupRuleIds: [SecurityGroupRuleId] });
  await ec2('RevokeSecurityGroupEgress', { GroupId, IpPermissions: ping });
  await ec2('DeleteSecurityGroup', { GroupId });
  const abroad = stage.player('ec2', two, 'eu-west-1');
  await abroad('DescribeVpcPeeringConnections', {});
}
