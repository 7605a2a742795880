import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileChange, registration } from '../../shared/contracts/member.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { canonicalName, nameError } from '../../shared/contracts/name-rule.ts';
import { memberIdOf, profileChanged, registered, TIME } from '../support/builders.ts';

const faultOf = (name: string) => nameError(canonicalName(name));

const NAMES = [
  ...["O'Connor-Smith", 'O´Connor', 'D’Arc', "'t Hooft", 'José María', 'Mª José', 'J. R. Smith', 'J.R. Smith'],
  ...['St. John', 'Dr. Müller', '"Bo" Larsen, Jr.', 'Nguyễn Văn A.', 'Nguyê\u0303n', 'João 3rd', 'X Æ A-12', 'ʻOkina'],
  ...['Kumar a/l Rajan', 'Ana & Luis', 'Gal·la', 'Oʼzbek', 'Anna-Мария', 'Member 9999'],
  ...['Анна', 'Гʼята', 'Ελένη', 'Αννα', 'Արմեն', 'გიორგი', 'אַבְרָהָם', 'محمد', 'مُحَمَّد', 'می\u200Cلاد', 'ኃይለ'],
  ...['नेहा', 'क्\u200Dष', 'ශ්\u200Dරී', 'র\u200D্যা', 'தமிழ்', 'അഖിൽ', 'สมชาย', 'ကျွန်ုပ်', 'སྐྱིད', 'ᠮᠣᠩᠭᠣᠯ', 'ស្រី'],
  ...['李小龙', '〇小龙', '山田　太郎', '中村メアリー', '葛\u{E0100}城', 'Li小龙', '김철수', 'ＬＵＣＩＡ', '𠮷田'],
];

describe('a name that people have', () => {
  it.each(NAMES)('is accepted: %s', (name) => {
    expect(faultOf(name)).toBeUndefined();
  });

  it('is accepted in every form of Unicode, and stored in one form', () => {
    for (const name of NAMES) {
      for (const form of ['NFC', 'NFD'] as const) {
        expect(registration.shape.name.parse(` ${name.normalize(form)}\t`)).toBe(name.normalize('NFC'));
      }
    }
  });
});

describe('a harmful name', () => {
  const NOT_SEEN = /invisible characters/;
  const SYMBOLS = /symbols/;
  const LINK = /link/;
  const DIGITS = /digits in a row/;
  const MIXED = /mix scripts/;
  const MARKS = /combining marks/;
  const BEGINNING = /begin with/;
  it.each<[string, string, RegExp]>([
    ['a line break', 'Ana\r\nFrom: bank', NOT_SEEN],
    ['a tab', 'Ana\tBanda', NOT_SEEN],
    ['a line separator', 'Ana\u2028Banda', NOT_SEEN],
    ['a bidirectional override', 'Ana\u202Emoc.live', NOT_SEEN],
    ['a bidirectional isolate', 'Ana\u2066x\u2069', NOT_SEEN],
    ['a direction mark', 'Ana\u200F', NOT_SEEN],
    ['a zero-width space', 'A\u200Bna', NOT_SEEN],
    ['a word joiner', 'A\u2060na', NOT_SEEN],
    ['a soft hyphen', 'A\u00ADna', NOT_SEEN],
    ['a joiner of Latin letters', 'A\u200Dna', NOT_SEEN],
    ['a joiner that joins nothing', 'محمد\u200C', NOT_SEEN],
    ['two joiners', 'می\u200C\u200Cلاد', NOT_SEEN],
    ['a variation selector of Latin letters', 'A\uFE0Fna', NOT_SEEN],
    ['a tag character', 'Ana\u{E0041}', NOT_SEEN],
    ['a Hangul filler', 'Ana\u3164', NOT_SEEN],
    ['half a character', 'Ana\uD800', NOT_SEEN],
    ['a character for private use', 'Ana\uE000', NOT_SEEN],
    ['an unassigned character', 'Ana\u0378', NOT_SEEN],
    ['a noncharacter', 'Ana\uFFFE', NOT_SEEN],
    ['an empty Braille cell', 'Ana\u2800', SYMBOLS],
    ['five marks on one letter', 'A\u0335\u0336\u0337\u0338\u0321na', MARKS],
    ['a mark twice', 'A\u0301\u0301na', MARKS],
    ['a mark on nothing', '\u0301na', BEGINNING],
    ['no letter', '12-34', /letter/],
    ['only a modifier', 'ʼ', /letter/],
    ['Cyrillic among Latin', 'P\u0430ypal', MIXED],
    ['Greek among Latin', 'Alph\u03B1', MIXED],
    ['Latin among Cyrillic', '\u0410nn\u0430', MIXED],
    ['Cherokee among Latin', '\u13AAnna', MIXED],
    ['Cyrillic among Latin, with a mathematical A', '\u{1D400}nn\u0430', MIXED],
    ['a formula', '=HYPERLINK("x")', SYMBOLS],
    ['a fullwidth formula', '＝1', SYMBOLS],
    ['a plus', '+1 Ana', SYMBOLS],
    ['a hyphen first', '-Ana', BEGINNING],
    ['a fullwidth hyphen first', '－Ana', BEGINNING],
    ['an @ first', '@Ana', SYMBOLS],
    ['a placeholder', '${process.env}', SYMBOLS],
    ['another placeholder', '{{name}}', SYMBOLS],
    ['HTML', '<b>Ana</b>', SYMBOLS],
    ['a smiley', 'Ana 😀', SYMBOLS],
    ['a URL', 'http://evil', SYMBOLS],
    ['a scheme', 'tel:Ana', SYMBOLS],
    ['www', 'www.x', LINK],
    ['a domain', 'go to evil.com', LINK],
    ['a domain in capitals', 'EVIL.COM', LINK],
    ['a domain and a path', 't.co/win', LINK],
    ['a domain in Cyrillic', 'почта.рф', LINK],
    ['a domain with a fullwidth dot', 'evil．com', LINK],
    ['a domain with an ideographic full stop', 'evil。com', LINK],
    ['an address', 'ana@evil', SYMBOLS],
    ['an IPv4 address', 'see 1.2.3.4', LINK],
    ['an IPv6 address', 'see fe80::1', SYMBOLS],
    ['a phone number', 'call 612345678', DIGITS],
    ['a spaced phone number', 'call 6 12-34 (5)', DIGITS],
    ['a phone number in fullwidth digits', 'call １２３４５', DIGITS],
    ['a phone number in Arabic digits', 'اتصل ٠١٢٣٤', DIGITS],
    ['circled digits', 'call ①②③④⑤', DIGITS],
    ['nothing', ' \u00A0\u3000 ', /1 to 100/],
    ['too much', 'x'.repeat(101), /1 to 100/],
  ])('is refused: %s', (_, name, why) => {
    const { error } = registration.safeParse({ phone: '+34612345678', name, locale: 'es' });
    expect(error?.issues).toMatchObject([{ path: ['name'], message: expect.stringMatching(why) }]);
    expect(profileChange.safeParse({ name }).success).toBe(false);
    expect(error?.message).not.toContain(name);
  });
});

