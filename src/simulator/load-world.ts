import type {
  AllocateAddressResult,
  AuthorizeSecurityGroupIngressRequest,
  CreateEgressOnlyInternetGatewayResult,
  CreateInternetGatewayResult,
  CreateNatGatewayResult,
  CreateNetworkAclResult,
  CreateRouteTableResult,
  CreateSecurityGroupResult,
  CreateSubnetResult,
  CreateTransitGatewayResult,
  CreateTransitGatewayRouteTableResult,
  CreateTransitGatewayVpcAttachmentResult,
  CreateVpcPeeringConnectionResult,
  IpPermission,
  Reservation,
  ResourceType,
  Tag,
  TagSpecification,
} from '@aws-sdk/client-ec2';
import type { GetResourceShareInvitationsResponse } from '@aws-sdk/client-ram';
import type { CreateHostedZoneRequest, CreateHostedZoneResponse, VPC, VPCRegion } from '@aws-sdk/client-route-53';
import { parseCidr } from '../network/cidr.ts';
import { ec2Operations } from './ec2/index.ts';
import { createNetworkLoadBalancer } from './ec2/network-load-balancers.ts';
import { createVpc } from './ec2/vpcs.ts';
import { ramOperations } from './ram/index.ts';
import { route53Operations } from './route53/index.ts';
import { ApiError, type Call, type Operations } from './service.ts';
import type { World } from './world.ts';
import { type FieldPath, readWorldFile, type TransitGatewayDescription, type VpcDescription, type WorldFile } from './world-file.ts';

export { WorldFileError } from './world-file.ts';

/** Ids of what the file names, by `<account>/<region>/<VPC>`, and below it `/subnets/<name>`, `/instances/<name>` …; `peerings/<name>`, `hostedZones/<first VPC>/<name>`. */
export type LoadedIds = ReadonlyMap<string, string>;

const [day, hour] = [86_400_000, 3_600_000];

/** A VPC of the file on its way into the world. */
interface Building {
  readonly description: VpcDescription;
  readonly path: FieldPath;
  readonly call: Call;
  /** `111122223333/us-west-2/peering_test_1`. */
  readonly key: string;
  readonly vpcId: string;
}

/**
 * Makes in the world what the file tells of, through the same calls that everybody makes. It all happened yesterday: nothing is new, or on
 * its way. Ids follow from the names: the same file always gives the same ones.
 *
 * @param fileName as it is to be named in errors
 * @throws WorldFileError naming line, column and field
 */
export function loadWorld(source: string, fileName: string, world: World): LoadedIds {
  const file = readWorldFile(source, fileName);
  const loader = new Loader(world, file);
  world.past(day, (pass) => loader.load(() => pass(hour)));
  return loader.ids;
}

/** Something of the file that is being made: who makes it, where it stands, and the name that its id follows from. */
interface Making {
  readonly call: Call;
  readonly path: FieldPath;
  readonly idPath: string;
}

class Loader {
  readonly ids = new Map<string, string>();
  readonly #world: World;
  readonly #file: WorldFile;
  readonly #operations: Operations;

  constructor(world: World, file: WorldFile) {
    this.#world = world;
    this.#file = file;
    this.#operations = { ...ec2Operations(world), ...ramOperations(world), ...route53Operations(world) };
  }

  /** @param settle lets pass what takes time */
  load(settle: () => void): void {
    const { accounts, roles } = this.#file.description;
    if (roles) this.#world.setRoles(roles);
    const vpcs = Object.entries(accounts).flatMap(([accountId, regions]) =>
      Object.entries(regions).flatMap(([region, { vpcs: described }]) =>
        described.map((description, index) => {
          const call = { accountId, region, callerArn: `arn:aws:iam::${accountId}:root` };
          return this.#vpc(description, ['accounts', accountId, region, 'vpcs', index], call);
        }),
      ),
    );
    settle();
    for (const vpc of vpcs) this.#insides(vpc);
    settle();
    this.#peerings(vpcs, settle);
    this.#transitGateways(vpcs, settle);
    this.#hostedZones(vpcs, settle);
    for (const vpc of vpcs) {
      this.#routeTables(vpc);
      this.#rules(vpc, vpcs);
    }
  }

