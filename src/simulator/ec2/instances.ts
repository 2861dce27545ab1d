import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
  Instance,
  InstanceStateName,
  Reservation,
  RunInstancesRequest,
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { privateInstanceName } from '../../network/dns-instances.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { InstanceRecord, NetworkInterfaceRecord, SubnetRecord } from '../world/records.ts';
import { whileInState } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { newPublicIp } from './elastic-ips.ts';
import { badParameter, required } from './errors.ts';
import { idKinds } from './ids.ts';
import { list } from './listing.ts';
import { createNetworkInterface, publicName, removeNetworkInterface, shownGroups, shownNetworkInterface } from './network-interfaces.ts';
import { findInstance, findSubnet, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

const stateCodes: Readonly<Record<InstanceRecord['state'], number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

const shownState = (state: InstanceRecord['state']): { Code: number; Name: InstanceStateName } => ({
  Code: stateCodes[state],
  Name: state,
});

const interfacesOf = (world: World, instance: InstanceRecord): NetworkInterfaceRecord[] =>
  instance.networkInterfaceIds.flatMap((id) => world.networkInterfaces.get(id) ?? []);

function zoneName(world: World, { ownerId, region, subnetId }: InstanceRecord): string | undefined {
  const zoneId = world.subnets.get(subnetId)?.zoneId;
  return world.zones({ accountId: ownerId, region }).find((zone) => zone.zoneId === zoneId)?.zoneName;
}

function shown(world: World, instance: InstanceRecord, tags: Instance['Tags']): Instance {
  const interfaces = interfacesOf(world, instance);
  const primary = interfaces[0];
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType as Instance['InstanceType'],
    LaunchTime: new Date(instance.launchedAt),
    State: shownState(instance.state),
    Placement: { AvailabilityZone: zoneName(world, instance), Tenancy: 'default', GroupName: '' },
    ...(instance.clientToken ? { ClientToken: instance.clientToken } : {}),
    ...(primary
      ? {
          VpcId: instance.vpcId,
          SubnetId: instance.subnetId,
          PrivateIpAddress: primary.privateIpAddresses[0],
          PrivateDnsName: privateInstanceName(primary.privateIpAddresses[0]!, instance.region),
          ...(primary.publicIp ? { PublicIpAddress: primary.publicIp } : {}),
          ...publicName(world, primary),
          SourceDestCheck: primary.sourceDestCheck,
          SecurityGroups: shownGroups(world, primary),
        }
      : {}),
    NetworkInterfaces: interfaces.map((networkInterface) => {
      // What an interface tells of itself and an instance leaves out.
      const {
        AvailabilityZone: _zone,
        TagSet: _tags,
        RequesterManaged: _managed,
        InterfaceType,
        Attachment,
        ...rest
      } = shownNetworkInterface(world, networkInterface, []);
      const { InstanceId: _id, InstanceOwnerId: _owner, ...attachment } = Attachment ?? {};
      return { ...rest, Attachment: attachment, InterfaceType: InterfaceType ?? 'interface' };
    }),
    Tags: tags,
  };
}

function reservationsOf(world: World, instances: readonly InstanceRecord[], tagsOf: (id: string) => Instance['Tags']): Reservation[] {
  const reservations = Map.groupBy(instances, ({ reservationId }) => reservationId);
  return [...reservations].map(([reservationId, members]) => ({
    ReservationId: reservationId,
    OwnerId: members[0]!.ownerId,
    Groups: [],
    Instances: members.map((instance) => shown(world, instance, tagsOf(instance.id))),
  }));
}

/** Where the instances go and what their interface is to be: the older parameters, or a single interface specification. */
function readInterface(
  world: World,
  call: Call,
  input: RunInstancesRequest,
): Omit<Parameters<typeof createNetworkInterface>[2], 'subnet'> & { subnet: SubnetRecord; publicWish: boolean } {
  const [first, ...more] = input.NetworkInterfaces ?? [];
  if (more.length > 0) throw badParameter(more.length + 1, 'networkInterfaceSet', 'Only one network interface is supported at launch.');
  if (first && (input.SubnetId !== undefined || input.SecurityGroupIds?.length)) {
    throw new ApiError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request',
    );
  }
  const subnet = findSubnet(world, call, first?.SubnetId ?? input.SubnetId);
  return {
    subnet,
    privateIp: first?.PrivateIpAddress ?? input.PrivateIpAddress,
    groupIds: first?.Groups ?? input.SecurityGroupIds,
    description: first?.Description,
    ipv6AddressCount: first?.Ipv6AddressCount ?? input.Ipv6AddressCount,
    publicWish: first?.AssociatePublicIpAddress ?? subnet.mapPublicIpOnLaunch,
  };
}

/** AWS shows an instance that was terminated for about an hour. */
const terminatedShownMs = 3_600_000;

const instancesOf = (world: World) => world.instances;

const becomeRunning = whileInState('instance.becomeRunning', instancesOf, (world, { id }) =>
  world.instances.change(id, { state: 'running' }),
);

const forget = whileInState('instance.forget', instancesOf, (world, { id, ownerId, region }) => {
  world.instances.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
});

const finishTermination = whileInState('instance.finishTermination', instancesOf, (world, instance) => {
  world.instances.change(instance.id, { state: 'terminated' });
  for (const networkInterface of interfacesOf(world, instance)) removeNetworkInterface(world, networkInterface);
  world.later(terminatedShownMs, forget, instance.id, 'terminated');
});

