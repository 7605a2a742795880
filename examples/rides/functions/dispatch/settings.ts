import { readEnvironment, text } from '@rollcall/kit/aws';
import * as z from 'zod';

const settings = z.object({
  DISPATCH_TABLE: text,
  OUTBOX_TABLE: text,
  LATER_TABLE: text,
  DRIVERS_TABLE: text,
  OFFER_SECONDS: z.coerce.number().min(0),
});

/** Settings of functions that use the dispatcher. */
export const dispatcherSettings = () => readEnvironment(settings);
