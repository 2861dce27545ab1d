import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { settle, VirtualClock } from '../../src/ambient/virtual-clock.ts';
import { createKubeClient, type KubeClient, loadKubeconfig } from '../../src/kube/client.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;

async function serverThat(
  answer: Answer,
): Promise<{ client: KubeClient; clock: VirtualClock; connections: () => number; cutAll: () => void }> {
  let connections = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    answer(request, body, response);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const config = new KubeConfig();
  // A path of its own is what clusters behind a gateway have.
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/k8s/one/`, skipTLSVerify: true },
    { name: 'me', token: 'secret' },
  );
  const clock = new VirtualClock();
  return { client: createKubeClient(config, clock), clock, connections: () => connections, cutAll: () => server.closeAllConnections() };
}

const json = (response: ServerResponse, status: number, value: object, headers = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
};

describe('a request to the API server', () => {
  test('carries the credentials, the query and the body', async () => {
    const seen: object[] = [];
    const { client } = await serverThat(({ method, url, headers }, body, response) => {
      seen.push({ method, url, authorization: headers.authorization, type: headers['content-type'], body });
      json(response, 200, { done: true });
    });
    const request = {
      method: 'PATCH',
      path: '/api/v1/x',
      query: { force: true, limit: undefined },
      body: { a: 1 },
      contentType: 'application/merge-patch+json',
    } as const;
    expect(await client.call(request)).toEqual({ done: true });
    expect(seen).toEqual([
      {
        method: 'PATCH',
        url: '/k8s/one/api/v1/x?force=true',
        authorization: 'Bearer secret',
        type: 'application/merge-patch+json',
        body: '{"a":1}',
      },
    ]);
  });

  test('takes up the connections of earlier ones', async () => {
    const { client, connections } = await serverThat((_, __, response) => json(response, 200, {}));
    for (let index = 0; index < 20; index++) await client.call({ method: 'GET', path: '/api' });
    // The pool opens a second one when it is asked in the moment in which the first is being given back.
    expect(connections()).toBeLessThanOrEqual(2);
  });

  test('that is refused says what the server said', async () => {
    const { client } = await serverThat((_, __, response) =>
      json(response, 409, { kind: 'Status', reason: 'Conflict', message: 'the object has been modified' }),
    );
    await expect(client.call({ method: 'GET', path: '/api' })).rejects.toMatchObject({
      name: 'ApiError',
      status: 409,
      reason: 'Conflict',
      message: 'the object has been modified',
    });
  });

  test('that something in between refuses says what that said, and how long to wait', async () => {
    const { client } = await serverThat((_, __, response) => {
      response.writeHead(503, { 'retry-after': '7' });
      response.end('upstream is down');
    });
    await expect(client.call({ method: 'GET', path: '/api' })).rejects.toMatchObject({
      status: 503,
      retryAfterMs: 7_000,
      message: 'the API server answered 503: upstream is down',
    });
  });

  test('that is not answered ends after its time', async () => {
    const { client, clock } = await serverThat(() => {});
    const refused = expect(client.call({ method: 'GET', path: '/api', timeoutMs: 5_000 })).rejects.toThrow('did not answer within 5 s');
    await settle();
    await clock.advance(5_000);
    await refused;
  });
});

test('a request whose TLS connection never comes about ends after its time too', async () => {
  const silent = createTcpServer((socket) => closing.push(() => socket.destroy()));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const config = new KubeConfig();
  const { port } = silent.address() as AddressInfo;
  config.loadFromClusterAndUser(
    { name: 'test', server: `https://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'me', token: 'secret' },
  );
  const clock = new VirtualClock();
  const refused = expect(createKubeClient(config, clock).call({ method: 'GET', path: '/api', timeoutMs: 1_000 })).rejects.toThrow(
    'within 1 s',
  );
  const startedAt = performance.now();
  await clock.advance(1_000);
  await refused;
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  closing.push(() => silent.close());
});

describe('an endless answer', () => {
  test('is read value by value, however it is cut into chunks', async () => {
    const { client } = await serverThat((_, __, response) => {
      const bytes = Buffer.from('{"name":"é"}\n{"name":"b"}\n\n{"name":"c"}\n{"name":"cut o');
      for (let at = 0; at < bytes.length; at += 5) response.write(bytes.subarray(at, at + 5));
      response.end();
    });
    const values: unknown[] = [];
    for await (const value of client.stream({ method: 'GET', path: '/api' }, new AbortController().signal)) values.push(value);
    expect(values).toEqual([{ name: 'é' }, { name: 'b' }, { name: 'c' }]);
  });

  test('may be silent for as long as it likes, once it has begun', async () => {
    const { client, clock } = await serverThat((_, __, response) => {
      response.write('{"name":"a"}\n');
      clock.after(3_600_000, () => response.end('{"name":"b"}\n'));
    });
    const values: unknown[] = [];
    for await (const value of client.stream({ method: 'GET', path: '/api' }, new AbortController().signal)) {
      values.push(value);
      if (values.length === 1) await clock.advance(3_600_000);
    }
    expect(values).toEqual([{ name: 'a' }, { name: 'b' }]);
  });

  test('throws when the connection breaks in the middle', async () => {
    const { client, cutAll } = await serverThat((_, __, response) => response.write('{"name":"a"}\n'));
    const read = async () => {
      for await (const _ of client.stream({ method: 'GET', path: '/api' }, new AbortController().signal)) cutAll();
    };
    await expect(read()).rejects.toThrow();
  });

  test('ends with the signal, and its connection with it', async () => {
    let isClosed = false;
    const { client } = await serverThat((request, __, response) => {
      request.socket.once('close', () => {
        isClosed = true;
      });
      response.write('{"name":"a"}\n');
    });
    const stop = new AbortController();
    const read = async () => {
      for await (const _ of client.stream({ method: 'GET', path: '/api' }, stop.signal)) stop.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
    while (!isClosed) await settle();
  });
});

describe('the kubeconfig', () => {
  const { KUBECONFIG, HOME } = process.env;
  afterEach(() => {
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('that cannot be found is an error that says where it was looked for, and no guess', () => {
    delete process.env.KUBECONFIG;
    process.env.HOME = '/nonexistent';
    expect(() => loadKubeconfig()).toThrow(
      'found no Kubernetes cluster: KUBECONFIG is not set, there is no ~/.kube/config, and this is not a pod',
    );
  });
});