export function instanceOperations(world: World): Operations {
  return {
    RunInstances(input: RunInstancesRequest, call: Call): Reservation {
      const tags = specifiedTags(input.TagSpecifications, ['instance', 'network-interface']);
      const imageId = required(input.ImageId, 'imageId');
      const [min, max] = [required(input.MinCount, 'minCount'), required(input.MaxCount, 'maxCount')];
      if (min < 1 || max < min) throw badParameter(max, 'maxCount', 'It must not be less than minCount, nor minCount less than 1.');
      const { ClientToken: clientToken, ...rest } = input;
      const request = JSON.stringify(rest);
      const earlier = clientToken ? world.instances.where(`token:${placeOf(call)}/${clientToken}`) : [];
      if (earlier.length > 0) {
        if (earlier[0]!.request !== request) {
          throw new ApiError(
            'IdempotentParameterMismatch',
            'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
          );
        }
        return reservationsOf(world, earlier, (id) => trueTags(world, call, id))[0]!;
      }
      const { publicWish, ...wish } = readInterface(world, call, input);
      if (max > 1 && wish.privateIp) throw badParameter(max, 'maxCount', 'A private IP address can be given to one instance only.');
      const reservationId = world.newId('r');
      const made = Array.from({ length: max }, (): InstanceRecord => {
        const id = world.newId('i');
        const networkInterface = createNetworkInterface(world, call, { ...wish, ...(publicWish ? { publicIp: newPublicIp(world) } : {}) });
        world.networkInterfaces.change(networkInterface.id, {
          attachment: { attachmentId: world.newId('eni-attach'), instanceId: id, attachedAt: world.now() },
        });
        const instance: InstanceRecord = {
          ...ownership(call),
          id,
          vpcId: wish.subnet.vpcId,
          subnetId: wish.subnet.id,
          reservationId,
          state: 'pending',
          imageId,
          instanceType: input.InstanceType ?? 'm1.small',
          launchedAt: world.now(),
          networkInterfaceIds: [networkInterface.id],
          ...(clientToken ? { clientToken, request } : {}),
        };
        world.instances.put(instance);
        tagNew(world, call, { id, type: 'instance', tags });
        tagNew(world, call, { id: networkInterface.id, type: 'network-interface', tags });
        world.later(world.settings.delaysMs.instancePending, becomeRunning, id, 'pending');
        return instance;
      });
      return reservationsOf(world, made, (id) => trueTags(world, call, id))[0]!;
    },

    TerminateInstances(input: TerminateInstancesRequest, call: Call): TerminateInstancesResult {
      const instances = required(input.InstanceIds, 'instanceId').map((id) => findInstance(world, call, id));
      return {
        TerminatingInstances: instances.map(({ id, state }) => {
          if (state !== 'shutting-down' && state !== 'terminated') {
            world.instances.change(id, { state: 'shutting-down' });
            world.later(world.settings.delaysMs.instanceShuttingDown, finishTermination, id, 'shutting-down');
          }
          return { InstanceId: id, PreviousState: shownState(state), CurrentState: shownState(world.instances.get(id)!.state) };
        }),
      };
    },

    DescribeInstances(input: DescribeInstancesRequest, call: Call): DescribeInstancesResult {
      const primary = (instance: InstanceRecord): NetworkInterfaceRecord | undefined => interfacesOf(world, instance)[0];
      const { items, NextToken } = list(world, call, {
        collection: world.instances,
        kind: idKinds.instance,
        ids: input.InstanceIds,
        input,
        limits: { min: 5, max: 1000 },
        idsParameterWithoutPages: 'instancesSet',
        fields: {
          'availability-zone': (instance) => zoneName(world, instance),
          'client-token': ({ clientToken }) => clientToken,
          'image-id': ({ imageId }) => imageId,
          'instance-id': ({ id }) => id,
          'instance-state-code': ({ state }) => stateCodes[state],
          'instance-state-name': ({ state }) => state,
          'instance-type': ({ instanceType }) => instanceType,
          'instance.group-id': (instance) => interfacesOf(world, instance).flatMap(({ securityGroupIds }) => securityGroupIds),
          'instance.group-name': (instance) =>
            interfacesOf(world, instance).flatMap((one) => shownGroups(world, one).map(({ GroupName }) => GroupName)),
          'ip-address': (instance) => primary(instance)?.publicIp,
          'network-interface.network-interface-id': ({ networkInterfaceIds }) => networkInterfaceIds,
          'network-interface.subnet-id': (instance) => interfacesOf(world, instance).map(({ subnetId }) => subnetId),
          'network-interface.vpc-id': (instance) => interfacesOf(world, instance).map(({ vpcId }) => vpcId),
          'network-interface.group-id': (instance) => interfacesOf(world, instance).flatMap(({ securityGroupIds }) => securityGroupIds),
          'owner-id': ({ ownerId }) => ownerId,
          'private-ip-address': (instance) => primary(instance)?.privateIpAddresses[0],
          'reservation-id': ({ reservationId }) => reservationId,
          'subnet-id': ({ subnetId }) => subnetId,
          'vpc-id': ({ vpcId }) => vpcId,
        },
      });
      return { Reservations: reservationsOf(world, items, (id) => shownTags(world, call, id)), NextToken };
    },
  };
}
