import * as ec2 from '@aws-sdk/client-ec2';
import { type Comparison, code, compareWithMoto, type Side } from './compare.ts';

/** The same calls against moto and this simulator: VPCs and what is in them. Where moto does other than AWS, the difference says so. */

const newVpc = async ({ ec2: client }: Side, CidrBlock: string): Promise<string> =>
  (await client.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;

const newSubnet = async ({ ec2: client }: Side, VpcId: string, CidrBlock: string, AvailabilityZone = 'us-west-2a'): Promise<string> =>
  (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))).Subnet!.SubnetId!;

const tableOf = async ({ ec2: client }: Side, vpcId: string): Promise<ec2.RouteTable> => {
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  return (await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))).RouteTables![0]!;
};

async function attachedGateway({ ec2: client }: Side, VpcId: string): Promise<string> {
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}));
  const InternetGatewayId = InternetGateway!.InternetGatewayId!;
  await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  return InternetGatewayId;
}

const comparisons: Readonly<Record<string, Comparison>> = {
  'a VPC: its range, its main table and default group': {
    script: async (side) => {
      const { ec2: client } = side;
      const refused = await code(client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/8' })));
      const vpcId = await newVpc(side, '10.0.0.0/16');
      const { Routes, Associations } = await tableOf(side, vpcId);
      const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
      const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }));
      return {
        refused,
        routes: Routes!.map(({ DestinationCidrBlock, GatewayId, State, Origin }) => [DestinationCidrBlock, GatewayId, State, Origin]),
        main: Associations!.map(({ Main }) => Main),
        groups: SecurityGroups!.map(({ GroupName, IpPermissionsEgress }) => [
          GroupName,
          IpPermissionsEgress!.map(({ IpProtocol, IpRanges }) => [IpProtocol, IpRanges]),
        ]),
      };
    },
  },

  'attributes and further blocks of a VPC': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.10.0.0/16');
      const attribute = async (Attribute: ec2.VpcAttributeName) => {
        const { EnableDnsHostnames, EnableDnsSupport } = await client.send(new ec2.DescribeVpcAttributeCommand({ VpcId, Attribute }));
        return [EnableDnsHostnames?.Value, EnableDnsSupport?.Value];
      };
      const before = [await attribute('enableDnsHostnames'), await attribute('enableDnsSupport')];
      await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
      const associated = await client.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: '10.11.0.0/16' }));
      await side.settle();
      const [shown] = (await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs!;
      const AssociationId = associated.CidrBlockAssociation!.AssociationId!;
      const noncanonical = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.12.0.7/16' }));
      const mixed = await code(client.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: '192.168.0.0/16' })));
      return {
        before,
        after: await attribute('enableDnsHostnames'),
        blocks: shown!.CidrBlockAssociationSet!.map(({ CidrBlock, CidrBlockState }) => [CidrBlock, CidrBlockState!.State]),
        gone: await code(client.send(new ec2.DisassociateVpcCidrBlockCommand({ AssociationId }))),
        unknown: await code(client.send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-0123456789abcdef0'] }))),
        canonical: noncanonical.Vpc!.CidrBlock,
        mixed,
      };
    },
    differences: {
      canonical: 'AWS keeps a block in its one spelling; moto keeps what it is given.',
      mixed: 'The VPC User Guide restricts which private ranges mix in a VPC; moto takes all.',
    },
  },

  'a VPC with a subnet cannot be deleted': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.1.0.0/16');
      const SubnetId = await newSubnet(side, VpcId, '10.1.1.0/24');
      const create = (CidrBlock: string) => code(client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock })));
      const remove = () => code(client.send(new ec2.DeleteVpcCommand({ VpcId })));
      const [conflict, outside, before] = [await create('10.1.1.0/25'), await create('10.2.1.0/24'), await remove()];
      await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
      return { conflict, outside, before, after: await remove(), again: await remove() };
    },
  },

  'subnets: addresses left, public addresses at launch': {
    script: async (side) => {
      const { ec2: client } = side;
      const SubnetId = await newSubnet(side, await newVpc(side, '10.13.0.0/16'), '10.13.1.0/28');
      const shown = async () => {
        const [subnet] = (await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }))).Subnets!;
        return [subnet!.AvailableIpAddressCount, subnet!.MapPublicIpOnLaunch, subnet!.State, subnet!.AvailabilityZone];
      };
      const before = await shown();
      await client.send(new ec2.ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }));
      await client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId }));
      return {
        before,
        after: await shown(),
        inUse: await code(client.send(new ec2.DeleteSubnetCommand({ SubnetId }))),
        unknown: await code(client.send(new ec2.DeleteSubnetCommand({ SubnetId: 'subnet-0123456789abcdef0' }))),
      };
    },
    differences: { inUse: 'AWS refuses to delete a subnet that holds an interface; moto deletes it.' },
  },

  'IPv4 routes to an internet gateway: another target, replacing, deleting': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.3.0.0/16');
      const RouteTableId = (await tableOf(side, VpcId)).RouteTableId!;
      const GatewayId = await attachedGateway(side, VpcId);
      const PeerVpcId = await newVpc(side, '10.4.0.0/16');
      const { VpcPeeringConnection } = await client.send(new ec2.CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
      const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId;
      const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' };
      const remove = (input: ec2.DeleteRouteCommandInput) => code(client.send(new ec2.DeleteRouteCommand(input)));
      return {
        replaceAbsent: await code(client.send(new ec2.ReplaceRouteCommand({ ...route, GatewayId }))),
        deleteAbsent: await remove(route),
        create: await code(client.send(new ec2.CreateRouteCommand({ ...route, GatewayId }))),
        other: await code(client.send(new ec2.CreateRouteCommand({ ...route, VpcPeeringConnectionId }))),
        replace: await code(client.send(new ec2.ReplaceRouteCommand({ ...route, VpcPeeringConnectionId }))),
        routes: (await tableOf(side, VpcId)).Routes!.map((one) => [
          one.DestinationCidrBlock,
          one.VpcPeeringConnectionId === VpcPeeringConnectionId,
        ]),
        states: (await tableOf(side, VpcId)).Routes!.map(({ State }) => State),
        remove: await remove(route),
        elsewhere: await remove({ ...route, RouteTableId: 'rtb-00000000000000000' }),
        local: await remove({ RouteTableId, DestinationCidrBlock: '10.3.0.0/16' }),
      };
    },
    differences: {
      states: 'A route to a peering that is not active is a blackhole in AWS; in moto all are active.',
      local: 'AWS keeps local routes; moto deletes them.',
    },
  },

  'route tables: associations, replacing them, and deletion': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.14.0.0/16');
      const SubnetId = await newSubnet(side, VpcId, '10.14.1.0/24');
      const create = async () => (await client.send(new ec2.CreateRouteTableCommand({ VpcId }))).RouteTable!.RouteTableId!;
      const [first, second] = [await create(), await create()];
      const { AssociationId } = await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId: first, SubnetId }));
      const remove = (RouteTableId: string) => code(client.send(new ec2.DeleteRouteTableCommand({ RouteTableId })));
      const used = await remove(first);
      const replaced = await client.send(new ec2.ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: second }));
      const Filters = [{ Name: 'association.subnet-id', Values: [SubnetId] }];
      const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }));
      const leave = () => code(client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: replaced.NewAssociationId! })));
      return {
        used,
        found: RouteTables!.map(({ RouteTableId }) => RouteTableId === second),
        left: await leave(),
        again: await leave(),
        removed: [await remove(first), await remove(second), await remove(second)],
        main: await remove((await tableOf(side, VpcId)).RouteTableId!),
      };
    },
    differences: { main: 'AWS keeps the main table; moto deletes it.' },
  },

  'rules of a group: ids, tags, the dry run, changing and revoking by id': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.5.0.0/16');
      const group = { GroupName: 'web', Description: 'web', VpcId };
      const GroupId = (await client.send(new ec2.CreateSecurityGroupCommand(group))).GroupId!;
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.9.0.0/16', Description: 'ssh' }] }];
      const TagSpecifications = [{ ResourceType: 'security-group-rule' as const, Tags: [{ Key: 'by', Value: 'us' }] }];
      const authorize = (input: object) => client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions, ...input }));
      const dry = await code(authorize({ DryRun: true }));
      const [made] = (await authorize({ TagSpecifications })).SecurityGroupRules!;
      const SecurityGroupRuleId = made!.SecurityGroupRuleId!;
      const SecurityGroupRule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 81, CidrIpv4: '10.8.0.0/16', Description: 'web' };
      const rules = async () => {
        const { SecurityGroupRules } = await client.send(
          new ec2.DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [SecurityGroupRuleId] }),
        );
        return SecurityGroupRules!.map(({ FromPort, ToPort, CidrIpv4, Description }) => [FromPort, ToPort, CidrIpv4, Description]);
      };
      const duplicate = await code(authorize({}));
      const changes = [{ SecurityGroupRuleId, SecurityGroupRule }];
      await client.send(new ec2.ModifySecurityGroupRulesCommand({ GroupId, SecurityGroupRules: changes }));
      const changed = await rules();
      const revoke = (input: object) => code(client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId, ...input })));
      const { Tags, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, Description } = made!;
      const written = { IpProtocol: 'tcp', FromPort: 1, ToPort: 1 };
      await authorize({ IpPermissions: [{ ...written, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }] });
      return {
        sameName: await code(client.send(new ec2.CreateSecurityGroupCommand(group))),
        dry,
        made: { Tags, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, Description },
        owner: made!.GroupOwnerId,
        duplicate,
        otherSpelling: await code(authorize({ IpPermissions: [{ ...written, IpRanges: [{ CidrIp: '10.0.3.4/16' }] }] })),
        changed,
        revoked: await revoke({ SecurityGroupRuleIds: [SecurityGroupRuleId] }),
        gone: await revoke({ IpPermissions }),
        deleted: await code(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }))),
        again: await code(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }))),
      };
    },
    differences: {
      owner: 'AWS tells a rule’s GroupOwnerId; moto does not.',
      otherSpelling: 'AWS knows the same block in another spelling; moto does not.',
    },
  },

  'a group takes 60 rules': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.6.0.0/16');
      const GroupId = (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'full', Description: 'full', VpcId }))).GroupId!;
      const permissions = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => ({
          IpProtocol: 'tcp',
          FromPort: from + index,
          ToPort: from + index,
          IpRanges: [{ CidrIp: '10.9.0.0/16' }],
        }));
      const authorize = (from: number, count: number) =>
        code(client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: permissions(from, count) })));
      return { sixty: await authorize(1, 60), more: await authorize(61, 1) };
    },
  },

  'network ACLs: entries, associations, deletion': {
    script: async (side) => {
      const { ec2: client } = side;
      const VpcId = await newVpc(side, '10.15.0.0/16');
      const SubnetId = await newSubnet(side, VpcId, '10.15.1.0/24');
      const NetworkAclId = (await client.send(new ec2.CreateNetworkAclCommand({ VpcId }))).NetworkAcl!.NetworkAclId!;
      const entry = { NetworkAclId, RuleNumber: 100, Egress: false, Protocol: '6', PortRange: { From: 22, To: 22 } };
      const make = () =>
        code(client.send(new ec2.CreateNetworkAclEntryCommand({ ...entry, RuleAction: 'allow', CidrBlock: '10.0.0.0/8' })));
      const [made, again] = [await make(), await make()];
      await client.send(new ec2.ReplaceNetworkAclEntryCommand({ ...entry, RuleAction: 'deny', CidrBlock: '10.0.0.0/8' }));
      const all = (await client.send(new ec2.DescribeNetworkAclsCommand({ Filters: [{ Name: 'vpc-id', Values: [VpcId] }] }))).NetworkAcls!;
      const { Entries } = all.find((acl) => acl.NetworkAclId === NetworkAclId)!;
      const held = all.flatMap(({ Associations = [] }) => Associations).find((one) => one.SubnetId === SubnetId)!;
      const AssociationId = held.NetworkAclAssociationId!;
      await client.send(new ec2.ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }));
      const remove = (id: string) => code(client.send(new ec2.DeleteNetworkAclCommand({ NetworkAclId: id })));
      return {
        made,
        again,
        entries: Entries!
          .filter(({ Egress, RuleNumber }) => !Egress && RuleNumber! < 32767)
          .map(({ RuleAction, Protocol, CidrBlock, PortRange }) => [RuleAction, Protocol, CidrBlock, PortRange]),
        inUse: await remove(NetworkAclId),
        gone: await code(client.send(new ec2.DeleteNetworkAclEntryCommand({ NetworkAclId, RuleNumber: 100, Egress: false }))),
        unknown: await remove('acl-0123456789abcdef0'),
      };
    },
  },

  'interfaces: addresses, groups, filters': {
    script: async (side) => {
      const { ec2: client } = side;
      const SubnetId = await newSubnet(side, await newVpc(side, '10.16.0.0/16'), '10.16.1.0/24');
      const create = (input: object) => client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId, ...input }));
      const { NetworkInterface: made } = await create({ PrivateIpAddress: '10.16.1.20', Description: 'proxy' });
      const NetworkInterfaceId = made!.NetworkInterfaceId!;
      const Filters = [{ Name: 'subnet-id', Values: [SubnetId] }];
      const { NetworkInterfaces } = await client.send(new ec2.DescribeNetworkInterfacesCommand({ Filters }));
      const remove = () => code(client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId })));
      return {
        shown: NetworkInterfaces!.map(({ PrivateIpAddress, Description, Status, SourceDestCheck, Groups }) => [
          PrivateIpAddress,
          Description,
          Status,
          SourceDestCheck,
          Groups!.map(({ GroupName }) => GroupName),
        ]),
        outside: await code(create({ PrivateIpAddress: '10.17.1.20' })),
        taken: await code(create({ PrivateIpAddress: '10.16.1.20' })),
        removed: [await remove(), await remove()],
      };
    },
    differences: {
      outside: 'AWS refuses an address that is not the subnet’s; moto does not look.',
      taken: 'AWS gives an address once; moto does so again.',
    },
  },
};

compareWithMoto(comparisons);
