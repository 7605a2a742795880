import type { MarkdownOptions } from 'vitepress';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

const NEEDS_ACCOUNT: Record<string, string> = { en: 'Needs an AWS account', zh: '需要 AWS 账户' };

/**
 * Renders code blocks according to their info strings. A block `mermaid` becomes a diagram. A block `ts [infra/app.ts]`
 * has its file name above it. A block `sh needs-account` is labelled as a command that needs an AWS account.
 */
export function fences(markdown: Markdown): void {
  const { escapeHtml } = markdown.utils;
  const { fence } = markdown.renderer.rules;
  markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info = '', content = '' } = tokens[index] ?? {};
    const block = fence?.(tokens, index, options, env, self) ?? '';
    if (info.trim() === 'mermaid') return `<Diagram source="${encodeURIComponent(content)}">${block}</Diagram>`;
    const name = /\[(.+)\]/.exec(info)?.[1];
    if (name) return `<p class="above-code"><code v-pre>${escapeHtml(name)}</code></p>${block}`;
    if (!info.includes(' needs-account')) return block;
    const language = env.relativePath?.startsWith('zh/') ? 'zh' : 'en';
    return `<p class="above-code"><small>${NEEDS_ACCOUNT[language]}</small></p>${block}`;
  };
}
