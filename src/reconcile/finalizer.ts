import type { Resource } from '../kinds/kind.ts';

/** Kept on an object from before the first write to AWS until everything it made is confirmed gone, and nobody needs it any more. */
export const finalizer = 'isthmus.dev/finalizer';

/** Whether it is on an object. */
export const hasFinalizer = (resource: Resource): boolean => resource.metadata.finalizers?.includes(finalizer) ?? false;
