import type { ObjectMeta, Resource } from '../../kinds/kind.ts';
import { microTime } from '../event-log.ts';
import type { MemoryServer, RecordedEvent } from '../memory-server.ts';
import { jsonPath, type TableColumn } from './table.ts';

/** The parts of a CustomResourceDefinition that a server needs. */
export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: {
      readonly kind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    };
    readonly versions: readonly {
      readonly name: string;
      readonly additionalPrinterColumns?: readonly PrinterColumn[];
      readonly schema: { readonly openAPIV3Schema: object };
    }[];
  };
}

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: number;
}

/** What goes over the wire: a stored object, or an Event. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<ObjectMeta> & Pick<ObjectMeta, 'name'>;
}

/** A kind as it is served. */
export interface ServedResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly columns: readonly TableColumn[];
  /** What a `fieldSelector` may ask for. */
  readonly fields: readonly string[];
  /** OpenAPI v3 of an object, for `kubectl explain`. */
  readonly schema: object;
  /** All there are now. */
  list(): readonly ApiObject[];
  /** A stored object as clients see it. */
  shown(object: Resource): ApiObject;
}

const storedVerbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'] as const;

const nameColumn: TableColumn = column({ name: 'Name', type: 'string', jsonPath: '.metadata.name', description: 'Name of the object.' });
const ageColumn: TableColumn = column({
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
});

function column({ name, type, jsonPath: path, description, priority = 0 }: PrinterColumn): TableColumn {
  return { name, type, description, priority: priority > 0 ? 1 : 0, value: jsonPath(path) };
}

/** `apiVersion` of a group and version. */
export const apiVersionOf = ({ group, version }: { readonly group: string; readonly version: string }): string =>
  group === '' ? version : `${group}/${version}`;

/** Empty maps are not sent, as by the API server. */
function tidied(object: Resource): Resource {
  const { labels, annotations, finalizers, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(Object.keys(labels ?? {}).length > 0 && { labels }),
      ...(Object.keys(annotations ?? {}).length > 0 && { annotations }),
      ...((finalizers ?? []).length > 0 && { finalizers }),
    } as ObjectMeta,
  };
}

/** A kind of custom resources, in its first version. */
export function customResource({ spec }: CustomResourceDefinition, server: MemoryServer): ServedResource {
  const { group, scope, names } = spec;
  const [version] = spec.versions;
  if (!version) throw new TypeError(`${names.kind} has no version`);
  const { kind, plural, singular, shortNames = [], categories = [] } = names;
  return {
    group,
    version: version.name,
    kind,
    plural,
    singular,
    shortNames,
    categories,
    namespaced: scope === 'Namespaced',
    verbs: storedVerbs,
    columns: [nameColumn, ...(version.additionalPrinterColumns ?? [ageColumn]).map((each) => ('value' in each ? each : column(each)))],
    fields: ['metadata.name', 'metadata.namespace'],
    schema: version.schema.openAPIV3Schema,
    list: () => server.list(kind).map((object) => tidied(object as Resource)),
    shown: tidied,
  };
}

export function namespaces(server: MemoryServer): ServedResource {
  const shown = (object: Resource): Resource => ({
    ...tidied(object),
    spec: { finalizers: ['kubernetes'] },
    status: { phase: object.metadata.deletionTimestamp === undefined ? 'Active' : 'Terminating' } as Resource['status'],
  });
  return {
    group: '',
    version: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    singular: 'namespace',
    shortNames: ['ns'],
    categories: [],
    namespaced: false,
    verbs: storedVerbs,
    columns: [
      nameColumn,
      column({ name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'Active, or Terminating once it is deleted.' }),
      ageColumn,
    ],
    fields: ['metadata.name', 'status.phase'],
    schema: { type: 'object', description: 'A Namespace is a place for names.', properties: { metadata: { type: 'object' } } },
    list: () => server.list('Namespace').map((object) => shown(object as Resource)),
    shown,
  };
}

