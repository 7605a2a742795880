import { Anchor, Grid, Skeleton, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useMember } from '../api/queries.ts';
import { PageTitle } from '../shown/page-title.tsx';
import { Problem } from '../shown/problem.tsx';
import { Holdings } from './holdings.tsx';
import { Messages } from './messages.tsx';
import { Phone } from './phone.tsx';
import { TimeLine } from './time-line.tsx';

export default function MemberPage() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const { data: member, error, refetch } = useMember(id);
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        <Anchor component={Link} to="/members" size="sm">
          {t('members.back')}
        </Anchor>
        <PageTitle>{t('members.member', { id })}</PageTitle>
      </Stack>
      <Problem error={error} again={() => void refetch()} />
      {!member && !error && <Skeleton h={320} />}
      {member && (
        <>
          <Grid>
            <Grid.Col span={{ base: 12, lg: 'auto' }}>
              <Section title={t('members.timeline')}>
                <TimeLine spans={member.spans} />
              </Section>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 'content' }} miw={300}>
              <Section title={t('members.texts')}>
                <Phone texts={member.texts} {...(member.optedOut && { optedOut: member.optedOut })} />
              </Section>
            </Grid.Col>
          </Grid>
          <Section title={t('members.messages')}>
            <Messages messages={member.messages} />
          </Section>
          <Section title={t('members.holdings')}>
            <Holdings holdings={member.holdings} />
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
