import {
  CreateServiceNetworkCommand,
  CreateServiceNetworkResourceAssociationCommand,
  DeleteResourceConfigurationCommand,
  DeleteResourceEndpointAssociationCommand,
  DeleteServiceNetworkCommand,
  DeleteServiceNetworkResourceAssociationCommand,
  GetServiceNetworkCommand,
  GetServiceNetworkResourceAssociationCommand,
  ListResourceConfigurationsCommand,
  ListResourceEndpointAssociationsCommand,
  ListServiceNetworkResourceAssociationsCommand,
  ListServiceNetworksCommand,
  ListServicesCommand,
  UpdateResourceConfigurationCommand,
  UpdateServiceNetworkCommand,
} from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { associateResourceEndpoint, dissociateResourceEndpoint } from '../../../src/simulator/vpc-lattice/endpoint-associations.ts';
import { consumer, refusal } from '../sdk-clients.ts';
import {
  activeConfiguration,
  activeGateway,
  configurationOf,
  createConfiguration,
  createGateway,
  type Setting,
  setting,
} from './setting.ts';

const remove = ({ lattice }: Setting, id: string) =>
  lattice.send(new DeleteResourceConfigurationCommand({ resourceConfigurationIdentifier: id }));

const database = 'arn:aws:rds:us-west-2:111122223333:db:orders';

describe('the life of a resource configuration (aws.md 5.2, 9.7)', () => {
  test('is created with 201, becomes active, and is deleted with 204 and no word', async () => {
    const scene = await setting();
    const gateway = await activeGateway(scene);
    const made = await createConfiguration(scene, { resourceGatewayIdentifier: gateway });
    expect(made).toMatchObject({
      $metadata: { httpStatusCode: 201 },
      id: expect.stringMatching(/^rcfg-[0-9a-z]{17}$/),
      arn: `arn:aws:vpc-lattice:us-west-2:111122223333:resourceconfiguration/${made.id}`,
      status: 'CREATE_IN_PROGRESS',
      type: 'SINGLE',
      resourceGatewayId: gateway,
      portRanges: ['5432'],
      protocol: 'TCP',
      resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.1.50' } },
      allowAssociationToShareableServiceNetwork: false,
    });
    expect((await refusal(remove(scene, made.id!))).name).toBe('ConflictException');
    await scene.clock.advance(2_000);
    expect(await configurationOf(scene, made.arn!)).toMatchObject({ status: 'ACTIVE', amazonManaged: false });
    const deleted = await remove(scene, made.id!);
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect((await configurationOf(scene, made.id!)).status).toBe('DELETE_IN_PROGRESS');
    await scene.clock.advance(2_000);
    expect(await refusal(configurationOf(scene, made.id!))).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
      resourceType: 'RESOURCE_CONFIGURATION',
    });
  });

  test('waits for its gateway to be active', async () => {
    const scene = await setting();
    const { id } = await createGateway(scene);
    expect(await refusal(createConfiguration(scene, { resourceGatewayIdentifier: id }))).toMatchObject({
      name: 'ConflictException',
      resourceId: id,
      resourceType: 'RESOURCE_GATEWAY',
    });
  });

  test('only definition, ports and the leave to join shareable networks can be updated, and not while something passes', async () => {
    const scene = await setting();
    const { id } = await activeConfiguration(scene, { resourceGatewayIdentifier: await activeGateway(scene) });
    const update = new UpdateResourceConfigurationCommand({
      resourceConfigurationIdentifier: id,
      resourceConfigurationDefinition: { dnsResource: { domainName: 'db.example.com', ipAddressType: 'IPV4' } },
      portRanges: ['1-10', '20'],
      allowAssociationToShareableServiceNetwork: true,
    });
    const updated = await scene.lattice.send(update);
    expect(updated).toMatchObject({ $metadata: { httpStatusCode: 200 }, status: 'UPDATE_IN_PROGRESS', name: 'orders', type: 'SINGLE' });
    // The call has no ConflictException.
    expect((await refusal(scene.lattice.send(update))).name).toBe('ValidationException');
    await scene.clock.advance(2_000);
    expect(await configurationOf(scene, id)).toMatchObject({
      status: 'ACTIVE',
      resourceConfigurationDefinition: { dnsResource: { domainName: 'db.example.com', ipAddressType: 'IPV4' } },
      portRanges: ['1-10', '20'],
      allowAssociationToShareableServiceNetwork: true,
    });
  });
});

