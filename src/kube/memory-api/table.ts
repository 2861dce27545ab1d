/** A column of a `Table`; the first is the object's name. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly description: string;
  /** 1: only with `-o wide`. */
  readonly priority: 0 | 1;
  /** The value, or undefined where the object has none. A date's is RFC 3339. */
  value(object: object): unknown;
}

/** What of each object stands beside its row. */
export type IncludedObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly columns: readonly TableColumn[];
  /** Milliseconds since the epoch: ages are counted from it. */
  readonly now: number;
  readonly included: IncludedObject;
}

/** An object with a name. */
interface Named {
  readonly metadata: object;
}

/**
 * Objects as the rows that `kubectl get` prints (`meta.k8s.io/v1` Table).
 *
 * @param metadata the list's
 */
export function tableOf(objects: readonly Named[], metadata: object, { columns, now, included }: TableOptions): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, description, priority }, index) => ({
      name,
      type: 'string',
      format: index === 0 ? 'name' : '',
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((column) => cell(column, object, now)),
      ...(included !== 'None' && { object: included === 'Object' ? object : metadataOf(object) }),
    })),
  };
}

function metadataOf({ metadata }: Named): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

function cell({ type, value }: TableColumn, object: object, now: number): string | null {
  const found = value(object);
  if (found === undefined || found === null) return null;
  if (type === 'date') return age(now - Date.parse(String(found)));
  return typeof found === 'object' ? JSON.stringify(found) : String(found);
}

const step = /\.([A-Za-z_][A-Za-z0-9_-]*)|\[\?\(@\.([A-Za-z0-9_]+)==["']([^"']*)["']\)\]/y;

/**
 * The part of JSONPath that columns use: fields, and the first item of a list with a field of a value.
 *
 * @param path `.status.conditions[?(@.type=="Ready")].status`
 * @throws TypeError where there is more in it
 */
export function jsonPath(path: string): (object: object) => unknown {
  const steps: ((within: unknown) => unknown)[] = [];
  for (let at = 0; at < path.length; at = step.lastIndex) {
    step.lastIndex = at;
    const [, field, key, wanted] = step.exec(path) ?? [];
    if (field !== undefined) steps.push((within) => fieldOf(within, field));
    else if (key !== undefined)
      steps.push((within) => (Array.isArray(within) ? within.find((item) => fieldOf(item, key) === wanted) : undefined));
    else throw new TypeError(`cannot read the JSONPath ${path} from character ${at} on`);
  }
  return (object) => steps.reduce<unknown>((within, take) => take(within), object);
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** Up to which age it is told in which unit; and whether a rest is told in the next smaller one. */
const scale: readonly {
  readonly below: number;
  readonly unit: number;
  readonly sign: string;
  readonly rest?: readonly [number, string];
}[] = [
  { below: 2 * minute, unit: second, sign: 's' },
  { below: 10 * minute, unit: minute, sign: 'm', rest: [second, 's'] },
  { below: 3 * hour, unit: minute, sign: 'm' },
  { below: 8 * hour, unit: hour, sign: 'h', rest: [minute, 'm'] },
  { below: 2 * day, unit: hour, sign: 'h' },
  { below: 8 * day, unit: day, sign: 'd', rest: [hour, 'h'] },
  { below: 2 * year, unit: day, sign: 'd' },
  { below: 8 * year, unit: year, sign: 'y', rest: [day, 'd'] },
  { below: Number.POSITIVE_INFINITY, unit: year, sign: 'y' },
];

/** As Kubernetes tells ages: `90s`, `4m12s`, `5h`, `3d4h` (apimachinery's `util/duration`). */
export function age(ms: number): string {
  if (Number.isNaN(ms)) return '<invalid>';
  const told = Math.max(0, ms);
  const { unit, sign, rest } = scale.find(({ below }) => told < below) ?? { unit: second, sign: 's' };
  const more = rest ? Math.floor((told % unit) / rest[0]) : 0;
  return `${Math.floor(told / unit)}${sign}${more > 0 ? `${more}${rest?.[1]}` : ''}`;
}
