// The real kubectl at the server in memory: no cluster takes part, but this is where kubectl is to be had.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { realClock } from '../../src/ambient/clock.ts';
import { admit } from '../../src/kinds/admission.ts';
import { crdOf } from '../../src/kinds/crd.ts';
import { kindApis } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { group, version } from '../../src/kinds/kind-api.ts';
import { type CustomResourceDefinition, type ListeningMemoryApi, serveMemoryApi } from '../../src/kube/memory-api.ts';
import { MemoryServer } from '../../src/kube/memory-server.ts';
import { describeCluster, type KubectlOptions } from './cluster.ts';

const finalizer = 'isthmus.dev/finalizer';
const manifests = join(import.meta.dirname, '../../examples/two-vpcs/manifests.yaml');
const name = 'test1-to-test2';
const inNamespace = '--namespace=network';
const key = { kind: 'VpcPeering', namespace: 'network', name };

describeCluster('kubectl at the server in memory', (k8s) => {
  let server: MemoryServer;
  let api: ListeningMemoryApi;
  let cacheFolder: string;
  beforeAll(async () => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'isthmus-kubectl-'));
    server = new MemoryServer({
      clock: realClock,
      random: Math.random,
      kinds: kindApis.map((each) => ({ kind: each.kind, apiVersion: `${group}/${version}`, namespaced: each.scope === 'Namespaced' })),
      admit,
    });
    const definitions = kindApis.map((each) => crdOf(each) as CustomResourceDefinition);
    api = await serveMemoryApi({ server, definitions, clock: realClock, host: '127.0.0.1', port: 0 });
    await kubectl('apply', `--filename=${manifests}`);
  });
  afterAll(async () => {
    await api.close();
    rmSync(cacheFolder, { recursive: true, force: true });
  });

  const withServer = (args: readonly string[]) => [`--server=${api.url}`, `--cache-dir=${cacheFolder}`, ...args];
  const kubectl = (...args: readonly string[]) => k8s.mustKubectl(withServer(args));
  const refused = async (args: readonly string[], options?: KubectlOptions) => {
    const answer = await k8s.kubectl(withServer(args), options);
    expect(answer.code).toBe(1);
    return answer.stderr;
  };
  const edit = async (editor: string, ...args: readonly string[]) => {
    const { kubectlPath } = JSON.parse(process.env.ISTHMUS_TEST_CLUSTER ?? '{}') as { kubectlPath: string };
    const env = { ...process.env, KUBE_EDITOR: editor };
    await promisify(execFile)(kubectlPath, withServer([`--kubeconfig=${k8s.kubeconfigPath}`, 'edit', ...args]), { env });
  };
  const read = () => server.read(key) as Resource;
  const ready = (status: 'True' | 'False') =>
    server.writeStatus(read(), {
      peeringConnectionId: 'pcx-1',
      state: 'active',
      conditions: [
        {
          type: 'Ready',
          status,
          reason: 'Available',
          message: '',
          observedGeneration: read().metadata.generation,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });

  test('applies a file, and once more without a change', async () => {
    expect((await kubectl('apply', `--filename=${manifests}`)).trim().split('\n')).toEqual([
      'namespace/network unchanged',
      'awsaccount.isthmus.dev/default unchanged',
      `vpcpeering.isthmus.dev/${name} unchanged`,
    ]);
    expect(await kubectl('apply', '--server-side', `--filename=${manifests}`)).toContain(`${name} serverside-applied`);
    expect(await kubectl('replace', `--filename=${manifests}`)).toContain(`${name} replaced`);
  });

  test('shows what there is: in columns, in whole, and by category, name and label', async () => {
    ready('True');
    const table = await kubectl('get', 'vpcp', '--all-namespaces');
    expect(table).toMatch(/^NAMESPACE +NAME +REQUESTER +ACCEPTER +PEERING +STATE +READY +REASON +AGE\n/);
    expect(table).toMatch(new RegExp(`^network +${name} +pcx-1 +active +True +Available +\\d+s$`, 'm'));
    expect(await kubectl('get', 'vpcp', inNamespace, '--output=wide')).toContain('REQUESTER CIDRS');
    expect(await kubectl('get', 'isthmus', '--all-namespaces', '--output=name')).toBe(
      `awsaccount.isthmus.dev/default\nvpcpeering.isthmus.dev/${name}\n`,
    );
    expect(JSON.parse(await kubectl('get', `vpcpeering/${name}`, inNamespace, '--output=json'))).toMatchObject({
      metadata: { uid: read().metadata.uid },
      spec: { acceptance: 'Automatic' },
      status: { state: 'active' },
    });
    expect(await kubectl('get', 'ns', '--selector=kubernetes.io/metadata.name=network', '--output=name')).toBe('namespace/network\n');
    expect(await kubectl('get', 'namespace', 'network')).toMatch(/^NAME +STATUS +AGE\nnetwork +Active +\d+s\n$/);
  });

  test('describes an object with its Events', async () => {
    for (let round = 0; round < 3; round++) {
      server.recordEvent(read(), { type: 'Warning', reason: 'VpcNotFound', action: 'Reconcile', message: 'no VPC has the tag Name=x' });
    }
    const described = await kubectl('describe', 'vpcp', name, inNamespace);
    expect(described).toMatch(/Warning +VpcNotFound +\d+s \(x3 over \d+s\) +isthmus +no VPC has the tag Name=x/);
    expect(await kubectl('events', `--for=vpcpeering/${name}`, inNamespace)).toContain('no VPC has the tag Name=x');
    expect(await kubectl('get', 'events', inNamespace)).toMatch(new RegExp(`VpcNotFound +vpcpeering/${name} +no VPC`));
  });

  test('labels, annotates, patches and edits', async () => {
    await kubectl('label', 'vpcp', name, inNamespace, 'tier=prod');
    await kubectl('annotate', 'vpcp', name, inNamespace, 'isthmus.dev/reconcile-at=now');
    expect(read().metadata).toMatchObject({ labels: { tier: 'prod' }, annotations: { 'isthmus.dev/reconcile-at': 'now' } });
    await kubectl('label', 'vpcp', name, inNamespace, 'tier-');
    expect(read().metadata.labels).toEqual({});
    await kubectl('label', 'namespace', 'network', 'tier=prod');
    expect(server.read({ kind: 'Namespace', name: 'network' })?.metadata.labels).toMatchObject({ tier: 'prod' });
    await kubectl('patch', 'vpcp', name, inNamespace, '--type=merge', '--patch={"spec":{"paused":true}}');
    expect(read().spec).toMatchObject({ paused: true });

    await edit("sed -i 's/paused: true/paused: false/'", 'vpcp', name, inNamespace);
    await edit("sed -i 's/tier: prod/tier: dev/'", 'namespace', 'network');
    expect(read().spec).toMatchObject({ paused: false });
    expect(server.read({ kind: 'Namespace', name: 'network' })?.metadata.labels).toMatchObject({ tier: 'dev' });
  });

  test('waits until an object is ready', async () => {
    ready('False');
    const waiting = kubectl('wait', `vpcpeering/${name}`, inNamespace, '--for=condition=Ready', '--timeout=30s');
    const early = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 1_500, 'still waiting'))]);
    expect(early).toBe('still waiting');
    ready('True');
    expect(await waiting).toBe(`vpcpeering.isthmus.dev/${name} condition met\n`);
  });

  test('tells what is wrong with a manifest, field by field', async () => {
    const patch = '--patch={"spec":{"colour":"blue","paused":"no"}}';
    const said = await refused(['patch', 'vpcp', name, inNamespace, '--type=merge', patch]);
    expect(said).toContain(`The VpcPeering "${name}" is invalid:`);
    expect(said).toMatch(/^\* spec\.colour: is not a field here/m);
    expect(said).toMatch(/^\* spec\.paused: must be true or false/m);
    expect(await refused(['get', 'vpcp', 'nobody', inNamespace])).toBe(
      'Error from server (NotFound): vpcpeerings.isthmus.dev "nobody" not found\n',
    );
    const stdin = JSON.stringify({ apiVersion: 'isthmus.dev/v1alpha1', kind: 'VpcPeering', metadata: { name: 'bad' }, spec: {} });
    expect(await refused(['apply', inNamespace, '--filename=-'], { stdin })).toContain('spec.requester: must be given');
  });

  test('explains the fields', async () => {
    const explained = await kubectl('explain', 'vpcpeering.spec.requester');
    expect(explained).toMatch(/KIND: +VpcPeering/);
    expect(explained).toMatch(/vpcSelector\s+<Object>\s+Finds the VPC by its tags/);
  });

  test('waits for the finalizer when it deletes', async () => {
    server.writeFinalizers('addFinalizer', read(), [finalizer]);
    const deleting = kubectl('delete', 'vpcp', name, inNamespace, '--timeout=30s');
    const early = await Promise.race([deleting, new Promise((resolve) => setTimeout(resolve, 1_500, 'still waiting'))]);
    expect(early).toBe('still waiting');
    expect(read().metadata.deletionTimestamp).toBeDefined();
    server.writeFinalizers('removeFinalizer', read(), []);
    expect(await deleting).toContain(`vpcpeering.isthmus.dev "${name}" deleted`);
  });

  test('makes a Namespace, and deletes it with what is in it', async () => {
    await kubectl('create', 'namespace', 'short-lived');
    expect(await refused(['create', 'namespace', 'short-lived'])).toContain('AlreadyExists');
    const file = { apiVersion: `${group}/${version}`, kind: 'VpcPeering', metadata: { name: 'inside' } };
    const side = (vpcId: string) => ({ vpcId });
    const stdin = JSON.stringify({ ...file, spec: { requester: side('vpc-0123456789abcdef0'), accepter: side('vpc-0123456789abcdef1') } });
    await k8s.mustKubectl(withServer(['create', '--namespace=short-lived', '--filename=-']), { stdin });
    await kubectl('delete', 'namespace', 'short-lived', '--timeout=30s');
    expect(server.list('VpcPeering').map(({ metadata }) => metadata.name)).not.toContain('inside');
  });
});
