import { partitionOf } from '../../network/partitions.ts';
import { resourceTypeOf } from '../ram/resources.ts';
import { storedName } from '../route53/domain-names.ts';
import { plainId, tagPlace } from '../route53/owned.ts';
import type { Call } from '../service.ts';
import { placeKey } from '../world/place.ts';
import type { World } from '../world/world.ts';
import { actionsOf, arnTypes, endpointKeys, inputKeys } from './actions.ts';
import { type AccessRequest, type Decision, decide, readPolicy } from './policy.ts';
import { missingRole, roleArn } from './service-linked-roles.ts';

/** A call before it is let through. */
export interface Attempt {
  /** The signing name: `ec2`. */
  readonly service: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly call: Call;
}

/** Why a call is not let through. */
export interface Refusal {
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
  readonly decision: Exclude<Decision, 'allowed'>;
  /** Whose policy it was: the role's, or that which the session was begun with. */
  readonly by: 'identity-based' | 'session';
}

/** Says what a call lacks; undefined where it may go on. */
export type Authorize = (attempt: Attempt) => Refusal | undefined;

/**
 * Holds sessions of roles to their roles' policies, as far as the world file gives them any, and to those that they were begun with. Every action that a call takes, dependent ones
 * included, must be allowed on every resource that it is about (aws.md 7.7).
 */
export function authorizeBy(world: World): Authorize {
  return (attempt) => {
    const { session } = attempt.call;
    if (!session) return undefined;
    const ofRole = world.policyOf(session.roleArn);
    const ofSession = session.policy === undefined ? undefined : readPolicy(JSON.parse(session.policy));
    if (!ofRole && !ofSession) return undefined;
    world.catchUp();
    for (const request of accessRequests(world, attempt)) {
      const { action, resource } = request;
      for (const [by, policy] of [['identity-based', ofRole] as const, ['session', ofSession] as const]) {
        const decision = policy ? decide(policy, request) : 'allowed';
        if (decision !== 'allowed') return { action, resource, decision, by };
      }
    }
    return undefined;
  };
}

/** Everything that a call needs to be allowed, in the order in which it is asked. */
export function accessRequests(world: World, attempt: Attempt): AccessRequest[] {
  const { service, operation, input, call } = attempt;
  if (service === 'sts' && operation === 'GetCallerIdentity') return [];
  const row = actionsOf[service]?.[operation] ?? {};
  const action = `${service}:${operation}`;
  const common = commonKeys(attempt);
  const tags = requestTags(input);
  const request = (resource: string, keys: Keys, named = action): AccessRequest => ({
    action: named,
    resource,
    context: new Map([...common, ...keys].map(([key, values]) => [key.toLowerCase(), values])),
  });

  const about = (row.about ?? []).flatMap((path) => textsAt(input, path)).map((id) => thing(world, attempt, id));
  const requests = about.map(({ arn, keys }) =>
    request(arn, [...keys, ...tagKeys('aws:RequestTag', tags.get('') ?? {}), ...keysOfTags(tags.get(''))]),
  );
  if (row.accepterVpc) {
    const vpcId = world.peerings.get(String(input.VpcPeeringConnectionId))?.accepter.vpcId;
    if (vpcId) {
      const { arn, keys } = thing(world, attempt, vpcId);
      requests.push(request(arn, keys));
    }
  }
  for (const type of [...(row.makes ?? []), ...(row.makesTagged ?? []).filter((tagged) => tags.has(tagged))]) {
    const given = tags.get(type) ?? tags.get('') ?? {};
    requests.push(
      request(madeArn(attempt, type), [...madeKeys(world, attempt, type), ...tagKeys('aws:RequestTag', given), ...keysOfTags(given)]),
    );
  }
  if (requests.length === 0) requests.push(request('*', [...tagKeys('aws:RequestTag', tags.get('') ?? {}), ...keysOfTags(tags.get(''))]));

  // Tags at creation are a call of their own in the eyes of IAM, which `…:CreateAction` limits to the creation of something.
  for (const [type, given] of tags) {
    const tagging =
      type !== '' && service === 'ec2' ? 'ec2:CreateTags' : row.makes && service !== 'ec2' ? `${service}:TagResource` : undefined;
    if (!tagging || Object.keys(given).length === 0) continue;
    const keys: Keys = [[`${service}:CreateAction`, [operation]], ...tagKeys('aws:RequestTag', given), ...keysOfTags(given)];
    requests.push(request(madeArn(attempt, type === '' ? row.makes![0]! : type), keys, tagging));
  }
  if (service === 'sts' && tags.has(''))
    requests.push(
      request(String(input.RoleArn), [...tagKeys('aws:RequestTag', tags.get('')!), ...keysOfTags(tags.get(''))], 'sts:TagSession'),
    );
  const { needs = [], needsWith } = row;
  const needed = [...needs, ...(needsWith && textsAt(input, needsWith.path).length > 0 ? needsWith.actions : [])];
  for (const other of needed) requests.push(request(neededResource(other, call), [], other));
  const role = missingRole(world, { service, operation, call });
  if (role) requests.push(request(roleArn(role, call), [['iam:AWSServiceName', [role.service]]], 'iam:CreateServiceLinkedRole'));
  return requests;
}

