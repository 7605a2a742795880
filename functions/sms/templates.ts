import { closestLocale } from '../../shared/localization.ts';

const welcome = {
  en: (name: string) => `Welcome, ${name}! You are a member now. Your bonus points and your guide are waiting for you.`,
  es: (name: string) => `¡Te damos la bienvenida, ${name}! Ya formas parte. Te esperan tus puntos de regalo y tu guía.`,
  'zh-CN': (name: string) => `${name}，欢迎加入！您的奖励积分和入门指南已经准备好了。`,
};

const locales = Object.keys(welcome) as Array<keyof typeof welcome>;

export const welcomeText = ({ name, locale }: { name: string; locale: string }) =>
  welcome[closestLocale(locale, locales, 'en')](name);
