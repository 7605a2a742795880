import * as z from 'zod';
import { deadlineData } from '../../contracts/process.ts';
import type { ParkedMessage } from '../subscriber-store.ts';

const deadline = z.object({ data: deadlineData });

/** The process that needs a person, if that is what a parked message is held for: it is the process's deadline. */
export function stuckProcessOf({ reason, body }: Pick<ParkedMessage, 'reason' | 'body'>): string | undefined {
  return reason === 'held' ? deadline.safeParse(parsed(body)).data?.data.processId : undefined;
}

/** Undefined: it is no JSON, so no message of a process. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
