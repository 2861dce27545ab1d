import type {
  AssociateTransitGatewayRouteTableRequest,
  AssociateTransitGatewayRouteTableResult,
  CreateTransitGatewayRouteTableRequest,
  CreateTransitGatewayRouteTableResult,
  DeleteTransitGatewayRouteTableRequest,
  DeleteTransitGatewayRouteTableResult,
  DescribeTransitGatewayRouteTablesRequest,
  DescribeTransitGatewayRouteTablesResult,
  DisableTransitGatewayRouteTablePropagationRequest,
  DisableTransitGatewayRouteTablePropagationResult,
  DisassociateTransitGatewayRouteTableRequest,
  DisassociateTransitGatewayRouteTableResult,
  EnableTransitGatewayRouteTablePropagationRequest,
  EnableTransitGatewayRouteTablePropagationResult,
  GetTransitGatewayAttachmentPropagationsRequest,
  GetTransitGatewayAttachmentPropagationsResult,
  GetTransitGatewayRouteTableAssociationsRequest,
  GetTransitGatewayRouteTableAssociationsResult,
  GetTransitGatewayRouteTablePropagationsRequest,
  GetTransitGatewayRouteTablePropagationsResult,
  TransitGatewayAssociation,
  TransitGatewayPropagation,
  TransitGatewayRouteTable,
} from '@aws-sdk/client-ec2';
import { ApiError, type Call, type Operations } from '../../service.ts';
import { transition, whileInState } from '../../world/transition.ts';
import type { World } from '../../world/world.ts';
import { idKinds } from '../ids.ts';
import { filterTest, type ListInput, list, page } from '../listing.ts';
import { ownership } from '../owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from '../tags.ts';
import type { TransitGatewayAttachmentRecord, TransitGatewayRouteTableRecord } from './transit-gateway-records.ts';
import {
  checkGatewayOwner,
  endedShownMs,
  findAttachment,
  findOwnTransitGateway,
  findTransitGatewayRouteTable,
  incorrectState,
  isUsable,
} from './transit-gateway-view.ts';

const limits = { min: 5, max: 1000 };

const isDefault = (world: World, table: TransitGatewayRouteTableRecord) => {
  const options = world.transitGateways.get(table.transitGatewayId)?.options;
  return {
    association: options?.associationDefaultRouteTableId === table.id,
    propagation: options?.propagationDefaultRouteTableId === table.id,
  };
};

function shown(world: World, table: TransitGatewayRouteTableRecord, tags: TransitGatewayRouteTable['Tags']): TransitGatewayRouteTable {
  const { association, propagation } = isDefault(world, table);
  return {
    TransitGatewayRouteTableId: table.id,
    TransitGatewayId: table.transitGatewayId,
    State: table.state,
    DefaultAssociationRouteTable: association,
    DefaultPropagationRouteTable: propagation,
    CreationTime: new Date(table.createdAt),
    Tags: tags,
  };
}

/** A table of the gateway, available after a while. */
export function createTransitGatewayRouteTable(world: World, call: Call, transitGatewayId: string): TransitGatewayRouteTableRecord {
  const table: TransitGatewayRouteTableRecord = {
    ...ownership(call),
    id: world.newId('tgw-rtb'),
    transitGatewayId,
    state: 'pending',
    createdAt: world.now(),
    routes: [],
  };
  world.transitGatewayRouteTables.put(table);
  world.later(world.settings.delaysMs.transitGatewayPending, becomeAvailable, table.id, 'pending');
  return table;
}

type Association = NonNullable<TransitGatewayAttachmentRecord['association']>;
type Propagation = TransitGatewayAttachmentRecord['propagations'][number];

const tablesOf = (world: World) => world.transitGatewayRouteTables;

const becomeAvailable = whileInState('transitGatewayRouteTable.becomeAvailable', tablesOf, (world, { id }) =>
  world.transitGatewayRouteTables.change(id, { state: 'available' }),
);

const forget = whileInState('transitGatewayRouteTable.forget', tablesOf, (world, { id, ownerId, region }) => {
  world.transitGatewayRouteTables.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
});

const finishDeletion = whileInState('transitGatewayRouteTable.finishDeletion', tablesOf, (world, { id }) => {
  world.transitGatewayRouteTables.change(id, { state: 'deleted' });
  world.later(endedShownMs, forget, id, 'deleted');
});

const finishAssociation = transition('transitGatewayAttachment.finishAssociation', (world, id: string, routeTableId: string) =>
  setAssociation(world, id, { from: { routeTableId, state: 'associating' }, to: { routeTableId, state: 'associated' } }),
);

