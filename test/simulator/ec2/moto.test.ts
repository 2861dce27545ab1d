import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import * as ec2 from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { realClock, sleep } from '../../../src/ambient/clock.ts';
import { seededRandom } from '../../../src/ambient/random.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { World } from '../../../src/simulator/world.ts';

/** The same scripts of calls against moto and this simulator, for what moto does as AWS does it (aws.md 8). What is not here differs, and 8.2 says why. */

const installed = spawnSync('moto_server', ['--help']).status === 0;
const maybe = installed ? test : test.skip;
const reason = installed ? '' : ' (skipped: there is no `moto_server` on the PATH)';

const credentials = { accessKeyId: '111122223333', secretAccessKey: 'x' };
let moto: ChildProcess | undefined;
let theirs: ec2.EC2Client;
let ours: ec2.EC2Client;

beforeAll(async () => {
  const world = new World({ clock: realClock, random: seededRandom(1) });
  const simulator = simulatorOf(world, { clock: realClock, random: seededRandom(2) });
  ours = new ec2.EC2Client({ region: 'us-west-2', credentials, requestHandler: inProcess(simulator) as never });
  if (!installed) return;
  const port = await freePort();
  moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  theirs = new ec2.EC2Client({ region: 'us-west-2', credentials, endpoint: `http://127.0.0.1:${port}` });
  await answering(port);
}, 60_000);

afterAll(() => {
  moto?.kill();
  ours.destroy();
  theirs?.destroy();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${port}/moto-api/`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(realClock, 200);
  }
  throw new Error('moto_server does not answer');
}

/** What a script saw: values, and the codes of calls that were refused. Ids are left to the script to hide. */
type Script = (client: ec2.EC2Client) => Promise<unknown>;

async function code(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'succeeded';
  } catch (error) {
    return (error as Error).name;
  }
}

const newVpc = async (client: ec2.EC2Client, CidrBlock: string): Promise<string> =>
  (await client.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;

const tableOf = async (client: ec2.EC2Client, vpcId: string): Promise<ec2.RouteTable> => {
  const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
  return (await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))).RouteTables![0]!;
};

const scripts: Readonly<Record<string, Script>> = {
  'a VPC: its range, its main table and default group': async (client) => {
    const refused = await code(client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/8' })));
    const vpcId = await newVpc(client, '10.0.0.0/16');
    const { Routes, Associations } = await tableOf(client, vpcId);
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
    const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }));
    return [
      refused,
      Routes!.map(({ DestinationCidrBlock, GatewayId, State, Origin }) => [DestinationCidrBlock, GatewayId, State, Origin]),
      Associations!.map(({ Main }) => Main),
      SecurityGroups!.map(({ GroupName, IpPermissionsEgress }) => [
        GroupName,
        IpPermissionsEgress!.map(({ IpProtocol, IpRanges }) => [IpProtocol, IpRanges]),
      ]),
    ];
  },

  'a VPC with a subnet cannot be deleted': async (client) => {
    const VpcId = await newVpc(client, '10.1.0.0/16');
    const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.1.1.0/24' }));
    const conflict = await code(client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.1.1.0/25' })));
    const outside = await code(client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.2.1.0/24' })));
    const before = await code(client.send(new ec2.DeleteVpcCommand({ VpcId })));
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: Subnet!.SubnetId }));
    return [
      conflict,
      outside,
      before,
      await code(client.send(new ec2.DeleteVpcCommand({ VpcId }))),
      await code(client.send(new ec2.DeleteVpcCommand({ VpcId }))),
    ];
  },

  'IPv4 routes to an internet gateway: another target, replacing, deleting': async (client) => {
    const VpcId = await newVpc(client, '10.3.0.0/16');
    const RouteTableId = (await tableOf(client, VpcId)).RouteTableId!;
    const GatewayId = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
    await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
    const PeerVpcId = await newVpc(client, '10.4.0.0/16');
    const { VpcPeeringConnection } = await client.send(new ec2.CreateVpcPeeringConnectionCommand({ VpcId, PeerVpcId }));
    const VpcPeeringConnectionId = VpcPeeringConnection!.VpcPeeringConnectionId;
    const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' };
    return [
      await code(client.send(new ec2.ReplaceRouteCommand({ ...route, GatewayId }))),
      await code(client.send(new ec2.DeleteRouteCommand(route))),
      await code(client.send(new ec2.CreateRouteCommand({ ...route, GatewayId }))),
      await code(client.send(new ec2.CreateRouteCommand({ ...route, VpcPeeringConnectionId }))),
      await code(client.send(new ec2.ReplaceRouteCommand({ ...route, VpcPeeringConnectionId }))),
      (await tableOf(client, VpcId)).Routes!.map((one) => [
        one.DestinationCidrBlock,
        one.VpcPeeringConnectionId === VpcPeeringConnectionId,
      ]),
      await code(client.send(new ec2.DeleteRouteCommand(route))),
      await code(client.send(new ec2.DeleteRouteCommand({ ...route, RouteTableId: 'rtb-00000000000000000' }))),
    ];
  },

  'rules of a group: ids, tags, the dry run, revoking by id': async (client) => {
    const VpcId = await newVpc(client, '10.5.0.0/16');
    const group = { GroupName: 'web', Description: 'web', VpcId };
    const GroupId = (await client.send(new ec2.CreateSecurityGroupCommand(group))).GroupId!;
    const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.9.0.0/16', Description: 'ssh' }] }];
    const TagSpecifications = [{ ResourceType: 'security-group-rule' as const, Tags: [{ Key: 'by', Value: 'us' }] }];
    const dry = await code(client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions, DryRun: true })));
    const { SecurityGroupRules } = await client.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions, TagSpecifications }),
    );
    const { SecurityGroupRuleId, Tags, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, Description } = SecurityGroupRules![0]!;
    return [
      await code(client.send(new ec2.CreateSecurityGroupCommand(group))),
      dry,
      { Tags, IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, Description },
      await code(client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))),
      await code(client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds: [SecurityGroupRuleId!] }))),
      await code(client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }))),
      await code(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }))),
      await code(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }))),
    ];
  },

  'a group takes 60 rules': async (client) => {
    const VpcId = await newVpc(client, '10.6.0.0/16');
    const GroupId = (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'full', Description: 'full', VpcId }))).GroupId!;
    const permissions = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        IpProtocol: 'tcp',
        FromPort: from + index,
        ToPort: from + index,
        IpRanges: [{ CidrIp: '10.9.0.0/16' }],
      }));
    const authorize = (from: number, count: number) =>
      code(client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: permissions(from, count) })));
    return [await authorize(1, 60), await authorize(61, 1)];
  },
};

describe(`moto and this simulator agree${reason}`, () => {
  maybe.each(Object.keys(scripts))('%s', async (name) => {
    const [expected, seen] = await Promise.all([scripts[name]!(theirs), scripts[name]!(ours)]);
    expect(seen).toEqual(expected);
  });
});
