import { describe, expect, test } from '@jest/globals';
import { sessionName } from '../../src/aws/accounts.ts';
import { duration, positiveNumber, tagValue, wholeNumber } from '../../src/cli/arguments.ts';

describe('the arguments of commands', () => {
  test.each<[string, () => unknown, unknown]>([
    ['a whole number', () => wholeNumber(0, 10)('7'), 7],
    ['a fraction', () => positiveNumber(1)('0.5'), 0.5],
    ['a length of time', () => duration('1.5s'), 1_500],
    ['a cluster’s name', () => tagValue('prod eu/1'), 'prod eu/1'],
    ['a uid', () => tagValue('5f0c6f3e-0000-4000-8000-000000000001'), '5f0c6f3e-0000-4000-8000-000000000001'],
  ])('take %s', (_what, read, value) => {
    expect(read()).toBe(value);
  });

  test.each<[string, () => unknown]>([
    ['a number out of bounds', () => wholeNumber(0, 10)('11')],
    ['a negative number', () => wholeNumber(0, 10)('-1')],
    ['zero for a share', () => positiveNumber(1)('0')],
    ['a time without a unit', () => duration('15')],
    ['a cluster’s name with a policy variable in it', () => tagValue('$' + '{aws:username}')],
    ['a cluster’s name with a quote', () => tagValue('prod"')],
    ['a cluster’s name with a line break', () => tagValue('prod\nx')],
    ['a cluster’s name with wildcards', () => tagValue('*')],
    ['an empty name of a cluster', () => tagValue('')],
    ['a name that no tag can hold', () => tagValue('x'.repeat(257))],
  ])('refuse %s', (_what, read) => {
    expect(read).toThrow(/^It must /);
  });

  test('make a session name that STS takes out of any cluster’s name', () => {
    for (const name of ['prod', 'prod eu/1', 'Küche:1', '=+,.@-', 'x'.repeat(256)]) {
      expect(sessionName(tagValue(name.replaceAll(',', '')))).toMatch(/^[\w+=,.@-]{2,64}$/);
    }
  });
});
