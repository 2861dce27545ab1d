import { describe, expect, test } from '@jest/globals';
import { type Stage, stage } from './world.ts';

/** `a` with a way out through a NAT gateway, servers and a proxy; its peer `b` without one; its peer `c` in another region. */
const file = `
accounts:
  "111122223333":
    us-west-2:
      vpcs:
        - name: a
          cidr: 10.1.0.0/16
          dnsHostnames: true
          internetGateway: true
          subnets:
            - { name: public, cidr: 10.1.0.0/24, zone: usw2-az1, public: true }
            - { name: private, cidr: 10.1.1.0/24, zone: usw2-az2 }
          natGateways: [{ name: nat, subnet: public, publicIp: 203.0.113.10 }]
          routeTables:
            - { name: public, subnets: [public], routes: [{ to: 0.0.0.0/0, via: internet-gateway }] }
            - name: private
              subnets: [private]
              routes: [{ to: 0.0.0.0/0, via: nat }, { to: 10.2.0.0/16, via: a-b }, { to: 10.3.0.0/16, via: a-c }]
          securityGroups:
            - { name: open, ingress: [{ from: 10.0.0.0/8 }] }
          instances:
            - name: web
              subnet: private
              privateIp: 10.1.1.10
              securityGroups: [open]
              listens: [tcp/22, { port: 80, http: "hello\\n" }, tcp/443, tcp/8080]
            - { name: proxy, subnet: private, privateIp: 10.1.1.20, securityGroups: [open], listens: [tcp/3128, { port: 8888, proxy: true }] }
            - { name: closed, subnet: private, privateIp: 10.1.1.30 }
            - { name: idle, subnet: private, privateIp: 10.1.1.50, securityGroups: [open] }
            - { name: outside, subnet: public, privateIp: 10.1.0.40, publicIp: 198.51.100.7 }
        - name: b
          cidr: 10.2.0.0/16
          dnsHostnames: true
          subnets: [{ name: one, cidr: 10.2.0.0/24, zone: usw2-az1 }]
          routeTables: [{ name: main, main: true, routes: [{ to: 10.1.0.0/16, via: a-b }] }]
          instances: [{ name: client, subnet: one, privateIp: 10.2.0.10 }]
        - name: mute
          cidr: 10.4.0.0/16
          dnsSupport: false
          subnets: [{ name: one, cidr: 10.4.0.0/24 }]
          instances: [{ name: mute, subnet: one }]
    eu-west-2:
      vpcs:
        - name: c
          cidr: 10.3.0.0/16
          subnets: [{ name: one, cidr: 10.3.0.0/24 }]
          routeTables: [{ name: main, main: true, routes: [{ to: 10.1.0.0/16, via: a-c }] }]
          instances: [{ name: far, subnet: one, privateIp: 10.3.0.10 }]
peerings:
  - { name: a-b, requester: a, accepter: b }
  - { name: a-c, requester: a, accepter: c }
hostedZones:
  - name: int.example
    vpcs: [a, b]
    records:
      - { name: web.int.example, type: A, ttl: 30, values: [10.1.1.10] }
      - { name: www.int.example, type: CNAME, values: [web.int.example.] }
      - { name: both.int.example, type: A, values: [10.1.1.30, 10.1.1.10] }
      - { name: proxy.int.example, type: A, values: [10.1.1.20] }
      - { name: closed.int.example, type: A, values: [10.1.1.30] }
internet:
  - { name: example.com, address: 192.0.2.80, http: "an example\\n" }
  - { name: six.example, address: "2001:db8::9" }
  - { name: secure.example, address: 192.0.2.81, ports: [443] }
`;

let shared: Stage | undefined;
/** No command changes anything: one world does for all. */
const there = (): Stage => {
  shared ??= stage(file);
  return shared;
};

