import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { type FieldPath, WorldFileError } from './fields.ts';
import { pathText, problemOf } from './problems.ts';
import { type WorldDescription, worldFileSchema } from './schema.ts';

/** A world file as read, and how to speak of its fields. */
export interface WorldFile {
  readonly description: WorldDescription;
  /** The error for a field: where it is, and what is wrong. */
  error(path: FieldPath, message: string): WorldFileError;
}

/**
 * Reads a world file.
 *
 * @param fileName as it is to be named in errors
 * @throws WorldFileError for the first thing that is not right
 */
export function readWorldFile(source: string, fileName: string): WorldFile {
  const at = (lines: LineCounter, offset: number, message: string): WorldFileError => {
    const { line, col } = lines.linePos(offset);
    return new WorldFileError(`${fileName}, line ${line}, column ${col}: ${message}`);
  };
  const error = (path: FieldPath, message: string, unknownField?: string): WorldFileError => {
    // Read anew: the places of all fields of a large file would take many times its own memory for as long as it is being loaded.
    const { document, lines } = parse(source);
    const offset = offsetIn(document, unknownField === undefined ? path : [...path, unknownField]);
    return at(lines, offset, `${pathText(path)}${message}`);
  };

  const parsed = worldFileSchema.safeParse(plainData());
  if (!parsed.success) {
    const { path, message, unknownField } = problemOf(parsed.error);
    throw error(path, message, unknownField);
  }
  return { description: parsed.data, error: (path, message) => error(path, message) };

  function plainData(): unknown {
    const { document, lines } = parse(source);
    const [problem] = document.errors;
    if (problem) throw at(lines, problem.pos[0], problem.message);
    return document.toJS() ?? {};
  }
}

function parse(source: string): { readonly document: Document.Parsed; readonly lines: LineCounter } {
  const lines = new LineCounter();
  return { document: parseDocument(source, { lineCounter: lines, prettyErrors: false }), lines };
}

/** Where the field is in the text; for one that is not there, the nearest that holds it. */
function offsetIn(document: Document.Parsed, path: FieldPath): number {
  const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  let node: unknown = document.contents;
  let offset = (document.contents as Node | null)?.range?.[0] ?? 0;
  for (const step of path) {
    node = resolve(node);
    const next = isSeq(node) ? node.items[step as number] : isMap(node) ? pairOf(node, step) : undefined;
    if (next === undefined) break;
    const shown = isMap(node) ? (next as ReturnType<typeof pairOf>)?.key : next;
    offset = (shown as Node).range?.[0] ?? offset;
    node = isMap(node) ? (next as ReturnType<typeof pairOf>)?.value : next;
  }
  return offset;
}

function pairOf(map: YAMLMap, key: string | number): YAMLMap['items'][number] | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}
