import {
  CreateSecurityGroupCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
} from '@aws-sdk/client-ec2';
import {
  DeleteResourceGatewayCommand,
  ListResourceGatewaysCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateResourceGatewayCommand,
} from '@aws-sdk/client-vpc-lattice';
import { describe, expect, test } from '@jest/globals';
import { consumer, refusal } from '../sdk-clients.ts';
import { activeConfiguration, activeGateway, createConfiguration, createGateway, gatewayOf, type Setting, setting } from './setting.ts';

const remove = ({ lattice }: Setting, id: string) => lattice.send(new DeleteResourceGatewayCommand({ resourceGatewayIdentifier: id }));

async function securityGroup({ ec2, vpcId }: Setting, name: string): Promise<string> {
  const made = await ec2.send(new CreateSecurityGroupCommand({ VpcId: vpcId, GroupName: name, Description: name }));
  return made.GroupId!;
}

describe('the life of a resource gateway (aws.md 5.1, 9.7)', () => {
  test('is created with 201, becomes active, and is deleted with 200 and what it was', async () => {
    const scene = await setting();
    const made = await createGateway(scene);
    expect(made).toMatchObject({
      $metadata: { httpStatusCode: 201 },
      id: expect.stringMatching(/^rgw-[0-9a-z]{17}$/),
      arn: `arn:aws:vpc-lattice:us-west-2:111122223333:resourcegateway/${made.id}`,
      status: 'CREATE_IN_PROGRESS',
      ipAddressType: 'IPV4',
      ipv4AddressesPerEni: 16,
      resourceConfigDnsResolution: 'PUBLIC',
    });
    await scene.clock.advance(2_999);
    expect((await gatewayOf(scene, made.id!)).status).toBe('CREATE_IN_PROGRESS');
    await scene.clock.advance(1);
    expect((await gatewayOf(scene, made.arn!)).status).toBe('ACTIVE');
    const { id, arn, name } = made;
    expect(await remove(scene, made.id!)).toMatchObject({
      $metadata: { httpStatusCode: 200 },
      id,
      arn,
      name,
      status: 'DELETE_IN_PROGRESS',
    });
    expect((await remove(scene, made.id!)).status).toBe('DELETE_IN_PROGRESS');
    await scene.clock.advance(5_000);
    expect(await refusal(gatewayOf(scene, id!))).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
      resourceId: id,
      resourceType: 'RESOURCE_GATEWAY',
    });
  });

  test('is neither updated nor deleted before it is active', async () => {
    const scene = await setting();
    const { id } = await createGateway(scene);
    const expected = { name: 'ConflictException', status: 409, resourceId: id, resourceType: 'RESOURCE_GATEWAY' };
    expect(await refusal(remove(scene, id!))).toMatchObject(expected);
    const update = new UpdateResourceGatewayCommand({ resourceGatewayIdentifier: id, securityGroupIds: [] });
    expect(await refusal(scene.lattice.send(update))).toMatchObject(expected);
  });

  test('fails where a subnet has fewer free addresses than an interface takes, and holds none then', async () => {
    const scene = await setting();
    for (let index = 0; index < 4; index++) await activeGateway(scene, { name: `gateway-${index}`, ipv4AddressesPerEni: 62 });
    const { id } = await createGateway(scene, { ipv4AddressesPerEni: 62 });
    await scene.clock.advance(3_000);
    expect((await gatewayOf(scene, id!)).status).toBe('CREATE_FAILED');
    const { NetworkInterfaces } = await scene.ec2.send(new DescribeNetworkInterfacesCommand({}));
    expect(NetworkInterfaces).toHaveLength(4);
    await remove(scene, id!);
    await scene.clock.advance(5_000);
    expect((await refusal(gatewayOf(scene, id!))).name).toBe('ResourceNotFoundException');
  });
});