describe('ping', () => {
  test('prints every answer and sums them up', () => {
    expect(there().lines('client', 'ping -c 2 10.1.1.10')).toEqual([
      'PING 10.1.1.10 (10.1.1.10) 56(84) bytes of data.',
      '64 bytes from 10.1.1.10: icmp_seq=1 ttl=64 time=0.92 ms',
      '64 bytes from 10.1.1.10: icmp_seq=2 ttl=64 time=0.92 ms',
      '',
      '--- 10.1.1.10 ping statistics ---',
      '2 packets transmitted, 2 received, 0% packet loss, time 1000ms',
      'rtt min/avg/max/mdev = 0.920/0.920/0.920/0.000 ms',
    ]);
  });

  test('prints the loss where nothing comes back, and on demand why', () => {
    const { stdout, exitCode, explanation } = there().on('client', 'ping -c1 10.1.1.30');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n/);
    expect(explanation[0]).toMatch(/\(client\) does not reach 10.1.1.30 with icmp \(echo request\): no ingress rule of sg-\w+ lets in/);
  });

  test.each([
    ['client', 'ping -c 1 web.int.example', 0, '64 bytes from ip-10-1-1-10.us-west-2.compute.internal (10.1.1.10): icmp_seq=1'],
    ['client', 'ping -n -c 1 web.int.example', 0, '64 bytes from 10.1.1.10: icmp_seq=1'],
    ['client', 'ping -q -c 3 10.1.1.10', 0, '3 packets transmitted, 3 received, 0% packet loss, time 2000ms'],
    ['client', 'ping 10.1.1.10', 0, '4 packets transmitted, 4 received'],
    ['client', 'ping -s 100 -c 1 10.1.1.10', 0, '108 bytes from 10.1.1.10'],
    ['far', 'ping -c 1 10.1.1.10', 0, 'ttl=64 time=146 ms'],
    ['web', 'ping -c 1 example.com', 0, '64 bytes from 192.0.2.80: icmp_seq=1 ttl=52 time=12.4 ms'],
    ['client', 'ping -c 1 example.com', 1, '100% packet loss'],
    ['client', 'ping -c 1 nobody.example', 2, 'ping: nobody.example: Name or service not known'],
    ['client', 'ping -6 -c 1 web.int.example', 2, 'Name or service not known'],
    ['web', 'ping -c 1 127.0.0.1', 0, '64 bytes from 127.0.0.1: icmp_seq=1'],
    ['web', 'ping -c 1 six.example', 2, 'ping: connect: Network is unreachable'],
    ['mute', 'ping -c 1 example.com', 2, 'ping: example.com: Temporary failure in name resolution'],
  ])('%s: %s ends with %d: %s', (instance, command, exitCode, says) => {
    expect(there().on(instance, command).exitCode).toBe(exitCode);
    expect(there().lines(instance, command).join('\n')).toContain(says);
  });
});

