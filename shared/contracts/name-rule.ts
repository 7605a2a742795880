/**
 * The rules for names in requests. Names are shown in files, on screens and in messages.
 * docs/decisions/0014-rules-for-member-names.md gives the reasons.
 */

export const MAX_CHARACTERS = 100;
export const NAME_LENGTH = `must have 1 to ${MAX_CHARACTERS} characters, and not only white space`;

/** UAX #31 §2.3: the scripts in which ZWNJ and ZWJ affect how letters join. */
const JOINING_SCRIPTS = [
  ...['Arabic', 'Bengali', 'Devanagari', 'Gujarati', 'Gurmukhi', 'Kannada', 'Khmer', 'Malayalam', 'Mongolian'],
  ...['Myanmar', 'Oriya', 'Sinhala', 'Syriac', 'Tamil', 'Telugu'],
];
const JOINING = `[[\\p{L}\\p{M}]&&[${JOINING_SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]]`;
const JOINERS = new RegExp(`(?<=${JOINING})[\\u200C\\u200D](?=${JOINING})`, 'gv');
/** Variation selectors after Chinese characters (UTS #37) and Mongolian letters, whose shape they select. */
const SHAPES = /(?<=\p{Script=Han})[\uFE00-\uFE02\u{E0100}-\u{E01EF}]|(?<=\p{Script=Mongolian})[\u180B-\u180D\u180F]/gu;

const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}[\p{Z}--[ \u00A0\u3000]]]/v;
/** An acute or grave accent is allowed, because some keyboards offer it in place of the apostrophe. */
const SYMBOL = /[^\p{L}\p{M}\p{N}\p{P}\p{C}\p{Z}´`]|[@#%*:;\\_[\]{}]/u;
const LETTER = /[\p{Lu}\p{Ll}\p{Lt}\p{Lo}]/u;
const INVALID_START = /^[\p{Pd}\p{M}]/u;
/** UTS #39 §5.4: more than four combining marks in a row, or the same mark twice in a row. */
const EXCESSIVE_MARKS = /[\p{Mn}\p{Me}]{5}|([\p{Mn}\p{Me}])\1/u;
/** Domains and IPv4 addresses. IDNA also treats the ideographic full stop as a dot (UTS #46 §2.3). */
const LINK = /\S[.。][\p{L}\p{N}][\p{L}\p{M}\p{N}-]|\p{N}[.。]\p{N}|www[.。]/iu;
/** The shortest numbers that phones turn into links have five digits. */
const NUMBER = /\p{N}(?:[^\p{L}\p{N}]*\p{N}){4}/u;

/** Scripts with letters that look like letters of another script. */
const LOOKALIKE_SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'];
/** UTS #39 §5.2: Latin letters are common in words of these scripts. */
const SCRIPTS_WITH_LATIN = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo'];
const MIXTURES = LOOKALIKE_SCRIPTS.map((script) => {
  const allowed = [script, ...(script === 'Latin' ? SCRIPTS_WITH_LATIN : [])]
    .map((one) => `--\\p{scx=${one}}`)
    .join('');
  return {
    script: new RegExp(`\\p{L}(?<=\\p{Script=${script}})`, 'u'),
    other: new RegExp(`[\\p{L}--\\p{Script=Common}--\\p{Script=Inherited}${allowed}]`, 'v'),
  };
});

const isMixture = (word: string) => MIXTURES.some(({ script, other }) => script.test(word) && other.test(word));

/** A name in Unicode form NFC, without surrounding white space. */
export const canonicalName = (name: string) => name.normalize('NFC').trim();

/**
 * Describes the error in a name without repeating the name. Returns undefined if the name is valid.
 * @param name in its canonical form
 */
export function nameError(name: string): string | undefined {
  // Counts code points, because they are closer to characters than UTF-16 code units.
  const { length } = [...name];
  if (length === 0 || length > MAX_CHARACTERS) return NAME_LENGTH;
  const visible = name.replace(JOINERS, '').replace(SHAPES, '');
  if (INVISIBLE.test(visible)) {
    return 'must not contain control characters, invisible characters or code points without a character';
  }
  // Some software folds fullwidth and other compatibility forms, so the rules also apply to the folded name.
  const folded = visible.normalize('NFKC');
  if (SYMBOL.test(visible) || SYMBOL.test(folded)) {
    return 'must not contain symbols: only letters, digits, spaces and the punctuation of names';
  }
  if (!LETTER.test(visible)) return 'must contain a letter';
  if (INVALID_START.test(folded)) return 'must not begin with a hyphen or a combining mark';
  if (EXCESSIVE_MARKS.test(visible.normalize('NFD'))) {
    return 'must not have more than 4 combining marks in a row, or the same one twice';
  }
  if (folded.split(/[^\p{L}\p{M}]+/u).some(isMixture)) return 'must not mix scripts in one word';
  if (LINK.test(folded))
    return 'must not contain text that a phone displays as a link; write a space after a full stop';
  if (NUMBER.test(folded)) return 'must not contain 5 or more digits in a row';
  return undefined;
}
