import type {
  AddPrefixListEntry,
  CreateManagedPrefixListRequest,
  CreateManagedPrefixListResult,
  DeleteManagedPrefixListRequest,
  DeleteManagedPrefixListResult,
  DescribeManagedPrefixListsRequest,
  DescribeManagedPrefixListsResult,
  DescribePrefixListsRequest,
  DescribePrefixListsResult,
  GetManagedPrefixListEntriesRequest,
  GetManagedPrefixListEntriesResult,
  ManagedPrefixList,
  ModifyManagedPrefixListRequest,
  ModifyManagedPrefixListResult,
  Tag,
} from '@aws-sdk/client-ec2';
import { partitionOf } from '../../network/partitions.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { PrefixListEntry, PrefixListRecord } from '../world/records.ts';
import { transition, whileInState } from '../world/transition.ts';
import type { World } from '../world/world.ts';
import { readCidr } from './addresses.ts';
import { awsPrefixLists } from './aws-prefix-lists.ts';
import { madeBefore, rememberMade } from './client-tokens.ts';
import { badParameter, dependencyViolation, invalidValue, required } from './errors.ts';
import { checkId, idKinds, notFound } from './ids.ts';
import { filterTest, type ListInput, page } from './listing.ts';
import { arnOf, ownedBy, ownership, placeOf } from './owned.ts';
import { findPrefixList, ofAccount, ofAws, type PrefixList, routeWeight, ruleWeight } from './prefix-list-view.ts';
import { readDescription } from './security-groups/security-group-permissions.ts';
import { shownTags, specifiedTags, tagNew, trueTags } from './tags.ts';

const [maxName, maxEntriesOfACall] = [255, 100];

function shown({ id, name, addressFamily, record }: PrefixList, call: Call, tags: Tag[]): ManagedPrefixList {
  const common = { PrefixListId: id, PrefixListName: name, AddressFamily: addressFamily, Tags: tags };
  if (!record) {
    return {
      ...common,
      OwnerId: 'AWS',
      State: 'create-complete',
      PrefixListArn: `arn:${partitionOf(call.region)}:ec2:${call.region}:aws:prefix-list/${id}`,
    };
  }
  return {
    ...common,
    OwnerId: record.ownerId,
    State: record.state,
    ...(record.stateMessage ? { StateMessage: record.stateMessage } : {}),
    PrefixListArn: arnOf(record, 'prefix-list'),
    MaxEntries: record.maxEntries,
    Version: record.versions.length,
  };
}

function readName(text: string): string {
  if (text.length > maxName || text.startsWith('com.amazonaws')) {
    throw badParameter(text, 'prefixListName', `Names are up to ${maxName} characters long and may not begin with com.amazonaws.`);
  }
  return text;
}

function readMaxEntries(world: World, value: number): number {
  const { entriesPerPrefixList } = world.settings.quotas;
  if (!Number.isInteger(value) || value < 1 || value > entriesPerPrefixList) {
    throw badParameter(value, 'maxEntries', `It must be between 1 and ${entriesPerPrefixList}.`);
  }
  return value;
}

/** Entries as a call gives them, CIDRs in their one spelling; each CIDR once. */
function readEntries(entries: readonly AddPrefixListEntry[] | undefined, addressFamily: 'IPv4' | 'IPv6'): PrefixListEntry[] {
  if ((entries?.length ?? 0) > maxEntriesOfACall) throw invalidValue(`A call can name at most ${maxEntriesOfACall} entries.`);
  const read = (entries ?? []).map(({ Cidr, Description }) => ({
    cidr: readCidr(required(Cidr, 'cidr'), 'cidr', addressFamily === 'IPv4' ? 4 : 6),
    description: readDescription(Description),
  }));
  const twice = read.find(({ cidr }, index) => read.findIndex((other) => other.cidr === cidr) < index);
  if (twice) throw invalidValue(`The CIDR ${twice.cidr} is given twice.`);
  return read;
}

const tooMany = (maxEntries: number): ApiError =>
  new ApiError('PrefixListMaxEntriesExceeded', `You've reached the maximum number of entries for the prefix list: ${maxEntries}.`);

