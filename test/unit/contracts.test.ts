import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { profileChange, registration } from '../../shared/contracts/member.ts';

const valid = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const accepts = (change: object) => registration.safeParse({ ...valid, ...change }).success;

describe('registration', () => {
  it.each(['+34612345678', '+8613800138000', '+14155552671', '+4915112345678'])('accepts the phone %s', (phone) => {
    expect(accepts({ phone })).toBe(true);
  });

  it.each([
    '612345678',
    '0034612345678',
    '+34 612 345 678',
    '+3461234',
    '+999123456789',
    '+34abc',
    '',
    34612345678,
    null,
  ])('refuses the phone %j', (phone) => {
    expect(accepts({ phone })).toBe(false);
  });

  it('trims and normalizes names, and counts visible characters', () => {
    expect(registration.parse({ ...valid, name: '  Lucı\u0301a ' }).name).toBe('Lucı\u0301a'.normalize('NFC'));
    expect(accepts({ name: '𠮷'.repeat(100) })).toBe(true);
    expect(accepts({ name: 'x'.repeat(101) })).toBe(false);
    expect(accepts({ name: '   ' })).toBe(false);
    expect(accepts({ name: 'a\u0000b' })).toBe(false);
  });

  it('does not change a name that it has already normalized', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const once = registration.safeParse({ ...valid, name });
        if (once.success) expect(registration.parse({ ...valid, name: once.data.name }).name).toBe(once.data.name);
      }),
    );
  });

  it('stores locales in their canonical form', () => {
    expect(registration.parse({ ...valid, locale: 'ZH-cn' }).locale).toBe('zh-CN');
    expect(accepts({ locale: 'not a locale' })).toBe(false);
    expect(accepts({ locale: '' })).toBe(false);
  });
});

describe('profile change', () => {
  it('needs at least one field, and cannot change the phone', () => {
    expect(profileChange.safeParse({}).success).toBe(false);
    expect(profileChange.safeParse({ locale: 'en' }).success).toBe(true);
    expect(profileChange.safeParse({ locale: 'en', phone: '+34612345679' }).success).toBe(false);
  });
});
