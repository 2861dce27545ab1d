import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const facts = readFileSync(join(root, 'docs/aws.md'), 'utf8');
const sections = new Set([...facts.matchAll(/^#{2,3} (\d+(?:\.\d+)?)[. ]/gm)].map(([, number]) => number));
/** Rows of the simulator's checklist are numbered on from section 9. */
for (const [, row] of facts.slice(facts.indexOf('## 9.'), facts.indexOf('## 10.')).matchAll(/^(\d+)\. /gm)) sections.add(`9.${row}`);
for (const [, row] of facts.slice(facts.indexOf('## 10.')).matchAll(/^\| (\d+) \|/gm)) sections.add(`10.${row}`);

const files = ['src', 'test', 'docs', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|md|yaml|sh)$/.test(name))
    .map((name) => join(folder, name)),
);

test('what is said to stand in aws.md stands there', () => {
  expect(sections.size).toBeGreaterThan(50);
  const references = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/aws\.md (\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*)/g)].flatMap(([, numbers = '']) =>
      numbers.split(', ').map((number) => ({ file, number })),
    ),
  );
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter(({ number }) => !sections.has(number))).toEqual([]);
});
