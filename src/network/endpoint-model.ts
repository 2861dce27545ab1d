import type { Tags } from './model.ts';

/**
 * What lies behind VPC endpoints, as plain data in AWS's own words: providers' endpoint services with their load balancers (EC2 and Elastic Load
 * Balancing API References), and resources with the gateways that lead to them (Amazon VPC Lattice API Reference).
 */

/** What a network load balancer takes by TCP at one port, and sends on. */
export interface LoadBalancerListener {
  readonly port: number;
  readonly targetPort: number;
  readonly targetInstanceIds: readonly string[];
}

export interface NetworkLoadBalancer {
  readonly loadBalancerArn: string;
  readonly ownerId: string;
  readonly loadBalancerName: string;
  readonly vpcId: string;
  /** One of each zone that it is in. */
  readonly networkInterfaceIds: readonly string[];
  readonly listeners: readonly LoadBalancerListener[];
  readonly tags: Tags;
}

/** A provider's own service. AWS's services have none of these. */
export interface EndpointService {
  /** `vpce-svc-…`. */
  readonly serviceId: string;
  /** `com.amazonaws.vpce.us-west-2.vpce-svc-…`. */
  readonly serviceName: string;
  readonly ownerId: string;
  readonly state: 'Available' | 'Deleting';
  readonly networkLoadBalancerArns: readonly string[];
  readonly tags: Tags;
}

/** Where traffic of resource configurations comes into the VPC that holds the resources. */
export interface ResourceGateway {
  /** `rgw-…`. */
  readonly resourceGatewayId: string;
  readonly ownerId: string;
  readonly name: string;
  /** VPC Lattice's words: `ACTIVE`, `UPDATE_IN_PROGRESS` … */
  readonly status: string;
  readonly vpcId: string;
  /** One in each of its subnets. */
  readonly networkInterfaceIds: readonly string[];
  /** `IN_VPC`: as instances of its VPC see names; `PUBLIC`: as the internet does. */
  readonly dnsResolution: 'IN_VPC' | 'PUBLIC';
  readonly tags: Tags;
}

/** What a resource configuration stands for; a group stands for its children. */
export type ResourceDefinition =
  | { readonly ipAddress: string }
  | { readonly domainName: string; readonly family: 4 | 6 }
  | { readonly arn: string }
  | { readonly cidrRanges: readonly string[] };

export interface ResourceConfiguration {
  /** `rcfg-…`. */
  readonly resourceConfigurationId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly type: 'SINGLE' | 'GROUP' | 'CHILD' | 'ARN' | 'CIDR';
  /** VPC Lattice's words: `ACTIVE`, `UPDATE_IN_PROGRESS` … */
  readonly status: string;
  /** A child has its group's. */
  readonly resourceGatewayId: string;
  /** Set for children. */
  readonly resourceConfigurationGroupId?: string | undefined;
  /** Left out for groups. */
  readonly definition?: ResourceDefinition | undefined;
  /** TCP ports; empty where none is named (type ARN). */
  readonly portRanges: readonly { readonly from: number; readonly to: number }[];
  readonly customDomainName?: string | undefined;
  readonly tags: Tags;
}

/** A consumer's endpoint of type Resource as the provider keeps it: without one the endpoint is cut off. */
export interface ResourceEndpointAssociation {
  /** `rea-…`. */
  readonly resourceEndpointAssociationId: string;
  readonly resourceConfigurationId: string;
  readonly vpcEndpointId: string;
}

/** A resource that a service network leads to. */
export interface ServiceNetworkResourceAssociation {
  /** `snra-…`. */
  readonly serviceNetworkResourceAssociationId: string;
  readonly serviceNetworkId: string;
  readonly resourceConfigurationId: string;
  /** VPC Lattice's words: `ACTIVE`, `CREATE_IN_PROGRESS` … */
  readonly status: string;
}

/** Collections of what lies behind endpoints, by the name of the collection. */
export interface EndpointCollections {
  networkLoadBalancers: NetworkLoadBalancer;
  endpointServices: EndpointService;
  resourceGateways: ResourceGateway;
  resourceConfigurations: ResourceConfiguration;
  resourceEndpointAssociations: ResourceEndpointAssociation;
  serviceNetworkResourceAssociations: ServiceNetworkResourceAssociation;
}
