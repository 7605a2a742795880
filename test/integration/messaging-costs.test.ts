import { expect, it } from 'vitest';
import { scheduledMessageCosts } from '../../ops/cost/later.ts';
import { processCosts } from '../../ops/cost/process.ts';

/** The result of `npm run cost`, in write units and calls. */
const costOf = async (costs: typeof scheduledMessageCosts) =>
  Object.fromEntries((await costs()).map(({ what, writeUnits, calls }) => [what, { writeUnits, calls }]));

it('a process has the cost in decision 51, plus the publication of its messages', async () => {
  expect(await costOf(processCosts)).toMatchObject({
    start: { writeUnits: 9 },
    // The five calls receive and delete the reply, read the process and the count, and write process and count in one
    // transaction.
    'a step with a reply in time': { writeUnits: 6, calls: 5 },
    end: { writeUnits: 5 },
    'each message that the process sends': { writeUnits: 1, calls: 2 },
  });
});

it('a scheduled message has the cost in decision 49', async () => {
  expect(await costOf(scheduledMessageCosts)).toMatchObject({
    'committed with a state': { writeUnits: 3 },
    'due, to a queue without order': { writeUnits: 6, calls: 3 },
    'due, to an ordered queue': { writeUnits: 8, calls: 3 },
    'due, as an event': { writeUnits: 8 },
    'cancelled instead': { writeUnits: 3 },
  });
});
