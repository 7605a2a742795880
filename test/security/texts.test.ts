import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shortWelcomeText, welcomeText } from '../../functions/sms/templates.ts';
import { nameFault } from '../../shared/contracts/name-rule.ts';

const FORBIDDEN = { name: 'evil.com\u202E 612345678' };

describe('a name that is not fit for a text', () => {
  it.each([
    ['en', 'Welcome! You', 'Welcome!'],
    ['es', '¡Te damos la bienvenida! Ya', '¡Hola!'],
    ['zh-CN', '欢迎加入！', '欢迎！'],
  ])('is left out of the texts in %s', (locale, long, short) => {
    expect(welcomeText({ ...FORBIDDEN, locale }).startsWith(long)).toBe(true);
    expect(shortWelcomeText({ ...FORBIDDEN, locale })).toBe(short);
    expect(shortWelcomeText({ name: 'Lucía', locale })).toContain('Lucía');
  });

  it('cannot be put into one, whatever it is', () => {
    const without = welcomeText({ name: '', locale: 'en' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (name) => {
        const text = welcomeText({ name, locale: 'en' });
        expect(text === without || nameFault(text.slice('Welcome, '.length, text.indexOf('! You'))) === undefined).toBe(
          true,
        );
      }),
    );
  });
});
