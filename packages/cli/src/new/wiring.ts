import type { Edited } from './edits.ts';
import { type Import, importLine, withImports } from './imports.ts';
import { type Source, sourcesIn } from './sources.ts';

/** What is added to where an app's services are put together. */
export interface Wiring {
  imports: readonly Import[];
  /** @param app how the RollcallApp is called there */
  statements: (app: string) => readonly string[];
}

const APP = /^[ \t]*(?:export )?const (\w+) = new RollcallApp\b/gm;

/** @param root folder of the app. Nothing is written. */
export function wire(root: string, wiring: Wiring): Edited {
  const found = sourcesIn(root, 'infra').filter(({ text }) => text.includes('new RollcallApp'));
  const [only, ...others] = found;
  const text = only && others.length === 0 ? insert(only, wiring) : undefined;
  if (only && text !== undefined) return { file: only.file, text };
  const lines = [
    ...wiring.imports.map((one) => importLine(only?.file ?? 'infra/app.ts', one)),
    ...wiring.statements('app'),
  ];
  return { where: "where the app's services are put together", lines };
}

/**
 * After the last import, and before the one `APP.finish(` or `return APP;`.
 * @returns undefined: the text has another form, or holds something of it already
 */
function insert(source: Source, { imports, statements }: Wiring): string | undefined {
  const [app, ...otherApps] = source.text.matchAll(APP);
  if (!app?.[1] || otherApps.length > 0) return undefined;
  // A blank line before the end stays there.
  const ending = new RegExp(`(?:(?<=\\n)\\n)?^([ \\t]*)(?:${app[1]}\\.finish\\(|return ${app[1]};)`, 'gm');
  const [end, ...otherEnds] = source.text.matchAll(ending);
  if (!end || otherEnds.length > 0 || app.index > end.index) return undefined;
  const added = statements(app[1]).map((statement) => `${end[1]}${statement}\n`);
  return withImports(source, imports)?.replace(ending, (ends) => `${added.join('')}${ends}`);
}
