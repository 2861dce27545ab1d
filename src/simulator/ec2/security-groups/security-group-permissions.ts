import type { IpPermission, UserIdGroupPair } from '@aws-sdk/client-ec2';
import type { ReferencedGroup, RulePeer, RuleSpec } from '../../../network/model.ts';
import { ApiError, type Call } from '../../service.ts';
import type { SecurityGroupRecord } from '../../world/records.ts';
import type { World } from '../../world/world.ts';
import { readCidr } from '../addresses.ts';
import { badParameter, invalidValue, required } from '../errors.ts';
import { checkId, idKinds, isKnown } from '../ids.ts';
import { activePeering } from '../route-state.ts';

/** A rule as a call describes it, before it has an id. */
export interface Permission extends RuleSpec {
  readonly description: string | undefined;
}

const protocolNames: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '1': 'icmp', '58': 'icmpv6', all: '-1' };

/** The one name of a protocol: `tcp`, `udp`, `icmp`, `icmpv6`, `-1`, or another's number (aws.md 3.5). */
function readProtocol(text: string): string {
  const protocol = protocolNames[text.toLowerCase()] ?? text.toLowerCase();
  const known = ['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(protocol);
  if (!known && !(/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255)) throw invalidValue(`Invalid value '${text}' for IP protocol.`);
  return protocol;
}

/** Ports, or ICMP type and code, as AWS stores them: protocols without either have -1 for both (aws.md 3.5). */
export function readPorts(
  protocolText: string,
  { FromPort: from, ToPort: to }: { readonly FromPort?: number | undefined; readonly ToPort?: number | undefined },
): Pick<RuleSpec, 'protocol' | 'fromPort' | 'toPort'> {
  const protocol = readProtocol(protocolText);
  switch (protocol) {
    case 'tcp':
    case 'udp':
      if (from === undefined || to === undefined) {
        throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
      }
      if (from < 0 || to > 65_535 || from > to) throw invalidValue(`Invalid value '${from}-${to}' for portRange.`);
      return { protocol, fromPort: from, toPort: to };
    case 'icmp':
    case 'icmpv6': {
      if (protocol === 'icmp' && (from === undefined || to === undefined)) {
        throw invalidValue("Invalid value 'Must specify both type and code with ICMP.' for portRange.");
      }
      const [type, code] = [from ?? -1, to ?? -1];
      if (type < -1 || type > 255 || code < -1 || code > 255) throw invalidValue(`Invalid value '${type}/${code}' for ICMP type and code.`);
      return { protocol, fromPort: type, toPort: type === -1 ? -1 : code };
    }
    default:
      return { protocol, fromPort: -1, toPort: -1 };
  }
}

/** @throws ApiError for a text that a rule's description must not be */
export function readDescription(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/.test(text)) {
    throw invalidValue(
      'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    );
  }
  return text;
}

const noSuchGroup = (id: string): ApiError => new ApiError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);

/**
 * The group that a rule is to name. In another VPC it takes an active peering connection in the same region, and the account where that is
 * another (aws.md 3.4).
 *
 * @throws ApiError InvalidGroup.NotFound, InvalidGroupId.Malformed
 */
export function resolveGroup(
  world: World,
  call: Call,
  { group, pair }: { group: SecurityGroupRecord; pair: UserIdGroupPair },
): ReferencedGroup {
  const groupId = pair.GroupId ?? groupIdByName(world, group, required(pair.GroupName, 'groupId'));
  checkId(idKinds.securityGroup, groupId);
  const named = world.securityGroups.get(groupId);
  const accountId = pair.UserId ?? call.accountId;
  const isThere = named && named.ownerId === accountId && named.region === group.region && isKnown(world, world.securityGroups, groupId);
  if (!isThere || (pair.VpcId !== undefined && pair.VpcId !== named.vpcId)) throw noSuchGroup(groupId);
  if (named.vpcId === group.vpcId) return { groupId, userId: named.ownerId };
  const peering = activePeering(world, group.vpcId, named.vpcId);
  const sameRegion = peering && peering.requester.region === peering.accepter.region;
  if (!sameRegion || (pair.VpcPeeringConnectionId !== undefined && pair.VpcPeeringConnectionId !== peering.id)) {
    throw new ApiError('InvalidGroup.NotFound', 'You have specified two resources that belong to different networks.');
  }
  return { groupId, userId: named.ownerId, vpcId: named.vpcId, vpcPeeringConnectionId: peering.id };
}

function groupIdByName(world: World, group: SecurityGroupRecord, name: string): string {
  const named = world.securityGroups.where(`vpc:${group.vpcId}`).find(({ groupName }) => groupName === name);
  if (!named) throw noSuchGroup(name);
  return named.id;
}

/** How the groups that permissions name are read: to make a rule they must be reachable, to find one they need only be named. */
export type ReadGroup = (pair: UserIdGroupPair) => ReferencedGroup;

/** One permission for each source of each IpPermission, CIDRs in their one spelling (aws.md 3.1). */
export function readPermissions(
  permissions: readonly IpPermission[],
  {
    direction,
    readGroup,
    readPrefixList,
  }: { direction: RuleSpec['direction']; readGroup: ReadGroup; readPrefixList: (id: string) => string },
): Permission[] {
  return permissions.flatMap((permission) => {
    const common = { direction, ...readPorts(required(permission.IpProtocol, 'ipProtocol'), permission) };
    const read: Permission[] = [
      ...(permission.IpRanges ?? []).map(({ CidrIp, Description }) => ({
        ...common,
        peer: { cidrIpv4: readCidr(required(CidrIp, 'cidrIp'), 'cidrIp', 4) },
        description: readDescription(Description),
      })),
      ...(permission.Ipv6Ranges ?? []).map(({ CidrIpv6, Description }) => ({
        ...common,
        peer: { cidrIpv6: readCidr(required(CidrIpv6, 'cidrIpv6'), 'cidrIpv6', 6) },
        description: readDescription(Description),
      })),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => ({
        ...common,
        peer: { referencedGroup: readGroup(pair) },
        description: readDescription(pair.Description),
      })),
      ...(permission.PrefixListIds ?? []).map(({ PrefixListId, Description }) => ({
        ...common,
        peer: { prefixListId: readPrefixList(required(PrefixListId, 'prefixListId')) },
        description: readDescription(Description),
      })),
    ];
    if (read.length === 0) throw badParameter('', 'ipPermissions', 'A source or destination must be specified.');
    return read;
  });
}

function peerText(peer: RulePeer): string {
  if ('cidrIpv4' in peer) return peer.cidrIpv4;
  if ('cidrIpv6' in peer) return peer.cidrIpv6;
  return 'prefixListId' in peer ? peer.prefixListId : peer.referencedGroup.groupId;
}

/** What makes two rules of a group the same: direction, protocol, ports and source; neither description nor tags (aws.md 3.1). */
export const identityOf = ({ direction, protocol, fromPort, toPort, peer }: RuleSpec): string =>
  `${direction} ${protocol} ${fromPort} ${toPort} ${peerText(peer)}`;

/** The error for a rule that the group already has. */
export function duplicateOf({ protocol, fromPort, toPort, peer }: RuleSpec): ApiError {
  const ports = protocol === '-1' ? 'ALL' : `${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`;
  return new ApiError('InvalidPermission.Duplicate', `the specified rule "peer: ${peerText(peer)}, ${ports}, ALLOW" already exists`);
}
