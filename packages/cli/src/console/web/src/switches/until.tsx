import { Trans } from 'react-i18next';
import { Time } from '../components/time.tsx';

/** Shows when a switch ends or ended. */
export const Until = ({ at }: { at: string }) => (
  <Trans
    i18nKey={Date.parse(at) > Date.now() ? 'switches.ends' : 'switches.ended'}
    components={{ at: <Time at={at} /> }}
  />
);
