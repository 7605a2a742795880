import * as z from 'zod';
import { jsonOf } from '../../aws/environment.ts';
import { deadlineData } from '../../contracts/process.ts';
import type { ParkedMessage } from '../subscriber-store.ts';

const deadline = jsonOf(z.object({ data: deadlineData }));

/**
 * The id of the process that needs an operator, if the parked message is the held deadline message of a process;
 * undefined for any other message.
 */
export const stuckProcessOf = ({ reason, body }: Pick<ParkedMessage, 'reason' | 'body'>): string | undefined =>
  reason === 'held' ? deadline.safeParse(body).data?.data.processId : undefined;
