import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { type ListeningSimulator, listen } from '../../../src/simulator/http-server.ts';
import { readPolicy } from '../../../src/simulator/iam/policy.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { aws, one, vpc } from '../ec2/account.ts';

const installed = spawnSync('aws', ['--version'], { encoding: 'utf8' }).status === 0;
const maybe = installed ? test : test.skip;
const reason = installed ? '' : ' (skipped: there is no `aws` on the PATH)';

const simulated = aws();
const vpcId = vpc(simulated.caller(), '10.0.0.0/16');
let listening: ListeningSimulator;
beforeAll(async () => {
  const simulator = simulatorOf(simulated.world, { clock: simulated.clock, random: seededRandom(1) });
  listening = await listen(simulator, { port: 0, host: '127.0.0.1' });
});
afterAll(() => listening.close());

/** Runs the real AWS CLI; what it prints, or what it says on the standard error stream. */
async function cli(args: string, environment: Record<string, string> = {}): Promise<{ output: Record<string, unknown>; stderr: string }> {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    NO_PROXY: '*',
    AWS_ENDPOINT_URL: listening.url,
    AWS_ACCESS_KEY_ID: one,
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_DEFAULT_REGION: 'us-west-2',
    AWS_MAX_ATTEMPTS: '1',
    ...environment,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)('aws', [...args.split(' '), '--output', 'json'], { env });
    return { output: stdout === '' ? {} : JSON.parse(stdout), stderr };
  } catch (error) {
    return { output: {}, stderr: (error as { stderr: string }).stderr };
  }
}

maybe(
  `the AWS CLI makes a private zone with a record, reads both, and hears of errors by their codes${reason}`,
  async () => {
    const made = await cli(`route53 create-hosted-zone --name a.internal --caller-reference one --vpc VPCRegion=us-west-2,VPCId=${vpcId}`);
    expect(made).toMatchObject({ output: { HostedZone: { Name: 'a.internal.' }, ChangeInfo: { Status: 'PENDING' } } });
    const id = (made.output.HostedZone as { Id: string }).Id;
    const change = {
      Changes: [
        { Action: 'UPSERT', ResourceRecordSet: { Name: 'b.a.internal', Type: 'A', TTL: 60, ResourceRecords: [{ Value: '10.0.0.1' }] } },
      ],
    };
    await cli(`route53 change-resource-record-sets --hosted-zone-id ${id} --change-batch ${JSON.stringify(change)}`);
    const listed = await cli(`route53 list-resource-record-sets --hosted-zone-id ${id}`);
    expect(listed.output.ResourceRecordSets).toContainEqual({
      Name: 'b.a.internal.',
      Type: 'A',
      TTL: 60,
      ResourceRecords: [{ Value: '10.0.0.1' }],
    });
    expect((await cli(`route53 delete-hosted-zone --id ${id}`)).stderr).toContain('(HostedZoneNotEmpty)');
  },
  60_000,
);

maybe(
  `the AWS CLI as a role hears what its policy does not allow${reason}`,
  async () => {
    const roleArn = `arn:aws:iam::${one}:role/reader`;
    const Statement = { Effect: 'Allow', Action: ['ec2:Describe*'], Resource: '*' };
    simulated.world.setRoles([{ arn: roleArn, trusts: [one], policy: readPolicy({ Version: '2012-10-17', Statement }) }]);
    const { output } = await cli(`sts assume-role --role-arn ${roleArn} --role-session-name me`);
    const { AccessKeyId, SecretAccessKey, SessionToken } = output.Credentials as Record<string, string>;
    const session = { AWS_ACCESS_KEY_ID: AccessKeyId!, AWS_SECRET_ACCESS_KEY: SecretAccessKey!, AWS_SESSION_TOKEN: SessionToken! };
    expect((await cli('ec2 describe-vpcs', session)).output.Vpcs).toHaveLength(1);
    const refused = await cli(`ec2 delete-vpc --vpc-id ${vpcId} --dry-run`, session);
    expect(refused.stderr).toContain('(UnauthorizedOperation)');
    expect(refused.stderr).toContain(
      `is not authorized to perform: ec2:DeleteVpc on resource: arn:aws:ec2:us-west-2:${one}:vpc/${vpcId} because`,
    );
    expect((await cli('route53 list-hosted-zones', session)).stderr).toContain('(AccessDenied)');
  },
  60_000,
);
