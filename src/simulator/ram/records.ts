import type { ResourceShareAssociationStatus, ResourceShareInvitationStatus, ResourceShareStatus } from '@aws-sdk/client-ram';
import type { Owned } from '../world/records.ts';

/** What an account shares with whom (aws.md 5.8). RAM knows it by its ARN; the id is the simulator's own. */
export interface ResourceShareRecord extends Owned {
  readonly arn: string;
  readonly name: string;
  readonly status: ResourceShareStatus;
  readonly allowExternalPrincipals: boolean;
  readonly retainSharingOnAccountLeaveOrganization?: boolean | undefined;
  readonly permissionArns: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
}

/** That a resource is in a share, or a principal; `ownerId` is the owner of the share. */
export interface ResourceShareAssociationRecord extends Owned {
  readonly shareId: string;
  readonly associationType: 'RESOURCE' | 'PRINCIPAL';
  /** A resource's ARN; an account's id or an organisation's ARN. */
  readonly associatedEntity: string;
  readonly status: ResourceShareAssociationStatus;
  readonly statusMessage?: string | undefined;
  /** Whether the principal is outside the owner's organisation. */
  readonly external: boolean;
  readonly createdAt: number;
  readonly lastUpdatedAt: number;
}

/** What an account outside the owner's organisation is asked; `ownerId` is the owner of the share. RAM knows it by its ARN. */
export interface ResourceShareInvitationRecord extends Owned {
  readonly arn: string;
  readonly shareId: string;
  readonly receiverAccountId: string;
  readonly status: ResourceShareInvitationStatus;
  readonly sentAt: number;
}
