import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';

interface ConfirmationProps {
  title: string;
  text: string;
  /** What the button says that does it. */
  action: string;
  opened: boolean;
  close: () => void;
  confirm: () => void;
}

/** Asks before something is done. */
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
