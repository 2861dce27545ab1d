import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as route53 from '@aws-sdk/client-route-53';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { account, type Comparison, code, compareWithMoto, type Side } from './compare.ts';

/** The same calls against moto and this simulator: gateways, endpoints and what is beside EC2. Where moto does other than AWS, the difference says so. */

async function network({ ec2: client }: Side, n: number): Promise<{ VpcId: string; SubnetId: string; RouteTableId: string }> {
  const VpcId = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: `10.${n}.0.0/16` }))).Vpc!.VpcId!;
  await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: `10.${n}.1.0/24`, AvailabilityZone: 'us-west-2a' }));
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }];
  const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ Filters }));
  return { VpcId, SubnetId: Subnet!.SubnetId!, RouteTableId: RouteTables![0]!.RouteTableId! };
}

const comparisons: Readonly<Record<string, Comparison>> = {
  'internet gateways are attached to one VPC': {
    script: async (side) => {
      const { ec2: client } = side;
      const { VpcId } = await network(side, 1);
      const InternetGatewayId = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
      const ids = { InternetGatewayId, VpcId };
      const attach = () => code(client.send(new ec2.AttachInternetGatewayCommand(ids)));
      const remove = () => code(client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId })));
      const detach = () => code(client.send(new ec2.DetachInternetGatewayCommand(ids)));
      const attached = await attach();
      const { InternetGateways } = await client.send(new ec2.DescribeInternetGatewaysCommand({ InternetGatewayIds: [InternetGatewayId] }));
      return {
        attached,
        state: InternetGateways![0]!.Attachments!.map(({ State }) => State),
        inUse: await remove(),
        detached: [await detach(), await detach()],
        removed: [await remove(), await remove()],
      };
    },
  },

  'Elastic IPs are allocated, associated and released': {
    script: async (side) => {
      const { ec2: client } = side;
      const { VpcId, SubnetId } = await network(side, 2);
      const InternetGatewayId = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
      await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
      const made = await client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId }));
      const NetworkInterfaceId = made.NetworkInterface!.NetworkInterfaceId!;
      const { AllocationId, Domain } = await client.send(new ec2.AllocateAddressCommand({ Domain: 'vpc' }));
      const { AssociationId } = await client.send(new ec2.AssociateAddressCommand({ AllocationId, NetworkInterfaceId }));
      const { Addresses } = await client.send(new ec2.DescribeAddressesCommand({ AllocationIds: [AllocationId!] }));
      const release = () => code(client.send(new ec2.ReleaseAddressCommand({ AllocationId })));
      const inUse = await release();
      const leave = () => code(client.send(new ec2.DisassociateAddressCommand({ AssociationId })));
      return {
        Domain,
        associated: Addresses!.map((one) => [one.NetworkInterfaceId === NetworkInterfaceId, one.AssociationId === AssociationId]),
        inUse,
        left: inUse === 'succeeded' ? 'succeeded' : await leave(),
        released: inUse === 'succeeded' ? 'succeeded' : await release(),
        again: await release(),
      };
    },
    differences: { inUse: 'AWS keeps an address that is in use; moto releases it.' },
  },

  'a NAT gateway is made and deleted': {
    script: async (side) => {
      const { ec2: client } = side;
      const { VpcId, SubnetId, RouteTableId } = await network(side, 3);
      const InternetGatewayId = (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway!.InternetGatewayId!;
      await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
      const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({ Domain: 'vpc' }));
      const input = { SubnetId, AllocationId, ClientToken: 'once' };
      const created = (await client.send(new ec2.CreateNatGatewayCommand(input))).NatGateway!;
      const NatGatewayId = created.NatGatewayId!;
      const shown = async () => (await client.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: [NatGatewayId] }))).NatGateways![0]!;
      await side.settle();
      const { State, ConnectivityType, NatGatewayAddresses } = await shown();
      await client.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId }));
      const repeated = await client.send(new ec2.CreateNatGatewayCommand(input)).catch(() => undefined);
      await client.send(new ec2.DeleteNatGatewayCommand({ NatGatewayId }));
      await side.settle();
      return {
        first: created.State,
        connectivity: ConnectivityType,
        later: [State, NatGatewayAddresses!.map((one) => one.AllocationId === AllocationId)],
        repeated: repeated?.NatGateway?.NatGatewayId === NatGatewayId,
        deleted: (await shown().catch(() => undefined))?.State ?? 'gone',
        unknown: await code(client.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: ['nat-0123456789abcdef0'] }))),
      };
    },
    differences: {
      connectivity: 'AWS says `public` where nothing was said; moto says nothing.',
      first: 'AWS takes a while to make a NAT gateway; moto has it at once.',
      repeated: 'AWS makes one for a client token; moto does not look at it.',
      unknown: 'AWS refuses an id that it does not know; moto lists nothing.',
    },
  },

  'a transit gateway, an attachment, a route of its own': {
    script: async (side) => {
      const { ec2: client } = side;
      const { VpcId, SubnetId } = await network(side, 4);
      const made = (await client.send(new ec2.CreateTransitGatewayCommand({ Description: 'hub' }))).TransitGateway!;
      const TransitGatewayId = made.TransitGatewayId!;
      await side.settle();
      const attach = () =>
        client.send(new ec2.CreateTransitGatewayVpcAttachmentCommand({ TransitGatewayId, VpcId, SubnetIds: [SubnetId] }));
      const { TransitGatewayVpcAttachment } = await attach();
      const TransitGatewayAttachmentId = TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!;
      await side.settle();
      const duplicate = await code(attach());
      const ids = { TransitGatewayAttachmentIds: [TransitGatewayAttachmentId] };
      const [shown] = (await client.send(new ec2.DescribeTransitGatewayVpcAttachmentsCommand(ids))).TransitGatewayVpcAttachments!;
      const table = await client.send(new ec2.CreateTransitGatewayRouteTableCommand({ TransitGatewayId }));
      const TransitGatewayRouteTableId = table.TransitGatewayRouteTable!.TransitGatewayRouteTableId!;
      await side.settle();
      const route = { TransitGatewayRouteTableId, DestinationCidrBlock: '0.0.0.0/0', TransitGatewayAttachmentId };
      await client.send(new ec2.CreateTransitGatewayRouteCommand(route));
      const Filters = [{ Name: 'type', Values: ['static'] }];
      const search = new ec2.SearchTransitGatewayRoutesCommand({ TransitGatewayRouteTableId, Filters });
      const { Routes } = await client.send(search);
      return {
        options: [made.Options!.DnsSupport, made.Options!.DefaultRouteTableAssociation, made.Options!.AutoAcceptSharedAttachments],
        duplicate,
        shown: [shown!.State, shown!.VpcId === VpcId, shown!.VpcOwnerId],
        routes: Routes!.map(({ DestinationCidrBlock, Type, State }) => [DestinationCidrBlock, Type, State]),
        leadsTo: Routes!.map(({ TransitGatewayAttachments }) => TransitGatewayAttachments?.[0]?.ResourceType),
        unknown: await code(client.send(new ec2.DescribeTransitGatewaysCommand({ TransitGatewayIds: ['tgw-0123456789abcdef0'] }))),
      };
    },
    differences: {
      leadsTo: 'AWS tells the attachments of a route; moto does not.',
      unknown: 'AWS refuses an id that it does not know; moto lists nothing.',
    },
  },

  'a gateway endpoint and its prefix list': {
    script: async (side) => {
      const { ec2: client } = side;
      const { VpcId, RouteTableId } = await network(side, 5);
      const input = {
        VpcId,
        ServiceName: 'com.amazonaws.us-west-2.s3',
        VpcEndpointType: 'Gateway' as const,
        RouteTableIds: [RouteTableId],
      };
      const made = (await client.send(new ec2.CreateVpcEndpointCommand(input))).VpcEndpoint!;
      const VpcEndpointId = made.VpcEndpointId!;
      const routes = async () =>
        (await client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables![0]!.Routes!;
      const added = (await routes()).find(({ GatewayId }) => GatewayId === VpcEndpointId);
      const second = await code(client.send(new ec2.CreateVpcEndpointCommand(input)));
      const { PrefixLists } = await client.send(new ec2.DescribePrefixListsCommand({}));
      const noService = { ...input, ServiceName: 'com.amazonaws.us-west-2.nothing' };
      return {
        made: [made.VpcEndpointType, made.State?.toLowerCase(), made.VpcId === VpcId],
        hasRoute: added?.DestinationPrefixListId?.startsWith('pl-'),
        listed: PrefixLists!.some(({ PrefixListName }) => PrefixListName === 'com.amazonaws.us-west-2.s3'),
        second,
        noService: await code(client.send(new ec2.CreateVpcEndpointCommand(noService))),
      };
    },
    differences: {
      second: 'AWS has one gateway endpoint of a service on a route table; moto makes another.',
      noService: 'AWS knows its services; moto takes any name.',
    },
  },

  'prefix lists of one’s own': {
    script: async ({ ec2: client, settle }) => {
      const Entries = [{ Cidr: '192.0.2.0/24', Description: 'first' }];
      const input = { PrefixListName: 'offices', AddressFamily: 'IPv4', MaxEntries: 3, Entries };
      const PrefixListId = (await client.send(new ec2.CreateManagedPrefixListCommand(input))).PrefixList!.PrefixListId!;
      await settle();
      const AddEntries = [{ Cidr: '198.51.100.0/24' }];
      await client.send(new ec2.ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion: 1, AddEntries }));
      await settle();
      const { PrefixLists } = await client.send(new ec2.DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId] }));
      const entries = await client.send(new ec2.GetManagedPrefixListEntriesCommand({ PrefixListId }));
      const stale = { PrefixListId, CurrentVersion: 1, AddEntries: [{ Cidr: '203.0.113.0/24' }] };
      await code(client.send(new ec2.DeleteManagedPrefixListCommand({ PrefixListId })));
      await settle();
      return {
        name: PrefixLists!.map(({ PrefixListName }) => PrefixListName),
        shown: PrefixLists!.map(({ AddressFamily, MaxEntries, Version }) => [AddressFamily, MaxEntries, Version]),
        entries: entries.Entries!.map(({ Cidr, Description }) => [Cidr, Description ?? '']).sort(),
        gone: (await code(client.send(new ec2.ModifyManagedPrefixListCommand(stale)))) !== 'succeeded',
      };
    },
    differences: {
      name: 'AWS changes the name only where the call says so; in moto a list loses it whenever it is modified.',
      gone: 'A list that was deleted is gone in AWS; moto modifies it still.',
    },
  },

  'shares of RAM': {
    script: async (side) => {
      const { ec2: client, ram: shares } = side;
      const made = (await client.send(new ec2.CreateTransitGatewayCommand({}))).TransitGateway!;
      await side.settle();
      const resourceArns = [made.TransitGatewayArn!];
      const create = new ram.CreateResourceShareCommand({ name: 'hub', resourceArns, allowExternalPrincipals: true });
      const { resourceShare } = await shares.send(create);
      await side.settle();
      const { resourceShares } = await shares.send(new ram.GetResourceSharesCommand({ resourceOwner: 'SELF' }));
      const malformed = new ram.CreateResourceShareCommand({ name: 'x', resourceArns: ['nothing'] });
      const resourceShareArn = resourceShare!.resourceShareArn!;
      const remove = () => code(shares.send(new ram.DeleteResourceShareCommand({ resourceShareArn })));
      return {
        made: [resourceShare!.name, resourceShare!.owningAccountId, resourceShare!.allowExternalPrincipals],
        listed: resourceShares!.map(({ name, status }) => [name, status]),
        malformed: await code(shares.send(malformed)),
        removed: await remove(),
      };
    },
  },

  'zones and records of Route 53': {
    script: async (side) => {
      const { route53: client } = side;
      const { VpcId } = await network(side, 6);
      const VPC = { VPCId: VpcId, VPCRegion: 'us-west-2' as const };
      const zone = { Name: 'egress.internal', CallerReference: 'first', VPC, HostedZoneConfig: { PrivateZone: true } };
      const { HostedZone, ChangeInfo } = await client.send(new route53.CreateHostedZoneCommand(zone));
      const Id = HostedZone!.Id!;
      await side.settle();
      const ResourceRecordSet = { Name: 'proxy.egress.internal', Type: 'A' as const, TTL: 60, ResourceRecords: [{ Value: '10.6.1.9' }] };
      const change = (Action: route53.ChangeAction, set: route53.ResourceRecordSet = ResourceRecordSet) =>
        code(
          client.send(
            new route53.ChangeResourceRecordSetsCommand({
              HostedZoneId: Id,
              ChangeBatch: { Changes: [{ Action, ResourceRecordSet: set }] },
            }),
          ),
        );
      const [created, again, upserted] = [await change('CREATE'), await change('CREATE'), await change('UPSERT')];
      const { ResourceRecordSets } = await client.send(new route53.ListResourceRecordSetsCommand({ HostedZoneId: Id }));
      const remove = () => code(client.send(new route53.DeleteHostedZoneCommand({ Id })));
      const notEmpty = await remove();
      const other = { ...ResourceRecordSet, ResourceRecords: [{ Value: '10.6.1.8' }] };
      const inexact = await change('DELETE', other);
      const deleted = inexact === 'succeeded' ? 'succeeded' : await change('DELETE');
      const { HostedZone: shown, VPCs } = await client.send(new route53.GetHostedZoneCommand({ Id }));
      const TagKeys = [{ Key: 'by', Value: 'us' }];
      const ResourceId = Id.split('/').at(-1)!;
      await client.send(new route53.ChangeTagsForResourceCommand({ ResourceType: 'hostedzone', ResourceId, AddTags: TagKeys }));
      const tags = await client.send(new route53.ListTagsForResourceCommand({ ResourceType: 'hostedzone', ResourceId }));
      const repeated = await code(client.send(new route53.CreateHostedZoneCommand(zone)));
      return {
        name: [HostedZone!.Name, HostedZone!.Config!.PrivateZone],
        status: ChangeInfo!.Status,
        created,
        again,
        upserted,
        records: ResourceRecordSets!
          .filter(({ Type }) => Type === 'A')
          .map(({ Name, TTL, ResourceRecords }) => [Name, TTL, ResourceRecords]),
        notEmpty,
        inexact,
        deleted,
        vpcs: [shown!.Id === Id, VPCs!.map(({ VPCId, VPCRegion }) => [VPCId === VpcId, VPCRegion])],
        tags: tags.ResourceTagSet!.Tags,
        repeated,
        removed: await remove(),
        unknown: await code(client.send(new route53.GetHostedZoneCommand({ Id: 'Z00000000000000000000' }))),
      };
    },
    differences: {
      status: 'In AWS a change is PENDING at first; in moto it is INSYNC at once.',
      inexact: 'The API Reference has InvalidChangeBatch for a DELETE that does not match; moto says InvalidInput.',
      repeated: 'AWS takes a CallerReference once; moto makes another zone.',
    },
  },

  'STS: who one is, also in another account': {
    script: async ({ sts }) => {
      const role = { RoleArn: 'arn:aws:iam::444455556666:role/isthmus', RoleSessionName: 'me', DurationSeconds: 900 };
      const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
      const { AssumedRoleUser, Credentials } = await sts.send(new AssumeRoleCommand(role));
      return {
        account: Account === account,
        arn: Arn,
        assumed: AssumedRoleUser!.Arn,
        key: Credentials!.AccessKeyId!.slice(0, 4),
        hasToken: Credentials!.SessionToken!.length > 0,
        short: await code(sts.send(new AssumeRoleCommand({ ...role, RoleSessionName: 'x' }))),
      };
    },
    differences: {
      short: 'AWS takes no session name of one character; moto does.',
      arn: 'moto calls an account’s own key a user `moto`; here it is the account itself.',
    },
  },
};

compareWithMoto(comparisons);
