import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { App } from '../app-definition.ts';
import { OperatorError } from '../stage/errors.ts';
import { checkChannelIsFree, contractsFolder, withChannels } from './channel-list.ts';
import {
  type CommandNames,
  commandFiles,
  contractsFile,
  queueOf,
  repliesOf,
  replyFiles,
  sendingStep,
} from './command-files.ts';
import { addToQueue } from './command-on-queue.ts';
import { type Edit, manualSteps, newTexts } from './edits.ts';
import { checkNotDeclared } from './imports.ts';
import { applicationOf, checkMessageName, checkName, variableOf } from './names.ts';
import type { Plan } from './plan.ts';
import { withSends } from './sends.ts';
import { checkService } from './services.ts';
import { type Exported, sharedExports } from './shared-exports.ts';
import { type Source, sourcesIn } from './sources.ts';
import { wire } from './wiring.ts';

export interface CommandOptions {
  /** The executing service. */
  of: string;
  /** The sending service. */
  from: string;
  /** Name of the document that replies to the command. Default: no reply. */
  reply?: string;
}

/**
 * Adds a command from one service to another, on the queue of the executing service. Creates the queue if necessary.
 * @throws {OperatorError} if a name is invalid or taken, if the app has no name or no `shared/`, if the sender is not a
 * service, or if {@link addToQueue} refuses the command
 */
export async function newCommand(
  root: string,
  command: string,
  options: CommandOptions,
  app: Partial<App>,
): Promise<Plan> {
  const { of, from, reply } = options;
  for (const name of [command, ...(reply === undefined ? [] : [reply])]) checkMessageName(name);
  if (command === reply) throw new OperatorError(`"${reply}" cannot name both the command and its reply.`);
  for (const name of [of, from]) checkName(name);
  checkService(root, from);
  const channels = await sharedExports(root).channels();
  const shared = sourcesIn(root, 'shared');
  const names: CommandNames = {
    app: applicationOf(app),
    ...{ of, from, command, reply, subject: subjectOf(channels, `/${applicationOf(app)}/${from}`) },
    contracts: `${contractsFolder(shared)}/${of}-commands.ts`,
  };
  const queue = channels.find((one) => isCommandQueueOf(one.value, of));
  if (queue) return addToQueue(root, queue, names);
  const generated = { file: names.contracts, text: contractsFile({ ...names, command: 'one', reply: 'other' }) };
  for (const name of [command, ...(reply === undefined ? [] : [reply])]) checkNotDeclared(generated, variableOf(name));
  checkChannelIsFree(shared, queueOf(names).name);
  if (reply !== undefined)
    checkChannelIsFree(
      shared,
      repliesOf(names).name,
      `Run this without --reply. Then edit that queue: add ${variableOf(reply)} to its messages, and /${names.app}/${of} to its \`from\`. List it in \`sends\` in functions/${of}.`,
    );
  return onNewQueue(root, shared, names);
}

const isCommandQueueOf = ({ kind, name, messages }: Channel, service: string): boolean =>
  kind === 'queue' &&
  (name === service || name.startsWith(`${service}-`)) &&
  messages.some((message) => message.kind === 'command');

/** The field that contains the subject in the sender's events and commands; `id` if the sender publishes no events. */
function subjectOf(channels: ReadonlyArray<Exported<Channel>>, source: string): string {
  const topic = channels.find(({ value: { kind, senders } }) => kind === 'topic' && [senders].flat().includes(source));
  return topic?.value.messages[0]?.subjectField ?? 'id';
}

function onNewQueue(root: string, shared: readonly Source[], names: CommandNames): Plan {
  const { of, from, command, reply, contracts } = names;
  const queue = queueOf(names);
  const replies = reply === undefined ? undefined : repliesOf(names);
  const wiring = wire(root, {
    imports: [
      { names: [`commandConsumer as ${queue.consumer}`], from: `functions/${of}/commands.consumer.ts` },
      ...(replies
        ? [{ names: [`replyConsumer as ${replies.consumer}`], from: `functions/${from}/replies.consumer.ts` }]
        : []),
    ],
    statements: (variable) => [
      `${variable}.consumer(${queue.consumer}, { entry: 'functions/${of}/commands.handler.ts' });`,
      ...(replies
        ? [`${variable}.consumer(${replies.consumer}, { entry: 'functions/${from}/replies.handler.ts' });`]
        : []),
    ],
  });
  const channelList = withChannels(shared, [queue.variable, ...(replies ? [replies.variable] : [])], contracts);
  const edits: Edit[] = [...withSends(wiring, from, { names: [queue.variable], from: contracts }), channelList];
  return {
    files: {
      [contracts]: contractsFile(names),
      ...commandFiles(names),
      ...(reply !== undefined && replyFiles(names, reply)),
    },
    edits: newTexts(edits),
    next: [
      ...manualSteps(edits),
      `Define the data of ${command} in ${contracts}, and its handler in functions/${of}/commands.ts.`,
      sendingStep(names, queue.variable),
      ...(reply === undefined
        ? []
        : [
            `Define the handler of the reply in functions/${from}/replies.ts. In infra/, .uses('TABLE', table, 'UpdateItem') gives a consumer access to a table.`,
          ]),
    ],
  };
}
