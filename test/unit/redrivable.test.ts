import { needsPerson, parkedReasons } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedMessage, ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';
import { aggregatesToRedrive, redrivableReasons } from 'rollcall/internal/stage/redrivable';
import { describe, expect, it } from 'vitest';

const NOW = new Date('2026-11-29T12:00:00.000Z');

const parkedFor = (reason: ParkedReason, minutes = 0, aggregateId: string = reason): ParkedMessage => ({
  aggregateId,
  version: 1,
  messageId: `${aggregateId}/1`,
  body: '{}',
  reason,
  attempts: 1,
  parkedAt: new Date(NOW.getTime() - minutes * 60_000).toISOString(),
});

const oneOfEach = parkedReasons.map((reason) => parkedFor(reason));

describe('a parked message', () => {
  it('needs an operator at once if it failed permanently, is unreadable, or is below a baseline', () => {
    const needed = oneOfEach.filter((one) => needsPerson(one, NOW)).map(({ reason }) => reason);
    expect(needed.toSorted()).toEqual(['below-baseline', 'failed', 'unreadable']);
  });

  it('needs an operator after an hour, for every reason except held', () => {
    const needed = (minutes: number) => parkedReasons.filter((reason) => needsPerson(parkedFor(reason, minutes), NOW));
    expect(needed(60)).toHaveLength(3);
    expect(parkedReasons.filter((reason) => !needed(61).includes(reason))).toEqual(['held']);
  });
});

describe('a redrive of everything', () => {
  it('omits messages that are held, unreadable or below a baseline', () => {
    expect(aggregatesToRedrive(oneOfEach, { release: false }).toSorted()).toEqual(['failed', 'gap', 'retry', 'unsent']);
  });

  it('includes held messages if they are released', () => {
    expect(aggregatesToRedrive(oneOfEach, { release: true })).toContain('held');
  });

  it('is limited to one reason, if one is given', () => {
    expect(aggregatesToRedrive(oneOfEach, { reason: 'retry', release: false })).toEqual(['retry']);
    expect(aggregatesToRedrive(oneOfEach, { reason: 'unreadable', release: true })).toEqual([]);
    expect(redrivableReasons).not.toContain('unreadable');
  });

  it('starts with the oldest failed message as its canary, and includes each aggregate once', () => {
    const parked = [
      parkedFor('gap', 50, 'waiting'),
      parkedFor('failed', 10, 'later'),
      parkedFor('retry', 5, 'tried'),
      parkedFor('failed', 20, 'sooner'),
      parkedFor('gap', 9, 'later'),
    ];
    expect(aggregatesToRedrive(parked, { release: false })).toEqual(['sooner', 'later', 'waiting', 'tried']);
  });
});
