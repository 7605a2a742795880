/**
 * The rules for names in requests, because names end up in files, on screens and in messages. Reasons:
 * docs/decisions/0014-rules-for-member-names.md.
 */

export const MAX_CHARACTERS = 100;
export const NAME_LENGTH = `must have 1 to ${MAX_CHARACTERS} characters, one of them no white space`;

/** UAX #31 §2.3: the scripts in which ZWNJ and ZWJ affect how letters join. */
const JOINING_SCRIPTS = [
  ...['Arabic', 'Bengali', 'Devanagari', 'Gujarati', 'Gurmukhi', 'Kannada', 'Khmer', 'Malayalam', 'Mongolian'],
  ...['Myanmar', 'Oriya', 'Sinhala', 'Syriac', 'Tamil', 'Telugu'],
];
const JOINING = `[[\\p{L}\\p{M}]&&[${JOINING_SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]]`;
const JOINERS = new RegExp(`(?<=${JOINING})[\\u200C\\u200D](?=${JOINING})`, 'gv');
/**
 * Variation selectors, which select the shape of the preceding character: Chinese characters (UTS #37), and Mongolian
 * letters.
 */
const SHAPES = /(?<=\p{Script=Han})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]|(?<=\p{Script=Mongolian})[\u180B-\u180D\u180F]/gu;

const NOTHING_TO_SEE = /[\p{C}\p{Default_Ignorable_Code_Point}[\p{Z}--[ \u00A0\u3000]]]/v;
/** On some keyboards, an acute or grave accent is used as an apostrophe. */
const NO_PART_OF_A_NAME = /[^\p{L}\p{M}\p{N}\p{P}\p{C}\p{Z}´`]|[@#%*:;\\_[\]{}]/u;
const A_LETTER = /[\p{Lu}\p{Ll}\p{Lt}\p{Lo}]/u;
const NO_BEGINNING = /^[\p{Pd}\p{M}]/u;
/** UTS #39 §5.4: more than four in a row, or the same one twice. */
const HEAPED_MARKS = /[\p{Mn}\p{Me}]{5}|([\p{Mn}\p{Me}])\1/u;
/** Domains and IPv4 addresses. IDNA also treats the ideographic full stop as a dot (UTS #46 §2.3). */
const LINK = /\S[.。][\p{L}\p{N}][\p{L}\p{M}\p{N}-]|\p{N}[.。]\p{N}|www[.。]/iu;
/** The shortest numbers that phones turn into links have five digits. */
const NUMBER = /\p{N}(?:[^\p{L}\p{N}]*\p{N}){4}/u;

/** Scripts with letters that look like those of another script. */
const LOOKALIKES = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'];
/** UTS #39 §5.2: Latin letters are common in words of these scripts. */
const WITH_LATIN = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo'];
const MIXTURES = LOOKALIKES.map((script) => {
  const beside = [script, ...(script === 'Latin' ? WITH_LATIN : [])].map((one) => `--\\p{scx=${one}}`).join('');
  return {
    own: new RegExp(`\\p{L}(?<=\\p{Script=${script}})`, 'u'),
    other: new RegExp(`[\\p{L}--\\p{Script=Common}--\\p{Script=Inherited}${beside}]`, 'v'),
  };
});

const isMixture = (word: string) => MIXTURES.some(({ own, other }) => own.test(word) && other.test(word));

/** A name in Unicode form NFC, without surrounding white space. */
export const canonicalName = (name: string) => name.normalize('NFC').trim();

/**
 * The error in a name, in a message that does not repeat it; undefined if it is valid.
 * @param name in its canonical form
 */
export function nameFault(name: string): string | undefined {
  // Code points, as a person counts.
  const { length } = [...name];
  if (length === 0 || length > MAX_CHARACTERS) return NAME_LENGTH;
  const seen = name.replace(JOINERS, '').replace(SHAPES, '');
  if (NOTHING_TO_SEE.test(seen)) {
    return 'must not contain control characters, or what cannot be seen or is no character';
  }
  // As read by software that folds fullwidth and other compatibility forms.
  const folded = seen.normalize('NFKC');
  if (NO_PART_OF_A_NAME.test(seen) || NO_PART_OF_A_NAME.test(folded)) {
    return 'must not contain symbols: only letters, digits, spaces and the punctuation of names';
  }
  if (!A_LETTER.test(seen)) return 'must contain a letter';
  if (NO_BEGINNING.test(folded)) return 'must not begin with a hyphen or a combining mark';
  if (HEAPED_MARKS.test(seen.normalize('NFD'))) {
    return 'must not have more than 4 combining marks in a row, or the same one twice';
  }
  if (folded.split(/[^\p{L}\p{M}]+/u).some(isMixture)) return 'must not mix scripts in one word';
  if (LINK.test(folded)) return 'must not contain what a phone takes for a link: write a space after a full stop';
  if (NUMBER.test(folded)) return 'must not contain 5 or more digits in a row';
  return undefined;
}
