import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Stage, stage } from './world.ts';

const file = `
accounts:
  "111122223333":
    us-east-1:
      vpcs:
        - name: a
          cidr: 10.1.0.0/16
          dnsHostnames: true
          internetGateway: true
          subnets: [{ name: one, cidr: 10.1.0.0/24, public: true }]
          routeTables: [{ name: main, main: true, routes: [{ to: 0.0.0.0/0, via: internet-gateway }] }]
          instances: [{ name: web, subnet: one, privateIp: 10.1.0.4 }, { name: other, subnet: one, privateIp: 10.1.0.5 }]
hostedZones:
  - { name: int, vpcs: [a], records: [{ name: a.int, type: A, values: [10.1.0.5] }, { name: c.int, type: CNAME, values: [c.int] }, { name: t.int, type: TXT, values: ['"a b"'] }] }
`;

let world: Stage | undefined;
const there = (): Stage => {
  world ??= stage(file);
  return world;
};

const options = [
  '-c',
  '-m',
  '-x',
  '-n',
  '-p',
  '-t',
  '-q',
  '-w',
  '-o',
  '-v',
  '-I',
  '-i',
  '-T',
  '-6',
  '+short',
  '+noall',
  '+answer',
  '--resolve',
  '--noproxy',
  '--',
  '-sS',
];
const hosts = [
  '10.1.0.5',
  'a.int',
  'c.int',
  't.int',
  'example.com',
  '192.0.2.80',
  '::1',
  '2001:db8::1',
  '0.0.0.0',
  '255.255.255.255',
  '169.254.169.254',
];
const more = [
  'http://a.int/',
  'https://[::1]:443/x?y',
  'http://a.int:99999/',
  'http://a.int:3128',
  '@10.1.0.2',
  '@a.int',
  '1',
  '0',
  '-1',
  '1e3',
  'x:1:10.1.0.5',
  '/dev/null',
  '%{http_code}',
  '',
  '..',
  'AAAA',
  'TXT',
  '%',
  '\\',
  'é',
];
const token = fc.oneof(fc.constantFrom(...options, ...hosts, ...more), fc.string({ maxLength: 12 }));

describe('whatever is asked of an instance', () => {
  test.each(['ping', 'curl', 'dig', 'traceroute'])('%s ends, and always in the same way', (tool) => {
    const { world: asked } = there();
    const before = JSON.stringify(asked.dump());
    fc.assert(
      fc.property(fc.array(token, { maxLength: 6 }), (args) => {
        const run = () => there().run('web', [tool, ...args]);
        const ended = run();
        expect(ended).toEqual(run());
        expect(Number.isInteger(ended.exitCode) && ended.exitCode >= 0 && ended.exitCode <= 127).toBe(true);
        expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/undefined|NaN|\[object/);
      }),
      { numRuns: 1000 },
    );
    expect(JSON.stringify(asked.dump())).toBe(before);
  });
});
