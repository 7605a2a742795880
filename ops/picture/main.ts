import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Frame, movingPicture } from './moving-picture.ts';

const VIEW = { width: 1_280, height: 840 };
/** Width of the picture in pixels, the maximum that a README on GitHub shows. */
const WIDTH = 900;
const HEIGHT = Math.round((WIDTH * VIEW.height) / VIEW.width);
const MAX_BYTES = 300_000;
/** A compromise between readable text and file size. */
const QUALITY = 0.35;
const FLOWING = { frames: 7, everyMs: 400 };

/** Takes a screenshot, and converts it to WebP in a page, because screenshots cannot be WebP. */
async function imageOf(page: Page, converter: Page): Promise<string> {
  const png = `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
  return converter.evaluate(
    `new Promise((resolve) => {
      const image = new Image();
      image.onload = () => {
        const canvas = Object.assign(document.createElement('canvas'), { width: ${WIDTH}, height: ${HEIGHT} });
        const context = canvas.getContext('2d');
        context.imageSmoothingQuality = 'high';
        context.drawImage(image, 0, 0, ${WIDTH}, ${HEIGHT});
        resolve(canvas.toDataURL('image/webp', ${QUALITY}));
      };
      image.src = '${png}';
    })`,
  );
}

/**
 * Records the registration of a member, the flow of its messages, and its timeline. Also writes the flow to `flow.png`
 * and the timeline to `member.png`.
 */
async function record(browser: Browser, url: string, folder: string): Promise<Frame[]> {
  const context = await browser.newContext({ viewport: VIEW, locale: 'en', colorScheme: 'light' });
  const [page, converter] = [await context.newPage(), await context.newPage()];
  const frames: Frame[] = [];
  const take = async (ms: number) => frames.push({ image: await imageOf(page, converter), ms });
  await page.bringToFront();
  await page.goto(url);
  await page.getByRole('button', { name: 'Close this introduction' }).click();
  await page.getByRole('button', { name: /queue sms\.fifo/ }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Amara Okafor');
  await page.getByRole('combobox', { name: 'Language' }).click();
  await page.getByRole('option', { name: 'en', exact: true }).click();
  await take(1_500);
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  for (let n = 0; n < FLOWING.frames; n++) {
    await page.waitForTimeout(FLOWING.everyMs);
    await take(FLOWING.everyMs);
  }
  await page.screenshot({ path: join(folder, 'flow.png') });
  await page.getByRole('link', { name: 'View the timeline' }).click();
  await page.getByRole('region', { name: /^Phone / }).waitFor();
  await take(4_000);
  await page.screenshot({ path: join(folder, 'member.png') });
  return frames;
}

await new Command('picture')
  .description(
    'records the pictures of the console for the README and the docs, from a running cloud (npm start -- --memory)',
  )
  .option('--url <url>', 'URL of the console', 'http://127.0.0.1:4000/')
  .option('--chromium <path>', 'path of the browser', process.env.CHROMIUM ?? '/usr/bin/chromium')
  .option('--folder <folder>', 'output folder', 'docs/images')
  .action(async (options: { url: string; chromium: string; folder: string }) => {
    const output = join(options.folder, 'console.svg');
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'];
    const browser = await chromium.launch({ executablePath: options.chromium, args: [...args, '--disable-sync'] });
    try {
      const title = 'The console: a member registers, its messages pass through the flow, and its timeline shows them.';
      const frames = await record(browser, options.url, options.folder);
      writeFileSync(output, movingPicture(frames, WIDTH, HEIGHT, title));
    } finally {
      await browser.close();
    }
    const { size } = statSync(output);
    console.log(`${output}: ${size} bytes`);
    if (size > MAX_BYTES) throw new Error(`The picture has more than ${MAX_BYTES} bytes: lower QUALITY or FLOWING.`);
  })
  .parseAsync();
