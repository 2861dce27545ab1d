import type {
  CreateEgressOnlyInternetGatewayRequest,
  CreateEgressOnlyInternetGatewayResult,
  DeleteEgressOnlyInternetGatewayRequest,
  DeleteEgressOnlyInternetGatewayResult,
  DescribeEgressOnlyInternetGatewaysRequest,
  DescribeEgressOnlyInternetGatewaysResult,
  EgressOnlyInternetGateway,
} from '@aws-sdk/client-ec2';
import type { Call, Operations } from '../service.ts';
import type { EgressOnlyInternetGatewayRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { madeBefore, rememberMade } from './client-tokens.ts';
import { idKinds } from './ids.ts';
import { list } from './listing.ts';
import { findEgressOnlyInternetGateway, findVpc, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

const shown = (gateway: EgressOnlyInternetGatewayRecord, tags: EgressOnlyInternetGateway['Tags']): EgressOnlyInternetGateway => ({
  EgressOnlyInternetGatewayId: gateway.id,
  Attachments: [{ VpcId: gateway.vpcId, State: 'attached' }],
  Tags: tags,
});

export function egressOnlyInternetGatewayOperations(world: World): Operations {
  return {
    /** It is made for a VPC and stays with it. */
    CreateEgressOnlyInternetGateway(input: CreateEgressOnlyInternetGatewayRequest, call: Call): CreateEgressOnlyInternetGatewayResult {
      const tags = specifiedTags(input.TagSpecifications, ['egress-only-internet-gateway']);
      const use = { operation: 'CreateEgressOnlyInternetGateway', input };
      const earlier = madeBefore<CreateEgressOnlyInternetGatewayResult>(world, call, use);
      if (earlier) return earlier;
      const vpc = findVpc(world, call, input.VpcId);
      const gateway: EgressOnlyInternetGatewayRecord = { ...ownership(call), id: world.newId('eigw'), vpcId: vpc.id };
      world.egressOnlyInternetGateways.put(gateway);
      tagNew(world, call, { id: gateway.id, type: 'egress-only-internet-gateway', tags });
      const answer: CreateEgressOnlyInternetGatewayResult = {
        ...(input.ClientToken ? { ClientToken: input.ClientToken } : {}),
        EgressOnlyInternetGateway: shown(gateway, trueTags(world, call, gateway.id)),
      };
      rememberMade(world, call, { ...use, answer });
      return answer;
    },

    /** Routes to it stay, as blackholes (aws.md 2.3). */
    DeleteEgressOnlyInternetGateway(input: DeleteEgressOnlyInternetGatewayRequest, call: Call): DeleteEgressOnlyInternetGatewayResult {
      const gateway = findEgressOnlyInternetGateway(world, call, input.EgressOnlyInternetGatewayId);
      world.egressOnlyInternetGateways.delete(gateway.id);
      world.setTags(placeOf(call), gateway.id, {});
      return { ReturnCode: true };
    },

    DescribeEgressOnlyInternetGateways(
      input: DescribeEgressOnlyInternetGatewaysRequest,
      call: Call,
    ): DescribeEgressOnlyInternetGatewaysResult {
      const { items, NextToken } = list(world, call, {
        collection: world.egressOnlyInternetGateways,
        kind: idKinds.egressOnlyInternetGateway,
        ids: input.EgressOnlyInternetGatewayIds,
        input,
        limits: { min: 5, max: 255 },
        fields: {},
      });
      return { EgressOnlyInternetGateways: items.map((gateway) => shown(gateway, shownTags(world, call, gateway.id))), NextToken };
    },
  };
}
