import { describe, expect, test } from '@jest/globals';
import { kindApis } from '../../src/kinds/index.ts';
import { type RbacObject, rbacObjects, type Subject } from '../../src/kube/rbac.ts';

const objectsFor = (subject: Subject) => rbacObjects({ kinds: kindApis, subject, namespace: 'network', leaseName: 'isthmus' });
const objects = objectsFor({ serviceAccount: 'isthmus' });
const rulesOf = (name: string) => objects.filter(({ metadata }) => metadata.name === name).flatMap(({ rules = [] }) => rules);

describe('the roles in Kubernetes', () => {
  test('name groups, resources and verbs one by one', () => {
    for (const rule of objects.flatMap(({ rules = [] }) => rules)) {
      expect([...rule.apiGroups, ...rule.resources, ...rule.verbs].join(' ')).not.toContain('*');
    }
  });

  test.each(['isthmus-viewer', 'isthmus-editor'])('%s holds no kind of the cluster', (name) => {
    const ofCluster = kindApis.filter(({ scope }) => scope === 'Cluster').map(({ plural }) => plural);
    expect(ofCluster).toContain('awsaccounts');
    const resources = rulesOf(name).flatMap((rule) => rule.resources.map((resource) => resource.split('/')[0]));
    expect(resources.filter((resource) => ofCluster.includes(resource ?? ''))).toEqual([]);
  });

  test.each(['isthmus-viewer', 'isthmus-editor'])('%s reads every namespaced kind, and gets its status only', (name) => {
    for (const { plural, scope } of kindApis) {
      if (scope === 'Cluster') continue;
      const verbsOf = (resource: string) => rulesOf(name).find(({ resources }) => resources.includes(resource))?.verbs;
      expect(verbsOf(plural)).toEqual(expect.arrayContaining(['get', 'list', 'watch']));
      expect(verbsOf(`${plural}/status`)).toEqual(['get']);
    }
  });

  test('let the controller write the status and finalizers of every kind, and create or delete none', () => {
    for (const { plural } of kindApis) {
      const verbs = rulesOf('isthmus-controller')
        .filter(({ resources }) => resources.includes(plural))
        .flatMap((rule) => rule.verbs);
      expect(verbs).toEqual(['list', 'watch', 'patch']);
    }
  });

  test.each<[Subject, object]>([
    [{ serviceAccount: 'network-controller' }, { kind: 'ServiceAccount', name: 'network-controller', namespace: 'network' }],
    [{ user: 'jane@example.com' }, { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane@example.com' }],
  ])('are bound to %j, in the cluster and in its namespace', (subject, bound) => {
    const bindings = objectsFor(subject).filter((object): object is RbacObject => object.subjects !== undefined);
    expect(bindings.map(({ kind, subjects, metadata }) => [kind, metadata.namespace, subjects])).toEqual([
      ['ClusterRoleBinding', undefined, [bound]],
      ['RoleBinding', 'network', [bound]],
    ]);
  });
});
