import { useTranslation } from 'react-i18next';
import { useAbout } from '../api/queries.ts';
import { say } from '../words/language.ts';

/** The label of new aggregates. */
export function useCreated(): string {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return about?.created ? say(about.created) : t('load.created');
}
