import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readScenario, scenarioNames } from '../../src/cli/scenario.ts';

const examples = join(import.meta.dirname, '../../examples');

test('the scenarios are the folders of examples/ that tell one; those that are worlds only are passed over', async () => {
  const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const told = folders.map(({ name }) => name).filter((name) => existsSync(join(examples, name, 'scenario.yaml')));
  const names = await scenarioNames();
  expect(names.slice(0, 2)).toEqual(['two-vpcs', 'seoul-london']);
  expect(names.toSorted()).toEqual(told.toSorted());
  for (const name of names) expect((await readScenario(name)).proofs).not.toEqual([]);
});