type Keys = readonly (readonly [key: string, values: readonly string[]])[];

function commonKeys({ service, input, call }: Attempt): Keys {
  return [
    ...keysInInput(input, inputKeys[service] ?? {}),
    ...(service === 'route53' ? zoneKeys(input) : []),
    ...(service === 'ram' ? sharedTypeKeys(input) : []),
    ['aws:RequestedRegion', [call.region]],
    ['aws:PrincipalAccount', [call.accountId]],
    ...(service === 'ec2' ? ([['ec2:Region', [call.region]]] as const) : []),
    ...(call.session ? ([['aws:PrincipalArn', [call.session.roleArn]]] as const) : []),
    ...tagKeys('aws:PrincipalTag', call.session?.tags ?? {}),
  ];
}

function keysInInput(input: Readonly<Record<string, unknown>>, paths: Readonly<Record<string, string>>): Keys {
  return Object.entries(paths).flatMap(([key, path]) => {
    const values = textsAt(input, path);
    return values.length > 0 ? [[key, values] as const] : [];
  });
}

/** Names as Route 53 shows them to policies: lower case, and without a dot at the end. */
function zoneKeys(input: Readonly<Record<string, unknown>>): Keys {
  const names = textsAt(input, 'ChangeBatch.Changes.ResourceRecordSet.Name').map((name) => {
    const stored = storedName(name);
    return typeof stored === 'string' ? stored.slice(0, -1) : name;
  });
  const [vpcId] = textsAt(input, 'VPC.VPCId');
  const [region] = textsAt(input, 'VPC.VPCRegion');
  return [
    ...(names.length > 0 ? ([['route53:ChangeResourceRecordSetsNormalizedRecordNames', names]] as const) : []),
    ...(vpcId ? ([['route53:VPCs', [`VPCId=${vpcId},VPCRegion=${region}`]]] as const) : []),
  ];
}

function sharedTypeKeys(input: Readonly<Record<string, unknown>>): Keys {
  const types = new Set(textsAt(input, 'resourceArns').map(resourceTypeOf));
  types.delete('');
  return types.size > 0 ? [['ram:RequestedResourceType', [...types]]] : [];
}

const tagKeys = (prefix: string, tags: Readonly<Record<string, string>>): Keys =>
  Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, [value]]);

const keysOfTags = (tags: Readonly<Record<string, string>> | undefined): Keys =>
  tags && Object.keys(tags).length > 0 ? [['aws:TagKeys', Object.keys(tags)]] : [];

/** The tags that a call gives, by the type of resource that it gives them to; under '' those of calls that do not say. */
function requestTags(input: Readonly<Record<string, unknown>>): Map<string, Record<string, string>> {
  const byType = new Map<string, Record<string, string>>();
  const add = (type: string, list: unknown): void => {
    if (Array.isArray(list)) byType.set(type, { ...byType.get(type), ...Object.fromEntries(list.map(readTag)) });
  };
  if (Array.isArray(input.TagSpecifications))
    for (const { ResourceType, Tags } of input.TagSpecifications) add(String(ResourceType), Tags ?? []);
  add('', input.Tags ?? input.AddTags);
  if (Array.isArray(input.tags)) add('', input.tags);
  else if (typeof input.tags === 'object' && input.tags !== null) byType.set('', { ...(input.tags as Record<string, string>) });
  return byType;
}

const readTag = (tag: { Key?: string; Value?: string; key?: string; value?: string }): [string, string] => [
  tag.Key ?? tag.key ?? '',
  tag.Value ?? tag.value ?? '',
];

