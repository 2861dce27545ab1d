import { test } from '@jest/globals';
import type { World } from '../../../src/simulator/world/world.ts';
import { type Area, callers, type Made, neverThere, type Pick, playSequences } from './engine.ts';

const ec2 = (operation: string, input: Made['input']): Made => ({ service: 'ec2', operation, input });

const vpcId = (pick: Pick): string => pick.id(pick.world.vpcs as never, 'vpc');
const subnetId = (pick: Pick): string => pick.id(pick.world.subnets as never, 'subnet');
/** Anybody's: gateways are shared. */
const gatewayId = (pick: Pick): string => pick.of([...pick.world.transitGateways.all()])?.id ?? `tgw-${neverThere}`;
const tableId = (pick: Pick): string => pick.id(pick.world.transitGatewayRouteTables as never, 'tgw-rtb');
const attachmentId = (pick: Pick): string => pick.id(pick.world.transitGatewayAttachments as never, 'tgw-attach');
const allocationId = (pick: Pick): string => pick.id(pick.world.elasticIps as never, 'eipalloc');
const natId = (pick: Pick): string => pick.id(pick.world.natGateways as never, 'nat');
const interfaceId = (pick: Pick): string => pick.id(pick.world.networkInterfaces as never, 'eni');

const token = (pick: Pick): string | undefined => pick.of([undefined, 'token-1', 'token-2', 'token-3']);
const inTable = (pick: Pick): Made['input'] => ({
  TransitGatewayRouteTableId: tableId(pick),
  TransitGatewayAttachmentId: attachmentId(pick),
});
const destination = (pick: Pick): Made['input'] => ({
  TransitGatewayRouteTableId: tableId(pick),
  DestinationCidrBlock: `10.${pick.number(3)}.0.0/16`,
});
const onward = (pick: Pick): object => pick.of([{ TransitGatewayAttachmentId: attachmentId(pick) }, { Blackhole: true }]);

/** A VPC of the caller's and a subnet that lies in it. */
function place(pick: Pick): { readonly VpcId: string; readonly SubnetIds: readonly string[] } {
  const VpcId = vpcId(pick);
  return { VpcId, SubnetIds: [pick.of(pick.world.subnets.where(`vpc:${VpcId}`))?.id ?? subnetId(pick)] };
}

const attach = (pick: Pick): Made => ec2('CreateTransitGatewayVpcAttachment', { TransitGatewayId: gatewayId(pick), ...place(pick) });
const createNat = (pick: Pick): Made =>
  ec2('CreateNatGateway', {
    SubnetId: subnetId(pick),
    ...pick.of([{ AllocationId: allocationId(pick) }, { AllocationId: allocationId(pick) }, { ConnectivityType: 'private' }]),
    ClientToken: token(pick),
  });

const accept = (world: World): Made => ({
  service: 'ram',
  operation: 'AcceptResourceShareInvitation',
  input: { resourceShareInvitationArn: [...world.resourceShareInvitations.all()].at(-1)?.arn ?? 'none' },
});

