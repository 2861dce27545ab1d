/** A JSON value changed as RFC 7386 has it: what is null goes, objects are merged, anything else is put in place. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) merged.delete(field);
    else merged.set(field, mergePatch(merged.get(field), value));
  }
  return Object.fromEntries(merged);
}

/** Whether a strategic merge patch asks for more than a merge patch could. */
export function hasDirectives(patch: unknown): boolean {
  if (Array.isArray(patch)) return patch.some(hasDirectives);
  return isRecord(patch) && Object.entries(patch).some(([field, value]) => field.startsWith('$') || hasDirectives(value));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
