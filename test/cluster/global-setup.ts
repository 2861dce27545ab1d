// Starts one cluster for a whole run of the cluster tests. Jest calls this only when one of them was selected.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kindApis } from '../../src/kinds/index.ts';
import { rbacObjects } from '../../src/kube/rbac.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { type ClusterAddress, kubeconfig, startControlPlane, type User, users } from './control-plane.ts';
import { hasContainers, startK3s } from './k3s.ts';

/** What a test file is told about the run's cluster, as JSON in the environment variable `ISTHMUS_TEST_CLUSTER`. */
export type Announcement =
  | { readonly skipReason: string }
  | {
      readonly skipReason?: undefined;
      readonly address: ClusterAddress;
      /** Holds `<user>.kubeconfig` for every user. */
      readonly folder: string;
      readonly kubectlPath: string;
      /** The requests of the user `controller`, an `audit.k8s.io/v1` Event a line; left out when the cluster runs in a container. */
      readonly auditLogPath?: string;
      /** Left out when the cluster runs in a container: then no second one can be started. */
      readonly binaries?: Binaries;
    };

/** A cluster with our kinds installed. */
export interface RunningCluster {
  readonly announcement: Announcement;
  stop(): Promise<void>;
}

declare global {
  var isthmusTestCluster: RunningCluster | undefined;
}

const crdFolder = join(import.meta.dirname, '../../crds');

export default async function setUp(): Promise<void> {
  const cluster = await startCluster((line) => process.stderr.write(`${line}\n`));
  globalThis.isthmusTestCluster = cluster;
  process.env.ISTHMUS_TEST_CLUSTER = JSON.stringify(cluster.announcement);
}

/** Starts a cluster from what this machine has; where it has nothing, the announcement says so. */
export async function startCluster(progress: (line: string) => void): Promise<RunningCluster> {
  const binaries = await findBinaries(progress);
  if (binaries) {
    const controlPlane = await startControlPlane(binaries);
    return furnish(controlPlane, { kubectlPath: binaries.kubectl, binaries, auditLogPath: controlPlane.auditLogPath });
  }
  if (await hasContainers()) {
    progress('test cluster: starting K3s in a container');
    const k3s = await startK3s();
    return furnish(k3s, { kubectlPath: k3s.kubectlPath });
  }
  const skipReason = 'no kube-apiserver: KUBEBUILDER_ASSETS is not set, and neither Go nor a running Docker was found';
  return { announcement: { skipReason }, stop: async () => {} };
}

async function furnish(
  running: ClusterAddress & { stop(): Promise<void> },
  programs: { kubectlPath: string; binaries?: Binaries; auditLogPath?: string },
): Promise<RunningCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-kubeconfigs-'));
  const address = { serverUrl: running.serverUrl, caPath: running.caPath };
  for (const user of users) writeFileSync(join(folder, `${user}.kubeconfig`), kubeconfig(address, user), { mode: 0o600 });
  const cluster: RunningCluster = {
    announcement: { address, folder, ...programs },
    async stop() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    install(programs.kubectlPath, join(folder, 'admin.kubeconfig'));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** Our kinds, and the roles that the documentation tells to install: the user `controller` is the controller. */
function install(kubectlPath: string, kubeconfigPath: string): void {
  const kubectl = (args: readonly string[], input = '') =>
    execFileSync(kubectlPath, ['--kubeconfig', kubeconfigPath, ...args], { stdio: ['pipe', 'ignore', 'pipe'], encoding: 'utf8', input });
  kubectl(['apply', '--server-side', '-f', crdFolder]);
  kubectl(['wait', '--for=condition=Established', '--timeout=30s', '-f', crdFolder]);
  const items = rbacObjects({
    kinds: kindApis,
    subject: { user: 'controller' satisfies User },
    namespace: 'default',
    leaseName: 'isthmus',
  });
  kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
