import type {
  AcceptVpcPeeringConnectionRequest,
  AcceptVpcPeeringConnectionResult,
  CreateVpcPeeringConnectionRequest,
  CreateVpcPeeringConnectionResult,
  DeleteVpcPeeringConnectionRequest,
  DeleteVpcPeeringConnectionResult,
  DescribeVpcPeeringConnectionsRequest,
  DescribeVpcPeeringConnectionsResult,
  ModifyVpcPeeringConnectionOptionsRequest,
  ModifyVpcPeeringConnectionOptionsResult,
  PeeringConnectionOptions,
  PeeringConnectionOptionsRequest,
  RejectVpcPeeringConnectionRequest,
  RejectVpcPeeringConnectionResult,
  VpcPeeringConnection,
  VpcPeeringConnectionVpcInfo,
} from '@aws-sdk/client-ec2';
import { cidrsOverlap } from '../../network/cidr.ts';
import type { PeeringState } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { PeeringRecord, PeeringSideRecord } from '../world/records.ts';
import { transition, whileInState } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { notPermitted, required } from './errors.ts';
import { checkId, idKinds, isKnown, notFound } from './ids.ts';
import { list } from './listing.ts';
import { findVpc, placeOf } from './owned.ts';
import { forgottenAt, isVisibleTo, type PeeringRole, peeringCidrs, rolesIn } from './peering-view.ts';
import { isLive } from './route-state.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';
import { heldCidrs } from './vpc-cidr-blocks.ts';

const failedMessage = 'Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range';

const options = ({ allowDnsResolutionFromRemoteVpc }: PeeringSideRecord): PeeringConnectionOptions => ({
  AllowDnsResolutionFromRemoteVpc: allowDnsResolutionFromRemoteVpc,
  AllowEgressFromLocalClassicLinkToRemoteVpc: false,
  AllowEgressFromLocalVpcToRemoteClassicLink: false,
});

function shownSide(world: World, peering: PeeringRecord, role: PeeringRole): VpcPeeringConnectionVpcInfo {
  const side = peering[role];
  const { cidrs, ipv6Cidrs } = peeringCidrs(world, peering, role);
  return {
    OwnerId: side.ownerId,
    Region: side.region,
    VpcId: side.vpcId,
    ...(cidrs.length > 0
      ? {
          CidrBlock: cidrs[0],
          CidrBlockSet: cidrs.map((CidrBlock) => ({ CidrBlock })),
          Ipv6CidrBlockSet: ipv6Cidrs.map((Ipv6CidrBlock) => ({ Ipv6CidrBlock })),
        }
      : {}),
    ...(peering.state === 'active' ? { PeeringOptions: options(side) } : {}),
  };
}

function shown(world: World, peering: PeeringRecord, tags: VpcPeeringConnection['Tags']): VpcPeeringConnection {
  return {
    VpcPeeringConnectionId: peering.id,
    Status: { Code: peering.state, Message: peering.statusMessage },
    ...(peering.state === 'initiating-request' || peering.state === 'pending-acceptance'
      ? { ExpirationTime: new Date(peering.expirationTime) }
      : {}),
    RequesterVpcInfo: shownSide(world, peering, 'requester'),
    AccepterVpcInfo: shownSide(world, peering, 'accepter'),
    Tags: tags,
  };
}

/** What CreateVpcPeeringConnection answers: the requester's CIDRs are told this once, the accepter's are not (aws.md 1.2). */
function shownNew(world: World, peering: PeeringRecord, tags: VpcPeeringConnection['Tags']): VpcPeeringConnection {
  const connection = shown(world, peering, tags);
  const vpc = world.vpcs.get(peering.requester.vpcId);
  return {
    ...connection,
    RequesterVpcInfo: {
      ...connection.RequesterVpcInfo,
      ...(vpc ? { CidrBlock: vpc.cidrBlocks[0]!.cidr, CidrBlockSet: vpc.cidrBlocks.map(({ cidr }) => ({ CidrBlock: cidr })) } : {}),
    },
  };
}

