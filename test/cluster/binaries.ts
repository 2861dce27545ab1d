// Where the programs of the test cluster come from: a folder that envtest's convention names, the user's cache, or a build with Go
// from the published modules. Nothing is downloaded but through Go's own module proxy.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Paths of the programs; without a controller manager namespaces never finish terminating and nothing is garbage-collected. */
export interface Binaries {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  readonly controllerManager: string | undefined;
}

const here = import.meta.dirname;
const kubernetesModule = join(here, 'kubernetes');
const etcdModule = join(here, 'etcd');

/** The Kubernetes release that is built, as go.mod has it: `v1.36.3`. */
export function kubernetesVersion(): string {
  const found = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(readFileSync(join(kubernetesModule, 'go.mod'), 'utf8'));
  if (!found?.[1]) throw new Error(`no version of k8s.io/kubernetes in ${join(kubernetesModule, 'go.mod')}`);
  return found[1];
}

/** kubectl and Helm cannot parse the version of a server that was linked without these. */
function linkFlags(): string {
  const version = kubernetesVersion();
  const [major, minor] = version.slice(1).split('.');
  const stamp = (name: string, value: string | undefined) => `-X k8s.io/component-base/version.${name}=${value}`;
  return ['-s -w', stamp('gitVersion', version), stamp('gitMajor', major), stamp('gitMinor', minor)].join(' ');
}

interface Program {
  readonly name: string;
  readonly moduleFolder: string;
  readonly packagePath: string;
}

const programs: readonly Program[] = [
  { name: 'etcd', moduleFolder: etcdModule, packagePath: 'go.etcd.io/etcd/server/v3' },
  ...['kube-apiserver', 'kube-controller-manager', 'kubectl'].map((name) => ({
    name,
    moduleFolder: kubernetesModule,
    packagePath: `k8s.io/kubernetes/cmd/${name}`,
  })),
];

/**
 * The programs, from the first place that has them.
 *
 * @returns undefined where there are none and no Go to build them with
 * @throws Error when `KUBEBUILDER_ASSETS` names a folder that lacks one, or the build fails
 */
export async function findBinaries(progress: (line: string) => void): Promise<Binaries | undefined> {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) return inFolder(assets, 'KUBEBUILDER_ASSETS');
  const folder = cacheFolder();
  if (missingIn(folder).length > 0) {
    if (!(await hasGo())) return undefined;
    await build(folder, progress);
  }
  return inFolder(folder, 'the cache of built programs');
}

function inFolder(folder: string, saidBy: string): Binaries {
  const path = (name: string) => join(folder, name);
  const missing = missingIn(folder).filter((name) => name !== 'kube-controller-manager');
  if (missing.length > 0) throw new Error(`${saidBy} is ${folder}, which has no ${missing.join(', no ')}`);
  const controllerManager = path('kube-controller-manager');
  return {
    etcd: path('etcd'),
    apiServer: path('kube-apiserver'),
    kubectl: path('kubectl'),
    controllerManager: existsSync(controllerManager) ? controllerManager : undefined,
  };
}

function missingIn(folder: string): readonly string[] {
  return programs.map((program) => program.name).filter((name) => !existsSync(join(folder, name)));
}

/** One folder for each set of sources and flags, so that a change of version never meets old programs. */
function cacheFolder(): string {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}\n${linkFlags()}\n`);
  for (const folder of [kubernetesModule, etcdModule]) {
    for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(folder, file)));
  }
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(caches, 'isthmus', 'test-cluster', hash.digest('hex').slice(0, 16));
}

function hasGo(): Promise<boolean> {
  return new Promise((resolve) => execFile('go', ['version'], (error) => resolve(!error)));
}

async function build(folder: string, progress: (line: string) => void): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, 'build.lock'), progress);
  try {
    const missing = missingIn(folder);
    for (const program of programs.filter(({ name }) => missing.includes(name))) {
      await buildOne(program, folder, progress);
    }
  } finally {
    unlock();
  }
}

/** Built beside its place and then moved, so that an interrupted build leaves nothing that looks done. */
async function buildOne(program: Program, folder: string, progress: (line: string) => void): Promise<void> {
  const scratch = mkdtempSync(join(folder, 'building-'));
  const started = performance.now();
  const say = (what: string) =>
    progress(`test cluster: ${what} ${program.name} with Go (${Math.round((performance.now() - started) / 1000)} s)`);
  progress(`test cluster: building ${program.name} with Go; on a new machine this takes minutes, once`);
  const ticking = setInterval(say, 20_000, 'still building');
  try {
    const target = join(scratch, program.name);
    await goBuild(program, ['-trimpath', '-ldflags', linkFlags(), '-o', target, program.packagePath]);
    renameSync(target, join(folder, program.name));
    say('built');
  } finally {
    clearInterval(ticking);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function goBuild(program: Program, args: readonly string[]): Promise<void> {
  // A user's own flags, workspace or cross-compilation must not leak into this build.
  const { GOOS: _os, GOARCH: _arch, ...environment } = process.env;
  const env = { ...environment, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', GO111MODULE: 'on' };
  return new Promise((resolve, reject) => {
    const go = spawn('go', ['build', ...args], { cwd: program.moduleFolder, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    go.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4_000);
    });
    go.once('error', reject);
    go.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`go build ${program.packagePath} failed:\n${said}`))));
  });
}

/** Waits for another run that builds the same programs; the lock of a process that is no more is taken over. */
async function lock(path: string, progress: (line: string) => void): Promise<() => void> {
  for (let waited = 0; ; waited++) {
    try {
      writeFileSync(path, `${process.pid}`, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = lockHolder(path);
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (waited % 20 === 0) progress(`test cluster: waiting for process ${holder ?? '?'}, which is building the same programs`);
    await delay(1_000);
  }
}

function lockHolder(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
