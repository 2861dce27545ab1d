import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { checkMetadata } from '../../kinds/metadata.ts';
import type { Replacement } from '../memory-server.ts';
import { isRecord, mergePatch } from './merge-patch.ts';
import { protobufType, readNamespace } from './protobuf.ts';
import { apiVersionOf, type ServedResource } from './resources.ts';
import { badRequest, invalid, noSuchResource, StatusError, unsupportedMediaType } from './status.ts';
import type { IncludedObject } from './table.ts';

/** As the API server has it. */
const longestBody = 3 * 1024 * 1024;

export const json = 'application/json';
export const yaml = 'application/yaml';
export const mergePatchType = 'application/merge-patch+json';
export const strategicMergePatchType = 'application/strategic-merge-patch+json';
export const applyPatchType = 'application/apply-patch+yaml';

/** What a URL is about. */
export interface Target {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  /** Left out: all of them. */
  readonly name: string | undefined;
}

/** A request for resources. */
export interface ApiRequest extends Target {
  /** What is wanted, by Kubernetes' name; undefined where there is no such thing to want of the path. */
  readonly verb: Verb | undefined;
  readonly query: URLSearchParams;
  /** The type alone, without parameters. */
  readonly contentType: string;
  readonly body: Buffer;
  /** The answer is wanted as a Table, with this beside each row. */
  readonly table: IncludedObject | undefined;
}

export type Verb = 'list' | 'watch' | 'create' | 'get' | 'update' | 'patch' | 'delete';

/** @throws StatusError 404 where the path leads to no resource, 400 and 413 where it cannot be read */
export async function readRequest(incoming: IncomingMessage, resources: readonly ServedResource[]): Promise<ApiRequest> {
  // Read first, whatever comes of it: a caller that is still sending does not listen.
  const body = await readBody(incoming);
  const { pathname, searchParams: query } = urlOf(incoming);
  const target = targetOf(pathname, resources);
  return {
    ...target,
    verb: verbOf(incoming.method, target.name, query),
    query,
    contentType: (incoming.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
    body,
    table: tableAsked(incoming.headers.accept ?? '', query),
  };
}

/** @throws StatusError 400 */
export function urlOf({ url = '/' }: IncomingMessage): URL {
  if (!URL.canParse(url, 'http://kubernetes')) throw badRequest(`cannot be read: ${url}`);
  return new URL(url, 'http://kubernetes');
}

/** `/api/v1/…` and `/apis/<group>/<version>/…`: `<plural>[/<name>]`, or `namespaces/<namespace>/` before that. */
function targetOf(pathname: string, resources: readonly ServedResource[]): Target {
  const [, root, ...rest] = pathname.split('/').map(decodedPart);
  const group = root === 'api' ? '' : root === 'apis' ? rest.shift() : undefined;
  const version = rest.shift();
  const isInNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = isInNamespace ? rest[1] : undefined;
  const [plural, name, ...more] = isInNamespace ? rest.slice(2) : rest;
  const resource = resources.find((each) => each.group === group && each.version === version && each.plural === plural);
  if (!resource || more.length > 0 || name === '' || (isInNamespace && !resource.namespaced)) throw noSuchResource();
  if (resource.namespaced && !isInNamespace && name !== undefined) throw noSuchResource();
  return { resource, namespace, name };
}

function verbOf(method: string | undefined, name: string | undefined, query: URLSearchParams): Verb | undefined {
  const isOne = name !== undefined;
  switch (method) {
    case 'GET':
      if (isOne) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    case 'POST':
      return isOne ? undefined : 'create';
    case 'PUT':
      return isOne ? 'update' : undefined;
    case 'PATCH':
      return isOne ? 'patch' : undefined;
    case 'DELETE':
      return isOne ? 'delete' : undefined;
    default:
      return undefined;
  }
}

/** @throws StatusError 400 where it is not percent-encoded rightly */
function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`cannot be decoded: ${part}`);
  }
}

export const isTrue = (value: string | null): boolean => value === 'true' || value === '1';

/** The first type that a client accepts is the one that it wants; kubectl names the Table first. */
function tableAsked(accept: string, query: URLSearchParams): IncludedObject | undefined {
  const first = accept.split(',').find((type) => type.trim().startsWith(json)) ?? '';
  if (!/;\s*as=Table\b/.test(first)) return undefined;
  const included = query.get('includeObject');
  return included === 'None' || included === 'Object' ? included : 'Metadata';
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= longestBody) chunks.push(chunk);
  }
  if (length <= longestBody) return Buffer.concat(chunks);
  throw new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `limit is ${longestBody} bytes` });
}

function read(contentType: string, body: Buffer): unknown {
  if (contentType === protobufType) return readNamespace(body);
  return contentType.endsWith('yaml') ? parseYaml(body.toString()) : JSON.parse(body.toString());
}

/** @throws StatusError 415 for another type, 400 where it is no object */
export function bodyOf({ contentType, body }: ApiRequest, accepted: readonly string[]): Readonly<Record<string, unknown>> {
  if (!accepted.includes(contentType)) throw unsupportedMediaType(accepted);
  let value: unknown;
  try {
    value = read(contentType, body);
  } catch (error) {
    throw badRequest(`the body cannot be read: ${(error as Error).message}`);
  }
  if (!isRecord(value)) throw badRequest('the body must be an object');
  return value;
}

/**
 * A body as a manifest for the place that the URL names.
 *
 * @throws StatusError 400 where it is meant for another place, 422 where its metadata is not right
 */
export function manifestOf({ resource, namespace, name }: ApiRequest, body: unknown): Replacement {
  const { apiVersion, kind, metadata } = body as Readonly<Record<string, unknown>>;
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    throw badRequest(`the body must be ${resource.kind} of ${apiVersionOf(resource)}, not ${kind} of ${apiVersion}`);
  }
  // To Kubernetes what is null is missing; and clients write "" for what they leave out.
  const given = Object.entries(mergePatch({}, isRecord(metadata) ? metadata : {}) as object).filter(([, value]) => value !== '');
  const place: Readonly<Record<string, unknown>> = {
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...Object.fromEntries(given),
  };
  if (place.namespace !== namespace) throw badRequest(`the namespace of the body, ${place.namespace}, is not that of the request`);
  if (name !== undefined && place.name !== name) throw badRequest(`the name of the body, ${place.name}, is not that of the request`);
  const errors = checkMetadata(place).map(({ field, message }) => `${field}: ${message}`);
  const { finalizers = [] } = place;
  if (!Array.isArray(finalizers) || finalizers.some((each) => typeof each !== 'string')) {
    errors.push('metadata.finalizers: must be a list of names');
  }
  if (errors.length > 0) throw invalid(resource, String(place.name ?? ''), errors);
  return { ...(body as object), metadata: place } as unknown as Replacement;
}
