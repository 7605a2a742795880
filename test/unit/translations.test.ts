import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run.ts';

/** The levels of headings, and the lines of code blocks. */
interface Structure {
  headings: number[];
  code: string[];
}

/** Removes comments, because comments are translated and commands are not. */
const withoutComments = (code: string): string[] =>
  code
    .split('\n')
    .map((line) => line.replace(/(^|\s+)(#|\/\/) .*$/, ''))
    .filter((line) => line !== '');

function structureOf(text: string): Structure {
  const blocks = [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)];
  const prose = text.replaceAll(/^```.*?^```$/gms, '');
  return {
    headings: [...prose.matchAll(/^(#+) /gm)].map(([, signs = '']) => signs.length),
    code: blocks.flatMap(([, language = '', code = '']) => [language, ...withoutComments(code)]),
  };
}

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Returns the chapter with this anchor as a page of its own: the heading of the chapter is the title of the page. */
function chapterOf(text: string, anchor: string): string {
  const chapters = text.split(/^## /m);
  const chapter = chapters.find((one) => one.split('\n')[0]?.toLowerCase().replaceAll(' ', '-') === anchor);
  if (chapter === undefined) throw new Error(`no chapter has the anchor ${anchor}`);
  return `# ${chapter}`;
}

/** The text of the original of a translation. The translation links its original as `[English](…)`. */
function originalOf(file: string): string {
  const [, path = '', anchor] = /\[English\]\(([^)#]+)(?:#([^)]+))?\)/.exec(read(file)) ?? [];
  const text = read(normalize(join(dirname(file), path)));
  return anchor === undefined ? text : chapterOf(text, anchor);
}

/** The Chinese pages without the home page, which has no original. */
const GUIDES = readdirSync(join(root, 'docs/zh'))
  .filter((name) => name !== 'index.md')
  .map((name) => `docs/zh/${name}`);

describe('the Chinese pages', () => {
  it('have the guides that a newcomer needs', () => {
    expect(GUIDES).toEqual(
      expect.arrayContaining(['start', 'subscriber', 'deploy', 'operate'].map((name) => `docs/zh/${name}.md`)),
    );
  });

  it.each(['README.zh-CN.md', ...GUIDES])('%s has the commands and the chapters of its original', (file) => {
    expect(structureOf(read(file))).toEqual(structureOf(originalOf(file)));
  });

  it('are compared by their commands, not by their comments', () => {
    const page = (heading: string, code: string) => structureOf(`${heading} A\n\n\`\`\`sh\n${code}\n\`\`\`\n`);
    expect(page('##', 'npm start   # runs it')).toEqual(page('##', 'npm start # 运行'));
    expect(page('##', 'npm start')).not.toEqual(page('##', 'npm test'));
    expect(page('##', 'npm start')).not.toEqual(page('###', 'npm start'));
    expect(page('##', 'curl http://127.0.0.1/#a')).not.toEqual(page('##', 'curl http://127.0.0.1/#b'));
  });
});

describe('the README', () => {
  it('fits two screens', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(100);
  });
});
