import { type Measurement, metricLines } from '@rollcall/kit/internal/observability/metrics';
import { createObservability } from '@rollcall/kit/internal/observability/observability';
import { flushed } from '@rollcall/kit/internal/observability/tracing';
import { describe, expect, it, vi } from 'vitest';
import { TIME } from '../support/builders.ts';

const count = (name: string, value: number, dimensions = {}): Measurement => ({
  name,
  unit: 'Count',
  values: [value],
  dimensions: { service: 'sms', ...dimensions },
});
const lags = (...values: number[]): Measurement => ({
  name: 'Lag',
  unit: 'Milliseconds',
  values,
  dimensions: { service: 'sms' },
});
const linesOf = (...measured: Measurement[]) => metricLines(measured, 'Rollcall/dev', TIME);
const sent = (country: string) => count('TextsSent', 1, { provider: 'http', country });

describe('a line of metrics', () => {
  it('sums counts, lists values, and has a separate directive for other dimensions', () => {
    expect(linesOf(count('Applied', 2), lags(7), sent('ES'), count('Applied', 1), lags(0, 9), sent('ES'))).toEqual([
      {
        _aws: {
          Timestamp: TIME.getTime(),
          CloudWatchMetrics: [
            {
              Namespace: 'Rollcall/dev',
              Dimensions: [['service']],
              Metrics: [
                { Name: 'Applied', Unit: 'Count' },
                { Name: 'Lag', Unit: 'Milliseconds' },
              ],
            },
            {
              Namespace: 'Rollcall/dev',
              Dimensions: [['service', 'provider', 'country']],
              Metrics: [{ Name: 'TextsSent', Unit: 'Count' }],
            },
          ],
        },
        service: 'sms',
        provider: 'http',
        country: 'ES',
        Applied: 3,
        Lag: [7, 0, 9],
        TextsSent: 2,
      },
    ]);
  });

  it('is followed by a second line only if a field needs two values, or if a metric has more than 100 values', () => {
    expect(linesOf(count('Applied', 2), sent('ES'), sent('FR'))).toMatchObject([
      { Applied: 2, country: 'ES', TextsSent: 1 },
      { country: 'FR', TextsSent: 1 },
    ]);
    const many = linesOf(lags(...Array.from({ length: 250 }, (_, value) => value)), count('Applied', 250));
    expect(many.map(({ Lag, Applied }) => [(Lag as number[]).length, Applied])).toEqual([
      [100, 250],
      [100, undefined],
      [50, undefined],
    ]);
  });

  it('is not written without values', () => {
    expect(linesOf(lags())).toEqual([]);
  });
});

describe('an invocation', () => {
  it('writes one line with all metrics of its service, also if it fails', async () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(String(line)) > 0);
    const { count, measure } = createObservability('points');
    const failing = flushed(async () => {
      count({ Applied: 1, Parked: 0 });
      measure('ApplicationLag', 'Milliseconds', [5]);
      measure('ApplicationLag', 'Milliseconds', [6]);
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
    await flushed(async () => {});
    write.mockRestore();
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { service: 'points', Applied: 1, ApplicationLag: [5, 6] },
    ]);
    expect(written[0]).not.toContain('Parked');
  });
});
