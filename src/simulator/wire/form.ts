import { ApiError } from '../service.ts';
import type { WireRequest } from './protocol.ts';

/** A request's parameters as the tree that the dots in their names draw: `Filter.1.Value.2` is four levels deep. */
export interface Parameter {
  value?: string;
  children?: Map<string, Parameter>;
}

/**
 * Reads the form of a request: its body, and its query string for the few that come as GET.
 *
 * @throws ApiError `MalformedQueryString` where it is not well encoded, or gives a parameter twice
 */
export function readForm(request: WireRequest): Parameter {
  const root: Parameter = { children: new Map() };
  const queryAt = request.path.indexOf('?');
  if (queryAt >= 0) addPairs(root, request.path.slice(queryAt + 1));
  addPairs(root, request.body);
  return root;
}

function addPairs(root: Parameter, encoded: string): void {
  if (encoded === '') return;
  for (const pair of encoded.split('&')) {
    if (pair === '') continue;
    const equalsAt = pair.indexOf('=');
    const name = decode(equalsAt < 0 ? pair : pair.slice(0, equalsAt));
    const value = equalsAt < 0 ? '' : decode(pair.slice(equalsAt + 1));
    const parameter = place(root, name);
    if (parameter.value !== undefined) throw malformed(`The parameter ${name} is given more than once`);
    parameter.value = value;
  }
}

function place(root: Parameter, name: string): Parameter {
  let parameter = root;
  for (const part of name.split('.')) {
    parameter.children ??= new Map();
    let child = parameter.children.get(part);
    if (!child) {
      child = {};
      parameter.children.set(part, child);
    }
    parameter = child;
  }
  return parameter;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);
  } catch {
    throw malformed('The query string contains a character that is not well encoded');
  }
}

function malformed(message: string): ApiError {
  return new ApiError('MalformedQueryString', message, { httpStatus: 404 });
}
