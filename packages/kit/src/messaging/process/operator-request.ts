import * as z from 'zod';
import type { ProcessState } from './state.ts';

const because = z.string().min(1);

const processRequest = z.strictObject({
  /** Id of the process. */
  process: z.string().min(1),
  /**
   * A decision, with its reason. `retry`: the command of the current step is sent again. `done`: the step was completed
   * by other means. `cancel`: completed steps are compensated. Default: the process is only shown.
   */
  decide: z
    .union([z.strictObject({ retry: because }), z.strictObject({ done: because }), z.strictObject({ cancel: because })])
    .exactOptional(),
});

/** An operator's request to the sweep about one process. */
export type ProcessRequest = z.output<typeof processRequest>;

/** The response to a {@link ProcessRequest}: the current state of the process, or the reason for a refusal. */
export type ProcessAnswer = { process: ProcessState } | { refused: string };

/** Returns undefined if the event is not a request about a process. @throws {Error} if the request is invalid */
export function processRequestOf(event: object): ProcessRequest | undefined {
  if (!('process' in event)) return undefined;
  const { success, data, error } = processRequest.safeParse(event);
  if (success) return data;
  throw new Error(`invalid request about a process: ${z.prettifyError(error)}`);
}
