import type { Edit } from './edits.ts';
import { type Import, importLine, withImports } from './imports.ts';
import { type Source, sourcesIn } from './sources.ts';

/** The additions to the file that assembles an app's services. */
export interface Wiring {
  imports: readonly Import[];
  /** @param app the name of the RollcallApp variable */
  statements: (app: string) => readonly string[];
}

const APP = /^[ \t]*(?:export )?const (\w+) = new RollcallApp\b/gm;

/** Returns the edit of the file that assembles the app's services. Writes nothing. @param root folder of the app */
export function wire(root: string, wiring: Wiring): Edit {
  const found = sourcesIn(root, 'infra').filter(({ text }) => text.includes('new RollcallApp'));
  const [only, ...others] = found;
  const text = only && others.length === 0 ? insert(only, wiring) : undefined;
  if (only && text !== undefined) return { file: only.file, text };
  const lines = [
    ...wiring.imports.map((one) => importLine(only?.file ?? 'infra/app.ts', one)),
    ...wiring.statements('app'),
  ];
  return { where: "the file that assembles the app's services", lines };
}

/**
 * Inserts the imports after the last import, and the statements before the only `APP.finish(` or `return APP;`.
 * @returns undefined if the text does not have the expected form, or already contains part of the additions
 */
function insert(source: Source, { imports, statements }: Wiring): string | undefined {
  const [app, ...otherApps] = source.text.matchAll(APP);
  if (!app?.[1] || otherApps.length > 0) return undefined;
  // Also matches a blank line before the ending, so that the statements are inserted before the blank line.
  const ending = new RegExp(`(?:(?<=\\n)\\n)?^([ \\t]*)(?:${app[1]}\\.finish\\(|return ${app[1]};)`, 'gm');
  const [end, ...otherEnds] = source.text.matchAll(ending);
  if (!end || otherEnds.length > 0 || app.index > end.index) return undefined;
  const added = statements(app[1]).map((statement) => `${end[1]}${statement}\n`);
  return withImports(source, imports)?.replace(ending, (ends) => `${added.join('')}${ends}`);
}
