import type { VPC } from '@aws-sdk/client-route-53';
import { ApiError, type Call } from '../service.ts';
import type { ZoneVpc } from '../world/records.ts';
import type { World } from '../world/world.ts';

const notFound = ({ VPCId, VPCRegion }: VPC): ApiError =>
  new ApiError('InvalidVPCId', `The VPC ID is invalid: ${VPCId ?? ''} in ${VPCRegion ?? 'no region'} is not found, or not yours.`);

/** A VPC of any account. @throws ApiError InvalidVPCId */
export function anyVpc(world: World, given: VPC): ZoneVpc & { readonly ownerId: string } {
  const vpc = world.vpcs.get(given.VPCId ?? '');
  if (!vpc || vpc.region !== given.VPCRegion) throw notFound(given);
  return { vpcId: vpc.id, region: vpc.region, ownerId: vpc.ownerId };
}

/** A VPC of the caller's. @throws ApiError InvalidVPCId */
export function ownVpc(world: World, call: Call, given: VPC): ZoneVpc {
  const { vpcId, region, ownerId } = anyVpc(world, given);
  if (ownerId !== call.accountId) throw notFound(given);
  return { vpcId, region };
}
