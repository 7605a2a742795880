import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figures } from './figures.ts';

const FIGURES = join(import.meta.dirname, 'figures.json');

export async function writeFigures(figures: Figures): Promise<void> {
  await writeFile(FIGURES, `${JSON.stringify(figures, null, 2)}\n`);
}
