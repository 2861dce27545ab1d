import { describe, expect, test } from '@jest/globals';
import { type Aws, aws, type Caller, mainTable, one, peer, request, shownPeering, stateOf, two, vpc } from './account.ts';

const hours = (count: number): number => count * 3_600_000;
const days = (count: number): number => count * hours(24);

interface Pair {
  readonly simulated: Aws;
  readonly requester: Caller;
  readonly accepter: Caller;
  readonly vpcId: string;
  readonly peerVpcId: string;
}

/** Two VPCs that do not overlap. */
function pair({
  peerAccount = one,
  peerRegion = 'us-west-2',
  settings = {},
}: {
  peerAccount?: string;
  peerRegion?: string;
  settings?: object;
} = {}): Pair {
  const simulated = aws(settings);
  const requester = simulated.caller();
  const accepter = simulated.caller(peerAccount, peerRegion);
  return { simulated, requester, accepter, vpcId: vpc(requester, '10.0.0.0/16'), peerVpcId: vpc(accepter, '10.1.0.0/16') };
}

const active = ({ simulated, requester, vpcId, accepter, peerVpcId }: Pair): Promise<string> =>
  peer(simulated, { requester, vpcId, accepter, peerVpcId });

async function pending({ simulated, requester, vpcId, accepter, peerVpcId }: Pair): Promise<string> {
  const id = request(requester, vpcId, accepter, peerVpcId);
  await simulated.clock.advance(1_000);
  return id;
}

