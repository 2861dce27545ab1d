import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../ambient/clock.ts';
import type { Resource } from '../kinds/kind.ts';
import { ConflictError, type Key } from './cluster.ts';
import { discover } from './memory-api/discovery.ts';
import { type Change, ChangeHistory, eventOf, type WatchEvent } from './memory-api/history.ts';
import { hasDirectives, isRecord, mergePatch } from './memory-api/merge-patch.ts';
import { protobufType } from './memory-api/protobuf.ts';
import {
  type ApiRequest,
  applyPatchType,
  bodyOf,
  isTrue,
  json,
  manifestOf,
  mergePatchType,
  readRequest,
  strategicMergePatchType,
  type Target,
  urlOf,
  type Verb,
  yaml,
} from './memory-api/request.ts';
import {
  type ApiObject,
  apiVersionOf,
  type CustomResourceDefinition,
  customResource,
  events,
  namespaces,
  type ServedResource,
} from './memory-api/resources.ts';
import { fieldSelector, labelSelector } from './memory-api/selector.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  forbidden,
  invalid,
  methodNotAllowed,
  notFound,
  StatusError,
} from './memory-api/status.ts';
import { tableOf } from './memory-api/table.ts';
import { InvalidError, type MemoryServer, type Replacement } from './memory-server.ts';

export type { CustomResourceDefinition } from './memory-api/resources.ts';

