import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import type { AwsSimulator } from '../../../src/simulator/aws-simulator.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { ApiError, type Operations } from '../../../src/simulator/service.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { publishTxtRecord } from '../../../src/simulator/vpc-lattice/domain-verifications.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { readState, SavedStateError, type SavedWorld, writeState } from '../../../src/simulator/world/saved-state.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { loadWorld } from '../../../src/simulator/world-file/load.ts';
import { form } from '../small-aws.ts';

interface Aws {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly simulator: AwsSimulator;
  readonly operations: Operations;
}

function aws(seed: number, clock = new VirtualClock()): Aws {
  const random = seededRandom(seed);
  const world = new World({ clock, random });
  const operations = { ...ec2Operations(world), ...route53Operations(world), ...ramOperations(world), ...vpcLatticeOperations(world) };
  return { clock, world, operations, simulator: simulatorOf(world, { clock, random: seededRandom(seed + 1), throttling: true }) };
}

/** The same state in another process: another clock, another seed. */
function reloaded(before: Aws): Aws {
  const after = aws(99, new VirtualClock(before.clock.now()));
  readState(writeState(before), 'state.json', after);
  return after;
}

const [one, two] = ['111122223333', '444455556666'];

/** Something of each sort, so that there is something to change and to delete. */
const beginning = `
accounts:
  "${one}":
    us-west-2:
      vpcs:
        - name: a
          cidr: 10.0.0.0/16
          secondaryCidrs: [10.8.0.0/16]
          ipv6: 2001:db8:1::/56
          subnets: [{ name: a, cidr: 10.0.0.0/24, zone: usw2-az1 }, { name: b, cidr: 10.0.1.0/24, zone: usw2-az2, ipv6: "2001:db8:1:1::/64" }]
          instances: [{ name: a, subnet: a }]
          natGateways: [{ name: a, subnet: a, private: true }]
          networkLoadBalancers: [{ name: a, subnets: [a] }]
        - { name: b, cidr: 10.1.0.0/16, subnets: [{ name: a, cidr: 10.1.0.0/24 }] }
peerings: [{ name: ab, requester: a, accepter: b }]
transitGateways:
  - name: t
    account: "${one}"
    region: us-west-2
    routeTables: [{ name: t }]
    attachments: [{ vpc: a, subnets: [a] }, { vpc: b, subnets: [a], routeTable: t, propagatesTo: [t] }]
`;

/** One step of somebody who tries all sorts of things: numbers pick among what there is. */
interface Step {
  readonly what: number;
  readonly a: number;
  readonly b: number;
  readonly afterMs: number;
}

const step = fc.noBias(
  fc.record<Step>({
    what: fc.nat(999),
    a: fc.nat(50),
    b: fc.nat(50),
    afterMs: fc.constantFrom(0, 0, 0, 500, 1_000, 2_000, 5_000, 3_600_000),
  }),
);

