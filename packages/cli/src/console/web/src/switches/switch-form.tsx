import { Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import type { SwitchRequest } from '../../../api.ts';
import { useAbout, useSwitch } from '../api/queries.ts';
import { notifyDone, Problem } from '../components/problem.tsx';
import { useDescriptions } from './descriptions.ts';

/** Either a capability or a profile. */
export type Target = { capability: string } | { profile: string };

interface SwitchFormProps {
  target: Target | undefined;
  close: () => void;
}

/** A form for mode, reason and duration. */
export function SwitchForm({ target, close }: SwitchFormProps) {
  const { t } = useTranslation();
  const titleOf = (target: Target) =>
    'capability' in target ? t('switches.changeTitle', target) : t('switches.profileTitle', target);
  return (
    <Modal
      opened={target !== undefined}
      onClose={close}
      title={target && titleOf(target)}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {target && <Fields target={target} close={close} />}
    </Modal>
  );
}

const HOUR_S = 3_600;

function Fields({ target, close }: { target: Target; close: () => void }) {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const descriptions = useDescriptions();
  const change = useSwitch();
  const form = useForm({
    initialValues: { mode: 'on', why: '', hours: '' as number | '' },
    validate: { why: (why) => (why.trim() === '' ? t('switches.whyNeeded') : null) },
  });
  const modes = 'capability' in target ? ['on', ...(about?.capabilities[target.capability] ?? [])] : [];
  const submit = form.onSubmit(({ mode, why, hours }) => {
    const request: SwitchRequest = {
      ...target,
      ...('capability' in target && { mode }),
      why: why.trim(),
      ...(hours !== '' && { forSeconds: Math.round(hours * HOUR_S) }),
    };
    change.mutate(request, {
      onSuccess: () => {
        notifyDone(t('switches.done'));
        close();
      },
    });
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {'profile' in target && <Text>{descriptions.profile(target.profile)}</Text>}
        {'capability' in target && (
          <Select
            label={t('switches.newMode')}
            description={descriptions.mode(form.values.mode)}
            data={modes}
            allowDeselect={false}
            {...form.getInputProps('mode')}
          />
        )}
        <TextInput label={t('why')} description={t('switches.whyHint')} withAsterisk {...form.getInputProps('why')} />
        <NumberInput
          label={t('switches.hours')}
          description={t('switches.hoursHint')}
          min={0.1}
          max={144}
          step={1}
          {...form.getInputProps('hours')}
        />
        <Problem error={change.error} />
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t('cancel')}
          </Button>
          <Button type="submit" loading={change.isPending}>
            {t('switches.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
