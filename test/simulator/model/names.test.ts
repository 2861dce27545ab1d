import { test } from '@jest/globals';
import { type Area, callers, type Made, neverThere, type Pick, playSequences } from './engine.ts';

const ec2 = (operation: string, input: Made['input']): Made => ({ service: 'ec2', operation, input });
const route53 = (operation: string, input: Made['input']): Made => ({ service: 'route53', operation, input });

const zoneId = (pick: Pick): string => pick.of([...pick.world.hostedZones.all()])?.id ?? neverThere;
const anyVpc = (pick: Pick): object => {
  const vpc = pick.of([...pick.world.vpcs.all()]);
  return { VPCId: vpc?.id ?? `vpc-${neverThere}`, VPCRegion: vpc?.region ?? 'us-west-2' };
};

const name = (pick: Pick): string => `${pick.of(['a', 'b'])}.${pick.of(['internal', 'a.internal'])}`;

function change(pick: Pick): Made {
  const HostedZoneId = zoneId(pick);
  const zone = pick.world.hostedZones.get(HostedZoneId);
  const changes = Array.from({ length: 1 + pick.number(2) }, () => ({
    Action: pick.of(['CREATE', 'UPSERT', 'DELETE']),
    ResourceRecordSet: {
      Name: `${pick.of(['www', 'db', '*'])}.${zone?.name ?? 'internal.'}`,
      Type: pick.of(['A', 'CNAME']),
      TTL: 60,
      ResourceRecords: [{ Value: pick.of(['10.0.0.1', 'other.internal']) }],
    },
  }));
  return route53('ChangeResourceRecordSets', { HostedZoneId, ChangeBatch: { Changes: changes } });
}

const ofZone = (operation: string) => (pick: Pick) => route53(operation, { HostedZoneId: zoneId(pick), VPC: anyVpc(pick) });
const createZone = (pick: Pick): Made =>
  route53('CreateHostedZone', { Name: name(pick), CallerReference: `reference-${pick.number(12)}`, VPC: anyVpc(pick) });

const area: Area = {
  prelude(stage) {
    for (const [index, caller] of callers.entries()) stage.call(ec2('CreateVpc', { CidrBlock: `10.${index}.0.0/16` }), caller);
    stage.pass(1_000);
  },
  calls: [
    createZone,
    createZone,
    createZone,
    (pick) => route53('DeleteHostedZone', { Id: zoneId(pick) }),
    change,
    change,
    change,
    ofZone('AssociateVPCWithHostedZone'),
    ofZone('AssociateVPCWithHostedZone'),
    ofZone('DisassociateVPCFromHostedZone'),
    ofZone('CreateVPCAssociationAuthorization'),
    ofZone('CreateVPCAssociationAuthorization'),
    ofZone('DeleteVPCAssociationAuthorization'),
    (pick) =>
      route53('ChangeTagsForResource', { ResourceType: 'hostedzone', ResourceId: zoneId(pick), AddTags: [{ Key: 'a', Value: 'b' }] }),
    () => ec2('CreateVpc', { CidrBlock: '10.9.0.0/16' }),
    (pick) => ec2('DeleteVpc', { VpcId: pick.id(pick.world.vpcs as never, 'vpc') }),
  ],
  reaches: [
    'CreateHostedZone',
    'DeleteHostedZone',
    'ChangeResourceRecordSets',
    'AssociateVPCWithHostedZone',
    'DisassociateVPCFromHostedZone',
    'CreateVPCAssociationAuthorization',
    'DeleteVPCAssociationAuthorization',
    'ChangeTagsForResource',
    'DeleteVpc',
  ],
};

test('no sequence of calls about private zones breaks what always holds', () => {
  playSequences(area, { seed: 20260105, numRuns: 500 });
});
