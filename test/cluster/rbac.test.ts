import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { kindApis } from '../../src/kinds/index.ts';
import { rbacObjects } from '../../src/kube/rbac.ts';
import { describeCluster, describeOwnCluster, testCluster } from './cluster.ts';
import { onScene, until } from './scene.ts';

/** `verb resource.group[/subresource][ name]`, as a rule grants it or a request needs it. */
function granted(leaseName: string): readonly string[] {
  const objects = rbacObjects({ kinds: kindApis, subject: { user: 'controller' }, namespace: 'any', leaseName });
  return objects
    .filter(({ metadata }) => metadata.name === 'isthmus-controller')
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups, resources, resourceNames = [''], verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${resource} of ${group || 'core'} ${name}`.trim())),
        ),
      ),
    );
}

interface AuditEvent {
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number };
}

const named = new Set(['leases', 'namespaces']);
const namesCount = new Set(['get', 'update']);

function needed({ verb, objectRef, requestURI }: AuditEvent): string {
  if (!objectRef) return `${verb} ${requestURI}`;
  const { apiGroup = 'core', resource, subresource, name = '' } = objectRef;
  const shown = named.has(resource) && namesCount.has(verb) ? name : '';
  return `${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`} of ${apiGroup} ${shown}`.trim();
}

describeOwnCluster('the role of the controller', (cluster) => {
  const run = testCluster();
  const unlogged = run.skipReason === undefined && run.auditLogPath === undefined;
  const compare = unlogged ? test.skip : test;
  const reason = unlogged ? ' (skipped: a cluster in a container keeps no audit log)' : '';

  compare(
    `has every verb that the life of its objects needs, and no other${reason}`,
    async () => {
      await onScene(cluster, { example: 'two-vpcs' }, async (scene) => {
        const { account, peering } = scene.manifests();
        const { name } = peering.metadata;
        await scene.apply(account, peering);
        const first = await scene.startLeader({ namedByUid: true });
        await scene.waitReady(name);
        // The same Event a second time is a series, which is a patch of the first.
        for (const paused of [true, false, true, false]) {
          await scene.kubectl('patch', 'vpcpeering', name, '--type=merge', `--patch={"spec":{"paused":${paused}}}`);
          if (paused) await scene.waitReason(name, 'Paused');
          else await scene.waitReady(name);
        }
        await scene.kubectl('delete', 'vpcpeering', name, '--timeout=60s');
        await scene.kubectl('delete', 'awsaccount', scene.account, '--timeout=60s');
        first.signal('SIGTERM');
        expect(await first.gone).toEqual({ code: 0, signal: null });
      });

      const events = readFileSync(cluster.auditLogPath ?? '', 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as AuditEvent);
      expect(events.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
      expect([...new Set(events.map(needed))].toSorted()).toEqual([...new Set(granted('lease-1'))].toSorted());
    },
    180_000,
  );
});

describeCluster('the roles of teams', (cluster) => {
  const may = async (namespace: string, ...question: readonly string[]) => {
    const answer = await cluster.kubectl(['auth', 'can-i', `--namespace=${namespace}`, ...question], { user: 'developer' });
    return answer.stdout.trim();
  };
  const bind = async (role: 'view' | 'edit' | 'admin') => {
    const namespace = await cluster.namespace();
    await cluster.mustKubectl(['create', 'rolebinding', 'team', `--clusterrole=${role}`, '--user=developer', `--namespace=${namespace}`]);
    // Roles are put together by a controller of the control plane, in its own time.
    await until('the role holds our kinds', async () => (await may(namespace, 'get', 'vpcpeerings.isthmus.dev')) === 'yes');
    return namespace;
  };

  test.each([
    ['view', { reads: 'yes', writes: 'no' }],
    ['edit', { reads: 'yes', writes: 'yes' }],
    ['admin', { reads: 'yes', writes: 'yes' }],
  ] as const)(
    'come with the role %s of a namespace',
    async (role, { reads, writes }) => {
      const namespace = await bind(role);
      const answers: Record<string, string> = {};
      for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']) {
        answers[verb] = await may(namespace, verb, 'vpcpeerings.isthmus.dev');
      }
      expect(answers).toEqual({
        get: reads,
        list: reads,
        watch: reads,
        create: writes,
        update: writes,
        patch: writes,
        delete: writes,
        deletecollection: writes,
      });
      const status: Record<string, string> = {};
      for (const verb of ['get', 'update', 'patch']) {
        status[verb] = await may(namespace, verb, 'vpcpeerings.isthmus.dev', '--subresource=status');
      }
      expect(status).toEqual({ get: 'yes', update: 'no', patch: 'no' });
      for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']) {
        expect(`${verb} ${await may(namespace, verb, 'awsaccounts.isthmus.dev')}`).toBe(`${verb} no`);
      }
      expect(await may('default', 'get', 'vpcpeerings.isthmus.dev')).toBe('no');
    },
    120_000,
  );

  test('refuse a status that a team forges', async () => {
    const namespace = await bind('edit');
    const peering = {
      apiVersion: 'isthmus.dev/v1alpha1',
      kind: 'VpcPeering',
      metadata: { name: 'forged', namespace },
      spec: { requester: { vpcId: 'vpc-0a1b2c3d4e5f60718' }, accepter: { vpcId: 'vpc-0a1b2c3d4e5f60719' } },
      status: { state: 'active' },
    };
    await cluster.mustKubectl(['create', '--filename=-'], { user: 'developer', stdin: JSON.stringify(peering) });
    const patch = ['patch', 'vpcpeering', 'forged', `--namespace=${namespace}`, '--subresource=status', '--type=merge'];
    const answer = await cluster.kubectl([...patch, '--patch={"status":{"state":"active"}}'], { user: 'developer' });
    expect(answer.stderr).toContain('User "developer" cannot patch resource "vpcpeerings/status"');
    const state = ['get', 'vpcpeering', 'forged', `--namespace=${namespace}`, '--output=jsonpath={.status.state}'];
    expect(await cluster.mustKubectl(state)).toBe('');
  }, 60_000);
});
