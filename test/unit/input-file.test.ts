import { execFile } from 'node:child_process';
import { createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudError } from '@rollcall/local/internal/errors/cloud-error';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Line } from '../../ops/demo/input.ts';
import { openInput } from '../../ops/demo/input-file.ts';
import { readRecords } from '../../ops/demo/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-input-'));
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
function fileOf(name: string, content: string | Buffer): string {
  const file = join(folder, `${++files}-${name}`);
  writeFileSync(file, content);
  return file;
}
const read = async (name: string, content: string | Buffer): Promise<Line[]> =>
  Array.fromAsync(await openInput(fileOf(name, content)));

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
const HEADER = 'phone,name,locale\n';
const ANA = { phone: '+34612341001', name: 'Ana', locale: 'es' };
const BO = { phone: '+34612341002', name: 'Bo', locale: 'en' };
const ana = JSON.stringify(ANA);
const bo = JSON.stringify(BO);
const problem = (text: string) => ({ problem: expect.stringContaining(text) });

describe('an input file', () => {
  it.each<[string, string, string | Buffer, Array<[line: number, person: object]>]>([
    [
      'JSON Lines with a byte order mark, CRLF and blank lines',
      'a.jsonl',
      `\ufeff${ana}\r\n\r\n${bo}\r\n`,
      [
        [1, ANA],
        [3, BO],
      ],
    ],
    [
      'U+2028 within JSON, which is not a line break',
      'a.jsonl',
      `{"name":"An\u2028a"}\n${bo}\n`,
      [
        [1, { name: 'An\u2028a' }],
        [2, BO],
      ],
    ],
    [
      'JSON Lines in UTF-16',
      'a.jsonl',
      utf16(`${ana}\r\n${bo}\r\n`),
      [
        [1, ANA],
        [2, BO],
      ],
    ],
    [
      'CSV in UTF-16',
      'a.csv',
      utf16(`phone,name,locale\r\n+34612341003,Lucía,es\r\n`),
      [[2, { phone: '+34612341003', name: 'Lucía', locale: 'es' }]],
    ],
    ['CSV in UTF-16 of the other byte order', 'a.csv', utf16(`${HEADER}+34612341001,Ana,es`).swap16(), [[2, ANA]]],
    [
      'CSV with a byte order mark and blank lines',
      'a.csv',
      `\ufeff${HEADER}+34612341001,Ana,es\n\n  \n+34612341002,Bo,en`,
      [
        [2, ANA],
        [5, BO],
      ],
    ],
    [
      'quotes, doubled quotes and spaces around fields',
      'a.csv',
      `${HEADER}+34612341001, "Ana ""A"", Jr." , es\n`,
      [[2, { ...ANA, name: 'Ana "A", Jr.' }]],
    ],
    [
      'several kinds of line endings',
      'a.csv',
      'phone,name,locale\r\n+34612341001,Ana,es\n+34612341002,Bo,en\r',
      [
        [2, ANA],
        [3, BO],
      ],
    ],
    ['semicolons', 'a.csv', 'phone;name;locale\r\n+34612341001;Ana;es\r\n', [[2, ANA]]],
    ['tabs', 'a.tsv', 'phone\tname\tlocale\n+34612341001\tAna\tes\n', [[2, ANA]]],
    [
      'the delimiter that a spreadsheet names',
      'a.csv',
      'sep=|\r\nphone|name|locale\r\n+34612341001|Ana|es',
      [[3, ANA]],
    ],
    [
      'columns in another case and order, beside other columns',
      'a.csv',
      'Locale,,PHONE,Notes, Name \nes,,+34612341001,x,Ana',
      [[2, ANA]],
    ],
    [
      'phones that a spreadsheet marks as text',
      'a.csv',
      `${HEADER}'+34612341001,Ana,es\n"=""+34612341001""",Ana,es\n="+34612341001",Ana,es`,
      [
        [2, ANA],
        [3, ANA],
        [4, ANA],
      ],
    ],
    ['JSON Lines recognized by its content, without a file extension', 'people', `\n ${ana}\n`, [[2, ANA]]],
    ['CSV recognized by its content, without a file extension', 'people', `${HEADER}+34612341001,Ana,es\n`, [[2, ANA]]],
  ])('is read with %s', async (_, name, content, people) => {
    expect(await read(name, content)).toEqual(people.map(([line, person]) => ({ line, person })));
  });

  it('continues a record in the lines of a quoted field, and reads no person from these lines', async () => {
    const notes =
      'phone,name,locale,notes\r\n+34612341001,Ana,es,"met at the fair\n+34612349999,Eve,es,friend\r\ncall back"\r\n+34612341002,Bo,en,\r\n';
    expect(await read('a.csv', notes)).toEqual([
      { line: 2, person: ANA },
      { line: 5, person: BO },
    ]);
  });

  it.each<[string, string, string, object[]]>([
    [
      'a line that is not JSON',
      'a.jsonl',
      `${ana}\n{oops\n${bo}\n`,
      [{ line: 1 }, { line: 2, ...problem('not JSON') }, { line: 3 }],
    ],
    [
      'too few fields',
      'a.csv',
      `${HEADER}+34612341001\n+34612341002,Bo,en\n`,
      [
        { line: 2, ...problem('Invalid Record Length') },
        { line: 3, person: BO },
      ],
    ],
    [
      'quotes within quotes',
      'a.csv',
      `${HEADER}+34612341001,"Ana "A" B",es\n+34612341002,Bo,en\n`,
      [
        { line: 2, ...problem('Invalid Closing Quote') },
        { line: 3, person: BO },
      ],
    ],
    [
      'a quote within a field',
      'a.csv',
      `${HEADER}+34612341001,Ana 5'10",es\n+34612341002,Bo,en\n`,
      [
        { line: 2, ...problem('Invalid Opening Quote') },
        { line: 3, person: BO },
      ],
    ],
    [
      'a number that a spreadsheet has rounded',
      'a.csv',
      `${HEADER}3.46123E+10,Ana,es\n"3,46123E+10",Ana,es\n+34612341002,Bo,en\n`,
      [
        { line: 2, ...problem('spreadsheet') },
        { line: 3, ...problem('spreadsheet') },
        { line: 4, person: BO },
      ],
    ],
    [
      'a quote that a later record closes',
      'a.csv',
      `${HEADER}+34612341001,"Ana,es\n+34612349999,Eve,es\n+34612349998,"Eve",es\n+34612341002,Bo,en\n`,
      [
        { line: 2, ...problem('extends the record over 3 lines') },
        { line: 5, person: BO },
      ],
    ],
    [
      'a quote that is never closed',
      'a.csv',
      `${HEADER}+34612341002,Bo,en\n\n+34612341001,"Ana,es\n+34612349999,Eve,es\n`,
      [
        { line: 2, person: BO },
        { line: 4, ...problem('a quote is never closed; the record includes all lines from 4 to 5') },
      ],
    ],
  ])('reports a record with %s at the first line of the record', async (_, name, content, lines) => {
    expect(await read(name, content)).toEqual(lines.map((line) => expect.objectContaining(line)));
  });

  it('reports bytes that are not UTF-8', async () => {
    const latin1 = Buffer.from(`${HEADER}+34612341001,Lucía,es\n+34612341002,Bo,en\n`, 'latin1');
    expect(await read('a.csv', latin1)).toEqual([
      { line: 2, ...problem('UTF-8') },
      { line: 3, person: BO },
    ]);
  });

  it.each([
    ['CSV', { delimiter: ',' }, '+34612341001,"'],
    ['JSON Lines', {}, '{"name":"'],
  ])('is not read beyond a record of %s that exceeds the size limit', async (_, format, start) => {
    const text = async function* () {
      yield `a\n\nb\n\n${start}${'x'.repeat(90)}`;
      yield 'x'.repeat(90);
      yield '"\nc\n';
    };
    const lines = readRecords(text(), { ...format, read: (person) => ({ person }) }, 100);
    expect(await Array.fromAsync(lines)).toEqual([
      { line: 1, person: 'a' },
      { line: 3, person: 'b' },
      { line: 5, ...problem('the following lines were not read') },
    ]);
  });

  it.each<[string, string, string | Buffer, string]>([
    ['is a JSON array', 'a.json', `[\n${ana},\n${bo}\n]\n`, 'is a JSON array. Write one object per line'],
    ['is a JSON array by its content', 'people', `[${ana}]`, 'is a JSON array'],
    [
      'has a column twice',
      'a.csv',
      `phone,name,locale,phone\n+34612341001,Ana,es,+34612341002\n`,
      'must begin with a header that contains each of phone, name, locale once. It begins with: phone, name, locale, phone',
    ],
    [
      'lacks a column',
      'a.csv',
      `phone,name\n+34612341001,Ana\n`,
      'must begin with a header that contains each of phone, name, locale once. It begins with: phone, name',
    ],
    [
      'has no header',
      'a.csv',
      `+34612341001,Ana,es\n+34612341002,Bo,en\n`,
      'must begin with a header that contains each of phone, name, locale once. It begins with: +34612341001, Ana, es',
    ],
    [
      'has control characters in its header',
      'a.csv',
      `\u001b[2J,name\n`,
      'must begin with a header that contains each of phone, name, locale once. It begins with: \ufffd[2J, name',
    ],
    ['is in UTF-16 without a byte order mark', 'a.csv', utf16(HEADER).subarray(2), 'is not text in UTF-8'],
    ['is binary', 'a.csv', Buffer.from('504b03041400000008', 'hex'), 'is not text in UTF-8'],
    ['is empty', 'a.csv', '', 'is empty'],
    ['has blank lines only', 'a.jsonl', '\r\n\n', 'is empty'],
  ])('is refused as a whole if it %s', async (_, name, content, reason) => {
    const file = fileOf(name, content);
    await expect(openInput(file)).rejects.toThrow(CloudError);
    await expect(openInput(file)).rejects.toThrow(`${file} ${reason}`);
  });

  it('that cannot be opened is refused with the reason', async () => {
    await expect(openInput(folder)).rejects.toThrow(
      new CloudError(`${folder} cannot be read: illegal operation on a directory.`),
    );
    const missing = join(folder, 'missing.csv');
    await expect(openInput(missing)).rejects.toThrow(
      new CloudError(`${missing} cannot be read: no such file or directory.`),
    );
  });

  it('may be a pipe, which can be read only once, and in pieces of any size', async () => {
    const pipe = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const writer = createWriteStream(pipe);
    for (const byte of Buffer.from(`${HEADER}+34612341001,Ana,es\n`)) writer.write(Buffer.of(byte));
    writer.end();
    expect(await Array.fromAsync(await openInput(pipe))).toEqual([{ line: 2, person: ANA }]);
  });

  it('that is larger than the read-ahead buffer is read to its end', async () => {
    const name = 'Lucía'.repeat(20);
    const lines = await read('a.csv', HEADER + `+34612341001,${name},es\n`.repeat(1_000));
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)).toEqual({ line: 1_001, person: { ...ANA, name } });
  });

  it('written by the rules of RFC 4180 is read as the same people, with any field values', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'é', ' ', ',', ';', '"', '\n', '\r\n', '+34612349999,Eve,es'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ name: field, notes: field })), async (people) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const records = people.map(({ notes, name }) => `${quoted(notes)},+34612341001,${quoted(name)},es\r\n`);
        const starts = records.map(
          (_, index) => `notes,${HEADER}${records.slice(0, index).join('')}`.split(/\r?\n/).length,
        );
        expect(await read('a.csv', `notes,${HEADER}${records.join('')}`)).toEqual(
          people.map(({ name }, index) => ({ line: starts[index], person: { ...ANA, name } })),
        );
      }),
    );
  });
});
