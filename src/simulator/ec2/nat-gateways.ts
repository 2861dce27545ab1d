import type {
  CreateNatGatewayRequest,
  CreateNatGatewayResult,
  DeleteNatGatewayRequest,
  DeleteNatGatewayResult,
  DescribeNatGatewaysRequest,
  DescribeNatGatewaysResult,
  NatGateway,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { ElasticIpRecord, NatGatewayRecord, SubnetRecord } from '../world/records.ts';
import { whileInState } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { madeBefore, rememberMade } from './client-tokens.ts';
import { associateAddress } from './elastic-ips.ts';
import { badParameter, notModelled, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { list } from './listing.ts';
import { shownSecondaries } from './nat-gateway-addresses.ts';
import { createNetworkInterface, removeNetworkInterface } from './network-interfaces.ts';
import { findNatGateway, findSubnet, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

/** AWS shows a NAT gateway that was deleted, or came to nothing, for about an hour (aws.md 6.2). */
const endedShownMs = 3_600_000;

type Failure = NonNullable<NatGatewayRecord['failure']>;

function shown(gateway: NatGatewayRecord, tags: NatGateway['Tags']): NatGateway {
  return {
    NatGatewayId: gateway.id,
    VpcId: gateway.vpcId,
    SubnetId: gateway.subnetId,
    ConnectivityType: gateway.connectivityType,
    AvailabilityMode: 'zonal',
    State: gateway.state,
    CreateTime: new Date(gateway.createdAt),
    ...(gateway.deletedAt === undefined ? {} : { DeleteTime: new Date(gateway.deletedAt) }),
    ...(gateway.failure ? { FailureCode: gateway.failure.code, FailureMessage: gateway.failure.message } : {}),
    NatGatewayAddresses: [
      {
        AllocationId: gateway.allocationId,
        AssociationId: gateway.associationId,
        NetworkInterfaceId: gateway.networkInterfaceId,
        PrivateIp: gateway.privateIp,
        PublicIp: gateway.publicIp,
        IsPrimary: true,
        Status: gateway.state === 'failed' ? 'failed' : 'succeeded',
      },
      ...shownSecondaries(gateway),
    ],
    Tags: tags,
  };
}

/** What went wrong shows only when the gateway has failed. */
const told = (gateway: NatGatewayRecord): NatGatewayRecord => (gateway.state === 'pending' ? { ...gateway, failure: undefined } : gateway);

/** @throws ApiError for what the parameters say that cannot be, or is not modelled */
function checkParameters(input: CreateNatGatewayRequest): 'public' | 'private' {
  const unmodelled = (
    ['SecondaryAllocationIds', 'SecondaryPrivateIpAddresses', 'SecondaryPrivateIpAddressCount', 'AvailabilityZoneAddresses'] as const
  ).find((name) => input[name] !== undefined);
  if (unmodelled) throw notModelled('CreateNatGateway', unmodelled);
  if (input.AvailabilityMode === 'regional') throw notModelled('CreateNatGateway', 'AvailabilityMode');
  const connectivityType = input.ConnectivityType ?? 'public';
  switch (connectivityType) {
    case 'public':
      checkId(idKinds.elasticIp, required(input.AllocationId, 'AllocationId'));
      return connectivityType;
    case 'private':
      if (input.AllocationId === undefined) return connectivityType;
      throw new ApiError('InvalidParameterCombination', 'AllocationId cannot be used with a private NAT gateway.');
    default:
      throw badParameter(connectivityType, 'connectivityType', 'Use public or private.');
  }
}

/** What AWS finds out after it has said yes: why a public gateway cannot come to be, or the address that it takes. */
function judge(
  world: World,
  call: Call,
  { subnet, allocationId }: { subnet: SubnetRecord; allocationId: string },
): Failure | ElasticIpRecord {
  const address = world.elasticIps.get(allocationId);
  if (!address || address.ownerId !== call.accountId || address.region !== call.region) {
    return { code: 'InvalidAllocationID.NotFound', message: notFound(idKinds.elasticIp, allocationId).message };
  }
  if (address.association) {
    return { code: 'Resource.AlreadyAssociated', message: `Elastic IP address [${allocationId}] is already associated` };
  }
  if (world.internetGateways.count(`vpc:${subnet.vpcId}`) === 0) {
    return { code: 'Gateway.NotAttached', message: `Network ${subnet.vpcId} has no Internet gateway attached` };
  }
  return address;
}

/** The gateway's interface and address, or why it cannot have them. */
function equip(
  world: World,
  call: Call,
  { id, subnet, input }: { id: string; subnet: SubnetRecord; input: CreateNatGatewayRequest },
): Partial<NatGatewayRecord> {
  const address = input.AllocationId === undefined ? undefined : judge(world, call, { subnet, allocationId: input.AllocationId });
  if (address && 'code' in address) return { failure: address };
  try {
    const networkInterface = createNetworkInterface(world, call, {
      subnet,
      privateIp: input.PrivateIpAddress,
      description: `Interface for NAT Gateway ${id}`,
      ipv6AddressCount: 0,
      managedAs: 'nat_gateway',
    });
    return {
      networkInterfaceId: networkInterface.id,
      privateIp: networkInterface.privateIpAddresses[0],
      ...(address ? { publicIp: address.publicIp, associationId: associateAddress(world, address, networkInterface) } : {}),
    };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'InsufficientFreeAddressesInSubnet') throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}

const natGatewaysOf = (world: World) => world.natGateways;

const forget = whileInState('natGateway.forget', natGatewaysOf, (world, { id, ownerId, region }) => {
  world.natGateways.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
});

const finishCreation = whileInState('natGateway.finishCreation', natGatewaysOf, (world, { id, failure }) => {
  const { state } = world.natGateways.change(id, { state: failure ? 'failed' : 'available' });
  if (failure) world.later(endedShownMs, forget, id, state);
});

const finishDeletion = whileInState('natGateway.finishDeletion', natGatewaysOf, (world, { id, networkInterfaceId }) => {
  const networkInterface = world.networkInterfaces.get(networkInterfaceId ?? '');
  if (networkInterface) removeNetworkInterface(world, networkInterface);
  world.natGateways.change(id, { state: 'deleted' });
  world.later(endedShownMs, forget, id, 'deleted');
});

/** How many NAT gateways the account has in the zone of the subnet; those that failed or are gone do not count. */
function countInZone(world: World, call: Call, { zoneId }: SubnetRecord): number {
  return world.natGateways
    .where(`place:${placeOf(call)}`)
    .filter(({ state, subnetId }) => state !== 'failed' && state !== 'deleted' && world.subnets.get(subnetId)?.zoneId === zoneId).length;
}

export function natGatewayOperations(world: World): Operations {
  return {
    /** With a client token that was used before, it answers with what was made then, be it dead by now (aws.md 7.6, 9.13). */
    CreateNatGateway(input: CreateNatGatewayRequest, call: Call): CreateNatGatewayResult {
      const tags = specifiedTags(input.TagSpecifications, ['natgateway']);
      const use = { operation: 'CreateNatGateway', input };
      const token = input.ClientToken ? { ClientToken: input.ClientToken } : {};
      const earlier = madeBefore<CreateNatGatewayResult>(world, call, use);
      const still = earlier && world.natGateways.get(earlier.NatGateway!.NatGatewayId!);
      if (still) return { ...token, NatGateway: shown(told(still), trueTags(world, call, still.id)) };
      if (earlier) return earlier;
      const connectivityType = checkParameters(input);
      const subnet = findSubnet(world, call, input.SubnetId);
      const { natGatewaysPerZone } = world.settings.quotas;
      if (countInZone(world, call, subnet) >= natGatewaysPerZone) {
        throw new ApiError(
          'NatGatewayLimitExceeded',
          `The limit of ${natGatewaysPerZone} NAT gateways in an Availability Zone has been reached.`,
        );
      }
      const id = world.newId('nat');
      const gateway: NatGatewayRecord = {
        ...ownership(call),
        id,
        vpcId: subnet.vpcId,
        subnetId: subnet.id,
        connectivityType,
        state: 'pending',
        createdAt: world.now(),
        ...(input.AllocationId === undefined ? {} : { allocationId: input.AllocationId }),
        ...equip(world, call, { id, subnet, input }),
      };
      world.natGateways.put(gateway);
      tagNew(world, call, { id, type: 'natgateway', tags });
      world.later(world.settings.delaysMs.natGatewayPending, finishCreation, id, 'pending');
      const answer: CreateNatGatewayResult = { ...token, NatGateway: shown(told(gateway), trueTags(world, call, id)) };
      rememberMade(world, call, { ...use, answer });
      return answer;
    },

    /** The Elastic IP stays its owner's, and routes stay as blackholes (aws.md 6.2). */
    DeleteNatGateway(input: DeleteNatGatewayRequest, call: Call): DeleteNatGatewayResult {
      const gateway = findNatGateway(world, call, input.NatGatewayId);
      if (gateway.state === 'deleted') throw notFound(idKinds.natGateway, gateway.id);
      if (gateway.state !== 'deleting') {
        world.natGateways.change(gateway.id, { state: 'deleting', deletedAt: world.now() });
        world.later(world.settings.delaysMs.natGatewayDeleting, finishDeletion, gateway.id, 'deleting');
      }
      return { NatGatewayId: gateway.id };
    },

    DescribeNatGateways(input: DescribeNatGatewaysRequest, call: Call): DescribeNatGatewaysResult {
      const { items, NextToken } = list(world, call, {
        collection: world.natGateways,
        kind: idKinds.natGateway,
        ids: input.NatGatewayIds,
        input: { ...input, Filters: input.Filter },
        limits: { min: 5, max: 1000 },
        keys: { 'vpc-id': 'vpc' },
        fields: {
          'nat-gateway-id': ({ id }) => id,
          state: ({ state }) => state,
          'subnet-id': ({ subnetId }) => subnetId,
          'vpc-id': ({ vpcId }) => vpcId,
        },
      });
      return {
        NatGateways: items.map((gateway) => shown(told(gateway), shownTags(world, call, gateway.id))),
        NextToken,
      };
    },
  };
}