/** The account's own list that a call is to change: AWS's cannot be. */
function findOwn(world: World, call: Call, id: string | undefined): PrefixListRecord {
  const prefixListId = required(id, 'prefixListId');
  if (awsPrefixLists(call.region).some((list) => list.id === prefixListId)) {
    throw new ApiError('OperationNotPermitted', `The prefix list ${prefixListId} is managed by AWS.`);
  }
  const record = ownedBy(world, call, { kind: idKinds.prefixList, collection: world.prefixLists, id: prefixListId });
  if (record.state.endsWith('in-progress')) {
    throw new ApiError('IncorrectState', `The prefix list ${record.id} is in state ${record.state}.`);
  }
  return record;
}

/** Route tables and security groups that use the list. */
function usersOf(world: World, record: PrefixListRecord): { readonly tables: string[]; readonly groups: string[] } {
  const place = `place:${record.ownerId}/${record.region}`;
  const tables = world.routeTables.where(place).filter(({ routes }) => routes.some(({ destination }) => destination === record.id));
  const rules = world.securityGroupRules.where(place).filter(({ peer }) => 'prefixListId' in peer && peer.prefixListId === record.id);
  return { tables: tables.map(({ id }) => id), groups: [...new Set(rules.map(({ groupId }) => groupId))] };
}

/** Those that cannot take the list as big as it is. */
function overfull(world: World, record: PrefixListRecord): string[] {
  const { routesPerRouteTable, rulesPerSecurityGroup } = world.settings.quotas;
  const family = record.addressFamily === 'IPv4' ? 4 : 6;
  const { tables, groups } = usersOf(world, record);
  return [
    ...tables.filter((id) => routeWeight(world, world.routeTables.get(id)!.routes, family) > routesPerRouteTable),
    ...groups.filter((id) => {
      const rules = world.securityGroupRules.where(`group:${id}`);
      return (['ingress', 'egress'] as const).some(
        (direction) =>
          ruleWeight(
            world,
            rules.filter((rule) => rule.direction === direction),
            family,
          ) > rulesPerSecurityGroup,
      );
    }),
  ];
}

const prefixListsOf = (world: World) => world.prefixLists;

const finishCreation = whileInState('prefixList.finishCreation', prefixListsOf, (world, { id }) =>
  world.prefixLists.change(id, { state: 'create-complete' }),
);

const finishModification = whileInState('prefixList.finishModification', prefixListsOf, (world, { id }) =>
  world.prefixLists.change(id, { state: 'modify-complete' }),
);

const failResize = transition('prefixList.failResize', (world, id: string, maxEntries: number, stateMessage: string) => {
  if (world.prefixLists.get(id)?.state !== 'modify-in-progress') return;
  world.prefixLists.change(id, { state: 'modify-failed', maxEntries, stateMessage });
});

const finishDeletion = whileInState('prefixList.finishDeletion', prefixListsOf, (world, { id, ownerId, region }) => {
  world.prefixLists.delete(id);
  world.setTags(`${ownerId}/${region}`, id, {});
});

/** Whoever uses the list must have room for its new size; where somebody has not, the change fails and the list stays as it was. */
function resize(world: World, record: PrefixListRecord, maxEntries: number): PrefixListRecord {
  if (maxEntries < record.versions.at(-1)!.length) throw tooMany(maxEntries);
  const resized = world.prefixLists.change(record.id, { maxEntries, state: 'modify-in-progress', stateMessage: undefined });
  const refusing = overfull(world, resized);
  const { prefixListChanging } = world.settings.delaysMs;
  const message = `These resources do not support the new maximum size: ${refusing.slice(0, 10).join(', ')}`;
  if (refusing.length === 0) world.later(prefixListChanging, finishModification, record.id, resized.state);
  else world.later(prefixListChanging, failResize, record.id, record.maxEntries, message);
  return resized;
}

function changedEntries(record: PrefixListRecord, input: ModifyManagedPrefixListRequest): PrefixListEntry[] {
  const added = readEntries(input.AddEntries, record.addressFamily);
  const removed = new Set(readEntries(input.RemoveEntries, record.addressFamily).map(({ cidr }) => cidr));
  const current = record.versions.at(-1)!;
  const absent = [...removed].find((cidr) => !current.some((entry) => entry.cidr === cidr));
  if (absent) throw new ApiError('InvalidPrefixListModification', `The prefix list ${record.id} has no entry ${absent}.`);
  const both = added.find(({ cidr }) => removed.has(cidr));
  if (both) throw new ApiError('InvalidPrefixListModification', `The entry ${both.cidr} cannot be both added and removed.`);
  // To add an entry that is there gives it another description.
  const kept = current.filter(({ cidr }) => !removed.has(cidr)).map((entry) => added.find(({ cidr }) => cidr === entry.cidr) ?? entry);
  const entries = [...kept, ...added.filter(({ cidr }) => !current.some((entry) => entry.cidr === cidr))];
  if (entries.length > record.maxEntries) throw tooMany(record.maxEntries);
  return entries;
}

