import { Command } from 'commander';

interface ExecOptions {
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  readonly explain: boolean;
}

/** What the simulator answers. */
interface ExecAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly explanation: readonly string[];
}

/** What is wrong with what was asked for, and not with the command that was to run. */
class ExecFailure extends Error {
  override readonly name = 'ExecFailure';
}

/** As with `docker exec` and `kubectl`-like tools: the codes below belong to the command that runs. */
const notRun = 125;

/** `isthmus simulate exec`: runs a command on an instance of a simulator that serves, and ends with the command's own exit code. */
export function execCommand(): Command {
  return new Command('exec')
    .description('Runs a command on a simulated instance: ping, curl, dig or traceroute.')
    .usage('[options] <instance> -- <command...>')
    .argument('<instance>', 'its id, or its tag Name')
    .argument('<command...>', 'the command with its own options, after --')
    .option('--endpoint <url>', 'where the simulator serves; by default $AWS_ENDPOINT_URL or the usual port', defaultEndpoint())
    .option('-e, --env <name=value>', 'a variable of the environment on the instance, such as https_proxy; more than once', addVariable, {})
    .option('--explain', 'say on standard error why it turns out so: what DNS says, and which way packets take', false)
    .addHelpText('after', examples)
    .action(async (instance: string, command: string[], options: ExecOptions) => {
      try {
        const answer = await ask(instance, command, options);
        process.stdout.write(answer.stdout);
        process.stderr.write(answer.stderr);
        if (options.explain) process.stderr.write(answer.explanation.map((line) => `${line}\n`).join(''));
        process.exitCode = answer.exitCode;
      } catch (error) {
        if (!(error instanceof ExecFailure)) throw error;
        process.stderr.write(`isthmus simulate exec: ${error.message}\n`);
        process.exitCode = notRun;
      }
    });
}

/** `isthmus simulate` where only `exec` is asked for: a client has no use for the simulator itself. */
export const simulateForExec = (): Command => new Command('simulate').enablePositionalOptions().addCommand(execCommand());

const examples = `
Examples:
  isthmus simulate exec A -- ping -c 1 10.255.1.37
  isthmus simulate exec i-0123456789abcdef0 -- dig +short ec2.us-west-2.amazonaws.com
  isthmus simulate exec --explain app-1 -- curl -x http://proxy.egress.internal:3128 https://example.com/
It ends with the exit code of the command, or with 125 where that could not be run.`;

const defaultEndpoint = (): string => process.env.AWS_ENDPOINT_URL ?? 'http://127.0.0.1:4566';

function addVariable(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = '', ...value] = text.split('=');
  return { ...before, [name]: value.join('=') };
}

async function ask(instance: string, command: readonly string[], { endpoint, env }: ExecOptions): Promise<ExecAnswer> {
  let answer: Response;
  try {
    const url = new URL('/_isthmus/exec', endpoint);
    const headers = { 'content-type': 'application/json' };
    answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ instance, command, env }) });
  } catch (error) {
    const { cause } = error as { cause?: { message?: string } };
    const why = cause?.message ?? (error as Error).message;
    throw new ExecFailure(`no simulator answers at ${endpoint} (${why}); "isthmus simulate" starts one`);
  }
  const said = (await answer.json().catch(() => undefined)) as (Partial<ExecAnswer> & { readonly error?: string }) | undefined;
  if (answer.ok && said?.exitCode !== undefined) return said as ExecAnswer;
  throw new ExecFailure(said?.error ?? `${endpoint} answers with ${answer.status}, which no simulator of Isthmus does`);
}
