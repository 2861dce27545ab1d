/** Options of a command that cannot be used. The message says what was found, and what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What options a tool has, each by all of its names: `['-m', '--max-time']`; `takes` names the value that follows. */
export interface OptionSpec {
  readonly names: readonly string[];
  readonly takes?: string | undefined;
}

/** Options as given. */
export interface GivenOptions<Name extends string> {
  has(name: Name): boolean;
  /** The value that was given last. */
  value(name: Name): string | undefined;
  all(name: Name): readonly string[];
  /** A number from `least` on. @throws UsageError */
  number(name: Name, least: number): number | undefined;
  /** What is no option. */
  readonly rest: readonly string[];
}

const listed = (specs: Readonly<Record<string, OptionSpec>>): string =>
  Object.values(specs)
    .map(({ names, takes }) => names.join('|') + (takes ? ` <${takes}>` : ''))
    .join(', ');

/**
 * Reads the options of a command as most of them write theirs: `-c 1`, `-c1`, `-sS`, `--max-time 5`, and `--` before what is none.
 *
 * @param tool its name, for messages
 * @throws UsageError for an option that the tool does not have here
 */
export function readOptions<Name extends string>(
  tool: string,
  args: readonly string[],
  specs: Readonly<Record<Name, OptionSpec>>,
): GivenOptions<Name> {
  const given = new Map<string, string[]>();
  const rest: string[] = [];
  const entries = Object.entries<OptionSpec>(specs);
  const add = (name: string, value: string): unknown => given.set(name, [...(given.get(name) ?? []), value]);
  const find = (text: string) => {
    const found = entries.find(([, { names }]) => names.includes(text));
    if (!found) throw new UsageError(`${tool}: there is no option ${text} here; the options are ${listed(specs)}`);
    return { name: found[0], takes: found[1].takes };
  };
  const queue = [...args];
  const next = (text: string, takes: string): string => {
    const value = queue.shift();
    if (value === undefined) throw new UsageError(`${tool}: the option ${text} needs a value: <${takes}>`);
    return value;
  };
  for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
    if (text === '--') {
      rest.push(...queue.splice(0));
    } else if (text.startsWith('--')) {
      const [long = '', ...more] = text.split('=');
      const { name, takes } = find(long);
      if (!takes && more.length > 0) throw new UsageError(`${tool}: the option ${long} takes no value`);
      add(name, takes ? (more.length > 0 ? more.join('=') : next(long, takes)) : '');
    } else if (text.startsWith('-') && text.length > 1) {
      for (let at = 1; at < text.length; at++) {
        const short = `-${text[at]}`;
        const { name, takes } = find(short);
        if (!takes) add(name, '');
        else {
          add(name, text.slice(at + 1) || next(short, takes));
          break;
        }
      }
    } else rest.push(text);
  }
  return {
    rest,
    has: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    all: (name) => given.get(name) ?? [],
    number: (name, least) => {
      const text = given.get(name)?.at(-1);
      if (text === undefined) return undefined;
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value) || value < least) {
        throw new UsageError(`${tool}: found ${text} for ${specs[name].names.join('|')}; it must be a number from ${least} on`);
      }
      return value;
    },
  };
}
