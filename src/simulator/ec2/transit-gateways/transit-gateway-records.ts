import type { Owned } from '../../world/records.ts';

export interface TransitGatewayOptionsRecord {
  readonly amazonSideAsn: number;
  readonly autoAcceptSharedAttachments: boolean;
  readonly defaultRouteTableAssociation: boolean;
  readonly associationDefaultRouteTableId?: string | undefined;
  readonly defaultRouteTablePropagation: boolean;
  readonly propagationDefaultRouteTableId?: string | undefined;
  readonly dnsSupport: boolean;
  readonly securityGroupReferencingSupport: boolean;
  readonly vpnEcmpSupport: boolean;
  readonly multicastSupport: boolean;
}

export interface TransitGatewayRecord extends Owned {
  readonly state: 'pending' | 'available' | 'modifying' | 'deleting' | 'deleted';
  readonly description: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly options: TransitGatewayOptionsRecord;
}

export interface TransitGatewayAttachmentOptions {
  readonly dnsSupport: boolean;
  readonly securityGroupReferencingSupport: boolean;
  readonly ipv6Support: boolean;
  readonly applianceModeSupport: boolean;
}

/** A VPC's attachment: both the gateway's owner and the VPC's see it. */
export interface TransitGatewayAttachmentRecord {
  readonly id: string;
  readonly region: string;
  readonly transitGatewayId: string;
  readonly transitGatewayOwnerId: string;
  readonly vpcId: string;
  readonly vpcOwnerId: string;
  /** Of different zones. */
  readonly subnetIds: readonly string[];
  readonly networkInterfaceIds: readonly string[];
  readonly state: 'pendingAcceptance' | 'pending' | 'available' | 'modifying' | 'rejecting' | 'rejected' | 'deleting' | 'deleted';
  readonly options: TransitGatewayAttachmentOptions;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The table by which what comes in through the attachment is routed. */
  readonly association?: { readonly routeTableId: string; readonly state: 'associating' | 'associated' | 'disassociating' } | undefined;
  /** The tables that learn the VPC's CIDRs. */
  readonly propagations: readonly { readonly routeTableId: string; readonly state: 'enabling' | 'enabled' | 'disabling' }[];
}

export interface TransitGatewayRouteTableRecord extends Owned {
  readonly transitGatewayId: string;
  readonly state: 'pending' | 'available' | 'deleting' | 'deleted';
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Static ones; one without attachment is a blackhole. */
  readonly routes: readonly { readonly destination: string; readonly attachmentId?: string | undefined }[];
}
