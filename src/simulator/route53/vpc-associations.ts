import type {
  AssociateVPCWithHostedZoneRequest,
  AssociateVPCWithHostedZoneResponse,
  CreateVPCAssociationAuthorizationRequest,
  CreateVPCAssociationAuthorizationResponse,
  DeleteVPCAssociationAuthorizationRequest,
  DisassociateVPCFromHostedZoneRequest,
  DisassociateVPCFromHostedZoneResponse,
  ListVPCAssociationAuthorizationsRequest,
  ListVPCAssociationAuthorizationsResponse,
  VPC,
  VPCRegion,
} from '@aws-sdk/client-route-53';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { HostedZoneRecord, ZoneVpc } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { change, changeInfo, checkNotBusy } from './changes.ts';
import { checkNameIsFree } from './hosted-zones.ts';
import { anyZone, ownZone, pageSize, seenZone } from './owned.ts';
import { anyVpc, ownVpc } from './vpcs.ts';

const same = (a: ZoneVpc, b: ZoneVpc): boolean => a.vpcId === b.vpcId && a.region === b.region;

const has = (vpcs: readonly ZoneVpc[], vpc: ZoneVpc): boolean => vpcs.some((other) => same(other, vpc));

const shownVpc = ({ vpcId, region }: ZoneVpc): VPC => ({ VPCRegion: region as VPCRegion, VPCId: vpcId });

function checkPrivate(zone: HostedZoneRecord): void {
  if (!zone.isPrivate) {
    throw new ApiError('PublicZoneVPCAssociation', `The hosted zone ${zone.id} is public, and cannot be associated with a VPC.`);
  }
}

export function vpcAssociationOperations(world: World): Operations {
  return {
    /** The VPC's owner calls; the zone of another account must have been opened to the VPC by its owner (aws.md 6.3). */
    AssociateVPCWithHostedZone(input: AssociateVPCWithHostedZoneRequest, call: Call): AssociateVPCWithHostedZoneResponse {
      const zone = anyZone(world, input.HostedZoneId);
      const vpc = ownVpc(world, call, input.VPC!);
      if (zone.ownerId !== call.accountId && !has(zone.authorizations, vpc)) {
        throw new ApiError('NotAuthorizedException', `The VPC: ${vpc.vpcId} you provided is not authorized to make the association.`, {
          httpStatus: 401,
        });
      }
      checkPrivate(zone);
      checkNotBusy(world, zone);
      checkNameIsFree(world, vpc, zone.name);
      if (zone.vpcs.length >= world.settings.quotas.vpcsPerHostedZone) {
        throw new ApiError('LimitsExceeded', `The hosted zone ${zone.id} has the most VPCs that it may have.`);
      }
      const changed = world.hostedZones.change(zone.id, { vpcs: [...zone.vpcs, vpc] });
      return { ChangeInfo: changeInfo(change(world, changed, { by: call.accountId, comment: input.Comment })) };
    },

    DisassociateVPCFromHostedZone(input: DisassociateVPCFromHostedZoneRequest, call: Call): DisassociateVPCFromHostedZoneResponse {
      const zone = anyZone(world, input.HostedZoneId);
      const vpc: ZoneVpc = { vpcId: input.VPC!.VPCId ?? '', region: input.VPC!.VPCRegion ?? '' };
      // Either account may: of the VPC is known who owns it for as long as it exists.
      const mine = zone.ownerId === call.accountId || world.vpcs.get(vpc.vpcId)?.ownerId === call.accountId;
      if (!mine || !has(zone.vpcs, vpc)) {
        if (zone.ownerId === call.accountId) checkPrivate(zone);
        throw new ApiError(
          'VPCAssociationNotFound',
          `The VPC ${vpc.vpcId} in ${vpc.region} is not associated with the hosted zone ${zone.id}.`,
          {
            httpStatus: 404,
          },
        );
      }
      checkNotBusy(world, zone);
      if (zone.vpcs.length === 1) {
        throw new ApiError(
          'LastVPCAssociation',
          `The VPC ${vpc.vpcId} is the last one of the hosted zone ${zone.id}, and cannot leave it.`,
        );
      }
      const changed = world.hostedZones.change(zone.id, { vpcs: zone.vpcs.filter((other) => !same(other, vpc)) });
      return { ChangeInfo: changeInfo(change(world, changed, { by: call.accountId, comment: input.Comment })) };
    },

    /** Once more for the same VPC changes nothing. */
    CreateVPCAssociationAuthorization(
      input: CreateVPCAssociationAuthorizationRequest,
      call: Call,
    ): CreateVPCAssociationAuthorizationResponse {
      const zone = ownZone(world, call, input.HostedZoneId);
      checkPrivate(zone);
      const { vpcId, region } = anyVpc(world, input.VPC!);
      const vpc = { vpcId, region };
      if (!has(zone.authorizations, vpc)) {
        if (zone.authorizations.length >= world.settings.quotas.authorizationsPerHostedZone) {
          throw new ApiError(
            'TooManyVPCAssociationAuthorizations',
            `The hosted zone ${zone.id} has the most authorizations that it may have.`,
          );
        }
        world.hostedZones.change(zone.id, { authorizations: [...zone.authorizations, vpc] });
      }
      return { HostedZoneId: zone.id, VPC: shownVpc(vpc) };
    },

    /** What was associated by it stays so. */
    DeleteVPCAssociationAuthorization(input: DeleteVPCAssociationAuthorizationRequest, call: Call): object {
      const zone = ownZone(world, call, input.HostedZoneId);
      const vpc: ZoneVpc = { vpcId: input.VPC!.VPCId ?? '', region: input.VPC!.VPCRegion ?? '' };
      if (!has(zone.authorizations, vpc)) {
        throw new ApiError(
          'VPCAssociationAuthorizationNotFound',
          `The VPC ${vpc.vpcId} in ${vpc.region} has no authorization for the hosted zone ${zone.id}.`,
          { httpStatus: 404 },
        );
      }
      world.hostedZones.change(zone.id, { authorizations: zone.authorizations.filter((other) => !same(other, vpc)) });
      return {};
    },

    ListVPCAssociationAuthorizations(input: ListVPCAssociationAuthorizationsRequest, call: Call): ListVPCAssociationAuthorizationsResponse {
      const zone = seenZone(world, call, input.HostedZoneId);
      const size = pageSize(world, input.MaxResults, 50);
      const from = input.NextToken === undefined ? 0 : zone.authorizations.findIndex(({ vpcId }) => vpcId === input.NextToken);
      if (from < 0) throw new ApiError('InvalidPaginationToken', 'The value that you specified for the next token is not valid');
      const next = zone.authorizations[from + size];
      return {
        HostedZoneId: zone.id,
        VPCs: zone.authorizations.slice(from, from + size).map(shownVpc),
        ...(next ? { NextToken: next.vpcId } : {}),
      };
    },
  };
}
