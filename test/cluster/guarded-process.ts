import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';

/** A server process that cannot outlive the one that started it. */
export interface GuardedProcess {
  /** The last lines that it logged. */
  log(): string;
  readonly exited: boolean;
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>;
}

// The shell holds one end of a pipe whose other end only this process has: when that breaks, for whatever reason, `cat` ends
// and the server is killed. It works where a signal handler does not: after a SIGKILL of the parent.
const guard = `
  exec 3<&0
  "$@" </dev/null 3<&- & server=$!
  (cat <&3 >/dev/null; kill -9 "$server" 2>/dev/null) &
  exec 3<&-
  wait "$server"
`;

/** Starts a program whose output goes to the file `logPath`. */
export function startGuarded(command: string, args: readonly string[], logPath: string): GuardedProcess {
  const log = openSync(logPath, 'a');
  const shell: ChildProcess = spawn('sh', ['-c', guard, 'sh', command, ...args], { stdio: ['pipe', log, log] });
  closeSync(log);
  let exited = false;
  shell.stdin?.on('error', () => {});
  const gone = new Promise<void>((resolve) => {
    const end = () => {
      exited = true;
      shell.stdin?.destroy();
      resolve();
    };
    shell.once('exit', end);
    shell.once('error', end);
  });
  // A run that fails before its teardown must be able to end; the servers end with it.
  shell.unref();
  if (shell.stdin instanceof Socket) shell.stdin.unref();
  return {
    log: () => readFileSync(logPath, 'utf8').split('\n').slice(-15).join('\n'),
    get exited() {
      return exited;
    },
    kill() {
      shell.ref();
      shell.stdin?.destroy();
      return gone;
    },
  };
}
