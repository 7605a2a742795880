import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { functionResources, startSmallCloud, writeAssembly } from '../support/small-cloud.ts';

/** An app with one function. */
const appWith = (body: string) => ({
  resources: functionResources('versioned', 'code'),
  code: { code: `export const handler = async () => { ${body} };` },
});

function assemblyWith(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-assembly-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return writeAssembly(folder, appWith(body));
}

async function cloudWith(body: string) {
  const cloud = await startSmallCloud(appWith(body));
  onTestFinished(cloud.stop);
  return { cloud, version: () => cloud.invoke('versioned', {}) };
}

it('old and new code run side by side until the old code is retired', async () => {
  const { cloud, version } = await cloudWith('return 1');
  await cloud.redeploy(assemblyWith('return 2'), { previousWeight: 0.5 });
  const shared = [await version(), await version(), await version(), await version()];
  expect(shared.toSorted()).toEqual([1, 1, 2, 2]);
  expect(await cloud.retirePrevious()).toBe(2);
  expect([await version(), await version()]).toEqual([2, 2]);
});

it('without a weight, the new code gets all invocations at once', async () => {
  const { cloud, version } = await cloudWith('return 1');
  await cloud.redeploy(assemblyWith('return 2'));
  expect([await version(), await version()]).toEqual([2, 2]);
  expect(await cloud.retirePrevious()).toBe(0);
});

it('a running invocation ends with the code with which it began', async () => {
  const requested = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, response) => requested.resolve(response)).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { cloud, version } = await cloudWith(`await fetch('${url}'); return 1`);
  const begun = version();
  const response = await requested.promise;
  const redeployed = cloud.redeploy(assemblyWith('return 2'));
  await vi.waitFor(async () => expect(await version()).toBe(2), 5_000);
  response.end();
  expect(await begun).toBe(1);
  await redeployed;
});
