import { test } from '@jest/globals';
import { createNetworkLoadBalancer } from '../../../src/simulator/ec2/vpc-endpoints/network-load-balancers.ts';
import { type Area, callers, type Made, neverThere, type Pick, playSequences } from './engine.ts';

const ec2 = (operation: string, input: Made['input']): Made => ({ service: 'ec2', operation, input });

const vpcId = (pick: Pick): string => pick.id(pick.world.vpcs as never, 'vpc');
const endpointId = (pick: Pick): string => pick.id(pick.world.vpcEndpoints as never, 'vpce');
const serviceId = (pick: Pick): string => pick.id(pick.world.endpointServices as never, 'vpce-svc');
const groupId = (pick: Pick): string => pick.id(pick.world.securityGroups as never, 'sg');

const token = (pick: Pick): string | undefined => pick.of([undefined, 'token-1', 'token-2', 'token-3']);
const inVpc = (id: string): string => `vpc:${id}`;

/** What an endpoint of a VPC's may be put in. */
function near(pick: Pick, VpcId: string) {
  return {
    subnet: pick.of(pick.world.subnets.where(inVpc(VpcId)))?.id ?? `subnet-${neverThere}`,
    table: pick.of(pick.world.routeTables.where(inVpc(VpcId)))?.id ?? `rtb-${neverThere}`,
    group: pick.of(pick.world.securityGroups.where(inVpc(VpcId)))?.id ?? `sg-${neverThere}`,
  };
}

function gatewayEndpoint(pick: Pick): Made {
  const VpcId = vpcId(pick);
  const ServiceName = `com.amazonaws.us-west-2.${pick.of(['s3', 'dynamodb'])}`;
  return ec2('CreateVpcEndpoint', {
    VpcId,
    ServiceName,
    VpcEndpointType: 'Gateway',
    RouteTableIds: [near(pick, VpcId).table],
    ClientToken: token(pick),
  });
}

function interfaceEndpoint(pick: Pick): Made {
  const VpcId = vpcId(pick);
  const { subnet, group } = near(pick, VpcId);
  const own = pick.of([...pick.world.endpointServices.all()]);
  const ServiceName = pick.of([
    'com.amazonaws.us-west-2.sqs',
    ...(own ? Array.from({ length: 3 }, () => `com.amazonaws.vpce.us-west-2.${own.id}`) : []),
  ]);
  return ec2('CreateVpcEndpoint', {
    VpcId,
    ServiceName,
    VpcEndpointType: 'Interface',
    SubnetIds: pick.of([[], [subnet], [subnet]]),
    SecurityGroupIds: [group],
    PrivateDnsEnabled: pick.of([true, false]),
    ClientToken: token(pick),
    TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'a', Value: 'b' }] }],
  });
}

function modification(pick: Pick): Made {
  const VpcEndpointId = endpointId(pick);
  const endpoint = pick.world.vpcEndpoints.get(VpcEndpointId);
  const { subnet, table, group } = near(pick, endpoint?.vpcId ?? '');
  return ec2('ModifyVpcEndpoint', {
    VpcEndpointId,
    ...pick.of<object>([
      { AddRouteTableIds: [table] },
      { RemoveRouteTableIds: [table] },
      { AddSubnetIds: [subnet] },
      { RemoveSubnetIds: [endpoint?.subnets[0]?.subnetId ?? subnet] },
      { AddSecurityGroupIds: [group] },
      { RemoveSecurityGroupIds: [group] },
      { PrivateDnsEnabled: pick.of([true, false]) },
    ]),
  });
}

/** A decision of a service's owner about an endpoint that leads to it. */
function decision(pick: Pick, operation: string): Made {
  const ServiceId = serviceId(pick);
  const connected = pick.world.vpcEndpoints.where(`service:com.amazonaws.vpce.us-west-2.${ServiceId}`);
  return ec2(operation, { ServiceId, VpcEndpointIds: [pick.of(connected)?.id ?? `vpce-${neverThere}`] });
}

