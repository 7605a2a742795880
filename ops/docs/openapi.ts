import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../docs/.vitepress/pages.ts';
import { cell, type Schema, table, typeOf } from './schema.ts';

interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Operation {
  summary: string;
  description?: string;
  security?: Array<Record<string, unknown>>;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { $ref?: string; description?: string; content?: Record<string, { schema: Schema }> }>;
}

interface Document {
  info: { version: string; description: string };
  paths: Record<string, { parameters?: Parameter[] } & { [method: string]: unknown }>;
  security: Array<Record<string, unknown>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, Parameter> };
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const schemaOf = (content: Record<string, { schema: Schema }> | undefined): Schema | undefined =>
  Object.values(content ?? {})[0]?.schema;

function parametersOf({ parameters = [] }: Operation, all: Document['components']['parameters']): string[] {
  if (parameters.length === 0) return [];
  const rows = parameters.map((one) => {
    const {
      name,
      in: where,
      required,
      schema,
      description = '',
    } = one.$ref ? (all[one.$ref.split('/').at(-1) ?? ''] ?? one) : one;
    return `| \`${name}\` | ${where} | ${cell(typeOf(schema))} | ${required ? 'yes' : 'no'} | ${cell(description)} |`;
  });
  return ['| parameter | in | type | required | meaning |', '| --- | --- | --- | --- | --- |', ...rows, ''];
}

function operation(method: string, path: string, one: Operation, { components, security }: Document): string {
  const body = schemaOf(one.requestBody?.content);
  const schemes = (one.security ?? security).flatMap((scheme) => Object.keys(scheme));
  const responses = Object.entries(one.responses).map(([status, { description = '', content }]) => {
    const schema = schemaOf(content);
    return `| ${status} | ${cell(description)} | ${schema ? cell(typeOf(schema)) : ''} |`;
  });
  return [
    `### \`${method.toUpperCase()} ${path}\`\n`,
    `${one.summary}. ${one.description ?? ''}\n`,
    `Access: ${schemes.length > 0 ? schemes.join(' or ') : 'public'}.\n`,
    ...parametersOf(one, components.parameters),
    ...(body ? [`Body: ${typeOf(body)}\n`] : []),
    '| status | meaning | body |',
    '| --- | --- | --- |',
    ...responses,
    '',
  ].join('\n');
}

/** Renders the page of the REST API from `docs/api/openapi.json`. */
export function openapiPage(): string {
  const document = JSON.parse(readFileSync(join(ROOT, 'docs/api/openapi.json'), 'utf8')) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, { parameters = [], ...methods }]) =>
    METHODS.flatMap((method) => {
      const one = (methods as Record<string, Operation | undefined>)[method];
      if (!one) return [];
      const all = { ...one, parameters: [...parameters, ...(one.parameters ?? [])] };
      return [operation(method, path, all, document)];
    }),
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${schema.description ? `${cell(schema.description)}\n\n` : ''}${table(schema)}`,
  );
  return [
    '# REST API\n',
    `Version ${document.info.version}. ${cell(document.info.description)}\n`,
    '## Operations\n',
    ...operations,
    '## Schemas\n',
    ...schemas,
  ].join('\n');
}