describe('curl', () => {
  const cases: readonly (readonly [instance: string, command: string, exitCode: number, lines: readonly string[]])[] = [
    ['client', 'curl -sS http://web.int.example/', 0, ['hello']],
    ['client', 'curl web.int.example', 0, ['hello']],
    ['client', 'curl -sS http://both.int.example/', 0, ['hello']],
    ['client', 'curl -sS https://web.int.example/', 0, ['web']],
    ['client', 'curl -sS -o /dev/null -w %{http_code}-%{remote_ip} http://web.int.example/', 0, ['200-10.1.1.10']],
    [
      'client',
      'curl -sSi http://web.int.example/',
      0,
      ['HTTP/1.1 200 OK\r', 'Server: isthmus\r', 'Content-Type: text/plain\r', 'Content-Length: 6\r', '\r', 'hello'],
    ],
    [
      'client',
      'curl -sSI http://10.1.1.10:8080/',
      0,
      ['HTTP/1.1 200 OK\r', 'Server: isthmus\r', 'Content-Type: text/plain\r', 'Content-Length: 4'],
    ],
    ['client', 'curl -sS http://web.int.example:22/', 1, ['curl: (1) Received HTTP/0.9 when not allowed']],
    ['client', 'curl -sS https://web.int.example:8080/', 35, ['curl: (35) TLS connect error: wrong version number']],
    ['client', 'curl -sS -w %{http_code} http://web.int.example:443/ -o /dev/null', 0, ['400']],
    [
      'client',
      'curl -sS http://web.int.example:81/',
      7,
      ['curl: (7) Failed to connect to web.int.example port 81 after 1 ms: Could not connect to server'],
    ],
    ['client', 'curl -sS -m 5 http://closed.int.example/', 28, ['curl: (28) Connection timed out after 5001 milliseconds']],
    ['client', 'curl -sS -m 5 --connect-timeout 1.5 http://10.1.1.30/', 28, ['curl: (28) Connection timed out after 1501 milliseconds']],
    [
      'client',
      'curl -sS http://10.1.1.30/',
      28,
      ['curl: (28) Failed to connect to 10.1.1.30 port 80 after 134000 ms: Could not connect to server'],
    ],
    ['client', 'curl -s -w %{http_code}:%{exitcode} http://10.1.1.30/', 28, ['000:28']],
    ['client', 'curl -sS http://nobody.int.example/', 6, ['curl: (6) Could not resolve host: nobody.int.example']],
    ['mute', 'curl -sS http://example.com/', 6, ['curl: (6) Could not resolve host: example.com']],
    ['mute', 'curl -sS -m 3 http://example.com/', 28, ['curl: (28) Resolving timed out after 3001 milliseconds']],
    ['client', 'curl -sS ftp://web.int.example/', 1, ['curl: (1) Protocol "ftp" not supported']],
    ['client', 'curl -sS http://', 3, ['curl: (3) URL rejected: Malformed input to a URL function: http://']],
    ['client', 'curl -sS --resolve made.up:80:10.1.1.10 http://made.up/', 0, ['hello']],
    ['web', 'curl -sS https://example.com/', 0, ['an example']],
    ['web', 'curl -sS http://localhost/', 0, ['hello']],
    [
      'web',
      'curl -sS http://localhost:81/',
      7,
      ['curl: (7) Failed to connect to localhost port 81 after 1 ms: Could not connect to server'],
    ],
    [
      'web',
      'curl -sS http://six.example/',
      7,
      ['curl: (7) Failed to connect to six.example port 80 after 1 ms: Could not connect to server'],
    ],
    [
      'web',
      'curl -sS http://secure.example/',
      7,
      ['curl: (7) Failed to connect to secure.example port 80 after 1 ms: Could not connect to server'],
    ],
    ['web', 'curl -sS http://192.0.2.99/', 0, ['somebody on the internet']],
    ['web', 'curl -sS -o /dev/null -w %{http_code} https://ec2.us-west-2.amazonaws.com/', 0, ['403']],
    ['web', 'curl -sSf https://ec2.us-west-2.amazonaws.com/', 22, ['curl: (22) The requested URL returned error: 403']],
  ];
  test.each(cases)('%s: %s ends with %d', (instance, command, exitCode, lines) => {
    expect(there().lines(instance, command)).toEqual(lines);
    expect(there().on(instance, command).exitCode).toBe(exitCode);
  });

  test('-v tells of the connection', () => {
    expect(there().on('client', 'curl -v -H X-One:1 http://web.int.example/').stderr.split('\n')).toEqual([
      '* Connecting to web.int.example port 80',
      '* Connected to web.int.example (10.1.1.10) port 80',
      '> GET / HTTP/1.1',
      '> Host: web.int.example',
      '> User-Agent: curl/8',
      '> Accept: */*',
      '> X-One:1',
      '>',
      '< HTTP/1.1 200 OK',
      '< Server: isthmus',
      '< Content-Type: text/plain',
      '< Content-Length: 6',
      '<',
      '',
    ]);
  });
});

