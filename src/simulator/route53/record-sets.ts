import { isIP } from 'node:net';
import type {
  Change,
  ChangeResourceRecordSetsRequest,
  ChangeResourceRecordSetsResponse,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
  RRType,
} from '@aws-sdk/client-route-53';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { HostedZoneRecord, RecordSetRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { change, changeInfo, checkNotBusy } from './changes.ts';
import { compareNames, isWithin, storedName } from './domain-names.ts';
import { isOwnRecord } from './hosted-zones.ts';
import { ownZone, pageSize, plainId, seenZone } from './owned.ts';

const [maxChanges, maxPage] = [1000, 300];

/** The types of record that are modelled; NS and SOA are only those that a zone has from the beginning. */
const types: ReadonlySet<string> = new Set(['A', 'AAAA', 'CNAME', 'TXT', 'SRV']);

/** Members that only routing policies other than the simple one use. */
const policyMembers = [
  'SetIdentifier',
  'Weight',
  'Region',
  'GeoLocation',
  'GeoProximityLocation',
  'Failover',
  'MultiValueAnswer',
  'HealthCheckId',
  'TrafficPolicyInstanceId',
  'CidrRoutingConfig',
] as const satisfies readonly (keyof ResourceRecordSet)[];

/** What a change does, read; or why it cannot be. */
type Read = { readonly action: string; readonly set: RecordSetRecord } | { readonly wrong: string };

function read(world: World, zone: HostedZoneRecord, { Action: action, ResourceRecordSet: given }: Change): Read {
  if (action !== 'CREATE' && action !== 'UPSERT' && action !== 'DELETE') {
    throw new ApiError('InvalidInput', `Invalid request: ${action} is not an action`);
  }
  const { Name, Type: type, TTL: ttl, ResourceRecords: records, AliasTarget: alias } = given!;
  const policy = policyMembers.find((member) => given![member] !== undefined);
  if (policy) throw notModelled(`${policy} of record sets`);
  const own = isOwnRecord(zone, { name: String(storedName(Name!)), type: type! });
  if (!types.has(type!) && !own) throw notModelled(`record sets of type ${type}`);
  const simple = ttl !== undefined && records !== undefined;
  if (alias ? ttl !== undefined || records !== undefined : !simple) {
    throw new ApiError(
      'InvalidInput',
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${alias ? 'more than one' : 'none'} in Change with [Action=${action}, Name=${Name}, Type=${type}, SetIdentifier=null]`,
    );
  }
  const name = storedName(Name!);
  if (typeof name !== 'string') return { wrong: `FATAL problem: ${name.fault} (${name.says}) encountered with '${Name}'` };
  if (!isWithin(name, zone.name)) return { wrong: `RRSet with DNS name ${name} is not permitted in zone ${zone.name}` };
  if (!alias) return readSimple({ action, name, type: type!, ttl: ttl!, values: records!.map(({ Value }) => Value!) });
  const dnsName = storedName(alias.DNSName!);
  if (typeof dnsName !== 'string')
    return { wrong: `FATAL problem: ${dnsName.fault} (${dnsName.says}) encountered with '${alias.DNSName}'` };
  const hostedZoneId = plainId(alias.HostedZoneId);
  const target = world.hostedZones.get(hostedZoneId);
  if (target && !isWithin(dnsName, target.name)) {
    return {
      wrong: `Tried to create an alias that targets ${dnsName}, type ${type} in zone ${hostedZoneId}, but the alias target name does not lie within the target zone`,
    };
  }
  return {
    action,
    set: { name, type: type!, values: [], alias: { hostedZoneId, dnsName, evaluateTargetHealth: alias.EvaluateTargetHealth! } },
  };
}

function readSimple({ action, ...set }: { action: string; name: string; type: string; ttl: number; values: readonly string[] }): Read {
  const { name, type, ttl, values } = set;
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 2_147_483_647) {
    throw new ApiError('InvalidInput', `Invalid request: the TTL ${ttl} of ${name} is not from 0 to 2147483647`);
  }
  if (values.length === 0) return { wrong: `The resource record set [name='${name}', type='${type}'] has no values` };
  if (type === 'CNAME' && values.length > 1)
    return { wrong: `Invalid Resource Record: a CNAME has one value, and ${name} ${values.length}` };
  if (new Set(values).size < values.length)
    return { wrong: `Duplicate Resource Record: '${values.find((value, at) => values.indexOf(value) < at)}'` };
  for (const value of values) {
    const fault = faultOf(type, value);
    if (fault) return { wrong: `Invalid Resource Record: 'FATAL problem: ${fault} encountered with '${value}''` };
  }
  return { action, set };
}

function faultOf(type: string, value: string): string | undefined {
  switch (type) {
    case 'A':
      return isIP(value) === 4 ? undefined : 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)';
    case 'AAAA':
      return isIP(value) === 6 && !value.includes('%') ? undefined : 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)';
    case 'CNAME': {
      const name = storedName(value);
      return typeof name === 'string' ? undefined : `${name.fault} (${name.says})`;
    }
    case 'TXT': {
      if (!/^"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*$/.test(value)) {
        return 'InvalidCharacterString (Value should be enclosed in quotation marks)';
      }
      return [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].some(([, text]) => text!.length > 255)
        ? 'CharacterStringTooLong (Value is too long)'
        : undefined;
    }
    case 'SRV': {
      const [, priority, weight, port, target] = /^(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)$/.exec(value) ?? [];
      const numbers = [priority, weight, port].map(Number);
      const right =
        target !== undefined && numbers.every((number) => number <= 65_535) && (target === '.' || typeof storedName(target) === 'string');
      return right ? undefined : 'SRVRRDATANotFourFields (Value is not priority, weight, port and domain name)';
    }
    default:
      return undefined;
  }
}

const label = ({ name, type }: { name: string; type: string }): string => `[name='${name}', type='${type}']`;

const keyOf = ({ name, type }: { name: string; type: string }): string => `${type} ${name}`;

/** Everything that a DELETE must give as it is; the order of the values makes no difference. */
function contentOf({ ttl, values, alias }: RecordSetRecord): string {
  return JSON.stringify([ttl, values.toSorted(), alias && [alias.hostedZoneId, alias.dnsName, alias.evaluateTargetHealth]]);
}

/** Applies a batch to the zone's record sets, one change after another. @returns the sets, or all that is wrong */
function applied(zone: HostedZoneRecord, changes: readonly Read[]): { sets: readonly RecordSetRecord[]; wrong: readonly string[] } {
  const sets = new Map(zone.recordSets.map((set) => [keyOf(set), set]));
  const wrong: string[] = [];
  const actions = new Map<string, string[]>();
  for (const one of changes) {
    if ('wrong' in one) {
      wrong.push(one.wrong);
      continue;
    }
    const { action, set } = one;
    const key = keyOf(set);
    const before = sets.get(key);
    const earlier = actions.get(key) ?? [];
    actions.set(key, [...earlier, action]);
    if (earlier.length > 0 && !(earlier.length === 1 && earlier[0] === 'DELETE' && action === 'CREATE')) {
      wrong.push(`The request contains an invalid set of changes for a resource record set '${set.type} ${set.name}'`);
    } else if (action === 'DELETE') {
      if (!before) wrong.push(`Tried to delete resource record set ${label(set)} but it was not found`);
      else if (contentOf(before) !== contentOf(set)) {
        wrong.push(`Tried to delete resource record set ${label(set)} but the values provided do not match the current values`);
      } else if (isOwnRecord(zone, set)) {
        wrong.push(
          set.type === 'SOA'
            ? 'A HostedZone must contain exactly one SOA record.'
            : 'A HostedZone must contain at least one NS record for the zone itself.',
        );
      }
      sets.delete(key);
    } else if (action === 'CREATE' && before) {
      wrong.push(`Tried to create resource record set ${label(set)} but it already exists`);
    } else sets.set(key, set);
  }
  const written = changes.flatMap((one) => ('set' in one && one.action !== 'DELETE' ? [one.set] : []));
  const names = new Map<string, string[]>();
  for (const { name, type } of sets.values()) names.set(name, [...(names.get(name) ?? []), type]);
  for (const set of written) {
    if (set.type === 'CNAME' && set.name === zone.name) {
      wrong.push(`RRSet of type CNAME with DNS name ${set.name} is not permitted at apex in zone ${zone.name}`);
    } else if (names.get(set.name)?.includes('CNAME') && names.get(set.name)!.length > 1) {
      wrong.push(
        `RRSet of type ${set.type} with DNS name ${set.name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.name}`,
      );
    }
    const { alias } = set;
    if (alias?.hostedZoneId === zone.id && isWithin(alias.dnsName, zone.name) && !sets.has(`${set.type} ${alias.dnsName}`)) {
      wrong.push(
        `Tried to create an alias that targets ${alias.dnsName}, type ${set.type} in zone ${zone.id}, but that target was not found`,
      );
    }
  }
  return { sets: [...sets.values()], wrong };
}

function shown({ name, type, ttl, values, alias }: RecordSetRecord): ResourceRecordSet {
  return {
    Name: name,
    Type: type as RRType,
    ...(alias
      ? { AliasTarget: { HostedZoneId: alias.hostedZoneId, DNSName: alias.dnsName, EvaluateTargetHealth: alias.evaluateTargetHealth } }
      : { TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) }),
  };
}

const compare = (a: { name: string; type: string }, b: { name: string; type: string }): number =>
  compareNames(a.name, b.name) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0);

export function recordSetOperations(world: World): Operations {
  return {
    /** All of a batch, or nothing. */
    ChangeResourceRecordSets(input: ChangeResourceRecordSetsRequest, call: Call): ChangeResourceRecordSetsResponse {
      const zone = ownZone(world, call, input.HostedZoneId);
      const changes = input.ChangeBatch!.Changes!;
      if (changes.length === 0) throw new ApiError('InvalidInput', 'Invalid request: the batch has no changes');
      if (changes.length > maxChanges) throw new ApiError('InvalidChangeBatch', `[Number of records limit of ${maxChanges} exceeded.]`);
      checkNotBusy(world, zone);
      const { sets, wrong } = applied(
        zone,
        changes.map((one) => read(world, zone, one)),
      );
      if (wrong.length > 0) throw new ApiError('InvalidChangeBatch', `[${wrong.join(', ')}]`);
      if (sets.length > world.settings.quotas.recordSetsPerHostedZone) {
        throw new ApiError('InvalidChangeBatch', `[The hosted zone ${zone.id} has the most resource record sets that it may have.]`);
      }
      const changed = world.hostedZones.change(zone.id, { recordSets: sets });
      return { ChangeInfo: changeInfo(change(world, changed, { comment: input.ChangeBatch!.Comment })) };
    },

    ListResourceRecordSets(input: ListResourceRecordSetsRequest, call: Call): ListResourceRecordSetsResponse {
      const zone = seenZone(world, call, input.HostedZoneId);
      const size = pageSize(world, input.MaxItems, maxPage);
      const { StartRecordName, StartRecordType, StartRecordIdentifier } = input;
      if (StartRecordType !== undefined && StartRecordName === undefined) {
        throw new ApiError('InvalidInput', 'The type can only be given with the name to start from');
      }
      if (StartRecordIdentifier !== undefined) throw notModelled('SetIdentifier of record sets');
      const name = StartRecordName === undefined ? undefined : storedName(StartRecordName);
      if (name !== undefined && typeof name !== 'string')
        throw new ApiError('InvalidInput', `The name to start from is invalid: ${name.says}`);
      const start = name === undefined ? undefined : { name, type: StartRecordType ?? '' };
      const sets = zone.recordSets.toSorted(compare).filter((set) => !start || compare(set, start) >= 0);
      const next = sets[size];
      return {
        ResourceRecordSets: sets.slice(0, size).map(shown),
        IsTruncated: next !== undefined,
        ...(next ? { NextRecordName: next.name, NextRecordType: next.type as RRType } : {}),
        MaxItems: size,
      };
    },
  };
}

function notModelled(what: string): ApiError {
  return new ApiError('NotImplemented', `The simulator does not model ${what} in route53`, { httpStatus: 501 });
}
