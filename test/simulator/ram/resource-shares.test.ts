import {
  AcceptResourceShareInvitationCommand,
  AssociateResourceShareCommand,
  CreateResourceShareCommand,
  type CreateResourceShareRequest,
  DeleteResourceShareCommand,
  DisassociateResourceShareCommand,
  EnableSharingWithAwsOrganizationCommand,
  GetResourceShareAssociationsCommand,
  GetResourceShareInvitationsCommand,
  GetResourceSharesCommand,
  ListPendingInvitationResourcesCommand,
  ListPermissionsCommand,
  ListPrincipalsCommand,
  ListResourcesCommand,
  RejectResourceShareInvitationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateResourceShareCommand,
} from '@aws-sdk/client-ram';
import { CreateServiceNetworkCommand, ListResourceConfigurationsCommand } from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import type { SettingsChange } from '../../../src/simulator/world/settings.ts';
import { type Account, consumer, provider, refusal } from '../sdk-clients.ts';
import { activeConfiguration, activeGateway, configurationOf, createConfiguration, setting } from '../vpc-lattice/setting.ts';

const hour = 3_600_000;
const organization = {
  id: 'o-exampleorgid',
  managementAccountId: '999988887777',
  accountIds: [provider, consumer, '666677778888'],
  units: { 'ou-ab12-34cd56ef': [consumer] },
  sharingEnabled: true,
};
const unitArn = 'arn:aws:organizations::999988887777:ou/o-exampleorgid/ou-ab12-34cd56ef';
const organizationArn = 'arn:aws:organizations::999988887777:organization/o-exampleorgid';

/** A provider with a resource configuration, and a consumer who may be let in. */
async function sharing(settings: SettingsChange = {}) {
  const scene = await setting(settings);
  const { id, arn } = await activeConfiguration(scene, { resourceGatewayIdentifier: await activeGateway(scene) });
  const share = async (input: Partial<CreateResourceShareRequest> = {}): Promise<string> => {
    const made = await scene.ram.send(
      new CreateResourceShareCommand({ name: 'orders', resourceArns: [arn], principals: [consumer], ...input }),
    );
    return made.resourceShare!.resourceShareArn!;
  };
  return { ...scene, scene, id, arn, consumer: scene.account(consumer), share };
}

const canSee = async (account: Account, arn: string): Promise<boolean> => {
  try {
    return (await configurationOf(account, arn)).arn === arn;
  } catch (error) {
    if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    return false;
  }
};

async function invitation({ ram }: Account) {
  const { resourceShareInvitations } = await ram.send(new GetResourceShareInvitationsCommand({}));
  return resourceShareInvitations!.at(-1);
}

const accept = ({ ram }: Account, resourceShareInvitationArn: string | undefined, clientToken?: string) =>
  ram.send(new AcceptResourceShareInvitationCommand({ resourceShareInvitationArn, clientToken }));

const reject = ({ ram }: Account, resourceShareInvitationArn: string | undefined) =>
  ram.send(new RejectResourceShareInvitationCommand({ resourceShareInvitationArn }));

async function principalStatus({ ram }: Account): Promise<string | undefined> {
  const { resourceShareAssociations } = await ram.send(new GetResourceShareAssociationsCommand({ associationType: 'PRINCIPAL' }));
  return resourceShareAssociations!.at(-1)?.status;
}

