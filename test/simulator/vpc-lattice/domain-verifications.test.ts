import {
  DeleteDomainVerificationCommand,
  GetDomainVerificationCommand,
  ListDomainVerificationsCommand,
  StartDomainVerificationCommand,
} from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { publishTxtRecord, withdrawTxtRecord } from '../../../src/simulator/vpc-lattice/domain-verifications.ts';
import { refusal } from '../sdk-clients.ts';
import { activeConfiguration, activeGateway, configurationOf, createConfiguration, type Setting, setting } from './setting.ts';

const hour = 3_600_000;

const start = ({ lattice }: Setting, domainName: string, clientToken?: string) =>
  lattice.send(new StartDomainVerificationCommand({ domainName, clientToken }));

const read = ({ lattice }: Setting, domainVerificationIdentifier: string) =>
  lattice.send(new GetDomainVerificationCommand({ domainVerificationIdentifier }));

describe('the verification of a domain (aws.md 5.3, 9.7)', () => {
  test('is verified a while after its TXT record is published, and stays so', async () => {
    const scene = await setting();
    const { id, arn, status, txtMethodConfig } = await start(scene, 'example.com');
    expect([id, status]).toEqual([expect.stringMatching(/^dv-[0-9a-z]{17}$/), 'PENDING']);
    await scene.clock.advance(hour);
    expect((await read(scene, arn!)).status).toBe('PENDING');
    const { name, value } = txtMethodConfig!;
    publishTxtRecord(scene.world, `${name}.`, ['another value', value!]);
    expect((await read(scene, id!)).status).toBe('PENDING');
    await scene.clock.advance(5_000);
    const verified = await read(scene, id!);
    expect(verified).toMatchObject({ status: 'VERIFIED', domainName: 'example.com', lastVerifiedTime: new Date(scene.clock.now()) });
    withdrawTxtRecord(scene.world, name!);
    await scene.clock.advance(100 * hour);
    expect((await read(scene, id!)).status).toBe('VERIFIED');
  });

  test('is not verified by another value, nor by a record that is gone when it is looked for', async () => {
    const scene = await setting();
    const { id, txtMethodConfig } = await start(scene, 'example.com');
    publishTxtRecord(scene.world, txtMethodConfig!.name!, ['another value']);
    await scene.clock.advance(hour);
    publishTxtRecord(scene.world, txtMethodConfig!.name!, [txtMethodConfig!.value!]);
    withdrawTxtRecord(scene.world, txtMethodConfig!.name!);
    await scene.clock.advance(hour);
    expect((await read(scene, id!)).status).toBe('PENDING');
  });

  test('times out, for good', async () => {
    const scene = await setting();
    const { id, txtMethodConfig } = await start(scene, 'example.com');
    await scene.clock.advance(72 * hour);
    publishTxtRecord(scene.world, txtMethodConfig!.name!, [txtMethodConfig!.value!]);
    await scene.clock.advance(hour);
    expect((await read(scene, id!)).status).toBe('VERIFICATION_TIMED_OUT');
    expect((await start(scene, 'example.com')).id).not.toBe(id);
  });

  test('five at a time, one of a domain, once for each token; deleted with 200', async () => {
    const scene = await setting();
    const first = await start(scene, 'example.com', 'once');
    expect((await start(scene, 'example.com', 'once')).id).toBe(first.id);
    expect((await refusal(start(scene, 'example.org', 'once'))).name).toBe('ConflictException');
    expect((await refusal(start(scene, 'Example.com.'))).name).toBe('ConflictException');
    expect((await refusal(start(scene, 'no name'))).name).toBe('ValidationException');
    for (const label of ['a', 'b', 'c', 'd']) await start(scene, `${label}.example.com`);
    expect(await refusal(start(scene, 'e.example.com'))).toMatchObject({ name: 'ServiceQuotaExceededException', status: 402 });
    const deleted = await scene.lattice.send(new DeleteDomainVerificationCommand({ domainVerificationIdentifier: first.id }));
    expect(deleted.$metadata.httpStatusCode).toBe(200);
    expect((await refusal(read(scene, first.id!))).name).toBe('ResourceNotFoundException');
    expect((await scene.lattice.send(new ListDomainVerificationsCommand({}))).items).toHaveLength(4);
  });

  test('a configuration shows how far its domain is; the domain may be under the verified one, and no other', async () => {
    const scene = await setting();
    const resourceGatewayIdentifier = await activeGateway(scene);
    const { id, arn, txtMethodConfig } = await start(scene, 'example.com');
    const input = { resourceGatewayIdentifier, domainVerificationIdentifier: id };
    expect((await refusal(createConfiguration(scene, input))).name).toBe('ValidationException');
    expect((await refusal(createConfiguration(scene, { ...input, customDomainName: 'db.example.org' }))).name).toBe('ValidationException');
    const configuration = await activeConfiguration(scene, { ...input, customDomainName: 'db.example.com' });
    expect(await configurationOf(scene, configuration.id)).toMatchObject({
      customDomainName: 'db.example.com',
      domainVerificationId: id,
      domainVerificationArn: arn,
      domainVerificationStatus: 'PENDING',
    });
    publishTxtRecord(scene.world, txtMethodConfig!.name!, [txtMethodConfig!.value!]);
    await scene.clock.advance(5_000);
    expect((await configurationOf(scene, configuration.id)).domainVerificationStatus).toBe('VERIFIED');
  });
});
