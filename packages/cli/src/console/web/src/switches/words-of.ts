import { useTranslation } from 'react-i18next';
import { en } from '../words/en.ts';

const isMode = (mode: string): mode is keyof typeof en.switches.modeText => mode in en.switches.modeText;
const isProfile = (profile: string): profile is keyof typeof en.switches.profileText =>
  profile in en.switches.profileText;

/** What modes and profiles mean; of one that is newer than this page, nothing. */
export function useWordsOf() {
  const { t } = useTranslation();
  return {
    mode: (mode: string) => (isMode(mode) ? t(`switches.modeText.${mode}`) : ''),
    profile: (profile: string) => (isProfile(profile) ? t(`switches.profileText.${profile}`) : ''),
  };
}
