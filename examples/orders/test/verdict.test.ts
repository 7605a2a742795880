import { expect, it } from 'vitest';
import { differenceOf } from '../demo/verdict.ts';

const data = {
  ...{ state: 'cancelled', because: 'charge was refused', events: 2, plan: 'stopped', quantity: 2 },
  ...{ provider: [], reserved: 0 },
};

it('the demo finds no difference if the data is as expected', () => {
  expect(differenceOf(data, { ...data, provider: [] })).toBeUndefined();
});

it.each([
  ['an order that is not cancelled', { state: 'approved' }, 'state is not cancelled'],
  ['goods that are still reserved', { reserved: 2 }, 'reserved is not 0'],
  ['an unexpected payment', { provider: ['payments'] }, 'provider is not nothing'],
  ['an event that fulfilment has not applied', { events: 1, plan: 'wait' }, 'events is not 2, plan is not stopped'],
])('the demo finds %s', (_, difference, message) => {
  expect(differenceOf({ ...data, ...difference }, data)).toBe(message);
});
