/**
 * What every call is about, as the Service Authorization Reference has it: from this follow the ARNs that a policy must allow.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export interface ActionRow {
  /** Members of the input that hold ids of things that are there; `a.b` for those in a list or structure. Left out ones do not count. */
  readonly about?: readonly string[];
  /** Types of ARN of the things that the call makes: their ids are not known yet, and stand as `*`. */
  readonly makes?: readonly string[];
  /** And those that are asked about only where the call gives them tags. */
  readonly makesTagged?: readonly string[];
  /** The accepter's VPC of the connection that the call is about (aws.md 7.7). */
  readonly accepterVpc?: true;
  /** Actions that the caller needs besides, on whatever resource (aws.md 7.7). */
  readonly needs?: readonly string[];
  /** And those that it needs only where the input has something at the path. */
  readonly needsWith?: { readonly path: string; readonly actions: readonly string[] };
}

const peering: ActionRow = { about: ['VpcPeeringConnectionId'] };
/** Routes are the table's: nothing of their target is authorised (aws.md 7.7). */
const table: ActionRow = { about: ['RouteTableId'] };
/** Single rules are not authorised (aws.md 7.7). */
const group: ActionRow = { about: ['GroupId'] };
const authorize: ActionRow = { ...group, makesTagged: ['security-group-rule'] };
const endpointNeeds = ['ec2:DescribeVpcs', 'ec2:DescribeSubnets', 'ec2:DescribeSecurityGroups'];

