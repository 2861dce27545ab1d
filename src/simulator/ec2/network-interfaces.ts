import type {
  CreateNetworkInterfaceRequest,
  CreateNetworkInterfaceResult,
  DeleteNetworkInterfaceRequest,
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
  ModifyNetworkInterfaceAttributeRequest,
  NetworkInterface,
} from '@aws-sdk/client-ec2';
import { addressFamily, addressInCidr } from '../../network/cidr.ts';
import { privateInstanceName, publicInstanceName } from '../../network/dns-instances.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { ManagedInterfaceType, NetworkInterfaceRecord, SubnetRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { addressAt, sizeOf } from './addresses.ts';
import { badParameter, exactlyOne, invalidValue, notModelled, notPermitted, required } from './errors.ts';
import { idKinds, isKnown } from './ids.ts';
import { list } from './listing.ts';
import { findNetworkInterface, findSubnet, ownership } from './owned.ts';
import { isUsableIn } from './security-groups/security-group-vpc-associations.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

const isInUse = ({ attachment, managedAs }: NetworkInterfaceRecord): boolean => attachment !== undefined || managedAs !== undefined;

/** An interface's public name, which only VPCs with DNS hostnames give (VPC User Guide, "DNS attributes for your VPC"). */
export function publicName(world: World, { publicIp, vpcId, region }: NetworkInterfaceRecord): { readonly PublicDnsName?: string } {
  const vpc = world.vpcs.get(vpcId);
  return publicIp && vpc?.enableDnsHostnames && vpc.enableDnsSupport ? { PublicDnsName: publicInstanceName(publicIp, region) } : {};
}

/** How long an attached interface has been attached, and how, in AWS's words. */
function shownAttachment({ attachment, ownerId }: NetworkInterfaceRecord): Pick<NetworkInterface, 'Attachment'> {
  if (!attachment) return {};
  return {
    Attachment: {
      AttachmentId: attachment.attachmentId,
      InstanceId: attachment.instanceId,
      InstanceOwnerId: ownerId,
      AttachTime: new Date(attachment.attachedAt),
      DeleteOnTermination: true,
      DeviceIndex: 0,
      Status: 'attached',
    },
  };
}

/** The groups of an interface, as AWS names them in answers. */
export function shownGroups(
  world: World,
  { securityGroupIds }: NetworkInterfaceRecord,
): { GroupId: string; GroupName: string | undefined }[] {
  return securityGroupIds.map((GroupId) => ({ GroupId, GroupName: world.securityGroups.get(GroupId)?.groupName }));
}

export function shownNetworkInterface(
  world: World,
  networkInterface: NetworkInterfaceRecord,
  tags: NetworkInterface['TagSet'],
): NetworkInterface {
  const { ownerId, region, publicIp, privateIpAddresses } = networkInterface;
  const zone = world
    .zones({ accountId: ownerId, region })
    .find(({ zoneId }) => zoneId === world.subnets.get(networkInterface.subnetId)?.zoneId);
  const association = publicIp ? { Association: { IpOwnerId: 'amazon', PublicIp: publicIp, ...publicName(world, networkInterface) } } : {};
  return {
    NetworkInterfaceId: networkInterface.id,
    SubnetId: networkInterface.subnetId,
    VpcId: networkInterface.vpcId,
    OwnerId: ownerId,
    AvailabilityZone: zone?.zoneName,
    Description: networkInterface.description,
    // AWS says `nat_gateway`, though the SDK's list of types has `natGateway`.
    InterfaceType: (networkInterface.managedAs ?? 'interface') as 'interface',
    RequesterManaged: networkInterface.managedAs !== undefined,
    SourceDestCheck: networkInterface.sourceDestCheck,
    Status: isInUse(networkInterface) ? 'in-use' : 'available',
    PrivateIpAddress: privateIpAddresses[0],
    PrivateDnsName: privateInstanceName(privateIpAddresses[0]!, region),
    PrivateIpAddresses: privateIpAddresses.map((PrivateIpAddress, index) => ({
      PrivateIpAddress,
      Primary: index === 0,
      ...(index === 0 ? association : {}),
    })),
    Ipv6Addresses: networkInterface.ipv6Addresses.map((Ipv6Address) => ({ Ipv6Address })),
    Groups: shownGroups(world, networkInterface),
    ...association,
    ...shownAttachment(networkInterface),
    TagSet: tags,
  };
}

function usedAddresses(world: World, subnet: SubnetRecord): Set<string> {
  const interfaces = world.networkInterfaces.where(`subnet:${subnet.id}`);
  return new Set(interfaces.flatMap(({ privateIpAddresses, ipv6Addresses }) => [...privateIpAddresses, ...ipv6Addresses]));
}

