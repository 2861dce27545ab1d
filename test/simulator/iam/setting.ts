import { EC2Client } from '@aws-sdk/client-ec2';
import { RAMClient } from '@aws-sdk/client-ram';
import { Route53Client } from '@aws-sdk/client-route-53';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { VPCLatticeClient } from '@aws-sdk/client-vpc-lattice';
import { seededRandom } from '../../../src/ambient/random.ts';
import { readPolicy } from '../../../src/simulator/iam/policy.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { aws, mainTable, one, vpc } from '../ec2/account.ts';

export const region = 'us-west-2';
export const roleArn = `arn:aws:iam::${one}:role/path/isthmus`;
export const callerArn = `arn:aws:sts::${one}:assumed-role/isthmus/me`;
/** The ARN of a thing of EC2's. */
export const arn = (type: string, id: string, account = one) => `arn:aws:ec2:${region}:${account}:${type}/${id}`;
/** A statement of a policy. */
export const allow = (Action: string | string[], Resource: string | string[] = '*', Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
export const deny = (Action: string, Resource = '*') => ({ ...allow(Action, Resource), Effect: 'Deny' });

/** An AWS with two VPCs, and clients that are sessions of a role with the statements. */
export async function setting(
  statements: readonly object[],
  { tags = {}, tagSession }: { tags?: Record<string, string>; tagSession?: boolean } = {},
) {
  const simulated = aws();
  const admin = simulated.caller(one, region);
  const vpcId = vpc(admin, '10.0.0.0/16');
  const other = vpc(admin, '10.1.0.0/16');
  const table = mainTable(admin, vpcId).RouteTableId!;
  const otherTable = mainTable(admin, other).RouteTableId!;
  const give = (all: readonly object[]) =>
    simulated.world.setRoles([
      { arn: roleArn, trusts: [one], tagSession, policy: readPolicy({ Version: '2012-10-17', Statement: all }) },
      { arn: `arn:aws:iam::${one}:role/next`, trusts: [one] },
    ]);
  give(statements);
  const simulator = simulatorOf(simulated.world, { clock: simulated.clock, random: seededRandom(3) });
  const requestHandler = inProcess(simulator);
  const client = { region, requestHandler, maxAttempts: 1 };
  const assume = async (input: Record<string, string> = tags) => {
    const sts = new STSClient({ ...client, credentials: { accessKeyId: one, secretAccessKey: 'x' } });
    const Tags = Object.entries(input).map(([Key, Value]) => ({ Key, Value }));
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'me', ...(Tags.length > 0 ? { Tags } : {}) }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
    return { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  };
  const credentials = await assume();
  return {
    ...simulated,
    simulator,
    admin,
    vpcId,
    other,
    table,
    otherTable,
    give,
    assume,
    ec2: new EC2Client({ ...client, credentials }),
    lattice: new VPCLatticeClient({ ...client, credentials }),
    ram: new RAMClient({ ...client, credentials }),
    route53: new Route53Client({ ...client, credentials }),
    sts: new STSClient({ ...client, credentials }),
  };
}

/** What the call says: `allowed`, or the refusal's code. Errors of the call itself, past the policy, are allowed ones. */
export async function said(sent: Promise<unknown>): Promise<string> {
  try {
    await sent;
    return 'allowed';
  } catch (error) {
    const { name } = error as Error;
    return ['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'].includes(name) ? name : 'allowed';
  }
}

/** What EC2 says to those who may not. */
export const denied = 'UnauthorizedOperation';
