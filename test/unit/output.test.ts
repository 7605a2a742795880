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

it('a table stays in columns where a cell is Chinese, has a line break or is missing', () => {
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

it('a table shows what others wrote, and does nothing that they wrote to the terminal', () => {
  // Moves the cursor up; turns a line around.
  expect(printed([{ why: 'up\u{1b}[A', by: 'me\u{202e}' }])).toEqual(['why    by', 'up\u{fffd}[A  me\u{fffd}']);
});

it('a table of nothing is nothing', () => {
  expect(printed([])).toEqual(['']);
});
