import type { Collection } from './store.ts';
import type { World } from './world.ts';

/** What a transition is told: plain data, since it may wait in a saved state. */
export type TransitionArgument = string | number | readonly string[];

/** Something that happens by itself after a while. Not a closure: a world that is saved says by name what is still to come. */
export interface Transition<Given extends readonly TransitionArgument[]> {
  readonly name: string;
  run(world: World, ...given: Given): void;
}

/** Every module that has transitions tells them while it is loaded, so that none can be set that a saved state could not name. */
const known = new Map<string, Transition<readonly TransitionArgument[]>>();

/**
 * A transition, to be set with {@link World.later}.
 *
 * @param name it stands in saved states: another name makes these unreadable
 */
export function transition<Given extends readonly TransitionArgument[]>(
  name: string,
  run: (world: World, ...given: Given) => void,
): Transition<Given> {
  if (known.has(name)) throw new Error(`there is another transition ${name}`);
  const made: Transition<Given> = { name, run };
  known.set(name, made);
  return made;
}

/** A transition of a thing that happens only if it is then still in the state that is given with its id: the one that passes. */
export function whileInState<Value extends { readonly id: string; readonly state: string }>(
  name: string,
  collectionOf: (world: World) => Collection<Value>,
  run: (world: World, value: Value) => void,
): Transition<[id: string, state: Value['state']]> {
  return transition(name, (world, id: string, state: Value['state']) => {
    const value = collectionOf(world).get(id);
    if (value?.state === state) run(world, value);
  });
}

/** The transition of that name; undefined where there is none. */
export function transitionNamed(name: string): Transition<readonly TransitionArgument[]> | undefined {
  return known.get(name);
}
