import { Alert, Badge, Button, Drawer, Group, Modal, Stack, Table, Text, Textarea } from '@mantine/core';
import { useForm } from '@mantine/form';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParkedView } from '../../../api.ts';
import { useDiscard } from '../api/queries.ts';
import { Json } from '../components/json.tsx';
import { notifyDone, Problem } from '../components/problem.tsx';
import { Time } from '../components/time.tsx';
import { colorOf } from './reasons.ts';

/** Shows the details of one parked message, with a button to discard it. */
export function Inspection({ message, close }: { message: ParkedView | undefined; close: () => void }) {
  const { t } = useTranslation();
  const [discarding, setDiscarding] = useState(false);
  return (
    <>
      <Drawer
        opened={message !== undefined}
        onClose={close}
        position="right"
        size="lg"
        title={message?.type}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        {message && <Facts message={message} discard={() => setDiscarding(true)} />}
      </Drawer>
      <Modal
        opened={discarding && message !== undefined}
        onClose={() => setDiscarding(false)}
        title={t('parked.discardTitle')}
        closeButtonProps={{ 'aria-label': t('close') }}
      >
        {message && (
          <DiscardForm
            message={message}
            cancel={() => setDiscarding(false)}
            done={() => {
              setDiscarding(false);
              close();
            }}
          />
        )}
      </Modal>
    </>
  );
}

function Facts({ message, discard }: { message: ParkedView; discard: () => void }) {
  const { t } = useTranslation();
  const facts: Array<[string, ReactNode]> = [
    [t('parked.subscriber'), message.subscriber],
    [t('parked.aggregate'), message.aggregateId],
    [t('parked.version'), message.version],
    [t('parked.messageId'), message.messageId],
    [t('parked.parkedAt'), <Time key="parkedAt" at={message.parkedAt} />],
    [t('parked.attempts'), message.attempts],
  ];
  return (
    <Stack>
      <Group gap="xs">
        <Badge color={colorOf(message.reason)} variant="light" tt="none">
          {t(`parked.reasonName.${message.reason}`)}
        </Badge>
        <Text size="sm">{t(`parked.reasonText.${message.reason}`)}</Text>
      </Group>
      {message.error !== undefined && (
        <Alert color="red" title={t('parked.error')} style={{ overflowWrap: 'anywhere' }}>
          {message.error}
        </Alert>
      )}
      <Table verticalSpacing={2} withRowBorders={false} style={{ overflowWrap: 'anywhere' }}>
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w="30%">
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Json value={message.body} label={t('parked.body')} />
      <Group justify="end">
        <Button color="red" variant="outline" onClick={discard}>
          {t('parked.discard')}
        </Button>
      </Group>
    </Stack>
  );
}

interface DiscardFormProps {
  message: ParkedView;
  cancel: () => void;
  done: () => void;
}

function DiscardForm({ message, cancel, done }: DiscardFormProps) {
  const { t } = useTranslation();
  const discard = useDiscard();
  const form = useForm({
    initialValues: { because: '' },
    validate: { because: (because) => (because.trim() === '' ? t('parked.becauseNeeded') : null) },
  });
  const { subscriber, aggregateId, version, messageId } = message;
  const submit = form.onSubmit(({ because }) =>
    discard.mutate(
      { subscriber, aggregateId, version, messageId, because: because.trim() },
      {
        onSuccess: () => {
          notifyDone(t('parked.discarded'));
          done();
        },
      },
    ),
  );
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text style={{ overflowWrap: 'anywhere' }}>
          {t('parked.discardLead', { subscriber, version, id: aggregateId })}
        </Text>
        <Textarea
          label={t('parked.because')}
          description={t('parked.becauseHint')}
          withAsterisk
          autosize
          minRows={2}
          data-autofocus
          {...form.getInputProps('because')}
        />
        <Problem error={discard.error} />
        <Group justify="end">
          <Button variant="default" onClick={cancel}>
            {t('cancel')}
          </Button>
          <Button color="red" type="submit" loading={discard.isPending}>
            {t('parked.discard')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
