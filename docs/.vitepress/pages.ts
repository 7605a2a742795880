import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const DOCS = join(import.meta.dirname, '..');
export const ROOT = join(DOCS, '..');
/** The folder in `docs/` for the pages that `ops/docs/main.ts` writes. */
export const GENERATED = 'reference';
/** Files that are not pages: the API documents and API reports, and the code of the site. */
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

/** The page's title from its front matter, otherwise its first heading, otherwise its path. */
function titleOf(path: string): string {
  const text = readFileSync(join(DOCS, `${path}.md`), 'utf8');
  return /^title: (.+)$/m.exec(text.split('\n---\n')[0] ?? '')?.[1] ?? /^# (.+)$/m.exec(text)?.[1] ?? path;
}

/** Pages that match patterns such as `guides/*.md`, in the order of the patterns, then by path. */
export function pagesOf(...patterns: string[]): Page[] {
  const found = new Set(patterns.flatMap((pattern) => paths(pattern)));
  return [...found].map((path) => ({ path, title: titleOf(path).replaceAll('`', '') }));
}

/** The pages of the Markdown files outside `docs/`, by the path of the file in the repository. */
export const REPOSITORY_PAGES: ReadonlyMap<string, string> = new Map(
  globSync(['*.md', 'packages/*/*.md', 'examples/*/*.md'], { cwd: ROOT })
    .sort()
    .map((path) => [path, `${GENERATED}/repository/${path.toLowerCase()}`]),
);

/** Path in the repository for a path in `docs/`. */
export const inRepository = (path: string): string => relative(ROOT, join(DOCS, path));
