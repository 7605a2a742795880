import { useTranslation } from 'react-i18next';
import type { Words } from '../../../api.ts';
import { useAbout } from '../api/queries.ts';
import { en } from '../words/en.ts';
import { localized } from '../words/language.ts';

const isMode = (mode: string): mode is keyof typeof en.switches.modeText => mode in en.switches.modeText;

const own = (words: Readonly<Record<string, Words>> = {}, name: string) => (words[name] ? localized(words[name]) : '');

/** Describes modes and profiles: the built-in modes in the console's words, all others in the words of the app. */
export function useWordsOf() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return {
    mode: (mode: string) => (isMode(mode) ? t(`switches.modeText.${mode}`) : own(about?.modes, mode)),
    profile: (profile: string) => own(about?.profileWords, profile),
  };
}
