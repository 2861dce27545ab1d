import type {
  CreateTransitGatewayResult,
  CreateTransitGatewayRouteTableResult,
  CreateTransitGatewayVpcAttachmentResult,
} from '@aws-sdk/client-ec2';
import type { GetResourceShareInvitationsResponse } from '@aws-sdk/client-ram';
import type { z } from 'zod';
import { accountId, cidr, type FieldPath, fields, idOf, listOf, name, reference, region, tags } from './fields.ts';
import { type Loading, type Making, rootOf, specification } from './loading.ts';

export const transitGateway = fields({
  name,
  id: idOf('tgw').optional(),
  tags: tags.optional(),
  account: accountId,
  region,
  /** Left out: one table, which every attachment has and tells its CIDRs. */
  routeTables: listOf(
    fields({
      name,
      id: idOf('tgw-rtb').optional(),
      tags: tags.optional(),
      routes: listOf(
        fields({
          to: cidr,
          /** A VPC that is attached, or `blackhole`. */
          via: reference,
        }),
      ).default([]),
    }),
  ).optional(),
  /** The gateway is shared with the accounts of these VPCs. */
  attachments: listOf(
    fields({
      /** Named as a peering names it. */
      vpc: reference,
      id: idOf('tgw-attach').optional(),
      tags: tags.optional(),
      /** One of each zone. */
      subnets: listOf(reference),
      /** The table by which what comes from the VPC is routed. */
      routeTable: reference.optional(),
      /** The tables that learn the VPC's CIDRs. */
      propagatesTo: listOf(reference).default([]),
    }),
  ).default([]),
});

type TransitGatewayDescription = z.output<typeof transitGateway>;

/** A gateway of the file that is in the world, without its attachments and tables. */
interface LoadedGateway {
  readonly described: TransitGatewayDescription;
  readonly at: Making;
  readonly arn: string;
}

