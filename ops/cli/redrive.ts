import { chunk } from '../../shared/messaging/batches.ts';
import type { ReleaseReport } from '../../shared/messaging/parking.ts';
import { OperatorError, type Stage } from './stage.ts';

export interface RedriveSummary {
  /** Aggregates that were tried. */
  aggregates: number;
  applied: number;
  waiting: number;
  forPerson: number;
  failures: ReleaseReport[];
  /** Aggregates that were not tried: the canary failed, or somebody interrupted. */
  left: number;
}

/** So many aggregates go into one call of the sweep function, which has a minute. */
const AGGREGATES_PER_CALL = 50;

/**
 * Redrives aggregates: first one alone, as a canary, and the others only if that succeeded. What was done stays done,
 * so it can be stopped between two calls, and run again.
 */
export async function redrive(
  stage: Stage,
  subscriber: string,
  aggregateIds: readonly string[],
  { onProgress, signal }: { onProgress: (done: number) => void; signal?: AbortSignal },
): Promise<RedriveSummary> {
  const summary: RedriveSummary = { aggregates: 0, applied: 0, waiting: 0, forPerson: 0, failures: [], left: 0 };
  const [canary, ...others] = aggregateIds;
  const calls = canary === undefined ? [] : [[canary], ...chunk(others, AGGREGATES_PER_CALL)];
  for (const call of calls) {
    if (signal?.aborted) break;
    const answer = await stage.askParking(subscriber, { redrive: call });
    if (!('reports' in answer)) throw new OperatorError(`the ${subscriber} sweep does not know how to redrive`);
    for (const report of answer.reports) {
      summary.aggregates++;
      summary.applied += report.applied;
      summary.waiting += report.waiting;
      summary.forPerson += report.forPerson;
      if (report.error !== undefined) summary.failures.push(report);
    }
    onProgress(summary.aggregates);
    if (summary.aggregates === 1 && summary.failures.length > 0) break;
  }
  summary.left = aggregateIds.length - summary.aggregates;
  return summary;
}
