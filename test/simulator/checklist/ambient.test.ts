import { CreateVpcCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { one, region, type Stage, stage, two } from '../stage.ts';

/** Rows 1, 2 and 10 of the checklist of what this AWS must do as AWS does. Row 14, on rights, is `iam/dependent-actions.test.ts`. */

let played: Stage;
const ec2 = (accountId: string = one, inRegion = region) => played.player('ec2', accountId, inRegion);
const settle = (ms = 60_000) => played.settle(ms);

beforeEach(() => {
  played = stage();
});

const vpc = async (cidr: string, accountId: string = one, inRegion = region): Promise<string> =>
  (await ec2(accountId, inRegion)('CreateVpc', { CidrBlock: cidr })).Vpc!.VpcId!;

const listed = async (): Promise<number> => (await ec2()('DescribeVpcs', {})).Vpcs!.length;

/** One peering of two accounts, with a tag of the requester's. */
async function peering(): Promise<{ own: string; id: string }> {
  const [own, theirs] = [await vpc('10.0.0.0/16'), await vpc('10.1.0.0/16', two)];
  const made = await ec2()('CreateVpcPeeringConnection', {
    VpcId: own,
    PeerVpcId: theirs,
    PeerOwnerId: two,
    TagSpecifications: [{ ResourceType: 'vpc-peering-connection', Tags: [{ Key: 'by', Value: 'requester' }] }],
  });
  return { own, id: made.VpcPeeringConnection!.VpcPeeringConnectionId! };
}

describe('9.1 accounts and regions', () => {
  test('a session is in its role’s account, and a call in the region that it is signed for', async () => {
    const role = { RoleArn: `arn:aws:iam::${two}:role/isthmus`, RoleSessionName: 'me' };
    const { Credentials } = await played.player('sts')('AssumeRole', role);
    const session = new EC2Client({
      region: 'eu-west-1',
      credentials: {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      },
      requestHandler: inProcess(played.simulator),
    });
    const { Vpc } = await session.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
    expect(Vpc!.OwnerId).toBe(two);
    expect((await session.send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    const seen = async (accountId: string, inRegion: string) => (await ec2(accountId, inRegion)('DescribeVpcs', {})).Vpcs!.length;
    expect([await seen(two, 'eu-west-1'), await seen(two, region), await seen(one, 'eu-west-1')]).toEqual([1, 0, 0]);
  });

  test('each party of a peering has its own tags, and sees its end for its own time', async () => {
    const { id } = await peering();
    await settle();
    const shown = async (accountId: string) => (await ec2(accountId)('DescribeVpcPeeringConnections', {})).VpcPeeringConnections!;
    const tags = async (accountId: string) => (await shown(accountId))[0]!.Tags!.map(({ Value }) => Value);
    expect([await tags(one), await tags(two)]).toEqual([['requester'], []]);
    await ec2(two)('RejectVpcPeeringConnection', { VpcPeeringConnectionId: id });
    await settle(3 * 3_600_000);
    expect([(await shown(one)).length, (await shown(two)).length]).toEqual([1, 0]);
  });
});

describe('9.2 time', () => {
  test('states pass on the virtual clock, each after its own delay', async () => {
    played = stage({ delaysMs: { peeringInitiatingRequest: 5_000 } });
    await peering();
    const state = async () => (await ec2()('DescribeVpcPeeringConnections', {})).VpcPeeringConnections![0]!.Status!.Code;
    await settle(4_999);
    expect(await state()).toBe('initiating-request');
    await settle(1);
    expect(await state()).toBe('pending-acceptance');
  });

  test('reads lag by time or by count, of everything or of one kind', async () => {
    played = stage({ lagMs: 3_000 });
    await vpc('10.0.0.0/16');
    expect(await listed()).toBe(0);
    await settle(3_000);
    expect(await listed()).toBe(1);
    played = stage({ lagReadsOf: { vpcs: 2 } });
    const VpcId = await vpc('10.0.0.0/16');
    expect([await listed(), await listed(), await listed()]).toEqual([0, 0, 1]);
    expect((await ec2()('DescribeRouteTables', { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] })).RouteTables).toHaveLength(1);
  });

  test('a new id is unknown as an argument for a while', async () => {
    played = stage({ newIdUnknownMs: 2_000 });
    const VpcId = await vpc('10.0.0.0/16');
    const create = { VpcId, CidrBlock: '10.0.1.0/24' };
    expect(await ec2().refused('CreateSubnet', create)).toBe('InvalidVpcID.NotFound');
    const network = { name: 'net', clientToken: 'a' };
    const { id } = await played.player('vpc-lattice')('CreateServiceNetwork', network);
    const get = { serviceNetworkIdentifier: id! };
    expect(await played.player('vpc-lattice').refused('GetServiceNetwork', get)).toBe('ResourceNotFoundException');
    await settle(2_000);
    await ec2()('CreateSubnet', create);
    await played.player('vpc-lattice')('GetServiceNetwork', get);
  });

  test('the index of tags may lag behind the tags', async () => {
    played = stage({ tagIndexLagMs: 5_000 });
    const VpcId = await vpc('10.0.0.0/16');
    await ec2()('CreateTags', { Resources: [VpcId], Tags: [{ Key: 'by', Value: 'me' }] });
    const found = async () => (await ec2()('DescribeVpcs', { Filters: [{ Name: 'tag:by', Values: ['me'] }] })).Vpcs!.length;
    expect((await ec2()('DescribeVpcs', { VpcIds: [VpcId] })).Vpcs![0]!.Tags).toHaveLength(1);
    expect(await found()).toBe(0);
    await settle(5_000);
    expect(await found()).toBe(1);
  });
});

describe('9.10 faults', () => {
  test('buckets of EC2’s sizes: CreateVpcEndpoint 4, then one in 3.3 seconds; a mutating call 50, then 5 a second', async () => {
    played = stage({}, { throttling: true });
    const endpoint = () => ec2().refused('CreateVpcEndpoint', { VpcId: 'vpc-0123456789abcdef0', ServiceName: 'x' });
    const codes: string[] = [];
    for (let call = 0; call < 6; call++) codes.push(await endpoint());
    expect(codes.indexOf('RequestLimitExceeded')).toBe(4);
    await settle(3_000);
    expect(await endpoint()).toBe('RequestLimitExceeded');
    await settle(500);
    expect(await endpoint()).toBe('InvalidVpcID.NotFound');
    const route = () => ec2().refused('DeleteRoute', { RouteTableId: 'rtb-0123456789abcdef0', DestinationCidrBlock: '10.0.0.0/8' });
    const more: string[] = [];
    for (let call = 0; call < 51; call++) more.push(await route());
    expect(more.indexOf('RequestLimitExceeded')).toBe(50);
  });

  test('errors of the server, denials per action, and lost answers whose effect stays', async () => {
    played.simulator.orderFaults([
      { operation: 'ec2:CreateVpc', nth: 1, effect: { error: { code: 'InternalError', httpStatus: 500 } } },
      { operation: 'ec2:CreateVpc', nth: 2, effect: { error: { code: 'Unavailable', httpStatus: 503 } } },
      { operation: 'ec2:CreateVpc', nth: 3, effect: { deny: true } },
      { operation: 'ec2:CreateVpc', nth: 4, effect: { loseAnswer: true } },
    ]);
    const create = () => ec2().refused('CreateVpc', { CidrBlock: '10.0.0.0/16' });
    expect([await create(), await create(), await create()]).toEqual(['InternalError', 'Unavailable', 'UnauthorizedOperation']);
    expect(await listed()).toBe(0);
    expect(await create()).toBe('TimeoutError');
    expect(await listed()).toBe(1);
  });

  test('pages may be small, and begin with an empty one', async () => {
    played = stage({ pageSize: 2, emptyFirstPage: true });
    for (let n = 0; n < 5; n++) await vpc(`10.${n}.0.0/16`);
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await ec2()('DescribeVpcs', { MaxResults: 5, ...(NextToken ? { NextToken } : {}) });
      sizes.push(page.Vpcs!.length);
      NextToken = page.NextToken;
    } while (NextToken);
    expect(sizes).toEqual([0, 2, 2, 1]);
  });

  test('what is not modelled answers 501 with its name', async () => {
    expect(await ec2().refused('CreateVpnGateway', { Type: 'ipsec.1' })).toBe('NotImplemented.CreateVpnGateway');
    expect(played.answers.at(-1)!.status).toBe(501);
  });
});
