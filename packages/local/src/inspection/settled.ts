import { setTimeout as delay } from 'node:timers/promises';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { WAITS_FOR } from '@rollcall/kit/internal/messaging/parked';
import { CloudError } from '../errors/cloud-error.ts';
import type { Mapping } from '../event-sources/mapping.ts';
import type { CreatedResource } from '../resources/created.ts';
import { queuesIn } from './deployed.ts';
import type { Inspection, Parked } from './inspection.ts';

export interface SettledOptions {
  /** Timeout in milliseconds. Default: a minute. */
  withinMs?: number;
}

export interface SettlingOptions {
  inspection: Pick<Inspection, 'pending' | 'parked'>;
  /** Bypasses the AWS endpoint, so that checking does not count as activity. */
  sqs: SQSClient;
  queueUrlOf: (name: string) => string;
  created: () => readonly CreatedResource[];
  mappings: () => readonly Mapping[];
  /** Running functions, and busy services beside the cloud. */
  running: () => readonly string[];
  /** Calls of AWS services since the start. */
  calls: Readonly<Record<string, number>>;
  /** Denied calls of functions, one sentence each. */
  denied: () => readonly string[];
}

const MINUTE_MS = 60_000;
const CHECK_INTERVAL_MS = 20;
/** After this time without activity, whatever is left waits for a schedule. */
const QUIET_MS = 1_000;
const MAX_LISTED = 10;
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Waits until an app has nothing left to do. */
export function createSettled({
  inspection,
  sqs,
  queueUrlOf,
  created,
  mappings,
  running,
  calls,
  denied,
}: SettlingOptions) {
  /** Polling of empty queues does not count. */
  const activity = () =>
    Object.entries(calls).reduce((sum, [name, count]) => (name === 'sqs:ReceiveMessage' ? sum : sum + count), 0);

  async function queued(name: string): Promise<string[]> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrlOf(name), AttributeNames: [...COUNTS] }),
    );
    const count = Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
    return count > 0 ? [`${count} in ${name}`] : [];
  }

  /** Includes denied calls, as a missing permission may be the reason. */
  function unsettled(what: string): CloudError {
    const calls = denied();
    return new CloudError(calls.length === 0 ? what : `${what} Denied calls: ${listOf(calls)}.`);
  }

  /** What is in progress, in the order of the message flow. */
  async function workInProgress(): Promise<string[]> {
    const rows = await inspection.pending();
    const queues = await Promise.all(queuesIn(created()).map(queued));
    const held = await Promise.all(mappings().map((mapping) => mapping.held?.() ?? 0));
    const events = held.reduce((sum, count) => sum + count, 0);
    return [
      ...rows.map(({ table, aggregateId, version }) => `version ${version} of ${aggregateId} in ${table}`),
      ...queues.flat(),
      ...(events > 0 ? [`${events} on the way to functions`] : []),
      ...running().map((name) => `${name} is running`),
    ];
  }

  /**
   * Resolves when no outbox has a row, no queue a message, no function runs, and nothing is parked. Does not wait for
   * schedules: after a second without activity, all scheduled functions are run. Streams other than those of outboxes
   * are not considered.
   * @throws {CloudError} that lists messages parked for an operator, or work left after `withinMs`, with denied calls
   * of functions
   */
  return async function settled({ withinMs = MINUTE_MS }: SettledOptions = {}): Promise<void> {
    const start = Date.now();
    let [quietAt, quietSince, wasEmpty] = [-1, start, false];
    for (;;) {
      const before = activity();
      const waiting = await workInProgress();
      // Twice: between two checks, a message could move from an unchecked place to a checked one.
      const isQuiet = before === quietAt && activity() === before;
      const parked = waiting.length === 0 && isQuiet && wasEmpty ? await inspection.parked() : undefined;
      if (parked?.length === 0) return;
      const forPerson = (parked ?? []).filter(({ reason }) => WAITS_FOR[reason] === 'a person');
      if (forPerson.length > 0) throw unsettled(`Parked for a person: ${listOf(forPerson.map(describe))}.`);
      if (Date.now() - start > withinMs) {
        const left = [...waiting, ...(await inspection.parked()).map(describe)];
        throw unsettled(`Not settled within ${withinMs / 1000} s: ${listOf(left)}.`);
      }
      if (!isQuiet) quietSince = Date.now();
      [quietAt, wasEmpty] = [activity(), waiting.length === 0];
      if (Date.now() - quietSince > QUIET_MS && running().length === 0) {
        await Promise.all(mappings().map((mapping) => mapping.tick?.()));
        quietSince = Date.now();
      }
      await delay(CHECK_INTERVAL_MS);
    }
  };
}

const listOf = (all: readonly string[]) =>
  [...all.slice(0, MAX_LISTED), ...(all.length > MAX_LISTED ? [`and ${all.length - MAX_LISTED} more`] : [])].join('; ');

const describe = ({ table, aggregateId, version, type, reason, error }: Parked) =>
  `${type ?? 'a message'}, version ${version} of ${aggregateId} in ${table}: ${reason}${error ? `, ${error}` : ''}`;