describe('what a configuration stands for (aws.md 5.2)', () => {
  test.each([
    ['an IP address of the VPC', { ipResource: { ipAddress: '10.0.1.9' } }],
    ['a private address elsewhere, on which sources disagree', { ipResource: { ipAddress: '192.168.7.7' } }],
    ['a domain name', { dnsResource: { domainName: 'db.example.com', ipAddressType: 'IPV4' as const } }],
  ])('SINGLE takes %s', async (_what, resourceConfigurationDefinition) => {
    const scene = await setting();
    const resourceGatewayIdentifier = await activeGateway(scene);
    const { id } = await activeConfiguration(scene, { resourceGatewayIdentifier, resourceConfigurationDefinition });
    expect(await configurationOf(scene, id)).toMatchObject({ status: 'ACTIVE', resourceConfigurationDefinition });
  });

  test.each([
    ['no definition', { resourceConfigurationDefinition: undefined }],
    ['a public address outside the VPC', { resourceConfigurationDefinition: { ipResource: { ipAddress: '8.8.8.8' } } }],
    ['no address', { resourceConfigurationDefinition: { ipResource: { ipAddress: 'ten' } } }],
    [
      'DUALSTACK for a name',
      { resourceConfigurationDefinition: { dnsResource: { domainName: 'a.example.com', ipAddressType: 'DUALSTACK' } } },
    ],
    ['a name of one label', { resourceConfigurationDefinition: { dnsResource: { domainName: 'database', ipAddressType: 'IPV4' } } }],
    ['an ARN where an address belongs', { resourceConfigurationDefinition: { arnResource: { arn: database } } }],
    ['a port that is none', { portRanges: ['0'] }],
    ['a range of ports the wrong way round', { portRanges: ['20-10'] }],
    ['a protocol of CIDR ranges', { protocol: 'TCP_UDP' }],
    ['a group', { resourceConfigurationGroupIdentifier: 'rcfg-00000000000000000' }],
    ['a group domain', { groupDomain: 'example.com' }],
    ['a name of AWS’s', { name: 'rcfg-orders' }],
    ['a type that is none', { type: 'PAIR' }],
    ['a custom domain that is no name', { customDomainName: 'not a name' }],
  ])('refuses %s', async (_what, differently) => {
    const scene = await setting();
    const resourceGatewayIdentifier = await activeGateway(scene);
    const refused = await refusal(createConfiguration(scene, { resourceGatewayIdentifier, ...(differently as object) }));
    expect(refused).toMatchObject({ name: 'ValidationException', status: 400, reason: 'fieldValidationFailed' });
    expect((await scene.lattice.send(new ListResourceConfigurationsCommand({}))).items).toEqual([]);
  });

  test('without ports all are open, and the name is an account’s once', async () => {
    const scene = await setting();
    const resourceGatewayIdentifier = await activeGateway(scene);
    const made = await createConfiguration(scene, { resourceGatewayIdentifier, portRanges: undefined });
    expect(made.portRanges).toEqual(['1-65535']);
    expect(await refusal(createConfiguration(scene, { resourceGatewayIdentifier }))).toMatchObject({
      name: 'ConflictException',
      resourceId: made.id,
      resourceType: 'RESOURCE_CONFIGURATION',
    });
  });

  test('ARN takes databases only, without ports, and not behind a gateway that resolves IN_VPC', async () => {
    const scene = await setting();
    const [open, inVpc] = [
      await activeGateway(scene),
      await activeGateway(scene, { name: 'private', resourceConfigDnsResolution: 'IN_VPC' }),
    ];
    const input = { type: 'ARN' as const, portRanges: undefined, resourceConfigurationDefinition: { arnResource: { arn: database } } };
    const bucket = { arnResource: { arn: 'arn:aws:s3:us-west-2:111122223333:bucket' } };
    const create = (differently: object) => createConfiguration(scene, { ...input, resourceGatewayIdentifier: open, ...differently });
    expect((await refusal(create({ resourceConfigurationDefinition: bucket }))).name).toBe('ValidationException');
    expect((await refusal(create({ portRanges: ['1'] }))).name).toBe('ValidationException');
    expect((await refusal(create({ resourceGatewayIdentifier: inVpc }))).name).toBe('ValidationException');
    const made = await create({});
    expect([made.type, made.portRanges]).toEqual(['ARN', undefined]);
  });

  test('CIDR needs a gateway that resolves IN_VPC, and no service network takes it', async () => {
    const scene = await setting();
    const [open, inVpc] = [
      await activeGateway(scene),
      await activeGateway(scene, { name: 'private', resourceConfigDnsResolution: 'IN_VPC' }),
    ];
    const create = (resourceGatewayIdentifier: string, cidrRanges: string[]) =>
      activeConfiguration(scene, {
        type: 'CIDR',
        resourceGatewayIdentifier,
        resourceConfigurationDefinition: { cidrResource: { cidrRanges } },
      });
    expect((await refusal(create(open, ['10.0.0.0/16']))).name).toBe('ValidationException');
    expect((await refusal(create(inVpc, ['169.254.1.0/24']))).name).toBe('ValidationException');
    expect((await refusal(create(inVpc, ['0.0.0.0/0', '10.0.0.0/8']))).name).toBe('ValidationException');
    const { id } = await create(inVpc, ['0.0.0.0/0', '::/0']);
    const network = await scene.lattice.send(new CreateServiceNetworkCommand({ name: 'network', sharingConfig: { enabled: false } }));
    const join = new CreateServiceNetworkResourceAssociationCommand({
      resourceConfigurationIdentifier: id,
      serviceNetworkIdentifier: network.id,
    });
    expect((await refusal(scene.lattice.send(join))).name).toBe('ValidationException');
  });
});

