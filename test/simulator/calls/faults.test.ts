import { CreateVpcCommand, DescribeVpcsCommand, paginateDescribeVpcs } from '@aws-sdk/client-ec2';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { type FaultOrder, FaultRuleError, Faults, fitsOperation, readFaultRules } from '../../../src/simulator/calls/faults.ts';
import { clientAws } from '../ec2/clients.ts';
import { form, type SmallAws, smallAws } from '../small-aws.ts';

const createVpc = () => new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' });
const vpcsMade = (aws: SmallAws) => aws.vpcs.get('111122223333 eu-west-1')?.length ?? 0;
const withFaults = (...faults: FaultOrder[]) => smallAws({ faults });

describe('what a fault does', () => {
  test('an error is answered as ordered, and nothing happens', async () => {
    const aws = withFaults({
      operation: 'CreateVpc',
      effect: { error: { code: 'VpcLimitExceeded', message: 'no more', httpStatus: 400 } },
    });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ name: 'VpcLimitExceeded', message: 'no more' });
    expect(vpcsMade(aws)).toBe(0);
    expect(aws.simulator.record.calls()[0]).toMatchObject({ code: 'VpcLimitExceeded', status: 400 });
  });

  test('a server error is one to the SDK', async () => {
    const aws = withFaults({ operation: '*', effect: { error: { code: 'ServiceUnavailable', httpStatus: 503 } } });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ name: 'ServiceUnavailable', $metadata: { httpStatusCode: 503 } });
  });

  test('a denial names caller and action, as each service says it', async () => {
    const aws = withFaults({ operation: '*', effect: { deny: true } });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      message: expect.stringMatching(/arn:aws:iam::111122223333:root is not authorized to perform: ec2:CreateVpc/),
      $metadata: { httpStatusCode: 403 },
    });
    const assume = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::444455556666:role/r', RoleSessionName: 'me' });
    await expect(aws.sts().send(assume)).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    expect(vpcsMade(aws)).toBe(0);
  });

  test('a denial comes before a dry run’s answer', async () => {
    const denied = withFaults({ operation: 'CreateVpc', effect: { deny: true } });
    const dryRun = () => new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', DryRun: true });
    await expect(denied.ec2().send(dryRun())).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
    await expect(smallAws().ec2().send(dryRun())).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
  });

  test('expired credentials have the code of the service, until they are accepted again', async () => {
    const aws = withFaults(
      { operation: '*', nth: 1, effect: { expire: true } },
      { operation: 'GetCallerIdentity', effect: { expire: true } },
    );
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ name: 'RequestExpired' });
    await expect(aws.sts().send(new GetCallerIdentityCommand())).rejects.toMatchObject({ name: 'ExpiredToken' });
    expect(vpcsMade(aws)).toBe(0);
    await aws.ec2().send(createVpc());
    expect(vpcsMade(aws)).toBe(1);
  });

  describe('other settings hold for the calls that are struck, and for no others', () => {
    const both = ['111122223333', '444455556666'];
    const world = async (fault: FaultOrder) => {
      const aws = clientAws();
      for (const cidr of ['10.0.0.0/16', '10.1.0.0/16']) {
        for (const account of both) await aws.ec2(account).send(new CreateVpcCommand({ CidrBlock: cidr }));
      }
      aws.simulator.orderFaults([{ accountId: '111122223333', ...fault }]);
      return aws;
    };

    test('small pages, and an empty one at the beginning, with a token', async () => {
      const aws = await world({ operation: 'DescribeVpcs', effect: { settings: { pageSize: 1, emptyFirstPage: true } } });
      const sizes = async (account: string) => {
        const pages = paginateDescribeVpcs({ client: aws.ec2(account) }, {});
        const lengths: (number | undefined)[] = [];
        for await (const { Vpcs } of pages) lengths.push(Vpcs?.length);
        return lengths;
      };
      expect(await sizes(both[0]!)).toEqual([0, 1, 1]);
      expect(await sizes(both[1]!)).toEqual([2]);
      expect(aws.world.settings.pageSize).toBeUndefined();
    });

    test('quotas', async () => {
      const aws = await world({ operation: 'CreateVpc', effect: { settings: { quotas: { vpcsPerRegion: 2 } } } });
      await expect(aws.ec2(both[0]).send(createVpc())).rejects.toMatchObject({ name: 'VpcLimitExceeded' });
      await expect(aws.ec2(both[1]).send(createVpc())).resolves.toMatchObject({ Vpc: { State: 'pending' } });
      expect(aws.world.settings.quotas.vpcsPerRegion).toBe(1_000);
    });
  });

  test('throttling has the code of the service', async () => {
    const aws = withFaults({ operation: '*', effect: { throttle: true } });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
    const assume = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::444455556666:role/r', RoleSessionName: 'me' });
    await expect(aws.sts().send(assume)).rejects.toMatchObject({ name: 'Throttling' });
  });

  test('a lost answer leaves its effect and breaks the connection', async () => {
    const aws = withFaults({ operation: 'CreateVpc', effect: { loseAnswer: true } });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
    expect(vpcsMade(aws)).toBe(1);
    expect(aws.simulator.record.calls()[0]).toMatchObject({ code: 'OK', answerLost: true });
  });

  test('an answer is lost too where it would have been an error, or a fault of the simulator', async () => {
    const aws = withFaults({ operation: '*', effect: { loseAnswer: true } });
    await expect(aws.ec2().send(new DescribeVpcsCommand({ VpcIds: ['vpc-0'] }))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(aws.simulator.handle(form('Action=DescribeRegions'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(aws.simulator.record.calls().map(({ code }) => code)).toEqual(['InvalidVpcID.NotFound', 'InternalError']);
  });

  test('a lost request leaves nothing', async () => {
    const aws = withFaults({ operation: 'CreateVpc', effect: { loseRequest: true } });
    await expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(vpcsMade(aws)).toBe(0);
  });

  test.each([
    ['hang', { hang: true }, 0, { code: 'Hang' }],
    ['hangAnswer', { hangAnswer: true }, 1, { code: 'OK', answerLost: true }],
  ] as const)('with %s no answer ever comes, and the record says whether it took effect', async (_name, effect, made, recorded) => {
    const aws = withFaults({ operation: 'CreateVpc', nth: 1, effect });
    const giveUp = new AbortController();
    let answered = false;
    const call = aws
      .ec2()
      .send(createVpc(), { abortSignal: giveUp.signal })
      .finally(() => {
        answered = true;
      });
    const outcome = expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await aws.clock.advance(86_400_000);
    expect(answered).toBe(false);
    expect(vpcsMade(aws)).toBe(made);
    expect(aws.simulator.record.calls()).toEqual([expect.objectContaining(recorded)]);
    giveUp.abort();
    await outcome;
    await aws.ec2().send(createVpc());
    expect(vpcsMade(aws)).toBe(made + 1);
  });

  test('no answer comes either where it would have been an error', async () => {
    const aws = withFaults({ operation: 'DescribeVpcs', effect: { hangAnswer: true } });
    const giveUp = new AbortController();
    const call = aws.ec2().send(new DescribeVpcsCommand({ VpcIds: ['vpc-0'] }), { abortSignal: giveUp.signal });
    const outcome = expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await aws.clock.advance(1);
    expect(aws.simulator.record.calls()).toEqual([expect.objectContaining({ code: 'InvalidVpcID.NotFound', answerLost: true })]);
    giveUp.abort();
    await outcome;
  });

  test('a delayed call takes effect later on the simulator’s clock, though its caller may have gone', async () => {
    const aws = withFaults({ operation: 'CreateVpc', effect: { delayMs: 5000 } });
    const giveUp = new AbortController();
    const call = aws.ec2().send(createVpc(), { abortSignal: giveUp.signal });
    const outcome = expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await aws.clock.advance(4999);
    expect(vpcsMade(aws)).toBe(0);
    giveUp.abort();
    await outcome;
    await aws.clock.advance(1);
    expect(vpcsMade(aws)).toBe(1);
    expect(aws.simulator.record.calls()[0]).toMatchObject({ code: 'OK', durationMs: 5000 });
  });

  test('faults add up in their order: late, and then lost', async () => {
    const aws = withFaults({ operation: 'CreateVpc', effect: { delayMs: 1000 } }, { operation: 'CreateVpc', effect: { loseAnswer: true } });
    const outcome = expect(aws.ec2().send(createVpc())).rejects.toMatchObject({ code: 'ECONNRESET' });
    await aws.clock.advance(1000);
    await outcome;
    expect(vpcsMade(aws)).toBe(1);
  });
});

describe('which calls a rule strikes', () => {
  const call = { service: 'ec2', operation: 'CreateRoute', accountId: '111122223333', region: 'eu-west-1' };
  const struck = (order: Omit<FaultOrder, 'effect'>, calls = 10, seed = 1) => {
    const faults = new Faults(seededRandom(seed));
    faults.order(readFaultRules([{ ...order, effect: { throttle: true } }], () => true));
    return Array.from({ length: calls }, (_, index) => index + 1).filter(() => faults.strike(call).length > 0);
  };

  test.each([
    ['CreateRoute', true],
    ['ec2:CreateRoute', true],
    ['Create*', true],
    ['*', true],
    ['ec2:*', true],
    ['CreateRouteTable', false],
    ['Route', false],
    ['sts:*', false],
    ['C.eateRoute', false],
  ])('%s fits ec2:CreateRoute: %p', (pattern, fits) => {
    expect(fitsOperation(pattern, 'ec2', 'CreateRoute')).toBe(fits);
  });

  test('one without a count strikes always', () => expect(struck({ operation: 'CreateRoute' }, 3)).toEqual([1, 2, 3]));
  test('the nth strikes once', () => expect(struck({ operation: 'CreateRoute', nth: 3 })).toEqual([3]));
  test('every nth strikes again and again', () => expect(struck({ operation: 'CreateRoute', every: 4 })).toEqual([4, 8]));
  test('another account or region is spared', () => {
    expect(struck({ operation: 'CreateRoute', accountId: '444455556666' })).toEqual([]);
    expect(struck({ operation: 'CreateRoute', region: 'us-east-1' })).toEqual([]);
    expect(struck({ operation: 'CreateRoute', accountId: '111122223333', region: 'eu-west-1', nth: 1 })).toEqual([1]);
  });

  test('chance is the seed’s, and about as likely as said', () => {
    const hits = struck({ operation: 'CreateRoute', probability: 0.3 }, 1000);
    expect(hits).toEqual(struck({ operation: 'CreateRoute', probability: 0.3 }, 1000));
    expect(hits).not.toEqual(struck({ operation: 'CreateRoute', probability: 0.3 }, 1000, 2));
    expect(hits.length).toBeGreaterThan(250);
    expect(hits.length).toBeLessThan(350);
    expect(struck({ operation: 'CreateRoute', probability: 0 }, 100)).toEqual([]);
    expect(struck({ operation: 'CreateRoute', probability: 1 }, 5)).toHaveLength(5);
  });

  test('ordering anew starts counting anew', async () => {
    const aws = withFaults({ operation: 'CreateVpc', nth: 1, effect: { throttle: true } });
    const rules = aws.simulator.faults;
    await expect(aws.ec2().send(createVpc())).rejects.toThrow();
    await aws.ec2().send(createVpc());
    aws.simulator.orderFaults(rules);
    await expect(aws.ec2().send(createVpc())).rejects.toThrow();
    aws.simulator.orderFaults([]);
    await aws.ec2().send(createVpc());
    expect(vpcsMade(aws)).toBe(2);
  });
});

describe('rules that are not right are refused with rule and field', () => {
  const throttle = { throttle: true };
  test.each([
    ['nothing', undefined, 'faults: must be a list of rules'],
    ['a rule alone', { operation: '*', effect: throttle }, 'faults: must be a list of rules'],
    ['something beside the list', { faults: [], seed: 1 }, 'faults: must be a list of rules, and nothing beside it'],
    [
      'an operation that AWS does not have',
      [{ operation: 'CreatePeering', effect: throttle }],
      'faults[0].operation: AWS has no operation CreatePeering here',
    ],
    ['no operation', [{ effect: throttle }], /^faults\[0\]\.operation: /],
    [
      'an account of eleven digits',
      [{ operation: '*', accountId: '11112222333', effect: throttle }],
      'faults[0].accountId: must be twelve digits',
    ],
    ['a probability above one', { faults: [{ operation: '*', probability: 2, effect: throttle }] }, /^faults\[0\]\.probability: /],
    ['a zeroth call', [{ operation: '*', nth: 0, effect: throttle }], /^faults\[0\]\.nth: /],
    ['an unknown field', [{ operation: '*', chance: 1, effect: throttle }], /^faults\[0\]: .*chance/],
    [
      'an unknown effect',
      [
        { operation: '*', effect: throttle },
        { operation: '*', effect: { explode: true } },
      ],
      /^faults\[1\]\.effect: must be one of \{error/,
    ],
    ['two effects in one', [{ operation: '*', effect: { throttle: true, deny: true } }], /^faults\[0\]\.effect: /],
  ])('%s', (_why, data, message) => {
    const { simulator } = smallAws();
    const order = () => simulator.orderFaults(data);
    expect(order).toThrow(FaultRuleError);
    expect(order).toThrow(message);
    expect(simulator.faults).toEqual([]);
  });
});