describe('sharing outside an organisation (aws.md 5.8, 9.8)', () => {
  test('the consumer finds a shared configuration by its ARN when it has accepted and is associated, and not before', async () => {
    const scene = await sharing();
    const shareArn = await scene.share();
    expect(shareArn).toMatch(/^arn:aws:ram:us-west-2:111122223333:resource-share\/[0-9a-f]{8}-[0-9a-f]{4}-/);
    await scene.clock.advance(10_000);
    expect(await principalStatus(scene)).toBe('ASSOCIATING');
    expect(await canSee(scene.consumer, scene.arn)).toBe(false);
    const pending = await invitation(scene.consumer);
    expect(pending).toMatchObject({
      status: 'PENDING',
      resourceShareName: 'orders',
      resourceShareArn: shareArn,
      senderAccountId: provider,
      receiverAccountId: consumer,
      invitationTimestamp: expect.any(Date),
    });
    const accepted = await accept(scene.consumer, pending?.resourceShareInvitationArn);
    expect(accepted.resourceShareInvitation?.status).toBe('ACCEPTED');
    expect(await canSee(scene.consumer, scene.arn)).toBe(false);
    await scene.clock.advance(2_000);
    expect(await principalStatus(scene)).toBe('ASSOCIATED');
    expect(await canSee(scene.consumer, scene.arn)).toBe(true);
    expect(await canSee(scene.consumer, scene.id)).toBe(false);
    const listed = await scene.consumer.lattice.send(new ListResourceConfigurationsCommand({}));
    expect(listed.items?.map(({ arn }) => arn)).toEqual([scene.arn]);
    expect(await canSee(scene.account('777788889999'), scene.arn)).toBe(false);
    expect(await canSee(scene.account(consumer, 'eu-west-1'), scene.arn)).toBe(false);
  });

  test('an invitation is answered once, by its receiver', async () => {
    const scene = await sharing();
    await scene.share();
    const arn = (await invitation(scene.consumer))?.resourceShareInvitationArn;
    expect((await refusal(accept(scene, arn))).name).toBe('ResourceShareInvitationArnNotFoundException');
    expect((await refusal(accept(scene.consumer, 'nonsense'))).name).toBe('MalformedArnException');
    await accept(scene.consumer, arn);
    for (const answer of [accept, reject]) {
      expect(await refusal(answer(scene.consumer, arn))).toMatchObject({
        name: 'ResourceShareInvitationAlreadyAcceptedException',
        status: 400,
      });
    }
  });

  test('a rejected invitation leaves the principal outside', async () => {
    const scene = await sharing();
    const shareArn = await scene.share();
    const arn = (await invitation(scene.consumer))?.resourceShareInvitationArn;
    expect((await reject(scene.consumer, arn)).resourceShareInvitation?.status).toBe('REJECTED');
    await scene.clock.advance(10_000);
    expect(await principalStatus(scene)).toBe('DISASSOCIATED');
    expect(await canSee(scene.consumer, scene.arn)).toBe(false);
    expect((await refusal(accept(scene.consumer, arn))).name).toBe('ResourceShareInvitationAlreadyRejectedException');
    await scene.ram.send(new AssociateResourceShareCommand({ resourceShareArn: shareArn, principals: [consumer] }));
    expect((await invitation(scene.consumer))?.status).toBe('PENDING');
  });

  test('an invitation to a resource configuration expires after 12 hours, and the owner has to share again (aws.md 5.8, 9.13)', async () => {
    const scene = await sharing();
    const shareArn = await scene.share();
    await scene.clock.advance(12 * hour - 1);
    const old = await invitation(scene.consumer);
    expect(old?.status).toBe('PENDING');
    await scene.clock.advance(1);
    expect((await invitation(scene.consumer))?.status).toBe('EXPIRED');
    expect(await principalStatus(scene)).toBe('DISASSOCIATED');
    expect((await refusal(accept(scene.consumer, old?.resourceShareInvitationArn))).name).toBe('ResourceShareInvitationExpiredException');
    await scene.ram.send(new AssociateResourceShareCommand({ resourceShareArn: shareArn, principals: [consumer] }));
    const fresh = await invitation(scene.consumer);
    expect(fresh?.resourceShareInvitationArn).not.toBe(old?.resourceShareInvitationArn);
    await accept(scene.consumer, fresh?.resourceShareInvitationArn);
    await scene.clock.advance(2_000);
    expect(await canSee(scene.consumer, scene.arn)).toBe(true);
  });

  test('one to things that all give longer expires after 7 days', async () => {
    const scene = await sharing();
    await scene.share({ resourceArns: [`arn:aws:ec2:us-west-2:${provider}:subnet/${scene.subnetId}`] });
    await scene.clock.advance(168 * hour - 1);
    expect((await invitation(scene.consumer))?.status).toBe('PENDING');
    await scene.clock.advance(1);
    expect((await invitation(scene.consumer))?.status).toBe('EXPIRED');
  });

  test('what an invitation is for can be read before it is accepted', async () => {
    const scene = await sharing();
    await scene.share();
    const arn = (await invitation(scene.consumer))?.resourceShareInvitationArn;
    const { resources } = await scene.consumer.ram.send(new ListPendingInvitationResourcesCommand({ resourceShareInvitationArn: arn }));
    expect(resources).toEqual([expect.objectContaining({ arn: scene.arn, type: 'vpc-lattice:ResourceConfiguration' })]);
  });
});

