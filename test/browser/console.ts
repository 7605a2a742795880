import type { Browser } from 'playwright-core';
import { buildConsole } from 'rollcall/internal/console/build';
import { startTestCloud, type TestCloud } from '../support/cloud.ts';
import { startConsole } from '../support/console.ts';
import { startBrowser } from './browser.ts';

export interface ConsoleInBrowser {
  browser: Browser;
  /** The URL of the console. */
  url: string;
  cloud: TestCloud;
  stop(): Promise<void>;
}

/** Starts a browser, and a cloud with its console. */
export async function startConsoleInBrowser(): Promise<ConsoleInBrowser> {
  const browser = await startBrowser();
  const page = buildConsole();
  const [cloud] = await Promise.all([startTestCloud(), page]);
  const { url, stop } = await startConsole(cloud, page);
  return {
    browser,
    url,
    cloud,
    async stop() {
      await browser.close();
      await stop();
      await cloud.stop();
    },
  };
}
