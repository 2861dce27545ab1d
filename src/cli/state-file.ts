import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Writes a file as a whole or not at all: who reads it meanwhile finds the one that was there before.
 *
 * @throws Error where it cannot be written; what was there stays
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { flush: true });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
