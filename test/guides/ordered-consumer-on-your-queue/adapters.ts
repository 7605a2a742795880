import { foreign, snsNotification } from '@rollcall/kit/messaging';
import * as z from 'zod';

const order = z.object({ orderNo: z.string(), revision: z.int() });

/** From a topic without raw delivery; the type is an attribute of the message. */
export const readNotified = foreign(snsNotification(order), (notification) => ({
  id: notification.MessageId,
  source: notification.TopicArn,
  type: notification.MessageAttributes.type?.Value ?? '',
  subject: notification.Message.orderNo,
  version: notification.Message.revision,
  time: notification.Timestamp,
  data: notification.Message,
}));

/** CloudEvents whose subject and version are extensions of their own. */
export const readCloudEvent = foreign(
  z.object({
    ...{ id: z.string(), source: z.string(), type: z.string(), time: z.string() },
    ...{ orderno: z.string(), orderversion: z.coerce.number() },
    data: z.unknown(),
  }),
  ({ orderno, orderversion, ...event }) => ({ ...event, subject: orderno, version: orderversion }),
);
