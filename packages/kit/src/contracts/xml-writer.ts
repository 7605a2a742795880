/**
 * Element name for array items, and for fields whose names are not valid element names (as in RFC 9457, appendix B).
 */
export const ITEM = 'i';

/** Whether a field name is usable as an element name. Names that begin with `xml` are reserved (XML 1.0, 2.3). */
const isName = (key: string) => /^(?!xml)[a-z_][\w.-]*$/i.test(key);

/**
 * Characters that XML 1.0 does not allow even as references (2.2): most control characters below U+0020, lone
 * surrogates, U+FFFE and U+FFFF.
 */
const NOT_IN_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** CR is written as a character reference, because a parser normalizes a literal CR to LF (2.11). */
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

const escaped = (text: string) => text.replaceAll(/[&<>"\r]/g, (character) => REFERENCES[character] ?? character);

/** Escapes text as in a JSON string, which can represent every character. */
const inJson = (text: string) =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/**
 * Writes a JSON value as an XML element. A field becomes an element with the field's name, or `<i key="…">` if the name
 * is not a valid element name. An array item becomes `<i>`. Null becomes an element with `nil="true"`. Text with
 * characters that XML does not allow is escaped as in a JSON string and marked with `escaped="true"`. A number and a
 * string of the same digits are written alike, because the reader's schema distinguishes them.
 * @param attributes the element's attributes, already escaped
 */
export function xmlElement(name: string, value: unknown, attributes = ''): string {
  const plain = value instanceof Date ? value.toJSON() : value;
  if (plain === null) return `<${name}${attributes} nil="true"/>`;
  if (typeof plain === 'string' && NOT_IN_XML.test(plain)) {
    return `<${name}${attributes} escaped="true">${escaped(inJson(plain))}</${name}>`;
  }
  return `<${name}${attributes}>${contentOf(plain)}</${name}>`;
}

function contentOf(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => xmlElement(ITEM, item)).join('');
  if (!(value instanceof Object)) return escaped(String(value));
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) =>
      isName(key) ? xmlElement(key, field) : xmlElement(ITEM, field, ` key="${escaped(inJson(key))}"`),
    )
    .join('');
}

/** Writes a whole document, `application/xml` in UTF-8. */
export const xmlDocument = (root: string, value: unknown, namespace?: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, value, namespace && ` xmlns="${namespace}"`)}\n`;
