import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParkedView, RedriveRequest } from '../../../api.ts';
import { RedriveOutcome } from './redrive-outcome.tsx';
import { useRedrive } from './use-redrive.ts';

interface RedriveProps {
  /** The subscriber by which the list is filtered. */
  subscriber: string | undefined;
  selected: readonly ParkedView[];
}

/** Buttons to redrive the selected messages, or all of a subscriber. */
export function Redrive({ subscriber, selected }: RedriveProps) {
  const { t } = useTranslation();
  const [asked, ask] = useState<RedriveRequest>();
  const subscribers = new Set(selected.map(({ subscriber }) => subscriber));
  const [only] = subscribers;
  const hint = subscribers.size > 1 ? t('parked.oneSubscriber') : subscriber ? undefined : t('parked.chooseSubscriber');
  const askSelected = () =>
    only !== undefined &&
    ask({ subscriber: only, aggregateIds: [...new Set(selected.map(({ aggregateId }) => aggregateId))] });
  return (
    <Stack gap={4} align="end">
      <Group gap="xs">
        <Button variant="default" disabled={subscribers.size !== 1} onClick={askSelected}>
          {t('parked.redriveSelected', { count: selected.length })}
        </Button>
        <Button disabled={!subscriber} onClick={() => subscriber && ask({ subscriber })}>
          {t('parked.redriveAll', { subscriber: subscriber ?? '…' })}
        </Button>
      </Group>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
      <RedriveModal asked={asked} close={() => ask(undefined)} />
    </Stack>
  );
}

function RedriveModal({ asked, close }: { asked: RedriveRequest | undefined; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={t('parked.redriveTitle', { subscriber: asked?.subscriber ?? '' })}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {asked && <RedriveForm asked={asked} close={close} />}
    </Modal>
  );
}

function RedriveForm({ asked, close }: { asked: RedriveRequest; close: () => void }) {
  const { t } = useTranslation();
  const [release, setRelease] = useState(false);
  const { progress, error, isPending, begin } = useRedrive();
  const begun = isPending || progress !== undefined;
  return (
    <Stack>
      <Text>{t('parked.canary')}</Text>
      <Text>
        {asked.aggregateIds ? t('parked.scopeSelected', { count: asked.aggregateIds.length }) : t('parked.scopeAll')}
      </Text>
      <Checkbox
        label={t('parked.release')}
        checked={release}
        disabled={begun}
        onChange={(event) => setRelease(event.currentTarget.checked)}
      />
      <RedriveOutcome progress={progress} error={error} />
      <Group justify="end">
        <Button variant="default" onClick={close}>
          {t(begun ? 'close' : 'cancel')}
        </Button>
        {!progress?.finished && (
          <Button loading={isPending} onClick={() => begin({ ...asked, ...(release && { release }) })}>
            {t('parked.begin')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
