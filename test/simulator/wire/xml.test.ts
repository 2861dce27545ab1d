import { expect, test } from '@jest/globals';
import type { Shape, StructureShape } from '../../../src/simulator/wire/shape.ts';
import { escapeXml, writeMembers } from '../../../src/simulator/wire/xml.ts';

test('markup is escaped, and a carriage return kept from XML’s line-end rule', () => {
  expect(escapeXml(`<a href="b">&'\r\n`)).toBe('&lt;a href=&quot;b&quot;&gt;&amp;&apos;&#xD;\n');
});

test('what XML has no form for does not make an answer unreadable', () => {
  expect(escapeXml('a\u0000b\u001fc\ufffed\te')).toBe('a\ufffdb\ufffdc\ufffdd\te');
});

const structure = (members: Record<string, Shape>): StructureShape => ({
  kind: 'structure',
  membersByName: new Map(
    Object.entries(members).map(([name, shape]) => [name, { name, queryName: name, xmlName: name.toLowerCase(), shape }]),
  ),
  membersByQueryName: new Map(),
  required: [],
});

const shape = structure({
  Name: { kind: 'string' },
  Count: { kind: 'number' },
  On: { kind: 'boolean' },
  At: { kind: 'timestamp' },
  Data: { kind: 'blob' },
  Items: { kind: 'list', item: structure({ Id: { kind: 'string' } }), itemXmlName: 'item', itemQueryName: undefined },
});

test('each kind of value has its form', () => {
  const value = { Name: 'a', Count: 1.5, On: false, At: new Date(0), Data: new Uint8Array([255]), Items: [{ Id: 'x' }, {}] };
  expect(writeMembers(shape, value, 'T')).toBe(
    '<name>a</name><count>1.5</count><on>false</on><at>1970-01-01T00:00:00.000Z</at><data>/w==</data><items><item><id>x</id></item><item/></items>',
  );
});

test('what is not set is not written; what is empty is', () => {
  expect(writeMembers(shape, { Name: undefined, Count: null, Items: [] }, 'T')).toBe('<items/>');
});

test.each([
  [{ Name: 1 }, 'T.Name is not a string'],
  [{ Count: '1' }, 'T.Count is not a number'],
  [{ Count: Number.NaN }, 'T.Count is not a number'],
  [{ On: 'true' }, 'T.On is not a boolean'],
  [{ At: '2026-01-01' }, 'T.At is not a timestamp'],
  [{ Data: 'aa' }, 'T.Data is not a blob'],
  [{ Items: {} }, 'T.Items is not a list'],
  [{ Items: [[]] }, 'T.Items[0] is not a structure'],
  [{ Items: [{ Id: 'a' }, { Id: {} }] }, 'T.Items[1].Id is not a string'],
  [{ Nome: 'a' }, 'T has no member Nome'],
])('a value that is not of its shape is named: %j', (value, message) => {
  expect(() => writeMembers(shape, value, 'T')).toThrow(message);
});
