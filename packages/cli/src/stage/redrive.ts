import type { ReleaseReport } from '@rollcall/kit/internal/messaging/parking';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';

export interface RedriveSummary {
  applied: number;
  obsolete: number;
  waiting: number;
  forPerson: number;
  failures: Array<Pick<ReleaseReport, 'aggregateId' | 'version' | 'error'>>;
  /** Aggregates without parked messages. */
  unknown: string[];
  /**
   * Number of aggregates that were not tried, because all aggregates of a call failed or the operator interrupted the
   * redrive.
   */
  left: number;
}

export interface RedriveOptions {
  /** Whether held messages are applied too. */
  release?: boolean;
  onProgress: (done: number, summary: RedriveSummary) => void;
  signal?: AbortSignal;
}

/** The sweep refused the whole request, so the aggregates of the request are not tried in separate calls. */
class RefusedError extends OperatorError {}

/** Aggregates per call of the sweep function, which has a timeout of a minute. */
const AGGREGATES_PER_CALL = 50;

/**
 * Redrives aggregates: one per call until a message is applied, then many per call. Stops if all aggregates of a call
 * fail, for example the first aggregate, the canary. Applied messages stay applied, so the redrive can be repeated.
 */
export async function redrive(
  stage: StageClient,
  subscriber: string,
  aggregateIds: readonly string[],
  { release = false, onProgress, signal }: RedriveOptions,
): Promise<RedriveSummary> {
  const summary: RedriveSummary = {
    ...{ applied: 0, obsolete: 0, waiting: 0, forPerson: 0 },
    ...{ failures: [], unknown: [], left: 0 },
  };
  let next = 0;

  /** Redrives aggregates in one call. @returns whether all of them failed */
  async function redriveCall(ids: readonly string[]): Promise<boolean> {
    const reports = await requestRedrive(ids);
    for (const report of reports) {
      const { aggregateId, applied, obsolete, waiting, forPerson, error } = report;
      summary.applied += applied;
      summary.obsolete += obsolete;
      summary.waiting += waiting;
      summary.forPerson += forPerson;
      if (error !== undefined) summary.failures.push(report);
      else if (applied + obsolete + waiting + forPerson === 0) summary.unknown.push(aggregateId);
    }
    next += ids.length;
    onProgress(next, summary);
    return reports.every(({ error }) => error !== undefined);
  }

  /** If a call fails as a whole, tries each of its aggregates in a separate call. */
  async function requestRedrive(ids: readonly string[]): Promise<ReleaseReport[]> {
    try {
      const answer = await stage.sendParkingRequest(subscriber, { redrive: [...ids], release });
      if ('reports' in answer) return answer.reports;
      if ('refused' in answer) throw new RefusedError(answer.refused);
      throw new OperatorError(`the ${subscriber} sweep does not support redrives`);
    } catch (error) {
      if (!(error instanceof OperatorError) || error instanceof RefusedError) throw error;
      const [only, ...others] = ids;
      if (only === undefined) return [];
      if (others.length > 0) return (await Promise.all(ids.map((id) => requestRedrive([id])))).flat();
      return [{ aggregateId: only, applied: 0, obsolete: 0, waiting: 0, forPerson: 1, error: error.message }];
    }
  }

  while (next < aggregateIds.length && !signal?.aborted) {
    const size = summary.applied === 0 ? 1 : AGGREGATES_PER_CALL;
    if (await redriveCall(aggregateIds.slice(next, next + size))) break;
  }
  summary.left = aggregateIds.length - next;
  return summary;
}
