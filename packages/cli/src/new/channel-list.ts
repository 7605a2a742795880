import { posix } from 'node:path';
import { OperatorError } from '../stage/errors.ts';
import type { Edit } from './edits.ts';
import { importLine, withImports } from './imports.ts';
import type { Source } from './sources.ts';

const LIST = /^export const channels\b[^=\n]*= \[([\w\s,]*)\];$/gm;

/**
 * The file that lists an app's channels for its RollcallApp. Undefined if no list has the expected form, or more than
 * one list has it.
 */
function listIn(sources: readonly Source[]): Source | undefined {
  const [only, ...others] = sources.flatMap((source) => [...source.text.matchAll(LIST)].map(() => source));
  return others.length === 0 ? only : undefined;
}

/** The folder for new contracts: the folder of the list of channels or, if no list is found, `shared`. */
export const contractsFolder = (sources: readonly Source[]): string =>
  posix.dirname(listIn(sources)?.file ?? 'shared/channels.ts');

/**
 * @param remedy advice at the end of the error message
 * @throws {OperatorError} if a channel has that name
 */
export function checkChannelIsFree(sources: readonly Source[], name: string, remedy = 'Choose another name.'): void {
  const pattern = new RegExp(`\\b(?:topic|queue)\\(\\s*['"]${name}['"]`);
  const found = sources.find(({ text }) => pattern.test(text));
  if (found) throw new OperatorError(`Nothing was written: ${found.file} already has a channel ${name}. ${remedy}`);
}

/**
 * Adds channels to the list.
 * @param sources the files of `shared/`
 * @param names names of the exported channels
 * @param from the file that exports the channels
 */
export function withChannels(sources: readonly Source[], names: readonly string[], from: string): Edit {
  const list = listIn(sources);
  const text = list && withImports(list, [{ names, from }]);
  if (list && text !== undefined)
    return { file: list.file, text: text.replace(LIST, (whole, items: string) => extendList(whole, items, names)) };
  return {
    where: 'the list of channels of the RollcallApp',
    lines: [importLine(list?.file ?? 'shared/channels.ts', { names, from }), ...names.map((name) => `${name},`)],
  };
}

/** Adds names to a list, and keeps its form: all items on one line, or one item per line. */
function extendList(list: string, items: string, names: readonly string[]): string {
  const all = [...items.split(',').map((item) => item.trim()), ...names].filter((item) => item !== '');
  return list.replace(
    /\[[\w\s,]*\];$/,
    items.includes('\n') ? `[\n${all.map((item) => `  ${item},\n`).join('')}];` : `[${all.join(', ')}];`,
  );
}
