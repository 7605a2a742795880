import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.ts';
import { zh } from './zh.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en };
  }
}

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;

const KEPT_AS = 'rollcall-console-language';

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(languages, text);

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (isLanguage(kept)) return kept;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export function speak(language: Language): void {
  localStorage.setItem(KEPT_AS, language);
  void i18next.changeLanguage(language);
}

i18next.on('languageChanged', (language) => {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : language;
});

await i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: 'en',
  resources: { en: { translation: en }, zh: { translation: zh } },
  // React escapes by itself.
  interpolation: { escapeValue: false },
});
