import type { Decided } from '@rollcall/kit/internal/messaging/process/advance';
import type { ProcessAnswer, ProcessRequest } from '@rollcall/kit/internal/messaging/process/operator-request';
import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import { stuckProcessOf } from '@rollcall/kit/internal/messaging/process/stuck';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';
import { invoke } from './sweeps.ts';

/** A process that waits for an operator. */
export interface StuckProcess {
  /** The consumer of its replies. */
  subscriber: string;
  process: string;
  /** ISO 8601. */
  since: string;
  why: string;
}

/** The processes that need an operator, longest-waiting first. A message is parked for each of them. */
export async function stuckProcesses(stage: StageClient, subscribers: readonly string[]): Promise<StuckProcess[]> {
  const found: StuckProcess[] = [];
  for (const subscriber of subscribers)
    for await (const page of stage.parked(subscriber))
      for (const parked of page) {
        const process = stuckProcessOf(parked);
        const { parkedAt: since, error: why = '' } = parked;
        if (process !== undefined) found.push({ subscriber, process, since, why });
      }
  return found.toSorted((a, b) => a.since.localeCompare(b.since));
}

/**
 * Reads the state of a process, after sending an operator's decision if there is one.
 * @throws {OperatorError} if the subscriber receives no replies to processes, if the process does not exist, or if its
 * state does not allow the decision
 */
export async function sendProcessRequest(
  stage: StageClient,
  subscriber: string,
  process: string,
  decide?: Decided,
): Promise<ProcessState> {
  const request: ProcessRequest = { process, ...(decide && { decide }) };
  const answer = await invoke<ProcessRequest, ProcessAnswer | null>(stage, `${subscriber}-sweep`, request);
  if (!answer) throw new OperatorError(`${subscriber} is not the consumer of a process's replies.`);
  if ('refused' in answer) throw new OperatorError(`${process}: ${answer.refused}.`);
  return answer.process;
}
