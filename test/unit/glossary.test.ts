import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run.ts';

const read = (page: string) => readFileSync(join(root, page), 'utf8');
const pages = globSync(['*.md', '{packages,examples}/*/*.md', 'docs/*.md', 'docs/!(api|reference)/**/*.md'], {
  cwd: root,
}).toSorted();

const withoutCode = (text: string) => text.replaceAll(/^ *```.*?^ *```$/gms, '');

/** The anchor that GitHub and VitePress give a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const headingsOf = (page: string, level = '#{1,6}') =>
  [...withoutCode(read(page)).matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map(([, heading = '']) => heading);

/** Links to Markdown pages of the repository: `page#anchor`, with the page's path from the root. */
const linksOf = (page: string) =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]*)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => /^([^:#]+\.md)?(#.*)?$/.test(target))
    .map((target) => target.split('#'))
    .map(([path = '', anchor]) => ({ path: path ? normalize(join(dirname(page), path)) : page, anchor }));

describe('the glossary', () => {
  const terms = headingsOf('docs/glossary.md', '##');

  it('defines each term once, in alphabetical order', () => {
    const lower = terms.map((term) => term.toLowerCase());
    expect(lower).toEqual([...new Set(lower)].toSorted());
  });

  it('has a definition below each term', () => {
    const parts = read('docs/glossary.md').split(/^## /m).slice(1);
    expect(parts.filter((part) => part.split('\n').slice(1).join('').trim().length < 30)).toEqual([]);
  });
});

it.each(pages)('%s links to pages and headings that exist', (page) => {
  const broken = linksOf(page).filter(({ path, anchor }) => {
    if (path.startsWith('..')) return false;
    const headings = globSync(path, { cwd: root }).length === 1 ? headingsOf(path).map(anchorOf) : undefined;
    return !headings || (anchor !== undefined && !headings.includes(anchor));
  });
  expect(broken).toEqual([]);
});
