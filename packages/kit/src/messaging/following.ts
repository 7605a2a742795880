import type { OutgoingMessage } from './outgoing.ts';
import type { Effect, State } from './subscriber-store.ts';

/**
 * What follows from an effect whose committed item is unknown, as a transaction returns no items: derived from the
 * attributes that the effect set and removed.
 * @returns undefined if the derivation reads any other attribute, so that the item must be read: on a table, one more
 * call per message
 */
export function followingFrom(
  { set = {}, remove = [] }: Effect,
  follows: (state: State) => OutgoingMessage[],
): OutgoingMessage[] | undefined {
  let isKnown = true;
  const recordRead = (name: string | symbol) => {
    isKnown &&= Object.hasOwn(set, name) || remove.some((removed) => removed === name);
  };
  const state = new Proxy(set, {
    get(target, name) {
      recordRead(name);
      return Reflect.get(target, name);
    },
    has(target, name) {
      recordRead(name);
      return Reflect.has(target, name);
    },
    ownKeys(target) {
      isKnown = false;
      return Reflect.ownKeys(target);
    },
  });
  try {
    const following = follows(state);
    return isKnown ? following : undefined;
  } catch (error) {
    if (isKnown) throw error;
    return undefined;
  }
}
