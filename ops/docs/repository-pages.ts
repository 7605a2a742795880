import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_PAGES, ROOT } from '../../docs/.vitepress/pages.ts';

/**
 * Returns the pages of the site that come from Markdown files outside `docs/`: their text, by the page's path in
 * `docs/`.
 */
export const repositoryPages = (): Record<string, string> =>
  Object.fromEntries(
    [...REPOSITORY_PAGES].map(([path, page]) => [
      page,
      `---\nsource: ${path}\ntitle: ${JSON.stringify(path)}\n---\n\n${readFileSync(join(ROOT, path), 'utf8')}`,
    ]),
  );
