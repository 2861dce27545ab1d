import {
  AssociateRouteTableCommand,
  CreateNatGatewayCommand,
  CreateSecurityGroupCommand,
  CreateTransitGatewayVpcAttachmentCommand,
  CreateVpcEndpointCommand,
  DeleteVpcPeeringConnectionCommand,
  ModifyVpcPeeringConnectionOptionsCommand,
} from '@aws-sdk/client-ec2';
import {
  AcceptResourceShareInvitationCommand,
  CreateResourceShareCommand,
  GetResourceShareInvitationsCommand,
  RAMClient,
} from '@aws-sdk/client-ram';
import { AssociateVPCWithHostedZoneCommand, ChangeResourceRecordSetsCommand, CreateHostedZoneCommand } from '@aws-sdk/client-route-53';
import {
  CreateResourceConfigurationCommand,
  CreateResourceGatewayCommand,
  CreateServiceNetworkCommand,
  DeleteResourceGatewayCommand,
  ListResourceGatewaysCommand,
  StartDomainVerificationCommand,
  UpdateResourceGatewayCommand,
} from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { accessRequests } from '../../../src/simulator/iam/authorize.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { two } from '../ec2/account.ts';
import { allow, arn, callerArn, denied, region, said, setting } from './setting.ts';

/** Checklist 9.14: what a call needs besides its own action, and what its condition keys are; each denied without, and allowed with. */

const roleFor = (service: string, name: string) => `arn:aws:iam::111122223333:role/aws-service-role/${service}/${name}`;

/** An AWS whose role's account already used the services, so that no role of theirs is missing; and a way to name what is denied. */
async function used() {
  const simulated = await setting([allow('*')]);
  const { admin, vpcId } = simulated;
  const subnetId = admin('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
  await simulated.lattice.send(new CreateServiceNetworkCommand({ name: 'first' }));
  return { ...simulated, subnetId };
}

/** Which of the actions the call is denied without, each left out by itself; all of them together let it pass. */
async function needed(
  { give }: { give: (statements: readonly object[]) => void },
  actions: readonly string[],
  send: () => Promise<unknown>,
): Promise<string[]> {
  const found: string[] = [];
  for (const action of actions) {
    const others = actions.filter((other) => other !== action);
    give([allow(others)]);
    if ((await said(send())) !== 'allowed') found.push(action);
  }
  give([allow([...actions])]);
  await send();
  return found;
}

const lookups = ['ec2:DescribeVpcs', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups'];
const interfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:AssignIpv6Addresses',
];

describe('9.14: dependent actions', () => {
  test('an endpoint needs the lookups, the association of its zone and, with tags, CreateTags', async () => {
    const simulated = await used();
    const { ec2, vpcId, subnetId } = simulated;
    const actions = ['ec2:CreateVpcEndpoint', ...lookups, 'route53:AssociateVPCWithHostedZone', 'ec2:CreateTags'];
    const endpoint = new CreateVpcEndpointCommand({
      VpcId: vpcId,
      ServiceName: `com.amazonaws.${region}.sts`,
      VpcEndpointType: 'Interface',
      SubnetIds: [subnetId],
      TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'by', Value: 'isthmus' }] }],
    });
    expect(await needed(simulated, actions, () => ec2.send(endpoint))).toEqual(actions);
  });

  test('a resource gateway is made, changed and deleted with the caller’s rights on network interfaces', async () => {
    const simulated = await used();
    const { lattice, vpcId, subnetId, admin, clock } = simulated;
    const create = ['vpc-lattice:CreateResourceGateway', 'vpc-lattice:TagResource', ...lookups, ...interfaces];
    const input = { name: 'to-db', vpcIdentifier: vpcId, subnetIds: [subnetId], tags: { by: 'isthmus' }, clientToken: 'once' };
    expect(await needed(simulated, create, () => lattice.send(new CreateResourceGatewayCommand(input)))).toEqual(create);
    const { id } = await simulated.lattice.send(new CreateResourceGatewayCommand(input));
    await clock.advance(600_000);
    const group = admin('CreateSecurityGroup', { GroupName: 'g', Description: 'd', VpcId: vpcId }).GroupId!;
    const update = [
      'vpc-lattice:UpdateResourceGateway',
      ...lookups,
      ...interfaces,
      'ec2:UnassignPrivateIpAddresses',
      'ec2:ModifyNetworkInterfaceAttribute',
    ];
    const change = new UpdateResourceGatewayCommand({ resourceGatewayIdentifier: id!, securityGroupIds: [group] });
    expect(await needed(simulated, update, () => lattice.send(change))).toEqual(update);
    await clock.advance(600_000);
    const remove = ['vpc-lattice:DeleteResourceGateway', 'ec2:DeleteNetworkInterface'];
    const deletion = new DeleteResourceGatewayCommand({ resourceGatewayIdentifier: id! });
    expect(await needed(simulated, remove, () => lattice.send(deletion))).toEqual(remove);
  });

  test('only a configuration of a database’s ARN needs to look databases up', async () => {
    const { lattice, give, vpcId, subnetId, clock } = await used();
    const gateway = await lattice.send(new CreateResourceGatewayCommand({ name: 'to-db', vpcIdentifier: vpcId, subnetIds: [subnetId] }));
    await clock.advance(600_000);
    const database = { arnResource: { arn: `arn:aws:rds:${region}:111122223333:cluster:orders` } };
    const name = { dnsResource: { domainName: 'db.example.com', ipAddressType: 'IPV4' as const } };
    const create = (resourceConfigurationDefinition: typeof database | typeof name) =>
      said(
        lattice.send(
          new CreateResourceConfigurationCommand({
            name: 'db',
            type: 'arnResource' in resourceConfigurationDefinition ? 'ARN' : 'SINGLE',
            resourceGatewayIdentifier: gateway.id!,
            resourceConfigurationDefinition,
          }),
        ),
      );
    give([allow('vpc-lattice:CreateResourceConfiguration')]);
    expect(await create(name)).toBe('allowed');
    expect(await create(database)).toBe('AccessDeniedException');
    give([allow(['vpc-lattice:CreateResourceConfiguration', 'rds:DescribeDBInstances'])]);
    expect(await create(database)).toBe('AccessDeniedException');
    give([allow(['vpc-lattice:CreateResourceConfiguration', 'rds:DescribeDBInstances', 'rds:DescribeDBClusters'])]);
    expect(await create(database)).toBe('allowed');
  });

  test('tags of a share are RAM’s TagResource besides', async () => {
    const simulated = await used();
    const actions = ['ram:CreateResourceShare', 'ram:TagResource'];
    const share = new CreateResourceShareCommand({ name: 'db', tags: [{ key: 'by', value: 'isthmus' }] });
    expect(await needed(simulated, actions, () => simulated.ram.send(share))).toEqual(actions);
  });
});

