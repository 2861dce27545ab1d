import type {
  Address,
  AllocateAddressRequest,
  AllocateAddressResult,
  AssociateAddressRequest,
  AssociateAddressResult,
  DescribeAddressesRequest,
  DescribeAddressesResult,
  DisassociateAddressRequest,
  ReleaseAddressRequest,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { ElasticIpRecord, NetworkInterfaceRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { exactlyOne, invalidValue, notModelled, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { list } from './listing.ts';
import { findElasticIp, findInstance, findNetworkInterface, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew } from './tags.ts';

/** An address of Amazon's that nobody has. */
export function newPublicIp(world: World): string {
  const used = new Set([...world.networkInterfaces.all()].map(({ publicIp }) => publicIp));
  for (;;) {
    const [a, b, c] = [1, 2, 3].map(() => 1 + Math.floor(world.random() * 253));
    const address = `52.${a}.${b}.${c}`;
    if (!used.has(address) && world.elasticIps.count(`address:${address}`) === 0) return address;
  }
}

function shown(world: World, address: ElasticIpRecord, tags: Address['Tags']): Address {
  const { association } = address;
  const networkInterface = association && world.networkInterfaces.get(association.networkInterfaceId);
  return {
    AllocationId: address.id,
    PublicIp: address.publicIp,
    Domain: 'vpc',
    PublicIpv4Pool: 'amazon',
    NetworkBorderGroup: address.region,
    ...(association && networkInterface
      ? {
          AssociationId: association.associationId,
          NetworkInterfaceId: networkInterface.id,
          NetworkInterfaceOwnerId: networkInterface.ownerId,
          PrivateIpAddress: association.privateIp ?? networkInterface.privateIpAddresses[0],
          ...(networkInterface.attachment ? { InstanceId: networkInterface.attachment.instanceId } : {}),
        }
      : {}),
    Tags: tags,
  };
}

const noSuchAddress = (publicIp: string): ApiError => new ApiError('InvalidAddress.NotFound', `Address '${publicIp}' not found.`);

/** Gives an interface the address in the place of any public one that it has; returns the association's id. */
export function associateAddress(world: World, address: ElasticIpRecord, networkInterface: NetworkInterfaceRecord): string {
  for (const other of world.elasticIps.where(`interface:${networkInterface.id}`)) {
    world.elasticIps.change(other.id, { association: undefined });
  }
  const associationId = world.newId('eipassoc');
  world.elasticIps.change(address.id, { association: { associationId, networkInterfaceId: networkInterface.id } });
  world.networkInterfaces.change(networkInterface.id, { publicIp: address.publicIp });
  return associationId;
}

/** Takes the address from the interface that has it; it stays its owner's (aws.md 6.2). */
export function disassociateAddress(world: World, address: ElasticIpRecord): void {
  if (!address.association) return;
  world.networkInterfaces.change(address.association.networkInterfaceId, { publicIp: undefined });
  world.elasticIps.change(address.id, { association: undefined });
}

/** @throws ApiError where the interface that has the address is a gateway's: only its deletion gives the address back */
function checkNotManaged(world: World, { association }: ElasticIpRecord): void {
  if (association && world.networkInterfaces.get(association.networkInterfaceId)?.managedAs) {
    throw new ApiError('AuthFailure', 'You do not have permission to access the specified resource.');
  }
}

/** The address that a call names by its allocation or by itself. */
function findAddress(
  world: World,
  call: Call,
  input: { AllocationId?: string | undefined; PublicIp?: string | undefined },
): ElasticIpRecord {
  if (exactlyOne({ allocationId: input.AllocationId, publicIp: input.PublicIp }) === 'allocationId') {
    return findElasticIp(world, call, input.AllocationId);
  }
  const address = world.elasticIps
    .where(`address:${input.PublicIp}`)
    .find(({ ownerId, region }) => ownerId === call.accountId && region === call.region);
  if (!address) throw noSuchAddress(input.PublicIp!);
  return address;
}

/** The interface that is to get the address: an instance's primary one, or the one that is named. */
function findTarget(world: World, call: Call, input: AssociateAddressRequest): NetworkInterfaceRecord {
  if (exactlyOne({ instanceId: input.InstanceId, networkInterfaceId: input.NetworkInterfaceId }) === 'networkInterfaceId') {
    return findNetworkInterface(world, call, input.NetworkInterfaceId);
  }
  const instance = findInstance(world, call, input.InstanceId);
  const networkInterface = world.networkInterfaces.get(instance.networkInterfaceIds[0]!);
  if (instance.state === 'pending' || !networkInterface) {
    throw new ApiError('InvalidInstanceID', `The ${instance.state} instance '${instance.id}' is not in a valid state for this operation.`);
  }
  return networkInterface;
}

export function elasticIpOperations(world: World): Operations {
  return {
    /** Has no client token: asked twice it gives two (aws.md 7.6). */
    AllocateAddress(input: AllocateAddressRequest, call: Call): AllocateAddressResult {
      const tags = specifiedTags(input.TagSpecifications, ['elastic-ip']);
      if (input.Address !== undefined) throw noSuchAddress(input.Address);
      const unmodelled = (['PublicIpv4Pool', 'CustomerOwnedIpv4Pool', 'IpamPoolId'] as const).find((name) => input[name] !== undefined);
      if (unmodelled) throw notModelled('AllocateAddress', unmodelled);
      if (world.elasticIps.count(`place:${placeOf(call)}`) >= world.settings.quotas.elasticIpsPerRegion) {
        throw new ApiError('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
      }
      const address: ElasticIpRecord = { ...ownership(call), id: world.newId('eipalloc'), publicIp: newPublicIp(world) };
      world.elasticIps.put(address);
      tagNew(world, call, { id: address.id, type: 'elastic-ip', tags });
      const { AllocationId, PublicIp, Domain, PublicIpv4Pool, NetworkBorderGroup } = shown(world, address, []);
      return { AllocationId, PublicIp, Domain, PublicIpv4Pool, NetworkBorderGroup };
    },

    ReleaseAddress(input: ReleaseAddressRequest, call: Call): object {
      if (input.AllocationId === undefined && input.PublicIp !== undefined) {
        throw invalidValue('You must specify an allocation id when releasing a VPC elastic IP address');
      }
      const owner = world.elasticIps.get(input.AllocationId ?? '')?.ownerId;
      if (owner && owner !== call.accountId) {
        throw new ApiError('AuthFailure', `The address with allocation id ${input.AllocationId} does not belong to you.`);
      }
      const address = findElasticIp(world, call, input.AllocationId);
      if (address.association) throw new ApiError('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`);
      world.elasticIps.delete(address.id);
      world.setTags(placeOf(call), address.id, {});
      return {};
    },

    /** Asked again for the same, it answers the same; an address that another interface has moves, unless that is forbidden (aws.md 6.2). */
    AssociateAddress(input: AssociateAddressRequest, call: Call): AssociateAddressResult {
      const address = findAddress(world, call, input);
      const networkInterface = findTarget(world, call, input);
      const { association } = address;
      if (association?.networkInterfaceId === networkInterface.id) return { AssociationId: association.associationId };
      checkNotManaged(world, address);
      if (association && input.AllowReassociation === false) {
        throw new ApiError(
          'Resource.AlreadyAssociated',
          `resource ${address.id} is already associated with associate-id ${association.associationId}`,
        );
      }
      if (networkInterface.managedAs) {
        throw new ApiError('AuthFailure', 'You do not have permission to access the specified resource.');
      }
      if (input.PrivateIpAddress !== undefined && input.PrivateIpAddress !== networkInterface.privateIpAddresses[0]) {
        throw invalidValue(`The address ${input.PrivateIpAddress} is not the primary private address of ${networkInterface.id}.`);
      }
      if (world.internetGateways.count(`vpc:${networkInterface.vpcId}`) === 0) {
        throw new ApiError('Gateway.NotAttached', `Network ${networkInterface.vpcId} is not attached to any internet gateway`);
      }
      disassociateAddress(world, address);
      return { AssociationId: associateAddress(world, address, networkInterface) };
    },

    /** An association that is already gone is no error (aws.md 6.2). */
    DisassociateAddress(input: DisassociateAddressRequest, call: Call): object {
      if (input.AssociationId === undefined && input.PublicIp !== undefined) {
        throw invalidValue('You must specify an association id when unmapping an address from a VPC instance');
      }
      const associationId = required(input.AssociationId, 'associationId');
      checkId(idKinds.elasticIpAssociation, associationId);
      const address = world.elasticIps
        .where(`association:${associationId}`)
        .find(({ ownerId, region }) => ownerId === call.accountId && region === call.region);
      if (!address && !world.wasGiven(associationId)) throw notFound(idKinds.elasticIpAssociation, associationId);
      if (!address) return {};
      checkNotManaged(world, address);
      disassociateAddress(world, address);
      return {};
    },

    DescribeAddresses(input: DescribeAddressesRequest, call: Call): DescribeAddressesResult {
      const { items } = list(world, call, {
        collection: world.elasticIps,
        kind: idKinds.elasticIp,
        ids: input.AllocationIds,
        input: { Filters: input.Filters },
        fields: {
          'allocation-id': ({ id }) => id,
          'association-id': ({ association }) => association?.associationId,
          domain: () => 'vpc',
          'instance-id': (address) => shown(world, address, []).InstanceId,
          'network-border-group': ({ region }) => region,
          'network-interface-id': ({ association }) => association?.networkInterfaceId,
          'network-interface-owner-id': (address) => shown(world, address, []).NetworkInterfaceOwnerId,
          'private-ip-address': (address) => shown(world, address, []).PrivateIpAddress,
          'public-ip': ({ publicIp }) => publicIp,
        },
      });
      const asked = input.PublicIps?.length ? input.PublicIps : undefined;
      const missing = asked?.find((publicIp) => !items.some((address) => address.publicIp === publicIp));
      if (missing !== undefined) throw noSuchAddress(missing);
      const wanted = items.filter(({ publicIp }) => !asked || asked.includes(publicIp));
      return { Addresses: wanted.map((address) => shown(world, address, shownTags(world, call, address.id))) };
    },
  };
}
