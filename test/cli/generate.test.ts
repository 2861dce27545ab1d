import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { generatedFiles } from '../../src/cli/generate.ts';
import { crdOf } from '../../src/kinds/crd.ts';
import { kindApis } from '../../src/kinds/index.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'isthmus-generate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const generate = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'src/main.ts'), 'generate', ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });

test.each(generatedFiles().map(({ path, text }) => [path, text]))('%s is fresh', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});

test('every kind has a file, which says what the sources say', () => {
  const written = generatedFiles().map(({ text }) => parse(text));
  for (const api of kindApis) expect(written).toContainEqual(JSON.parse(JSON.stringify(crdOf(api))));
});

test('stale files are named by --check, written without it, and then fresh', async () => {
  const paths = generatedFiles().map(({ path }) => path);
  const missing = await generate('--check', '--folder', folder);
  expect(missing).toEqual({ code: 1, stdout: '', stderr: paths.map((path) => `${path} is stale: run "npm run generate"\n`).join('') });

  expect(await generate('--folder', folder)).toEqual({ code: 0, stdout: paths.map((path) => `wrote ${path}\n`).join(''), stderr: '' });
  expect(await generate('--check', '--folder', folder)).toEqual({ code: 0, stdout: '', stderr: '' });

  appendFileSync(join(folder, paths[0]!), '# by hand\n');
  expect(await generate('--check', '--folder', folder)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${paths[0]} is stale: run "npm run generate"\n`,
  });
});
