#!/usr/bin/env node
import { Command } from 'commander';
import type { Ambient } from './ambient/ambient.ts';
import { realClock } from './ambient/clock.ts';
import { realRandom } from './ambient/random.ts';

const ambient: Ambient = { clock: realClock, random: realRandom };

/** One file of `cli/` each, and read only when it is asked for: the controller has no use for the simulator in its memory. */
const commands: Readonly<Record<string, () => Promise<(ambient: Ambient) => Command>>> = {
  run: async () => (await import('./cli/run.ts')).runCommand,
  demo: async () => (await import('./cli/demo.ts')).demoCommand,
  rbac: async () => (await import('./cli/rbac.ts')).rbacCommand,
  // Scripts run one command on an instance after another: that need not wait for the simulator to be read each time.
  simulate: async () =>
    process.argv[3] === 'exec'
      ? (await import('./cli/simulate-exec.ts')).simulateForExec
      : (await import('./cli/simulate.ts')).simulateCommand,
  'iam-policy': async () => (await import('./cli/iam-policy.ts')).iamPolicyCommand,
  generate: async () => (await import('./cli/generate.ts')).generateCommand,
};

const program = new Command('isthmus')
  .description('Joins AWS VPCs to each other, to resources and to the internet, from Kubernetes objects.')
  .showHelpAfterError()
  .enablePositionalOptions()
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => {
    // Wrong usage is told apart from failed work: 2, as shells and kubectl's plug-ins have it.
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

const asked = process.argv[2] ?? '';
for (const name of Object.hasOwn(commands, asked) ? [asked] : Object.keys(commands)) {
  const command = await commands[name]?.();
  if (!command) continue;
  const added = command(ambient).copyInheritedSettings(program);
  for (const below of added.commands) below.copyInheritedSettings(program);
  program.addCommand(added);
}
await program.parseAsync();
