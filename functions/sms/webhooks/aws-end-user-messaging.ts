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
const answer = z.object({ originationNumber: z.string(), messageBody: z.string() });

/** Which of the two is sent depends on the country: TEXT_SUCCESSFUL means that the carrier has accepted it. */
const DELIVERED = new Set(['TEXT_DELIVERED', 'TEXT_SUCCESSFUL']);

/**
 * The events of AWS End User Messaging on its topic, whose policy allows no other publisher.
 * @param at when it was published: events of inbound SMS contain no time
 */
export function readAwsEvent(body: string, at: Date): ProviderEvent {
  const json = jsonOf(body);
  const said = answer.safeParse(json);
  if (said.success) return inbound(said.data.originationNumber, said.data.messageBody, at);
  const told = delivery.safeParse(json);
  if (!told.success || !told.data.isFinal) return OTHER;
  const { eventType, context } = told.data;
  return receipt(context.reference, DELIVERED.has(eventType) ? 'delivered' : 'undelivered', eventType);
}
