import { handlerFile } from './consumer-files.ts';
import { importLine } from './imports.ts';
import { variableOf } from './names.ts';
import type { Plan } from './plan.ts';

/** The names that the generated files of a command contain. */
export interface CommandNames {
  /** Name of the application. */
  app: string;
  /** The service that executes the command. */
  of: string;
  /** The service that sends the command. */
  from: string;
  /** Name of the command, such as `refund-order`. */
  command: string;
  /** Name of the reply, if the command has one. */
  reply: string | undefined;
  /** The field that contains the subject, in the data of the command and of the reply. */
  subject: string;
  /** Path of the contracts of the command and of the reply, relative to the app's folder. */
  contracts: string;
}

export const typeOf = ({ app, of }: Pick<CommandNames, 'app' | 'of'>, name: string): string =>
  `${app}.${of}.${name}.v1`;

export const queueOf = ({ of }: Pick<CommandNames, 'of'>) => ({
  name: `${of}-commands`,
  variable: `${of}Commands`,
  consumer: `${of}CommandConsumer`,
});
export const repliesOf = ({ from }: Pick<CommandNames, 'from'>) => ({
  name: `${from}-replies`,
  variable: `${from}Replies`,
  consumer: `${from}ReplyConsumer`,
});

/** @param make the function of `@rollcall/kit/contracts` that creates the contract */
export const contractOf = (names: CommandNames, name: string, make: 'command' | 'document'): string => `\
export const ${variableOf(name)} = ${make}('${typeOf(names, name)}', z.object({ ${names.subject}: z.uuid() }), {
  subjectField: '${names.subject}',
});
`;

/** The file with the contracts and channels of a command and its reply. */
export function contractsFile(names: CommandNames): string {
  const { app, of, from, command, reply } = names;
  const queue = queueOf(names);
  const replies = repliesOf(names);
  return `\
import { command, ${reply === undefined ? '' : 'document, '}queue } from '@rollcall/kit/contracts';
import * as z from 'zod';

${contractOf(names, command, 'command')}
export const ${queue.variable} = queue('${queue.name}', { from: '/${app}/${from}', messages: [${variableOf(command)}] });
${
  reply === undefined
    ? ''
    : `
${contractOf(names, reply, 'document')}
/** Unordered, because each reply is handled independently. */
export const ${replies.variable} = queue('${replies.name}', { from: '/${app}/${of}', messages: [${variableOf(reply)}], ordered: false });
`
}`;
}

interface Descriptor {
  /** Path of the descriptor's file, relative to the app's folder. */
  path: string;
  /** The channels that the descriptor imports from the contracts. */
  channels: readonly string[];
  consumer: string;
  /** Name of the consumer's queue. */
  name: string;
  options: string;
}

const descriptor = (contracts: string, { path, channels, consumer, name, options }: Descriptor): string => `\
import { defineConsumer } from '@rollcall/kit/contracts';
${importLine(path, { names: channels, from: contracts })}

export const ${consumer} = defineConsumer('${name}', {
${options}});
`;

/** The files of the executing service: descriptor, handler file, handlers. */
export function commandFiles(names: CommandNames): Plan['files'] {
  const { app, of, contracts, reply } = names;
  const folder = `functions/${of}`;
  const path = `${folder}/commands.consumer.ts`;
  const consumer = {
    consumer: 'commandConsumer',
    file: 'commands',
    handlers: 'commandHandlers',
    from: 'commands',
  } as const;
  const queue = queueOf(names);
  const replies = repliesOf(names).variable;
  const hasReply = reply !== undefined;
  const options = `\
  source: '/${app}/${of}',
  of: ${queue.variable},
${hasReply ? `  sends: [${replies}],\n` : ''}\
  capability: '${of}',
`;
  return {
    [path]: descriptor(contracts, {
      path,
      channels: [queue.variable, ...(hasReply ? [replies] : [])],
      ...{ consumer: consumer.consumer, name: queue.name, options },
    }),
    [`${folder}/commands.handler.ts`]: handlerFile(consumer),
    [`${folder}/commands.ts`]: commandHandlers(names),
  };
}

function commandHandlers(names: CommandNames): string {
  const { of, contracts, command, reply, subject } = names;
  const hasReply = reply !== undefined;
  return `\
import type { ${hasReply ? 'HandlerContext, ' : ''}Handlers } from '@rollcall/kit/messaging';
${hasReply ? `${importLine(`functions/${of}/commands.ts`, { names: [variableOf(reply)], from: contracts })}\n` : ''}\
import type { commandConsumer } from './commands.consumer.ts';

/** The handlers of the commands. The result of a handler is stored together with the cursor, exactly once. */
export const commandHandlers = (${
    hasReply ? '{\n  correspondence,\n  now,\n}: HandlerContext<(typeof commandConsumer.sends)[number]>' : ''
  }): Handlers<(typeof commandConsumer.reads)[number]> => ({
${
  hasReply
    ? `\
  '${typeOf(names, command)}': (message) => ({
    set: {},
    send: correspondence.reply(message, ${variableOf(reply)}, { ${subject}: message.subject }, now().toISOString()),
  }),`
    : handlerLine(names)
}
});
`;
}

/** A placeholder handler, which only advances the cursor. */
export const handlerLine = (names: CommandNames): string => `  '${typeOf(names, names.command)}': () => ({ set: {} }),`;

/** The files of the sending service for the reply: descriptor, handler file, handlers. */
export function replyFiles(names: CommandNames, reply: string): Plan['files'] {
  const { app, from, contracts } = names;
  const folder = `functions/${from}`;
  const path = `${folder}/replies.consumer.ts`;
  const consumer = { consumer: 'replyConsumer', file: 'replies', handlers: 'replyHandlers', from: 'replies' } as const;
  const { name, variable } = repliesOf(names);
  const options = `  source: '/${app}/${from}',\n  of: ${variable},\n`;
  return {
    [path]: descriptor(contracts, { path, channels: [variable], consumer: consumer.consumer, name, options }),
    [`${folder}/replies.handler.ts`]: handlerFile(consumer),
    [`${folder}/replies.ts`]: `\
import type { Handlers } from '@rollcall/kit/messaging';
import type { replyConsumer } from './replies.consumer.ts';

/** The handlers of the replies. Each reply is applied exactly once. To change a table of ${from}, return \`writes\`. */
export const replyHandlers = (): Handlers<(typeof replyConsumer.reads)[number]> => ({
  '${typeOf(names, reply)}': () => ({ set: {} }),
});
`,
  };
}

/**
 * The next step for the user: how the sender sends the command.
 * @param queue name of the exported queue of the command
 */
export function sendingStep(names: CommandNames, queue: string): string {
  const { from, command, reply, subject } = names;
  const options = reply === undefined ? '' : `, { replyTo: ${repliesOf(names).variable} }`;
  const draft = `draftTo(${queue}, ${variableOf(command)}, { ${subject} }${options})`;
  return `Send the command in the same transaction as a state change of ${from}, beside the events: send: [${draft}]. In infra/, list ${queue} in \`sends\` of the publisher ${from}.`;
}