/**
 * Brings a connection to the last state that it will have; after its time of being shown it is forgotten.
 *
 * @param end.by the account that ended it; AWS itself where it failed or expired
 */
export function endPeering(
  world: World,
  peering: PeeringRecord,
  { state, by }: { state: 'deleted' | 'rejected' | 'failed' | 'expired'; by: string },
): PeeringRecord {
  const messages = { deleted: `Deleted by ${by}`, rejected: `Rejected by ${by}`, failed: failedMessage, expired: 'Expired' };
  const ended = world.peerings.change(peering.id, { state, statusMessage: messages[state], ended: { at: world.now(), by } });
  world.later(forgottenAt(ended) - world.now(), forget, ended.id, state);
  return ended;
}

const peeringsOf = (world: World) => world.peerings;

const forget = whileInState('peering.forget', peeringsOf, (world, { id, requester, accepter }) => {
  world.peerings.delete(id);
  for (const { ownerId, region } of [requester, accepter]) world.setTags(`${ownerId}/${region}`, id, {});
});

const expire = whileInState('peering.expire', peeringsOf, (world, peering) => endPeering(world, peering, { state: 'expired', by: 'AWS' }));

const becomeActive = whileInState('peering.becomeActive', peeringsOf, (world, { id }) =>
  world.peerings.change(id, { state: 'active', statusMessage: 'Active' }),
);

const finishDeletion = transition('peering.finishDeletion', (world, id: string, by: string) => {
  const peering = world.peerings.get(id);
  if (peering?.state === 'deleting') endPeering(world, peering, { state: 'deleted', by });
});

/** AWS looks at a request only after it has taken it: what is wrong with the other side shows as `failed` (aws.md 1.2). */
const judgeRequest = whileInState('peering.judgeRequest', peeringsOf, (world, peering) => {
  const { requester, accepter } = peering;
  const peer = world.vpcs.get(accepter.vpcId);
  const peerIsRight = peer && peer.ownerId === accepter.ownerId && peer.region === accepter.region;
  if (!peerIsRight || !world.vpcs.get(requester.vpcId) || overlap(world, peering)) {
    endPeering(world, peering, { state: 'failed', by: 'AWS' });
    return;
  }
  const statusMessage = `Pending Acceptance by ${accepter.ownerId}`;
  const { id, state, expirationTime } = world.peerings.change(peering.id, { state: 'pending-acceptance', statusMessage });
  world.later(expirationTime - world.now(), expire, id, state);
});

/** Whether any blocks of the two VPCs overlap, of either family, be the peering meant for it or not (aws.md 1.2). */
function overlap(world: World, { requester, accepter }: PeeringRecord): boolean {
  const [one, other] = [requester, accepter].map(({ vpcId }) => {
    const vpc = world.vpcs.get(vpcId);
    return vpc ? heldCidrs(vpc) : [];
  });
  return one!.some((cidr) => other!.some((peerCidr) => cidrsOverlap(cidr, peerCidr)));
}

const invalidTransition = (peering: PeeringRecord, to: PeeringState): ApiError =>
  new ApiError(
    'InvalidStateTransition',
    `Invalid state transition for ${peering.id}, attempted to transition from ${peering.state} to ${to}`,
  );

/** The connection that a call names, if the caller's account is a party of it: its region is looked at by each call. */
function findPeering(world: World, call: Call, id: string | undefined): PeeringRecord {
  const peeringId = required(id, 'vpcPeeringConnectionId');
  checkId(idKinds.peering, peeringId);
  const peering = world.peerings.get(peeringId);
  const visible = peering && isVisibleTo(peering, placeOf(call), world.now()) && isKnown(world, world.peerings, peeringId);
  if (!visible) throw notFound(idKinds.peering, peeringId);
  return peering;
}

