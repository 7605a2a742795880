import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import { checkConsumer } from '@rollcall/kit/internal/contracts/consumer-checks';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import type { App } from '../app-definition.ts';
import { OperatorError } from '../stage/errors.ts';
import { handlerFile } from './consumer-files.ts';
import { manualSteps, newTexts } from './edits.ts';
import { checkName } from './names.ts';
import type { Plan } from './plan.ts';
import { type Exported, sharedExports } from './shared-exports.ts';
import { wire } from './wiring.ts';

/**
 * Adds a subscriber to a topic, with a placeholder handler for each event.
 * @param of name of the topic
 * @throws {OperatorError} if the name is invalid, there is no such topic, `shared/` does not export a value that the
 * subscriber needs, or the consumer would be invalid
 */
export async function newSubscriber(root: string, name: string, of: string, app: Partial<App>): Promise<Plan> {
  checkName(name);
  const shared = sharedExports(root);
  const { sends = [], handlers = {} } = app.subscribers?.[of] ?? {};
  const topic = await shared.topic(of);
  const reads = readsOf(topic.value);
  const isEvery = reads.length === topic.value.messages.length;
  check(name, topic.value, reads);
  const parts: Parts = {
    name,
    topic,
    // Without `reads`, a consumer reads every message of its channel.
    reads: isEvery ? [] : await Promise.all(reads.map((contract) => shared.of(contract, contract.type))),
    sends: await Promise.all(sends.map((channel) => shared.of(channel, channel.name))),
    handlers: await Promise.all(
      reads.map(async ({ type }) => {
        const make = handlers[type];
        return { type, make: make && (await shared.of(make, make.name)) };
      }),
    ),
  };
  const folder = `functions/${name}`;
  const wiring = wire(root, {
    imports: [{ names: [`eventConsumer as ${name}EventConsumer`], from: `${folder}/events.consumer.ts` }],
    statements: (variable) => [
      `${variable}.subscriber(${name}EventConsumer, { entry: '${folder}/events.handler.ts' });`,
    ],
  });
  return {
    files: {
      [`${folder}/events.consumer.ts`]: descriptor(parts),
      [`${folder}/events.handler.ts`]: handlerFile({
        consumer: 'eventConsumer',
        file: 'events',
        handlers: `${name}Handlers`,
        from: name,
      }),
      [`${folder}/${name}.ts`]: handlersFile(parts),
    },
    edits: newTexts([wiring]),
    next: [
      ...manualSteps([wiring]),
      `Define the handler of each event in ${folder}/${name}.ts.`,
      `${folder}/events.consumer.ts sets joinsLate. Remove joinsLate if no event is published before ${name} is deployed.`,
    ],
  };
}

/** The contracts of the newest rendition of each event. */
const readsOf = ({ messages }: Channel): readonly MessageContract[] =>
  messages.filter((one) => !messages.some(({ supersedes }) => supersedes?.contract.type === one.type));

function check(name: string, of: Channel, reads: readonly MessageContract[]): void {
  try {
    checkConsumer(defineConsumer(name, { of, reads }));
  } catch (cause) {
    throw new OperatorError(`Nothing was written: ${(cause as Error).message}`, { cause });
  }
}

interface Parts {
  name: string;
  topic: Exported;
  reads: readonly Exported[];
  sends: readonly Exported[];
  handlers: ReadonlyArray<{ type: string; make: Exported | undefined }>;
}

/** Import statements, one per file, in the order that formatters use. */
function importsOf(exported: readonly Exported[]): string {
  const files = [...new Set(exported.map(({ file }) => file))].toSorted();
  return files
    .map((file) => {
      const names = new Set(exported.filter((one) => one.file === file).map(({ name }) => name));
      return `import { ${[...names].toSorted().join(', ')} } from '../../${file}';\n`;
    })
    .join('');
}

const listOption = (label: string, exported: readonly Exported[]): string =>
  exported.length === 0 ? '' : `\n  ${label}: [${exported.map(({ name }) => name).join(', ')}],`;

const descriptor = ({ name, topic, reads, sends }: Parts): string => `\
import { defineConsumer } from '@rollcall/kit/contracts';
${importsOf([topic, ...reads, ...sends])}
export const eventConsumer = defineConsumer('${name}', {
  of: ${topic.name},${listOption('reads', reads)}${listOption('sends', sends)}
  capability: '${name}',
  // The service does not receive events that were published before its first deployment.
  joinsLate: true,
});
`;

function handlersFile({ name, handlers }: Parts): string {
  const made = handlers.flatMap(({ make }) => (make ? [make] : []));
  const hasContext = made.length > 0;
  const lines = handlers.map(
    ({ type, make }) => `  '${type}': ${make ? `${make.name}(context)` : '() => ({ set: {} })'},`,
  );
  return `\
import type { ${hasContext ? 'HandlerContext, ' : ''}Handlers } from '@rollcall/kit/messaging';
${importsOf(made)}import type { eventConsumer } from './events.consumer.ts';

/** The handlers of the events. The result of a handler is stored together with the cursor, exactly once. */
export const ${name}Handlers = (${
    hasContext ? '\n  context: HandlerContext<(typeof eventConsumer.sends)[number]>,\n' : ''
  }): Handlers<(typeof eventConsumer.reads)[number]> => ({
${lines.join('\n')}
});
`;
}
