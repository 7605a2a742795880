import { useTranslation } from 'react-i18next';
import { useAbout } from '../api/queries.ts';
import { localized } from '../words/language.ts';

/** Returns the label in charts for the number of new aggregates. */
export function useCreatedLabel(): string {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return about?.created ? localized(about.created) : t('load.created');
}
