import { useTranslation } from 'react-i18next';
import type { Words } from '../../../api.ts';
import { useAbout } from '../api/queries.ts';
import { en } from '../words/en.ts';
import { say } from '../words/language.ts';

const isMode = (mode: string): mode is keyof typeof en.switches.modeText => mode in en.switches.modeText;

const own = (words: Readonly<Record<string, Words>> = {}, name: string) => (words[name] ? say(words[name]) : '');

/** What modes and profiles mean: those of every app, else by the app's own words. */
export function useWordsOf() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return {
    mode: (mode: string) => (isMode(mode) ? t(`switches.modeText.${mode}`) : own(about?.modes, mode)),
    profile: (profile: string) => own(about?.profileWords, profile),
  };
}