describe('sharing within an organisation (aws.md 5.8, 9.8)', () => {
  test.each([
    ['an account', consumer],
    ['the whole organisation', organizationArn],
    ['a unit of the organisation', unitArn],
  ])('%s is in without an invitation, neither listed nor to accept', async (_what, principal) => {
    const scene = await sharing({ organization });
    await scene.share({ principals: [principal], allowExternalPrincipals: false });
    expect(await canSee(scene.consumer, scene.arn)).toBe(false);
    await scene.clock.advance(2_000);
    expect(await invitation(scene.consumer)).toBeUndefined();
    expect(await canSee(scene.consumer, scene.arn)).toBe(true);
    const { resourceShareAssociations } = await scene.ram.send(new GetResourceShareAssociationsCommand({ associationType: 'PRINCIPAL' }));
    expect(resourceShareAssociations).toEqual([
      expect.objectContaining({ associatedEntity: principal, status: 'ASSOCIATED', external: false }),
    ]);
    expect(await canSee(scene.account('777788889999'), scene.arn)).toBe(false);
  });

  test('what is shared with a unit reaches its accounts and no others of the organisation', async () => {
    const scene = await sharing({ organization });
    await scene.share({ principals: [unitArn] });
    await scene.clock.advance(2_000);
    expect(await canSee(scene.consumer, scene.arn)).toBe(true);
    expect(await canSee(scene.account('666677778888'), scene.arn)).toBe(false);
    const unknown = await refusal(scene.share({ name: 'again', principals: [unitArn.replace('34cd56ef', '00000000')] }));
    expect(unknown).toMatchObject({ name: 'UnknownResourceException', status: 400 });
  });

  test('until its management account enables it, members are asked as others are', async () => {
    const scene = await sharing({ organization: { ...organization, sharingEnabled: false } });
    expect((await refusal(scene.share({ principals: [organizationArn] }))).name).toBe('UnknownResourceException');
    await scene.share();
    expect((await invitation(scene.consumer))?.status).toBe('PENDING');
    const enable = new EnableSharingWithAwsOrganizationCommand({});
    expect((await refusal(scene.ram.send(enable))).name).toBe('OperationNotPermittedException');
    expect((await scene.account(organization.managementAccountId).ram.send(enable)).returnValue).toBe(true);
    await scene.share({ name: 'again', principals: [organizationArn] });
    await scene.clock.advance(2_000);
    expect(await canSee(scene.consumer, scene.arn)).toBe(true);
  });

  test('a share that allows no external principals takes none', async () => {
    const scene = await sharing({ organization });
    const refused = scene.share({ allowExternalPrincipals: false, principals: ['777788889999'] });
    expect(await refusal(refused)).toMatchObject({ name: 'OperationNotPermittedException', status: 400 });
    expect((await scene.ram.send(new GetResourceSharesCommand({ resourceOwner: 'SELF' }))).resourceShares).toEqual([]);
  });
});

