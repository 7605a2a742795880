import { useTranslation } from 'react-i18next';
import { en } from '../words/en.ts';

type Known = keyof typeof en.flow.goes;
const isKnown = (label: string): label is Known => label in en.flow.goes;

/** What goes along an edge, in the language of the page; as the server says it, if that is news to us. */
export function useGoes(): (label: string) => string {
  const { t } = useTranslation();
  return (label) => (isKnown(label) ? t(`flow.goes.${label}`) : label);
}
