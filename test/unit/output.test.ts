import { stripVTControlCharacters } from 'node:util';
import { printTable } from 'rollcall/internal/cli/output';
import { expect, it, vi } from 'vitest';

const printed = (rows: ReadonlyArray<Record<string, unknown>>): string[] => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    printTable(rows);
    return stripVTControlCharacters(log.mock.calls.flat().join('\n')).split('\n');
  } finally {
    log.mockRestore();
  }
};

it('a table keeps its columns aligned if a cell is Chinese, has a line break or is missing', () => {
  expect(
    printed([
      { switch: 'sms', why: '供应商维护中', set: '2 h' },
      { switch: 'points', why: 'a\nb', set: 5 },
      { switch: 'guide', set: '1 d' },
    ]),
  ).toEqual([
    'switch  why           set',
    'sms     供应商维护中  2 h',
    'points  a b           5',
    'guide                 1 d',
  ]);
});

it('a table replaces control characters in its cells', () => {
  // The first control character moves the cursor up. The second one reverses the direction of the text.
  expect(printed([{ why: 'up\u{1b}[A', by: 'me\u{202e}' }])).toEqual(['why    by', 'up\u{fffd}[A  me\u{fffd}']);
});

it('a table without rows is empty', () => {
  expect(printed([])).toEqual(['']);
});
