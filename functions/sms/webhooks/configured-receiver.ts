import { addresses, createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { createQueueSender } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import * as z from 'zod';
import { createPseudonym } from '../../../shared/pseudonyms.ts';
import { createOptOuts } from '../opt-outs.ts';
import { createReceiver } from './receiver.ts';

/** Creates a receiver of providers' events from the function's environment. */
export function configuredReceiver(now: () => Date) {
  const { SMS_LIMITS_TABLE, PSEUDONYMS_SECRET, CHANNELS } = readEnvironment(
    z.object({ SMS_LIMITS_TABLE: text, PSEUDONYMS_SECRET: text, CHANNELS: addresses }),
  );
  const { logger, count, measure } = createObservability('sms-webhooks');
  const { receive } = createReceiver({
    optOuts: createOptOuts({
      client: createDynamoDB(),
      tableName: SMS_LIMITS_TABLE,
      pseudonym: createPseudonym(PSEUDONYMS_SECRET, now),
    }),
    sender: createQueueSender(CHANNELS),
    now,
    count,
  });
  return { receive, logger, count, measure };
}
