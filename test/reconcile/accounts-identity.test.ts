import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { createAws } from '../../src/aws/index.ts';
import type { Change } from '../../src/network/changes.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';
import { accountKey, begin, callsTo, ends, joined, messages, name, other, own, ready, vpc, world } from './accounts-setting.ts';
import {
  account,
  accounts,
  census,
  keyOf,
  lastSequence,
  minutes,
  namespace,
  peering,
  roleOf,
  vpcNamed,
  writesSince,
  yaml,
} from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** As whom the controller acts: partitions, sessions, and two identities in one AWS account. */

describe('partitions', () => {
  const china = { partition: 'aws-cn', region: 'cn-north-1' };
  const government = { partition: 'aws-us-gov', region: 'us-gov-west-1' };

  test.each([china, government])('of their own are worked in as any other: $partition', async ({ partition, region }) => {
    const stage = setStage({
      world: yaml({ accounts: { [accounts.other]: { [region]: { vpcs: [vpc('left', '10.1.0.0/16'), vpc('right', '10.2.0.0/16')] } } } }),
    });
    const assumeRole = { roleArn: `arn:${partition}:iam::${accounts.other}:role/isthmus` };
    const both = {
      requester: { accountRef: { name: 'other' }, ...vpcNamed('left') },
      accepter: { accountRef: { name: 'other' }, ...vpcNamed('right') },
    };
    stage.apply(yaml(namespace(), other({ assumeRole, defaultRegion: region }), peering(name, both)));
    await stage.start();
    await stage.until(() => stage.ready(name), minutes(5));
    expect(stage.server.read(accountKey('other'))?.status).toMatchObject({
      identity: expect.stringMatching(new RegExp(`^arn:${partition}:sts::${accounts.other}:assumed-role/isthmus/`)),
    });
  });

  test('have an STS of their own, which is found by the allowed regions where there is no default one', async () => {
    const stage = setStage({ world: yaml({ accounts: { [accounts.other]: { 'cn-north-1': { vpcs: [vpc('left', '10.1.0.0/16')] } } } }) });
    const assumeRole = { roleArn: `arn:aws-cn:iam::${accounts.other}:role/isthmus` };
    stage.apply(yaml(namespace(), other({ assumeRole, defaultRegion: undefined, regions: ['cn-northwest-1', 'cn-north-1'] })));
    await stage.start();
    await stage.until(() => ready(stage, 'other')?.status === 'True', minutes(1));
    expect(new Set(stage.simulator.record.calls().map(({ region }) => region))).toEqual(new Set(['cn-north-1']));
  });

  test('are not left: a region of another one is refused before any call there', async () => {
    const stage = await begin(own(), other(), peering(name, { ...ends, requester: { ...ends.requester, region: 'cn-north-1' } }));
    await stage.until(() => stage.reason(name) === 'RegionNotAllowed', minutes(2));
    expect(messages(stage)).toContain('AwsAccount own acts in the partition aws, and the region cn-north-1 is in aws-cn');
    expect(stage.simulator.record.calls().filter((call) => call.region === 'cn-north-1')).toEqual([]);
  });
});