/** @throws ApiError where the caller is not the accepter, or not where the accepter's VPC is (aws.md 1.3) */
function checkAccepter(call: Call, { id, accepter }: PeeringRecord, verb: 'accept' | 'reject'): void {
  if (accepter.ownerId !== call.accountId) throw notPermitted(`User (${call.accountId}) cannot ${verb} peering ${id}`);
  if (accepter.region !== call.region) {
    throw notPermitted(
      `Incorrect region (${call.region}) specified for this request. VPC peering connection ${id} must be ${verb}ed in region ${accepter.region}`,
    );
  }
}

/** @throws ApiError where another connection joins the two VPCs, or one of them has as many as it may (aws.md 1.2, 1.8) */
function checkRoom(world: World, peering: PeeringRecord): void {
  const { requester, accepter } = peering;
  for (const [vpcId, otherId] of [
    [requester.vpcId, accepter.vpcId],
    [accepter.vpcId, requester.vpcId],
  ] as const) {
    const joined = world.peerings.where(`vpc:${vpcId}`).filter(({ state }) => state === 'active' || state === 'provisioning');
    const same = joined.find((other) => other.requester.vpcId === otherId || other.accepter.vpcId === otherId);
    if (same) {
      throw new ApiError('VpcPeeringConnectionAlreadyExists', `The vpc peering connection identified by ${same.id} already exists.`);
    }
    if (joined.length >= world.settings.quotas.activePeeringsPerVpc) {
      throw new ApiError(
        'ActiveVpcPeeringConnectionPerVpcLimitExceeded',
        `The VPC ${vpcId} has reached its limit of ${world.settings.quotas.activePeeringsPerVpc} active VPC peering connections.`,
      );
    }
  }
}

const isOutstanding = ({ state }: PeeringRecord): boolean => state === 'initiating-request' || state === 'pending-acceptance';

/**
 * The side's new options.
 *
 * @throws ApiError for options that the caller must not, or that nobody can, set (aws.md 1.4)
 */
function readOptions(
  world: World,
  call: Call,
  { peering, role, request }: { peering: PeeringRecord; role: PeeringRole; request: PeeringConnectionOptionsRequest },
): PeeringSideRecord {
  const side = peering[role];
  const owner = role === 'requester' ? 'Requester' : 'Accepter';
  if (side.ownerId !== call.accountId) {
    throw notPermitted(`User ${call.accountId} does not have permission to modify the ${role} side peering options`);
  }
  if (side.region !== call.region)
    throw notPermitted(`${owner}'s VPC Peering connection options cannot be modified for a different region`);
  const classicLink = ['AllowEgressFromLocalClassicLinkToRemoteVpc' as const, 'AllowEgressFromLocalVpcToRemoteClassicLink' as const].find(
    (name) => (peering.requester.region === peering.accepter.region ? request[name] : request[name] !== undefined),
  );
  if (classicLink) {
    throw notPermitted(
      `Modifying VPC peering connection options ${classicLink} is not supported for cross-region VPC peering connections or without ClassicLink`,
    );
  }
  const allow = request.AllowDnsResolutionFromRemoteVpc ?? side.allowDnsResolutionFromRemoteVpc;
  const dnsOff = [peering.requester, peering.accepter].find(({ vpcId }) => {
    const vpc = world.vpcs.get(vpcId);
    return !vpc?.enableDnsHostnames || !vpc.enableDnsSupport;
  });
  if (allow && dnsOff) {
    throw new ApiError(
      'InvalidVpcPeeringConnectionState.DnsHostnamesDisabled',
      `The VPC ${dnsOff.vpcId} of ${peering.id} must have DNS hostnames and DNS support enabled.`,
    );
  }
  return { ...side, allowDnsResolutionFromRemoteVpc: allow };
}

