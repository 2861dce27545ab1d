import { ApiError } from '../service.ts';
import type { World } from '../world.ts';
import { invalidParameter, notPermitted, unknownResource } from './errors.ts';

/** Whether the account belongs to the organisation. */
export function isMember(world: World, accountId: string): boolean {
  const { organization } = world.settings;
  return organization !== undefined && (organization.managementAccountId === accountId || organization.accountIds.includes(accountId));
}

/** `arn:aws:organizations::111122223333:organization/o-exampleorgid`. */
export function organizationArn(world: World): string | undefined {
  const { organization } = world.settings;
  return organization && `arn:aws:organizations::${organization.managementAccountId}:organization/${organization.id}`;
}

/** The accounts that a principal stands for. */
export function coversAccount(world: World, principal: string, accountId: string): boolean {
  return principal === accountId || (principal === organizationArn(world) && isMember(world, accountId));
}

/**
 * How a share reaches a principal: within an organisation that shares, without asking; else by an invitation (aws.md 5.8).
 *
 * @throws ApiError for a principal that does not exist, or that the share may not have
 */
export function readPrincipal(
  world: World,
  principal: string,
  { ownerId, allowExternalPrincipals }: { ownerId: string; allowExternalPrincipals: boolean },
): { principal: string; external: boolean } {
  const { organization } = world.settings;
  const withinOrganization = organization?.sharingEnabled === true && isMember(world, ownerId);
  if (/^\d{12}$/.test(principal)) {
    const external = principal !== ownerId && !(withinOrganization && isMember(world, principal));
    if (external && !allowExternalPrincipals) {
      throw notPermitted(
        'The resource you are attempting to share can only be shared within your AWS Organization. This error may also occur if you have not enabled sharing with your AWS organization.',
      );
    }
    return { principal, external };
  }
  if (/^arn:aws[a-z-]*:organizations::\d{12}:organization\/o-[a-z0-9]{10,32}$/.test(principal)) {
    if (!withinOrganization || principal !== organizationArn(world)) {
      throw unknownResource(`Organization ${principal.split('/')[1]} could not be found.`);
    }
    return { principal, external: false };
  }
  const kind = /^arn:aws[a-z-]*:(?:organizations::\d{12}:(ou)\/|iam::\d{12}:(role|user)\/)/.exec(principal)?.slice(1).find(Boolean);
  if (kind || principal.endsWith('.amazonaws.com')) {
    const name = kind ?? 'service';
    throw new ApiError(`NotImplemented.Principal.${name}`, `The simulator does not model shares with principals of kind ${name}`, {
      httpStatus: 501,
    });
  }
  throw invalidParameter(`Principal ID ${principal} is malformed. Verify the ID and try again.`);
}