describe('9.14: the first use of a service', () => {
  const tgwRole = roleFor('transitgateway.amazonaws.com', 'AWSServiceRoleForVPCTransitGateway');

  test('makes its role with the caller’s rights, and only the first', async () => {
    const { ec2, admin, give, vpcId, other, clock, world } = await setting([]);
    const TransitGatewayId = admin('CreateTransitGateway', {}).TransitGateway!.TransitGatewayId!;
    await clock.advance(600_000);
    const attach = (VpcId: string, cidr: string, DryRun = false) => {
      const SubnetIds = [admin('CreateSubnet', { VpcId, CidrBlock: cidr }).Subnet!.SubnetId!];
      return ec2.send(new CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId, VpcId, SubnetIds, DryRun }));
    };
    give([allow('ec2:CreateTransitGatewayVpcAttachment')]);
    await expect(attach(vpcId, '10.0.1.0/24')).rejects.toMatchObject({
      name: denied,
      message: expect.stringContaining(`is not authorized to perform: iam:CreateServiceLinkedRole on resource: ${tgwRole} `),
    });
    give([
      allow('ec2:CreateTransitGatewayVpcAttachment'),
      allow('iam:CreateServiceLinkedRole', '*', { StringEquals: { 'iam:AWSServiceName': 'vpc-lattice.amazonaws.com' } }),
    ]);
    expect(await said(attach(vpcId, '10.0.2.0/24'))).toBe(denied);
    give([
      allow('ec2:CreateTransitGatewayVpcAttachment'),
      allow('iam:CreateServiceLinkedRole', tgwRole, { StringEquals: { 'iam:AWSServiceName': 'transitgateway.amazonaws.com' } }),
    ]);
    await expect(attach(vpcId, '10.0.3.0/24', true)).rejects.toMatchObject({ name: 'DryRunOperation' });
    expect([...world.serviceLinkedRoles.all()]).toEqual([]);
    await attach(vpcId, '10.0.4.0/24');
    expect([...world.serviceLinkedRoles.all()]).toEqual([{ id: '111122223333/AWSServiceRoleForVPCTransitGateway' }]);
    give([allow('ec2:CreateTransitGatewayVpcAttachment')]);
    await attach(other, '10.1.1.0/24');
  });

  test('of NAT gateways and of VPC Lattice takes the same right', async () => {
    const { ec2, lattice, admin, give, vpcId } = await setting([]);
    const SubnetId = admin('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
    const nat = () => ec2.send(new CreateNatGatewayCommand({ SubnetId, ConnectivityType: 'private' }));
    const network = (name: string) => lattice.send(new CreateServiceNetworkCommand({ name }));
    give([allow(['ec2:CreateNatGateway', 'vpc-lattice:CreateServiceNetwork'])]);
    await expect(nat()).rejects.toMatchObject({
      message: expect.stringContaining('/ec2-nat-gateway.amazonaws.com/AWSServiceRoleForNATGateway '),
    });
    await expect(network('one')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('/vpc-lattice.amazonaws.com/AWSServiceRoleForVpcLattice '),
    });
    give([allow(['ec2:CreateNatGateway', 'vpc-lattice:CreateServiceNetwork', 'iam:CreateServiceLinkedRole'])]);
    await nat();
    await network('one');
    give([allow('vpc-lattice:CreateServiceNetwork')]);
    await network('two');
  });
});

