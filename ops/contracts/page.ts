import type { openApi } from './openapi.ts';

type Document = ReturnType<typeof openApi>;

const escaped = (value: unknown) => String(value).replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

/** Back quotes mean code, as in Markdown. */
const prose = (value: string) => escaped(value).replace(/`([^`]+)`/g, '<code>$1</code>');

const json = (value: unknown) => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1rem }
section { border-top: 1px solid var(--line); padding: 1rem 0 }
h2 { font-size: 1.1rem; margin: 0 } h2 code { font-size: 1rem } h3 { font-size: 1rem; margin: 1rem 0 0 }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { text-align: left; padding: .25rem .5rem .25rem 0; vertical-align: top }
.deprecated { opacity: .7 } nav a { display: inline-block; margin-right: 1rem }`;

/** The document as one page that needs nothing else. */
export function page(document: Document): string {
  const { info, paths, components } = document;
  const exampleOf = ($ref = '') => {
    const schema = components.schemas[$ref.split('/').at(-1) as keyof typeof components.schemas];
    return (schema as { examples?: unknown[] })?.examples?.[0];
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), ...(operation as any) })),
  );
  const answers = (responses: Record<string, any>) =>
    Object.entries(responses)
      .map(([status, { description, content = {} }]) => {
        const types = Object.values<any>(content).flatMap(({ examples = {} }) => Object.keys(examples));
        const names = types.map((type) => ` <code>${escaped(type)}</code>`).join('');
        return `<tr><th>${status}</th><td>${prose(description)}${names}</td></tr>`;
      })
      .join('');
  const bodyOf = (content: any) => exampleOf(content?.['application/json']?.schema?.$ref);
  const section = ({
    path,
    method,
    operationId,
    summary,
    deprecated,
    parameters = [],
    requestBody,
    responses,
  }: any) => {
    const request = bodyOf(requestBody?.content);
    const answered = Object.values<any>(responses)
      .map(({ content }) => bodyOf(content))
      .find(Boolean);
    const heeds = parameters.map(({ $ref }: { $ref: string }) => $ref.split('/').at(-1)).join(', ');
    return `<section id="${operationId}"${deprecated ? ' class="deprecated"' : ''}>
<h2>${escaped(summary)}${deprecated ? ' (deprecated)' : ''}<br><code>${method} ${escaped(path)}</code></h2>
${heeds ? `<p>Heeds <code>${escaped(heeds)}</code>.</p>` : ''}
${request ? `<h3>Body</h3>${json(request)}` : ''}
<h3>Answers</h3><table>${answers(responses)}</table>${answered ? json(answered) : ''}</section>`;
  };
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API ${escaped(info.version)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1>
<p>${prose(info.description)} The whole contract: <a href="/v1/openapi.json">openapi.json</a>.</p>
<nav>${operations.map(({ operationId, summary }) => `<a href="#${operationId}">${escaped(summary)}</a>`).join('')}</nav>
${operations.map(section).join('\n')}
</body></html>
`;
}
