import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { MarkdownOptions } from 'vitepress';
import { DOCS, GENERATED, inRepository, REPOSITORY_PAGES, ROOT } from './pages.ts';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

interface Environment {
  /** Of the page, absolute. */
  path?: string;
  /** `source`: of which file of the repository a generated page is the copy. */
  frontmatter?: { source?: string };
}

/** Folders that pages link to, which have a page that lists theirs. */
export const FOLDERS = {
  'docs/decisions': `/${GENERATED}/lists/decisions.md`,
  'docs/guides': `/${GENERATED}/lists/guides.md`,
} as const;

/**
 * Where a link of a file leads on the site: markdown to its page, pictures to their file.
 * @param from path of the file in the repository
 * @returns undefined: to source code, which the site does not show
 * @throws {Error} if there is nothing
 */
export function siteLink(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = join(dirname(from), decodeURIComponent(path)).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const page = REPOSITORY_PAGES.get(target) ?? (target.startsWith('docs/') ? target.slice('docs/'.length) : undefined);
  if (target in FOLDERS) return FOLDERS[target as keyof typeof FOLDERS];
  // A dead link to a page is VitePress's to find.
  if (page && /\.md$/.test(page)) return `/${page}${hash}`;
  const file = join(ROOT, target);
  if (!existsSync(file)) throw new Error(`${from} links to ${link}, which does not exist`);
  return page && statSync(file).isFile() ? `/${page}` : undefined;
}

/** Pages keep the links by which they are read in the repository. */
export function repositoryLinks(markdown: Markdown): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { path, frontmatter } = env as Environment;
    // A title that is looked at alone.
    if (path === undefined) return;
    const page = relative(DOCS, path);
    const from = frontmatter?.source ?? inRepository(page);
    // What TypeDoc writes links to its own pages.
    if (page.startsWith(GENERATED) && !frontmatter?.source) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const attribute = token.type === 'image' ? 'src' : 'href';
      const link = token.attrGet(attribute);
      if (link === null || !/^[^#/?][^:]*$/.test(link)) continue;
      const target = siteLink(from, link);
      if (target === undefined) token.attrs = token.attrs?.filter(([name]) => name !== 'href') ?? null;
      else token.attrSet(attribute, token.type === 'image' ? relative(dirname(page), target.slice(1)) : target);
    }
  });
}
