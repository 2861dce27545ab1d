import type {
  CreateHostedZoneRequest,
  CreateHostedZoneResponse,
  DelegationSet,
  DeleteHostedZoneRequest,
  DeleteHostedZoneResponse,
  GetChangeRequest,
  GetChangeResponse,
  GetHostedZoneRequest,
  GetHostedZoneResponse,
  HostedZone,
  ListHostedZonesByNameRequest,
  ListHostedZonesByNameResponse,
  ListHostedZonesByVPCRequest,
  ListHostedZonesByVPCResponse,
  ListHostedZonesRequest,
  ListHostedZonesResponse,
  VPC,
  VPCRegion,
} from '@aws-sdk/client-route-53';
import { endpointZoneIn } from '../ec2/vpc-endpoints/vpc-endpoint-dns.ts';
import { ApiError, type Call, type Operations } from '../service.ts';
import type { HostedZoneRecord } from '../world/records.ts';
import type { World } from '../world/world.ts';
import { change, changeInfo, checkNotBusy } from './changes.ts';
import { compareNames, storedName } from './domain-names.ts';
import { ownZone, pageSize, plainId, seenZone, tagPlace } from './owned.ts';
import { ownVpc } from './vpcs.ts';

/** Every private zone has the same name servers, which nobody can ask. */
const privateNameServers = ['ns-1536.awsdns-00.co.uk', 'ns-0.awsdns-00.com', 'ns-1024.awsdns-00.org', 'ns-512.awsdns-00.net'];
const publicNameServers = ['ns-2048.awsdns-64.com', 'ns-2049.awsdns-65.net', 'ns-2050.awsdns-66.org', 'ns-2051.awsdns-67.co.uk'];

/** The zone's own NS and SOA records, which come and go with it. */
export const isOwnRecord = (zone: Pick<HostedZoneRecord, 'name'>, { name, type }: { name: string; type: string }): boolean =>
  name === zone.name && (type === 'NS' || type === 'SOA');

function shown(zone: HostedZoneRecord): HostedZone {
  return {
    Id: `/hostedzone/${zone.id}`,
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: { ...(zone.comment === undefined ? {} : { Comment: zone.comment }), PrivateZone: zone.isPrivate },
    ResourceRecordSetCount: zone.recordSets.length,
  };
}

const shownVpc = ({ vpcId, region }: { vpcId: string; region: string }): VPC => ({ VPCRegion: region as VPCRegion, VPCId: vpcId });

const delegationSet = (zone: HostedZoneRecord): DelegationSet | undefined =>
  zone.isPrivate ? undefined : { NameServers: publicNameServers };

function newZoneId(world: World): string {
  const id = world.newId('Z');
  return id.startsWith('Z-') ? `Z${id.slice(2).toUpperCase()}` : id;
}

/** @throws ApiError ConflictingDomainExists where the VPC already has a zone of this name: the zone itself too, and the one of an endpoint with private DNS */
export function checkNameIsFree(world: World, { vpcId, region }: { vpcId: string; region: string }, name: string): void {
  const endpointZone = endpointZoneIn(world, vpcId, name.slice(0, -1));
  if (endpointZone) {
    throw new ApiError(
      'ConflictingDomainExists',
      `The VPC ${vpcId} in region ${region} has already been associated with the hosted zone ${endpointZone} with the same domain name.`,
    );
  }
  if (!world.hostedZones.where(`vpc:${vpcId}`).some((zone) => zone.name === name)) return;
  throw new ApiError(
    'ConflictingDomainExists',
    `The VPC that you chose, ${vpcId} in region ${region}, is already associated with another private hosted zone that has an overlapping name space, ${name}.`,
  );
}