describe('groups and children (aws.md 5.2, 5.6)', () => {
  async function group(scene: Setting, differently = {}) {
    const resourceGatewayIdentifier = await activeGateway(scene);
    const input = { name: 'all', type: 'GROUP' as const, resourceConfigurationDefinition: undefined, resourceGatewayIdentifier };
    return { gateway: resourceGatewayIdentifier, ...(await activeConfiguration(scene, { ...input, ...differently })) };
  }

  test('a child has its group’s gateway, and the group stays until its children are gone', async () => {
    const scene = await setting();
    const { id, gateway } = await group(scene);
    const child = await activeConfiguration(scene, { type: 'CHILD', resourceConfigurationGroupIdentifier: id });
    expect(await configurationOf(scene, child.id)).toMatchObject({
      type: 'CHILD',
      resourceGatewayId: gateway,
      resourceConfigurationGroupId: id,
    });
    const children = await scene.lattice.send(new ListResourceConfigurationsCommand({ resourceConfigurationGroupIdentifier: id }));
    expect(children.items?.map((item) => item.id)).toEqual([child.id]);
    expect(await refusal(remove(scene, id))).toMatchObject({ name: 'ConflictException', resourceId: id });
    await remove(scene, child.id);
    expect((await refusal(remove(scene, id))).name).toBe('ConflictException');
    await scene.clock.advance(2_000);
    await remove(scene, id);
  });

  test('a child’s domain lies under the group’s', async () => {
    const scene = await setting();
    const { id } = await group(scene, { groupDomain: 'example.com' });
    const child = (name: string, customDomainName: string) =>
      createConfiguration(scene, { name, type: 'CHILD', resourceConfigurationGroupIdentifier: id, customDomainName });
    expect((await refusal(child('one', 'db.example.org'))).name).toBe('ValidationException');
    expect((await refusal(child('one', 'badexample.com'))).name).toBe('ValidationException');
    expect((await child('one', 'db.example.com')).customDomainName).toBe('db.example.com');
  });

  test('a child needs a group, and a group has no definition', async () => {
    const scene = await setting();
    const { gateway } = await group(scene);
    expect((await refusal(createConfiguration(scene, { type: 'CHILD' }))).name).toBe('ValidationException');
    const single = await activeConfiguration(scene, { resourceGatewayIdentifier: gateway });
    const input = { name: 'child', type: 'CHILD' as const, resourceConfigurationGroupIdentifier: single.id };
    expect((await refusal(createConfiguration(scene, input))).name).toBe('ValidationException');
    expect((await refusal(createConfiguration(scene, { name: 'other', type: 'GROUP', resourceGatewayIdentifier: gateway }))).name).toBe(
      'ValidationException',
    );
  });

  test('children of a group and configurations of a region have quotas, refused with 402', async () => {
    const scene = await setting({ quotas: { childrenPerResourceConfigurationGroup: 1, resourceConfigurationsPerRegion: 2 } });
    const { id, gateway } = await group(scene);
    const child = (name: string) => createConfiguration(scene, { name, type: 'CHILD', resourceConfigurationGroupIdentifier: id });
    await child('one');
    expect(await refusal(child('two'))).toMatchObject({ name: 'ServiceQuotaExceededException', status: 402 });
    expect((await refusal(createConfiguration(scene, { resourceGatewayIdentifier: gateway }))).status).toBe(402);
  });
});

