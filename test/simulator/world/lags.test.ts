import { beforeEach, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { ApiError, type Operations } from '../../../src/simulator/service.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { World } from '../../../src/simulator/world/world.ts';

type Answer = Record<string, unknown>;

let clock: VirtualClock;
let world: World;
let operations: Operations;
let vpcId: string;
let subnetId: string;

const call = (operation: string, input: object, accountId = '111122223333'): Answer =>
  operations[operation]!(input as never, { accountId, region: 'us-west-2', callerArn: `arn:aws:iam::${accountId}:root` }) as Answer;

function codeOf(operation: string, input: object): string | undefined {
  try {
    call(operation, input);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}

/** How many things the call lists. */
const count = (operation: string, input: object = {}): number =>
  Object.values(call(operation, input))
    .filter(Array.isArray)
    .reduce((sum, list) => sum + list.length, 0);

beforeEach(async () => {
  clock = new VirtualClock();
  world = new World({ clock, random: seededRandom(1) });
  operations = { ...ec2Operations(world), ...route53Operations(world), ...ramOperations(world), ...vpcLatticeOperations(world) };
  vpcId = (call('CreateVpc', { CidrBlock: '10.0.0.0/16' }).Vpc as { VpcId: string }).VpcId;
  subnetId = (call('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.1.0/24' }).Subnet as { SubnetId: string }).SubnetId;
  await clock.advance(10_000);
});

const gatewayInput = () => ({ name: 'my-gateway', vpcIdentifier: vpcId, subnetIds: [subnetId] });

/** A transit gateway that is available by now, without tables of its own. */
function transitGateway(): { TransitGatewayId: string } {
  const options = { DefaultRouteTableAssociation: 'disable', DefaultRouteTablePropagation: 'disable' };
  const { TransitGateway } = call('CreateTransitGateway', { Options: options }) as { TransitGateway: { TransitGatewayId: string } };
  world.transitGateways.change(TransitGateway.TransitGatewayId, { state: 'available' });
  return { TransitGatewayId: TransitGateway.TransitGatewayId };
}

function resourceGateway(): string {
  const id = call('CreateResourceGateway', gatewayInput()).id as string;
  world.resourceGateways.change(id, { status: 'ACTIVE' });
  return id;
}

/** For each kind: the collection, the call that makes one, and the call that lists them. */
const kinds: [collection: string, make: () => unknown, list: string, input?: object][] = [
  ['vpcs', () => call('CreateVpc', { CidrBlock: '10.1.0.0/16' }), 'DescribeVpcs'],
  ['subnets', () => call('CreateSubnet', { VpcId: vpcId, CidrBlock: '10.0.2.0/24' }), 'DescribeSubnets'],
  ['routeTables', () => call('CreateRouteTable', { VpcId: vpcId }), 'DescribeRouteTables'],
  ['securityGroups', () => call('CreateSecurityGroup', { VpcId: vpcId, GroupName: 'g', Description: 'd' }), 'DescribeSecurityGroups'],
  ['networkAcls', () => call('CreateNetworkAcl', { VpcId: vpcId }), 'DescribeNetworkAcls'],
  ['internetGateways', () => call('CreateInternetGateway', {}), 'DescribeInternetGateways'],
  ['egressOnlyInternetGateways', () => call('CreateEgressOnlyInternetGateway', { VpcId: vpcId }), 'DescribeEgressOnlyInternetGateways'],
  ['elasticIps', () => call('AllocateAddress', {}), 'DescribeAddresses'],
  ['natGateways', () => call('CreateNatGateway', { SubnetId: subnetId, ConnectivityType: 'private' }), 'DescribeNatGateways'],
  ['networkInterfaces', () => call('CreateNetworkInterface', { SubnetId: subnetId }), 'DescribeNetworkInterfaces'],
  ['instances', () => call('RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: subnetId }), 'DescribeInstances'],
  ['transitGateways', () => call('CreateTransitGateway', {}), 'DescribeTransitGateways'],
  [
    'vpcEndpoints',
    () => call('CreateVpcEndpoint', { VpcId: vpcId, ServiceName: 'com.amazonaws.us-west-2.s3', VpcEndpointType: 'Gateway' }),
    'DescribeVpcEndpoints',
  ],
  [
    'peerings',
    () => {
      const { Vpc } = call('CreateVpc', { CidrBlock: '10.1.0.0/16' }) as { Vpc: { VpcId: string } };
      return call('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: Vpc.VpcId });
    },
    'DescribeVpcPeeringConnections',
  ],
  [
    'prefixLists',
    () => call('CreateManagedPrefixList', { PrefixListName: 'l', MaxEntries: 1, AddressFamily: 'IPv4' }),
    'DescribeManagedPrefixLists',
  ],
  ['transitGatewayRouteTables', () => call('CreateTransitGatewayRouteTable', transitGateway()), 'DescribeTransitGatewayRouteTables'],
  [
    'transitGatewayAttachments',
    () => call('CreateTransitGatewayVpcAttachment', { ...transitGateway(), VpcId: vpcId, SubnetIds: [subnetId] }),
    'DescribeTransitGatewayVpcAttachments',
  ],
  ['resourceShares', () => call('CreateResourceShare', { name: 'share' }), 'GetResourceShares', { resourceOwner: 'SELF' }],
  [
    'resourceShareAssociations',
    () => call('CreateResourceShare', { name: 'share', principals: ['444455556666'] }),
    'GetResourceShareAssociations',
    { associationType: 'PRINCIPAL' },
  ],
  [
    'resourceConfigurations',
    () =>
      call('CreateResourceConfiguration', {
        name: 'my-group',
        type: 'GROUP',
        resourceGatewayIdentifier: resourceGateway(),
      }),
    'ListResourceConfigurations',
  ],
  ['resourceGateways', () => call('CreateResourceGateway', gatewayInput()), 'ListResourceGateways'],
  ['serviceNetworks', () => call('CreateServiceNetwork', { name: 'my-network' }), 'ListServiceNetworks'],
  ['domainVerifications', () => call('StartDomainVerification', { domainName: 'example.com' }), 'ListDomainVerifications'],
  [
    'hostedZones',
    () => call('CreateHostedZone', { Name: 'a.internal', CallerReference: 'a', VPC: { VPCId: vpcId, VPCRegion: 'us-west-2' } }),
    'ListHostedZones',
  ],
];

describe.each(kinds)('%s', (collection, make, list, input = {}) => {
  test('are missed by so many reads as are set, and by no more', () => {
    const before = count(list, input);
    world.configure({ lagReadsOf: { [collection]: 2 } });
    make();
    expect([1, 2, 3, 4].map(() => count(list, input) - before)).toEqual([0, 0, 1, 1]);
  });

  test('are missed for as long as is set', async () => {
    const before = count(list, input);
    world.configure({ lagMsOf: { [collection]: 1_000 } });
    make();
    await clock.advance(999);
    expect(count(list, input)).toBe(before);
    await clock.advance(1);
    expect(count(list, input)).toBe(before + 1);
  });

  test('are seen at once while only others lag', () => {
    const before = count(list, input);
    world.configure({ lagReads: 2, lagReadsOf: { [collection]: 0 } });
    make();
    expect(count(list, input)).toBe(before + 1);
  });
});

describe('reads that miss what is new', () => {
  const names = (): (string | undefined)[] =>
    (call('DescribeVpcs', { VpcIds: [vpcId] }).Vpcs as { Tags: { Value: string }[] }[]).map(({ Tags }) => Tags[0]?.Value);
  const name = (value: string) => call('CreateTags', { Resources: [vpcId], Tags: [{ Key: 'Name', Value: value }] });

  test('are counted for each thing by itself', () => {
    world.configure({ lagReads: 1 });
    const other = (call('CreateVpc', { CidrBlock: '10.1.0.0/16' }).Vpc as { VpcId: string }).VpcId;
    expect(codeOf('DescribeVpcs', { VpcIds: [other] })).toBe('InvalidVpcID.NotFound');
    call('DescribeVpcs', { VpcIds: [vpcId] });
    const third = (call('CreateVpc', { CidrBlock: '10.2.0.0/16' }).Vpc as { VpcId: string }).VpcId;
    expect(codeOf('DescribeVpcs', { VpcIds: [other] })).toBeUndefined();
    expect(codeOf('DescribeVpcs', { VpcIds: [third] })).toBe('InvalidVpcID.NotFound');
  });

  test('show changes one by one, in order, and deletions last', () => {
    world.configure({ lagReadsOf: { tags: 2 } });
    name('one');
    expect(names()).toEqual([undefined]);
    name('two');
    expect([names(), names(), names(), names()].flat()).toEqual([undefined, 'one', 'two', 'two']);
    call('DeleteTags', { Resources: [vpcId] });
    expect([names(), names(), names()].flat()).toEqual(['two', 'two', undefined]);
  });

  test('do not keep a call from acting on the truth', () => {
    world.configure({ lagReads: 5 });
    const { Vpc } = call('CreateVpc', { CidrBlock: '10.1.0.0/16' }) as { Vpc: { VpcId: string } };
    expect(codeOf('CreateSubnet', { VpcId: Vpc.VpcId, CidrBlock: '10.1.0.0/24' })).toBeUndefined();
  });

  test('never miss again what was seen, however the lag is changed', () => {
    world.configure({ lagReadsOf: { tags: 1 } });
    name('one');
    expect([names(), names()].flat()).toEqual([undefined, 'one']);
    world.configure({ lagReadsOf: { tags: 9 } });
    expect(names()).toEqual(['one']);
    name('two');
    world.configure({ lagReadsOf: {}, lagReads: 0 });
    expect(names()).toEqual(['two']);
    world.configure({ lagReads: 3 });
    expect(names()).toEqual(['two']);
  });

  test('lag by time and by count together where both are set', async () => {
    world.configure({ lagReadsOf: { tags: 1 }, lagMsOf: { tags: 1_000 } });
    name('one');
    expect([names(), names()].flat()).toEqual([undefined, undefined]);
    await clock.advance(1_000);
    expect(names()).toEqual(['one']);
    name('two');
    await clock.advance(1_000);
    expect([names(), names()].flat()).toEqual(['one', 'two']);
  });
});

describe('the index of tags', () => {
  const byTag = { Filters: [{ Name: 'tag:Name', Values: ['web'] }] };
  const shownTags = () => (call('DescribeVpcs', { VpcIds: [vpcId] }).Vpcs as { Tags: object[] }[])[0]!.Tags.length;
  const name = () => call('CreateTags', { Resources: [vpcId], Tags: [{ Key: 'Name', Value: 'web' }] });

  test('finds a fresh tag late by time, while a read by id shows it', async () => {
    world.configure({ tagIndexLagMs: 2_000 });
    name();
    expect([shownTags(), count('DescribeVpcs', byTag)]).toEqual([1, 0]);
    await clock.advance(2_000);
    expect(count('DescribeVpcs', byTag)).toBe(1);
  });

  test('finds it late by count: reads by id do not count, those that filter by tags do', () => {
    world.configure({ tagIndexLagReads: 2 });
    name();
    expect([shownTags(), shownTags(), shownTags()]).toEqual([1, 1, 1]);
    expect([1, 2, 3].map(() => count('DescribeVpcs', byTag))).toEqual([0, 0, 1]);
  });

  test('misses a fresh thing that was made with its tags', () => {
    world.configure({ tagIndexLagReads: 1 });
    const TagSpecifications = [{ ResourceType: 'vpc', Tags: [{ Key: 'Name', Value: 'web' }] }];
    const { Vpc } = call('CreateVpc', { CidrBlock: '10.1.0.0/16', TagSpecifications }) as { Vpc: { VpcId: string } };
    expect(count('DescribeVpcs', { VpcIds: [Vpc.VpcId] })).toBe(1);
    expect([1, 2].map(() => count('DescribeVpcs', byTag))).toEqual([0, 1]);
  });

  test('still finds what has just lost its tag', () => {
    name();
    world.configure({ tagIndexLagReads: 1 });
    call('DeleteTags', { Resources: [vpcId] });
    expect([shownTags(), count('DescribeVpcs', byTag), count('DescribeVpcs', byTag)]).toEqual([0, 1, 0]);
  });
});

test('what a world begins with is seen at once, however reads lag', () => {
  const lagging = new World({ clock, random: seededRandom(1), settings: { lagReads: 3, lagMs: 1_000, tagIndexLagReads: 3 } });
  const ec2 = ec2Operations(lagging);
  const context = { accountId: '111122223333', region: 'us-west-2', callerArn: '' };
  const describeVpcs = () => (ec2.DescribeVpcs!({} as never, context) as { Vpcs: object[] }).Vpcs.length;
  lagging.past(86_400_000, () => ec2.CreateVpc!({ CidrBlock: '10.0.0.0/16' } as never, context));
  expect(describeVpcs()).toBe(1);
  ec2.CreateVpc!({ CidrBlock: '10.1.0.0/16' } as never, context);
  expect(describeVpcs()).toBe(1);
});
