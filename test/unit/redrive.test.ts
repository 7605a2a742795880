import type { ParkingRequest } from '@rollcall/kit/internal/messaging/operator-request';
import { OperatorError } from 'rollcall/internal/stage/errors';
import { redrive } from 'rollcall/internal/stage/redrive';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { describe, expect, it } from 'vitest';

type SweepOutcome = 'applies' | 'is obsolete' | 'waits' | 'fails' | 'kills' | 'has nothing';

/** A stage whose sweep function has the given outcome for each aggregate. */
function stageOf(outcomes: Record<string, SweepOutcome>) {
  const calls: string[][] = [];
  const sendParkingRequest = async (_: string, request: ParkingRequest) => {
    const ids = 'redrive' in request ? request.redrive : [];
    calls.push(ids);
    if (ids.some((id) => outcomes[id] === 'kills')) throw new OperatorError('Task timed out after 60.00 seconds');
    const reports = ids.map((aggregateId) => ({
      aggregateId,
      applied: outcomes[aggregateId] === 'applies' ? 1 : 0,
      obsolete: outcomes[aggregateId] === 'is obsolete' ? 1 : 0,
      waiting: outcomes[aggregateId] === 'waits' ? 1 : 0,
      forPerson: outcomes[aggregateId] === 'fails' ? 1 : 0,
      ...(outcomes[aggregateId] === 'fails' && { version: 1, error: 'refused' }),
    }));
    return { reports };
  };
  return { stage: { sendParkingRequest } as unknown as StageClient, calls };
}

const run = (outcomes: Record<string, SweepOutcome>, signal = new AbortController().signal) => {
  const { stage, calls } = stageOf(outcomes);
  return redrive(stage, 'sms', Object.keys(outcomes), { onProgress: () => {}, signal }).then((summary) => ({
    summary,
    calls,
  }));
};

const many = (count: number, outcome: SweepOutcome) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${outcome}-${index}`, outcome]));

describe('a redrive of many aggregates', () => {
  it('tries one aggregate alone, and then the others in groups', async () => {
    const { summary, calls } = await run(many(120, 'applies'));
    expect(summary).toMatchObject({ applied: 120, left: 0, failures: [] });
    expect(calls.map((ids) => ids.length)).toEqual([1, 50, 50, 19]);
  });

  it('stops when the canary fails', async () => {
    const { summary, calls } = await run({ canary: 'fails', ...many(10, 'applies') });
    expect(summary).toMatchObject({ applied: 0, left: 10, failures: [{ aggregateId: 'canary', error: 'refused' }] });
    expect(calls.length).toBe(1);
  });

  it('uses the next aggregate as the canary if the first aggregate still waits', async () => {
    const { summary } = await run({ waiting: 'waits', canary: 'fails', ...many(10, 'applies') });
    expect(summary).toMatchObject({ applied: 0, waiting: 1, left: 10 });
  });

  it('stops when all aggregates of a later call fail', async () => {
    const { summary } = await run({ canary: 'applies', ...many(50, 'fails'), ...many(50, 'applies') });
    expect(summary).toMatchObject({ applied: 1, left: 50 });
    expect(summary.failures.length).toBe(50);
  });

  it('finds the aggregate that crashes the function, and continues with the others', async () => {
    const { summary } = await run({ canary: 'applies', ...many(30, 'applies'), killer: 'kills', ...many(60, 'waits') });
    expect(summary).toMatchObject({ applied: 31, waiting: 60, left: 0 });
    expect(summary.failures).toMatchObject([{ aggregateId: 'killer', error: expect.stringContaining('timed out') }]);
  });

  it('does not report an obsolete message as unknown', async () => {
    expect((await run({ late: 'is obsolete' })).summary).toMatchObject({ obsolete: 1, unknown: [], left: 0 });
  });

  it('reports aggregates without parked messages', async () => {
    expect((await run({ typo: 'has nothing' })).summary).toMatchObject({ unknown: ['typo'], left: 0 });
  });

  it('stops when the operator interrupts', async () => {
    expect((await run(many(10, 'applies'), AbortSignal.abort())).summary).toMatchObject({ applied: 0, left: 10 });
  });
});
