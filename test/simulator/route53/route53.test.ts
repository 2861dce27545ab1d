import type { Change, ChangeAction, RRType } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  GetHostedZoneCommand,
  ListHostedZonesCommand,
  Route53Client,
  waitUntilResourceRecordSetsChanged,
} from '@aws-sdk/client-route-53';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../src/ambient/random.ts';
import { inProcess } from '../../../src/simulator/request-handler.ts';
import { storedName } from '../../../src/simulator/route53/domain-names.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { type Aws, aws, type Caller, one, two, vpc } from '../ec2/account.ts';
import { type Route53Caller, route53Caller } from './account.ts';

let simulated: Aws;
let caller: Caller;
let dns: Route53Caller;
let other: Route53Caller;
let vpcId: string;
let second: string;
let foreign: string;

beforeEach(() => {
  simulated = aws();
  caller = simulated.caller();
  vpcId = vpc(caller, '10.0.0.0/16');
  second = vpc(caller, '10.1.0.0/16');
  foreign = vpc(simulated.caller(two), '10.2.0.0/16');
  dns = route53Caller(simulated, one);
  other = route53Caller(simulated, two);
});

const inVpc = (id: string) => ({ VPCId: id, VPCRegion: 'us-west-2' as const });

let references = 0;
const zoneInput = (name: string, id = vpcId) => ({ Name: name, CallerReference: `r${++references}`, VPC: inVpc(id) });
const zone = (name = 'egress.internal', id = vpcId): string => dns('CreateHostedZone', zoneInput(name, id)).HostedZone!.Id!;

const set = (action: ChangeAction, name: string, type: RRType, values: string[], ttl = 60): Change => ({
  Action: action,
  ResourceRecordSet: { Name: name, Type: type, TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) },
});
const batch = (id: string, ...changes: Change[]) => ({ HostedZoneId: id, ChangeBatch: { Changes: changes } });

/** The records of a zone besides its own NS and SOA. */
const records = (id: string): string[] =>
  dns('ListResourceRecordSets', { HostedZoneId: id })
    .ResourceRecordSets!.filter(({ Type }) => Type !== 'NS' && Type !== 'SOA')
    .map(
      ({ Name, Type, TTL, ResourceRecords, AliasTarget }) =>
        `${Name} ${Type} ${AliasTarget ? `alias ${AliasTarget.DNSName}` : `${TTL} ${ResourceRecords!.map(({ Value }) => Value).join(',')}`}`,
    );