describe('curl through a proxy', () => {
  const via = '-x http://proxy.int.example:3128';
  const cases: readonly (readonly [instance: string, command: string, exitCode: number, lines: readonly string[]])[] = [
    ['client', `curl -sS ${via} https://example.com/`, 0, ['an example']],
    ['client', `curl -sS ${via} http://example.com/`, 0, ['an example']],
    ['client', 'curl -sS -x 10.1.1.20:8888 https://example.com/', 0, ['an example']],
    ['client', `curl -sS -o /dev/null -w %{http_code}/%{http_connect} ${via} https://secure.example/`, 0, ['200/200']],
    // It asks its own DNS server, and goes its own ways.
    ['far', 'curl -sS -x http://10.1.1.20:3128 http://web.int.example/', 0, ['hello']],
    ['client', `curl -sS ${via} https://nobody.example/`, 56, ['curl: (56) CONNECT tunnel failed, response 503']],
    ['client', `curl -sS ${via} http://nobody.example/`, 0, ['ERR_DNS_FAIL']],
    ['client', `curl -sS -w %{http_code} ${via} http://closed.int.example/`, 0, ['ERR_CONNECT_FAIL', '503']],
    ['client', `curl -sS ${via} http://secure.example/`, 0, ['ERR_CONNECT_FAIL']],
    ['client', `curl -sS ${via} https://web.int.example:8443/`, 56, ['curl: (56) CONNECT tunnel failed, response 403']],
    ['client', `curl -sS ${via} http://web.int.example:22/`, 0, ['ERR_ACCESS_DENIED']],
    ['client', 'curl -sS -x http://web.int.example:8080 https://example.com/', 56, ['curl: (56) CONNECT tunnel failed, response 400']],
    [
      'client',
      'curl -sS -x http://proxy.int.example:22 https://example.com/',
      7,
      ['curl: (7) Failed to connect to proxy.int.example port 22 after 1 ms: Could not connect to server'],
    ],
    [
      'client',
      'curl -sS -m 2 -x http://closed.int.example:3128 https://example.com/',
      28,
      ['curl: (28) Connection timed out after 2001 milliseconds'],
    ],
    ['client', 'curl -sS -x http://none.int.example:3128 https://example.com/', 5, ['curl: (5) Could not resolve proxy: none.int.example']],
    ['client', 'curl -sS http://proxy.int.example:3128/', 0, ['ERR_INVALID_URL']],
  ];
  test.each(cases)('%s: %s ends with %d', (instance, command, exitCode, lines) => {
    expect(there().lines(instance, command)).toEqual(lines);
    expect(there().on(instance, command).exitCode).toBe(exitCode);
  });

  const proxy = 'http://proxy.int.example:3128';
  test.each([
    ['https://example.com/', { https_proxy: proxy }, 'an example\n'],
    ['https://example.com/', { HTTPS_PROXY: proxy }, 'an example\n'],
    ['http://example.com/', { http_proxy: proxy }, 'an example\n'],
    ['http://example.com/', { all_proxy: proxy }, 'an example\n'],
    // A web server's environment has it from a header.
    ['http://example.com/', { HTTP_PROXY: proxy }, ''],
    ['https://example.com/', { http_proxy: proxy }, ''],
    ['https://example.com/', { https_proxy: proxy, no_proxy: 'localhost,.com' }, ''],
    ['https://example.com/', { https_proxy: proxy, no_proxy: 'ample.com' }, 'an example\n'],
    ['http://web.int.example/', { http_proxy: 'http://none.int.example', no_proxy: 'int.example' }, 'hello\n'],
    ['http://10.1.1.10/', { http_proxy: 'http://none.int.example', NO_PROXY: '10.1.0.0/16' }, 'hello\n'],
    ['http://10.1.1.10/', { http_proxy: 'http://none.int.example', NO_PROXY: '*' }, 'hello\n'],
    ['http://10.1.1.10/', { http_proxy: 'http://none.int.example', NO_PROXY: '10.1.1.11' }, ''],
  ] as [string, Record<string, string>, string][])('the environment is heeded: %s with %j', (url, env, stdout) => {
    expect(there().on('client', `curl -sS -m 3 ${url}`, env).stdout).toBe(stdout);
  });

  test('why the proxy itself got no further is explained, too', () => {
    const { explanation } = there().on('client', `curl -sS ${via} http://closed.int.example/`);
    const turn = explanation.findIndex((line) => /^the proxy on i-\w+ goes on to closed\.int\.example:80:$/.test(line));
    expect(explanation.slice(turn + 2)[0]).toMatch(/\(proxy\) does not reach 10\.1\.1\.30 with tcp\/80: no ingress rule/);
  });
});

describe('dig', () => {
  test('prints the answer in sections', () => {
    const { stdout, exitCode } = there().on('client', 'dig www.int.example');
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n').filter((line) => !/^;; WHEN/.test(line));
    expect(lines).toEqual([
      '',
      '; <<>> DiG 9.18 <<>> www.int.example',
      ';; global options: +cmd',
      ';; Got answer:',
      expect.stringMatching(/^;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: \d+$/),
      ';; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1',
      '',
      ';; OPT PSEUDOSECTION:',
      '; EDNS: version: 0, flags:; udp: 4096',
      ';; QUESTION SECTION:',
      ';www.int.example.\t\tIN\tA',
      '',
      ';; ANSWER SECTION:',
      'www.int.example.\t300\tIN\tCNAME\tweb.int.example.',
      'web.int.example.\t30\tIN\tA\t10.1.1.10',
      '',
      ';; Query time: 1 msec',
      ';; SERVER: 10.2.0.2#53(10.2.0.2) (UDP)',
      '',
      '',
    ]);
  });

  test.each([
    ['client', 'dig +short www.int.example', 0, 'web.int.example.\n10.1.1.10'],
    ['client', 'dig +noall +answer web.int.example', 0, 'web.int.example.\t30\tIN\tA\t10.1.1.10'],
    ['client', 'dig +short @169.254.169.253 web.int.example A', 0, '10.1.1.10'],
    ['client', 'dig +short -t aaaa web.int.example', 0, ''],
    ['client', 'dig +short -x 10.1.1.10', 0, 'ip-10-1-1-10.us-west-2.compute.internal.'],
    ['client', 'dig nobody.int.example', 0, 'status: NXDOMAIN'],
    ['client', 'dig nobody.int.example', 0, 'int.example.\t60\tIN\tSOA'],
    ['mute', 'dig example.com', 9, ';; no servers could be reached'],
    // The server of a VPC answers nobody outside it, be they peers or not.
    ['client', 'dig @10.1.0.2 web.int.example', 9, ';; communications error to 10.1.0.2#53: timed out'],
    ['client', 'dig @10.1.1.50 example.com', 9, ';; no servers could be reached'],
    ['client', 'dig @8.8.8.8 example.com', 9, ';; no servers could be reached'],
    ['web', 'dig +short @8.8.8.8 example.com', 0, '192.0.2.80'],
    ['web', 'dig @8.8.8.8 web.int.example', 0, 'status: NXDOMAIN'],
    ['outside', 'dig +short ec2-198-51-100-7.us-west-2.compute.amazonaws.com', 0, '10.1.0.40'],
    ['web', 'dig +short @8.8.8.8 ec2-198-51-100-7.us-west-2.compute.amazonaws.com', 0, '198.51.100.7'],
  ])('%s: %s ends with %d: %s', (instance, command, exitCode, says) => {
    expect(there().on(instance, command).exitCode).toBe(exitCode);
    const said = there().lines(instance, command).join('\n');
    if (command.includes('+short')) expect(said).toBe(says);
    else expect(said).toContain(says);
  });
});

