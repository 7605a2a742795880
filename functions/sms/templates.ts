import { closestLocale } from '../../shared/localization.ts';

const welcome = {
  en: (name: string) => `Welcome, ${name}! You are a member now. Your bonus points and your guide are waiting for you.`,
  es: (name: string) => `¡Te damos la bienvenida, ${name}! Ya formas parte. Te esperan tus puntos de regalo y tu guía.`,
  'zh-CN': (name: string) => `${name}，欢迎加入！您的奖励积分和入门指南已经准备好了。`,
};

const short = {
  en: (name: string) => `Welcome, ${name}!`,
  es: (name: string) => `¡Hola, ${name}!`,
  'zh-CN': (name: string) => `${name}，欢迎！`,
};

const locales = Object.keys(welcome) as Array<keyof typeof welcome>;

interface Addressee {
  name: string;
  locale: string;
}

export const welcomeText = ({ name, locale }: Addressee) => welcome[closestLocale(locale, locales, 'en')](name);

export const shortWelcomeText = ({ name, locale }: Addressee) => short[closestLocale(locale, locales, 'en')](name);
