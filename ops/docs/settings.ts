import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stageSettings } from '@rollcall/cdk';
import * as z from 'zod';
import { ROOT } from '../../docs/.vitepress/pages.ts';
import { settings } from '../../infra/stages.ts';
import { cell, rowsOf, type Schema, typeOf } from './schema.ts';

/** The settings that only the member application has. */
const APPLICATION_SETTINGS = ['registrations', 'registrationBonus', 'sms', 'phonesRememberedDays'];

/** Reads the comments of settings from the sources of their schemas, by name of the setting. */
function commentsIn(...files: string[]): ReadonlyMap<string, string> {
  const text = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  const found = text.matchAll(
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+):\s*(?:z|rate|perSecond|registration|tokenScopes)/g,
  );
  return new Map([...found].map(([, comment = '', name = '']) => [name, comment.replaceAll(/^\s*\*/gm, '').trim()]));
}

function section(schema: Schema, comments: ReadonlyMap<string, string>): string {
  const rows = rowsOf(schema).map(({ path, schema: one }) => {
    const name = path.split('.').at(-1) ?? '';
    const value = one.default === undefined ? '' : `\`${JSON.stringify(one.default)}\``;
    return `| \`${path}\` | ${cell(typeOf(one))} | ${cell(value)} | ${cell(comments.get(name) ?? '')} |`;
  });
  return ['| setting | type | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

/** Renders the page of a stage's settings from their schemas. */
export function settingsPage(): string {
  const stage = schemaOf(stageSettings);
  const all = schemaOf(settings);
  const { throttling } = all.properties ?? {};
  const applicationSettings = Object.fromEntries(
    APPLICATION_SETTINGS.map((name) => [name, all.properties?.[name] ?? {}]),
  );
  return [
    '# Settings of a stage\n',
    'If a setting is unknown, of another type, or missing although it has no default, the synthesis of the app fails with an error that names the setting.\n',
    '## Settings of any app\n',
    'Each setting has a default, so `{}` is a valid stage.\n',
    section(stage, commentsIn('packages/cdk/src/stage.ts')),
    '## Settings of the member application\n',
    'The values of these settings are in `infra/stages.ts`.\n',
    section(
      { properties: { throttling: throttling ?? {}, ...applicationSettings } },
      commentsIn(
        ...['registration-limits', 'registration-bonus', 'sms-settings'].map((name) => `shared/config/${name}.ts`),
        'infra/stages.ts',
      ),
    ),
  ].join('\n');
}
