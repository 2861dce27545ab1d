import { afterAll, beforeAll, expect } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { type ListeningSimulator, listen } from '../../../src/simulator/http-server.ts';
import { readPolicy } from '../../../src/simulator/iam/policy.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { awsCliReason, runAwsCli, testAwsCli } from '../aws-cli.ts';
import { aws, one, vpc } from '../ec2/account.ts';

const simulated = aws();
const vpcId = vpc(simulated.caller(), '10.0.0.0/16');
let listening: ListeningSimulator;
beforeAll(async () => {
  const simulator = simulatorOf(simulated.world, { clock: simulated.clock, random: seededRandom(1) });
  listening = await listen(simulator, { port: 0, host: '127.0.0.1' });
});
afterAll(() => listening.close());

/** What the AWS CLI prints, or what it says on the standard error stream. */
async function cli(args: string, environment: Record<string, string> = {}): Promise<{ output: Record<string, unknown>; stderr: string }> {
  const { output = {}, stderr } = await runAwsCli(args, { url: listening.url, accountId: one, region: 'us-west-2', environment });
  return { output: output as Record<string, unknown>, stderr };
}

testAwsCli(
  `the AWS CLI makes a private zone with a record, reads both, and hears of errors by their codes${awsCliReason}`,
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

testAwsCli(
  `the AWS CLI as a role hears what its policy does not allow${awsCliReason}`,
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
