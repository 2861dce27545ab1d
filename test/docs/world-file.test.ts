import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { z } from 'zod';
import { defaultSettings } from '../../src/simulator/world/settings.ts';
import { worldFileSchema } from '../../src/simulator/world-file/schema.ts';

type Fields = Record<string, readonly string[]>;

/** The fields of every object of a schema, by the way to it. */
function fieldsOf(schema: z.core.$ZodType, path = ''): Fields {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object': {
      const inner = Object.entries(def.shape).map(([name, field]) => fieldsOf(field, path === '' ? name : `${path}.${name}`));
      return Object.assign({ [path]: Object.keys(def.shape) }, ...inner);
    }
    case 'array':
      return fieldsOf(def.element, `${path}[]`);
    case 'record':
      return fieldsOf(def.valueType, `${path}.*`);
    case 'union':
      return Object.assign({}, ...def.options.map((option) => fieldsOf(option, path)));
    case 'pipe':
      return fieldsOf(def.in, path);
    case 'optional':
    case 'default':
    case 'nullable':
      return fieldsOf(def.innerType, path);
    default:
      return {};
  }
}

/** The first and the last column of the tables of a page, by their headings. */
function tablesOf(page: string): Record<string, readonly (readonly [string, string])[]> {
  return Object.fromEntries(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [heading = '', ...lines] = section.split('\n');
        const rows = lines.flatMap((line): (readonly [string, string])[] => {
          const found = /^\| `(\w+)` \|.*\| (.*) \|$/.exec(line);
          return found ? [[found[1]!, found[2]!]] : [];
        });
        return [heading === 'The file' ? '' : heading.replaceAll('`', ''), rows];
      }),
  );
}

const tables = tablesOf(readFileSync('docs/world-file.md', 'utf8'));

test('the page on world files lists every field of every object, and no other', () => {
  const listed = Object.fromEntries(Object.entries(tables).map(([path, rows]) => [path, rows.map(([name]) => name)]));
  expect(listed).toEqual(fieldsOf(worldFileSchema));
});

test.each(['delaysMs', 'quotas'] as const)('the page tells the %s that there are', (setting) => {
  expect(tables[`settings.${setting}`]).toEqual(Object.entries(defaultSettings[setting]).map(([name, value]) => [name, String(value)]));
});
