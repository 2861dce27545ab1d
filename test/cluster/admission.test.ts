import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { crdOf } from '../../src/kinds/crd.ts';
import { kindApis } from '../../src/kinds/index.ts';
import type { KindApi } from '../../src/kinds/kind-api.ts';
import { parse, validate, validateStatus } from '../../src/kinds/validate.ts';
import { account, badManifests, forbiddenChanges, peering } from '../kinds/bad-manifests.ts';
import { type Manifest, spoiltManifest, validManifest } from '../kinds/manifests.ts';
import { describeCluster } from './cluster.ts';

const apiOf = (kind: string): KindApi => {
  const api = kindApis.find((each) => each.kind === kind);
  if (!api) throw new Error(`no kind ${kind}`);
  return api;
};

/** What CEL rules of ours say when they are broken, out of the CRDs themselves. */
const ruleMessages = new Set(
  [...JSON.stringify(kindApis.map(crdOf)).matchAll(/"message":("(?:[^"\\]|\\.)*")/g)].map(
    ([, message = '""']) => JSON.parse(message) as string,
  ),
);

const inParallel = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
};

describeCluster('admission', (cluster) => {
  let namespace: string;
  beforeAll(async () => {
    namespace = await cluster.namespace();
  });
  const create = (manifests: readonly Manifest[], ...args: readonly string[]) =>
    cluster.kubectl(['create', '--validate=strict', `--namespace=${namespace}`, ...args, '--filename=-'], {
      stdin: manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'),
    });
  const named = (manifest: Manifest, name: string): Manifest => ({ ...manifest, metadata: { ...manifest.metadata, name } });

  test('the kinds are installed by a plain kubectl apply, and each is established without complaint', async () => {
    await cluster.mustKubectl([
      'apply',
      '--dry-run=server',
      '--server-side=false',
      `--filename=${join(import.meta.dirname, '../../crds')}`,
    ]);
    for (const { plural } of kindApis) {
      const crd = JSON.parse(await cluster.mustKubectl(['get', 'crd', `${plural}.isthmus.dev`, '--output=json']));
      expect(crd.status.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
      expect(crd.status.conditions.map((condition: { type: string }) => condition.type)).not.toContain('NonStructuralSchema');
    }
  });

  test('every bad manifest is refused, with its field and, where a rule of ours refuses it, our words', async () => {
    expect(badManifests.length).toBeGreaterThanOrEqual(40);
    const unlike: unknown[] = [];
    let inOurWords = 0;
    await inParallel(badManifests, async ({ wrong, manifest, field, message }) => {
      const { code, stderr } = await create([manifest], '--dry-run=server');
      const words = message.replace(/ \(found .*\)$/, '');
      const isRule = ruleMessages.has(words) || field === 'metadata.name';
      if (isRule) inOurWords++;
      if (code === 0 || !stderr.includes(field) || (isRule && !stderr.includes(words))) unlike.push({ wrong, field, words, stderr });
    });
    expect(unlike).toEqual([]);
    expect(inOurWords).toBeGreaterThanOrEqual(40);
  });

  test('the API server and this program agree on generated manifests, and on their defaults', async () => {
    const seed = 20_261_121;
    const manifests = [...fc.sample(validManifest, { seed, numRuns: 60 }), ...fc.sample(spoiltManifest, { seed, numRuns: 340 })].map(
      (manifest, index) => named(manifest, `generated-${index}`),
    );
    const { stdout } = await create(manifests, '--dry-run=server', '--output=jsonpath={.metadata.name}{"\\t"}{.spec}{"\\n"}');
    const taken = new Map(stdout.split('\n').flatMap((line) => (line ? [line.split('\t') as [string, string]] : [])));

    const ours = new Map(manifests.map((manifest) => [manifest.metadata.name, parse(apiOf(manifest.kind), manifest)]));
    const disagreed = manifests.filter(({ metadata }) => taken.has(metadata.name) !== !ours.get(metadata.name)?.violations);
    expect(disagreed.map((manifest) => ({ manifest, violations: validate(apiOf(manifest.kind), manifest) }))).toEqual([]);
    expect(taken.size).toBeGreaterThan(60);
    expect(manifests.length - taken.size).toBeGreaterThan(150);
    for (const [name, spec] of taken) {
      const judged = ours.get(name);
      expect([name, judged && !judged.violations && judged.object.spec]).toEqual([name, JSON.parse(spec)]);
    }
  });

  test('what identifies an object cannot be changed, added or removed', async () => {
    const changes = forbiddenChanges.map((change, index) => ({
      ...change,
      before: named(change.before, `${namespace}-${index}`),
      after: named(change.after, `${namespace}-${index}`),
    }));
    const made = await create(changes.map(({ before }) => before));
    expect(made.stderr).toBe('');
    try {
      await inParallel(changes, async ({ after, field }) => {
        const { code, stderr } = await cluster.kubectl(['replace', `--namespace=${namespace}`, '--filename=-'], {
          stdin: JSON.stringify(after),
        });
        expect([code, stderr]).toEqual([1, expect.stringContaining(`${field}: Invalid value: `)]);
        expect(stderr).toContain('cannot be changed, added or removed once the object is created');
      });
    } finally {
      const accounts = changes.filter(({ before }) => before.kind === 'AwsAccount').map(({ before }) => before.metadata.name);
      await cluster.mustKubectl(['delete', 'awsaccount', ...accounts]);
    }
  });

  test('everything else of a VpcPeering can be changed', async () => {
    await create([named(peering(), 'edited')]);
    const after = peering({ destinations: ['10.0.0.0/8'], routeTables: { strategy: 'Main' } }, { paused: true, deletionPolicy: 'Retain' });
    await cluster.mustKubectl(['replace', `--namespace=${namespace}`, '--filename=-'], { stdin: JSON.stringify(named(after, 'edited')) });
  });

  test('an object that nobody has looked at yet says so, whatever status its manifest claims', async () => {
    const claimed = { ...named(peering(), 'unseen'), status: { observedGeneration: 1, state: 'active' } };
    expect((await create([claimed])).stderr).toBe('');
    const status = await cluster.mustKubectl(['get', 'vpcpeering', 'unseen', `--namespace=${namespace}`, '--output=jsonpath={.status}']);
    expect(JSON.parse(status)).toEqual({ observedGeneration: -1 });
  });

  const memory = (length: number) =>
    Array.from({ length }, (_, index) => ({
      role: 'requester/route',
      accountRef: 'project-a',
      accountId: '111122223333',
      region: 'us-west-2',
      id: `rtb-0a1b2c3d4e5f6${String(index).padStart(4, '0')}/10.255.1.0/24`,
      created: true,
      attempt: 1,
      intentAt: '2026-01-01T00:00:00Z',
    }));
  const writeStatus = (name: string, status: object) =>
    cluster.kubectl(['replace', `--namespace=${namespace}`, '--subresource=status', '--filename=-'], {
      stdin: JSON.stringify({ ...named(peering(), name), status }),
    });

  test('a status keeps a memory of 2,000 things whole, and one that is longer is refused rather than cut', async () => {
    await create([named(peering(), 'remembering')]);
    expect(await writeStatus('remembering', { resources: memory(2_000), resourceCount: 2_000 })).toEqual(
      expect.objectContaining({ code: 0 }),
    );
    const ids = await cluster.mustKubectl([
      'get',
      'vpcp',
      'remembering',
      `--namespace=${namespace}`,
      '--output=jsonpath={.status.resources[*].id}',
    ]);
    expect(ids.split(' ')).toHaveLength(2_000);

    const longer = { resources: memory(2_001) };
    expect((await writeStatus('remembering', longer)).stderr).toContain('status.resources: Too many: 2001: must have at most 2000 items');
    expect(validateStatus(apiOf('VpcPeering'), longer)).toEqual([
      { field: 'status.resources', message: 'must have at most 2000 items, not 2001' },
    ]);
  });

  test('kubectl get shows how a VpcPeering stands, and with -o wide what it joins', async () => {
    const side = (vpcId: string, cidr: string, region: string) => ({ accountId: '111122223333', region, vpcId, cidrs: [cidr] });
    const status = {
      observedGeneration: 1,
      peeringConnectionId: 'pcx-0123',
      state: 'active',
      requester: side('vpc-1', '10.1.0.0/16', 'us-west-2'),
      accepter: side('vpc-2', '10.2.0.0/16', 'eu-west-2'),
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'Available',
          message: 'all is well',
        },
      ],
    };
    expect(validateStatus(apiOf('VpcPeering'), status)).toEqual([]);
    await create([named(peering(), 'shown')]);
    expect((await writeStatus('shown', status)).stderr).toBe('');
    const rows = async (...args: readonly string[]) =>
      (await cluster.mustKubectl(['get', 'vpcp', 'shown', `--namespace=${namespace}`, ...args]))
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/));

    const [header, row] = await rows();
    expect(header).toEqual(['NAME', 'REQUESTER', 'ACCEPTER', 'PEERING', 'STATE', 'READY', 'REASON', 'AGE']);
    expect(row?.slice(0, -1)).toEqual(['shown', 'vpc-1', 'vpc-2', 'pcx-0123', 'active', 'True', 'Available']);
    const [, wide] = await rows('--output=wide');
    expect(wide).toEqual(expect.arrayContaining(['["10.1.0.0/16"]', '["10.2.0.0/16"]', 'us-west-2', 'eu-west-2']));
  });

  test('all kinds are in the category isthmus and have their short names', async () => {
    const list = await cluster.mustKubectl(['api-resources', '--api-group=isthmus.dev', '--categories=isthmus', '--no-headers']);
    expect(
      list
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(/ +/).slice(0, 4)),
    ).toEqual([
      ['awsaccounts', 'awsacct', 'isthmus.dev/v1alpha1', 'false'],
      ['vpcpeerings', 'vpcp', 'isthmus.dev/v1alpha1', 'true'],
    ]);
  });

  test.each([
    ['vpcpeering', 'A VpcPeering joins two VPCs'],
    ['vpcpeering.spec.requester.routeTables.strategy', 'every table of the VPC'],
    ['vpcpeering.spec.requester.ingress.from', 'Where the traffic may come from.'],
    ['vpcpeering.status.resources', 'Deletion goes by this list alone'],
    ['awsaccount.spec.allowedNamespaces', 'Left out: none.'],
  ])('kubectl explain %s reads well', async (field, text) => {
    const explained = await cluster.mustKubectl(['explain', field]);
    expect(explained.replaceAll(/\s+/g, ' ')).toContain(text);
    expect(explained).not.toContain('<no description>');
  });

  test('an account that says nothing of namespaces is stored as one that nobody may use', async () => {
    const { stdout } = await create([account()], '--dry-run=server', '--output=jsonpath={.spec.allowedNamespaces}');
    expect(JSON.parse(stdout)).toEqual({ from: 'None' });
  });
});