/** EC2. What is not here is about no resource: `Describe…` and its like. */
export const ec2Actions: Readonly<Record<string, ActionRow>> = {
  CreateVpc: { makes: ['vpc'] },
  DeleteVpc: { about: ['VpcId'] },
  ModifyVpcAttribute: { about: ['VpcId'] },
  AssociateVpcCidrBlock: { about: ['VpcId'] },
  DisassociateVpcCidrBlock: { about: ['AssociationId'] },
  CreateSubnet: { about: ['VpcId'], makes: ['subnet'] },
  DeleteSubnet: { about: ['SubnetId'] },
  ModifySubnetAttribute: { about: ['SubnetId'] },
  AssociateSubnetCidrBlock: { about: ['SubnetId'] },
  DisassociateSubnetCidrBlock: { about: ['AssociationId'] },
  CreateInternetGateway: { makes: ['internet-gateway'] },
  AttachInternetGateway: { about: ['InternetGatewayId', 'VpcId'] },
  DetachInternetGateway: { about: ['InternetGatewayId', 'VpcId'] },
  DeleteInternetGateway: { about: ['InternetGatewayId'] },
  CreateEgressOnlyInternetGateway: { about: ['VpcId'], makes: ['egress-only-internet-gateway'] },
  DeleteEgressOnlyInternetGateway: { about: ['EgressOnlyInternetGatewayId'] },

  CreateRouteTable: { about: ['VpcId'], makes: ['route-table'] },
  DeleteRouteTable: table,
  AssociateRouteTable: { about: ['RouteTableId', 'SubnetId', 'GatewayId'] },
  DisassociateRouteTable: { about: ['AssociationId'] },
  ReplaceRouteTableAssociation: { about: ['RouteTableId', 'AssociationId'] },
  CreateRoute: table,
  ReplaceRoute: table,
  DeleteRoute: table,

  CreateVpcPeeringConnection: { about: ['VpcId'], makes: ['vpc-peering-connection'] },
  AcceptVpcPeeringConnection: { ...peering, accepterVpc: true },
  RejectVpcPeeringConnection: peering,
  DeleteVpcPeeringConnection: peering,
  ModifyVpcPeeringConnectionOptions: peering,

  CreateSecurityGroup: { about: ['VpcId'], makes: ['security-group'] },
  DeleteSecurityGroup: group,
  AssociateSecurityGroupVpc: { about: ['GroupId', 'VpcId'] },
  DisassociateSecurityGroupVpc: { about: ['GroupId', 'VpcId'] },
  GetSecurityGroupsForVpc: { about: ['VpcId'] },
  AuthorizeSecurityGroupIngress: authorize,
  AuthorizeSecurityGroupEgress: authorize,
  RevokeSecurityGroupIngress: group,
  RevokeSecurityGroupEgress: group,
  UpdateSecurityGroupRuleDescriptionsIngress: group,
  UpdateSecurityGroupRuleDescriptionsEgress: group,
  ModifySecurityGroupRules: { about: ['GroupId', 'SecurityGroupRules.SecurityGroupRuleId'] },

  CreateNetworkAcl: { about: ['VpcId'], makes: ['network-acl'] },
  DeleteNetworkAcl: { about: ['NetworkAclId'] },
  CreateNetworkAclEntry: { about: ['NetworkAclId'] },
  ReplaceNetworkAclEntry: { about: ['NetworkAclId'] },
  DeleteNetworkAclEntry: { about: ['NetworkAclId'] },
  ReplaceNetworkAclAssociation: { about: ['NetworkAclId', 'AssociationId'] },

  CreateNetworkInterface: { about: ['SubnetId', 'Groups'], makes: ['network-interface'] },
  DeleteNetworkInterface: { about: ['NetworkInterfaceId'] },
  ModifyNetworkInterfaceAttribute: { about: ['NetworkInterfaceId', 'Groups'] },
  RunInstances: {
    about: [
      'SubnetId',
      'SecurityGroupIds',
      'NetworkInterfaces.SubnetId',
      'NetworkInterfaces.Groups',
      'NetworkInterfaces.NetworkInterfaceId',
    ],
    makes: ['instance', 'network-interface', 'volume'],
  },
  TerminateInstances: { about: ['InstanceIds'] },

  AllocateAddress: { makes: ['elastic-ip'] },
  AssociateAddress: { about: ['AllocationId', 'InstanceId', 'NetworkInterfaceId'] },
  DisassociateAddress: { about: ['AssociationId'] },
  ReleaseAddress: { about: ['AllocationId'] },
  CreateNatGateway: { about: ['SubnetId', 'AllocationId'], makes: ['natgateway'] },
  DeleteNatGateway: { about: ['NatGatewayId'] },
  AssociateNatGatewayAddress: { about: ['NatGatewayId', 'AllocationIds'] },
  DisassociateNatGatewayAddress: { about: ['NatGatewayId'] },

  CreateManagedPrefixList: { makes: ['prefix-list'] },
  GetManagedPrefixListEntries: { about: ['PrefixListId'] },
  ModifyManagedPrefixList: { about: ['PrefixListId'] },
  DeleteManagedPrefixList: { about: ['PrefixListId'] },

  CreateVpcEndpoint: {
    about: ['VpcId', 'SubnetIds', 'SecurityGroupIds', 'RouteTableIds'],
    makes: ['vpc-endpoint'],
    needs: [...endpointNeeds, 'route53:AssociateVPCWithHostedZone'],
  },
  ModifyVpcEndpoint: {
    about: [
      'VpcEndpointId',
      'AddSubnetIds',
      'RemoveSubnetIds',
      'AddSecurityGroupIds',
      'RemoveSecurityGroupIds',
      'AddRouteTableIds',
      'RemoveRouteTableIds',
    ],
  },
  DeleteVpcEndpoints: { about: ['VpcEndpointIds'] },
  CreateVpcEndpointServiceConfiguration: { makes: ['vpc-endpoint-service'] },
  ModifyVpcEndpointServiceConfiguration: { about: ['ServiceId'] },
  ModifyVpcEndpointServicePermissions: { about: ['ServiceId'] },
  DeleteVpcEndpointServiceConfigurations: { about: ['ServiceIds'] },
  StartVpcEndpointServicePrivateDnsVerification: { about: ['ServiceId'] },
  AcceptVpcEndpointConnections: { about: ['ServiceId'] },
  RejectVpcEndpointConnections: { about: ['ServiceId'] },

  CreateTransitGateway: { makes: ['transit-gateway'] },
  ModifyTransitGateway: { about: ['TransitGatewayId'] },
  DeleteTransitGateway: { about: ['TransitGatewayId'] },
  CreateTransitGatewayVpcAttachment: { about: ['TransitGatewayId', 'VpcId', 'SubnetIds'], makes: ['transit-gateway-attachment'] },
  ModifyTransitGatewayVpcAttachment: { about: ['TransitGatewayAttachmentId', 'AddSubnetIds', 'RemoveSubnetIds'] },
  AcceptTransitGatewayVpcAttachment: { about: ['TransitGatewayAttachmentId'] },
  RejectTransitGatewayVpcAttachment: { about: ['TransitGatewayAttachmentId'] },
  DeleteTransitGatewayVpcAttachment: { about: ['TransitGatewayAttachmentId'] },
  CreateTransitGatewayRouteTable: { about: ['TransitGatewayId'], makes: ['transit-gateway-route-table'] },
  DeleteTransitGatewayRouteTable: { about: ['TransitGatewayRouteTableId'] },
  AssociateTransitGatewayRouteTable: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  DisassociateTransitGatewayRouteTable: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  EnableTransitGatewayRouteTablePropagation: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  DisableTransitGatewayRouteTablePropagation: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  GetTransitGatewayRouteTableAssociations: { about: ['TransitGatewayRouteTableId'] },
  GetTransitGatewayRouteTablePropagations: { about: ['TransitGatewayRouteTableId'] },
  GetTransitGatewayAttachmentPropagations: { about: ['TransitGatewayAttachmentId'] },
  SearchTransitGatewayRoutes: { about: ['TransitGatewayRouteTableId'] },
  CreateTransitGatewayRoute: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  ReplaceTransitGatewayRoute: { about: ['TransitGatewayRouteTableId', 'TransitGatewayAttachmentId'] },
  DeleteTransitGatewayRoute: { about: ['TransitGatewayRouteTableId'] },

  CreateTags: { about: ['Resources'] },
  DeleteTags: { about: ['Resources'] },
};

