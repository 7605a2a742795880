import { Alert, Code, List, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SpanView } from '../../../../stage/traces.ts';
import { duration } from '../components/times.ts';
import classes from './timeline.module.css';

interface SpanDetailsProps {
  id: string;
  span: SpanView;
  all: readonly SpanView[];
  startMs: number;
}

/** Shows the attributes of one step and its linked spans. */
export function SpanDetails({ id, span, all, startMs }: SpanDetailsProps) {
  const { t } = useTranslation();
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  const attributes = Object.entries(span.attributes);
  return (
    <Stack id={id} gap="xs" className={classes.details}>
      {span.error !== undefined && <Alert color="red">{span.error}</Alert>}
      <Text size="sm">
        {t('aggregates.start')}: +{duration(span.startMs - startMs)} · {t('aggregates.duration')}:{' '}
        {duration(span.durationMs)} · {span.kind} · {span.function}
        {parent && ` · ${t('aggregates.parent')}: ${parent.service} ${parent.name}`}
      </Text>
      {attributes.length > 0 && (
        <Table
          aria-label={t('aggregates.attributes')}
          verticalSpacing={2}
          withRowBorders={false}
          className={classes.attributes ?? ''}
        >
          <Table.Tbody>
            {attributes.map(([name, value]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td>{String(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Related links={span.links} all={all} />
      <Text size="xs" c="dimmed">
        trace <Code>{span.traceId}</Code> span <Code>{span.spanId}</Code>
      </Text>
    </Stack>
  );
}

function Related({ links, all }: Pick<SpanView, 'links'> & { all: readonly SpanView[] }) {
  const { t } = useTranslation();
  if (links.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={600}>
        {t('aggregates.related')}
      </Text>
      <List size="sm">
        {links.map(({ traceId, spanId }) => {
          const related = all.find((span) => span.spanId === spanId && span.traceId === traceId);
          return (
            <List.Item key={`${traceId} ${spanId}`}>
              {related ? `${related.service} ${related.name}` : `${t('aggregates.elsewhere')} ${traceId}`}
            </List.Item>
          );
        })}
      </List>
    </div>
  );
}
