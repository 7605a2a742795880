/** A record of the input, with the number of its first line. */
export type Line = { line: number } & ParsedPerson;

/** A person to register, or the reason why the record is invalid. */
export type ParsedPerson = { person: unknown } | { problem: string };

const LOCALES = ['en', 'es', 'zh-CN', 'de'];
/** The number of Spanish mobile numbers: `6` and eight more digits. */
const MOBILES = 100_000_000;

/** Writes a number in letters, because the API limits the digits in a name. */
const numberInLetters = (number: number) => String(number).replace(/\d/g, (digit) => 'ABCDEFGHIJ'[Number(digit)] ?? '');

/** Generates people. If `random` is not seeded, earlier runs have probably not used the same phones. */
export async function* generatePeople(count: number, random: () => number): AsyncIterable<Line> {
  const first = Math.floor(random() * (MOBILES - count));
  for (let index = 0; index < count; index++) {
    const phone = `+346${String(first + index).padStart(8, '0')}`;
    const name = `Member ${numberInLetters(index + 1)}`;
    yield { line: index + 1, person: { phone, name, locale: LOCALES[index % LOCALES.length] } };
  }
}
