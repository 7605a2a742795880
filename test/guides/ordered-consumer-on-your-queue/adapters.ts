import { foreign, snsNotification } from '@rollcall/kit/messaging';
import * as z from 'zod';

const order = z.object({ orderNo: z.string(), revision: z.int() });

/** Reads notifications of a topic without raw delivery. The type is an attribute of the message. */
export const readNotification = foreign(snsNotification(order), (notification) => ({
  id: notification.MessageId,
  source: notification.TopicArn,
  type: notification.MessageAttributes.type?.Value ?? '',
  subject: notification.Message.orderNo,
  version: notification.Message.revision,
  time: notification.Timestamp,
  data: notification.Message,
}));

/** Reads CloudEvents that have the subject and the version in extension attributes. */
export const readCloudEvent = foreign(
  z.object({
    ...{ id: z.string(), source: z.string(), type: z.string(), time: z.string() },
    ...{ orderno: z.string(), orderversion: z.coerce.number() },
    data: z.unknown(),
  }),
  ({ orderno, orderversion, ...event }) => ({ ...event, subject: orderno, version: orderversion }),
);