describe('the life of a share (aws.md 5.8, 9.8)', () => {
  test('share and association pass through their states, and what leaves is seen no more at once', async () => {
    const scene = await sharing({ organization });
    const shareArn = await scene.share();
    const read = async () => (await scene.ram.send(new GetResourceSharesCommand({ resourceOwner: 'SELF' }))).resourceShares?.[0]?.status;
    const resource = async () =>
      (await scene.ram.send(new GetResourceShareAssociationsCommand({ associationType: 'RESOURCE', resourceShareArns: [shareArn] })))
        .resourceShareAssociations?.[0]?.status;
    expect([await read(), await resource()]).toEqual(['PENDING', 'ASSOCIATING']);
    await scene.clock.advance(2_000);
    expect([await read(), await resource()]).toEqual(['ACTIVE', 'ASSOCIATED']);
    await scene.ram.send(new DisassociateResourceShareCommand({ resourceShareArn: shareArn, resourceArns: [scene.arn] }));
    expect([await resource(), await canSee(scene.consumer, scene.arn)]).toEqual(['DISASSOCIATING', false]);
    const associate = new AssociateResourceShareCommand({ resourceShareArn: shareArn, resourceArns: [scene.arn] });
    expect((await refusal(scene.ram.send(associate))).name).toBe('InvalidStateTransitionException');
    await scene.clock.advance(2_000);
    expect(await resource()).toBe('DISASSOCIATED');
    await scene.ram.send(associate);
    await scene.clock.advance(2_000);
    expect([await resource(), await canSee(scene.consumer, scene.arn)]).toEqual(['ASSOCIATED', true]);
    expect((await scene.ram.send(new DeleteResourceShareCommand({ resourceShareArn: shareArn }))).returnValue).toBe(true);
    expect([await read(), await resource(), await canSee(scene.consumer, scene.arn)]).toEqual(['DELETING', 'DISASSOCIATING', false]);
    expect((await refusal(scene.ram.send(associate))).name).toBe('InvalidStateTransitionException');
    await scene.clock.advance(2_000);
    expect([await read(), await resource()]).toEqual(['DELETED', 'DISASSOCIATED']);
    await scene.clock.advance(2 * hour);
    expect(await read()).toBeUndefined();
  });

  test('an invitation to a deleted share is gone with it', async () => {
    const scene = await sharing();
    const shareArn = await scene.share();
    await scene.ram.send(new DeleteResourceShareCommand({ resourceShareArn: shareArn }));
    expect(await invitation(scene.consumer)).toBeUndefined();
  });

  test('an invitation that was accepted is shown for as long as its share, and no longer', async () => {
    const scene = await sharing();
    const shareArn = await scene.share();
    await accept(scene.consumer, (await invitation(scene.consumer))?.resourceShareInvitationArn);
    await scene.clock.advance(2_000);
    await scene.ram.send(new DeleteResourceShareCommand({ resourceShareArn: shareArn }));
    await scene.clock.advance(2_000);
    expect(await invitation(scene.consumer)).toMatchObject({ resourceShareArn: shareArn, status: 'ACCEPTED' });
    await scene.clock.advance(2 * hour);
    expect(await invitation(scene.consumer)).toBeUndefined();
  });

  test('name and openness can be changed, tags added and taken away', async () => {
    const scene = await sharing();
    const resourceShareArn = await scene.share({ tags: [{ key: 'team', value: 'net' }] });
    await scene.clock.advance(500);
    await scene.ram.send(new UpdateResourceShareCommand({ resourceShareArn, name: 'renamed', allowExternalPrincipals: false }));
    await scene.ram.send(new TagResourceCommand({ resourceShareArn, tags: [{ key: 'cluster', value: 'one' }] }));
    await scene.ram.send(new UntagResourceCommand({ resourceShareArn, tagKeys: ['team'] }));
    const found = await scene.ram.send(
      new GetResourceSharesCommand({ resourceOwner: 'SELF', name: 'renamed', tagFilters: [{ tagKey: 'cluster', tagValues: ['one'] }] }),
    );
    expect(found.resourceShares).toEqual([
      expect.objectContaining({ resourceShareArn, allowExternalPrincipals: false, tags: [{ key: 'cluster', value: 'one' }] }),
    ]);
    const other = { resourceOwner: 'SELF' as const, tagFilters: [{ tagKey: 'team' }] };
    expect((await scene.ram.send(new GetResourceSharesCommand(other))).resourceShares).toEqual([]);
  });
});

