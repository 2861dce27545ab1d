import { describe, expect, test } from '@jest/globals';
import { readExecRequest } from '../../../src/simulator/data-plane/exec.ts';
import { stage } from './world.ts';

const instance = (name: string, more = ''): string => `{ name: ${name}, subnet: one${more} }`;

/** Two instances of one name, and one of its own. */
const file = `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - { name: x, cidr: 10.1.0.0/16, subnets: [{ name: one, cidr: 10.1.0.0/24 }], instances: [${instance('a', ', id: i-0123456789abcdef0')}, ${instance('twin')}] }
        - { name: y, cidr: 10.2.0.0/16, subnets: [{ name: one, cidr: 10.2.0.0/24 }], instances: [${instance('twin')}] }
`;

describe('where a command runs', () => {
  test('is told by the id of an instance or by its name', () => {
    const { on } = stage(file);
    expect(on('a', 'ping -c 1 10.1.0.4').stdout).toBe(on('i-0123456789abcdef0', 'ping -c 1 10.1.0.4').stdout);
  });

  test('must be plain: of several instances of one name all are named', () => {
    expect(() => stage(file).on('twin', 'ping x')).toThrow(
      /^more than one instance is called twin: i-\w+ \(twin\), i-\w+ \(twin\); name one by its id$/,
    );
  });

  test('must exist', () => {
    expect(() => stage(file).on('b', 'ping x')).toThrow(/^there is no instance b; there are i-0123456789abcdef0 \(a\), /);
    expect(() => stage('{}').on('b', 'ping x')).toThrow('there is no instance b; there are none');
  });

  test('must run', () => {
    const { world, on } = stage(file);
    world.instances.change('i-0123456789abcdef0', { state: 'stopped' });
    expect(() => on('a', 'ping x')).toThrow('instance i-0123456789abcdef0 (a) is stopped, not running');
  });
});

test('a name of a terminated instance is free for another', async () => {
  const { call, on, world } = stage(file);
  const [first] = [...world.instances.all()].filter(({ vpcId }) => vpcId === [...world.vpcs.all()].at(-1)?.id);
  await call('TerminateInstances', { InstanceIds: [first!.id] });
  expect(on('twin', 'ping -c 1 10.1.0.4').exitCode).toBe(0);
});

test('other commands do not exist, as a shell would have it', () => {
  expect(stage(file).on('a', 'wget http://example.com/')).toMatchObject({
    exitCode: 127,
    stderr: 'wget: there is no such command on simulated instances; there are curl, dig, ping, traceroute\n',
  });
});

test.each([
  ['ping -Z x', 2, /^ping: there is no option -Z here; the options are -c <count>, /],
  ['ping', 2, /one destination is needed/],
  ['ping -c', 2, /the option -c needs a value: <count>/],
  ['ping -c none x', 2, /found none for -c; it must be a number from 1 on/],
  ['curl --http9 x', 2, /^curl: there is no option --http9 here; .*-x\|--proxy <\[http:\/\/\]host\[:port\]>/],
  ['curl', 2, /one URL is needed/],
  ['curl -o page.html http://x/', 2, /found page.html for -o; it must be \/dev\/null or -/],
  ['curl -w %{nothing} http://10.1.0.4/', 2, /found %\{nothing\} for -w; there are http_code, /],
  ['curl -x socks5://p http://x/', 2, /found the proxy socks5:\/\/p; it must be \[http:\/\/\]<host>\[:<port>\]/],
  ['curl --resolve x:80 http://x/', 2, /found x:80 for --resolve; it must be <host>:<port>:<address>/],
  ['dig +fast x', 1, /^dig: there is no option \+fast here; dig \[@server\] name/],
  ['dig x MX', 1, /found the type MX; it must be one of A, AAAA, /],
  ['dig -x 10.0.0', 1, /found 10.0.0 for -x; it must be an IPv4 address/],
  ['traceroute -m 0 x', 2, /found 0 for -m\|--max-hops; it must be a number from 1 on/],
])('%s is told what is wrong with it', (command, exitCode, says) => {
  const ended = stage(file).on('a', command);
  expect(ended).toMatchObject({ exitCode, stdout: '' });
  expect(ended.stderr).toMatch(says);
});

test.each([
  [[], 'the request must be an object with the fields instance, command, env'],
  [{ instance: 'a', command: ['ping'], user: 'root' }, 'there is no field user; the fields are instance, command, env'],
  [{ command: ['ping'] }, 'instance: found nothing; it must be the id of an instance or its tag Name'],
  [{ instance: 'a', command: 'ping' }, 'command: found "ping"; it must be a list of texts such as ["ping", "-c", "1", "10.0.0.1"]'],
  [{ instance: 'a', command: [] }, 'command: found []; it must be a list'],
  [{ instance: 'a', command: ['ping'], env: { a: 1 } }, 'env: found {"a":1}; it must be an object of texts'],
])('a request such as %j is refused', (request, message) => {
  expect(() => readExecRequest(request)).toThrow(message);
});
