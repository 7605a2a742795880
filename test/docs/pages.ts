import { globSync } from 'node:fs';
import { root } from '../support/run.ts';

/** The pages of the documentation, relative to the project's folder: those of the site, and those beside the code. */
export const pages: readonly string[] = globSync(
  ['*.md', 'docs/*.md', 'docs/{concepts,decisions,guides,zh}/**/*.md', '{packages,examples}/*/*.md'],
  { cwd: root },
)
  .filter((page) => !/CHANGELOG/.test(page))
  .sort();
