import { useTranslation } from 'react-i18next';
import { en } from '../words/en.ts';

const isOutcome = (name: string): name is keyof typeof en.outcome => name in en.outcome;
const isReason = (name: string): name is keyof typeof en.parked.reasonName => name in en.parked.reasonName;

/** Returns a function that translates an outcome. The outcome of a parked message is the reason for parking. */
export function useOutcomeName(): (outcome: string) => string {
  const { t } = useTranslation();
  return (outcome) => {
    if (isOutcome(outcome)) return t(`outcome.${outcome}`);
    return isReason(outcome) ? t(`parked.reasonName.${outcome}`) : outcome;
  };
}
