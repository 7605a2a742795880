import type { openApi } from './openapi.ts';

interface Content {
  schema?: { $ref?: string };
  examples?: Record<string, unknown>;
}

interface Operation {
  operationId: string;
  summary: string;
  deprecated?: boolean;
  parameters?: Array<{ $ref: string }>;
  requestBody?: { content?: Record<string, Content> };
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
}

const escaped = (value: unknown) => String(value).replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

/** Converts Markdown's backticks to `<code>`. */
const prose = (value: string) => escaped(value).replace(/`([^`]+)`/g, '<code>$1</code>');

const json = (value: unknown) => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;

const nameOf = ($ref = '') => $ref.split('/').at(-1) ?? '';

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1rem }
section { border-top: 1px solid var(--line); padding: 1rem 0 }
h2 { font-size: 1.1rem; margin: 0 } h2 code { font-size: 1rem } h3 { font-size: 1rem; margin: 1rem 0 0 }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; font-size: .85rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { text-align: left; padding: .25rem .5rem .25rem 0; vertical-align: top }
.deprecated { opacity: .7 } nav a { display: inline-block; margin-right: 1rem }`;

/** Renders the OpenAPI document as one self-contained HTML page. */
export function page({ info, paths, components }: ReturnType<typeof openApi>): string {
  const schemas = components.schemas as Record<string, { examples?: unknown[] }>;
  const exampleOf = (content: Record<string, Content> = {}) =>
    schemas[nameOf(content['application/json']?.schema?.$ref)]?.examples?.[0];
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'parameters')
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), ...(operation as Operation) })),
  );

  const responseRow = ([status, { description, content = {} }]: [string, Operation['responses'][string]]) => {
    const problems = Object.values(content).flatMap(({ examples = {} }) => Object.keys(examples));
    const names = problems.map((problem) => ` <code>${escaped(problem)}</code>`).join('');
    return `<tr><th>${status}</th><td>${prose(description)}${names}</td></tr>`;
  };

  const section = (operation: (typeof operations)[number]) => {
    const { path, method, operationId, summary, deprecated, parameters = [], requestBody, responses } = operation;
    const body = exampleOf(requestBody?.content);
    const example = Object.values(responses)
      .map(({ content }) => exampleOf(content))
      .find(Boolean);
    const parameterNames = parameters.map(({ $ref }) => nameOf($ref)).join(', ');
    return `<section id="${operationId}"${deprecated ? ' class="deprecated"' : ''}>
<h2>${escaped(summary)}${deprecated ? ' (deprecated)' : ''}<br><code>${method} ${escaped(path)}</code></h2>
${parameterNames ? `<p>Parameters: <code>${escaped(parameterNames)}</code></p>` : ''}${body ? `<h3>Body</h3>${json(body)}` : ''}
<h3>Responses</h3><table>${Object.entries(responses).map(responseRow).join('')}</table>${example ? json(example) : ''}</section>`;
  };

  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API ${escaped(info.version)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1>
<p>${prose(info.description)} The complete contract: <a href="/v1/openapi.json">openapi.json</a>.</p>
<nav>${operations.map(({ operationId, summary }) => `<a href="#${operationId}">${escaped(summary)}</a>`).join('')}</nav>
${operations.map(section).join('\n')}
</body></html>
`;
}