describe('an identity', () => {
  const calls = (stage: Stage, sequence: number, operation: string) =>
    stage.simulator.record.calls().filter((call) => call.sequence > sequence && call.operation === operation);

  test('that STS does not confirm when it is renewed is not used for anything more', async () => {
    const stage = await joined();
    const sequence = lastSequence(stage);
    stage.simulator.orderFaults([
      {
        operation: 'sts:GetCallerIdentity',
        accountId: accounts.own,
        effect: { error: { code: 'Impostor', httpStatus: 400 } },
      },
    ]);
    await stage.pass(minutes(70));
    expect(stage.reason(name)).not.toBe('Available');
    const renewedAt = calls(stage, sequence, 'AssumeRole').at(0)?.sequence ?? Number.POSITIVE_INFINITY;
    expect(writesSince(stage, sequence)).toEqual([]);
    const later = callsTo(stage, renewedAt, accounts.own);
    expect(later).toEqual([]);
    stage.simulator.orderFaults([]);
    await stage.until(() => stage.ready(name), minutes(10));
  });

  test('whose credentials expire in the middle of a pass is verified anew: nothing is made twice, and nobody is alarmed', async () => {
    const stage = await begin(own(), other());
    await stage.until(() => ready(stage, 'other')?.status === 'True', minutes(1));
    const before = census(stage);
    const makers = ['CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'CreateRoute', 'AuthorizeSecurityGroupIngress'];
    stage.simulator.orderFaults([
      ...[...makers, 'DescribeVpcs'].map((operation) => ({ operation: `ec2:${operation}`, nth: 1, effect: { expire: true } })),
      { operation: 'ec2:CreateRoute', nth: 3, effect: { error: { code: 'ExpiredToken', httpStatus: 400 } } },
    ]);
    stage.apply(yaml(peering(name, ends)));
    await stage.until(() => stage.ready(name), minutes(10));
    const expired = stage.simulator.record.calls().filter(({ code }) => ['RequestExpired', 'ExpiredToken'].includes(code));
    expect(new Set(expired.map(({ operation }) => operation))).toEqual(new Set([...makers, 'DescribeVpcs']));
    for (const { sequence, accountId } of expired) {
      const next = stage.simulator.record.calls().filter((call) => call.sequence > sequence && call.service === 'sts');
      expect(next.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['AssumeRole', 'GetCallerIdentity']));
      expect(next.some((call) => call.accountId === accountId)).toBe(true);
    }
    const made = (operation: string) => writesSince(stage).filter((call) => call.operation === operation && call.code === 'OK').length;
    expect(made('CreateVpcPeeringConnection')).toBe(1);
    expect(made('AuthorizeSecurityGroupIngress')).toBe(1);
    expect(messages(stage)).not.toContain('Credentials');
    stage.server.delete(keyOf(name));
    await stage.until(() => stage.get(name) === undefined, minutes(10));
    expect(census(stage)).toEqual(before);
  });

  test('that breaks shows within minutes although nothing is to be written, and so does its repair', async () => {
    const stage = await joined();
    const sequence = lastSequence(stage);
    stage.simulator.orderFaults([{ operation: 'sts:AssumeRole', effect: { deny: true } }]);
    await stage.until(() => ready(stage, 'own')?.reason === 'RoleNotAssumable', minutes(7));
    expect(stage.server.read(accountKey('own'))?.status).not.toHaveProperty('identity');
    await stage.until(() => stage.reason(name) === 'RoleNotAssumable', minutes(2));
    stage.simulator.orderFaults([]);
    await stage.until(() => ready(stage, 'own')?.status === 'True' && stage.ready(name), minutes(7));
    expect(writesSince(stage, sequence)).toEqual([]);
  });

  test('is verified at once when somebody asks for it', async () => {
    const stage = await joined();
    const verified = () => stage.simulator.record.calls().filter(({ operation }) => operation === 'GetCallerIdentity').length;
    const before = verified();
    stage.server.annotate(accountKey('own'), { 'isthmus.dev/reconcile-at': 'now' });
    await stage.pass(1_000);
    expect(verified()).toBe(before + 1);
  });

  test('that fails is told to its administrator, and to users only that it does', async () => {
    const stage = await begin(own(), other({ assumeRole: { roleArn: roleOf(accounts.other), externalId: 'secret-handshake' } }));
    stage.simulator.orderFaults([
      {
        operation: 'sts:AssumeRole',
        effect: { error: { code: 'AccessDenied', httpStatus: 403, message: 'not authorized: role of hidden-team' } },
      },
    ]);
    await stage.pass(minutes(70));
    stage.apply(yaml(peering(name, ends)));
    await stage.pass(minutes(5));
    expect(stage.reason(name)).toBe('RoleNotAssumable');
    const status = JSON.stringify([stage.get(name)?.status, stage.server.events.filter(({ key }) => key.name === name)]);
    for (const secret of ['hidden-team', 'secret-handshake', roleOf(accounts.other)]) expect(status).not.toContain(secret);
    expect(ready(stage, 'other')).toMatchObject({ reason: 'RoleNotAssumable', message: expect.stringContaining('hidden-team') });
  });
});