export function loadTransitGateways(loading: Loading, transitGateways: readonly TransitGatewayDescription[]): void {
  const made = transitGateways.map((described, index): LoadedGateway => {
    const path = ['transitGateways', index];
    const call = rootOf(described.account, described.region);
    const at = { call, path, idPath: loading.newKey(`transitGateways/${described.name}`, path) };
    const ownTables = described.routeTables ? 'disable' : 'enable';
    const { TransitGateway } = loading.make<CreateTransitGatewayResult>({ ...at, ids: { tgw: described.id } }, 'CreateTransitGateway', {
      Options: { DefaultRouteTableAssociation: ownTables, DefaultRouteTablePropagation: ownTables },
      TagSpecifications: specification('transit-gateway', described),
    });
    loading.ids.set(at.idPath, TransitGateway!.TransitGatewayId!);
    return { described, at, arn: TransitGateway!.TransitGatewayArn! };
  });
  if (made.length === 0) return;
  loading.settle();
  for (const gateway of made) attach(loading, gateway);
  loading.settle();
  for (const { described, at } of made) {
    for (const [index, attachment] of described.attachments.entries()) {
      const id = loading.ids.get(`${at.idPath}/attachments/${attachment.vpc}`)!;
      if (loading.world.transitGatewayAttachments.get(id)?.state !== 'pendingAcceptance') continue;
      const here = { ...at, path: [...at.path, 'attachments', index] };
      loading.make(here, 'AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id });
    }
  }
  loading.settle();
  for (const gateway of made) route(loading, gateway);
  loading.settle();
}

/** Shares a gateway with the accounts of the VPCs that are attached to it, and attaches these. */
function attach(loading: Loading, { described, at, arn }: LoadedGateway): void {
  const attached = described.attachments.map((attachment, index) => {
    const path = [...at.path, 'attachments', index];
    return { attachment, path, vpc: loading.vpcNamed(attachment.vpc, [...path, 'vpc']) };
  });
  const principals = [...new Set(attached.map(({ vpc }) => vpc.call.accountId))].filter((account) => account !== described.account);
  if (principals.length > 0) {
    loading.make(at, 'CreateResourceShare', { name: described.name, resourceArns: [arn], principals });
    for (const principal of principals) {
      const theirs = { ...at, call: rootOf(principal, at.call.region) };
      const answer = loading.make<GetResourceShareInvitationsResponse>(theirs, 'GetResourceShareInvitations', {});
      for (const { resourceShareInvitationArn, status } of answer.resourceShareInvitations ?? []) {
        if (status === 'PENDING') loading.make(theirs, 'AcceptResourceShareInvitation', { resourceShareInvitationArn });
      }
    }
    loading.settle();
  }
  for (const { attachment, path, vpc } of attached) {
    const idPath = loading.newKey(`${at.idPath}/attachments/${attachment.vpc}`, path);
    const answer = loading.make<CreateTransitGatewayVpcAttachmentResult>(
      { call: vpc.call, path, idPath, ids: { 'tgw-attach': attachment.id } },
      'CreateTransitGatewayVpcAttachment',
      {
        TransitGatewayId: loading.ids.get(at.idPath),
        VpcId: vpc.vpcId,
        SubnetIds: attachment.subnets.map((subnet, index) =>
          loading.idOf(`${vpc.key}/subnets/${subnet}`, [...path, 'subnets', index], 'subnet of the VPC'),
        ),
        TagSpecifications: specification('transit-gateway-attachment', { name: attachment.vpc, tags: attachment.tags }),
      },
    );
    loading.ids.set(idPath, answer.TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!);
  }
}

/** Makes a gateway's own tables, and says what is routed by them. */
function route(loading: Loading, { described, at }: LoadedGateway): void {
  const attachmentNamed = (vpc: string, path: FieldPath): string => loading.idOf(`${at.idPath}/attachments/${vpc}`, path, 'attached VPC');
  for (const [index, table] of (described.routeTables ?? []).entries()) {
    const path = [...at.path, 'routeTables', index];
    const here = { ...at, path, idPath: loading.newKey(`${at.idPath}/routeTables/${table.name}`, path) };
    const answer = loading.make<CreateTransitGatewayRouteTableResult>(
      { ...here, ids: { 'tgw-rtb': table.id } },
      'CreateTransitGatewayRouteTable',
      { TransitGatewayId: loading.ids.get(at.idPath), TagSpecifications: specification('transit-gateway-route-table', table) },
    );
    loading.ids.set(here.idPath, answer.TransitGatewayRouteTable!.TransitGatewayRouteTableId!);
  }
  loading.settle();
  const tableNamed = (table: string, path: FieldPath): string => loading.idOf(`${at.idPath}/routeTables/${table}`, path, 'route table');
  for (const [index, attachment] of described.attachments.entries()) {
    const path = [...at.path, 'attachments', index];
    const TransitGatewayAttachmentId = attachmentNamed(attachment.vpc, [...path, 'vpc']);
    if (attachment.routeTable !== undefined) {
      const TransitGatewayRouteTableId = tableNamed(attachment.routeTable, [...path, 'routeTable']);
      loading.make({ ...at, path }, 'AssociateTransitGatewayRouteTable', { TransitGatewayRouteTableId, TransitGatewayAttachmentId });
    }
    for (const [tableIndex, table] of attachment.propagatesTo.entries()) {
      const TransitGatewayRouteTableId = tableNamed(table, [...path, 'propagatesTo', tableIndex]);
      const input = { TransitGatewayRouteTableId, TransitGatewayAttachmentId };
      loading.make({ ...at, path }, 'EnableTransitGatewayRouteTablePropagation', input);
    }
  }
  for (const [index, table] of (described.routeTables ?? []).entries()) {
    for (const [routeIndex, { to, via }] of table.routes.entries()) {
      const path = [...at.path, 'routeTables', index, 'routes', routeIndex];
      loading.make({ ...at, path }, 'CreateTransitGatewayRoute', {
        TransitGatewayRouteTableId: tableNamed(table.name, path),
        DestinationCidrBlock: to,
        ...(via === 'blackhole' ? { Blackhole: true } : { TransitGatewayAttachmentId: attachmentNamed(via, [...path, 'via']) }),
      });
    }
  }
}