/** The texts at a path such as `SecurityGroupRules.SecurityGroupRuleId`, through lists. */
function textsAt(value: unknown, path: string): string[] {
  let values: unknown[] = [value];
  for (const step of path.split('.')) {
    values = values.flatMap((single) => (single as Readonly<Record<string, unknown>> | undefined)?.[step] ?? []);
  }
  return values.flatMap((single) => (typeof single === 'string' || typeof single === 'boolean' ? [String(single)] : []));
}

interface Thing {
  readonly arn: string;
  readonly keys: Keys;
}

/** What an id names, as the caller's policy sees it. Whether there is such a thing is the call's to find out. */
function thing(world: World, attempt: Attempt, given: string): Thing {
  const { service, operation, call } = attempt;
  if (service === 'route53') {
    const id = plainId(given);
    const type = operation === 'GetChange' ? 'change' : 'hostedzone';
    return { arn: `arn:${partitionOf(call.region)}:route53:::${type}/${id}`, keys: resourceTags(world, tagPlace(call), { id, service }) };
  }
  const place = placeKey(call);
  if (service === 'ram') return sharedThing(world, call, given);
  if (given.startsWith('arn:')) {
    const id = given.slice(given.lastIndexOf('/') + 1);
    return { arn: given, keys: resourceTags(world, place, { id, service }) };
  }
  const id = owningThing(world, given);
  const type = arnTypes[id.slice(0, id.lastIndexOf('-'))];
  if (type === undefined) return { arn: id, keys: [] };
  return {
    arn: shownArn(world, attempt, { type, id }),
    keys: [...ownKeys(world, attempt, id), ...resourceTags(world, place, { id, service })],
  };
}

/** The ARN of a thing: with the owner's account in it where the owner shares it, else with the caller's, so that a refusal does not tell what there is. */
function shownArn(world: World, attempt: Attempt, { type, id }: { type: string; id: string }): string {
  const shareable = [world.transitGateways, world.prefixLists, world.subnets, world.resourceConfigurations, world.serviceNetworks];
  const ownerId = shareable.map((collection) => collection.get(id)?.ownerId).find((owner) => owner !== undefined);
  if (ownerId === undefined) return arnOf(attempt, type, id);
  const theirs = arnOf({ ...attempt, call: { ...attempt.call, accountId: ownerId } }, type, id);
  return world.isShared(theirs, attempt.call.accountId) ? theirs : arnOf(attempt, type, id);
}

/** A share or an invitation: known by their ARNs, they have ids only here. */
function sharedThing(world: World, call: Call, arn: string): Thing {
  const invitation = world.resourceShareInvitations.where(`receiver:${placeKey(call)}`).find((one) => one.arn === arn);
  if (invitation) {
    const share = world.resourceShares.get(invitation.shareId);
    return {
      arn,
      keys: [['ram:ShareOwnerAccountId', [invitation.ownerId]], ...(share ? [['ram:ResourceShareName', [share.name]] as const] : [])],
    };
  }
  const share = world.resourceShares.where(`place:${placeKey(call)}`).find((one) => one.arn === arn);
  if (!share) return { arn, keys: [] };
  return {
    arn,
    keys: [
      ['ram:ResourceShareName', [share.name]],
      ['ram:AllowsExternalPrincipals', [String(share.allowExternalPrincipals)]],
      ...resourceTags(world, placeKey(call), { id: share.id, service: 'ram' }),
    ],
  };
}

/** Associations are not authorised themselves, but what they belong to. */
function owningThing(world: World, id: string): string {
  const [owner] = [
    ...world.routeTables.where(`association:${id}`),
    ...world.networkAcls.where(`association:${id}`),
    ...world.elasticIps.where(`association:${id}`),
    ...(id.startsWith('vpc-cidr-assoc-')
      ? [...world.vpcs.all()].filter((vpc) => [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].some(({ associationId }) => associationId === id))
      : []),
    ...(id.startsWith('subnet-cidr-assoc-')
      ? [...world.subnets.all()].filter((subnet) => subnet.ipv6CidrBlocks.some(({ associationId }) => associationId === id))
      : []),
  ];
  return owner?.id ?? id;
}

function resourceTags(world: World, place: string, { id, service }: { id: string; service: string }): Keys {
  const tags = world.tagsOf(place, id);
  return [...tagKeys('aws:ResourceTag', tags), ...(service === 'ec2' ? tagKeys('ec2:ResourceTag', tags) : [])];
}