/** Route 53 looks VPCs up with the caller's rights. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html */
const vpcNeeds = ['ec2:DescribeVpcs'];
const zone: ActionRow = { about: ['HostedZoneId'] };

export const route53Actions: Readonly<Record<string, ActionRow>> = {
  CreateHostedZone: { needs: vpcNeeds },
  GetHostedZone: { about: ['Id'] },
  DeleteHostedZone: { about: ['Id'] },
  AssociateVPCWithHostedZone: { ...zone, needs: vpcNeeds },
  DisassociateVPCFromHostedZone: { ...zone, needs: vpcNeeds },
  CreateVPCAssociationAuthorization: zone,
  DeleteVPCAssociationAuthorization: zone,
  ListVPCAssociationAuthorizations: zone,
  ChangeResourceRecordSets: zone,
  ListResourceRecordSets: zone,
  GetChange: { about: ['Id'] },
  ChangeTagsForResource: { about: ['ResourceId'] },
  ListTagsForResource: { about: ['ResourceId'] },
};

/** VPC Lattice works with the caller's rights on EC2 (aws.md 7.7). */
const gatewayNeeds = [
  ...endpointNeeds,
  'ec2:CreateNetworkInterface',
  'ec2:CreateNetworkInterfacePermission',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:AssignIpv6Addresses',
];

/** Which database an ARN is of, VPC Lattice looks up with the caller's rights. */
const databases = {
  path: 'resourceConfigurationDefinition.arnResource.arn',
  actions: ['rds:DescribeDBInstances', 'rds:DescribeDBClusters'],
};

export const latticeActions: Readonly<Record<string, ActionRow>> = {
  CreateResourceGateway: { makes: ['resourcegateway'], needs: gatewayNeeds },
  GetResourceGateway: { about: ['resourceGatewayIdentifier'] },
  UpdateResourceGateway: {
    about: ['resourceGatewayIdentifier'],
    needs: [...gatewayNeeds, 'ec2:UnassignPrivateIpAddresses', 'ec2:ModifyNetworkInterfaceAttribute'],
  },
  DeleteResourceGateway: { about: ['resourceGatewayIdentifier'], needs: ['ec2:DeleteNetworkInterface'] },
  CreateResourceConfiguration: { makes: ['resourceconfiguration'], needsWith: databases },
  GetResourceConfiguration: { about: ['resourceConfigurationIdentifier'] },
  UpdateResourceConfiguration: { about: ['resourceConfigurationIdentifier'], needsWith: databases },
  DeleteResourceConfiguration: { about: ['resourceConfigurationIdentifier'] },
  StartDomainVerification: { makes: ['domainverification'] },
  GetDomainVerification: { about: ['domainVerificationIdentifier'] },
  DeleteDomainVerification: { about: ['domainVerificationIdentifier'] },
  CreateServiceNetwork: { makes: ['servicenetwork'] },
  GetServiceNetwork: { about: ['serviceNetworkIdentifier'] },
  UpdateServiceNetwork: { about: ['serviceNetworkIdentifier'] },
  DeleteServiceNetwork: { about: ['serviceNetworkIdentifier'] },
  CreateServiceNetworkResourceAssociation: {
    about: ['resourceConfigurationIdentifier', 'serviceNetworkIdentifier'],
    makes: ['servicenetworkresourceassociation'],
  },
  GetServiceNetworkResourceAssociation: { about: ['serviceNetworkResourceAssociationIdentifier'] },
  DeleteServiceNetworkResourceAssociation: { about: ['serviceNetworkResourceAssociationIdentifier'] },
  DeleteResourceEndpointAssociation: { about: ['resourceEndpointAssociationIdentifier'] },
  TagResource: { about: ['resourceArn'] },
  UntagResource: { about: ['resourceArn'] },
  ListTagsForResource: { about: ['resourceArn'] },
};

