#!/usr/bin/env node
import { Command } from 'commander';
import type { Ambient } from './ambient/ambient.ts';
import { realClock } from './ambient/clock.ts';
import { realRandom } from './ambient/random.ts';
import { demoCommand } from './cli/demo.ts';
import { generateCommand } from './cli/generate.ts';
import { runCommand } from './cli/run.ts';
import { simulateCommand } from './cli/simulate.ts';

const ambient: Ambient = { clock: realClock, random: realRandom };

const program = new Command('isthmus')
  .description('Joins AWS VPCs to each other, to resources and to the internet, from Kubernetes objects.')
  .showHelpAfterError()
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride((error) => {
    // Wrong usage is told apart from failed work: 2, as shells and kubectl's plug-ins have it.
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

program.addCommand(demoCommand(ambient).copyInheritedSettings(program));
program.addCommand(runCommand(ambient).copyInheritedSettings(program));
program.addCommand(simulateCommand(ambient).copyInheritedSettings(program));
program.addCommand(generateCommand(ambient).copyInheritedSettings(program));
await program.parseAsync();
