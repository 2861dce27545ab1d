import type {
  AcceptVpcPeeringConnectionCommandInput,
  AuthorizeSecurityGroupIngressCommandInput,
  CreateRouteCommandInput,
  CreateTagsCommandInput,
  CreateVpcPeeringConnectionCommandInput,
  RouteTable,
  SecurityGroupRule,
  VpcPeeringConnection,
} from '@aws-sdk/client-ec2';
import { seededRandom } from '../../src/ambient/random.ts';
import type { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import type { AccountIdentity } from '../../src/aws/aws.ts';
import { type AwsOptions, createAws } from '../../src/aws/index.ts';
import { AwsSimulator, type AwsSimulatorOptions } from '../../src/simulator/aws-simulator.ts';
import { inProcess } from '../../src/simulator/request-handler.ts';
import { ApiError } from '../../src/simulator/service.ts';

/** What the small EC2 holds; tests read and write it directly, as someone at the console would. */
export interface SmallState {
  readonly connections: Map<string, VpcPeeringConnection>;
  readonly tables: Map<string, RouteTable>;
  readonly rules: Map<string, SecurityGroupRule>;
}

const account: AccountIdentity = { name: 'project-a', accountId: '111122223333', stsRegion: 'us-west-2' };

/** AWS's wire and identities, with as little EC2 behind it as the inventory needs: three lists, and reads that can be made to lag. */
export function smallAws(
  clock: VirtualClock,
  { simulator: simulatorOptions = {}, aws: awsOptions = {} }: { simulator?: Partial<AwsSimulatorOptions>; aws?: Partial<AwsOptions> } = {},
) {
  const state: SmallState = { connections: new Map(), tables: new Map(), rules: new Map() };
  let shown: SmallState | undefined;
  let made = 0;
  const id = (prefix: string) => `${prefix}-${(++made).toString(16).padStart(17, '0')}`;
  const pageSizes: number[] = [];

  function list<Item>(
    name: keyof SmallState,
    input: { ids: readonly string[] | undefined; MaxResults?: number | undefined; NextToken?: string | undefined },
    notFound: string,
  ) {
    const all = (shown ?? state)[name] as ReadonlyMap<string, unknown> as ReadonlyMap<string, Item>;
    if (input.ids) {
      if (input.MaxResults !== undefined) throw new ApiError('InvalidParameterCombination', 'ids and MaxResults');
      const missing = input.ids.find((one) => !all.has(one));
      if (missing) throw new ApiError(notFound, `The ID '${missing}' does not exist`);
      return { items: input.ids.map((one) => all.get(one)!), NextToken: undefined };
    }
    pageSizes.push(input.MaxResults!);
    const from = Number(input.NextToken ?? 0);
    const to = from + input.MaxResults!;
    return { items: [...all.values()].slice(from, to), NextToken: to < all.size ? String(to) : undefined };
  }

  const operations = {
    DescribeVpcPeeringConnections(input: { VpcPeeringConnectionIds?: string[]; MaxResults?: number; NextToken?: string }) {
      const { items, NextToken } = list<VpcPeeringConnection>(
        'connections',
        { ...input, ids: input.VpcPeeringConnectionIds },
        'InvalidVpcPeeringConnectionID.NotFound',
      );
      return { VpcPeeringConnections: items, NextToken };
    },
    DescribeRouteTables(input: { RouteTableIds?: string[]; MaxResults?: number; NextToken?: string }) {
      const { items, NextToken } = list<RouteTable>('tables', { ...input, ids: input.RouteTableIds }, 'InvalidRouteTableID.NotFound');
      return { RouteTables: items, NextToken };
    },
    DescribeSecurityGroupRules(input: { SecurityGroupRuleIds?: string[]; MaxResults?: number; NextToken?: string }) {
      const { items, NextToken } = list<SecurityGroupRule>(
        'rules',
        { ...input, ids: input.SecurityGroupRuleIds },
        'InvalidSecurityGroupRuleId.NotFound',
      );
      return { SecurityGroupRules: items, NextToken };
    },
    CreateVpcPeeringConnection(input: CreateVpcPeeringConnectionCommandInput) {
      const connection = peering(id('pcx'), 'initiating-request', { Tags: input.TagSpecifications?.[0]?.Tags });
      state.connections.set(connection.VpcPeeringConnectionId!, connection);
      return { VpcPeeringConnection: connection };
    },
    AcceptVpcPeeringConnection(input: AcceptVpcPeeringConnectionCommandInput) {
      const connection = state.connections.get(input.VpcPeeringConnectionId!);
      if (!connection) throw new ApiError('InvalidVpcPeeringConnectionID.NotFound', 'no such connection');
      const from = connection.Status!.Code!;
      if (from !== 'pending-acceptance') {
        throw new ApiError(
          'InvalidStateTransition',
          `Invalid state transition for ${input.VpcPeeringConnectionId}, attempted to transition from ${from} to active`,
        );
      }
      const accepted = peering(input.VpcPeeringConnectionId!, 'provisioning');
      state.connections.set(input.VpcPeeringConnectionId!, accepted);
      return { VpcPeeringConnection: accepted };
    },
    DeleteVpcPeeringConnection(input: { VpcPeeringConnectionId?: string }) {
      const connection = state.connections.get(input.VpcPeeringConnectionId!);
      if (!connection) throw new ApiError('InvalidVpcPeeringConnectionID.NotFound', 'no such connection');
      const from = connection.Status!.Code!;
      if (from !== 'active' && from !== 'pending-acceptance') {
        throw new ApiError(
          'InvalidStateTransition',
          `Invalid state transition for ${input.VpcPeeringConnectionId}, attempted to transition from ${from} to deleting`,
        );
      }
      state.connections.set(input.VpcPeeringConnectionId!, peering(input.VpcPeeringConnectionId!, 'deleted'));
      return { Return: true };
    },
    ModifyVpcPeeringConnectionOptions: () => ({}),
    CreateRoute(input: CreateRouteCommandInput) {
      const held = state.tables.get(input.RouteTableId!)!;
      if (held.Routes?.some((route) => route.DestinationCidrBlock === input.DestinationCidrBlock)) {
        throw new ApiError('RouteAlreadyExists', `The route identified by ${input.DestinationCidrBlock} already exists.`);
      }
      state.tables.set(input.RouteTableId!, table(input.RouteTableId!, [...held.Routes!, route(input)]));
      return { Return: true };
    },
    ReplaceRoute(input: CreateRouteCommandInput) {
      const held = state.tables.get(input.RouteTableId!)!;
      const others = held.Routes!.filter((other) => other.DestinationCidrBlock !== input.DestinationCidrBlock);
      state.tables.set(input.RouteTableId!, table(input.RouteTableId!, [...others, route(input)]));
      return {};
    },
    DeleteRoute(input: CreateRouteCommandInput) {
      const held = state.tables.get(input.RouteTableId!)!;
      const others = held.Routes!.filter((other) => other.DestinationCidrBlock !== input.DestinationCidrBlock);
      if (others.length === held.Routes!.length) throw new ApiError('InvalidRoute.NotFound', 'no route');
      state.tables.set(input.RouteTableId!, table(input.RouteTableId!, others));
      return {};
    },
    AuthorizeSecurityGroupIngress(input: AuthorizeSecurityGroupIngressCommandInput) {
      const permission = input.IpPermissions![0]!;
      const range = permission.IpRanges?.[0];
      const pair = permission.UserIdGroupPairs?.[0];
      if ([...state.rules.values()].some((rule) => rule.GroupId === input.GroupId && rule.CidrIpv4 === range?.CidrIp)) {
        throw new ApiError('InvalidPermission.Duplicate', 'the specified rule already exists');
      }
      const rule: SecurityGroupRule = {
        SecurityGroupRuleId: id('sgr'),
        GroupId: input.GroupId,
        IsEgress: false,
        IpProtocol: permission.IpProtocol,
        FromPort: permission.FromPort ?? -1,
        ToPort: permission.ToPort ?? -1,
        ...(range && { CidrIpv4: range.CidrIp }),
        ...(pair && { ReferencedGroupInfo: { GroupId: pair.GroupId, UserId: pair.UserId } }),
        Description: range?.Description ?? pair?.Description,
        Tags: input.TagSpecifications?.[0]?.Tags,
      };
      state.rules.set(rule.SecurityGroupRuleId!, rule);
      return { Return: true, SecurityGroupRules: [rule] };
    },
    RevokeSecurityGroupIngress(input: { SecurityGroupRuleIds?: string[] }) {
      for (const one of input.SecurityGroupRuleIds!) {
        if (!state.rules.delete(one))
          throw new ApiError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${one}' does not exist`);
      }
      return { Return: true };
    },
    CreateTags(input: CreateTagsCommandInput) {
      for (const resource of input.Resources!) {
        const rule = state.rules.get(resource);
        if (!rule) throw new ApiError('InvalidID', `The ID '${resource}' is not valid`);
        state.rules.set(resource, { ...rule, Tags: [...(rule.Tags ?? []), ...input.Tags!] });
      }
      return {};
    },
  };

  const simulator = new AwsSimulator({ clock, random: seededRandom(7), ec2: operations as never, ...simulatorOptions });
  const aws = createAws({
    clock,
    random: () => 0.5,
    clusterName: 'test',
    leaseTakenAt: () => Number.NEGATIVE_INFINITY,
    sdk: { credentials: { accessKeyId: account.accountId, secretAccessKey: 'x' }, requestHandler: inProcess(simulator) },
    ...awsOptions,
  });

  return {
    account,
    aws,
    simulator,
    state,
    pageSizes,
    /** From now on reads show what is so at this moment, whatever happens. */
    lag: () => {
      shown = { connections: new Map(state.connections), tables: new Map(state.tables), rules: new Map(state.rules) };
    },
    catchUp: () => {
      shown = undefined;
    },
    /** Calls of EC2 that came through, by operation. */
    calls: () =>
      simulator.record
        .calls()
        .filter((call) => call.service === 'ec2')
        .map((call) => call.operation),
  };
}

export function peering(
  id: string,
  code: NonNullable<VpcPeeringConnection['Status']>['Code'],
  others: Partial<VpcPeeringConnection> = {},
): VpcPeeringConnection {
  const side = (vpcId: string) => ({ VpcId: vpcId, OwnerId: account.accountId, Region: 'us-west-2' });
  return {
    VpcPeeringConnectionId: id,
    RequesterVpcInfo: side('vpc-1'),
    AccepterVpcInfo: side('vpc-2'),
    Status: { Code: code, Message: '' },
    ...others,
  };
}

export function table(id: string, routes: RouteTable['Routes'] = []): RouteTable {
  return { RouteTableId: id, VpcId: 'vpc-1', OwnerId: account.accountId, Associations: [], Routes: routes, Tags: [] };
}

export function rule(id: string, cidr = '10.9.0.0/16'): SecurityGroupRule {
  return {
    SecurityGroupRuleId: id,
    GroupId: 'sg-1',
    IsEgress: false,
    IpProtocol: 'tcp',
    FromPort: 22,
    ToPort: 22,
    CidrIpv4: cidr,
    Tags: [],
  };
}

function route(input: CreateRouteCommandInput) {
  return {
    DestinationCidrBlock: input.DestinationCidrBlock,
    VpcPeeringConnectionId: input.VpcPeeringConnectionId,
    State: 'active' as const,
    Origin: 'CreateRoute' as const,
  };
}
