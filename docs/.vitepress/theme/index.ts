import type { Theme } from 'vitepress';
import theme from 'vitepress/theme-without-fonts';
import Schedule from './schedule.vue';
import './contrast.css';

export default {
  extends: theme,
  enhanceApp: ({ app }) => void app.component('Schedule', Schedule),
} satisfies Theme;
