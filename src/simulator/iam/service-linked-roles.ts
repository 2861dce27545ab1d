import type { Call } from '../service.ts';
import type { World } from '../world/world.ts';

/** A role that a service keeps for itself in each account that uses it. */
export interface ServiceLinkedRole {
  /** Who assumes it; policies limit `iam:CreateServiceLinkedRole` to it by `iam:AWSServiceName`. */
  readonly service: string;
  readonly name: string;
}

const lattice: ServiceLinkedRole = { service: 'vpc-lattice.amazonaws.com', name: 'AWSServiceRoleForVpcLattice' };

/**
 * Which calls need which role, by signing name and operation: where the account does not have it, it is made with the caller's rights
 * (VPC Lattice User Guide, Transit Gateways guide and VPC User Guide, the pages on service-linked roles). That every NAT gateway needs its
 * role, and not only regional ones, is not certain: a policy that is enough here is enough either way.
 */
const roleOf: Readonly<Record<string, Readonly<Record<string, ServiceLinkedRole>>>> = {
  ec2: {
    CreateTransitGatewayVpcAttachment: { service: 'transitgateway.amazonaws.com', name: 'AWSServiceRoleForVPCTransitGateway' },
    CreateNatGateway: { service: 'ec2-nat-gateway.amazonaws.com', name: 'AWSServiceRoleForNATGateway' },
  },
  'vpc-lattice': {
    CreateResourceGateway: lattice,
    CreateResourceConfiguration: lattice,
    CreateServiceNetwork: lattice,
    CreateServiceNetworkResourceAssociation: lattice,
  },
};

const idOf = (role: ServiceLinkedRole, { accountId }: Call): string => `${accountId}/${role.name}`;

/** The role that a call makes besides what it is for; undefined where it needs none, or the account has it. */
export function missingRole(
  world: World,
  { service, operation, call }: { service: string; operation: string; call: Call },
): ServiceLinkedRole | undefined {
  const role = roleOf[service]?.[operation];
  return role && !world.serviceLinkedRoles.get(idOf(role, call)) ? role : undefined;
}

/** `arn:aws:iam::111122223333:role/aws-service-role/vpc-lattice.amazonaws.com/AWSServiceRoleForVpcLattice`. */
export const roleArn = ({ service, name }: ServiceLinkedRole, { accountId }: Call): string =>
  `arn:aws:iam::${accountId}:role/aws-service-role/${service}/${name}`;

/** Keeps that the account has the role that the call needed; it stays when what it was made for goes. */
export function keepRole(world: World, used: { service: string; operation: string; call: Call }): void {
  const role = missingRole(world, used);
  if (role) world.serviceLinkedRoles.put({ id: idOf(role, used.call) });
}
