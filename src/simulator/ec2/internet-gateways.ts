import type {
  AttachInternetGatewayRequest,
  CreateInternetGatewayRequest,
  CreateInternetGatewayResult,
  DeleteInternetGatewayRequest,
  DescribeInternetGatewaysRequest,
  DescribeInternetGatewaysResult,
  DetachInternetGatewayRequest,
  InternetGateway,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { InternetGatewayRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { dependencyViolation, invalidValue } from './errors.ts';
import { idKinds } from './ids.ts';
import { list } from './listing.ts';
import { findInternetGateway, findVpc, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

function shown(gateway: InternetGatewayRecord, tags: InternetGateway['Tags']): InternetGateway {
  return {
    InternetGatewayId: gateway.id,
    OwnerId: gateway.ownerId,
    // AWS says `available` here, though the SDK's list of states does not have it.
    Attachments: gateway.vpcId ? [{ VpcId: gateway.vpcId, State: 'available' as 'attached' }] : [],
    Tags: tags,
  };
}

export function internetGatewayOperations(world: World): Operations {
  return {
    CreateInternetGateway(input: CreateInternetGatewayRequest, call: Call): CreateInternetGatewayResult {
      const tags = specifiedTags(input.TagSpecifications, ['internet-gateway']);
      if (world.internetGateways.count(`place:${placeOf(call)}`) >= world.settings.quotas.internetGatewaysPerRegion) {
        throw new ApiError('InternetGatewayLimitExceeded', 'The maximum number of internet gateways has been reached.');
      }
      const gateway: InternetGatewayRecord = { ...ownership(call), id: world.newId('igw') };
      world.internetGateways.put(gateway);
      tagNew(world, call, { id: gateway.id, type: 'internet-gateway', tags });
      return { InternetGateway: shown(gateway, trueTags(world, call, gateway.id)) };
    },

    AttachInternetGateway(input: AttachInternetGatewayRequest, call: Call): object {
      const gateway = findInternetGateway(world, call, input.InternetGatewayId);
      const vpc = findVpc(world, call, input.VpcId);
      if (gateway.vpcId) {
        throw new ApiError('Resource.AlreadyAssociated', `resource ${gateway.id} is already attached to network ${gateway.vpcId}`);
      }
      if (world.internetGateways.count(`vpc:${vpc.id}`) > 0) {
        throw invalidValue(`Network ${vpc.id} already has an internet gateway attached`);
      }
      world.internetGateways.change(gateway.id, { vpcId: vpc.id });
      return {};
    },

    DetachInternetGateway(input: DetachInternetGatewayRequest, call: Call): object {
      const gateway = findInternetGateway(world, call, input.InternetGatewayId);
      const vpc = findVpc(world, call, input.VpcId);
      if (gateway.vpcId !== vpc.id) {
        throw new ApiError('Gateway.NotAttached', `resource ${gateway.id} is not attached to network ${vpc.id}`);
      }
      if (world.networkInterfaces.where(`vpc:${vpc.id}`).some(({ publicIp }) => publicIp)) {
        throw dependencyViolation(
          `Network ${vpc.id} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
        );
      }
      // Tables for what enters through the gateway lose their association with it.
      for (const table of world.routeTables.where(`gateway:${gateway.id}`)) {
        world.routeTables.change(table.id, { associations: table.associations.filter(({ gatewayId }) => gatewayId !== gateway.id) });
      }
      world.internetGateways.change(gateway.id, { vpcId: undefined });
      return {};
    },

    DeleteInternetGateway(input: DeleteInternetGatewayRequest, call: Call): object {
      const gateway = findInternetGateway(world, call, input.InternetGatewayId);
      if (gateway.vpcId) throw dependencyViolation(`The internetGateway '${gateway.id}' has dependencies and cannot be deleted.`);
      world.internetGateways.delete(gateway.id);
      world.setTags(placeOf(call), gateway.id, {});
      return {};
    },

    DescribeInternetGateways(input: DescribeInternetGatewaysRequest, call: Call): DescribeInternetGatewaysResult {
      const { items, NextToken } = list(world, call, {
        collection: world.internetGateways,
        kind: idKinds.internetGateway,
        ids: input.InternetGatewayIds,
        input,
        limits: { min: 5, max: 1000 },
        keys: { 'attachment.vpc-id': 'vpc' },
        fields: {
          'attachment.state': (gateway) => (gateway.vpcId ? 'available' : undefined),
          'attachment.vpc-id': (gateway) => gateway.vpcId,
          'internet-gateway-id': (gateway) => gateway.id,
          'owner-id': (gateway) => gateway.ownerId,
        },
      });
      return { InternetGateways: items.map((gateway) => shown(gateway, shownTags(world, call, gateway.id))), NextToken };
    },
  };
}
