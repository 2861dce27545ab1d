import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { type Credentials, createAccounts, lastingArn, type SdkOptions, sessionName } from '../../src/aws/accounts.ts';
import { type AccountIdentity, AwsError } from '../../src/aws/aws.ts';
import { createBudget } from '../../src/aws/budget.ts';
import { createCalls } from '../../src/aws/calls.ts';
import { AwsSimulator, type AwsSimulatorOptions } from '../../src/simulator/aws-simulator.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';

const own: Credentials = { accessKeyId: '999900001111', secretAccessKey: 'x' };
const direct: AccountIdentity = { name: 'here', accountId: '999900001111', stsRegion: 'us-west-2' };
const assumed: AccountIdentity = {
  name: 'project-a',
  accountId: '111122223333',
  stsRegion: 'eu-west-2',
  assumeRole: { roleArn: 'arn:aws:iam::111122223333:role/isthmus', externalId: 'e1' },
};

const expired = new AwsError({ meaning: 'credentials', code: 'ExpiredToken', action: 'ec2:DescribeVpcs', message: 'expired' });

function opened({
  simulator: options = {},
  sdk = {},
  clock = new VirtualClock(),
}: {
  simulator?: Partial<AwsSimulatorOptions>;
  sdk?: SdkOptions;
  clock?: VirtualClock;
} = {}) {
  const simulator = new AwsSimulator({ clock, random: seededRandom(1), ec2: {}, ...options });
  const accounts = createAccounts({
    clock,
    calls: createCalls({ clock, budget: createBudget({ clock }) }),
    clusterName: 'cluster/one',
    sdk: { credentials: own, requestHandler: inProcess(simulator), ...sdk },
  });
  return { clock, simulator, accounts, asked: () => simulator.record.calls().map((call) => call.operation) };
}

describe("The controller's own identity", () => {
  test('is verified once, however many ask', async () => {
    const { accounts, asked } = opened();
    const sessions = await Promise.all([accounts.open(direct), accounts.open(direct), accounts.open(direct)]);
    expect(new Set(sessions).size).toBe(1);
    expect(sessions[0]?.arn).toContain('999900001111');
    await accounts.open(direct);
    expect(asked()).toEqual(['GetCallerIdentity']);
  });

  test('of another account than the one that is named is a mismatch that names both', async () => {
    const { accounts } = opened();
    await expect(accounts.open({ ...direct, accountId: '111122223333' })).rejects.toMatchObject({
      name: 'IdentityError',
      reason: 'IdentityMismatch',
      message: expect.stringMatching(/"here" is for account 111122223333.*account 999900001111/),
    });
  });

  test('is verified anew when the credentials have changed, and its clients sign with them', async () => {
    let current = own;
    const { accounts, asked } = opened({ sdk: { credentials: async () => current } });
    const first = await accounts.open(direct);
    current = { accessKeyId: '444455556666', secretAccessKey: 'x' };
    await expect(accounts.open(direct)).rejects.toMatchObject({ reason: 'IdentityMismatch' });
    expect(asked()).toEqual(['GetCallerIdentity', 'GetCallerIdentity']);
    expect((await first.ec2('us-west-2').config.credentials()).accessKeyId).toBe('999900001111');
  });

  test('that cannot be had is said so', async () => {
    const { accounts } = opened({ sdk: { credentials: () => Promise.reject(new Error('no role is attached')) } });
    await expect(accounts.open(direct)).rejects.toMatchObject({
      reason: 'CredentialsUnavailable',
      message: expect.stringContaining('no role is attached'),
    });
  });

  test('that AWS refuses is of no use, and is not asked about again for some seconds', async () => {
    const { accounts, asked, clock } = opened({
      simulator: { faults: [{ operation: 'GetCallerIdentity', effect: { error: { code: 'InvalidClientTokenId', httpStatus: 403 } } }] },
    });
    const open = () => accounts.open(direct);
    await expect(open()).rejects.toMatchObject({ reason: 'CredentialsUnavailable' });
    await expect(open()).rejects.toMatchObject({ reason: 'CredentialsUnavailable' });
    expect(asked()).toHaveLength(1);
    await clock.advance(5_000);
    await expect(open()).rejects.toMatchObject({ reason: 'CredentialsUnavailable' });
    expect(asked()).toHaveLength(2);
  });

  test('is verified anew when AWS refuses its credentials, and the call is made once more', async () => {
    const { accounts, asked } = opened();
    const arns: string[] = [];
    const call = () =>
      accounts.use(direct, async ({ arn }) => {
        arns.push(arn);
        if (arns.length === 1) throw expired;
        return 'done';
      });
    expect(await call()).toBe('done');
    expect(asked()).toEqual(['GetCallerIdentity', 'GetCallerIdentity']);
    expect(arns).toHaveLength(2);
  });

  test('that AWS goes on refusing is verified before each call, and the refusal is told', async () => {
    const { accounts, asked } = opened();
    await expect(accounts.use(direct, () => Promise.reject(expired))).rejects.toBe(expired);
    await accounts.use(direct, () => Promise.resolve('done'));
    expect(asked()).toEqual(['GetCallerIdentity', 'GetCallerIdentity', 'GetCallerIdentity']);
  });

  test('is verified anew where somebody wants the proof to be younger, and not otherwise', async () => {
    const { accounts, asked, clock } = opened();
    await accounts.open(direct, 1_000);
    await clock.advance(1_000);
    await accounts.open(direct, 1_000);
    expect(asked()).toHaveLength(1);
    await clock.advance(1);
    await accounts.open(direct, 1_000);
    expect(asked()).toEqual(['GetCallerIdentity', 'GetCallerIdentity']);
    await accounts.open(direct);
    expect(asked()).toHaveLength(2);
  });
});

