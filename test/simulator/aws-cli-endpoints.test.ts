import { expect } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { listen } from '../../src/simulator/http-server.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import { awsCliReason, mustRunAwsCli, testAwsCli } from './aws-cli.ts';

const file = `
accounts:
  "111122223333":
    eu-west-2:
      vpcs:
        - name: cake
          cidr: 10.0.0.0/16
          dnsHostnames: true
          subnets:
            - { name: private-a, cidr: 10.0.3.0/25, zone: euw2-az1 }
            - { name: private-b, cidr: 10.0.4.0/25, zone: euw2-az2 }
          routeTables:
            - { name: private-a, subnets: [private-a] }
            - { name: private-b, subnets: [private-b] }
`;

testAwsCli(
  `the AWS CLI gives a private VPC the services of AWS, as in scenario 4${awsCliReason}`,
  async () => {
    const clock = new VirtualClock();
    const random = seededRandom(1);
    const world = new World({ clock, random });
    const ids = loadWorld(file, 'cake.yaml', world);
    const server = await listen(simulatorOf(world, { clock, random }), { port: 0, host: '127.0.0.1' });
    const run = (args: string) => mustRunAwsCli(`ec2 ${args}`, { url: server.url, accountId: '111122223333', region: 'eu-west-2' });
    const id = (what: string): string => ids.get(`111122223333/eu-west-2/cake${what}`)!;
    const tables = `${id('/routeTables/private-a')} ${id('/routeTables/private-b')}`;
    const subnets = `${id('/subnets/private-a')} ${id('/subnets/private-b')}`;
    try {
      const [s3, ec2] = ['com.amazonaws.eu-west-2.s3', 'com.amazonaws.eu-west-2.ec2'];
      const services = await run(
        `describe-vpc-endpoint-services --service-names ${s3} ${ec2} --query ServiceDetails[].ServiceType[].ServiceType`,
      );
      expect(services).toEqual(['Gateway', 'Interface', 'Interface']);
      const lists = await run(`describe-prefix-lists --filters Name=prefix-list-name,Values=${s3} --query PrefixLists[].PrefixListId`);
      const gateway = (await run(
        `create-vpc-endpoint --vpc-id ${id('')} --vpc-endpoint-type Gateway --service-name ${s3} --route-table-ids ${tables} --query VpcEndpoint`,
      )) as { VpcEndpointId: string; State: string };
      expect(gateway.State).toBe('available');
      const routes = await run(`describe-route-tables --route-table-ids ${tables} --query RouteTables[].Routes[]`);
      const route = {
        DestinationPrefixListId: (lists as string[])[0],
        GatewayId: gateway.VpcEndpointId,
        State: 'active',
        Origin: 'CreateRoute',
      };
      expect((routes as object[]).filter((one) => 'DestinationPrefixListId' in one)).toEqual([route, route]);
      const endpoint = (await run(
        `create-vpc-endpoint --vpc-id ${id('')} --vpc-endpoint-type Interface --service-name ${ec2} --subnet-ids ${subnets} --private-dns-enabled --client-token once --query VpcEndpoint`,
      )) as { VpcEndpointId: string; State: string };
      expect(endpoint.State).toBe('pending');
      await clock.advance(3_000);
      const [shown] = (await run(`describe-vpc-endpoints --vpc-endpoint-ids ${endpoint.VpcEndpointId} --query VpcEndpoints`)) as [
        { State: string; DnsEntries: { DnsName: string }[] },
      ];
      expect([shown.State, shown.DnsEntries.at(-1)?.DnsName]).toEqual(['available', 'ec2.eu-west-2.amazonaws.com']);
      const addresses = await run(
        'describe-network-interfaces --filters Name=requester-managed,Values=true --query NetworkInterfaces[].PrivateIpAddress',
      );
      expect(addresses).toEqual(['10.0.3.4', '10.0.4.4']);
      expect(await run(`delete-vpc-endpoints --vpc-endpoint-ids ${gateway.VpcEndpointId} vpce-0123456789abcdef0`)).toMatchObject({
        Unsuccessful: [{ ResourceId: 'vpce-0123456789abcdef0', Error: { Code: 'InvalidVpcEndpointId.NotFound' } }],
      });
    } finally {
      await server.close();
    }
  },
  120_000,
);
