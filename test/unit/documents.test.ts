import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { problem, problemOf } from '@rollcall/kit/internal/contracts/problem';
import { createMessage, encodeMessage, readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { documents, FOLDER, ROOT } from '../../ops/contracts/documents.ts';
import { api, schemas } from '../../shared/contracts/api.ts';
import { channels } from '../../shared/contracts/channels.ts';
import { inEveryFormat } from '../../shared/contracts/every-format.ts';
import { type ProblemCode, problems } from '../../shared/contracts/problem.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { TIME } from '../support/builders.ts';

const today = documents();
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const messages = channels.flatMap((channel) => channel.messages);

describe('the documents in docs/api', () => {
  it.each([...today])('%s matches the contracts; otherwise, run npm run contracts', (path, content) => {
    expect(read(path)).toBe(content);
  });

  it('exist only for current messages', () => {
    const files = readdirSync(join(ROOT, FOLDER, 'messages')).map((file) => `${FOLDER}/messages/${file}`);
    expect(files.filter((file) => !today.has(file))).toEqual([]);
  });

  it('are valid OpenAPI, by the rules that Redocly recommends', async () => {
    const config = await createConfig({ extends: ['recommended'], rules: { 'no-server-example.com': 'off' } });
    const found = await lintFromString({ source: read(`${FOLDER}/openapi.json`), config });
    expect(found.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  it('are valid AsyncAPI', async () => {
    const { document, diagnostics } = await new Parser().parse(read(`${FOLDER}/asyncapi.json`));
    expect(diagnostics.filter(({ severity }) => severity < 2)).toEqual([]);
    expect(document?.channels().length).toBe(channels.length);
  });
});

const examplesOf = (schema: z.ZodType) => (z.globalRegistry.get(schema)?.examples ?? []) as unknown[];

describe('the contracts', () => {
  const described: Array<[string, z.ZodType]> = [
    ...Object.entries(schemas),
    ['Problem', problem],
    ...(Object.keys(problems) as ProblemCode[]).map((code): [string, z.ZodType] => [
      code,
      problemOf(code, problems[code]),
    ]),
    ...messages.map(({ type, data }): [string, z.ZodType] => [type, data]),
  ];

  it.each(described)('%s has a description and valid examples', (_, schema) => {
    expect(z.globalRegistry.get(schema)?.description).toMatch(/\w+/);
    expect(examplesOf(schema)).not.toEqual([]);
    for (const example of examplesOf(schema)) expect(schema.parse(example)).toMatchObject(example as object);
  });

  it('describe every route', () => {
    expect(Object.keys(api).toSorted()).toEqual(Object.keys(routes).toSorted());
  });

  it.each(messages)('$type names the field of its data that is its subject', ({ data, subjectField }) => {
    for (const example of examplesOf(data)) expect(example).toHaveProperty(String(subjectField));
  });

  it.each(messages.map(inEveryFormat))('$type has the same content in Protocol Buffers, XML and Avro', (contract) => {
    const formats = (contract.formats ?? []).map(({ mediaType }) => mediaType);
    expect(formats).toContain('application/xml');
    for (const format of formats) {
      for (const data of examplesOf(contract.data)) {
        const subject = (data as { memberId: string }).memberId;
        const input = { id: '1', source: '/test', subject, version: 1, time: TIME, data, format };
        const message = createMessage(contract, input as never);
        const body = encodeMessage(contract, message as never);
        expect(JSON.parse(body).data).not.toEqual(data);
        expect(readMessage(readEnvelope(body), [contract])).toEqual(message);
      }
    }
  });
});
