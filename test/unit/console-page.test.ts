import type { LoadPoint } from 'rollcall/internal/console/api';
import { episodesOf } from 'rollcall/internal/console/web/src/aggregate/episodes';
import { joined, rowsOf } from 'rollcall/internal/console/web/src/load/series';
import { en } from 'rollcall/internal/console/web/src/words/en';
import { zh } from 'rollcall/internal/console/web/src/words/zh';
import type { SpanView } from 'rollcall/internal/stage/traces';
import { describe, expect, it } from 'vitest';

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
  it('has each step below the one that it came from, whatever the order in which they are told', () => {
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

  it('begins anew after a long pause, so that a redrive the next day can still be read', () => {
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

describe('a chart of the load', () => {
  it('shows averages of rates, and the worst of lags and backlogs', () => {
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

  it('has nothing twice of what was fetched and then told', () => {
    const all = joined([point(0, 0), point(1, 0), point(2, 0)], [point(2, 9), point(3, 9)]);
    expect(all.map(({ backlog }) => backlog)).toEqual([0, 0, 9, 9]);
  });
});

/** What is put in, by key. */
function placeholders(words: object, path = ''): Array<[string, string[]]> {
  return Object.entries(words).flatMap(([key, value]: [string, string | object]) =>
    typeof value === 'string'
      ? [[path + key, (value.match(/{{\w+}}/g) ?? []).toSorted()] as [string, string[]]]
      : placeholders(value, `${path}${key}.`),
  );
}

describe('the words of the page', () => {
  it('leave nothing out in any language', () => {
    expect(placeholders(zh)).toEqual(placeholders(en));
  });
});
