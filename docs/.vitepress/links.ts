import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { MarkdownOptions } from 'vitepress';
import { DOCS, GENERATED, inRepository, REPOSITORY_PAGES, ROOT } from './pages.ts';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

interface Environment {
  /** Absolute path of the page. */
  path?: string;
  /** `source`: the repository's file from which a page is generated. */
  frontmatter?: { source?: string };
}

/** The folders that pages link to, and for each folder the page of the site that lists its files. */
export const FOLDERS = {
  'docs/decisions': `/${GENERATED}/lists/decisions.md`,
  'docs/guides': `/${GENERATED}/lists/guides.md`,
} as const;

/**
 * Returns the address on the site for a link of the repository. The address of a Markdown file is its page, the address
 * of a folder in `FOLDERS` is the page that lists its files, and the address of another file in `docs/` is the file.
 * @param from path in the repository of the file that contains the link
 * @returns undefined for other targets, such as source code, which are not on the site
 * @throws {Error} if the target does not exist. Does not check Markdown files, because VitePress reports dead links to
 * pages
 */
export function siteLink(from: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = join(dirname(from), decodeURIComponent(path)).replace(/\/$/, '');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const page = REPOSITORY_PAGES.get(target) ?? (target.startsWith('docs/') ? target.slice('docs/'.length) : undefined);
  if (target in FOLDERS) return FOLDERS[target as keyof typeof FOLDERS];
  if (page && /\.md$/.test(page)) return `/${page}${hash}`;
  const file = join(ROOT, target);
  if (!existsSync(file)) throw new Error(`${from} links to ${link}, which does not exist`);
  return page && statSync(file).isFile() ? `/${page}` : undefined;
}

/** Rewrites links of the repository to those of the site, and disables links to targets outside the site. */
export function repositoryLinks(markdown: Markdown): void {
  markdown.core.ruler.push('repository-links', ({ tokens, env }) => {
    const { path, frontmatter } = env as Environment;
    // VitePress also renders titles, without a path. Their links are not rewritten.
    if (path === undefined) return;
    const page = relative(DOCS, path);
    const from = frontmatter?.source ?? inRepository(page);
    // Pages that are generated without a source file, such as TypeDoc's, already have links of the site.
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