describe('9.14: condition keys', () => {
  test('of an endpoint tell the service, its owner and region, and the tags asked for', async () => {
    const { ec2, give, vpcId, subnetId } = await used();
    const all = allow([...lookups, 'route53:AssociateVPCWithHostedZone', 'ec2:CreateTags']);
    const parts = allow(
      'ec2:CreateVpcEndpoint',
      ['vpc', 'subnet', 'security-group', 'route-table'].map((type) => arn(type, '*')),
    );
    const create = (service: string, cluster = 'eu') =>
      said(
        ec2.send(
          new CreateVpcEndpointCommand({
            VpcId: vpcId,
            ServiceName: `com.amazonaws.${region}.${service}`,
            VpcEndpointType: 'Interface',
            PrivateDnsEnabled: false,
            SubnetIds: [subnetId],
            TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'cluster', Value: cluster }] }],
          }),
        ),
      );
    const condition = (key: string, value: string) =>
      give([all, parts, allow('ec2:CreateVpcEndpoint', arn('vpc-endpoint', '*'), { StringEquals: { [key]: value } })]);
    condition('ec2:VpceServiceName', `com.amazonaws.${region}.sts`);
    expect([await create('sts'), await create('ecr.api')]).toEqual(['allowed', denied]);
    condition('aws:RequestTag/cluster', 'eu');
    expect([await create('sts'), await create('sts', 'us')]).toEqual(['allowed', denied]);
    condition('ec2:VpceServiceOwner', 'amazon');
    expect(await create('sts')).toBe('allowed');
    condition('ec2:VpceServiceOwner', two);
    expect(await create('sts')).toBe(denied);
    condition('ec2:VpceServiceRegion', region);
    expect(await create('sts')).toBe('allowed');
    condition('ec2:VpceServiceRegion', 'eu-west-1');
    expect(await create('sts')).toBe(denied);
  });

  test.each([
    ['DeleteVpcPeeringConnection', DeleteVpcPeeringConnectionCommand],
    ['ModifyVpcPeeringConnectionOptions', ModifyVpcPeeringConnectionOptionsCommand],
  ])('ec2:RequesterVpc limits %s', async (operation, Command) => {
    const { ec2, give, vpcId, other, admin } = await setting([]);
    const pcx = admin('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: other }).VpcPeeringConnection!.VpcPeeringConnectionId!;
    const call = () => said(ec2.send(new Command({ VpcPeeringConnectionId: pcx }) as DeleteVpcPeeringConnectionCommand));
    give([allow(`ec2:${operation}`, '*', { ArnEquals: { 'ec2:RequesterVpc': arn('vpc', other) } })]);
    expect(await call()).toBe(denied);
    give([allow(`ec2:${operation}`, '*', { ArnEquals: { 'ec2:RequesterVpc': arn('vpc', vpcId), 'ec2:AccepterVpc': arn('vpc', other) } })]);
    expect(await call()).toBe('allowed');
  });

  test('ec2:CreateAction tells tags at creation from others, ec2:Vpc the place of a group', async () => {
    const { ec2, give, vpcId, other } = await setting([]);
    const create = (VpcId: string) =>
      said(
        ec2.send(
          new CreateSecurityGroupCommand({
            GroupName: 'g',
            Description: 'd',
            VpcId,
            TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'by', Value: 'isthmus' }] }],
          }),
        ),
      );
    const made = allow('ec2:CreateSecurityGroup', arn('security-group', '*'), { ArnEquals: { 'ec2:Vpc': arn('vpc', vpcId) } });
    const inAny = allow('ec2:CreateSecurityGroup', arn('vpc', '*'));
    give([made, inAny]);
    expect(await create(vpcId)).toBe(denied);
    give([made, inAny, allow('ec2:CreateTags', '*', { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } })]);
    expect([await create(vpcId), await create(other)]).toEqual(['allowed', denied]);
  });

  test('a route table’s tags limit what one associates with it', async () => {
    const { ec2, give, admin, vpcId, table } = await setting([]);
    const SubnetId = admin('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet!.SubnetId!;
    const associate = () => said(ec2.send(new AssociateRouteTableCommand({ RouteTableId: table, SubnetId })));
    give([
      allow('ec2:AssociateRouteTable', arn('subnet', '*')),
      allow('ec2:AssociateRouteTable', arn('route-table', '*'), { StringEquals: { 'aws:ResourceTag/isthmus': 'yes' } }),
    ]);
    expect(await associate()).toBe(denied);
    admin('CreateTags', { Resources: [table], Tags: [{ Key: 'isthmus', Value: 'yes' }] });
    expect(await associate()).toBe('allowed');
  });

  test('of VPC Lattice tell the VPC of a gateway, the domain to verify, what is tagged and what has which tags', async () => {
    const { lattice, give, vpcId, other, subnetId, clock } = await used();
    const rest = allow([...lookups, ...interfaces]);
    const gateway = (vpcIdentifier: string) =>
      said(
        lattice.send(new CreateResourceGatewayCommand({ name: 'to-db', vpcIdentifier, subnetIds: [subnetId], tags: { cluster: 'eu' } })),
      );
    const tagging = (action: string) => allow('vpc-lattice:TagResource', '*', { StringEquals: { 'vpc-lattice:CreateAction': action } });
    give([
      rest,
      tagging('CreateResourceGateway'),
      allow('vpc-lattice:CreateResourceGateway', '*', { StringEquals: { 'vpc-lattice:VpcId': vpcId } }),
    ]);
    expect(await gateway(other)).toBe('AccessDeniedException');
    give([rest, tagging('CreateServiceNetwork'), allow('vpc-lattice:CreateResourceGateway')]);
    expect(await gateway(vpcId)).toBe('AccessDeniedException');
    give([
      rest,
      tagging('CreateResourceGateway'),
      allow('vpc-lattice:CreateResourceGateway', '*', { StringEquals: { 'vpc-lattice:VpcId': vpcId } }),
    ]);
    expect(await gateway(vpcId)).toBe('allowed');
    await clock.advance(600_000);

    const remove = () => said(lattice.send(new DeleteResourceGatewayCommand({ resourceGatewayIdentifier: gatewayId })));
    give([allow('vpc-lattice:*')]);
    const gatewayId = (await lattice.send(new ListResourceGatewaysCommand({}))).items![0]!.id!;
    give([rest, allow('vpc-lattice:DeleteResourceGateway', '*', { StringEquals: { 'aws:ResourceTag/cluster': 'us' } })]);
    expect(await remove()).toBe('AccessDeniedException');
    give([rest, allow('vpc-lattice:DeleteResourceGateway', '*', { StringEquals: { 'aws:ResourceTag/cluster': 'eu' } })]);
    expect(await remove()).toBe('allowed');

    const verify = (domainName: string) => said(lattice.send(new StartDomainVerificationCommand({ domainName })));
    give([allow('vpc-lattice:StartDomainVerification', '*', { StringEquals: { 'vpc-lattice:DomainName': 'db.example.com' } })]);
    expect([await verify('db.example.com'), await verify('example.com')]).toEqual(['allowed', 'AccessDeniedException']);
  });

  test('of RAM tell with whom and what is shared, and whose invitation is accepted', async () => {
    const { ram, give, simulator, vpcId, admin, clock } = await used();
    const tgw = admin('CreateTransitGateway', {}).TransitGateway!.TransitGatewayArn!;
    await clock.advance(600_000);
    const share = (principal: string, arns: string[] = [tgw]) =>
      said(ram.send(new CreateResourceShareCommand({ name: `to-${principal}`, principals: [principal], resourceArns: arns })));
    const condition = (conditions: object) => give([allow('ram:CreateResourceShare', '*', { StringEquals: conditions })]);
    condition({ 'ram:Principal': two });
    expect([await share(two), await share('777788889999')]).toEqual(['allowed', 'AccessDeniedException']);
    condition({ 'ram:RequestedResourceType': 'ec2:TransitGateway' });
    expect([await share(two), await share(two, [arn('subnet', vpcId)])]).toEqual(['allowed', 'AccessDeniedException']);

    const foreign = new RAMClient({
      region,
      credentials: { accessKeyId: two, secretAccessKey: 'x' },
      requestHandler: inProcess(simulator),
      maxAttempts: 1,
    });
    await foreign.send(new CreateResourceShareCommand({ name: 'offer', principals: ['111122223333'] }));
    await clock.advance(600_000);
    give([allow('*')]);
    const { resourceShareInvitations } = await ram.send(new GetResourceShareInvitationsCommand({}));
    const resourceShareInvitationArn = resourceShareInvitations![0]!.resourceShareInvitationArn!;
    const accept = () => said(ram.send(new AcceptResourceShareInvitationCommand({ resourceShareInvitationArn })));
    give([allow('ram:AcceptResourceShareInvitation', '*', { StringEquals: { 'ram:ShareOwnerAccountId': '777788889999' } })]);
    expect(await accept()).toBe('AccessDeniedException');
    give([allow('ram:AcceptResourceShareInvitation', '*', { StringEquals: { 'ram:ShareOwnerAccountId': two } })]);
    expect(await accept()).toBe('allowed');
  });

  test('of Route 53 tell which VPC joins a zone, and which names and types change how', async () => {
    const { route53, give, vpcId, other } = await used();
    const { HostedZone } = await route53.send(
      new CreateHostedZoneCommand({ Name: 'a.internal', CallerReference: '1', VPC: { VPCId: vpcId, VPCRegion: region } }),
    );
    const HostedZoneId = HostedZone!.Id!;
    const associate = () =>
      said(route53.send(new AssociateVPCWithHostedZoneCommand({ HostedZoneId, VPC: { VPCId: other, VPCRegion: region } })));
    const join = (id: string) =>
      give([
        allow('ec2:DescribeVpcs'),
        allow('route53:AssociateVPCWithHostedZone', '*', {
          'ForAllValues:StringEquals': { 'route53:VPCs': [`VPCId=${id},VPCRegion=${region}`] },
        }),
      ]);
    join(vpcId);
    expect(await associate()).toBe('AccessDenied');
    join(other);
    expect(await associate()).toBe('allowed');
    const upsert = (Name: string, Type: 'A' | 'TXT') => {
      const ResourceRecords = [{ Value: Type === 'A' ? '10.0.0.1' : '"x"' }];
      const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet: { Name, Type, TTL: 60, ResourceRecords } }];
      return said(route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } })));
    };
    give([
      allow('route53:ChangeResourceRecordSets', '*', {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['b.a.internal'],
          'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        },
      }),
    ]);
    expect([await upsert('B.a.internal.', 'A'), await upsert('c.a.internal', 'A'), await upsert('b.a.internal', 'TXT')]).toEqual([
      'allowed',
      'AccessDenied',
      'AccessDenied',
    ]);
  });
});

