import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import type { Ambient } from '../ambient/ambient.ts';
import { crdOf } from '../kinds/crd.ts';
import { kindApis } from '../kinds/index.ts';
import { group } from '../kinds/kind-api.ts';

/** A file that is made from the sources and kept in the repository, so that it can be read and installed without running anything. */
interface GeneratedFile {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

const crdFiles = (): readonly GeneratedFile[] =>
  kindApis.map((api) => ({
    path: `crds/${group}_${api.plural}.yaml`,
    text: `# Generated from src/kinds by "isthmus generate": do not edit.\n${stringify(crdOf(api), { lineWidth: 0, aliasDuplicateObjects: false })}`,
  }));

/** What is generated: one entry for each sort of files. */
const generators: readonly (() => readonly GeneratedFile[])[] = [crdFiles];

/** Every generated file as it should be. */
export const generatedFiles = (): readonly GeneratedFile[] => generators.flatMap((generate) => generate());

const projectRoot = join(import.meta.dirname, '../..');

/** `isthmus generate`: writes the generated files; with `--check`, only says which are stale and exits 1 if any is. */
export function generateCommand(_ambient: Ambient): Command {
  return new Command('generate')
    .description("Writes the files that are made from the sources, such as the kinds' CustomResourceDefinitions.")
    .option('--check', 'write nothing; exit 1 and name the stale files, if there are any')
    .option('--folder <path>', "the project's folder", projectRoot)
    .action(async (options: { readonly check?: true; readonly folder: string }) => {
      const stale: GeneratedFile[] = [];
      for (const file of generatedFiles()) {
        const present = await readFile(join(options.folder, file.path), 'utf8').catch(() => undefined);
        if (present !== file.text) stale.push(file);
      }
      if (options.check) {
        for (const { path } of stale) console.error(`${path} is stale: run "npm run generate"`);
        if (stale.length > 0) process.exitCode = 1;
        return;
      }
      for (const { path, text } of stale) {
        await mkdir(dirname(join(options.folder, path)), { recursive: true });
        await writeFile(join(options.folder, path), text);
        console.log(`wrote ${path}`);
      }
    });
}
