/** A record of the input with its first line: a person to register, or why it is invalid. */
export type Line = { line: number } & ParsedPerson;

export type ParsedPerson = { person: unknown } | { problem: string };

const LOCALES = ['en', 'es', 'zh-CN', 'de'];
/** Spanish mobile numbers: `6` and eight more digits. */
const MOBILES = 100_000_000;

/** In letters: names may not have as many digits as a large number has. */
const numberInLetters = (number: number) => String(number).replace(/\d/g, (digit) => 'ABCDEFGHIJ'[Number(digit)] ?? '');

/** Made-up people with phones that earlier runs have probably not used. */
export async function* generatePeople(count: number, random: () => number): AsyncIterable<Line> {
  const first = Math.floor(random() * (MOBILES - count));
  for (let index = 0; index < count; index++) {
    const phone = `+346${String(first + index).padStart(8, '0')}`;
    const name = `Member ${numberInLetters(index + 1)}`;
    yield { line: index + 1, person: { phone, name, locale: LOCALES[index % LOCALES.length] } };
  }
}
