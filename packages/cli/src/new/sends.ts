import type { Edited } from './edits.ts';
import { type Import, importLine, localNames, withImports } from './imports.ts';

/**
 * Lets a service send to a queue, in the edited infrastructure.
 * @param edited the infrastructure
 * @returns it, and the remaining edits
 */
export function withSends(edited: Edited, service: string, queue: Import): Edited[] {
  const granted = 'text' in edited ? grant(edited.text, service, localNames(queue)) : undefined;
  const text =
    'text' in edited && granted !== undefined ? withImports({ ...edited, text: granted }, [queue]) : undefined;
  if ('text' in edited && text !== undefined) return [{ file: edited.file, text }];
  const lines = [importLine('infra/app.ts', queue), `sends: [${localNames(queue)}],`];
  return [edited, { where: `the publisher ${service} in infra/ (sendsTo, of an Outbox)`, lines }];
}

/** @returns undefined if it has another form than `.publisher('SERVICE', { … })` */
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
