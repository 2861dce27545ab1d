/** The content type of what kubectl sends for kinds that it knows itself. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** What stands before every message of Kubernetes. */
const magic = Buffer.from('k8s\0');

/** Numbers of fields in apimachinery's and api's `generated.proto`. */
const unknownField = { typeMeta: 1, raw: 2 };
const typeMetaField = { apiVersion: 1, kind: 2 };
const namespaceField = { metadata: 1 };
const metadataField = { name: 1, labels: 11, annotations: 12 };
const entryField = { key: 1, value: 2 };

/**
 * A Namespace that is to be created, of which people write name, labels and annotations.
 *
 * @throws TypeError where the bytes are not that
 */
export function readNamespace(bytes: Buffer): object {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new TypeError('it does not begin as a message of Kubernetes does');
  const envelope = fieldsOf(bytes.subarray(magic.length));
  const type = fieldsOf(first(envelope, unknownField.typeMeta));
  const metadata = fieldsOf(first(fieldsOf(first(envelope, unknownField.raw)), namespaceField.metadata));
  return {
    apiVersion: first(type, typeMetaField.apiVersion).toString(),
    kind: first(type, typeMetaField.kind).toString(),
    metadata: {
      name: first(metadata, metadataField.name).toString(),
      labels: entriesOf(metadata.get(metadataField.labels)),
      annotations: entriesOf(metadata.get(metadataField.annotations)),
    },
  };
}

type Fields = ReadonlyMap<number, readonly Buffer[]>;

const first = (fields: Fields, number: number): Buffer => fields.get(number)?.[0] ?? Buffer.alloc(0);

function entriesOf(entries: readonly Buffer[] = []): Record<string, string> {
  return Object.fromEntries(
    entries.map(fieldsOf).map((entry) => [first(entry, entryField.key).toString(), first(entry, entryField.value).toString()]),
  );
}

/** The fields of a message that have a length: strings, bytes and messages. Numbers are passed over. */
function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || factor > 2 ** 63) throw new TypeError('it ends in the middle of a number');
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new TypeError('it ends in the middle of a field');
      const number = Math.floor(tag / 8);
      fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(at, at + length)]);
      at += length;
    } else throw new TypeError(`it has a field of wire type ${wireType}`);
  }
  return fields;
}
