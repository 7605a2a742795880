import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createProgram } from 'rollcall/internal/cli/program';
import { withAggregateName } from 'rollcall/internal/console/web/src/words/aggregate-name';
import { en } from 'rollcall/internal/console/web/src/words/en';
import { zh } from 'rollcall/internal/console/web/src/words/zh';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run.ts';

/** Words of the member application, which other apps do not use. */
const MEMBER_WORDS = /\b(members?|phones?|texts?|sms|points|registrations?)\b|会员|电话|手机|短信|积分/i;
const CLI = join(root, 'packages/cli/src');

/** The printed help of each command. */
function helpOf(command: Command): string[] {
  const help: string[] = [];
  command.configureOutput({ writeOut: (text) => help.push(text) }).outputHelp();
  return [help.join(''), ...command.commands.flatMap(helpOf)];
}

const wordsIn = (words: object): string[] =>
  Object.values(words).flatMap((value: string | object) => (typeof value === 'string' ? [value] : wordsIn(value)));

const lines = (texts: readonly string[]) => texts.flatMap((text) => text.split('\n'));

describe('the command line and its console', () => {
  it('have no word of the member application in the help of any command', () => {
    const help = lines(helpOf(createProgram({})));
    expect(help.length).toBeGreaterThan(100);
    expect(help.filter((line) => MEMBER_WORDS.test(line))).toEqual([]);
  });

  it.each([
    ['English', en],
    ['Chinese', zh],
  ])('have no word of the member application on any page, in %s', (_, words) => {
    expect(wordsIn(words).filter((one) => MEMBER_WORDS.test(one))).toEqual([]);
  });

  it('name neither members nor phones in any source', () => {
    const files = readdirSync(CLI, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(tsx?|css)$/.test(file));
    expect(files.length).toBeGreaterThan(100);
    const found = files.flatMap((file) =>
      readFileSync(join(CLI, file), 'utf8')
        .split('\n')
        .filter((line) => /(?<!re)member|phone|beside\.sms|breakSms/i.test(`${file} ${line}`))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it.each(['purchase-order', 'Order', 'scope'])(
    'refuse an aggregate called %s, whose option could not be parsed',
    (name) => {
      expect(() => createProgram({ aggregate: { en: [name, `${name}s`] } })).toThrow(`cannot start with "${name}"`);
    },
  );

  it("use the app's name for its aggregate", () => {
    expect(withAggregateName(en, ['order', 'orders']).aggregates).toMatchObject({
      title: 'Orders',
      lead: 'The latest orders. Select one to see its timeline.',
      one: 'Order {{id}}',
    });
    expect(withAggregateName(zh, ['订单', '订单']).aggregates.back).toBe('所有订单');
    expect(wordsIn(withAggregateName(en, ['order', 'orders'])).filter((one) => /aggregate/i.test(one))).toEqual([]);
    const help = helpOf(createProgram({ aggregate: { en: ['order', 'orders'] } })).join('\n');
    expect(help).toMatch(/--order <id> +only events about this order/);
    expect(help).toMatch(/--order <id> +subject of the token: the id of this order/);
  });
});
