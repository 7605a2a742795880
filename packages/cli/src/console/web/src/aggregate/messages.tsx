import { Accordion, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SentMessage } from '../../../api.ts';
import { Empty } from '../components/empty.tsx';
import { Fields } from '../components/fields.tsx';
import { Json } from '../components/json.tsx';
import { Time } from '../components/time.tsx';

/** Shows messages about an aggregate, each with its header and body. */
export function Messages({ messages }: { messages: readonly SentMessage[] }) {
  const { t } = useTranslation();
  if (messages.length === 0) return <Empty>{t('aggregates.noMessages')}</Empty>;
  return (
    <Accordion variant="separated" multiple chevronPosition="left">
      {messages.map(({ at, channel, event }) => (
        <Accordion.Item key={keyOf(channel, event)} value={keyOf(channel, event)}>
          <Accordion.Control>
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {String(event.type)}
              </Text>
              <Text size="sm" c="dimmed">
                {channel} · <Time at={at} />
              </Text>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <Message event={event} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

/**
 * A key that is unique even for two renditions of an event, which may have the same ID. The key is encoded, because an
 * element's `id` contains it, and an `id` must not contain spaces.
 */
const keyOf = (channel: string, { type, id }: SentMessage['event']) => encodeURIComponent(`${channel} ${type} ${id}`);

/** The body of a CloudEvent is `data` or `data_base64`; all other attributes are its header. */
function Message({ event: { data, data_base64, ...header } }: Pick<SentMessage, 'event'>) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600}>
        {t('aggregates.header')}
      </Text>
      <Fields label={t('aggregates.header')} of={header} verticalSpacing={2} withRowBorders={false} />
      <Text size="sm" fw={600}>
        {t('aggregates.body')}
      </Text>
      <Json value={data ?? data_base64 ?? null} label={t('aggregates.body')} />
    </Stack>
  );
}
