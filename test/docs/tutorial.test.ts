import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/generated-app.ts';
import { blocksOf } from './blocks.ts';

/** Long enough to start two clouds and a compiler. */
const PATIENCE_MS = 600_000;

/** Runs the commands of the page, and saves its files, like a reader. */
it(
  'the tutorial works, step by step',
  () => {
    let folder = temporaryFolder();
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const outputs: string[] = [];
    for (const { language, info, text, line } of blocksOf('docs/tutorial.md')) {
      const file = /^\[(.+)\]$/.exec(info)?.[1];
      if (file) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
        continue;
      }
      expect(language, `line ${line}: a block must be a file or commands`).toBe('sh');
      for (const command of text.trimEnd().split('\n')) {
        const into = /^cd (\S+)$/.exec(command)?.[1];
        if (into) {
          folder = join(folder, into);
          continue;
        }
        const options = {
          cwd: folder,
          encoding: 'utf8',
          shell: true,
          env: { ...process.env, PATH, NO_COLOR: '1' },
        } as const;
        const { status, stdout, stderr } = spawnSync(command, options);
        expect(status, `line ${line}: ${command}\n${stdout}${stderr}`).toBe(0);
        outputs.push(stdout);
      }
    }
    expect(outputs.at(-1)).toMatch(/Tests +2 passed/);
  },
  PATIENCE_MS,
);
