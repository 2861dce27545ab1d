import { kindApis } from './index.ts';
import type { Resource } from './kind.ts';
import { parse } from './validate.ts';

/**
 * What admission says of a manifest of one of our kinds: its spec with the defaults filled in, or what is wrong with it, a sentence for each
 * field. The same verdict as the API server's, for where there is none.
 */
export function admit(
  manifest: { readonly kind: string },
  before: Resource | undefined,
): { readonly spec: unknown } | { readonly errors: readonly string[] } {
  const api = kindApis.find(({ kind }) => kind === manifest.kind);
  if (!api) return { errors: [`kind: there is no kind ${manifest.kind} here; there are ${kindApis.map(({ kind }) => kind).join(', ')}`] };
  const parsed = parse(api, manifest, before);
  return parsed.violations
    ? { errors: parsed.violations.map(({ field, message }) => `${field}: ${message}`) }
    : { spec: parsed.object.spec };
}