describe('two AwsAccounts of one AWS account', () => {
  const twin = (accountName: string) =>
    account(accountName, accounts.own, { assumeRole: { roleArn: `arn:aws:iam::${accounts.own}:role/${accountName}` } });
  const within = (accountRef: string, one: string, another: string) => ({
    requester: { accountRef: { name: accountRef }, ...vpcNamed(one) },
    accepter: { accountRef: { name: accountRef }, ...vpcNamed(another) },
  });
  const caller = ({ caller: arn }: { readonly caller: string }) => arn.split('/')[1];

  test('have identities, rights and pictures of AWS of their own: one that may change nothing takes nothing from the other', async () => {
    const stage = setStage({
      world,
      account: '999988887777',
      policies: (printed, roleArn) =>
        roleArn.endsWith('/weak')
          ? [{ Version: '2012-10-17', Statement: [{ Sid: 'Look', Effect: 'Allow', Action: ['ec2:Describe*'], Resource: '*' }] }]
          : printed,
    });
    stage.apply(
      yaml(
        namespace(),
        twin('strong'),
        twin('weak'),
        peering('strongly', within('strong', 'left', 'closed')),
        peering('weakly', within('weak', 'closed', 'closed-too')),
      ),
    );
    await stage.start();
    await stage.pass(minutes(20));
    expect(stage.ready('strongly')).toBe(true);
    expect(stage.reason('weakly')).toBe('AccessDenied');
    for (const twinName of ['strong', 'weak']) {
      expect(ready(stage, twinName)?.message).toBe(`acts as arn:aws:sts::${accounts.own}:assumed-role/${twinName}/isthmus-stage`);
    }
    const done = writesSince(stage).filter(({ code }) => code === 'OK');
    expect(new Set(done.map(caller))).toEqual(new Set(['strong']));
    const reads = stage.simulator.record.calls().filter(({ operation }) => operation === 'DescribeVpcs');
    expect(new Set(reads.map(caller))).toEqual(new Set(['strong', 'weak']));
    expect(stage.simulator.record.calls().filter((call) => call.operation === 'CreateRoute' && caller(call) === 'weak')).toEqual([]);
  });

  test('draw on the request limits of the AWS account together', async () => {
    const clock = new VirtualClock();
    const simulator = simulatorOf(new World({ clock, random: seededRandom(1) }), { clock, random: seededRandom(1) });
    const aws = createAws({
      clock,
      random: seededRandom(1),
      clusterName: 'stage',
      leaseTakenAt: () => Number.NEGATIVE_INFINITY,
      sdk: { credentials: { accessKeyId: accounts.own, secretAccessKey: 'x' }, requestHandler: inProcess(simulator) },
    });
    const change = (accountRef: string, accountId: string): Change => ({
      action: 'DeleteVpcPeeringConnection',
      scope: { accountRef, accountId, region: 'us-west-2' },
      vpcPeeringConnectionId: 'pcx-0123456789abcdef0',
    });
    const identity = { name: 'strong', accountId: accounts.own, stsRegion: 'us-west-2' };
    const guard = () => {};
    let calls = 0;
    for (; aws.waitFor(change('strong', accounts.own)) === 0 && calls < 1_000; calls++) {
      await aws.apply(identity, change('strong', accounts.own), guard);
    }
    expect(calls).toBeGreaterThan(0);
    expect(aws.waitFor(change('weak', accounts.own))).toBeGreaterThan(0);
    expect(aws.waitFor(change('other', accounts.other))).toBe(0);
  });
});
