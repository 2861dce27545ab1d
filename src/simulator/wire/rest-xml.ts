import { NormalizedSchema } from '@smithy/core/schema';
import { ApiError } from '../service.ts';
import type { Api, OperationSchema } from './api.ts';
import { type BoundMember, boundHeaders, boundMembers, readBound, readText, requiredCountOf, router, statusOf } from './http-binding.ts';
import type { Opened, Protocol, WireAnswer, WireRequest } from './protocol.ts';
import { escapeXml, xmlDeclaration } from './xml.ts';
import { readXml, type XmlElement, XmlError } from './xml-document.ts';

/** The protocol of Route 53: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html */
export function restXml(api: Api): Protocol {
  const route = router(api.operations);
  const inputs = new Map<string, readonly BoundMember[]>();
  const outputs = new Map<string, readonly BoundMember[]>();

  function members(cache: Map<string, readonly BoundMember[]>, operation: string, place: 4 | 5): readonly BoundMember[] {
    let found = cache.get(operation);
    if (!found) {
      found = boundMembers(api.operations.get(operation)![place]);
      cache.set(operation, found);
    }
    return found;
  }

  return {
    operations: new Set(api.operations.keys()),

    open(request: WireRequest): Opened {
      const routed = route(request);
      if (!routed) {
        throw new ApiError('UnknownOperationException', `There is no ${request.method} ${request.path.split('?')[0]}`, { httpStatus: 404 });
      }
      const { operation, labels } = routed;
      return {
        operation,
        readInput() {
          const bound = members(inputs, operation, 4);
          const input = readBound(bound, { request, labels }, invalidValue);
          const body = bound.filter(({ place }) => place === 'body');
          const payload = bound.find(({ place }) => place === 'payload');
          if (request.body !== '' && payload) {
            input[payload.name] = readValue(payload.schema, document(request.body), payload.name);
          } else if (request.body !== '' && body.length > 0) {
            const root = document(request.body);
            const expected = xmlNameOf(NormalizedSchema.of(api.operations.get(operation)![4]));
            if (root.name !== expected) throw invalidXml(`Cannot find the declaration of element '${root.name}'.`);
            Object.assign(input, readMembers(body, root, ''));
          }
          for (const { name, required } of bound) if (required && input[name] === undefined) throw missing(name);
          return input;
        },
      };
    },

    writeOutput(operation: string, output: object, requestId: string): WireAnswer {
      const schema: OperationSchema = api.operations.get(operation)!;
      const bound = members(outputs, operation, 5);
      const value = output as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(value)) {
        if (value[name] !== undefined && !bound.some((member) => member.name === name))
          throw new Error(`${operation} has no member ${name}`);
      }
      const payload = bound.find(({ place }) => place === 'payload');
      const root = payload ? payload.schema : NormalizedSchema.of(schema[5]);
      const content = payload
        ? writeStructure(payload.schema, value[payload.name] ?? {}, payload.name)
        : writeMembers(
            bound.filter(({ place }) => place === 'body'),
            value,
            operation,
          );
      const name = root.isUnitSchema() ? `${operation}Response` : xmlNameOf(root);
      const body = `${xmlDeclaration}<${name} xmlns="${api.xmlNamespace}"${content.attributes}>${content.xml}</${name}>`;
      return xmlAnswer(statusOf(schema), { headers: boundHeaders(bound, value), body, requestId });
    },

    writeError(error: ApiError, requestId: string): WireAnswer {
      const type = error.httpStatus >= 500 ? 'Receiver' : 'Sender';
      const content = `<Type>${type}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
      const body = `${xmlDeclaration}<ErrorResponse xmlns="${api.xmlNamespace}"><Error>${content}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
      return xmlAnswer(error.httpStatus, { headers: {}, body, requestId });
    },
  };
}

