import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Started } from '@rollcall/local';
import { readApp } from '@rollcall/local/internal/app';
import { startCloud } from '@rollcall/local/internal/cloud';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import { appFolder, assemblyOf } from '@rollcall/local/internal/synthesize';
import { describe, expect, it, onTestFinished } from 'vitest';

const app = join(import.meta.dirname, '../support/echo-app');

const temporaryFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** A stand-in with these properties. */
const beside = (started: Partial<Started>) => ({
  name: 'greeter',
  start: async () => ({ url: 'http://greeter', parameters: { Greeting: 'good morning' }, ...started }),
});

const send = (cloud: Awaited<ReturnType<typeof startCloud>>, MessageBody: string) =>
  cloud.sqs.send(
    new SendMessageCommand({ QueueUrl: `${cloud.endpointUrl}/000000000000/echo-test-words`, MessageBody }),
  );

describe('an app in a folder', () => {
  it('runs with its context and its rollcall.config.ts until the end of the block', async () => {
    let url = '';
    {
      await using cloud = await startCloud({ app: join(app, 'echo'), context: { stage: 'test' } });
      url = cloud.apiUrl;
      expect(cloud.beside).toEqual({ greeter: 'greeter-0' });
      const { status, body } = await cloud.request('POST', '/echo', { word: 'hi' });
      expect([status, body]).toEqual([200, { said: '{"word":"hi"}', greeting: 'hello' }]);
      await send(cloud, 'hi');
      await cloud.settled();
      expect(cloud.logs('echo').join('\n')).toContain('heard hi');
      expect(cloud.published('words').map((message) => message.body)).toEqual(['hi']);
      expect(() => cloud.published('thoughts')).toThrow(
        'There is no topic or queue thoughts. There are: echo-test-words.',
      );
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  it('is synthesized once per process and context', async () => {
    const [one, same, other] = [assemblyOf(app), assemblyOf(app, {}), assemblyOf(app, { stage: 'other' })];
    expect(await one).toBe(await same);
    expect(await other).not.toBe(await one);
    expect(existsSync(join(await one, 'manifest.json'))).toBe(true);
  });

  it('is refused with the reason if the folder has no cdk.json, or if the synthesis fails', async () => {
    const folder = temporaryFolder();
    expect(() => appFolder(folder)).toThrow(`There is no cdk.json in ${folder}`);
    writeFileSync(join(folder, 'cdk.json'), '{ "app": "echo no such stack >&2; exit 3" }');
    mkdirSync(join(folder, 'infra'));
    expect(appFolder(join(folder, 'infra'))).toBe(folder);
    await expect(startCloud({ app: folder })).rejects.toThrow('cannot be synthesized:\nno such stack');
  });
});

describe('the config of an app', () => {
  it.each([
    ['is empty without a file', undefined, {}],
    ['is the default export of a file', 'export default { beside: 1 };', { beside: 1 }],
  ])('%s', async (_, text, expected) => {
    const folder = temporaryFolder();
    if (text !== undefined) writeFileSync(join(folder, 'rollcall.config.mjs'), text);
    expect(await readApp(folder)).toEqual(expected);
  });

  it.each([
    ['cannot be loaded', 'throw new Error("no");', 'cannot be loaded: no'],
    ['has no default export', 'export const config = {};', 'must have a config as its default export'],
  ])('is refused if its file %s', async (_, text, complaint) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'rollcall.config.mjs'), text);
    const failure = await readApp(folder).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(CloudError);
    expect(failure).toHaveProperty('message', expect.stringContaining(complaint));
  });
});

describe('a stand-in beside a cloud', () => {
  it('implements an AWS service, stops with the cloud, and needs no config file', async () => {
    let isOpen = false;
    const greeter = {
      name: 'greeter',
      async start(_: unknown, opened: AsyncDisposableStack) {
        isOpen = true;
        opened.defer(() => {
          isOpen = false;
        });
        const answer = (operation: string) => ({ status: 200, body: { operation } });
        return {
          url: 'http://greeter',
          parameters: { Greeting: 'good morning' },
          services: { Greeter: { service: 'greeter', answer } },
        };
      },
    };
    const cloud = await startCloud({ assembly: assemblyOf(app, { stage: 'test' }), beside: [greeter] });
    const headers = { 'x-amz-target': 'Greeter.Greet' };
    expect(await (await fetch(cloud.endpointUrl, { method: 'POST', headers, body: '{}' })).json()).toEqual({
      operation: 'Greet',
    });
    expect((await cloud.request('POST', '/echo', 'x')).body).toMatchObject({ greeting: 'good morning' });
    expect(isOpen).toBe(true);
    await cloud.stop();
    expect(isOpen).toBe(false);
  });

  it('prevents the cloud from being settled while it is busy', async () => {
    let isBusy = true;
    const greeter = beside({ isBusy: () => isBusy });
    await using cloud = await startCloud({ assembly: assemblyOf(app, { stage: 'test' }), beside: [greeter] });
    await expect(cloud.settled({ withinMs: 100 })).rejects.toThrow('greeter is running');
    isBusy = false;
    await cloud.settled();
  });

  it('must have a unique name', async () => {
    const starting = startCloud({ assembly: assemblyOf(app), beside: [beside({}), beside({})] });
    await expect(starting).rejects.toThrow('Two stand-ins have the name greeter.');
  });
});

describe('a cloud that does not settle', () => {
  it('reports the remaining messages', async () => {
    await using cloud = await startCloud({ assembly: assemblyOf(app, { stage: 'test' }), beside: [beside({})] });
    // The message is redelivered after the visibility timeout of 30 seconds.
    await send(cloud, 'fail');
    await expect(cloud.settled({ withinMs: 1_500 })).rejects.toThrow('1 in echo-test-words');
  });
});
