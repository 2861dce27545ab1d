import { badRequest } from './status.ts';

type Labels = Readonly<Record<string, string>>;

/** `a in (b,c)`, `a notin (b,c)`; the commas within do not part requirements. */
const setBased = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const equality = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/;
const presence = /^(!?)\s*([^\s=!(),]+)$/;

/**
 * What a `labelSelector` chooses.
 *
 * @throws StatusError 400 where it cannot be read
 */
export function labelSelector(text: string): (labels: Labels) => boolean {
  const requirements = (text.trim() === '' ? [] : text.split(/,(?![^(]*\))/)).map((part) => labelRequirement(part.trim()));
  return (labels) => requirements.every((holds) => holds(labels));
}

function labelRequirement(text: string): (labels: Labels) => boolean {
  const [, setKey, operator, list] = setBased.exec(text) ?? [];
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    const isIn = (labels: Labels) => labels[setKey] !== undefined && values.includes(labels[setKey]);
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const [, key, sign, value] = equality.exec(text) ?? [];
  if (key !== undefined) return sign === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  const [, absent, present] = presence.exec(text) ?? [];
  if (present !== undefined) return (labels) => (labels[present] === undefined) === (absent === '!');
  throw badRequest(`unable to parse requirement: ${text}`);
}

/**
 * What a `fieldSelector` chooses.
 *
 * @param fields those that may be asked for, as paths: `metadata.name`
 * @throws StatusError 400 where it cannot be read, or asks for another field
 */
export function fieldSelector(text: string, fields: readonly string[]): (object: object) => boolean {
  const requirements = text.split(/(?<!\\),/).filter((part) => part !== '');
  const checks = requirements.map((part) => {
    const [, field, sign, escaped] = /^([^=!]+)(==?|!=)(.*)$/.exec(part) ?? [];
    if (field === undefined || escaped === undefined) throw badRequest(`invalid field selector: ${part}`);
    if (!fields.includes(field)) throw badRequest(`field label not supported: ${field}`);
    const value = escaped.replace(/\\(.)/g, '$1');
    return (object: object) => (textAt(object, field) === value) === (sign !== '!=');
  });
  return (object) => checks.every((holds) => holds(object));
}

function textAt(object: object, path: string): string {
  const found = path.split('.').reduce<unknown>((within, name) => (within as Record<string, unknown> | undefined)?.[name], object);
  return found === undefined || found === null ? '' : String(found);
}