export const ramActions: Readonly<Record<string, ActionRow>> = {
  CreateResourceShare: { makes: ['resource-share'] },
  UpdateResourceShare: { about: ['resourceShareArn'] },
  DeleteResourceShare: { about: ['resourceShareArn'] },
  AssociateResourceShare: { about: ['resourceShareArn'] },
  DisassociateResourceShare: { about: ['resourceShareArn'] },
  EnableSharingWithAwsOrganization: {},
  AcceptResourceShareInvitation: { about: ['resourceShareInvitationArn'] },
  RejectResourceShareInvitation: { about: ['resourceShareInvitationArn'] },
  TagResource: { about: ['resourceShareArn'] },
  UntagResource: { about: ['resourceShareArn'] },
};

/** Of STS only other roles are authorised: everybody may ask who they are. */
export const stsActions: Readonly<Record<string, ActionRow>> = {
  AssumeRole: { about: ['RoleArn'] },
};

/** Condition keys whose values stand in the input, by the path to them (aws.md 7.7). EC2’s are those of the thing that is made. */
export const inputKeys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'vpc-lattice': { 'vpc-lattice:VpcId': 'vpcIdentifier', 'vpc-lattice:DomainName': 'domainName' },
  ram: {
    'ram:Principal': 'principals',
    'ram:ResourceArn': 'resourceArns',
    'ram:RequestedAllowsExternalPrincipals': 'allowExternalPrincipals',
  },
  sts: { 'sts:ExternalId': 'ExternalId', 'sts:RoleSessionName': 'RoleSessionName' },
  route53: {
    'route53:ChangeResourceRecordSetsRecordTypes': 'ChangeBatch.Changes.ResourceRecordSet.Type',
    'route53:ChangeResourceRecordSetsActions': 'ChangeBatch.Changes.Action',
  },
};

export const endpointKeys: Readonly<Record<string, string>> = {
  'ec2:VpceServiceName': 'ServiceName',
  'ec2:VpcePrivateDnsPreference': 'DnsOptions.PrivateDnsPreference',
  'ec2:VpcePrivateDnsSpecifiedDomains': 'DnsOptions.PrivateDnsSpecifiedDomains',
};

/** The rows of a service, by its signing name. */
export const actionsOf: Readonly<Record<string, Readonly<Record<string, ActionRow>>>> = {
  ec2: ec2Actions,
  route53: route53Actions,
  'vpc-lattice': latticeActions,
  ram: ramActions,
  sts: stsActions,
};

/** The type of ARN of what an id names, by the id's prefix. */
export const arnTypes: Readonly<Record<string, string>> = {
  vpc: 'vpc',
  subnet: 'subnet',
  igw: 'internet-gateway',
  eigw: 'egress-only-internet-gateway',
  rtb: 'route-table',
  sg: 'security-group',
  sgr: 'security-group-rule',
  pcx: 'vpc-peering-connection',
  acl: 'network-acl',
  eni: 'network-interface',
  i: 'instance',
  eipalloc: 'elastic-ip',
  nat: 'natgateway',
  pl: 'prefix-list',
  vpce: 'vpc-endpoint',
  'vpce-svc': 'vpc-endpoint-service',
  tgw: 'transit-gateway',
  'tgw-attach': 'transit-gateway-attachment',
  'tgw-rtb': 'transit-gateway-route-table',
  rgw: 'resourcegateway',
  rcfg: 'resourceconfiguration',
  dv: 'domainverification',
  sn: 'servicenetwork',
  snra: 'servicenetworkresourceassociation',
  rea: 'resourceendpointassociation',
};
