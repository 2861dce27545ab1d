import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import type { LogLevel } from '../../src/ambient/log.ts';

/** What a process says that logs these lines and then exits at once. */
function said(level: LogLevel, code: string): { stdout: string; lines: Record<string, unknown>[] } {
  const url = new URL('../../src/ambient/log.ts', import.meta.url);
  const script = `import { createLog } from ${JSON.stringify(url.href)}; const log = createLog('${level}'); ${code}; process.exit(0);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => line !== '');
  return { stdout, lines: lines.map((line) => JSON.parse(line)) };
}

test('a line of the log has its level, its time, the facts and the sentence', () => {
  const { stdout, lines } = said('info', `log.info({ key: 'VpcPeering/team/a' }, 'took the lease')`);
  expect(lines).toEqual([
    { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), key: 'VpcPeering/team/a', msg: 'took the lease' },
  ]);
  expect(stdout).toBe('');
});

test('an error is logged with its message and where it came from', () => {
  const { lines } = said('info', `log.error({ error: new Error('socket hang up') }, 'the watch broke')`);
  expect(lines[0]).toMatchObject({
    level: 'error',
    error: { type: 'Error', message: 'socket hang up', stack: expect.stringContaining('at ') },
  });
});

test('how important a line is can be chosen first: watches ended for good where the function did not work without its object', () => {
  const { lines } = said('debug', `for (const bad of [true, false]) { const say = bad ? log.warn : log.debug; say({ bad }, 'so it is'); }`);
  expect(lines).toMatchObject([
    { level: 'warn', bad: true, msg: 'so it is' },
    { level: 'debug', bad: false, msg: 'so it is' },
  ]);
});

test('what is below the level is not said', () => {
  const everything = `for (const level of ['debug', 'info', 'warn', 'error']) log[level]({}, level)`;
  const levels = (level: LogLevel) => said(level, everything).lines.map((line) => line.msg);
  expect(levels('debug')).toEqual(['debug', 'info', 'warn', 'error']);
  expect(levels('warn')).toEqual(['warn', 'error']);
  expect(levels('silent')).toEqual([]);
});
