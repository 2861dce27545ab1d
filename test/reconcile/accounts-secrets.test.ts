import { describe, expect, test } from '@jest/globals';
import type { CommonStatus } from '../../src/kinds/kind.ts';
import { begin, ends, name, other, own, vpc } from './accounts-setting.ts';
import { account, accounts, keyOf, minutes, namespace, peering, roleOf, vpcNamed, writesSince, yaml } from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** What users of some accounts must never read of others: everything that another tenant's account calls its own is marked. */

const secret = 'hidden-team';
const hidden = '444455556666';

const world = yaml({
  accounts: {
    [accounts.own]: { 'us-west-2': { vpcs: [vpc('left', '10.1.0.0/16')] } },
    [accounts.other]: { 'us-west-2': { vpcs: [vpc('right', '10.2.0.0/16')] } },
    [hidden]: {
      'us-west-2': {
        vpcs: [
          {
            ...vpc(`${secret}-vpc`, '10.3.0.0/16', { note: secret }),
            securityGroups: [
              {
                name: `${secret}-web`,
                description: secret,
                tags: { note: secret },
                ingress: [{ protocol: 'tcp', ports: 443, from: '0.0.0.0/0', description: secret }],
              },
            ],
          },
        ],
      },
    },
  },
});

/** As AWS words its refusals: with the caller, the resource and the policy, whosever they are. */
const said = [
  `User: arn:aws:sts::${hidden}:assumed-role/${secret}/session is not authorized on resource: arn:aws:ec2:us-west-2:${hidden}:vpc/${secret},`,
  `with an explicit deny in arn:aws:organizations::${hidden}:policy/o-${secret}/service_control_policy/p-${secret};`,
  `role arn:aws:iam::${accounts.own}:role/${secret} of account ${hidden} (arn:aws:iam::${accounts.own}:policy/${secret}).`,
].join(' ');

const refusals = [
  { code: 'UnauthorizedOperation', httpStatus: 403, message: said },
  { code: 'InvalidParameterValue', httpStatus: 400, message: said },
  { code: 'IncorrectState', httpStatus: 400, message: said },
  { code: 'VpcPeeringConnectionsPerVpcLimitExceeded', httpStatus: 400, message: said },
  { code: 'RequestLimitExceeded', httpStatus: 503, message: said },
  { code: 'InternalError', httpStatus: 500, message: said },
  { code: 'AuthFailure', httpStatus: 401, message: said },
];

/** Cut off in the middle of an ARN, as long messages are. */
const longSaid = `${'very '.repeat(95)}arn:aws:iam::${hidden}:role/${secret}`;

const told = (stage: Stage, of?: string): string =>
  JSON.stringify([
    stage.server
      .list('VpcPeering')
      .filter(({ metadata }) => of === undefined || metadata.name === of)
      .map((object) => (object as { readonly status?: CommonStatus }).status),
    stage.server.events.filter(({ key }) => key.kind === 'VpcPeering' && (of === undefined || key.name === of)),
  ]);

const hiddenIds = (stage: Stage) => {
  const network = stage.world
    .network()
    .find(({ securityGroups }) => [...securityGroups.values()].some(({ ownerId }) => ownerId === hidden));
  const groups = [...(network?.securityGroups.values() ?? [])];
  return { vpcId: groups[0]?.vpcId ?? '', groupId: groups.find(({ groupName }) => groupName.startsWith(secret))?.groupId ?? '' };
};

async function setScene(): Promise<Stage> {
  const stage = setStage({ world, account: '999988887777' });
  const closed = account('hidden', hidden, { assumeRole: { roleArn: roleOf(hidden) }, allowedNamespaces: { from: 'None' } });
  stage.apply(yaml(namespace(), own(), other(), closed));
  await stage.start();
  const { vpcId, groupId } = hiddenIds(stage);
  const requester = { accountRef: { name: 'own' }, ...vpcNamed('left') };
  const theirs = { accountId: hidden, region: 'us-west-2', vpcId };
  const ingress = [{ name: 'web', securityGroup: { name: 'default' }, protocol: 'all', from: { securityGroup: { id: groupId } } }];
  stage.apply(
    yaml(
      peering('joined', ends),
      peering('watched', { ...ends, observeOnly: true }),
      peering('half', { requester: { ...requester, ingress }, accepter: theirs }),
      peering('named', { requester, accepter: { accountRef: { name: 'hidden' }, ...vpcNamed(`${secret.slice(0, 3)}*`) } }),
      peering('by-id', { requester, accepter: { accountRef: { name: 'hidden' }, vpcId } }),
      peering('elsewhere', { requester, accepter: { accountRef: { name: 'other' }, vpcId } }),
    ),
  );
  return stage;
}

describe('users of some accounts read nothing of others', () => {
  test('in what stands in AWS, of whichever account', async () => {
    const stage = await setScene();
    await stage.until(() => stage.ready('joined'), minutes(5));
    await stage.pass(minutes(7));
    expect(stage.reason('half')).toBe('PendingAcceptance');
    expect(stage.reason('by-id')).toBe('AccountNotAllowed');
    expect(stage.reason('elsewhere')).toBe('VpcNotFound');
    expect(told(stage)).not.toContain(secret);
  });

  test.each(refusals)('in what AWS answers: $code', async (error) => {
    const stage = await setScene();
    const operations = [['Create*', 'Accept*', 'Authorize*', 'Modify*'], ['Describe*'], ['Delete*', 'Revoke*', 'Describe*']];
    for (const [round, patterns] of operations.entries()) {
      const faults = patterns.map((operation) => ({ operation: `ec2:${operation}`, effect: { error } }));
      stage.simulator.orderFaults(faults);
      if (round === 2) for (const { metadata } of stage.server.list('VpcPeering')) stage.server.delete(keyOf(metadata.name));
      await stage.pass(minutes(4));
      // It was said, and is told as far as it may be.
      expect(told(stage)).toContain(error.code);
      expect(told(stage)).not.toContain(secret);
      for (const one of ['joined', 'watched', 'named', 'by-id', 'elsewhere']) expect(told(stage, one)).not.toContain(hidden);
      stage.simulator.orderFaults([]);
      if (round === 1) await stage.until(() => stage.ready('joined'), minutes(15));
    }
  });

  test('in what is cut off', async () => {
    const stage = await setScene();
    const error = { code: 'UnauthorizedOperation', httpStatus: 403, message: longSaid };
    stage.simulator.orderFaults([{ operation: 'ec2:Create*', effect: { error } }]);
    await stage.pass(minutes(1));
    expect(told(stage, 'joined')).toContain('very very');
    expect(told(stage, 'joined')).not.toMatch(/arn:|444455|hidden/);
  });

  test('in what an account answers that was closed to them: only what was refused is told', async () => {
    const stage = await begin(own(), other(), peering(name, ends));
    await stage.until(() => stage.ready(name), minutes(5));
    await stage.pass(minutes(2));
    for (const one of [own, other]) stage.apply(yaml(one({ allowedNamespaces: { from: 'None' } })));
    const error = { code: 'UnauthorizedOperation', httpStatus: 403, message: `ask ${secret}` };
    stage.simulator.orderFaults(['Delete*', 'Revoke*'].map((operation) => ({ operation: `ec2:${operation}`, effect: { error } })));
    stage.server.delete(keyOf(name));
    await stage.pass(minutes(4));
    expect(writesSince(stage).some(({ code }) => code === 'UnauthorizedOperation')).toBe(true);
    expect(told(stage)).toMatch(/"ec2:\w+: UnauthorizedOperation"/);
    expect(told(stage)).not.toContain(secret);
  });
});
