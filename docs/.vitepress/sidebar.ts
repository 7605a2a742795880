import type { DefaultTheme } from 'vitepress';
import { pagesOf } from './pages.ts';

type Locale = 'en' | 'zh';

interface Group {
  text: Record<Locale, string>;
  /** Patterns of the group's pages. The sidebar lists the pages in this order. */
  pages: readonly string[];
}

/**
 * Groups of pages. A page is in the first group that it matches. The last group contains all other pages directly in
 * `docs/`.
 */
const GROUPS: readonly Group[] = [
  { text: { en: 'Start', zh: '开始' }, pages: ['why.md', 'tutorial.md'] },
  {
    text: { en: 'How-to guides', zh: '操作指南' },
    pages: [
      'guides/*.md',
      'console.md',
      'embedded-cloud-apps.md',
      'delivery.md',
      'compatible-changes.md',
      'upgrading.md',
    ],
  },
  {
    text: { en: 'Concepts', zh: '概念' },
    pages: [
      'concepts/*.md',
      ...['reliability', 'architecture', 'patterns', 'governance', 'security'].map((name) => `${name}.md`),
    ],
  },
  {
    text: { en: 'Reference', zh: '参考' },
    pages: [
      'reference/*.md',
      'reference/packages/index.md',
      'observability.md',
      'costs.md',
      'capacity.md',
      'glossary.md',
    ],
  },
  { text: { en: 'Operation', zh: '运维' }, pages: ['runbook.md'] },
  { text: { en: 'Background', zh: '背景' }, pages: ['reference/lists/decisions.md', 'reference/lists/repository.md'] },
  { text: { en: 'More', zh: '其他' }, pages: ['*.md'] },
];

/**
 * Separate sidebars for the pages below a path, because these lists are long. Each sidebar begins with a link to the
 * home page and a link to the section's overview page. The main sidebar contains only the overview page.
 */
const SECTIONS: Record<string, readonly string[]> = {
  '/decisions/': ['reference/lists/decisions.md', 'decisions/*.md'],
  '/reference/packages/': ['reference/packages/index.md', 'reference/packages/**/*.md'],
  '/reference/repository/': ['reference/lists/repository.md', 'reference/repository/**/*.md'],
};

const linksOf = (...patterns: string[]): DefaultTheme.SidebarItem[] =>
  pagesOf(...patterns).map(({ path, title }) => ({ text: title, link: `/${path}` }));

/** The sidebars of a locale. Titles are read from the pages. */
export function sidebarOf(locale: Locale): DefaultTheme.SidebarMulti {
  const folder = locale === 'zh' ? 'zh/' : '';
  const shown = new Set([`/${folder}index`]);
  const main = GROUPS.flatMap(({ text, pages }) => {
    const items = linksOf(...pages.map((pattern) => `${folder}${pattern}`)).filter(({ link = '' }) => !shown.has(link));
    for (const { link = '' } of items) shown.add(link);
    return items.length > 0 ? [{ text: text[locale], items }] : [];
  });
  const home = { text: '←  Rollcall', link: `/${folder}` };
  const sections = locale === 'zh' ? [] : Object.entries(SECTIONS);
  return {
    [`/${folder}`]: main,
    ...Object.fromEntries(sections.map(([path, patterns]) => [path, [home, { items: linksOf(...patterns) }]])),
  };
}
