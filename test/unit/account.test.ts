import { CloudWatchClient, type GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { type BatchGetTracesCommand, GetTraceSummariesCommand, XRayClient } from '@aws-sdk/client-xray';
import { cloudWatchLoad } from 'rollcall/internal/console/cloudwatch-load';
import type { StageClient } from 'rollcall/internal/stage/stage';
import { findTraces } from 'rollcall/internal/stage/traces';
import { afterEach, describe, expect, it, vi } from 'vitest';

const stage = { name: 'prod', config: { region: 'eu-west-1' }, endpoint: undefined } as unknown as StageClient;
const NOW = new Date('2026-11-21T10:00:00.000Z');
afterEach(() => vi.restoreAllMocks());

/**
 * A segment in the form that X-Ray documents:
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
 */
const SEGMENT = {
  id: 'aaaaaaaaaaaaaaaa',
  name: 'registration',
  start_time: 1_795_000_000.5,
  end_time: 1_795_000_000.75,
  annotations: { 'rollcall.aggregate': 'm1', 'span.name': 'POST /v1/members' },
  subsegments: [
    {
      id: 'bbbbbbbbbbbbbbbb',
      name: 'call sms-http',
      start_time: 1_795_000_000.6,
      end_time: 1_795_000_000.7,
      fault: true,
      cause: { exceptions: [{ message: 'UnavailableError: 503' }] },
    },
  ],
};

describe('traces of an account', () => {
  it('are found in X-Ray by member, fetched five at a time, and read as spans', async () => {
    const requests: unknown[] = [];
    const Ids = Array.from({ length: 6 }, (_, n) => ({ Id: `1-0000000${n}-000000000000000000000000` }));
    vi.spyOn(XRayClient.prototype, 'send').mockImplementation(async (command: object) => {
      if (command instanceof GetTraceSummariesCommand) {
        requests.push(command.input.FilterExpression);
        return { TraceSummaries: Ids };
      }
      const { TraceIds = [] } = (command as BatchGetTracesCommand).input;
      requests.push(TraceIds.length);
      return { Traces: TraceIds.map((Id) => ({ Id, Segments: [{ Document: JSON.stringify(SEGMENT) }] })) };
    });
    const spans = await findTraces(stage, undefined, { aggregate: 'm1' }, NOW);
    expect(requests).toEqual(['annotation[rollcall.aggregate] = "m1"', 5, 1]);
    expect(spans).toHaveLength(12);
    expect(spans.filter(({ traceId }) => traceId === '00000005000000000000000000000000')).toMatchObject([
      {
        service: 'registration',
        name: 'POST /v1/members',
        durationMs: 250,
        attributes: { 'rollcall.aggregate': 'm1' },
      },
      { parentSpanId: 'aaaaaaaaaaaaaaaa', name: 'call sms-http', error: 'UnavailableError: 503' },
    ]);
  });

  it('are requested by ID in the form that X-Ray uses', async () => {
    const requests: unknown[] = [];
    vi.spyOn(XRayClient.prototype, 'send').mockImplementation(async (command: object) => {
      requests.push((command as BatchGetTracesCommand).input.TraceIds);
      return { Traces: [] };
    });
    await findTraces(stage, undefined, { trace: '0af7651916cd43dd8448eb211c80319c' });
    expect(requests).toEqual([['1-0af76519-16cd43dd8448eb211c80319c']]);
  });

  it('are unavailable if the stage has neither X-Ray nor an embedded cloud', async () => {
    const localstack = { ...stage, endpoint: 'http://127.0.0.1:4566' } as StageClient;
    await expect(findTraces(localstack, undefined, { trace: 'x' })).rejects.toThrow('is neither');
  });
});

describe('the load of an account', () => {
  it("is CloudWatch's measurement per minute, over all services", async () => {
    const environment = { Variables: { POWERTOOLS_METRICS_NAMESPACE: 'Shop/prod' } };
    const resources = async () => [{ type: 'AWS::Lambda::Function', properties: { Environment: environment } }];
    const deployed = { ...stage, resources } as unknown as StageClient;
    const created = { title: { en: 'Registrations' }, metric: 'Registrations', service: 'registration' };
    let queries: MetricDataQuery[] = [];
    vi.spyOn(CloudWatchClient.prototype, 'send').mockImplementation(async (command: object) => {
      const { MetricDataQueries = [] } = (command as GetMetricDataCommand).input;
      queries = MetricDataQueries;
      const values: Record<string, number> = {
        created: 120,
        published50: 30,
        published99: 90,
        applied_0: 60,
        applied_1: 180,
        lag50_1: 40,
        lag99_1: 400,
      };
      return {
        MetricDataResults: Object.entries(values).map(([Id, value]) => ({ Id, Timestamps: [NOW], Values: [value] })),
      };
    });
    expect(await cloudWatchLoad(deployed, ['sms', 'points'], NOW, created)).toEqual([
      {
        at: NOW.toISOString(),
        createdPerSecond: 2,
        appliedPerSecond: 4,
        errorsPerSecond: 0,
        backlog: 0,
        parked: 0,
        publicationLagMs: { p50: 30, p99: 90 },
        applicationLagMs: { p50: 40, p99: 400 },
      },
    ]);
    expect(queries.map(({ Id }) => Id)).toContain('lag99_0');
    expect(new Set(queries.map(({ MetricStat }) => MetricStat?.Metric?.Namespace))).toEqual(new Set(['Shop/prod']));
  });
});
