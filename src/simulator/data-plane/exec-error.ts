/** A command that cannot be run at all: no such instance, or one that does not run. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
}
