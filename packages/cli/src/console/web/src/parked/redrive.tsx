import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParkedView, RedriveRequest } from '../../../api.ts';
import { RedriveOutcome } from './redrive-outcome.tsx';
import { useRedrive } from './use-redrive.ts';

interface RedriveProps {
  /** The subscriber that the filter selects. */
  subscriber: string | undefined;
  selected: readonly ParkedView[];
}

/** Buttons that redrive the aggregates of the selected messages, or all aggregates of a subscriber. */
export function Redrive({ subscriber, selected }: RedriveProps) {
  const { t } = useTranslation();
  const [request, setRequest] = useState<RedriveRequest>();
  const subscribers = new Set(selected.map(({ subscriber }) => subscriber));
  const [only] = subscribers;
  const hint = subscribers.size > 1 ? t('parked.oneSubscriber') : subscriber ? undefined : t('parked.chooseSubscriber');
  const requestSelected = () =>
    only !== undefined &&
    setRequest({ subscriber: only, aggregateIds: [...new Set(selected.map(({ aggregateId }) => aggregateId))] });
  return (
    <Stack gap={4} align="end">
      <Group gap="xs">
        <Button variant="default" disabled={subscribers.size !== 1} onClick={requestSelected}>
          {t('parked.redriveSelected', { count: selected.length })}
        </Button>
        <Button disabled={!subscriber} onClick={() => subscriber && setRequest({ subscriber })}>
          {t('parked.redriveAll', { subscriber: subscriber ?? '…' })}
        </Button>
      </Group>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
      <RedriveModal request={request} close={() => setRequest(undefined)} />
    </Stack>
  );
}

function RedriveModal({ request, close }: { request: RedriveRequest | undefined; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={request !== undefined}
      onClose={close}
      title={t('parked.redriveTitle', { subscriber: request?.subscriber ?? '' })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {request && <RedriveForm request={request} close={close} />}
    </Modal>
  );
}

function RedriveForm({ request, close }: { request: RedriveRequest; close: () => void }) {
  const { t } = useTranslation();
  const [release, setRelease] = useState(false);
  const { progress, error, isPending, begin } = useRedrive();
  const hasStarted = isPending || progress !== undefined;
  return (
    <Stack>
      <Text>{t('parked.canary')}</Text>
      <Text>
        {request.aggregateIds
          ? t('parked.scopeSelected', { count: request.aggregateIds.length })
          : t('parked.scopeAll')}
      </Text>
      <Checkbox
        label={t('parked.release')}
        checked={release}
        disabled={hasStarted}
        onChange={(event) => setRelease(event.currentTarget.checked)}
      />
      <RedriveOutcome progress={progress} error={error} />
      <Group justify="end">
        <Button variant="default" onClick={close}>
          {t(hasStarted ? 'close' : 'cancel')}
        </Button>
        {!progress?.finished && (
          <Button loading={isPending} onClick={() => begin({ ...request, ...(release && { release }) })}>
            {t('parked.begin')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
