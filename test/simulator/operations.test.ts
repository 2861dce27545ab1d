import { expect, test } from '@jest/globals';
import { ec2Operations } from '../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../src/simulator/ram/index.ts';
import { route53Operations } from '../../src/simulator/route53/index.ts';
import { serviceWires } from '../../src/simulator/services.ts';
import { vpcLatticeOperations } from '../../src/simulator/vpc-lattice/index.ts';
import { aws } from './ec2/account.ts';

/** The calls that can be counted on: none of them may get lost. */
const promised = {
  ec2: `
    CreateVpc DeleteVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute AssociateVpcCidrBlock DisassociateVpcCidrBlock
    CreateSubnet DeleteSubnet DescribeSubnets ModifySubnetAttribute AssociateSubnetCidrBlock DisassociateSubnetCidrBlock
    DescribeRegions DescribeAvailabilityZones CreateTags DeleteTags DescribeTags
    CreateVpcPeeringConnection AcceptVpcPeeringConnection RejectVpcPeeringConnection DeleteVpcPeeringConnection
    DescribeVpcPeeringConnections ModifyVpcPeeringConnectionOptions
    CreateRouteTable DeleteRouteTable DescribeRouteTables AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation
    CreateRoute ReplaceRoute DeleteRoute
    CreateManagedPrefixList DeleteManagedPrefixList DescribeManagedPrefixLists GetManagedPrefixListEntries ModifyManagedPrefixList
    DescribePrefixLists
    CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups DescribeSecurityGroupRules ModifySecurityGroupRules
    AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress
    UpdateSecurityGroupRuleDescriptionsIngress UpdateSecurityGroupRuleDescriptionsEgress
    DescribeStaleSecurityGroups DescribeSecurityGroupReferences GetSecurityGroupsForVpc
    AssociateSecurityGroupVpc DisassociateSecurityGroupVpc DescribeSecurityGroupVpcAssociations
    CreateNetworkAcl DeleteNetworkAcl DescribeNetworkAcls CreateNetworkAclEntry ReplaceNetworkAclEntry DeleteNetworkAclEntry
    ReplaceNetworkAclAssociation
    CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces ModifyNetworkInterfaceAttribute
    RunInstances TerminateInstances DescribeInstances
    CreateInternetGateway DeleteInternetGateway DescribeInternetGateways AttachInternetGateway DetachInternetGateway
    CreateEgressOnlyInternetGateway DeleteEgressOnlyInternetGateway DescribeEgressOnlyInternetGateways
    CreateNatGateway DeleteNatGateway DescribeNatGateways AssociateNatGatewayAddress DisassociateNatGatewayAddress
    AllocateAddress ReleaseAddress DescribeAddresses AssociateAddress DisassociateAddress
    CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints DescribeVpcEndpoints DescribeVpcEndpointAssociations
    DescribeVpcEndpointServices CreateVpcEndpointServiceConfiguration ModifyVpcEndpointServiceConfiguration
    DeleteVpcEndpointServiceConfigurations DescribeVpcEndpointServiceConfigurations
    ModifyVpcEndpointServicePermissions DescribeVpcEndpointServicePermissions StartVpcEndpointServicePrivateDnsVerification
    DescribeVpcEndpointConnections AcceptVpcEndpointConnections RejectVpcEndpointConnections
    CreateTransitGateway ModifyTransitGateway DeleteTransitGateway DescribeTransitGateways
    CreateTransitGatewayVpcAttachment ModifyTransitGatewayVpcAttachment DeleteTransitGatewayVpcAttachment
    AcceptTransitGatewayVpcAttachment RejectTransitGatewayVpcAttachment
    DescribeTransitGatewayVpcAttachments DescribeTransitGatewayAttachments
    CreateTransitGatewayRouteTable DeleteTransitGatewayRouteTable DescribeTransitGatewayRouteTables
    AssociateTransitGatewayRouteTable DisassociateTransitGatewayRouteTable GetTransitGatewayRouteTableAssociations
    EnableTransitGatewayRouteTablePropagation DisableTransitGatewayRouteTablePropagation
    GetTransitGatewayRouteTablePropagations GetTransitGatewayAttachmentPropagations
    CreateTransitGatewayRoute ReplaceTransitGatewayRoute DeleteTransitGatewayRoute SearchTransitGatewayRoutes`,
  'vpc-lattice': `
    CreateResourceGateway GetResourceGateway UpdateResourceGateway DeleteResourceGateway ListResourceGateways
    CreateResourceConfiguration GetResourceConfiguration UpdateResourceConfiguration DeleteResourceConfiguration ListResourceConfigurations
    StartDomainVerification GetDomainVerification ListDomainVerifications DeleteDomainVerification
    ListResourceEndpointAssociations DeleteResourceEndpointAssociation
    CreateServiceNetwork GetServiceNetwork UpdateServiceNetwork DeleteServiceNetwork ListServiceNetworks
    CreateServiceNetworkResourceAssociation GetServiceNetworkResourceAssociation DeleteServiceNetworkResourceAssociation
    ListServiceNetworkResourceAssociations TagResource UntagResource ListTagsForResource`,
  ram: `
    CreateResourceShare UpdateResourceShare DeleteResourceShare GetResourceShares AssociateResourceShare DisassociateResourceShare
    GetResourceShareAssociations GetResourceShareInvitations AcceptResourceShareInvitation RejectResourceShareInvitation
    ListPendingInvitationResources ListResources ListPrincipals ListResourceTypes TagResource UntagResource
    EnableSharingWithAwsOrganization`,
  route53: `
    CreateHostedZone GetHostedZone DeleteHostedZone ListHostedZones ListHostedZonesByName ListHostedZonesByVPC
    AssociateVPCWithHostedZone DisassociateVPCFromHostedZone CreateVPCAssociationAuthorization DeleteVPCAssociationAuthorization
    ListVPCAssociationAuthorizations ChangeResourceRecordSets ListResourceRecordSets GetChange ChangeTagsForResource ListTagsForResource`,
};

const { world } = aws();
const modelled: Readonly<Record<string, object>> = {
  ec2: ec2Operations(world),
  'vpc-lattice': vpcLatticeOperations(world),
  ram: ramOperations(world),
  route53: route53Operations(world),
};

test.each(Object.entries(promised))('%s: the promised calls are modelled, and no other', (service, names) => {
  expect(Object.keys(modelled[service]!).sort()).toEqual(names.trim().split(/\s+/).sort());
});

test.each(Object.keys(promised))('%s: every modelled call is one of the SDK’s', (service) => {
  const { operations } = serviceWires.find(({ signingName }) => signingName === service)!.protocol;
  expect(Object.keys(modelled[service]!).filter((name) => !operations.has(name))).toEqual([]);
});
