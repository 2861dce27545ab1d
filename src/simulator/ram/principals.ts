import { ApiError } from '../service.ts';
import type { World } from '../world/world.ts';
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

/** The accounts of one of the organisation's units, by the unit's ARN: `arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-34cd56ef`. */
function accountsOfUnit(world: World, arn: string): readonly string[] | undefined {
  const unit = Object.entries(world.settings.organization?.units ?? {}).find(
    ([id]) => arn === `${organizationArn(world)?.replace(':organization/', ':ou/')}/${id}`,
  );
  return unit?.[1];
}

/** Whether an account is one of those that a principal stands for. */
export function coversAccount(world: World, principal: string, accountId: string): boolean {
  if (principal === accountId) return true;
  if (principal === organizationArn(world)) return isMember(world, accountId);
  return accountsOfUnit(world, principal)?.includes(accountId) === true;
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
  if (/^arn:aws[a-z-]*:organizations::\d{12}:ou\/o-[a-z0-9]{10,32}\/ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}$/.test(principal)) {
    if (!withinOrganization || !accountsOfUnit(world, principal)) {
      throw unknownResource(`OrganizationalUnit ${principal.split('/')[2]} in organization could not be found.`);
    }
    return { principal, external: false };
  }
  const kind = /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\//.exec(principal)?.[1];
  if (kind || principal.endsWith('.amazonaws.com')) {
    const name = kind ?? 'service';
    throw new ApiError(`NotImplemented.Principal.${name}`, `The simulator does not model shares with principals of kind ${name}`, {
      httpStatus: 501,
    });
  }
  throw invalidParameter(`Principal ID ${principal} is malformed. Verify the ID and try again.`);
}
