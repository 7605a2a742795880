import { Badge, Paper, SegmentedControl, Stack, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AggregateView } from '../../../api.ts';
import { Empty } from '../components/empty.tsx';
import { Fields } from '../components/fields.tsx';
import { Json } from '../components/json.tsx';

/** Shows the stored data of an aggregate, by service. */
export function Holdings({ holdings }: Pick<AggregateView, 'holdings'>) {
  const { t } = useTranslation();
  const [form, setForm] = useState('table');
  const services = Object.entries(holdings);
  const [first] = services;
  if (!first) return <Empty>{t('aggregates.nothingHeld')}</Empty>;
  return (
    <Tabs defaultValue={first[0]}>
      <Tabs.List aria-label={t('aggregates.holdings')}>
        {services.map(([service, items]) => (
          <Tabs.Tab
            key={service}
            value={service}
            rightSection={
              <Badge size="sm" variant="default">
                {items.length}
              </Badge>
            }
          >
            {service}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {services.map(([service, items]) => (
        <Tabs.Panel key={service} value={service} pt="xs">
          <Stack gap="xs" align="stretch">
            <SegmentedControl
              size="xs"
              style={{ alignSelf: 'start' }}
              aria-label={t('flow.view')}
              value={form}
              onChange={setForm}
              data={[
                { value: 'table', label: t('aggregates.asTable') },
                { value: 'json', label: t('aggregates.asJson') },
              ]}
            />
            {items.length === 0 && <Text c="dimmed">{t('aggregates.holdsNothing')}</Text>}
            {form === 'json' ? (
              <Json value={items} label={service} />
            ) : (
              items.map((item) => (
                <Paper key={JSON.stringify(item)} withBorder>
                  <Fields label={service} of={item} verticalSpacing={4} />
                </Paper>
              ))
            )}
          </Stack>
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
