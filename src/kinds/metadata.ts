import { isObject, show, type Violation } from './violation.ts';

/** Fields of Kubernetes' ObjectMeta. */
const metadataFields = [
  'name',
  'generateName',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
];

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsSubdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedPart = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function isQualifiedName(key: string): boolean {
  const [first = '', second, ...more] = key.split('/');
  if (more.length > 0) return false;
  return second === undefined ? qualifiedPart.test(first) : dnsSubdomain.test(first) && qualifiedPart.test(second);
}

/** Judges the part of an object's metadata that people write, as the API server does. */
export function checkMetadata(metadata: unknown): readonly Violation[] {
  if (!isObject(metadata)) return [{ field: 'metadata', message: `must be an object with at least a name, not ${show(metadata)}` }];
  const { name, namespace, labels, annotations } = metadata;
  const violations: Violation[] = Object.keys(metadata)
    .filter((field) => !metadataFields.includes(field))
    .map((field) => ({ field: `metadata.${field}`, message: 'is not a field of metadata' }));
  if (typeof name !== 'string' || !dnsSubdomain.test(name)) {
    violations.push({
      field: 'metadata.name',
      message: `must be lower-case letters, digits, hyphens and dots, and begin and end with a letter or digit, not ${show(name)}`,
    });
  }
  if (namespace !== undefined && namespace !== null && namespace !== '' && !(typeof namespace === 'string' && dnsLabel.test(namespace))) {
    violations.push({ field: 'metadata.namespace', message: `must be the name of a namespace, not ${show(namespace)}` });
  }
  for (const [field, entries] of Object.entries({ labels, annotations })) {
    if (entries === undefined || entries === null) continue;
    if (!isObject(entries)) {
      violations.push({ field: `metadata.${field}`, message: `must be a map of keys to values, not ${show(entries)}` });
      continue;
    }
    for (const [key, value] of Object.entries(entries)) {
      const path = `metadata.${field}.${key}`;
      if (!isQualifiedName(field === 'annotations' ? key.toLowerCase() : key)) {
        violations.push({ field: path, message: `must have a key such as "team" or "example.com/team", not ${show(key)}` });
      }
      if (value !== null && typeof value !== 'string') violations.push({ field: path, message: `must be a string, not ${show(value)}` });
      else if (field === 'labels' && typeof value === 'string' && !labelValue.test(value)) {
        violations.push({ field: path, message: `must be at most 63 letters, digits and any of -_., not ${show(value)}` });
      }
    }
  }
  return violations;
}
