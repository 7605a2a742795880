import { canonicalName, nameFault } from '../../shared/contracts/name-rule.ts';
import { closestLocale } from '../../shared/localization.ts';

const welcome = {
  en: (name?: string) =>
    `Welcome${name ? `, ${name}` : ''}! You are a member now. Your bonus points and your guide are waiting for you.`,
  es: (name?: string) =>
    `¡Te damos la bienvenida${name ? `, ${name}` : ''}! Ya formas parte. Te esperan tus puntos de regalo y tu guía.`,
  'zh-CN': (name?: string) => `${name ? `${name}，` : ''}欢迎加入！您的奖励积分和入门指南已经准备好了。`,
};

const short = {
  en: (name?: string) => `Welcome${name ? `, ${name}` : ''}!`,
  es: (name?: string) => `¡Hola${name ? `, ${name}` : ''}!`,
  'zh-CN': (name?: string) => `${name ? `${name}，` : ''}欢迎！`,
};

const locales = Object.keys(welcome) as Array<keyof typeof welcome>;

interface Addressee {
  name: string;
  locale: string;
}

/** A name that was registered before there were rules for names might make a text say what we do not. */
function nameForText(name: string): string | undefined {
  const canonical = canonicalName(name);
  return nameFault(canonical) === undefined ? canonical : undefined;
}

/** Without the name, if that is not fit for a text. */
export const welcomeText = ({ name, locale }: Addressee) =>
  welcome[closestLocale(locale, locales, 'en')](nameForText(name));

/** Without the name, if that is not fit for a text. */
export const shortWelcomeText = ({ name, locale }: Addressee) =>
  short[closestLocale(locale, locales, 'en')](nameForText(name));
