/** Prints one figure. */
export const show = (what: string, figure: number, unit: string, digits = 0): void =>
  console.log(
    `${what.padEnd(56)} ${figure.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits }).padStart(12)} ${unit}`,
  );

/** Milliseconds since `from`, which came from `performance.now()`. */
export const elapsed = (from: number): number => performance.now() - from;

/** Bytes as MiB. */
export const mebibytes = (bytes: number): number => bytes / 2 ** 20;

/** The heap in use when what nobody holds is gone, in MiB; needs `--expose-gc`. */
export function heap(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return mebibytes(process.memoryUsage().heapUsed);
}
