import * as z from 'zod';
import { OTHER, type ProviderEvent, receipt } from '../provider-events.ts';
import { equals, jsonOf, type ReadWebhook, UNAUTHENTICATED, UNREADABLE } from './webhook.ts';

export const webhookToken = z.object({ key: z.string().min(32) });

const reports = z.array(z.unknown());
/** https://help.aliyun.com/zh/sms/smsreport-http-intl. `Status` is 1 (delivered), 2 (failed) or 6 (expired). */
const report = z.object({ Status: z.coerce.string(), TaskId: z.string().nullish(), ErrorCode: z.string().nullish() });
const FINAL_STATES: Record<string, 'delivered' | 'undelivered'> = {
  '1': 'delivered',
  '2': 'undelivered',
  '6': 'undelivered',
};

/** The response that Alibaba Cloud expects. Without it, Alibaba Cloud sends the report again. */
export const ALIBABA_RESPONSE = { code: 0, msg: 'OK' };

/**
 * Reads Alibaba Cloud's status reports, which arrive over HTTP. The reports are not signed. A secret token in the URL
 * authenticates them. The reports contain no inbound SMS.
 */
export const readAlibaba =
  (secret: () => Promise<z.output<typeof webhookToken>>): ReadWebhook =>
  async ({ query, body }) => {
    const { key } = await secret();
    if (!equals(query.get('token') ?? '', key)) return UNAUTHENTICATED;
    const parsed = reports.safeParse(jsonOf(body));
    return parsed.success ? parsed.data.map(eventOf) : UNREADABLE;
  };

function eventOf(item: unknown): ProviderEvent {
  const { success, data } = report.safeParse(item);
  const final = success ? FINAL_STATES[data.Status] : undefined;
  return success && final ? receipt(data.TaskId, final, data.ErrorCode) : OTHER;
}
