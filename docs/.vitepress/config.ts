import { type DefaultTheme, defineConfig } from 'vitepress';
import { fences } from './fences.ts';
import { repositoryLinks } from './links.ts';
import { NO_PAGES } from './pages.ts';
import { sidebarOf } from './sidebar.ts';

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#3451b2"/><path d="M8 10h16M8 16h11M8 22h6" stroke="#fff" stroke-width="3"/></svg>',
)}`;

const chineseSearch = {
  button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
  modal: {
    noResultsText: '没有找到结果',
    resetButtonTitle: '清除',
    backButtonTitle: '关闭',
    displayDetails: '显示详情',
    footer: {
      selectText: '选择',
      selectKeyAriaLabel: '回车',
      navigateText: '切换',
      navigateUpKeyAriaLabel: '向上',
      navigateDownKeyAriaLabel: '向下',
      closeText: '关闭',
      closeKeyAriaLabel: 'Esc',
    },
  },
};

const chinese: DefaultTheme.Config = {
  sidebar: sidebarOf('zh'),
  outline: { level: [2, 3], label: '本页目录' },
  docFooter: { prev: '上一页', next: '下一页' },
  darkModeSwitchLabel: '深色模式',
  lightModeSwitchTitle: '切换到浅色模式',
  darkModeSwitchTitle: '切换到深色模式',
  sidebarMenuLabel: '目录',
  returnToTopLabel: '回到顶部',
  langMenuLabel: '语言',
  skipToContentLabel: '跳到正文',
};

export default defineConfig({
  title: 'Rollcall',
  description: 'Transactional messaging for TypeScript on AWS',
  outDir: '../dist/docs',
  head: [['link', { rel: 'icon', href: ICON }]],
  srcExclude: NO_PAGES,
  locales: {
    root: { label: 'English', lang: 'en', themeConfig: { sidebar: sidebarOf('en') } },
    zh: { label: '简体中文', lang: 'zh-CN', description: 'AWS 上的 TypeScript 事务消息', themeConfig: chinese },
  },
  themeConfig: {
    search: { provider: 'local', options: { locales: { zh: { translations: chineseSearch } } } },
    outline: [2, 3],
  },
  markdown: {
    config(markdown) {
      repositoryLinks(markdown);
      fences(markdown);
    },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
});
