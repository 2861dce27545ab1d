import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { seededRandom } from '../../src/ambient/random.ts';
import { VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { simulateCommand } from '../../src/cli/simulate.ts';
import { readFaultRules } from '../../src/simulator/calls/faults.ts';
import { worldFileSchema } from '../../src/simulator/world-file/schema.ts';
import { stage } from '../simulator/data-plane/world.ts';

const page = readFileSync('docs/simulator.md', 'utf8');

/** What stands in code at the beginning of the rows of the table with this heading. */
function rows(heading: string): string[] {
  const table = page.slice(page.indexOf(`| ${heading} |`)).split('\n\n')[0]!;
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
}

const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, text]) => text!);

test('the table of fields has those of a world file, and no others', () => {
  expect(rows('field').toSorted()).toEqual(Object.keys(worldFileSchema.shape).toSorted());
});

test('the table of options has those of isthmus simulate, and no others', () => {
  const command = simulateCommand({ clock: new VirtualClock(), random: seededRandom(1) });
  expect(rows('option').toSorted()).toEqual(command.options.map(({ long }) => long).toSorted());
});

test('the calls under /_isthmus/ are those that are answered', () => {
  const sources = readdirSync('src/simulator').filter((name) => name.endsWith('.ts'));
  const answered = sources.flatMap((name) =>
    [...readFileSync(`src/simulator/${name}`, 'utf8').matchAll(/case '([A-Z]+ \/_isthmus\/[a-z-]+)'/g)].map(([, call]) => call!),
  );
  const told = rows('call').filter((code) => code.includes('/_isthmus/'));
  expect(told.map((code) => code.split('?')[0]!).toSorted()).toEqual(answered.toSorted());
});

describe('the world of the page', () => {
  const [world = ''] = blocks('yaml');
  const commands = [...page.matchAll(/^npx isthmus simulate exec (?:-e (\S+)=(\S+) )?(\S+) -- (.*)$/gm)];

  test('is one in which the commands of the page succeed', () => {
    expect(commands).toHaveLength(6);
    const { on } = stage(world);
    for (const [line, name, value, instance = '', command = ''] of commands) {
      const { exitCode, stderr } = on(instance, command, name === undefined ? {} : { [name]: value! });
      expect({ line, exitCode, stderr }).toEqual({ line, exitCode: command.startsWith('ping') ? 1 : 0, stderr: '' });
    }
  });

  test.each(['ping', 'curl', 'traceroute'])('tells all options of %s', (tool) => {
    const { stderr } = stage(world).on('app', `${tool} --nothing`);
    const [, list = ''] = /the options are (.*)$/m.exec(stderr) ?? [];
    const row = page.split('\n').find((line) => line.startsWith(`| \`${tool}\``))!;
    const untold = list.split(', ').filter(
      (option) =>
        !option
          .split(' ')[0]!
          .split('|')
          .some((name) => row.includes(`\`${name}\``)),
    );
    expect(untold).toEqual([]);
    expect(list).not.toBe('');
  });
});

test('the faults of the page can be ordered', () => {
  expect(readFaultRules(parse(blocks('yaml')[1]!), () => true)).toHaveLength(3);
  const values: Readonly<Record<string, unknown>> = { error: { code: 'X' }, settings: { pageSize: 1 }, delayMs: 1 };
  for (const name of rows('effect')) {
    expect(readFaultRules([{ operation: 'X', effect: { [name]: values[name] ?? true } }], () => true)).toHaveLength(1);
  }
  expect(rows('effect')).not.toEqual([]);
});

test('the help of isthmus simulate names every effect of a fault, and its examples can be ordered', () => {
  const command = simulateCommand({ clock: new VirtualClock(), random: seededRandom(1) });
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  const [, told = ''] = help.split('What happens:');
  expect(rows('effect').filter((name) => !told.includes(name))).toEqual([]);
  const examples = help.split('\n').filter((line) => line.startsWith('  - {'));
  expect(readFaultRules(parse(examples.join('\n')), () => true)).toHaveLength(5);
});
