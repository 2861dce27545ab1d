import type { Clock } from '../ambient/clock.ts';
import { crdOf } from '../kinds/crd.ts';
import { kindApis } from '../kinds/index.ts';
import type { Resource } from '../kinds/kind.ts';
import { type CustomResourceDefinition, serveMemoryApi } from '../kube/memory-api.ts';
import type { MemoryServer } from '../kube/memory-server.ts';
import { listen } from '../simulator/http-server.ts';
import type { Embedded } from './embedded.ts';
import type { Terminal } from './terminal.ts';

export interface KeepRunningOptions {
  readonly embedded: Pick<Embedded, 'server' | 'simulator' | 'world'>;
  readonly terminal: Terminal;
  /** Where the objects came from, to be applied again. */
  readonly manifestFile?: string;
  /** The clock of the people who look on; left out: the simulation's. */
  readonly clock?: Clock;
  /** Ends it, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

const host = '127.0.0.1';

/**
 * Opens an embedded Isthmus to the AWS CLI and kubectl, on free ports of the loopback interface, and says how to use them.
 *
 * @returns resolves once it has been stopped, by SIGINT, SIGTERM or the signal, and both are closed
 * @throws what Node gives where no port can be had
 */
export async function keepRunning(options: KeepRunningOptions): Promise<void> {
  const { embedded, terminal, clock, signal } = options;
  const { server, simulator } = embedded;
  const aws = await listen(simulator, { port: 0, host });
  try {
    const kubernetes = await serveMemoryApi({
      server,
      definitions: kindApis.map((api) => crdOf(api) as CustomResourceDefinition),
      clock: simulator.clock,
      readersClock: clock,
      host,
      port: 0,
    });
    try {
      for (const line of directions({ ...options, awsUrl: aws.url, kubernetesUrl: kubernetes.url })) terminal.line(line);
      await stopped(signal);
      terminal.line();
      terminal.line('Stopped.');
    } finally {
      await kubernetes.close();
    }
  } finally {
    await aws.close();
  }
}

interface Places extends KeepRunningOptions {
  readonly awsUrl: string;
  readonly kubernetesUrl: string;
}

function directions({ embedded, terminal, manifestFile, awsUrl, kubernetesUrl }: Places): readonly string[] {
  const { accountId, region } = ownPlace(embedded);
  const kubectl = `kubectl --server=${kubernetesUrl}`;
  const object = shownObject(embedded.server);
  const about = object ? `vpcp ${object.metadata.name} -n ${object.metadata.namespace}` : undefined;
  const now = new Date(embedded.simulator.clock.now()).toISOString();
  return [
    '',
    terminal.bold('It keeps running, until you press Ctrl-C. In another terminal,'),
    '',
    'the AWS CLI, or any SDK, finds the simulated AWS:',
    '',
    '  unset AWS_PROFILE AWS_SESSION_TOKEN',
    `  export AWS_ENDPOINT_URL=${awsUrl}`,
    `  export AWS_ACCESS_KEY_ID=${accountId} AWS_SECRET_ACCESS_KEY=simulated`,
    `  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
    '  aws ec2 describe-vpc-peering-connections',
    '  aws ec2 describe-route-tables',
    '',
    ...tried(embedded),
    'kubectl finds the objects; edit, annotate and delete them, and see above what becomes of it:',
    '',
    `  ${kubectl} get isthmus -A`,
    ...(about === undefined
      ? []
      : [
          `  ${kubectl} get ${about} -o yaml`,
          `  ${kubectl} describe ${about}`,
          `  ${kubectl} edit ${about}`,
          `  ${kubectl} annotate ${about} --overwrite isthmus.dev/reconcile-at=${now}`,
          `  ${kubectl} wait ${about} --for=condition=Ready --timeout=60s`,
          `  ${kubectl} delete ${about}`,
        ]),
    ...(manifestFile === undefined ? [] : [`  ${kubectl} apply -f ${manifestFile}`]),
    `  ${kubectl} explain vpcpeering.spec.requester`,
    '',
    `What has been called: ${awsUrl}/_isthmus/record   What there is: ${awsUrl}/_isthmus/state`,
    '',
  ];
}

/** How to try the network from an instance, with two that have names. */
function tried({ world }: Pick<Embedded, 'world'>): readonly string[] {
  const running = world.network().flatMap(({ instances }) => [...instances.values()].filter(({ state }) => state === 'running'));
  const [one, other] = running.filter(({ tags }) => tags.Name !== undefined);
  const address = other && world.networkInterfaces.get(other.networkInterfaceIds[0] ?? '')?.privateIpAddresses[0];
  if (!one || address === undefined) return [];
  return [
    'and with that in the environment the instances can be asked what they reach, and why:',
    '',
    `  npx isthmus simulate exec --explain ${one.tags.Name} -- ping -c 1 ${address}`,
    '',
  ];
}

/** Where most of it happens: the first AwsAccount's account and default region. */
function ownPlace({ server, world }: Pick<Embedded, 'server' | 'world'>): { readonly accountId: string; readonly region: string } {
  const [account] = server.list('AwsAccount') as unknown as readonly Resource<{ accountId?: string; defaultRegion?: string }>[];
  const [network] = world.network();
  return {
    accountId: account?.spec.accountId ?? network?.accountId ?? '111122223333',
    region: account?.spec.defaultRegion ?? network?.region ?? 'us-east-1',
  };
}

function shownObject(server: MemoryServer): Resource | undefined {
  return server.list('VpcPeering')[0] as Resource | undefined;
}

/** A second Ctrl-C ends the process at once, as the default has it. */
function stopped(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM'] as const;
    const stop = () => {
      for (const name of signals) process.off(name, stop);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    for (const name of signals) process.on(name, stop);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop);
  });
}