/** The address asked for, or the first free one: the first four and the last are AWS's. */
export function pickAddress(world: World, subnet: SubnetRecord, asked: string | undefined): string {
  const used = usedAddresses(world, subnet);
  const last = sizeOf(subnet.cidr) - 1;
  const reserved = new Set([0, 1, 2, 3, last].map((index) => addressAt(subnet.cidr, BigInt(index))));
  if (asked !== undefined) {
    if (addressFamily(asked) !== 4) throw badParameter(asked, 'privateIpAddress', 'This is not a valid IPv4 address.');
    if (!addressInCidr(asked, subnet.cidr)) throw invalidValue(`Address ${asked} does not fall within the subnet's address range`);
    if (reserved.has(asked)) throw invalidValue(`Address ${asked} is in subnet's reserved address range`);
    if (used.has(asked)) throw new ApiError('InvalidIPAddress.InUse', `Address ${asked} is in use.`);
    return asked;
  }
  for (let index = 4; index < last; index++) {
    const address = addressAt(subnet.cidr, BigInt(index));
    if (!used.has(address)) return address;
  }
  throw new ApiError('InsufficientFreeAddressesInSubnet', `There are not enough free addresses in subnet '${subnet.id}'.`);
}

function pickIpv6(world: World, subnet: SubnetRecord, count: number): string[] {
  const block = subnet.ipv6CidrBlocks.find(({ state }) => state === 'associated');
  if (count === 0) return [];
  if (!block) throw invalidValue(`The subnet ${subnet.id} has no IPv6 CIDR block.`);
  const used = usedAddresses(world, subnet);
  const picked: string[] = [];
  for (let index = 16n; picked.length < count; index++) {
    const address = addressAt(block.cidr, index);
    if (!used.has(address)) picked.push(address);
  }
  return picked;
}

/** The groups asked for, or the VPC's default one. */
export function readGroups(
  world: World,
  call: Call,
  { vpcId, groupIds }: { vpcId: string; groupIds: readonly string[] | undefined },
): string[] {
  if (!groupIds?.length) {
    return [world.securityGroups.where(`vpc:${vpcId}`).find(({ groupName }) => groupName === 'default')!.id];
  }
  const { securityGroupsPerNetworkInterface } = world.settings.quotas;
  if (groupIds.length > securityGroupsPerNetworkInterface) {
    throw new ApiError(
      'SecurityGroupsPerInterfaceLimitExceeded',
      `The maximum number of security groups per interface is ${securityGroupsPerNetworkInterface}.`,
    );
  }
  return [...new Set(groupIds)].map((id) => {
    const group = world.securityGroups.get(id);
    if (!group || group.ownerId !== call.accountId || group.region !== call.region || !isKnown(world, world.securityGroups, id)) {
      throw new ApiError('InvalidSecurityGroupID.NotFound', `The security group ID '${id}' does not exist`);
    }
    if (!isUsableIn(group, vpcId)) throw invalidValue(`Security group ${id} and network ${vpcId} belong to different networks.`);
    return id;
  });
}

/** What an interface is to be like; what is left out AWS chooses. */
export interface InterfaceWish {
  readonly subnet: SubnetRecord;
  readonly privateIp?: string | undefined;
  readonly groupIds?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly ipv6AddressCount?: number | undefined;
  readonly publicIp?: string | undefined;
  /** An interface of AWS's own. Those of gateways have no security groups, and pass on what is not addressed to them. */
  readonly managedAs?: ManagedInterfaceType | undefined;
}

/** Makes an interface in a subnet. */
export function createNetworkInterface(world: World, call: Call, wish: InterfaceWish): NetworkInterfaceRecord {
  const { subnet, managedAs } = wish;
  const isGateway = managedAs === 'nat_gateway' || managedAs === 'transit_gateway' || managedAs === 'network_load_balancer';
  const networkInterface: NetworkInterfaceRecord = {
    ...ownership(call),
    id: world.newId('eni'),
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    description: wish.description ?? '',
    privateIpAddresses: [pickAddress(world, subnet, wish.privateIp)],
    ipv6Addresses: pickIpv6(world, subnet, wish.ipv6AddressCount ?? (subnet.assignIpv6AddressOnCreation ? 1 : 0)),
    publicIp: wish.publicIp,
    securityGroupIds: isGateway ? [] : readGroups(world, call, { vpcId: subnet.vpcId, groupIds: wish.groupIds }),
    sourceDestCheck: !isGateway,
    ...(managedAs ? { managedAs } : {}),
  };
  world.networkInterfaces.put(networkInterface);
  return networkInterface;
}

/** Takes an interface and its tags away; Elastic IPs that it had stay with their owner. */
export function removeNetworkInterface(world: World, { id, ownerId, region }: NetworkInterfaceRecord): void {
  for (const address of world.elasticIps.where(`interface:${id}`)) world.elasticIps.change(address.id, { association: undefined });
  world.networkInterfaces.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
}

