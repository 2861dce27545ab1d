import { test } from '@jest/globals';
import { type Area, callers, type Made, neverThere, type Pick, playSequences } from './engine.ts';

const ec2 = (operation: string, input: Made['input']): Made => ({ service: 'ec2', operation, input });
const lattice = (operation: string, input: Made['input']): Made => ({ service: 'vpc-lattice', operation, input });
const ram = (operation: string, input: Made['input']): Made => ({ service: 'ram', operation, input });

const gatewayId = (pick: Pick): string => pick.id(pick.world.resourceGateways as never, 'rgw');
const configurationId = (pick: Pick): string => pick.id(pick.world.resourceConfigurations as never, 'rcfg');
const networkId = (pick: Pick): string => pick.id(pick.world.serviceNetworks as never, 'sn');
const vpcId = (pick: Pick): string => pick.id(pick.world.vpcs as never, 'vpc');
const subnetOf = (pick: Pick, id: string): string => pick.of(pick.world.subnets.where(`vpc:${id}`))?.id ?? `subnet-${neverThere}`;
const endpointId = (pick: Pick): string => pick.id(pick.world.vpcEndpoints as never, 'vpce');

const token = (pick: Pick): string | undefined => pick.of([undefined, 'token-1', 'token-2', 'token-3']);

/** Anybody's configuration. */
function anyConfigurationArn(pick: Pick): string {
  const found = pick.of([...pick.world.resourceConfigurations.all()]);
  return `arn:aws:vpc-lattice:us-west-2:${found?.ownerId ?? callers[0].accountId}:resourceconfiguration/${found?.id ?? `rcfg-${neverThere}`}`;
}

const shareArn = (pick: Pick): string => pick.of([...pick.world.resourceShares.all()])?.arn ?? neverThere;
const invitationArn = (pick: Pick): string => pick.of([...pick.world.resourceShareInvitations.all()])?.arn ?? neverThere;
const entities = (pick: Pick): object =>
  pick.of<object>([{ principals: [pick.of([callers[0], callers[1]]).accountId] }, { resourceArns: [anyConfigurationArn(pick)] }]);

function gateway(pick: Pick): Made {
  const vpcIdentifier = vpcId(pick);
  return lattice('CreateResourceGateway', {
    name: `gateway-${pick.number(3)}`,
    vpcIdentifier,
    subnetIds: [subnetOf(pick, vpcIdentifier)],
    clientToken: token(pick),
  });
}

function configuration(pick: Pick): Made {
  const named = { name: `configuration-${pick.number(4)}`, clientToken: token(pick), allowAssociationToShareableServiceNetwork: true };
  const definition = { ipResource: { ipAddress: `10.0.0.${10 + pick.number(3)}` } };
  const group = [...pick.world.resourceConfigurations.all()].find(({ type }) => type === 'GROUP');
  return lattice('CreateResourceConfiguration', {
    ...named,
    ...pick.of<object>([
      { type: 'SINGLE', resourceGatewayIdentifier: gatewayId(pick), resourceConfigurationDefinition: definition, portRanges: ['443'] },
      { type: 'GROUP', resourceGatewayIdentifier: gatewayId(pick) },
      {
        type: 'CHILD',
        resourceConfigurationGroupIdentifier: group?.id ?? configurationId(pick),
        resourceConfigurationDefinition: definition,
      },
    ]),
  });
}

function endpoint(pick: Pick): Made {
  const VpcId = vpcId(pick);
  return ec2('CreateVpcEndpoint', {
    VpcId,
    VpcEndpointType: 'Resource',
    ResourceConfigurationArn: anyConfigurationArn(pick),
    SubnetIds: [subnetOf(pick, VpcId)],
    ClientToken: token(pick),
  });
}

