import * as z from 'zod';
import { inbound, OTHER, type ProviderEvent, receipt } from '../provider-events.ts';
import { jsonOf } from './webhook.ts';

/** https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html */
const delivery = z.object({
  eventType: z.string(),
  isFinal: z.boolean(),
  context: z.object({ reference: z.string() }),
});
/** https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html */
const inboundSms = z.object({ originationNumber: z.string(), messageBody: z.string() });

/**
 * Depending on the country, AWS sends one of these types. TEXT_SUCCESSFUL means that the carrier has accepted the SMS.
 */
const DELIVERED = new Set(['TEXT_DELIVERED', 'TEXT_SUCCESSFUL']);

/**
 * Reads an event of AWS End User Messaging from its topic, whose policy allows no other publisher.
 * @param at when the topic sent the event to the queue; needed because events of inbound SMS contain no time
 */
export function readAwsEvent(body: string, at: Date): ProviderEvent {
  const json = jsonOf(body);
  const parsedInbound = inboundSms.safeParse(json);
  if (parsedInbound.success) return inbound(parsedInbound.data.originationNumber, parsedInbound.data.messageBody, at);
  const parsedDelivery = delivery.safeParse(json);
  if (!parsedDelivery.success || !parsedDelivery.data.isFinal) return OTHER;
  const { eventType, context } = parsedDelivery.data;
  return receipt(context.reference, DELIVERED.has(eventType) ? 'delivered' : 'undelivered', eventType);
}
