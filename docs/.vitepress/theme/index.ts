import type { Theme } from 'vitepress';
import theme from 'vitepress/theme-without-fonts';
import Diagram from './diagram.vue';
import Schedule from './schedule.vue';
import './contrast.css';

export default {
  extends: theme,
  enhanceApp({ app }) {
    app.component('Diagram', Diagram);
    app.component('Schedule', Schedule);
  },
} satisfies Theme;
