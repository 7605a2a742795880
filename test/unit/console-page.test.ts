import type { LoadPoint } from 'rollcall/internal/console/api';
import { episodesOf } from 'rollcall/internal/console/web/src/aggregate/episodes';
import { exact, relative } from 'rollcall/internal/console/web/src/components/times';
import { pointsOf, rowsOf, ticksOf } from 'rollcall/internal/console/web/src/load/series';
import { en } from 'rollcall/internal/console/web/src/words/en';
import { zh } from 'rollcall/internal/console/web/src/words/zh';
import type { SpanView } from 'rollcall/internal/stage/traces';
import type { Words } from 'rollcall/internal/words';
import { describe, expect, it } from 'vitest';
import { consoleParts } from '../../ops/console/parts.ts';

const span = (spanId: string, startMs: number, parentSpanId?: string): SpanView => ({
  traceId: 't',
  spanId,
  ...(parentSpanId && { parentSpanId }),
  name: spanId,
  kind: 'internal',
  service: 'sms',
  function: 'rollcall-dev-sms-consume',
  startMs,
  durationMs: 100,
  attributes: {},
  links: [],
});

describe('a timeline', () => {
  it('shows each step below its parent, whatever the order of the spans', () => {
    const spans = [span('reply', 70, 'consume'), span('publish', 50, 'register'), span('consume', 60, 'publish')];
    const [episode, ...others] = episodesOf([...spans, span('register', 0), span('guide', 65, 'publish')]);
    expect(others).toEqual([]);
    expect(episode?.steps.map(({ span, depth }) => [span.spanId, depth])).toEqual([
      ['register', 0],
      ['publish', 1],
      ['consume', 2],
      ['reply', 3],
      ['guide', 2],
    ]);
  });

  it('starts a new episode after a long pause, so that a redrive on the next day stays readable', () => {
    const day = 86_400_000;
    const episodes = episodesOf([
      span('register', 0),
      span('redrive', day, 'register'),
      span('effect', day + 10, 'redrive'),
    ]);
    expect(episodes.map(({ startMs, steps }) => [startMs, steps.length])).toEqual([
      [0, 1],
      [day, 2],
    ]);
    expect(episodes[1]?.steps.map(({ depth }) => depth)).toEqual([0, 1]);
  });
});

const point = (second: number, backlog: number, p99?: number): LoadPoint => ({
  at: new Date(second * 1_000).toISOString(),
  createdPerSecond: backlog,
  appliedPerSecond: 0,
  errorsPerSecond: 0,
  backlog,
  parked: 0,
  ...(p99 !== undefined && { applicationLagMs: { p50: p99 / 2, p99 } }),
});

describe('a point in time', () => {
  const now = Date.UTC(2026, 10, 30, 12);
  it.each([
    [0, 'now'],
    [-59_999, '59 seconds ago'],
    [-60_000, '1 minute ago'],
    [-26 * 3_600_000, '1 day ago'],
    [2 * 3_600_000 + 1, 'in 2 hours'],
  ])('%d ms from now is %s', (ms, text) => expect(relative(now + ms, now, 'en')).toBe(text));

  it('has a relative form in Chinese, too, and an exact form with milliseconds', () => {
    expect(relative(now - 300_000, now, 'zh')).toBe('5分钟前');
    expect(exact(now + 7, 'en')).toMatch(/2026.*:00:00\.007/);
  });
});

describe('a chart of the load', () => {
  it('has ticks at round distances from now, for any length of the measurement', () => {
    const ticks = (seconds: number) =>
      ticksOf(rowsOf(Array.from({ length: seconds }, (_, second) => point(second, 0)))).map((at) => at / 1_000);
    expect(ticks(25)).toEqual([0, 10, 20]);
    expect(ticks(3_600)).toEqual([2_995, 3_295, 3_595]);
  });

  it('has a different label for each tick', () => {
    for (let slices = 1; slices <= 200; slices++) {
      const ticks = ticksOf(rowsOf(Array.from({ length: slices }, (_, slice) => point(slice * 5, 0))));
      const labels = ticks.map((at) => relative(at, ticks.at(-1) ?? 0, 'en'));
      expect(new Set(labels).size, labels.join()).toBe(labels.length);
    }
  });

  it('shows the average of rates and medians, and the maximum of other values', () => {
    const [row] = rowsOf([point(0, 1, 10), point(1, 3), point(2, 5, 40)]);
    expect(row).toMatchObject({
      created: 3,
      backlog: 5,
      applicationP50: 13,
      applicationP99: 40,
      publicationP50: null,
    });
  });

  it('shows fifteen minutes', () => {
    const rows = rowsOf(Array.from({ length: 2_000 }, (_, second) => point(second, 0)));
    expect(rows).toHaveLength(180);
  });

  it('shows a point once if it was first fetched and then pushed', () => {
    const { traffic, waiting } = pointsOf(true, [point(0, 0), point(1, 0), point(2, 0)], [point(2, 9), point(3, 9)]);
    expect(traffic.map(({ backlog }) => backlog)).toEqual([0, 0, 9, 9]);
    expect(waiting).toEqual(traffic);
  });

  it('in an account, shows the traffic that CloudWatch measured, and the backlog of the queues', () => {
    const [cloudWatch, queues] = [[point(0, 3)], [point(60, 9), point(70, 9)]];
    expect(pointsOf(false, cloudWatch, queues)).toEqual({ traffic: cloudWatch, waiting: queues });
  });
});

/** The placeholders of each text, by key. */
function placeholders(words: object, path = ''): Array<[string, string[]]> {
  return Object.entries(words).flatMap(([key, value]: [string, string | object]) =>
    typeof value === 'string'
      ? [[path + key, (value.match(/{{\w+}}|<\w+\/?>/g) ?? []).toSorted()] as [string, string[]]]
      : placeholders(value, `${path}${key}.`),
  );
}

/** All translated texts in a value, at any depth. */
const wordsIn = (value: unknown): Words[] => {
  if (typeof value !== 'object' || value === null) return [];
  return 'en' in value && typeof value.en === 'string' ? [value as Words] : Object.values(value).flatMap(wordsIn);
};

describe('the words of the page', () => {
  it('have the same keys and placeholders in every language', () => {
    expect(placeholders(zh)).toEqual(placeholders(en));
  });

  it('that the application adds are also in Chinese', () => {
    const own = wordsIn(consoleParts);
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(({ zh }) => zh === undefined)).toEqual([]);
  });
});
