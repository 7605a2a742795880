import type { Correspondence } from 'rollcall/internal/console/api';
import type { ConsoleParts } from 'rollcall/internal/console/parts';
import type { Holdings } from 'rollcall/internal/stage/holdings';
import { optOutKey } from '../../functions/sms/opt-outs.ts';
import { memberHoldings } from '../members/holdings.ts';
import type { SentText } from '../sms-sandbox/mailbox.ts';
import { createBursts } from './burst.ts';
import { registration } from './creation.ts';
import { smsFaults, textsTo } from './sandbox.ts';

const OPTED_OUT = optOutKey('').pk;

/**
 * If the phone's owner has opted out, returns a notice with the time of the opt-out and the provider that reported it.
 */
function noticeOf({ sms = [] }: Holdings): Pick<Correspondence, 'notice'> {
  const optOut = sms.find(({ pk }) => String(pk).startsWith(OPTED_OUT));
  if (!optOut) return {};
  const by = String(optOut.by);
  const says = {
    en: `Opted out of SMS on {{at}}, reported by ${by}.`,
    zh: `${by} 报告：该手机号已于 {{at}} 退订短信。`,
  };
  return { notice: { says, at: String(optOut.since) } };
}

/** One thread per phone number. */
const threadsOf = (texts: readonly SentText[]): Correspondence['threads'] =>
  [...Map.groupBy(texts, ({ to }) => to)].map(([to, received]) => ({
    to,
    title: { en: `Phone ${to}`, zh: `手机 ${to}` },
    sent: received.map(({ text, provider, receivedAt }) => ({ body: text, by: provider, at: receivedAt })),
  }));

/** The parts of the console that are specific to members. */
export const consoleParts: ConsoleParts = {
  holdings: memberHoldings,

  async sent(holdings, cloud) {
    const phone = Object.values(holdings)
      .flat()
      .map((item) => item.phone)
      .find((one) => typeof one === 'string');
    return {
      title: { en: 'SMS', zh: '短信' },
      none: { en: 'No SMS was sent to this member.', zh: '没有向该会员发送过短信。' },
      ...noticeOf(holdings),
      threads: threadsOf(cloud && phone !== undefined ? await textsTo(cloud, phone) : []),
    };
  },

  creation: registration,
  bursts: createBursts,
  faults: smsFaults,
  created: { title: { en: 'Registrations', zh: '注册' }, metric: 'Registrations', service: 'registration' },
  modes: {
    'short-text': { en: 'SMS of one segment', zh: '短信只有一个分段' },
    'english-only': { en: 'in English for all members', zh: '所有会员都用英文' },
  },
  profiles: {
    normal: { en: 'normal operation', zh: '正常运行' },
    peak: { en: 'short SMS, English guides: for peak load', zh: '短信精简，指南只用英文：用于高峰负载' },
    incident: {
      en: 'no changes of members; SMS, points and guides wait',
      zh: '停止修改会员；短信、积分和指南暂停处理',
    },
  },
};
