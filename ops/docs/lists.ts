import { FOLDERS } from '../../docs/.vitepress/links.ts';
import { GENERATED, pagesOf, REPOSITORY_PAGES } from '../../docs/.vitepress/pages.ts';

const list = (title: string, links: readonly string[]): string =>
  `# ${title}\n\n${links.map((link) => `- ${link}\n`).join('')}`;

const folder = (title: string, name: keyof typeof FOLDERS): string =>
  list(
    title,
    pagesOf(`${name.slice('docs/'.length)}/*.md`).map((page) => `[${page.title}](/${page.path}.md)`),
  );

/** Renders the pages that list other pages. */
export const lists = (): Record<string, string> => ({
  [FOLDERS['docs/decisions'].slice(1)]: folder('Decisions', 'docs/decisions'),
  [FOLDERS['docs/guides'].slice(1)]: folder('All guides', 'docs/guides'),
  [`${GENERATED}/lists/repository.md`]: list(
    'Readmes and changelogs',
    [...REPOSITORY_PAGES].map(([path, page]) => `[${path}](/${page})`),
  ),
});
