/** The JSON Schema keywords that the project's documents use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
}

/** Renders text as a table cell: escapes the syntax of Markdown and Vue. */
export const cell = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll(/`[^`]*`|[<>{}]/g, (found) => (found.length > 1 ? found : `&#${found.charCodeAt(0)};`))
    .trim();

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

const name = (ref: string): string => ref.split('/').at(-1) ?? ref;

function rangeOf({ minimum, maximum, exclusiveMinimum, minLength, maxLength, format, pattern }: Schema): string[] {
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return [
    ...(format && format !== 'starts_with' ? [format] : []),
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? [`at least ${minimum}`] : []),
    ...(exclusiveMinimum !== undefined ? [`above ${exclusiveMinimum}`] : []),
    ...(isBounded ? [`at most ${maximum}`] : []),
    ...(minLength !== undefined ? [`at least ${minLength} characters`] : []),
    ...(maxLength !== undefined ? [`at most ${maxLength} characters`] : []),
    ...(pattern ? [code(pattern)] : []),
  ];
}

/** Describes the allowed values as text. */
export function typeOf(schema: Schema): string {
  const { $ref, type, items, anyOf, oneOf, allOf, enum: values, additionalProperties } = schema;
  if ($ref) return `[${name($ref)}](#${name($ref).toLowerCase()})`;
  if ('const' in schema) return code(schema.const);
  if (values) return values.map(code).join(' or ');
  const several = anyOf ?? oneOf ?? allOf;
  if (several) return [...new Set(several.map(typeOf))].join(allOf ? ' and ' : ' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === 'object' && !schema.properties) return `by name: ${typeOf(additionalProperties)}`;
  const types = [type].flat().filter((one) => one !== undefined);
  return [types.join(' or ') || 'anything', ...rangeOf(schema)].join(', ');
}

interface Row {
  path: string;
  schema: Schema;
  isRequired: boolean;
}

/** Lists the properties of a schema, including those of nested objects, but not those of items of lists. */
export function rowsOf(schema: Schema, prefix = ''): Row[] {
  const object = schema.properties ? schema : (schema.anyOf ?? []).find(({ properties }) => properties);
  return Object.entries(object?.properties ?? {}).flatMap(([key, value]) => [
    { path: `${prefix}${key}`, schema: value, isRequired: object?.required?.includes(key) ?? false },
    ...rowsOf(value, `${prefix}${key}.`),
  ]);
}

/** Renders the properties of a schema as a table. */
export function table(schema: Schema): string {
  const rows = rowsOf(schema).map(
    ({ path, schema: { description = '', ...one }, isRequired }) =>
      `| \`${path}\` | ${cell(typeOf(one))} | ${isRequired ? 'yes' : 'no'} | ${cell(description)} |`,
  );
  if (rows.length === 0) return `${cell(typeOf(schema))}\n`;
  return ['| property | type | required | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}