test('what another account shares is authorised under its owner’s account', async () => {
  const { world, caller, vpcId, clock, simulator } = await used();
  const owner = caller(two, region);
  const gateway = owner('CreateTransitGateway', {}).TransitGateway!;
  await clock.advance(600_000);
  const asked = () =>
    accessRequests(world, {
      service: 'ec2',
      operation: 'CreateTransitGatewayVpcAttachment',
      input: { TransitGatewayId: gateway.TransitGatewayId, VpcId: vpcId },
      call: { accountId: '111122223333', region, callerArn },
    })[0]!.resource;
  expect(asked()).toBe(arn('transit-gateway', gateway.TransitGatewayId!));
  const client = { region, requestHandler: inProcess(simulator), maxAttempts: 1 };
  const foreign = new RAMClient({ ...client, credentials: { accessKeyId: two, secretAccessKey: 'x' } });
  const own = new RAMClient({ ...client, credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' } });
  await foreign.send(
    new CreateResourceShareCommand({ name: 's', principals: ['111122223333'], resourceArns: [gateway.TransitGatewayArn!] }),
  );
  const { resourceShareInvitations } = await own.send(new GetResourceShareInvitationsCommand({}));
  const { resourceShareInvitationArn } = resourceShareInvitations![0]!;
  await own.send(new AcceptResourceShareInvitationCommand({ resourceShareInvitationArn }));
  await clock.advance(600_000);
  world.catchUp();
  expect(asked()).toBe(gateway.TransitGatewayArn);
});