export interface MemoryApiOptions {
  readonly server: MemoryServer;
  /** Of the kinds that the server has, besides Namespaces. */
  readonly definitions: readonly CustomResourceDefinition[];
  /** The server's. */
  readonly clock: Clock;
  /**
   * The clock of those who read, where the server's runs at another speed. Watches end by it, and Events are told as if they had happened as
   * long ago on it: clients tell the ages of Events themselves. Left out: the same.
   */
  readonly readersClock?: Clock | undefined;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** A server that listens. */
export interface ListeningMemoryApi {
  /** `http://127.0.0.1:6443` */
  readonly url: string;
  /** Stops at once; watches are broken off. */
  close(): Promise<void>;
}

/**
 * Serves a server in memory over HTTP as the part of Kubernetes' REST API that kubectl needs to read, watch and change custom resources and
 * Namespaces, and to read Events. There is no authentication: it is meant for the loopback interface.
 *
 * @throws what Node gives where the port cannot be had
 */
export async function serveMemoryApi(options: MemoryApiOptions): Promise<ListeningMemoryApi> {
  const api = new MemoryApi(options);
  const http = createServer((incoming, outgoing) => {
    // It fails where the caller has broken the connection.
    api.answer(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port, options.host, () => {
      http.off('error', reject);
      resolve();
    });
  });
  const { address, family, port } = http.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        api.close();
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

const probes: readonly string[] = ['/healthz', '/livez', '/readyz'];
/** A watch that does not say how long it may last ends after this; clients begin another one then. */
const watchMs = 1_800_000;

class MemoryApi {
  readonly #server: MemoryServer;
  readonly #clock: Clock;
  readonly #readersClock: Clock;
  readonly #resources: readonly ServedResource[];
  readonly #history: ChangeHistory;

  constructor({ server, definitions, clock, readersClock = clock }: MemoryApiOptions) {
    this.#server = server;
    this.#clock = clock;
    this.#readersClock = readersClock;
    const stored = [namespaces(server), ...definitions.map((definition) => customResource(definition, server))];
    const apiVersions = new Map(stored.map((resource) => [resource.kind, apiVersionOf(resource)]));
    const eventsOptions = {
      server,
      apiVersionOf: (kind: string) => apiVersions.get(kind) ?? 'v1',
      told: (ms: number) => readersClock.now() - (clock.now() - ms),
    };
    this.#resources = [...stored, events('', eventsOptions), events('events.k8s.io', eventsOptions)];
    this.#history = new ChangeHistory(
      server,
      stored.map(({ kind }) => kind),
    );
  }

  close(): void {
    this.#history.close();
  }

  async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const send = (code: number, body: object) => {
      const text = `${JSON.stringify(body)}\n`;
      outgoing.writeHead(code, { 'content-type': json, 'content-length': Buffer.byteLength(text) }).end(text);
    };
    try {
      const { pathname } = urlOf(incoming);
      const isRead = incoming.method === 'GET';
      if (isRead && probes.includes(pathname)) return void outgoing.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      const discovered = isRead && discover(pathname.replace(/(?<=.)\/$/, ''), this.#resources);
      if (discovered) return send(200, discovered);
      const request = await readRequest(incoming, this.#resources);
      const { verb, resource } = request;
      if (verb === undefined || !resource.verbs.includes(verb)) throw methodNotAllowed();
      if (verb === 'watch') return this.#watch(request, outgoing);
      const { code = 200, body } = this.#serve(request, verb);
      send(code, body);
    } catch (error) {
      const status = error instanceof StatusError ? error : internalError(error);
      send(status.code, status.toJSON());
    }
  }

  #serve(request: ApiRequest, verb: Exclude<Verb, 'watch'>): { code?: number; body: object } {
    const { resource, namespace, query } = request;
    if (verb === 'list') return { body: this.#list(request) };
    if (verb === 'get') return { body: this.#shown(request, this.#mustFind(request)) };
    if (resource.namespaced && namespace === undefined) throw methodNotAllowed();
    // Nothing may be written for a client that only wants to know what would be.
    if (query.has('dryRun')) throw badRequest('dryRun is not supported by this server');
    switch (verb) {
      case 'create':
        return { code: 201, body: this.#create(request) };
      case 'update':
        return { body: this.#update(request) };
      case 'patch':
        return request.contentType === applyPatchType ? this.#apply(request) : { body: this.#patch(request) };
      case 'delete':
        return { body: this.#delete(request) };
      default:
        return verb satisfies never;
    }
  }

  #list(request: ApiRequest): object {
    const { resource } = request;
    const isChosen = chosenBy(request);
    const items = resource.list().filter(isChosen);
    const metadata = { resourceVersion: this.#server.version };
    if (request.table) return this.#table(request, items, metadata);
    return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
  }

  #table({ resource, table = 'Metadata' }: ApiRequest, objects: readonly ApiObject[], metadata: object): object {
    return tableOf(objects, metadata, { columns: resource.columns, now: this.#clock.now(), included: table });
  }

  /** One object, as the client wants to have it. */
  #shown(request: ApiRequest, object: ApiObject): object {
    return request.table ? this.#table(request, [object], { resourceVersion: object.metadata.resourceVersion }) : object;
  }

  #find({ resource, namespace, name }: Target): ApiObject | undefined {
    return resource.list().find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
  }

  #mustFind(target: Target): ApiObject {
    const found = this.#find(target);
    if (!found) throw notFound(target.resource, target.name ?? '');
    return found;
  }

  #create(request: ApiRequest): object {
    const { resource, namespace } = request;
    const accepted = [json, yaml, ...(resource.kind === 'Namespace' ? [protobufType] : [])];
    const manifest = manifestOf(request, bodyOf(request, accepted));
    const target = { resource, namespace, name: manifest.metadata.name };
    if (this.#find(target)) throw alreadyExists(resource, target.name);
    return this.#shown(request, this.#put(target, manifest));
  }

  /** Makes an object, or changes it by server-side apply. */
  #put({ resource, namespace, name }: Target & { readonly name: string }, manifest: Replacement): ApiObject {
    const place = namespace === undefined ? undefined : this.#server.read({ kind: 'Namespace', name: namespace });
    if (resource.namespaced && !place) throw notFound(namespaces(this.#server), namespace ?? '');
    if (place?.metadata.deletionTimestamp !== undefined && !this.#find({ resource, namespace, name })) {
      throw forbidden(resource, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
    }
    return resource.shown(refusedAs(resource, name, () => this.#server.apply(manifest)) as Resource);
  }

  #update(request: ApiRequest): object {
    const { resource, name = '' } = request;
    const manifest = manifestOf(request, bodyOf(request, [json, yaml]));
    this.#mustFind(request);
    // As the API server has it for custom resources; who reads nothing must not overwrite what others wrote.
    if (manifest.metadata.resourceVersion === undefined && resource.kind !== 'Namespace') {
      throw invalid(resource, name, ['metadata.resourceVersion: must be specified for an update']);
    }
    return this.#replace(request, manifest);
  }

  #patch(request: ApiRequest): object {
    const { resource, contentType } = request;
    const accepted = [mergePatchType, ...(resource.kind === 'Namespace' ? [strategicMergePatchType] : []), applyPatchType];
    const patch = bodyOf(request, accepted);
    // In what is kept of a Namespace there is no list that the two kinds of patch would merge in different ways.
    if (contentType === strategicMergePatchType && hasDirectives(patch))
      throw badRequest('directives of strategic merge patches are not supported');
    return this.#replace(request, manifestOf(request, mergePatch(this.#mustFind(request), patch)));
  }

  #replace(request: ApiRequest, manifest: Replacement): object {
    const { resource, name = '' } = request;
    const replaced = refusedAs(resource, name, () => this.#server.replace(manifest));
    return replaced ? this.#shown(request, resource.shown(replaced as Resource)) : success(request);
  }

  #apply(request: ApiRequest): { code: number; body: object } {
    const { resource, namespace, name = '' } = request;
    const manifest = manifestOf(request, bodyOf(request, [applyPatchType]));
    const before = this.#find(request);
    const { uid, resourceVersion } = manifest.metadata;
    if (before) checkPreconditions(request, before, { uid, resourceVersion });
    else if (uid !== undefined || resourceVersion !== undefined) throw conflict(resource, name, 'the object does not exist');
    return { code: before ? 200 : 201, body: this.#shown(request, this.#put({ resource, namespace, name }, manifest)) };
  }

  #delete(request: ApiRequest): object {
    const { resource, namespace, name = '', body } = request;
    const before = this.#mustFind(request);
    const options = body.length === 0 ? {} : bodyOf(request, [json, yaml]);
    if (Array.isArray(options.dryRun) && options.dryRun.length > 0) throw badRequest('dryRun is not supported by this server');
    if (isRecord(options.preconditions)) checkPreconditions(request, before, options.preconditions);
    if (resource.kind === 'Namespace' && ['default', 'kube-system'].includes(name)) {
      throw forbidden(resource, name, 'this namespace may not be deleted');
    }
    const key: Key = { kind: resource.kind, name, ...(namespace !== undefined && { namespace }) };
    this.#server.delete(key);
    const left = this.#server.read(key);
    return left ? this.#shown(request, resource.shown(left)) : success(request, before.metadata.uid);
  }

  #watch(request: ApiRequest, outgoing: ServerResponse): void {
    const { resource, query } = request;
    const isChosen = chosenBy(request);
    const version = query.get('resourceVersion') ?? '';
    const wantsAll = isTrue(query.get('sendInitialEvents')) || version === '' || version === '0';
    const missed = wantsAll ? [] : this.#history.since(version);
    if (!missed) throw expired(version);

    const write = (type: WatchEvent['type'], object: ApiObject) => {
      outgoing.write(`${JSON.stringify({ type, object: type === 'BOOKMARK' ? object : this.#shown(request, object) })}\n`);
    };
    const tell = (change: Change) => {
      if (change.kind !== resource.kind) return;
      const event = eventOf(change, (object) => isChosen(resource.shown(object)));
      if (event) write(event.type, resource.shown(event.object));
    };
    outgoing.writeHead(200, { 'content-type': json });
    // A client waits for the head before it believes that it is watching.
    outgoing.flushHeaders();
    if (wantsAll) for (const object of resource.list().filter(isChosen)) write('ADDED', object);
    if (isTrue(query.get('sendInitialEvents'))) write('BOOKMARK', bookmark(resource, this.#server.version));
    for (const change of missed) tell(change);

    const stop = this.#history.listen(tell);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const timer = this.#readersClock.after(seconds > 0 ? seconds * 1_000 : watchMs, () => outgoing.end());
    outgoing.once('close', () => {
      stop();
      timer.cancel();
    });
  }
}

/** @throws StatusError 422, 409 in place of what the server throws */
function refusedAs<Answer>(resource: ServedResource, name: string, write: () => Answer): Answer {
  try {
    return write();
  } catch (error) {
    if (error instanceof InvalidError) throw invalid(resource, name, error.errors);
    if (error instanceof ConflictError) throw conflict(resource, name, error.message);
    throw error;
  }
}

function checkPreconditions(
  { resource }: Target,
  { metadata }: ApiObject,
  { uid, resourceVersion }: { readonly uid?: unknown; readonly resourceVersion?: unknown },
): void {
  if ((uid ?? metadata.uid) !== metadata.uid) throw conflict(resource, metadata.name, 'it is another object of the same name');
  if ((resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion) {
    throw conflict(resource, metadata.name, 'the object has been modified');
  }
}

/** @throws StatusError 400 where a selector cannot be read */
function chosenBy({ resource, namespace, name, query }: ApiRequest): (object: ApiObject) => boolean {
  const hasLabels = labelSelector(query.get('labelSelector') ?? '');
  const hasFields = fieldSelector(query.get('fieldSelector') ?? '', resource.fields);
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    hasLabels(object.metadata.labels ?? {}) &&
    hasFields(object);
}

/** The end of what was there when the watch began. */
function bookmark(resource: ServedResource, resourceVersion: string): ApiObject {
  const metadata = { resourceVersion, annotations: { 'k8s.io/initial-events-end': 'true' } };
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: metadata as unknown as ApiObject['metadata'] };
}

/** The object is gone. */
function success({ resource, name }: Target, uid?: string): object {
  const details = { name, group: resource.group, kind: resource.plural, ...(uid !== undefined && { uid }) };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function internalError(error: unknown): StatusError {
  return new StatusError({ code: 500, reason: 'InternalError', message: `Internal error occurred: ${(error as Error).message}` });
}
