import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY_PAGES, ROOT } from '../../docs/.vitepress/pages.ts';

/** Markdown that stands beside what it describes, as pages: by their paths in `docs/`. */
export const repositoryPages = (): Record<string, string> =>
  Object.fromEntries(
    [...REPOSITORY_PAGES].map(([path, page]) => [
      page,
      `---\nsource: ${path}\ntitle: ${JSON.stringify(path)}\n---\n\n${readFileSync(join(ROOT, path), 'utf8')}`,
    ]),
  );