describe('private hosted zones (aws.md 6.3)', () => {
  test('are made with their NS and SOA records, and a change that is pending first', () => {
    const made = dns('CreateHostedZone', { ...zoneInput('Egress.Internal'), HostedZoneConfig: { Comment: 'ours' } });
    expect(made).toMatchObject({
      HostedZone: { Id: expect.stringMatching(/^\/hostedzone\/Z[0-9A-F]+$/), Name: 'egress.internal.', ResourceRecordSetCount: 2 },
      ChangeInfo: { Status: 'PENDING', Id: expect.stringMatching(/^\/change\/C[0-9A-F]+$/) },
      VPC: inVpc(vpcId),
    });
    expect(made.HostedZone!.Config).toEqual({ Comment: 'ours', PrivateZone: true });
    expect(dns('GetHostedZone', { Id: made.HostedZone!.Id })).toMatchObject({ VPCs: [inVpc(vpcId)] });
  });

  test.each([
    ['a name with an empty label', () => ({ ...zoneInput('a..b') }), 'InvalidDomainName'],
    ['a label of 64 characters', () => ({ ...zoneInput(`${'a'.repeat(64)}.b`) }), 'InvalidDomainName'],
    ['an unknown VPC', () => zoneInput('a.b', 'vpc-0123456789abcdef0'), 'InvalidVPCId'],
    ['a VPC of another region', () => ({ ...zoneInput('a.b'), VPC: { VPCId: vpcId, VPCRegion: 'eu-west-1' as const } }), 'InvalidVPCId'],
    ['a VPC of another account', () => zoneInput('a.b', foreign), 'InvalidVPCId'],
    [
      'a private zone without a VPC',
      () => ({ Name: 'a.b', CallerReference: 'x', HostedZoneConfig: { PrivateZone: true } }),
      'InvalidInput',
    ],
    ['a reference of 129 characters', () => ({ ...zoneInput('a.b'), CallerReference: 'r'.repeat(129) }), 'InvalidInput'],
  ])('are refused: %s', (_why, input, code) => {
    expect(dns.code('CreateHostedZone', input())).toBe(code);
    expect(dns('ListHostedZones', {}).HostedZones).toEqual([]);
  });

  test('take a caller reference once in an account, even after the zone is gone', () => {
    const input = zoneInput('a.internal');
    const { HostedZone } = dns('CreateHostedZone', input);
    const again = { ...input, Name: 'b.internal' };
    expect(dns.refused('CreateHostedZone', again)).toMatchObject({ code: 'HostedZoneAlreadyExists', status: 409 });
    dns('DeleteHostedZone', { Id: HostedZone!.Id });
    expect(dns.code('CreateHostedZone', input)).toBe('HostedZoneAlreadyExists');
    expect(other.code('CreateHostedZone', { ...again, VPC: inVpc(foreign) })).toBeUndefined();
  });

  test('may not have the same name on the same VPC', () => {
    const id = zone('a.internal');
    expect(dns.code('CreateHostedZone', zoneInput('A.internal.'))).toBe('ConflictingDomainExists');
    expect(dns.code('AssociateVPCWithHostedZone', { HostedZoneId: id, VPC: inVpc(vpcId) })).toBe('ConflictingDomainExists');
    const elsewhere = zone('a.internal', second);
    expect(dns.code('AssociateVPCWithHostedZone', { HostedZoneId: elsewhere, VPC: inVpc(vpcId) })).toBe('ConflictingDomainExists');
    expect(dns.code('CreateHostedZone', zoneInput('b.a.internal'))).toBeUndefined();
  });

  test('are seen by their account only', () => {
    const id = zone();
    expect(other.refused('GetHostedZone', { Id: id })).toMatchObject({ code: 'AccessDenied', status: 403 });
    expect(other('ListHostedZones', {}).HostedZones).toEqual([]);
    expect(dns.refused('GetHostedZone', { Id: 'Z0' })).toMatchObject({ code: 'NoSuchHostedZone', status: 404 });
  });

  test('are deleted only when nothing but NS and SOA is left in them', () => {
    const id = zone();
    dns('ChangeResourceRecordSets', batch(id, set('CREATE', 'a.egress.internal', 'A', ['10.0.0.1'])));
    expect(dns.code('DeleteHostedZone', { Id: id })).toBe('HostedZoneNotEmpty');
    dns('ChangeResourceRecordSets', batch(id, set('DELETE', 'a.egress.internal', 'A', ['10.0.0.1'])));
    expect(dns('DeleteHostedZone', { Id: id }).ChangeInfo).toMatchObject({ Status: 'PENDING' });
    expect(dns.code('GetHostedZone', { Id: id })).toBe('NoSuchHostedZone');
  });

  test('are listed in pages, by name in the order of reversed labels, and by VPC', () => {
    const ids = ['b.z.internal', 'a.internal', 'z.internal'].map((name) => zone(name));
    const first = dns('ListHostedZones', { MaxItems: 2 });
    expect(first.HostedZones!.map(({ Id }) => Id)).toEqual(ids.slice(0, 2));
    expect(first).toMatchObject({ IsTruncated: true, MaxItems: 2 });
    const rest = dns('ListHostedZones', { Marker: first.NextMarker! });
    expect(rest).toMatchObject({ HostedZones: [{ Id: ids[2] }], IsTruncated: false });
    const byName = dns('ListHostedZonesByName', { MaxItems: 2 });
    expect(byName.HostedZones!.map(({ Name }) => Name)).toEqual(['a.internal.', 'z.internal.']);
    const from = { DNSName: byName.NextDNSName!, HostedZoneId: byName.NextHostedZoneId! };
    expect(dns('ListHostedZonesByName', from).HostedZones!.map(({ Name }) => Name)).toEqual(['b.z.internal.']);
    const byVpc = dns('ListHostedZonesByVPC', { ...inVpc(vpcId), MaxItems: 2 });
    const next = dns('ListHostedZonesByVPC', { ...inVpc(vpcId), NextToken: byVpc.NextToken! });
    expect([...byVpc.HostedZoneSummaries!, ...next.HostedZoneSummaries!].map(({ Name }) => Name)).toEqual([
      'b.z.internal.',
      'a.internal.',
      'z.internal.',
    ]);
    expect(dns.code('ListHostedZonesByVPC', inVpc(foreign))).toBe('InvalidInput');
    expect(dns.code('ListHostedZones', { MaxItems: 0 })).toBe('InvalidInput');
  });

  test('have tags, given after they are made (aws.md 7.6)', () => {
    const id = zone().slice('/hostedzone/'.length);
    const resource = { ResourceType: 'hostedzone' as const, ResourceId: id };
    dns('ChangeTagsForResource', {
      ...resource,
      AddTags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    dns('ChangeTagsForResource', { ...resource, AddTags: [{ Key: 'a', Value: '3' }], RemoveTagKeys: ['b'] });
    expect(dns('ListTagsForResource', resource).ResourceTagSet).toEqual({ ...resource, Tags: [{ Key: 'a', Value: '3' }] });
    expect(dns.code('ChangeTagsForResource', { ...resource, AddTags: [{ Key: 'aws:x', Value: '' }] })).toBe('InvalidInput');
    expect(dns.code('ChangeTagsForResource', resource)).toBe('InvalidInput');
    expect(other.code('ListTagsForResource', resource)).toBe('AccessDenied');
  });
});

describe('whose VPCs see a zone (aws.md 6.3)', () => {
  test('another account’s VPC must be authorised by the zone’s owner, and stays associated when the authorisation goes', () => {
    const id = zone();
    const pair = { HostedZoneId: id, VPC: inVpc(foreign) };
    expect(other.refused('AssociateVPCWithHostedZone', pair)).toMatchObject({ code: 'NotAuthorizedException', status: 401 });
    expect(other.code('CreateVPCAssociationAuthorization', pair)).toBe('AccessDenied');
    dns('CreateVPCAssociationAuthorization', pair);
    dns('CreateVPCAssociationAuthorization', pair);
    expect(dns('ListVPCAssociationAuthorizations', { HostedZoneId: id }).VPCs).toEqual([inVpc(foreign)]);
    // The zone's owner may not do it for the VPC's.
    expect(dns.code('AssociateVPCWithHostedZone', pair)).toBe('InvalidVPCId');
    const { ChangeInfo } = other('AssociateVPCWithHostedZone', pair);
    expect(other('GetChange', { Id: ChangeInfo!.Id }).ChangeInfo!.Status).toBe('PENDING');
    dns('DeleteVPCAssociationAuthorization', pair);
    expect(dns.refused('DeleteVPCAssociationAuthorization', pair)).toMatchObject({
      code: 'VPCAssociationAuthorizationNotFound',
      status: 404,
    });
    expect(dns('GetHostedZone', { Id: id }).VPCs).toEqual([inVpc(vpcId), inVpc(foreign)]);
    expect(other('ListHostedZonesByVPC', inVpc(foreign)).HostedZoneSummaries).toEqual([
      { HostedZoneId: id.slice('/hostedzone/'.length), Name: 'egress.internal.', Owner: { OwningAccount: one } },
    ]);
  });

  test('either account ends it, but never the last one', () => {
    const id = zone();
    const pair = { HostedZoneId: id, VPC: inVpc(foreign) };
    const associate = () => {
      dns('CreateVPCAssociationAuthorization', pair);
      other('AssociateVPCWithHostedZone', pair);
    };
    associate();
    other('DisassociateVPCFromHostedZone', pair);
    associate();
    dns('DisassociateVPCFromHostedZone', pair);
    expect(dns.refused('DisassociateVPCFromHostedZone', pair)).toMatchObject({ code: 'VPCAssociationNotFound', status: 404 });
    const last = { HostedZoneId: id, VPC: inVpc(vpcId) };
    expect(dns.refused('DisassociateVPCFromHostedZone', last)).toMatchObject({ code: 'LastVPCAssociation', status: 400 });
    expect(other.code('DisassociateVPCFromHostedZone', last)).toBe('VPCAssociationNotFound');
  });

  test('a public zone has none', () => {
    const { HostedZone, DelegationSet } = dns('CreateHostedZone', { Name: 'example.com', CallerReference: 'public' });
    expect(DelegationSet!.NameServers).toHaveLength(4);
    expect(dns.code('AssociateVPCWithHostedZone', { HostedZoneId: HostedZone!.Id, VPC: inVpc(vpcId) })).toBe('PublicZoneVPCAssociation');
  });

  test('there are quotas of zones, VPCs and authorisations', () => {
    simulated.world.configure({ quotas: { hostedZonesPerAccount: 1, vpcsPerHostedZone: 1, authorizationsPerHostedZone: 0 } });
    const id = zone();
    expect(dns.code('CreateHostedZone', zoneInput('b.internal'))).toBe('TooManyHostedZones');
    expect(dns.code('AssociateVPCWithHostedZone', { HostedZoneId: id, VPC: inVpc(second) })).toBe('LimitsExceeded');
    const pair = { HostedZoneId: id, VPC: inVpc(foreign) };
    expect(dns.code('CreateVPCAssociationAuthorization', pair)).toBe('TooManyVPCAssociationAuthorizations');
  });
});

describe('record sets (aws.md 6.3)', () => {
  let id: string;
  beforeEach(() => {
    id = zone();
  });

  test('are made, overwritten and deleted, and kept in Route 53’s spelling', () => {
    dns(
      'ChangeResourceRecordSets',
      batch(
        id,
        set('CREATE', 'Proxy.egress.internal', 'A', ['10.0.0.1', '10.0.0.2']),
        set('UPSERT', 'proxy.egress.internal.', 'AAAA', ['fd00::1']),
        set('CREATE', '*.egress.internal', 'CNAME', ['proxy.egress.internal']),
        set('CREATE', 'egress.internal', 'TXT', ['"one" "two"']),
        set('CREATE', '_http._tcp.egress.internal', 'SRV', ['1 2 3128 proxy.egress.internal.']),
      ),
    );
    dns('ChangeResourceRecordSets', batch(id, set('UPSERT', 'proxy.egress.internal', 'A', ['10.0.0.3'], 5)));
    expect(records(id)).toEqual([
      'egress.internal. TXT 60 "one" "two"',
      '\\052.egress.internal. CNAME 60 proxy.egress.internal',
      '_http._tcp.egress.internal. SRV 60 1 2 3128 proxy.egress.internal.',
      'proxy.egress.internal. A 5 10.0.0.3',
      'proxy.egress.internal. AAAA 60 fd00::1',
    ]);
    expect(dns('GetHostedZone', { Id: id }).HostedZone!.ResourceRecordSetCount).toBe(7);
  });

  test.each<[string, Change, RegExp]>([
    [
      'created twice',
      set('CREATE', 'a.egress.internal', 'A', ['10.0.0.9']),
      /Tried to create resource record set .* but it already exists/,
    ],
    ['deleted, but not there', set('DELETE', 'b.egress.internal', 'A', ['10.0.0.1']), /Tried to delete .* but it was not found/],
    [
      'deleted with other values',
      set('DELETE', 'a.egress.internal', 'A', ['10.0.0.9']),
      /but the values provided do not match the current values/,
    ],
    ['deleted with another TTL', set('DELETE', 'a.egress.internal', 'A', ['10.0.0.1'], 61), /do not match the current values/],
    ['in another zone', set('CREATE', 'a.internal', 'A', ['10.0.0.1']), /is not permitted in zone egress\.internal\./],
    ['of a name that only ends like the zone', set('CREATE', 'xegress.internal', 'A', ['10.0.0.1']), /is not permitted in zone/],
    ['of an empty label', set('CREATE', 'a..egress.internal', 'A', ['10.0.0.1']), /DomainLabelEmpty/],
    ['A without an IPv4 address', set('CREATE', 'b.egress.internal', 'A', ['fd00::1']), /ARRDATAIllegalIPv4Address/],
    ['AAAA without an IPv6 address', set('CREATE', 'b.egress.internal', 'AAAA', ['10.0.0.1']), /AAAARRDATAIllegalIPv6Address/],
    ['TXT without quotes', set('CREATE', 'b.egress.internal', 'TXT', ['one']), /enclosed in quotation marks/],
    ['SRV of three fields', set('CREATE', 'b.egress.internal', 'SRV', ['1 2 a.b']), /SRVRRDATANotFourFields/],
    ['CNAME of two values', set('CREATE', 'b.egress.internal', 'CNAME', ['a.b', 'c.d']), /a CNAME has one value/],
    ['CNAME at the apex', set('CREATE', 'egress.internal', 'CNAME', ['a.b']), /is not permitted at apex/],
    ['CNAME beside an A', set('CREATE', 'a.egress.internal', 'CNAME', ['b.c']), /conflicts with other records/],
    ['the same value twice', set('CREATE', 'b.egress.internal', 'A', ['10.0.0.1', '10.0.0.1']), /Duplicate Resource Record: '10\.0\.0\.1'/],
  ])('are refused: %s; and nothing of the batch happens', (_why, wrong, message) => {
    dns('ChangeResourceRecordSets', batch(id, set('CREATE', 'a.egress.internal', 'A', ['10.0.0.1'])));
    const before = records(id);
    const input = batch(id, set('UPSERT', 'new.egress.internal', 'A', ['10.0.0.7']), wrong);
    expect(dns.refused('ChangeResourceRecordSets', input)).toMatchObject({
      code: 'InvalidChangeBatch',
      message: expect.stringMatching(message),
    });
    expect(records(id)).toEqual(before);
  });

  test('neither of the zone’s own records can be deleted, and all that is wrong is told at once', () => {
    const own = dns('ListResourceRecordSets', { HostedZoneId: id }).ResourceRecordSets!;
    const changes = own.map((ResourceRecordSet): Change => ({ Action: 'DELETE', ResourceRecordSet }));
    expect(dns.refused('ChangeResourceRecordSets', batch(id, ...changes))!.message).toBe(
      '[A HostedZone must contain at least one NS record for the zone itself., A HostedZone must contain exactly one SOA record.]',
    );
  });

  test('the order of values makes no difference to a DELETE, and a DELETE may stand before a CREATE of the same', () => {
    dns('ChangeResourceRecordSets', batch(id, set('CREATE', 'a.egress.internal', 'A', ['10.0.0.1', '10.0.0.2'])));
    dns(
      'ChangeResourceRecordSets',
      batch(id, set('DELETE', 'a.egress.internal', 'A', ['10.0.0.2', '10.0.0.1']), set('CREATE', 'a.egress.internal', 'A', ['10.0.0.5'])),
    );
    expect(records(id)).toEqual(['a.egress.internal. A 60 10.0.0.5']);
    const twice = [set('UPSERT', 'a.egress.internal', 'A', ['10.0.0.6']), set('UPSERT', 'a.egress.internal', 'A', ['10.0.0.7'])];
    expect(dns.refused('ChangeResourceRecordSets', batch(id, ...twice))!.message).toMatch(/invalid set of changes/);
  });

  test('may be aliases: of another service’s name, or of a record that is there', () => {
    const alias = (name: string, target: string, zoneId: string): Change => ({
      Action: 'CREATE',
      ResourceRecordSet: { Name: name, Type: 'A', AliasTarget: { HostedZoneId: zoneId, DNSName: target, EvaluateTargetHealth: false } },
    });
    const endpoint = alias('s3.egress.internal', 'vpce-0.s3.eu-west-1.vpce.amazonaws.com', 'Z7HUB22UULQXV');
    dns('ChangeResourceRecordSets', batch(id, endpoint));
    expect(records(id)).toEqual(['s3.egress.internal. A alias vpce-0.s3.eu-west-1.vpce.amazonaws.com.']);
    dns('ChangeResourceRecordSets', batch(id, alias('b.egress.internal', 's3.egress.internal', id)));
    expect(dns.refused('ChangeResourceRecordSets', batch(id, alias('c.egress.internal', 'x.egress.internal', id)))!.message).toMatch(
      /but that target was not found/,
    );
    expect(dns.refused('ChangeResourceRecordSets', batch(id, alias('c.egress.internal', 'x.other', id)))!.message).toMatch(
      /does not lie within the target zone/,
    );
    dns('ChangeResourceRecordSets', batch(id, { ...endpoint, Action: 'UPSERT' }));
    dns('ChangeResourceRecordSets', batch(id, { ...endpoint, Action: 'DELETE' }));
  });

  test.each<[string, Change, string]>([
    ['neither values nor an alias', { Action: 'CREATE', ResourceRecordSet: { Name: 'a.egress.internal', Type: 'A' } }, 'InvalidInput'],
    ['a negative TTL', set('CREATE', 'a.egress.internal', 'A', ['10.0.0.1'], -1), 'InvalidInput'],
    ['another action', set('REPLACE' as never, 'a.egress.internal', 'A', ['10.0.0.1']), 'InvalidInput'],
    ['a type that is not modelled', set('CREATE', 'a.egress.internal', 'MX', ['1 a.']), 'NotImplemented'],
    [
      'a routing policy that is not modelled',
      { Action: 'CREATE', ResourceRecordSet: { ...set('CREATE', 'a.egress.internal', 'A', ['10.0.0.1']).ResourceRecordSet!, Weight: 1 } },
      'NotImplemented',
    ],
  ])('are not understood: %s', (_why, change, code) => {
    expect(dns.code('ChangeResourceRecordSets', batch(id, change))).toBe(code);
  });

  test('are listed in pages, from a name and a type', () => {
    const names = Array.from({ length: 7 }, (_value, index) => `h${index}.egress.internal`);
    dns('ChangeResourceRecordSets', batch(id, ...names.map((name) => set('CREATE', name, 'A', ['10.0.0.1']))));
    const page = dns('ListResourceRecordSets', { HostedZoneId: id, MaxItems: 3 });
    expect(page).toMatchObject({ IsTruncated: true, MaxItems: 3, NextRecordName: 'h1.egress.internal.', NextRecordType: 'A' });
    const next = { HostedZoneId: id, StartRecordName: page.NextRecordName!, StartRecordType: page.NextRecordType! };
    expect(dns('ListResourceRecordSets', next).ResourceRecordSets!.map(({ Name }) => Name)).toEqual(
      names.slice(1).map((name) => `${name}.`),
    );
    expect(dns.code('ListResourceRecordSets', { HostedZoneId: id, StartRecordType: 'A' })).toBe('InvalidInput');
  });
});

describe('time (aws.md 6.3)', () => {
  test('a change is PENDING until its delay has passed, and then INSYNC', async () => {
    const { ChangeInfo } = dns('CreateHostedZone', zoneInput('a.internal'));
    const status = () => dns('GetChange', { Id: ChangeInfo!.Id }).ChangeInfo!.Status;
    await simulated.clock.advance(1_999);
    expect(status()).toBe('PENDING');
    await simulated.clock.advance(1);
    expect(status()).toBe('INSYNC');
    expect(other.refused('GetChange', { Id: ChangeInfo!.Id })).toMatchObject({ code: 'NoSuchChange', status: 404 });
  });

  test('a zone under way takes no other change where the setting says so: PriorRequestNotComplete', async () => {
    simulated.world.configure({ delaysMs: { hostedZoneBusy: 500 } });
    const id = zone();
    const input = batch(id, set('UPSERT', 'a.egress.internal', 'A', ['10.0.0.1']));
    expect(dns.refused('ChangeResourceRecordSets', input)).toMatchObject({ code: 'PriorRequestNotComplete', status: 400 });
    expect(dns.code('AssociateVPCWithHostedZone', { HostedZoneId: id, VPC: inVpc(second) })).toBe('PriorRequestNotComplete');
    expect(dns.code('DeleteHostedZone', { Id: id })).toBe('PriorRequestNotComplete');
    await simulated.clock.advance(500);
    dns('ChangeResourceRecordSets', input);
  });

  test('reads lag where the world does', async () => {
    simulated.world.configure({ lagMsOf: { hostedZones: 1_000 } });
    const id = zone();
    expect(dns.code('GetHostedZone', { Id: id })).toBe('NoSuchHostedZone');
    await simulated.clock.advance(1_000);
    expect(dns('GetHostedZone', { Id: id }).HostedZone!.Id).toBe(id);
  });
});

describe('the SDK’s client', () => {
  const client = (throttling = false): Route53Client =>
    new Route53Client({
      region: 'eu-west-1',
      credentials: { accessKeyId: one, secretAccessKey: 'x' },
      requestHandler: inProcess(simulatorOf(simulated.world, { clock: simulated.clock, random: seededRandom(1), throttling })),
      maxAttempts: 1,
    });

  test('makes a zone and a record and waits for them', async () => {
    const route53 = client();
    const made = await route53.send(new CreateHostedZoneCommand(zoneInput('a.internal')));
    expect(made.$metadata.httpStatusCode).toBe(201);
    const id = made.HostedZone!.Id!;
    const { ChangeInfo } = await route53.send(
      new ChangeResourceRecordSetsCommand(batch(id, set('CREATE', 'b.a.internal', 'A', ['10.0.0.1']))),
    );
    await simulated.clock.advance(2_000);
    const waited = await waitUntilResourceRecordSetsChanged({ client: route53, maxWaitTime: 60 }, { Id: ChangeInfo!.Id });
    expect(waited.state).toBe('SUCCESS');
    const read = await route53.send(new GetHostedZoneCommand({ Id: id }));
    expect(read).toMatchObject({ HostedZone: { Name: 'a.internal.' }, VPCs: [inVpc(vpcId)] });
    await expect(route53.send(new GetHostedZoneCommand({ Id: 'Z0' }))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('has five requests a second of an account, whatever they are (aws.md 7.1)', async () => {
    const route53 = client(true);
    const list = () => route53.send(new ListHostedZonesCommand({}));
    for (let index = 0; index < 5; index++) await list();
    await expect(route53.send(new GetHostedZoneCommand({ Id: 'Z0' }))).rejects.toMatchObject({ name: 'Throttling' });
    await simulated.clock.advance(200);
    await list();
    await expect(list()).rejects.toMatchObject({ name: 'Throttling' });
  });
});

describe('domain names', () => {
  test('are kept in one spelling, which is its own', () => {
    const labels = fc.array(
      fc.string({ minLength: 1, maxLength: 9 }).filter((label) => !/[.\\]|[^!-~]/.test(label)),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(labels, (parts) => {
        const stored = storedName(parts.join('.')) as string;
        expect(stored).toMatch(/^(?:(?:[a-z0-9_-]|\\\d{3})+\.)+$/);
        expect(storedName(stored)).toBe(stored);
      }),
    );
  });

  test.each([
    ['', 'DomainLabelEmpty'],
    ['a..b', 'DomainLabelEmpty'],
    ['a b', 'UnsupportedCharacter'],
    ['ä.b', 'UnsupportedCharacter'],
    ['a\\9.b', 'InvalidEscapeSequence'],
    [`${'a'.repeat(64)}.b`, 'DomainLabelTooLong'],
    [Array.from({ length: 6 }, () => 'a'.repeat(60)).join('.'), 'DomainNameTooLong'],
  ])('are refused: %j', (name, fault) => {
    expect(storedName(name)).toMatchObject({ fault });
  });
});
