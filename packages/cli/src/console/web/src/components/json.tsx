import { Box, Code, CopyButton, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './json.module.css';

/** Shows a value as indented JSON. A text that contains JSON is indented, too. */
export function Json({ value, label }: { value: unknown; label: string }) {
  const { t } = useTranslation();
  const text = asText(value);
  return (
    <Box pos="relative">
      <Code block tabIndex={0} role="group" aria-label={label} className={classes.code}>
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <UnstyledButton className={classes.copy} onClick={copy}>
            {copied ? t('copy.done') : t('copy.do')}
          </UnstyledButton>
        )}
      </CopyButton>
    </Box>
  );
}

function asText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