/** All calls that set something off that happens later, and some that act on what these made. */
function callOf(world: World, { what, a, b }: Step): [operation: string, input: object] {
  const ids = (collection: { all(): Iterable<{ readonly id: string }> }): string[] => [...collection.all()].map(({ id }) => id);
  const pick = (collection: { all(): Iterable<{ readonly id: string }> }, number: number): string => {
    const known = ids(collection);
    return known[number % Math.max(1, known.length)] ?? 'vpc-00000000000000000';
  };
  const subnetId = pick(world.subnets, a);
  const vpcId = world.subnets.get(subnetId)?.vpcId ?? pick(world.vpcs, a);
  const [gateway, attachment] = [pick(world.transitGateways, a), pick(world.transitGatewayAttachments, b)];
  const table = { TransitGatewayRouteTableId: pick(world.transitGatewayRouteTables, a), TransitGatewayAttachmentId: attachment };
  const [peering, configuration] = [pick(world.peerings, a), pick(world.resourceConfigurations, a)];
  const share = [...world.resourceShares.all()][a % Math.max(1, world.resourceShares.where(`place:${one}/us-west-2`).length)]?.arn;
  const configurationArns = [...world.resourceConfigurations.all()].map(
    ({ id }) => `arn:aws:vpc-lattice:us-west-2:${one}:resourceconfiguration/${id}`,
  );
  const TagSpecifications = (ResourceType: string) => [{ ResourceType, Tags: [{ Key: 'Name', Value: `${b}` }] }];
  const calls: [string, object][] = [
    [
      'CreateVpc',
      { CidrBlock: `10.${a % 8}.0.0/16`, AmazonProvidedIpv6CidrBlock: b % 2 === 0, TagSpecifications: TagSpecifications('vpc') },
    ],
    ['AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: `10.${b % 8}.0.0/16` }],
    [
      'DisassociateVpcCidrBlock',
      { AssociationId: [...world.vpcs.all()].flatMap(({ cidrBlocks }) => cidrBlocks.slice(1))[0]?.associationId ?? 'vpc-cidr-assoc-0' },
    ],
    ['CreateSubnet', { VpcId: vpcId, CidrBlock: `10.${a % 8}.${b % 4}.0/24` }],
    ['RunInstances', { ImageId: 'ami-1', MinCount: 1, MaxCount: 1, SubnetId: subnetId, ClientToken: `token-${b % 4}` }],
    ['TerminateInstances', { InstanceIds: [pick(world.instances, a)] }],
    ['CreateNatGateway', { SubnetId: subnetId, ConnectivityType: 'private', ClientToken: `token-${b % 4}` }],
    ['DeleteNatGateway', { NatGatewayId: pick(world.natGateways, a) }],
    ['CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: pick(world.vpcs, b) }],
    ['AcceptVpcPeeringConnection', { VpcPeeringConnectionId: peering }],
    ['DeleteVpcPeeringConnection', { VpcPeeringConnectionId: peering }],
    ['CreateTransitGateway', {}],
    ['ModifyTransitGateway', { TransitGatewayId: gateway, Description: `${b}` }],
    ['DeleteTransitGateway', { TransitGatewayId: gateway }],
    ['CreateTransitGatewayVpcAttachment', { TransitGatewayId: gateway, VpcId: vpcId, SubnetIds: [subnetId] }],
    ['ModifyTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachment, AddSubnetIds: [subnetId] }],
    ['DeleteTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: attachment }],
    ['CreateTransitGatewayRouteTable', { TransitGatewayId: gateway }],
    ['AssociateTransitGatewayRouteTable', table],
    ['DisassociateTransitGatewayRouteTable', table],
    ['EnableTransitGatewayRouteTablePropagation', table],
    ['DisableTransitGatewayRouteTablePropagation', table],
    ['DeleteTransitGatewayRouteTable', table],
    ['CreateManagedPrefixList', { PrefixListName: 'list', MaxEntries: 5, AddressFamily: 'IPv4' }],
    ['ModifyManagedPrefixList', { PrefixListId: pick(world.prefixLists, a), MaxEntries: 1 + b * 40 }],
    [
      'CreateRoute',
      { RouteTableId: pick(world.routeTables, a), DestinationPrefixListId: pick(world.prefixLists, b), TransitGatewayId: gateway },
    ],
    ['DeleteManagedPrefixList', { PrefixListId: pick(world.prefixLists, a) }],
    [
      'CreateVpcEndpoint',
      {
        VpcId: vpcId,
        SubnetIds: [subnetId],
        ServiceName: 'com.amazonaws.us-west-2.ec2',
        VpcEndpointType: 'Interface',
        PrivateDnsEnabled: false,
      },
    ],
    [
      'CreateVpcEndpoint',
      { VpcId: vpcId, ServiceName: 'com.amazonaws.us-west-2.s3', VpcEndpointType: 'Gateway', ClientToken: `token-${b % 2}` },
    ],
    ['DeleteVpcEndpoints', { VpcEndpointIds: [pick(world.vpcEndpoints, a)] }],
    ['CreateTags', { Resources: [vpcId], Tags: [{ Key: 'Name', Value: `${b}` }] }],
    ['DescribeVpcs', { Filters: [{ Name: 'tag:Name', Values: [`${b}`] }] }],
    ['DescribeVpcPeeringConnections', {}],
    ['DescribeNetworkInterfaces', {}],
    ['CreateResourceGateway', { name: `gateway-${b % 4}`, vpcIdentifier: vpcId, subnetIds: [subnetId], clientToken: `token-${b % 4}` }],
    ['UpdateResourceGateway', { resourceGatewayIdentifier: pick(world.resourceGateways, a), securityGroupIds: [] }],
    ['DeleteResourceGateway', { resourceGatewayIdentifier: pick(world.resourceGateways, a) }],
    [
      'CreateResourceConfiguration',
      {
        name: `configuration-${b % 4}`,
        type: 'SINGLE',
        portRanges: ['443'],
        resourceGatewayIdentifier: pick(world.resourceGateways, a),
        resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.0.9' } },
        clientToken: `token-${b % 4}`,
      },
    ],
    ['UpdateResourceConfiguration', { resourceConfigurationIdentifier: configuration, portRanges: [`${80 + b}`] }],
    ['DeleteResourceConfiguration', { resourceConfigurationIdentifier: configuration }],
    ['StartDomainVerification', { domainName: `d${b % 3}.example.com`, clientToken: `token-${b % 3}` }],
    ['CreateServiceNetwork', { name: `network-${b % 3}`, clientToken: `token-${b % 3}` }],
    [
      'CreateServiceNetworkResourceAssociation',
      {
        serviceNetworkIdentifier: pick(world.serviceNetworks, a),
        resourceConfigurationIdentifier: configuration,
        clientToken: `token-${b % 3}`,
      },
    ],
    [
      'DeleteServiceNetworkResourceAssociation',
      { serviceNetworkResourceAssociationIdentifier: pick(world.serviceNetworkResourceAssociations, a) },
    ],
    [
      'CreateResourceShare',
      { name: 'share', resourceArns: configurationArns.slice(0, 1), principals: [two], clientToken: `token-${b % 3}` },
    ],
    ['DeleteResourceShare', { resourceShareArn: share ?? 'arn', clientToken: `token-${b}` }],
    ['GetResourceShareAssociations', { associationType: 'PRINCIPAL' }],
    [
      'CreateHostedZone',
      { Name: `z${b % 3}.internal`, CallerReference: `reference-${b % 5}`, VPC: { VPCId: vpcId, VPCRegion: 'us-west-2' } },
    ],
    ['ListHostedZones', {}],
  ];
  return calls[what % calls.length]!;
}

/** Plays steps, and gives the answers. Now and then reads begin to lag, or cease to. */
function play({ clock, world, operations }: Aws, steps: readonly Step[]): unknown[] {
  const answers: unknown[] = [];
  for (const next of steps) {
    if (next.what % 17 === 0) {
      const lagMsOf = next.b % 2 === 0 ? {} : { vpcs: 700, vpcEndpoints: 400 };
      world.configure({ lagReads: next.a % 3, tagIndexLagReads: next.b % 3, lagMsOf });
    }
    if (next.what % 19 === 0) {
      for (const { txtName, txtValue } of world.domainVerifications.all()) publishTxtRecord(world, txtName, [txtValue]);
    }
    world.catchUp();
    const [operation, input] = callOf(world, next);
    try {
      answers.push(operations[operation]!(input as never, { accountId: one, region: 'us-west-2', callerArn: `arn:aws:iam::${one}:root` }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answers.push(error.code);
    }
    // Nothing waits on the clock itself: the world catches up with it.
    clock.jump(next.afterMs);
  }
  return answers;
}

describe('a state that is saved and loaded', () => {
  test('goes on as if nothing had been: the same answers, the same state, the same seed', () => {
    const saved = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 80 }), fc.nat(60), (steps, at) => {
        const [first, rest] = [steps.slice(0, at), steps.slice(at)];
        const whole = aws(1);
        loadWorld(beginning, 'world.yaml', whole.world);
        play(whole, first);
        const expected = play(whole, rest);

        const before = aws(1);
        loadWorld(beginning, 'world.yaml', before.world);
        play(before, first);
        for (const { transition } of before.world.save().due) saved.add(transition);
        const after = reloaded(before);
        expect(after.world.dump()).toEqual(before.world.dump());
        expect(play(after, rest)).toEqual(expected);
        expect(after.world.dump()).toEqual(whole.world.dump());
        expect(JSON.parse(writeState(after))).toEqual(JSON.parse(writeState(whole)));
      }),
      { numRuns: 100, endOnFailure: true, seed: 7 },
    );
    expect(saved.size).toBeGreaterThan(25);
  });

  test('has what waits for its time: a peering that is on its way arrives', async () => {
    const before = aws(1);
    const file = 'accounts: { "111122223333": { us-west-2: { vpcs: [{ name: a, cidr: 10.0.0.0/16 }, { name: b, cidr: 10.1.0.0/16 }] } } }';
    const ids = loadWorld(file, 'world.yaml', before.world);
    const input = { VpcId: ids.get(`${one}/us-west-2/a`), PeerVpcId: ids.get(`${one}/us-west-2/b`) };
    before.operations.CreateVpcPeeringConnection!(input as never, { accountId: one, region: 'us-west-2', callerArn: '' });
    const after = reloaded(before);
    const state = () => Object.values(after.world.dump().peerings as Record<string, { state: string }>)[0]?.state;
    expect(state()).toBe('initiating-request');
    await after.clock.advance(1_000);
    expect(state()).toBe('pending-acceptance');
    expect(after.world.network()).toHaveLength(1);
  });

  test('remembers faults and how often they struck, token buckets and the numbers of calls', async () => {
    const before = aws(1);
    before.simulator.orderFaults([
      { operation: 'DescribeVpcs', nth: 3, effect: { error: { code: 'Third' } } },
      { operation: 'DescribeSubnets', probability: 0.5, effect: { error: { code: 'Unlucky' } } },
    ]);
    const call = async ({ simulator }: Aws, action: string): Promise<string> => {
      const { status, body } = await simulator.handle(form(`Action=${action}&Version=2016-11-15`));
      return `${status} ${body}`;
    };
    const calls = async (at: Aws, count: number, action: string) => {
      const answers: string[] = [];
      for (let index = 0; index < count; index++) answers.push(await call(at, action));
      return answers;
    };
    await calls(before, 2, 'DescribeVpcs');
    // EC2's bucket for calls that change something holds fifty.
    await calls(before, 40, 'CreateInternetGateway');
    const after = reloaded(before);
    expect(after.simulator.faults).toEqual(before.simulator.faults);
    const told = async (at: Aws) => [
      ...(await calls(at, 1, 'DescribeVpcs')),
      ...(await calls(at, 12, 'CreateInternetGateway')),
      ...(await calls(at, 20, 'DescribeSubnets')),
    ];
    const expected = await told(before);
    expect(expected[0]).toContain('Third');
    expect(expected[12]).toContain('RequestLimitExceeded');
    expect(await told(after)).toEqual(expected);
    expect(after.simulator.record.sequence).toBe(before.simulator.record.sequence);
  });

  test('has dates in the answers that client tokens remember, and none where a tag is called so', () => {
    const before = aws(1);
    const caller = { accountId: one, region: 'us-west-2', callerArn: '' };
    loadWorld(beginning, 'world.yaml', before.world);
    const subnetId = [...before.world.subnets.all()][0]!.id;
    const TagSpecifications = [{ ResourceType: 'natgateway', Tags: [{ Key: '$date', Value: '1' }] }];
    const input = { SubnetId: subnetId, ConnectivityType: 'private', ClientToken: 'token', TagSpecifications };
    const made = before.operations.CreateNatGateway!(input as never, caller);
    expect(made).toMatchObject({ NatGateway: { CreateTime: expect.any(Date) } });
    const after = reloaded(before);
    expect(after.operations.CreateNatGateway!(input as never, caller)).toEqual(made);
    expect(after.world.dump()).toEqual(before.world.dump());
  });

  test('remembers roles with their policies, and the organisation', () => {
    const before = aws(1);
    loadWorld(
      `
organization: { id: o-exampleorgid, managementAccount: "${two}", units: { ou-ab12-34cd56ef: ["${one}"] }, sharing: true }
roles:
  - arn: arn:aws:iam::${one}:role/isthmus
    trusts: ["${two}"]
    externalId: secret
    policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: "ec2:*", Resource: "*" }] }
`,
      'world.yaml',
      before.world,
    );
    const { world } = reloaded(before);
    const role = `arn:aws:iam::${one}:role/isthmus`;
    expect(world.mayAssume(two, role, 'secret')).toBe(true);
    expect(world.mayAssume(two, role, 'guess')).not.toBe(true);
    expect(world.policyOf(role)?.statements).toHaveLength(1);
    expect(world.settings).toEqual(before.world.settings);
  });
});

describe('a file that is no saved state', () => {
  const right = (): { format: string; version: number; world: SavedWorld } => {
    const before = aws(1);
    loadWorld('accounts: { "111122223333": { us-west-2: { vpcs: [{ name: a, cidr: 10.0.0.0/16 }] } } }', 'world.yaml', before.world);
    before.operations.CreateVpc!({ CidrBlock: '10.1.0.0/16' } as never, { accountId: one, region: 'us-west-2', callerArn: '' });
    return JSON.parse(writeState(before));
  };
  const errorOf = (source: string): string => {
    try {
      readState(source, 'state.json', aws(2));
      return 'none';
    } catch (error) {
      if (!(error instanceof SavedStateError)) throw error;
      return error.message;
    }
  };
  const changed = (path: string, value: unknown): string => {
    const state = right();
    const steps = path.split('.');
    const last = steps.pop()!;
    const holder = steps.reduce<Record<string, unknown>>((node, name) => node[name] as Record<string, unknown>, state as never);
    holder[last] = value;
    return JSON.stringify(state);
  };

  test('is told apart from one that is', () => {
    expect(errorOf(JSON.stringify(right()))).toBe('none');
  });

  test.each([
    ['{', /^state\.json: is no JSON: /],
    ['[]', /^state\.json: /],
    ['{"accounts":{}}', /^state\.json: format: found nothing; the file is no state of the simulator/],
    [changed('version', 7), /^state\.json: version: found 7; the version that is known here is 1$/],
    [changed('world.now', 'noon'), /^state\.json: world\.now: found "noon"; it must be milliseconds since 1970$/],
    [changed('world.due.0.transition', 'vpc.explode'), /^state\.json: world\.due\[0\]\.transition: there is no transition vpc\.explode$/],
    [changed('world.collections.moons', { nextOrder: 1, entries: [] }), /world\.collections: there is no collection moons$/],
    [changed('world.collections.vpcs.entries.0.madeAt', null), /world\.collections\.vpcs\.entries\[0\]\.madeAt: found null; it must be/],
    [
      changed('world.collections.vpcs.entries.0.versions.0.value', 'vpc'),
      /versions\[0\]\.value: found "vpc"; it must be an object with an id/,
    ],
    [
      changed('world.collections.routeTables.entries.0.versions.0.value', { id: 'rtb-1' }),
      /world\.collections\.routeTables\.entries\[0\]: \S+ is not as the routeTables are/,
    ],
    [changed('world.settings.lagMs', -1), /world\.settings\.lagMs: found -1; it must be a number of milliseconds/],
    [changed('simulator.faults.rules', [{}]), /simulator\.faults\.rules\[0\]\.rule: /],
  ])('is refused with its fault named: %#', (source, message) => {
    expect(errorOf(source)).toMatch(message);
  });
});
