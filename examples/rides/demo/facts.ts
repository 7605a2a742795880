import type { Shown } from '../beside/push-provider.ts';
import type { Place, Trip } from '../shared/place.ts';

/** Actions of people and messages to them, in order: the only input of the verdict and the map. */
export type Fact =
  | ({ is: 'asked' } & Trip)
  | ({ is: 'shown' } & Shown)
  | { is: 'completes'; driverId: string; tripId: string }
  | { is: 'moved'; driverId: string; at: Place };

export const ENDINGS = ['completed', 'unserved', 'refused'] as const;
export type Ending = (typeof ENDINGS)[number];

export const isEnding = (says: string): says is Ending => (ENDINGS as readonly string[]).includes(says);

/** Stores facts, and notifies listeners. */
export function createFacts() {
  const all: Fact[] = [];
  const listeners: Array<(fact: Fact) => void> = [];
  return {
    all: all as readonly Fact[],
    listen: (listener: (fact: Fact) => void) => void listeners.push(listener),
    add(fact: Fact): void {
      all.push(fact);
      for (const tell of listeners) tell(fact);
    },
  };
}

export type Facts = ReturnType<typeof createFacts>;
