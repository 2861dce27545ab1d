import * as ec2 from '@aws-sdk/client-ec2';
import { describe, expect, test } from '@jest/globals';
import type { VpcPeeringStatus } from '../../src/kinds/vpc-peering/api.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { exampleFile, type Stage, setStage } from './stage.ts';

/** What single fields of a VpcPeering's spec do, from manifest to AWS. */

const name = 'test1-to-test2';
const key = { kind: 'VpcPeering', namespace: 'network', name };
const minutes = (count: number) => count * 60_000;
const manifests = exampleFile('two-vpcs', 'manifests.yaml');
const withSpec = (lines: string) => manifests.replace('spec:\n  requester:', `spec:\n${lines}  requester:`);

const person = (stage: Stage) =>
  new ec2.EC2Client({
    region: 'us-west-2',
    credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' },
    requestHandler: inProcess(stage.simulator) as never,
  });

function status(stage: Stage): VpcPeeringStatus {
  const object = stage.get(name);
  if (!object?.status) throw new Error(`${name} has no status`);
  return object.status as VpcPeeringStatus;
}

async function connection(stage: Stage): Promise<ec2.VpcPeeringConnection | undefined> {
  const { VpcPeeringConnections } = await person(stage).send(new ec2.DescribeVpcPeeringConnectionsCommand({}));
  return VpcPeeringConnections?.[0];
}

const play = async (yaml: string) => {
  const stage = setStage({ world: exampleFile('two-vpcs', 'world.yaml') });
  await stage.start();
  stage.apply(yaml);
  return stage;
};

describe('acceptance: Manual', () => {
  test('waits until a person accepts, says so, and goes on by itself then', async () => {
    const stage = await play(withSpec('  acceptance: Manual\n'));
    await stage.until(() => stage.reason(name) === 'PendingAcceptance', minutes(1));
    await stage.pass(minutes(10));
    expect(stage.simulator.record.writes().map((call) => call.operation)).toEqual(['CreateVpcPeeringConnection']);
    const conditions = status(stage).conditions ?? [];
    expect(conditions.find(({ type }) => type === 'Stalled')?.status).toBe('False');
    expect(conditions.find(({ type }) => type === 'Accepted')?.message).toMatch(
      /waits to be accepted by hand by account 111122223333 in us-west-2; the request expires at 2026-01-08T/,
    );
    await person(stage).send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: status(stage).peeringConnectionId }));
    await stage.until(() => stage.ready(name), minutes(2));
  });
});

describe('dns', () => {
  const withDns = (value: boolean) =>
    manifests.replaceAll('    ingress:', `    dns: { allowDnsResolutionFromRemoteVpc: ${value} }\n    ingress:`);
  const hostNames = async (stage: Stage) => {
    const { Vpcs } = await person(stage).send(new ec2.DescribeVpcsCommand({}));
    for (const { VpcId } of Vpcs ?? []) {
      await person(stage).send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: true } }));
      await person(stage).send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
    }
  };

  test('sets the option of each side that names it, puts it right when a person changes it, and takes it back', async () => {
    const stage = setStage({ world: exampleFile('two-vpcs', 'world.yaml') });
    await hostNames(stage);
    await stage.start();
    stage.apply(withDns(true));
    await stage.until(() => stage.ready(name), minutes(2));
    const allowed = async () => {
      const found = await connection(stage);
      return [found?.RequesterVpcInfo, found?.AccepterVpcInfo].map((end) => end?.PeeringOptions?.AllowDnsResolutionFromRemoteVpc);
    };
    expect(await allowed()).toEqual([true, true]);
    await person(stage).send(
      new ec2.ModifyVpcPeeringConnectionOptionsCommand({
        VpcPeeringConnectionId: status(stage).peeringConnectionId,
        AccepterPeeringConnectionOptions: { AllowDnsResolutionFromRemoteVpc: false },
      }),
    );
    await stage.pass(minutes(2));
    expect(await allowed()).toEqual([true, true]);
    stage.apply(withDns(false));
    await stage.until(() => stage.ready(name), minutes(2));
    expect(await allowed()).toEqual([false, false]);
  });

  test('in a VPC without DNS host names is refused by AWS, whose words are shown', async () => {
    const stage = await play(withDns(true));
    await stage.until(() => stage.reason(name) === 'RequestRefused', minutes(3));
    expect(status(stage).conditions?.find(({ type }) => type === 'DnsReady')).toMatchObject({ status: 'False', reason: 'RequestRefused' });
  });
});

describe('deletionPolicy: Retain', () => {
  test('leaves everything in AWS when the object goes, without our ownership tags', async () => {
    const stage = await play(withSpec('  deletionPolicy: Retain\n'));
    await stage.until(() => stage.ready(name), minutes(2));
    stage.simulator.record.clear();
    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(3));
    expect([...new Set(stage.simulator.record.writes().map((call) => call.operation))]).toEqual(['DeleteTags']);
    const found = await connection(stage);
    expect(found?.Status?.Code).toBe('active');
    expect((found?.Tags ?? []).map(({ Key }) => Key)).toEqual(['Name']);
  });
});

describe('tags', () => {
  test('are put on what the object makes, and on what it has made when they are edited', async () => {
    const stage = await play(withSpec('  tags: { team: network }\n'));
    await stage.until(() => stage.ready(name), minutes(2));
    const team = async () => (await connection(stage))?.Tags?.find(({ Key }) => Key === 'team')?.Value;
    expect(await team()).toBe('network');
    stage.apply(withSpec('  tags: { team: platform }\n'));
    await stage.until(() => stage.ready(name), minutes(2));
    expect(await team()).toBe('platform');
  });
});

describe('egress', () => {
  test('opens a group whose egress is restricted, towards the peer only, and closes it again', async () => {
    const egress =
      '    egress:\n      - name: web\n        securityGroup: { name: default }\n        protocol: tcp\n        portRanges: ["443"]\n        to: { peer: true }\n    ingress:';
    const stage = await play(manifests.replace('    ingress:', egress));
    await stage.until(() => stage.ready(name), minutes(2));
    const rules = async () => {
      const { SecurityGroupRules } = await person(stage).send(new ec2.DescribeSecurityGroupRulesCommand({}));
      return (SecurityGroupRules ?? []).filter((rule) => rule.IsEgress && rule.FromPort === 443).map((rule) => rule.CidrIpv4);
    };
    expect(await rules()).toEqual(['10.255.1.0/24']);
    stage.server.delete(key);
    await stage.until(() => stage.get(name) === undefined, minutes(3));
    expect(await rules()).toEqual([]);
  });
});