describe('lists of configurations (aws.md 5.1, 5.2)', () => {
  test('items lack definition, ports, protocol and tags, and can be those of one gateway', async () => {
    const scene = await setting();
    const [one, two] = [await activeGateway(scene), await activeGateway(scene, { name: 'second' })];
    await activeConfiguration(scene, { resourceGatewayIdentifier: one, tags: { team: 'net' } });
    const second = await activeConfiguration(scene, { name: 'invoices', resourceGatewayIdentifier: two });
    const ofTwo = await scene.lattice.send(new ListResourceConfigurationsCommand({ resourceGatewayIdentifier: two }));
    expect(ofTwo.items).toEqual([expect.objectContaining({ id: second.id, status: 'ACTIVE', resourceGatewayId: two })]);
    const all = await scene.lattice.send(new ListResourceConfigurationsCommand({}));
    const absent = ['resourceConfigurationDefinition', 'portRanges', 'protocol', 'tags'];
    expect(all.items?.flatMap((item) => Object.keys(item)).filter((member) => absent.includes(member))).toEqual([]);
    expect(all.items).toHaveLength(2);
  });

  test('a client token makes one configuration, and a repetition after the deletion returns the dead one (aws.md 9.13)', async () => {
    const scene = await setting();
    const input = { resourceGatewayIdentifier: await activeGateway(scene), clientToken: 'once' };
    const { id } = await activeConfiguration(scene, input);
    expect((await createConfiguration(scene, input)).id).toBe(id);
    expect((await refusal(createConfiguration(scene, { ...input, portRanges: ['1'] }))).name).toBe('ConflictException');
    await remove(scene, id);
    await scene.clock.advance(2_000);
    expect((await createConfiguration(scene, input)).id).toBe(id);
    expect((await refusal(configurationOf(scene, id))).name).toBe('ResourceNotFoundException');
  });
});

describe('associations of resource endpoints (aws.md 5.4, 5.6, 9.7)', () => {
  const list = ({ lattice }: Setting, id: string, filter = {}) =>
    lattice.send(new ListResourceEndpointAssociationsCommand({ resourceConfigurationIdentifier: id, ...filter }));

  async function consumed() {
    const scene = await setting();
    const { id, arn } = await activeConfiguration(scene, { resourceGatewayIdentifier: await activeGateway(scene) });
    const configuration = scene.world.resourceConfigurations.get(id)!;
    const associate = (vpcEndpointId: string) =>
      associateResourceEndpoint(scene.world, { configuration, vpcEndpointId, vpcEndpointOwner: consumer });
    return { scene, id, arn, associate };
  }

  test('the provider lists its consumers, of one configuration at a time', async () => {
    const { scene, id, arn, associate } = await consumed();
    const { id: associationId } = associate('vpce-1');
    associate('vpce-2');
    const all = await list(scene, arn);
    expect(all.items).toHaveLength(2);
    expect(all.items![0]).toMatchObject({
      id: expect.stringMatching(/^rea-[0-9a-z]{17}$/),
      arn: `arn:aws:vpc-lattice:us-west-2:111122223333:resourceendpointassociation/${associationId}`,
      resourceConfigurationId: id,
      resourceConfigurationArn: arn,
      resourceConfigurationName: 'orders',
      vpcEndpointId: 'vpce-1',
      vpcEndpointOwner: consumer,
    });
    expect((await list(scene, id, { vpcEndpointId: 'vpce-2' })).items).toHaveLength(1);
    expect((await list(scene, id, { vpcEndpointOwner: '999999999999' })).items).toEqual([]);
    expect(
      (
        await refusal(
          scene.lattice.send(new ListResourceEndpointAssociationsCommand({ resourceConfigurationIdentifier: undefined as never })),
        )
      ).name,
    ).toBe('ValidationException');
  });

  test('a consumed configuration stays until its endpoints are gone or cut off', async () => {
    const { scene, id, associate } = await consumed();
    const first = associate('vpce-1');
    associate('vpce-2');
    expect((await refusal(remove(scene, id))).name).toBe('ConflictException');
    const cut = new DeleteResourceEndpointAssociationCommand({ resourceEndpointAssociationIdentifier: first.id });
    expect(await scene.lattice.send(cut)).toMatchObject({ $metadata: { httpStatusCode: 200 }, id: first.id, vpcEndpointId: 'vpce-1' });
    expect((await refusal(scene.lattice.send(cut))).name).toBe('ResourceNotFoundException');
    expect((await refusal(remove(scene, id))).name).toBe('ConflictException');
    dissociateResourceEndpoint(scene.world, 'vpce-2');
    await remove(scene, id);
  });
});

