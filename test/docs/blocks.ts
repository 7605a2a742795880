import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/run.ts';

export interface Block {
  /** The path of the page, relative to the project's folder. */
  page: string;
  /** The line of the page on which the block's text begins. The first line of a page is 1. */
  line: number;
  /** `ts`, `sh`, … */
  language: string;
  /** The text after the language: `[file name]`, or words that specify how the block is tested. */
  info: string;
  text: string;
}

/** The code blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w+)?[ ]?(.*)\n([\s\S]*?)^```$/gm)].map(
    ({ index, 1: language = '', 2: info = '', 3: block = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length + 1,
      language,
      info,
      text: block,
    }),
  );
}
