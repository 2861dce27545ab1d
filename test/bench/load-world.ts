// Loads a world and prints how long it took, in milliseconds, and the memory that it takes, in MiB. Beside a world file it leaves its saved state.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { realClock, sleep } from '../../src/ambient/clock.ts';
import { seededRandom } from '../../src/ambient/random.ts';
import { simulatorOf } from '../../src/simulator/simulator-of-world.ts';
import { readState, writeState } from '../../src/simulator/world/saved-state.ts';
import { World } from '../../src/simulator/world/world.ts';
import { loadWorld } from '../../src/simulator/world-file/load.ts';
import { elapsed, heap, mebibytes } from './show.ts';

const [file = ''] = process.argv.slice(2);
const world = new World({ clock: realClock, random: seededRandom(1), settings: { quotas: { vpcsPerRegion: 10_000 } } });
const simulator = simulatorOf(world, { clock: realClock, random: seededRandom(2) });
const isState = file.endsWith('state.json');
const from = performance.now();
if (isState) readState(readFileSync(file, 'utf8'), file, { world, simulator });
else loadWorld(readFileSync(file, 'utf8'), file, world);
const ms = elapsed(from);
const figures = { ms, heap: heap(), peak: mebibytes(process.resourceUsage().maxRSS * 1024), rss: 0 };
// What V8 keeps for later is not the world's: it gives it back when memory is short, as it is asked to here.
const collect = globalThis.gc as ((options: { type: 'major'; flavor: 'last-resort'; execution: 'sync' }) => void) | undefined;
collect?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
// V8 gives pages back a moment after it has emptied them.
await sleep(realClock, 1_000);
figures.rss = mebibytes(process.memoryUsage().rss);
if (!isState) writeFileSync(join(dirname(file), 'state.json'), writeState({ world, simulator }));
console.log(JSON.stringify(figures));
