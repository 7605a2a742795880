import { Alert, Anchor, Button, Group, Paper, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Created, CreateForm, FormField } from '../../../api.ts';
import { get, ProblemError, send } from '../api/client.ts';
import { useAbout, useSample } from '../api/queries.ts';
import { Problem } from '../components/problem.tsx';
import { localized } from '../words/language.ts';
import { BurstButton, BurstProgress } from './burst.tsx';
import classes from './create.module.css';

type Values = Record<string, string>;

/** A form that creates one aggregate, or a hundred at once. */
export function Create() {
  useTranslation();
  const { data: about } = useAbout();
  const { data: sample, error } = useSample();
  if (!about?.form) return null;
  const { title, lead } = about.form;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="create">
      <Stack gap="xs">
        <Group gap="sm" align="baseline">
          <Title order={2} size="h4" id="create">
            {localized(title)}
          </Title>
          <Text size="sm" c="dimmed">
            {localized(lead)}
          </Text>
        </Group>
        <Problem error={error} />
        {sample && <Form definition={about.form} sample={sample} />}
        <BurstProgress accepted={about.form.accepted} />
      </Stack>
    </Paper>
  );
}

function Form({ definition, sample }: { definition: CreateForm; sample: Values }) {
  const { data: about } = useAbout();
  const client = useQueryClient();
  const form = useForm<Values>({ mode: 'controlled', initialValues: sample });
  const create = useMutation({
    mutationFn: (values: Values) => send<Created>('POST', '/create', values),
    onSuccess: async () => {
      void client.invalidateQueries({ queryKey: ['aggregates'], exact: true });
      form.setValues(await get<Values>('/sample'));
    },
    onError: (error) => {
      if (!(error instanceof ProblemError)) return;
      const problem = definition.problems?.[error.code];
      form.setErrors(problem ? { [problem.field]: localized(problem.says) } : error.fields);
    },
  });
  const otherError = create.error && Object.keys(form.errors).length === 0 ? create.error : null;

  return (
    <>
      <form
        className={classes.form}
        noValidate
        aria-labelledby="create"
        onSubmit={form.onSubmit((values) => create.mutate(values))}
      >
        {definition.fields.map((field) => (
          <Field key={field.name} field={field} input={form.getInputProps(field.name)} />
        ))}
        <Button type="submit" loading={create.isPending} className={classes.button ?? ''}>
          {localized(definition.submit)}
        </Button>
        {about?.bursts && <BurstButton many={definition.many} className={classes.button ?? ''} />}
      </form>
      <Problem error={otherError} />
      {create.data && <Done id={create.data.id} done={definition.done} />}
    </>
  );
}

function Field({ field: { label, type, options }, input }: { field: FormField; input: object }) {
  if (options) return <Select label={localized(label)} data={[...options]} allowDeselect={false} {...input} />;
  return <TextInput label={localized(label)} type={type ?? 'text'} autoComplete="off" {...input} />;
}

function Done({ id, done }: { id: string } & Pick<CreateForm, 'done'>) {
  const { t } = useTranslation();
  return (
    <Alert color="teal" py="xs" role="status">
      <Group gap="xs">
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          {localized(done, { id })}
        </Text>
        <Anchor component={Link} to={`/aggregates/${id}`} size="sm" fw={600} underline="always">
          {t('create.see')}
        </Anchor>
      </Group>
    </Alert>
  );
}
