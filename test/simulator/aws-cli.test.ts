import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { type ListeningSimulator, listen } from '../../src/simulator/http-server.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';
import { awsCliReason, runAwsCli, testAwsCli } from './aws-cli.ts';
import { smallAws } from './small-aws.ts';

const aws = smallAws();
let listening: ListeningSimulator;
beforeAll(async () => {
  listening = await listen(aws.simulator, { port: 0, host: '127.0.0.1' });
});
afterAll(() => listening.close());

const cli = (args: string, environment: Record<string, string> = {}) =>
  runAwsCli(args, { url: listening.url, accountId: '111122223333', region: 'eu-central-1', environment });

describe('the AWS CLI, as it is', () => {
  testAwsCli(`says who it is${awsCliReason}`, async () => {
    const { output } = await cli('sts get-caller-identity');
    expect(output).toEqual({ UserId: '111122223333', Account: '111122223333', Arn: 'arn:aws:iam::111122223333:root' });
  });

  testAwsCli(`assumes a role and works in its account${awsCliReason}`, async () => {
    const arn = 'arn:aws:iam::444455556666:role/isthmus';
    const assumed = await cli(`sts assume-role --role-arn ${arn} --role-session-name me --tags Key=cluster,Value=eu --external-id secret`);
    expect(assumed.output).toMatchObject({
      Credentials: { Expiration: expect.stringMatching(/^2026-01-01T01:00:00/) },
      AssumedRoleUser: { Arn: 'arn:aws:sts::444455556666:assumed-role/isthmus/me' },
    });
    const { Credentials } = assumed.output as { Credentials: Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken', string> };
    const session = {
      AWS_ACCESS_KEY_ID: Credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: Credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: Credentials.SessionToken,
    };
    expect((await cli('sts get-caller-identity', session)).output).toMatchObject({ Account: '444455556666' });
    expect((await cli('ec2 describe-vpcs', session)).output).toEqual({ Vpcs: [] });
  });

  testAwsCli(`makes things with tags and reads them with filters${awsCliReason}`, async () => {
    const tags = 'ResourceType=vpc,Tags=[{Key=Name,Value=a&b},{Key=team,Value=net}]';
    const made = await cli(`ec2 create-vpc --cidr-block 10.0.0.0/16 --tag-specifications ${tags}`);
    expect(made.output).toEqual({ Vpc: { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16', OwnerId: '111122223333', Tags: [] } });
    const { record } = aws.simulator;
    expect(record.calls().at(-1)).toMatchObject({
      region: 'eu-central-1',
      parameters: {
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [
          {
            ResourceType: 'vpc',
            Tags: [
              { Key: 'Name', Value: 'a&b' },
              { Key: 'team', Value: 'net' },
            ],
          },
        ],
      },
    });
    const read = await cli('ec2 describe-vpcs --filters Name=tag:team,Values=net,web Name=state,Values=available --vpc-ids vpc-1');
    expect(read.output).toMatchObject({ Vpcs: [{ VpcId: 'vpc-1' }] });
    expect(record.calls().at(-1)?.parameters).toEqual({
      VpcIds: ['vpc-1'],
      Filters: [
        { Name: 'tag:team', Values: ['net', 'web'] },
        { Name: 'state', Values: ['available'] },
      ],
    });
  });

  testAwsCli(`tells errors by their code, and a dry run${awsCliReason}`, async () => {
    const absent = await cli('ec2 describe-vpcs --vpc-ids vpc-0');
    expect([absent.status > 0, absent.stderr]).toEqual([
      true,
      expect.stringContaining(
        "An error occurred (InvalidVpcID.NotFound) when calling the DescribeVpcs operation: The vpc ID 'vpc-0' does not exist",
      ),
    ]);
    const dryRun = await cli('ec2 create-vpc --cidr-block 10.0.0.0/16 --dry-run');
    expect(dryRun.stderr).toContain('(DryRunOperation)');
    const role = await cli('sts assume-role --role-arn arn:aws:iam::444455556666:role/isthmus --role-session-name a/b');
    expect(role.stderr).toContain('(ValidationError)');
  });
});

testAwsCli(
  `the AWS CLI peers two VPCs and routes between them${awsCliReason}`,
  async () => {
    const clock = new VirtualClock();
    const random = seededRandom(1);
    const whole = await listen(simulatorOf(new World({ clock, random }), { clock, random }), { port: 0, host: '127.0.0.1' });
    const run = async (args: string) => {
      const { status, output, stderr } = await cli(args, { AWS_ENDPOINT_URL: whole.url });
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
      return output as Record<string, never>;
    };
    const vpc = async (name: string, cidr: string) => {
      const tags = `ResourceType=vpc,Tags=[{Key=Name,Value=${name}}]`;
      return (await run(`ec2 create-vpc --cidr-block ${cidr} --tag-specifications ${tags} --query Vpc`)).VpcId;
    };
    try {
      const [a, b] = [await vpc('a', '10.1.0.0/16'), await vpc('b', '10.2.0.0/16')];
      const found = await run('ec2 describe-vpcs --filters Name=tag:Name,Values=a,c Name=cidr,Values=10.*');
      expect(found).toMatchObject({ Vpcs: [{ VpcId: a, Tags: [{ Key: 'Name', Value: 'a' }] }] });
      const requested = await run(`ec2 create-vpc-peering-connection --vpc-id ${a} --peer-vpc-id ${b} --query VpcPeeringConnection`);
      const id = requested.VpcPeeringConnectionId;
      await clock.advance(60_000);
      await run(`ec2 accept-vpc-peering-connection --vpc-peering-connection-id ${id}`);
      await clock.advance(60_000);
      const [table] = (await run(`ec2 describe-route-tables --filters Name=vpc-id,Values=${a}`)).RouteTables as unknown as [
        { RouteTableId: string },
      ];
      const route = `--destination-cidr-block 10.2.0.0/16 --vpc-peering-connection-id ${id}`;
      expect(await run(`ec2 create-route --route-table-id ${table.RouteTableId} ${route}`)).toEqual({ Return: true });
      expect(await run(`ec2 describe-route-tables --route-table-ids ${table.RouteTableId}`)).toMatchObject({
        RouteTables: [
          {
            Routes: expect.arrayContaining([
              expect.objectContaining({ DestinationCidrBlock: '10.2.0.0/16', VpcPeeringConnectionId: id, State: 'active' }),
            ]),
          },
        ],
      });
    } finally {
      await whole.close();
    }
  },
  120_000,
);