export function hostedZoneOperations(world: World): Operations {
  return {
    CreateHostedZone(input: CreateHostedZoneRequest, call: Call): CreateHostedZoneResponse {
      const name = storedName(input.Name!);
      if (typeof name !== 'string') throw new ApiError('InvalidDomainName', `The domain name is invalid: ${name.says}`);
      if (input.DelegationSetId !== undefined) throw notModelled('reusable delegation sets');
      const reference = input.CallerReference!;
      if (reference.length < 1 || reference.length > 128) {
        throw new ApiError('InvalidInput', 'The caller reference must have from 1 to 128 characters');
      }
      const isPrivate = input.VPC !== undefined;
      if (input.HostedZoneConfig?.PrivateZone && !isPrivate) {
        throw new ApiError('InvalidInput', 'When you are creating a private hosted zone, you must specify a VPC');
      }
      const vpc = input.VPC && ownVpc(world, call, input.VPC);
      const key = `${call.accountId}/${reference}`;
      if (world.hostedZoneReferences.get(key)) {
        throw new ApiError(
          'HostedZoneAlreadyExists',
          `A hosted zone has already been created with the specified caller reference: ${reference}`,
          {
            httpStatus: 409,
          },
        );
      }
      if (vpc) checkNameIsFree(world, vpc, name);
      if (world.hostedZones.where(`account:${call.accountId}`).length >= world.settings.quotas.hostedZonesPerAccount) {
        throw new ApiError('TooManyHostedZones', 'Limits exceeded for the number of hosted zones of this account');
      }
      const servers = isPrivate ? privateNameServers : publicNameServers;
      const zone: HostedZoneRecord = {
        id: newZoneId(world),
        ownerId: call.accountId,
        name,
        isPrivate,
        callerReference: reference,
        comment: input.HostedZoneConfig?.Comment,
        vpcs: vpc ? [vpc] : [],
        authorizations: [],
        recordSets: [
          { name, type: 'NS', ttl: 172_800, values: servers.map((server) => `${server}.`) },
          { name, type: 'SOA', ttl: 900, values: [`${servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`] },
        ],
        busyUntil: 0,
      };
      world.hostedZones.put(zone);
      world.hostedZoneReferences.put({ id: key });
      return {
        HostedZone: shown(zone),
        ChangeInfo: changeInfo(change(world, zone)),
        DelegationSet: delegationSet(zone),
        Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${zone.id}`,
        ...(vpc ? { VPC: shownVpc(vpc) } : {}),
      };
    },

    GetHostedZone(input: GetHostedZoneRequest, call: Call): GetHostedZoneResponse {
      const zone = seenZone(world, call, input.Id);
      return { HostedZone: shown(zone), DelegationSet: delegationSet(zone), ...(zone.isPrivate ? { VPCs: zone.vpcs.map(shownVpc) } : {}) };
    },

    DeleteHostedZone(input: DeleteHostedZoneRequest, call: Call): DeleteHostedZoneResponse {
      const zone = ownZone(world, call, input.Id);
      checkNotBusy(world, zone);
      if (zone.recordSets.some((set) => !isOwnRecord(zone, set))) {
        throw new ApiError(
          'HostedZoneNotEmpty',
          'The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
        );
      }
      const made = change(world, zone);
      world.hostedZones.delete(zone.id);
      world.setTags(tagPlace(call), zone.id, {});
      return { ChangeInfo: changeInfo(made) };
    },

    ListHostedZones(input: ListHostedZonesRequest, call: Call): ListHostedZonesResponse {
      if (input.DelegationSetId !== undefined) throw notModelled('reusable delegation sets');
      const size = pageSize(world, input.MaxItems, 100);
      const zones = world.hostedZones
        .seenWhere(`account:${call.accountId}`)
        .filter(({ isPrivate }) => input.HostedZoneType !== 'PrivateHostedZone' || isPrivate);
      const from = input.Marker === undefined ? 0 : zones.findIndex(({ id }) => id === plainId(input.Marker));
      if (from < 0) throw new ApiError('InvalidInput', `The marker ${input.Marker} is not valid`);
      const shownZones = zones.slice(from, from + size);
      const next = zones[from + size];
      return {
        HostedZones: shownZones.map(shown),
        Marker: input.Marker,
        IsTruncated: next !== undefined,
        ...(next ? { NextMarker: next.id } : {}),
        MaxItems: size,
      };
    },

    ListHostedZonesByName(input: ListHostedZonesByNameRequest, call: Call): ListHostedZonesByNameResponse {
      const size = pageSize(world, input.MaxItems, 100);
      if (input.HostedZoneId !== undefined && input.DNSName === undefined) {
        throw new ApiError('InvalidInput', 'The hosted zone id can only be given with the DNS name');
      }
      const start = input.DNSName === undefined ? undefined : storedName(input.DNSName);
      if (start !== undefined && typeof start !== 'string')
        throw new ApiError('InvalidDomainName', `The domain name is invalid: ${start.says}`);
      const startId = input.HostedZoneId === undefined ? '' : plainId(input.HostedZoneId);
      const zones = world.hostedZones
        .seenWhere(`account:${call.accountId}`)
        .toSorted((a, b) => compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1))
        .filter(({ name, id }) => {
          if (start === undefined) return true;
          const order = compareNames(name, start);
          return order > 0 || (order === 0 && id >= startId);
        });
      const next = zones[size];
      return {
        HostedZones: zones.slice(0, size).map(shown),
        ...(input.DNSName === undefined ? {} : { DNSName: input.DNSName }),
        ...(input.HostedZoneId === undefined ? {} : { HostedZoneId: input.HostedZoneId }),
        IsTruncated: next !== undefined,
        ...(next ? { NextDNSName: next.name, NextHostedZoneId: next.id } : {}),
        MaxItems: size,
      };
    },

    /** The zones of other accounts too: who owns them stands beside them. */
    ListHostedZonesByVPC(input: ListHostedZonesByVPCRequest, call: Call): ListHostedZonesByVPCResponse {
      const size = pageSize(world, input.MaxItems, 100);
      const vpc = world.vpcs.get(input.VPCId!);
      if (!vpc || vpc.ownerId !== call.accountId || vpc.region !== input.VPCRegion) {
        throw new ApiError('InvalidInput', `The VPC ${input.VPCId} in region ${input.VPCRegion} is not found or not yours`);
      }
      const zones = world.hostedZones.seenWhere(`vpc:${vpc.id}`);
      const from = input.NextToken === undefined ? 0 : zones.findIndex(({ id }) => id === input.NextToken);
      if (from < 0) throw new ApiError('InvalidPaginationToken', `The value that you specified for the next token is not valid`);
      const next = zones[from + size];
      return {
        HostedZoneSummaries: zones.slice(from, from + size).map(({ id, name, ownerId }) => ({
          HostedZoneId: id,
          Name: name,
          Owner: { OwningAccount: ownerId },
        })),
        MaxItems: size,
        ...(next ? { NextToken: next.id } : {}),
      };
    },

    GetChange(input: GetChangeRequest, call: Call): GetChangeResponse {
      const id = plainId(input.Id);
      const found = world.hostedZoneChanges.get(id);
      if (!found?.accountIds.includes(call.accountId)) {
        throw new ApiError('NoSuchChange', `A change with the ID ${id} does not exist`, { httpStatus: 404 });
      }
      return { ChangeInfo: changeInfo(found) };
    },
  };
}

function notModelled(what: string): ApiError {
  return new ApiError('NotImplemented', `The simulator does not model ${what} of route53`, { httpStatus: 501 });
}
