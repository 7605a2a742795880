/** What `isName` refuses, and the items of an array (as RFC 9457, appendix B, has them). */
export const ITEM = 'i';

/** Names of fields that are names of elements as they are. Those that begin with `xml` are reserved (XML 1.0, 2.3). */
const isName = (key: string) => /^(?!xml)[a-z_][\w.-]*$/i.test(key);

/** What no XML 1.0 document has, not even as a reference (2.2): most control characters, half a surrogate pair, U+FFFE. */
const UNCARRIED = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** CR as a reference: as it is, a parser reads it as LF (2.11). */
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

const escaped = (text: string) => text.replaceAll(/[&<>"\r]/g, (character) => REFERENCES[character] ?? character);

/** As between the quotes of a JSON string, where every character can be written. */
const inJson = (text: string) =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/**
 * A JSON value as an XML element. A field is an element of its name, or `<i key="…">` if no element can have that name; an
 * item of an array is `<i>`; null is `nil="true"`; a text with characters that XML does not carry is written as in a JSON
 * string, `escaped="true"`. What is a number and what a text, the reader's schema tells.
 * @param attributes of the element: names and values as they are written
 */
export function xmlElement(name: string, value: unknown, attributes = ''): string {
  const plain = value instanceof Date ? value.toJSON() : value;
  if (plain === null) return `<${name}${attributes} nil="true"/>`;
  if (typeof plain === 'string' && UNCARRIED.test(plain)) {
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

/** A whole document, for who takes XML: `application/xml` in UTF-8. */
export const xmlDocument = (root: string, value: unknown, namespace?: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(root, value, namespace && ` xmlns="${namespace}"`)}\n`;
