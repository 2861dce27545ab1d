/** A number as callers write it: `10`, `-0.5`, `1e3`. Undefined where the text is none, or one that no number can hold. */
export function readDecimal(text: string): number | undefined {
  // Written so that a long text that is none is found out in one pass.
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
