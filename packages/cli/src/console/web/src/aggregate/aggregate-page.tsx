import { Anchor, Grid, Skeleton, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useAggregate } from '../api/queries.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { localized } from '../words/language.ts';
import { Conversation } from './conversation.tsx';
import { Holdings } from './holdings.tsx';
import { Messages } from './messages.tsx';
import { Timeline } from './timeline.tsx';

export default function AggregatePage() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const { data: view, error, refetch } = useAggregate(id);
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Anchor component={Link} to="/aggregates" size="sm">
          {t('aggregates.back')}
        </Anchor>
        <PageTitle>{t('aggregates.one', { id })}</PageTitle>
      </Stack>
      <Problem error={error} retry={() => void refetch()} />
      {!view && !error && <Skeleton h={320} />}
      {view && (
        <>
          <Grid>
            <Grid.Col span={{ base: 12, lg: 'auto' }}>
              <Section title={t('aggregates.timeline')}>
                <Timeline spans={view.spans} />
              </Section>
            </Grid.Col>
            {view.sent && (
              <Grid.Col span={{ base: 12, lg: 'content' }} miw={300}>
                <Section title={localized(view.sent.title)}>
                  <Conversation {...view.sent} />
                </Section>
              </Grid.Col>
            )}
          </Grid>
          <Section title={t('aggregates.messages')}>
            <Messages messages={view.messages} />
          </Section>
          <Section title={t('aggregates.holdings')}>
            <Holdings holdings={view.holdings} />
          </Section>
        </>
      )}
    </Stack>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section aria-label={title}>
    <Title order={2} size="h4" mb="xs">
      {title}
    </Title>
    {children}
  </section>
);