describe('what can be shared, and with whom (aws.md 5.8)', () => {
  const rcfg = (accountId: string) => `arn:aws:vpc-lattice:us-west-2:${accountId}:resourceconfiguration/rcfg-00000000000000000`;

  test.each([
    ['no ARN', { resourceArns: ['orders'] }, 'MalformedArnException', 400],
    ['a thing that is not there', { resourceArns: [rcfg(provider)] }, 'UnknownResourceException', 400],
    ['a thing of another account', { resourceArns: [rcfg(consumer)] }, 'OperationNotPermittedException', 400],
    ['a type that is not modelled', { resourceArns: [`arn:aws:s3:us-west-2:${provider}:bucket/orders`] }, 'NotImplemented.s3.bucket', 501],
    ['no principal', { principals: ['somebody'] }, 'InvalidParameterException', 400],
    ['another organisation', { principals: [organizationArn] }, 'UnknownResourceException', 400],
    ['an empty name', { name: '' }, 'InvalidParameterException', 400],
    ['a token that is too long', { clientToken: 'x'.repeat(65) }, 'InvalidClientTokenException', 400],
  ])('refuses %s, and makes no share', async (_what, input, name, status) => {
    const scene = await sharing();
    expect(await refusal(scene.share(input))).toMatchObject({ name, status });
    expect((await scene.ram.send(new GetResourceSharesCommand({ resourceOwner: 'SELF' }))).resourceShares).toEqual([]);
  });

  test('a child is not shared on its own, but comes with its group', async () => {
    const scene = await sharing({ organization });
    const { resourceGatewayId } = await configurationOf(scene, scene.id);
    const input = {
      name: 'all',
      type: 'GROUP' as const,
      resourceConfigurationDefinition: undefined,
      resourceGatewayIdentifier: resourceGatewayId,
    };
    const group = await activeConfiguration(scene.scene, input);
    const child = await createConfiguration(scene.scene, { name: 'child', type: 'CHILD', resourceConfigurationGroupIdentifier: group.id });
    expect((await refusal(scene.share({ resourceArns: [child.arn!] }))).name).toBe('InvalidParameterException');
    await scene.share({ resourceArns: [group.arn] });
    await scene.clock.advance(2_000);
    expect([await canSee(scene.consumer, group.arn), await canSee(scene.consumer, child.arn!)]).toEqual([true, true]);
  });

  test('too many shares are refused', async () => {
    const scene = await sharing({ quotas: { resourceSharesPerRegion: 1 } });
    await scene.share();
    expect((await refusal(scene.share({ name: 'other' }))).name).toBe('ResourceShareLimitExceededException');
  });

  test('what is not modelled answers 501 with its name', async () => {
    const scene = await sharing();
    expect(await refusal(scene.ram.send(new ListPermissionsCommand({})))).toMatchObject({
      name: 'NotImplemented.ListPermissions',
      status: 501,
    });
  });
});

describe('client tokens (aws.md 7.6)', () => {
  test('the same token makes one share, and answers with the token; other parameters do not match', async () => {
    const scene = await sharing();
    const input = { name: 'orders', clientToken: 'once' };
    const create = (differently = {}) => scene.ram.send(new CreateResourceShareCommand({ ...input, ...differently }));
    const first = await create();
    expect(first.clientToken).toBe('once');
    expect((await create()).resourceShare?.resourceShareArn).toBe(first.resourceShare?.resourceShareArn);
    expect(await refusal(create({ name: 'other' }))).toMatchObject({ name: 'IdempotentParameterMismatchException', status: 400 });
    expect((await scene.ram.send(new GetResourceSharesCommand({ resourceOwner: 'SELF' }))).resourceShares).toHaveLength(1);
  });

  test('an acceptance can be repeated with its token', async () => {
    const scene = await sharing();
    await scene.share();
    const arn = (await invitation(scene.consumer))?.resourceShareInvitationArn;
    await accept(scene.consumer, arn, 'once');
    expect((await accept(scene.consumer, arn, 'once')).resourceShareInvitation?.status).toBe('ACCEPTED');
    expect((await refusal(accept(scene.consumer, arn, 'twice'))).name).toBe('ResourceShareInvitationAlreadyAcceptedException');
  });
});

