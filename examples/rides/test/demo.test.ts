import { expect, it } from 'vitest';
import { run } from '../demo/run.ts';

it('in a small town, each trip has at most one driver, no driver has two trips at a time, and all passengers are notified', async () => {
  const ended: number[] = [];
  let page = '';
  let events: string | undefined;
  const { verdict, unfinished } = await run({
    ...{ drivers: 4, trips: 12, atOnce: 8, rideSeconds: 2, seed: 7, port: 0 },
    async onMap(url) {
      page = await (await fetch(url)).text();
      const { body } = await fetch(`${url}events`);
      const { value } = (await body?.getReader().read()) ?? {};
      events = new TextDecoder().decode(value);
    },
    onProgress: (count) => void ended.push(count),
  });
  const nothing = { twoDrivers: [], twoTrips: [], notNotified: [], notifiedTwice: [], unfinished: undefined };
  expect({ ...verdict, unfinished }).toMatchObject({ trips: 12, ...nothing });
  expect(verdict.endings.completed).toBeGreaterThan(0);
  expect(ended.at(-1)).toBe(12);
  expect(page).toContain('<svg id="map"');
  expect(events).toMatch(/^data: {"town":.*}\n\n$/);
});