describe('An assumed role', () => {
  test('carries the cluster in name and tag, gives the external id, and asks STS of the default region', async () => {
    const { accounts, simulator } = opened();
    const session = await accounts.open(assumed);
    expect(session.arn).toBe('arn:aws:sts::111122223333:assumed-role/isthmus/isthmus-cluster-one');
    const [assume, verify] = simulator.record.calls();
    expect(assume).toMatchObject({
      operation: 'AssumeRole',
      region: 'eu-west-2',
      parameters: {
        RoleArn: 'arn:aws:iam::111122223333:role/isthmus',
        RoleSessionName: 'isthmus-cluster-one',
        ExternalId: 'e1',
        Tags: [{ Key: 'isthmus.dev/cluster', Value: 'cluster/one' }],
      },
    });
    expect(verify).toMatchObject({ operation: 'GetCallerIdentity', region: 'eu-west-2', accountId: '111122223333' });
  });

  test('is renewed and verified again five minutes before it ends, and not earlier', async () => {
    const { accounts, clock, asked } = opened();
    const first = await accounts.open(assumed);
    await clock.advance(54 * 60_000);
    expect(await accounts.open(assumed)).toBe(first);
    await clock.advance(60_000);
    const second = await accounts.open(assumed);
    expect(second).not.toBe(first);
    expect(second.arn).toBe(first.arn);
    expect(asked()).toEqual(['AssumeRole', 'GetCallerIdentity', 'AssumeRole', 'GetCallerIdentity']);
  });

  test('serves to its end while STS gives no answer, and is not served after it', async () => {
    const { accounts, clock, simulator } = opened();
    const first = await accounts.open(assumed);
    simulator.orderFaults([{ operation: 'AssumeRole', effect: { loseRequest: true } }]);
    await clock.advance(56 * 60_000);
    expect(await accounts.open(assumed)).toBe(first);
    await clock.advance(4 * 60_000);
    await expect(accounts.open(assumed)).rejects.toMatchObject({ name: 'AwsError', meaning: 'transport' });
  });

  test('that is not allowed any more is not used any longer', async () => {
    const { accounts, clock, simulator } = opened();
    await accounts.open(assumed);
    simulator.orderFaults([{ operation: 'AssumeRole', effect: { deny: true } }]);
    await clock.advance(56 * 60_000);
    await expect(accounts.open(assumed)).rejects.toMatchObject({
      reason: 'RoleNotAssumable',
      message: expect.stringMatching(
        /Role arn:aws:iam::111122223333:role\/isthmus of AwsAccount "project-a" cannot be assumed: .*not authorized/,
      ),
    });
  });

  test('that cannot be assumed never lets the own identity act in its place', async () => {
    const { accounts, asked } = opened({ simulator: { faults: [{ operation: 'AssumeRole', effect: { deny: true } }] } });
    await expect(accounts.open({ ...assumed, accountId: '999900001111' })).rejects.toMatchObject({ reason: 'RoleNotAssumable' });
    expect(asked()).toEqual(['AssumeRole']);
  });

  test('of another account than the one that is named is a mismatch', async () => {
    const { accounts } = opened();
    await expect(accounts.open({ ...assumed, accountId: '444455556666' })).rejects.toMatchObject({ reason: 'IdentityMismatch' });
  });

  test('that turns out to be of another account when it is renewed is not used for anything more', async () => {
    const clock = new VirtualClock();
    const simulator = new AwsSimulator({ clock, random: seededRandom(1), ec2: {} });
    const wire = inProcess(simulator);
    let stolen = false;
    const requestHandler: typeof wire = {
      ...wire,
      handle(request, options) {
        // STS gives out the credentials of another account's role than the one that was asked for.
        if (stolen) request.body = String(request.body).replace(/(RoleArn=[^&]*)111122223333/, '$1444455556666');
        return wire.handle(request, options);
      },
    };
    const { accounts } = opened({ clock, sdk: { requestHandler } });
    let calls = 0;
    const call = () => accounts.use(assumed, async () => ++calls);
    await call();
    stolen = true;
    await clock.advance(56 * 60_000);
    for (const _try of [1, 2]) {
      await expect(call()).rejects.toMatchObject({
        reason: 'IdentityMismatch',
        message: expect.stringMatching(/"project-a" is for account 111122223333, but its credentials are those of account 444455556666/),
      });
      await clock.advance(10_000);
    }
    expect(calls).toBe(1);
    stolen = false;
    expect(await call()).toBe(2);
  });

  test('is tried anew where somebody wants the proof to be younger, and is given up where that fails', async () => {
    const { accounts, clock, simulator } = opened();
    const first = await accounts.open(assumed);
    await clock.advance(60_000);
    expect(await accounts.open(assumed, 60_000)).toBe(first);
    simulator.orderFaults([{ operation: 'AssumeRole', effect: { loseRequest: true } }]);
    await clock.advance(60_000);
    // No answer proves nothing.
    expect(await accounts.open(assumed, 60_000)).toBe(first);
    simulator.orderFaults([{ operation: 'AssumeRole', effect: { deny: true } }]);
    await clock.advance(60_000);
    await expect(accounts.open(assumed, 60_000)).rejects.toMatchObject({ reason: 'RoleNotAssumable' });
    await expect(accounts.open(assumed)).rejects.toMatchObject({ reason: 'RoleNotAssumable' });
  });

  test('is not the same session as that of the role that the AwsAccount named before', async () => {
    const { accounts } = opened();
    const first = await accounts.open(assumed);
    const second = await accounts.open({ ...assumed, assumeRole: { roleArn: 'arn:aws:iam::111122223333:role/other' } });
    expect([first.arn, second.arn].map((arn) => arn.split('/')[1])).toEqual(['isthmus', 'other']);
  });
});

