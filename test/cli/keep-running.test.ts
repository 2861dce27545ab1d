import { readFile } from 'node:fs/promises';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { createEmbedded } from '../../src/cli/embedded.ts';
import { keepRunning } from '../../src/cli/keep-running.ts';
import { readScenario } from '../../src/cli/scenario.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

const plain = (text: string) => text;

/** A terminal that keeps its lines, and tells of each. */
function recording() {
  const lines: string[] = [];
  const said = Promise.withResolvers<void>();
  const terminal: Terminal = {
    line(text = '') {
      lines.push(text);
      if (text.startsWith('What has been called')) said.resolve();
    },
    bold: plain,
    dim: plain,
    good: plain,
    bad: plain,
    table: () => {},
  };
  return { terminal, lines, said: said.promise };
}

async function embeddedExample() {
  const { world, manifests } = await readScenario('two-vpcs');
  const embedded = createEmbedded({
    clock: new VirtualClock(),
    random: seededRandom(1),
    worldText: world.text,
    worldFile: world.file,
    accountId: '111122223333',
  });
  for (const manifest of manifests.documents) embedded.apply(manifest);
  return { embedded, manifestFile: manifests.file };
}

const within = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';

test('what it says leads to the simulated AWS and to the objects, until it is stopped', async () => {
  const { embedded, manifestFile } = await embeddedExample();
  const { terminal, lines, said } = recording();
  const stop = new AbortController();
  const running = keepRunning({ embedded, terminal, manifestFile, signal: stop.signal });
  await said;
  const text = lines.join('\n');

  const endpoint = within(text, /export AWS_ENDPOINT_URL=(http:\S+)/);
  const client = new EC2Client({
    endpoint,
    region: within(text, /AWS_REGION=(\S+)/),
    credentials: { accessKeyId: within(text, /AWS_ACCESS_KEY_ID=(\d+)/), secretAccessKey: within(text, /AWS_SECRET_ACCESS_KEY=(\w+)/) },
  });
  const { Vpcs = [] } = await client.send(new DescribeVpcsCommand({ Filters: [{ Name: 'tag:Name', Values: ['peering_test_1'] }] }));
  expect(Vpcs).toHaveLength(1);
  client.destroy();

  // Every example has two instances with names, and what is printed can be tried as it is.
  const [, instance = '', command = ''] = /simulate exec --explain (\S+) -- (.*)/.exec(text) ?? [];
  const body = JSON.stringify({ instance, command: command.split(' ') });
  expect((await fetch(`${endpoint}/_isthmus/exec`, { method: 'POST', body })).status).toBe(200);

  const server = within(text, /kubectl --server=(http:\S+) get isthmus -A/);
  const answer = await fetch(`${server}/apis/isthmus.dev/v1alpha1/vpcpeerings`);
  expect(await answer.json()).toMatchObject({ items: [{ metadata: { name: 'test1-to-test2', namespace: 'network' } }] });
  expect(text).toContain(`kubectl --server=${server} wait vpcp test1-to-test2 -n network --for=condition=Ready`);
  const file = within(text, /apply -f (\S+)/);
  expect(await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')).toContain('kind: VpcPeering');

  stop.abort();
  await running;
  expect(lines.at(-1)).toBe('Stopped.');
  await expect(fetch(endpoint)).rejects.toThrow();
  await expect(fetch(server)).rejects.toThrow();
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s stops it, and nothing listens for signals afterwards', async (signal) => {
  const { embedded } = await embeddedExample();
  const { terminal, said } = recording();
  const before = process.listenerCount(signal);
  const running = keepRunning({ embedded, terminal });
  await said;
  expect(process.listenerCount(signal)).toBe(before + 1);
  process.emit(signal, signal);
  await running;
  expect(process.listenerCount(signal)).toBe(before);
});