const finishDisassociation = transition('transitGatewayAttachment.finishDisassociation', (world, id: string, routeTableId: string) =>
  setAssociation(world, id, { from: { routeTableId, state: 'disassociating' }, to: undefined }),
);

const finishEnabling = transition('transitGatewayAttachment.finishEnabling', (world, id: string, routeTableId: string) =>
  setPropagation(world, id, { from: { routeTableId, state: 'enabling' }, to: { routeTableId, state: 'enabled' } }),
);

const finishDisabling = transition('transitGatewayAttachment.finishDisabling', (world, id: string, routeTableId: string) =>
  setPropagation(world, id, { from: { routeTableId, state: 'disabling' }, to: undefined }),
);

function setAssociation(world: World, id: string, { from, to }: { from: Association; to: Association | undefined }): void {
  const { association } = world.transitGatewayAttachments.get(id) ?? {};
  if (association?.routeTableId !== from.routeTableId || association.state !== from.state) return;
  world.transitGatewayAttachments.change(id, { association: to });
}

/** Begins to let the table rule what comes in through the attachment. */
export function associate(world: World, attachmentId: string, routeTableId: string): void {
  const association: Association = { routeTableId, state: 'associating' };
  world.transitGatewayAttachments.change(attachmentId, { association });
  world.later(world.settings.delaysMs.transitGatewayAssociating, finishAssociation, attachmentId, routeTableId);
}

function setPropagation(world: World, id: string, { from, to }: { from: Propagation; to: Propagation | undefined }): void {
  const attachment = world.transitGatewayAttachments.get(id);
  const isIt = ({ routeTableId, state }: Propagation): boolean => routeTableId === from.routeTableId && state === from.state;
  if (!attachment?.propagations.some(isIt)) return;
  world.transitGatewayAttachments.change(id, {
    propagations: attachment.propagations.flatMap((propagation) => (isIt(propagation) ? (to ?? []) : propagation)),
  });
}

/** Begins to let the table learn the CIDRs of the attachment's VPC. */
export function propagate(world: World, attachmentId: string, routeTableId: string): void {
  const { propagations } = world.transitGatewayAttachments.get(attachmentId)!;
  const propagation: Propagation = { routeTableId, state: 'enabling' };
  world.transitGatewayAttachments.change(attachmentId, { propagations: [...propagations, propagation] });
  world.later(world.settings.delaysMs.transitGatewayAssociating, finishEnabling, attachmentId, routeTableId);
}

/** A table and an attachment of the same gateway, which is the caller's. */
function findPair(
  world: World,
  call: Call,
  input: { readonly TransitGatewayRouteTableId: string | undefined; readonly TransitGatewayAttachmentId?: string | undefined },
): { readonly table: TransitGatewayRouteTableRecord; readonly attachment: TransitGatewayAttachmentRecord } {
  const table = findTransitGatewayRouteTable(world, call, input.TransitGatewayRouteTableId);
  const attachment = findAttachment(world, call, input.TransitGatewayAttachmentId);
  checkGatewayOwner(call, attachment);
  if (attachment.transitGatewayId !== table.transitGatewayId) {
    throw new ApiError('InvalidParameterValue', `${attachment.id} and ${table.id} belong to different transit gateways`);
  }
  return { table, attachment };
}

function mustBeAvailable({ table, attachment }: ReturnType<typeof findPair>): void {
  if (table.state !== 'available') throw incorrectState(`${table.id} is in invalid state`);
  if (!isUsable(attachment)) throw incorrectState(`${attachment.id} is in invalid state`);
}

const shownAssociation = ({ id, vpcId }: TransitGatewayAttachmentRecord, association: Association): TransitGatewayAssociation => ({
  TransitGatewayRouteTableId: association.routeTableId,
  TransitGatewayAttachmentId: id,
  ResourceId: vpcId,
  ResourceType: 'vpc',
  State: association.state,
});

const shownPropagation = ({ id, vpcId }: TransitGatewayAttachmentRecord, propagation: Propagation): TransitGatewayPropagation => ({
  TransitGatewayAttachmentId: id,
  ResourceId: vpcId,
  ResourceType: 'vpc',
  TransitGatewayRouteTableId: propagation.routeTableId,
  State: propagation.state,
});

