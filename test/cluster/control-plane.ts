import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';

/** How to reach a cluster: what a kubeconfig is made of. */
export interface ClusterAddress {
  /** `https://127.0.0.1:port` */
  readonly serverUrl: string;
  /** Path of the PEM file that the server's certificate is checked with. */
  readonly caPath: string;
}

/** The users that every test cluster knows. All but the administrator start with no rights, so that RBAC can be tested. */
export const users = ['admin', 'controller', 'developer'] as const;
export type User = (typeof users)[number];

/** What the users say to the server; these clusters listen on the loopback interface only. */
export const tokenOf = (user: User) => `token-of-${user}`;

/** The file that the API server's `--token-auth-file` reads. */
export function tokenFile(): string {
  return users.map((user) => [tokenOf(user), user, user, user === 'admin' ? '"system:masters"' : '"testers"'].join(',')).join('\n');
}

/** The text of a kubeconfig file for one user. */
export function kubeconfig(address: ClusterAddress, user: User): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: address.serverUrl, 'certificate-authority': address.caPath } }],
    users: [{ name: user, user: { token: tokenOf(user) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
  });
}

/** Only the controller is written down: every request that it makes, as RBAC sees it. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [{ level: 'Metadata', users: ['controller' satisfies User] }, { level: 'None' }],
};

/** A kube-apiserver with an etcd of its own, and a controller manager where there is one. */
export interface ControlPlane extends ClusterAddress {
  /** Where the server writes each request of the user `controller`, an `audit.k8s.io/v1` Event a line. */
  readonly auditLogPath: string;
  /** Ends the API server as a crash would. */
  stopServer(): Promise<void>;
  /** Starts it again, on the same port and data; resolves when it is ready. */
  startServer(): Promise<void>;
  /** Ends everything and removes its data. */
  stop(): Promise<void>;
}

/** Starts a control plane on free ports of the loopback interface; it dies with this process. */
export async function startControlPlane(binaries: Binaries): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-cluster-'));
  const path = (name: string) => join(folder, name);
  const [etcdPort, peerPort, serverPort] = (await freePorts(3)) as [number, number, number];
  const serverUrl = `https://127.0.0.1:${serverPort}`;
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;

  mkdirSync(path('certificates'));
  writeFileSync(path('tokens.csv'), tokenFile());
  writeFileSync(path('audit-policy.json'), JSON.stringify(auditPolicy));
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path('service-account.key'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(path('service-account.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));

  const etcd = startGuarded(
    binaries.etcd,
    [
      `--data-dir=${path('etcd')}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--log-level=warn',
    ],
    path('etcd.log'),
  );

  const serverArguments = [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${serverPort}`,
    `--cert-dir=${path('certificates')}`,
    `--token-auth-file=${path('tokens.csv')}`,
    '--authorization-mode=RBAC',
    `--audit-policy-file=${path('audit-policy.json')}`,
    `--audit-log-path=${path('audit.log')}`,
    // Written before the request is answered: a test that has seen the effect finds the line.
    '--audit-log-mode=blocking',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path('service-account.pub')}`,
    `--service-account-signing-key-file=${path('service-account.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // Nothing runs in this cluster, and a machine without a default route has no address to advertise.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    '--profiling=false',
  ];
  let server: GuardedProcess;
  const startServer = async () => {
    server = startGuarded(binaries.apiServer, serverArguments, path('kube-apiserver.log'));
    await untilReady(serverUrl, () => [etcd, server]);
  };
  await startServer();

  const caPath = path('certificates/apiserver.crt');
  writeFileSync(path('admin.kubeconfig'), kubeconfig({ serverUrl, caPath }, 'admin'));
  const controllerManager =
    binaries.controllerManager &&
    startGuarded(
      binaries.controllerManager,
      [
        `--kubeconfig=${path('admin.kubeconfig')}`,
        '--controllers=serviceaccount-controller,serviceaccount-token-controller,namespace-controller,garbage-collector-controller,clusterrole-aggregation-controller',
        `--service-account-private-key-file=${path('service-account.key')}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--concurrent-namespace-syncs=4',
      ],
      path('kube-controller-manager.log'),
    );

  return {
    serverUrl,
    caPath,
    auditLogPath: path('audit.log'),
    stopServer: () => server.kill(),
    startServer,
    async stop() {
      if (controllerManager) await controllerManager.kill();
      await server.kill();
      await etcd.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that were free a moment ago; all are held open until the last is known, so that no two are the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer();
      await new Promise<void>((resolve, reject) => holder.once('error', reject).listen(0, '127.0.0.1', resolve));
      return holder;
    }),
  );
  return Promise.all(
    holders.map(async (holder) => {
      const address = holder.address();
      await new Promise((resolve) => holder.close(resolve));
      if (typeof address !== 'object' || !address) throw new Error('a listening socket has no address');
      return address.port;
    }),
  );
}

async function untilReady(serverUrl: string, processes: () => readonly GuardedProcess[]): Promise<void> {
  const { request } = await import('node:https');
  // Only readiness is asked here, of a port that this process chose: the certificate is not written yet when the first question is put.
  const ready = () =>
    new Promise<boolean>((resolve) => {
      const asked = request(`${serverUrl}/readyz`, { rejectUnauthorized: false, timeout: 5_000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      asked.once('error', () => resolve(false));
      asked.once('timeout', () => asked.destroy());
      asked.end();
    });
  const startedAt = performance.now();
  while (!(await ready())) {
    const dead = processes().find((process) => process.exited);
    if (dead) throw new Error(`the test cluster did not start:\n${dead.log()}`);
    if (performance.now() - startedAt > 90_000) {
      throw new Error(
        `the test cluster was not ready after 90 s:\n${processes()
          .map((process) => process.log())
          .join('\n\n')}`,
      );
    }
    await delay(100);
  }
}