describe('what answers call the VPC (aws.md 5.1, 9.7)', () => {
  test('Create and List say vpcIdentifier, Get and Update say vpcId', async () => {
    const scene = await setting();
    const { vpcId, lattice } = scene;
    const made = await createGateway(scene);
    await scene.clock.advance(3_000);
    const listed = (await lattice.send(new ListResourceGatewaysCommand({}))).items![0]!;
    const read = await gatewayOf(scene, made.id!);
    const updated = await lattice.send(new UpdateResourceGatewayCommand({ resourceGatewayIdentifier: made.id, securityGroupIds: [] }));
    expect([made.vpcIdentifier, listed.vpcIdentifier, read.vpcId, updated.vpcId]).toEqual([vpcId, vpcId, vpcId, vpcId]);
    expect([made, listed].some((answer) => 'vpcId' in answer)).toBe(false);
    expect([read, updated].some((answer) => 'vpcIdentifier' in answer)).toBe(false);
    expect('tags' in listed).toBe(false);
  });
});

describe('the gateway’s interfaces (aws.md 5.1, 5.6)', () => {
  test('one in each subnet with as many addresses as asked; nobody can delete it, its subnet or its groups until the gateway is gone', async () => {
    const scene = await setting();
    const group = await securityGroup(scene, 'gateway');
    const id = await activeGateway(scene, { securityGroupIds: [group], ipv4AddressesPerEni: 3 });
    const { NetworkInterfaces } = await scene.ec2.send(new DescribeNetworkInterfacesCommand({}));
    expect(NetworkInterfaces).toEqual([
      expect.objectContaining({
        SubnetId: scene.subnetId,
        RequesterManaged: true,
        Status: 'in-use',
        Groups: [{ GroupId: group, GroupName: 'gateway' }],
      }),
    ]);
    expect(NetworkInterfaces![0]!.PrivateIpAddresses?.map(({ PrivateIpAddress }) => PrivateIpAddress)).toEqual([
      '10.0.1.4',
      '10.0.1.5',
      '10.0.1.6',
    ]);
    const deleteInterface = new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: NetworkInterfaces![0]!.NetworkInterfaceId });
    const deleteSubnet = new DeleteSubnetCommand({ SubnetId: scene.subnetId });
    const deleteGroup = new DeleteSecurityGroupCommand({ GroupId: group });
    expect((await refusal(scene.ec2.send(deleteInterface))).name).toBe('InvalidNetworkInterface.InUse');
    await remove(scene, id);
    await scene.clock.advance(4_999);
    expect((await refusal(scene.ec2.send(deleteSubnet))).name).toBe('DependencyViolation');
    expect((await refusal(scene.ec2.send(deleteGroup))).name).toBe('DependencyViolation');
    await scene.clock.advance(1);
    await scene.ec2.send(deleteGroup);
    await scene.ec2.send(deleteSubnet);
  });

  test('an update of the groups reaches them, and passes through UPDATE_IN_PROGRESS', async () => {
    const scene = await setting();
    const [before, after] = [await securityGroup(scene, 'before'), await securityGroup(scene, 'after')];
    const id = await activeGateway(scene, { securityGroupIds: [before] });
    const update = new UpdateResourceGatewayCommand({ resourceGatewayIdentifier: id, securityGroupIds: [after] });
    expect(await scene.lattice.send(update)).toMatchObject({ status: 'UPDATE_IN_PROGRESS', securityGroupIds: [after] });
    expect((await refusal(remove(scene, id))).name).toBe('ConflictException');
    await scene.clock.advance(2_000);
    expect(await gatewayOf(scene, id)).toMatchObject({ status: 'ACTIVE', securityGroupIds: [after] });
    await scene.ec2.send(new DeleteSecurityGroupCommand({ GroupId: before }));
    expect((await refusal(scene.ec2.send(new DeleteSecurityGroupCommand({ GroupId: after })))).name).toBe('DependencyViolation');
  });
});