/** A word of common letters. Only the characters that a test inserts can be the reason for a refusal. */
const word = fc.stringMatching(/^[A-Z][a-z]{1,8}$/);
const among = (harm: fc.Arbitrary<string>) => fc.tuple(word, harm, word).map((parts) => parts.join(''));
const refuses = (names: fc.Arbitrary<string>) => fc.assert(fc.property(names, (name) => faultOf(name) !== undefined));

describe('random names', () => {
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary-ascii' }),
  );

  it('that are accepted are visible, are neither links nor formulas, and do not change when they are read again', () => {
    fc.assert(
      fc.property(fc.oneof(any, among(any)), (given) => {
        const { success, data: name = '' } = registration.shape.name.safeParse(given);
        if (!success) return;
        expect(name).not.toMatch(/[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F]/u);
        expect(name).not.toMatch(/^[=+\-@\t\r]|[<>@$]|:\/\/|\w\.\w\w/);
        expect(registration.shape.name.parse(name)).toBe(name);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are refused with invisible characters', () => {
    const unseen = fc.constantFrom(...'\0\x07\n\r\x1b\x7f\x85\u061C\u200B\u200C\u200D\u200E\u2066\u202E\uFEFF\uFFFF');
    refuses(among(unseen));
  });

  it('are refused if they contain a domain', () => {
    refuses(fc.tuple(word, fc.constantFrom('.', '．', '。', '｡', '․'), word).map((parts) => parts.join('')));
  });

  it('are refused with five digits in any grouping', () => {
    const digit = fc.integer({ min: 0, max: 9 }).map(String);
    const gap = fc.constantFrom('', ' ', '-', ' (', ') ', '/', '\u00A0', ', ');
    const grouped = fc.array(fc.tuple(digit, gap), { minLength: 5, maxLength: 12 });
    refuses(fc.tuple(word, grouped).map(([first, groups]) => `${first} ${groups.flat().join('')}`));
  });

  it('are refused with a similar letter of another script', () => {
    refuses(among(fc.constantFrom(...'аеорсухіјѕԁԛԝһАВЕКМНОРСТХαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧՕՍօս')));
  });
});

describe('a name that was registered before the rules existed', () => {
  const OLD = { ...registered().data, name: 'evil.com\u202E 612345678' };

  it('can still be read in events', () => {
    expect(memberRegistered.data.parse(OLD).name).toBe(OLD.name);
    const changed = { ...profileChanged().data, memberId: memberIdOf(1), changedAt: TIME.toISOString() };
    expect(memberProfileChanged.data.parse({ ...changed, name: OLD.name }).name).toBe(OLD.name);
  });
});
