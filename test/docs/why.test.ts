import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import prices from '../../ops/cost/prices.json' with { type: 'json' };
import { root } from '../support/run.ts';

const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

/** The rows of a table, by their first cell. */
function rowsOf(text: string, heading: string): Map<string, Record<string, string>> {
  const lines = text.slice(text.indexOf(heading)).split('\n');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const names = cells(lines[0] ?? '');
  const rows = lines
    .slice(
      2,
      lines.findIndex((line) => !line.startsWith('|')),
    )
    .map(cells);
  return new Map(
    rows.map((row) => [row[0] ?? '', Object.fromEntries(names.map((name, index) => [name, row[index] ?? '']))]),
  );
}

const dollars = ({
  'write units': writes,
  'read units': reads,
  'polling calls per message': polling,
}: Record<string, string>): string =>
  (
    Number(writes) * prices.dynamodb.perMillionWriteUnits +
    Number(reads) * prices.dynamodb.perMillionReadUnits +
    Number(polling) * prices.sqs.perMillionFifoRequests
  ).toFixed(2);

describe('the comparison', () => {
  const measured = rowsOf(page('costs.md'), '| consumer of points | messages a second |');
  const shown = rowsOf(page('why.md'), '| consumer of points |');

  it.each([...shown.keys()])('shows the measurements and the cost of %s', (name) => {
    const figures = measured.get(name) ?? {};
    expect(shown.get(name)).toMatchObject({
      'messages a second': figures['messages a second'],
      'write units': figures['write units'],
      'read units': figures['read units'],
      'polling calls per message': figures['polling calls per message'],
      'after a kill between effect and acknowledgement': figures['result of the crash test'],
      '$ a million messages': dollars(figures),
    });
  });

  it('adds up the cost of a step of a process, and of its start and end', () => {
    const figures = rowsOf(page('costs.md'), '| | calls | write units | $ a million |');
    const sum = (...names: string[]) =>
      names.reduce((all, name) => all + Number(figures.get(name)?.['$ a million']), 0).toFixed(2);
    const steps = [...rowsOf(page('why.md'), '| | $ a million | source |').values()].map((row) => row['$ a million']);
    expect(steps.slice(0, 2)).toEqual([
      sum('a step whose reply arrives in time', 'publish one message that the process sends, by the relay'),
      sum(
        'start a process, in the transaction that changes a state',
        'end the process, in the transaction that changes a state',
      ),
    ]);
  });

  it('has a source for every mark, and a mark for every source', () => {
    // A mark such as [p1] refers from the table to a source.
    const text = page('why.md');
    const [table = '', sources = ''] = text.split('**Sources.**');
    const marks = (part: string) => new Set([...part.matchAll(/\[([pmenla]\d)\](?!\()/g)].map(([, mark]) => mark));
    expect([...marks(table)].toSorted()).toEqual([...marks(sources.split('\n## ')[0] ?? '')].toSorted());
  });
});
