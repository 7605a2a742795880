import { isDeepStrictEqual } from 'node:util';
import type { OrderData } from './shop.ts';

/** @returns the differences from the expected data; undefined if there are none */
export function differenceOf(data: OrderData, expected: Partial<OrderData>): string | undefined {
  const differences = Object.entries(expected).filter(
    ([name, value]) => !isDeepStrictEqual(data[name as keyof OrderData], value),
  );
  return differences.length === 0
    ? undefined
    : differences.map(([name, value]) => `${name} is not ${textOf(value)}`).join(', ');
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(' + ') || 'nothing' : String(value));

/** A row of the table of results. */
export const rowOf = (
  order: string,
  when: string,
  { because = '', ...data }: OrderData,
  difference: string | undefined,
) => ({
  ...{ order, when, state: data.state, because, events: data.events, plan: `${data.plan} ${data.quantity}` },
  ...{ 'at the provider': textOf(data.provider), reserved: data.reserved, verdict: difference ?? 'as expected' },
});
