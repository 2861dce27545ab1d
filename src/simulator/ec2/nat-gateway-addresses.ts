import type {
  AssociateNatGatewayAddressRequest,
  AssociateNatGatewayAddressResult,
  DisassociateNatGatewayAddressRequest,
  DisassociateNatGatewayAddressResult,
  NatGatewayAddress,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { NatGatewayRecord, NatGatewaySecondaryAddress } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { disassociateAddress } from './elastic-ips.ts';
import { badParameter, invalidValue, required } from './errors.ts';
import { idKinds, notFound } from './ids.ts';
import { pickAddress } from './network-interfaces.ts';
import { findElasticIp, findNatGateway } from './owned.ts';

/** The gateway's addresses besides its first, as AWS shows them. */
export const shownSecondaries = ({ secondaries = [], networkInterfaceId }: NatGatewayRecord): NatGatewayAddress[] =>
  secondaries.map(({ allocationId, associationId, privateIp, publicIp }) => ({
    AllocationId: allocationId,
    AssociationId: associationId,
    NetworkInterfaceId: networkInterfaceId,
    PrivateIp: privateIp,
    PublicIp: publicIp,
    IsPrimary: false,
    Status: 'succeeded',
  }));

/** @throws ApiError unless the gateway is public, and there to be changed */
function checkChangeable(gateway: NatGatewayRecord): void {
  if (gateway.connectivityType === 'private') throw invalidValue(`${gateway.id} is a private NAT gateway: it has no Elastic IP addresses.`);
  if (gateway.state !== 'available') throw new ApiError('IncorrectState', `The NAT gateway ${gateway.id} is ${gateway.state}.`);
}

function addAddress(
  world: World,
  call: Call,
  { gateway, allocationId, wanted }: { gateway: NatGatewayRecord; allocationId: string; wanted: string | undefined },
): NatGatewaySecondaryAddress {
  const address = findElasticIp(world, call, allocationId);
  if (address.association) throw new ApiError('Resource.AlreadyAssociated', `Elastic IP address [${allocationId}] is already associated`);
  const networkInterfaceId = gateway.networkInterfaceId!;
  const { privateIpAddresses } = world.networkInterfaces.get(networkInterfaceId)!;
  const privateIp = pickAddress(world, world.subnets.get(gateway.subnetId)!, wanted);
  const associationId = world.newId('eipassoc');
  world.networkInterfaces.change(networkInterfaceId, { privateIpAddresses: [...privateIpAddresses, privateIp] });
  world.elasticIps.change(address.id, { association: { associationId, networkInterfaceId, privateIp } });
  return { allocationId, associationId, privateIp, publicIp: address.publicIp };
}

/** Further Elastic IPs of a public NAT gateway, each with a private address of its own (EC2 API Reference). */
export function natGatewayAddressOperations(world: World): Operations {
  return {
    AssociateNatGatewayAddress(input: AssociateNatGatewayAddressRequest, call: Call): AssociateNatGatewayAddressResult {
      const gateway = findNatGateway(world, call, input.NatGatewayId);
      checkChangeable(gateway);
      const allocationIds = required(input.AllocationIds?.length ? input.AllocationIds : undefined, 'AllocationIds');
      const wanted = input.PrivateIpAddresses ?? [];
      if (wanted.length > 0 && wanted.length !== allocationIds.length) {
        throw badParameter(wanted.join(', '), 'privateIpAddress', 'Give as many private addresses as allocation ids, or none.');
      }
      const added = allocationIds.map((allocationId, index) => addAddress(world, call, { gateway, allocationId, wanted: wanted[index] }));
      const changed = world.natGateways.change(gateway.id, { secondaries: [...(gateway.secondaries ?? []), ...added] });
      return { NatGatewayId: gateway.id, NatGatewayAddresses: shownSecondaries(changed).slice(-added.length) };
    },

    /** The first address goes only with the gateway. */
    DisassociateNatGatewayAddress(input: DisassociateNatGatewayAddressRequest, call: Call): DisassociateNatGatewayAddressResult {
      const gateway = findNatGateway(world, call, input.NatGatewayId);
      checkChangeable(gateway);
      const ids = required(input.AssociationIds?.length ? input.AssociationIds : undefined, 'AssociationIds');
      for (const id of ids) {
        if (id === gateway.associationId) throw invalidValue(`${id} is the association of the first address of ${gateway.id}.`);
        if (!gateway.secondaries?.some(({ associationId }) => associationId === id)) throw notFound(idKinds.elasticIpAssociation, id);
      }
      const leaving = shownSecondaries(gateway).filter(({ AssociationId }) => ids.includes(AssociationId!));
      const gone = new Set(leaving.map(({ PrivateIp }) => PrivateIp));
      const networkInterface = world.networkInterfaces.get(gateway.networkInterfaceId!)!;
      const { publicIp } = networkInterface;
      for (const { AllocationId } of leaving) disassociateAddress(world, findElasticIp(world, call, AllocationId));
      world.networkInterfaces.change(networkInterface.id, {
        publicIp,
        privateIpAddresses: networkInterface.privateIpAddresses.filter((address) => !gone.has(address)),
      });
      world.natGateways.change(gateway.id, {
        secondaries: gateway.secondaries!.filter(({ associationId }) => !ids.includes(associationId)),
      });
      return { NatGatewayId: gateway.id, NatGatewayAddresses: leaving };
    },
  };
}
