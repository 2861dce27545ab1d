import { ApiError } from '../service.ts';
import type { Api, ErrorSchema, OperationSchema } from './api.ts';
import { type JsonInputErrors, readJson, readText, writeBodyMembers, writeJson, writeText } from './json.ts';
import { type JsonStructure, jsonShapeReader } from './json-shape.ts';
import type { Opened, Protocol, WireAnswer, WireRequest } from './protocol.ts';

/** What the wire needs to know of a service that speaks REST with JSON. */
export interface RestJsonApi extends Omit<Api, 'xmlNamespace'> {
  /** Its modelled exceptions, by name. */
  readonly exceptions: ReadonlyMap<string, ErrorSchema>;
  readonly errors: JsonInputErrors;
}

/** An operation's way: the parts of its path, of which some are `{member}`. */
interface Route {
  readonly operation: string;
  readonly method: string;
  readonly parts: readonly string[];
  readonly status: number;
}

/** A request's parts that inputs are read from. */
interface RequestParts {
  readonly labels: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
  readonly request: WireRequest;
}

/** The protocol of VPC Lattice, RAM and their like: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJson(api: RestJsonApi): Protocol {
  const shapeOf = jsonShapeReader();
  const structureOf = (schema: Parameters<typeof shapeOf>[0]): JsonStructure => {
    const shape = shapeOf(schema);
    if (shape.kind !== 'structure') throw new Error(`${api.signingName} has an operation that does not take and give structures`);
    return shape;
  };
  const routes = new Map([...api.operations].map(([name, schema]) => [name, routeOf(name, schema)]));

  return {
    operations: new Set(api.operations.keys()),

    open(request: WireRequest): Opened {
      const queryAt = request.path.indexOf('?');
      const path = queryAt < 0 ? request.path : request.path.slice(0, queryAt);
      const query = new URLSearchParams(queryAt < 0 ? '' : request.path.slice(queryAt + 1));
      const parts = path.split('/').slice(1).map(decode);
      for (const route of routes.values()) {
        const labels = route.method === request.method ? labelsOf(route, parts) : undefined;
        if (labels) return { operation: route.operation, readInput: () => readInput(route.operation, { labels, query, request }) };
      }
      throw new ApiError('UnknownOperationException', `There is no ${request.method} ${path}`, { httpStatus: 404 });
    },

    writeOutput(operation: string, output: object, requestId: string): WireAnswer {
      const shape = structureOf(api.operations.get(operation)![5]);
      const { status } = routes.get(operation)!;
      const { headers, body } = writeMessage(shape, output as Readonly<Record<string, unknown>>, operation);
      return { status, headers: { ...headers, 'x-amzn-requestid': requestId }, body: status === 204 ? '' : body };
    },

    writeError(error: ApiError, requestId: string): WireAnswer {
      const exception = api.exceptions.get(error.code);
      const { headers, body } = exception
        ? writeMessage(structureOf(exception), { message: error.message, ...error.fields }, error.code)
        : { headers: {}, body: JSON.stringify({ message: error.message, ...error.fields }) };
      return {
        status: error.httpStatus,
        headers: { 'content-type': 'application/json', ...headers, 'x-amzn-errortype': error.code, 'x-amzn-requestid': requestId },
        body,
      };
    },
  };

  function readInput(operation: string, { labels, query, request }: RequestParts): Record<string, unknown> {
    const { errors } = api;
    const shape = structureOf(api.operations.get(operation)![4]);
    const input: Record<string, unknown> = {};
    const hasBody = [...shape.members.values()].some(({ place }) => place.in === 'body');
    if (hasBody) Object.assign(input, readJson(shape, parse(request.body), { name: '', errors }));
    for (const [name, { shape: inner, place }] of shape.members) {
      switch (place.in) {
        case 'body':
          break;
        case 'label':
          input[name] = readText(inner, labels.get(name)!, { name, errors });
          break;
        case 'query': {
          const values = query.getAll(place.name);
          if (values.length === 0) break;
          input[name] =
            inner.kind === 'list'
              ? values.map((value) => readText(inner.item, value, { name, errors }))
              : readText(inner, values[0]!, { name, errors });
          break;
        }
        case 'header': {
          const value = request.headers[place.name];
          if (value !== undefined) input[name] = readText(inner, value, { name, errors });
          break;
        }
        case 'payload':
          if (request.body === '') break;
          if (inner.kind === 'string') input[name] = request.body;
          else if (inner.kind === 'blob') input[name] = new Uint8Array(Buffer.from(request.body));
          else input[name] = readJson(inner, parse(request.body), { name, errors });
      }
    }
    for (const name of shape.required) if (input[name] === undefined) throw errors.missing(name);
    return input;
  }

  function parse(body: string): unknown {
    if (body === '') return {};
    try {
      return JSON.parse(body);
    } catch {
      throw api.errors.unreadable();
    }
  }

  function decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      throw api.errors.unreadable();
    }
  }
}

/** Headers and body of an answer; where one member is all of the body, it is that member. */
function writeMessage(
  shape: JsonStructure,
  value: Readonly<Record<string, unknown>>,
  name: string,
): { headers: Record<string, string>; body: string } {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  let body: string | undefined;
  for (const [member, { shape: inner, place }] of shape.members) {
    const written = value[member];
    if (place.in === 'header' && written !== undefined) headers[place.name] = writeText(inner, written);
    if (place.in !== 'payload') continue;
    const isText = inner.kind === 'string' || inner.kind === 'blob';
    if (isText) headers['content-type'] = inner.kind === 'string' ? 'text/plain' : 'application/octet-stream';
    if (written === undefined) body = '';
    else if (inner.kind === 'blob') body = Buffer.from(written as Uint8Array).toString();
    else body = inner.kind === 'string' ? String(written) : JSON.stringify(writeJson(inner, written, `${name}.${member}`));
  }
  return { headers, body: body ?? JSON.stringify(writeBodyMembers(shape, value, name)) };
}

function routeOf(operation: string, schema: OperationSchema): Route {
  const { http } = schema[3] as { readonly http?: readonly [string, string, number] };
  if (!http) throw new Error(`${operation} has no way in HTTP`);
  const [method, path, status] = http;
  return { operation, method, parts: path.split('/').slice(1), status };
}

/** The labels in a path, by their members; undefined where it is not the route's. */
function labelsOf({ parts: pattern }: Route, parts: readonly string[]): Map<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const labels = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    const label = /^\{(.+)\}$/.exec(pattern[index]!)?.[1];
    if (label === undefined ? pattern[index] !== part : part === '') return undefined;
    if (label !== undefined) labels.set(label, part);
  }
  return labels;
}
