import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Channel, maySend } from '@rollcall/kit/internal/contracts/channel';
import { OperatorError } from '../stage/errors.ts';
import { type CommandNames, contractOf, handlerLine, sendingStep, typeOf } from './command-files.ts';
import { type Edit, manualSteps, newTexts } from './edits.ts';
import { checkNotDeclared, declares } from './imports.ts';
import { variableOf } from './names.ts';
import type { Plan } from './plan.ts';
import type { Exported } from './shared-exports.ts';

/**
 * Adds a command to a queue that the executing service already consumes.
 * @throws {OperatorError} if the queue already has the command, if the queue's file already declares the name of the
 * command's contract, if the sender may not send to the queue, or if the command has a reply
 */
export function addToQueue(root: string, queue: Exported<Channel>, names: CommandNames): Plan {
  const { of, from, command, reply } = names;
  const { file, value } = queue;
  const text = readFileSync(join(root, file), 'utf8');
  const refuse = (why: string): never => {
    throw new OperatorError(`Nothing was written: ${why}`);
  };
  const type = typeOf(names, command);
  if (text.includes(`'${type}'`) || value.messages.some((one) => one.type === type))
    refuse(`the queue ${value.name} of ${file} already has the command ${type}.`);
  const source = `/${names.app}/${from}`;
  if (!maySend({ ...value, sendersOf: {} }, { source, type }))
    refuse(`${source} may not send to the queue ${value.name}: \`from\` in ${file} does not list this service.`);
  if (reply !== undefined)
    refuse(
      `--reply requires a new queue, but the queue ${value.name} already exists. Run this without --reply. Then add ${variableOf(reply)} to the messages of a reply queue, and list that queue in \`sends\` in functions/${of}.`,
    );
  checkNotDeclared({ file, text }, variableOf(command));
  const edits = [editContracts({ file, text }, queue, names), editHandlers(root, names)];
  return {
    files: {},
    edits: newTexts(edits),
    next: [
      ...manualSteps(edits),
      `Define the data of ${command}, and its handler in functions/${of}.`,
      sendingStep(names, queue.name),
    ],
  };
}

/** Inserts the command's contract before the queue, and appends the contract's name to the queue's messages. */
function editContracts(
  { file, text }: { file: string; text: string },
  { name, value }: Exported<Channel>,
  names: CommandNames,
): Edit {
  const contract = contractOf(names, names.command, 'command');
  const variable = variableOf(names.command);
  const pattern = new RegExp(
    `^export const ${name} = (?:/\\* @__PURE__ \\*/ )?queue\\('${value.name}', \\{[^{}]*?messages: \\[([\\w\\s,]*)\\]`,
    'gm',
  );
  const [only, ...others] = text.matchAll(pattern);
  const isKnown = only && others.length === 0 && ['command', 'z'].every((one) => declares(text, one));
  if (!isKnown)
    return { where: file, lines: [...contract.trimEnd().split('\n'), `${variable}, in the messages of ${name}`] };
  const messages = (only[1] ?? '').trimEnd().replace(/,$/, '');
  const inQueue = only[0].replace(/\[[\w\s,]*\]$/, `[${messages}, ${variable}]`);
  return { file, text: text.replace(pattern, () => `${contract}\n${inQueue}`) };
}

/** Adds the handler at the end of the table of handlers. */
function editHandlers(root: string, names: CommandNames): Edit {
  const file = `functions/${names.of}/commands.ts`;
  const line = handlerLine(names);
  const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
  const isKnown = /^export const commandHandlers = \([\s\S]*?\): Handlers<[^\n]*> => \(\{$/m.test(text);
  if (isKnown && text.match(/^\}\);$/gm)?.length === 1) return { file, text: text.replace(/^\}\);$/m, `${line}\n});`) };
  return {
    where: `the handlers of ${names.of} (a command without a handler only advances the cursor)`,
    lines: [line.trim()],
  };
}
