/** One thing that is wrong with a manifest. */
export interface Violation {
  /** `spec.requester.ingress[0].portRanges`; `metadata.name`. */
  readonly field: string;
  /** What was found and what would be right. */
  readonly message: string;
}

/** An object out of a manifest, before anybody has judged it. */
export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const longestShown = 80;

/** A value as it stands in a message. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}
