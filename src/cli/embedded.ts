import type { Ambient } from '../ambient/ambient.ts';
import { silentLog } from '../ambient/log.ts';
import { createAws } from '../aws/index.ts';
import { admit } from '../kinds/admission.ts';
import { kindApis, kinds } from '../kinds/index.ts';
import { group, version } from '../kinds/kind-api.ts';
import { connectTo, soleLeadership } from '../kube/memory-cluster.ts';
import { type Manifest, MemoryServer } from '../kube/memory-server.ts';
import { type Controller, type ControllerOptions, createController } from '../reconcile/controller.ts';
import type { AwsSimulator } from '../simulator/aws-simulator.ts';
import type { RecordedCall } from '../simulator/calls/record.ts';
import { inProcess } from '../simulator/request-handler.ts';
import { simulatorOf } from '../simulator/simulator-of-world.ts';
import { World } from '../simulator/world/world.ts';
import { loadWorld } from '../simulator/world-file/load.ts';

/** The whole of Isthmus in one process: a cluster in memory, a simulated AWS, and the real controller between them. */
export interface Embedded {
  readonly world: World;
  readonly simulator: AwsSimulator;
  readonly server: MemoryServer;
  readonly controller: Controller;
  apply(manifest: Manifest): void;
}

export interface EmbeddedOptions extends Ambient {
  /** A world file's text, and its name for messages. */
  readonly worldText: string;
  readonly worldFile: string;
  /** Account of the controller's own access key: twelve digits. */
  readonly accountId: string;
  readonly onCall?: ((call: RecordedCall) => void) | undefined;
  readonly onPass?: ControllerOptions['onPass'];
}

/** @throws WorldFileError */
export function createEmbedded(options: EmbeddedOptions): Embedded {
  const { clock, random } = options;
  const world = new World({ clock, random });
  loadWorld(options.worldText, options.worldFile, world);
  const simulator = simulatorOf(world, { clock, random, throttling: true, onCall: options.onCall });
  const server = new MemoryServer({
    clock,
    random,
    kinds: kindApis.map((api) => ({ kind: api.kind, apiVersion: `${group}/${version}`, namespaced: api.scope === 'Namespaced' })),
    admit,
  });
  const clusterName = 'embedded';
  const aws = createAws({
    clock,
    random,
    clusterName,
    leaseTakenAt: () => Number.NEGATIVE_INFINITY,
    sdk: {
      credentials: { accessKeyId: options.accountId, secretAccessKey: 'simulated' },
      requestHandler: inProcess(simulator),
      region: 'us-east-1',
    },
  });
  const controller = createController({
    cluster: connectTo({ server, kinds: kindApis.map(({ kind }) => kind), log: silentLog }),
    aws,
    kinds,
    leadership: soleLeadership(clock),
    clock,
    random,
    log: silentLog,
    clusterName,
    ...(options.onPass && { onPass: options.onPass }),
  });
  return { world, simulator, server, controller, apply: (manifest) => void server.apply(manifest) };
}
