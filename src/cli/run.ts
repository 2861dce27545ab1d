import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import type { Ambient } from '../ambient/ambient.ts';
import { createLog, type Log, type LogLevel, logLevels } from '../ambient/log.ts';
import { awsDefaults, createAws } from '../aws/index.ts';
import { kindApis, kinds } from '../kinds/index.ts';
import { group, version } from '../kinds/kind-api.ts';
import { createApiCluster } from '../kube/api-cluster.ts';
import { createKubeClient, loadKubeconfig, ownNamespace } from '../kube/client.ts';
import { hexDigits } from '../kube/event-log.ts';
import { Lease } from '../kube/lease.ts';
import { type Controller, createController } from '../reconcile/controller.ts';
import { defaultTiming } from '../reconcile/pass.ts';
import { serve } from '../server/http.ts';
import { createMetrics } from '../server/metrics.ts';
import { duration, positiveNumber, tagValue, wholeNumber } from './arguments.ts';

interface RunOptions {
  readonly clusterName?: string;
  readonly namespace?: string;
  readonly leaseName: string;
  readonly concurrency: number;
  readonly awsShare: number;
  readonly consistencyWindow: number;
  readonly resync: number;
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
}

/** `isthmus run`: the controller, until it is told to stop (exit 0) or loses its lease (exit 1). */
export function runCommand(ambient: Ambient): Command {
  return new Command('run')
    .description('Runs the controller: the cluster comes from KUBECONFIG or the pod, AWS from the environment of the AWS SDK.')
    .option('--cluster-name <name>', "this cluster's name in ownership tags; by default the uid of the namespace kube-system", tagValue)
    .option('--namespace <name>', "where the lease is; by default the pod's, or that of the kubeconfig's context")
    .option('--lease-name <name>', 'name of the lease', 'isthmus')
    .option('--concurrency <number>', 'passes under way at once', wholeNumber(1, 1_000), 16)
    .option('--aws-share <fraction>', "how much of AWS's request budgets to use", positiveNumber(1), awsDefaults.share)
    .addOption(
      new Option('--consistency-window <time>', "how long AWS's answers may lag behind writes")
        .argParser(duration)
        .default(awsDefaults.windowMs, `${awsDefaults.windowMs / 1_000}s`),
    )
    .addOption(
      new Option('--resync <time>', 'how often every object is looked at, and how old a list of AWS may be')
        .argParser(duration)
        .default(defaultTiming.resyncMs, `${defaultTiming.resyncMs / 1_000}s`),
    )
    .option('--host <address>', 'address of the probes and metrics', '0.0.0.0')
    .option('--port <number>', 'port of /healthz, /readyz and /metrics; 0 for any that is free', wholeNumber(0, 65_535), 8080)
    .addOption(new Option('--log-level <level>', 'least important lines to log').choices(logLevels).default('info'))
    .addHelpText('after', environmentHelp)
    .action(async (options: RunOptions) => {
      const log = createLog(options.logLevel);
      try {
        process.exitCode = await run(options, ambient, log);
      } catch (error) {
        log.error({ err: error }, `cannot run: ${error instanceof Error ? error.message : String(error)}`);
        process.exit(1);
      }
    });
}

const environmentHelp = `
Environment:
  KUBECONFIG                                     the cluster; else ~/.kube/config, else the pod's service account
  AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID …   who the controller is to AWS: the SDK's default credential chain
  AWS_ENDPOINT_URL                               in place of AWS, such as what "isthmus simulate" prints`;

async function run(options: RunOptions, { clock, random }: Ambient, log: Log): Promise<number> {
  const config = loadKubeconfig();
  const client = createKubeClient(config, clock);
  const instance = process.env.POD_NAME ?? hostname();
  const watched = kindApis.map((api) => ({ kind: api.kind, group, version, plural: api.plural, namespaced: api.scope === 'Namespaced' }));
  const cluster = createApiCluster({ client, kinds: watched, clock, random, log, instance });

  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort(new Error(signal)));

  const lease = new Lease({
    client,
    clock,
    random,
    log,
    namespace: options.namespace ?? ownNamespace(config) ?? 'default',
    name: options.leaseName,
    identity: `${instance}_${hexDigits(random, 8)}`,
    onLost(why) {
      // Another process may be at work by now: nothing here may write any more, not even to say goodbye.
      log.error({ why }, 'the lease is lost');
      process.exit(1);
    },
  });

  let controller: Controller | undefined;
  let inSync = false;
  const metrics = createMetrics({
    depth: () => controller?.depth() ?? { waiting: 0, running: 0 },
    leads: () => lease.surelyHeld(),
    objects: () => kinds.flatMap(({ kind }) => cluster.list(kind)),
  });
  const server = await serve({
    host: options.host,
    port: options.port,
    registry: metrics.registry,
    unhealthy: () => undefined,
    // A replica that stands by for the lease is ready: a rollout must not wait for it to lead.
    unready: () => (lease.surelyHeld() && !inSync ? 'listing the objects of the cluster' : undefined),
  });
  log.info({ url: server.url }, 'probes and metrics are served');

  try {
    const clusterName = options.clusterName ?? (await cluster.uid());
    await lease.acquire(stopping.signal);
    log.info({ clusterName, holder: lease.holder }, 'the lease is ours');
    const aws = createAws({
      clock,
      random,
      clusterName,
      leaseTakenAt: () => lease.takenAt,
      share: options.awsShare,
      windowMs: options.consistencyWindow,
      maxAgeMs: options.resync,
      onCall: metrics.countCall,
    });
    controller = createController({
      cluster,
      aws,
      kinds,
      leadership: lease,
      clock,
      random,
      log,
      clusterName,
      timing: { ...defaultTiming, resyncMs: options.resync },
      concurrency: options.concurrency,
      onPass: metrics.countPass,
    });
    await controller.start();
    inSync = true;
    log.info({}, 'watching');
    await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  }
  log.info({}, 'stopping: running passes end, then the lease is handed over');
  await controller?.stop();
  await lease.release();
  await server.close();
  return 0;
}