describe('traceroute', () => {
  test('a peer is one hop away', () => {
    expect(there().lines('client', 'traceroute -n 10.1.1.10')).toEqual([
      'traceroute to 10.1.1.10 (10.1.1.10), 30 hops max, 60 byte packets',
      ' 1  10.1.1.10  0.920 ms  0.920 ms  0.920 ms',
    ]);
  });

  test('a NAT gateway answers for itself, what lies between it and the internet does not', () => {
    expect(there().lines('web', 'traceroute -q 1 example.com')).toEqual([
      'traceroute to example.com (192.0.2.80), 30 hops max, 60 byte packets',
      expect.stringMatching(/^ 1 {2}ip-10-1-0-\d+\.us-west-2\.compute\.internal \(10\.1\.0\.\d+\) {2}12\.400 ms$/),
      ' 2  *',
      ' 3  192.0.2.80 (192.0.2.80)  12.400 ms',
    ]);
  });

  test('a transit gateway is a silent hop, and takes one from what packets live', () => {
    const vpc = (name: string, number: number) => `
        - name: ${name}
          cidr: 10.${number}.0.0/16
          subnets: [{ name: one, cidr: 10.${number}.0.0/24, zone: usw2-az1 }]
          routeTables: [{ name: main, main: true, routes: [{ to: 10.0.0.0/8, via: hub }] }]
          securityGroups: [{ name: default, ingress: [{ from: 10.0.0.0/8 }] }]
          instances: [{ name: in-${name}, subnet: one, privateIp: 10.${number}.0.10 }]`;
    const { lines } = stage(`
accounts:
  "111122223333":
    us-west-2:
      vpcs:${vpc('a', 1)}${vpc('b', 2)}
transitGateways:
  - { name: hub, account: "111122223333", region: us-west-2, attachments: [{ vpc: a, subnets: [one] }, { vpc: b, subnets: [one] }] }
`);
    expect(lines('in-a', 'traceroute -n -q 1 10.2.0.10').slice(1)).toEqual([' 1  *', ' 2  10.2.0.10  0.910 ms']);
    expect(lines('in-a', 'ping -c 1 10.2.0.10')).toContainEqual('64 bytes from 10.2.0.10: icmp_seq=1 ttl=63 time=0.91 ms');
  });

  test('where nothing gets through there are stars to the end, and it is no failure', () => {
    const { stdout, exitCode } = there().on('client', 'traceroute -m 3 -T -p 22 10.1.1.30');
    expect(stdout.split('\n').slice(1)).toEqual([' 1  * * *', ' 2  * * *', ' 3  * * *', '']);
    expect(exitCode).toBe(0);
  });

  test('a port at which nothing listens answers by refusing', () => {
    expect(there().lines('client', 'traceroute -T -p 81 -n web.int.example')).toHaveLength(2);
    expect(there().lines('client', 'traceroute -I -n web.int.example')).toHaveLength(2);
  });

  test('an address of a family that the instance does not have ends it', () => {
    expect(there().on('web', 'traceroute six.example')).toMatchObject({ exitCode: 1, stderr: 'connect: Network is unreachable\n' });
  });

  test('a name that nobody knows ends it', () => {
    expect(there().on('client', 'traceroute nobody.example')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^nobody\.example: Name or service not known\n/),
    });
  });
});