describe('service networks and their resources (aws.md 5.4)', () => {
  async function networkAndConfiguration() {
    const scene = await setting();
    const { id } = await activeConfiguration(scene, { resourceGatewayIdentifier: await activeGateway(scene) });
    const network = await scene.lattice.send(new CreateServiceNetworkCommand({ name: 'network', sharingConfig: { enabled: false } }));
    return { scene, configuration: id, network: network.id! };
  }

  const join = ({ lattice }: Setting, resourceConfigurationIdentifier: string, serviceNetworkIdentifier: string) =>
    lattice.send(new CreateServiceNetworkResourceAssociationCommand({ resourceConfigurationIdentifier, serviceNetworkIdentifier }));

  test('an association becomes active with a name of its own; it keeps network and configuration until it is gone', async () => {
    const { scene, configuration, network } = await networkAndConfiguration();
    const { lattice } = scene;
    const made = await join(scene, configuration, network);
    expect(made).toMatchObject({ $metadata: { httpStatusCode: 201 }, id: expect.stringMatching(/^snra-/), status: 'CREATE_IN_PROGRESS' });
    await scene.clock.advance(2_000);
    const read = await lattice.send(
      new GetServiceNetworkResourceAssociationCommand({ serviceNetworkResourceAssociationIdentifier: made.arn }),
    );
    expect(read).toMatchObject({ status: 'ACTIVE', resourceConfigurationId: configuration, serviceNetworkId: network });
    expect(read.dnsEntry?.domainName).toMatch(/^snra-.*\.vpc-lattice-rsc\.us-west-2\.on\.aws$/);
    const listed = await lattice.send(
      new ListServiceNetworkResourceAssociationsCommand({ resourceConfigurationIdentifier: configuration }),
    );
    expect(listed.items?.map(({ id }) => id)).toEqual([made.id]);
    expect((await refusal(join(scene, configuration, network))).name).toBe('ConflictException');
    expect((await refusal(remove(scene, configuration))).name).toBe('ConflictException');
    const deleteNetwork = new DeleteServiceNetworkCommand({ serviceNetworkIdentifier: network });
    expect((await refusal(lattice.send(deleteNetwork))).name).toBe('ConflictException');
    const leave = new DeleteServiceNetworkResourceAssociationCommand({ serviceNetworkResourceAssociationIdentifier: made.id });
    expect((await lattice.send(leave)).status).toBe('DELETE_IN_PROGRESS');
    await scene.clock.advance(2_000);
    expect((await lattice.send(deleteNetwork)).$metadata.httpStatusCode).toBe(204);
    await remove(scene, configuration);
  });

  test('a network that may be shared takes only what is allowed to join such', async () => {
    const { scene, configuration } = await networkAndConfiguration();
    const shareable = await scene.lattice.send(new CreateServiceNetworkCommand({ name: 'shareable' }));
    expect((await refusal(join(scene, configuration, shareable.id!))).name).toBe('ValidationException');
    const allow = { resourceConfigurationIdentifier: configuration, allowAssociationToShareableServiceNetwork: true };
    await scene.lattice.send(new UpdateResourceConfigurationCommand(allow));
    await scene.clock.advance(2_000);
    expect((await join(scene, configuration, shareable.id!)).status).toBe('CREATE_IN_PROGRESS');
  });

  test('a network can be read, listed and given another kind of authorisation', async () => {
    const { scene, network } = await networkAndConfiguration();
    await scene.lattice.send(new UpdateServiceNetworkCommand({ serviceNetworkIdentifier: network, authType: 'AWS_IAM' }));
    const read = await scene.lattice.send(new GetServiceNetworkCommand({ serviceNetworkIdentifier: network }));
    expect(read).toMatchObject({ name: 'network', authType: 'AWS_IAM', sharingConfig: { enabled: false } });
    const listed = await scene.lattice.send(new ListServiceNetworksCommand({}));
    expect(listed.items).toEqual([expect.objectContaining({ id: network, numberOfAssociatedResourceConfigurations: 0 })]);
  });
});

test('what is not modelled answers 501 with its name', async () => {
  const scene = await setting();
  expect(await refusal(scene.lattice.send(new ListServicesCommand({})))).toMatchObject({
    name: 'NotImplemented.ListServices',
    status: 501,
  });
});
