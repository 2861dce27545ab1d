import type {
  CreateNetworkAclEntryRequest,
  CreateNetworkAclRequest,
  CreateNetworkAclResult,
  DeleteNetworkAclEntryRequest,
  DeleteNetworkAclRequest,
  DescribeNetworkAclsRequest,
  DescribeNetworkAclsResult,
  NetworkAcl,
  ReplaceNetworkAclAssociationRequest,
  ReplaceNetworkAclAssociationResult,
  NetworkAclEntry as ShownEntry,
} from '@aws-sdk/client-ec2';
import { cidrFamily } from '../../network/cidr.ts';
import type { NetworkAclEntry } from '../../network/model.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { NetworkAclRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { readCidr } from './addresses.ts';
import { badParameter, dependencyViolation, exactlyOne, invalidValue, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { list } from './listing.ts';
import { findNetworkAcl, findVpc, ownership, placeOf } from './owned.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

/** AWS's own last rules, which nobody can change: what no other entry spoke of is denied. */
const [lastIpv4Rule, lastIpv6Rule] = [32_767, 32_768];

const entry = (egress: boolean, rest: Pick<NetworkAclEntry, 'ruleNumber' | 'action' | 'cidr'>): NetworkAclEntry => ({
  egress,
  protocol: '-1',
  ...rest,
});

function lastEntries(withIpv6: boolean): NetworkAclEntry[] {
  return [true, false].flatMap((egress) => [
    entry(egress, { ruleNumber: lastIpv4Rule, action: 'deny', cidr: '0.0.0.0/0' }),
    ...(withIpv6 ? [entry(egress, { ruleNumber: lastIpv6Rule, action: 'deny', cidr: '::/0' })] : []),
  ]);
}

function sorted(entries: readonly NetworkAclEntry[]): NetworkAclEntry[] {
  return entries.toSorted((a, b) => Number(b.egress) - Number(a.egress) || a.ruleNumber - b.ruleNumber);
}

/** The default one lets everything through; any other nothing, until it is given entries. */
export function createNetworkAcl(world: World, call: Call, { vpcId, isDefault }: { vpcId: string; isDefault: boolean }): NetworkAclRecord {
  if (world.networkAcls.count(`vpc:${vpcId}`) >= world.settings.quotas.networkAclsPerVpc) {
    throw new ApiError('NetworkAclLimitExceeded', 'The maximum number of network ACLs has been reached.');
  }
  const withIpv6 = (world.vpcs.get(vpcId)?.ipv6CidrBlocks.length ?? 0) > 0;
  const allowAll = [true, false].flatMap((egress) => [
    entry(egress, { ruleNumber: 100, action: 'allow', cidr: '0.0.0.0/0' }),
    ...(withIpv6 ? [entry(egress, { ruleNumber: 101, action: 'allow', cidr: '::/0' })] : []),
  ]);
  const acl: NetworkAclRecord = {
    ...ownership(call),
    id: world.newId('acl'),
    vpcId,
    isDefault,
    associations: [],
    entries: sorted([...(isDefault ? allowAll : []), ...lastEntries(withIpv6)]),
  };
  world.networkAcls.put(acl);
  return acl;
}

const shownEntry = ({ ruleNumber, egress, protocol, action, cidr, portRange, icmp }: NetworkAclEntry): ShownEntry => ({
  RuleNumber: ruleNumber,
  Egress: egress,
  Protocol: protocol,
  RuleAction: action,
  ...(cidrFamily(cidr) === 4 ? { CidrBlock: cidr } : { Ipv6CidrBlock: cidr }),
  ...(portRange ? { PortRange: { From: portRange.from, To: portRange.to } } : {}),
  ...(icmp ? { IcmpTypeCode: { Type: icmp.type, Code: icmp.code } } : {}),
});

function shown(acl: NetworkAclRecord, tags: NetworkAcl['Tags']): NetworkAcl {
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpcId,
    OwnerId: acl.ownerId,
    IsDefault: acl.isDefault,
    Associations: acl.associations.map(({ associationId, subnetId }) => ({
      NetworkAclAssociationId: associationId,
      NetworkAclId: acl.id,
      SubnetId: subnetId,
    })),
    Entries: acl.entries.map(shownEntry),
    Tags: tags,
  };
}

const protocolNumbers: Readonly<Record<string, string>> = { tcp: '6', udp: '17', icmp: '1', icmpv6: '58', all: '-1' };

