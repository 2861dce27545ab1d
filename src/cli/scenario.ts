import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { parseAllDocuments, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Manifest } from '../kube/memory-server.ts';

const proof = z
  .strictObject({
    /** Names of instances of the world. */
    from: z.string().min(1),
    to: z.string().min(1),
    protocol: z.enum(['tcp', 'udp', 'icmp', 'icmpv6']),
    port: z.int().min(0).max(65_535).optional(),
    /** Whether packets get there and back while the objects are there; before and after they must not. */
    connected: z.boolean(),
  })
  .refine((self) => (self.port !== undefined) === (self.protocol === 'tcp' || self.protocol === 'udp'), {
    message: 'a port is needed with tcp and udp, and with nothing else',
    path: ['port'],
  });

const file = z.strictObject({ title: z.string().min(1), description: z.string().min(1), proofs: z.array(proof).min(1) });

/** Who must reach whom, or must not. */
export type Proof = z.output<typeof proof>;

/** One folder of `examples/`: a world, manifests, and what they are to prove. */
export interface Scenario extends z.output<typeof file> {
  readonly name: string;
  readonly world: { readonly file: string; readonly text: string };
  readonly manifests: { readonly file: string; readonly documents: readonly Manifest[] };
}

const examples = new URL('../../examples/', import.meta.url);
/** In the bundle, examples stand beside it or not at all. */
const folderOf = (name: string): URL => new URL(`${name}/`, examples);

/** Names of the scenarios, in the order in which they are best read. A folder without a scenario has a world only, for the AWS CLI to work on. */
export async function scenarioNames(): Promise<readonly string[]> {
  const order = ['two-vpcs', 'seoul-london'];
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const entries = await readdir(examples, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => existsSync(new URL('scenario.yaml', folderOf(name))))
    .toSorted((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

/** @throws Error that names the file and the field */
export async function readScenario(name: string): Promise<Scenario> {
  const read = (part: string) => readFile(new URL(part, folderOf(name)), 'utf8');
  const path = (part: string) => `examples/${name}/${part}`;
  const parsed = file.safeParse(parseDocument(await read('scenario.yaml')).toJS());
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`${path('scenario.yaml')}: ${problems.join('; ')}`);
  }
  const documents = parseAllDocuments(await read('manifests.yaml')).map((document) => document.toJS() as Manifest);
  return {
    name,
    ...parsed.data,
    world: { file: path('world.yaml'), text: await read('world.yaml') },
    manifests: { file: path('manifests.yaml'), documents: documents.filter((document) => document !== null) },
  };
}
