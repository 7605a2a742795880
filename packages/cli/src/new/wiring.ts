import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is added to where an app's services are put together. */
export interface Wiring {
  /** `{ eventConsumer as couponsEvents }` */
  imported: string;
  /** From the app's folder: `functions/coupons/events.consumer.ts` */
  from: string;
  /** @param app how the RollcallApp is called there */
  statement: (app: string) => string;
}

/** Where it is added; or the lines that a person adds, since no file has the form that is known. */
export type Wired = { file: string; text: string } | { lines: readonly string[] };

const APP = /^[ \t]*(?:export )?const (\w+) = new RollcallApp\b/gm;
const IMPORT = /^import [^;]*?['"][^'";]+['"][^;\n]*;$/gm;

/** @param root folder of the app. Nothing is written. */
export function wire(root: string, wiring: Wiring): Wired {
  const files = readdirSync(join(root, 'infra'), { recursive: true, encoding: 'utf8' })
    .map((path) => `infra/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));
  const texts = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
  const [only, ...others] = texts.filter(({ text }) => text.includes('new RollcallApp'));
  const text = only && others.length === 0 ? insert(only.text, only.file, wiring) : undefined;
  if (only && text !== undefined) return { file: only.file, text };
  return { lines: [importLine(only?.file ?? 'infra/app.ts', wiring), wiring.statement('app')] };
}

const importLine = (file: string, { imported, from }: Wiring): string =>
  `import ${imported} from '${'../'.repeat(file.split('/').length - 1)}${from}';`;

/**
 * After the last import, and before the one `APP.finish(` or `return APP;`.
 * @returns undefined: the text has another form, or holds something of it already
 */
function insert(text: string, file: string, wiring: Wiring): string | undefined {
  const [app, ...otherApps] = text.matchAll(APP);
  if (!app?.[1] || otherApps.length > 0 || text.includes(wiring.from)) return undefined;
  const [end, ...otherEnds] = text.matchAll(new RegExp(`^([ \\t]*)(?:${app[1]}\\.finish\\(|return ${app[1]};)`, 'gm'));
  const last = [...text.matchAll(IMPORT)].at(-1);
  if (!end || otherEnds.length > 0 || !last || last.index > app.index || app.index > end.index) return undefined;
  const afterImports = last.index + last[0].length;
  return [
    text.slice(0, afterImports),
    `\n${importLine(file, wiring)}`,
    text.slice(afterImports, end.index),
    `${end[1]}${wiring.statement(app[1])}\n`,
    text.slice(end.index),
  ].join('');
}
