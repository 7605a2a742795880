import { Alert, Anchor, Button, Group, Paper, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Registered, RegisterRequest } from '../../../api.ts';
import { ProblemError, send } from '../api/client.ts';
import { useAbout } from '../api/queries.ts';
import { Problem } from '../shown/problem.tsx';
import { BurstButton, BurstProgress } from './burst.tsx';
import classes from './register.module.css';
import { locales, sampleMember } from './sample-member.ts';

/** For a first look: one member, or a hundred at once. */
export function Register() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  // Elsewhere members are people, and a text would reach one.
  if (!about?.registers) return null;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="register">
      <Stack gap="xs">
        <Group gap="sm" align="baseline">
          <Title order={2} size="h4" id="register">
            {t('register.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('register.lead')}
          </Text>
        </Group>
        <RegisterForm />
        <BurstProgress />
      </Stack>
    </Paper>
  );
}

function RegisterForm() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm<RegisterRequest>({ mode: 'controlled', initialValues: sampleMember() });
  const register = useMutation({
    mutationFn: (request: RegisterRequest) => send<Registered>('POST', '/register', request),
    onSuccess: () => {
      form.setValues(sampleMember());
      void client.invalidateQueries({ queryKey: ['members'], exact: true });
    },
    onError: (error) => {
      if (!(error instanceof ProblemError)) return;
      form.setErrors(error.code === 'phone-taken' ? { phone: t('register.phoneTaken') } : error.fields);
    },
  });
  const unexplained = register.error && Object.keys(form.errors).length === 0 ? register.error : null;

  return (
    <>
      <form
        className={classes.form}
        noValidate
        aria-labelledby="register"
        onSubmit={form.onSubmit((request) => register.mutate(request))}
      >
        <TextInput label={t('register.phone')} type="tel" autoComplete="off" {...form.getInputProps('phone')} />
        <TextInput label={t('register.name')} autoComplete="off" {...form.getInputProps('name')} />
        <Select label={t('register.locale')} data={locales} allowDeselect={false} {...form.getInputProps('locale')} />
        <Button type="submit" loading={register.isPending} className={classes.button ?? ''}>
          {t('register.do')}
        </Button>
        <BurstButton className={classes.button ?? ''} />
      </form>
      <Problem error={unexplained} />
      {register.data && <Done id={register.data.id} />}
    </>
  );
}

function Done({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Alert color="teal" py="xs" role="status">
      <Group gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {t('register.done', { id })}
        </Text>
        <Anchor component={Link} to={`/members/${id}`} size="sm" fw={600} underline="always">
          {t('register.see')}
        </Anchor>
      </Group>
    </Alert>
  );
}