export interface EventsOptions {
  readonly server: MemoryServer;
  /** `apiVersion` of a kind that Events may be about. */
  readonly apiVersionOf: (kind: string) => string;
  /** Takes a moment on the server's clock to that of those who read: milliseconds since the epoch. */
  readonly told: (ms: number) => number;
}

/** Events, in the two groups in which clients look for them; nobody but the controller writes them. */
export function events(group: '' | 'events.k8s.io', options: EventsOptions): ServedResource {
  const { server } = options;
  const about = group === '' ? 'involvedObject' : 'regarding';
  const text = group === '' ? 'message' : 'note';
  const list = () => server.events.map((event, index) => eventObject({ event, index, group }, options));
  return {
    group,
    version: 'v1',
    kind: 'Event',
    plural: 'events',
    singular: 'event',
    shortNames: ['ev'],
    categories: [],
    namespaced: true,
    verbs: ['get', 'list'],
    columns: [
      { ...nameColumn, priority: 1 },
      column({
        name: 'Last Seen',
        type: 'date',
        jsonPath: group === '' ? '.lastTimestamp' : '.deprecatedLastTimestamp',
        description: 'Time since it happened last.',
      }),
      column({ name: 'Type', type: 'string', jsonPath: '.type', description: 'Normal, or Warning.' }),
      column({ name: 'Reason', type: 'string', jsonPath: '.reason', description: 'Why, in one word.' }),
      {
        ...column({ name: 'Object', type: 'string', jsonPath: `.${about}`, description: 'What it is about.' }),
        value: (object) => {
          const { kind, name } = (object as Record<string, { kind: string; name: string }>)[about] ?? { kind: '', name: '' };
          return `${kind.toLowerCase()}/${name}`;
        },
      },
      column({ name: 'Message', type: 'string', jsonPath: `.${text}`, description: 'What happened.' }),
    ],
    fields: [
      'metadata.name',
      'metadata.namespace',
      'reason',
      'type',
      ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => `${about}.${field}`),
    ],
    schema: { type: 'object', description: 'An Event tells what the controller did about an object, or what keeps it from it.' },
    list,
    shown: (object) => object,
  };
}

function eventObject(
  { event, index, group }: { event: RecordedEvent; index: number; group: '' | 'events.k8s.io' },
  { apiVersionOf, told }: EventsOptions,
): ApiObject {
  const { key, uid, type, reason, action, message, count } = event;
  const { kind, name, namespace } = key;
  const serial = index.toString(16).padStart(12, '0');
  const first = microTime(told(event.firstAt));
  const last = microTime(told(event.lastAt));
  // Kubernetes has whole seconds everywhere but in MicroTime.
  const whole = (time: string) => time.replace(/\.\d+Z$/, 'Z');
  const object = { apiVersion: apiVersionOf(kind), kind, name, uid, ...(namespace !== undefined && { namespace }) };
  const shared = {
    metadata: {
      name: `${name}.${serial}`,
      namespace: namespace ?? 'default',
      uid: `00000000-0000-4000-8000-${serial}`,
      resourceVersion: `${count}`,
      creationTimestamp: whole(first),
    },
    type,
    reason,
    action,
    eventTime: first,
    ...(count > 1 && { series: { count, lastObservedTime: last } }),
    reportingInstance: 'isthmus',
  };
  return group === ''
    ? {
        apiVersion: 'v1',
        kind: 'Event',
        ...shared,
        ...{ involvedObject: object, message, count, firstTimestamp: whole(first), lastTimestamp: whole(last) },
        ...{ source: { component: 'isthmus' }, reportingComponent: 'isthmus' },
      }
    : {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        ...shared,
        ...{ regarding: object, note: message, deprecatedCount: count, reportingController: 'isthmus' },
        ...{ deprecatedFirstTimestamp: whole(first), deprecatedLastTimestamp: whole(last), deprecatedSource: { component: 'isthmus' } },
      };
}
