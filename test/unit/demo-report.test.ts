import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { linesOf, summaryOf } from '../../ops/demo/report.ts';
import type { Verdict } from '../../ops/demo/verdict.ts';

const verdict = (some: Partial<Verdict>): Verdict => ({
  ...{ sms: 2, points: 2, guides: 2, further: {}, lost: 0, lostBy: {} },
  ...{ duplicated: 0, outOfOrder: 0, endToEndMs: [1000, 2000] },
  ...some,
});
const member = { id: 'm', phone: '+1', locale: 'es', version: 1 };
const registrations = { accepted: [1, 2].map((httpMs) => ({ member, askedAt: 0, httpMs })), rejected: [] };
const measured = { seconds: 4, registeredSeconds: 2, awsCalls: { 'sqs SendMessage': 3 } };
const summary = (some: Partial<Verdict> = {}) => summaryOf(registrations, verdict(some), undefined, measured);
const lineOf = (name: string, lines: string[]) =>
  lines.map(stripVTControlCharacters).find((line) => line.startsWith(name));

describe('the report of the demo', () => {
  it('names the subscribers that lost something, as text and as JSON', () => {
    const lost = summary({ lost: 3, lostBy: { letters: 2, sms: 1 } });
    expect(lost).toMatchObject({ lost: 3, lostBy: { letters: 2, sms: 1 } });
    expect(lineOf('lost', linesOf(lost))).toMatch(/ 3 \(letters 2, sms 1\)$/);
  });

  it('names no subscriber if nothing is lost', () => {
    expect(lineOf('lost', linesOf(summary()))).toMatch(/ 0$/);
  });

  it('has the effects of further subscribers', () => {
    expect(lineOf('letters', linesOf(summary({ further: { letters: 2 } })))).toMatch(/ 2$/);
  });

  it('has the measured values', () => {
    expect(summary()).toMatchObject({ registered: 2, registrationsPerSecond: 1, endToEndMs: { p50: 1000, p99: 2000 } });
    expect(lineOf('sqs SendMessage', linesOf(summary()))).toMatch(/ 3$/);
  });

  it('keeps its columns apart, however long a name is', () => {
    const name = 'secretsmanager:GetSecretValue'.repeat(3);
    expect(lineOf(name, linesOf({ ...summary(), awsCalls: { [name]: 4 } }))).toBe(`${name}  4`);
  });
});