describe('what a gateway may be (aws.md 5.1)', () => {
  test.each(['ab', 'a'.repeat(41), 'Databases', '-db', 'db-', 'my--db', 'rgw-db', 'my_db'])('refuses the name %s', async (name) => {
    const scene = await setting();
    expect(await refusal(createGateway(scene, { name }))).toMatchObject({
      name: 'ValidationException',
      status: 400,
      reason: 'fieldValidationFailed',
      fieldList: [{ name: 'name', message: expect.any(String) }],
    });
  });

  test.each([
    ['without a VPC', { vpcIdentifier: undefined }, 'vpcIdentifier'],
    ['without subnets', { subnetIds: [] }, 'subnetIds'],
    ['with more addresses than 62', { ipv4AddressesPerEni: 63 }, 'ipv4AddressesPerEni'],
    ['of IPv6 in a subnet that has none', { ipAddressType: 'IPV6' }, 'ipAddressType'],
    ['of an unknown resolution', { resourceConfigDnsResolution: 'NONE' as never }, 'resourceConfigDnsResolution'],
    ['with a client token that is too long', { clientToken: 'x'.repeat(65) }, 'clientToken'],
    ['with a sixth security group', { securityGroupIds: ['sg-1', 'sg-2', 'sg-3', 'sg-4', 'sg-5', 'sg-6'] }, 'securityGroupIds'],
    ['with a tag of AWS’s own', { tags: { 'aws:x': 'y' } }, 'tags'],
  ] as const)('none %s', async (_why, differently, field) => {
    const scene = await setting();
    expect(await refusal(createGateway(scene, differently as never))).toMatchObject({
      name: 'ValidationException',
      fieldList: [{ name: field, message: expect.any(String) }],
    });
    expect(await scene.ec2.send(new DescribeNetworkInterfacesCommand({}))).toMatchObject({ NetworkInterfaces: [] });
  });

  test.each([
    ['VPC', { vpcIdentifier: 'vpc-00000000000000000' }, 'VPC'],
    ['subnet', { subnetIds: ['subnet-00000000000000000'] }, 'SUBNET'],
    ['security group', { securityGroupIds: ['sg-00000000000000000'] }, 'SECURITY_GROUP'],
  ])('none with a %s that is not there', async (_what, differently, resourceType) => {
    const scene = await setting();
    expect(await refusal(createGateway(scene, differently))).toMatchObject({ name: 'ResourceNotFoundException', resourceType });
  });

  test('a name is an account’s once, until its gateway is gone', async () => {
    const scene = await setting();
    const id = await activeGateway(scene);
    expect(await refusal(createGateway(scene))).toMatchObject({ name: 'ConflictException', status: 409, resourceId: id });
    await remove(scene, id);
    expect((await refusal(createGateway(scene))).name).toBe('ConflictException');
    await scene.clock.advance(5_000);
    expect((await createGateway(scene)).id).not.toBe(id);
  });

  test('the quota is refused with 402', async () => {
    const scene = await setting({ quotas: { resourceGatewaysPerVpc: 1 } });
    await createGateway(scene);
    expect(await refusal(createGateway(scene, { name: 'other' }))).toMatchObject({
      name: 'ServiceQuotaExceededException',
      status: 402,
      resourceType: 'RESOURCE_GATEWAY',
      serviceCode: 'vpc-lattice',
      quotaCode: expect.any(String),
    });
  });

  test('is found by its account only', async () => {
    const scene = await setting();
    const { id, arn } = await createGateway(scene);
    const stranger = scene.account(consumer);
    for (const identifier of [id, arn]) {
      expect((await refusal(gatewayOf(stranger, identifier!))).name).toBe('ResourceNotFoundException');
    }
    expect((await refusal(gatewayOf(scene.account(undefined, 'eu-west-1'), id!))).name).toBe('ResourceNotFoundException');
    expect((await refusal(gatewayOf(scene, 'rgw-1'))).name).toBe('ValidationException');
    expect(await stranger.lattice.send(new ListResourceGatewaysCommand({}))).toMatchObject({ items: [] });
  });
});

describe('a client token (aws.md 5.5, 7.6, 9.13)', () => {
  test('makes one gateway, however often it is sent', async () => {
    const scene = await setting();
    const first = await createGateway(scene, { clientToken: 'once' });
    const again = await createGateway(scene, { clientToken: 'once' });
    expect(again.id).toBe(first.id);
    expect((await scene.lattice.send(new ListResourceGatewaysCommand({}))).items).toHaveLength(1);
  });

  test('with other parameters it is a conflict', async () => {
    const scene = await setting();
    const { id } = await createGateway(scene, { clientToken: 'once' });
    const refused = await refusal(createGateway(scene, { clientToken: 'once', name: 'other' }));
    expect(refused).toMatchObject({ name: 'ConflictException', status: 409, resourceId: id });
  });

  test('a repetition after the deletion returns the dead gateway', async () => {
    const scene = await setting();
    const id = await activeGateway(scene, { clientToken: 'once' });
    await remove(scene, id);
    await scene.clock.advance(5_000);
    expect((await createGateway(scene, { clientToken: 'once' })).id).toBe(id);
    expect((await refusal(gatewayOf(scene, id))).name).toBe('ResourceNotFoundException');
  });

  test('a call that was refused uses up no token', async () => {
    const scene = await setting();
    await refusal(createGateway(scene, { clientToken: 'once', vpcIdentifier: 'vpc-00000000000000000' }));
    expect((await createGateway(scene, { clientToken: 'once' })).status).toBe('CREATE_IN_PROGRESS');
  });
});

