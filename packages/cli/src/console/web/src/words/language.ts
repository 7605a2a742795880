import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { AggregateName, Words } from '../../../../words.ts';
import { withAggregateName } from './aggregate-name.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;

const STORAGE_KEY = 'rollcall-console-language';

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(languages, text);

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (isLanguage(stored)) return stored;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORAGE_KEY, language);
  void i18next.changeLanguage(language);
}

/** Inserts the app's name for its aggregates into all texts. Must be called before the page is rendered. */
export function setAggregateName({ en: inEnglish, zh: inChinese = inEnglish }: AggregateName): void {
  i18next.addResourceBundle('en', 'translation', withAggregateName(en, inEnglish), true, true);
  i18next.addResourceBundle('zh', 'translation', withAggregateName(zh, inChinese), true, true);
}

/**
 * Returns a text of the app in the page's language.
 * @param values the values for placeholders in double braces, by name
 */
export function localized(words: Words, values: Record<string, string | number> = {}): string {
  const text = (i18next.language === 'zh' ? words.zh : undefined) ?? words.en;
  return text.replaceAll(/{{(\w+)}}/g, (whole, name: string) => String(values[name] ?? whole));
}

i18next.on('languageChanged', (language) => {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : language;
});

await i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: 'en',
  resources: { en: { translation: en }, zh: { translation: zh } },
  // React already escapes values.
  interpolation: { escapeValue: false },
});
