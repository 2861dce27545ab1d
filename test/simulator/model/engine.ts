import { expect } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../src/ambient/random.ts';
import { VirtualClock } from '../../../src/ambient/virtual-clock.ts';
import { ec2Operations } from '../../../src/simulator/ec2/index.ts';
import { ramOperations } from '../../../src/simulator/ram/index.ts';
import { route53Operations } from '../../../src/simulator/route53/index.ts';
import { ApiError, type Call, type Operations } from '../../../src/simulator/service.ts';
import { vpcLatticeOperations } from '../../../src/simulator/vpc-lattice/index.ts';
import type { Collection } from '../../../src/simulator/world/store.ts';
import { World } from '../../../src/simulator/world/world.ts';
import { type Edges, edgesOfParts, edgesOfThings } from './edges.ts';
import { invariants } from './invariants.ts';

export const [one, two] = ['111122223333', '444455556666'];
export const callers: readonly [Call, Call, Call] = [
  [one, 'us-west-2'],
  [two, 'us-west-2'],
  [one, 'eu-west-2'],
].map(([accountId, region]) => ({
  accountId: accountId!,
  region: region!,
  callerArn: `arn:aws:iam::${accountId}:root`,
})) as unknown as readonly [Call, Call, Call];

/** A call that somebody may make. */
export interface Made {
  readonly service: 'ec2' | 'vpc-lattice' | 'ram' | 'route53';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

type Value = { readonly id: string };

/** Picks by the numbers of a step among what there is. */
export interface Pick {
  readonly world: World;
  /** Who makes the call. */
  readonly caller: Call;
  /** A number from 0 to below `count`. */
  number(count: number): number;
  of<Item>(items: readonly Item[]): Item;
  /** The id of one of these; most often one of the caller's place, where things have one; where there is none, one that never was. */
  id(collection: Collection<never>, prefix: string): string;
}

/** What an area of AWS has to offer. */
export interface Area {
  /** Lets a world have enough in it that something can happen. */
  readonly prelude?: (stage: Stage) => void;
  readonly calls: readonly ((pick: Pick) => Made)[];
  readonly settings?: ConstructorParameters<typeof World>[0]['settings'];
  /** Operations that must have succeeded somewhere. */
  readonly reaches: readonly string[];
}

interface Step {
  readonly who: number;
  readonly what: number;
  /** From which follows what it picks. */
  readonly luck: number;
  readonly afterMs: number;
}

/** A world, and everybody who calls. What happens in it is watched write by write. */
export class Stage {
  readonly clock = new VirtualClock();
  readonly world: World;
  /** The client tokens with which calls have succeeded. */
  readonly tokens = new Set<string>();
  readonly #services: Readonly<Record<Made['service'], Operations>>;
  readonly #collections: readonly Collection<never>[];
  readonly #everThere = new Set<string>();
  #made = 0;

  constructor(settings: Area['settings'] = {}) {
    this.world = new World({ clock: this.clock, random: seededRandom(7), settings });
    this.#services = {
      ec2: ec2Operations(this.world),
      'vpc-lattice': vpcLatticeOperations(this.world),
      ram: ramOperations(this.world),
      route53: route53Operations(this.world),
    };
    this.#collections = this.world.collectionNames.map((name) => (this.world as unknown as Record<string, Collection<never>>)[name]!);
    for (const collection of this.#collections) this.#watch(collection as unknown as Collection<Value>);
  }

  /** Makes a call; what AWS refuses is thrown. */
  call(made: Made, caller: Call): object {
    return this.#services[made.service][made.operation]!(made.input as never, caller);
  }

  /** The same, for a text within the answer. */
  read(made: Made, caller: Call, ...path: readonly string[]): string {
    return path.reduce<unknown>((value, member) => (value as Record<string, unknown>)[member], this.call(made, caller)) as string;
  }

  /** Lets time go by; nothing in a world waits for anything else. */
  pass(ms: number): void {
    this.clock.jump(ms);
    this.world.catchUp();
  }

  /** How many things have ever been made. */
  get made(): number {
    return this.#made;
  }

