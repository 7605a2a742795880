import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_PAGES, ROOT } from '../../docs/.vitepress/pages.ts';

/** Renders the Markdown files outside `docs/` as pages, by their path in `docs/`. */
export const repositoryPages = (): Record<string, string> =>
  Object.fromEntries(
    [...REPOSITORY_PAGES].map(([path, page]) => [
      page,
      `---\nsource: ${path}\ntitle: ${JSON.stringify(path)}\n---\n\n${readFileSync(join(ROOT, path), 'utf8')}`,
    ]),
  );
