import type { Span } from '@rollcall/local/internal/observability/otlp';
import { percentile } from '../percentile.ts';
import type { Topology } from '../stage/topology.ts';
import type { Words } from '../words.ts';
import type { Activity, LoadPoint, Passing, Percentiles } from './api.ts';
import type { Second } from './seconds.ts';

/** Backlogs and faults of a stage. */
export interface StageState {
  /** By physical name of the queue. */
  queues: ReadonlyMap<string, { backlog: number; inFlight: number }>;
  /** Numbers of rows, by physical name of the table. */
  outboxes: ReadonlyMap<string, number>;
  /** Numbers of parked messages, by name of the consumer. */
  parked: ReadonlyMap<string, number>;
  /** Functions that an operator stopped. */
  stopped: ReadonlySet<string>;
  warnings: readonly Words[];
}

/** The activity of each node, except nodes without activity. */
export function nodeActivities(
  { nodes }: Topology,
  rates: ReadonlyMap<string, Activity>,
  { queues, outboxes, parked, stopped }: StageState,
): Record<string, Activity> {
  const activities = nodes.map(({ id, kind, name, resources }): [string, Activity] => {
    const queue = queues.get(resources[0] ?? '');
    const consumer = name.replace(/-consume$/, '');
    return [
      id,
      {
        ...rates.get(id),
        ...queue,
        ...(kind === 'table' && { backlog: outboxes.get(resources[0] ?? '') ?? 0 }),
        ...(name.endsWith('-consume') && { parked: parked.get(consumer) ?? 0 }),
        ...(resources.some((resource) => stopped.has(resource)) && { stopped: true }),
      },
    ];
  });
  return Object.fromEntries(activities.filter(([, activity]) => Object.keys(activity).length > 0));
}

/** The load of one second. */
export function loadPointOf(at: Date, second: Second, { queues, outboxes, parked }: StageState): LoadPoint {
  const publicationLagMs = percentilesOf(second.publicationLagsMs);
  const applicationLagMs = percentilesOf(second.applicationLagsMs);
  const waiting = [...queues].filter(([name]) => !/-(dlq|undelivered)(\.fifo)?$/.test(name));
  return {
    at: at.toISOString(),
    createdPerSecond: second.created,
    appliedPerSecond: second.applied,
    errorsPerSecond: second.errors,
    backlog: waiting.reduce((sum, [, { backlog, inFlight }]) => sum + backlog + inFlight, totalOf(outboxes)),
    parked: totalOf(parked),
    ...(publicationLagMs && { publicationLagMs }),
    ...(applicationLagMs && { applicationLagMs }),
  };
}

const totalOf = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);

const percentilesOf = (values: readonly number[]): Percentiles | undefined =>
  values.length === 0
    ? undefined
    : { p50: Math.round(percentile(values, 0.5)), p99: Math.round(percentile(values, 0.99)) };

/** Describes a message that has passed along an edge, from the message's span. */
export const passingMessage = (
  { attributes, name, startMs, durationMs }: Span,
  edge: string,
  aggregateId: string,
): Passing => ({
  at: new Date(startMs + durationMs).toISOString(),
  edge,
  messageId: String(attributes['messaging.message.id'] ?? ''),
  type: String(attributes['cloudevents.event_type'] ?? name),
  aggregateId,
  ...(attributes['rollcall.outcome'] !== undefined && { outcome: String(attributes['rollcall.outcome']) }),
});
