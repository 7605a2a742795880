import { posix } from 'node:path';
import { OperatorError } from '../stage/errors.ts';
import type { Source } from './sources.ts';

export interface Import {
  /** Names, possibly with `as`, such as `eventConsumer as couponsEventConsumer`. */
  names: readonly string[];
  /** Relative to the app's folder: `functions/coupons/events.consumer.ts` */
  from: string;
}

const IMPORT = /^import [^;]*?['"][^'";]+['"][^;\n]*;$/gm;

/** @param file the importing file, relative to the app's folder */
export function importLine(file: string, { names, from }: Import): string {
  const path = posix.relative(posix.dirname(file), from);
  return `import { ${names.toSorted().join(', ')} } from '${path.startsWith('.') ? path : `./${path}`}';`;
}

/** The local names of the imports. */
export const localNames = ({ names }: Import): string[] => names.map((name) => name.split(' as ').at(-1) as string);

/** Whether a module declares or imports that name at the top level. */
export function declares(text: string, name: string): boolean {
  const declared = /^(?:export )?(?:const|let|class|interface|type|(?:async )?function) (?:\{[^}]*\}|\w+)/gm;
  const all = [...text.matchAll(declared), ...text.matchAll(IMPORT)];
  return all.some(([found]) => new RegExp(`\\b${name}\\b`).test(found));
}

/** @throws {OperatorError} if a module declares or imports that name at the top level */
export function checkNotDeclared({ file, text }: Source, name: string): void {
  if (declares(text, name))
    throw new OperatorError(`Nothing was written: ${file} already has a "${name}". Choose another name.`);
}

/**
 * Adds imports after the last import of a module.
 * @returns undefined if the module has no imports, or already declares one of the names, or already imports from one of
 * the files
 */
export function withImports({ file, text }: Source, imports: readonly Import[]): string | undefined {
  const last = [...text.matchAll(IMPORT)].at(-1);
  const isPresent = imports.some(
    (one) => text.includes(one.from) || localNames(one).some((name) => declares(text, name)),
  );
  if (!last || isPresent) return undefined;
  const end = last.index + last[0].length;
  return [text.slice(0, end), ...imports.map((one) => `\n${importLine(file, one)}`), text.slice(end)].join('');
}