const area: Area = {
  prelude(stage) {
    const [provider, consumer] = callers;
    for (const [index, caller] of [provider, consumer].entries()) {
      const VpcId = stage.read(ec2('CreateVpc', { CidrBlock: `10.${index}.0.0/16` }), caller, 'Vpc', 'VpcId');
      for (const zone of ['a', 'b']) {
        const CidrBlock = `10.${index}.${zone === 'a' ? 0 : 1}.0/24`;
        stage.call(ec2('CreateSubnet', { VpcId, CidrBlock, AvailabilityZone: `us-west-2${zone}` }), caller);
      }
      const InternetGatewayId = stage.read(ec2('CreateInternetGateway', {}), caller, 'InternetGateway', 'InternetGatewayId');
      stage.call(ec2('AttachInternetGateway', { VpcId, InternetGatewayId }), caller);
    }
    const arn = stage.read(ec2('CreateTransitGateway', {}), provider, 'TransitGateway', 'TransitGatewayArn');
    stage.pass(6_000);
    const share = { name: 'gateway', resourceArns: [arn], principals: [consumer.accountId] };
    stage.call({ service: 'ram', operation: 'CreateResourceShare', input: share }, provider);
    stage.pass(3_000);
    stage.call(accept(stage.world), consumer);
    stage.pass(3_000);
  },
  calls: [
    (pick) => ec2('CreateTransitGateway', { Options: { AutoAcceptSharedAttachments: pick.of(['enable', 'disable']) } }),
    (pick) =>
      ec2('ModifyTransitGateway', {
        TransitGatewayId: gatewayId(pick),
        Options: { AutoAcceptSharedAttachments: pick.of(['enable', 'disable']) },
      }),
    (pick) => ec2('DeleteTransitGateway', { TransitGatewayId: gatewayId(pick) }),
    attach,
    attach,
    attach,
    (pick) => ec2('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachmentId(pick) }),
    (pick) => ec2('AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachmentId(pick) }),
    (pick) => ec2('RejectTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachmentId(pick) }),
    (pick) =>
      ec2('ModifyTransitGatewayVpcAttachment', {
        TransitGatewayAttachmentId: attachmentId(pick),
        ...pick.of([{ AddSubnetIds: [subnetId(pick)] }, { RemoveSubnetIds: [subnetId(pick)] }, { Options: { DnsSupport: 'disable' } }]),
      }),
    (pick) => ec2('DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachmentId(pick) }),
    (pick) => ec2('CreateTransitGatewayRouteTable', { TransitGatewayId: gatewayId(pick) }),
    (pick) => ec2('DeleteTransitGatewayRouteTable', { TransitGatewayRouteTableId: tableId(pick) }),
    (pick) => ec2('AssociateTransitGatewayRouteTable', inTable(pick)),
    (pick) => ec2('AssociateTransitGatewayRouteTable', inTable(pick)),
    (pick) => ec2('DisassociateTransitGatewayRouteTable', inTable(pick)),
    (pick) => ec2('DisassociateTransitGatewayRouteTable', inTable(pick)),
    (pick) => ec2('EnableTransitGatewayRouteTablePropagation', inTable(pick)),
    (pick) => ec2('DisableTransitGatewayRouteTablePropagation', inTable(pick)),
    (pick) => ec2('CreateTransitGatewayRoute', { ...destination(pick), ...onward(pick) }),
    (pick) => ec2('ReplaceTransitGatewayRoute', { ...destination(pick), ...onward(pick) }),
    (pick) => ec2('DeleteTransitGatewayRoute', destination(pick)),
    (pick) =>
      ec2('AllocateAddress', { TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: [{ Key: 'a', Value: `${pick.number(2)}` }] }] }),
    (pick) => ec2('ReleaseAddress', { AllocationId: allocationId(pick) }),
    (pick) =>
      ec2('AssociateAddress', {
        AllocationId: allocationId(pick),
        NetworkInterfaceId: interfaceId(pick),
        AllowReassociation: pick.of([true, false]),
      }),
    (pick) =>
      ec2('DisassociateAddress', {
        AssociationId:
          pick.of([...pick.world.elasticIps.all()].flatMap(({ association }) => (association ? [association.associationId] : []))) ??
          `eipassoc-${neverThere}`,
      }),
    createNat,
    createNat,
    (pick) => ec2('DeleteNatGateway', { NatGatewayId: natId(pick) }),
    (pick) => ec2('CreateNetworkInterface', { SubnetId: subnetId(pick) }),
    (pick) => ec2('DeleteNetworkInterface', { NetworkInterfaceId: interfaceId(pick) }),
    (pick) => ec2('CreateEgressOnlyInternetGateway', { VpcId: vpcId(pick), ClientToken: token(pick) }),
    (pick) =>
      ec2('DeleteEgressOnlyInternetGateway', {
        EgressOnlyInternetGatewayId: pick.id(pick.world.egressOnlyInternetGateways as never, 'eigw'),
      }),
    (pick) => ec2('DetachInternetGateway', { VpcId: vpcId(pick), InternetGatewayId: pick.id(pick.world.internetGateways as never, 'igw') }),
    (pick) => ec2('DeleteSubnet', { SubnetId: subnetId(pick) }),
    (pick) => ec2('DeleteVpc', { VpcId: vpcId(pick) }),
    (pick) =>
      ec2('CreateTags', {
        Resources: [pick.of([gatewayId(pick), attachmentId(pick), tableId(pick), natId(pick), allocationId(pick)])],
        Tags: [{ Key: 'a', Value: 'b' }],
      }),
  ],
  reaches: [
    'CreateTransitGatewayVpcAttachment',
    'AcceptTransitGatewayVpcAttachment',
    'RejectTransitGatewayVpcAttachment',
    'ModifyTransitGatewayVpcAttachment',
    'AssociateTransitGatewayRouteTable',
    'DisassociateTransitGatewayRouteTable',
    'EnableTransitGatewayRouteTablePropagation',
    'DisableTransitGatewayRouteTablePropagation',
    'ReplaceTransitGatewayRoute',
    'DeleteTransitGateway',
    'DeleteTransitGatewayRouteTable',
    'CreateNatGateway',
    'DeleteNatGateway',
    'AssociateAddress',
    'DisassociateAddress',
    'ReleaseAddress',
    'CreateTags',
  ],
};

test('no sequence of calls about transit gateways, NAT gateways and Elastic IPs breaks what always holds', () => {
  playSequences(area, { seed: 20260102, numRuns: 500 });
});
