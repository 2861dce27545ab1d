// The real AWS CLI, for tests that skip with the reason where there is none.
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { test } from '@jest/globals';

const installed = spawnSync('aws', ['--version'], { encoding: 'utf8' }).status === 0;

/** `test` where there is an AWS CLI; its title is to end in `awsCliReason`. */
export const testAwsCli = installed ? test : test.skip;
/** Why such tests are skipped; empty where they are not. */
export const awsCliReason = installed ? '' : ' (skipped: there is no `aws` on the PATH)';

export interface AwsCliOptions {
  /** Where the simulated AWS listens. */
  readonly url: string;
  readonly accountId: string;
  readonly region: string;
  /** Besides, or instead. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface AwsCliOutcome {
  readonly status: number;
  /** What it printed as JSON; undefined where it printed nothing, or failed. */
  readonly output: unknown;
  readonly stderr: string;
}

/** Runs the CLI with nothing of this machine's settings, credentials or proxies; `args` are split at spaces. */
export async function runAwsCli(args: string, { url, accountId, region, environment }: AwsCliOptions): Promise<AwsCliOutcome> {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    NO_PROXY: '*',
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accountId,
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_DEFAULT_REGION: region,
    AWS_MAX_ATTEMPTS: '1',
    ...environment,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)('aws', [...args.split(' '), '--output', 'json'], { env });
    return { status: 0, output: stdout === '' ? undefined : JSON.parse(stdout), stderr };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { status: code, output: undefined, stderr };
  }
}

/** As `runAwsCli`, where it must succeed. @throws an Error with what it said, under `stderr` too */
export async function mustRunAwsCli(args: string, options: AwsCliOptions): Promise<unknown> {
  const { status, output, stderr } = await runAwsCli(args, options);
  if (status !== 0) throw Object.assign(new Error(`aws ${args}: ${stderr}`), { stderr });
  return output;
}
