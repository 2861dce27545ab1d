import { describe, expect, test } from '@jest/globals';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { type BucketKey, bucketOf, createBudget } from '../../src/aws/budget.ts';

const key = (action: string, accountId = '111122223333', region = 'us-west-2'): BucketKey => ({ action, accountId, region });

/** How many calls pass one after another. */
function drain(budget: ReturnType<typeof createBudget>, of: BucketKey): number {
  let taken = 0;
  while (budget.take(of).ok) taken++;
  return taken;
}

describe("AWS's buckets", () => {
  test.each([
    ['ec2:DescribeRouteTables', 100, 20],
    ['ec2:CreateRoute', 50, 5],
    ['ec2:CreateVpcPeeringConnection', 50, 5],
    ['ec2:AuthorizeSecurityGroupIngress', 50, 5],
    ['ec2:CreateVpcEndpoint', 4, 0.3],
    ['ec2:DeleteVpcEndpoints', 4, 0.3],
    ['ec2:CreateNatGateway', 10, 1],
    ['ec2:CreateTags', 100, 10],
    ['ec2:DescribeStaleSecurityGroups', 20, 5],
    ['ec2:CreateNetworkInterface', 100, 5],
    ['sts:AssumeRole', 100, 20],
  ])('%s holds %d and gets %d a second', (action, capacity, perSecond) => {
    expect(bucketOf(action)).toEqual({ capacity, perSecond });
  });
});

describe('The budget', () => {
  test('lets half of a bucket pass at once, and then says when the next token comes', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock });
    for (let call = 0; call < 25; call++) expect(budget.take(key('ec2:CreateRoute'))).toEqual({ ok: true });
    expect(budget.wait(key('ec2:CreateRoute'))).toBe(400);
    await clock.advance(399);
    expect(budget.take(key('ec2:CreateRoute')).ok).toBe(false);
    await clock.advance(1);
    expect(budget.wait(key('ec2:CreateRoute'))).toBe(0);
    expect(budget.take(key('ec2:CreateRoute'))).toEqual({ ok: true });
  });

  test('gives each of those that it sends away a turn of its own, up to a minute', () => {
    const budget = createBudget({ clock: new VirtualClock() });
    drain(budget, key('ec2:CreateRoute'));
    const waits = Array.from({ length: 500 }, () => budget.wait(key('ec2:CreateRoute')));
    expect(waits.slice(0, 3)).toEqual([800, 1_200, 1_600]);
    expect(Math.max(...waits)).toBe(60_000);
  });

  test('is full again after a while, and never more than full', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock });
    drain(budget, key('ec2:CreateRoute'));
    await clock.advance(3_600_000);
    expect(drain(budget, key('ec2:CreateRoute'))).toBe(25);
  });

  test('is one for each action, account and region', () => {
    const budget = createBudget({ clock: new VirtualClock(), share: 1 });
    expect(drain(budget, key('ec2:CreateRoute'))).toBe(50);
    expect(drain(budget, key('ec2:DeleteRoute'))).toBe(50);
    expect(drain(budget, key('ec2:CreateRoute', '444455556666'))).toBe(50);
    expect(drain(budget, key('ec2:CreateRoute', '111122223333', 'eu-west-2'))).toBe(50);
  });

  test('lets a call pass however small the share is', () => {
    expect(drain(createBudget({ clock: new VirtualClock(), share: 0.1 }), key('ec2:CreateVpcEndpoint'))).toBe(1);
  });

  test.each([0, -1, 1.1, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => createBudget({ clock: new VirtualClock(), share })).toThrow(RangeError);
  });
});

describe('After AWS has refused a call', () => {
  test('nothing passes at once, and half as much from then on', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock, share: 1 });
    expect(budget.throttled(key('ec2:CreateRoute'))).toBe(400);
    expect(budget.take(key('ec2:CreateRoute')).ok).toBe(false);
    await clock.advance(10_000);
    // Half of 5 a second, and a little of what has come back since.
    const passed = drain(budget, key('ec2:CreateRoute'));
    expect(passed).toBeGreaterThanOrEqual(25);
    expect(passed).toBeLessThan(28);
  });

  test('refusals of one moment count once, later ones again, down to a tenth', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock, share: 1 });
    for (let call = 0; call < 20; call++) budget.throttled(key('ec2:CreateRoute'));
    expect(budget.throttled(key('ec2:CreateRoute'))).toBe(400);
    for (let round = 0; round < 20; round++) {
      await clock.advance(1_000);
      budget.throttled(key('ec2:CreateRoute'));
    }
    expect(budget.throttled(key('ec2:CreateRoute'))).toBe(2_000);
  });

  test('the rate is whole again after five minutes', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock, share: 1 });
    budget.throttled(key('ec2:CreateRoute'));
    await clock.advance(5 * 60_000);
    for (let call = 0; call < 50; call++) budget.take(key('ec2:CreateRoute'));
    expect(budget.take(key('ec2:CreateRoute'))).toEqual({ ok: false, retryAfterMs: 200 });
  });

  test('the wait that AWS asks for is kept', async () => {
    const clock = new VirtualClock();
    const budget = createBudget({ clock });
    expect(budget.throttled(key('ec2:CreateRoute'), 7_000)).toBe(7_000);
    await clock.advance(6_999);
    expect(budget.take(key('ec2:CreateRoute')).ok).toBe(false);
    await clock.advance(1);
    expect(budget.take(key('ec2:CreateRoute')).ok).toBe(true);
  });

  test('other actions go on as before', () => {
    const budget = createBudget({ clock: new VirtualClock() });
    budget.throttled(key('ec2:CreateRoute'));
    expect(budget.take(key('ec2:DeleteRoute')).ok).toBe(true);
  });
});