describe('lists and tags (aws.md 5.1, 7.4)', () => {
  test('pages hold as many as asked for, and an empty first page may come before them', async () => {
    const scene = await setting();
    for (const name of ['one', 'two', 'three']) await createGateway(scene, { name });
    const list = (maxResults: number, nextToken?: string) => scene.lattice.send(new ListResourceGatewaysCommand({ maxResults, nextToken }));
    const first = await list(2);
    expect(first.items?.map(({ name }) => name)).toEqual(['one', 'two']);
    const second = await list(2, first.nextToken);
    expect([second.items?.map(({ name }) => name), second.nextToken]).toEqual([['three'], undefined]);
    expect((await refusal(list(101))).name).toBe('ValidationException');
    expect((await refusal(list(2, 'nonsense'))).name).toBe('ValidationException');
    scene.world.configure({ emptyFirstPage: true });
    const empty = await list(2);
    expect(empty.items).toEqual([]);
    expect((await list(3, empty.nextToken)).items).toHaveLength(3);
  });

  test('tags are added, replaced and taken away by ARN, and unseen for as long as their index lags', async () => {
    const scene = await setting();
    const { arn } = await createGateway(scene, { tags: { team: 'net', cluster: 'one' } });
    const read = async () => (await scene.lattice.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags;
    expect(await read()).toEqual({ team: 'net', cluster: 'one' });
    await scene.lattice.send(new TagResourceCommand({ resourceArn: arn, tags: { cluster: 'two', 'a/b+c d': 'e' } }));
    await scene.lattice.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['team', 'a/b+c d'] }));
    expect(await read()).toEqual({ cluster: 'two' });
    scene.world.configure({ lagMsOf: { tags: 1_000 } });
    await scene.lattice.send(new TagResourceCommand({ resourceArn: arn, tags: { late: 'yes' } }));
    expect(await read()).toEqual({ cluster: 'two' });
    await scene.clock.advance(1_000);
    expect(await read()).toEqual({ cluster: 'two', late: 'yes' });
    const other = arn!.replace('rgw-', 'rgw-z').slice(0, -1);
    expect((await refusal(scene.lattice.send(new TagResourceCommand({ resourceArn: other, tags: {} })))).name).toBe(
      'ResourceNotFoundException',
    );
  });

  test('reads lag behind writes as they are set to (aws.md 7.5)', async () => {
    const scene = await setting({ lagMsOf: { resourceGateways: 2_000 } });
    const { id } = await createGateway(scene);
    expect((await refusal(gatewayOf(scene, id!))).name).toBe('ResourceNotFoundException');
    expect((await scene.lattice.send(new ListResourceGatewaysCommand({}))).items).toEqual([]);
    await scene.clock.advance(2_000);
    expect((await gatewayOf(scene, id!)).status).toBe('CREATE_IN_PROGRESS');
  });
});

describe('the order of deletion (aws.md 5.6)', () => {
  test('a gateway with a resource configuration stays, whatever state that is in', async () => {
    const scene = await setting();
    const id = await activeGateway(scene);
    await activeConfiguration(scene, { resourceGatewayIdentifier: id });
    expect(await refusal(remove(scene, id))).toMatchObject({ name: 'ConflictException', resourceId: id });
    await createConfiguration(scene, { name: 'second', resourceGatewayIdentifier: id });
    expect((await refusal(remove(scene, id))).name).toBe('ConflictException');
    expect((await gatewayOf(scene, id)).status).toBe('ACTIVE');
  });
});