/** AWS's lists of the region, then the account's own as Describe sees them; those asked for by id, or all. */
function listed(world: World, call: Call, ids: readonly string[] | undefined): PrefixList[] {
  const own = world.prefixLists.seenWhere(`place:${placeOf(call)}`);
  const all = [...awsPrefixLists(call.region).map(ofAws), ...own.map(ofAccount)];
  if (!ids?.length) return all;
  return [...new Set(ids)].map((id) => {
    checkId(idKinds.prefixList, id);
    const found = all.find((list) => list.id === id);
    if (!found) throw notFound(idKinds.prefixList, id);
    return found;
  });
}

/** One page of lists, in a lasting order: AWS's first. */
function pageOf(
  world: World,
  lists: readonly PrefixList[],
  { input, max }: { input: ListInput; max: number },
): { items: readonly PrefixList[]; NextToken?: string } {
  const awsIds = lists.filter(({ record }) => !record).map(({ id }) => id);
  const orderOf = ({ id, record }: PrefixList): number => (record ? world.prefixLists.orderOf(id) + awsIds.length : awsIds.indexOf(id));
  return page(world, { items: lists, orderOf, input, limits: { min: 1, max } });
}

export function prefixListOperations(world: World): Operations {
  return {
    CreateManagedPrefixList(input: CreateManagedPrefixListRequest, call: Call): CreateManagedPrefixListResult {
      const use = { operation: 'CreateManagedPrefixList', input };
      const earlier = madeBefore<CreateManagedPrefixListResult>(world, call, use);
      if (earlier) {
        const record = world.prefixLists.get(earlier.PrefixList!.PrefixListId!);
        if (!record) return { PrefixList: { ...earlier.PrefixList, State: 'delete-complete' } };
        return { PrefixList: shown(ofAccount(record), call, trueTags(world, call, record.id)) };
      }
      const tags = specifiedTags(input.TagSpecifications, ['prefix-list']);
      const name = readName(required(input.PrefixListName, 'prefixListName'));
      const addressFamily = required(input.AddressFamily, 'addressFamily');
      if (addressFamily !== 'IPv4' && addressFamily !== 'IPv6')
        throw badParameter(addressFamily, 'addressFamily', 'It must be IPv4 or IPv6.');
      const maxEntries = readMaxEntries(world, required(input.MaxEntries, 'maxEntries'));
      const entries = readEntries(input.Entries, addressFamily);
      if (entries.length > maxEntries) throw tooMany(maxEntries);
      if (world.prefixLists.count(`place:${placeOf(call)}`) >= world.settings.quotas.prefixListsPerRegion) {
        throw new ApiError('PrefixListLimitExceeded', 'The maximum number of prefix lists has been reached.');
      }
      const record: PrefixListRecord = {
        ...ownership(call),
        id: world.newId('pl'),
        name,
        addressFamily,
        maxEntries,
        state: 'create-in-progress',
        versions: [entries],
      };
      world.prefixLists.put(record);
      tagNew(world, call, { id: record.id, type: 'prefix-list', tags });
      world.later(world.settings.delaysMs.prefixListChanging, finishCreation, record.id, record.state);
      const answer = { PrefixList: shown(ofAccount(record), call, trueTags(world, call, record.id)) };
      rememberMade(world, call, { ...use, answer });
      return answer;
    },

    /** Entries, or the size, but not both in one call; changed entries make a new version. */
    ModifyManagedPrefixList(input: ModifyManagedPrefixListRequest, call: Call): ModifyManagedPrefixListResult {
      const record = findOwn(world, call, input.PrefixListId);
      const changesEntries = Boolean(input.AddEntries?.length || input.RemoveEntries?.length);
      if (input.CurrentVersion !== undefined && input.CurrentVersion !== record.versions.length) {
        throw new ApiError('PrefixListVersionMismatch', `The prefix list has the incorrect version number: ${input.CurrentVersion}.`);
      }
      if (changesEntries && input.MaxEntries !== undefined) {
        throw new ApiError('InvalidParameterCombination', 'Entries and the maximum number of entries cannot be changed in one call.');
      }
      if (changesEntries && input.CurrentVersion === undefined) required(input.CurrentVersion, 'currentVersion');
      if (input.PrefixListName !== undefined) world.prefixLists.change(record.id, { name: readName(input.PrefixListName) });
      if (input.MaxEntries !== undefined) resize(world, record, readMaxEntries(world, input.MaxEntries));
      if (changesEntries) {
        const versions = [...record.versions, changedEntries(record, input)];
        const changed = world.prefixLists.change(record.id, { versions, state: 'modify-in-progress', stateMessage: undefined });
        world.later(world.settings.delaysMs.prefixListChanging, finishModification, changed.id, changed.state);
      }
      return { PrefixList: shown(ofAccount(world.prefixLists.get(record.id)!), call, trueTags(world, call, record.id)) };
    },

    DeleteManagedPrefixList(input: DeleteManagedPrefixListRequest, call: Call): DeleteManagedPrefixListResult {
      const record = findOwn(world, call, input.PrefixListId);
      const { tables, groups } = usersOf(world, record);
      const [user] = [...tables, ...groups];
      if (user) throw dependencyViolation(`The prefix list ${record.id} is used by ${user} and cannot be deleted.`);
      const deleting = world.prefixLists.change(record.id, { state: 'delete-in-progress', stateMessage: undefined });
      world.later(world.settings.delaysMs.prefixListChanging, finishDeletion, deleting.id, deleting.state);
      return { PrefixList: shown(ofAccount(deleting), call, trueTags(world, call, record.id)) };
    },

    DescribeManagedPrefixLists(input: DescribeManagedPrefixListsRequest, call: Call): DescribeManagedPrefixListsResult {
      const test = filterTest<PrefixList>(
        input.Filters ?? [],
        {
          'owner-id': ({ record }) => record?.ownerId ?? 'AWS',
          'prefix-list-id': ({ id }) => id,
          'prefix-list-name': ({ name }) => name,
        },
        ({ id }) => world.indexedTagsOf(placeOf(call), id),
      );
      const { items, NextToken } = pageOf(world, listed(world, call, input.PrefixListIds).filter(test), { input, max: 100 });
      return { PrefixLists: items.map((item) => shown(item, call, shownTags(world, call, item.id))), NextToken };
    },

    GetManagedPrefixListEntries(input: GetManagedPrefixListEntriesRequest, call: Call): GetManagedPrefixListEntriesResult {
      const list = findPrefixList(world, call, required(input.PrefixListId, 'prefixListId'));
      const version = input.TargetVersion ?? list.record?.versions.length ?? 1;
      const entries = list.record ? list.record.versions[version - 1] : list.entries;
      if (!entries) throw badParameter(version, 'targetVersion', `The prefix list ${list.id} has no such version.`);
      const { items, NextToken } = page(world, {
        items: entries.map((entry, index) => ({ entry, index })),
        orderOf: ({ index }) => index,
        input,
        limits: { min: 1, max: 100 },
      });
      return {
        Entries: items.map(({ entry }) => ({ Cidr: entry.cidr, ...(entry.description ? { Description: entry.description } : {}) })),
        NextToken,
      };
    },

    /** The older call: AWS's lists alone, with their entries. */
    DescribePrefixLists(input: DescribePrefixListsRequest, call: Call): DescribePrefixListsResult {
      const test = filterTest<PrefixList>(
        input.Filters ?? [],
        { 'prefix-list-id': ({ id }) => id, 'prefix-list-name': ({ name }) => name },
        undefined,
      );
      const lists = listed(world, call, input.PrefixListIds).filter((list) => !list.record && test(list));
      const { items, NextToken } = pageOf(world, lists, { input, max: 1000 });
      return {
        PrefixLists: items.map(({ id, name, entries }) => ({
          PrefixListId: id,
          PrefixListName: name,
          Cidrs: entries.map(({ cidr }) => cidr),
        })),
        NextToken,
      };
    },
  };
}
