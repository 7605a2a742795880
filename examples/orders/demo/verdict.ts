import { isDeepStrictEqual } from 'node:util';
import type { Held } from './shop.ts';

/** @returns the differences from what is expected; undefined: none */
export function differenceOf(held: Held, expected: Partial<Held>): string | undefined {
  const wrong = Object.entries(expected).filter(([name, value]) => !isDeepStrictEqual(held[name as keyof Held], value));
  return wrong.length === 0 ? undefined : wrong.map(([name, value]) => `${name} is not ${shown(value)}`).join(', ');
}

const shown = (value: unknown): string => (Array.isArray(value) ? value.join(' + ') || 'nothing' : String(value));

/** A row of the table. */
export const rowOf = (order: string, when: string, { because = '', ...held }: Held, wrong: string | undefined) => ({
  ...{ order, when, state: held.state, because, events: held.events, plan: `${held.plan} ${held.quantity}` },
  ...{ 'at the provider': shown(held.provider), reserved: held.reserved, verdict: wrong ?? 'as expected' },
});
