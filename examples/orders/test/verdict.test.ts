import { expect, it } from 'vitest';
import { differenceOf } from '../demo/verdict.ts';

const held = {
  ...{ state: 'cancelled', because: 'charge was refused', events: 2, plan: 'stopped', quantity: 2 },
  ...{ provider: [], reserved: 0 },
};

it('the demo is content with what is expected', () => {
  expect(differenceOf(held, { ...held, provider: [] })).toBeUndefined();
});

it.each([
  ['an order that is not cancelled', { state: 'approved' }, 'state is not cancelled'],
  ['goods that were not given back', { reserved: 2 }, 'reserved is not 0'],
  ['money that was taken', { provider: ['payments'] }, 'provider is not nothing'],
  ['an event that fulfilment has not applied', { events: 1, plan: 'wait' }, 'events is not 2, plan is not stopped'],
])('the demo finds %s', (_, wrong, said) => {
  expect(differenceOf({ ...held, ...wrong }, held)).toBe(said);
});
