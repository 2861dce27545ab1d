import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { kubernetesVersion } from './binaries.ts';
import { type ClusterAddress, tokenFile } from './control-plane.ts';

/** A whole small Kubernetes in a container, for machines that have Docker and no Go. */
export interface K3s extends ClusterAddress {
  readonly kubectlPath: string;
  stop(): Promise<void>;
}

/** Whether a container engine answers; a client without one does not count. */
export async function hasContainers(): Promise<boolean> {
  try {
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

/** Starts K3s of the same Kubernetes release; resolves when its API server is ready. */
export async function startK3s(): Promise<K3s> {
  const client = await getContainerRuntimeClient();
  const container = await new GenericContainer(`rancher/k3s:${kubernetesVersion()}-k3s1`)
    .withPrivilegedMode()
    .withTmpFs({ '/run': '', '/var/run': '' })
    .withExposedPorts(6443)
    .withCopyContentToContainer([{ content: tokenFile(), target: '/etc/test-cluster/tokens.csv' }])
    .withCommand([
      'server',
      '--disable=traefik,servicelb,metrics-server,local-storage',
      `--tls-san=${client.info.containerRuntime.host}`,
      '--kube-apiserver-arg=token-auth-file=/etc/test-cluster/tokens.csv',
    ])
    .withWaitStrategy(Wait.forLogMessage(/Node controller sync successful|k3s is up and running/))
    .withStartupTimeout(180_000)
    .start();
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-k3s-'));
  const caPath = join(folder, 'ca.crt');
  const ca = await container.exec(['cat', '/var/lib/rancher/k3s/server/tls/server-ca.crt']);
  writeFileSync(caPath, ca.stdout);
  return {
    serverUrl: `https://${container.getHost()}:${container.getMappedPort(6443)}`,
    caPath,
    kubectlPath: kubectlOnPath() ?? (await kubectlOf(container, folder)),
    async stop() {
      await container.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function kubectlOnPath(): string | undefined {
  return (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, 'kubectl'))
    .find((path) => existsSync(path));
}

/** K3s is one static program that is kubectl when it is called so; on Linux it runs outside of its container too. */
async function kubectlOf(container: { copyArchiveFromContainer(path: string): Promise<NodeJS.ReadableStream> }, folder: string) {
  if (process.platform !== 'linux')
    throw new Error('the test cluster runs in a container, and there is no kubectl on this machine to talk to it');
  const { createWriteStream } = await import('node:fs');
  const archive = join(folder, 'k3s.tar');
  await pipeline(await container.copyArchiveFromContainer('/bin/k3s'), createWriteStream(archive));
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  execFileSync('ln', ['-s', 'k3s', join(folder, 'kubectl')]);
  return join(folder, 'kubectl');
}