describe('the life of a peering (aws.md 1.1)', () => {
  test('goes from initiating-request over pending-acceptance and provisioning to active, each in its own words', async () => {
    const { simulated, requester, accepter, vpcId, peerVpcId } = pair({ peerAccount: two });
    const id = request(requester, vpcId, accepter, peerVpcId);
    expect(shownPeering(requester, id)?.Status).toEqual({ Code: 'initiating-request', Message: `Initiating Request to ${two}` });
    expect(stateOf(accepter, id)).toBeUndefined();
    await simulated.clock.advance(999);
    expect(stateOf(requester, id)).toBe('initiating-request');
    await simulated.clock.advance(1);
    expect(shownPeering(accepter, id)?.Status).toEqual({ Code: 'pending-acceptance', Message: `Pending Acceptance by ${two}` });
    const accepted = accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    expect(accepted.VpcPeeringConnection?.Status?.Code).toBe('provisioning');
    await simulated.clock.advance(2_000);
    expect(shownPeering(requester, id)?.Status).toEqual({ Code: 'active', Message: 'Active' });
  });

  test('within a region deletion is at once; across regions it passes through deleting', async () => {
    const near = pair();
    const nearId = await active(near);
    near.requester('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: nearId });
    expect(stateOf(near.requester, nearId)).toBe('deleted');
    const far = pair({ peerRegion: 'eu-west-2' });
    const farId = await active(far);
    far.accepter('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: farId });
    expect(stateOf(far.requester, farId)).toBe('deleting');
    await far.simulated.clock.advance(2_000);
    expect(stateOf(far.requester, farId)).toBe('deleted');
  });

  test('a request that nobody answers expires after 168 hours and is shown to both for two days more', async () => {
    const both = pair({ peerAccount: two });
    const id = await pending(both);
    await both.simulated.clock.advance(hours(168) - 1_001);
    expect(stateOf(both.accepter, id)).toBe('pending-acceptance');
    await both.simulated.clock.advance(1);
    expect(stateOf(both.accepter, id)).toBe('expired');
    await both.simulated.clock.advance(days(2) - 1);
    expect([stateOf(both.requester, id), stateOf(both.accepter, id)]).toEqual(['expired', 'expired']);
    await both.simulated.clock.advance(1);
    expect([stateOf(both.requester, id), stateOf(both.accepter, id)]).toEqual([undefined, undefined]);
    expect(both.requester.code('DescribeVpcPeeringConnections', { VpcPeeringConnectionIds: [id] })).toBe(
      'InvalidVpcPeeringConnectionID.NotFound',
    );
  });

  test.each([
    {
      end: 'deleted by the requester',
      by: 'DeleteVpcPeeringConnection' as const,
      who: 'requester' as const,
      requesterSees: hours(2),
      accepterSees: days(2),
    },
    {
      end: 'deleted by the accepter',
      by: 'DeleteVpcPeeringConnection' as const,
      who: 'accepter' as const,
      requesterSees: days(2),
      accepterSees: hours(2),
    },
    {
      end: 'rejected',
      by: 'RejectVpcPeeringConnection' as const,
      who: 'accepter' as const,
      requesterSees: days(2),
      accepterSees: hours(2),
    },
  ])('one that is $end is shown to each party for its own time', async ({ by, who, requesterSees, accepterSees }) => {
    const both = pair({ peerAccount: two });
    const id = by === 'RejectVpcPeeringConnection' ? await pending(both) : await active(both);
    both[who](by, { VpcPeeringConnectionId: id });
    const { clock } = both.simulated;
    const gone = { requester: 0, accepter: 0 };
    for (let passed = 0; passed <= days(3); passed += hours(1)) {
      for (const role of ['requester', 'accepter'] as const) if (stateOf(both[role], id)) gone[role] = passed + hours(1);
      await clock.advance(hours(1));
    }
    expect(gone).toEqual({ requester: requesterSees, accepter: accepterSees });
  });

  test('in one account, an end is shown for two hours', async () => {
    const both = pair({ peerRegion: 'eu-west-2' });
    const id = await pending(both);
    both.accepter('RejectVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await both.simulated.clock.advance(hours(2) - 1);
    expect([stateOf(both.requester, id), stateOf(both.accepter, id)]).toEqual(['rejected', 'rejected']);
    await both.simulated.clock.advance(1);
    expect([stateOf(both.requester, id), stateOf(both.accepter, id)]).toEqual([undefined, undefined]);
  });
});

describe('a request (aws.md 1.2)', () => {
  const overlapping = (input: { requester: Caller; accepter: Caller; vpcId: string; peerVpcId: string }): void => {
    input.accepter('AssociateVpcCidrBlock', { VpcId: input.peerVpcId, CidrBlock: '10.2.0.0/16' });
    input.requester('AssociateVpcCidrBlock', { VpcId: input.vpcId, CidrBlock: '10.2.128.0/20' });
  };

  test.each([
    ['an unknown VPC', (both: Pair) => ({ VpcId: both.vpcId, PeerVpcId: 'vpc-00000000000000000' })],
    ['a wrong owner', (both: Pair) => ({ VpcId: both.vpcId, PeerVpcId: both.peerVpcId, PeerOwnerId: two })],
    ['a wrong region', (both: Pair) => ({ VpcId: both.vpcId, PeerVpcId: both.peerVpcId, PeerRegion: 'eu-west-1' })],
    ['itself', (both: Pair) => ({ VpcId: both.vpcId, PeerVpcId: both.vpcId })],
  ])('to %s is taken, and fails afterwards', async (_what, input) => {
    const both = pair();
    const made = both.requester('CreateVpcPeeringConnection', input(both)).VpcPeeringConnection!;
    expect(made.Status?.Code).toBe('initiating-request');
    await both.simulated.clock.advance(1_000);
    expect(shownPeering(both.requester, made.VpcPeeringConnectionId!)?.Status).toEqual({
      Code: 'failed',
      Message: 'Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range',
    });
    await both.simulated.clock.advance(hours(2));
    expect(stateOf(both.requester, made.VpcPeeringConnectionId!)).toBeUndefined();
  });

  test('to a VPC of another account fails where secondary blocks overlap, and the other account never sees it', async () => {
    const both = pair({ peerAccount: two });
    overlapping(both);
    const id = await pending(both);
    expect([stateOf(both.requester, id), stateOf(both.accepter, id)]).toEqual(['failed', undefined]);
  });

  test('answers with when it expires and the requester’s block, and both sides’ blocks are told only while it is active', async () => {
    const both = pair();
    both.accepter('AssociateVpcCidrBlock', { VpcId: both.peerVpcId, CidrBlock: '10.9.0.0/16' });
    const made = both.requester('CreateVpcPeeringConnection', { VpcId: both.vpcId, PeerVpcId: both.peerVpcId }).VpcPeeringConnection!;
    expect(made.ExpirationTime).toEqual(new Date(both.simulated.clock.now() + hours(168)));
    expect(made.RequesterVpcInfo?.CidrBlock).toBe('10.0.0.0/16');
    expect(made.AccepterVpcInfo).toEqual({ OwnerId: one, Region: 'us-west-2', VpcId: both.peerVpcId });
    await both.simulated.clock.advance(1_000);
    const id = made.VpcPeeringConnectionId!;
    expect(shownPeering(both.requester, id)?.RequesterVpcInfo?.CidrBlock).toBeUndefined();
    both.accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await both.simulated.clock.advance(2_000);
    expect(shownPeering(both.requester, id)?.AccepterVpcInfo).toMatchObject({
      CidrBlock: '10.1.0.0/16',
      CidrBlockSet: [{ CidrBlock: '10.1.0.0/16' }, { CidrBlock: '10.9.0.0/16' }],
    });
    expect(shownPeering(both.requester, id)?.ExpirationTime).toBeUndefined();
  });

  test('made twice answers with the one that there is, with the tags that it has', async () => {
    const both = pair();
    const tags = (value: string) => [{ ResourceType: 'vpc-peering-connection' as const, Tags: [{ Key: 'by', Value: value }] }];
    const input = { VpcId: both.vpcId, PeerVpcId: both.peerVpcId };
    const first = both.requester('CreateVpcPeeringConnection', { ...input, TagSpecifications: tags('first') }).VpcPeeringConnection!;
    const second = both.requester('CreateVpcPeeringConnection', { ...input, TagSpecifications: tags('second') }).VpcPeeringConnection!;
    expect(second.VpcPeeringConnectionId).toBe(first.VpcPeeringConnectionId);
    expect(second.Tags).toEqual([{ Key: 'by', Value: 'first' }]);
  });

  test('the other way round makes a second one, which cannot be accepted', async () => {
    const both = pair();
    const id = await active(both);
    const reversed = request(both.accepter, both.peerVpcId, both.requester, both.vpcId);
    await both.simulated.clock.advance(1_000);
    expect(reversed).not.toBe(id);
    expect(stateOf(both.requester, reversed)).toBe('pending-acceptance');
    expect(both.requester.refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: reversed })).toEqual({
      code: 'VpcPeeringConnectionAlreadyExists',
      message: `The vpc peering connection identified by ${id} already exists.`,
    });
  });

  test('needs a VPC of the caller’s, in its region', () => {
    const both = pair({ peerAccount: two });
    expect(both.requester.code('CreateVpcPeeringConnection', { VpcId: both.peerVpcId, PeerVpcId: both.vpcId })).toBe(
      'InvalidVpcID.NotFound',
    );
    expect(both.requester.code('CreateVpcPeeringConnection', { VpcId: both.vpcId })).toBe('MissingParameter');
    expect(both.requester.code('CreateVpcPeeringConnection', { VpcId: both.vpcId, PeerVpcId: 'vpc-x' })).toBe('InvalidVpcID.Malformed');
  });

  test('is refused when 25 are outstanding (aws.md 1.8)', () => {
    const simulated = aws();
    const caller = simulated.caller();
    const vpcId = vpc(caller, '10.0.0.0/16');
    const peers = Array.from({ length: 26 }, (_, index) => vpc(caller, `10.${index + 1}.0.0/16`));
    for (const peerVpcId of peers.slice(0, 25)) request(caller, vpcId, caller, peerVpcId);
    expect(caller.code('CreateVpcPeeringConnection', { VpcId: vpcId, PeerVpcId: peers[25] })).toBe(
      'OutstandingVpcPeeringConnectionLimitExceeded',
    );
  });
});

describe('who may do what (aws.md 1.1, 1.3)', () => {
  test('the requester cannot accept or reject', async () => {
    const both = pair({ peerAccount: two });
    const id = await pending(both);
    expect(both.requester.refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id })).toEqual({
      code: 'OperationNotPermitted',
      message: `User (${one}) cannot accept peering ${id}`,
    });
    expect(both.requester.code('RejectVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe('OperationNotPermitted');
  });

  test('one account must accept in the accepter’s region', async () => {
    const both = pair({ peerRegion: 'eu-west-2' });
    const id = await pending(both);
    expect(both.requester.refused('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id })?.message).toBe(
      `Incorrect region (us-west-2) specified for this request. VPC peering connection ${id} must be accepted in region eu-west-2`,
    );
  });

  test('a request may be deleted by the requester only', async () => {
    const both = pair({ peerAccount: two });
    const id = await pending(both);
    expect(both.accepter.code('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe('OperationNotPermitted');
    both.requester('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
    expect(stateOf(both.accepter, id)).toBe('deleted');
  });

  test('others do not see it at all', async () => {
    const both = pair();
    const id = await active(both);
    const stranger = both.simulated.caller(two);
    expect(stranger.code('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe('InvalidVpcPeeringConnectionID.NotFound');
    expect(both.requester.code('DescribeVpcPeeringConnections', { VpcPeeringConnectionIds: ['pcx-zz'] })).toBe(
      'InvalidVpcPeeringConnectionId.Malformed',
    );
  });

  test.each(['failed', 'rejected', 'expired', 'deleted', 'initiating-request', 'provisioning'] as const)(
    'nothing can be accepted, rejected or deleted while it is %s',
    async (state) => {
      const both = pair();
      if (state === 'failed') both.accepter('AssociateVpcCidrBlock', { VpcId: both.peerVpcId, CidrBlock: '10.3.0.0/16' });
      if (state === 'failed') both.requester('AssociateVpcCidrBlock', { VpcId: both.vpcId, CidrBlock: '10.3.0.0/16' });
      const id = state === 'initiating-request' ? request(both.requester, both.vpcId, both.accepter, both.peerVpcId) : await pending(both);
      if (state === 'rejected') both.accepter('RejectVpcPeeringConnection', { VpcPeeringConnectionId: id });
      if (state === 'deleted') both.requester('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
      if (state === 'provisioning') both.accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
      if (state === 'expired') await both.simulated.clock.advance(hours(168));
      expect(stateOf(both.requester, id)).toBe(state);
      for (const operation of ['AcceptVpcPeeringConnection', 'RejectVpcPeeringConnection', 'DeleteVpcPeeringConnection'] as const) {
        const refused = both.requester.refused(operation, { VpcPeeringConnectionId: id });
        expect(refused?.code).toBe('InvalidStateTransition');
        expect(refused?.message).toContain(`attempted to transition from ${state} to `);
      }
    },
  );

  test('an active one cannot be rejected', async () => {
    const both = pair();
    const id = await active(both);
    expect(both.accepter.code('RejectVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe('InvalidStateTransition');
  });

  test('a VPC may have 50 active ones, on either side (aws.md 1.8)', async () => {
    const both = pair({ settings: { quotas: { activePeeringsPerVpc: 1 } } });
    await active(both);
    const third = vpc(both.requester, '10.3.0.0/16');
    const id = request(both.requester, third, both.accepter, both.peerVpcId);
    await both.simulated.clock.advance(1_000);
    expect(both.accepter.code('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe(
      'ActiveVpcPeeringConnectionPerVpcLimitExceeded',
    );
    expect(both.simulated.world.settings.quotas.outstandingPeerings).toBe(25);
  });
});

describe('options (aws.md 1.4)', () => {
  const withDns = ({ requester, accepter, vpcId, peerVpcId }: Pair): void => {
    requester('ModifyVpcAttribute', { VpcId: vpcId, EnableDnsHostnames: { Value: true } });
    accepter('ModifyVpcAttribute', { VpcId: peerVpcId, EnableDnsHostnames: { Value: true } });
  };
  const allow = { AllowDnsResolutionFromRemoteVpc: true };

  test('only an active one takes them', async () => {
    const both = pair();
    const id = await pending(both);
    expect(
      both.requester.refused('ModifyVpcPeeringConnectionOptions', { VpcPeeringConnectionId: id, RequesterPeeringConnectionOptions: allow }),
    ).toEqual({
      code: 'OperationNotPermitted',
      message: `Peering ${id} is not active. Peering options can be added only to active peerings.`,
    });
  });

  test('both VPCs need DNS hostnames', async () => {
    const both = pair();
    const id = await active(both);
    expect(
      both.requester.code('ModifyVpcPeeringConnectionOptions', { VpcPeeringConnectionId: id, RequesterPeeringConnectionOptions: allow }),
    ).toBe('InvalidVpcPeeringConnectionState.DnsHostnamesDisabled');
  });

  test('in one account and region both sides may be set in one call, and the answer names only what was set', async () => {
    const both = pair();
    withDns(both);
    const id = await active(both);
    const answer = both.requester('ModifyVpcPeeringConnectionOptions', {
      VpcPeeringConnectionId: id,
      RequesterPeeringConnectionOptions: allow,
      AccepterPeeringConnectionOptions: allow,
    });
    expect(Object.keys(answer).sort()).toEqual(['AccepterPeeringConnectionOptions', 'RequesterPeeringConnectionOptions']);
    const single = both.requester('ModifyVpcPeeringConnectionOptions', {
      VpcPeeringConnectionId: id,
      AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: false },
    });
    expect(Object.keys(single)).toEqual(['AccepterPeeringConnectionOptions']);
    const shown = shownPeering(both.requester, id);
    expect(shown?.RequesterVpcInfo?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc).toBe(true);
    expect(shown?.AccepterVpcInfo?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc).toBe(false);
  });

  test('nobody sets the other account’s side, nor its own from another region', async () => {
    const accounts = pair({ peerAccount: two });
    withDns(accounts);
    const id = await active(accounts);
    expect(
      accounts.requester.refused('ModifyVpcPeeringConnectionOptions', {
        VpcPeeringConnectionId: id,
        AccepterPeeringConnectionOptions: allow,
      })?.message,
    ).toBe(`User ${one} does not have permission to modify the accepter side peering options`);
    const regions = pair({ peerRegion: 'eu-west-2' });
    withDns(regions);
    const far = await active(regions);
    expect(
      regions.accepter.refused('ModifyVpcPeeringConnectionOptions', {
        VpcPeeringConnectionId: far,
        RequesterPeeringConnectionOptions: allow,
      })?.message,
    ).toBe("Requester's VPC Peering connection options cannot be modified for a different region");
  });
});

describe('what else hangs on a peering', () => {
  test('each party has its own tags (aws.md 1.5)', async () => {
    const both = pair({ peerAccount: two });
    const id = await active(both);
    both.requester('CreateTags', { Resources: [id], Tags: [{ Key: 'side', Value: 'requester' }] });
    both.accepter('CreateTags', { Resources: [id], Tags: [{ Key: 'side', Value: 'accepter' }] });
    expect(shownPeering(both.requester, id)?.Tags).toEqual([{ Key: 'side', Value: 'requester' }]);
    expect(shownPeering(both.accepter, id)?.Tags).toEqual([{ Key: 'side', Value: 'accepter' }]);
  });

  test('a VPC takes its active peering with it, but not another account’s request (aws.md 1.6)', async () => {
    const both = pair({ peerAccount: two });
    const id = await pending(both);
    expect(both.accepter.code('DeleteVpc', { VpcId: both.peerVpcId })).toBe('DependencyViolation');
    both.accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await both.simulated.clock.advance(2_000);
    both.accepter('DeleteVpc', { VpcId: both.peerVpcId });
    expect(stateOf(both.requester, id)).toBe('deleted');
  });

  test('while a request waits the requester may add no block; the accepter may, but if it overlaps, accepting fails (aws.md 1.6)', async () => {
    const simulated = aws();
    const caller = simulated.caller();
    const [vpcId, peerVpcId] = [vpc(caller, '10.20.0.0/16'), vpc(caller, '10.30.0.0/16')];
    const id = request(caller, vpcId, caller, peerVpcId);
    await simulated.clock.advance(1_000);
    expect(caller.code('AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: '10.40.0.0/16' })).toBe('OperationNotPermitted');
    caller('AssociateVpcCidrBlock', { VpcId: peerVpcId, CidrBlock: '10.20.128.0/20' });
    expect(caller.code('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id })).toBe('OperationNotPermitted');
    expect(stateOf(caller, id)).toBe('pending-acceptance');
  });

  test('an active one keeps either side from adding a block that overlaps the other’s (aws.md 1.6)', async () => {
    const both = pair();
    await active(both);
    expect(both.requester.code('AssociateVpcCidrBlock', { VpcId: both.vpcId, CidrBlock: '10.1.0.0/20' })).toBe('InvalidVpc.Range');
    expect(both.requester.code('AssociateVpcCidrBlock', { VpcId: both.vpcId, CidrBlock: '10.7.0.0/20' })).toBeUndefined();
  });

  test('routes to it are blackholes until it is active, and again once it is gone, and stay (aws.md 2.3)', async () => {
    const both = pair();
    const id = await pending(both);
    const table = mainTable(both.requester, both.vpcId).RouteTableId!;
    both.requester('CreateRoute', { RouteTableId: table, DestinationCidrBlock: '10.1.0.0/16', VpcPeeringConnectionId: id });
    const state = () => mainTable(both.requester, both.vpcId).Routes?.find((route) => route.VpcPeeringConnectionId === id)?.State;
    expect(state()).toBe('blackhole');
    both.accepter('AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await both.simulated.clock.advance(2_000);
    expect(state()).toBe('active');
    both.accepter('DeleteVpcPeeringConnection', { VpcPeeringConnectionId: id });
    expect(state()).toBe('blackhole');
    await both.simulated.clock.advance(days(3));
    expect(state()).toBe('blackhole');
  });

  test('the network shows the true state to each side', async () => {
    const both = pair({ peerAccount: two });
    const id = await active(both);
    const shown = both.simulated.world
      .network()
      .map(({ accountId, peeringConnections }) => [accountId, peeringConnections.get(id)?.accepter.cidrs]);
    expect(shown).toEqual([
      [one, ['10.1.0.0/16']],
      [two, ['10.1.0.0/16']],
    ]);
  });
});
