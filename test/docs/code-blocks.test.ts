import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, typeErrors } from '../support/generated-app.ts';
import { root } from '../support/run.ts';
import { type Block, blocksOf } from './blocks.ts';
import { pages } from './pages.ts';
import { preludes } from './preludes.ts';

const blocks = pages.flatMap(blocksOf);

/** Long enough for a compiler that reads all packages on a busy machine. */
const PATIENCE_MS = 600_000;

/** The texts of the files that `npm run check` compiles and that tests run. */
const sources = new Set(
  globSync(['test/guides/**/*.ts', 'examples/*/{functions,infra,shared,test}/**/*.ts'], { cwd: root }).map((file) =>
    readFileSync(join(root, file), 'utf8'),
  ),
);

/** Whether `tutorial.test.ts` saves, compiles and runs the block. */
const isOfTutorial = ({ page, info }: Block) => page === 'docs/tutorial.md' && /^\[.+\]$/.test(info);

const parts = blocks.filter((block) => block.language === 'ts' && !isOfTutorial(block) && !sources.has(block.text));
const preludeOf = ({ page, text }: Block) =>
  preludes.find((one) => page.startsWith(one.page) && text.startsWith(one.begins));

function save(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe('code blocks', () => {
  it('name a known language', () => {
    const known = ['', 'json', 'mermaid', 'sh', 'text', 'ts'];
    expect(
      blocks.filter(({ language }) => !known.includes(language)).map(({ page, line }) => `${page}:${line}`),
    ).toEqual([]);
  });

  it('in TypeScript are tested files of the project, files of the tutorial, or parts with a prelude', () => {
    expect(blocks.filter(({ language }) => language === 'ts').length).toBeGreaterThan(30);
    expect(parts.filter((block) => !preludeOf(block)).map(({ page, line }) => `${page}:${line}`)).toEqual([]);
    expect(preludes.filter((prelude) => !parts.some((block) => preludeOf(block) === prelude))).toEqual([]);
  });

  it(
    'in TypeScript compile',
    async () => {
      const folder = temporaryFolder();
      const config = { extends: join(root, 'tsconfig.json'), include: [`${folder}/*.ts`], exclude: [] };
      save(join(folder, 'tsconfig.json'), JSON.stringify(config));
      for (const [index, block] of parts.entries()) {
        const { before, after = '', files = {} } = preludeOf(block) ?? { before: '' };
        save(join(folder, `${index}.ts`), `${before}\n${block.text}\n${after}\nexport {};\n`);
        for (const [path, text] of Object.entries(files)) save(join(folder, path), text);
      }
      expect(await typeErrors(folder)).toBe('');
    },
    PATIENCE_MS,
  );
});
