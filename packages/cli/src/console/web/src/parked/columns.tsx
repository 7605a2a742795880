import { Anchor, Badge, Button, Checkbox, Text } from '@mantine/core';
import { createColumnHelper } from '@tanstack/react-table';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { ParkedView } from '../../../api.ts';
import { Time } from '../components/time.tsx';
import type { features } from './features.ts';
import { ReasonName } from './reason-name.tsx';
import { colorOf } from './reasons.ts';

type Column = 'subscriber' | 'aggregate' | 'version' | 'reason' | 'attempts' | 'error' | 'parkedAt' | 'inspect';

/** A heading in the language of the page. */
function Heading({ of }: { of: Column }) {
  const { t } = useTranslation();
  return t(`parked.${of}`);
}

const helper = createColumnHelper<typeof features, ParkedView>();

export const columns = helper.columns([
  helper.display({
    id: 'select',
    header: ({ table }) => (
      <SelectAll
        checked={table.getIsAllPageRowsSelected()}
        indeterminate={table.getIsSomePageRowsSelected()}
        change={(all) => table.toggleAllPageRowsSelected(all)}
      />
    ),
    cell: ({ row }) => (
      <Select
        message={row.original}
        checked={row.getIsSelected()}
        change={(selected) => row.toggleSelected(selected)}
      />
    ),
  }),
  helper.accessor('subscriber', { header: () => <Heading of="subscriber" /> }),
  helper.accessor('aggregateId', {
    header: () => <Heading of="aggregate" />,
    cell: ({ row }) => <Aggregate {...row.original} />,
  }),
  helper.accessor('reason', {
    header: () => <Heading of="reason" />,
    cell: ({ getValue }) => <Reason reason={getValue()} />,
  }),
  helper.accessor('attempts', { header: () => <Heading of="attempts" /> }),
  helper.accessor('parkedAt', {
    header: () => <Heading of="parkedAt" />,
    cell: ({ getValue }) => <Time at={getValue()} />,
  }),
  helper.accessor('error', {
    header: () => <Heading of="error" />,
    cell: ({ getValue }) => <Failure error={getValue() ?? ''} />,
  }),
  helper.display({
    id: 'inspect',
    header: () => <Heading of="inspect" />,
    cell: ({ row, table }) => <Inspect message={row.original} inspect={table.options.meta?.inspect} />,
  }),
]);

interface SelectAllProps {
  checked: boolean;
  indeterminate: boolean;
  change: (all: boolean) => void;
}

function SelectAll({ checked, indeterminate, change }: SelectAllProps) {
  const { t } = useTranslation();
  return (
    <Checkbox
      aria-label={t('parked.selectAll')}
      checked={checked}
      indeterminate={indeterminate && !checked}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}

interface SelectProps {
  message: ParkedView;
  checked: boolean;
  change: (selected: boolean) => void;
}

function Select({ message, checked, change }: SelectProps) {
  const { t } = useTranslation();
  return (
    <Checkbox
      aria-label={t('parked.select', { type: message.type, id: message.aggregateId })}
      checked={checked}
      onChange={(event) => change(event.currentTarget.checked)}
    />
  );
}

/** If a message has no readable aggregate or version, `aggregateId` is the name of its queue, and `version` is 0. */
const Aggregate = ({ aggregateId, version, type }: ParkedView) => (
  <>
    {version === 0 ? (
      <Text size="sm">{aggregateId}</Text>
    ) : (
      <Anchor component={Link} to={`/aggregates/${aggregateId}`} size="sm" ff="monospace" title={aggregateId}>
        …{aggregateId.slice(-12)}
      </Anchor>
    )}
    <Text size="xs" c="dimmed">
      {type} {version > 0 && `v${version}`}
    </Text>
  </>
);

const Reason = ({ reason }: Pick<ParkedView, 'reason'>) => (
  <Badge color={colorOf(reason)} variant="light" tt="none">
    <ReasonName reason={reason} />
  </Badge>
);

const Failure = ({ error }: { error: string }) => (
  <Text size="sm" lineClamp={2} maw={320} title={error}>
    {error}
  </Text>
);

function Inspect({ message, inspect }: { message: ParkedView; inspect: ((message: ParkedView) => void) | undefined }) {
  const { t } = useTranslation();
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => inspect?.(message)}
      aria-label={t('parked.inspectOne', { type: message.type, id: message.aggregateId })}
    >
      {t('parked.inspect')}
    </Button>
  );
}
