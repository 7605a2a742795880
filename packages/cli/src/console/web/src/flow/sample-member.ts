import type { RegisterRequest } from '../../../api.ts';

export const locales = ['en', 'es', 'zh-CN'];

const names = [
  { name: 'Lucía García', locale: 'es' },
  { name: 'Amara Okafor', locale: 'en' },
  { name: '王小明', locale: 'zh-CN' },
  { name: 'Tom Fletcher', locale: 'en' },
  { name: 'Carmen Ruiz', locale: 'es' },
];

/** Somebody to register at once, with a Spanish mobile number that is probably not taken yet. */
export function sampleMember(): RegisterRequest {
  const someone = names[Math.floor(Math.random() * names.length)] ?? { name: 'Lucía', locale: 'es' };
  return { phone: `+346${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`, ...someone };
}
