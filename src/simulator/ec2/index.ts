import { keepRole } from '../iam/service-linked-roles.ts';
import { ApiError, type Call, type Operation, type Operations } from '../service.ts';
import type { World } from '../world/world.ts';
import { egressOnlyInternetGatewayOperations } from './egress-only-internet-gateways.ts';
import { elasticIpOperations } from './elastic-ips.ts';
import { instanceOperations } from './instances.ts';
import { internetGatewayOperations } from './internet-gateways.ts';
import { natGatewayAddressOperations } from './nat-gateway-addresses.ts';
import { natGatewayOperations } from './nat-gateways.ts';
import { networkAclOperations } from './network-acls.ts';
import { networkInterfaceOperations } from './network-interfaces.ts';
import { peeringOperations } from './peering-connections.ts';
import { prefixListOperations } from './prefix-lists.ts';
import { regionOperations } from './regions.ts';
import { routeTableOperations } from './route-tables.ts';
import { routeOperations } from './routes.ts';
import { securityGroupRuleOperations } from './security-groups/security-group-rules.ts';
import { securityGroupVpcAssociationOperations } from './security-groups/security-group-vpc-associations.ts';
import { securityGroupOperations } from './security-groups/security-groups.ts';
import { subnetOperations } from './subnets.ts';
import { tagOperations } from './tags.ts';
import { transitGatewayAttachmentOperations } from './transit-gateways/transit-gateway-attachments.ts';
import { transitGatewayRouteTableOperations } from './transit-gateways/transit-gateway-route-tables.ts';
import { transitGatewayRouteOperations } from './transit-gateways/transit-gateway-routes.ts';
import { transitGatewayOperations } from './transit-gateways/transit-gateways.ts';
import { vpcCidrBlockOperations } from './vpc-cidr-blocks.ts';
import { endpointConnectionOperations } from './vpc-endpoints/endpoint-connections.ts';
import { endpointServiceConfigurationOperations } from './vpc-endpoints/endpoint-service-configurations.ts';
import { endpointServicePermissionOperations } from './vpc-endpoints/endpoint-service-permissions.ts';
import { endpointServiceCatalogueOperations } from './vpc-endpoints/endpoint-services.ts';
import { resourceAssociationOperations } from './vpc-endpoints/resource-associations.ts';
import { vpcEndpointOperations } from './vpc-endpoints/vpc-endpoints.ts';
import { vpcOperations } from './vpcs.ts';

/**
 * EC2 as far as it is modelled. Each call first lets the world catch up with its clock; it happens as a whole or not at all; with `DryRun` it
 * never happens, and says so with the error that stands for "you might" (aws.md 7.2).
 */
export function ec2Operations(world: World): Operations {
  const operations: Operations = {
    ...egressOnlyInternetGatewayOperations(world),
    ...elasticIpOperations(world),
    ...instanceOperations(world),
    ...internetGatewayOperations(world),
    ...natGatewayAddressOperations(world),
    ...natGatewayOperations(world),
    ...networkAclOperations(world),
    ...networkInterfaceOperations(world),
    ...peeringOperations(world),
    ...prefixListOperations(world),
    ...regionOperations(world),
    ...routeOperations(world),
    ...routeTableOperations(world),
    ...securityGroupOperations(world),
    ...securityGroupRuleOperations(world),
    ...securityGroupVpcAssociationOperations(world),
    ...subnetOperations(world),
    ...tagOperations(world),
    ...transitGatewayAttachmentOperations(world),
    ...transitGatewayOperations(world),
    ...transitGatewayRouteOperations(world),
    ...transitGatewayRouteTableOperations(world),
    ...vpcCidrBlockOperations(world),
    ...endpointConnectionOperations(world),
    ...endpointServiceConfigurationOperations(world),
    ...endpointServicePermissionOperations(world),
    ...endpointServiceCatalogueOperations(world),
    ...resourceAssociationOperations(world),
    ...vpcEndpointOperations(world),
    ...vpcOperations(world),
  };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, asCall(world, name, operation)]));
}

function asCall(world: World, name: string, operation: Operation): Operation {
  return (input: { readonly DryRun?: boolean | undefined }, call: Call): object => {
    if (!world.hasRegion(call.region)) {
      throw new ApiError('AuthFailure', 'AWS was not able to validate the provided access credentials', { httpStatus: 401 });
    }
    if (input.DryRun) {
      throw new ApiError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { httpStatus: 412 });
    }
    world.catchUp();
    return world.atomically(() => {
      const output = operation(input as never, call);
      keepRole(world, { service: 'ec2', operation: name, call });
      return output;
    });
  };
}
