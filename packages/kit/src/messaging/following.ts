import type { OutgoingMessage } from './outgoing.ts';
import type { Effect, State } from './subscriber-store.ts';

/**
 * Derives the messages that follow from an effect. A transaction does not return the committed item, so this function
 * uses only the attributes that the effect sets and removes.
 * @returns undefined if `follows` reads any other attribute. The caller must then read the item, which is one more call
 * per message
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
