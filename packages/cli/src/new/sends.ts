import type { Edit } from './edits.ts';
import { type Import, importLine, localNames, withImports } from './imports.ts';

/**
 * Adds a queue to the `sends` of a publisher in the infrastructure.
 * @param edited the edit of the infrastructure
 * @returns that edit, extended by the queue. If the publisher does not have the expected form: the unchanged edit, and
 * the lines that the user must add
 */
export function withSends(edited: Edit, service: string, queue: Import): Edit[] {
  const withGrant = 'text' in edited ? grant(edited.text, service, localNames(queue)) : undefined;
  const text =
    'text' in edited && withGrant !== undefined ? withImports({ ...edited, text: withGrant }, [queue]) : undefined;
  if ('text' in edited && text !== undefined) return [{ file: edited.file, text }];
  const lines = [importLine('infra/app.ts', queue), `sends: [${localNames(queue)}],`];
  return [edited, { where: `the publisher ${service} in infra/ (for an Outbox: sendsTo)`, lines }];
}

/**
 * Adds queues to `sends` of a publisher.
 * @returns undefined if the text does not contain exactly one `.publisher('SERVICE', { … })`, or if the publisher's
 * `sends` is not an array of names
 */
function grant(text: string, service: string, queues: readonly string[]): string | undefined {
  const [only, ...others] = text.matchAll(new RegExp(`\\.publisher\\(\\s*'${service}',\\s*\\{([^{}]*)\\}\\s*\\)`, 'g'));
  if (!only || others.length > 0) return undefined;
  const [call, options = ''] = only;
  const sends = /\bsends: \[([\w\s,]*)\]/.exec(options);
  const all = [...(sends?.[1] ?? '').split(',').map((name) => name.trim()), ...queues].filter((name) => name !== '');
  const list = `sends: [${all.join(', ')}]`;
  if (sends) return text.replace(call, call.replace(sends[0], list));
  if (/\bsends\b/.test(options)) return undefined;
  return text.replace(options, options.replace(/\broutes(?=\s*[:,}]|\s*$)/, `${list}, routes`));
}
