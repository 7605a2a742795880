import { RecentEvents } from '@rollcall/local/internal/control/recent-events';
import { expect, it } from 'vitest';

const failure = { at: '2026-01-01T00:00:00.000Z', functionName: 'sms', reason: 'crashed', log: 'sms.log' };

it('a request for new events returns when the first new event happens', async () => {
  const recent = new RecentEvents();
  const newer = recent.waitForNewer(0, 2 ** 30);
  recent.add([{ failure }]);
  await newer;
  expect(recent.since(0)).toEqual({ next: 1, spans: [], messages: [], failures: [failure] });
});

it('a request for new events does not wait if there are some', async () => {
  const recent = new RecentEvents();
  recent.add([{ failure }, { failure }]);
  await recent.waitForNewer(1, 2 ** 30);
  expect(recent.since(1)).toMatchObject({ next: 2, failures: [failure] });
});

it('a request for new events returns without events when its time is over', async () => {
  const recent = new RecentEvents();
  await recent.waitForNewer(0, 10);
  expect(recent.since(0)).toMatchObject({ next: 0, failures: [] });
});