/** An entry as the call describes it; protocols are numbers here (unlike in security groups). */
function readEntry(input: CreateNetworkAclEntryRequest): NetworkAclEntry {
  const ruleNumber = required(input.RuleNumber, 'ruleNumber');
  if (ruleNumber < 1 || ruleNumber > 32_766) throw badParameter(ruleNumber, 'ruleNumber', 'It must be from 1 to 32766.');
  const protocolText = required(input.Protocol, 'protocol');
  const protocol = protocolNumbers[protocolText.toLowerCase()] ?? protocolText;
  if (!/^(?:-1|\d{1,3})$/.test(protocol) || Number(protocol) > 255) throw badParameter(protocolText, 'protocol', 'Unknown protocol.');
  const action = required(input.RuleAction, 'ruleAction');
  if (action !== 'allow' && action !== 'deny') throw badParameter(action, 'ruleAction', 'It must be allow or deny.');
  const family = exactlyOne({ cidrBlock: input.CidrBlock, ipv6CidrBlock: input.Ipv6CidrBlock });
  const cidr = family === 'cidrBlock' ? readCidr(input.CidrBlock!, family, 4) : readCidr(input.Ipv6CidrBlock!, family, 6);
  const common = { ruleNumber, egress: required(input.Egress, 'egress'), protocol, action, cidr } as const;
  if (protocol === '6' || protocol === '17') {
    const { From: from, To: to } = required(input.PortRange, 'portRange');
    if (from === undefined || to === undefined || from < 0 || to > 65_535 || from > to) {
      throw badParameter(`${from}-${to}`, 'portRange', 'It must be a range of ports.');
    }
    return { ...common, portRange: { from, to } };
  }
  if (protocol === '1' || protocol === '58') {
    const { Type: type = -1, Code: code = -1 } = required(input.IcmpTypeCode, 'icmpTypeCode');
    return { ...common, icmp: { type, code } };
  }
  return common;
}

const isSame = (a: NetworkAclEntry, { ruleNumber, egress }: { ruleNumber: number; egress: boolean }): boolean =>
  a.ruleNumber === ruleNumber && a.egress === egress;

