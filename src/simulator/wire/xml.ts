import type { Shape, StructureShape } from './shape.ts';

/**
 * Writes the members of a structure as XML elements, without an element around them.
 *
 * @throws Error where a value is not of its shape, or the shape has no such member: a fault of who made the value
 */
export function writeMembers(shape: StructureShape, value: object, path: string): string {
  let xml = '';
  for (const [name, content] of Object.entries(value)) {
    if (content === undefined || content === null) continue;
    const member = shape.membersByName.get(name);
    if (!member) throw new Error(`${path} has no member ${name}`);
    xml += writeElement(member.xmlName, member.shape, content, `${path}.${name}`);
  }
  return xml;
}

function writeElement(element: string, shape: Shape, value: unknown, path: string): string {
  const content = writeContent(shape, value, path);
  return content === '' ? `<${element}/>` : `<${element}>${content}</${element}>`;
}

function writeContent(shape: Shape, value: unknown, path: string): string {
  switch (shape.kind) {
    case 'string':
      if (typeof value === 'string') return escapeXml(value);
      break;
    case 'number':
      if (typeof value === 'number' && Number.isFinite(value)) return String(value);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return String(value);
      break;
    case 'timestamp':
      if (value instanceof Date) return value.toISOString();
      break;
    case 'blob':
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      break;
    case 'list': {
      if (!Array.isArray(value)) break;
      let xml = '';
      for (const [index, item] of value.entries()) xml += writeElement(shape.itemXmlName, shape.item, item, `${path}[${index}]`);
      return xml;
    }
    case 'structure':
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return writeMembers(shape, value, path);
      break;
  }
  throw new Error(`${path} is not a ${shape.kind}`);
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '\r': '&#xD;' };
const notPlain = /[&<>"'\r]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 cannot carry at all, and one of them makes an answer unreadable.
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** Text as it may stand in an element. Characters that XML has no form for become U+FFFD. */
export function escapeXml(text: string): string {
  const carried = text.replace(notXml, '\ufffd');
  return notPlain.test(carried) ? carried.replace(/[&<>"'\r]/g, (character) => escapes[character]!) : carried;
}

/** What every XML answer begins with. */
export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