const vpcArn = ({ ownerId, region, vpcId }: { ownerId: string; region: string; vpcId: string }): string =>
  `arn:${partitionOf(region)}:ec2:${region}:${ownerId}:vpc/${vpcId}`;

/** The keys of a kind of thing, of those that the model knows. */
function ownKeys(world: World, { call }: Attempt, id: string): Keys {
  const inVpc = (owned: { readonly ownerId: string; readonly region: string; readonly vpcId: string } | undefined): Keys =>
    owned ? [['ec2:Vpc', [vpcArn(owned)]]] : [];
  switch (id.slice(0, id.lastIndexOf('-'))) {
    case 'vpc':
      return [['ec2:VpcID', [id]]];
    case 'subnet':
      return [['ec2:SubnetID', [id]], ...inVpc(world.subnets.get(id))];
    case 'rtb':
      return [['ec2:RouteTableID', [id]], ...inVpc(world.routeTables.get(id))];
    case 'sg':
      return [['ec2:SecurityGroupID', [id]], ...inVpc(world.securityGroups.get(id))];
    case 'acl':
      return [['ec2:NetworkAclID', [id]], ...inVpc(world.networkAcls.get(id))];
    case 'eni':
      return [['ec2:NetworkInterfaceID', [id]], ...inVpc(world.networkInterfaces.get(id))];
    case 'igw':
      return [['ec2:InternetGatewayID', [id]]];
    case 'i':
      return [['ec2:InstanceID', [id]]];
    case 'pcx': {
      const peering = world.peerings.get(id);
      const isParty = peering && [peering.requester, peering.accepter].some(({ ownerId }) => ownerId === call.accountId);
      return [['ec2:VpcPeeringConnectionID', [id]], ...(isParty ? peeringKeys(vpcArn(peering.requester), vpcArn(peering.accepter)) : [])];
    }
    default:
      return [];
  }
}

const peeringKeys = (requester: string, accepter: string): Keys => [
  ['ec2:RequesterVpc', [requester]],
  ['ec2:AccepterVpc', [accepter]],
];

/** The keys of what a call is about to make. */
function madeKeys(world: World, { input, call, service }: Attempt, type: string): Keys {
  if (service !== 'ec2') return [];
  const here = { ownerId: call.accountId, region: call.region };
  if (type === 'vpc-peering-connection') {
    const peer = { ownerId: input.PeerOwnerId ?? call.accountId, region: input.PeerRegion ?? call.region, vpcId: input.PeerVpcId };
    return peeringKeys(vpcArn({ ...here, vpcId: String(input.VpcId) }), vpcArn(peer as Parameters<typeof vpcArn>[0]));
  }
  const vpcId = input.VpcId ?? world.subnets.get(String(input.SubnetId))?.vpcId;
  return [
    ...(typeof vpcId === 'string' ? ([['ec2:Vpc', [vpcArn({ ...here, vpcId })]]] as const) : []),
    ...(type === 'vpc-endpoint' ? [...keysInInput(input, endpointKeys), ...serviceKeys(world, input, call)] : []),
  ];
}

/** Of the service that an endpoint is to lead to: whose it is, and where. */
function serviceKeys(world: World, input: Readonly<Record<string, unknown>>, call: Call): Keys {
  const name = input.ServiceName;
  if (typeof name !== 'string') return [];
  const owned = world.endpointServices.get(name.slice(name.lastIndexOf('.') + 1));
  return [
    ['ec2:VpceServiceOwner', [owned?.ownerId ?? 'amazon']],
    ['ec2:VpceServiceRegion', [typeof input.ServiceRegion === 'string' ? input.ServiceRegion : call.region]],
  ];
}

const madeArn = (attempt: Attempt, type: string): string => arnOf(attempt, type, '*');

const arnOf = ({ service, call }: Attempt, type: string, id: string): string =>
  `arn:${partitionOf(call.region)}:${service}:${call.region}:${call.accountId}:${type}/${id}`;

/** A dependent action is asked about everything that it could be about: what the service does with it, the caller does not say. */
function neededResource(action: string, { region, accountId }: Call): string {
  if (/:(?:Describe|List)/.test(action)) return '*';
  if (action.startsWith('route53:')) return `arn:${partitionOf(region)}:route53:::hostedzone/*`;
  return `arn:${partitionOf(region)}:ec2:${region}:${accountId}:network-interface/*`;
}