  /** Everything that is there: values are never changed, only replaced ({@link freeze} sees to it), so that the same values are the same state. */
  state(): unknown[] {
    return this.#collections.flatMap((collection) => [...collection.all()]);
  }

  check(): void {
    for (const { name, broken } of invariants) {
      const found = broken(this.world);
      if (found !== undefined) throw new Error(`no longer so: ${name}: ${found}`);
    }
  }

  #watch(collection: Collection<Value>): void {
    const watched = (write: (...given: never[]) => unknown, idOf: (given: never) => string) =>
      ((...given: never[]) => {
        const id = idOf(given[0]!);
        const before = collection.get(id);
        const answer = write.apply(collection, given);
        this.#observe(collection.name, { id, before, after: collection.get(id) });
        return answer;
      }) as never;
    const { put, change, delete: remove } = collection;
    Object.assign(collection, {
      put: watched(put as never, (value: Value) => value.id),
      change: watched(change as never, (id: string) => id),
      delete: watched(remove as never, (id: string) => id),
    });
  }

  #observe(name: string, { id, before, after }: { id: string; before: Value | undefined; after: Value | undefined }): void {
    freeze(after);
    if (!before && after && !keptByName.has(name)) {
      this.#made++;
      if (this.#everThere.has(id)) throw new Error(`${id} was there before, and is made again`);
      this.#everThere.add(id);
    }
    const edges = edgesOfThings[name];
    if (edges) follow({ edges, what: id, from: stateOf(before), to: stateOf(after) });
    for (const { edges: ofParts, partsOf } of edgesOfParts[name] ?? []) {
      const [from, to] = [before, after].map((value) => new Map(value ? partsOf(value as never).map((part) => [part.id, part.state]) : []));
      for (const part of new Set([...from!.keys(), ...to!.keys()])) {
        follow({ edges: ofParts, what: `${part} of ${id}`, from: from!.get(part) ?? 'none', to: to!.get(part) ?? 'gone' });
      }
    }
  }
}

/** Collections whose ids are names: what was removed may be made again. */
const keptByName: ReadonlySet<string> = new Set([
  'tags',
  'clientTokens',
  'publicTxtRecords',
  'serviceLinkedRoles',
  'internetHosts',
  'resourceShareAssociations',
]);

function stateOf(value: Value | undefined): string | undefined {
  const { state, status } = (value ?? {}) as { state?: string; status?: string };
  return state ?? status;
}

function follow({
  edges,
  what,
  from = 'none',
  to = 'gone',
}: {
  edges: Edges;
  what: string;
  from?: string | undefined;
  to?: string | undefined;
}): void {
  if (from !== to && !edges[from]?.includes(to)) throw new Error(`${what} went from ${from} to ${to}`);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || value instanceof Date) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}

const step = fc.record<Step>({
  who: fc.nat(4),
  what: fc.nat(999),
  luck: fc.nat(),
  afterMs: fc.constantFrom(0, 0, 500, 1_000, 3_000, 6_000, 13 * 3_600_000, 170 * 3_600_000),
});

function pickBy(world: World, caller: Call, luck: number): Pick {
  const random = seededRandom(luck);
  const number = (count: number): number => Math.floor(random() * Math.max(1, count));
  return {
    world,
    caller,
    number,
    of: (items) => items[number(items.length)]!,
    id(collection, prefix) {
      const own = collection.where(`place:${caller.accountId}/${caller.region}`) as Value[];
      const there = own.length > 0 && number(8) > 0 ? own : ([...collection.all()] as Value[]);
      // Of many, most often one of the newest: what was made a moment ago is where things happen.
      return there.at(-1 - number(Math.min(there.length, 6)))?.id ?? `${prefix}-${neverThere}`;
    },
  };
}

const isEqual = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((value, index) => value === other[index]);

/** Most often a call that names only what there is: among few things, most would miss. */
function aimed({ calls }: Area, what: number, pick: Pick): Made {
  const candidates = Array.from({ length: 1 + pick.number(6) }, (_, attempt) => () => calls[(what + attempt * 7) % calls.length]!(pick));
  for (const candidate of candidates) {
    const made = candidate();
    if (!JSON.stringify(made).includes(neverThere)) return made;
  }
  return candidates[0]!();
}

