import * as z from 'zod';
import type { ProcessState } from './state.ts';

const because = z.string().min(1);

const processRequest = z.strictObject({
  /** Its id. */
  process: z.string().min(1),
  /** Why. `retry`: its command is sent again; `done`: a person has done it; `cancel`: what was done is compensated. Default: it is only shown. */
  decide: z
    .union([z.strictObject({ retry: because }), z.strictObject({ done: because }), z.strictObject({ cancel: because })])
    .exactOptional(),
});

/** What a person may ask the sweep for, about one process. */
export type ProcessRequest = z.output<typeof processRequest>;

/** The answer to a {@link ProcessRequest}: the process as it is by now. */
export type ProcessAnswer = { process: ProcessState } | { refused: string };

/** @throws {Error} if it is meant as such a request, and is none */
export function processRequestOf(event: object): ProcessRequest | undefined {
  if (!('process' in event)) return undefined;
  const { success, data, error } = processRequest.safeParse(event);
  if (success) return data;
  throw new Error(`no request about a process: ${z.prettifyError(error)}`);
}
