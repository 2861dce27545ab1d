import { group, type KindApi } from '../kinds/kind-api.ts';

/** Whom the controller is to the API server: the service account of its pod, or a user where it runs outside of the cluster. */
export type Subject = { readonly serviceAccount: string } | { readonly user: string };

export interface RbacOptions {
  readonly kinds: readonly KindApi[];
  readonly subject: Subject;
  /** Where the lease and, if there is one, the service account are. */
  readonly namespace: string;
  readonly leaseName: string;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A Role, a ClusterRole, or a binding of one, as `kubectl apply` takes it. */
export interface RbacObject {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'Role' | 'ClusterRole' | 'RoleBinding' | 'ClusterRoleBinding';
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly apiGroup: string; readonly kind: 'Role' | 'ClusterRole'; readonly name: string };
  readonly subjects?: readonly object[];
}

const rbac = 'rbac.authorization.k8s.io';

/**
 * What the controller does at the API server, and nothing else. It reads by list and watch alone, writes finalizers and the status
 * subresource by patches, and never touches a spec, a Secret or anybody's workloads.
 */
function controllerRules(kinds: readonly KindApi[]): readonly Rule[] {
  const plurals = kinds.map(({ plural }) => plural);
  return [
    { apiGroups: [group], resources: plurals, verbs: ['list', 'watch', 'patch'] },
    { apiGroups: [group], resources: plurals.map((plural) => `${plural}/status`), verbs: ['patch'] },
    { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
    // Its uid is the cluster's name in ownership tags, unless --cluster-name gives one.
    { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kube-system'], verbs: ['get'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
  ];
}

/** A creation cannot be limited by name: the object has none yet when it is authorized. */
const leaseRules = (leaseName: string): readonly Rule[] => [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [leaseName], verbs: ['get', 'update'] },
];

/**
 * The roles of teams, which Kubernetes adds to its own `view` and `edit` (and with `edit` to `admin`). They hold the kinds of namespaces
 * only: who may act in which AWS account is the administrators' to say. A status is read and never written, since teardown trusts it.
 */
function tenantRoles(kinds: readonly KindApi[]): readonly RbacObject[] {
  const plurals = kinds.filter(({ scope }) => scope === 'Namespaced').map(({ plural }) => plural);
  const statuses = { apiGroups: [group], resources: plurals.map((plural) => `${plural}/status`), verbs: ['get'] };
  const role = (name: string, aggregatesTo: string, verbs: readonly string[]): RbacObject => ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name, labels: { [`${rbac}/aggregate-to-${aggregatesTo}`]: 'true' } },
    rules: [{ apiGroups: [group], resources: plurals, verbs }, statuses],
  });
  const reading = ['get', 'list', 'watch'];
  return [
    role('isthmus-viewer', 'view', reading),
    role('isthmus-editor', 'edit', [...reading, 'create', 'update', 'patch', 'delete', 'deletecollection']),
  ];
}

/** Everything that the controller and the teams that use it need to be allowed in Kubernetes, in the order to apply it. */
export function rbacObjects({ kinds, subject, namespace, leaseName }: RbacOptions): readonly RbacObject[] {
  const subjects = [
    'user' in subject
      ? { apiGroup: rbac, kind: 'User', name: subject.user }
      : { kind: 'ServiceAccount', name: subject.serviceAccount, namespace },
  ];
  const name = 'isthmus-controller';
  const apiVersion = `${rbac}/v1` as const;
  return [
    ...tenantRoles(kinds),
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules: controllerRules(kinds) },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: rbac, kind: 'ClusterRole', name }, subjects },
    { apiVersion, kind: 'Role', metadata: { name, namespace }, rules: leaseRules(leaseName) },
    { apiVersion, kind: 'RoleBinding', metadata: { name, namespace }, roleRef: { apiGroup: rbac, kind: 'Role', name }, subjects },
  ];
}
