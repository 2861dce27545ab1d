import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { admit } from '../../src/kinds/admission.ts';
import { reasons } from '../../src/kinds/reasons.ts';

const docs = new URL('../../docs/', import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
const textOf = (page: string) => readFileSync(new URL(page, docs), 'utf8');

/** Rows of the table of reasons: the reason and what is said of it. */
const listed = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^\| `([A-Z][A-Za-z]+)` \| (.+) \|$/gm)].map(([, reason = '', advice = '']) => ({ page, reason, advice })),
);

describe('The pages of docs/', () => {
  test('list every reason that there is', () => {
    const documented = new Set(listed.map(({ reason }) => reason));
    expect(Object.keys(reasons).filter((reason) => !documented.has(reason))).toEqual([]);
  });

  test.each(listed)('$page says of $reason what the catalogue says', ({ reason, advice }) => {
    expect(reasons).toHaveProperty(reason, advice);
  });

  const examples = [
    ...pages.map((page) => [`docs/${page}`, textOf(page)] as const),
    ['README.md', readFileSync(new URL('../../README.md', import.meta.url), 'utf8')] as const,
  ];
  const manifestsOf = (text: string) =>
    [...text.matchAll(/```yaml\n([\s\S]*?)```/g)]
      .flatMap(([, yaml = '']) => parseAllDocuments(yaml).map((document) => document.toJS() as { apiVersion?: string; kind: string }))
      .filter(({ apiVersion }) => apiVersion?.startsWith('isthmus.dev/'));

  test.each(['docs/vpc-peering.md', 'docs/aws-account.md', 'README.md'])('%s shows a manifest', (file) => {
    expect(manifestsOf(examples.find(([name]) => name === file)?.[1] ?? '')).not.toEqual([]);
  });

  test.each(examples)('%s shows only manifests that the API server takes', (_file, text) => {
    const manifests = manifestsOf(text);
    for (const manifest of manifests) expect(admit(manifest, undefined)).toHaveProperty('spec');
  });
});
