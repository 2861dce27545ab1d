import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Command } from 'commander';
import { realClock } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { statements } from '../../src/aws/permissions.ts';
import { iamPolicyCommand } from '../../src/cli/iam-policy.ts';

const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
}
const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']): Block => ({ language, text }));
const commandsOf = ({ language, text }: Block): readonly string[] =>
  language === 'sh'
    ? text
        .replaceAll('\\\n', '')
        .split('\n')
        .filter((line) => line.startsWith('npx isthmus iam-policy'))
    : [];

afterEach(() => {
  jest.restoreAllMocks();
});

async function printed(line: string): Promise<string> {
  let text = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += String(part);
    return true;
  });
  const [, ...args] = line.replace(/ > \S+$/, '').split(/\s+/);
  const quiet = (command: Command): Command => {
    for (const below of command.commands) quiet(below);
    return command.exitOverride();
  };
  await quiet(new Command('isthmus').addCommand(iamPolicyCommand({ clock: realClock, random: seededRandom(1) }))).parseAsync(
    args.slice(1),
    { from: 'user' },
  );
  return text;
}

describe('The security model', () => {
  const commands = blocks.flatMap(commandsOf);

  test.each(commands)('shows a command that can be run: %s', async (line) => {
    expect(JSON.parse(await printed(line))).toHaveProperty('Statement');
  });

  const shown = blocks.flatMap((block, index) => {
    const [line] = commandsOf(block);
    const next = blocks[index + 1];
    return line !== undefined && next?.language === 'json' ? [[line, next.text] as const] : [];
  });

  test('shows what commands print', () => {
    expect(shown).toHaveLength(2);
  });

  test.each(shown)('shows what is printed now by %s', async (line, text) => {
    expect(text).toBe(await printed(line));
  });

  test('tells of every statement of the policy, in the order in which they are printed', () => {
    expect([...page.matchAll(/^\| \*\*(\w+)\*\* \|/gm)].map(([, sid]) => sid)).toEqual(Object.keys(statements));
  });
});
