/** A domain name that Route 53 does not take: its own name of the fault, and what it says of it. */
export interface NameFault {
  readonly fault: string;
  readonly says: string;
}

/**
 * A domain name as Route 53 keeps it: lower case, with a dot at its end, and everything but letters, digits, `-` and `_` as `\052`.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
 */
export function storedName(name: string): string | NameFault {
  const written = name.toLowerCase().replace(/\.$/, '');
  if (written === '') return { fault: 'DomainLabelEmpty', says: 'Domain label is empty' };
  const labels: string[] = [];
  for (const label of written.split('.')) {
    if (label === '') return { fault: 'DomainLabelEmpty', says: 'Domain label is empty' };
    if (/\\(?![0-3][0-7]{2})/.test(label)) return { fault: 'InvalidEscapeSequence', says: 'Escape sequence is not three octal digits' };
    if (/[^\u0021-\u007e]/.test(label)) return { fault: 'UnsupportedCharacter', says: 'Value contains unsupported characters' };
    const stored = label.replaceAll(/\\[0-3][0-7]{2}|[^a-z0-9_-]/g, (found) =>
      found.length === 4 ? plain(found) : `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
    if (stored.replaceAll(/\\\d{3}/g, '?').length > 63) return { fault: 'DomainLabelTooLong', says: 'Domain label is too long' };
    labels.push(stored);
  }
  const stored = `${labels.join('.')}.`;
  return stored.length > 255 ? { fault: 'DomainNameTooLong', says: 'Domain name is too long' } : stored;
}

/** An escape of a character that needs none is the character. */
function plain(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 8)).toLowerCase();
  return /[a-z0-9_-]/.test(character) ? character : escaped;
}

/** Whether a stored name is the zone's own, or lies in it. */
export const isWithin = (name: string, zoneName: string): boolean => name === zoneName || name.endsWith(`.${zoneName}`);

/** Route 53 lists names by their labels from the last to the first: `com.example.www`. Less than 0 where `a` comes first. */
export function compareNames(a: string, b: string): number {
  const [one, other] = [reversed(a), reversed(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

const reversed = (name: string): string => name.slice(0, -1).split('.').reverse().join('\u0000');
