import type { ShownPush } from '../beside/push-provider.ts';
import type { Place, Trip } from '../shared/place.ts';

/** An action of a person, or a message to a person. The verdict and the map are derived from these facts only. */
export type Fact =
  | ({ is: 'requested' } & Trip)
  | ({ is: 'shown' } & ShownPush)
  | { is: 'completes'; driverId: string; tripId: string }
  | { is: 'moved'; driverId: string; at: Place };

export const ENDINGS = ['completed', 'unserved', 'refused'] as const;
export type Ending = (typeof ENDINGS)[number];

export const isEnding = (kind: string): kind is Ending => (ENDINGS as readonly string[]).includes(kind);

/** Stores facts, and notifies listeners. */
export function createFacts() {
  const all: Fact[] = [];
  const listeners: Array<(fact: Fact) => void> = [];
  return {
    all: all as readonly Fact[],
    listen: (listener: (fact: Fact) => void) => void listeners.push(listener),
    add(fact: Fact): void {
      all.push(fact);
      for (const listener of listeners) listener(fact);
    },
  };
}

export type Facts = ReturnType<typeof createFacts>;