export function peeringOperations(world: World): Operations {
  return {
    CreateVpcPeeringConnection(input: CreateVpcPeeringConnectionRequest, call: Call): CreateVpcPeeringConnectionResult {
      const tags = specifiedTags(input.TagSpecifications, ['vpc-peering-connection']);
      const vpc = findVpc(world, call, input.VpcId);
      const peerVpcId = required(input.PeerVpcId, 'peerVpcId');
      checkId(idKinds.vpc, peerVpcId);
      const accepter: PeeringSideRecord = {
        vpcId: peerVpcId,
        ownerId: input.PeerOwnerId ?? call.accountId,
        region: input.PeerRegion ?? call.region,
        allowDnsResolutionFromRemoteVpc: false,
      };
      const existing = world.peerings
        .where(`vpc:${vpc.id}`)
        .find(
          (peering) =>
            isLive(peering) &&
            peering.requester.vpcId === vpc.id &&
            peering.accepter.vpcId === peerVpcId &&
            peering.accepter.ownerId === accepter.ownerId &&
            peering.accepter.region === accepter.region,
        );
      // Asked again, AWS answers with the connection that there is, and its own tags.
      if (existing) return { VpcPeeringConnection: shownNew(world, existing, trueTags(world, call, existing.id)) };
      const { outstandingPeerings } = world.settings.quotas;
      const place = placeOf(call);
      const outstanding = world.peerings
        .where(`place:${place}`)
        .filter((peering) => isOutstanding(peering) && rolesIn(peering, place).includes('requester'));
      if (outstanding.length >= outstandingPeerings) {
        throw new ApiError(
          'OutstandingVpcPeeringConnectionLimitExceeded',
          `The limit of ${outstandingPeerings} outstanding VPC peering connection requests has been reached.`,
        );
      }
      const { delaysMs } = world.settings;
      const peering: PeeringRecord = {
        id: world.newId('pcx'),
        requester: { vpcId: vpc.id, ownerId: call.accountId, region: call.region, allowDnsResolutionFromRemoteVpc: false },
        accepter,
        state: 'initiating-request',
        statusMessage: `Initiating Request to ${accepter.ownerId}`,
        createdAt: world.now(),
        expirationTime: world.now() + delaysMs.peeringPendingAcceptance,
      };
      world.peerings.put(peering);
      tagNew(world, call, { id: peering.id, type: 'vpc-peering-connection', tags });
      world.later(delaysMs.peeringInitiatingRequest, judgeRequest, peering.id, peering.state);
      return { VpcPeeringConnection: shownNew(world, peering, trueTags(world, call, peering.id)) };
    },

    AcceptVpcPeeringConnection(input: AcceptVpcPeeringConnectionRequest, call: Call): AcceptVpcPeeringConnectionResult {
      const peering = findPeering(world, call, input.VpcPeeringConnectionId);
      checkAccepter(call, peering, 'accept');
      if (peering.state !== 'pending-acceptance') throw invalidTransition(peering, 'active');
      checkRoom(world, peering);
      if (overlap(world, peering)) {
        throw notPermitted(`The VPC peering connection ${peering.id} cannot be accepted: the VPCs have overlapping CIDR ranges.`);
      }
      const provisioning = world.peerings.change(peering.id, { state: 'provisioning', statusMessage: 'Provisioning' });
      world.later(world.settings.delaysMs.peeringProvisioning, becomeActive, peering.id, provisioning.state);
      return { VpcPeeringConnection: shown(world, provisioning, trueTags(world, call, peering.id)) };
    },

    RejectVpcPeeringConnection(input: RejectVpcPeeringConnectionRequest, call: Call): RejectVpcPeeringConnectionResult {
      const peering = findPeering(world, call, input.VpcPeeringConnectionId);
      checkAccepter(call, peering, 'reject');
      if (peering.state !== 'pending-acceptance') throw invalidTransition(peering, 'rejected');
      endPeering(world, peering, { state: 'rejected', by: call.accountId });
      return { Return: true };
    },

    /** Either owner may delete an active connection; one that waits for acceptance only who asked for it (aws.md 1.1). */
    DeleteVpcPeeringConnection(input: DeleteVpcPeeringConnectionRequest, call: Call): DeleteVpcPeeringConnectionResult {
      const peering = findPeering(world, call, input.VpcPeeringConnectionId);
      if (peering.state !== 'active' && peering.state !== 'pending-acceptance') throw invalidTransition(peering, 'deleting');
      if (peering.state === 'pending-acceptance' && peering.requester.ownerId !== call.accountId) {
        throw notPermitted(`User (${call.accountId}) cannot delete peering ${peering.id}`);
      }
      if (peering.requester.region === peering.accepter.region) {
        endPeering(world, peering, { state: 'deleted', by: call.accountId });
        return { Return: true };
      }
      world.peerings.change(peering.id, { state: 'deleting', statusMessage: 'Deleting' });
      world.later(world.settings.delaysMs.peeringDeleting, finishDeletion, peering.id, call.accountId);
      return { Return: true };
    },

    ModifyVpcPeeringConnectionOptions(
      input: ModifyVpcPeeringConnectionOptionsRequest,
      call: Call,
    ): ModifyVpcPeeringConnectionOptionsResult {
      const peering = findPeering(world, call, input.VpcPeeringConnectionId);
      if (peering.state !== 'active') {
        throw notPermitted(`Peering ${peering.id} is not active. Peering options can be added only to active peerings.`);
      }
      const { RequesterPeeringConnectionOptions: requesterOptions, AccepterPeeringConnectionOptions: accepterOptions } = input;
      if (!requesterOptions && !accepterOptions)
        required(undefined, 'requesterPeeringConnectionOptions or accepterPeeringConnectionOptions');
      const requester = requesterOptions && readOptions(world, call, { peering, role: 'requester', request: requesterOptions });
      const accepter = accepterOptions && readOptions(world, call, { peering, role: 'accepter', request: accepterOptions });
      world.peerings.change(peering.id, { ...(requester ? { requester } : {}), ...(accepter ? { accepter } : {}) });
      return {
        ...(requester ? { RequesterPeeringConnectionOptions: options(requester) } : {}),
        ...(accepter ? { AccepterPeeringConnectionOptions: options(accepter) } : {}),
      };
    },

    DescribeVpcPeeringConnections(input: DescribeVpcPeeringConnectionsRequest, call: Call): DescribeVpcPeeringConnectionsResult {
      const place = placeOf(call);
      const { items, NextToken } = list(world, call, {
        collection: world.peerings,
        kind: idKinds.peering,
        ids: input.VpcPeeringConnectionIds,
        input,
        limits: { min: 5, max: 1000 },
        visible: (peering) => isVisibleTo(peering, place, world.now()),
        keys: { 'requester-vpc-info.vpc-id': 'vpc', 'accepter-vpc-info.vpc-id': 'vpc' },
        fields: {
          'accepter-vpc-info.cidr-block': (peering) => peeringCidrs(world, peering, 'accepter').cidrs,
          'accepter-vpc-info.owner-id': ({ accepter }) => accepter.ownerId,
          'accepter-vpc-info.vpc-id': ({ accepter }) => accepter.vpcId,
          'requester-vpc-info.cidr-block': (peering) => peeringCidrs(world, peering, 'requester').cidrs,
          'requester-vpc-info.owner-id': ({ requester }) => requester.ownerId,
          'requester-vpc-info.vpc-id': ({ requester }) => requester.vpcId,
          'expiration-time': (peering) => (isOutstanding(peering) ? new Date(peering.expirationTime).toISOString() : undefined),
          'status-code': ({ state }) => state,
          'status-message': ({ statusMessage }) => statusMessage,
          'vpc-peering-connection-id': ({ id }) => id,
        },
      });
      return {
        VpcPeeringConnections: items.map((peering) => shown(world, peering, shownTags(world, call, peering.id))),
        NextToken,
      };
    },
  };
}
