import { useTranslation } from 'react-i18next';
import type { ParkedView } from '../../../api.ts';

/** The name of a parking reason in the language of the page. */
export function ReasonName({ reason }: Pick<ParkedView, 'reason'>) {
  const { t } = useTranslation();
  return t(`parked.reasonName.${reason}`);
}
