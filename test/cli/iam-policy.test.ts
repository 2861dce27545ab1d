import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Command, type CommanderError } from 'commander';
import { parseAllDocuments } from 'yaml';
import { realClock } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { accountPolicies, accountTrust, controllerPolicy, controllerTrust, features } from '../../src/aws/iam-policy.ts';
import { iamPolicyCommand } from '../../src/cli/iam-policy.ts';
import { readPolicy } from '../../src/simulator/iam/policy.ts';

const command = (): Command => iamPolicyCommand({ clock: realClock, random: seededRandom(1) });
const [one, other] = ['111122223333', '222233334444'];
const controllerArn = 'arn:aws:iam::999988887777:role/isthmus-controller';
const basics = ['--account-id', one, '--cluster-name', 'prod'];
const scope = {
  accountId: one,
  clusterName: 'prod',
  features,
  partition: 'aws',
  regions: [],
  vpcIds: [],
  peerAccountIds: [],
  requiredTags: {},
};

afterEach(() => {
  jest.restoreAllMocks();
});

/** What the command prints, or the error that it ends with. */
async function run(...args: readonly string[]): Promise<{ printed: string; error: string }> {
  let printed = '';
  let error = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const quiet = (made: Command): Command => {
    made.exitOverride().configureOutput({ writeErr: (text) => (error += text), writeOut: (text) => (printed += text) });
    for (const below of made.commands) quiet(below);
    return made;
  };
  const program = quiet(new Command('isthmus').addCommand(command()));
  await program.parseAsync(['iam-policy', ...args], { from: 'user' }).catch((thrown: CommanderError) => {
    if (thrown.exitCode !== 0 && error === '') throw thrown;
  });
  return { printed, error };
}

const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(...args)).printed);

describe('isthmus iam-policy', () => {
  test('prints the policy of an account’s role, which "account" says too', async () => {
    const [policy] = accountPolicies(scope);
    expect(await json(...basics)).toEqual(policy);
    expect(await json('account', ...basics)).toEqual(policy);
    expect(() => readPolicy(policy)).not.toThrow();
  });

  test('holds it to what is asked for, and takes the partition from the regions', async () => {
    const asked = ['--region', 'cn-north-1', '--region', 'cn-northwest-1', '--peer-account', other, '--vpc', 'vpc-0a1b2c3d4e5f60718'];
    expect(
      await json(...basics, ...asked, '--require-tag', 'joinable=yes', '--require-tag', 'zone=inner', '--feature', 'vpc-peering'),
    ).toEqual(
      accountPolicies({
        ...scope,
        partition: 'aws-cn',
        regions: ['cn-north-1', 'cn-northwest-1'],
        vpcIds: ['vpc-0a1b2c3d4e5f60718'],
        peerAccountIds: [other],
        requiredTags: { joinable: 'yes', zone: 'inner' },
      })[0],
    );
  });

  test('prints YAML, several documents too, that says the same', async () => {
    const vpcIds = Array.from({ length: 40 }, (_, index) => `vpc-${String(index).padStart(8, '0')}`);
    const { printed } = await run(...basics, '--format', 'yaml', ...vpcIds.flatMap((id) => ['--vpc', id]));
    const documents = accountPolicies({ ...scope, vpcIds });
    expect(documents.length).toBeGreaterThan(1);
    expect(parseAllDocuments(printed).map((document) => document.toJS())).toEqual(documents);
  });

  test('prints who may assume the roles, and what the controller’s own may do', async () => {
    expect(await json('trust', '--controller', controllerArn, '--cluster-name', 'prod', '--external-id', '5f0c', '--pod-identity')).toEqual(
      accountTrust({ controllerArn, clusterName: 'prod', externalId: '5f0c', podIdentity: true }),
    );
    const roles = [one, other].map((accountId) => `arn:aws:iam::${accountId}:role/isthmus`);
    expect(await json('controller', ...roles.flatMap((role) => ['--role', role]), '--cluster-name', 'prod')).toEqual(
      controllerPolicy(roles, 'prod'),
    );
    const pod = { namespace: 'isthmus', serviceAccount: 'isthmus' };
    expect(await json('controller-trust')).toEqual(controllerTrust({ ...pod, identity: 'pod-identity' }));
    const oidcProviderArn = 'arn:aws:iam::999988887777:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF';
    expect(await json('controller-trust', '--oidc-provider', oidcProviderArn)).toEqual(
      controllerTrust({ ...pod, identity: 'irsa', oidcProviderArn }),
    );
  });

  test.each([
    [['--cluster-name', 'prod'], "required option '--account-id <id>' not specified"],
    [['--account-id', one], "required option '--cluster-name <name>' not specified"],
    [['--account-id', '1111', '--cluster-name', 'prod'], 'It must be the twelve digits of an account, and is "1111".'],
    [['--account-id', one, '--cluster-name', 'prod$'], 'and is "prod$".'],
    [[...basics, '--feature', 'everything'], 'It must be one of vpc-peering, and is "everything".'],
    [[...basics, '--region', 'Oregon'], 'It must be a region such as us-west-2, and is "Oregon".'],
    [[...basics, '--region', 'us-west-2', '--region', 'cn-north-1'], 'name several partitions (aws, aws-cn)'],
    [[...basics, '--vpc', 'vpc-*'], 'It must be the id of a VPC, and is "vpc-*".'],
    [[...basics, '--require-tag', 'joinable'], 'It must be a key and a value such as joinable=yes, and is "joinable".'],
    [
      ['trust', '--controller', '*', '--cluster-name', 'prod'],
      'It must be an ARN such as arn:aws:iam::999988887777:role/isthmus-controller, and is "*".',
    ],
    [['controller', '--role', 'arn:aws:iam::111122223333:role/*', '--cluster-name', 'prod'], 'It must be an ARN such as'],
    [['controller-trust', '--oidc-provider', 'https://oidc.eks.us-west-2.amazonaws.com/id/1'], 'It must be an ARN such as'],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { printed, error } = await run(...args);
    expect(error).toContain(sentence);
    expect(printed).toBe('');
  });

  test('fails where the list of VPCs is too long for a policy, and says what to do', async () => {
    const vpcIds = Array.from({ length: 300 }, (_, index) => `vpc-${String(index).padStart(17, '0')}`);
    expect((await run(...basics, ...vpcIds.flatMap((id) => ['--vpc', id]))).error).toContain(
      'name fewer VPCs, or have them carry a tag instead',
    );
  });

  test('has examples in its help that can be run as they stand', async () => {
    const { printed } = await run('--help');
    const { printed: more } = await run('account', '--help');
    const lines = `${printed}\n${more}`.replaceAll('\\\n', '').split('\n');
    const examples = lines.flatMap((line) => /^ +isthmus iam-policy ([^>]+)/.exec(line)?.[1] ?? []);
    expect(examples.length).toBeGreaterThanOrEqual(6);
    for (const example of examples) expect(await json(...example.trim().split(/\s+/))).toHaveProperty('Statement');
  });
});
