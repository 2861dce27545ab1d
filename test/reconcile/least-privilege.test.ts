import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import { accountPolicies, controllerPolicy, features, type PolicyDocument, type PolicyStatement } from '../../src/aws/iam-policy.ts';
import type { VpcPeeringStatus } from '../../src/kinds/vpc-peering/api.ts';
import type { RolePolicies } from './guarded-world.ts';
import { account, accounts, census, keyOf, minutes, namespace, peering, person, roleOf, vpcNamed, yaml } from './setting.ts';
import { type Stage, setStage } from './stage.ts';

/**
 * The IAM policies that are printed are enough and not too much. That they are enough every test of a stage shows, since each role may do there exactly what
 * is printed for it. Here a life with everything in it goes well with them, and fails for want of each single thing that is taken out of them.
 */

const hub = '999988887777';
const externalId = '5f0c6f3e';

const smallVpc = (name: string, cidr: string) => ({
  name,
  cidr,
  dnsHostnames: true,
  subnets: [{ name: 'one', cidr: cidr.replace(/\/\d+$/, '/26') }],
});

const world = yaml({
  accounts: {
    [accounts.own]: {
      'us-west-2': { vpcs: [smallVpc('left', '10.1.0.0/24')] },
      'eu-west-2': { vpcs: [smallVpc('far', '10.3.0.0/24')] },
    },
    [accounts.other]: { 'us-west-2': { vpcs: [smallVpc('right', '10.2.0.0/24')] } },
  },
  roles: [accounts.own, accounts.other].map((accountId) => ({ arn: roleOf(accountId), trusts: [hub], externalId })),
});

const ssh = { name: 'ssh', securityGroup: { name: 'default' }, protocol: 'tcp', portRanges: ['22'] };
const dns = { allowDnsResolutionFromRemoteVpc: true };
const left = { ...vpcNamed('left'), accountRef: { name: 'own' }, dns };
const right = { ...vpcNamed('right'), accountRef: { name: 'other' }, dns };
const far = { ...vpcNamed('far'), accountRef: { name: 'own' }, region: 'eu-west-2', dns };
const byReference = [{ ...ssh, from: { securityGroup: { name: 'default' } } }];
const out = [{ ...ssh, to: { peer: true } }];

const name = 'left-to-right';
const spec = {
  requester: { ...left, ingress: byReference, egress: out },
  accepter: { ...right, ingress: byReference },
  tags: { team: 'one' },
};
const withRole = (accountId: string) => ({ assumeRole: { roleArn: roleOf(accountId), externalId } });

class Denied extends Error {}

