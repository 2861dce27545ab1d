import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { ApiError, type Operations } from '../../../src/simulator/service.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import { World } from '../../../src/simulator/world/world.ts';

const [provider, consumer] = ['111122223333', '444455556666'];

/** From each state to those that may follow; `gone` where the thing is no more, `none` before it was (aws.md 5.1, 5.2). */
const resourceEdges: Readonly<Record<string, readonly string[]>> = {
  none: ['CREATE_IN_PROGRESS'],
  CREATE_IN_PROGRESS: ['ACTIVE', 'CREATE_FAILED'],
  ACTIVE: ['UPDATE_IN_PROGRESS', 'DELETE_IN_PROGRESS'],
  UPDATE_IN_PROGRESS: ['ACTIVE'],
  CREATE_FAILED: ['DELETE_IN_PROGRESS'],
  DELETE_IN_PROGRESS: ['gone'],
};
/** The same of RAM (aws.md 5.8). */
const shareEdges: Readonly<Record<string, readonly string[]>> = {
  none: ['PENDING', 'ASSOCIATING'],
  PENDING: ['ACTIVE', 'ACCEPTED', 'EXPIRED', 'REJECTED', 'DELETING', 'gone'],
  // An invitation goes with its share.
  ACCEPTED: ['gone'],
  EXPIRED: ['gone'],
  REJECTED: ['gone'],
  ACTIVE: ['DELETING'],
  DELETING: ['DELETED'],
  DELETED: ['gone'],
  ASSOCIATING: ['ASSOCIATED', 'DISASSOCIATING', 'DISASSOCIATED'],
  ASSOCIATED: ['DISASSOCIATING'],
  DISASSOCIATING: ['DISASSOCIATED'],
  DISASSOCIATED: ['ASSOCIATING', 'gone'],
};

