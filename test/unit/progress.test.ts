import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { createProgress } from 'rollcall/internal/progress';
import { describe, expect, it } from 'vitest';

/** A stream that records the written lines. */
function createStream(properties: object = {}) {
  const stream = Object.assign(new PassThrough(), properties);
  const written = () => stripVTControlCharacters(String(stream.read())).split('\n').slice(0, -1);
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

describe('the progress of a start', () => {
  it('is a line at the beginning and at the end of each step, if there is no terminal', async () => {
    const { stream, written } = createStream();
    const progress = createProgress('Synthesizing', stream);
    progress.next('Booting');
    expect(await progress.until(Promise.resolve('a cloud'))).toBe('a cloud');
    const ended = (step: string) => expect.stringMatching(new RegExp(`^✔ ${step} \\(\\d+\\.\\d s\\)$`));
    expect(written()).toEqual([
      '⠋ Synthesizing',
      ended('Synthesizing'),
      expect.stringMatching(/^. Booting$/),
      ended('Booting'),
    ]);
  });

  it('marks the failed step, and rejects with its error', async () => {
    const { stream, written } = createStream();
    const progress = createProgress('Synthesizing', stream);
    await expect(progress.until(Promise.reject(new Error('no cdk.json')))).rejects.toThrow('no cdk.json');
    expect(written()).toEqual(['⠋ Synthesizing', '✖ Synthesizing']);
  });
});
