import type { Creation } from 'rollcall/internal/console/parts';

const people = [
  { name: 'Lucía García', locale: 'es' },
  { name: 'Amara Okafor', locale: 'en' },
  { name: '王小明', locale: 'zh-CN' },
  { name: 'Tom Fletcher', locale: 'en' },
  { name: 'Carmen Ruiz', locale: 'es' },
] as const;

/** Registers a sample member. */
export const registration: Creation = {
  form: {
    title: { en: 'Register a member', zh: '注册会员' },
    lead: {
      en: 'The member then gets an SMS, bonus points and a guide.',
      zh: '注册后会收到短信、奖励积分和入门指南。',
    },
    fields: [
      { name: 'phone', label: { en: 'Phone', zh: '手机号' }, type: 'tel' },
      { name: 'name', label: { en: 'Name', zh: '姓名' } },
      { name: 'locale', label: { en: 'Language', zh: '语言' }, options: ['en', 'es', 'zh-CN'] },
    ],
    submit: { en: 'Register', zh: '注册' },
    done: { en: 'Registered {{id}}.', zh: '已注册 {{id}}。' },
    many: { en: 'Register {{count}} at once', zh: '一次注册 {{count}} 名会员' },
    accepted: { en: 'Registered', zh: '已注册' },
    problems: {
      'phone-taken': {
        field: 'phone',
        says: { en: 'A member with this phone already exists.', zh: '该手机号已注册会员。' },
      },
    },
  },

  /** Returns a person with a Spanish mobile number that is probably unused. */
  sample() {
    const someone = people[Math.floor(Math.random() * people.length)] ?? people[0];
    return { phone: `+346${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`, ...someone };
  },

  request: ({ apiUrl }, body) =>
    fetch(`${apiUrl}/v1/members`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
};
