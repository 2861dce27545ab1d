// What a test of this folder has of the run's cluster.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type ClusterAddress, type ControlPlane, kubeconfig, startControlPlane, type User } from './control-plane.ts';
import type { Announcement, RunningCluster } from './global-setup.ts';

/** What kubectl answered. */
export interface KubectlAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export interface KubectlOptions {
  /** Fed to standard input: what `-f -` reads. */
  readonly stdin?: string;
  /** By default the administrator. */
  readonly user?: User;
}

export interface TestCluster {
  /** Why there is no cluster on this machine; undefined where there is one. All else may be used only then. */
  readonly skipReason: string | undefined;
  /** The administrator's. */
  readonly kubeconfigPath: string;
  readonly serverUrl: string;
  /** The requests of the user `controller`, an `audit.k8s.io/v1` Event a line; undefined when the cluster runs in a container. */
  readonly auditLogPath: string | undefined;
  /** Another user's kubeconfig, or one that goes through a relay in front of the server. */
  kubeconfigFor(options: { user?: User; serverUrl?: string }): string;
  /** Runs the real kubectl; a failure is an answer with another code than 0. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<KubectlAnswer>;
  /** As `kubectl`, but a failure is thrown with what kubectl said; answers its standard output. */
  mustKubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Makes a new namespace; it is deleted when the test file is done. */
  namespace(): Promise<string>;
}

/** A control plane that belongs to one test, which may stop its server and start it again. */
export interface PrivateCluster extends ControlPlane {
  /** The administrator's. */
  readonly kubeconfigPath: string;
}

function announced(): Announcement {
  const text = process.env.ISTHMUS_TEST_CLUSTER;
  return text
    ? (JSON.parse(text) as Announcement)
    : { skipReason: 'the cluster was not set up: these tests run in the Jest project "cluster"' };
}

/** The run's cluster. */
export function testCluster(): TestCluster {
  return clusterOf(announced);
}

function clusterOf(announcement: () => Announcement): TestCluster {
  const present = () => {
    const here = announcement();
    if (here.skipReason !== undefined) throw new Error(here.skipReason);
    return here;
  };
  const namespaces: string[] = [];
  const cluster: TestCluster = {
    get skipReason() {
      return announcement().skipReason;
    },
    get kubeconfigPath() {
      return join(present().folder, 'admin.kubeconfig');
    },
    get serverUrl() {
      return present().address.serverUrl;
    },
    get auditLogPath() {
      return present().auditLogPath;
    },
    kubeconfigFor({ user = 'admin', serverUrl }) {
      const { address, folder } = present();
      const path = join(folder, `${user}-${randomBytes(4).toString('hex')}.kubeconfig`);
      writeFileSync(path, kubeconfig({ ...address, serverUrl: serverUrl ?? address.serverUrl }, user), { mode: 0o600 });
      return path;
    },
    kubectl(args, { stdin, user = 'admin' } = {}) {
      const { folder, kubectlPath } = present();
      return run(kubectlPath, ['--kubeconfig', join(folder, `${user}.kubeconfig`), ...args], stdin);
    },
    async mustKubectl(args, options) {
      const answer = await cluster.kubectl(args, options);
      if (answer.code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${answer.stderr}`);
      return answer.stdout;
    },
    async namespace() {
      const name = `test-${randomBytes(4).toString('hex')}`;
      await cluster.mustKubectl(['create', 'namespace', name]);
      namespaces.push(name);
      return name;
    },
  };
  if (announced().skipReason === undefined) {
    afterAll(async () => {
      if (namespaces.length > 0) await cluster.kubectl(['delete', 'namespace', '--wait=false', '--ignore-not-found', ...namespaces]);
    });
  }
  return cluster;
}

/** A `describe` whose tests use the run's cluster; where there is none they are skipped, and their title says why. */
export function describeCluster(name: string, define: (cluster: TestCluster) => void): void {
  const cluster = announced();
  if (cluster.skipReason !== undefined) {
    describe.skip(`${name} (skipped: ${cluster.skipReason})`, () => define(testCluster()));
  } else {
    describe(name, () => define(testCluster()));
  }
}

/**
 * As `describeCluster`, on a cluster that belongs to these tests: a controller looks at every namespace, and would meet the objects that
 * other test files keep in the run's cluster.
 */
export function describeOwnCluster(name: string, define: (cluster: TestCluster) => void): void {
  const { skipReason } = announced();
  if (skipReason !== undefined) {
    describe.skip(`${name} (skipped: ${skipReason})`, () => define(testCluster()));
    return;
  }
  describe(name, () => {
    let running: RunningCluster | undefined;
    beforeAll(async () => {
      // Only here, since it knows how to run containers, which takes long to load.
      const { startCluster } = await import('./global-setup.ts');
      running = await startCluster(() => {});
    }, 240_000);
    define(clusterOf(() => running?.announcement ?? { skipReason: 'the cluster is not started yet' }));
    // Set last: hooks run in their order, and those before it still need the cluster.
    afterAll(async () => {
      await running?.stop();
    });
  });
}

/** As `describeCluster`, for tests that need a server of their own; a cluster in a container has no second one. */
export function describePrivateCluster(name: string, define: (start: () => Promise<PrivateCluster>) => void): void {
  const announcement = announced();
  const skipReason =
    announcement.skipReason ?? (announcement.binaries ? undefined : 'the cluster is a container, whose server cannot be stopped alone');
  const started: PrivateCluster[] = [];
  const defineWithCleanUp = () => {
    afterAll(async () => {
      for (const cluster of started) await cluster.stop();
    });
    define(async () => {
      if (announcement.skipReason !== undefined || !announcement.binaries) throw new Error(skipReason);
      const cluster = withKubeconfig(await startControlPlane({ ...announcement.binaries, controllerManager: undefined }));
      started.push(cluster);
      return cluster;
    });
  };
  if (skipReason !== undefined) describe.skip(`${name} (skipped: ${skipReason})`, defineWithCleanUp);
  else describe(name, defineWithCleanUp);
}

function withKubeconfig(controlPlane: ControlPlane): PrivateCluster {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-private-'));
  const kubeconfigPath = join(folder, 'admin.kubeconfig');
  const address: ClusterAddress = controlPlane;
  writeFileSync(kubeconfigPath, kubeconfig(address, 'admin'), { mode: 0o600 });
  return {
    ...controlPlane,
    kubeconfigPath,
    async stop() {
      await controlPlane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function run(command: string, args: readonly string[], stdin: string | undefined): Promise<KubectlAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, stderr, code: code ?? -1 }));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
  });
}