describe('Clients', () => {
  test('are one for each region, make one attempt, and keep their sockets over a renewal', async () => {
    const { accounts, clock } = opened();
    const session = await accounts.open(assumed);
    const client = session.ec2('us-west-2');
    expect(session.ec2('us-west-2')).toBe(client);
    expect(session.ec2('eu-west-2')).not.toBe(client);
    expect(await client.config.maxAttempts()).toBe(1);
    await clock.advance(56 * 60_000);
    const renewed = (await accounts.open(assumed)).ec2('us-west-2');
    expect(renewed).not.toBe(client);
    expect(renewed.config.requestHandler).toBe(client.config.requestHandler);
  });
});

describe('Names', () => {
  test.each([
    ['a', 'isthmus-a'],
    ['a b/c', 'isthmus-a-b-c'],
    ['x'.repeat(100), `isthmus-${'x'.repeat(56)}`],
  ])('of sessions are what AWS takes', (cluster, name) => {
    expect(sessionName(cluster)).toBe(name);
    expect(sessionName(cluster)).toMatch(/^[\w+=,.@-]{2,64}$/);
  });

  test('of identities outlive their sessions', () => {
    expect(lastingArn('arn:aws:sts::111122223333:assumed-role/r/s-1')).toBe('arn:aws:sts::111122223333:assumed-role/r');
    expect(lastingArn('arn:aws:iam::111122223333:user/u')).toBe('arn:aws:iam::111122223333:user/u');
  });
});
