/** A record of the input and the line where it begins: a person to register, or why it cannot be read as one. */
export type Line = { line: number } & Read;

export type Read = { person: unknown } | { problem: string };

const LOCALES = ['en', 'es', 'zh-CN', 'de'];
/** Spanish mobile numbers: `6` and eight more digits. */
const MOBILES = 100_000_000;

/** In letters: so many digits as a number of thousands has are no part of a name. */
const numberInLetters = (number: number) => String(number).replace(/\d/g, (digit) => 'ABCDEFGHIJ'[Number(digit)] ?? '');

/** Made-up people whose phones no earlier run is likely to have used. */
export async function* madeUp(count: number, random: () => number): AsyncIterable<Line> {
  const first = Math.floor(random() * (MOBILES - count));
  for (let index = 0; index < count; index++) {
    const phone = `+346${String(first + index).padStart(8, '0')}`;
    const name = `Member ${numberInLetters(index + 1)}`;
    yield { line: index + 1, person: { phone, name, locale: LOCALES[index % LOCALES.length] } };
  }
}
