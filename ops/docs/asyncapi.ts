import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../docs/.vitepress/pages.ts';
import { cell, type Schema, table } from './schema.ts';

interface Message {
  name: string;
  summary: string;
  tags?: Array<{ name: string }>;
  payload: Schema;
}

interface Channel {
  address: string;
  title: string;
  description: string;
  messages: Record<string, { $ref: string }>;
}

interface Document {
  info: { version: string; description: string };
  channels: Record<string, Channel>;
  components: { messages: Record<string, Message> };
}

const channel = (one: Channel, messages: Record<string, Message>): string =>
  [
    `### ${one.title}\n`,
    `${cell(one.description)} Address: \`${one.address}\`.\n`,
    ...Object.keys(one.messages).map((key) => `- [\`${messages[key]?.name}\`](#${key.toLowerCase()})`),
    '',
  ].join('\n');

function message(key: string, { name, summary, tags = [], payload }: Message): string {
  const kind = tags.map((tag) => tag.name).join(', ');
  const { data = {} } = payload.properties ?? {};
  return [
    `### \`${name}\` {#${key.toLowerCase()}}\n`,
    `${cell(summary)} (${kind})\n`,
    'The fields of `data`:\n',
    table(data),
  ].join('\n');
}

/** Renders the page of channels and messages from `docs/api/asyncapi.json`. */
export function asyncapiPage(): string {
  const document = JSON.parse(readFileSync(join(ROOT, 'docs/api/asyncapi.json'), 'utf8')) as Document;
  const { messages } = document.components;
  const [first] = Object.values(messages);
  const { data: _, ...envelope } = first?.payload.properties ?? {};
  return [
    '# Messages\n',
    `Version ${document.info.version}. ${cell(document.info.description)}\n`,
    '## Channels\n',
    ...Object.values(document.channels).map((one) => channel(one, messages)),
    '## Header\n',
    'Every message has these attributes in addition to its `data`:\n',
    table({ properties: envelope, ...(first?.payload.required && { required: first.payload.required }) }),
    '## Messages by type\n',
    ...Object.entries(messages).map(([key, one]) => message(key, one)),
  ].join('\n');
}
