import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { listen } from '../../../src/simulator/http-server.ts';
import { simulatorOf } from '../../../src/simulator/simulator-of-world.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { loadWorld } from '../../../src/simulator/world-file/load.ts';
import { type Commands, pythonOfCli, startCommands } from './commands.ts';

const python = pythonOfCli();
const maybe = python ? test : test.skip;
const reason = python ? '' : ' (skipped: there is no `aws` of Python on the PATH)';

const examples = join(import.meta.dirname, '../../../examples');
let folder: string;
let commands: Commands | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'by-hand-'));
  if (python) commands = await startCommands(python, folder);
}, 60_000);
afterAll(async () => {
  await commands?.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runScript(example: string, endpoint: string): Promise<Ended> {
  const env = {
    ...commands!.env,
    HOME: folder,
    NO_PROXY: '*',
    LC_ALL: 'C.UTF-8',
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  return new Promise((resolve) => {
    execFile('bash', [join(examples, example, 'by-hand.sh')], { env }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? 1) : 0, stdout, stderr });
    });
  });
}

/** What AWS keeps, whatever became of what was made: tokens and references of calls, and the roles that it made for its services. */
const memories = ['clientTokens', 'hostedZoneReferences', 'hostedZoneChanges', 'serviceLinkedRoles'];

/** What there is, in an order and in words that stay the same where something was replaced by its like. */
function picture(dump: object): Record<string, readonly string[]> {
  const without = (record: unknown) =>
    JSON.stringify(record, (key, value) => (key === 'createdAt' ? undefined : value)).replaceAll(
      /\b(nat|eni|eipassoc)-[0-9a-f]{17}/g,
      '$1',
    );
  return Object.fromEntries(
    Object.entries(dump)
      .filter(([collection]) => !memories.includes(collection))
      .map(([collection, records]) => [
        collection,
        Object.values(records as object)
          .map(without)
          .toSorted(),
      ]),
  );
}

maybe.each(['two-vpcs', 'seoul-london', 'shared-egress', 'aws-services', 'resource-endpoint'])(
  `%s is built, proved and taken down again with the AWS CLI alone${reason}`,
  async (example) => {
    const clock = new VirtualClock();
    const random = seededRandom(1);
    const world = new World({ clock, random });
    loadWorld(readFileSync(join(examples, example, 'world.yaml'), 'utf8'), `${example}/world.yaml`, world);
    const simulator = simulatorOf(world, { clock, random });
    const before = picture(simulator.dump() as object);
    const server = await listen(simulator, { port: 0, host: '127.0.0.1' });
    try {
      const { status, stdout, stderr } = await runScript(example, server.url);
      expect({ status, stderr, stdout }).toEqual({
        status: 0,
        stderr: '',
        stdout: expect.stringMatching(/✓ before.*✓ after.*nothing is left\n$/s),
      });
      // By then AWS shows nothing of what has ended any more.
      await clock.advance(3 * 86_400_000);
      expect(picture(simulator.dump() as object)).toEqual(before);
    } finally {
      await server.close();
    }
  },
  300_000,
);
