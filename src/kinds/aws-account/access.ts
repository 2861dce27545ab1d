import type { Tags } from '../../network/model.ts';
import { hasTags } from '../tags.ts';
import type { AwsAccount } from './api.ts';

type Labels = Readonly<Record<string, string>>;
type LabelSelector = NonNullable<AwsAccount['spec']['allowedNamespaces']['selector']>;

/** Whether labels satisfy a Kubernetes label selector; every requirement must hold. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  const exact = hasTags(labels, selector.matchLabels ?? {});
  return (
    exact &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return operator satisfies never;
      }
    })
  );
}

/**
 * Whether objects of a namespace may use an AwsAccount. Fails closed: an unknown namespace, or a selector that is not there, allows nothing.
 *
 * @param labels of the namespace; undefined where it is not known
 */
export function allowsNamespace(account: AwsAccount, labels: Labels | undefined): boolean {
  const { from, selector } = account.spec.allowedNamespaces;
  switch (from) {
    case 'None':
      return false;
    case 'All':
      return labels !== undefined;
    case 'Selector':
      return labels !== undefined && selector !== undefined && matchesLabels(selector, labels);
    default:
      return from satisfies never;
  }
}

/**
 * Whether objects may name a VPC of an account.
 *
 * @param tags of the VPC
 */
export function allowsVpc(allowedVpcs: AwsAccount['spec']['allowedVpcs'], tags: Tags): boolean {
  return hasTags(tags, allowedVpcs?.tags ?? {});
}

/**
 * Whether resources of an account may be shared through AWS RAM with somebody: an account that the cluster has an AwsAccount for, or one that
 * the account names. Fails closed: that a named organization has the account among its own is not known here, so an account must be named itself.
 *
 * @param principal an account id, the id of an organization or organizational unit, or the ARN of either
 * @param ownAccounts ids of the AWS accounts of all AwsAccounts
 */
export function allowsSharing(account: AwsAccount, principal: string, ownAccounts: ReadonlySet<string>): boolean {
  return ownAccounts.has(principal) || (account.spec.allowedSharing ?? []).some((allowed) => idOf(allowed) === idOf(principal));
}

const organizationArn = /^arn:aws[a-z-]*:organizations::[0-9]{12}:(?:organization|ou\/o-[a-z0-9]+)\/(o-[a-z0-9]+|ou-[0-9a-z]+-[0-9a-z]+)$/;

/** Ids of organizations and their units are AWS's own and lead to one thing only: what an ARN says besides makes no difference. */
const idOf = (principal: string): string => organizationArn.exec(principal)?.[1] ?? principal;
