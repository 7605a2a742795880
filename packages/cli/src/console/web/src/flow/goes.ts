import { useTranslation } from 'react-i18next';
import { en } from '../words/en.ts';

type Known = keyof typeof en.flow.goes;
const isKnown = (label: string): label is Known => label in en.flow.goes;

/** The label of an edge in the page's language; the server's own text if it has no translation. */
export function useGoes(): (label: string) => string {
  const { t } = useTranslation();
  return (label) => (isKnown(label) ? t(`flow.goes.${label}`) : label);
}
