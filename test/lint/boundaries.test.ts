import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const project = new URL('../../', import.meta.url).pathname;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-lint-'));
  cpSync(join(project, '.biome.jsonc'), join(folder, '.biome.jsonc'));
  cpSync(join(project, '.lint'), join(folder, '.lint'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the linter says of a source file with this text at this place. */
function lint(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${text}\n`);
  const { stdout, stderr } = spawnSync(join(project, 'node_modules/.bin/biome'), ['lint', '--colors=off', '--vcs-enabled=false', path], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('The linter', () => {
  test.each([
    ['Date.now()', 'export const at = Date.now();'],
    ['new Date()', 'export const at = new Date();'],
    ['Math.random()', 'export const chance = Math.random();'],
    ['setTimeout', 'setTimeout(() => {}, 1);'],
    ['performance.now()', 'export const at = performance.now();'],
  ])('refuses %s outside src/ambient', (_what, text) => {
    expect(lint('src/reconcile/bad.ts', text)).toContain('Time and randomness come in from main.ts');
    expect(lint('src/ambient/good.ts', text)).not.toContain('Time and randomness');
  });

  test.each([
    ['src/network/bad.ts', 'node:fs'],
    ['src/network/bad.ts', '../kinds/kind.ts'],
    ['src/kinds/vpc-peering/bad.ts', '@aws-sdk/client-ec2'],
    ['src/kinds/vpc-peering/bad.ts', '../../kube/cluster.ts'],
    ['src/aws/bad.ts', '../kube/cluster.ts'],
    ['src/kube/bad.ts', '../aws/aws.ts'],
    ['src/reconcile/bad.ts', '@kubernetes/client-node'],
    ['src/simulator/bad.ts', '../aws/aws.ts'],
  ])('lets no file such as %s import %s', (path, imported) => {
    expect(lint(path, `import '${imported}';`)).toContain('lint/style/noRestrictedImports');
  });
});
