import * as ec2 from '@aws-sdk/client-ec2';
import * as ram from '@aws-sdk/client-ram';
import * as route53 from '@aws-sdk/client-route-53';
import * as sts from '@aws-sdk/client-sts';
import * as lattice from '@aws-sdk/client-vpc-lattice';
import { expect, test } from '@jest/globals';
import { NormalizedSchema } from '@smithy/core/schema';
import { ec2Operations } from '../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../src/simulator/ram/index.ts';
import { route53Operations } from '../../src/simulator/route53/index.ts';
import { ApiError, type Operations } from '../../src/simulator/service.ts';
import { serviceWires } from '../../src/simulator/services.ts';
import { vpcLatticeOperations } from '../../src/simulator/vpc-lattice/index.ts';
import { operationsOf } from '../../src/simulator/wire/api.ts';
import { playEndpoints, playNames, playResources, playTransitGateways } from './botocore/connectivity-play.ts';
import { playNetwork } from './botocore/network-play.ts';
import { type Probe, type Stage, stage } from './stage.ts';

type Path = readonly (string | number)[];

/** What may stand in the place of a value: never another type, for the wire does not let that through. */
function instead(value: unknown): unknown[] {
  if (typeof value === 'string') return ['', 'x', 'x'.repeat(300), 'vpc-0123456789abcdef0', '10.0.0.0/33', '::/0', 'arn:aws:x:::y', '*'];
  if (typeof value === 'number') return [-1, 0, 65_536, 2 ** 31];
  if (typeof value === 'boolean') return [!value];
  if (Array.isArray(value)) return [[...value, ...value], Array(300).fill(value[0])];
  return [];
}

const sdks = { ec2, ram, route53, sts, 'vpc-lattice': lattice };

/** Whether the wire itself refuses a call without the member: that of a structure which must be there. EC2's calls do so themselves. */
function isRequired(schema: NormalizedSchema, path: Path): boolean {
  const [step, ...rest] = path;
  if (step === undefined) return false;
  if (schema.isListSchema() || schema.isMapSchema()) return isRequired(schema.getValueSchema(), rest);
  if (!schema.isStructSchema()) return false;
  const names = [...schema.structIterator()].map(([name]) => name);
  const required = Number((schema.getSchema() as readonly unknown[])[6] ?? 0);
  if (rest.length === 0) return names.indexOf(String(step)) < required;
  return isRequired(schema.getMemberSchema(String(step)), rest);
}

/** The input with one value changed or left out, at every place. */
function* mutations(value: unknown, mayLeaveOut: (path: Path) => boolean, path: Path = []): Generator<(input: object) => unknown> {
  const at = (change: (holder: Record<string | number, unknown>, key: string | number) => void) => (input: object) => {
    const copy = structuredClone(input) as Record<string | number, unknown>;
    const holder = path.slice(0, -1).reduce((inner, key) => inner[key] as Record<string | number, unknown>, copy);
    change(holder, path.at(-1)!);
    return copy;
  };
  if (path.length > 0) {
    for (const other of instead(value)) {
      yield at((holder, key) => {
        holder[key] = other;
      });
    }
    if (typeof path.at(-1) === 'string' && mayLeaveOut(path)) yield at((holder, key) => void delete holder[key]);
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  for (const [key, inner] of Object.entries(value))
    yield* mutations(inner, mayLeaveOut, [...path, Array.isArray(value) ? Number(key) : key]);
}

test('whatever is changed in a call, AWS answers or refuses in its own words, and a refusal has no effect', async () => {
  let played: Stage | undefined;
  let operations: Readonly<Record<string, Operations>> = {};
  const bugs: string[] = [];
  const counts = { answered: 0, refused: 0 };
  const takenBack = new Error('taken back');

  const probe: Probe = ({ service, operation, input, call }) => {
    const { world } = played!;
    const handler = operations[service]?.[operation];
    if (!handler) return;
    const { protocol } = serviceWires.find(({ signingName }) => signingName === service)!;
    // What is due happens before: taken back with a call, it would be lost.
    world.catchUp();
    const schema = NormalizedSchema.of(operationsOf(sdks[service]).get(operation)![4]);
    const mayLeaveOut = (path: Path): boolean => service === 'ec2' || !isRequired(schema, path);
    for (const mutate of mutations(input, mayLeaveOut)) {
      const changed = mutate(input);
      const before = counts.refused % 50 === 0 ? JSON.stringify(world.dump()) : undefined;
      try {
        world.atomically(() => {
          const output = handler(changed as never, call);
          protocol.writeOutput(operation, output, 'request');
          throw takenBack;
        });
      } catch (error) {
        if (error === takenBack) counts.answered++;
        else if (error instanceof ApiError) {
          counts.refused++;
          if (before !== undefined && JSON.stringify(world.dump()) !== before)
            bugs.push(`${operation} ${JSON.stringify(changed)} left something`);
        } else
          bugs.push(
            `${service}:${operation} ${JSON.stringify(changed).slice(0, 300)}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`,
          );
      }
    }
  };

  played = stage({}, { probe });
  const { world } = played;
  operations = {
    ec2: ec2Operations(world),
    ram: ramOperations(world),
    route53: route53Operations(world),
    'vpc-lattice': vpcLatticeOperations(world),
  };
  for (const play of [playNetwork, playTransitGateways, playEndpoints, playResources, playNames]) await play(played);
  expect(bugs).toEqual([]);
  expect(counts.answered).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(2_000);
}, 60_000);