export function networkInterfaceOperations(world: World): Operations {
  return {
    CreateNetworkInterface(input: CreateNetworkInterfaceRequest, call: Call): CreateNetworkInterfaceResult {
      const tags = specifiedTags(input.TagSpecifications, ['network-interface']);
      const networkInterface = createNetworkInterface(world, call, {
        subnet: findSubnet(world, call, input.SubnetId),
        privateIp: input.PrivateIpAddress,
        groupIds: input.Groups,
        description: input.Description,
        ipv6AddressCount: input.Ipv6AddressCount,
      });
      tagNew(world, call, { id: networkInterface.id, type: 'network-interface', tags });
      return { NetworkInterface: shownNetworkInterface(world, networkInterface, trueTags(world, call, networkInterface.id)) };
    },

    DeleteNetworkInterface(input: DeleteNetworkInterfaceRequest, call: Call): object {
      const networkInterface = findNetworkInterface(world, call, input.NetworkInterfaceId);
      if (isInUse(networkInterface)) {
        throw new ApiError('InvalidNetworkInterface.InUse', `Network interface '${networkInterface.id}' is currently in use.`);
      }
      removeNetworkInterface(world, networkInterface);
      return {};
    },

    /** Interfaces of AWS's own are not the caller's to change. */
    ModifyNetworkInterfaceAttribute(input: ModifyNetworkInterfaceAttributeRequest, call: Call): object {
      const networkInterface = findNetworkInterface(world, call, input.NetworkInterfaceId);
      const { Description, SourceDestCheck, Groups, NetworkInterfaceId, DryRun, ...others } = input;
      const unmodelled = Object.keys(others).find((name) => others[name as keyof typeof others] !== undefined);
      if (unmodelled) throw notModelled('ModifyNetworkInterfaceAttribute', unmodelled);
      exactlyOne({ description: Description, sourceDestCheck: SourceDestCheck, groupSet: Groups?.length ? Groups : undefined });
      if (networkInterface.managedAs !== undefined) {
        throw notPermitted(`You are not allowed to manage '${networkInterface.id}', which is managed by AWS.`);
      }
      world.networkInterfaces.change(networkInterface.id, {
        ...(Description ? { description: Description.Value ?? '' } : {}),
        ...(SourceDestCheck ? { sourceDestCheck: required(SourceDestCheck.Value, 'sourceDestCheck.value') } : {}),
        ...(Groups?.length ? { securityGroupIds: readGroups(world, call, { vpcId: networkInterface.vpcId, groupIds: Groups }) } : {}),
      });
      return {};
    },

    DescribeNetworkInterfaces(input: DescribeNetworkInterfacesRequest, call: Call): DescribeNetworkInterfacesResult {
      const show = (networkInterface: NetworkInterfaceRecord): NetworkInterface =>
        shownNetworkInterface(world, networkInterface, shownTags(world, call, networkInterface.id));
      const { items, NextToken } = list(world, call, {
        collection: world.networkInterfaces,
        kind: idKinds.networkInterface,
        ids: input.NetworkInterfaceIds,
        input,
        limits: { min: 5, max: 1000 },
        idsParameterWithoutPages: 'networkInterfaceIdsSet',
        fields: {
          'addresses.private-ip-address': ({ privateIpAddresses }) => privateIpAddresses,
          'addresses.primary': ({ privateIpAddresses }) => privateIpAddresses.map((_, index) => index === 0),
          'association.public-ip': ({ publicIp }) => publicIp,
          'attachment.attachment-id': ({ attachment }) => attachment?.attachmentId,
          'attachment.instance-id': ({ attachment }) => attachment?.instanceId,
          'attachment.status': ({ attachment }) => (attachment ? 'attached' : undefined),
          'availability-zone': (networkInterface) => show(networkInterface).AvailabilityZone,
          description: ({ description }) => description,
          'group-id': ({ securityGroupIds }) => securityGroupIds,
          'group-name': (networkInterface) => shownGroups(world, networkInterface).map(({ GroupName }) => GroupName),
          'interface-type': ({ managedAs }) => managedAs ?? 'interface',
          'ipv6-addresses.ipv6-address': ({ ipv6Addresses }) => ipv6Addresses,
          'network-interface-id': ({ id }) => id,
          'owner-id': ({ ownerId }) => ownerId,
          'private-ip-address': ({ privateIpAddresses }) => privateIpAddresses[0],
          'private-dns-name': ({ privateIpAddresses, region }) => privateInstanceName(privateIpAddresses[0]!, region),
          'requester-managed': ({ managedAs }) => managedAs !== undefined,
          'source-dest-check': ({ sourceDestCheck }) => sourceDestCheck,
          status: (networkInterface) => (isInUse(networkInterface) ? 'in-use' : 'available'),
          'subnet-id': ({ subnetId }) => subnetId,
          'vpc-id': ({ vpcId }) => vpcId,
        },
      });
      return { NetworkInterfaces: items.map(show), NextToken };
    },
  };
}
