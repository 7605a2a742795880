import type { ConsoleParts, ProviderFaults } from 'rollcall/internal/console/parts';
import type { EmbeddedCloud } from 'rollcall/internal/stage/embedded-cloud';
import type { FAULTS } from '../sms-sandbox/faults.ts';
import type { SentText } from '../sms-sandbox/mailbox.ts';

/** The SMS sent to a phone, the oldest first. Empty if no SMS sandbox runs beside the cloud. */
export async function textsTo({ beside: { sms }, ask }: EmbeddedCloud, phone: string): Promise<SentText[]> {
  if (sms === undefined) return [];
  return (await ask<{ messages: SentText[] }>(`${sms}/messages?${new URLSearchParams({ to: phone })}`)).messages;
}

const kinds = {
  fails: { says: { en: 'responds with an error', zh: '返回错误' } },
  refuses: { says: { en: 'refuses this SMS permanently', zh: '永久拒绝这条短信' } },
  'opted out': { says: { en: 'responds: the recipient has opted out', zh: '返回：收件人已退订短信' } },
  undelivered: { says: { en: 'accepts the SMS, but cannot deliver it', zh: '接受短信，但无法送达' } },
  throttles: { says: { en: 'responds: too many requests', zh: '返回：请求过多' } },
  hangs: { says: { en: 'neither accepts the SMS nor responds', zh: '既不接受短信，也不响应' } },
  'answer lost': { says: { en: 'accepts the SMS, but the response is lost', zh: '接受短信，但响应丢失' } },
  slow: { says: { en: 'responds late', zh: '响应缓慢' }, takesMs: true },
  down: { says: { en: 'breaks connections', zh: '断开连接' } },
} satisfies Record<(typeof FAULTS)[number], ProviderFaults['kinds'][string]>;

/** The injectable faults of each SMS provider, and of each instance of the gateway. */
export const smsFaults: NonNullable<ConsoleParts['faults']> = {
  title: { en: 'SMS providers', zh: '短信服务商' },
  lead: {
    en: 'The circuit opens, and the second provider takes over. If no provider is available, messages wait and are not parked.',
    zh: '断路器打开，由第二家服务商接替。如果没有可用的服务商，消息会等待，不会被搁置。',
  },
  providers: ['http', 'gateway-1', 'gateway-2', 'twilio'],
  kinds,
  broken: async ({ beside: { sms }, ask }) => (sms === undefined ? {} : ask(`${sms}/faults`)),
  change: ({ beside: { sms }, ask }, provider, fault) =>
    ask(`${sms}/faults/${provider}`, fault ? 'PUT' : 'DELETE', fault),
};
