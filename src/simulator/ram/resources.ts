import { ApiError, type Call } from '../service.ts';
import type { Owned } from '../world/records.ts';
import type { Collection } from '../world/store.ts';
import type { World } from '../world/world.ts';
import { invalidParameter, malformedArn, notPermitted, unknownResource } from './errors.ts';

/** A kind of thing that can be shared. */
interface Shareable {
  /** As RAM names it: `vpc-lattice:ResourceConfiguration`. */
  readonly type: string;
  /** In the ARN: the service, and what stands before the id. */
  readonly service: string;
  readonly path: string;
  readonly collectionOf: (world: World) => Collection<Owned>;
  /** Whether its invitations wait for days and not hours. */
  readonly invitesForLong: boolean;
}

const shareables: readonly Shareable[] = [
  {
    type: 'vpc-lattice:ResourceConfiguration',
    service: 'vpc-lattice',
    path: 'resourceconfiguration',
    collectionOf: (world) => world.resourceConfigurations as unknown as Collection<Owned>,
    invitesForLong: false,
  },
  {
    type: 'vpc-lattice:ServiceNetwork',
    service: 'vpc-lattice',
    path: 'servicenetwork',
    collectionOf: (world) => world.serviceNetworks as unknown as Collection<Owned>,
    invitesForLong: false,
  },
  {
    type: 'ec2:TransitGateway',
    service: 'ec2',
    path: 'transit-gateway',
    collectionOf: (world) => world.transitGateways as unknown as Collection<Owned>,
    invitesForLong: true,
  },
  {
    type: 'ec2:Subnet',
    service: 'ec2',
    path: 'subnet',
    collectionOf: (world) => world.subnets as unknown as Collection<Owned>,
    invitesForLong: true,
  },
  {
    type: 'ec2:PrefixList',
    service: 'ec2',
    path: 'prefix-list',
    collectionOf: (world) => world.prefixLists as unknown as Collection<Owned>,
    invitesForLong: true,
  },
];

const shareableOf = (arn: string): Shareable | undefined => {
  const [, service, path] = /^arn:aws[a-z-]*:([a-z0-9-]+):[a-z0-9-]*:\d{12}:([A-Za-z0-9-]+)\//.exec(arn) ?? [];
  return shareables.find((candidate) => candidate.service === service && candidate.path === path);
};

/** `vpc-lattice:ResourceConfiguration`. */
export const resourceTypeOf = (arn: string): string => shareableOf(arn)?.type ?? '';

/** The types that can be shared. */
export const resourceTypes = (): readonly string[] => shareables.map(({ type }) => type);

/** Whether an invitation to these waits for longer than the usual hours: only where all are of the types that give longer. */
export function inviteForLong(arns: readonly string[]): boolean {
  return arns.length > 0 && arns.every((arn) => shareableOf(arn)?.invitesForLong);
}

/**
 * Checks that the caller may share the thing: it has to be its own, in the region of the call.
 *
 * @throws ApiError MalformedArnException, UnknownResourceException, OperationNotPermittedException …
 */
export function checkShareable(world: World, call: Call, arn: string): void {
  const [, region, ownerId, id = ''] = /^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]*):(\d{12}):[A-Za-z0-9-]+\/(\S+)$/.exec(arn) ?? [];
  if (!ownerId) throw malformedArn(arn);
  const shareable = shareableOf(arn);
  if (!shareable) {
    const [, , service, , , path = ''] = arn.split(':');
    const type = `${service}.${path.split('/')[0]}`;
    throw new ApiError(`NotImplemented.${type}`, `The simulator does not model shares of ${type}`, { httpStatus: 501 });
  }
  if (ownerId !== call.accountId) throw notPermitted(`You cannot share ${arn}: it is not yours`);
  const resource = shareable.collectionOf(world).get(id);
  if (region !== call.region || resource?.ownerId !== ownerId || resource.region !== region) {
    throw unknownResource(`The resource ${arn} could not be found`);
  }
  // A child comes with its group (aws.md 5.8).
  if (world.resourceConfigurations.get(id)?.type === 'CHILD') throw invalidParameter(`${arn} is a child: share its group`);
}
