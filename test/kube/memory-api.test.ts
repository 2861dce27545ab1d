import { afterEach, describe, expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { admit } from '../../src/kinds/admission.ts';
import { crdOf } from '../../src/kinds/crd.ts';
import { kindApis } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { group, version } from '../../src/kinds/kind-api.ts';
import { type CustomResourceDefinition, type ListeningMemoryApi, serveMemoryApi } from '../../src/kube/memory-api.ts';
import { MemoryServer } from '../../src/kube/memory-server.ts';

const key = { kind: 'VpcPeering', namespace: 'team', name: 'a' };
const root = `/apis/${group}/${version}`;
const folder = `${root}/namespaces/team/vpcpeerings`;
const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

const side = (name: string) => ({ vpcSelector: { tags: { Name: name } } });
const peering = (metadata: object = {}, spec: object = {}) => ({
  apiVersion: `${group}/${version}`,
  kind: 'VpcPeering',
  metadata: { name: 'a', namespace: 'team', ...metadata },
  spec: { requester: side('one'), accepter: side('two'), ...spec },
});

const open: ListeningMemoryApi[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

/** Whatever an answer may be: a client reads the fields that it expects. */
interface Body extends Resource<Record<string, unknown>> {
  readonly items: readonly (Resource & { readonly note: string })[];
  readonly groups: readonly { readonly name: string }[];
  readonly resources: readonly { readonly name: string }[];
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: object }[];
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string; readonly patch: { readonly parameters: unknown } }>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly message: string;
  readonly details: { readonly causes: readonly { readonly field: string }[] };
}

interface Answer {
  readonly status: number;
  readonly body: Body;
}