interface Judged {
  readonly status?: { readonly conditions?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Waits until it is so. @throws Denied with what a condition says, where AWS refuses something first */
async function until(stage: Stage, what: () => boolean): Promise<void> {
  const refused = (kind: string, why: string) =>
    stage.server
      .list(kind)
      .flatMap((object) => (object as Judged).status?.conditions ?? [])
      .find(({ reason }) => reason === why)?.message;
  let refusal: string | undefined;
  await stage.until(() => {
    // Why a role cannot be assumed is its administrators' business.
    refusal ??= refused('VpcPeering', 'AccessDenied') ?? refused('AwsAccount', 'RoleNotAssumable');
    return refusal !== undefined || what();
  }, minutes(10));
  if (refusal !== undefined) throw new Denied(refusal);
}

async function deleted(stage: Stage, of: string): Promise<void> {
  stage.server.delete(keyOf(of));
  await until(stage, () => stage.get(of) === undefined);
}

/** From nothing to nothing: joined within an account and across two, tagged anew, mended, changed, deleted, and left in AWS. */
async function live(policies?: RolePolicies): Promise<void> {
  const stage = setStage({ world, account: hub, ...(policies && { policies }) });
  const before = census(stage);
  await stage.start();
  stage.apply(
    yaml(
      namespace(),
      account('own', accounts.own, withRole(accounts.own)),
      account('other', accounts.other, withRole(accounts.other)),
      peering(name, spec),
      peering('to-far', { requester: left, accepter: far }),
    ),
  );
  await until(stage, () => stage.ready(name) && stage.ready('to-far'));

  stage.apply(yaml(peering(name, { ...spec, tags: { team: 'two' } })));
  await until(stage, () => stage.ready(name));

  const idOf = () => (stage.get(name)?.status as VpcPeeringStatus | undefined)?.peeringConnectionId;
  const id = idOf();
  await person(stage).send(new ec2.DeleteVpcPeeringConnectionCommand({ VpcPeeringConnectionId: id }));
  await until(stage, () => stage.ready(name) && idOf() !== id);

  const less = { requester: { ...left, routeTables: { strategy: 'None' } }, accepter: right };
  const { rules } = census(stage);
  stage.apply(yaml(peering(name, less)));
  await until(stage, () => stage.ready(name) && census(stage).rules.length === rules.length - 3);
  await deleted(stage, name);
  await deleted(stage, 'to-far');
  expect(census(stage)).toEqual(before);

  const kept = 'kept';
  stage.apply(yaml(peering(kept, { ...spec, deletionPolicy: 'Retain' })));
  await until(stage, () => stage.ready(kept));
  await deleted(stage, kept);
  expect(census(stage).connections.filter((connection) => connection.includes('ours'))).toEqual([]);
  expect(census(stage).rules.length).toBe(before.rules.length + 3);
}

/** One entry of a list in a statement. */
interface Entry {
  readonly sid: string;
  /** `Action`, `Resource`, or a condition's operator and key. */
  readonly path: readonly string[];
  readonly index: number;
  readonly value: string;
}

const textsOf = (value: string | readonly string[] | undefined): readonly string[] => (value === undefined ? [] : [value].flat());

/** Every entry of every list: those of a list that has only one are needed if its action is. */
function entriesOf({ Sid: sid, Action, Resource, Condition = {} }: PolicyStatement): readonly Entry[] {
  const list = (path: readonly string[], values: readonly string[]) => values.map((value, index): Entry => ({ sid, path, index, value }));
  return [
    ...list(['Action'], Action),
    ...[
      list(['Resource'], textsOf(Resource)),
      ...Object.entries(Condition).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, value]) => list(['Condition', operator, key], textsOf(value))),
      ),
    ]
      .filter((entries) => entries.length > 1)
      .flat(),
  ];
}

/** The documents without an entry; a statement without actions is none. */
function without({ sid, path, index }: Entry): (printed: readonly PolicyDocument[]) => readonly PolicyDocument[] {
  const lessened = (value: unknown, [step, ...rest]: readonly string[]): unknown =>
    step === undefined
      ? (value as readonly string[]).toSpliced(index, 1)
      : { ...(value as object), [step]: lessened((value as Record<string, unknown>)[step], rest) };
  return (printed) =>
    printed.map((document) => ({
      ...document,
      Statement: document.Statement.map((statement) =>
        statement.Sid === sid ? (lessened(statement, path) as PolicyStatement) : statement,
      ).filter(({ Action }) => Action.length > 0),
    }));
}

const ofAccount = accountPolicies({
  accountId: accounts.own,
  clusterName: 'stage',
  features,
  partition: 'aws',
  regions: [],
  vpcIds: [],
  peerAccountIds: [accounts.own, accounts.other],
  requiredTags: {},
});
const ofController = controllerPolicy([accounts.own, accounts.other].map(roleOf), 'stage');
const statementsOf = (documents: readonly PolicyDocument[]) => documents.flatMap(({ Statement }) => Statement);
const entries = [...statementsOf(ofAccount), ...ofController.Statement].flatMap(entriesOf);
const actionsOf = (sid: string) => [...statementsOf(ofAccount), ...ofController.Statement].find(({ Sid }) => Sid === sid)?.Action ?? [];

describe('The printed policies', () => {
  test('let a life with everything in it go well, and leave nothing', async () => {
    await live();
  });

  test.each(entries.map((entry) => [entry.sid, entry.path.join(' '), entry.value, entry] as const))(
    'are not enough without %s %s %s, and a condition names what is missing',
    async (sid, _path, value, entry) => {
      const refusal = await live(without(entry)).then(
        () => 'nothing was refused',
        (error: unknown) => {
          if (error instanceof Denied) return error.message;
          throw error;
        },
      );
      const missing = entry.path[0] === 'Action' ? [value] : actionsOf(sid);
      expect({ refusal, missing }).toEqual({ refusal: expect.stringMatching(new RegExp(missing.join('|'))), missing });
    },
  );
});
