import type { Clock } from './clock.ts';
import type { Random } from './random.ts';

/** What `main.ts` hands to every command: the only way to time and chance. */
export interface Ambient {
  readonly clock: Clock;
  readonly random: Random;
}
