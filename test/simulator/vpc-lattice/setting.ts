import { CreateSubnetCommand, CreateVpcCommand } from '@aws-sdk/client-ec2';
import {
  CreateResourceConfigurationCommand,
  type CreateResourceConfigurationRequest,
  CreateResourceGatewayCommand,
  type CreateResourceGatewayRequest,
  GetResourceConfigurationCommand,
  GetResourceGatewayCommand,
} from '@aws-sdk/client-vpc-lattice';
import type { SettingsChange } from '../../../src/simulator/world/settings.ts';
import { type Account, type ClientsAndWorld, clientsAndWorld } from '../sdk-clients.ts';

/** A provider with a VPC and a subnet. */
export interface Setting extends ClientsAndWorld, Account {
  readonly vpcId: string;
  readonly subnetId: string;
}

export async function setting(settings: SettingsChange = {}): Promise<Setting> {
  const all = clientsAndWorld(settings);
  const account = all.account();
  const vpc = await account.ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const vpcId = vpc.Vpc!.VpcId!;
  const subnet = await account.ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '10.0.1.0/24' }));
  return { ...all, ...account, vpcId, subnetId: subnet.Subnet!.SubnetId! };
}

/** A gateway as it is asked for; some of it may be said differently. */
export function createGateway({ lattice, vpcId, subnetId }: Setting, differently: Partial<CreateResourceGatewayRequest> = {}) {
  return lattice.send(new CreateResourceGatewayCommand({ name: 'databases', vpcIdentifier: vpcId, subnetIds: [subnetId], ...differently }));
}

/** An active gateway's id. */
export async function activeGateway(scene: Setting, differently: Partial<CreateResourceGatewayRequest> = {}): Promise<string> {
  const { id } = await createGateway(scene, differently);
  await scene.clock.advance(3_000);
  return id!;
}

/** A configuration of type SINGLE as it is asked for; some of it may be said differently. */
export function createConfiguration({ lattice }: Setting, input: Partial<CreateResourceConfigurationRequest>) {
  return lattice.send(
    new CreateResourceConfigurationCommand({
      name: 'orders',
      type: 'SINGLE',
      resourceConfigurationDefinition: { ipResource: { ipAddress: '10.0.1.50' } },
      portRanges: ['5432'],
      ...input,
    }),
  );
}

/** An active configuration: what Create answered. */
export async function activeConfiguration(scene: Setting, input: Partial<CreateResourceConfigurationRequest>) {
  const made = await createConfiguration(scene, input);
  await scene.clock.advance(2_000);
  return { id: made.id!, arn: made.arn! };
}

export const gatewayOf = ({ lattice }: Account, resourceGatewayIdentifier: string) =>
  lattice.send(new GetResourceGatewayCommand({ resourceGatewayIdentifier }));

export const configurationOf = ({ lattice }: Account, resourceConfigurationIdentifier: string) =>
  lattice.send(new GetResourceConfigurationCommand({ resourceConfigurationIdentifier }));
