import { deadlineData } from '@rollcall/kit/internal/contracts/process';
import type { Decided } from '@rollcall/kit/internal/messaging/process/advance';
import type { ProcessAnswer, ProcessRequest } from '@rollcall/kit/internal/messaging/process/operator-request';
import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import { OperatorError } from './errors.ts';
import type { Stage } from './stage.ts';
import { invoke } from './sweeps.ts';

/** A process that waits for a person. */
export interface Stuck {
  /** Of its replies. */
  subscriber: string;
  process: string;
  /** ISO. */
  since: string;
  why: string;
}

/** The processes that wait for a person, longest first: for each of them a message is held. */
export async function stuckIn(stage: Stage, subscribers: readonly string[]): Promise<Stuck[]> {
  const found: Stuck[] = [];
  for (const subscriber of subscribers)
    for await (const page of stage.parked(subscriber))
      for (const { reason, body, parkedAt, error = '' } of page) {
        const process = reason === 'held' ? processOf(body) : undefined;
        if (process !== undefined) found.push({ subscriber, process, since: parkedAt, why: error });
      }
  return found.toSorted((a, b) => a.since.localeCompare(b.since));
}

/** The process that a message is the deadline of. */
function processOf(body: string): string | undefined {
  const { success, data } = deadlineData.safeParse((JSON.parse(body) as { data?: unknown }).data);
  return success ? data.processId : undefined;
}

/**
 * What is known of a process, after what a person decided about it.
 * @throws {OperatorError} if there is none, or that cannot be decided now
 */
export async function askAboutProcess(
  stage: Stage,
  subscriber: string,
  process: string,
  decide?: Decided,
): Promise<ProcessState> {
  const request: ProcessRequest = { process, ...(decide && { decide }) };
  const answer = await invoke<ProcessRequest, ProcessAnswer | null>(stage, `${subscriber}-sweep`, request);
  if (!answer) throw new OperatorError(`${subscriber} takes the replies of no process.`);
  if ('refused' in answer) throw new OperatorError(`${process}: ${answer.refused}.`);
  return answer.process;
}
