import type { Context } from 'aws-lambda';
import pMap from 'p-map';
import * as z from 'zod';
import { SHARDS } from '../../contracts/later-table.ts';
import type { Observability } from '../../observability/observability.ts';
import { isPermanent } from '../errors.ts';
import { hasTime } from '../remaining-time.ts';
import { createRelease, type DueKey, type Released } from './release.ts';
import { createLater, type LaterOptions, type WaitingKey } from './waiting.ts';

/** The number of subjects of one shard that are processed in parallel. */
const MAX_PARALLEL = 10;
/** The response of the sweep contains at most this many failures; the log contains all. */
const MAX_REPORTED_FAILURES = 100;

export interface LaterReport {
  released: number;
  /** The first hundred due messages that could not be released, with their errors. */
  failed: Array<WaitingKey & { error: string }>;
  failedMessages: number;
  /** Whether the sweep read all due messages. If not, time ran out, and the next sweep continues. */
  finished: boolean;
}

const waitingKey = z.strictObject({ subject: z.string().min(1), name: z.string().min(1) });
const laterRequest = z.union([z.strictObject({ sendNow: waitingKey }), z.strictObject({ cancel: waitingKey })]);

/** An operator's request: to send one scheduled message before its time, or to cancel it. */
export type LaterRequest = z.output<typeof laterRequest>;
export type LaterAnswer = { sent: Released } | { cancelled: boolean };

export type LaterSweep = ReturnType<typeof createLaterSweep>;

/**
 * Creates the part of the outbox's sweep that handles scheduled messages.
 * @beta
 */
export function createLaterSweep(
  { now, ...options }: LaterOptions & { outboxTable: string; now: () => Date },
  { logger, count, measure }: Pick<Observability, 'logger' | 'count' | 'measure'>,
) {
  const later = createLater(options);
  const { due, release } = createRelease(options);
  const lagMs = (at: string) => Math.max(0, now().getTime() - Date.parse(at));

  async function tryToRelease(key: DueKey): Promise<Error | Released> {
    try {
      const released = await release(key, now());
      return released === 'busy'
        ? new Error('at every attempt, another message about the same subject took the next version')
        : released;
    } catch (error) {
      return error as Error;
    }
  }

  return {
    /** Releases due messages: the messages of one subject in order, subjects in parallel. */
    async sweep(context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<LaterReport> {
      const started = now();
      const failed: LaterReport['failed'] = [];
      const blocked = new Set<string>();
      const lags: number[] = [];
      let finished = true;
      let oldestMs = 0;

      async function releaseInOrder(keys: readonly DueKey[]): Promise<void> {
        for (const key of keys.toSorted(byTime)) {
          const result = await tryToRelease(key);
          if (result === 'released') lags.push(lagMs(key.due));
          if (!(result instanceof Error)) continue;
          const { subject, name } = key;
          logger.warn('not released', { subject, name, error: result });
          failed.push({ subject, name, error: result.message });
          // A message that failed permanently cannot get a version, so it does not block later messages.
          if (isPermanent(result)) continue;
          // Later messages about the subject must not take the version of this message.
          blocked.add(subject);
          return;
        }
      }

      await Promise.all(
        SHARDS.map(async (shard) => {
          for await (const page of due(shard, started)) {
            if (!hasTime(context)) {
              finished = false;
              return;
            }
            oldestMs = Math.max(oldestMs, ...page.map(({ due }) => lagMs(due)));
            const subjects = Map.groupBy(
              page.filter(({ subject }) => !blocked.has(subject)),
              ({ subject }) => subject,
            );
            await pMap(subjects.values(), releaseInOrder, { concurrency: MAX_PARALLEL });
          }
        }),
      );
      measure('OldestDue', 'Seconds', [oldestMs / 1000]);
      measure('ReleaseLag', 'Milliseconds', lags);
      count({ Released: lags.length, LeftWaiting: failed.length });
      return {
        ...{ released: lags.length, failedMessages: failed.length, finished },
        failed: failed.slice(0, MAX_REPORTED_FAILURES),
      };
    },

    /**
     * Carries out an operator's request.
     * @returns undefined if the event is not such a request, for example the event of a timer
     * @throws {Error} if the event is an invalid request, or the aggregate of the message no longer exists
     */
    async answer(event: object): Promise<LaterAnswer | undefined> {
      if (!('sendNow' in event || 'cancel' in event)) return undefined;
      const { success, data, error } = laterRequest.safeParse(event);
      if (!success) throw new Error(`invalid request to the sweep: ${z.prettifyError(error)}`);
      if ('cancel' in data) return later.cancel(data.cancel);
      return { sent: await release(data.sendNow, now(), true) };
    },
  };
}

/**
 * Orders messages by due time, then by name. The default name is the message id. Ids grow with time, so messages with
 * default names are ordered by the time at which they were scheduled.
 */
const byTime = (a: DueKey, b: DueKey) => (`${a.due} ${a.name}` < `${b.due} ${b.name}` ? -1 : 1);