const area: Area = {
  prelude(stage) {
    const [consumer, provider] = callers;
    for (const [index, caller] of [consumer, provider].entries()) {
      const VpcId = stage.read(ec2('CreateVpc', { CidrBlock: `10.${index}.0.0/16` }), caller, 'Vpc', 'VpcId');
      stage.call(ec2('ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: true } }), caller);
      const subnetIds = ['a', 'b'].map((zone, third) => {
        const input = { VpcId, CidrBlock: `10.${index}.${third}.0/24`, AvailabilityZone: `us-west-2${zone}` };
        return stage.read(ec2('CreateSubnet', input), caller, 'Subnet', 'SubnetId');
      });
      if (caller === provider) createNetworkLoadBalancer(stage.world, provider, { name: 'front', subnetIds, listeners: [] });
    }
    const [balancer] = [...stage.world.networkLoadBalancers.all()];
    const service = ec2('CreateVpcEndpointServiceConfiguration', { NetworkLoadBalancerArns: [balancer!.id] });
    const ServiceId = stage.read(service, provider, 'ServiceConfiguration', 'ServiceId');
    stage.call(ec2('ModifyVpcEndpointServicePermissions', { ServiceId, AddAllowedPrincipals: ['*'] }), provider);
    stage.pass(3_000);
  },
  calls: [
    gatewayEndpoint,
    gatewayEndpoint,
    interfaceEndpoint,
    interfaceEndpoint,
    interfaceEndpoint,
    interfaceEndpoint,
    modification,
    modification,
    modification,
    (pick) => ec2('DeleteVpcEndpoints', { VpcEndpointIds: [endpointId(pick)] }),
    (pick) => ec2('DeleteVpcEndpoints', { VpcEndpointIds: [endpointId(pick), endpointId(pick)] }),
    (pick) =>
      ec2('CreateVpcEndpointServiceConfiguration', {
        NetworkLoadBalancerArns: [...pick.world.networkLoadBalancers.all()].map(({ id }) => id),
        AcceptanceRequired: pick.of([true, false]),
        PrivateDnsName: pick.of([undefined, 'api.example.com']),
        ClientToken: token(pick),
      }),
    (pick) =>
      ec2('ModifyVpcEndpointServiceConfiguration', {
        ServiceId: serviceId(pick),
        ...pick.of<object>([
          { AcceptanceRequired: pick.of([true, false]) },
          { RemovePrivateDnsName: true },
          { PrivateDnsName: 'api.example.com' },
        ]),
      }),
    (pick) =>
      ec2('ModifyVpcEndpointServicePermissions', {
        ServiceId: serviceId(pick),
        ...pick.of<object>([{ AddAllowedPrincipals: ['*'] }, { AddAllowedPrincipals: ['*'] }, { RemoveAllowedPrincipals: ['*'] }]),
      }),
    (pick) => ec2('StartVpcEndpointServicePrivateDnsVerification', { ServiceId: serviceId(pick) }),
    (pick) => ec2('DeleteVpcEndpointServiceConfigurations', { ServiceIds: [serviceId(pick)] }),
    (pick) => decision(pick, 'AcceptVpcEndpointConnections'),
    (pick) => decision(pick, 'AcceptVpcEndpointConnections'),
    (pick) => decision(pick, 'RejectVpcEndpointConnections'),
    (pick) => ec2('CreateSecurityGroup', { VpcId: vpcId(pick), GroupName: `g${pick.number(3)}`, Description: 'x' }),
    (pick) => ec2('DeleteSecurityGroup', { GroupId: groupId(pick) }),
    (pick) => ec2('CreateRouteTable', { VpcId: vpcId(pick) }),
    (pick) => ec2('DeleteRouteTable', { RouteTableId: pick.id(pick.world.routeTables as never, 'rtb') }),
    (pick) => ec2('DeleteSubnet', { SubnetId: pick.id(pick.world.subnets as never, 'subnet') }),
    (pick) => ec2('DeleteNetworkInterface', { NetworkInterfaceId: pick.id(pick.world.networkInterfaces as never, 'eni') }),
    (pick) => ec2('DeleteVpc', { VpcId: vpcId(pick) }),
    (pick) => ec2('CreateTags', { Resources: [pick.of([endpointId(pick), serviceId(pick)])], Tags: [{ Key: 'a', Value: 'c' }] }),
  ],
  reaches: [
    'CreateVpcEndpoint',
    'ModifyVpcEndpoint',
    'DeleteVpcEndpoints',
    'AcceptVpcEndpointConnections',
    'RejectVpcEndpointConnections',
    'CreateVpcEndpointServiceConfiguration',
    'DeleteVpcEndpointServiceConfigurations',
    'ModifyVpcEndpointServicePermissions',
    'StartVpcEndpointServicePrivateDnsVerification',
    'DeleteSecurityGroup',
    'DeleteRouteTable',
  ],
};

test('no sequence of calls about endpoints and endpoint services breaks what always holds', () => {
  playSequences(area, { seed: 20260103, numRuns: 500 });
});