function xmlAnswer(
  status: number,
  { headers, body, requestId }: { headers: Readonly<Record<string, string>>; body: string; requestId: string },
): WireAnswer {
  return { status, headers: { ...headers, 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body };
}

/** One or more values of a request out of bounds, told together as these services do. */
export function invalidInput(...constraints: readonly string[]): ApiError {
  const count = `${constraints.length} validation error${constraints.length === 1 ? '' : 's'} detected`;
  return new ApiError('InvalidInput', `${count}: ${constraints.join('; ')}`);
}

const pointer = (path: string): string =>
  path.replaceAll(/(^|\.)([A-Z])/g, (_all, before: string, first: string) => before + first.toLowerCase());

const missing = (path: string): ApiError =>
  invalidInput(`Value null at '${pointer(path)}' failed to satisfy constraint: Member must not be null`);

const invalidValue = (path: string, value: string, expected: string): ApiError =>
  invalidInput(`Value '${value}' at '${pointer(path)}' failed to satisfy constraint: Member must be ${expected}`);

const invalidXml = (why: string): ApiError => new ApiError('InvalidInput', `Invalid XML ; ${why}`);

function document(body: string): XmlElement {
  try {
    return readXml(body);
  } catch (error) {
    if (error instanceof XmlError) throw invalidXml(error.message);
    throw error;
  }
}

const xmlNameOf = (schema: NormalizedSchema): string => schema.getMergedTraits().xmlName ?? schema.getName()!;

/** A member's element or attribute; of a structure's own name and of those of items nothing is known here. */
const memberXmlName = ({ name, schema }: Pick<BoundMember, 'name' | 'schema'>): string => schema.getMemberTraits().xmlName ?? name;

function membersOf(schema: NormalizedSchema): BoundMember[] {
  const requiredCount = requiredCountOf(schema.getSchema());
  return [...schema.structIterator()].map(([name, member], index) => ({
    name,
    place: 'body',
    wireName: name,
    required: index < requiredCount,
    schema: member,
  }));
}

function readMembers(members: readonly BoundMember[], element: XmlElement, path: string): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  const known = new Set<string>();
  for (const member of members) {
    const { name, schema, required } = member;
    const xmlName = memberXmlName(member);
    const memberPath = path === '' ? name : `${path}.${name}`;
    const traits = schema.getMergedTraits();
    if (traits.xmlAttribute) {
      const text = element.attributes.get(xmlName);
      if (text !== undefined) value[name] = readText(schema, text, (given, expected) => invalidValue(memberPath, given, expected));
    } else {
      known.add(xmlName);
      const found = element.children.filter((child) => child.name === xmlName);
      if (schema.isListSchema() && traits.xmlFlattened) {
        if (found.length > 0)
          value[name] = found.map((item, index) => readValue(schema.getValueSchema(), item, `${memberPath}.${index + 1}`));
      } else if (found.length > 1) {
        throw invalidXml(`The element '${xmlName}' may stand once in '${element.name}'.`);
      } else if (found[0]) {
        value[name] = readValue(schema, found[0], memberPath);
      }
    }
    if (required && value[name] === undefined) throw missing(memberPath);
  }
  const stranger = element.children.find((child) => !known.has(child.name));
  if (stranger) throw invalidXml(`Invalid content was found starting with element '${stranger.name}'.`);
  return value;
}

function readValue(schema: NormalizedSchema, element: XmlElement, path: string): unknown {
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    const itemName = item.getMergedTraits().xmlName ?? 'member';
    return element.children.map((child, index) => {
      if (child.name !== itemName) throw invalidXml(`Invalid content was found starting with element '${child.name}'.`);
      return readValue(item, child, `${path}.${index + 1}.member`);
    });
  }
  if (schema.isStructSchema()) return readMembers(membersOf(schema), element, path);
  if (element.children[0]) throw invalidXml(`Element '${element.name}' must have no element children.`);
  return readText(schema, element.text, (given, expected) => invalidValue(path, given, expected));
}

interface Content {
  /** Each with a space before it. */
  readonly attributes: string;
  readonly xml: string;
}

function writeMembers(members: readonly BoundMember[], value: Readonly<Record<string, unknown>>, path: string): Content {
  let [attributes, xml] = ['', ''];
  for (const member of members) {
    const content = value[member.name];
    if (content === undefined || content === null) continue;
    const { schema } = member;
    const xmlName = memberXmlName(member);
    const memberPath = `${path}.${member.name}`;
    const traits = schema.getMergedTraits();
    if (traits.xmlAttribute) attributes += ` ${xmlName}="${writeText(schema, content, memberPath)}"`;
    else if (schema.isListSchema() && traits.xmlFlattened)
      xml += writeItems(schema, { itemName: xmlName, value: content, path: memberPath });
    else xml += writeElement(xmlName, { schema, value: content, path: memberPath });
  }
  return { attributes, xml };
}

function writeStructure(schema: NormalizedSchema, value: unknown, path: string): Content {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${path} is not a structure`);
  const members = membersOf(schema);
  for (const [name, content] of Object.entries(value)) {
    if (content !== undefined && !members.some((member) => member.name === name)) throw new Error(`${path} has no member ${name}`);
  }
  return writeMembers(members, value as Readonly<Record<string, unknown>>, path);
}

function writeItems(schema: NormalizedSchema, { itemName, value, path }: { itemName: string; value: unknown; path: string }): string {
  if (!Array.isArray(value)) throw new Error(`${path} is not a list`);
  const item = schema.getValueSchema();
  return value.map((single, index) => writeElement(itemName, { schema: item, value: single, path: `${path}[${index}]` })).join('');
}

function writeElement(name: string, { schema, value, path }: { schema: NormalizedSchema; value: unknown; path: string }): string {
  const { attributes, xml } = schema.isListSchema()
    ? { attributes: '', xml: writeItems(schema, { itemName: schema.getValueSchema().getMergedTraits().xmlName ?? 'member', value, path }) }
    : schema.isStructSchema()
      ? writeStructure(schema, value, path)
      : { attributes: '', xml: writeText(schema, value, path) };
  return xml === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${xml}</${name}>`;
}

function writeText(schema: NormalizedSchema, value: unknown, path: string): string {
  if (schema.isStringSchema() && typeof value === 'string') return escapeXml(value);
  if (schema.isNumericSchema() && typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (schema.isBooleanSchema() && typeof value === 'boolean') return String(value);
  if (schema.isTimestampSchema() && value instanceof Date) return value.toISOString();
  if (schema.isBlobSchema() && value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  throw new Error(`${path} is not of the shape ${schema.getName(true)}`);
}
