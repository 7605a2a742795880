import { describe, expect, it } from 'vitest';
import asyncapi from '../../docs/api/asyncapi.json' with { type: 'json' };
import openapi from '../../docs/api/openapi.json' with { type: 'json' };
import { asyncapiPage } from '../../ops/docs/asyncapi.ts';
import { commandsPage } from '../../ops/docs/commands.ts';
import { openapiPage } from '../../ops/docs/openapi.ts';
import { cell, table, typeOf } from '../../ops/docs/schema.ts';
import { settingsPage } from '../../ops/docs/settings.ts';

describe('the reference has', () => {
  it('each operation and schema of the REST API', () => {
    const page = openapiPage();
    const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'parameters')
        .map((method) => `### \`${method.toUpperCase()} ${path}\``),
    );
    expect(page).toMatch(/### `GET \/v1\/members\/\{id\}`[^#]*\| `id` \| path \|/);
    expect(operations.length).toBeGreaterThan(10);
    const schemas = Object.keys(openapi.components.schemas).map((name) => `### ${name}`);
    expect([...operations, ...schemas].filter((heading) => !page.includes(`\n${heading}\n`))).toEqual([]);
  });

  it('each channel and message', () => {
    const page = asyncapiPage();
    for (const { title } of Object.values(asyncapi.channels)) expect(page).toContain(`\n### ${title}\n`);
    for (const { name } of Object.values(asyncapi.components.messages)) expect(page).toContain(`\n### \`${name}\` {#`);
    expect(page).toContain('| `correlationid` | string |');
  });

  it('each setting of a stage with its type, default and comment', () => {
    const page = settingsPage();
    expect(page).toMatch(/\| `keepData` \| boolean \| `false` \| \w+/);
    expect(page).toContain('| `sms.timeoutMs` | integer, at least 100, at most 5000 |');
    expect(page).toMatch(/\| `throttling\.waitsPerSecond` \| integer, at least 3 \| {2}\| \w+/);
  });

  it('each command of the command line, with its options', () => {
    const page = commandsPage();
    for (const command of ['rollcall new app', 'rollcall start', 'rollcall ops parked redrive', 'rollcall ops doctor'])
      expect(page).toContain(`\n## \`${command}\`\n`);
    expect(page).toContain('--errors');
  });
});

describe('a table of a schema', () => {
  it('shows nested properties and allowed values', () => {
    const nested = { properties: { name: { type: 'string', maxLength: 9 } }, required: ['name'] };
    expect(
      table({ properties: { member: nested } })
        .split('\n')
        .slice(2, 4),
    ).toEqual(['| `member` | anything | no |  |', '| `member.name` | string, at most 9 characters | yes |  |']);
    expect(typeOf({ anyOf: [{ const: 'all' }, { items: { enum: ['ES', 'PT'] } }] })).toBe(
      '`all` or list of `ES` or `PT`',
    );
  });

  it('escapes the syntax of Markdown and Vue', () => {
    expect(cell('a | b <T> {{ x }} `{y}`')).toBe('a \\| b &#60;T&#62; &#123;&#123; x &#125;&#125; `{y}`');
  });
});
