import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Correspondence } from '../../../api.ts';
import { Empty } from '../components/empty.tsx';
import { Time } from '../components/time.tsx';
import { exact } from '../components/times.ts';
import { localized } from '../words/language.ts';
import classes from './conversation.module.css';

type Sent = Correspondence['threads'][number]['sent'][number];

/** Shows the messages that the stage sent to recipients outside the stage, in one thread for each recipient. */
export function Conversation({ none, notice, threads }: Correspondence) {
  const { i18n } = useTranslation();
  return (
    <div className={classes.threads}>
      {notice && (
        <Alert color="orange">{localized(notice.says, { at: exact(Date.parse(notice.at), i18n.language) })}</Alert>
      )}
      {threads.length === 0 && <Empty>{localized(none)}</Empty>}
      {threads.map(({ to, title, sent }) => (
        <section key={to} className={classes.thread} aria-label={localized(title)}>
          <header className={classes.recipient}>{to}</header>
          <ul className={classes.sent}>
            {sent.map((one) => (
              <Bubble key={`${one.at} ${one.body}`} {...one} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Bubble({ body, by, at }: Sent) {
  const { t } = useTranslation();
  return (
    <li>
      <p className={classes.bubble}>{body}</p>
      <p className={classes.caption}>
        <Time at={at} /> {t('aggregates.by', { by })}
      </p>
    </li>
  );
}