const index = fc.nat(2);
const step = fc.oneof(
  fc.record({ call: fc.constant('createGateway' as const), index, token: fc.option(index) }),
  fc.record({
    call: fc.constantFrom(
      'updateGateway' as const,
      'deleteGateway' as const,
      'updateConfiguration' as const,
      'deleteConfiguration' as const,
    ),
    index,
  }),
  fc.record({ call: fc.constant('createConfiguration' as const), index, gateway: index }),
  fc.record({
    call: fc.constantFrom('share' as const, 'associate' as const, 'disassociate' as const, 'deleteShare' as const),
    index,
    entity: index,
  }),
  fc.record({ call: fc.constantFrom('accept' as const, 'reject' as const), index }),
  fc.record({ call: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 1_000, 2_000, 5_000, 12 * 3_600_000) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** So far every story begins: with a resource configuration, and an invitation to use it. */
const prelude: readonly Step[] = [
  { call: 'createGateway', index: 0, token: null },
  { call: 'wait', ms: 5_000 },
  { call: 'createConfiguration', index: 0, gateway: 0 },
  { call: 'wait', ms: 2_000 },
  { call: 'share', index: 0, entity: 0 },
  { call: 'wait', ms: 2_000 },
];

class Story {
  /** How often a consumer has seen a configuration. */
  sights = 0;
  readonly clock = new VirtualClock();
  readonly world = new World({ clock: this.clock, random: seededRandom(3) });
  readonly #operations: Operations = {
    ...ec2Operations(this.world),
    ...ramOperations(this.world),
    ...vpcLatticeOperations(this.world),
  };
  readonly #vpcId: string;
  readonly #subnetId: string;
  readonly #states = new Map<string, string>();
  readonly #answers = new Map<string, unknown>();

  constructor() {
    this.#vpcId = this.call('CreateVpc', { CidrBlock: '10.0.0.0/16' }).Vpc!.VpcId!;
    this.#subnetId = this.call('CreateSubnet', { VpcId: this.#vpcId, CidrBlock: '10.0.0.0/26' }).Subnet!.SubnetId!;
  }

  call(name: string, input: object, accountId = provider): { [member: string]: { [member: string]: string } } & { id?: string } {
    return this.#operations[name]!(input as never, {
      accountId,
      region: 'us-west-2',
      callerArn: `arn:aws:iam::${accountId}:root`,
    }) as never;
  }

  /** Takes a step; AWS may refuse it, but nothing may break. */
  async take(next: Step): Promise<void> {
    if (next.call === 'wait') {
      // Moment by moment until everything short has passed, so that no state is missed.
      const [from, until] = [this.clock.now(), this.clock.now() + next.ms];
      while (this.clock.now() < until) {
        const stride = this.clock.now() - from < 10_000 ? 250 : 3_600_000;
        await this.clock.advance(Math.min(until - this.clock.now(), stride));
        this.world.catchUp();
        this.check();
      }
      return;
    }
    try {
      this.#call(next);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
    this.check();
  }

  #call(next: Exclude<Step, { call: 'wait' }>): void {
    const gateway = (at: number): string => [...this.world.resourceGateways.all()][at]?.id ?? 'rgw-00000000000000000';
    const configuration = (at: number): string => [...this.world.resourceConfigurations.all()][at]?.id ?? 'rcfg-00000000000000000';
    const configurationArn = (at: number): string => `arn:aws:vpc-lattice:us-west-2:${provider}:resourceconfiguration/${configuration(at)}`;
    const share = (at: number): string => [...this.world.resourceShares.all()][at]?.arn ?? 'none';
    const invitation = (at: number): string => [...this.world.resourceShareInvitations.all()][at]?.arn ?? 'none';
    const entities = (at: number) => (at === 0 ? { principals: [consumer] } : { resourceArns: [configurationArn(at - 1)] });
    switch (next.call) {
      case 'createGateway': {
        const token = next.token === null ? {} : { clientToken: `token-${next.token}` };
        const input = { name: `gateway-${next.index}`, vpcIdentifier: this.#vpcId, subnetIds: [this.#subnetId], ...token };
        const { id } = this.call('CreateResourceGateway', input);
        // A repeated token never makes two.
        if (next.token !== null) expect(this.#answers.get(`${next.token}`) ?? id).toBe(id);
        if (next.token !== null) this.#answers.set(`${next.token}`, id);
        return;
      }
      case 'updateGateway':
        this.call('UpdateResourceGateway', { resourceGatewayIdentifier: gateway(next.index), securityGroupIds: [] });
        return;
      case 'deleteGateway':
        this.call('DeleteResourceGateway', { resourceGatewayIdentifier: gateway(next.index) });
        return;
      case 'createConfiguration':
        this.call('CreateResourceConfiguration', {
          name: `configuration-${next.index}`,
          type: 'SINGLE',
          resourceGatewayIdentifier: gateway(next.gateway),
          resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.0.9' } },
        });
        return;
      case 'updateConfiguration':
        this.call('UpdateResourceConfiguration', { resourceConfigurationIdentifier: configuration(next.index), portRanges: ['1'] });
        return;
      case 'deleteConfiguration':
        this.call('DeleteResourceConfiguration', { resourceConfigurationIdentifier: configuration(next.index) });
        return;
      case 'share':
        this.call('CreateResourceShare', { name: 'share', resourceArns: [configurationArn(next.index)], ...entities(0) });
        return;
      case 'associate':
        this.call('AssociateResourceShare', { resourceShareArn: share(next.index), ...entities(next.entity) });
        return;
      case 'disassociate':
        this.call('DisassociateResourceShare', { resourceShareArn: share(next.index), ...entities(next.entity) });
        return;
      case 'deleteShare':
        this.call('DeleteResourceShare', { resourceShareArn: share(next.index) });
        return;
      case 'accept':
        this.call('AcceptResourceShareInvitation', { resourceShareInvitationArn: invitation(next.index) }, consumer);
        return;
      case 'reject':
        this.call('RejectResourceShareInvitation', { resourceShareInvitationArn: invitation(next.index) }, consumer);
    }
  }

  check(): void {
    const { resourceGateways, resourceConfigurations, resourceShares, resourceShareAssociations, resourceShareInvitations } = this.world;
    const gateways = [...resourceGateways.all()];
    const configurations = [...resourceConfigurations.all()];
    for (const things of [gateways, configurations]) {
      expect(new Set(things.map(({ name }) => name)).size).toBe(things.length);
    }
    for (const { resourceGatewayId } of configurations) expect(resourceGateways.get(resourceGatewayId)).toBeDefined();
    const interfaces = [...this.world.networkInterfaces.all()].map(({ id }) => id);
    expect(interfaces.sort()).toEqual(gateways.flatMap(({ networkInterfaceIds }) => networkInterfaceIds).sort());
    this.#checkEdges([...gateways, ...configurations], resourceEdges);
    this.#checkEdges([...resourceShares.all(), ...resourceShareAssociations.all(), ...resourceShareInvitations.all()], shareEdges);
    for (const { id, ownerId } of configurations) this.#checkSight(`arn:aws:vpc-lattice:us-west-2:${ownerId}:resourceconfiguration/${id}`);
  }

  #checkEdges(things: readonly { id: string; status: string }[], edges: Readonly<Record<string, readonly string[]>>): void {
    for (const { id, status } of things) {
      const before = this.#states.get(id) ?? 'none';
      if (before !== status) expect({ before, may: edges[before] }).toMatchObject({ before, may: expect.arrayContaining([status]) });
      this.#states.set(id, status);
    }
    const ids = new Set(things.map(({ id }) => id));
    for (const [id, before] of this.#states) {
      const isOfThese = (edges === resourceEdges) === /^r(?:gw|cfg)-/.test(id);
      if (!isOfThese || ids.has(id)) continue;
      expect({ before, may: edges[before] }).toMatchObject({ before, may: expect.arrayContaining(['gone']) });
      this.#states.delete(id);
    }
  }

  /** A consumer sees a configuration exactly if a share that is active has both associated, and none whom it has not accepted is. */
  #checkSight(arn: string): void {
    const associations = [...this.world.resourceShareAssociations.all()].filter(({ status }) => status === 'ASSOCIATED');
    const sharesOf = (entity: string): string[] =>
      associations.filter(({ associatedEntity }) => associatedEntity === entity).map(({ shareId }) => shareId);
    const joint = sharesOf(arn).filter((id) => sharesOf(consumer).includes(id) && this.world.resourceShares.get(id)?.status === 'ACTIVE');
    let seen = true;
    try {
      this.call('GetResourceConfiguration', { resourceConfigurationIdentifier: arn }, consumer);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'ResourceNotFoundException') throw error;
      seen = false;
    }
    expect(seen).toBe(joint.length > 0);
    this.sights += seen ? 1 : 0;
    for (const id of joint) {
      const accepted = this.world.resourceShareInvitations.where(`share:${id}`).some(({ status }) => status === 'ACCEPTED');
      expect(accepted).toBe(true);
    }
  }
}

test('no sequence of calls breaks names, references, states, interfaces or the sight of what is shared (aws.md 9.7, 9.8)', async () => {
  let storiesWithSight = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const story = new Story();
      for (const next of [...prelude, ...steps]) await story.take(next);
      storiesWithSight += story.sights > 0 ? 1 : 0;
    }),
    { numRuns: 30, seed: 1 },
  );
  // Chance has to have led so far that there was something to break.
  expect(storiesWithSight).toBeGreaterThan(0);
}, 60_000);