/** A page of what attachments have to do with a table, oldest attachment first. */
function listAttachments(
  world: World,
  key: string,
  input: ListInput,
): { readonly items: readonly TransitGatewayAttachmentRecord[]; readonly NextToken?: string } {
  const test = filterTest<TransitGatewayAttachmentRecord>(
    input.Filters ?? [],
    {
      'resource-id': ({ vpcId }) => vpcId,
      'resource-type': () => 'vpc',
      'transit-gateway-attachment-id': ({ id }) => id,
    },
    undefined,
  );
  return page(world, {
    items: world.transitGatewayAttachments.seenWhere(key).filter(test),
    orderOf: ({ id }) => world.transitGatewayAttachments.orderOf(id),
    input,
    limits,
  });
}

export function transitGatewayRouteTableOperations(world: World): Operations {
  return {
    CreateTransitGatewayRouteTable(input: CreateTransitGatewayRouteTableRequest, call: Call): CreateTransitGatewayRouteTableResult {
      const tags = specifiedTags(input.TagSpecifications, ['transit-gateway-route-table']);
      const gateway = findOwnTransitGateway(world, call, input.TransitGatewayId);
      if (gateway.state !== 'available' && gateway.state !== 'modifying') throw incorrectState(`${gateway.id} is in invalid state`);
      const table = createTransitGatewayRouteTable(world, call, gateway.id);
      tagNew(world, call, { id: table.id, type: 'transit-gateway-route-table', tags });
      return { TransitGatewayRouteTable: shown(world, table, trueTags(world, call, table.id)) };
    },

    DeleteTransitGatewayRouteTable(input: DeleteTransitGatewayRouteTableRequest, call: Call): DeleteTransitGatewayRouteTableResult {
      const table = findTransitGatewayRouteTable(world, call, input.TransitGatewayRouteTableId);
      if (table.state !== 'available') throw incorrectState(`${table.id} is in invalid state`);
      const { association, propagation } = isDefault(world, table);
      if (association || propagation) throw incorrectState(`${table.id} is a default route table of ${table.transitGatewayId}`);
      if (world.transitGatewayAttachments.count(`associated:${table.id}`) > 0) {
        throw incorrectState(`${table.id} has non-deleted route table associations.`);
      }
      const deleting = world.transitGatewayRouteTables.change(table.id, { state: 'deleting' });
      for (const attachment of world.transitGatewayAttachments.where(`propagates:${table.id}`)) {
        const propagations = attachment.propagations.filter(({ routeTableId }) => routeTableId !== table.id);
        world.transitGatewayAttachments.change(attachment.id, { propagations });
      }
      world.later(world.settings.delaysMs.transitGatewayDeleting, finishDeletion, table.id, 'deleting');
      return { TransitGatewayRouteTable: shown(world, deleting, trueTags(world, call, table.id)) };
    },

    DescribeTransitGatewayRouteTables(
      input: DescribeTransitGatewayRouteTablesRequest,
      call: Call,
    ): DescribeTransitGatewayRouteTablesResult {
      const { items, NextToken } = list(world, call, {
        collection: world.transitGatewayRouteTables,
        kind: idKinds.transitGatewayRouteTable,
        ids: input.TransitGatewayRouteTableIds,
        input,
        limits,
        fields: {
          'default-association-route-table': (table) => isDefault(world, table).association,
          'default-propagation-route-table': (table) => isDefault(world, table).propagation,
          state: ({ state }) => state,
          'transit-gateway-id': ({ transitGatewayId }) => transitGatewayId,
          'transit-gateway-route-table-id': ({ id }) => id,
        },
      });
      return { TransitGatewayRouteTables: items.map((table) => shown(world, table, shownTags(world, call, table.id))), NextToken };
    },

    /** An attachment has one table (aws.md 6.1). */
    AssociateTransitGatewayRouteTable(
      input: AssociateTransitGatewayRouteTableRequest,
      call: Call,
    ): AssociateTransitGatewayRouteTableResult {
      const pair = findPair(world, call, input);
      mustBeAvailable(pair);
      if (pair.attachment.association) {
        throw new ApiError(
          'Resource.AlreadyAssociated',
          `Transit Gateway Attachment ${pair.attachment.id} is already associated to a route table.`,
        );
      }
      associate(world, pair.attachment.id, pair.table.id);
      return { Association: shownAssociation(pair.attachment, world.transitGatewayAttachments.get(pair.attachment.id)!.association!) };
    },

    DisassociateTransitGatewayRouteTable(
      input: DisassociateTransitGatewayRouteTableRequest,
      call: Call,
    ): DisassociateTransitGatewayRouteTableResult {
      const { table, attachment } = findPair(world, call, input);
      const { association } = attachment;
      if (association?.routeTableId !== table.id) {
        throw new ApiError('InvalidAssociation.NotFound', `There is no association between ${attachment.id} and ${table.id}`);
      }
      if (association.state !== 'associated') throw incorrectState(`The association of ${attachment.id} is ${association.state}`);
      const ending: Association = { ...association, state: 'disassociating' };
      world.transitGatewayAttachments.change(attachment.id, { association: ending });
      world.later(world.settings.delaysMs.transitGatewayAssociating, finishDisassociation, attachment.id, ending.routeTableId);
      return { Association: shownAssociation(attachment, ending) };
    },

    EnableTransitGatewayRouteTablePropagation(
      input: EnableTransitGatewayRouteTablePropagationRequest,
      call: Call,
    ): EnableTransitGatewayRouteTablePropagationResult {
      const pair = findPair(world, call, input);
      mustBeAvailable(pair);
      const { table, attachment } = pair;
      if (attachment.propagations.some(({ routeTableId }) => routeTableId === table.id)) {
        throw new ApiError(
          'TransitGatewayRouteTablePropagation.Duplicate',
          `Propagation of ${attachment.id} to ${table.id} is already enabled.`,
        );
      }
      propagate(world, attachment.id, table.id);
      return { Propagation: shownPropagation(attachment, { routeTableId: table.id, state: 'enabling' }) };
    },

    DisableTransitGatewayRouteTablePropagation(
      input: DisableTransitGatewayRouteTablePropagationRequest,
      call: Call,
    ): DisableTransitGatewayRouteTablePropagationResult {
      const { table, attachment } = findPair(world, call, input);
      const propagation = attachment.propagations.find(({ routeTableId }) => routeTableId === table.id);
      if (!propagation) {
        throw new ApiError('TransitGatewayRouteTablePropagation.NotFound', `There is no propagation of ${attachment.id} to ${table.id}`);
      }
      if (propagation.state !== 'enabled') throw incorrectState(`The propagation of ${attachment.id} is ${propagation.state}`);
      const ending: Propagation = { ...propagation, state: 'disabling' };
      setPropagation(world, attachment.id, { from: propagation, to: ending });
      world.later(world.settings.delaysMs.transitGatewayAssociating, finishDisabling, attachment.id, ending.routeTableId);
      return { Propagation: shownPropagation(attachment, ending) };
    },

    GetTransitGatewayRouteTableAssociations(
      input: GetTransitGatewayRouteTableAssociationsRequest,
      call: Call,
    ): GetTransitGatewayRouteTableAssociationsResult {
      const table = findTransitGatewayRouteTable(world, call, input.TransitGatewayRouteTableId);
      const { items, NextToken } = listAttachments(world, `associated:${table.id}`, input);
      const Associations = items.map((attachment) => {
        const { TransitGatewayRouteTableId: _, ...rest } = shownAssociation(attachment, attachment.association!);
        return rest;
      });
      return { Associations, NextToken };
    },

    GetTransitGatewayRouteTablePropagations(
      input: GetTransitGatewayRouteTablePropagationsRequest,
      call: Call,
    ): GetTransitGatewayRouteTablePropagationsResult {
      const table = findTransitGatewayRouteTable(world, call, input.TransitGatewayRouteTableId);
      const { items, NextToken } = listAttachments(world, `propagates:${table.id}`, input);
      return {
        TransitGatewayRouteTablePropagations: items.map((attachment) => {
          const propagation = attachment.propagations.find(({ routeTableId }) => routeTableId === table.id)!;
          const { TransitGatewayRouteTableId: _, ...rest } = shownPropagation(attachment, propagation);
          return rest;
        }),
        NextToken,
      };
    },

    GetTransitGatewayAttachmentPropagations(
      input: GetTransitGatewayAttachmentPropagationsRequest,
      call: Call,
    ): GetTransitGatewayAttachmentPropagationsResult {
      const { id } = findAttachment(world, call, input.TransitGatewayAttachmentId);
      const propagations = world.transitGatewayAttachments.seen(id)?.propagations ?? [];
      const test = filterTest<Propagation>(
        input.Filters ?? [],
        { 'transit-gateway-route-table-id': ({ routeTableId }) => routeTableId },
        undefined,
      );
      const { items, NextToken } = page(world, {
        items: propagations.filter(test),
        orderOf: ({ routeTableId }) => world.transitGatewayRouteTables.orderOf(routeTableId),
        input,
        limits,
      });
      return {
        TransitGatewayAttachmentPropagations: items.map(({ routeTableId, state }) => ({
          TransitGatewayRouteTableId: routeTableId,
          State: state,
        })),
        NextToken,
      };
    },
  };
}
