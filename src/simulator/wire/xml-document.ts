/** An element of an XML document. Prefixes of namespaces are left out of names. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** What stands in it directly, entities resolved. */
  readonly text: string;
}

/** Thrown by {@link readXml}. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

interface Open {
  readonly name: string;
  readonly qualified: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const token =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<\/([^\s>]+)\s*>|<([^\s/><!?]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+)/gy;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads an XML document as clients of AWS write them: elements, attributes and text. Document types, which carry attacks on parsers, are refused.
 *
 * @returns the outermost element
 * @throws XmlError
 */
export function readXml(source: string): XmlElement {
  const open: Open[] = [{ name: '', qualified: '', attributes: new Map(), children: [], text: '' }];
  let at = 0;
  while (at < source.length) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (!match) throw new XmlError(`there is no markup that begins like this at character ${at + 1}`);
    at = token.lastIndex;
    const [, cdata, closing, opening, attributes, empty, text] = match;
    const inner = open.at(-1)!;
    if (cdata !== undefined) inner.text += cdata;
    else if (text !== undefined) inner.text += resolved(text.replaceAll(/\r\n?/g, '\n'));
    else if (closing !== undefined) close(open, closing);
    else if (opening !== undefined) {
      open.push({ name: localName(opening), qualified: opening, attributes: readAttributes(attributes!), children: [], text: '' });
      if (empty === '/') close(open, opening);
    }
  }
  const [document] = open;
  if (open.length > 1) throw new XmlError(`the element ${open.at(-1)!.qualified} does not end`);
  if (document!.children.length !== 1 || document!.text.trim() !== '') throw new XmlError('a document has one element');
  return document!.children[0]!;
}

function close(open: Open[], qualified: string): void {
  const closed = open.pop()!;
  const outer = open.at(-1);
  if (!outer || closed.qualified !== qualified) throw new XmlError(`the element ${qualified} ends where it did not begin`);
  const { name, attributes, children, text } = closed;
  outer.children.push({ name, attributes, children, text });
}

function readAttributes(source: string): Map<string, string> {
  const attributes = new Map<string, string>();
  const rest = source.replaceAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g, (_all, name: string, double?: string, single?: string) => {
    attributes.set(localName(name), resolved(double ?? single ?? ''));
    return '';
  });
  if (rest.trim() !== '') throw new XmlError(`${rest.trim()} is not an attribute`);
  return attributes;
}

const localName = (qualified: string): string => qualified.slice(qualified.indexOf(':') + 1);

function resolved(text: string): string {
  return text.replaceAll(/&([^;\s]*);?/g, (written, entity: string) => {
    const known = entities[entity];
    if (known !== undefined && written.endsWith(';')) return known;
    const code = /^#x([\da-fA-F]{1,6})$/.exec(entity) ?? /^#(\d{1,7})$/.exec(entity);
    const point = code ? Number.parseInt(code[1]!, entity.startsWith('#x') ? 16 : 10) : Number.NaN;
    if (!written.endsWith(';') || !(point > 0 && point <= 0x10ffff)) throw new XmlError(`${written} is not an entity`);
    return String.fromCodePoint(point);
  });
}
