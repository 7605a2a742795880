import * as z from 'zod';
import type { ProcessState } from './state.ts';

const because = z.string().min(1);

const processRequest = z.strictObject({
  /** Id of the process. */
  process: z.string().min(1),
  /**
   * With a reason. `retry`: its command is sent again; `done`: a person has done the step; `cancel`: completed steps
   * are compensated. Default: the process is only shown.
   */
  decide: z
    .union([z.strictObject({ retry: because }), z.strictObject({ done: because }), z.strictObject({ cancel: because })])
    .exactOptional(),
});

/** An operator's request to the sweep about one process. */
export type ProcessRequest = z.output<typeof processRequest>;

/** The answer to a {@link ProcessRequest}: the current state of the process. */
export type ProcessAnswer = { process: ProcessState } | { refused: string };

/** @throws {Error} if the event is an invalid request */
export function processRequestOf(event: object): ProcessRequest | undefined {
  if (!('process' in event)) return undefined;
  const { success, data, error } = processRequest.safeParse(event);
  if (success) return data;
  throw new Error(`invalid request about a process: ${z.prettifyError(error)}`);
}