  /** Makes a call for a field of the file: what AWS would refuse is an error of the file. */
  #make<Answer extends object>(
    { call, path, idPath, ids = {} }: { call: Call; path: FieldPath; idPath: string; ids?: Readonly<Record<string, string | undefined>> },
    operation: string,
    input: object,
  ): Answer {
    return this.#named({ path, idPath, ids }, () => this.#operations[operation]!(input as never, call) as Answer, operation);
  }

  #named<Answer>(
    { path, idPath, ids }: { path: FieldPath; idPath: string; ids: Readonly<Record<string, string | undefined>> },
    run: () => Answer,
    operation: string,
  ): Answer {
    const given = Object.fromEntries(Object.entries(ids).flatMap(([prefix, id]) => (id === undefined ? [] : [[prefix, id]])));
    const taken = Object.values(given).find((id) => this.#world.wasGiven(id));
    if (taken) throw this.#file.error([...path, 'id'], `the id ${taken} is used twice`);
    try {
      return this.#world.named(idPath, run, given);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw this.#file.error(path, `AWS refuses this (${operation}, ${error.code}): ${error.message}`);
    }
  }

  #tag({ call, path }: { call: Call; path: FieldPath }, id: string, tags: Tag[]): void {
    this.#make({ call, path, idPath: id }, 'CreateTags', { Resources: [id], Tags: tags });
  }

  #vpc(description: VpcDescription, path: FieldPath, call: Call): Building {
    const key = `${call.accountId}/${call.region}/${description.name}`;
    if (this.ids.has(key)) throw this.#file.error([...path, 'name'], `there is another VPC ${description.name} in ${call.region}`);
    const ids = {
      vpc: description.id,
      sg: description.securityGroups.find((group) => group.name === 'default')?.id,
      rtb: description.routeTables.find((table) => table.main)?.id,
      acl: description.networkAcls.find((acl) => acl.default)?.id,
    };
    const input = {
      CidrBlock: description.cidr,
      ...(description.ipv6 === true ? { AmazonProvidedIpv6CidrBlock: true } : {}),
      ...(typeof description.ipv6 === 'string' ? { Ipv6CidrBlock: description.ipv6, Ipv6Pool: 'ipv6pool-ec2-own' } : {}),
      TagSpecifications: specification('vpc', description),
      isDefault: description.default,
    };
    const vpcId = this.#named(
      { path, idPath: key, ids },
      () => this.#world.atomically(() => createVpc(this.#world, call, input).id),
      'CreateVpc',
    );
    this.ids.set(key, vpcId);
    description.secondaryCidrs.forEach((cidr, index) => {
      const at = [...path, 'secondaryCidrs', index];
      this.#make({ call, path: at, idPath: `${key}/cidr/${cidr}` }, 'AssociateVpcCidrBlock', { VpcId: vpcId, CidrBlock: cidr });
    });
    const attribute = (name: string, Value: boolean): void => {
      this.#make({ call, path, idPath: key }, 'ModifyVpcAttribute', { VpcId: vpcId, [name]: { Value } });
    };
    if (!description.dnsSupport) attribute('EnableDnsSupport', false);
    if (description.dnsHostnames !== undefined) attribute('EnableDnsHostnames', description.dnsHostnames);
    return { description, path, call, key, vpcId };
  }

  #insides(vpc: Building): void {
    this.#internetGateway(vpc);
    this.#subnets(vpc);
    this.#natGateways(vpc);
    this.#securityGroups(vpc);
    this.#networkAcls(vpc);
    this.#instances(vpc);
    this.#networkLoadBalancers(vpc);
  }

  #internetGateway({ description: { internetGateway, name }, path, call, key, vpcId }: Building): void {
    if (internetGateway === false) return;
    const said = internetGateway === true ? {} : internetGateway;
    const at = { call, path: [...path, 'internetGateway'], idPath: `${key}/internetGateway` };
    const { InternetGateway: made } = this.#make<CreateInternetGatewayResult>({ ...at, ids: { igw: said.id } }, 'CreateInternetGateway', {
      TagSpecifications: specification('internet-gateway', { name: said.name ?? name, tags: said.tags }),
    });
    this.ids.set(at.idPath, made!.InternetGatewayId!);
    this.#make(at, 'AttachInternetGateway', { InternetGatewayId: made!.InternetGatewayId, VpcId: vpcId });
  }

  #subnets({ description: { subnets }, path, call, key, vpcId }: Building): void {
    const zones = this.#world.zones(call).toSorted((a, b) => (a.zoneId < b.zoneId ? -1 : 1));
    subnets.forEach((subnet, index) => {
      const at = {
        call,
        path: [...path, 'subnets', index],
        idPath: this.#newKey(`${key}/subnets/${subnet.name}`, [...path, 'subnets', index]),
      };
      const zone = zones.find(({ zoneId, zoneName }) => subnet.zone === zoneId || subnet.zone === zoneName);
      if (subnet.zone !== undefined && !zone) {
        const known = zones.map(({ zoneId }) => zoneId).join(', ');
        throw this.#file.error([...at.path, 'zone'], `there is no zone ${subnet.zone} in ${call.region}; the zones are ${known}`);
      }
      const { Subnet: made } = this.#make<CreateSubnetResult>({ ...at, ids: { subnet: subnet.id } }, 'CreateSubnet', {
        VpcId: vpcId,
        CidrBlock: subnet.cidr,
        Ipv6CidrBlock: subnet.ipv6,
        AvailabilityZoneId: (zone ?? zones[index % zones.length])!.zoneId,
        TagSpecifications: specification('subnet', subnet),
      });
      this.ids.set(at.idPath, made!.SubnetId!);
      if (subnet.public) this.#make(at, 'ModifySubnetAttribute', { SubnetId: made!.SubnetId, MapPublicIpOnLaunch: { Value: true } });
      if (subnet.ipv6) this.#make(at, 'ModifySubnetAttribute', { SubnetId: made!.SubnetId, AssignIpv6AddressOnCreation: { Value: true } });
    });
  }

  #securityGroups({ description: { securityGroups }, path, call, key, vpcId }: Building): void {
    const defaultGroup = this.#world.securityGroups.where(`vpc:${vpcId}`).find(({ groupName }) => groupName === 'default')!;
    this.ids.set(`${key}/securityGroups/default`, defaultGroup.id);
    securityGroups.forEach((group, index) => {
      const at = { call, path: [...path, 'securityGroups', index] };
      if (group.name === 'default') {
        if (group.tags) this.#tag(at, defaultGroup.id, tagsOf(group.tags));
        return;
      }
      const idPath = this.#newKey(`${key}/securityGroups/${group.name}`, at.path);
      const made = this.#make<CreateSecurityGroupResult>({ ...at, idPath, ids: { sg: group.id } }, 'CreateSecurityGroup', {
        GroupName: group.name,
        Description: group.description ?? group.name,
        VpcId: vpcId,
        TagSpecifications: specification('security-group', group),
      });
      this.ids.set(idPath, made.GroupId!);
    });
  }

  #networkAcls({ description: { networkAcls }, path, call, key, vpcId }: Building): void {
    networkAcls.forEach((acl, index) => {
      const at = {
        call,
        path: [...path, 'networkAcls', index],
        idPath: this.#newKey(`${key}/networkAcls/${acl.name}`, [...path, 'networkAcls', index]),
      };
      const id = acl.default
        ? this.#world.networkAcls.where(`vpc:${vpcId}`).find(({ isDefault }) => isDefault)!.id
        : this.#make<CreateNetworkAclResult>({ ...at, ids: { acl: acl.id } }, 'CreateNetworkAcl', { VpcId: vpcId }).NetworkAcl!
            .NetworkAclId!;
      this.ids.set(at.idPath, id);
      this.#tag(at, id, tagsOf({ Name: acl.name, ...acl.tags }));
      if (acl.default && acl.entries.length > 0) {
        for (const { ruleNumber, egress } of this.#world.networkAcls.get(id)!.entries) {
          if (ruleNumber < 32_767) this.#make(at, 'DeleteNetworkAclEntry', { NetworkAclId: id, RuleNumber: ruleNumber, Egress: egress });
        }
      }
      acl.entries.forEach((entry, entryIndex) => {
        this.#make({ ...at, path: [...at.path, 'entries', entryIndex] }, 'CreateNetworkAclEntry', {
          NetworkAclId: id,
          RuleNumber: entry.rule,
          Egress: entry.direction === 'egress',
          RuleAction: entry.action,
          Protocol: entry.protocol,
          ...(parseCidr(entry.cidr)!.family === 4 ? { CidrBlock: entry.cidr } : { Ipv6CidrBlock: entry.cidr }),
          PortRange: portRange(entry.ports),
          IcmpTypeCode: { Type: -1, Code: -1 },
        });
      });
      acl.subnets.forEach((subnet, subnetIndex) => {
        const subnetPath = [...at.path, 'subnets', subnetIndex];
        const subnetId = this.#idOf(`${key}/subnets/${subnet}`, subnetPath, 'subnet of the VPC');
        const [current] = this.#world.networkAcls.where(`subnet:${subnetId}`);
        const { associationId } = current!.associations.find((association) => association.subnetId === subnetId)!;
        const idPath = `${at.idPath}/subnets/${subnet}`;
        this.#make({ call, path: subnetPath, idPath }, 'ReplaceNetworkAclAssociation', { AssociationId: associationId, NetworkAclId: id });
      });
    });
  }

  #instances({ description: { instances }, path, call, key }: Building): void {
    instances.forEach((instance, index) => {
      const at = {
        call,
        path: [...path, 'instances', index],
        idPath: this.#newKey(`${key}/instances/${instance.name}`, [...path, 'instances', index]),
      };
      const groups = instance.securityGroups.map((group, groupIndex) =>
        this.#idOf(`${key}/securityGroups/${group}`, [...at.path, 'securityGroups', groupIndex], 'security group of the VPC'),
      );
      const { publicIp } = instance;
      const { Instances: made } = this.#make<Reservation>({ ...at, ids: { i: instance.id } }, 'RunInstances', {
        ImageId: 'ami-0123456789abcdef0',
        InstanceType: 't3.micro',
        MinCount: 1,
        MaxCount: 1,
        NetworkInterfaces: [
          {
            DeviceIndex: 0,
            SubnetId: this.#idOf(`${key}/subnets/${instance.subnet}`, [...at.path, 'subnet'], 'subnet of the VPC'),
            PrivateIpAddress: instance.privateIp,
            Groups: groups,
            AssociatePublicIpAddress: publicIp === undefined ? undefined : publicIp !== false,
          },
        ],
        TagSpecifications: specification('instance', instance),
      });
      const id = made![0]!.InstanceId!;
      this.ids.set(at.idPath, id);
      // No call of AWS's says what listens, nor which public address a new instance gets.
      if (typeof publicIp === 'string') {
        this.#world.networkInterfaces.change(this.#world.instances.get(id)!.networkInterfaceIds[0]!, { publicIp });
      }
      if (instance.listens) {
        const listens = instance.listens.map((text) => ({ protocol: text.split('/')[0]!, port: Number(text.split('/')[1]) }));
        this.#world.instances.change(id, { listens });
      }
    });
  }

  #networkLoadBalancers({ description: { networkLoadBalancers }, path, call, key }: Building): void {
    networkLoadBalancers.forEach((balancer, index) => {
      const at = [...path, 'networkLoadBalancers', index];
      const idPath = this.#newKey(`${key}/networkLoadBalancers/${balancer.name}`, at);
      const subnetIds = balancer.subnets.map((name, place) =>
        this.#idOf(`${key}/subnets/${name}`, [...at, 'subnets', place], 'subnet of the VPC'),
      );
      const listeners = balancer.listeners.map(({ port, targetPort = port, targets }, place) => ({
        port,
        targetPort,
        targetInstanceIds: targets.map((name, target) =>
          this.#idOf(`${key}/instances/${name}`, [...at, 'listeners', place, 'targets', target], 'instance of the VPC'),
        ),
      }));
      const { id } = this.#named(
        { path: at, idPath, ids: {} },
        () => this.#world.atomically(() => createNetworkLoadBalancer(this.#world, call, { name: balancer.name, subnetIds, listeners })),
        'CreateLoadBalancer',
      );
      this.ids.set(idPath, id);
    });
  }

  #natGateways({ description: { natGateways, egressOnlyInternetGateway }, path, call, key, vpcId }: Building): void {
    if (egressOnlyInternetGateway) {
      const at = { call, path: [...path, 'egressOnlyInternetGateway'], idPath: `${key}/egressOnlyInternetGateway` };
      const input = { VpcId: vpcId };
      const made = this.#make<CreateEgressOnlyInternetGatewayResult>(at, 'CreateEgressOnlyInternetGateway', input);
      this.ids.set(at.idPath, made.EgressOnlyInternetGateway!.EgressOnlyInternetGatewayId!);
    }
    natGateways.forEach((gateway, index) => {
      const at = { call, path: [...path, 'natGateways', index], idPath: '' };
      at.idPath = this.#newKey(`${key}/natGateways/${gateway.name}`, at.path);
      const SubnetId = this.#idOf(`${key}/subnets/${gateway.subnet}`, [...at.path, 'subnet'], 'subnet of the VPC');
      let AllocationId: string | undefined;
      if (!gateway.private) {
        const input = { TagSpecifications: specification('elastic-ip', gateway) };
        AllocationId = this.#make<AllocateAddressResult>(at, 'AllocateAddress', input).AllocationId!;
        // No call of AWS's says which address that is to be.
        if (gateway.publicIp) this.#world.elasticIps.change(AllocationId, { publicIp: gateway.publicIp });
        this.ids.set(`${key}/elasticIps/${gateway.name}`, AllocationId);
      }
      const { NatGateway: made } = this.#make<CreateNatGatewayResult>({ ...at, ids: { nat: gateway.id } }, 'CreateNatGateway', {
        SubnetId,
        AllocationId,
        ConnectivityType: gateway.private ? 'private' : 'public',
        TagSpecifications: specification('natgateway', gateway),
      });
      this.ids.set(at.idPath, made!.NatGatewayId!);
      const { failure } = this.#world.natGateways.get(made!.NatGatewayId!)!;
      if (failure) throw this.#file.error(at.path, `AWS lets this fail (CreateNatGateway, ${failure.code}): ${failure.message}`);
    });
  }

  #transitGateways(vpcs: readonly Building[], settle: () => void): void {
    const { transitGateways } = this.#file.description;
    const made = transitGateways.map((gateway, index) => {
      const path = ['transitGateways', index];
      const call = { accountId: gateway.account, region: gateway.region, callerArn: `arn:aws:iam::${gateway.account}:root` };
      const at = { call, path, idPath: this.#newKey(`transitGateways/${gateway.name}`, path) };
      const ownTables = gateway.routeTables ? 'disable' : 'enable';
      const { TransitGateway } = this.#make<CreateTransitGatewayResult>({ ...at, ids: { tgw: gateway.id } }, 'CreateTransitGateway', {
        Options: { DefaultRouteTableAssociation: ownTables, DefaultRouteTablePropagation: ownTables },
        TagSpecifications: specification('transit-gateway', gateway),
      });
      this.ids.set(at.idPath, TransitGateway!.TransitGatewayId!);
      return { gateway, at, arn: TransitGateway!.TransitGatewayArn! };
    });
    if (made.length === 0) return;
    settle();
    for (const { gateway, at, arn } of made) this.#attach(vpcs, { gateway, at, arn, settle });
    settle();
    for (const { gateway, at } of made) {
      gateway.attachments.forEach((attachment, index) => {
        const id = this.ids.get(`${at.idPath}/attachments/${attachment.vpc}`)!;
        if (this.#world.transitGatewayAttachments.get(id)?.state !== 'pendingAcceptance') return;
        const here = { ...at, path: [...at.path, 'attachments', index] };
        this.#make(here, 'AcceptTransitGatewayVpcAttachment', { TransitGatewayAttachmentId: id });
      });
    }
    settle();
    for (const { gateway, at } of made) this.#routeTransitGateway(gateway, at, settle);
    settle();
  }

  /** Shares a gateway with the accounts of the VPCs that are attached to it, and attaches these. */
  #attach(
    vpcs: readonly Building[],
    { gateway, at, arn, settle }: { gateway: TransitGatewayDescription; at: Making; arn: string; settle: () => void },
  ): void {
    const attached = gateway.attachments.map((attachment, index) => {
      const path = [...at.path, 'attachments', index];
      return { attachment, path, vpc: this.#vpcNamed(vpcs, attachment.vpc, [...path, 'vpc']) };
    });
    const principals = [...new Set(attached.map(({ vpc }) => vpc.call.accountId))].filter((account) => account !== gateway.account);
    if (principals.length > 0) {
      this.#make(at, 'CreateResourceShare', { name: gateway.name, resourceArns: [arn], principals });
      for (const accountId of principals) {
        const theirs = { ...at, call: { ...at.call, accountId, callerArn: `arn:aws:iam::${accountId}:root` } };
        const answer = this.#make<GetResourceShareInvitationsResponse>(theirs, 'GetResourceShareInvitations', {});
        for (const { resourceShareInvitationArn, status } of answer.resourceShareInvitations ?? []) {
          if (status === 'PENDING') this.#make(theirs, 'AcceptResourceShareInvitation', { resourceShareInvitationArn });
        }
      }
      settle();
    }
    for (const { attachment, path, vpc } of attached) {
      const idPath = this.#newKey(`${at.idPath}/attachments/${attachment.vpc}`, path);
      const answer = this.#make<CreateTransitGatewayVpcAttachmentResult>(
        { call: vpc.call, path, idPath, ids: { 'tgw-attach': attachment.id } },
        'CreateTransitGatewayVpcAttachment',
        {
          TransitGatewayId: this.ids.get(at.idPath),
          VpcId: vpc.vpcId,
          SubnetIds: attachment.subnets.map((name, index) =>
            this.#idOf(`${vpc.key}/subnets/${name}`, [...path, 'subnets', index], 'subnet of the VPC'),
          ),
          TagSpecifications: specification('transit-gateway-attachment', { name: attachment.vpc, tags: attachment.tags }),
        },
      );
      this.ids.set(idPath, answer.TransitGatewayVpcAttachment!.TransitGatewayAttachmentId!);
    }
  }

  #routeTransitGateway(gateway: TransitGatewayDescription, at: Making, settle: () => void): void {
    const attachmentNamed = (vpc: string, path: FieldPath): string => this.#idOf(`${at.idPath}/attachments/${vpc}`, path, 'attached VPC');
    gateway.routeTables?.forEach((table, index) => {
      const here = { ...at, path: [...at.path, 'routeTables', index], idPath: '' };
      here.idPath = this.#newKey(`${at.idPath}/routeTables/${table.name}`, here.path);
      const answer = this.#make<CreateTransitGatewayRouteTableResult>(
        { ...here, ids: { 'tgw-rtb': table.id } },
        'CreateTransitGatewayRouteTable',
        { TransitGatewayId: this.ids.get(at.idPath), TagSpecifications: specification('transit-gateway-route-table', table) },
      );
      this.ids.set(here.idPath, answer.TransitGatewayRouteTable!.TransitGatewayRouteTableId!);
    });
    settle();
    const tableNamed = (name: string, path: FieldPath): string => this.#idOf(`${at.idPath}/routeTables/${name}`, path, 'route table');
    gateway.attachments.forEach((attachment, index) => {
      const path = [...at.path, 'attachments', index];
      const TransitGatewayAttachmentId = attachmentNamed(attachment.vpc, [...path, 'vpc']);
      if (attachment.routeTable !== undefined) {
        const TransitGatewayRouteTableId = tableNamed(attachment.routeTable, [...path, 'routeTable']);
        this.#make({ ...at, path }, 'AssociateTransitGatewayRouteTable', { TransitGatewayRouteTableId, TransitGatewayAttachmentId });
      }
      attachment.propagatesTo.forEach((name, tableIndex) => {
        const TransitGatewayRouteTableId = tableNamed(name, [...path, 'propagatesTo', tableIndex]);
        const input = { TransitGatewayRouteTableId, TransitGatewayAttachmentId };
        this.#make({ ...at, path }, 'EnableTransitGatewayRouteTablePropagation', input);
      });
    });
    gateway.routeTables?.forEach((table, index) => {
      table.routes.forEach(({ to, via }, routeIndex) => {
        const path = [...at.path, 'routeTables', index, 'routes', routeIndex];
        this.#make({ ...at, path }, 'CreateTransitGatewayRoute', {
          TransitGatewayRouteTableId: tableNamed(table.name, path),
          DestinationCidrBlock: to,
          ...(via === 'blackhole' ? { Blackhole: true } : { TransitGatewayAttachmentId: attachmentNamed(via, [...path, 'via']) }),
        });
      });
    });
  }

  #hostedZones(vpcs: readonly Building[], settle: () => void): void {
    this.#file.description.hostedZones.forEach((zone, index) => {
      const path = ['hostedZones', index];
      const members = zone.vpcs.map((text, vpcIndex) => this.#vpcNamed(vpcs, text, [...path, 'vpcs', vpcIndex]));
      const owner = members[0]!;
      const at = { call: owner.call, path, idPath: this.#newKey(`hostedZones/${zone.vpcs[0]}/${zone.name}`, path) };
      const vpcOf = ({ call, vpcId }: Building): VPC => ({ VPCId: vpcId, VPCRegion: call.region as VPCRegion });
      const input: CreateHostedZoneRequest = {
        Name: zone.name,
        CallerReference: at.idPath.slice(-128),
        VPC: vpcOf(owner),
        HostedZoneConfig: { Comment: zone.comment, PrivateZone: true },
      };
      const { HostedZone: made } = this.#make<CreateHostedZoneResponse>({ ...at, ids: { Z: zone.id } }, 'CreateHostedZone', input);
      const HostedZoneId = made!.Id!.slice('/hostedzone/'.length);
      this.ids.set(at.idPath, HostedZoneId);
      if (zone.tags) {
        const tagging = { ResourceType: 'hostedzone', ResourceId: HostedZoneId, AddTags: tagsOf(zone.tags) };
        this.#make(at, 'ChangeTagsForResource', tagging);
      }
      members.slice(1).forEach((member, memberIndex) => {
        const pair = { HostedZoneId, VPC: vpcOf(member) };
        const memberAt = { ...at, path: [...path, 'vpcs', memberIndex + 1], idPath: `${at.idPath}/vpcs/${memberIndex + 1}` };
        const isForeign = member.call.accountId !== owner.call.accountId;
        if (isForeign) this.#make(memberAt, 'CreateVPCAssociationAuthorization', pair);
        this.#make({ ...memberAt, call: member.call }, 'AssociateVPCWithHostedZone', pair);
        if (isForeign) this.#make(memberAt, 'DeleteVPCAssociationAuthorization', pair);
      });
      zone.records.forEach(({ name, type, ttl, values }, recordIndex) => {
        const ResourceRecordSet = { Name: name, Type: type, TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) };
        const recordAt = { ...at, path: [...path, 'records', recordIndex], idPath: `${at.idPath}/records/${recordIndex}` };
        this.#make(recordAt, 'ChangeResourceRecordSets', {
          HostedZoneId,
          ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet }] },
        });
      });
    });
    settle();
  }

  #peerings(vpcs: readonly Building[], settle: () => void): void {
    const made = this.#file.description.peerings.map((peering, index) => {
      const path = ['peerings', index];
      const requester = this.#vpcNamed(vpcs, peering.requester, [...path, 'requester']);
      const accepter = this.#vpcNamed(vpcs, peering.accepter, [...path, 'accepter']);
      const idPath = this.#newKey(`peerings/${peering.name}`, path);
      const { VpcPeeringConnection: connection } = this.#make<CreateVpcPeeringConnectionResult>(
        { call: requester.call, path, idPath, ids: { pcx: peering.id } },
        'CreateVpcPeeringConnection',
        {
          VpcId: requester.vpcId,
          PeerVpcId: accepter.vpcId,
          PeerOwnerId: accepter.call.accountId,
          PeerRegion: accepter.call.region,
          TagSpecifications: specification('vpc-peering-connection', peering),
        },
      );
      const id = connection!.VpcPeeringConnectionId!;
      this.ids.set(idPath, id);
      return { id, path, idPath, call: accepter.call, state: peering.state };
    });
    settle();
    for (const { id, path, idPath, call, state } of made) {
      const { state: reached, statusMessage } = this.#world.peerings.get(id)!;
      if (reached !== 'pending-acceptance') throw this.#file.error(path, `AWS refuses this: ${statusMessage}`);
      if (state === 'active') this.#make({ call, path, idPath }, 'AcceptVpcPeeringConnection', { VpcPeeringConnectionId: id });
    }
    settle();
  }

  #routeTables({ description: { routeTables }, path, call, key, vpcId }: Building): void {
    const main = this.#world.routeTables
      .where(`vpc:${vpcId}`)
      .find(({ associations }) => associations.some((association) => association.main))!;
    if (routeTables.filter((table) => table.main).length > 1) {
      throw this.#file.error([...path, 'routeTables'], 'only one route table of a VPC can be the main one');
    }
    routeTables.forEach((table, index) => {
      const at = {
        call,
        path: [...path, 'routeTables', index],
        idPath: this.#newKey(`${key}/routeTables/${table.name}`, [...path, 'routeTables', index]),
      };
      const id = table.main
        ? main.id
        : this.#make<CreateRouteTableResult>({ ...at, ids: { rtb: table.id } }, 'CreateRouteTable', { VpcId: vpcId }).RouteTable!
            .RouteTableId!;
      this.ids.set(at.idPath, id);
      this.#tag(at, id, tagsOf({ Name: table.name, ...table.tags }));
      table.subnets.forEach((subnet, subnetIndex) => {
        const subnetPath = [...at.path, 'subnets', subnetIndex];
        const subnetId = this.#idOf(`${key}/subnets/${subnet}`, subnetPath, 'subnet of the VPC');
        const idPath = `${at.idPath}/subnets/${subnet}`;
        this.#make({ call, path: subnetPath, idPath }, 'AssociateRouteTable', { RouteTableId: id, SubnetId: subnetId });
      });
      if (table.edge) {
        const gatewayId = this.#idOf(`${key}/internetGateway`, [...at.path, 'edge'], 'internet gateway of the VPC');
        this.#make({ ...at, idPath: `${at.idPath}/edge` }, 'AssociateRouteTable', { RouteTableId: id, GatewayId: gatewayId });
      }
      table.routes.forEach(({ to, via }, routeIndex) => {
        const routePath = [...at.path, 'routes', routeIndex];
        this.#make({ call, path: routePath, idPath: at.idPath }, 'CreateRoute', {
          RouteTableId: id,
          ...(parseCidr(to)!.family === 4 ? { DestinationCidrBlock: to } : { DestinationIpv6CidrBlock: to }),
          ...this.#target(key, via, [...routePath, 'via']),
        });
      });
    });
  }

  #target(key: string, via: string, path: FieldPath): object {
    if (via === 'internet-gateway') return { GatewayId: this.#idOf(`${key}/internetGateway`, path, 'internet gateway of the VPC') };
    const peering = this.ids.get(`peerings/${via}`);
    if (peering) return { VpcPeeringConnectionId: peering };
    const transitGateway = this.ids.get(`transitGateways/${via}`);
    if (transitGateway) return { TransitGatewayId: transitGateway };
    const natGateway = this.ids.get(`${key}/natGateways/${via}`);
    if (natGateway) return { NatGatewayId: natGateway };
    if (via === 'egress-only-internet-gateway') {
      return {
        EgressOnlyInternetGatewayId: this.#idOf(`${key}/egressOnlyInternetGateway`, path, 'egress-only internet gateway of the VPC'),
      };
    }
    const what = 'internet-gateway, peering, transit gateway, or NAT gateway or instance of the VPC';
    return { InstanceId: this.#idOf(`${key}/instances/${via}`, path, what) };
  }

  #rules({ description: { securityGroups }, path, call, key }: Building, vpcs: readonly Building[]): void {
    securityGroups.forEach((group, index) => {
      const groupPath = [...path, 'securityGroups', index];
      const idPath = `${key}/securityGroups/${group.name}`;
      const id = this.ids.get(idPath)!;
      const permission = (
        rule: { readonly protocol: string; readonly ports?: string | number | undefined; readonly description?: string | undefined },
        peer: string,
        at: FieldPath,
      ): IpPermission => {
        const range = portRange(rule.ports);
        const icmp = rule.protocol === 'icmp' || rule.protocol === 'icmpv6';
        const said = rule.description === undefined ? {} : { Description: rule.description };
        const family = parseCidr(peer)?.family;
        return {
          IpProtocol: rule.protocol === 'all' ? '-1' : rule.protocol,
          FromPort: icmp ? -1 : range?.From,
          ToPort: icmp ? -1 : range?.To,
          ...(family === 4 ? { IpRanges: [{ CidrIp: peer, ...said }] } : {}),
          ...(family === 6 ? { Ipv6Ranges: [{ CidrIpv6: peer, ...said }] } : {}),
          ...(family === undefined ? { UserIdGroupPairs: [{ ...this.#groupNamed(key, vpcs, peer, at), ...said }] } : {}),
        };
      };
      const authorize = (operation: string, at: FieldPath, permissions: IpPermission): void => {
        const input: AuthorizeSecurityGroupIngressRequest = { GroupId: id, IpPermissions: [permissions] };
        this.#make({ call, path: at, idPath: `${idPath}/${at.slice(groupPath.length).join('/')}` }, operation, input);
      };
      group.ingress.forEach((rule, ruleIndex) => {
        const at = [...groupPath, 'ingress', ruleIndex];
        authorize('AuthorizeSecurityGroupIngress', at, permission(rule, rule.from, [...at, 'from']));
      });
      if (!group.egress) return;
      const before = this.#world.securityGroupRules.where(`group:${id}`).filter(({ direction }) => direction === 'egress');
      if (before.length > 0) {
        const ruleIds = before.map((rule) => rule.id);
        this.#make({ call, path: groupPath, idPath }, 'RevokeSecurityGroupEgress', { GroupId: id, SecurityGroupRuleIds: ruleIds });
      }
      group.egress.forEach((rule, ruleIndex) => {
        const at = [...groupPath, 'egress', ruleIndex];
        authorize('AuthorizeSecurityGroupEgress', at, permission(rule, rule.to, [...at, 'to']));
      });
    });
  }

  /** A group of the VPC, or `<VPC>/<group>`. */
  #groupNamed(key: string, vpcs: readonly Building[], text: string, path: FieldPath): { GroupId: string; UserId: string } {
    const slash = text.lastIndexOf('/');
    const vpc = slash < 0 ? vpcs.find((other) => other.key === key)! : this.#vpcNamed(vpcs, text.slice(0, slash), path);
    const what = 'CIDR, security group of the VPC, or <VPC>/<group>';
    return { GroupId: this.#idOf(`${vpc.key}/securityGroups/${text.slice(slash + 1)}`, path, what), UserId: vpc.call.accountId };
  }

  #vpcNamed(vpcs: readonly Building[], text: string, path: FieldPath): Building {
    const found = vpcs.filter(({ key, description }) => key === text || description.name === text);
    if (found.length === 1) return found[0]!;
    const known = vpcs.map(({ key }) => key).join(', ');
    throw this.#file.error(path, `${found.length === 0 ? 'no' : 'more than one'} VPC is called ${text}; the VPCs are ${known}`);
  }

  #newKey(key: string, path: FieldPath): string {
    if (this.ids.has(key)) throw this.#file.error([...path, 'name'], `the name ${key.split('/').at(-1)} is used twice`);
    return key;
  }

  #idOf(key: string, path: FieldPath, what: string): string {
    const id = this.ids.get(key);
    if (id) return id;
    const known = [...this.ids.keys()]
      .filter((other) => other.startsWith(key.slice(0, key.lastIndexOf('/') + 1)))
      .map((other) => other.split('/').at(-1));
    throw this.#file.error(
      path,
      `there is no ${what} called ${key.split('/').at(-1)}${known.length > 0 ? `; there are ${known.join(', ')}` : ''}`,
    );
  }
}

const tagsOf = (tags: Readonly<Record<string, string>>): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** The name stands in the tag Name. */
function specification(
  type: ResourceType,
  { name, tags }: { readonly name: string; readonly tags?: Readonly<Record<string, string>> | undefined },
): TagSpecification[] {
  return [{ ResourceType: type, Tags: tagsOf({ Name: name, ...tags }) }];
}

/** Left out: all ports. */
function portRange(ports: string | number | undefined): { From: number; To: number } {
  if (ports === undefined) return { From: 0, To: 65_535 };
  const [from, to = from] = String(ports).split('-').map(Number);
  return { From: from!, To: to! };
}
