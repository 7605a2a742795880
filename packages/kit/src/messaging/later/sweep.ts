import type { Context } from 'aws-lambda';
import pMap from 'p-map';
import * as z from 'zod';
import { SHARDS } from '../../contracts/later-table.ts';
import type { Observability } from '../../observability/observability.ts';
import { isPermanent } from '../errors.ts';
import { hasTime } from '../remaining-time.ts';
import { createRelease, type DueKey, type Released } from './release.ts';
import { createLater, type LaterOptions, type WaitingKey } from './waiting.ts';

/** Of so many subjects of a shard, messages are released at once. */
const AT_ONCE = 10;
/** Of so many messages the sweep's answer says why they stay; the log has all. */
const FAILURES_TOLD = 100;

export interface LaterReport {
  released: number;
  /** Messages that are due and stay, and why; the first hundred of them. */
  failed: Array<WaitingKey & { error: string }>;
  failedMessages: number;
  /** Whether everything was looked at; if not, time ran out, and the next sweep goes on. */
  finished: boolean;
}

const waitingKey = z.strictObject({ subject: z.string().min(1), name: z.string().min(1) });
const laterRequest = z.union([z.strictObject({ sendNow: waitingKey }), z.strictObject({ cancel: waitingKey })]);

/** What a person may ask the sweep for: to send one message that waits before its time, or never. */
export type LaterRequest = z.output<typeof laterRequest>;
export type LaterAnswer = { sent: Released } | { cancelled: boolean };

export type LaterSweep = ReturnType<typeof createLaterSweep>;

/**
 * What the outbox's sweep does about messages for later.
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
      return released === 'busy' ? new Error('others sent to the same subject each time') : released;
    } catch (error) {
      return error as Error;
    }
  }

  return {
    /** Releases what is due: of one subject in the order of their times, those of others beside it. */
    async sweep(context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<LaterReport> {
      const started = now();
      const failed: LaterReport['failed'] = [];
      const stuck = new Set<string>();
      const lags: number[] = [];
      let finished = true;
      let oldestMs = 0;

      async function inTurn(keys: readonly DueKey[]): Promise<void> {
        for (const key of keys.toSorted(byTime)) {
          const result = await tryToRelease(key);
          if (result === 'released') lags.push(lagMs(key.due));
          if (!(result instanceof Error)) continue;
          const { subject, name } = key;
          logger.warn('not released', { subject, name, error: result });
          failed.push({ subject, name, error: result.message });
          // What comes after it would take its place; but one that can have none holds nobody up.
          if (isPermanent(result)) continue;
          stuck.add(subject);
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
              page.filter(({ subject }) => !stuck.has(subject)),
              ({ subject }) => subject,
            );
            await pMap(subjects.values(), inTurn, { concurrency: AT_ONCE });
          }
        }),
      );
      measure('OldestDue', 'Seconds', [oldestMs / 1000]);
      measure('ReleaseLag', 'Milliseconds', lags);
      count({ Released: lags.length, LeftWaiting: failed.length });
      return {
        ...{ released: lags.length, failedMessages: failed.length, finished },
        failed: failed.slice(0, FAILURES_TOLD),
      };
    },

    /**
     * @returns nothing, if the timer invoked the sweep, or somebody for something else
     * @throws {Error} if it is meant as a request, and is none
     */
    async answer(event: object): Promise<LaterAnswer | undefined> {
      if (!('sendNow' in event || 'cancel' in event)) return undefined;
      const { success, data, error } = laterRequest.safeParse(event);
      if (!success) throw new Error(`no request that the sweep knows: ${z.prettifyError(error)}`);
      if ('cancel' in data) return later.cancel(data.cancel);
      return { sent: await release(data.sendNow, now(), true) };
    },
  };
}

/** Ids grow with time, too. */
const byTime = (a: DueKey, b: DueKey) => (`${a.due} ${a.name}` < `${b.due} ${b.name}` ? -1 : 1);
