import type { MarkdownOptions } from 'vitepress';

type Markdown = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** Shows the file name above a code block that begins with, for example, `ts [infra/app.ts]`. */
export function fileNames(markdown: Markdown): void {
  const { fence } = markdown.renderer.rules;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const name = /\[(.+)\]/.exec(tokens[index]?.info ?? '')?.[1];
    const block = fence?.(tokens, index, ...rest) ?? '';
    return name ? `<p class="file-name"><code v-pre>${markdown.utils.escapeHtml(name)}</code></p>${block}` : block;
  };
}
