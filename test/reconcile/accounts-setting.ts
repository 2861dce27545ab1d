import type { Condition } from '../../src/kinds/kind.ts';
import { account, accounts, minutes, namespace, peering, roleOf, vpcNamed, yaml } from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/** Two accounts and a peering between them, for the tests of AwsAccounts. */

export const name = 'joined';
/** A VPC of a world file, with one subnet and its table. */
export const vpc = (vpcName: string, cidr: string, tags: object = {}) => ({
  name: vpcName,
  cidr,
  tags,
  subnets: [{ name: 'a', cidr: cidr.replace('/16', '/24') }],
  routeTables: [{ name: 'a', subnets: ['a'] }],
});

export const allowed = { isthmus: 'allowed' };
export const world = yaml({
  accounts: {
    [accounts.own]: {
      'us-west-2': { vpcs: [vpc('left', '10.1.0.0/16', allowed), vpc('closed', '10.3.0.0/16'), vpc('closed-too', '10.4.0.0/16')] },
    },
    [accounts.other]: { 'us-west-2': { vpcs: [vpc('right', '10.2.0.0/16', allowed)] } },
  },
});

export const role = (accountId: string) => ({ assumeRole: { roleArn: roleOf(accountId) } });
/** The AwsAccounts of both ends, each by a role. */
export const own = (spec: object = {}) => account('own', accounts.own, { ...role(accounts.own), ...spec });
export const other = (spec: object = {}) => account('other', accounts.other, { ...role(accounts.other), ...spec });
export const ends = {
  requester: { accountRef: { name: 'own' }, ...vpcNamed('left') },
  accepter: {
    accountRef: { name: 'other' },
    ...vpcNamed('right'),
    ingress: [{ name: 'all', securityGroup: { name: 'default' }, protocol: 'all', from: { peer: true } }],
  },
};

export async function begin(...documents: readonly object[]): Promise<Stage> {
  const stage = setStage({ world, account: '999988887777' });
  stage.apply(yaml(namespace(), ...documents));
  await stage.start();
  return stage;
}

/** Two VPCs of two accounts, joined and at rest. */
export async function joined(): Promise<Stage> {
  const stage = await begin(own(), other(), peering(name, ends));
  await stage.until(() => stage.ready(name), minutes(5));
  // Reads are certain to show what was made, and all is said.
  await stage.pass(minutes(2));
  return stage;
}

export const accountKey = (accountName: string) => ({ kind: 'AwsAccount', name: accountName });
export const ready = (stage: Stage, accountName: string): Condition | undefined =>
  stage.server.read(accountKey(accountName))?.status?.conditions?.find(({ type }) => type === 'Ready');
/** All that users of the peering can read of it. */
export const messages = (stage: Stage): string => JSON.stringify([stage.get(name)?.status?.conditions, stage.server.events]);
/** Calls of EC2 in an account, later than a moment of the record. */
export const callsTo = (stage: Stage, sequence: number, accountId: string) =>
  stage.simulator.record
    .calls()
    .filter((call) => call.sequence > sequence && call.accountId === accountId && call.service === 'ec2')
    .map(({ operation }) => operation);
