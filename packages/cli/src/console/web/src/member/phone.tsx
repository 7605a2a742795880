import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { MemberView } from '../../../api.ts';
import { Empty } from '../shown/empty.tsx';
import { useTime } from '../shown/times.ts';
import classes from './phone.module.css';

type Text = MemberView['texts'][number];

/** The texts as the member sees them: a phone for each number; and whether they want any. */
export function Phone({ texts, optedOut }: Pick<MemberView, 'texts' | 'optedOut'>) {
  const { t } = useTranslation();
  const time = useTime();
  const phones = Map.groupBy(texts, ({ to }) => to);
  return (
    <div className={classes.phones}>
      {optedOut && (
        <Alert color="orange">{t('members.optedOut', { since: time(optedOut.since), by: optedOut.by })}</Alert>
      )}
      {texts.length === 0 && <Empty>{t('members.noTexts')}</Empty>}
      {[...phones].map(([to, received]) => (
        <section key={to} className={classes.phone} aria-label={t('members.phoneOf', { to })}>
          <header className={classes.number}>{to}</header>
          <ul className={classes.texts}>
            {received.map((text) => (
              <Bubble key={`${text.at} ${text.text}`} {...text} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Bubble({ text, provider, at }: Text) {
  const { t } = useTranslation();
  const time = useTime();
  return (
    <li>
      <p className={classes.bubble}>{text}</p>
      <p className={classes.caption}>
        {time(at)} {t('members.by', { provider })}
      </p>
    </li>
  );
}
