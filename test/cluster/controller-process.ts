import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Which cluster and which AWS a controller works for, and under which names. */
export interface ControllerOptions {
  /** Who it is: the beginning of its identity in the lease. */
  readonly name: string;
  readonly kubeconfigPath: string;
  /** Where a simulated AWS listens. */
  readonly awsUrl: string;
  readonly region: string;
  /** The account that its own access key belongs to. */
  readonly accountId: string;
  /** Of the lease. */
  readonly namespace: string;
  readonly leaseName: string;
  /** Left out: the uid of the namespace kube-system. */
  readonly clusterName?: string;
  readonly flags?: readonly string[];
}

/** How a process ended: one of the two is given. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of its log, parsed. */
export interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The real program, `isthmus run`, in a process of its own. It cannot outlive the one that started it. */
export interface ControllerProcess {
  readonly name: string;
  /** What it has logged so far. */
  readonly lines: readonly LogLine[];
  /** Its last lines as text, for a person. */
  log(): string;
  readonly exit: Exit | undefined;
  /** Resolves when it has ended, however that happened. */
  readonly gone: Promise<Exit>;
  /** Sends a signal; SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it as a crash would; resolves when it is gone. */
  kill(): Promise<void>;
}

const main = join(import.meta.dirname, '../../src/main.ts');

// The shell becomes the program, so that signals reach it directly. Before that it leaves somebody behind who waits for the end of a
// pipe whose other end only the starting process has: when that is gone, for whatever reason, the program is killed.
const guard = `
  exec 3<&0
  (cat <&3 >/dev/null 2>&1; kill -9 $$) >/dev/null 2>&1 &
  exec 3<&-
  exec "$@" </dev/null
`;

export function startController(options: ControllerOptions): ControllerProcess {
  const child = spawn('sh', ['-c', guard, 'sh', process.execPath, main, 'run', ...flagsOf(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: options.kubeconfigPath,
      POD_NAME: options.name,
      // Nothing of this machine's settings, credentials or proxies.
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: options.awsUrl,
      AWS_ACCESS_KEY_ID: options.accountId,
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_REGION: options.region,
    },
  });
  const lines: LogLine[] = [];
  const raw: string[] = [];
  let rest = '';
  const take = (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    raw.push(...whole);
    lines.push(...whole.flatMap(parseLine));
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  child.stdin.on('error', () => {});
  let exit: Exit | undefined;
  const gone = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      child.stdin.destroy();
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    name: options.name,
    lines,
    log: () => [...raw, rest].slice(-60).join('\n'),
    get exit() {
      return exit;
    },
    gone,
    signal: (signal) => child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function flagsOf({ namespace, leaseName, clusterName, flags = [] }: ControllerOptions): readonly string[] {
  return [
    '--host=127.0.0.1',
    '--port=0',
    `--namespace=${namespace}`,
    `--lease-name=${leaseName}`,
    ...(clusterName === undefined ? [] : [`--cluster-name=${clusterName}`]),
    '--consistency-window=2s',
    '--resync=2s',
    '--log-level=debug',
    ...flags,
  ];
}

function parseLine(line: string): LogLine[] {
  try {
    return [JSON.parse(line) as LogLine];
  } catch {
    return [];
  }
}
