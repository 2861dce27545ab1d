import { apiVersionOf, type ServedResource } from './resources.ts';

/** The release whose API this is. */
export const release = { major: '1', minor: '36', gitVersion: 'v1.36.0+isthmus', platform: 'in memory' } as const;

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** `api/v1`, `apis/isthmus.dev/v1alpha1` */
const rootOf = ({ group, version }: GroupVersion): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);

/**
 * What clients ask to learn what there is: the version, groups, resources and their schemas, by path.
 *
 * @returns undefined where the path is none of these
 */
export function discover(path: string, resources: readonly ServedResource[]): object | undefined {
  return documents(resources).get(path);
}

function documents(resources: readonly ServedResource[]): ReadonlyMap<string, object> {
  const groupVersions = [...new Map(resources.map(({ group, version }) => [rootOf({ group, version }), { group, version }])).values()];
  const groups = groupVersions.filter(({ group }) => group !== '').map(groupOf);
  const ofGroupVersion = ({ group, version }: GroupVersion) => resources.filter((each) => each.group === group && each.version === version);
  return new Map<string, object>([
    ['/version', release],
    ['/api', { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }],
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups }],
    ...groups.map((group): [string, object] => [`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group }]),
    ...groupVersions.map((each): [string, object] => [`/${rootOf(each)}`, resourceList(each, ofGroupVersion(each))]),
    [
      '/openapi/v3',
      { paths: Object.fromEntries(groupVersions.map((each) => [rootOf(each), { serverRelativeURL: `/openapi/v3/${rootOf(each)}` }])) },
    ],
    ...groupVersions.map((each): [string, object] => [`/openapi/v3/${rootOf(each)}`, openApiOf(ofGroupVersion(each))]),
  ]);
}

function groupOf({ group, version }: GroupVersion) {
  const told = { groupVersion: `${group}/${version}`, version };
  return { name: group, versions: [told], preferredVersion: told };
}

function resourceList(groupVersion: GroupVersion, resources: readonly ServedResource[]): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(groupVersion),
    resources: resources.map(({ plural, singular, namespaced, kind, verbs, shortNames, categories }) => ({
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      shortNames,
      ...(categories.length > 0 && { categories }),
    })),
  };
}

/** kubectl looks for this parameter to learn that the server itself refuses unknown fields, and leaves the checking to it. */
const fieldValidation = {
  name: 'fieldValidation',
  in: 'query',
  description: 'Whatever is asked for, unknown fields are refused.',
  schema: { type: 'string', uniqueItems: true },
};

function openApiOf(resources: readonly ServedResource[]): object {
  const schemaName = ({ group, version, kind }: ServedResource) => [...group.split('.').reverse(), version, kind].filter(Boolean).join('.');
  const gvk = ({ group, version, kind }: ServedResource) => ({ group, version, kind });
  const operation = (resource: ServedResource, action: string) => ({
    operationId: `${action}${resource.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(resource),
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(resource)}` } } },
      },
    },
  });
  const pathsOf = (resource: ServedResource) => {
    const folder = `/${rootOf(resource)}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.plural}`;
    const may = (verb: string) => resource.verbs.includes(verb);
    const write = (action: string) => ({ ...operation(resource, action), parameters: [fieldValidation] });
    return [
      [folder, { get: operation(resource, 'list'), ...(may('create') && { post: write('post') }) }],
      [
        `${folder}/{name}`,
        {
          get: operation(resource, 'get'),
          ...(may('update') && { put: write('put') }),
          ...(may('patch') && { patch: write('patch') }),
          ...(may('delete') && { delete: operation(resource, 'delete') }),
        },
      ],
    ];
  };
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: release.gitVersion },
    paths: Object.fromEntries(resources.flatMap(pathsOf)),
    components: {
      schemas: Object.fromEntries(
        resources.map((resource) => [schemaName(resource), { ...resource.schema, 'x-kubernetes-group-version-kind': [gvk(resource)] }]),
      ),
    },
  };
}