const area: Area = {
  prelude(stage) {
    const [provider, consumer] = callers;
    for (const [index, caller] of [provider, consumer].entries()) {
      const VpcId = stage.read(ec2('CreateVpc', { CidrBlock: `10.${index}.0.0/16` }), caller, 'Vpc', 'VpcId');
      stage.call(ec2('CreateSubnet', { VpcId, CidrBlock: `10.${index}.0.0/24`, AvailabilityZoneId: 'usw2-az1' }), caller);
    }
    const [vpc] = [...stage.world.vpcs.all()];
    const [subnet] = [...stage.world.subnets.all()];
    const made = lattice('CreateResourceGateway', { name: 'first', vpcIdentifier: vpc!.id, subnetIds: [subnet!.id] });
    const resourceGatewayIdentifier = stage.read(made, provider, 'id');
    stage.pass(5_000);
    const configuration = lattice('CreateResourceConfiguration', {
      name: 'first',
      type: 'SINGLE',
      resourceGatewayIdentifier,
      resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.0.9' } },
      portRanges: ['443'],
      allowAssociationToShareableServiceNetwork: true,
    });
    const arn = stage.read(configuration, provider, 'arn');
    stage.pass(3_000);
    const serviceNetworkIdentifier = stage.read(lattice('CreateServiceNetwork', { name: 'first' }), provider, 'id');
    const join = { serviceNetworkIdentifier, resourceConfigurationIdentifier: arn };
    stage.call(lattice('CreateServiceNetworkResourceAssociation', join), provider);
    stage.call(ram('CreateResourceShare', { name: 'first', resourceArns: [arn], principals: [consumer.accountId] }), provider);
    stage.pass(3_000);
  },
  calls: [
    gateway,
    gateway,
    (pick) => lattice('UpdateResourceGateway', { resourceGatewayIdentifier: gatewayId(pick), securityGroupIds: [] }),
    (pick) => lattice('DeleteResourceGateway', { resourceGatewayIdentifier: gatewayId(pick) }),
    configuration,
    configuration,
    configuration,
    (pick) => lattice('UpdateResourceConfiguration', { resourceConfigurationIdentifier: configurationId(pick), portRanges: ['1'] }),
    (pick) => lattice('DeleteResourceConfiguration', { resourceConfigurationIdentifier: configurationId(pick) }),
    (pick) => lattice('DeleteResourceConfiguration', { resourceConfigurationIdentifier: configurationId(pick) }),
    (pick) => lattice('CreateServiceNetwork', { name: `network-${pick.number(3)}`, clientToken: token(pick) }),
    (pick) => lattice('DeleteServiceNetwork', { serviceNetworkIdentifier: networkId(pick) }),
    (pick) =>
      lattice('CreateServiceNetworkResourceAssociation', {
        serviceNetworkIdentifier: networkId(pick),
        resourceConfigurationIdentifier: configurationId(pick),
        clientToken: token(pick),
      }),
    (pick) =>
      lattice('DeleteServiceNetworkResourceAssociation', {
        serviceNetworkResourceAssociationIdentifier: pick.id(pick.world.serviceNetworkResourceAssociations as never, 'snra'),
      }),
    (pick) => lattice('StartDomainVerification', { domainName: pick.of(['example.com', 'api.example.com']), clientToken: token(pick) }),
    (pick) => lattice('DeleteDomainVerification', { domainVerificationIdentifier: pick.id(pick.world.domainVerifications as never, 'dv') }),
    (pick) => lattice('TagResource', { resourceArn: anyConfigurationArn(pick), tags: { a: 'b' } }),
    (pick) => ram('CreateResourceShare', { name: 'share', ...entities(pick), clientToken: token(pick) }),
    (pick) => ram('AssociateResourceShare', { resourceShareArn: shareArn(pick), ...entities(pick), clientToken: token(pick) }),
    (pick) => ram('DisassociateResourceShare', { resourceShareArn: shareArn(pick), ...entities(pick), clientToken: token(pick) }),
    (pick) => ram('DeleteResourceShare', { resourceShareArn: shareArn(pick), clientToken: token(pick) }),
    (pick) => ram('AcceptResourceShareInvitation', { resourceShareInvitationArn: invitationArn(pick), clientToken: token(pick) }),
    (pick) => ram('AcceptResourceShareInvitation', { resourceShareInvitationArn: invitationArn(pick) }),
    (pick) => ram('RejectResourceShareInvitation', { resourceShareInvitationArn: invitationArn(pick), clientToken: token(pick) }),
    endpoint,
    endpoint,
    endpoint,
    (pick) => ec2('DeleteVpcEndpoints', { VpcEndpointIds: [endpointId(pick)] }),
    (pick) =>
      lattice('DeleteResourceEndpointAssociation', {
        resourceEndpointAssociationIdentifier: pick.id(pick.world.resourceEndpointAssociations as never, 'rea'),
      }),
    (pick) => ec2('DeleteSubnet', { SubnetId: pick.id(pick.world.subnets as never, 'subnet') }),
    (pick) => ec2('DeleteVpc', { VpcId: vpcId(pick) }),
  ],
  reaches: [
    'CreateResourceGateway',
    'UpdateResourceGateway',
    'DeleteResourceGateway',
    'CreateResourceConfiguration',
    'UpdateResourceConfiguration',
    'DeleteResourceConfiguration',
    'CreateServiceNetworkResourceAssociation',
    'DeleteServiceNetworkResourceAssociation',
    'DeleteServiceNetwork',
    'StartDomainVerification',
    'AssociateResourceShare',
    'DisassociateResourceShare',
    'DeleteResourceShare',
    'AcceptResourceShareInvitation',
    'RejectResourceShareInvitation',
    'CreateVpcEndpoint',
    'DeleteResourceEndpointAssociation',
  ],
};

test('no sequence of calls about shared resources and the endpoints to them breaks what always holds', () => {
  playSequences(area, { seed: 20260104, numRuns: 500 });
});