export function networkAclOperations(world: World): Operations {
  return {
    CreateNetworkAcl(input: CreateNetworkAclRequest, call: Call): CreateNetworkAclResult {
      const tags = specifiedTags(input.TagSpecifications, ['network-acl']);
      const vpc = findVpc(world, call, input.VpcId);
      const acl = createNetworkAcl(world, call, { vpcId: vpc.id, isDefault: false });
      tagNew(world, call, { id: acl.id, type: 'network-acl', tags });
      return { NetworkAcl: shown(acl, trueTags(world, call, acl.id)) };
    },

    DeleteNetworkAcl(input: DeleteNetworkAclRequest, call: Call): object {
      const acl = findNetworkAcl(world, call, input.NetworkAclId);
      if (acl.isDefault) throw badParameter(acl.id, 'networkAclId', 'The default network ACL cannot be deleted.');
      if (acl.associations.length > 0) throw dependencyViolation(`The networkAcl '${acl.id}' has dependencies and cannot be deleted.`);
      world.networkAcls.delete(acl.id);
      world.setTags(placeOf(call), acl.id, {});
      return {};
    },

    CreateNetworkAclEntry(input: CreateNetworkAclEntryRequest, call: Call): object {
      const acl = findNetworkAcl(world, call, input.NetworkAclId);
      const added = readEntry(input);
      if (acl.entries.some((existing) => isSame(existing, added))) {
        throw new ApiError('NetworkAclEntryAlreadyExists', `The network acl entry identified by ${added.ruleNumber} already exists.`);
      }
      const { entriesPerNetworkAcl } = world.settings.quotas;
      const ofDirection = acl.entries.filter(({ egress, ruleNumber }) => egress === added.egress && ruleNumber < lastIpv4Rule);
      if (ofDirection.length >= entriesPerNetworkAcl) {
        throw new ApiError(
          'NetworkAclEntryLimitExceeded',
          `The network ACL '${acl.id}' has reached its limit of ${entriesPerNetworkAcl} entries.`,
        );
      }
      world.networkAcls.change(acl.id, { entries: sorted([...acl.entries, added]) });
      return {};
    },

    ReplaceNetworkAclEntry(input: CreateNetworkAclEntryRequest, call: Call): object {
      const acl = findNetworkAcl(world, call, input.NetworkAclId);
      const replacement = readEntry(input);
      if (!acl.entries.some((existing) => isSame(existing, replacement))) {
        throw new ApiError(
          'InvalidNetworkAclEntry.NotFound',
          `The network acl entry identified by ${replacement.ruleNumber} does not exist.`,
        );
      }
      world.networkAcls.change(acl.id, {
        entries: acl.entries.map((existing) => (isSame(existing, replacement) ? replacement : existing)),
      });
      return {};
    },

    DeleteNetworkAclEntry(input: DeleteNetworkAclEntryRequest, call: Call): object {
      const acl = findNetworkAcl(world, call, input.NetworkAclId);
      const gone = { ruleNumber: required(input.RuleNumber, 'ruleNumber'), egress: required(input.Egress, 'egress') };
      if (gone.ruleNumber >= lastIpv4Rule) throw badParameter(gone.ruleNumber, 'ruleNumber', 'It must be from 1 to 32766.');
      const entries = acl.entries.filter((existing) => !isSame(existing, gone));
      if (entries.length === acl.entries.length) {
        throw new ApiError('InvalidNetworkAclEntry.NotFound', `The network acl entry identified by ${gone.ruleNumber} does not exist.`);
      }
      world.networkAcls.change(acl.id, { entries });
      return {};
    },

    ReplaceNetworkAclAssociation(input: ReplaceNetworkAclAssociationRequest, call: Call): ReplaceNetworkAclAssociationResult {
      const id = required(input.AssociationId, 'associationId');
      checkId(idKinds.networkAclAssociation, id);
      const acl = world.networkAcls
        .where(`association:${id}`)
        .find(({ ownerId, region }) => ownerId === call.accountId && region === call.region);
      if (!acl) throw notFound(idKinds.networkAclAssociation, id);
      const target = findNetworkAcl(world, call, input.NetworkAclId);
      if (target.vpcId !== acl.vpcId) throw invalidValue(`network ACL ${target.id} and network ACL ${acl.id} belong to different networks`);
      const { subnetId } = acl.associations.find(({ associationId }) => associationId === id)!;
      const associationId = world.newId('aclassoc');
      world.networkAcls.change(acl.id, { associations: acl.associations.filter((association) => association.associationId !== id) });
      const { associations } = world.networkAcls.get(target.id)!;
      world.networkAcls.change(target.id, { associations: [...associations, { associationId, subnetId }] });
      return { NewAssociationId: associationId };
    },

    DescribeNetworkAcls(input: DescribeNetworkAclsRequest, call: Call): DescribeNetworkAclsResult {
      const ofEntries =
        (read: (shownOne: ShownEntry) => string | number | boolean | undefined) =>
        (acl: NetworkAclRecord): (string | number | boolean | undefined)[] =>
          acl.entries.map((existing) => read(shownEntry(existing)));
      const { items, NextToken } = list(world, call, {
        collection: world.networkAcls,
        kind: idKinds.networkAcl,
        ids: input.NetworkAclIds,
        input,
        limits: { min: 5, max: 1000 },
        keys: { 'vpc-id': 'vpc', 'association.subnet-id': 'subnet' },
        fields: {
          'association.association-id': (acl) => acl.associations.map(({ associationId }) => associationId),
          'association.network-acl-id': (acl) => (acl.associations.length > 0 ? acl.id : undefined),
          'association.subnet-id': (acl) => acl.associations.map(({ subnetId }) => subnetId),
          default: (acl) => acl.isDefault,
          'entry.cidr': ofEntries((shownOne) => shownOne.CidrBlock),
          'entry.ipv6-cidr': ofEntries((shownOne) => shownOne.Ipv6CidrBlock),
          'entry.egress': ofEntries((shownOne) => shownOne.Egress),
          'entry.icmp.code': ofEntries((shownOne) => shownOne.IcmpTypeCode?.Code),
          'entry.icmp.type': ofEntries((shownOne) => shownOne.IcmpTypeCode?.Type),
          'entry.port-range.from': ofEntries((shownOne) => shownOne.PortRange?.From),
          'entry.port-range.to': ofEntries((shownOne) => shownOne.PortRange?.To),
          'entry.protocol': ofEntries((shownOne) => shownOne.Protocol),
          'entry.rule-action': ofEntries((shownOne) => shownOne.RuleAction),
          'entry.rule-number': ofEntries((shownOne) => shownOne.RuleNumber),
          'network-acl-id': (acl) => acl.id,
          'owner-id': (acl) => acl.ownerId,
          'vpc-id': (acl) => acl.vpcId,
        },
      });
      return { NetworkAcls: items.map((acl) => shown(acl, shownTags(world, call, acl.id))), NextToken };
    },
  };
}
