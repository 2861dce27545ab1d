// The caller of the benchmark over HTTP: a thread that calls as fast as it is answered, and tells its best rate in calls a second.
import { parentPort, workerData } from 'node:worker_threads';
import { Pool } from 'undici';
import type { WireRequest } from '../../src/simulator/wire/protocol.ts';

const { url, requests } = workerData as { url: string; requests: readonly WireRequest[] };
const connections = 4;
const pool = new Pool(url, { connections });

/** Requests that follow each other stay with one caller: the second of a pair undoes what the first has done. */
async function callAll(own: readonly WireRequest[]): Promise<void> {
  for (const { method, path, headers, body } of own) {
    const answer = await pool.request({ method: method as 'POST', path, headers, body });
    await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${body} was answered with ${answer.statusCode}`);
  }
}

const share = requests.length / connections;
let best = 0;
for (let round = 0; round < 7; round++) {
  const from = performance.now();
  let calls = 0;
  while (performance.now() - from < 250) {
    await Promise.all(Array.from({ length: connections }, (_, index) => callAll(requests.slice(index * share, (index + 1) * share))));
    calls += requests.length;
  }
  best = Math.max(best, calls / ((performance.now() - from) / 1_000));
}
await pool.close();
parentPort!.postMessage(best);
