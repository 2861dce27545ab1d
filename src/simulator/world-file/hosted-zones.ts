import type { CreateHostedZoneRequest, CreateHostedZoneResponse, VPC, VPCRegion } from '@aws-sdk/client-route-53';
import { z } from 'zod';
import { storedName } from '../route53/domain-names.ts';
import { fields, given, listOf, oneOf, reference, tags, text } from './fields.ts';
import { type LoadedVpc, type Loading, tagsOf } from './loading.ts';

/** Route 53’s private zones. */
export const hostedZone = fields({
  name: text('a domain name such as egress.internal', (value) => typeof storedName(value) === 'string'),
  id: text('an id such as Z0123456789ABCDEFGHIJ', (value) => /^Z[A-Z0-9]{1,31}$/.test(value)).optional(),
  tags: tags.optional(),
  comment: z.string().optional(),
  /** Named as a peering names them. The zone belongs to the account of the first one. */
  vpcs: listOf(reference).min(1, { error: 'a private zone has at least one VPC' }),
  records: listOf(
    fields({
      /** In full, as the zone's. */
      name: reference,
      type: oneOf('A', 'AAAA', 'CNAME', 'TXT', 'SRV'),
      /** Seconds. */
      ttl: z.int({ error: (issue) => `found ${given(issue.input)}; it must be a number of seconds` }).default(300),
      values: listOf(reference),
    }),
  ).default([]),
});

export function loadHostedZones(loading: Loading, hostedZones: readonly z.output<typeof hostedZone>[]): void {
  for (const [index, zone] of hostedZones.entries()) {
    const path = ['hostedZones', index];
    const members = zone.vpcs.map((vpc, vpcIndex) => loading.vpcNamed(vpc, [...path, 'vpcs', vpcIndex]));
    const owner = members[0]!;
    const at = { call: owner.call, path, idPath: loading.newKey(`hostedZones/${zone.vpcs[0]}/${zone.name}`, path) };
    const input: CreateHostedZoneRequest = {
      Name: zone.name,
      CallerReference: at.idPath.slice(-128),
      VPC: vpcOf(owner),
      HostedZoneConfig: { Comment: zone.comment, PrivateZone: true },
    };
    const { HostedZone: made } = loading.make<CreateHostedZoneResponse>({ ...at, ids: { Z: zone.id } }, 'CreateHostedZone', input);
    const HostedZoneId = made!.Id!.slice('/hostedzone/'.length);
    loading.ids.set(at.idPath, HostedZoneId);
    if (zone.tags) {
      const tagging = { ResourceType: 'hostedzone', ResourceId: HostedZoneId, AddTags: tagsOf(zone.tags) };
      loading.make(at, 'ChangeTagsForResource', tagging);
    }
    for (const [memberIndex, member] of members.entries()) {
      if (memberIndex === 0) continue;
      const pair = { HostedZoneId, VPC: vpcOf(member) };
      const memberAt = { ...at, path: [...path, 'vpcs', memberIndex], idPath: `${at.idPath}/vpcs/${memberIndex}` };
      const isForeign = member.call.accountId !== owner.call.accountId;
      if (isForeign) loading.make(memberAt, 'CreateVPCAssociationAuthorization', pair);
      loading.make({ ...memberAt, call: member.call }, 'AssociateVPCWithHostedZone', pair);
      if (isForeign) loading.make(memberAt, 'DeleteVPCAssociationAuthorization', pair);
    }
    for (const [recordIndex, { name, type, ttl, values }] of zone.records.entries()) {
      const ResourceRecordSet = { Name: name, Type: type, TTL: ttl, ResourceRecords: values.map((Value) => ({ Value })) };
      const recordAt = { ...at, path: [...path, 'records', recordIndex], idPath: `${at.idPath}/records/${recordIndex}` };
      const ChangeBatch = { Changes: [{ Action: 'CREATE', ResourceRecordSet }] };
      loading.make(recordAt, 'ChangeResourceRecordSets', { HostedZoneId, ChangeBatch });
    }
  }
  loading.settle();
}

const vpcOf = ({ call, vpcId }: LoadedVpc): VPC => ({ VPCId: vpcId, VPCRegion: call.region as VPCRegion });
