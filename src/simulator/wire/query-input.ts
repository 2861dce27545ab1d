import type { ApiError } from '../service.ts';
import { readDecimal } from './decimal.ts';
import type { Parameter } from './form.ts';
import type { ListShape, Shape, StructureShape } from './shape.ts';

/** The errors that a protocol gives for a request that does not fit its shape; `name` is the parameter's full name on the wire. */
export interface InputErrors {
  missing(name: string): ApiError;
  invalid(name: string, value: string, expected: string): ApiError;
  /** Undefined where the protocol passes over what it does not know. */
  readonly unknown: ((name: string) => ApiError) | undefined;
}

/**
 * Reads an operation's input from a request's parameters.
 *
 * @param passOver names at the top that are no input: `Action` …
 * @throws ApiError one of `errors`
 */
export function readInput(
  shape: StructureShape,
  parameters: Parameter,
  { errors, passOver }: { errors: InputErrors; passOver: ReadonlySet<string> },
): Record<string, unknown> {
  return readStructure(shape, parameters, '');

  function readShape(shape: Shape, parameter: Parameter, name: string): unknown {
    if (shape.kind === 'list') return readList(shape, parameter, name);
    if (shape.kind === 'structure') {
      if (parameter.value) throw errors.invalid(name, parameter.value, 'a structure');
      return readStructure(shape, parameter, `${name}.`);
    }
    if (parameter.children) throw unexpected(name, parameter, 'a single value');
    return readScalar(shape.kind, parameter.value ?? '', name);
  }

  function readStructure(shape: StructureShape, parameter: Parameter, prefix: string): Record<string, unknown> {
    const input: Record<string, unknown> = {};
    for (const [queryName, child] of parameter.children ?? []) {
      const member = shape.membersByQueryName.get(queryName);
      if (member) input[member.name] = readShape(member.shape, child, prefix + queryName);
      else if (errors.unknown && !(prefix === '' && passOver.has(queryName))) throw errors.unknown(firstName(prefix + queryName, child));
    }
    for (const member of shape.required) {
      if (input[member.name] === undefined) throw errors.missing(prefix + member.queryName);
    }
    return input;
  }

  function readList(shape: ListShape, parameter: Parameter, name: string): unknown[] {
    // An empty list is written as the list's bare name.
    if (parameter.value !== undefined && (parameter.value !== '' || parameter.children)) {
      throw errors.invalid(name, parameter.value, 'a list');
    }
    if (!parameter.children) return [];
    if (shape.itemQueryName === undefined) return readItems(shape, parameter.children, name);
    const items: unknown[] = [];
    for (const [between, child] of parameter.children) {
      if (between !== shape.itemQueryName || !child.children) throw unexpected(name, parameter, 'a list');
      items.push(...readItems(shape, child.children, `${name}.${between}`));
    }
    return items;
  }

  function readItems(shape: ListShape, children: ReadonlyMap<string, Parameter>, name: string): unknown[] {
    const indexed: { index: number; child: Parameter }[] = [];
    for (const [index, child] of children) {
      if (!/^\d{1,5}$/.test(index)) throw (errors.unknown ?? invalidIndex)(firstName(`${name}.${index}`, child));
      indexed.push({ index: Number(index), child });
    }
    indexed.sort((one, other) => one.index - other.index);
    return indexed.map(({ index, child }) => readShape(shape.item, child, `${name}.${index}`));
  }

  function readScalar(kind: Exclude<Shape['kind'], 'list' | 'structure'>, value: string, name: string): unknown {
    switch (kind) {
      case 'string':
        return value;
      case 'number': {
        const number = readDecimal(value);
        if (number === undefined) throw errors.invalid(name, value, 'a number');
        return number;
      }
      case 'boolean': {
        const lower = value.toLowerCase();
        if (lower !== 'true' && lower !== 'false') throw errors.invalid(name, value, 'true or false');
        return lower === 'true';
      }
      case 'timestamp': {
        const moment = Date.parse(value);
        if (!/^\d{4}-\d{2}-\d{2}/.test(value) || Number.isNaN(moment)) throw errors.invalid(name, value, 'a time in ISO 8601');
        return new Date(moment);
      }
      case 'blob': {
        if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(value)) throw errors.invalid(name, value, 'base64');
        return new Uint8Array(Buffer.from(value, 'base64'));
      }
    }
  }

  function unexpected(name: string, parameter: Parameter, expected: string): ApiError {
    const [next] = parameter.children ?? [];
    const full = next ? firstName(`${name}.${next[0]}`, next[1]) : name;
    return errors.unknown ? errors.unknown(full) : errors.invalid(full, '', expected);
  }

  function invalidIndex(name: string): ApiError {
    return errors.invalid(name, '', 'a list index');
  }
}

/** The full name of the first parameter at or under this one, as the caller wrote it. */
function firstName(name: string, parameter: Parameter): string {
  const parts = [name];
  // Not by recursion: a name may have more dots than the stack has room for.
  for (let at = parameter; at.value === undefined; ) {
    const [next] = at.children ?? [];
    if (!next) break;
    parts.push(next[0]);
    at = next[1];
  }
  return parts.join('.');
}
