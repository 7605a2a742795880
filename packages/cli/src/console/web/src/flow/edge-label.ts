import { useTranslation } from 'react-i18next';
import { en } from '../words/en.ts';

type TranslatedLabel = Exclude<keyof typeof en.flow.edgeLabel, 'swept'>;
const isTranslated = (label: string): label is TranslatedLabel => label in en.flow.edgeLabel;

/** Prefix of the server's label `swept, SCHEDULE`. */
const SWEPT = 'swept, ';

/** Returns a function that translates the label of an edge. A label without a translation remains the server's text. */
export function useEdgeLabel(): (label: string) => string {
  const { t } = useTranslation();
  return (label) => {
    if (label.startsWith(SWEPT)) return t('flow.edgeLabel.swept', { schedule: label.slice(SWEPT.length) });
    return isTranslated(label) ? t(`flow.edgeLabel.${label}`) : label;
  };
}
