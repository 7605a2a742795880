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
  /** A client that bypasses the AWS endpoint, so that its calls do not count as activity. */
  sqs: SQSClient;
  queueUrlOf: (name: string) => string;
  created: () => readonly CreatedResource[];
  mappings: () => readonly Mapping[];
  /** The names of running functions and of busy stand-ins. */
  running: () => readonly string[];
  /** The number of calls of each AWS operation since the cloud started. */
  calls: Readonly<Record<string, number>>;
  /** A sentence for each denied call of a function. */
  denied: () => readonly string[];
}

const MINUTE_MS = 60_000;
const CHECK_INTERVAL_MS = 20;
/** After this time without activity, remaining work is assumed to wait for a schedule or a retry. */
const QUIET_MS = 1_000;
const MAX_LISTED = 10;
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** Creates a function that waits until an app has no work left. */
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
  /**
   * The number of calls so far. Receives are not counted, because pollers also receive from empty queues all the time.
   */
  const activity = () =>
    Object.entries(calls).reduce((sum, [name, count]) => (name === 'sqs:ReceiveMessage' ? sum : sum + count), 0);

  async function queued(name: string): Promise<string[]> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrlOf(name), AttributeNames: [...COUNTS] }),
    );
    const count = Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
    return count > 0 ? [`${count} in ${name}`] : [];
  }

  /** Creates the error. The error lists denied calls, because a missing permission may be why work is left. */
  function unsettled(what: string): CloudError {
    const deniedCalls = denied();
    return new CloudError(deniedCalls.length === 0 ? what : `${what} Denied calls: ${listOf(deniedCalls)}.`);
  }

  /** Descriptions of the work in progress, in the order of the message flow. */
  async function workInProgress(): Promise<string[]> {
    const rows = await inspection.pending();
    const queues = await Promise.all(queuesIn(created()).map(queued));
    const held = await Promise.all(mappings().map((mapping) => mapping.held?.() ?? 0));
    const events = held.reduce((sum, count) => sum + count, 0);
    return [
      ...rows.map(({ table, aggregateId, version }) => `version ${version} of ${aggregateId} in ${table}`),
      ...queues.flat(),
      ...(events > 0 ? [`${events} waiting to be delivered to functions`] : []),
      ...running().map((name) => `${name} is running`),
    ];
  }

  /**
   * Resolves when no outbox has a row, no queue has a message, no event waits for a function, no function is running,
   * no stand-in is busy, and no message is parked. Does not wait for schedules and retries: after a second without
   * activity, runs all scheduled functions and pending retries. Ignores streams of tables that are not outboxes.
   * @throws {CloudError} as soon as all work except parked messages is done, if one of them is `failed`,
   * `below-baseline` or `unreadable`. Also after `withinMs`, if any work is left, such as a `held` message. The error
   * lists these messages or this work, and the denied calls of functions
   */
  return async function settled({ withinMs = MINUTE_MS }: SettledOptions = {}): Promise<void> {
    const start = Date.now();
    let [quietAt, quietSince, wasEmpty] = [-1, start, false];
    for (;;) {
      const before = activity();
      const waiting = await workInProgress();
      // Two empty checks are needed: during one check, a message can move from a place that is not yet checked to a
      // place that was already checked.
      const isQuiet = before === quietAt && activity() === before;
      const parked = waiting.length === 0 && isQuiet && wasEmpty ? await inspection.parked() : undefined;
      if (parked?.length === 0) return;
      const forPerson = (parked ?? []).filter(({ reason }) => WAITS_FOR[reason] === 'a person');
      if (forPerson.length > 0)
        throw unsettled(`Parked until an operator decides: ${listOf(forPerson.map(describe))}.`);
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
