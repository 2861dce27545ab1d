import type { AwsAccount } from './api.ts';

type Labels = Readonly<Record<string, string>>;
type LabelSelector = NonNullable<AwsAccount['spec']['allowedNamespaces']['selector']>;

/** Whether labels satisfy a Kubernetes label selector; every requirement must hold. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
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
