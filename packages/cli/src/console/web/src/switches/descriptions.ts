import { useTranslation } from 'react-i18next';
import type { Words } from '../../../api.ts';
import { useAbout } from '../api/queries.ts';
import { en } from '../words/en.ts';
import { localized } from '../words/language.ts';

const isMode = (mode: string): mode is keyof typeof en.switches.modeText => mode in en.switches.modeText;

const appText = (words: Readonly<Record<string, Words>> = {}, name: string) =>
  words[name] ? localized(words[name]) : '';

/** Describes built-in modes with texts of the console, and all other modes and all profiles with texts of the app. */
export function useDescriptions() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return {
    mode: (mode: string) => (isMode(mode) ? t(`switches.modeText.${mode}`) : appText(about?.modes, mode)),
    profile: (profile: string) => appText(about?.profileWords, profile),
  };
}
