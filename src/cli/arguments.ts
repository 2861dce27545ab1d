import { InvalidArgumentError } from 'commander';

/** Reads a whole number between two bounds; commander prints the error with the option's name. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}, and is "${text}".`);
    }
    return number;
  };
}

/** Reads a number above 0 and up to a bound. */
export function positiveNumber(most = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || number > most) {
      throw new InvalidArgumentError(
        `It must be a number above 0${most === Number.POSITIVE_INFINITY ? '' : ` and up to ${most}`}, and is "${text}".`,
      );
    }
    return number;
  };
}

/** Reads a length of time (`500ms`, `15s`, `5m`) as milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const [, amount, unit] = match ?? [];
  if (amount === undefined || Number(amount) <= 0) {
    throw new InvalidArgumentError(`It must be a length of time above 0 such as 500ms, 15s or 5m, and is "${text}".`);
  }
  return Number(amount) * { ms: 1, s: 1_000, m: 60_000 }[unit as 'ms' | 's' | 'm'];
}

/**
 * Reads the value of a tag, such as a cluster's name, as session tags may have it; `$` is not among it, which would begin a variable of a
 * policy. https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html
 */
export function tagValue(text: string): string {
  if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u.test(text)) {
    throw new InvalidArgumentError(`It must have 1 to 256 letters, digits, spaces and characters of _.:/=+-@, and is "${text}".`);
  }
  return text;
}
