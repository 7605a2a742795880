import { XmlElement, XmlText } from '@rgrove/parse-xml';
import type * as z from 'zod';
import { ITEM } from './xml-writer.ts';

/** @returns a value of the schema's type, or text that is not such a value, which the schema then refuses */
type Read = (element: XmlElement, path: string) => unknown;

type Def = z.core.$ZodTypes['_zod']['def'];

/**
 * Creates a function that reads values of a schema from the XML that `xmlElement` writes.
 * @throws {TypeError} if XML cannot distinguish the schema's values
 */
export function xmlReader(schema: z.ZodType, path: string): Read {
  const readers = new Map<z.core.$ZodType, Read>();
  const readerOf = (part: z.core.$ZodType, where: string): Read => {
    const existing = readers.get(part);
    if (existing) return existing;
    // Supports a schema that contains itself: the inner occurrence gets a reader that calls the outer one.
    readers.set(part, (element, at) => read(element, at));
    const readContent = readerBy((part as z.core.$ZodTypes)._zod.def, readerOf, where);
    const read: Read = (element, at) => (element.attributes.nil === 'true' ? null : readContent(element, at));
    return read;
  };
  return readerOf(schema, path);
}

function readerBy(def: Def, readerOf: (schema: z.core.$ZodType, where: string) => Read, where: string): Read {
  switch (def.type) {
    case 'string':
    case 'template_literal':
    case 'null':
    // The schemas of a field that must be absent.
    case 'undefined':
    case 'never':
      return textOf;
    case 'number':
      return numberOf;
    case 'boolean':
      return oneOf([true, false], where);
    case 'literal':
      return oneOf(def.values, where);
    case 'enum':
      return oneOf(Object.values(def.entries), where);
    case 'object': {
      if (def.catchall && def.catchall._zod.def.type !== 'never') throw unsupported(where, 'undeclared fields');
      return fieldsOf(
        new Map(Object.entries(def.shape).map(([key, field]) => [key, readerOf(field, `${where}.${key}`)])),
      );
    }
    case 'record':
      return fieldsOf(undefined, readerOf(def.valueType, `${where}.*`));
    case 'array':
      return itemsOf(readerOf(def.element, `${where}[]`));
    case 'union':
      return unionOf(def, readerOf, where);
    case 'pipe':
      return readerOf(def.in._zod.def.type === 'transform' ? def.out : def.in, where);
    case 'lazy':
      return readerOf(def.getter(), where);
    case 'optional':
    case 'nullable':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'catch':
    case 'readonly':
      return readerOf(def.innerType, where);
    default:
      throw unsupported(where, `values of type ${def.type}`);
  }
}

const unsupported = (where: string, what: string) =>
  new TypeError(
    `${where}: XML cannot represent ${what}, because XML values are text and the schema must determine their types`,
  );

/** Supports unions of objects with a discriminator, unions of enumerations, and unions with null. */
function unionOf(
  def: z.core.$ZodUnionDef | z.core.$ZodDiscriminatedUnionDef,
  readerOf: (schema: z.core.$ZodType, where: string) => Read,
  where: string,
): Read {
  const options = def.options.filter(({ _zod }) => _zod.def.type !== 'null');
  const [only] = options;
  if (only && options.length === 1) return readerOf(only, where);
  if ('discriminator' in def) return byDiscriminator(options, def.discriminator, readerOf, where);
  const values = options.map(({ _zod }) => _zod.values);
  if (values.every((set) => set !== undefined))
    return oneOf(
      values.flatMap((set) => [...set]),
      where,
    );
  throw unsupported(where, 'a union without a discriminator');
}

function byDiscriminator(
  options: readonly z.core.$ZodType[],
  field: string,
  readerOf: (schema: z.core.$ZodType, where: string) => Read,
  where: string,
): Read {
  const readers = options.map((option) => ({
    texts: [...(option._zod.propValues?.[field] ?? [])].map(String),
    read: readerOf(option, where),
  }));
  const texts = readers.flatMap((option) => option.texts);
  if (new Set(texts).size < texts.length) throw unsupported(where, `two values of ${field} with the same text`);
  const discriminator = fieldsOf(new Map([[field, textOf]]));
  return (element, path) => {
    const { [field]: value } = discriminator(element, path) as Record<string, unknown>;
    return readers.find((option) => option.texts.includes(value as string))?.read(element, path) ?? { [field]: value };
  };
}

function oneOf(values: readonly unknown[], where: string): Read {
  const byText = new Map(values.map((value) => [String(value), value]));
  if (byText.size < new Set(values).size) throw unsupported(where, 'two values with the same text');
  return (element, path) => {
    const text = textOf(element, path);
    return byText.get(text) ?? byText.get(text.trim()) ?? text;
  };
}

/** @throws {TypeError} if the element contains other elements, or an invalid escape sequence */
function textOf(element: XmlElement, path: string): string {
  if (element.children.some((child) => child instanceof XmlElement)) {
    throw new TypeError(`${path} must be text, but contains elements`);
  }
  return element.attributes.escaped === 'true' ? fromJson(element.text, path) : element.text;
}

function fromJson(escaped: string, path: string): string {
  try {
    return JSON.parse(`"${escaped}"`);
  } catch {
    throw new TypeError(`${path} has an invalid JSON string escape`);
  }
}

/**
 * A number as in JSON. Leading zeros and, as in XML Schema (Datatypes, 4.3.6), surrounding whitespace are also allowed.
 */
const NUMBER = /^\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*$/i;

function numberOf(element: XmlElement, path: string): unknown {
  const text = textOf(element, path);
  return NUMBER.test(text) ? Number(text) : text;
}

/** @throws {TypeError} if there is text between the elements, which would be lost */
function elementsIn(element: XmlElement, path: string): XmlElement[] {
  if (element.children.some((child) => child instanceof XmlText && child.text.trim() !== '')) {
    throw new TypeError(`${path} must contain elements, but contains text`);
  }
  return element.children.filter((child) => child instanceof XmlElement);
}

const itemsOf =
  (read: Read): Read =>
  (element, path) =>
    elementsIn(element, path).map((item, index) => {
      if (item.name !== ITEM) throw new TypeError(`${path}: an array item must be an element <${ITEM}>`);
      return read(item, `${path}[${index}]`);
    });

/** @param others reads a field that is not among `known`; undefined to omit such fields */
const fieldsOf =
  (known: ReadonlyMap<string, Read> = new Map(), others?: Read): Read =>
  (element, path) => {
    const fields = new Map<string, unknown>();
    for (const child of elementsIn(element, path)) {
      const { key } = child.attributes;
      const name = key === undefined ? child.name : fromJson(key, `a key of ${path}`);
      const read = known.get(name) ?? others;
      if (!read) continue;
      const at = known.has(name) ? `${path}.${name}` : `a field of ${path}`;
      if (fields.has(name)) throw new TypeError(`${at} occurs twice`);
      fields.set(name, read(child, at));
    }
    return Object.fromEntries(fields);
  };