describe('what each account lists (aws.md 5.8, 9.8)', () => {
  test('owner and consumer see the share from their own sides', async () => {
    const scene = await sharing({ organization });
    const shareArn = await scene.share({ tags: [{ key: 'team', value: 'net' }] });
    const shares = ({ ram }: Account, resourceOwner: 'SELF' | 'OTHER-ACCOUNTS') =>
      ram.send(new GetResourceSharesCommand({ resourceOwner }));
    expect((await shares(scene.consumer, 'OTHER-ACCOUNTS')).resourceShares).toEqual([]);
    await scene.clock.advance(2_000);
    expect((await shares(scene, 'OTHER-ACCOUNTS')).resourceShares).toEqual([]);
    expect((await shares(scene.consumer, 'SELF')).resourceShares).toEqual([]);
    const [seen] = (await shares(scene.consumer, 'OTHER-ACCOUNTS')).resourceShares!;
    expect(seen).toMatchObject({ resourceShareArn: shareArn, owningAccountId: provider, status: 'ACTIVE' });
    expect(seen).not.toHaveProperty('tags');
    const resources = await scene.consumer.ram.send(new ListResourcesCommand({ resourceOwner: 'OTHER-ACCOUNTS', principal: provider }));
    expect(resources.resources).toEqual([expect.objectContaining({ arn: scene.arn, resourceShareArn: shareArn, status: 'AVAILABLE' })]);
    const principals = async ({ ram }: Account, resourceOwner: 'SELF' | 'OTHER-ACCOUNTS') =>
      (await ram.send(new ListPrincipalsCommand({ resourceOwner, resourceArn: scene.arn }))).principals?.map(({ id }) => id);
    expect([await principals(scene, 'SELF'), await principals(scene.consumer, 'OTHER-ACCOUNTS')]).toEqual([[consumer], [provider]]);
    const associations = new GetResourceShareAssociationsCommand({ associationType: 'PRINCIPAL', resourceShareArns: [shareArn] });
    expect((await refusal(scene.consumer.ram.send(associations))).name).toBe('UnknownResourceException');
  });

  test('a first page may be empty while more follow', async () => {
    const scene = await sharing({ emptyFirstPage: true, pageSize: 1 });
    for (const name of ['one', 'two']) await scene.share({ name });
    const list = (nextToken?: string) =>
      scene.ram.send(new GetResourceSharesCommand({ resourceOwner: 'SELF', nextToken, maxResults: 500 }));
    const pages = [await list()];
    while (pages.at(-1)?.nextToken) pages.push(await list(pages.at(-1)?.nextToken));
    expect(pages.map(({ resourceShares }) => resourceShares?.map(({ name }) => name))).toEqual([[], ['one'], ['two']]);
    expect((await refusal(list('nonsense'))).name).toBe('InvalidNextTokenException');
  });

  test('a service network can be shared too', async () => {
    const scene = await sharing({ organization });
    const network = await scene.lattice.send(new CreateServiceNetworkCommand({ name: 'network' }));
    await scene.share({ resourceArns: [network.arn!] });
    await scene.clock.advance(2_000);
    const { resources } = await scene.consumer.ram.send(
      new ListResourcesCommand({ resourceOwner: 'OTHER-ACCOUNTS', resourceType: 'vpc-lattice:servicenetwork' }),
    );
    expect(resources?.map(({ arn }) => arn)).toEqual([network.arn]);
  });
});