/** What ids that never were end with. */
export const neverThere = '0123456789abcdef0';

/** Makes the call of a step; AWS may refuse it, but then nothing may have happened. */
function take(stage: Stage, area: Area, { who, what, luck }: Step): string | undefined {
  const caller = callers[Math.max(0, who - 2)]!;
  const made = aimed(area, what, pickBy(stage.world, caller, luck));
  const called = `${made.service}:${made.operation} ${JSON.stringify(made.input)}`;
  const before = stage.state();
  const madeBefore = stage.made;
  if (made.service === 'ec2') {
    const dry = codeOf(() => stage.call({ ...made, input: { ...made.input, DryRun: true } }, caller));
    if (dry !== 'DryRunOperation') throw new Error(`${called}: a dry run was answered with ${dry}`);
    if (!isEqual(before, stage.state())) throw new Error(`${called}: a dry run had an effect`);
  }
  let answer = '';
  const code = codeOf(() => {
    answer = JSON.stringify(stage.call(made, caller));
  });
  if (code !== undefined) {
    if (!isEqual(before, stage.state())) throw new Error(`${called} was refused with ${code}, and had an effect`);
    return undefined;
  }
  const token = made.input.ClientToken ?? made.input.clientToken ?? made.input.CallerReference;
  if (token === undefined) return made.operation;
  // Route 53 is the same in all regions.
  const region = made.service === 'route53' ? '' : caller.region;
  const use = `${caller.accountId} ${region} ${made.service}:${made.operation} ${token}`;
  if (stage.tokens.has(use) && stage.made !== madeBefore) throw new Error(`${called} made something with a token that was used before`);
  stage.tokens.add(use);
  repeat({ stage, made, caller, called, answer });
  return made.operation;
}

/** The same call with the same token once more: nothing is made twice, and where it is answered, it is with the same. */
function repeat({ stage, made, caller, called, answer }: { stage: Stage; made: Made; caller: Call; called: string; answer: string }): void {
  const count = stage.made;
  let again = '';
  const code = codeOf(() => {
    again = JSON.stringify(stage.call(made, caller));
  });
  if (stage.made !== count) throw new Error(`${called}: its repetition made something`);
  if (code === undefined && again !== answer) throw new Error(`${called}: was answered with ${answer}, and its repetition with ${again}`);
}

function codeOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.code;
  }
}

/**
 * Plays many sequences of an area's calls. After every call and every span of time all invariants must hold; every write, whenever it comes, must
 * go along an edge of its state machine; dry runs and refused calls must have no effect, and repeated client tokens must not make two.
 * What fails is shown shrunk, with the seed and path by which it can be played again.
 */
export function playSequences(area: Area, { seed, numRuns }: { readonly seed: number; readonly numRuns: number }): void {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), (steps) => {
      const stage = new Stage(area.settings);
      area.prelude?.(stage);
      stage.check();
      for (const next of steps) {
        const succeeded = take(stage, area, next);
        if (succeeded !== undefined) {
          reached.add(succeeded);
          stage.check();
        }
        if (next.afterMs > 0) {
          stage.pass(next.afterMs);
          stage.check();
        }
      }
    }),
    { seed, numRuns },
  );
  // Sequences that never come anywhere prove little.
  expect(area.reaches.filter((operation) => !reached.has(operation))).toEqual([]);
}

/** Plays sequences twice each: the same calls at the same times make the same world of the same seed, ids included. */
export function playTwice(area: Area, { seed, numRuns }: { readonly seed: number; readonly numRuns: number }): void {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), (steps) => {
      const [one, other] = [0, 1].map(() => {
        const stage = new Stage(area.settings);
        area.prelude?.(stage);
        for (const next of steps) {
          take(stage, area, next);
          stage.pass(next.afterMs);
        }
        return JSON.stringify(stage.world.dump());
      });
      expect(one).toBe(other);
    }),
    { seed, numRuns },
  );
}
