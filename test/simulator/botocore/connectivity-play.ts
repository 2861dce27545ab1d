import { createNetworkLoadBalancer } from '../../../src/simulator/ec2/vpc-endpoints/network-load-balancers.ts';
import { one, region, type Stage, two } from '../stage.ts';

const tags = (ResourceType: string) => [{ ResourceType: ResourceType as never, Tags: [{ Key: 'by', Value: 'a&b' }] }];

/** A VPC of the account with a subnet in one zone. */
async function network(stage: Stage, cidr: string, accountId: string = one): Promise<{ vpcId: string; subnetId: string }> {
  const ec2 = stage.player('ec2', accountId);
  const vpcId = (await ec2('CreateVpc', { CidrBlock: `${cidr}.0.0/16` })).Vpc!.VpcId!;
  await ec2('ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
  const made = await ec2('CreateSubnet', { VpcId: vpcId, CidrBlock: `${cidr}.1.0/24`, AvailabilityZoneId: 'usw2-az1' });
  return { vpcId, subnetId: made.Subnet!.SubnetId! };
}

/** EC2's transit gateways. */
export async function playTransitGateways(stage: Stage): Promise<void> {
  const ec2 = stage.player('ec2');
  const theirs = stage.player('ec2', two);
  const made = await ec2('CreateTransitGateway', { Description: 'hub', TagSpecifications: tags('transit-gateway') });
  const { TransitGatewayId, TransitGatewayArn } = made.TransitGateway!;
  await stage.settle();
  await ec2('ModifyTransitGateway', { TransitGatewayId, Description: 'the hub' });
  await stage.settle();
  await ec2('DescribeTransitGateways', {});
  const own = await network(stage, '10.20');
  const attached = await ec2('CreateTransitGatewayVpcAttachment', {
    TransitGatewayId,
    VpcId: own.vpcId,
    SubnetIds: [own.subnetId],
    TagSpecifications: tags('transit-gateway-attachment'),
  });
  const TransitGatewayAttachmentId = attached.TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!;
  await stage.settle();
  await ec2.refused('CreateTransitGatewayVpcAttachment', { TransitGatewayId, VpcId: own.vpcId, SubnetIds: [own.subnetId] });
  await ec2('ModifyTransitGatewayVpcAttachment', { TransitGatewayAttachmentId, Options: { Ipv6Support: 'disable' } });
  await stage.settle();

  const ram = stage.player('ram');
  await ram('CreateResourceShare', { name: 'hub', resourceArns: [TransitGatewayArn!], principals: [two] });
  const { resourceShareInvitations } = await stage.player('ram', two)('GetResourceShareInvitations', {});
  const { resourceShareInvitationArn } = resourceShareInvitations![0]!;
  await stage.player('ram', two)('AcceptResourceShareInvitation', { resourceShareInvitationArn });
  await stage.settle();
  const foreign = await network(stage, '10.21', two);
  const wanted = { TransitGatewayId, VpcId: foreign.vpcId, SubnetIds: [foreign.subnetId] };
  for (const answer of ['RejectTransitGatewayVpcAttachment', 'AcceptTransitGatewayVpcAttachment'] as const) {
    const asked = await theirs('CreateTransitGatewayVpcAttachment', wanted);
    await stage.settle();
    await ec2('DescribeTransitGatewayVpcAttachments', {});
    const id = asked.TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!;
    await ec2(answer, { TransitGatewayAttachmentId: id });
    await stage.settle();
  }
  await theirs('DescribeTransitGateways', {});
  await ec2('DescribeTransitGatewayAttachments', {});

  const table = await ec2('CreateTransitGatewayRouteTable', { TransitGatewayId, TagSpecifications: tags('transit-gateway-route-table') });
  const { TransitGatewayRouteTableId } = table.TransitGatewayRouteTable!;
  await stage.settle();
  const both = { TransitGatewayRouteTableId, TransitGatewayAttachmentId };
  const Filters = [{ Name: 'resource-id', Values: [own.vpcId] }];
  const before = (await ec2('DescribeTransitGatewayAttachments', { Filters })).TransitGatewayAttachments![0]!.Association!;
  const old = before.TransitGatewayRouteTableId;
  await ec2('DisassociateTransitGatewayRouteTable', { TransitGatewayRouteTableId: old, TransitGatewayAttachmentId });
  await stage.settle();
  await ec2('AssociateTransitGatewayRouteTable', both);
  await ec2('EnableTransitGatewayRouteTablePropagation', both);
  await stage.settle();
  await ec2('GetTransitGatewayRouteTableAssociations', { TransitGatewayRouteTableId });
  await ec2('GetTransitGatewayRouteTablePropagations', { TransitGatewayRouteTableId });
  await ec2('GetTransitGatewayAttachmentPropagations', { TransitGatewayAttachmentId });
  await ec2('CreateTransitGatewayRoute', { ...both, DestinationCidrBlock: '0.0.0.0/0' });
  await ec2('CreateTransitGatewayRoute', { TransitGatewayRouteTableId, DestinationCidrBlock: '10.99.0.0/16', Blackhole: true });
  await stage.settle();
  await ec2('ReplaceTransitGatewayRoute', { TransitGatewayRouteTableId, DestinationCidrBlock: '0.0.0.0/0', Blackhole: true });
  await ec2('SearchTransitGatewayRoutes', { TransitGatewayRouteTableId, Filters: [{ Name: 'type', Values: ['static', 'propagated'] }] });
  await ec2('DescribeTransitGatewayRouteTables', {});
  await ec2('DeleteTransitGatewayRoute', { TransitGatewayRouteTableId, DestinationCidrBlock: '0.0.0.0/0' });
  await ec2('DisableTransitGatewayRouteTablePropagation', both);
  await ec2('DisassociateTransitGatewayRouteTable', both);
  await stage.settle();
  await ec2('DeleteTransitGatewayRouteTable', { TransitGatewayRouteTableId });
  const { TransitGatewayVpcAttachments } = await ec2('DescribeTransitGatewayVpcAttachments', {});
  for (const { TransitGatewayAttachmentId: id, State, VpcOwnerId } of TransitGatewayVpcAttachments!) {
    if (State === 'available')
      await stage.player('ec2', VpcOwnerId)('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id });
  }
  await stage.settle();
  await ec2('DeleteTransitGateway', { TransitGatewayId });
}

/** EC2's endpoints and endpoint services. */
export async function playEndpoints(stage: Stage): Promise<void> {
  const ec2 = stage.player('ec2');
  const theirs = stage.player('ec2', two);
  const own = await network(stage, '10.30');
  const foreign = await network(stage, '10.31', two);
  const call = { accountId: two, region, callerArn: '' };
  const balancer = createNetworkLoadBalancer(stage.world, call, { name: 'web', subnetIds: [foreign.subnetId], listeners: [] }).id;
  const made = await theirs('CreateVpcEndpointServiceConfiguration', {
    NetworkLoadBalancerArns: [balancer],
    PrivateDnsName: 'api.example.com',
    ClientToken: 'service',
    TagSpecifications: tags('vpc-endpoint-service'),
  });
  const { ServiceId, ServiceName } = made.ServiceConfiguration!;
  await theirs('ModifyVpcEndpointServiceConfiguration', { ServiceId, AcceptanceRequired: true });
  await theirs('ModifyVpcEndpointServicePermissions', { ServiceId, AddAllowedPrincipals: [`arn:aws:iam::${one}:root`] });
  await theirs('DescribeVpcEndpointServicePermissions', { ServiceId });
  await theirs('StartVpcEndpointServicePrivateDnsVerification', { ServiceId });
  await theirs('DescribeVpcEndpointServiceConfigurations', {});
  await ec2('DescribeVpcEndpointServices', {});
  await ec2.refused('DescribeVpcEndpointServices', { ServiceNames: ['com.amazonaws.us-west-2.nothing'] });
  const wanted = { VpcEndpointType: 'Interface' as const, VpcId: own.vpcId, ServiceName, SubnetIds: [own.subnetId] };
  const accepted = (await ec2('CreateVpcEndpoint', { ...wanted, TagSpecifications: tags('vpc-endpoint'), ClientToken: 'a' })).VpcEndpoint!;
  const rejected = (await ec2('CreateVpcEndpoint', wanted)).VpcEndpoint!;
  await stage.settle();
  await theirs('DescribeVpcEndpointConnections', {});
  await theirs('AcceptVpcEndpointConnections', { ServiceId, VpcEndpointIds: [accepted.VpcEndpointId!, 'vpce-0123456789abcdef0'] });
  await theirs('RejectVpcEndpointConnections', { ServiceId, VpcEndpointIds: [rejected.VpcEndpointId!] });
  await stage.settle();
  await ec2('DescribeVpcEndpoints', {});
  await theirs('DeleteVpcEndpointServiceConfigurations', { ServiceIds: [ServiceId!] });

  const [table] = (await ec2('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [own.vpcId] }] })).RouteTables!;
  const gateway = await ec2('CreateVpcEndpoint', {
    VpcId: own.vpcId,
    ServiceName: `com.amazonaws.${region}.s3`,
    RouteTableIds: [table!.RouteTableId!],
  });
  await ec2('DescribeRouteTables', { RouteTableIds: [table!.RouteTableId!] });
  await ec2('CreateVpcEndpoint', { ...wanted, ServiceName: `com.amazonaws.${region}.sts`, PrivateDnsEnabled: true });
  await stage.settle();
  await ec2('ModifyVpcEndpoint', { VpcEndpointId: gateway.VpcEndpoint!.VpcEndpointId!, ResetPolicy: true });
  await ec2('DescribeVpcEndpoints', {});
  await ec2('DescribeNetworkInterfaces', {});
  const VpcEndpointIds = [accepted.VpcEndpointId!, rejected.VpcEndpointId!, gateway.VpcEndpoint!.VpcEndpointId!, 'vpce-0123456789abcdef0'];
  await ec2('DeleteVpcEndpoints', { VpcEndpointIds });
  await stage.settle();
  await theirs('DeleteVpcEndpointServiceConfigurations', { ServiceIds: [ServiceId!] });
}

/** VPC Lattice's resources, and EC2's endpoints for them. */
export async function playResources(stage: Stage): Promise<void> {
  const [lattice, ram] = [stage.player('vpc-lattice'), stage.player('ram')];
  const theirs = { ec2: stage.player('ec2', two), lattice: stage.player('vpc-lattice', two), ram: stage.player('ram', two) };
  const own = await network(stage, '10.40');
  const foreign = await network(stage, '10.41', two);
  const gatewayInput = { name: 'to-db', vpcIdentifier: own.vpcId, subnetIds: [own.subnetId], clientToken: 'gateway', tags: { by: 'a' } };
  const gateway = await lattice('CreateResourceGateway', gatewayInput);
  await lattice.refused('CreateResourceGateway', { ...gatewayInput, name: 'other' });
  await lattice.refused('CreateResourceGateway', { ...gatewayInput, clientToken: 'another' });
  await lattice.refused('CreateResourceGateway', { ...gatewayInput, name: 'rgw-x', clientToken: 'third' });
  await stage.settle();
  const resourceGatewayIdentifier = gateway.id!;
  await lattice('UpdateResourceGateway', { resourceGatewayIdentifier, securityGroupIds: [] });
  await stage.settle();
  await lattice('GetResourceGateway', { resourceGatewayIdentifier });
  await lattice('ListResourceGateways', {});
  await lattice.refused('GetResourceGateway', { resourceGatewayIdentifier: 'rgw-0123456789abcdef0' });
  const verification = await lattice('StartDomainVerification', { domainName: 'example.com', tags: { by: 'a' } });
  await lattice('GetDomainVerification', { domainVerificationIdentifier: verification.id! });
  await lattice('ListDomainVerifications', {});
  await lattice.refused('GetDomainVerification', { domainVerificationIdentifier: 'dv-0123456789abcdef0' });

  const shared = {
    resourceGatewayIdentifier,
    portRanges: ['5432'],
    protocol: 'TCP' as const,
    allowAssociationToShareableServiceNetwork: true,
  };
  const single = await lattice('CreateResourceConfiguration', {
    ...shared,
    name: 'database',
    type: 'SINGLE',
    resourceConfigurationDefinition: { dnsResource: { domainName: 'db.example.com', ipAddressType: 'IPV4' } },
    customDomainName: 'db.example.com',
    domainVerificationIdentifier: verification.id!,
    tags: { by: 'a' },
  });
  const group = await lattice('CreateResourceConfiguration', {
    name: 'all-of-it',
    type: 'GROUP',
    protocol: 'TCP',
    resourceGatewayIdentifier,
  });
  await stage.settle();
  const child = await lattice('CreateResourceConfiguration', {
    name: 'child',
    type: 'CHILD',
    portRanges: ['22'],
    resourceConfigurationGroupIdentifier: group.id!,
    resourceConfigurationDefinition: { ipResource: { ipAddress: '10.40.1.9' } },
  });
  const database = await lattice('CreateResourceConfiguration', {
    name: 'rds',
    type: 'ARN',
    resourceGatewayIdentifier,
    resourceConfigurationDefinition: { arnResource: { arn: `arn:aws:rds:${region}:${one}:cluster:orders` } },
  });
  await stage.settle();
  for (const { id } of [single, group, child, database])
    await lattice('GetResourceConfiguration', { resourceConfigurationIdentifier: id! });
  const resourceConfigurationIdentifier = single.id!;
  await lattice('UpdateResourceConfiguration', { resourceConfigurationIdentifier, portRanges: ['5432', '5433-5440'] });
  await stage.settle();
  await lattice('ListResourceConfigurations', {});
  await lattice.refused('DeleteResourceGateway', { resourceGatewayIdentifier });

  const sn = await lattice('CreateServiceNetwork', { name: 'net', authType: 'NONE', tags: { by: 'a' } });
  const serviceNetworkIdentifier = sn.id!;
  await lattice('UpdateServiceNetwork', { serviceNetworkIdentifier, authType: 'NONE' });
  const joined = await lattice('CreateServiceNetworkResourceAssociation', { resourceConfigurationIdentifier, serviceNetworkIdentifier });
  await stage.settle();
  await lattice('GetServiceNetwork', { serviceNetworkIdentifier });
  await lattice('ListServiceNetworks', {});
  await lattice('GetServiceNetworkResourceAssociation', { serviceNetworkResourceAssociationIdentifier: joined.id! });
  await lattice('ListServiceNetworkResourceAssociations', { serviceNetworkIdentifier });
  await lattice.refused('DeleteServiceNetwork', { serviceNetworkIdentifier });
  await lattice('ListTagsForResource', { resourceArn: single.arn! });
  await lattice('TagResource', { resourceArn: single.arn!, tags: { owner: 'b' } });
  await lattice('UntagResource', { resourceArn: single.arn!, tagKeys: ['owner'] });
  await lattice.refused('TagResource', { resourceArn: single.arn!.replace(/rcfg-.*/, 'rcfg-0123456789abcdef0'), tags: { a: 'b' } });

  const share = await ram('CreateResourceShare', {
    name: 'db',
    resourceArns: [single.arn!],
    principals: [two],
    clientToken: 'share',
    tags: [{ key: 'by', value: 'a' }],
  });
  const resourceShareArn = share.resourceShare!.resourceShareArn!;
  await stage.settle(60_000);
  const { resourceShareInvitations } = await theirs.ram('GetResourceShareInvitations', {});
  const [invitation] = resourceShareInvitations!.filter(({ status }) => status === 'PENDING');
  const { resourceShareInvitationArn } = invitation!;
  await theirs.ram('ListPendingInvitationResources', { resourceShareInvitationArn });
  await theirs.ram('AcceptResourceShareInvitation', { resourceShareInvitationArn, clientToken: 'accept' });
  await theirs.ram.refused('AcceptResourceShareInvitation', { resourceShareInvitationArn });
  await stage.settle(60_000);
  const endpoint = await theirs.ec2('CreateVpcEndpoint', {
    VpcEndpointType: 'Resource',
    VpcId: foreign.vpcId,
    ResourceConfigurationArn: single.arn!,
    SubnetIds: [foreign.subnetId],
    PrivateDnsEnabled: true,
    DnsOptions: { PrivateDnsPreference: 'ALL_DOMAINS' },
  });
  await stage.settle();
  const network2 = await stage.player('ec2')('CreateVpcEndpoint', {
    VpcEndpointType: 'ServiceNetwork',
    VpcId: own.vpcId,
    ServiceNetworkArn: sn.arn!,
    SubnetIds: [own.subnetId],
  });
  await stage.settle();
  await theirs.ec2('DescribeVpcEndpoints', {});
  await theirs.ec2('DescribeVpcEndpointAssociations', {});
  await stage.player('ec2')('DescribeVpcEndpointAssociations', {});
  const { items } = await lattice('ListResourceEndpointAssociations', { resourceConfigurationIdentifier });
  await lattice('DeleteResourceEndpointAssociation', { resourceEndpointAssociationIdentifier: items![0]!.id! });
  await theirs.ec2('DeleteVpcEndpoints', { VpcEndpointIds: [endpoint.VpcEndpoint!.VpcEndpointId!] });
  await stage.player('ec2')('DeleteVpcEndpoints', { VpcEndpointIds: [network2.VpcEndpoint!.VpcEndpointId!] });
  await stage.settle();
  await playShares(stage, { resourceShareArn, otherArn: group.arn! });

  await lattice('DeleteServiceNetworkResourceAssociation', { serviceNetworkResourceAssociationIdentifier: joined.id! });
  await stage.settle();
  await lattice('DeleteServiceNetwork', { serviceNetworkIdentifier });
  for (const { id } of [single, child, database, group]) {
    await lattice('DeleteResourceConfiguration', { resourceConfigurationIdentifier: id! });
    await stage.settle();
  }
  await lattice('DeleteDomainVerification', { domainVerificationIdentifier: verification.id! });
  await lattice('DeleteResourceGateway', { resourceGatewayIdentifier });
}

async function playShares(stage: Stage, { resourceShareArn, otherArn }: { resourceShareArn: string; otherArn: string }): Promise<void> {
  const [ram, theirs] = [stage.player('ram'), stage.player('ram', two)];
  await ram('UpdateResourceShare', { resourceShareArn, name: 'database' });
  await ram('TagResource', { resourceShareArn, tags: [{ key: 'owner', value: 'b' }] });
  await ram('GetResourceShares', { resourceOwner: 'SELF' });
  await theirs('GetResourceShares', { resourceOwner: 'OTHER-ACCOUNTS' });
  await ram('UntagResource', { resourceShareArn, tagKeys: ['owner'] });
  await ram('AssociateResourceShare', { resourceShareArn, resourceArns: [otherArn], principals: ['777788889999'], clientToken: 'more' });
  await stage.settle(60_000);
  await ram('GetResourceShareAssociations', { associationType: 'PRINCIPAL' });
  await ram('GetResourceShareAssociations', { associationType: 'RESOURCE' });
  await theirs('ListResources', { resourceOwner: 'OTHER-ACCOUNTS' });
  await ram('ListPrincipals', { resourceOwner: 'SELF' });
  await ram('ListResourceTypes', {});
  const third = stage.player('ram', '777788889999');
  const [asked] = (await third('GetResourceShareInvitations', {})).resourceShareInvitations!;
  await third('RejectResourceShareInvitation', { resourceShareInvitationArn: asked!.resourceShareInvitationArn! });
  await third.refused('RejectResourceShareInvitation', { resourceShareInvitationArn: asked!.resourceShareInvitationArn! });
  await ram.refused('GetResourceShares', { resourceOwner: 'SELF', resourceShareArns: [`${resourceShareArn.slice(0, -1)}x`] });
  await ram.refused('CreateResourceShare', { name: 'x', resourceArns: ['nothing'] });
  await ram('DisassociateResourceShare', { resourceShareArn, resourceArns: [otherArn], clientToken: 'less' });
  await stage.settle(60_000);
  await ram('DeleteResourceShare', { resourceShareArn, clientToken: 'gone' });
  await stage.settle(60_000);
  stage.world.configure({
    organization: { id: 'o-exampleorgid', managementAccountId: one, accountIds: [two], sharingEnabled: false },
  });
  await ram('EnableSharingWithAwsOrganization', {});
}

/** Route 53's private zones, and who one is. */
export async function playNames(stage: Stage): Promise<void> {
  const [route53, theirs] = [stage.player('route53'), stage.player('route53', two)];
  const own = await network(stage, '10.50');
  const foreign = await network(stage, '10.51', two);
  const here = { VPCId: own.vpcId, VPCRegion: region as 'us-west-2' };
  const there = { VPCId: foreign.vpcId, VPCRegion: region as 'us-west-2' };
  const input = { Name: 'a.internal', CallerReference: '1', VPC: here, HostedZoneConfig: { Comment: 'a < b', PrivateZone: true } };
  const made = await route53('CreateHostedZone', input);
  await route53.refused('CreateHostedZone', input);
  await route53.refused('CreateHostedZone', { ...input, CallerReference: '2' });
  const HostedZoneId = made.HostedZone!.Id!.split('/')[2]!;
  await route53('GetChange', { Id: made.ChangeInfo!.Id! });
  await stage.settle();
  await route53('GetChange', { Id: made.ChangeInfo!.Id! });
  await route53('CreateHostedZone', { Name: 'example.net', CallerReference: 'public' });
  await theirs.refused('AssociateVPCWithHostedZone', { HostedZoneId, VPC: there });
  await route53('CreateVPCAssociationAuthorization', { HostedZoneId, VPC: there });
  await route53('ListVPCAssociationAuthorizations', { HostedZoneId });
  await theirs('AssociateVPCWithHostedZone', { HostedZoneId, VPC: there });
  await stage.settle();
  await route53('DeleteVPCAssociationAuthorization', { HostedZoneId, VPC: there });
  await route53.refused('DeleteVPCAssociationAuthorization', { HostedZoneId, VPC: there });
  const set = { Name: 'proxy.a.internal', Type: 'A' as const, TTL: 60, ResourceRecords: [{ Value: '10.50.1.9' }] };
  const change = (Action: 'UPSERT' | 'DELETE') => ({ HostedZoneId, ChangeBatch: { Changes: [{ Action, ResourceRecordSet: set }] } });
  await route53('ChangeResourceRecordSets', change('UPSERT'));
  await route53('ListResourceRecordSets', { HostedZoneId });
  await route53.refused('DeleteHostedZone', { Id: HostedZoneId });
  await route53('ChangeResourceRecordSets', change('DELETE'));
  await route53.refused('ChangeResourceRecordSets', change('DELETE'));
  await route53('ChangeTagsForResource', { ResourceType: 'hostedzone', ResourceId: HostedZoneId, AddTags: [{ Key: 'by', Value: 'a' }] });
  await route53('ListTagsForResource', { ResourceType: 'hostedzone', ResourceId: HostedZoneId });
  await route53('GetHostedZone', { Id: HostedZoneId });
  await route53.refused('GetHostedZone', { Id: 'Z00000000000000000000' });
  await route53('ListHostedZones', {});
  await route53('ListHostedZonesByName', {});
  await route53('ListHostedZonesByVPC', here);
  await theirs('DisassociateVPCFromHostedZone', { HostedZoneId, VPC: there });
  await route53.refused('DisassociateVPCFromHostedZone', { HostedZoneId, VPC: here });
  await stage.settle();
  await route53('DeleteHostedZone', { Id: HostedZoneId });

  const sts = stage.player('sts');
  await sts('GetCallerIdentity', {});
  await sts('AssumeRole', { RoleArn: `arn:aws:iam::${two}:role/isthmus`, RoleSessionName: 'me', Tags: [{ Key: 'a', Value: 'b' }] });
}
