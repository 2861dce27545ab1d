import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { kubernetesVersion } from './binaries.ts';
import { describeCluster } from './cluster.ts';

describeCluster('the test cluster', (cluster) => {
  test('is the Kubernetes release that go.mod names', async () => {
    const { serverVersion, clientVersion } = JSON.parse(await cluster.mustKubectl(['version', '--output=json']));
    expect(serverVersion.gitVersion).toContain(kubernetesVersion());
    expect(clientVersion.minor).toMatch(/^\d+/);
  });

  test('has every kind of ours established', async () => {
    const folder = new URL('../../crds/', import.meta.url);
    const names = readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .flatMap((file) => parseAllDocuments(readFileSync(new URL(file, folder), 'utf8')))
      .map((document) => document.toJS().metadata.name as string);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const crd = JSON.parse(await cluster.mustKubectl(['get', 'crd', name, '--output=json']));
      expect(crd.status.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
    }
  });

  test('gives each file a namespace in which things can be kept', async () => {
    const namespace = await cluster.namespace();
    await cluster.mustKubectl(['create', 'configmap', 'note', '--from-literal=text=hello', `--namespace=${namespace}`]);
    expect(await cluster.mustKubectl(['get', 'configmap', 'note', `--namespace=${namespace}`, '--output=jsonpath={.data.text}'])).toBe(
      'hello',
    );
  });

  test('gives a user no rights that no role grants', async () => {
    const answer = await cluster.kubectl(['get', 'namespaces'], { user: 'developer' });
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain('User "developer" cannot list resource "namespaces"');
  });

  test('finishes the deletion of a namespace', async () => {
    const namespace = await cluster.namespace();
    await cluster.mustKubectl(['delete', 'namespace', namespace, '--wait', '--timeout=40s']);
    const answer = await cluster.kubectl(['get', 'namespace', namespace]);
    expect(answer.stderr).toContain('NotFound');
  });
});
