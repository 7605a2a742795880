import { globSync } from 'node:fs';
import { root } from '../support/run.ts';

/** What people read, from the project's folder: the site, and what stands beside what it describes. */
export const pages: readonly string[] = globSync(
  ['*.md', 'docs/*.md', 'docs/{concepts,decisions,guides,zh}/**/*.md', '{packages,examples}/*/*.md'],
  { cwd: root },
)
  .filter((page) => !/CHANGELOG/.test(page))
  .sort();