async function served({ readersClock }: { readersClock?: VirtualClock } = {}) {
  const clock = new VirtualClock();
  const server = new MemoryServer({
    clock,
    random: seededRandom(1),
    kinds: kindApis.map((api) => ({ kind: api.kind, apiVersion: `${group}/${version}`, namespaced: api.scope === 'Namespaced' })),
    admit,
  });
  server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  const definitions = kindApis.map((api) => crdOf(api) as CustomResourceDefinition);
  const api = await serveMemoryApi({ server, definitions, clock, readersClock, host: '127.0.0.1', port: 0 });
  open.push(api);
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(`${api.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: answer.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text };
  };
  const get = (path: string, accept?: string) => call('GET', path, undefined, accept === undefined ? {} : { accept });
  const patch = (path: string, body: unknown, type = 'merge-patch+json') =>
    call('PATCH', path, body, { 'content-type': `application/${type}` });
  return { clock, server, api, call, get, patch };
}

/** A watch's events so far, and a way to wait for so many. */
async function watching(url: string, accept = 'application/json') {
  const answer = await fetch(url, { headers: { accept } });
  expect(answer.status).toBe(200);
  const seen: { type: string; object: Body }[] = [];
  let rest = '';
  let hasEnded = false;
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => {
    const { value, done } = await reader.read();
    hasEnded = done;
    const lines = (rest + new TextDecoder().decode(value)).split('\n');
    rest = lines.pop() ?? '';
    seen.push(...lines.map((line) => JSON.parse(line)));
  };
  return {
    async until(count: number) {
      while (seen.length < count && !hasEnded) await next();
      return seen.map(({ type, object }) => `${type} ${object.metadata.name ?? object.kind}`);
    },
    async end() {
      while (!hasEnded) await next();
      return seen.map(({ type, object }) => `${type} ${object.metadata.name ?? object.kind}`);
    },
    seen,
    cancel: () => reader.cancel(),
  };
}

describe('a client that asks what there is', () => {
  test('learns of the version, the groups and the resources', async () => {
    const { get } = await served();
    expect((await get('/version')).body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
    expect((await get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await get('/apis')).body.groups.map(({ name }: { name: string }) => name)).toEqual(['isthmus.dev', 'events.k8s.io']);
    expect((await get('/apis/isthmus.dev')).body).toMatchObject({ kind: 'APIGroup', preferredVersion: { version: 'v1alpha1' } });
    const core = (await get('/api/v1')).body.resources;
    expect(core.map(({ name }: { name: string }) => name)).toEqual(['namespaces', 'events']);
    expect((await get(root)).body.resources).toContainEqual({
      name: 'vpcpeerings',
      singularName: 'vpcpeering',
      kind: 'VpcPeering',
      namespaced: true,
      shortNames: ['vpcp'],
      categories: ['isthmus'],
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
    });
    expect((await get('/readyz')).body).toBe('ok');
  });

  test('finds the schemas by way of the index', async () => {
    const { get } = await served();
    const { paths } = (await get('/openapi/v3')).body;
    const document = (await get(paths['apis/isthmus.dev/v1alpha1']?.serverRelativeURL ?? '')).body;
    expect(document.components.schemas['dev.isthmus.v1alpha1.VpcPeering']).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: 'isthmus.dev', version: 'v1alpha1', kind: 'VpcPeering' }],
      properties: { spec: { required: expect.arrayContaining(['requester', 'accepter']) } },
    });
    const path = document.paths['/apis/isthmus.dev/v1alpha1/namespaces/{namespace}/vpcpeerings/{name}'];
    expect(path?.patch.parameters).toContainEqual(expect.objectContaining({ name: 'fieldValidation', in: 'query' }));
  });
});

describe('a client that reads', () => {
  test('gets one object, those of a namespace, and all', async () => {
    const { server, get } = await served();
    server.apply(peering());
    server.apply(peering({ namespace: 'default', name: 'b' }));
    const one = await get(`${folder}/a`);
    expect(one.body).toMatchObject({ kind: 'VpcPeering', metadata: { name: 'a' }, spec: { acceptance: 'Automatic' } });
    expect(one.body.metadata).not.toHaveProperty('labels');
    const ofTeam = await get(folder);
    expect(ofTeam.body).toEqual({
      kind: 'VpcPeeringList',
      apiVersion: 'isthmus.dev/v1alpha1',
      metadata: { resourceVersion: server.version },
      items: [one.body],
    });
    expect((await get(`${root}/vpcpeerings`)).body.items).toHaveLength(2);
    expect((await get(`${root}/namespaces/nowhere/vpcpeerings`)).body.items).toEqual([]);
  });

  test.each([
    ['labelSelector', 'tier=prod', ['a']],
    ['labelSelector', 'tier!=prod', ['b', 'c']],
    ['labelSelector', 'tier in (prod, dev),team', ['a']],
    ['labelSelector', 'tier notin (prod)', ['b', 'c']],
    ['labelSelector', '!tier', ['c']],
    ['fieldSelector', 'metadata.name=b', ['b']],
    ['fieldSelector', 'metadata.name!=b,metadata.namespace=team', ['a', 'c']],
  ])('chooses with %s %s', async (parameter, selector, names) => {
    const { server, get } = await served();
    server.apply(peering({ labels: { tier: 'prod', team: 'net' } }));
    server.apply(peering({ name: 'b', labels: { tier: 'dev' } }));
    server.apply(peering({ name: 'c' }));
    const { body } = await get(`${folder}?${new URLSearchParams({ [parameter]: selector })}`);
    expect(body.items.map(({ metadata }: Resource) => metadata.name)).toEqual(names);
  });

  test('gets a Table with the columns of the kind', async () => {
    const { clock, server, get } = await served();
    server.apply(peering());
    server.writeStatus(server.read(key) as Resource, {
      requester: { vpcId: 'vpc-1', cidrs: ['10.0.0.0/16'] },
      conditions: [{ type: 'Ready', status: 'False', reason: 'Progressing' }],
    });
    clock.jump(252_000);
    const { body } = await get(`${root}/vpcpeerings?limit=500`, tableType);
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion: server.version } });
    const [row] = body.rows;
    const cells = body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }, index: number) => [
      name,
      priority,
      row?.cells[index],
    ]);
    expect(cells).toEqual([
      ['Name', 0, 'a'],
      ['Requester', 0, 'vpc-1'],
      ['Accepter', 0, null],
      ['Peering', 0, null],
      ['State', 0, null],
      ['Ready', 0, 'False'],
      ['Reason', 0, 'Progressing'],
      ['Requester CIDRs', 1, '["10.0.0.0/16"]'],
      ['Accepter CIDRs', 1, null],
      ['Requester region', 1, null],
      ['Accepter region', 1, null],
      ['Age', 0, '4m12s'],
    ]);
    expect(row?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a', namespace: 'team' } });
    expect((await get(`${folder}/a?includeObject=Object`, tableType)).body.rows[0]?.object).toHaveProperty('spec');
    expect((await get(`${folder}/a?includeObject=None`, tableType)).body.rows[0]).not.toHaveProperty('object');
  });

  test('finds the Events about an object in both groups, as long ago on its own clock', async () => {
    const readersClock = new VirtualClock(Date.UTC(2030, 0, 1));
    const { clock, server, get } = await served({ readersClock });
    server.apply(peering());
    server.apply(peering({ name: 'b' }));
    const object = server.read(key) as Resource;
    const note = { type: 'Warning', reason: 'VpcNotFound', action: 'Reconcile', message: 'no VPC has the tag Name=one' } as const;
    server.recordEvent(object, note);
    clock.jump(60_000);
    server.recordEvent(object, note);
    server.recordEvent({ ...object, metadata: { ...object.metadata, name: 'b' } }, { ...note, message: 'of another' });
    clock.jump(30_000);
    const selector = `involvedObject.name=a,involvedObject.namespace=team,involvedObject.kind=VpcPeering,involvedObject.uid=${object.metadata.uid}`;
    const { body } = await get(`/api/v1/namespaces/team/events?${new URLSearchParams({ fieldSelector: selector })}`);
    expect(body.items).toEqual([
      expect.objectContaining({
        kind: 'Event',
        type: 'Warning',
        reason: 'VpcNotFound',
        message: 'no VPC has the tag Name=one',
        involvedObject: expect.objectContaining({ apiVersion: 'isthmus.dev/v1alpha1', kind: 'VpcPeering', name: 'a' }),
        eventTime: '2029-12-31T23:58:30.000000Z',
        series: { count: 2, lastObservedTime: '2029-12-31T23:59:30.000000Z' },
      }),
    ]);
    const newer = (await get('/apis/events.k8s.io/v1/events')).body.items;
    expect(newer.map(({ note: text }: { note: string }) => text)).toEqual(['no VPC has the tag Name=one', 'of another']);
    expect((await get('/api/v1/events', tableType)).body.rows[0]?.cells).toContain('vpcpeering/a');
    expect((await get(`/api/v1/namespaces/team/events/${body.items[0]?.metadata.name}`)).body).toEqual(body.items[0]);
  });
});

describe('a client that watches', () => {
  test('hears of what is there and of what happens', async () => {
    const { api, server } = await served();
    server.apply(peering());
    const watch = await watching(`${api.url}${folder}?watch=true`);
    expect(await watch.until(1)).toEqual(['ADDED a']);
    server.label(key, { tier: 'prod' });
    server.apply(peering({ namespace: 'default' }));
    server.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    server.delete(key);
    expect(await watch.until(3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    const versions = watch.seen.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    await watch.cancel();
  });

  test('goes on from where its list ended, and is sent back to list where that is too long ago', async () => {
    const { api, server, get } = await served();
    server.apply(peering());
    const { resourceVersion } = (await get(folder)).body.metadata;
    server.apply(peering({ name: 'b' }));
    const watch = await watching(`${api.url}${folder}?watch=1&resourceVersion=${resourceVersion}&allowWatchBookmarks=true`);
    server.delete(key);
    expect(await watch.until(2)).toEqual(['ADDED b', 'DELETED a']);
    await watch.cancel();
    for (const unknown of ['1', '99999', 'x']) {
      expect(await get(`${folder}?watch=1&resourceVersion=${unknown}`)).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    }
    for (let round = 0; round < 1_001; round++) server.label({ ...key, name: 'b' }, { round: `${round}` });
    expect((await get(`${folder}?watch=1&resourceVersion=${resourceVersion}`)).status).toBe(410);
  });

  test('hears that an object has come into, or has left, what it has chosen', async () => {
    const { api, server } = await served();
    server.apply(peering());
    const watch = await watching(`${api.url}${folder}?watch=1&labelSelector=tier%3Dprod`);
    server.label(key, { tier: 'prod' });
    server.label(key, { tier: 'prod', other: 'x' });
    server.label(key, { tier: 'dev' });
    server.label(key, { tier: undefined });
    server.label(key, { tier: 'prod' });
    expect(await watch.until(4)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a']);
    await watch.cancel();
  });

  test('is told the end of what was there, if it asks for that', async () => {
    const { api, server } = await served();
    server.apply(peering());
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await watching(`${api.url}${folder}?${query}`);
    expect(await watch.until(2)).toEqual(['ADDED a', 'BOOKMARK VpcPeering']);
    expect(watch.seen[1]?.object.metadata).toEqual({
      resourceVersion: server.version,
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
    await watch.cancel();
  });

  test('gets Tables where it asks for them', async () => {
    const { api, server } = await served();
    server.apply(peering());
    const watch = await watching(`${api.url}${folder}?watch=1`, tableType);
    expect(await watch.until(1)).toEqual(['ADDED Table']);
    expect(watch.seen[0]?.object.rows[0]?.cells[0]).toBe('a');
    await watch.cancel();
  });

  test('is let go after the time that it asked for, and when the server closes', async () => {
    const { api, clock, server } = await served();
    server.apply(peering());
    const short = await watching(`${api.url}${folder}?watch=1&timeoutSeconds=7`);
    const long = await watching(`${api.url}${folder}?watch=1`);
    await clock.advance(7_000);
    expect(await short.end()).toEqual(['ADDED a']);
    server.label(key, { tier: 'prod' });
    expect(await long.until(2)).toEqual(['ADDED a', 'MODIFIED a']);
    await api.close();
    await expect(long.end()).rejects.toThrow();
    await settle();
    expect(clock.untilNext).toBeUndefined();
  });
});

describe('a client that writes', () => {
  test('makes an object, with its defaults', async () => {
    const { server, call } = await served();
    const { namespace: _, ...metadata } = peering().metadata;
    const { status, body } = await call('POST', folder, { ...peering(), metadata: { ...metadata, finalizers: ['example.com/mine'] } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ metadata: { name: 'a', namespace: 'team', generation: 1 }, spec: { acceptance: 'Automatic' } });
    expect(server.read(key)?.metadata.finalizers).toEqual(['example.com/mine']);
  });

  test('puts a whole object in place of what it has read, and not of what others have changed since', async () => {
    const { server, call, get } = await served();
    server.apply(peering({ labels: { old: 'x' } }));
    const { body: read } = await get(`${folder}/a`);
    const changed = { ...read, metadata: { ...read.metadata, labels: { fresh: 'y' } }, spec: { ...read.spec, paused: true }, status: {} };
    const first = await call('PUT', `${folder}/a`, changed);
    expect(first).toMatchObject({ status: 200, body: { metadata: { generation: 2, labels: { fresh: 'y' } }, spec: { paused: true } } });
    expect(first.body.status).toEqual({ observedGeneration: -1 });
    expect(await call('PUT', `${folder}/a`, changed)).toMatchObject({
      status: 409,
      body: {
        kind: 'Status',
        status: 'Failure',
        reason: 'Conflict',
        code: 409,
        details: { name: 'a', group: 'isthmus.dev', kind: 'vpcpeerings' },
      },
    });
    const { resourceVersion: _, ...unread } = read.metadata;
    expect(await call('PUT', `${folder}/a`, { ...read, metadata: unread })).toMatchObject({
      status: 422,
      body: { details: { causes: [{ field: 'metadata.resourceVersion', message: 'must be specified for an update' }] } },
    });
  });

  test('changes what a merge patch names, and takes away what is null in it', async () => {
    const { server, patch } = await served();
    server.apply(peering({ labels: { old: 'x', kept: 'y' } }, { tags: { a: '1', b: '2' } }));
    const { status, body } = await patch(`${folder}/a`, {
      metadata: { labels: { old: null }, annotations: { note: 'hello' } },
      spec: { tags: { a: null }, paused: true },
    });
    expect(status).toBe(200);
    expect(body.metadata).toMatchObject({ labels: { kept: 'y' }, annotations: { note: 'hello' }, generation: 2 });
    expect(body.spec).toMatchObject({ tags: { b: '2' }, paused: true, requester: { vpcSelector: { tags: { Name: 'one' } } } });
    expect(await patch(`${folder}/a`, { metadata: { resourceVersion: '1' } })).toMatchObject({ status: 409 });
    expect(await patch(`${folder}/a`, { metadata: { uid: 'another' } })).toMatchObject({ status: 409 });
  });

  test('applies on the server: makes, changes, and takes away the labels that it has applied before', async () => {
    const { server, patch } = await served();
    const apply = (body: object) => patch(`${folder}/a?fieldManager=kubectl&force=true`, body, 'apply-patch+yaml');
    expect(await apply(peering({ labels: { mine: 'x' } }))).toMatchObject({ status: 201 });
    server.label(key, { theirs: 'y' });
    const again = await apply(peering({ labels: {} }, { paused: true }));
    expect(again).toMatchObject({ status: 200, body: { metadata: { labels: { theirs: 'y' } }, spec: { paused: true } } });
    expect(await apply(peering({ resourceVersion: '1' }))).toMatchObject({ status: 409 });
    const inYaml =
      'apiVersion: isthmus.dev/v1alpha1\nkind: AwsAccount\nmetadata: {name: main}\nspec: {accountId: "111122223333", defaultRegion: eu-west-1}\n';
    expect(await patch(`${root}/awsaccounts/main`, inYaml, 'apply-patch+yaml')).toMatchObject({
      status: 201,
      body: { kind: 'AwsAccount' },
    });
  });

  test('deletes: at once, or once the finalizers are gone', async () => {
    const { server, call, patch } = await served();
    server.apply(peering());
    const { uid } = server.read(key)?.metadata ?? {};
    expect(await call('DELETE', `${folder}/a`, { preconditions: { uid: 'another' } })).toMatchObject({ status: 409 });
    expect(await call('DELETE', `${folder}/a`, { propagationPolicy: 'Background' })).toMatchObject({
      status: 200,
      body: { kind: 'Status', status: 'Success', details: { name: 'a', group: 'isthmus.dev', kind: 'vpcpeerings', uid } },
    });
    expect(await call('DELETE', `${folder}/a`)).toMatchObject({ status: 404 });

    server.apply(peering({ finalizers: ['example.com/mine'] }));
    expect(await call('DELETE', `${folder}/a`)).toMatchObject({
      status: 200,
      body: { kind: 'VpcPeering', metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', generation: 2 } },
    });
    expect(await patch(`${folder}/a`, { metadata: { finalizers: ['example.com/mine', 'example.com/more'] } })).toMatchObject({
      status: 422,
    });
    expect(server.read(key)).toBeDefined();
    expect(await patch(`${folder}/a`, { metadata: { finalizers: null } })).toMatchObject({ status: 200, body: { status: 'Success' } });
    expect(server.read(key)).toBeUndefined();
  });

  test('deletes a Namespace with all that is in it, and nothing new comes into it meanwhile', async () => {
    const { server, call, get, patch } = await served();
    server.apply(peering({ finalizers: ['example.com/mine'] }));
    server.apply(peering({ name: 'b' }));
    expect(await call('DELETE', '/api/v1/namespaces/team')).toMatchObject({
      body: { kind: 'Namespace', status: { phase: 'Terminating' } },
    });
    expect((await get(folder)).body.items).toMatchObject([{ metadata: { name: 'a', deletionTimestamp: expect.any(String) } }]);
    expect(await call('POST', folder, peering({ name: 'c' }))).toMatchObject({ status: 403, body: { reason: 'Forbidden' } });
    await patch(`${folder}/a`, { metadata: { finalizers: [] } });
    expect(await get('/api/v1/namespaces/team')).toMatchObject({ status: 404 });
    expect(await call('POST', folder, peering())).toMatchObject({ status: 404, body: { message: 'namespaces "team" not found' } });
    expect(await call('DELETE', '/api/v1/namespaces/default')).toMatchObject({ status: 403 });
  });

  test('makes and changes Namespaces in the ways that kubectl has for kinds that it knows', async () => {
    const { call, patch } = await served();
    const text = (number: number, value: string | Buffer) => {
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
    };
    const label = text(11, Buffer.concat([text(1, 'tier'), text(2, 'prod')]));
    const metadata = Buffer.concat([text(1, 'made'), Buffer.from([7 * 8, 0x80, 0x01]), label]);
    const message = Buffer.concat([
      Buffer.from('k8s\0'),
      text(1, Buffer.concat([text(1, 'v1'), text(2, 'Namespace')])),
      text(2, text(1, metadata)),
    ]);
    const post = (body: Buffer) => call('POST', '/api/v1/namespaces', body, { 'content-type': 'application/vnd.kubernetes.protobuf' });
    expect(await post(message)).toMatchObject({
      status: 201,
      body: { kind: 'Namespace', metadata: { name: 'made', labels: { tier: 'prod', 'kubernetes.io/metadata.name': 'made' } } },
    });
    expect(await post(message)).toMatchObject({ status: 409, body: { reason: 'AlreadyExists' } });
    expect(await post(message.subarray(0, -3))).toMatchObject({ status: 400 });
    const strategic = (body: object) => patch('/api/v1/namespaces/made', body, 'strategic-merge-patch+json');
    expect(await strategic({ metadata: { labels: { tier: null } } })).toMatchObject({
      status: 200,
      body: { metadata: { labels: { 'kubernetes.io/metadata.name': 'made' } }, status: { phase: 'Active' } },
    });
    expect(await strategic({ metadata: { $patch: 'replace' } })).toMatchObject({ status: 400 });
  });

  test('is told field by field what is wrong with a manifest', async () => {
    const { server, call } = await served();
    const { status, body } = await call('POST', folder, peering({}, { colour: 'blue', paused: 'no' }));
    expect(status).toBe(422);
    expect(body).toMatchObject({ reason: 'Invalid', details: { kind: 'VpcPeering', group: 'isthmus.dev', name: 'a' } });
    expect(body.details.causes.map(({ field }: { field: string }) => field).toSorted()).toEqual(['spec.colour', 'spec.paused']);
    expect(body.message).toContain('VpcPeering.isthmus.dev "a" is invalid: [spec.');
    expect(server.read(key)).toBeUndefined();
  });

  test.each<[string, { method?: string; path?: string; body?: unknown; type?: string }, number, string]>([
    ['a path that leads nowhere', { method: 'GET', path: '/apis/apps/v1/deployments' }, 404, 'could not find the requested resource'],
    ['a path with something after the name', { method: 'GET', path: `${folder}/a/status` }, 404, 'could not find the requested resource'],
    ['a path that is not encoded rightly', { method: 'GET', path: `${folder}/%ff` }, 400, 'cannot be decoded'],
    ['an object that is not there', { method: 'GET', path: `${folder}/x` }, 404, 'vpcpeerings.isthmus.dev "x" not found'],
    ['a patch of what is not there', { method: 'PATCH', path: `${folder}/x`, type: 'merge-patch+json' }, 404, '"x" not found'],
    ['a method that a list does not have', { method: 'DELETE' }, 405, 'does not allow this method'],
    ['a method that an object does not have', { path: `${folder}/a` }, 405, 'does not allow this method'],
    ['a namespaced object outside of a namespace', { path: `${root}/vpcpeerings` }, 405, 'does not allow this method'],
    ['writes to discovery', { path: root }, 404, 'could not find the requested resource'],
    ['Events from anybody', { path: '/api/v1/namespaces/team/events' }, 405, 'does not allow this method'],
    ['a watch of Events', { method: 'GET', path: '/api/v1/events?watch=1' }, 405, 'does not allow this method'],
    ['a dry run', { path: `${folder}?dryRun=All` }, 400, 'dryRun is not supported'],
    ['a body of another type', { type: 'x-www-form-urlencoded' }, 415, 'accepted media types include: application/json'],
    ['a JSON patch', { method: 'PATCH', path: `${folder}/a`, body: [], type: 'json-patch+json' }, 415, 'application/merge-patch+json'],
    ['a strategic merge patch of a custom resource', { method: 'PATCH', path: `${folder}/a`, type: 'strategic-merge-patch+json' }, 415, ''],
    ['a body that is no JSON', { body: '{' }, 400, 'the body cannot be read'],
    ['a body that is no object', { body: '[]' }, 400, 'must be an object'],
    ['another kind than the URL says', { path: `${root}/awsaccounts` }, 400, 'the body must be AwsAccount'],
    ['another namespace than the URL says', { body: peering({ namespace: 'default' }) }, 400, 'the namespace of the body, default,'],
    ['another name than the URL says', { method: 'PUT', path: `${folder}/b` }, 400, 'the name of the body, a,'],
    ['a name that is none', { body: peering({ name: 'No' }) }, 422, 'metadata.name: must be lower-case'],
    ['finalizers that are no list', { body: peering({ finalizers: 'mine' }) }, 422, 'metadata.finalizers: must be a list of names'],
    [
      'a label selector that cannot be read',
      { method: 'GET', path: `${folder}?labelSelector=a%20b` },
      400,
      'unable to parse requirement: a b',
    ],
    ['a field that cannot be selected by', { method: 'GET', path: `${folder}?fieldSelector=spec.paused%3Dtrue` }, 400, 'spec.paused'],
    ['a body that is too long', { body: `"${'x'.repeat(3 * 1024 * 1024)}"` }, 413, 'limit is 3145728 bytes'],
  ])('is refused %s', async (_, { method = 'POST', path = folder, body = peering(), type = 'json' }, code, message) => {
    const { server, call } = await served();
    const { version: before } = server;
    const answer = await call(method, path, method === 'GET' ? undefined : body, { 'content-type': `application/${type}` });
    expect(answer).toMatchObject({ status: code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code } });
    expect(answer.body.message).toContain(message);
    expect(server.version).toBe(before);
  });
});
