import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const DOCS = join(import.meta.dirname, '..');
export const ROOT = join(DOCS, '..');
/** Written by `ops/docs/main.ts`. */
export const GENERATED = 'reference';
/** Files that are not pages: JSON documents, and API reports for reviews. */
export const NO_PAGES = ['api/**', '.vitepress/**'];

export interface Page {
  /** Path in `docs/`, without `.md`. */
  path: string;
  title: string;
}

const paths = (...patterns: string[]): string[] =>
  globSync(patterns, { cwd: DOCS, exclude: NO_PAGES })
    .map((path) => path.replace(/\.md$/, ''))
    .sort();

/** The page's first heading, or its name. */
function titleOf(path: string): string {
  const text = readFileSync(join(DOCS, `${path}.md`), 'utf8');
  return /^title: (.+)$/m.exec(text.split('\n---\n')[0] ?? '')?.[1] ?? /^# (.+)$/m.exec(text)?.[1] ?? path;
}

/** Pages that match patterns such as `guides/*.md`, in the order of the patterns, then by path. */
export function pagesOf(...patterns: string[]): Page[] {
  const found = new Set(patterns.flatMap((pattern) => paths(pattern)));
  return [...found].map((path) => ({ path, title: titleOf(path).replaceAll('`', '') }));
}

/** Markdown files outside `docs/` that are shown as pages, by path. */
export const REPOSITORY_PAGES: ReadonlyMap<string, string> = new Map(
  globSync(['*.md', 'packages/*/*.md', 'examples/*/*.md'], { cwd: ROOT })
    .sort()
    .map((path) => [path, `${GENERATED}/repository/${path.toLowerCase()}`]),
);

/** Path in the repository for a path in `docs/`. */
export const inRepository = (path: string): string => relative(ROOT, join(DOCS, path));
