import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface ConfirmationProps {
  title: string;
  text: string;
  /** Label of the button that confirms. */
  action: string;
  opened: boolean;
  close: () => void;
  confirm: () => void;
}

/** Asks for confirmation of an action. */
export function Confirmation({ title, text, action, opened, close, confirm }: ConfirmationProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack>
        <Text>{text}</Text>
        <Group justify="end">
          <Button variant="default" onClick={close}>
            {t('cancel')}
          </Button>
          <Button onClick={confirm}>{action}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
