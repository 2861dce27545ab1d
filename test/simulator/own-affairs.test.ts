import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { ec2Operations } from '../../src/simulator/ec2/index.ts';
import { answerOwnAffairs } from '../../src/simulator/own-affairs.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { vpcLatticeOperations } from '../../src/simulator/vpc-lattice/index.ts';
import { readState } from '../../src/simulator/world/saved-state.ts';
import { World } from '../../src/simulator/world/world.ts';

function aws() {
  const clock = new VirtualClock();
  const world = new World({ clock, random: seededRandom(1) });
  const simulator = simulatorOf(world, { clock, random: seededRandom(2) });
  const ask = async (method: string, path: string, body: unknown = '', save?: () => Promise<string>) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { status, body: answer } = await answerOwnAffairs(
      simulator,
      { method, path: `/_isthmus/${path}`, headers: {}, body: text },
      save,
    );
    return { status, answer: JSON.parse(answer), text: answer };
  };
  return { clock, world, simulator, ask };
}

const call = { accountId: '111122223333', region: 'us-west-2', callerArn: 'arn:aws:iam::111122223333:root' };

describe('settings', () => {
  test('are changed one by one, and shown whole', async () => {
    const { world, ask } = aws();
    const put = await ask('PUT', 'settings', {
      lagReadsOf: { vpcs: 2 },
      delaysMs: { vpcPending: 9 },
      quotas: { vpcsPerRegion: 5 },
      pageSize: 3,
    });
    expect(put).toMatchObject({ status: 200, answer: { lagReadsOf: { vpcs: 2 }, pageSize: 3 } });
    await ask('PUT', 'settings', { lagMs: 5, pageSize: null });
    expect(world.settings).toMatchObject({ lagMs: 5, lagReadsOf: { vpcs: 2 }, delaysMs: { vpcPending: 9 }, quotas: { vpcsPerRegion: 5 } });
    expect(world.settings.pageSize).toBeUndefined();
    expect((await ask('GET', 'settings')).answer).toEqual(JSON.parse(JSON.stringify(world.settings)));
  });

  test.each([
    ['{', /JSON/],
    ['{"lagMs":"x"}', /^lagMs: found "x"; it must be a number of milliseconds$/],
    ['{"lag":1}', /^there is no field lag here; the fields are delaysMs, lagMs,/],
    ['{"lagReadsOf":{"vpc":1}}', /^lagReadsOf\.vpc: there is no collection vpc; the collections are vpcs,/],
  ])('that are not right are refused, and change nothing: %s', async (body, error) => {
    const { world, ask } = aws();
    const before = world.settings;
    expect(await ask('PUT', 'settings', body)).toMatchObject({ status: 400, answer: { error: expect.stringMatching(error) } });
    expect(world.settings).toEqual(before);
  });
});

test('TXT records are published and withdrawn, and prove whose a domain is', async () => {
  const { clock, world, ask } = aws();
  const lattice = vpcLatticeOperations(world);
  const { id, txtMethodConfig } = lattice.StartDomainVerification!({ domainName: 'example.com' } as never, call) as {
    id: string;
    txtMethodConfig: { name: string; value: string };
  };
  expect((await ask('PUT', 'txt-records', { [txtMethodConfig.name]: [txtMethodConfig.value] })).status).toBe(200);
  clock.jump(5_000);
  const status = () => lattice.GetDomainVerification!({ domainVerificationIdentifier: id } as never, call);
  expect(status()).toMatchObject({ status: 'VERIFIED' });
  await ask('PUT', 'txt-records', { [txtMethodConfig.name]: [] });
  expect([...world.publicTxtRecords.all()]).toEqual([]);
  expect(await ask('PUT', 'txt-records', { 'a..b': ['x'] })).toMatchObject({
    status: 400,
    answer: { error: expect.stringContaining('a..b') },
  });
});

describe('the state', () => {
  test('can be had as a file of its own, and be kept in one', async () => {
    const before = aws();
    ec2Operations(before.world).CreateVpc!({ CidrBlock: '10.0.0.0/16' } as never, call);
    const after = aws();
    readState((await before.ask('GET', 'snapshot')).text, 'snapshot', after);
    expect(after.world.dump()).toEqual(before.world.dump());
    expect(await before.ask('POST', 'save')).toMatchObject({ status: 409, answer: { error: expect.stringContaining('--save') } });
    expect(await before.ask('POST', 'save', '', async () => 'state.json')).toMatchObject({ status: 200, answer: { saved: 'state.json' } });
    const failing = await before.ask('POST', 'save', '', () => Promise.reject(new Error('the disk is full')));
    expect(failing).toMatchObject({ status: 500, answer: { error: 'the disk is full' } });
  });

  test('is the same text whatever came first, where ids and times are the same', async () => {
    // Ids follow from names here, and the clock stands still: only the order of calls differs, which do not know of each other.
    const make = async (order: readonly number[]) => {
      const { world, ask } = aws();
      const ec2 = ec2Operations(world);
      const calls: (() => object)[] = [
        () => ec2.CreateVpc!({ CidrBlock: '10.0.0.0/16', TagSpecifications: tags({ Name: 'a', team: 'net' }) } as never, call),
        () => ec2.CreateVpc!({ CidrBlock: '10.1.0.0/16', TagSpecifications: tags({ team: 'net', Name: 'b' }) } as never, call),
        () => ec2.CreateInternetGateway!({} as never, call),
        () => ec2.CreateVpc!({ CidrBlock: '10.2.0.0/16' } as never, { ...call, accountId: '444455556666' }),
      ];
      for (const number of order) world.named(`call ${number}`, calls[number]!);
      return (await ask('GET', 'state')).text;
    };
    const tags = (pairs: Record<string, string>) => [
      { ResourceType: 'vpc', Tags: Object.entries(pairs).map(([Key, Value]) => ({ Key, Value })) },
    ];
    const first = await make([0, 1, 2, 3]);
    expect(await make([3, 1, 2, 0])).toBe(first);
    expect(first.split('\n').length).toBeGreaterThan(100);
  });
});
