import { afterAll, beforeAll, expect } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { type ListeningSimulator, listen } from '../../../src/simulator/http-server.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { awsCliReason, mustRunAwsCli, testAwsCli } from '../aws-cli.ts';

const clock = new VirtualClock();
let listening: ListeningSimulator;
beforeAll(async () => {
  const random = seededRandom(1);
  listening = await listen(simulatorOf(new World({ clock, random }), { clock, random }), { port: 0, host: '127.0.0.1' });
});
afterAll(() => listening.close());

async function aws(accountId: string, args: string): Promise<Record<string, never>> {
  const output = await mustRunAwsCli(args, { url: listening.url, accountId, region: 'eu-central-1' });
  return (output ?? {}) as Record<string, never>;
}

testAwsCli(
  `the AWS CLI publishes a resource, shares it, and finds it in the other account${awsCliReason}`,
  async () => {
    const [provider, consumer] = ['111122223333', '444455556666'];
    const vpc = (await aws(provider, 'ec2 create-vpc --cidr-block 10.0.0.0/16 --query Vpc')).VpcId;
    const subnet = (await aws(provider, `ec2 create-subnet --vpc-id ${vpc} --cidr-block 10.0.1.0/24 --query Subnet`)).SubnetId;
    const gateway = await aws(
      provider,
      `vpc-lattice create-resource-gateway --name databases --vpc-identifier ${vpc} --subnet-ids ${subnet} --tags team=net`,
    );
    expect(gateway).toMatchObject({ name: 'databases', vpcIdentifier: vpc, subnetIds: [subnet], status: 'CREATE_IN_PROGRESS' });
    await clock.advance(10_000);
    const read = await aws(provider, `vpc-lattice get-resource-gateway --resource-gateway-identifier ${gateway.arn}`);
    expect(read).toMatchObject({ vpcId: vpc, status: 'ACTIVE', createdAt: expect.stringMatching(/^2026-01-01T00:00:00/) });
    const definition = '{"dnsResource":{"domainName":"db.example.com","ipAddressType":"IPV4"}}';
    const configuration = await aws(
      provider,
      `vpc-lattice create-resource-configuration --name orders --type SINGLE --port-ranges 5432 --resource-gateway-identifier ${gateway.id} --resource-configuration-definition ${definition}`,
    );
    const share = await aws(
      provider,
      `ram create-resource-share --name orders --resource-arns ${configuration.arn} --principals ${consumer} --query resourceShare`,
    );
    expect(share).toMatchObject({ name: 'orders', owningAccountId: provider, status: 'PENDING', allowExternalPrincipals: true });
    const absent = aws(consumer, `vpc-lattice get-resource-configuration --resource-configuration-identifier ${configuration.arn}`);
    await expect(absent).rejects.toMatchObject({ stderr: expect.stringContaining('(ResourceNotFoundException)') });
    const [invitation] = (await aws(consumer, 'ram get-resource-share-invitations')).resourceShareInvitations as unknown as [
      { resourceShareInvitationArn: string },
    ];
    await aws(consumer, `ram accept-resource-share-invitation --resource-share-invitation-arn ${invitation.resourceShareInvitationArn}`);
    await clock.advance(10_000);
    const found = await aws(consumer, `vpc-lattice get-resource-configuration --resource-configuration-identifier ${configuration.arn}`);
    expect(found).toMatchObject({
      name: 'orders',
      status: 'ACTIVE',
      portRanges: ['5432'],
      resourceConfigurationDefinition: JSON.parse(definition),
    });
    const tags = await aws(provider, `vpc-lattice list-tags-for-resource --resource-arn ${gateway.arn}`);
    expect(tags).toEqual({ tags: { team: 'net' } });
  },
  120_000,
);
