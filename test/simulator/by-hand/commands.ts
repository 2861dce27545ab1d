import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Commands that a script finds on its PATH, all answered by one process that holds the AWS CLI (see `commands.py`). */
export interface Commands {
  /** For the environment of a script. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const source = join(import.meta.dirname, 'commands.py');

/** The Python that the AWS CLI on the PATH is run by; undefined where there is no CLI, or where it brings a Python of its own, as version 2 does. */
export function pythonOfCli(): string | undefined {
  const first = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim().split('\n')[0] ?? '';
  // pyenv puts a script of its own before each command.
  for (const file of [first('sh', '-c', 'command -v aws'), first('pyenv', 'which', 'aws')]) {
    const interpreter = file === '' ? undefined : /^#!\s*(\S*python\S*)/.exec(readFileSync(file, 'latin1').slice(0, 200))?.[1];
    if (interpreter && spawnSync(interpreter, ['-c', 'import awscli.clidriver']).status === 0) return interpreter;
  }
  return undefined;
}

/** @param folder takes the commands; its path is short, for a socket is in it */
export async function startCommands(python: string, folder: string): Promise<Commands> {
  // Without its packages Python starts in no time; a `#!` line takes one argument.
  const text = `#!${python} -SE\n${readFileSync(source, 'utf8')}`;
  for (const name of ['aws', 'sleep', 'isthmus']) {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }
  const path = join(folder, 'socket');
  const server = spawn(python, [source, 'serve', path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const said = await Promise.race([once(server.stdout, 'data'), ended]);
  if (String(said[0]).trim() !== 'ready') throw new Error(`the commands do not start: ${said[0]}`);
  return {
    env: { PATH: `${folder}:${process.env.PATH}`, BY_HAND_SOCKET: path, ISTHMUS: 'isthmus' },
    async close() {
      server.stdin.end();
      await ended;
    },
  };
}
