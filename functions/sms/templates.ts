import { closestLocale } from '../../shared/localization.ts';

const welcome = {
  en: {
    text: 'Welcome! You are a member now. Your bonus points and your guide are waiting for you.',
    short: 'Welcome!',
  },
  es: {
    text: '¡Te damos la bienvenida! Ya formas parte. Te esperan tus puntos de regalo y tu guía.',
    short: '¡Hola!',
  },
  'zh-CN': { text: '欢迎加入！您的奖励积分和入门指南已经准备好了。', short: '欢迎！' },
};

const locales = Object.keys(welcome) as Array<keyof typeof welcome>;

/**
 * Returns the same text for all members with the same language. A registration may contain another person's phone, so
 * the text contains nothing that the registrant wrote, not even the name.
 */
export const welcomeText = (locale: string) => welcome[closestLocale(locale, locales, 'en')];
