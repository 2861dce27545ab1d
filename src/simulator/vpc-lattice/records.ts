import type {
  ResourceConfigDnsResolution,
  ResourceConfigurationDefinition,
  ResourceConfigurationStatus,
  ResourceConfigurationType,
  ResourceGatewayIpAddressType,
  ResourceGatewayStatus,
  ServiceNetworkResourceAssociationStatus,
  VerificationStatus,
} from '@aws-sdk/client-vpc-lattice';
import type { Owned } from '../world/records.ts';

/** What is the same of everything in VPC Lattice. */
export interface LatticeRecord extends Owned {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
}

/** Where traffic of resource configurations comes into the VPC that holds the resources (aws.md 5.1). */
export interface ResourceGatewayRecord extends LatticeRecord {
  readonly name: string;
  readonly status: ResourceGatewayStatus;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  readonly ipAddressType: ResourceGatewayIpAddressType;
  /** Left out where the gateway has no IPv4. */
  readonly ipv4AddressesPerEni?: number | undefined;
  /** `IN_VPC`: names are resolved as the gateway's VPC sees them, private zones included; `PUBLIC`: only names that the whole world knows. */
  readonly resourceConfigDnsResolution: ResourceConfigDnsResolution;
  /** One for each subnet. */
  readonly networkInterfaceIds: readonly string[];
}

/** What can be reached through a gateway (aws.md 5.2). */
export interface ResourceConfigurationRecord extends LatticeRecord {
  readonly name: string;
  readonly type: ResourceConfigurationType;
  readonly status: ResourceConfigurationStatus;
  /** A child has its group's. */
  readonly resourceGatewayId: string;
  readonly resourceConfigurationGroupId?: string | undefined;
  /** Left out for groups. */
  readonly resourceConfigurationDefinition?: ResourceConfigurationDefinition | undefined;
  /** `443`, `8000-8080`; empty for types that have none. */
  readonly portRanges: readonly string[];
  readonly protocol?: 'TCP' | 'TCP_UDP' | undefined;
  readonly allowAssociationToShareableServiceNetwork: boolean;
  readonly customDomainName?: string | undefined;
  readonly groupDomain?: string | undefined;
  readonly domainVerificationId?: string | undefined;
}

/** A proof under way that an account owns a domain (aws.md 5.3). */
export interface DomainVerificationRecord extends LatticeRecord {
  readonly domainName: string;
  readonly status: VerificationStatus;
  /** The TXT record that proves it. */
  readonly txtName: string;
  readonly txtValue: string;
  readonly lastVerifiedAt?: number | undefined;
}

/**
 * A consumer's VPC endpoint of type Resource as the provider sees it. `ownerId` and `region` are the provider's, whose row it is; who makes and
 * removes endpoints makes and removes these with them (aws.md 5.4).
 */
export interface ResourceEndpointAssociationRecord extends LatticeRecord {
  readonly resourceConfigurationId: string;
  readonly vpcEndpointId: string;
  readonly vpcEndpointOwner: string;
}

export interface ServiceNetworkRecord extends LatticeRecord {
  readonly name: string;
  readonly authType: 'NONE' | 'AWS_IAM';
  /** Whether it may be shared with other accounts. */
  readonly sharingEnabled: boolean;
}

export interface ServiceNetworkResourceAssociationRecord extends LatticeRecord {
  readonly status: ServiceNetworkResourceAssociationStatus;
  readonly serviceNetworkId: string;
  readonly resourceConfigurationId: string;
  readonly privateDnsEnabled: boolean;
}

/** A TXT record that the whole world can resolve; its id is the record's name, in lower case. */
export interface PublicTxtRecord {
  readonly id: string;
  readonly values: readonly string[];
}
